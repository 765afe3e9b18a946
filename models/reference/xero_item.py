from odoo import api, fields, models

from ...const import DESCRIPTION_LENGTH, ITEM_CODE_LENGTH, ITEM_NAME_LENGTH
from ...tools.xero_text import clean_line, clean_lines
from .xero_reference_mixin import ACTIVE

REFUSED = 'REFUSED'     # our own: Xero refused to create it, or refused it on a line, since the list was read
LONGEST_REFERENCE = 1000
# `item_key` of a product's reference, in SQL
REFERENCE_KEY = r"lower(btrim(regexp_replace(default_code, '\s+', ' ', 'g')))"


def item_key(code):
    """Return the form in which two codes are the same to Xero: upper and lower case do not count."""
    return clean_line(code, LONGEST_REFERENCE).lower()


class XeroItem(models.Model):
    """Reference data: an item that Xero sells or buys. It is the item of the products whose internal reference is its code.

    A row without an id is an item that Xero refused to create. The next reading of the list removes this mark, and that of an item that was
    refused on a line.
    """
    _name = 'xero.item'
    _description = "Xero Item"
    _inherit = ['xero.reference.mixin']
    _order = 'connection_id, code'
    _rec_names_search = ['code', 'name']
    _code_field = 'code'

    xero_id = fields.Char(string="Item ID", readonly=True)
    code = fields.Char(required=True, readonly=True)
    code_key = fields.Char(compute='_compute_code_key', store=True)
    name = fields.Char(readonly=True)
    is_sold = fields.Boolean(string="For sales", readonly=True)
    is_purchased = fields.Boolean(string="For purchases", readonly=True)
    is_tracked = fields.Boolean(
        string="Stock in Xero", readonly=True,
        help="Xero keeps the stock and the cost of the item, so it asks for its own account and for a quantity on hand. Documents go without its code.")
    refusal = fields.Char(readonly=True, help="Why Xero refused the item, in Xero's words.")
    refused_at = fields.Datetime(readonly=True)

    _xero_uniq = models.UniqueIndex('(connection_id, xero_id)')
    _code = models.Index('(connection_id, code_key)')

    @api.depends('code')
    def _compute_code_key(self):
        for item in self:
            item.code_key = item_key(item.code)

    @api.depends('code', 'name')
    def _compute_display_name(self):
        for item in self:
            item.display_name = ' '.join(filter(None, (item.code, item.name)))

    def _values(self, element):
        """Return the values of an element of `GET Items`, which lists only items that can be used."""
        return {
            'xero_id': element['ItemID'],
            'code': element.get('Code') or '-',
            'name': element.get('Name') or False,
            'is_sold': element.get('IsSold') is not False,
            'is_purchased': element.get('IsPurchased') is not False,
            'is_tracked': bool(element.get('IsTrackedAsInventory')),
            'status': ACTIVE,
        }

    def _prepare_element(self, product):
        """Return the element that creates the item of a product: for sales and purchases, without stock, prices and accounts."""
        name = product.with_context(display_default_code=False).display_name
        return {
            'Code': clean_line(product.default_code, ITEM_CODE_LENGTH),
            'Name': clean_line(name, ITEM_NAME_LENGTH),
            'Description': clean_lines(name, DESCRIPTION_LENGTH),
            'IsSold': True,
            'IsPurchased': True,
        }

    def _refuse(self, words):
        """Note that Xero refused the items: documents go without them until the list is read again.

        :param str words: Xero's.
        """
        self.write({'status': REFUSED, 'refusal': words, 'refused_at': fields.Datetime.now()})

    @api.model
    def _refuse_codes(self, connection, refused):
        """Note that Xero refused to create items that it does not list.

        :param dict refused: code → Xero's words.
        """
        keys = {item_key(code): code for code in refused}
        rows = self.search([('connection_id', '=', connection.id), ('code_key', 'in', list(keys))]).grouped('code_key')
        for key, code in keys.items():
            if any(row._is_usable() for row in rows.get(key, ())):
                continue
            row = rows.get(key, self.browse())[:1] or self.create({'connection_id': connection.id, 'code': code})
            row._refuse(refused[code])
