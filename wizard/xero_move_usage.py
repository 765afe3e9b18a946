from odoo import api, fields, models
from odoo.exceptions import UserError


class XeroMoveUsage(models.TransientModel):
    """The dialog that shows which companies and journals use a connection, and moves those that a person chooses to another one."""
    _name = 'xero.move.usage'
    _inherit = 'xero.dialog'
    _description = "Usage of a Xero Connection"

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, ondelete='cascade')
    used_company_ids = fields.Many2many('res.company', compute='_compute_users')
    used_journal_ids = fields.Many2many('account.journal', compute='_compute_users')
    company_ids = fields.Many2many('res.company', string="Companies", compute='_compute_chosen', store=True, readonly=False)
    journal_ids = fields.Many2many('account.journal', string="Journals", compute='_compute_chosen', store=True, readonly=False)
    is_used = fields.Boolean(compute='_compute_users')
    hidden_count = fields.Integer(compute='_compute_users', help="How many more there are in companies that the user does not look at now.")
    hidden_words = fields.Char(compute='_compute_hidden_words')
    with_hidden = fields.Boolean(string="Move those in other companies, too", default=True)
    target_id = fields.Many2one(
        'xero.connection', string="Move to", domain="[('id', '!=', connection_id)]",
        help="Documents posted from now on are exported there. Exported documents stay where they are; waiting and failed documents are moved when "
             "they are resynced.")

    @api.depends('connection_id')
    def _compute_users(self):
        for wizard in self:
            companies, journals = wizard._users()
            wizard.used_company_ids = companies.sudo(False)._filtered_access('read')
            wizard.used_journal_ids = journals.sudo(False)._filtered_access('read')
            wizard.is_used = companies or journals
            wizard.hidden_count = len(companies) + len(journals) - len(wizard.used_company_ids) - len(wizard.used_journal_ids)

    @api.depends('hidden_count')
    @api.depends_context('lang')
    def _compute_hidden_words(self):
        for wizard in self:
            wizard.hidden_words = self.env._("One more is in a company that is not selected in the company menu.") if wizard.hidden_count == 1 else self.env._(
                "%(count)s more are in companies that are not selected in the company menu.", count=wizard.hidden_count)

    @api.depends('connection_id')
    def _compute_chosen(self):
        for wizard in self:
            wizard.company_ids, wizard.journal_ids = wizard.used_company_ids, wizard.used_journal_ids

    def _users(self):
        """Return a tuple of all companies and all journals that use the connection, in `sudo()`."""
        connection = self.connection_id.sudo()
        return connection.used_by_company_ids, connection.with_context(active_test=False).journal_ids

    def _chosen_users(self):
        """Return a tuple of the companies and the journals to move, in `sudo()`: the chosen ones, and with `with_hidden` all that the user does not see."""
        chosen = []
        for users, seen, wanted in zip(
                self._users(), (self.used_company_ids, self.used_journal_ids), (self.company_ids, self.journal_ids), strict=True):
            chosen.append(users & wanted.sudo() | (users - seen.sudo() if self.with_hidden else users.browse()))
        return tuple(chosen)

    def action_move(self):
        """Move the chosen companies and journals, and on request those of companies that the user has not selected in the company menu.

        :raise UserError: nothing was chosen, or the user has no access to one of these companies.
        """
        self._check_mine()
        self.connection_id.check_access('write')
        target = self.target_id
        if not target:
            raise UserError(self.env._("First choose the new connection for the companies and journals of %(connection)s.", connection=self.connection_id.name))
        target.check_access('write')
        companies, journals = self._chosen_users()
        users = companies | journals.company_id
        if not users:
            raise UserError(self.env._("Choose at least one company or journal to move."))
        if users - self.env.user.sudo().company_ids:
            raise UserError(self.env._(
                "Companies to which you have no access use %(connection)s, too. Somebody with access to all of them can move them; or leave them out.",
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
            "%(users)s: %(now)s is used from now on, no longer %(before)s.",
            users=', '.join([*companies.mapped('name'), *journals.mapped('name')]), before=self.connection_id.name, now=target.name))
