from odoo import models


class AccountAccount(models.Model):
    _name = 'account.account'
    _inherit = ['account.account', 'xero.shown.mapping']

    def _xero_mappings(self):
        return self.env['xero.mapping'].search([('account_id', 'in', self.ids)])
