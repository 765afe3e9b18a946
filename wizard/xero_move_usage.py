from odoo import api, fields, models
from odoo.exceptions import UserError


class XeroMoveUsage(models.TransientModel):
    """Which companies and journals use a connection, and the means to move them all to another one."""
    _name = 'xero.move.usage'
    _inherit = 'xero.dialog'
    _description = "Usage of a Xero Connection"

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, ondelete='cascade')
    company_ids = fields.Many2many('res.company', string="Companies", compute='_compute_users')
    journal_ids = fields.Many2many('account.journal', string="Journals", compute='_compute_users')
    is_used = fields.Boolean(compute='_compute_users')
    target_id = fields.Many2one(
        'xero.connection', string="Move all to", domain="[('id', '!=', connection_id)]",
        help="Documents posted from now on go there. What was exported stays where it is; what waits or failed follows once it is resynced.")

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
            raise UserError(self.env._("Choose first where the companies and journals of %(connection)s go.", connection=self.connection_id.name))
        target.check_access('write')
        users = self.company_ids | self.journal_ids.company_id
        closed = users.filtered(lambda company: not target._serves(company))
        if closed:
            raise UserError(self.env._(
                "%(connection)s is not open to %(companies)s. Add them on that connection first.",
                connection=target.name, companies=', '.join(closed.mapped('name'))))
        # Routing belongs to the connection's administrator, who need not be one of accounting or of the company
        self.company_ids.sudo().xero_connection_id = target
        self.journal_ids.sudo().xero_connection_id = target
        return self.connection_id._notify('success', self.env._(
            "What used %(before)s uses %(now)s from now on.", before=self.connection_id.name, now=target.name))
