import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from odoo import fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...const import RETRY_PAUSES
from ...exceptions import XeroError, XeroRefused, XeroRetryable, XeroThrottled, XeroUnauthorised, XeroUnknownOutcome
from .slice import Slice

_logger = logging.getLogger(__name__)

RECENTLY = timedelta(hours=1)       # documents that were synced earlier are checked for new files in slices with a sweep only


class XeroStepExtras(models.AbstractModel):
    """Sends files and notes, with the lowest priority: one call each, while no document is due and enough of the day's calls are left."""
    _name = 'xero.step.extras'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: send files and notes"

    _sequence = 160

    def _run(self, slice: Slice) -> None:
        connection = slice.connection
        if slice.reads_contacts or not connection._extra_sorts() or self._is_busy(connection):
            return
        Extra = self.env['xero.extra']
        Extra._plan(connection, None if slice.swept else slice.start_at - RECENTLY)
        slice.commit()
        while not connection._extras_pause() and connection._has_calls_to_spare(slice.client) and not self._is_busy(connection):
            due = ['|', ('next_try_at', '=', False), ('next_try_at', '<=', fields.Datetime.now())]
            # Archives are last, so that they take no place from a file that is sent alone
            extra = Extra.search([*Extra._open_domain(connection, connection._permitted_sorts()), *due], order='is_archive NULLS FIRST, id', limit=1)
            if not extra or not self._try_extra(extra, slice) or not slice.has_time():
                break       # after one at least, or a server whose other steps take all the time would never send any

    def _is_busy(self, connection):
        """Return whether there is work to do for documents."""
        Export = self.env['xero.export']
        return bool(
            connection.contacts_bookmark or Export._has_due(connection)
            or self.env['xero.request'].search_count([('connection_id', '=', connection.id), ('state', '=', 'unanswered')], limit=1))

    def _try_extra(self, extra, slice):
        """Send one file or note. If its preparation ends in an unexpected error, it fails, and the others are still sent.

        :return: whether others may be sent now.
        """
        try:
            return self._send(extra, slice)
        except (XeroError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
            raise
        except Exception as error:
            self.env.cr.rollback()
            _logger.exception("Extra %s cannot be sent", extra.id)
            extra._settle_refused('data', extra._unprepared(extra.name, error)['message'])
            slice.commit()
            return True

    def _send(self, extra, slice):
        """Send one file or note.

        :return: whether others may be sent now.
        :raise XeroError: an error that concerns all documents of the connection, such as a limit.
        """
        if extra._mark_unsupported():
            slice.commit()
            return True
        problem = extra._problem()
        if problem:
            extra._settle_refused('data', problem)
            slice.commit()
            return True
        is_look_up = extra.is_uncertain and extra.sort == 'note'
        try:
            if is_look_up:
                extra._look_up(slice.client)
                slice.commit()
            else:
                call = extra._freeze()
                slice.commit()
                answer = slice.client.write(**call)
                slice.retry_on_conflict(extra._settle_answer, answer)
        except XeroError as error:
            slice.retry_on_conflict(extra._settle_error, error, is_look_up)
            return self._pause(error, slice)
        if slice.connection.extras_failures:
            slice.lock_connection()
            slice.connection.write({'extras_failures': 0, 'extras_resume_at': False})
            slice.commit()
        return True

    def _pause(self, error, slice):
        """Pause files and notes, longer each time, if Xero did not answer. Documents are sent meanwhile.

        :return: whether others may be sent now.
        """
        if isinstance(error, (XeroThrottled, XeroUnauthorised)) and getattr(error, 'kind', '') != 'scope':
            raise error
        if isinstance(error, (XeroRetryable, XeroUnknownOutcome)):
            connection = slice.connection
            pause = RETRY_PAUSES[min(connection.extras_failures, len(RETRY_PAUSES) - 1)]
            slice.lock_connection()
            connection.write({'extras_failures': connection.extras_failures + 1, 'extras_resume_at': fields.Datetime.now() + pause})
            slice.commit()
            return False
        return isinstance(error, (XeroRefused, XeroUnauthorised))

    def _next_moments(self, connection: models.BaseModel) -> Iterable[datetime]:
        sorts = connection._extra_sorts() and connection._permitted_sorts()
        if not sorts or not connection._has_calls_to_spare():
            return      # the slice of the next sweep checks again
        Extra = self.env['xero.extra']
        first = Extra.search(Extra._open_domain(connection, sorts), order='next_try_at NULLS FIRST', limit=1)
        if first:
            yield max(filter(None, [first.next_try_at, connection._extras_pause(), fields.Datetime.now()]))
