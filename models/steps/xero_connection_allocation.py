from odoo import models
from odoo.tools import SQL

from ...const import FILTER_IDS
from .xero_connection_slice import SWEEP_LIMIT


class XeroConnection(models.Model):
    """Allocations on their way: what has to be looked at in Xero before and after, what the hook missed."""
    _inherit = 'xero.connection'

    # === BEFORE === #

    def _look_before(self, exports, run):
        held_up = super()._look_before(exports, run)
        if not exports or exports[0].kind != 'allocation' or exports[0].operation != 'create':
            return held_up
        unsure = (exports - held_up).filtered(lambda row: row._has_to_look())
        looked_at = unsure[:FILTER_IDS]     # the others in the next step
        adopted = self._look_at_ends(looked_at, run) if looked_at else looked_at
        unapproved = (looked_at - adopted).filtered(lambda row: row._unapproved_ends())
        unapproved._wait_for_approval()
        return held_up | adopted | unapproved | (unsure - looked_at)

    def _look_at_ends(self, rows, run):
        """Read the documents of allocations: are they approved, has somebody allocated them by hand?

        :return: allocations that are in Xero already.
        """
        credits, invoices = rows.credit_export_id, rows._unapproved_ends() & rows.invoice_export_id
        kind = rows._kind()
        held = kind._read_credit_notes(run.client, credits)
        credits._remember_status(held)
        if invoices:
            invoices._remember_status(invoices._kind()._read_held(run.client, invoices))
        adopted = self._adopt_elements(kind._allocations_of(held.values()), [kind], self._identities(rows))
        return self._found(adopted, run)

    def _found(self, adopted, run):
        """Tell of allocations that somebody had made in Xero already.

        :return: the same.
        """
        adopted._note_outcome(self.env._("It was there already."))
        adopted._release_followers()
        adopted._tell_askers()
        run.done += len(adopted)
        return adopted

    # === AFTER === #

    def _look_closer(self, request, refused, run):
        result = super()._look_closer(request, refused, run)
        if request.kind == 'allocation' and request.method == 'PUT':
            untold = request.export_ids.filtered(lambda row: row.state == 'uncertain')
            if untold:
                # Saved, but without a word about the id
                adopted = self._adopt_found(self._identities(untold), request.sent_at, run)
                adopted._conclude()
                run.done += len(adopted)
                (untold - adopted)._try_later()
                request.state = 'answered'
            rows = refused.filtered(lambda row: row.state == 'failed')
            if rows:
                # Somebody may have allocated them by hand a moment ago
                run.failed -= len(self._found(self._adopt_found(self._identities(rows), request.sent_at, run), run))
            self._commit()
        return result

    # === WHAT THE HOOK MISSED === #

    def _sweep(self):
        swept_at = self.swept_at
        is_time = super()._sweep()
        if is_time:
            self._sweep_allocations()
            self._sweep_closing(swept_at)
        return is_time

    def _sweep_allocations(self):
        """Queue reconciliations between documents that we export, and notice those that were undone."""
        Export = self.env['xero.export']
        if self.export_allocation:
            self._contain(self._missing_allocations(), Export._enqueue_partials, tell=lambda partial, error: None)
        undone = Export.search([
            ('connection_id', '=', self.id), ('kind', '=', 'allocation'), ('partial_id', '=', False), ('operation', '=', 'create'),
            ('state', 'in', ('waiting', 'failed', 'synced'))])
        self._contain(undone, lambda some: some._drop_undone())
        self._contain(undone.filtered(lambda row: row.state == 'synced' and row.checked_at), lambda some: some._look_again())
        unposted = Export.search([('connection_id', '=', self.id), ('kind', '=', 'allocation'), ('wait_code', '=', 'unposted')])
        self._contain(unposted, lambda some: some.filtered(lambda row: row._stage() == 'live')._touch())

    def _missing_allocations(self):
        """Return reconciliations between a credit note and an invoice that are both exported here, and that are not."""
        # A credit note of a customer is the credit side, one of a vendor the debit side
        one_side = (
            """SELECT partial.id
                 FROM xero_export credit
                 JOIN account_move_line line ON line.move_id = credit.move_id AND line.display_type = 'payment_term'
                 JOIN account_partial_reconcile partial ON partial.%s = line.id
                 JOIN account_move_line other ON other.id = partial.%s AND other.display_type = 'payment_term'
                 JOIN xero_export invoice ON invoice.move_id = other.move_id AND invoice.connection_id = credit.connection_id
                WHERE credit.connection_id = %s AND credit.kind = %s AND invoice.kind = %s
                  AND partial.debit_currency_id = partial.credit_currency_id AND partial.debit_amount_currency > 0
                  AND NOT EXISTS (SELECT FROM xero_export known WHERE known.partial_id = partial.id)""")
        debit, credit = SQL.identifier('debit_move_id'), SQL.identifier('credit_move_id')
        self.env.flush_all()
        rows = self.env.execute_query(SQL(
            "%s UNION %s LIMIT %s",
            SQL(one_side, credit, debit, self.id, 'sale_credit', 'sale_invoice'),
            SQL(one_side, debit, credit, self.id, 'bill_credit', 'bill'), SWEEP_LIMIT))
        return self.env['account.partial.reconcile'].browse(row[0] for row in rows)
