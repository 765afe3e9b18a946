from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

DAY = timedelta(days=1)
KEPT = timedelta(days=2)

# The two that are no categories of Xero
TRIAL, OTHER = 'TRIAL', 'OTHER'
CATEGORIES = [
    ('INVOICE', "Invoices and bills"), ('CREDITNOTE', "Credit notes"), ('PREPAYMENT', "Prepayments"), ('OVERPAYMENT', "Overpayments"),
    ('CONTACT', "Contacts"), (TRIAL, "Xero's trial"), (OTHER, "Ignored"),
]


class XeroWebhookHour(models.Model):
    """How many events of a category an app received in an hour, for people. Only webhook requests write it."""
    _name = 'xero.webhook.hour'
    _description = "Events Received from Xero"
    _order = 'hour desc, id desc'
    _rec_name = 'category'

    app_id = fields.Many2one('xero.app', required=True, readonly=True, ondelete='cascade')
    connection_id = fields.Many2one('xero.connection', readonly=True, index='btree_not_null', ondelete='cascade')
    category = fields.Selection(
        CATEGORIES, required=True, readonly=True,
        help="Ignored are events of organisations that this app does not export to, and of categories that Odoo does not use.")
    hour = fields.Datetime(required=True, readonly=True)
    events = fields.Integer(required=True, readonly=True)
    last_at = fields.Datetime(string="Last request", required=True, readonly=True)

    _hour_uniq = models.UniqueIndex('(app_id, category, hour, COALESCE(connection_id, 0))')

    @api.model
    def _count(self, app_id, counts):
        """Add to what was received in this hour.

        :param int app_id: ID of a `xero.app`.
        :param dict counts: (ID of a connection or None, category) → number of events.
        """
        # In one order, so that two requests cannot wait for each other
        rows = sorted((category, connection_id or 0, events) for (connection_id, category), events in counts.items())
        self.env.cr.execute(SQL(
            """INSERT INTO xero_webhook_hour AS stored (app_id, connection_id, category, events, hour, last_at)
               SELECT %s, NULLIF(given.connection_id, 0), given.category, given.events, date_trunc('hour', now.at), now.at
                 FROM unnest(%s::varchar[], %s::int[], %s::int[]) AS given(category, connection_id, events),
                      (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS at) AS now
          ON CONFLICT (app_id, category, hour, COALESCE(connection_id, 0))
            DO UPDATE SET events = stored.events + EXCLUDED.events, last_at = GREATEST(stored.last_at, EXCLUDED.last_at)""",
            app_id, *(list(column) for column in zip(*rows))))

    @api.model
    def _summaries(self, apps):
        """Return a dict: ID of an app → when the last request came, what the last event was about, number of events in 24 hours."""
        last, counts = {}, {}
        for app, category, at in self._read_group([('app_id', 'in', apps.ids)], ['app_id', 'category'], ['last_at:max']):
            last.setdefault(app.id, []).append((at, category))
        recent = [('app_id', 'in', apps.ids), ('hour', '>', fields.Datetime.now() - DAY), ('category', '!=', TRIAL)]
        for app, events in self._read_group(recent, ['app_id'], ['events:sum']):
            counts[app.id] = events
        labels = dict(self._fields['category']._description_selection(self.env))
        summaries = {}
        for app_id, received in last.items():
            at_events = [one for one in received if one[1] != TRIAL]
            summaries[app_id] = (max(received)[0], labels[max(at_events)[1]] if at_events else False, counts.get(app_id, 0))
        return summaries

    @api.autovacuum
    def _gc_hours(self):
        """Delete old hours. The last one of each category stays, because it tells when something was received."""
        self.env.cr.execute(SQL(
            """DELETE FROM xero_webhook_hour old
                WHERE hour < %s
                  AND EXISTS (SELECT 1 FROM xero_webhook_hour newer
                               WHERE newer.app_id = old.app_id AND newer.category = old.category AND newer.hour > old.hour
                                 AND newer.connection_id IS NOT DISTINCT FROM old.connection_id)""", fields.Datetime.now() - KEPT))
