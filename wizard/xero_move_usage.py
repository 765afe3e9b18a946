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
    hidden_count = fields.Integer(compute='_compute_users', help="How many more there are in companies that the user does not look at now.")
    target_id = fields.Many2one(
        'xero.connection', string="Move all to", domain="[('id', '!=', connection_id)]",
        help="Documents posted from now on are exported there. Exported documents stay where they are; waiting and failed documents are moved when "
             "they are resynced.")

    @api.depends('connection_id')
    def _compute_users(self):
        for wizard in self:
            companies, journals = wizard._users()
            wizard.company_ids = companies.sudo(False)._filtered_access('read')
            wizard.journal_ids = journals.sudo(False)._filtered_access('read')
            wizard.is_used = companies or journals
            wizard.hidden_count = len(companies) + len(journals) - len(wizard.company_ids) - len(wizard.journal_ids)

    def _users(self):
        """Return a tuple of all companies and all journals that use the connection, in `sudo()`."""
        connection = self.connection_id.sudo()
        return connection.used_by_company_ids, connection.with_context(active_test=False).journal_ids

    def action_move(self):
        """Move all companies and journals, also those of companies that the user has not selected in the company menu.

        :raise UserError: the user has no access to one of these companies.
        """
        self._check_mine()
        self.connection_id.check_access('write')
        target = self.target_id
        if not target:
            raise UserError(self.env._("First choose the new connection for the companies and journals of %(connection)s.", connection=self.connection_id.name))
        target.check_access('write')
        companies, journals = self._users()
        users = companies | journals.company_id
        if users - self.env.user.sudo().company_ids:
            raise UserError(self.env._(
                "Companies to which you have no access use %(connection)s, too. Somebody with access to all of them can move them.",
                connection=self.connection_id.name))
        closed = users.filtered(lambda company: not target.sudo()._serves(company))
        if closed:
            raise UserError(self.env._(
                "%(companies)s is not among the companies of %(connection)s. Add it on that connection first.",
                connection=target.name, companies=', '.join(closed.mapped('name'))))
        # Invoice admins decide the routing; they need not be accounting managers
        companies.xero_connection_id = target
        journals.xero_connection_id = target
        return self.connection_id._notify('success', self.env._(
            "The companies and journals of %(before)s use %(now)s from now on.", before=self.connection_id.name, now=target.name))
