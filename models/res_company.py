from odoo import fields, models


class ResCompany(models.Model):
    _inherit = 'res.company'

    xero_connection_id = fields.Many2one(
        'xero.connection', string="Xero connection", copy=False, index='btree_not_null', ondelete='restrict',
        domain="[('company_ids', 'in', id)]", help="Where documents are exported whose journal names no connection.")
