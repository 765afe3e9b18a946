from datetime import timedelta
from decimal import Decimal

from odoo import fields, models
from odoo.tools import format_amount

from ...tools.xero_money import round_half_up, to_decimal

# If more time has passed since the credit note was sent, a person may have allocated it in Xero meanwhile
SURE_FOR = timedelta(minutes=10)


class XeroKindAllocation(models.AbstractModel):
    """The queue of allocations: which reconciliations are exported, what they wait for, and the order in which they are undone."""
    _inherit = 'xero.kind.allocation'

    # === QUEUEING === #

    def _enqueue_dependants(self, exports: models.BaseModel) -> None:
        partials = self._partials_of(exports.move_id)
        if not partials:
            return
        self.env['xero.export']._enqueue_documents(self, self._documents_of(partials))
        self.env['xero.closing']._look_again(partials._xero_documents())

    def _concerns(self, partials: models.BaseModel) -> bool:
        return bool(partials._xero_documents())

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

    def _make_way(self, export: models.BaseModel, remote: dict) -> models.BaseModel:
        rows = self._dependants_of(export).filtered(lambda row: row.state == 'synced' and row.xero_id and row.partial_id and not row._is_undone())
        allocated = sum((round_half_up(to_decimal(row.xero_total)) for row in rows), Decimal(0))
        if not rows or allocated != export._kind()._settled_amount(remote):
            return rows.browse()
        for row in rows:
            row._set_waiting(operation='void', makes_way=True, difference=False)
        return rows

    # === APPROVAL IN XERO === #

    def _has_to_look(self, export):
        """Return whether the documents must be read before the allocation is sent, for their approval or an allocation by hand."""
        credit = export.credit_export_id
        credited_at = not credit.first_sync_id and credit.synced_at     # what a first sync linked was in use in Xero before
        return bool(self._unapproved_ends(export)) or not credited_at or credited_at < fields.Datetime.now() - SURE_FOR

    # === TEXTS AND ACTIONS === #

    def _web_url(self, export: models.BaseModel) -> str | bool:
        return export.xero_id and export.credit_export_id.xero_url

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
