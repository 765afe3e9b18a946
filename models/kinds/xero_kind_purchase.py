from odoo import models

from ...const import NUMBER_LENGTH
from ...tools.xero_elements import read_date
from ...tools.xero_text import ascii_text


class XeroKindPurchase(models.AbstractModel):
    """What bills and their credit notes have in common: the vendor's number, which is not unique, and a choice of dates."""
    _name = 'xero.kind.purchase'
    _inherit = 'xero.kind.document'
    _description = "Kind of Document in Xero: from a vendor"

    _is_sale = False

    def _stored_number(self, move):
        return move.ref or move.name

    def _number(self, move):
        """Return the vendor's number in letters that Xero takes, else our own."""
        return ascii_text(move.ref, NUMBER_LENGTH) or ascii_text(move.name, NUMBER_LENGTH)

    def _number_problems(self, move):
        return ()   # other people's numbers are what they are: Xero gets the like of them

    def _warnings(self, export, move):
        yield from super()._warnings(export, move)
        original, number = ' '.join((self._stored_number(move) or '').split()), self._number(move)
        if original and original != number:
            yield self.env._(
                "Xero takes up to %(limit)s plain letters, digits and signs as a number, so “%(original)s” of %(document)s is “%(number)s” there.",
                limit=NUMBER_LENGTH, original=original, number=number, document=move._xero_name())

    def _date(self, connection, move):
        return move.date if connection.bill_date == 'accounting' else super()._date(connection, move)

    def _key(self, element):
        return (*super()._key(element), (element.get('Contact') or {}).get('ContactID'), str(read_date(element, 'Date')))
