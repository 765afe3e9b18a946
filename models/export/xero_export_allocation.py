from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL, format_amount

from ...const import APPROVAL_PAUSES, FINAL_STATUSES, UNAPPROVED_STATUSES
from ...tools.xero_money import round_half_up, to_decimal
from .xero_export_compare import VOID
from .xero_export_queue import FRESH

# Allocated later than that after the credit note went out, somebody may have done it in Xero by hand meanwhile
SURE_FOR = timedelta(minutes=10)


class XeroExport(models.Model):
    """Allocations: which reconciliations are to be in Xero, what they wait for, what has to be undone before what."""
    _inherit = 'xero.export'

    partial_id = fields.Many2one('account.partial.reconcile', string="Reconciliation", readonly=True, index='btree_not_null', ondelete='set null')
    credit_export_id = fields.Many2one('xero.export', string="Export of the credit note", readonly=True, index='btree_not_null', ondelete='restrict')
    invoice_export_id = fields.Many2one('xero.export', string="Export of the invoice", readonly=True, index='btree_not_null', ondelete='restrict')
    credit_move_id = fields.Many2one(related='credit_export_id.move_id', related_sudo=False, string="Credit note")
    invoice_move_id = fields.Many2one(related='invoice_export_id.move_id', related_sudo=False, string="Allocated to")
    makes_way = fields.Boolean(readonly=True, help="Undone in Xero for a moment, so that one of its documents can be changed there.")

    _partial_uniq = models.UniqueIndex(
        '(connection_id, partial_id) WHERE partial_id IS NOT NULL', "This reconciliation is already exported through this connection.")

    # === IN === #

    @api.model
    def _enqueue(self, moves):
        exports = super()._enqueue(moves)
        partials = self._partials_of(exports.move_id)
        self._enqueue_partials(partials)
        self._look_at_closing_again(partials._xero_documents())
        return exports

    @api.model
    def _partials_of(self, moves):
        """Return what is reconciled with documents, with one query: most of them were just posted, and nothing is."""
        if not moves:
            return self.env['account.partial.reconcile']
        rows = self.env.execute_query(SQL(
            """SELECT partial.id FROM account_partial_reconcile partial JOIN account_move_line line ON line.id = partial.debit_move_id
                WHERE line.move_id = ANY(%(moves)s)
                UNION
               SELECT partial.id FROM account_partial_reconcile partial JOIN account_move_line line ON line.id = partial.credit_move_id
                WHERE line.move_id = ANY(%(moves)s)""", moves=list(moves.ids)))
        return self.env['account.partial.reconcile'].browse(sorted(row[0] for row in rows))

    @api.model
    def _enqueue_reconciled(self, partials):
        """Queue what was just reconciled. Never fails, never calls Xero; what it misses the connection's sweep finds.

        :param partials: `account.partial.reconcile`, new.
        """
        if not self.env['xero.connection']._any_exists():
            return
        partials = partials.sudo()
        documents = partials._xero_documents()
        if documents:
            with self._never_failing(partials, documents):
                self.sudo()._enqueue_partials(partials)
                self.sudo()._look_at_closing_again(documents)

    @api.model
    def _enqueue_partials(self, partials):
        """Queue those reconciliations whose two documents go to the same organisation, and tell those that are queued that they count.

        One that was undone and made again before Xero heard of it is the old one, if nothing else happened to its documents.
        """
        ready = self._allocatable(partials)
        if not ready:
            return
        credits = self.browse().union(*(credit for credit, _invoice in ready.values()))
        rows = self.search([
            '|', ('partial_id', 'in', [partial.id for partial in ready]),
            '&', ('partial_id', '=', False), ('credit_export_id', 'in', credits.ids)], order='id')
        known = rows.filtered('partial_id')
        known.filtered(lambda row: row.wait_code == 'unposted')._touch()
        known.filtered(lambda row: row.state == 'synced' and row.difference).checked_at = False
        undone = rows.filtered(lambda row: row._is_to_undo() and row.xero_id and all(
            end.state == 'synced' and end.checked_at for end in row.credit_export_id | row.invoice_export_id))
        vals_list = []
        for partial in ready:
            if partial in known.partial_id:
                continue
            vals = self._prepare_document('allocation', partial)
            again = undone.filtered_domain([(name, '=', vals[name]) for name in ('credit_export_id', 'invoice_export_id', 'amount_total')])[:1]
            if again:
                undone -= again
                again.partial_id = partial
                again._touch()
            else:
                connection = ready[partial][0].connection_id
                vals_list.append({**vals, 'connection_id': connection.id, **self._held_by(connection)})
        self.create(vals_list).connection_id._arm()

    def _allocatable(self, partials):
        """Return dict reconciliation → (export of the credit note, export of the invoice), for those that Xero can hold."""
        ends = {partial: found for partial in partials if (found := partial._xero_ends()) and partial._xero_amount()}
        moves = self.env['account.move'].union(*(move for pair in ends.values() for move in pair))
        by_move = {export.move_id: export for export in self.search([('move_id', 'in', moves.ids)])} if ends else {}
        found = {partial: tuple(by_move.get(move, self.browse()) for move in pair) for partial, pair in ends.items()}
        return {
            partial: (credit, invoice) for partial, (credit, invoice) in found.items()
            if credit and invoice and credit.connection_id == invoice.connection_id and credit.connection_id.export_allocation}

    @api.model
    def _concerned_by(self, partials):
        """Return what the undoing of reconciliations concerns: their exports, and documents that may be open again.

        :return: exports in sudo, and `account.move`.
        """
        exports, documents = self.sudo().browse(), self.env['account.move'].sudo()
        if self.env['xero.connection']._any_exists():
            documents = partials.sudo()._xero_documents()
        if documents:
            with self._never_failing(partials):
                exports = exports.search([('partial_id', 'in', partials.ids)])
        return exports, documents

    def _touch_undone(self, documents):
        """Reconciliations were undone: what is allocated in Xero no longer is to be, what never left never goes.

        :param documents: `account.move` that were reconciled.
        """
        if not documents:
            return
        with self._never_failing(documents, documents, self):
            self._touch()
            self._drop_undone()
            self.sudo()._look_at_closing_again(documents)

    def _drop_undone(self):
        """Take what was undone before it went to Xero out of the queue at once, whatever it waits for."""
        self.filtered(lambda row: row.state in ('waiting', 'failed') and not row.xero_id)._drop_unposted()

    def _follow_routing(self):
        """Allocations go where both documents go."""
        result = super()._follow_routing()
        unsent = [('xero_id', '=', False), ('state', 'in', ('waiting', 'failed', 'skipped'))]
        for row in self._allocations().filtered_domain(unsent):
            connection = (row.credit_export_id | row.invoice_export_id).connection_id
            if len(connection) == 1 and connection != row.connection_id and 'unanswered' not in row.request_ids.mapped('state'):
                row.connection_id = connection
        return result

    # === WHAT GOES FIRST === #

    def _is_to_undo(self):
        """Tell whether the allocation is, or may be, in Xero by our doing and no longer is to be. What a person left there stays."""
        return (
            self.kind == 'allocation' and (not self.partial_id or self.makes_way) and self.state != 'skipped' and self.left_digest != VOID
            and bool(self.xero_id or self.state in ('sending', 'uncertain')) and not self._is_undone())

    def _allocations_to_undo(self):
        """Return, by document among these, an allocation that has to be undone in Xero before anything else is done to it."""
        return {
            end: row for row in self._allocations() if row._is_to_undo()
            for end in (row.credit_export_id | row.invoice_export_id) & self}

    def _allocations(self):
        """Return the allocations of documents."""
        return self.search(['|', ('credit_export_id', 'in', self.ids), ('invoice_export_id', 'in', self.ids)])

    def _undo_first(self):
        """Have undone what somebody has decided by deciding that its documents are changed or voided."""
        for row in self.filtered(lambda row: row.state == 'synced'):
            row.write({**FRESH, **self._held_by(row.connection_id), 'operation': 'void', 'difference': False})

    def _wait_for_way(self, held):
        """Undo the allocations of a document for a moment where Xero allows a change only without them, and they alone are in the way."""
        rows = self._allocations().filtered(lambda row: row.state == 'synced' and row.xero_id and row.partial_id and not row._is_undone())
        allocated = sum((round_half_up(to_decimal(row.xero_total)) for row in rows), Decimal(0))
        if not rows or allocated != self._kind()._settled_amount(held):
            return super()._wait_for_way(held)
        for row in rows:
            row.write({**FRESH, **self._held_by(row.connection_id), 'operation': 'void', 'makes_way': True, 'difference': False})
        self.write({'state': 'waiting', 'wait_code': 'prerequisite', 'wait_for_id': rows[0].id})
        return True

    def _still_wanted(self):
        making_way = self.filtered('makes_way')
        return making_way | super(XeroExport, self - making_way)._still_wanted()

    def _settle_void(self, element, frozen=None):
        result = super()._settle_void(element, frozen)
        if self.makes_way:
            self.makes_way = False
            if self._stage() != 'gone':
                # It follows its document, which can be changed now
                self._start_over()
                self._release_followers()
        return result

    # === WHAT IT WAITS FOR IN XERO === #

    def _unapproved_ends(self):
        """Return the documents that nobody has approved in Xero, as far as we know."""
        return (self.credit_export_id | self.invoice_export_id).filtered(lambda end: end.xero_status in UNAPPROVED_STATUSES)

    def _has_to_look(self):
        """Tell whether Xero has to be asked before the allocation goes out: approved by now? Allocated by hand since?"""
        return bool(self._unapproved_ends()) or not self.credit_export_id.synced_at or self.credit_export_id.synced_at < fields.Datetime.now() - SURE_FOR

    def _wait_for_approval(self):
        """Hold back allocations, and ask again after as long as they have waited already: calls are money."""
        now = fields.Datetime.now()
        for row in self:
            row.write({'wait_code': 'approval', 'next_try_at': now + min(max(now - row.create_date, APPROVAL_PAUSES[0]), APPROVAL_PAUSES[1])})

    def _remember_status(self, held):
        """Remember the status of documents in Xero.

        :param dict held: Xero's elements by id, without those that it has no more.
        """
        for end in self:
            status = held[end.xero_id]['Status'] if end.xero_id in held else FINAL_STATUSES[1]
            if end.xero_status != status:
                end.xero_status = status

    # === WHAT PEOPLE SEE === #

    @api.depends('credit_export_id.xero_id')
    def _compute_xero_url(self):
        result = super()._compute_xero_url()
        for export in self.filtered('credit_export_id'):
            export.xero_url = export.xero_id and export.credit_export_id.xero_url
        return result

    @api.depends('wait_for_id.state', 'credit_export_id.xero_status', 'invoice_export_id.xero_status')
    def _compute_wait_reason(self):
        result = super()._compute_wait_reason()
        for export in self.filtered(lambda export: export.state == 'waiting'):
            first = export.wait_for_id.sudo()
            if export.wait_code == 'approval' and (unapproved := export.sudo()._unapproved_ends()):
                export.wait_reason = self.env._(
                    "Waits until somebody approves %(documents)s in Xero; next look %(time)s",
                    documents=', '.join(unapproved.mapped('document_name')), time=self._clock_time(export.next_try_at or fields.Datetime.now()))
            elif first.state == 'failed' and export.wait_reason:
                export.wait_reason = self.env._("Waits for %(document)s, which failed", document=first.document_name)
            elif first.state == 'skipped' and export.wait_reason:
                export.wait_reason = self.env._("Waits for %(document)s, which is skipped", document=first.document_name)
        return result

    def _refusal(self, cause, message):
        if self.kind != 'allocation' or cause not in ('amount', 'data'):
            return super()._refusal(cause, message)
        names = {
            'document': self.document_name, 'organisation': self.connection_id.organisation_name or self.connection_id.name,
            'words': message.rstrip('. '), 'amount': format_amount(self.env, self.amount_total, self.currency_id)}
        if self.operation == 'void':
            return self.env._("%(organisation)s does not undo the allocation %(document)s: “%(words)s”. Remove it there by hand, then resync.", **names)
        return self.env._(
            "%(organisation)s does not allocate %(amount)s as in %(document)s: “%(words)s”. Look at both documents there: a payment or an "
            "allocation that was entered by hand may leave less than that. Remove it in Xero, or undo the reconciliation in Odoo, then resync.",
            **names)

    def action_check(self):
        documents = self | self.credit_export_id | self.invoice_export_id
        return super(XeroExport, documents).action_check()

    def action_keep_xeros(self):
        result = super().action_keep_xeros()
        # What waited for the undoing need not wait any more
        self._release_followers()
        return result
