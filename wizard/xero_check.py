from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

CHECK_LIMIT = 2000      # documents in one check: some seconds of work
SALES = ('out_invoice', 'out_refund', 'out_receipt')


class XeroCheck(models.TransientModel):
    """*Check against Xero*: what would happen to documents if they were exported now, and why some would fail.

    Created for chosen documents (`_check`), or empty for a connection, so that a person chooses a period in a dialog. The result is a page, so
    that people come back to it when they have fixed a problem elsewhere. `xero.rehearsal` does the work.
    """
    _name = 'xero.check'
    _inherit = 'xero.dialog'
    _description = "Check against Xero"

    # === The period === #
    connection_id = fields.Many2one('xero.connection', ondelete='cascade')
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="To")
    scope = fields.Selection([('all', "Sales and purchases"), ('sale', "Sales"), ('purchase', "Purchases")], default='all', required=True)
    with_drafts = fields.Boolean(string="Include drafts", default=True)

    # === The result === #
    is_done = fields.Boolean()
    document_ids = fields.One2many('xero.check.document', 'check_id', string="Documents", readonly=True)
    reason_ids = fields.One2many('xero.check.reason', 'check_id', string="Reasons", readonly=True)
    ready_count = fields.Integer(compute='_compute_counts')
    in_xero_count = fields.Integer(compute='_compute_counts')
    stopped_count = fields.Integer(compute='_compute_counts')
    export_count = fields.Integer(compute='_compute_export_count', help="How many documents are ready and posted.")
    has_notes = fields.Boolean(compute='_compute_counts')
    has_suggestions = fields.Boolean(compute='_compute_decisions')
    can_decide = fields.Boolean(compute='_compute_decisions', help="Whether the user may decide some of them.")
    is_outdated = fields.Boolean(compute='_compute_decisions', help="Whether something was decided or exported since the check.")
    summary = fields.Char(compute='_compute_counts')
    notice = fields.Text(readonly=True)

    @api.depends_context('lang')
    def _compute_display_name(self):
        self.display_name = self.env._("Check against Xero")

    @api.depends('document_ids.is_ready', 'document_ids.is_in_xero', 'document_ids.note', 'reason_ids')
    def _compute_counts(self):
        for check in self:
            check.ready_count = len(check.document_ids.filtered('is_ready'))
            check.in_xero_count = len(check.document_ids.filtered('is_in_xero'))
            check.stopped_count = len(check.document_ids) - check.ready_count - check.in_xero_count
            check.has_notes = any(check.document_ids.mapped('note'))
            check.summary = ', '.join(check._summary())

    def _summary(self):
        """Yield what was found, for people: the counts only, however many documents and reasons there are."""
        yield self.env._("%(count)s ready", count=self.ready_count)
        if self.in_xero_count:
            yield self.env._("%(count)s already in Xero", count=self.in_xero_count)
        if self.stopped_count:
            counts = {'count': self.stopped_count, 'reasons': len(self.reason_ids)}
            yield self.env._("%(count)s stopped for %(reasons)s reasons", **counts) if len(self.reason_ids) != 1 else self.env._(
                "%(count)s stopped for one reason", **counts)

    @api.depends('reason_ids.mapping_id', 'reason_ids.suggestion', 'reason_ids.is_settled', 'document_ids.is_exported')
    def _compute_decisions(self):
        for check in self:
            check.has_suggestions = any(check.reason_ids.mapped('suggestion'))
            check.can_decide = any(check.reason_ids.mapped('can_decide'))
            check.is_outdated = any(check.reason_ids.mapped('is_settled')) or any(check.document_ids.mapped('is_exported'))

    @api.depends('document_ids.can_export')
    def _compute_export_count(self):
        for check in self:
            check.export_count = len(check.document_ids.filtered('can_export'))

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        connection = self.env['xero.connection'].browse(values.get('connection_id'))
        if connection and 'date_from' in fields:
            values['date_from'] = connection.export_start_date
        return values

    # === RUNNING === #

    @api.model
    def _check(self, moves):
        """Check documents and return the page with the result, or with the one document.

        :param moves: `account.move` that the user may read.
        """
        self.check_access('create')
        moves.check_access('read')
        if obstacle := self._limit_words(moves, self.env._("Choose fewer documents, or check a period on the connection.")):
            raise UserError(obstacle)
        moves = moves.filtered(lambda move: move.state != 'cancel' and move._xero_kind())
        if not moves:
            raise UserError(self.env._(
                "Only invoices, bills, receipts, credit notes and entries of journals that are exported entry by entry can be checked, unless they "
                "are cancelled. Journals that are exported day by day are checked by Post day to Xero."))
        check = self.create({})
        check._run(moves)
        return (check.document_ids if len(moves) == 1 else check)._open()

    def action_check(self):
        """Check the documents of the chosen period."""
        self._check_mine()
        moves, obstacle = self._period_moves()
        if obstacle:
            raise UserError(obstacle)
        self._forget()
        self._run(moves)
        return self._open()

    @api.model
    def _has_documents_since_start(self, connection):
        """Return whether the user sees documents, drafts included, that belong to a connection since the first day of its export."""
        since_start = self.new({'connection_id': connection.id, 'date_from': connection.export_start_date})
        return bool(self.env['account.move'].search_count(since_start._period_domain(), limit=1))

    def action_again(self):
        """Check the same documents again, after something was fixed."""
        self._check_mine()
        moves = self.sudo().document_ids.move_id.exists().with_env(self.env)
        moves.check_access('read')
        if len(moves) > 1:
            self._forget()
        self._run(moves)
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}

    def action_export(self):
        """Export the documents that are ready and posted, and show the progress. Drafts are sent when they are confirmed."""
        self._check_mine()
        return self.document_ids._export()

    def _limit_words(self, moves, advice):
        """Return why so many documents cannot be checked, empty if they can."""
        return self.env._("These are more than %(limit)s documents. %(advice)s", limit=CHECK_LIMIT, advice=advice) if len(moves) > CHECK_LIMIT else ''

    def _forget(self):
        """Delete the result, for which users have only read access."""
        self.sudo().document_ids.unlink()
        self.sudo().reason_ids.unlink()

    def _period_moves(self):
        """Return the documents of the chosen period, and why they cannot be checked: too many or none. Empty if they can."""
        moves = self.env['account.move'].search(self._period_domain(), limit=CHECK_LIMIT + 1, order='date, id')
        # Before the filter: what lies beyond the limit was not read
        if obstacle := self._limit_words(moves, self.env._("Choose a shorter period.")):
            return moves.browse(), obstacle
        moves = moves.filtered(lambda move: move._xero_kind())
        return moves, '' if moves else self.env._("There are no such documents in this period.")

    def _period_domain(self):
        connection = self.connection_id.sudo()
        unchecked = self._modes_without_check()
        journals = self.env['account.journal'].search([]).filtered(
            lambda journal: journal._xero_connection() == connection and journal._xero_mode() not in unchecked)
        types = [
            move_type for move_type in self.env['xero.kind']._names_by_move_type()
            if self.scope == 'all' or (move_type in SALES) == (self.scope == 'sale')]
        domain = Domain('move_type', 'in', types) & Domain('journal_id', 'in', journals.ids)
        if self.scope == 'all':
            domain |= Domain('journal_id', 'in', journals.filtered(lambda journal: journal._xero_mode() == 'entry').ids)
        domain &= Domain('state', 'in', ('draft', 'posted') if self.with_drafts else ('posted',))
        if self.date_from:
            domain &= Domain('date', '>=', self.date_from)
        if self.date_to:
            domain &= Domain('date', '<=', self.date_to)
        return domain

    @api.model
    def _modes_without_check(self):
        """Return the modes of journals whose entries are only parts of documents, such as days, and cannot be checked one by one."""
        return {mode for mode, name in self.env['xero.kind']._names_by_mode().items() if self.env[f'xero.kind.{name}']._document_field != 'move_id'}

    def _run(self, moves):
        rehearsals = self.env['xero.rehearsal']._rehearse(moves)
        values = [{'check_id': self.id, **self.env['xero.check.document']._prepare(rehearsal)} for rehearsal in rehearsals]
        if alone := self.document_ids.sudo():
            # Its page is open
            alone.write({**values[0], 'line_ids': [fields.Command.clear(), *values[0]['line_ids']]})
            self.sudo().reason_ids.unlink()
        else:
            alone.create(values)
        self.env['xero.check.reason']._fill(self, rehearsals)
        self.write({'is_done': True, 'notice': '\n'.join(self._notices({rehearsal.connection for rehearsal in rehearsals}))})

    def _notices(self, connections):
        """Yield sentences about connections that cannot send documents now."""
        for connection in filter(None, connections):
            if connection.status != 'connected':
                status = dict(connection._fields['status']._description_selection(self.env))[connection.status]
                yield self.env._(
                    "%(reason)s Documents that are ready are sent when it works again.",
                    reason=connection._status_words(self.env._("%(connection)s does not work now (%(status)s).", connection=connection.name, status=status)))

    def _open(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window', 'name': self.env._("Check against Xero"), 'res_model': self._name, 'res_id': self.id,
            'views': [(False, 'form')]}
