"""Reading reference data as a slice does."""
from contextlib import contextmanager

from odoo.addons.account_xero.models.reference import reader
from odoo.addons.account_xero.models.reference.reader import ReferenceReader

from ..common import HARBOUR


class ReferenceMixin:
    """Reading as the slice does it: in a cursor that may commit."""

    @classmethod
    @contextmanager
    def background(cls, connection):
        """Yield the connection and a client in a cursor of their own, as in a slice."""
        cls.env.flush_all()
        with cls.env.registry.cursor() as cr:
            connection = connection.with_env(cls.env(cr=cr, user=cls.env.ref('base.user_root').id, su=True))
            yield connection, connection._client()
        cls.env.invalidate_all()

    @classmethod
    def read(cls, connection, *names, **kwargs):
        """Read lists of reference data now; all of them if none is named."""
        with cls.background(connection) as (connection, client):
            return ReferenceReader(connection, client).refresh(names or reader.LISTS, **kwargs)

    @classmethod
    def organisation(cls, tenant=HARBOUR):
        return cls.sandbox.organisations[tenant]

    @classmethod
    def add_contact(cls, tenant=HARBOUR, **values):
        """Let somebody in Xero make a contact. Return it."""
        contacts = cls.organisation(tenant).contacts
        contact_id = f'00000000-0000-4000-8000-{len(contacts) + 1:012}'
        contacts[contact_id] = {
            'ContactID': contact_id, 'ContactStatus': 'ACTIVE', 'EmailAddress': '', 'UpdatedDateUTC': cls.sandbox.clock.now(), **values}
        return contacts[contact_id]
