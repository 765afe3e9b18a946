import logging
from contextlib import nullcontext

from psycopg2.errors import UniqueViolation

from odoo import fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ...const import RETRY_PAUSES
from ...exceptions import XeroError

_logger = logging.getLogger(__name__)

# What is no fault of the document at work: Xero's own no, and a neighbour's write, after which the same is done again
CRASH = 'account_xero.mail_activity_type_xero_crash'
EXPECTED = (XeroError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY)


class XeroConnection(models.Model):
    """The guard: what goes wrong unexpectedly with one document is told on that document, and the others go on."""
    _inherit = 'xero.connection'

    resume_reason = fields.Selection(selection_add=[('crash', "An error in Odoo")])
    crash_reason = fields.Char(readonly=True, copy=False, help="How the last run ended, if it ended in an error in Odoo.")
    crash_count = fields.Integer(readonly=True, copy=False, help="Runs in a row that ended in an error in Odoo.")

    def _contain(self, items, work, run=None, exports_of=None, tell=None, writes=True):
        """Do something with items: with all of them in one savepoint, in ever smaller groups if that ends in an unexpected error.

        The one that fails alone is told on its exports, and once in the log.

        :param items: recordset or list.
        :param work: called with some of the items. It must not commit.
        :param Run run: whose counts are taken back with the work.
        :param exports_of: called with one item, returns its `xero.export`; None if the items are exports.
        :param tell: called with one item and the error, instead of failing its exports.
        :param bool writes: whether `work` writes anything; if not, there is nothing to roll back, and a savepoint costs two queries.
        :return: list of what `work` returned, and `xero.export` that failed here.
        :raise XeroError: as `work` does; concurrency errors of PostgreSQL likewise.
        """
        if not items:
            return [], self.env['xero.export']
        counts = (run.done, run.failed) if run else ()
        try:
            with self.env.cr.savepoint() if writes else nullcontext():
                return [work(items)], self.env['xero.export']
        except EXPECTED:
            raise
        except Exception as error:
            if run:
                run.done, run.failed = counts
            if len(items) == 1:
                return [], self._told(items, error, run, exports_of, tell)
        middle = len(items) // 2
        results, failed = self._contain(items[:middle], work, run, exports_of, tell, writes)
        others, also_failed = self._contain(items[middle:], work, run, exports_of, tell, writes)
        return results + others, failed | also_failed

    def _told(self, items, error, run, exports_of, tell):
        """Tell the unexpected error of one item.

        :return: `xero.export` that failed by it.
        """
        item = items if isinstance(items, models.BaseModel) else items[0]
        exports = exports_of(item) if exports_of else item
        _logger.error("Xero connection %s: unexpected error with %s", self.id, exports or item, exc_info=error)
        if tell:
            tell(item, error)
            return self.env['xero.export']
        for export in exports:
            export._fail_unexpectedly(error)
        if run:
            run.failed += len(exports)
        return exports

    def _contain_quietly(self, work, writes=True):
        """Do something of which nothing depends, such as telling people; an unexpected error is only logged.

        :param bool writes: as of `_contain`.
        :return: what `work` returns, None after an error.
        """
        try:
            with self.env.cr.savepoint() if writes else nullcontext():
                return work()
        except EXPECTED:
            raise
        except Exception:
            _logger.exception("Xero connection %s: unexpected error, which concerns no document's way to Xero", self.id)
            return None

    # === THE SWEEP === #

    def _enqueue_found(self, moves):
        """Queue what the sweep found. A document that breaks it gets a row that says so.

        :param moves: `account.move`.
        """
        Export = self.env['xero.export']

        def enqueue(some):
            try:
                with self.env.cr.savepoint():
                    Export._enqueue(some)
            except UniqueViolation:
                if len(some) > 1:
                    raise
                _logger.info("Just queued by whoever posted it: %s", some)

        self._contain(moves, enqueue, tell=self._tell_unqueued)

    def _tell_unqueued(self, move, error):
        export = move.xero_export_ids.filtered(lambda export: export.connection_id == self)[:1]
        if not export and move._xero_kind():
            export = self._contain_quietly(lambda: export.create({
                'connection_id': self.id, 'company_id': move.company_id.id, 'kind': move._xero_kind(), 'move_id': move.id,
                'document_name': move._xero_name(), 'document_date': move.invoice_date or move.date, 'partner_id': move.commercial_partner_id.id,
                'currency_id': move.currency_id.id, 'amount_total': move.amount_total, 'base_total': abs(move.amount_total_signed)}))
        if export:
            export._fail_unexpectedly(error)

    # === A SLICE THAT ENDS IN AN ERROR === #

    def _crashed(self, error, run):
        """Say on the connection, in its history and to the invoice admins how the run ended, and pause, for longer each time.

        :param Exception error: unexpected.
        """
        self._take_row()
        is_new = not self.crash_count
        pause = RETRY_PAUSES[min(self.crash_count, len(RETRY_PAUSES) - 1)]
        run.error = self._crash_words(error)
        self.write({'crash_count': self.crash_count + 1, 'crash_reason': run.error, **self._pace_with(run.pacer)})
        if not self.resume_at or self.resume_at < fields.Datetime.now() + pause:
            self._hold(pause, 'crash')
        self._record_run(run, fields.Datetime.now())
        for user in self._members() if is_new else ():
            self._schedule(CRASH, user, self.with_context(lang=user.lang)._crash_words(error))
        self._arm(self.resume_at)
        self._commit()

    def _crash_words(self, error):
        return self.env._(
            "The last run of %(connection)s ended in an error in Odoo (%(error)s). Ask your administrator to look into Odoo's log. The next run "
            "starts automatically; Sync now starts it at once.", connection=self.name, error=type(error).__name__)

    def _rests_after_crash(self):
        """Tell whether nothing is to be done yet, because the last run ended in an error."""
        return bool(self.crash_count and self.resume_at and self.resume_at > fields.Datetime.now())


