from odoo import models

from ...tools.xero_elements import read_date


class XeroKindPurchase(models.AbstractModel):
    """What bills and their credit notes have in common: the vendor's number, which is not unique, and a choice of dates."""
    _name = 'xero.kind.purchase'
    _inherit = 'xero.kind.document'
    _description = "Kind of Document in Xero: from a vendor"

    _is_sale = False

    def _number(self, move):
        return move.ref or move.name

    def _date(self, connection, move):
        return move.date if connection.bill_date == 'accounting' else super()._date(connection, move)

    def _key(self, element):
        return (*super()._key(element), (element.get('Contact') or {}).get('ContactID'), str(read_date(element, 'Date')))
