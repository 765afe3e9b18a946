import time
from datetime import timedelta
from math import ceil

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_time, formatLang

from ...const import ADMIN_ROLE, BATCH_DOCUMENTS, CALLS_PER_MINUTE, RATE_WINDOW

DAY = timedelta(days=1)
PERIODS = {'7': timedelta(days=7), '30': timedelta(days=30), 'all': None}
MEASURED = timedelta(days=30)   # a pace measured earlier is not used for a forecast


class XeroSyncStatus(models.AbstractModel):
    """What *Sync Status* shows of a connection: numbers of its syncs, what waits and until when, and the calls that are left.

    All numbers are those of the companies that the user works in, and are read for all connections at once.
    """
    _name = 'xero.sync.status'
    _description = "Sync Status of a Xero Connection"

    sync_count = fields.Integer(string="Syncs", compute='_compute_sync_rates', help="All syncs that are kept, without those that still run.")
    sync_count_7 = fields.Integer(string="Syncs of 7 days", compute='_compute_sync_rates')
    sync_count_30 = fields.Integer(string="Syncs of 30 days", compute='_compute_sync_rates')
    sync_rate = fields.Float(
        string="Success rate", compute='_compute_sync_rates', help="Syncs without any failure, as a share of all syncs.")
    sync_rate_7 = fields.Float(string="Success rate of 7 days", compute='_compute_sync_rates')
    sync_rate_30 = fields.Float(string="Success rate of 30 days", compute='_compute_sync_rates')
    different_count = fields.Integer(string="Different", compute='_compute_sync_queue')
    payment_count = fields.Integer(string="Payments that need a person", compute='_compute_sync_queue')
    oldest_waiting_id = fields.Many2one('xero.export', string="Oldest waiting document", compute='_compute_sync_queue')
    oldest_waiting_at = fields.Datetime(string="Waiting since", compute='_compute_sync_queue')
    forecast = fields.Char(compute='_compute_sync_queue', help="How many documents wait, and when they will be in Xero.")
    calls_left_minute = fields.Integer(string="Calls left this minute", compute='_compute_calls_left')
    calls_left_today = fields.Char(
        string="Calls left for today", compute='_compute_calls_left', help="As Xero said at the last call. Empty if it has not said so today.")

    # === SYNCS === #

    @api.depends('status')
    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_sync_rates(self):
        counts = self._sync_counts()
        for connection in self:
            for period, suffix in (('7', '_7'), ('30', '_30'), ('all', '')):
                succeeded, total = counts[period].get(connection.id, (0, 0))
                connection[f'sync_count{suffix}'] = total
                connection[f'sync_rate{suffix}'] = succeeded / total if total else 0

    def _sync_counts(self):
        """Return, by period (a key of `PERIODS`), a dict: ID of a connection → (syncs that succeeded, all syncs that have ended)."""
        found = {}
        ended = Domain('connection_id', 'in', self.ids) & Domain('state', '!=', 'running')
        for period, length in PERIODS.items():
            since = Domain('start_at', '>=', fields.Datetime.now() - length) if length else Domain.TRUE
            counts = found[period] = {}
            for connection, state, count in self.env['xero.sync']._read_group(ended & since, ['connection_id', 'state'], ['__count']):
                succeeded, total = counts.get(connection.id, (0, 0))
                counts[connection.id] = (succeeded + count * (state == 'succeeded'), total + count)
        return found

    @api.model
    @api.readonly
    def retrieve_sync_totals(self, domain=()):
        """Return the numbers of all connections that match a domain, for the line above their cards.

        :param domain: of the view.
        :return: dict of `syncs`, `rate_7`, `rate_30`, `rate` (from 0 to 1, None without syncs), `failed`, `waiting`, `different`, and
            `last_success_at`, as text; empty if there was none.
        :raise UserError: it is no domain.
        """
        try:
            connections = self.search(Domain(list(domain)))
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("This is no filter of connections: %(domain)s. Load the page again.", domain=str(domain)[:80])) from error
        totals = {'syncs': 0}
        for period, counts in connections._sync_counts().items():
            succeeded, total = (sum(numbers) for numbers in zip(*counts.values())) if counts else (0, 0)
            totals['rate' if period == 'all' else f'rate_{period}'] = succeeded / total if total else None
            totals['syncs'] = total     # of the last period, which is the whole time
        last = max(filter(None, connections.mapped('last_success_at')), default=None)
        return {
            **totals,
            'failed': sum(connections.mapped('failed_count')),
            'waiting': sum(connections.mapped('waiting_count')),
            'different': sum(connections.mapped('different_count')),
            'last_success_at': connections._moment_words(last) if last else '',
        }

    @api.model
    @api.readonly
    def retrieve_attention(self):
        """Return what waits for an invoice admin, as sentences, for the banner on Odoo's dashboard; empty if nothing does, or the user is none."""
        if not self._any_exists() or not self.env.user.has_group(ADMIN_ROLE):
            return []
        Export, sentences = self.env['xero.export'], []
        # Odoo tries the documents of these two causes again
        if failed := Export.search_count([('state', '=', 'failed'), ('cause', 'not in', ('xero', 'connection'))]):
            sentences.append(self.env._("Failed documents: %s.", formatLang(self.env, failed, digits=0)))
        if different := sum(self.env['xero.difference']._open_counts().values()):
            sentences.append(self.env._("Different documents: %s.", formatLang(self.env, different, digits=0)))
        if payments := self.env['xero.payment'].search_count([('needs_person', '=', True)]):
            sentences.append(self.env._("Payments from Xero that need a person: %s.", formatLang(self.env, payments, digits=0)))
        for connection in self.search([('status', 'in', ('reauthenticate', 'paused'))]):
            sentences.append(
                self.env._("%s has to be reauthenticated.", connection.name) if connection.status == 'reauthenticate'
                else self.env._("%s is paused.", connection.name))
        return sentences

    # === WHAT WAITS === #

    @api.depends('status', 'resume_at', 'calls_left')
    @api.depends_context('uid', 'allowed_company_ids', 'lang', 'tz')
    def _compute_sync_queue(self):
        Export = self.env['xero.export']
        own = Domain('connection_id', 'in', self.ids)
        different = self.env['xero.difference']._open_counts(own)
        payments = dict(self.env['xero.payment']._read_group(own & Domain('needs_person', '=', True), ['connection_id'], ['__count']))
        moving = dict(Export._read_group(own & Export._moving_domain() & ~self._held_domain(), ['connection_id'], ['__count']))
        oldest, paces = self._oldest_waiting(), self._measured_paces()
        Export.browse(export_id for export_id, _since in oldest.values()).fetch(['document_name'])
        for connection in self:
            export_id, since = oldest.get(connection.id, (False, False))
            connection.different_count = different.get(connection, 0)
            connection.payment_count = payments.get(connection, 0)
            connection.oldest_waiting_id = export_id
            connection.oldest_waiting_at = since
            connection.forecast = connection._forecast_words(moving.get(connection, 0), paces.get(connection.id))

    def _held_domain(self):
        """Return the domain of the exports that a first sync of these connections holds back."""
        held = self.sudo().filtered('first_sync_id')
        return Domain.OR(Domain('connection_id', '=', connection.id) & connection.first_sync_id._held_domain() for connection in held)

    def _oldest_waiting(self):
        """Return a dict: ID of a connection → (ID of the export that has waited for the longest time, naive UTC since when).

        A document that is not in Xero waits since it was queued; a change of one that is there, since it was last written. A draft waits for a person.
        """
        Export = self.env['xero.export']
        query = Export._search(Domain([
            ('connection_id', 'in', self.ids), ('state', 'in', ('waiting', 'sending', 'uncertain')), ('wait_code', '!=', 'unposted')]))
        since = SQL("date_trunc('second', CASE WHEN xero_export.xero_id IS NULL THEN xero_export.create_date ELSE xero_export.write_date END)")
        rows = self.env.execute_query(SQL(
            "SELECT DISTINCT ON (connection_id) connection_id, id, since FROM (%s) AS waiting ORDER BY connection_id, since, id",
            query.select(SQL("xero_export.connection_id"), SQL("xero_export.id"), SQL("%s AS since", since))))
        return {connection_id: (export_id, moment) for connection_id, export_id, moment in rows}

    # === FORECAST === #

    def _measured_paces(self):
        """Return a dict: ID of a connection → (documents per call, seconds per call), measured in its syncs of many documents."""
        large = [
            ('connection_id', 'in', self.ids), ('run', '=', 'export'), ('done', '>=', BATCH_DOCUMENTS), ('calls', '>', 0),
            ('start_at', '>=', fields.Datetime.now() - MEASURED)]
        groups = self.env['xero.sync']._read_group(large, ['connection_id'], ['done:sum', 'calls:sum', 'duration:sum'])
        return {connection.id: (done / calls, seconds / calls) for connection, done, calls, seconds in groups}

    def _forecast_words(self, moving, pace=None):
        """Return how many documents wait, and when they will be in Xero, for people; False if nothing waits.

        :param int moving: number of documents that wait only for their turn.
        :param tuple pace: documents per call and seconds per call; None if they were not measured: then those that Xero's limits allow.
        """
        names = {'count': formatLang(self.env, self.waiting_count, digits=0)}
        if not self.waiting_count:
            return False
        if self.status != 'connected':
            return self.env._("%(count)s waiting until the connection works", **names)
        if not moving:
            return self.env._("%(count)s waiting for something else, such as an approval, the end of the day or the first sync", **names)
        end, days = self._forecast(moving, pace)
        if days == 1 and not self._is_paused():
            return self.env._("%(count)s waiting, done tomorrow: today's calls do not suffice", **names)
        if days:
            return self.env._("%(count)s waiting, done about %(date)s, because of Xero's limit of calls a day", **names, date=format_date(self.env, end))
        if end - fields.Datetime.now() < timedelta(minutes=1):
            return self.env._("%(count)s waiting, done within a minute", **names)
        return self.env._("%(count)s waiting, done about %(time)s", **names, time=self._moment_words(end))

    def _forecast(self, moving, pace=None):
        """Return when documents will be in Xero (naive UTC), and the number of days for which the calls do not suffice.

        :param int moving: number of documents that wait only for their turn.
        :param tuple pace: see `_forecast_words`.
        """
        per_call, seconds = pace or (BATCH_DOCUMENTS, 0)
        calls = ceil(moving / per_call)
        now = fields.Datetime.now()
        start = max(now, self.resume_at) if self._is_paused() else now
        limit = self._day_limit()
        left = self.calls_left if self._knows_calls_left() else limit
        if self._is_paused() and self.resume_reason == 'day':
            left = limit    # at the start, the calls of a new day
        days = ceil(max(calls - left, 0) / limit)
        return start + days * DAY + timedelta(seconds=calls * max(seconds, RATE_WINDOW / CALLS_PER_MINUTE)), days

    def _moment_words(self, moment):
        """Return a time for people, with its date unless it is today.

        :param datetime moment: naive UTC.
        """
        local, today = fields.Datetime.context_timestamp(self, moment), fields.Date.context_today(self)
        words = format_time(self.env, moment, tz=self.env.context.get('tz'), time_format='short')
        return words if local.date() == today else f'{format_date(self.env, local.date())} {words}'

    # === CALLS === #

    @api.depends('pace', 'calls_left', 'calls_left_at', 'resume_at')
    @api.depends_context('lang')
    def _compute_calls_left(self):
        since = time.time() - RATE_WINDOW
        for connection in self:
            connection.calls_left_minute = max(0, CALLS_PER_MINUTE - sum(call > since for call in connection.pace or ()))
            connection.calls_left_today = connection._knows_calls_left() and formatLang(self.env, connection.calls_left, digits=0)

    def _knows_calls_left(self):
        """Return whether Xero said within the last day how many calls are left. When the pause after the last one is over, there are new ones."""
        is_recent = self.calls_left_at and self.calls_left_at > fields.Datetime.now() - DAY
        return bool(is_recent and (self.calls_left or self._is_paused()))
