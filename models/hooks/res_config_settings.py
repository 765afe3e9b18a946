from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    xero_connection_id = fields.Many2one(related='company_id.xero_connection_id', readonly=False)
