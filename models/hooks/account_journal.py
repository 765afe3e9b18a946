from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..connection.xero_connection_policy import LEDGER_MODES

DOCUMENT_TYPES = ('sale', 'purchase')
POLICIES_KEY = 'account_xero.payment_policies'    # in the cache of a cursor, which lasts as long as a transaction
DIRECTIONS = {'none': set(), 'in': {'in'}, 'out': {'out'}, 'both': {'in', 'out'}}   # of each value of `xero_payments`
SINCE = {'in': 'xero_payments_since', 'out': 'xero_payments_out_since'}     # field with the first day of each direction
PAYMENT_FIELDS = {'xero_payments', *SINCE.values()}


class AccountJournal(models.Model):
    """Where and how the entries of a journal are exported: as documents, as manual journals, or not at all; never in two ways."""
    _name = 'account.journal'
    _inherit = ['xero.routed', 'account.journal']

    _xero_record_fields = ('xero_connection_id', 'xero_branding_theme_id')

    xero_connection_id = fields.Many2one(
        'xero.connection', string="Xero connection", copy=False, index='btree_not_null', ondelete='restrict',
        help="The connection that exports the documents of this journal. Empty: the company's connection.")

    xero_used_connection_id = fields.Many2one(
        'xero.connection', string="Used Xero connection", compute='_compute_xero_used_connection_id', compute_sudo=True,
        help="The journal's own connection, else the company's.")
    xero_branding_theme_id = fields.Many2one(
        'xero.branding.theme', string="Branding theme in Xero", copy=False, index='btree_not_null', ondelete='set null',
        domain="[('connection_id', '=', xero_used_connection_id), ('status', '=', 'ACTIVE')]",
        help="The layout in which Xero prints and mails the invoices and credit notes of this journal. Empty: Xero's default theme. "
             "A change applies to documents sent from now on.")
    xero_theme_problem = fields.Char(compute='_compute_xero_theme_problem', compute_sudo=True, help="Why the chosen theme is not used.")
    xero_mode = fields.Selection(
        [
            ('document', "Invoices, bills and credit notes"),
            ('entry', "Each entry as a manual journal"),
            ('day', "One manual journal per day"),
            ('off', "Nothing"),
        ],
        string="Goes to Xero as", compute='_compute_xero_mode', store=True, readonly=False, precompute=True, required=True, copy=False,
        help="Manual journals contain the amounts of all accounts, including tax accounts, in the currency of the company, and no tax rates: the "
             "general ledger in Xero is right to the cent, but Xero's tax return does not include them. A day is sent when it is over, in the "
             "time zone of the company's address; an entry that is posted later into an earlier day is sent at the end of the present day. "
             "Receivable, payable, bank and cash items are booked on clearing accounts chosen in the mapping, because Xero refuses its own "
             "accounts of these types in journals.")
    xero_lacks_consent = fields.Boolean(
        compute='_compute_xero_lacks_consent', compute_sudo=True, help="The consent at Xero does not cover manual journals yet.")

    xero_payments = fields.Selection(
        [('none', "Nothing"), ('in', "From Xero to Odoo"), ('out', "From Odoo to Xero"), ('both', "Both ways")],
        string="Payments and Xero", default='none', required=True, copy=False,
        help="From Xero to Odoo: a payment of an exported document that is made in Xero, on the account to which this journal is mapped, is "
             "registered in Odoo.\n"
             "From Odoo to Xero: a payment of an exported document that is registered in Odoo, in this journal, is sent to Xero.\n"
             "A payment is never sent back to where it came from.")
    xero_payments_since = fields.Date(
        string="Payments from Xero since", compute='_compute_xero_payments_since', store=True, readonly=False, precompute=True, copy=False,
        help="Payments that were made in Xero with an earlier date are left alone, because they may have been entered on both sides by hand.")
    xero_payments_out_since = fields.Date(
        string="Payments to Xero since", compute='_compute_xero_payments_since', store=True, readonly=False, precompute=True, copy=False,
        help="Payments that were registered in Odoo with an earlier date are left alone, because they may have been entered on both sides by hand.")

    # === COMPUTE === #

    @api.depends('type')
    def _compute_xero_mode(self):
        for journal in self:
            if journal.type in DOCUMENT_TYPES:
                journal.xero_mode = journal.xero_mode or 'document'
            elif journal.xero_mode in (False, 'document'):
                journal.xero_mode = 'off'

    @api.depends('xero_payments')
    def _compute_xero_payments_since(self):
        """Set the first day of each direction that is on and has none."""
        for journal in self:
            for direction in DIRECTIONS[journal.xero_payments]:
                name = SINCE[direction]
                journal[name] = journal[name] or fields.Date.context_today(journal)

    @api.depends('xero_mode', 'xero_connection_id', 'company_id')
    def _compute_xero_lacks_consent(self):
        for journal in self:
            connection = journal.company_id and journal._xero_connection()
            journal.xero_lacks_consent = bool(
                journal._origin.xero_mode in LEDGER_MODES and connection and connection.status == 'connected'
                and self.env['xero.kind.ledger']._lacks_consent(connection))

    @api.depends('xero_connection_id', 'company_id')
    def _compute_xero_used_connection_id(self):
        for journal in self:
            journal.xero_used_connection_id = journal._xero_connection() if journal.company_id else False

    @api.depends('xero_branding_theme_id.status', 'xero_used_connection_id')
    def _compute_xero_theme_problem(self):
        for journal in self:
            theme, connection = journal.xero_branding_theme_id, journal.xero_used_connection_id
            journal.xero_theme_problem = False
            if theme and theme.connection_id != connection:
                journal.xero_theme_problem = self.env._(
                    "This theme belongs to %(connection)s, which the journal does not use. Xero's default theme is used; choose another one.",
                    connection=theme.connection_id.name)
            elif theme and not theme._is_usable():
                journal.xero_theme_problem = self.env._("This theme was deleted in Xero. Xero's default theme is used; choose another one.")

    # === CRUD === #

    def write(self, vals):
        """Apply a changed way of export: update the exports that wait, and let the next sweep queue posted entries."""
        widened = {name: self._xero_widened(direction, vals) for direction, name in SINCE.items() if name not in vals}
        switched = self.filtered(lambda journal: 'xero_mode' in vals and journal.xero_mode != vals['xero_mode'])
        if switched:
            switched._check_xero_mode_change(vals['xero_mode'])
        result = super().write(vals)
        for name, journals in widened.items():
            # What was paid before may have been entered on both sides by hand, or sent as manual journals
            super(AccountJournal, journals).write({name: fields.Date.context_today(self)})
        if switched:
            switched._xero_journal_exports(('waiting', 'failed', 'skipped'))._follow_mode()
            connections = self.env['xero.connection'].sudo().union(*(journal._xero_connection() for journal in switched))
            connections.swept_at = False
            connections._arm()
        if vals.keys() & PAYMENT_FIELDS:
            self._xero_apply_payments()
        return result

    def _xero_widened(self, direction, vals):
        """Return the journals for which values to be written switch a direction of payments on.

        :param str direction: key of `SINCE`.
        """
        return self.filtered(
            lambda journal: direction in DIRECTIONS[vals.get('xero_payments', 'none')] and direction not in DIRECTIONS[journal.xero_payments])

    @api.model_create_multi
    def create(self, vals_list):
        journals = super().create(vals_list)
        if exchanging := journals.filtered(lambda journal: journal.xero_payments != 'none'):
            exchanging._xero_apply_payments()
        return journals

    @api.model
    def _xero_payment_policies(self):
        """Return the values (frozenset) of `xero_payments` that journals have, beside *none*. They are read once in a transaction, because each posting
        and each slice asks for them several times."""
        known = self.env.cr.cache
        if POLICIES_KEY not in known:
            groups = self.sudo().with_context(active_test=False)._read_group([('xero_payments', '!=', 'none')], ['xero_payments'])
            known[POLICIES_KEY] = frozenset(policy for [policy] in groups)
        return known[POLICIES_KEY]

    def _xero_apply_payments(self):
        """Apply a changed policy for payments: add the journals to the mapping, and let the next slice read what has to be read now."""
        self.env.cr.cache.pop(POLICIES_KEY, None)
        for connection_sudo in self.company_id._xero_money_connections():
            self.env['xero.mapped.bank'].sudo()._add_rows(connection_sudo)
            self.env['xero.payment'].sudo()._look_again(connection_sudo, codes=('policy', 'early'))
            connection_sudo.swept_at = False    # the sweep queues payments that were registered before
            connection_sudo._arm()
        self.env['xero.kind.payment'].sudo()._follow_policy(self.sudo())

    # === CONSTRAINTS === #

    @api.constrains('xero_connection_id', 'company_id')
    def _check_xero_connection(self):
        for journal in self.filtered('xero_connection_id'):
            if not journal.xero_connection_id.sudo()._serves(journal.company_id.sudo()):
                raise ValidationError(self.env._(
                    "The journal %(journal)s cannot export through %(connection)s, because %(company)s is not one of its companies. "
                    "Add the company on the connection first.",
                    journal=journal.display_name, connection=journal.xero_connection_id.sudo().name, company=journal.company_id.name))

    @api.constrains('xero_mode', 'xero_payments', 'type')
    def _check_xero_mode(self):
        for journal in self:
            if journal.xero_mode in LEDGER_MODES and journal.xero_payments != 'none':
                raise ValidationError(self.env._(
                    "The entries of %(journal)s go to Xero as manual journals, so its payments would be in Xero twice. Choose one of the two.",
                    journal=journal.display_name))
            if journal.xero_mode == 'document' and journal.type not in DOCUMENT_TYPES:
                raise ValidationError(self.env._(
                    "%(journal)s has no invoices or bills. Choose a way for journal entries, or “Nothing”.", journal=journal.display_name))
            if journal.xero_mode in LEDGER_MODES and journal._xero_makes_its_own():
                raise ValidationError(self.env._(
                    "%(journal)s is the journal for exchange differences or cash basis taxes of %(company)s. Xero creates these entries itself, so "
                    "they would be in Xero twice.", journal=journal.display_name, company=journal.company_id.name))

    def _xero_makes_its_own(self):
        """Return whether the journal is for entries that Xero creates itself: exchange differences, cash basis taxes."""
        companies = self.company_id.sudo()
        companies = companies | companies.child_ids | companies.parent_ids
        return self in companies.currency_exchange_journal_id | companies.tax_cash_basis_journal_id

    def _check_xero_mode_change(self, mode):
        """Check that no documents of the journals are in Xero in another way: they would be exported twice.

        :param str mode: the new value of `xero_mode`.
        :raise ValidationError: there are such documents.
        """
        for journal in self.filtered(lambda journal: mode not in ('off', journal.xero_mode)):
            exports = journal._xero_journal_exports()
            if left := next((export for export in exports if export._kind()._journal_mode != mode and export._has_left()), None):
                raise ValidationError(self.env._(
                    "Documents of %(journal)s were already exported in another way, for example %(document)s, and would be in Xero twice. Keep the "
                    "present way, or use another journal from now on.", journal=journal.display_name, document=left.document_name))

    def _xero_journal_exports(self, states=None):
        """Return the exports of the journal's entries and days.

        :param states: values of `xero.export.state`; None for all.
        """
        domain = self.env['xero.kind']._of_journals_domain(self)
        return self.env['xero.export'].sudo().search(domain & Domain('state', 'in', states) if states else domain)

    # === BUSINESS === #

    def _xero_connection(self):
        """Return the connection that exports documents of this journal: its own, else the company's. May be empty."""
        self.ensure_one()
        return self.sudo().xero_connection_id or self.company_id._xero_connection()

    def _xero_mode(self):
        """Return the effective way of export: `off` for entries that Xero creates itself, even if the company's settings changed later."""
        self.ensure_one()
        mode = self.sudo().xero_mode
        return 'off' if mode in LEDGER_MODES and self._xero_makes_its_own() else mode

    def action_xero_connection(self):
        """Open the connection that the journal uses."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window', 'res_model': 'xero.connection', 'res_id': self._xero_connection().id, 'views': [(False, 'form')]}

    def action_xero_check_payments(self):
        """Read from Xero what was paid there since the last check. The user gets a notification with the result."""
        self.env['xero.export'].check_access('read')
        self.check_access('read')
        return self.env['xero.feed']._check_payments(self.company_id._xero_money_connections())

    def action_xero_post_day(self):
        """Open the dialog that posts days of these journals to Xero now."""
        return self.env['xero.post.day']._open_for(self)
