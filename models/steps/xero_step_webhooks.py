from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ...const import WEBHOOK_ENDPOINTS
from ..feeds.xero_webhook_event import ALL
from .slice import Slice

# Xero's time of an event, and its time of the change in our answer, may differ by some moments
ECHO = timedelta(seconds=5)


class XeroStepWebhooks(models.AbstractModel):
    """Asks the feeds to read what changed, if webhooks told of changes.

    Our own writes cause events too. An event is an echo if the last answer that we have of the document is as new. Events that come in
    quick succession are gathered, and wait for the next hourly reading if few calls are left for the day.
    """
    _name = 'xero.step.webhooks'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: ask for what webhooks told"

    _sequence = 105     # before the feeds

    def _run(self, slice: Slice) -> None:
        connection = slice.connection
        if not self._is_on(connection) or self.env['xero.webhook.event']._resume_at(connection) or not connection._has_calls_to_spare(slice.client):
            return
        rows = self.env.execute_query(SQL(
            "SELECT id, events, category FROM xero_webhook_event WHERE connection_id = %s", connection.id))
        if not rows:
            return
        echoes = self._echoes(connection)
        categories = {category for row_id, _events, category in rows if row_id not in echoes}
        self.env['xero.feed']._ask_for(connection, {endpoint for category in categories for endpoint in WEBHOOK_ENDPOINTS[category]})
        slice.commit()
        # Afterwards: a slice that is cut off here asks again
        slice.retry_on_conflict(self.env['xero.webhook.event']._forget, {row_id: events for row_id, events, _category in rows})

    def _is_on(self, connection):
        """Return whether the app of a connection has a webhook. It saves a query in each slice of the others."""
        return bool(connection.app_id.webhook_key_at)

    def _echoes(self, connection):
        """Return the IDs of the rows that tell of nothing newer than the last answers."""
        # The kinds are named for the index
        return {row[0] for row in self.env.execute_query(SQL(
            """SELECT event.id FROM xero_webhook_event event
                 JOIN xero_export export ON export.connection_id = event.connection_id AND export.xero_id = event.resource_id AND export.kind = ANY(%s)
                WHERE event.connection_id = %s AND event.resource_id != %s
                  AND event.event_at <= GREATEST(export.xero_updated_at, export.xero_seen_at) + %s""",
            [kind._kind_name() for kind in self.env['xero.kind']._all()], connection.id, ALL, ECHO))}

    def _next_moments(self, connection):
        if not self._is_on(connection) or not connection._has_calls_to_spare():
            return
        if self.env['xero.webhook.event'].search_count([('connection_id', '=', connection.id)], limit=1):
            yield self.env['xero.webhook.event']._resume_at(connection) or fields.Datetime.now()
