from odoo import api, fields, models


class XeroSkip(models.TransientModel):
    """The dialog that asks for the reason before documents are skipped."""
    _name = 'xero.skip'
    _inherit = 'xero.reason'
    _description = "Skip Exports to Xero"

    export_ids = fields.Many2many('xero.export', string="Documents", required=True, readonly=True)
    intro = fields.Char(compute='_compute_intro', help="What *Skip* does, in a whole sentence.")

    @api.depends('export_ids')
    @api.depends_context('lang')
    def _compute_intro(self):
        for skip in self:
            count = len(skip.export_ids)
            skip.intro = self.env._("One document will not be sent to Xero until an invoice admin resyncs it.") if count == 1 else self.env._(
                "%(count)s documents will not be sent to Xero until an invoice admin resyncs them.", count=count)

    def action_skip(self):
        self._check_mine()
        self.export_ids._skip(self.reason)
        return {'type': 'ir.actions.act_window_close'}
