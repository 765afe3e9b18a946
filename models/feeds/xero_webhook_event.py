import logging
import time
from collections import defaultdict
from datetime import timedelta

from werkzeug.exceptions import ServiceUnavailable

from odoo import SUPERUSER_ID, api, fields, models
from odoo.http import Response
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ...const import WEBHOOK_ENDPOINTS
from ...tools.quiet import mute_logger_in_thread
from .xero_webhook_hour import CATEGORIES, OTHER, TRIAL

_logger = logging.getLogger(__name__)

KEPT = timedelta(days=31)   # as long as Xero keeps events
# Events that come within this time of a reading wait for the next one. Odoo starts scheduled work that is due later only once a minute, so they may
# wait for this time and that minute.
GATHERED = timedelta(seconds=5)
# Resources that are listed: of one category in a request, and of a connection in all. More are one row that means all of the category
RESOURCES_IN_REQUEST, RESOURCES_OPEN = 200, 1000
ALL = ''
STORING = 2         # seconds until an answer has to say that nothing was stored; Xero waits 5
STORE_AGAIN = 0.005     # seconds between two tries


class XeroWebhookEvent(models.Model):
    """Something that changed in Xero, as a webhook told, until a slice asks the feeds to read it. One row per document, however often it changed.

    A webhook request must be answered quickly, so it only stores rows here and triggers the connection's scheduled action. No row
    is needed to find a change: the feeds read all that changed since their last reading.
    """
    _name = 'xero.webhook.event'
    _description = "Event of Xero That Waits"
    _order = 'id'
    _rec_name = 'resource_id'

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, ondelete='cascade')
    category = fields.Selection([one for one in CATEGORIES if one[0] in WEBHOOK_ENDPOINTS], required=True, readonly=True)
    resource_id = fields.Char(
        string="ID in Xero", readonly=True, help="Of the document or contact. It is empty if there were too many to list.")
    event_at = fields.Datetime(string="Changed in Xero on", readonly=True)
    events = fields.Integer(required=True, readonly=True)
    received_at = fields.Datetime(string="Received on", required=True, readonly=True)

    _resource_uniq = models.UniqueIndex('(connection_id, category, resource_id)')

    # === RECEIVING === #

    @api.model
    def _store(self, app, events, ignored):
        """Store and count what a request told, in a cursor of its own, and commit.

        Two requests may write the same row. The second one gets a serialization failure and is repeated here at once: Odoo would wait
        up to seconds before it repeats a request.

        :param app: `xero.app` that received it.
        :param list events: of :class:`tools.xero_webhook.Event`.
        :param int ignored: number of other events.
        :raise ServiceUnavailable: it was not possible in time. Xero repeats the request; an error of the database would make Odoo repeat it.
        """
        deadline = time.monotonic() + STORING
        while True:
            try:
                with mute_logger_in_thread('odoo.sql_db'), self.env.registry.cursor() as cr:
                    api.Environment(cr, SUPERUSER_ID, {})[self._name]._store_now(app.id, events, ignored)
                return
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
                if time.monotonic() > deadline:
                    _logger.warning("Events of Xero were not stored within %s s; Xero repeats them", STORING)
                    raise ServiceUnavailable(response=Response(status=503)) from error
            time.sleep(STORE_AGAIN)

    @api.model
    def _store_now(self, app_id, events, ignored):
        connections, crowded = self._connections_by_tenant(app_id, {event.tenant for event in events})
        counts, rows = defaultdict(int), defaultdict(dict)
        if ignored:
            counts[None, OTHER] = ignored
        elif not events:
            counts[None, TRIAL] = 1
        for event in events:
            connection_id = connections.get(event.tenant)
            counts[connection_id, event.category if connection_id else OTHER] += 1
            if connection_id:
                rows[connection_id, event.category].setdefault(event.resource, []).append(event.at)
        self.env['xero.webhook.hour']._count(app_id, counts)
        told = {}
        for (connection_id, category), resources in rows.items():
            if connection_id in crowded or len(resources) > RESOURCES_IN_REQUEST:
                resources = {ALL: [None] * sum(map(len, resources.values()))}
            for resource, moments in resources.items():
                told[connection_id, category, resource] = (None if None in moments else max(moments), len(moments))
        if told:
            self._arm(self.env['xero.connection'].browse(self._upsert(told)))

    @api.model
    def _connections_by_tenant(self, app_id, tenants):
        """Return the connections that events may be for.

        :return: a dict (ID of an organisation → ID of its connection through this app), and the set of connections with too many rows.
        """
        found = self.env.execute_query(SQL(
            """SELECT tenant_id, id, (SELECT COUNT(*) FROM (SELECT FROM xero_webhook_event WHERE connection_id = connection.id LIMIT %s) open)
                 FROM xero_connection connection
                WHERE app_id = %s AND tenant_id = ANY(%s) AND active AND status IN ('connected', 'reauthenticate', 'paused')""",
            RESOURCES_OPEN, app_id, list(tenants))) if tenants else ()
        return {tenant: row_id for tenant, row_id, _open in found}, {row_id for _tenant, row_id, rows in found if rows >= RESOURCES_OPEN}

    @api.model
    def _upsert(self, told):
        """Add rows, or write that their resources changed again.

        :param dict told: (ID of a connection, category, resource) → (time of the last change or None, number of events).
        :return: list of the IDs of connections with a new row.
        """
        # In one order, so that two requests cannot wait for each other
        rows = sorted((*key, moment and str(moment), events) for key, (moment, events) in told.items())
        stored = self.env.execute_query(SQL(
            """INSERT INTO xero_webhook_event AS stored (connection_id, category, resource_id, event_at, events, received_at)
               SELECT given.*, clock_timestamp() AT TIME ZONE 'UTC'
                 FROM unnest(%s::int[], %s::varchar[], %s::varchar[], %s::timestamp[], %s::int[]) AS given
          ON CONFLICT (connection_id, category, resource_id)
            DO UPDATE SET event_at = CASE WHEN stored.event_at IS NOT NULL AND EXCLUDED.event_at IS NOT NULL
                                          THEN GREATEST(stored.event_at, EXCLUDED.event_at) END,
                          events = stored.events + EXCLUDED.events, received_at = EXCLUDED.received_at
            RETURNING connection_id, stored.xmax = 0""", *(list(column) for column in zip(*rows))))
        return sorted({connection_id for connection_id, is_new in stored if is_new})

    @api.model
    def _arm(self, connections):
        """Trigger the scheduled actions of connections that may work on their events."""
        for connection in connections.filtered(lambda connection: connection.status == 'connected'):
            connection._arm(self._resume_at(connection))

    # === WORKED ON === #

    @api.model
    def _resume_at(self, connection):
        """Return until when further events are gathered (naive UTC), None if they may be worked on now."""
        asked = self.env['xero.feed.position'].search(
            [('connection_id', '=', connection.id), ('asked_at', '>', fields.Datetime.now() - GATHERED)], order='asked_at desc', limit=1)
        return asked.asked_at + GATHERED if asked else None

    def _forget(self, known):
        """Delete rows, unless something came for them meanwhile.

        :param dict known: ID of a row → its number of events, as it was worked on.
        """
        self.env.cr.execute(SQL(
            """DELETE FROM xero_webhook_event event USING unnest(%s::int[], %s::int[]) AS known(id, events)
                WHERE event.id = known.id AND event.events = known.events""", list(known), list(known.values())))
        self.invalidate_model()

    @api.autovacuum
    def _gc_events(self):
        """Delete the rows of connections that have not worked for long. They read all changes when they work again."""
        self.env.cr.execute(SQL("DELETE FROM xero_webhook_event WHERE received_at < %s", fields.Datetime.now() - KEPT))
