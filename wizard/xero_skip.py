from odoo import fields, models


class XeroSkip(models.TransientModel):
    """The dialog that asks for the reason before documents are skipped."""
    _name = 'xero.skip'
    _inherit = 'xero.reason'
    _description = "Skip Exports to Xero"

    export_ids = fields.Many2many('xero.export', string="Documents", required=True, readonly=True)
    export_count = fields.Integer(compute='_compute_export_count')

    def _compute_export_count(self):
        for skip in self:
            skip.export_count = len(skip.export_ids)

    def action_skip(self):
        self._check_mine()
        self.export_ids._skip(self.reason)
        return {'type': 'ir.actions.act_window_close'}
