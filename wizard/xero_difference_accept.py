from odoo import fields, models


class XeroDifferenceAccept(models.TransientModel):
    """The dialog that asks for the reason before differences are accepted."""
    _name = 'xero.difference.accept'
    _inherit = 'xero.reason'
    _description = "Accept Differences"

    difference_ids = fields.Many2many('xero.difference', string="Differences", required=True, readonly=True)

    def action_accept(self):
        self._check_mine()
        self.difference_ids._accept(self.reason)
        return {'type': 'ir.actions.act_window_close'}
