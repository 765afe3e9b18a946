"""What a slice does when access is refused, when Xero cannot be reached, and after an unexpected error in Odoo."""
from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from odoo import fields

from ...const import GIVE_UP_AFTER, RETRY_PAUSES
from ...exceptions import XeroError, XeroRetryable, XeroThrottled, XeroUnauthorised, XeroUnknownOutcome

if TYPE_CHECKING:
    from .slice import Slice

_logger = logging.getLogger(__name__)

CRASH_ACTIVITY = 'account_xero.mail_activity_type_xero_crash'


class Outage:
    """Ends a slice that cannot continue, and sets when the connection tries again."""

    def __init__(self, slice: Slice) -> None:
        """Prepare for a slice.

        :param Slice slice: the one that may have to stop.
        """
        self.slice = slice
        self.connection = slice.connection
        self.env = slice.env

    # === XERO === #

    def stop_for(self, error: XeroError) -> None:
        """Pause the connection after an error that concerns all its documents, or mark its access as lost. Its row must be locked.

        :param XeroError error: of the call.
        """
        connection, current = self.connection, self.slice
        if isinstance(error, XeroThrottled):
            # The documents go later, at the pace that Xero allows: no failure
            current.note = error.message
            connection._pause_until(timedelta(seconds=error.retry_after or 0), 'day' if error.problem == 'day' else 'minute')
            return
        current.error = error.message
        if isinstance(error, XeroUnauthorised):
            self._stop_for_authorisation(error)
            current.error = connection.status_reason or error.message
        elif isinstance(error, (XeroRetryable, XeroUnknownOutcome)):
            self._pause_for_outage(error)
        else:
            _logger.warning("Connection %s: Xero refused a call: %s (correlation %s)", connection.id, error.message, error.correlation_id)
            connection._pause_until(RETRY_PAUSES[-1], 'xero')

    def _stop_for_authorisation(self, error):
        """Fail the documents of the endpoint if the Xero user lacks a permission, else handle lost access."""
        if error.kind != 'scope':
            self.connection._handle_access_lost(error)
            return
        Export, endpoint = self.env['xero.export'], self.slice.endpoint
        due = Export.search(Export._due_domain(self.connection))
        lacking = due.filtered(lambda export: not endpoint or export._kind()._xero_endpoint == endpoint)
        lacking._fail_permission(error)
        lacking._notify_outcome()

    def _pause_for_outage(self, error):
        """Pause because Xero cannot be reached, longer each time. After a day, fail the waiting documents."""
        connection, now = self.connection, fields.Datetime.now()
        # A pause that a person ended early does not make the next one longer
        count = connection.outage_count - bool(connection.outage_count and not connection.resume_at)
        pause = RETRY_PAUSES[min(count, len(RETRY_PAUSES) - 1)]
        if isinstance(error, XeroRetryable) and error.retry_after:
            pause = max(pause, timedelta(seconds=error.retry_after))
        since = connection.outage_since or now
        connection.write({'outage_since': since, 'outage_count': count + 1})
        connection._pause_until(pause, 'xero')
        if now - since >= GIVE_UP_AFTER:
            waiting = self.env['xero.export'].search([
                ('connection_id', '=', connection.id), ('state', '=', 'waiting'), ('wait_code', '=', False)])
            waiting.write({'retry_since': since, 'retry_count': len(RETRY_PAUSES)})
            waiting._try_later()

    # === UNEXPECTED ERRORS === #

    def is_crash_recent(self) -> bool:
        """Return whether the slice must do nothing yet, because the last one ended in an unexpected error."""
        connection = self.connection
        return bool(connection.crash_count and connection.resume_at and connection.resume_at > fields.Datetime.now())

    def record_crash(self, error: Exception) -> None:
        """Record the error on the connection, in its history and as tasks of invoice admins, and pause, longer each time.

        :param Exception error: unexpected.
        """
        current, connection = self.slice, self.connection
        current.lock_connection()
        is_new = not connection.crash_count
        pause = RETRY_PAUSES[min(connection.crash_count, len(RETRY_PAUSES) - 1)]
        current.error = self._crash_words(connection, error)
        connection.write({'crash_count': connection.crash_count + 1, 'crash_reason': current.error, **connection._pace_values(current.pacer)})
        if not connection.resume_at or connection.resume_at < fields.Datetime.now() + pause:
            connection._pause_until(pause, 'crash')
        current.record_run()
        for user in connection._members() if is_new else ():
            connection._schedule(CRASH_ACTIVITY, user, self._crash_words(connection.with_context(lang=user.lang), error))
        connection._arm(connection.resume_at)
        current.commit()

    def close_crash_activities(self) -> None:
        """Delete the tasks of invoice admins, because the connection works again."""
        self.connection.activity_unlink([CRASH_ACTIVITY])

    @staticmethod
    def _crash_words(connection, error):
        return connection.env._(
            "The last run of %(connection)s ended in an error in Odoo (%(error)s). Ask your administrator to check Odoo's log. The next run "
            "starts automatically; Sync now starts it immediately.", connection=connection.name, error=type(error).__name__)
