from odoo import models


class AccountTax(models.Model):
    _name = 'account.tax'
    _inherit = ['account.tax', 'xero.shown.mapping']

    def _xero_mappings(self):
        """Return the rows of all sets of taxes with this tax."""
        return self.env['xero.mapping'].search([('tax_ids', 'in', self.ids)])
