from datetime import datetime

from odoo import api, fields, models
from odoo.tools import SQL

from ...const import APPROVAL_PAUSES, FINAL_STATUSES, UNAPPROVED_STATUSES


class XeroKindReconciled(models.AbstractModel):
    """The base of kinds whose document in Odoo is a partial reconciliation of a document that is in Xero: allocations and payments.

    Such a document is part of other documents in Xero: it waits until they are there and approved, and is undone before they are. It is never
    changed, only created and undone.
    """
    _name = 'xero.kind.reconciled'
    _inherit = 'xero.kind'
    _description = "Kind of Document in Xero: base of what a reconciliation is there"

    _document_field = 'partial_id'
    _hangs_on_documents = True
    _has_contact = False
    _is_edited_in_xero = False
    _card_path = 'invoice_export_id.move_id.journal_id'
    _end_fields = ()    # fields of `xero.export` with the documents that it is part of; one is `invoice_export_id`

    # === HOOKS === #

    def _ends(self, exports: models.BaseModel) -> models.BaseModel:
        """Return the exports of the documents that these reconciliations belong to."""
        return exports.browse().union(*(exports[name] for name in self._end_fields))

    def _concerns(self, partials: models.BaseModel) -> bool:
        """Return whether documents of this kind may be among some reconciliations. Works in memory: payments are reconciled by the thousand.

        :param partials: `account.partial.reconcile`, in sudo.
        """
        raise NotImplementedError

    def _missed_partials(self, connection: models.BaseModel, limit: int) -> models.BaseModel:
        """Return reconciliations without a row that a connection exports as this kind."""
        raise NotImplementedError

    def _status_words(self, status: str) -> str:
        # Nothing awaits a payment here
        return self.env._("Recorded") if status == 'AUTHORISED' else super()._status_words(status)

    # === EVENTS IN ODOO === #

    @api.model
    def _kinds(self):
        """Return a list of the kinds whose documents are reconciliations."""
        return [kind for kind in self.env['xero.kind']._all() if kind._document_field == self._document_field]

    @api.model
    def _on_reconciled(self, partials):
        """Queue new reconciliations. Never fails and makes no call; the connection's sweep finds missed ones.

        :param partials: `account.partial.reconcile`, new, in sudo.
        """
        if not self.env['xero.connection']._any_exists():
            return
        Export, documents = self.env['xero.export'].sudo(), partials._xero_documents()
        if documents or any(kind._concerns(partials) for kind in self._kinds()):
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
        # Odoo deletes no reconciliations at all whenever a line is made: that must not flush what is half made
        if partials and self.env['xero.connection']._any_exists():
            documents = partials._xero_documents()
            with exports._never_failing(partials):
                exports = exports.search([('partial_id', 'in', partials.ids)])
        return exports, documents

    @api.model
    def _on_unreconciled(self, exports, documents):
        """Undo in Xero what was reconciled, and drop what was not sent.

        :param exports: `xero.export` in sudo.
        :param documents: `account.move` that were reconciled.
        """
        if not exports and not documents:
            return
        with exports._never_failing(documents, documents, exports):
            exports._touch()
            self.env['xero.closing'].sudo()._look_again(documents)

    # === QUEUEING === #

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

    def _requeue_known(self, exports: models.BaseModel) -> models.BaseModel:
        unposted = exports.filtered(lambda row: row.wait_code == 'unposted')
        unposted._touch()
        exports.filtered(lambda row: row.state == 'synced' and row.difference).checked_at = False
        return unposted

    def _desired_state(self, export: models.BaseModel) -> str:
        partial = export.partial_id
        if not partial:
            return 'absent'
        return 'present' if {partial.debit_move_id.parent_state, partial.credit_move_id.parent_state} == {'posted'} else 'pending'

    # === MISSED BY HOOKS === #

    def _queue_missed(self, slice, limit: int) -> int:
        """Queue missed reconciliations, and update the rows of those that were undone."""
        Export, connection = self.env['xero.export'], slice.connection
        queued, _failed = slice.contain(self._missed_partials(connection, limit), Export._enqueue, tell=lambda partial, error: None)
        mine = [('connection_id', '=', connection.id), ('kind', '=', self._kind_name())]
        # Every row has this document; so said, the query has an index
        undone = Export.search([
            *mine, ('invoice_export_id', '!=', False), ('partial_id', '=', False), ('operation', 'in', ('create', 'none')),
            ('state', 'in', ('waiting', 'failed', 'synced')), ('done_operation', '!=', 'void'), ('is_void_declined', '=', False)])
        slice.contain(undone, lambda some: some._drop_undone())
        slice.contain(undone.filtered(lambda row: row.state == 'synced' and row.checked_at), lambda some: some._look_again())
        unposted = Export.search([*mine, ('wait_code', '=', 'unposted')])
        slice.contain(unposted, lambda some: some.filtered(lambda row: row._desired_state() == 'present')._touch())
        return sum(map(len, queued))

    def _recent_writes(self, since: datetime | None) -> SQL | None:
        return None     # a reconciliation is never changed, only created and deleted

    # === ORDER === #

    def _prerequisites(self, exports: models.BaseModel) -> dict:
        """Wait for the documents, and for what must be undone on them first."""
        found = super()._prerequisites(exports)
        to_undo = self._ends(exports)._dependants_to_undo()
        for export in exports:
            for end in self._ends(export):
                if end.state != 'synced' or not end.xero_id or end.connection_id != export.connection_id:
                    found[export] = end
                elif end in to_undo:
                    found[export] = to_undo[end]
        return found

    def _is_to_undo(self, row):
        """Return whether a document of ours is or may be in Xero and must be undone. One that a person decided to leave there stays."""
        return (
            (not row.partial_id or row.makes_way) and row.state != 'skipped' and not row.is_void_declined
            and bool(row.xero_id or row.state in ('sending', 'uncertain')) and not row._is_undone())

    def _dependants_of(self, exports: models.BaseModel) -> models.BaseModel:
        return self.env['xero.export'].search([
            ('kind', '=', self._kind_name()), *('|' for _name in self._end_fields[1:]), *((name, 'in', exports.ids) for name in self._end_fields)])

    def _dependants_to_undo(self, exports: models.BaseModel) -> dict:
        return {end: row for row in self._dependants_of(exports) if self._is_to_undo(row) for end in self._ends(row) & exports}

    # === MAKING WAY === #

    def _is_wanted(self, export: models.BaseModel) -> bool:
        return export.makes_way or super()._is_wanted(export)

    def _on_voided(self, export: models.BaseModel) -> None:
        if export.makes_way:
            export.makes_way = False
            if self._desired_state(export) != 'absent':
                # It is created again, after the document for which it made way
                export._start_over()
                export._unblock_followers()

    # === APPROVAL IN XERO === #

    def _unapproved_ends(self, exports):
        """Return the documents that are not approved in Xero, by their last known status."""
        return self._ends(exports).filtered(lambda end: end.xero_status in UNAPPROVED_STATUSES)

    def _wait_for_approval(self, exports):
        """Let documents wait, for as long as they have waited already, since each check uses a call."""
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

    def _filter_contained(self, exports, predicate, slice):
        """Return the exports for which a predicate holds, and those that failed because it ended in an error."""
        groups, failed = slice.contain(exports, lambda some: some.filtered(predicate), writes=False)
        return exports.browse().union(*groups), failed

    def _report_adopted(self, adopted, slice):
        """Report what already existed in Xero to people, and release the exports that waited for it.

        :return: the same exports.
        """
        adopted._notify_outcome(self.env._("It was there already."))
        slice.done += len(adopted)
        return adopted

    # === TEXTS === #

    def _not_cancelled_words(self, export: models.BaseModel) -> str:
        return self.env._(
            "If Xero is right, undo it in Odoo, too: remove the reconciliation %(document)s there. If Odoo is right, send Odoo's again. Or keep both as "
            "they are, with a reason.", document=export.document_name)

    def _wait_words(self, export: models.BaseModel) -> str:
        if export.wait_code == 'approval' and (unapproved := self._unapproved_ends(export.sudo())):
            return self.env._(
                "Waits for the approval of %(documents)s in Xero; next check %(time)s",
                documents=', '.join(unapproved.mapped('document_name')), time=self._clock_time(export.next_try_at or fields.Datetime.now()))
        return super()._wait_words(export)

    def _moves_to_check(self, exports: models.BaseModel) -> models.BaseModel:
        return self._ends(exports).move_id
