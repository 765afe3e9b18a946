"""Reading reference data as a slice does."""
from contextlib import contextmanager

from odoo.addons.account_xero.models.reference import reader
from odoo.addons.account_xero.models.reference.reader import ReferenceReader

from ..common import HARBOUR


class ReferenceMixin:
    """Reading as the slice does it: in a cursor that may commit."""

    @contextmanager
    def background(self, connection):
        """Yield the connection and a client in a cursor of their own, as in a slice."""
        self.env.flush_all()
        with self.env.registry.cursor() as cr:
            connection = connection.with_env(self.env(cr=cr, user=self.env.ref('base.user_root').id, su=True))
            yield connection, connection._client()
        self.env.invalidate_all()

    def read(self, connection, *names, **kwargs):
        """Read lists of reference data now; all of them if none is named."""
        with self.background(connection) as (connection, client):
            return ReferenceReader(connection, client).refresh(names or reader.LISTS, **kwargs)

    def organisation(self, tenant=HARBOUR):
        return self.sandbox.organisations[tenant]

    def add_contact(self, tenant=HARBOUR, **values):
        """Let somebody in Xero make a contact. Return it."""
        contacts = self.organisation(tenant).contacts
        contact_id = f'00000000-0000-4000-8000-{len(contacts) + 1:012}'
        contacts[contact_id] = {
            'ContactID': contact_id, 'ContactStatus': 'ACTIVE', 'EmailAddress': '', 'UpdatedDateUTC': self.sandbox.clock.now(), **values}
        return contacts[contact_id]