class XeroExport(models.Model):
    _inherit = 'xero.export'

    def _fail_unexpectedly(self, error, saved=None):
        """End a try by an error that is none of Xero's. It must not fail itself, or the row would be tried for ever.

        What is in Xero is never created again: *Resync* reads it there and goes on from that.

        :param Exception error: what was raised.
        :param dict saved: values to remember of what Xero saved: its id, number, status.
        """
        self.ensure_one()
        values = dict(saved or {})
        if (saved or self.xero_id) and self.operation == 'create':
            values['operation'] = 'update'
        message = self.env._(
            "%(document)s met an error in Odoo (%(error)s). Ask your administrator to look into Odoo's log, then resync.",
            document=self.document_name or self.env._("The document"), error=type(error).__name__)
        try:
            with self.env.cr.savepoint():
                self._fail('data', message)
                self.write(values)
        except EXPECTED:
            raise
        except Exception:
            _logger.exception("Export %s cannot be written in the usual way", self.id)
            self._fail_plainly({**values, 'state': 'failed', 'cause': 'data', 'message': message})
        self.connection_id._contain_quietly(self._conclude)

    def _leave_unlooked(self, error):
        """It may be in Xero, and an error in Odoo kept us from finding it there: it is looked for before it is sent again."""
        self.unseen_since = self.create_date
        self._fail_unexpectedly(error)

    def _warn_of_silence(self, error):
        """What became of the document could not be written into its chatter: its export says so."""
        self.connection_id._contain_quietly(lambda: self.write({'warning': '\n'.join(filter(None, [self.warning, self.env._(
            "The note for %(document)s could not be written, by an error in Odoo (%(error)s). Ask your administrator to look into Odoo's log.",
            document=self.document_name, error=type(error).__name__)]))}))

    def _fail_plainly(self, values):
        """Write columns of the export past the ORM, and the state that its document shows."""
        self.flush_recordset()
        assignments = {**values, 'wait_code': None, 'next_try_at': None, 'wait_for_id': None}
        sets = SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in assignments.items())
        self.env.cr.execute(SQL("UPDATE xero_export SET %s WHERE id = %s", sets, self.id))
        if self.move_id:
            self.env.cr.execute(SQL("UPDATE account_move SET xero_state = 'failed' WHERE id = %s", self.move_id.id))
        self.env.invalidate_all(flush=False)
