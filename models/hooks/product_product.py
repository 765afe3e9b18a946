from odoo import models


class ProductProduct(models.Model):
    _name = 'product.product'
    _inherit = ['product.product', 'xero.shown.mapping', 'xero.shown.item']

    def _xero_item_products(self):
        return self

    def _xero_mappings(self):
        """Return the rows of the template: accounts and taxes of variants are the template's."""
        return self.product_tmpl_id._xero_mappings()
