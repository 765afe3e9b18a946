from datetime import datetime

from odoo import models

FIRST = datetime(2000, 1, 1)    # before Xero existed


class XeroFeedContacts(models.AbstractModel):
    """Contacts with addresses and phones, if their changes are taken over into partners."""
    _name = 'xero.feed.contacts'
    _inherit = 'xero.feed'
    _description = "Feed of Changes in Xero: contacts"

    _sequence = 80
    _endpoint = 'Contacts'
    _xero_id = 'ContactID'
    _params = {'includeArchived': 'true'}

    def _is_on(self, connection: models.BaseModel) -> bool:
        return connection.takes_contacts and connection.contact_leads == 'xero'

    def _first_since(self, connection: models.BaseModel) -> datetime:
        return FIRST    # what all contacts have now is what later changes are compared with

    def _take(self, slice, elements: list) -> int:
        connection, Contact = slice.connection, self.env['xero.contact']
        Contact._upsert(connection, [Contact._values(element) for element in elements], complete=False)
        by_id = {element['ContactID']: element for element in elements}
        rows = Contact.search([('connection_id', '=', connection.id), ('xero_id', 'in', list(by_id))])
        taken, _failed = slice.contain(
            rows, lambda some: sum(1 for row in some if row._take_changes(by_id[row.xero_id])), tell=lambda _row, _error: None)
        return sum(taken)
