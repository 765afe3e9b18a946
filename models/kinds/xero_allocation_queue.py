from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL, format_amount

from ...const import APPROVAL_PAUSES, FINAL_STATUSES, UNAPPROVED_STATUSES
from ...tools.xero_money import round_half_up, to_decimal

# If more time has passed since the credit note was sent, a person may have allocated it in Xero meanwhile
SURE_FOR = timedelta(minutes=10)


class XeroKindAllocation(models.AbstractModel):
    """The queue of allocations: which reconciliations are exported, what they wait for, and the order in which they are undone."""
    _inherit = 'xero.kind.allocation'

    # === EVENTS IN ODOO === #

    @api.model
    def _on_reconciled(self, partials):
        """Queue new reconciliations. Never fails and makes no call; the connection's sweep finds missed ones.

        :param partials: `account.partial.reconcile`, new, in sudo.
        """
        if not self.env['xero.connection']._any_exists():
            return
        Export, documents = self.env['xero.export'].sudo(), partials._xero_documents()
        if documents:
            with Export._never_failing(partials, documents):
                Export._enqueue(partials)
                self.env['xero.closing'].sudo()._look_again(documents)

    @api.model
    def _concerned_by(self, partials):
        """Return the exports of reconciliations, and the documents that may be open again when these are deleted.

        :param partials: `account.partial.reconcile` in sudo, about to be deleted.
        :return: `xero.export` and `account.move`, in sudo.
        """
        exports, documents = self.env['xero.export'].sudo(), self.env['account.move'].sudo()
        if self.env['xero.connection']._any_exists():
            documents = partials._xero_documents()
        if documents:
            with exports._never_failing(partials):
                exports = exports.search([('partial_id', 'in', partials.ids)])
        return exports, documents

    @api.model
    def _on_unreconciled(self, exports, documents):
        """Undo allocations in Xero whose reconciliations were undone, and drop those that were not sent.

        :param exports: `xero.export` in sudo.
        :param documents: `account.move` that were reconciled.
        """
        if not documents:
            return
        with exports._never_failing(documents, documents, exports):
            exports._touch()
            exports._drop_undone()
            self.env['xero.closing'].sudo()._look_again(documents)

    # === QUEUEING === #

    def _enqueue_dependants(self, exports: models.BaseModel) -> None:
        partials = self._partials_of(exports.move_id)
        if not partials:
            return
        self.env['xero.export']._enqueue(partials)
        self.env['xero.closing']._look_again(partials._xero_documents())

    def _partials_of(self, moves):
        """Return the reconciliations of documents, with one query: most documents were just posted and have none."""
        if not moves:
            return self.env['account.partial.reconcile']
        rows = self.env.execute_query(SQL(
            """SELECT partial.id FROM account_partial_reconcile partial JOIN account_move_line line ON line.id = partial.debit_move_id
                WHERE line.move_id = ANY(%(moves)s)
                UNION
               SELECT partial.id FROM account_partial_reconcile partial JOIN account_move_line line ON line.id = partial.credit_move_id
                WHERE line.move_id = ANY(%(moves)s)""", moves=list(moves.ids)))
        return self.env['account.partial.reconcile'].browse(sorted(row[0] for row in rows))

    def _documents_of(self, records: models.BaseModel) -> models.BaseModel:
        """Return the reconciliations of two documents of the same connection, in one currency, if the connection exports allocations."""
        ends = {partial: found for partial in records if (found := partial._xero_ends()) and partial._xero_amount()}
        self.env['account.move'].union(*(move for pair in ends.values() for move in pair)).xero_export_ids.mapped('connection_id')     # prefetch
        return records.browse(partial.id for partial, pair in ends.items() if self._end_connection(*pair).export_allocation)

    def _end_connection(self, credit_note, invoice):
        """Return the connection through which both documents of a reconciliation are exported. May be empty."""
        connections = (credit_note.xero_export_ids[:1].connection_id, invoice.xero_export_ids[:1].connection_id)
        return connections[0] if connections[0] == connections[1] else connections[0].browse()

    def _connection_of(self, document: models.BaseModel) -> models.BaseModel:
        return self._end_connection(*document._xero_ends())

    def _requeue_known(self, exports: models.BaseModel) -> models.BaseModel:
        unposted = exports.filtered(lambda row: row.wait_code == 'unposted')
        unposted._touch()
        exports.filtered(lambda row: row.state == 'synced' and row.difference).checked_at = False
        return unposted

    def _reuse(self, documents: models.BaseModel) -> models.BaseModel:
        """Reuse the export of a reconciliation that was undone and made again before it was undone in Xero, if its documents did not change."""
        Export, vals_by_partial = self.env['xero.export'], {partial: self._prepare_document(partial) for partial in documents}
        credit_ids = [vals['credit_export_id'] for vals in vals_by_partial.values()]
        undone = Export.search([
            ('kind', '=', self._kind_name()), ('partial_id', '=', False), ('credit_export_id', 'in', credit_ids)], order='id') if credit_ids else Export
        undone = undone.filtered(lambda row: self._is_to_undo(row) and row.xero_id and all(
            end.state == 'synced' and end.checked_at for end in row.credit_export_id | row.invoice_export_id))
        reused = Export
        for partial, vals in vals_by_partial.items():
            again = (undone - reused).filtered(lambda row, vals=vals: self._is_same(row, vals))[:1]
            if again:
                again.partial_id = partial
                again._touch()
                reused |= again
        return reused

    def _is_same(self, row, vals):
        """Return whether an allocation has the same documents and amount as the values of another one."""
        ends = (row.credit_export_id.id, row.invoice_export_id.id)
        return ends == (vals['credit_export_id'], vals['invoice_export_id']) and not row.currency_id.compare_amounts(row.amount_total, vals['amount_total'])

    # === ORDER OF UNDOING === #

    def _is_to_undo(self, row):
        """Return whether an allocation of ours is or may be in Xero and must be undone. One that a person decided to leave there stays."""
        return (
            (not row.partial_id or row.makes_way) and row.state != 'skipped' and not row.is_void_declined
            and bool(row.xero_id or row.state in ('sending', 'uncertain')) and not row._is_undone())

    def _dependants_of(self, exports: models.BaseModel) -> models.BaseModel:
        return self.env['xero.export'].search([
            ('kind', '=', self._kind_name()), '|', ('credit_export_id', 'in', exports.ids), ('invoice_export_id', 'in', exports.ids)])

    def _dependants_to_undo(self, exports: models.BaseModel) -> dict:
        return {
            end: row for row in self._dependants_of(exports) if self._is_to_undo(row)
            for end in (row.credit_export_id | row.invoice_export_id) & exports}

    def _make_way(self, export: models.BaseModel, remote: dict) -> models.BaseModel:
        rows = self._dependants_of(export).filtered(lambda row: row.state == 'synced' and row.xero_id and row.partial_id and not row._is_undone())
        allocated = sum((round_half_up(to_decimal(row.xero_total)) for row in rows), Decimal(0))
        if not rows or allocated != export._kind()._settled_amount(remote):
            return rows.browse()
        for row in rows:
            row._set_waiting(operation='void', makes_way=True, difference=False)
        return rows

    def _is_wanted(self, export: models.BaseModel) -> bool:
        return export.makes_way or super()._is_wanted(export)

    def _on_voided(self, export: models.BaseModel) -> None:
        if export.makes_way:
            export.makes_way = False
            if self._desired_state(export) != 'absent':
                # It is created again after its document, which can be changed now
                export._start_over()
                export._unblock_followers()

    # === APPROVAL IN XERO === #

    def _unapproved_ends(self, exports):
        """Return the documents that are not approved in Xero, by their last known status."""
        return (exports.credit_export_id | exports.invoice_export_id).filtered(lambda end: end.xero_status in UNAPPROVED_STATUSES)

    def _has_to_look(self, export):
        """Return whether the documents must be read before the allocation is sent, for their approval or an allocation by hand."""
        credited_at = export.credit_export_id.synced_at
        return bool(self._unapproved_ends(export)) or not credited_at or credited_at < fields.Datetime.now() - SURE_FOR

    def _wait_for_approval(self, exports):
        """Let allocations wait, for as long as they have waited already, since each check uses a call."""
        now = fields.Datetime.now()
        for row in exports:
            row._hold_back('approval', next_try_at=now + min(max(now - row.create_date, APPROVAL_PAUSES[0]), APPROVAL_PAUSES[1]))

    def _store_status(self, ends, remote_by_id):
        """Store the status of documents in Xero on their exports.

        :param ends: `xero.export` of the documents.
        :param dict remote_by_id: elements by id; a missing one was deleted in Xero.
        """
        for end in ends:
            status = remote_by_id[end.xero_id]['Status'] if end.xero_id in remote_by_id else FINAL_STATUSES[1]
            if end.xero_status != status:
                end.xero_status = status

    # === TEXTS AND ACTIONS === #

    def _web_url(self, export: models.BaseModel) -> str | bool:
        return export.xero_id and export.credit_export_id.xero_url

    def _wait_words(self, export: models.BaseModel) -> str:
        if export.wait_code == 'approval' and (unapproved := self._unapproved_ends(export.sudo())):
            return self.env._(
                "Waits for the approval of %(documents)s in Xero; next check %(time)s",
                documents=', '.join(unapproved.mapped('document_name')), time=self._clock_time(export.next_try_at or fields.Datetime.now()))
        return super()._wait_words(export)

    def _explain_refusal(self, export: models.BaseModel, cause: str, names: dict) -> str:
        if cause not in ('amount', 'data'):
            return super()._explain_refusal(export, cause, names)
        names = {**names, 'amount': format_amount(self.env, export.amount_total, export.currency_id)}
        if export.operation == 'void':
            return self.env._(
                "%(organisation)s refused to undo the allocation %(document)s: “%(words)s”. Remove it there by hand, then resync.", **names)
        return self.env._(
            "%(organisation)s refused to allocate %(amount)s as in %(document)s: “%(words)s”. Check both documents there: because of a payment or "
            "an allocation that was entered by hand, less may be left. Remove it in Xero, or undo the reconciliation in Odoo, then resync.",
            **names)

    def _moves_to_check(self, exports: models.BaseModel) -> models.BaseModel:
        return (exports.credit_export_id | exports.invoice_export_id).move_id
