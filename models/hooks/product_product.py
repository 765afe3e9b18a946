from odoo import models

from ..reference.xero_item import REFERENCE_KEY


class ProductProduct(models.Model):
    _name = 'product.product'
    _inherit = ['product.product', 'xero.shown.mapping', 'xero.shown.item']

    # Products that share a reference are found without looking through all products
    _xero_reference = models.Index(f'({REFERENCE_KEY}) WHERE active AND default_code IS NOT NULL')

    def _xero_item_products(self):
        return self

    def _xero_mappings(self):
        """Return the rows of the template: accounts and taxes of variants are the template's."""
        return self.product_tmpl_id._xero_mappings()
