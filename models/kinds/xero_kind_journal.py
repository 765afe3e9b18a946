from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ...const import NARRATION_LENGTH
from ...tools.xero_money import round_half_up, to_decimal
from ...tools.xero_text import clean_line
from .missed_moves import enqueue_contained, queue_missed, recent_writes_of_moves
from .xero_kind import written_since
from .xero_kind_ledger import item_text


class XeroKindJournal(models.AbstractModel):
    """A single entry, item by item."""
    _name = 'xero.kind.journal'
    _inherit = 'xero.kind.ledger'
    _description = "Kind of Document in Xero: entry"

    _sequence = 50
    _is_summed = False
    _tag_letter = 'E'

    def _label(self):
        return self.env._("Journal entry")

    # === IN ODOO === #

    def _prepare_document(self, document):
        return {
            'company_id': document.company_id.id,
            'kind': self._kind_name(),
            'move_id': document.id,
            'document_name': document._xero_name(),
            'document_date': document.date,
            'partner_id': document.commercial_partner_id.id,
            'currency_id': document.company_currency_id.id,
            'amount_total': sum(max(line.balance, 0) for line in self._items(document)),
        }

    def _stage(self, export):
        stage = super()._stage(export)
        if stage == 'live' and export.move_id._xero_goes_with_its_day():
            return 'gone'   # moved to another journal
        return 'gone' if stage == 'live' and not self._items(export.move_id) else stage

    def _undone(self, export):
        if export.move_id.state == 'posted' and export.move_id._xero_goes_with_its_day():
            return self.env._("%(document)s goes to Xero with its day now.", document=export.document_name)
        if export.move_id.state == 'posted':
            return self.env._("%(document)s has no amounts, so there is nothing to send.", document=export.document_name)
        return super()._undone(export)

    def _queue_missed(self, slice, limit):
        journals = slice.journals.filtered(lambda journal: journal._xero_mode() == 'entry')
        return queue_missed(slice, self, self.env['xero.journal.day']._entries_domain() & Domain('journal_id', 'in', journals.ids), limit)

    def _recent_writes(self, since):
        return recent_writes_of_moves(since)

    # === BUILDING === #

    def _sources(self, exports, resolver):
        return {export: [
            (line.account_id, line.analytic_distribution, self._amount(line.balance), item_text(line.name, line.partner_id.name, line.account_id.name))
            for line in self._items(export.move_id)
        ] for export in exports}

    def _items(self, move):
        """Return the items that have an amount in the ledger; what is off the balance sheet has no place in Xero."""
        return move.line_ids.filtered(lambda line: line.balance and line.account_id.account_type != 'off_balance')

    def _amount(self, balance):
        # Without the noise of the float; what currency ever has more decimals than that
        return round_half_up(to_decimal(balance), 6).normalize()

    def _text(self, export):
        move = export.move_id
        return clean_line(' · '.join(filter(None, (move.name, move.commercial_partner_id.name, move.ref))), NARRATION_LENGTH, has_ellipsis=True)


