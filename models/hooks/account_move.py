from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL


class AccountMove(models.Model):
    _inherit = 'account.move'

    xero_export_ids = fields.One2many(
        'xero.export', 'move_id', string="Xero exports", readonly=True, copy=False, groups='account_xero.group_xero_user')
    xero_state = fields.Selection(
        selection='_selection_xero_state', string="Xero", compute='_compute_xero_state', store=True, copy=False)
    xero_export_id = fields.Many2one('xero.export', compute='_compute_xero_document', groups='account_xero.group_xero_user')
    xero_export_state = fields.Selection(
        selection='_selection_xero_state', compute='_compute_xero_document', groups='account_xero.group_xero_user')
    xero_shown_state = fields.Selection(
        selection='_selection_xero_shown_state', string="State in Xero", compute='_compute_xero_shown_state', search='_search_xero_shown_state',
        groups='account_xero.group_xero_user')
    xero_state_hint = fields.Text(compute='_compute_xero_shown_state', groups='account_xero.group_xero_user')
    xero_number = fields.Char(string="Number in Xero", compute='_compute_xero_document', groups='account_xero.group_xero_user')
    xero_payment_ids = fields.One2many(
        'xero.payment', 'move_id', string="Payments from Xero", readonly=True, copy=False, groups='account_xero.group_xero_user')
    xero_payment_count = fields.Integer(compute='_compute_xero_payment_count', groups='account_xero.group_xero_user')
    xero_url = fields.Char(string="Open in Xero", compute='_compute_xero_document', groups='account_xero.group_xero_user')
    xero_has_online_invoice = fields.Boolean(compute='_compute_xero_document', groups='account_xero.group_xero_user')
    xero_online_invoice_url = fields.Char(
        string="Online invoice in Xero", compute='_compute_xero_online_invoice_url', search='_search_xero_online_invoice_url', compute_sudo=True,
        help="Where the customer sees the invoice in Xero. Empty until the link was fetched; for mail templates and the portal.")

    xero_difference_count = fields.Integer(string="Differences", compute='_compute_xero_difference_count', groups='account_xero.group_xero_user')

    # What a sweep looks for: posted entries without a row, and what was written lately. The second takes a few pages of the largest books
    _xero_missed = models.Index("(journal_id, date) WHERE state = 'posted' AND xero_state IS NULL")
    _xero_written = models.Index("USING brin (write_date)")

    @api.model
    def _selection_xero_state(self):
        return self.env['xero.export']._fields['state']._description_selection(self.env)

    @api.model
    def _selection_xero_shown_state(self):
        return self.env['xero.export']._fields['shown_state']._description_selection(self.env)

    @api.depends('xero_export_ids.state')
    def _compute_xero_state(self):
        # Show `sending` as `waiting`: avoids a write on `account.move`
        for move in self:
            state = move.xero_export_ids[:1].state
            move.xero_state = 'waiting' if state == 'sending' else state

    @api.depends('xero_export_ids.shown_state', 'xero_export_ids.state_hint')
    @api.depends_context('lang', 'tz')
    def _compute_xero_shown_state(self):
        no_export = self.env['xero.export']
        for move in self:
            # Not `[:1]`, which would not prefetch the exports of the other documents
            export = next(iter(move.xero_export_ids), no_export)
            move.xero_shown_state = export.shown_state
            move.xero_state_hint = export.state_hint

    def _search_xero_shown_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        shown = self.env['xero.export'].sudo()._moves_shown([state for state in value if state])
        return shown | Domain('xero_export_ids', '=', False) if False in value else shown

    def _read_group_groupby(self, alias, groupby_spec, query):
        if groupby_spec != 'xero_shown_state':
            return super()._read_group_groupby(alias, groupby_spec, query)
        self._check_field_access(self._fields['xero_shown_state'], 'read')
        newest = query.left_join(alias, 'id', self.env['xero.export'].sudo()._newest_shown(), 'move_id', 'xero_newest')
        return SQL.identifier(newest, 'shown')

    @api.depends('xero_export_ids.xero_number', 'xero_export_ids.xero_id', 'xero_export_ids.xero_status', 'xero_export_ids.state')
    def _compute_xero_document(self):
        for move in self:
            export = move._xero_exports()[:1]
            move.xero_export_id = export
            move.xero_export_state = export.state
            move.xero_number = export.xero_number
            move.xero_url = export.xero_url
            move.xero_has_online_invoice = self.env['xero.online.invoice']._may_have(export)

    @api.depends('xero_export_ids.online_url', 'xero_export_ids.xero_status', 'state')
    def _compute_xero_online_invoice_url(self):
        for move in self:
            move.xero_online_invoice_url = move.state == 'posted' and self.env['xero.online.invoice']._kept(move.xero_export_ids[:1])

    @api.model
    def _search_xero_online_invoice_url(self, operator, value):
        if operator.startswith('not'):
            return NotImplemented
        exports = self.env['xero.export'].sudo()
        found = Domain('id', 'in', exports._search([('online_url', operator, value), ('online_url', '!=', False)]).subselect('move_id'))
        if operator == 'in' and False in value:
            found |= ~Domain('id', 'in', exports._search([('online_url', '!=', False), ('move_id', '!=', False)]).subselect('move_id'))
        return found

    @api.depends('xero_payment_ids')
    def _compute_xero_payment_count(self):
        for move in self:
            move.xero_payment_count = len(move.xero_payment_ids)

    def _compute_xero_difference_count(self):
        found = self.env['xero.difference']._read_group(
            [('export_id.move_id', 'in', self.ids), ('state', '=', 'open')], ['export_id'], ['__count'])
        counts = {}
        for export, count in found:
            counts[export.move_id.id] = counts.get(export.move_id.id, 0) + count
        for move in self:
            move.xero_difference_count = counts.get(move.id, 0)

    # === QUEUE === #

    def _post(self, soft=True):
        posted = super()._post(soft=soft)
        self.env['xero.export']._enqueue_posted(posted)
        self.env['xero.credit.note']._on_posted(posted)
        return posted

    def button_draft(self):
        result = super().button_draft()
        self._xero_touch()
        return result

    def button_cancel(self):
        result = super().button_cancel()
        self._xero_touch()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_xero_touch(self):
        self._xero_touch(is_deleted=True)

    def _xero_touch(self, is_deleted=False):
        """Note on the exports that the documents changed, so that the next slice compares them with Xero. Never fails.

        :param bool is_deleted: whether they are about to be deleted.
        """
        # Odoo resets an empty set of documents whenever a line is written: that must not flush what is half made
        if self and self.env['xero.connection']._any_exists():
            exports = self.env['xero.export'].sudo().search([('move_id', 'in', self.ids)])
            with exports._never_failing(self, exports=exports):
                self._xero_touch_exports(is_deleted)

    def _xero_touch_exports(self, is_deleted=False):
        """Note on the exports that the entries, which are their documents or parts of them, changed. What was never sent is dropped."""
        moves_sudo = self.sudo()
        exports = moves_sudo.xero_export_ids.filtered(
            lambda export: export.state in ('waiting', 'failed') or export.skip_rule == 'undone' or export._has_left())
        if exports:
            (exports - exports._drop_deleted() if is_deleted else exports)._touch()
            exports.connection_id._arm()    # tasks about failed documents are updated
        for kind in self.env['xero.kind'].sudo()._all():
            kind._touch_containing(moves_sudo)

    def _xero_name(self):
        """Return the name of the entry for messages: its number, or its display name until it has one."""
        self.ensure_one()
        return self.name or self.display_name

    def _xero_goes_as(self):
        """Return the name of the kind of document that it is in Xero, or is part of; None if it is not exported."""
        self.ensure_one()
        kind = self.env['xero.kind']._kind_of_move(self)
        return None if kind is None else kind._kind_name()

    def _xero_kind(self):
        """Return the name of the kind of document that it is in Xero; None if it is not exported, or only as a part of a document."""
        self.ensure_one()
        kind = self.env['xero.kind']._kind_of_move(self)
        return None if kind is None or kind._document_field != 'move_id' else kind._kind_name()

    def _xero_makes_its_own(self):
        """Return whether Xero creates such an entry itself: exchange differences, cash basis taxes, opening balances."""
        return bool(
            self.tax_cash_basis_origin_move_id or self.exchange_diff_partial_ids
            or self.company_id.sudo().account_opening_move_id == self)

    def _xero_connection(self):
        """Return the connection of the document, by its journal and company. May be empty."""
        self.ensure_one()
        return self.journal_id._xero_connection()

    def _xero_is_money(self):
        """Return whether the entry is of a payment or a bank statement line, or in a bank, cash or credit card journal."""
        self.ensure_one()
        return bool(self.origin_payment_id or self.statement_line_id) or self.journal_id.type in ('bank', 'cash', 'credit')

    def _xero_is_plain_money(self):
        """Return whether the entry has only two items: the money and what it pays."""
        return self._xero_is_money() and len(self.line_ids) == 2

    def _xero_share_without_money(self, partial):
        """Return the share (0 to 1) of a payment's reconciliation that is not money: discounts, fees, write-offs.

        :param partial: `account.partial.reconcile` with one of the entry's items.
        """
        line = (partial.debit_move_id | partial.credit_move_id).filtered(lambda line: line.move_id == self)
        if self.origin_payment_id:
            _money, _counterpart, others = self.origin_payment_id._seek_for_lines()
        else:
            _money, _suspense, others = self.statement_line_id._seek_for_lines() if self.statement_line_id else [line.browse()] * 3
        others = others.filtered(lambda other: other.account_type not in ('asset_receivable', 'liability_payable'))
        paid = sum(self.line_ids.filtered(lambda other: other.account_id == line.account_id).mapped('balance'))
        return max(-sum(others.mapped('balance')) / paid, 0) if paid else 0

    def _xero_wanted_by(self):
        """Return the connection that exports the document automatically, by its policies. May be empty."""
        self.ensure_one()
        connection = self._xero_connection()
        if (
            connection
            and connection.active
            and self.state == 'posted'
            and self._xero_is_automatic(connection)
        ):
            return connection
        return self.env['xero.connection']

    def _xero_is_automatic(self, connection):
        """Return whether documents of its journal, type and date are exported as soon as they are posted."""
        kind = self.env['xero.kind']._kind_of_move(self)
        return kind is not None and kind._is_automatic(self, connection)

    def _xero_exports(self):
        """Return the exports of the document; its form shows the first."""
        kind = self.env['xero.kind']._kind_of_move(self) if self.state == 'posted' else None
        return self.xero_export_ids if kind is None else kind._exports_of(self)

    # === ACTIONS === #

    def action_xero_export(self):
        """Export the documents now, including older ones and types that are not sent automatically, and show the progress."""
        self.env['xero.export'].check_access('read')
        self.check_access('read')
        moves = self.filtered(lambda move: move.state == 'posted' and move._xero_goes_as())
        if not moves:
            raise UserError(self.env._(
                "Only posted invoices, bills, receipts and credit notes, and entries of journals that are set up for it, are exported to Xero. "
                "Confirm the document first, or check the settings of its journal."))
        unrouted = moves.filtered(lambda move: not move.sudo()._xero_connection())
        if unrouted:
            raise UserError(self.env._(
                "No Xero connection is set for %(journals)s. Choose one on the journal or on the company.",
                journals=', '.join(unrouted.journal_id.mapped('display_name'))))
        exports = self.env['xero.export'].sudo()._ask_for(moves.sudo())
        left_out = exports._left_out_words()
        if left_out and all(export._is_skipped_by_person() for export in exports):
            raise UserError(left_out)
        return exports._follow_action(left_out)

    def action_xero_check(self):
        """Show what would happen if the documents were exported now, and each reason why some would fail."""
        return self.env['xero.check']._check(self)

    def action_xero_open(self):
        """Open the document in Xero's web application."""
        self.ensure_one()
        self.check_access('read')
        if not self.xero_export_id:
            raise UserError(self.env._("%(document)s is not in Xero yet.", document=self._xero_name()))
        return self.xero_export_id.action_open_in_xero()

    def action_xero_online_invoice(self):
        """Open the page on which the customer sees the invoice in Xero."""
        self.ensure_one()
        self.check_access('read')
        if not self.xero_export_id:
            raise UserError(self.env._("%(document)s is not in Xero yet.", document=self._xero_name()))
        return self.xero_export_id.action_open_online_invoice()

    def action_xero_payments(self):
        """Open the payments of the document that were made in Xero."""
        return self.env['account.payment']._xero_open_payments(self.xero_payment_ids)

    def action_xero_check_payments(self):
        """Read from Xero what was paid there since the last check. The user gets a notification with the result."""
        self.env['xero.export'].check_access('read')
        self.check_access('read')
        connections_sudo = self.sudo().xero_export_ids.filtered('xero_id').connection_id
        return self.env['xero.feed']._check_payments(connections_sudo or self.journal_id.company_id._xero_money_connections())

    def action_xero_exports(self):
        """Open the export of the document."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'xero.export',
            'res_id': self.xero_export_id.id,
            'view_mode': 'form',
            'views': [(False, 'form')],
        }

    def action_xero_differences(self):
        """Open the differences between the document and Xero, also those that were settled."""
        self.ensure_one()
        self.check_access('read')
        action = self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_difference_action')
        rows = self.env['xero.difference'].search([('export_id.move_id', '=', self.id), ('state', '=', 'open')])
        if len(rows) == 1:
            return {**action, 'views': [(False, 'form')], 'res_id': rows.id}
        return {**action, 'domain': [('export_id.move_id', '=', self.id)], 'context': {}}
