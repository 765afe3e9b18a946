"""Partners of Odoo and contacts in Xero."""
from ..common import XeroCase
from .reference_common import ReferenceMixin


class XeroContactCase(ReferenceMixin, XeroCase):
    """A connected company without accounting."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection = cls.connect()
        cls.Contact = cls.env['xero.contact'].sudo()

    def partner(self, name, **values):
        return self.env['res.partner'].create({'name': name, 'is_company': True, **values})

    def in_xero(self, name, **values):
        """Return the row of a contact that was created in Xero and read."""
        contact = self.add_contact(Name=name, **values)
        self.read(self.connection, 'contacts')
        return self.Contact.search([('xero_id', '=', contact['ContactID'])])

    def match(self, *partners):
        """Return the contacts that partners are linked to, as a dict; linking them is part of it."""
        return self.Contact._match(self.connection, self.env['res.partner'].concat(*partners))
