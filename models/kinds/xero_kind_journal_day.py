from collections.abc import Iterable
from datetime import datetime

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...const import NARRATION_LENGTH
from ...tools.problem import Problem
from ...tools.xero_text import clean_line
from ..export.xero_export_state import NOTHING_DECLINED
from ..mapping.resolver import Resolver
from .missed_moves import enqueue_contained, recent_writes_of_moves
from .xero_kind_ledger import item_text
from .xero_payload import Payload


class XeroKindJournalDay(models.AbstractModel):
    """All entries of a journal on a day as one manual journal: one line for each account and tracking, with the net of debit and credit."""
    _name = 'xero.kind.journal_day'
    _inherit = 'xero.kind.ledger'
    _description = "Kind of Document in Xero: day of a journal"

    _sequence = 60
    _document_field = 'day_id'
    _journal_path = 'day_id.journal_id'
    _journal_mode = 'day'
    _is_summed = True
    _tag_letter = 'D'

    def _label(self) -> str:
        return self.env._("Day of a journal")

    # === IN ODOO === #

    def _prepare_document(self, document: models.BaseModel) -> dict:
        return {
            'company_id': document.company_id.id,
            'kind': self._kind_name(),
            'day_id': document.id,
            'document_name': document.display_name,
            'document_date': document.date,
            'currency_id': document.currency_id.id,
        }

    def _desired_state(self, export: models.BaseModel) -> str:
        return 'present' if export.day_id._sums() else 'absent'

    def _undone_words(self, export: models.BaseModel) -> str:
        if not export.day_id:
            return self.env._("The journal of %(document)s was deleted in Odoo.", document=export.document_name)
        return self.env._("The posted entries of %(document)s add up to zero on every account, so there is nothing to send.", document=export.document_name)

    def _chatter_record(self, export: models.BaseModel) -> models.BaseModel:
        return self.env['account.move']

    def _linked(self, export: models.BaseModel) -> models.BaseModel:
        # Not the export: Xero refuses links that contain “xero”, as the name of its model does (observed)
        return export.day_id.journal_id

    def _is_empty(self, export: models.BaseModel) -> bool:
        return bool(export.day_id) and self._desired_state(export) == 'absent'

    def _connection_of(self, document: models.BaseModel) -> models.BaseModel:
        return document.journal_id._xero_connection()

    def _connection_now(self, document: models.BaseModel) -> models.BaseModel:
        return document.export_ids[-1:].connection_id or super()._connection_now(document)

    def _is_up_to_date(self, export: models.BaseModel, payload: Payload) -> bool:
        return bool(export.state == 'synced' and export.digest and export.digest == payload.digest and not export._is_undone())

    def _lacks(self, export: models.BaseModel) -> Iterable[Problem]:
        return ()

    def _exports_of(self, move: models.BaseModel) -> models.BaseModel:
        return self.env['xero.journal.day'].sudo()._of(move).export_ids.sudo(self.env.su) | super()._exports_of(move)

    # === THE QUEUE === #

    def _find_or_create_documents(self, moves: models.BaseModel) -> models.BaseModel:
        return self.env['xero.journal.day']._find_or_create((move.journal_id, move.date) for move in moves)

    def _requeue_known(self, exports: models.BaseModel) -> models.BaseModel:
        """Leave out exports that still wait, because a day is summed up when it is sent."""
        return super()._requeue_known(exports.filtered(lambda export: export.state not in ('waiting', 'skipped') or export.skip_rule == 'empty'))

    def _prepare_rows(self, documents: models.BaseModel) -> Iterable[dict]:
        totals = documents._totals()
        for vals in super()._prepare_rows(documents):
            day, connection = documents.browse(vals['day_id']), self.env['xero.connection'].browse(vals['connection_id'])
            yield {**vals, 'amount_total': totals.get(day, 0), **self._until_over(day, connection)}

    def _touch_containing(self, moves: models.BaseModel) -> None:
        # Including journals that are not exported any more
        entries = moves.filtered(lambda move: move.journal_id.xero_mode != 'document')
        if days := entries and self.env['xero.journal.day'].sudo()._of(entries):
            self._requeue_known(days.export_ids)

    def _until_over(self, day, connection):
        """Return the values that make a day due when it is over."""
        code = {'wait_code': 'day_end'} if connection.status == 'connected' else {}
        return {'next_try_at': day._over_at(), **code}

    def _set_due_time(self, exports: models.BaseModel) -> None:
        """Make days due when they are over. Those that failed with their connection are included, because they wait again later."""
        for export in exports.filtered(lambda export: export.day_id and export.state in ('waiting', 'failed')):
            export.write(self._until_over(export.day_id, export.connection_id))
            export.connection_id._arm(at=export.next_try_at)

    def _follow_status(self, connections: models.BaseModel) -> None:
        # The update of all waiting exports has cleared their wait code
        connected = connections.filtered(lambda connection: connection.status == 'connected')
        self.env['xero.export'].sudo().search([
            ('connection_id', 'in', connected.ids), ('state', '=', 'waiting'), ('day_id', '!=', False), ('wait_code', '=', False),
            ('retry_count', '=', 0), ('next_try_at', '>', fields.Datetime.now()),
        ]).wait_code = 'day_end'

    def _kind_now(self, export: models.BaseModel) -> str | None:
        if not export.day_id:
            return super()._kind_now(export)
        return self._kind_name() if export.day_id.journal_id._xero_mode() == self._journal_mode else None

    def _post_now(self, exports):
        """Send days now at a person's request, even if they are not over, or are in Xero and changes are not sent automatically.

        :param exports: `xero.export` of days, in sudo.
        """
        for export in exports.filtered(lambda export: export.state == 'synced' and export.xero_id):
            is_live = self._desired_state(export) == 'present'
            if is_live and export._is_undone():
                export._start_over()
            else:
                export._set_waiting(**NOTHING_DECLINED, difference=False, operation='update' if is_live else 'void')
        exports._requeue()

    # === MISSED BY HOOKS === #

    def _queue_missed(self, slice, limit: int) -> int:
        enqueue_contained(slice, self._first_of_missed_days(slice, limit))
        slice.contain(self._changed_empty_days(slice.connection, limit), self._requeue_known)
        self._refresh_totals(slice.connection)
        return 0

    def _first_of_missed_days(self, slice, limit):
        """Return one entry of each day that should have a row and has none."""
        journals = slice.journals.filtered(lambda journal: journal._xero_mode() == 'day')
        if not journals:
            return self.env['account.move']
        entries = self.env['account.move']._search(
            self.env['xero.journal.day']._entries_domain() & Domain([
                ('journal_id', 'in', journals.ids), ('date', '>=', slice.connection.export_start_date)]))
        entries.groupby = SQL("account_move.journal_id, account_move.date")
        days = entries.select(SQL("account_move.journal_id"), SQL("account_move.date"), SQL("MIN(account_move.id) AS first_id"))
        rows = self.env.execute_query(SQL(
            """SELECT missed.first_id
                 FROM (%s) missed
                WHERE NOT EXISTS (
                      SELECT 1 FROM xero_export export JOIN xero_journal_day day ON day.id = export.day_id
                       WHERE day.journal_id = missed.journal_id AND day.date = missed.date)
             ORDER BY missed.date LIMIT %s""", days, limit))
        return self.env['account.move'].browse(row[0] for row in rows)

    def _changed_empty_days(self, connection, limit):
        """Return the rows of empty days whose entries were posted or changed since."""
        self.env.flush_all()
        return self.env['xero.export'].browse(row[0] for row in self.env.execute_query(SQL(
            """SELECT DISTINCT export.id
                 FROM xero_export export
                 JOIN xero_journal_day day ON day.id = export.day_id
                 JOIN account_move move ON move.journal_id = day.journal_id AND move.date = day.date
            LEFT JOIN account_move_line line ON line.move_id = move.id
                WHERE export.connection_id = %s AND export.skip_rule = 'empty' AND (move.write_date > export.write_date OR line.write_date > export.write_date)
                LIMIT %s""", connection.id, limit)))

    def _refresh_totals(self, connection):
        """Update the totals of days that wait for their end."""
        waiting = self.env['xero.export'].search([('connection_id', '=', connection.id), ('wait_code', '=', 'day_end'), ('xero_id', '=', False)])
        totals = waiting.day_id._totals()
        for export in waiting:
            total = totals.get(export.day_id, 0)
            if export.currency_id.compare_amounts(export.amount_total, total):
                export.amount_total = total

    def _recent_writes(self, since: datetime | None) -> SQL | None:
        # What was written is found first: there may be many entries on the days
        return SQL(
            """SELECT day.id, written.at
                 FROM (SELECT id, MAX(at) AS at FROM (%s) every GROUP BY id) written
                 JOIN account_move move ON move.id = written.id
                 JOIN xero_journal_day day ON day.journal_id = move.journal_id AND day.date = move.date""", recent_writes_of_moves(since))

    # === TEXTS AND ACTIONS === #

    def _wait_words(self, export: models.BaseModel) -> str:
        if export.wait_code == 'day_end':
            return self.env._("Is sent when the day is over, %(time)s", time=self._clock_time(export.next_try_at))
        return super()._wait_words(export)

    def _action_open(self, export: models.BaseModel) -> dict:
        """Return the list of the day's entries."""
        return {
            'type': 'ir.actions.act_window',
            'name': export.document_name,
            'res_model': 'account.move',
            'views': [(False, 'list'), (False, 'form')],
            'domain': [('journal_id', '=', export.day_id.journal_id.id), ('date', '=', export.day_id.date), ('state', '=', 'posted')],
        }

    def _action_check(self, exports: models.BaseModel) -> dict | None:
        """Return the dialog that posts days."""
        days = exports.day_id
        return days and self.env['xero.post.day']._open_for(days.journal_id, min(days.mapped('date')), max(days.mapped('date')))

    def _line_join(self, mapping: models.BaseModel) -> SQL | None:
        if mapping.use not in (False, 'journal'):
            return None
        return SQL(
            """JOIN xero_journal_day day ON day.id = export.day_id
               JOIN account_move_line line ON line.journal_id = day.journal_id AND line.date = day.date AND line.parent_state = 'posted'""")

    # === BUILDING === #

    def _sources(self, exports: models.BaseModel, resolver: Resolver) -> dict:
        sums = exports.day_id._sums(with_distribution=bool(resolver.tracked_plans))
        return {export: [
            (account, distribution, amount.normalize(), item_text(account.name))
            for account, distribution, amount in sorted(sums[export.day_id], key=lambda row: self._account_code(export, row[0]))
        ] for export in exports}

    def _account_code(self, export, account):
        return account.with_company(export.company_id).code or ''

    def _text(self, export: models.BaseModel) -> str:
        day = export.day_id
        return clean_line(f'{day.journal_id.name}, {day._written_date()}', NARRATION_LENGTH, has_ellipsis=True)
