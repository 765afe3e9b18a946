from odoo import fields, models


class AccountJournal(models.Model):
    _inherit = 'account.journal'

    xero_connection_id = fields.Many2one(
        'xero.connection', string="Xero connection", copy=False, index='btree_not_null', ondelete='restrict',
        domain="[('company_ids', 'in', company_id)]", help="Where its documents are exported. Empty: the company decides.")
