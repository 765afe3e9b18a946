import logging
from datetime import timedelta

from odoo import fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...const import CALLS_KEPT, DAY_LIMIT, LARGE_DAY_LIMIT, RETRY_PAUSES
from ...exceptions import XeroError, XeroRefused, XeroRetryable, XeroThrottled, XeroUnauthorised, XeroUnknownOutcome

_logger = logging.getLogger(__name__)

RECENTLY = timedelta(hours=1)       # what came into Xero before is looked through with each sweep
DAY = timedelta(days=1)


class XeroConnection(models.Model):
    """Files and notes: last in priority. They go when no document is due, and leave a share of the day's calls alone."""
    _inherit = 'xero.connection'

    # === IN THE SLICE === #

    def _work(self, run):
        result = super()._work(run)
        if self._extra_sorts():
            self._send_extras(run)
        return result

    def _send_extras(self, run):
        """Send what hangs on documents, one call each, as long as no document wants to go."""
        if self._is_busy():
            return
        Extra = self.env['xero.extra']
        Extra._plan(self, None if run.swept else run.start_at - RECENTLY)
        self._commit()
        while run.has_time() and not self._extras_pause() and self._has_calls_to_spare(run.client) and not self._is_busy():
            due = ['|', ('next_try_at', '=', False), ('next_try_at', '<=', fields.Datetime.now())]
            extra = Extra.search([*Extra._open_domain(self, self._permitted_sorts()), *due], limit=1)
            if not extra or not self._try_extra(extra, run):
                break

    def _try_extra(self, extra, run):
        """Send one file or note. One that cannot even be prepared, by a fault of ours or of another add-on, does not stop its neighbours."""
        try:
            return self._send_extra(extra, run)
        except (XeroError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
            raise
        except Exception as error:
            self.env.cr.rollback()
            _logger.exception("Extra %s cannot be sent", extra.id)
            extra._settle_refused('data', extra._unprepared(extra.name, error)['message'])
            self._commit()
            return True

    def _is_busy(self):
        """Tell whether there is anything to do for the documents themselves."""
        Export = self.env['xero.export']
        return bool(
            self.contacts_bookmark or Export.search_count(Export._due_domain(self), limit=1)
            or self.env['xero.request'].search_count([('connection_id', '=', self.id), ('state', '=', 'unanswered')], limit=1))

    def _extras_pause(self):
        """Return until when no file or note is tried, False if they may go now."""
        return self.extras_resume_at and self.extras_resume_at > fields.Datetime.now() and self.extras_resume_at

    def _has_calls_to_spare(self, client=None):
        """Tell whether files and notes may have one of the calls that are left today.

        Xero tells what is left, not what the limit is: that is the smaller one unless more than that was left within two days.

        :param XeroClient client: of this slice, which may know better than the connection.
        """
        now = fields.Datetime.now()
        left = client.day_left if client else None
        if left is None:
            if not self.calls_left_at or self.calls_left_at < now - DAY:
                return True     # another day: the first call tells
            left = self.calls_left
        has_plenty = left > DAY_LIMIT or (self.calls_plenty_at and self.calls_plenty_at > now - 2 * DAY)
        return left > (LARGE_DAY_LIMIT if has_plenty else DAY_LIMIT) * CALLS_KEPT

    def _send_extra(self, extra, run):
        """Send one file or note.

        :return: whether others may follow now.
        :raise XeroError: what concerns the connection as a whole, such as a limit.
        """
        if extra._leave_out():
            self._commit()
            return True
        problem = extra._problem()
        if problem:
            extra._settle_refused('data', problem)
            self._commit()
            return True
        is_look_up = extra.is_uncertain and extra.sort == 'note'
        try:
            if is_look_up:
                extra._look_up(run.client)
                self._commit()
            else:
                call = extra._freeze()
                self._commit()
                answer = run.client.write(**call)
                self._insist(extra._settle_answer, answer)
        except XeroError as error:
            self._insist(extra._settle_error, error, is_look_up)
            return self._pause_extras(error)
        if self.extras_failures:
            self._take_row()
            self.write({'extras_failures': 0, 'extras_resume_at': False})
            self._commit()
        return True

    def _pause_extras(self, error):
        """Leave files and notes alone for a while that grows, whatever documents do meanwhile, if Xero left one unanswered.

        :return: whether others may follow now.
        """
        if isinstance(error, (XeroThrottled, XeroUnauthorised)) and getattr(error, 'kind', '') != 'scope':
            raise error
        if isinstance(error, (XeroRetryable, XeroUnknownOutcome)):
            pause = RETRY_PAUSES[min(self.extras_failures, len(RETRY_PAUSES) - 1)]
            self._take_row()
            self.write({'extras_failures': self.extras_failures + 1, 'extras_resume_at': fields.Datetime.now() + pause})
            self._commit()
            return False
        return isinstance(error, (XeroRefused, XeroUnauthorised))

    # === AFTER === #

    def _calls_known(self, day_left, now):
        return {**super()._calls_known(day_left, now), **({'calls_plenty_at': now} if day_left > DAY_LIMIT else {})}

    def _arm_next(self, now):
        super()._arm_next(now)
        if self.status != 'connected' or not self.active or (self.resume_at and self.resume_at > now):
            return
        sorts = self._extra_sorts() and self._permitted_sorts()
        if not sorts or not self._has_calls_to_spare():
            return      # the next sweep looks again
        Extra = self.env['xero.extra']
        first = Extra.search(Extra._open_domain(self, sorts), order='next_try_at NULLS FIRST', limit=1)
        if first:
            at = max(filter(None, [first.next_try_at, self._extras_pause(), now]))
            self._arm(at if at > now else None)
