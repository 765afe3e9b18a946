from odoo import api, fields, models


class AccountMove(models.Model):
    _inherit = 'account.move'

    xero_export_ids = fields.One2many('xero.export', 'move_id', string="Xero exports", readonly=True, copy=False)
    xero_state = fields.Selection(
        selection='_selection_xero_state', string="Xero", compute='_compute_xero_state', store=True, copy=False)
    xero_number = fields.Char(string="Number in Xero", compute='_compute_xero_number')

    @api.model
    def _selection_xero_state(self):
        return self.env['xero.export']._fields['state']._description_selection(self.env)

    @api.depends('xero_export_ids.state')
    def _compute_xero_state(self):
        for move in self:
            move.xero_state = move.xero_export_ids[:1].state

    def _compute_xero_number(self):
        for move in self:
            move.xero_number = move.xero_export_ids[:1].xero_number
