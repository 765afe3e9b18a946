from odoo import api, fields, models

STATES = [
    ('waiting', "Waiting"),
    ('sending', "Sending"),
    ('uncertain', "Uncertain"),
    ('failed', "Failed"),
    ('synced', "Synced"),
    ('skipped', "Skipped"),
]
CAUSES = [
    ('connection', "Connection"),
    ('permission', "Permission"),
    ('account', "Account"),
    ('tax', "Tax"),
    ('contact', "Contact"),
    ('number', "Number"),
    ('date', "Date"),
    ('currency', "Currency"),
    ('amount', "Amount"),
    ('tracking', "Tracking"),
    ('plan', "Xero plan"),
    ('data', "Data"),
    ('xero', "Xero"),
]
WAITS = [
    ('retry', "Xero did not answer"),
    ('prerequisite', "Another document goes first"),
    ('approval', "Approval in Xero"),
    ('draft', "Not connected yet"),
    ('paused', "Paused"),
    ('disconnected', "Disconnected"),
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
    asked_by_id = fields.Many2one('res.users', string="Asked for by", readonly=True, help="Who asked for it by hand; served first.")
    asked_at = fields.Datetime(readonly=True)
    mapping_ids = fields.Many2many('xero.mapping', 'xero_export_mapping_rel', 'export_id', 'mapping_id', string="Undecided", readonly=True)

    # === In Xero === #
    revision = fields.Integer(readonly=True, help="Rises with every event of the document.")
    digest = fields.Char(readonly=True, help="Fingerprint of what was sent last.")
    checked_at = fields.Datetime(readonly=True, help="Until then the document is known to equal what was sent.")
    difference = fields.Text(readonly=True, help="How the document differs from what is in Xero.")
    xero_id = fields.Char(string="Xero ID", readonly=True, copy=False)
    xero_number = fields.Char(readonly=True)
    xero_status = fields.Char(string="Status in Xero", readonly=True)
    xero_total = fields.Monetary(string="Total in Xero", readonly=True)
    xero_url = fields.Char(string="Open in Xero", compute='_compute_xero_url')
    synced_at = fields.Datetime(string="Synced on", readonly=True)

    # === The calls it was in === #
    request_ids = fields.Many2many('xero.request', 'xero_request_export_rel', 'export_id', 'request_id', string="Requests", readonly=True)
    sent_element = fields.Text(string="What was sent", compute='_compute_sent_element')

    _document_uniq = models.UniqueIndex(
        '(connection_id, move_id) WHERE move_id IS NOT NULL', "This document is already exported through this connection.")
    _xero_uniq = models.UniqueIndex(
        '(connection_id, kind, xero_id) WHERE xero_id IS NOT NULL', "Another document already stands for this one in Xero.")
    _due = models.Index("(connection_id, next_try_at) WHERE state = 'waiting'")

    @api.model
    def _selection_kind(self):
        return [('sale_invoice', "Customer invoice"), ('bill', "Vendor bill"), ('sale_credit', "Customer credit note"), ('bill_credit', "Vendor credit note")]

    def _compute_wait_reason(self):
        self.wait_reason = False

    def _compute_xero_url(self):
        self.xero_url = False

    def _compute_sent_element(self):
        self.sent_element = False
