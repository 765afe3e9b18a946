from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ..export.xero_export_ledger import LEDGER_KINDS
from .xero_connection_look_back import COMPARED_AT_ONCE
from .xero_connection_slice import SWEEP_LIMIT


class XeroConnection(models.Model):
    """The general ledger: what journals in ledger mode need of a connection, and what its slice finds of them."""
    _inherit = 'xero.connection'

    # === SENDING === #

    def _passed(self, exports, run):
        passed = super()._passed(exports, run)
        for one in passed:
            if one.export.kind in LEDGER_KINDS:
                one.export.amount_total = float(one.total)
        return passed

    # === SWEEP === #

    def _missed_domain(self, journals):
        domain = super()._missed_domain(journals)
        single = journals.filtered(lambda journal: journal._xero_mode() == 'entry')
        return domain | self.env['xero.journal.day']._entries_domain() & Domain([
            ('journal_id', 'in', single.ids), ('date', '>=', self.export_start_date), ('xero_state', '=', False)])

    def _sweep(self):
        swept = super()._sweep()
        if swept:
            Export = self.env['xero.export']
            self._enqueue_found(self._first_of_missed_days())
            self._contain(self._changed_days(SQL("export.wait_code = 'empty'"), SQL("export.write_date")), lambda some: some._touch_day())
            waiting = Export.search([('connection_id', '=', self.id), ('wait_code', '=', 'day_end'), ('xero_id', '=', False)])
            totals = waiting.day_id._totals()
            for export in waiting:
                total = totals.get(export.day_id, 0)
                if export.currency_id.compare_amounts(export.amount_total, total):
                    export.amount_total = total
        return swept

    def _first_of_missed_days(self):
        """Return one entry of each day that should have a row, and has none."""
        entries = self.env['account.move']._search(
            self.env['xero.journal.day']._entries_domain() & Domain([
                ('journal_id', 'in', self._ledger_journals(('day',)).ids), ('date', '>=', self.export_start_date)]))
        rows = self.env.execute_query(SQL(
            """SELECT MIN(move.id)
                 FROM account_move move
                WHERE move.id IN %s
                  AND NOT EXISTS (
                      SELECT 1 FROM xero_export export JOIN xero_journal_day day ON day.id = export.day_id
                       WHERE day.journal_id = move.journal_id AND day.date = move.date)
             GROUP BY move.journal_id, move.date
             ORDER BY move.date LIMIT %s""", entries.subselect(), SWEEP_LIMIT))
        return self.env['account.move'].browse(row[0] for row in rows)

    def _compare_changed(self, run, silent=False):
        result = super()._compare_changed(run, silent=silent)
        if silent and run.has_time():
            self._compare(self._changed_days(SQL("export.state = 'synced'"), SQL("export.checked_at")))
            self._commit()
        return result

    def _changed_days(self, condition, since):
        """Return rows of days into which something was posted, or whose items were changed, without a note of it.

        :param SQL condition: which rows.
        :param SQL since: the moment of a row after which a change counts.
        """
        self.env.flush_all()
        return self.env['xero.export'].browse(row[0] for row in self.env.execute_query(SQL(
            """SELECT DISTINCT export.id
                 FROM xero_export export
                 JOIN xero_journal_day day ON day.id = export.day_id
                 JOIN account_move move ON move.journal_id = day.journal_id AND move.date = day.date
            LEFT JOIN account_move_line line ON line.move_id = move.id
                WHERE export.connection_id = %s AND %s AND (move.write_date > %s OR line.write_date > %s)
                LIMIT %s""", self.id, condition, since, since, COMPARED_AT_ONCE)))
