from odoo import models


class ProductProduct(models.Model):
    _name = 'product.product'
    _inherit = ['product.product', 'xero.shown.item']

    def _xero_item_products(self):
        return self
