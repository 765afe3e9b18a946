import logging
import time
from dataclasses import dataclass, field
from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...const import GIVE_UP_AFTER, LONGEST_PAUSE, RATE_WINDOW, RETRY_PAUSES, SLICE_SECONDS
from ...exceptions import (
    XeroError,
    XeroRetryable,
    XeroThrottled,
    XeroUnauthorised,
    XeroUnknownOutcome,
)
from ...tools.quiet import mute_logger_in_thread
from ...tools.xero_pacer import Pacer
from ..connection.xero_authorization import LOCK_RETRY, LOCK_WAIT
from ..export.xero_export_queue import KIND_BY_MOVE_TYPE
from .xero_connection_guard import CRASH

_logger = logging.getLogger(__name__)

SWEEP_EVERY = timedelta(minutes=10)
SWEEP_LIMIT = 1000      # documents that one sweep finds; the next one finds the rest
RUN_GAP = timedelta(seconds=30)     # slices that follow each other this closely are one run to people


@dataclass
class Run:
    """What one slice knows and counts."""
    deadline: float
    asked_by: models.BaseModel      # users who asked for something of it by hand
    start_at: object = field(default_factory=fields.Datetime.now)
    client: object = None
    pacer: object = None
    done: int = 0
    failed: int = 0
    error: str = ''
    reread: set = field(default_factory=set)
    contacts_stale: bool = False
    swept: bool = False
    has_changes: bool = False   # whether a group of changes was sent
    endpoint: str = ''      # at which the documents at work are; empty while none are

    def has_time(self):
        return time.monotonic() < self.deadline


