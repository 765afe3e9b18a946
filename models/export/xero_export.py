from odoo import api, fields, models
from odoo.tools import format_datetime, format_time

from ...const import BATCH_DOCUMENTS
from .xero_cause import SELECTION as CAUSES

STATES = [
    ('waiting', "Waiting"),
    ('sending', "Sending"),
    ('uncertain', "Uncertain"),
    ('failed', "Failed"),
    ('synced', "Synced"),
    ('skipped', "Skipped"),
]
WAITS = [
    ('retry', "Xero did not answer"),
    ('prerequisite', "Another document goes first"),
    ('approval', "Approval in Xero"),
    ('draft', "Not connected yet"),
    ('paused', "Paused"),
    ('disconnected', "Disconnected"),
    ('unposted', "Not posted in Odoo"),
    ('day_end', "The day is not over"),
    ('empty', "Nothing to send"),
    ('mode', "The journal goes another way"),
]


class XeroExport(models.Model):
    """The fact that one Odoo document has to be in one Xero organisation, and how far that is.

    One row per connection and document, for life. Users read it; every change goes through its own methods, which run in
    sudo. The way in is `_enqueue`; `waiting` rows are taken by the connection's slice and end as `synced`, `failed` with a
    cause, or `uncertain`; people take them out (`skipped`) or back in (`_requeue`).
    """
    _name = 'xero.export'
    _description = "Xero Export"
    _order = 'id desc'
    _rec_name = 'document_name'

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    kind = fields.Selection(selection='_selection_kind', string="Type", required=True, readonly=True)

    # === The document, and what it was when it was queued === #
    move_id = fields.Many2one('account.move', string="Document", readonly=True, index='btree_not_null', ondelete='set null', check_company=False)
    document_name = fields.Char(string="Number", readonly=True)
    document_date = fields.Date(string="Date", readonly=True)
    partner_id = fields.Many2one('res.partner', readonly=True, index='btree_not_null', ondelete='set null')
    currency_id = fields.Many2one('res.currency', readonly=True)
    amount_total = fields.Monetary(string="Total", readonly=True)
    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company currency")
    # Amounts like the others, but for the rounding by a currency that would have to be read for each
    base_total = fields.Float(string="Value in Odoo", digits=(16, 2), readonly=True, help="The total in the company's currency.")

    # === Documents that are no journal entries === #
    partial_id = fields.Many2one('account.partial.reconcile', string="Reconciliation", readonly=True, index='btree_not_null', ondelete='set null')
    credit_export_id = fields.Many2one('xero.export', string="Export of the credit note", readonly=True, index='btree_not_null', ondelete='restrict')
    invoice_export_id = fields.Many2one('xero.export', string="Export of the invoice", readonly=True, index='btree_not_null', ondelete='restrict')
    credit_move_id = fields.Many2one(related='credit_export_id.move_id', related_sudo=False, string="Credit note")
    invoice_move_id = fields.Many2one(related='invoice_export_id.move_id', related_sudo=False, string="Allocated to")
    makes_way = fields.Boolean(readonly=True, help="Undone in Xero for a moment, so that one of its documents can be changed there.")
    day_id = fields.Many2one('xero.journal.day', readonly=True, index='btree_not_null', ondelete='set null')

    # === How far it is === #
    operation = fields.Selection(
        [('create', "Create"), ('update', "Update"), ('void', "Void")], default='create', required=True, readonly=True)
    state = fields.Selection(STATES, default='waiting', required=True, readonly=True, index=True)
    cause = fields.Selection(CAUSES, readonly=True)
    message = fields.Text(readonly=True, help="What happened, and what to do next.")
    details = fields.Text(string="Xero's own words", readonly=True)
    warning = fields.Text(readonly=True)
    wait_code = fields.Selection(WAITS, readonly=True)
    wait_for_id = fields.Many2one('xero.export', readonly=True, index='btree_not_null', ondelete='set null')
    wait_reason = fields.Char(compute='_compute_wait_reason')
    next_try_at = fields.Datetime(string="Next try", readonly=True)
    retry_count = fields.Integer(readonly=True, help="Tries in a row that Xero left unanswered.")
    retry_since = fields.Datetime(readonly=True)
    batch_limit = fields.Integer(readonly=True, help="Set while a request that Xero could not read is being halved.")
    attempts = fields.Integer(readonly=True)
    last_try_at = fields.Datetime(string="Last try", readonly=True)
    asked_by_id = fields.Many2one('res.users', string="Requested by", readonly=True, help="Requested manually by this user; sent first.")
    asked_at = fields.Datetime(readonly=True)
    mapping_ids = fields.Many2many('xero.mapping', 'xero_export_mapping_rel', 'export_id', 'mapping_id', string="Undecided", readonly=True)

    # === In Xero === #
    revision = fields.Integer(readonly=True, help="Rises with every event of the document.")
    digest = fields.Char(readonly=True, help="Fingerprint of what was sent last.")
    checked_at = fields.Datetime(readonly=True, help="Until then the document is known to equal what was sent.")
    difference = fields.Text(readonly=True, help="How the document differs from what is in Xero.")
    xero_id = fields.Char(string="Xero ID", readonly=True, copy=False)
    xero_number = fields.Char(readonly=True)
    xero_status = fields.Char(string="Status code in Xero", readonly=True)
    xero_total = fields.Monetary(string="Total in Xero", readonly=True)
    xero_base_total = fields.Float(
        string="Value in Xero", digits=(16, 2), readonly=True,
        help="The total in the organisation's currency, by the rate that Xero has. Odoo converts line by line, so cents may differ.")
    xero_url = fields.Char(string="Open in Xero", compute='_compute_xero_url')
    synced_at = fields.Datetime(string="Synced on", readonly=True)
    candidate = fields.Json(readonly=True, help="The document that holds our number in Xero, when that is why ours was refused.")

    # === The calls it was in === #
    request_ids = fields.Many2many('xero.request', 'xero_request_export_rel', 'export_id', 'request_id', string="Requests", readonly=True)
    sent_element = fields.Text(string="What was sent", compute='_compute_sent_element')

    _document_uniq = models.UniqueIndex(
        '(connection_id, move_id) WHERE move_id IS NOT NULL', "This document is already exported through this connection.")
    _partial_uniq = models.UniqueIndex(
        '(connection_id, partial_id) WHERE partial_id IS NOT NULL', "This reconciliation is already exported through this connection.")
    _day_uniq = models.UniqueIndex(
        '(connection_id, day_id) WHERE day_id IS NOT NULL', "This day is already exported through this connection.")
    _xero_uniq = models.UniqueIndex(
        '(connection_id, kind, xero_id) WHERE xero_id IS NOT NULL', "Another document already stands for this one in Xero.")
    # What a slice looks for, so that it does not read what has piled up besides
    _due = models.Index("(connection_id, next_try_at) WHERE state = 'waiting'")
    _tried_on = models.Index("(connection_id, next_try_at) WHERE state = 'failed' AND cause = 'xero'")
    _scheduled = models.Index("(connection_id, next_try_at) WHERE next_try_at IS NOT NULL")
    _lost = models.Index("(connection_id) WHERE state = 'failed' AND cause = 'connection'")
    _held = models.Index("(connection_id, wait_code) WHERE wait_code IS NOT NULL")
    _uncompared = models.Index("(connection_id, id) WHERE state = 'synced' AND checked_at IS NULL")

    # === COMPUTE === #

    @api.model
    def _selection_kind(self):
        return [(kind._kind_name(), kind._label()) for kind in self.env['xero.kind']._all()]

    @api.depends('document_name', 'connection_id')
    def _compute_display_name(self):
        for export in self:
            export.display_name = export.document_name or self.env._("Document %s", export.id)

    @api.depends(
        'state', 'wait_code', 'wait_for_id.state', 'next_try_at', 'retry_count', 'connection_id.resume_at', 'connection_id.status_reason',
        'credit_export_id.xero_status', 'invoice_export_id.xero_status')
    def _compute_wait_reason(self):
        now = fields.Datetime.now()
        for export in self:
            connection = export.connection_id.sudo()
            export.wait_reason = False
            if export.state not in ('waiting', 'uncertain', 'sending') and not export.next_try_at:
                continue
            if export.state == 'waiting' and export.wait_code and (words := export._kind()._wait_words(export)):
                export.wait_reason = words
            elif export.wait_code in ('draft', 'paused', 'disconnected'):
                export.wait_reason = connection.status_reason or dict(connection._fields['status']._description_selection(self.env))[connection.status]
            elif export.wait_code == 'unposted':
                export.wait_reason = self.env._("Goes out when it is posted again")
            elif export.wait_for_id:
                export.wait_reason = export._wait_for_words()
            elif connection.resume_at and connection.resume_at > now:
                export.wait_reason = self.env._(
                    "%(reason)s; goes on at %(time)s", time=self._clock_time(connection.resume_at),
                    reason=dict(connection._fields['resume_reason']._description_selection(self.env)).get(connection.resume_reason, ''))
            elif export.next_try_at and export.next_try_at > now:
                export.wait_reason = self.env._("Next try %(time)s", time=self._clock_time(export.next_try_at))
            elif export.state == 'uncertain':
                export.wait_reason = self.env._("Xero did not answer; we are asking whether it has arrived")
            else:
                export.wait_reason = self.env._("Goes out now")

    def _wait_for_words(self):
        """Return, for people, what the document waits for, and how far that is."""
        first = self.wait_for_id.sudo()
        if first.state == 'failed':
            return self.env._("Waits for %(document)s, which failed", document=first.document_name)
        if first.state == 'skipped':
            return self.env._("Waits for %(document)s, which is skipped", document=first.document_name)
        return self.env._("Waits for %(document)s", document=first.document_name)

    def _clock_time(self, moment):
        """Return a moment as people say it: the time, with the day unless it is today."""
        local = fields.Datetime.context_timestamp(self, moment)
        today = fields.Datetime.context_timestamp(self, fields.Datetime.now()).date()
        return format_time(self.env, moment, time_format='short') if local.date() == today else format_datetime(self.env, moment, dt_format='short')

    @api.depends('xero_id', 'kind', 'connection_id.short_code', 'credit_export_id.xero_id')
    def _compute_xero_url(self):
        for export in self:
            export.xero_url = export._kind()._web_url(export)

    @api.depends('request_ids.frozen')
    def _compute_sent_element(self):
        for export in self:
            export.sent_element = export.sudo().request_ids._element_of(export)

    def _kind(self):
        """Return the model that knows how documents of this kind look in Xero."""
        # Not `self[:1]`, which would be read without its neighbours
        return self.env[f'xero.kind.{next(iter(self)).kind}']

    def _by_kind(self):
        """Return pairs of a kind's model and those of these exports that are of the kind."""
        return [(exports._kind(), exports) for exports in self.grouped('kind').values()]

    def _document(self):
        """Return the document in Odoo, of whatever model; empty when it was deleted."""
        return self[self._kind()._document_field]

    def _desired_state(self):
        """Return what Odoo wants of the document in Xero: `present`, `pending` or `absent`, see `xero.kind._desired_state`."""
        return self._kind()._desired_state(self)

    def _batch_limit(self):
        """Return how many documents go into one request: fewer after one of them spoilt a body."""
        return next(iter(self)).batch_limit or BATCH_DOCUMENTS
