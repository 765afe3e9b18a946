from odoo import api, fields, models

from ...const import ADMIN_ROLE, ITEM_CODE_LENGTH
from ..reference.item_codes import ItemCodes

NAMES_MOST = 3          # in a sentence


class XeroShownItem(models.AbstractModel):
    """A product whose form shows invoice admins which item of Xero it is, or why its lines go without a code."""
    _name = 'xero.shown.item'
    _description = "Product That Is an Item in Xero"

    xero_item_text = fields.Char(
        string="Item in Xero", compute='_compute_xero_item_text', groups=ADMIN_ROLE,
        help="The item whose code the lines of documents get in Xero. It is found by the internal reference. Empty if no connection sends item codes.")

    @api.depends('default_code')
    @api.depends_context('uid', 'allowed_company_ids', 'lang')
    def _compute_xero_item_text(self):
        connections = self.env['xero.connection'].sudo().search([('sends_item_codes', '=', True)]).filtered(
            lambda connection: any(connection._serves(company) for company in self.env.companies.sudo()))
        products = self._xero_item_products()
        words = {connection: self._xero_item_words(connection, products) for connection in connections}
        for record in self:
            texts = {connection: record._xero_item_text(by_product) for connection, by_product in words.items()}
            record.xero_item_text = next(iter(texts.values()), False) if len(texts) < 2 else ', '.join(
                f'{connection.name}: {text}' for connection, text in texts.items())

    def _xero_item_products(self):
        """Return the `product.product` whose items are shown."""
        raise NotImplementedError

    def _xero_item_text(self, words):
        """Return the words about the products of the record; how many have a code if they differ.

        :param dict words: product → words, and whether its lines get a code.
        """
        products = self._xero_item_products()
        if len(texts := {words[product][0] for product in products}) < 2:
            return next(iter(texts), False)
        return self.env._(
            "%(count)s of %(total)s variants", count=sum(words[product][1] for product in products), total=len(products))

    def _xero_item_words(self, connection, products):
        """Return a dict: product → words about its item, and whether its lines get a code."""
        choices = ItemCodes(connection, products._origin).choices
        by_id = {product.id: choice for product, choice in choices.items()}
        return {product: self._xero_choice_words(connection, by_id.get(product._origin.id)) for product in products}

    def _xero_choice_words(self, connection, choice):
        if not choice or choice.obstacle == 'none':
            return self.env._("None: the product has no internal reference"), False
        item = choice.item
        if not choice.obstacle:
            if item.is_sold and item.is_purchased:
                return item.display_name, True
            if item.is_sold:
                return self.env._("%(item)s, on sales only", item=item.display_name), True
            if item.is_purchased:
                return self.env._("%(item)s, on purchases only", item=item.display_name), True
            return self.env._("None: %(item)s is for neither sales nor purchases in Xero", item=item.display_name), False
        if choice.obstacle == 'shared':
            return self._xero_shared_words(choice), False
        if choice.obstacle == 'missing' and connection._lacks_settings():
            return self.env._("None: it is not in Xero, and Odoo needs another permission to create it there"), False
        return {
            'missing': self.env._("Is created with the next document"),
            'long': self.env._("None: the internal reference is longer than the %(limit)s characters of a code in Xero", limit=ITEM_CODE_LENGTH),
            'refused': self.env._("None: Xero refused it (%(words)s)", words=item.refusal or '–'),
            'tracked': self.env._("None: Xero keeps the stock of %(item)s itself", item=item.display_name),
        }[choice.obstacle], choice.obstacle == 'missing'

    def _xero_shared_words(self, choice):
        """Return the sentence about products with one reference. It is the same for each of them, and names those that the user may see."""
        holders = self.env['product.product'].browse(choice.holder_ids)._filtered_access('read')
        if len(holders) < 2:
            return self.env._("None: another product has the same internal reference; capitals do not count in Xero")
        return self.env._(
            "None: several products have this internal reference, and capitals do not count in Xero: %(products)s",
            products='; '.join(holders[:NAMES_MOST].mapped('display_name')))
