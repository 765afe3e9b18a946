from odoo import api, fields, models
from odoo.exceptions import UserError


class XeroMoveUsage(models.TransientModel):
    """The dialog that shows which companies and journals use a connection, and moves them to another one."""
    _name = 'xero.move.usage'
    _inherit = 'xero.dialog'
    _description = "Usage of a Xero Connection"

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, ondelete='cascade')
    company_ids = fields.Many2many('res.company', string="Companies", compute='_compute_users')
    journal_ids = fields.Many2many('account.journal', string="Journals", compute='_compute_users')
    is_used = fields.Boolean(compute='_compute_users')
    target_id = fields.Many2one(
        'xero.connection', string="Move all to", domain="[('id', '!=', connection_id)]",
        help="Documents posted from now on are exported there. Exported documents stay where they are; waiting and failed documents are moved when "
             "they are resynced.")

    @api.depends('connection_id')
    def _compute_users(self):
        for wizard in self:
            wizard.company_ids = wizard.connection_id.used_by_company_ids
            wizard.journal_ids = wizard.connection_id.with_context(active_test=False).journal_ids
            wizard.is_used = wizard.company_ids or wizard.journal_ids

    def action_move(self):
        self._check_mine()
        self.connection_id.check_access('write')
        target = self.target_id
        if not target:
            raise UserError(self.env._("First choose the new connection for the companies and journals of %(connection)s.", connection=self.connection_id.name))
        target.check_access('write')
        users = self.company_ids | self.journal_ids.company_id
        closed = users.filtered(lambda company: not target.sudo()._serves(company.sudo()))
        if closed:
            raise UserError(self.env._(
                "%(companies)s is not among the companies of %(connection)s. Add it on that connection first.",
                connection=target.name, companies=', '.join(closed.mapped('name'))))
        # Invoice admins decide the routing; they need not be accounting managers or have access to all companies
        self.company_ids.sudo().xero_connection_id = target
        self.journal_ids.sudo().xero_connection_id = target
        return self.connection_id._notify('success', self.env._(
            "The companies and journals of %(before)s use %(now)s from now on.", before=self.connection_id.name, now=target.name))