class XeroKindJournalDay(models.AbstractModel):
    """All entries of a journal on a day: one line for each account and tracking, the net of debit and credit."""
    _name = 'xero.kind.journal_day'
    _inherit = 'xero.kind.ledger'
    _description = "Kind of Document in Xero: day of a journal"

    _sequence = 60
    _document_field = 'day_id'
    _is_summed = True
    _tag_letter = 'D'

    def _label(self):
        return self.env._("Day of a journal")

    # === IN ODOO === #

    def _prepare_document(self, document):
        return {
            'company_id': document.company_id.id,
            'kind': self._kind_name(),
            'day_id': document.id,
            'document_name': document.display_name,
            'document_date': document.date,
            'currency_id': document.currency_id.id,
        }

    def _stage(self, export):
        return 'live' if export.day_id._sums() else 'gone'

    def _undone(self, export):
        if not export.day_id:
            return self.env._("The journal of %(document)s was deleted in Odoo.", document=export.document_name)
        return self.env._("The posted entries of %(document)s come to nothing on every account, so there is nothing to send.", document=export.document_name)

    def _noted_on(self, export):
        return self.env['account.move']

    def _linked(self, export):
        # The page of the export would be better, but the name of its model is not allowed in links [P 8.1]
        return export.day_id.journal_id

    # === WHAT NO HOOK NOTICED === #

    def _queue_missed(self, slice, limit):
        enqueue_contained(slice, self._first_of_missed_days(slice, limit))
        slice.contain(self._changed_empty_days(slice.connection, limit), lambda some: some._touch_day())
        self._refresh_totals(slice.connection)
        return 0

    def _first_of_missed_days(self, slice, limit):
        """Return one entry of each day that should have a row, and has none."""
        journals = slice.journals.filtered(lambda journal: journal._xero_mode() == 'day')
        entries = self.env['account.move']._search(
            self.env['xero.journal.day']._entries_domain() & Domain([
                ('journal_id', 'in', journals.ids), ('date', '>=', slice.connection.export_start_date)]))
        rows = self.env.execute_query(SQL(
            """SELECT MIN(move.id)
                 FROM account_move move
                WHERE move.id IN %s
                  AND NOT EXISTS (
                      SELECT 1 FROM xero_export export JOIN xero_journal_day day ON day.id = export.day_id
                       WHERE day.journal_id = move.journal_id AND day.date = move.date)
             GROUP BY move.journal_id, move.date
             ORDER BY move.date LIMIT %s""", entries.subselect(), limit))
        return self.env['account.move'].browse(row[0] for row in rows)

    def _changed_empty_days(self, connection, limit):
        """Return rows of days that had nothing to send, and into which something was posted or changed since."""
        self.env.flush_all()
        return self.env['xero.export'].browse(row[0] for row in self.env.execute_query(SQL(
            """SELECT DISTINCT export.id
                 FROM xero_export export
                 JOIN xero_journal_day day ON day.id = export.day_id
                 JOIN account_move move ON move.journal_id = day.journal_id AND move.date = day.date
            LEFT JOIN account_move_line line ON line.move_id = move.id
                WHERE export.connection_id = %s AND export.wait_code = 'empty' AND (move.write_date > export.write_date OR line.write_date > export.write_date)
                LIMIT %s""", connection.id, limit)))

    def _refresh_totals(self, connection):
        """Show the present totals of days that wait for their end."""
        waiting = self.env['xero.export'].search([('connection_id', '=', connection.id), ('wait_code', '=', 'day_end'), ('xero_id', '=', False)])
        totals = waiting.day_id._totals()
        for export in waiting:
            total = totals.get(export.day_id, 0)
            if export.currency_id.compare_amounts(export.amount_total, total):
                export.amount_total = total

    def _recent_writes(self, since):
        recent_move, recent_line = written_since('move.write_date', since), written_since('line.write_date', since)
        return SQL(
            """SELECT day.id, move.write_date AS at
                 FROM xero_journal_day day JOIN account_move move ON move.journal_id = day.journal_id AND move.date = day.date
                WHERE %s
                UNION ALL
               SELECT day.id, line.write_date
                 FROM xero_journal_day day
                 JOIN account_move move ON move.journal_id = day.journal_id AND move.date = day.date
                 JOIN account_move_line line ON line.move_id = move.id
                WHERE %s""", recent_move, recent_line)

    # === BUILDING === #

    def _sources(self, exports, resolver):
        sums = exports.day_id._sums(with_distribution=bool(resolver.tracked_plans))
        return {export: [
            (account, distribution, amount.normalize(), item_text(account.name))
            for account, distribution, amount in sorted(sums[export.day_id], key=lambda row: self._account_code(export, row[0]))
        ] for export in exports}

    def _account_code(self, export, account):
        return account.with_company(export.company_id).code or ''

    def _text(self, export):
        day = export.day_id
        return clean_line(f'{day.journal_id.name}, {day._written_date()}', NARRATION_LENGTH, has_ellipsis=True)
