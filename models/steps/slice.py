"""The slice: one short run of a connection's own scheduled action."""
import logging
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cached_property
from math import ceil

from odoo import fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ...const import CALLS_PER_MINUTE, ITEM_LIST, RATE_WINDOW, SLICE_SECONDS
from ...exceptions import XeroError, XeroRetryable
from ...tools.quiet import mute_logger_in_thread
from ...tools.xero_pacer import Pacer
from ..export.containment import contain, contain_quietly
from ..reference.reader import ReferenceReader
from .contact_sender import ContactSender
from .item_sender import ItemSender
from .look_back import LookBack
from .outage import Outage
from .preparation import Preparation
from .sender import Sender

_logger = logging.getLogger(__name__)

SETTLE_TRIES = 5
RUN_GAP = timedelta(seconds=30)     # slices with a shorter gap are shown to people as one run


class Slice:
    """One run of a connection's scheduled action: its time, client, counters, commits and the lock of the connection's row.

    Odoo locks a scheduled action while it runs. This lock is the connection's lock: only a slice sends, and an export that is `sending` at
    its start was cut off. A slice always reports to Odoo that nothing remains and arms the next one, so that connections take turns on one
    worker.

    It is a context manager. Its exit records the run and arms the next one, also after errors.

    Public attributes: `connection`, `env`; `sender`, and `preparers` of what documents need, by `xero.request.kind`; `client`, and `reader` of
    reference data, when Xero may be called; `done` and `failed`, numbers of documents with an outcome; `error` and `note`, why it ended early,
    with and without a failure; `asked_by`, users who requested exports of this slice; `endpoint`, of the present batch; `reread`, names of the
    lists that were read again; `taken`, number of changes that were read from Xero; `swept`, whether the sweep ran; `has_changes`, whether
    changes were sent; `reads_contacts`, whether a long reading of the contacts has not ended, and `left`, due exports that wait for it.
    """

    def __init__(self, connection: models.BaseModel) -> None:
        """Create a slice.

        :param connection: one `xero.connection`.
        """
        connection.ensure_one()
        self.connection = connection._in_its_language()
        self.env = self.connection.env
        self.deadline = time.monotonic() + SLICE_SECONDS
        self.start_at = fields.Datetime.now()
        self._written_since = min(self.start_at, self.env.cr.now())     # what its first transaction writes has the time of that
        self.asked_by = self.env['res.users']
        self.left = self.env['xero.export']
        self.client = self.pacer = self.reader = None
        self.done = self.failed = self.taken = 0
        self._committed = (0, 0)    # both numbers at the last commit
        self._has_committed = False
        self._queries = 0           # of the cursor, when it was last asked whether something was written
        self.error = self.note = self.endpoint = ''
        self.reread = set()
        self.swept = self.has_changes = self.reads_contacts = False
        self.sender, self.look_back, self.outage = Sender(self), LookBack(self), Outage(self)
        self.contacts, self.items = ContactSender(self), ItemSender(self)
        self.preparers = {'contact': self.contacts, 'item': self.items}
        self._is_resting = self._is_at_xero = False

    def preparer(self, request: models.BaseModel) -> Preparation:
        """Return what sends and settles a request that contains what documents need."""
        return self.preparers[request.kind]

    # === START AND END === #

    def __enter__(self) -> 'Slice':
        # Failed queries raise exceptions, which are logged
        self._muted = mute_logger_in_thread('odoo.sql_db')
        self._muted.__enter__()
        return self

    def steps(self) -> Iterator[models.BaseModel]:
        """Yield the steps that can run now, in their order. Commit after each that wrote something."""
        if self.outage.is_crash_recent():
            self._is_resting = True
            return
        may_call = None     # decided once, before the first step that needs Xero
        for step in self.env['xero.step']._all():
            if step._needs_xero:
                may_call = self._go_to_xero() if may_call is None else may_call
                if not may_call:
                    continue
            yield step
            self._commit_written()

    def _go_to_xero(self):
        """Create the client, if Xero may be called now.

        :return: whether Xero may be called.
        """
        if not self.connection._pause_or_open():
            return False
        self._is_at_xero = True     # from here on, a `XeroError` is handled as an outage
        self.pacer = Pacer(self.connection.pace or [], CALLS_PER_MINUTE)
        self.client = self.connection._client(self.pacer)
        self.reader = ReferenceReader(self.connection, self.client)
        self.asked_by = self.env['xero.sync']._askers(self.connection)
        return True

    def __exit__(self, _type, error, _traceback):
        try:
            return self._end(error)
        finally:
            self._muted.__exit__(None, None, None)

    def _end(self, error):
        """Handle an error that ended the steps, record the run and arm the next one.

        :param error: raised by a step, or None.
        :return: whether the error was handled.
        """
        if error and not isinstance(error, Exception):
            return False
        try:
            if error and self._is_at_xero and isinstance(error, XeroError):
                # Undo the unfinished work of the step; a failed request was settled and committed before
                self.env.cr.rollback()
                self.lock_connection()
                self.outage.stop_for(error)
                self.commit()
            elif error:
                raise error
            self.sender.tell_outcomes()
            if self._is_resting:
                self.connection._arm(self.connection.resume_at)
            else:
                self._finish()
        except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, XeroRetryable):
            # Another transaction wrote the same rows: the next slice repeats the work that was not committed
            self.env.cr.rollback()
            self.done, self.failed = self._committed
            self.connection._arm(self._keep_record())
        except Exception as unexpected:
            self.env.cr.rollback()
            _logger.exception("The slice of Xero connection %s ended in an error", self.connection.id)
            self.outage.record_crash(unexpected)
            self.sender.tell_outcomes()
        return True

    # === TIME AND TRANSACTIONS === #

    def has_time(self) -> bool:
        """Return whether the time of the slice is not over."""
        return time.monotonic() < self.deadline

    @staticmethod
    def half_deadline() -> float:
        """Return the time, of `time.monotonic()`, at which a step that starts now has used half of a slice, and leaves the rest to the others."""
        return time.monotonic() + SLICE_SECONDS / 2

    def requests_in_time(self, most: int) -> int:
        """Return how many requests can be sent in the time that is left, by Xero's limit and estimated from those already sent.

        What is not sent is built again later.

        :param int most: as many as are worth preparing together.
        """
        left = self.deadline - time.monotonic()
        estimates = [self.pacer.room(time.time(), left, most) + 1, most]     # one more is waited for
        if self.sender.sent:
            estimates.append(ceil(left / (time.monotonic() - self.sender.started) * self.sender.sent))
        return max(1, min(estimates))

    def commit(self, processed: int = 0) -> None:
        """Commit what was done so far. Only the last commit of a slice reports to Odoo: each report costs three queries.

        :param int processed: number of documents with an outcome, for Odoo's progress. Nothing remains, because the slice arms the next one itself.
        """
        if processed:
            self.env['ir.cron']._commit_progress(processed, remaining=0)
        else:
            self.connection.env.cr.commit()
        self._committed, self._has_committed = (self.done, self.failed), True

    def _commit_written(self):
        """Commit, if anything was written or locked since the last commit. After each commit, the connection and its companies are read again."""
        self.env.cr.flush()
        if self.env.cr.sql_log_count == self._queries:
            return
        [[has_written]] = self.env.execute_query(SQL("SELECT pg_current_xact_id_if_assigned() IS NOT NULL"))
        if has_written:
            self.commit()
        self._queries = self.env.cr.sql_log_count

    def lock_connection(self) -> None:
        """Commit, and begin a transaction that holds the lock of the connection's row.

        :raise XeroRetryable: another transaction keeps the row locked for too long.
        """
        self.connection._commit_and_lock()
        self._has_committed = True

    def retry_on_conflict(self, settle: Callable, *args):
        """Settle and commit. After a concurrent write of the same rows, repeat it with the answer in memory.

        :param settle: called with `args`.
        :return: what `settle` returns.
        """
        tries, counts = SETTLE_TRIES, (self.done, self.failed, self.taken)
        while True:
            try:
                settled = settle(*args)
                self.commit()
                return settled
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
                self.done, self.failed, self.taken = counts
                tries -= 1
                if not tries:
                    raise

    def contain(
        self, items: models.BaseModel | list, work: Callable, exports_of: Callable | None = None, tell: Callable | None = None, writes: bool = True,
        is_first: bool = False, refusals: type | tuple = (),
    ) -> tuple:
        """Process items; an unexpected error with one fails its exports, and they are counted. See `containment.contain`."""
        return contain(self.env, items, work, exports_of, tell, writes, self, is_first, refusals)

    def contain_quietly(self, work: Callable, writes: bool = True):
        """Do optional work. See `containment.contain_quietly`."""
        return contain_quietly(self.env, work, writes)

    # === READING === #

    @cached_property
    def companies(self) -> models.BaseModel:
        """The companies whose documents the connection exports, unless their journal has another connection."""
        companies = self.env['res.company'].search([('id', 'child_of', self.connection.company_ids.ids)])
        return companies.filtered(lambda company: company._xero_connection() == self.connection)

    @cached_property
    def journals(self) -> models.BaseModel:
        """The journals whose documents the connection exports."""
        companies = self.env['res.company'].search([('id', 'child_of', self.connection.company_ids.ids)])
        journals = self.env['account.journal'].search([('company_id', 'in', companies.ids)])
        return journals.filtered(lambda journal: journal._xero_connection() == self.connection)

    def reread_list(self, name: str) -> bool:
        """Read a list of reference data again, at most once per slice, and only if the last reading is old enough.

        :param str name: of the list.
        :return: whether it was read.
        """
        if name in self.reread:
            return False
        self.reread.add(name)
        return self.reader.reread(name, by_hand=bool(self.asked_by))

    def reread_contacts(self) -> None:
        """Read the contacts that changed since the last reading, even if that was just before."""
        self.reread.add('contacts')
        self.reader.refresh(['contacts'])

    def reread_items(self) -> None:
        """Read the items again, at most once per slice, even if the last reading was just before."""
        if ITEM_LIST not in self.reread:
            self.reread.add(ITEM_LIST)
            self.reader.refresh([ITEM_LIST])

    # === RECORDING === #

    def _finish(self):
        """Store the results on the connection, record the run and arm the next one."""
        connection, now, values = self.connection, fields.Datetime.now(), {}
        has_called = bool(self.client and self.client.calls)
        if self.has_changes:
            values['changes_sent_at'] = now
        if has_called and self.client.day_left is not None:
            values.update(connection._calls_known(self.client.day_left, now))
        if has_called and not self.error and not self.note:
            values.update(last_success_at=now, outage_since=False, outage_count=0)
        if not self.error and connection.resume_at and not connection._is_paused():
            values.update(resume_at=False, resume_reason=False)
        if connection.crash_count:
            values.update(crash_count=0, crash_reason=False)
        if values or has_called:
            self.lock_connection()
            connection.write({**values, **connection._pace_values(self.pacer)})
            if 'crash_count' in values:
                self.outage.close_crash_activities()
        if self.done or self.failed or self.error or self.note:
            self.record_run()
        self._tell_failures()
        self._arm_next()
        self.commit(self.done + self.failed)

    def _tell_failures(self):
        """Update the tasks of the people who have to know of failed documents, which people may have skipped, resynced or cancelled meanwhile."""
        if self.connection._failures_now() != (self.connection.failures_told or {}):
            self.lock_connection()
            self.contain_quietly(self.connection._tell_failures)
        if solved := self.env['xero.ask']._solved(self.connection):
            self.contain_quietly(solved._close)

    def record_run(self) -> None:
        """Record what the slice did as a `xero.sync`. Slices with a short gap share a record."""
        connection, user = self.connection, self.asked_by[:1]
        last = self.env['xero.sync'].search([('connection_id', '=', connection.id), ('run', '=', 'export')], limit=1)
        if not last or last.error or last.user_id != user or last.end_at < self.start_at - RUN_GAP:
            last = last.create({
                'connection_id': connection.id, 'run': 'export', 'by_hand': bool(user), 'user_id': user.id, 'start_at': self.start_at})
        last.write({
            'end_at': fields.Datetime.now(),
            'done': last.done + self.done,
            'failed': last.failed + self.failed,
            'calls': last.calls + (self.client.calls if self.client else 0),
            'error': self.error or False,
            'note': self.note or last.note,
        })
        if self.failed or self.error:
            last._note_failures(self._written_since)

    def _arm_next(self):
        """Trigger the next slice: now if a step has more to do, else at the end of a pause or the earliest time of a step."""
        connection = self.connection
        if connection.status != 'connected' or not connection.active:
            return
        if connection._is_paused():
            connection._arm(connection.resume_at)
            return
        now, moments = fields.Datetime.now(), []
        # Reading reference data commits on its own
        may_have_work = self._has_committed or bool(self.client and self.client.calls)
        for step in self.env['xero.step']._all():
            if may_have_work and step._has_work(connection):
                moments = [now]
                break
            moments += step._next_moments(connection)
        if moments:
            connection._arm(max(now, min(moments)))

    def _keep_record(self):
        """Record the committed work of a slice that ends without `_finish`, and its calls, because they count for Xero's limit.

        :return: when the next slice may start (naive UTC): None for now, or the end of the rate window if the row is locked.
        """
        if not (self.client and self.client.calls):
            return None
        try:
            self.lock_connection()
            self.connection.write(self.connection._pace_values(self.pacer))
            if self.done or self.failed:
                self.record_run()
            self.commit()
            self.sender.tell_outcomes()
        except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, XeroRetryable):
            self.env.cr.rollback()
            _logger.info("Connection %s: the record of the last slice was not stored, because its row is locked", self.connection.id)
            return fields.Datetime.now() + timedelta(seconds=RATE_WINDOW)
        return None