class XeroConnection(models.Model):
    """The slice: one short run of the connection's own scheduled action.

    The lock that Odoo holds on the scheduled action while it runs is the connection's lock: who is in here may send, and a row
    found `sending` at the start is an orphan. It always reports nothing remaining and arms itself again, so that connections take
    turns on one worker.
    """
    _inherit = 'xero.connection'

    def _run_slice(self):
        """Send what is due for some seconds. The entry of the connection's scheduled action, and nobody else's."""
        self.ensure_one()
        self = self._in_its_language()    # noqa: PLW0642
        run = Run(deadline=time.monotonic() + SLICE_SECONDS, asked_by=self.env['res.users'])
        try:
            with mute_logger_in_thread('odoo.sql_db'):  # other failures of queries end up in the log as exceptions
                if self._rests_after_crash():
                    self._arm(self.resume_at)
                    return
                self._orphan_requests()
                self.env['xero.change.note']._take(self)
                run.swept = self._sweep()
                self.env['xero.export']._align(self)
                self._commit()
                if self._is_open():
                    self._try_to_work(run)
                self._end_slice(run)
        except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, XeroRetryable):
            # Somebody wrote the same rows: what was committed is done, the rest again
            self.env.cr.rollback()
            self._arm(self._keep_pace(run))
        except Exception as error:
            self.env.cr.rollback()
            _logger.exception("The slice of Xero connection %s ended in an error", self.id)
            self._crashed(error, run)

    def _in_its_language(self):
        """Return the connection in the language in which documents are written: whoever builds one, it is the same."""
        return self.with_context(lang=self.company_ids[:1].partner_id.lang or self.env.lang)

    def _try_to_work(self, run):
        try:
            run.pacer = Pacer(self.pace or [])
            run.client = self._client(run.pacer)
            self._work(run)
        except XeroError as error:
            # Whatever a step left half-written goes; the request that failed has settled itself
            self.env.cr.rollback()
            self._take_row()
            self._stop_for(error, run)
            self._commit()

    def _is_open(self):
        """Tell whether anything may be sent now."""
        if self.status != 'connected' or not self.active or not self._may_talk():
            return False
        return not self._is_paused()

    def _is_paused(self):
        """Return whether a pause is on. One that an older version took over from Xero may be longer than any that is meant: it is over."""
        now = fields.Datetime.now()
        return bool(self.resume_at and now < self.resume_at <= now + LONGEST_PAUSE)

    def _work(self, run):
        """Do what there is to do, most urgent first, while there is time."""
        self._settle_unanswered(run)
        if not self._ensure_reference(run.client, run.deadline):
            return      # more to read than one slice has time for
        self._commit()
        self._look_back_if_needed(run)
        self._compare_changed(run)
        while run.has_time() and self._send_next(run):
            pass
        if run.swept:
            self._compare_changed(run, silent=True)

    # === BEFORE === #

    def _orphan_requests(self):
        """A request that is still out when nobody holds the lock was cut off: Xero may have it or not."""
        orphans = self.env['xero.request'].search([('connection_id', '=', self.id), ('state', '=', 'sending')])
        orphans._lose_answer("Cut off before the answer")
        # Rows whose request was never committed cannot be out
        self.env['xero.export'].search([('connection_id', '=', self.id), ('state', '=', 'sending')]).write({'state': 'uncertain'})

    def _sweep(self):
        """Queue posted documents that have no row, whoever or whatever posted them, or whose row missed that they are posted again.

        :return: whether it was time to.
        """
        now = fields.Datetime.now()
        is_recent = self.swept_at and self.swept_at > now - SWEEP_EVERY
        if is_recent or not self.active or self.status == 'draft':
            return False
        moves = self.env['account.move'].search(self._missed_domain(self._journals()), limit=SWEEP_LIMIT, order='id')
        returned = self.env['xero.export'].search([
            ('connection_id', '=', self.id), ('wait_code', '=', 'unposted'), ('move_id.state', '=', 'posted')], limit=SWEEP_LIMIT)
        self._enqueue_found(moves | returned.move_id)
        self._take_row()
        self.swept_at = False if len(moves) == SWEEP_LIMIT else now
        return True

    def _journals(self):
        """Return the journals whose documents go through this connection."""
        companies = self.env['res.company'].search([('id', 'child_of', self.company_ids.ids)])
        journals = self.env['account.journal'].search([('company_id', 'in', companies.ids)])
        return journals.filtered(lambda journal: journal._xero_connection() == self)

    def _missed_domain(self, journals):
        """Return which posted documents should have a row, and have none.

        :param journals: those of the connection.
        """
        return Domain([
            ('journal_id', 'in', journals.filtered(lambda journal: journal._xero_mode() == 'document').ids),
            ('state', '=', 'posted'),
            ('move_type', 'in', self._exported_move_types()),
            ('date', '>=', self.export_start_date),
            ('xero_state', '=', False),
        ])

    def _exported_move_types(self):
        """Return the types of documents that go to Xero by themselves."""
        self.ensure_one()
        return [
            move_type for move_type, kind in KIND_BY_MOVE_TYPE.items()
            if (self.export_receipt if move_type.endswith('_receipt') else self[f'export_{kind}'])
        ]

    # === WHEN XERO SAYS NO === #

    def _stop_for(self, error, run):
        """End the run for what concerns the connection as a whole, and remember when to go on.

        :param XeroError error: what a call raised.
        """
        run.error = error.message
        if isinstance(error, XeroUnauthorised):
            self._stop_for_authorisation(error, run.endpoint)
            run.error = self.status_reason or error.message
        elif isinstance(error, XeroThrottled):
            self._hold(timedelta(seconds=error.retry_after or 0), 'day' if error.problem == 'day' else 'minute')
        elif isinstance(error, (XeroRetryable, XeroUnknownOutcome)):
            self._hold_for_outage(error)
        else:
            _logger.warning("Connection %s: Xero refused a call: %s (correlation %s)", self.id, error.message, error.correlation_id)
            self._hold(RETRY_PAUSES[-1], 'xero')

    def _stop_for_authorisation(self, error, endpoint):
        """The person at Xero lacks a permission, which concerns the documents of one endpoint, or the access is lost as a whole."""
        if error.kind != 'scope':
            self._died(error)
            return
        due = self.env['xero.export'].search(self.env['xero.export']._due_domain(self))
        lacking = due.filtered(lambda export: not endpoint or export._kind()._xero_endpoint == endpoint)
        lacking._fail_permission(error)
        lacking._conclude()

    def _hold_for_outage(self, error):
        """Xero cannot be reached: wait longer each time, and say so on the documents after a day."""
        now = fields.Datetime.now()
        # A pause that a person ended early is no longer for it the next time
        count = self.outage_count - bool(self.outage_count and not self.resume_at)
        pause = RETRY_PAUSES[min(count, len(RETRY_PAUSES) - 1)]
        if isinstance(error, XeroRetryable) and error.retry_after:
            pause = max(pause, timedelta(seconds=error.retry_after))
        since = self.outage_since or now
        self.write({'outage_since': since, 'outage_count': count + 1})
        self._hold(pause, 'xero')
        if now - since >= GIVE_UP_AFTER:
            waiting = self.env['xero.export'].search([('connection_id', '=', self.id), ('state', '=', 'waiting'), ('wait_code', '=', False)])
            waiting.write({'retry_since': since, 'retry_count': len(RETRY_PAUSES)})
            waiting._try_later()

    def _hold(self, pause, reason):
        """Send nothing for a while.

        :param timedelta pause: from now.
        :param str reason: a key of `resume_reason`.
        """
        self.write({'resume_at': fields.Datetime.now() + min(pause, LONGEST_PAUSE), 'resume_reason': reason})

    # === AFTER === #

    def _end_slice(self, run):
        """Record the run and arm the next one."""
        now = fields.Datetime.now()
        values = {}
        if run.has_changes:
            values['changes_sent_at'] = now
        if run.pacer and run.client and run.client.calls:
            if run.client.day_left is not None:
                values.update(self._calls_known(run.client.day_left, now))
            if not run.error:
                values.update(last_success_at=now, outage_since=False, outage_count=0)
        if not run.error and self.resume_at and not self._is_paused():
            values.update(resume_at=False, resume_reason=False)
        if self.crash_count:
            values.update(crash_count=0, crash_reason=False)
        if values or (run.pacer and run.client and run.client.calls):
            self._take_row()
            self.write({**values, **self._pace_with(run.pacer)})
            if 'crash_count' in values:
                self.activity_unlink([CRASH])
        if run.done or run.failed or run.error:
            self._record_run(run, now)
        self._arm_next(now)
        self._commit(run.done + run.failed)

    def _keep_pace(self, run):
        """Remember the calls of a slice that ends without having recorded its run: Xero has counted them.

        :return: when the next slice may start: None for at once, after a whole window if somebody else keeps the row.
        """
        if not (run.pacer and run.client and run.client.calls):
            return None
        try:
            with mute_logger_in_thread('odoo.sql_db'):
                self._take_row()
                self.write(self._pace_with(run.pacer))
                self._commit()
        except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, XeroRetryable):
            self.env.cr.rollback()
            _logger.info("Connection %s: the pace of the last slice was not kept, somebody writes the connection", self.id)
            return fields.Datetime.now() + timedelta(seconds=RATE_WINDOW)
        return None

    def _pace_with(self, pacer):
        """Return the values that keep the times of the last calls. The connection's row must be the caller's.

        :param Pacer pacer: of the calls made, None if there were none. Others may have made some meanwhile.
        """
        if not pacer:
            return {}
        since = time.time() - RATE_WINDOW
        return {'pace': sorted(call for call in {*pacer.calls, *(self.pace or ())} if call > since)}

    def _calls_known(self, day_left, now):
        """Return what is written down of the calls that Xero still allows today."""
        return {'calls_left': day_left, 'calls_left_at': now}

    def _record_run(self, run, now):
        """Write down what the slice did; slices that follow each other are one run to people."""
        last = self.env['xero.sync'].search([('connection_id', '=', self.id), ('run', '=', 'export')], limit=1)
        user = run.asked_by[:1]
        if not last or last.error or last.user_id != user or last.end_at < run.start_at - RUN_GAP:
            last = last.create({
                'connection_id': self.id, 'run': 'export', 'by_hand': bool(user), 'user_id': user.id, 'start_at': run.start_at})
        last.write({
            'end_at': now,
            'done': last.done + run.done,
            'failed': last.failed + run.failed,
            'calls': last.calls + (run.client.calls if run.client else 0),
            'error': run.error or False,
        })

    def _arm_next(self, now):
        """Trigger the next slice: at once if more can go, else when Xero or a pause named a time."""
        if self.status != 'connected' or not self.active:
            return
        if self._is_paused():
            self._arm(self.resume_at)
            return
        Export, Request = self.env['xero.export'], self.env['xero.request']
        if (
            self.contacts_bookmark
            or Export.search_count(Export._due_domain(self), limit=1)
            or Request.search_count([('connection_id', '=', self.id), ('state', '=', 'unanswered')], limit=1)
            or self.env['xero.change.note'].search_count([('connection_ref', '=', self.id)], limit=1)
        ):
            self._arm()
            return
        [(next_try_at,)] = Export._read_group(
            [('connection_id', '=', self.id), ('state', 'in', ('waiting', 'failed')), ('next_try_at', '>', now)], [], ['next_try_at:min'])
        if next_try_at:
            self._arm(next_try_at)

    def _take_row(self):
        """Begin a transaction in which the connection's row is the slice's.

        People write that row too (policies, Connect). In a transaction that has looked at it before, our write would meet a
        serialization failure, and scheduled actions are not tried again.

        :raise XeroRetryable: somebody keeps the row for too long.
        """
        deadline = time.monotonic() + LOCK_WAIT
        self._commit()
        while not self.try_lock_for_update(allow_referencing=True):
            self.env.cr.rollback()
            if time.monotonic() > deadline:
                raise XeroRetryable("The connection is being changed by somebody else")
            time.sleep(LOCK_RETRY)

    def _commit(self, processed=0):
        """End a step: what was done stays done, whatever happens on the next line."""
        self.env['ir.cron']._commit_progress(processed, remaining=0)
