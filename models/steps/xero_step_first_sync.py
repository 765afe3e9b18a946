import logging
import time

from odoo import models

from ...exceptions import XeroRefused, XeroUnauthorised, XeroUnreadable
from .slice import Slice

_logger = logging.getLogger(__name__)


class XeroStepFirstSync(models.AbstractModel):
    """Does the work of a first sync, in portions: half of a slice at most, and one portion while documents are due. It leaves calls to documents."""
    _name = 'xero.step.first_sync'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: first sync"

    _sequence = 127

    def _run(self, slice: Slice) -> None:
        first_sync, deadline = slice.connection.first_sync_id, slice.half_deadline()
        # Documents are recognised by their contacts
        if not first_sync or slice.reads_contacts:
            return
        connection = slice.connection
        while first_sync.state == 'running' and connection._has_calls_to_spare(slice.client):
            slice.retry_on_conflict(self._work, first_sync, slice)
            if time.monotonic() > deadline or self.env['xero.export']._has_due(connection):
                break
            first_sync.invalidate_recordset(['state'])      # a person may have stopped it

    def _work(self, first_sync, slice):
        """Do a portion. A refusal by Xero ends the first sync until a person continues it."""
        try:
            first_sync._work(slice)
        except (XeroUnreadable, XeroRefused, XeroUnauthorised) as error:
            if isinstance(error, XeroUnauthorised) and error.kind != 'scope':
                raise
            self.env.cr.rollback()
            _logger.info("Connection %s: the first sync failed: %s (correlation %s)", slice.connection.id, error.message, error.correlation_id)
            first_sync._fail(self._words(first_sync, error))

    def _words(self, first_sync, error):
        connection = first_sync.connection_id.with_context(lang=first_sync.user_id.lang)
        env = connection.env
        if isinstance(error, XeroUnauthorised):
            return env._(
                "The consent at Xero does not cover reading %(documents)s, or %(login)s may not see them. An adviser gives the right in Xero, or somebody "
                "else reauthenticates the connection. Then press Continue.", documents=first_sync.endpoint, login=connection._login_words())
        return env._(
            "Xero did not answer as it should (%(error)s). Press Continue to try it again; what was done is kept.",
            error=connection._answer_words(error))

    def _has_work(self, connection: models.BaseModel) -> bool:
        return connection.first_sync_id.state == 'running' and not connection.contacts_bookmark and connection._has_calls_to_spare()
