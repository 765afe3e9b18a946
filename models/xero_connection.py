from odoo import api, fields, models


STATUSES = [
    ('draft', "Not connected yet"),
    ('connected', "Connected"),
    ('reauthenticate', "Reauthenticate"),
    ('paused', "Paused"),
    ('disconnected', "Disconnected"),
]


class XeroConnection(models.Model):
    """One Xero organisation that we export to, with its policies.

    Life: `draft` → (consent) → `connected` ⇄ `reauthenticate` | `paused` | `disconnected`. The status is written by
    `_set_status` alone, which tells the exports in the same breath. Each connection has one scheduled action of its own,
    whose row lock is the connection's lock: see `_run_slice`. The token chain is another record, `xero.authorization`.
    """
    _name = 'xero.connection'
    _description = "Xero Connection"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'name, id'
    _systray_view = 'kanban'

    # === Identity === #
    name = fields.Char(required=True, tracking=True, help="Your own name for this connection, for example the site that it serves.")
    active = fields.Boolean(default=True)
    app_id = fields.Many2one('xero.app', string="App", required=True, ondelete='restrict', index=True)
    company_ids = fields.Many2many(
        'res.company', 'xero_connection_company_rel', 'connection_id', 'company_id', string="Companies", required=True,
        default=lambda self: self.env.company, help="The companies that may export through this connection.")
    cron_id = fields.Many2one('ir.cron', string="Scheduled action", readonly=True, copy=False, ondelete='set null', groups='base.group_system')

    # === Organisation, as Xero tells it === #
    tenant_id = fields.Char(string="Organisation ID", readonly=True, copy=False, index=True)
    organisation_name = fields.Char(string="Organisation", readonly=True, copy=False, tracking=True)
    country_code = fields.Char(readonly=True, copy=False)
    currency_id = fields.Many2one('res.currency', string="Base currency", readonly=True, copy=False)
    short_code = fields.Char(readonly=True, copy=False)
    organisation_version = fields.Char(readonly=True, copy=False, help="The country edition of Xero, such as AU or UK.")
    plan_class = fields.Char(string="Plan", readonly=True, copy=False)
    period_lock_date = fields.Date(readonly=True, copy=False)
    end_of_year_lock_date = fields.Date(readonly=True, copy=False)
    actions = fields.Json(readonly=True, copy=False, help="What Xero allows the authorising person to do, by action name.")
    currency_codes = fields.Json(readonly=True, copy=False, help="Currencies the organisation is subscribed to.")
    reference_read_at = fields.Json(readonly=True, copy=False, help="When each list of reference data was last read (UTC), by list.")

    # === Health === #
    status = fields.Selection(STATUSES, default='draft', required=True, readonly=True, copy=False, tracking=True, index=True)
    status_reason = fields.Char(readonly=True, copy=False)
    status_since = fields.Datetime(default=fields.Datetime.now, readonly=True, copy=False)
    authorization_id = fields.Many2one('xero.authorization', readonly=True, copy=False, ondelete='set null', index='btree_not_null', groups=fields.NO_ACCESS)
    connection_ref = fields.Char(string="Connection ID at Xero", readonly=True, copy=False)
    authorized_by_id = fields.Many2one('res.users', string="Authorised by", readonly=True, copy=False)
    authorized_email = fields.Char(string="Xero log-in", readonly=True, copy=False)
    authorized_at = fields.Datetime(readonly=True, copy=False)
    consent_requested_at = fields.Datetime(readonly=True, copy=False)
    last_success_at = fields.Datetime(string="Last success", readonly=True, copy=False)
    calls_left = fields.Integer(string="Calls left today", readonly=True, copy=False)
    calls_left_at = fields.Datetime(readonly=True, copy=False)
    resume_at = fields.Datetime(string="Goes on at", readonly=True, copy=False, help="Until then Xero asked us to wait.")
    resume_reason = fields.Selection(
        [('minute', "Xero's limit of calls a minute"), ('day', "Xero's limit of calls a day"), ('xero', "Xero did not answer"), ('token', "The access is being renewed")],
        readonly=True, copy=False)
    pace = fields.Json(readonly=True, copy=False, help="Times of the last calls, to stay below Xero's limit a minute.")
    look_back_since = fields.Datetime(readonly=True, copy=False, help="Set while we must ask Xero what it already has before anything is sent.")
    swept_at = fields.Datetime(readonly=True, copy=False)

    # === Policies === #
    export_start_date = fields.Date(
        string="Export from", required=True, default=fields.Date.context_today, tracking=True,
        help="Documents with an accounting date before this day are exported only when somebody asks for it on the document.")
    export_sale_invoice = fields.Boolean(string="Customer invoices", default=True)
    export_bill = fields.Boolean(string="Vendor bills", default=True)
    export_sale_credit = fields.Boolean(string="Customer credit notes", default=True)
    export_bill_credit = fields.Boolean(string="Vendor credit notes", default=True)
    export_receipt = fields.Boolean(string="Receipts", default=True)
    sales_status = fields.Selection(
        [('DRAFT', "Draft"), ('SUBMITTED', "Awaiting approval"), ('AUTHORISED', "Approved")], string="Sales arrive as",
        default='AUTHORISED', required=True, tracking=True)
    bills_status = fields.Selection(
        [('DRAFT', "Draft"), ('SUBMITTED', "Awaiting approval"), ('AUTHORISED', "Approved")], string="Bills arrive as",
        default='AUTHORISED', required=True, tracking=True)
    bill_date = fields.Selection(
        [('accounting', "Accounting date"), ('document', "Bill date")], string="Date of bills in Xero", default='accounting', required=True)
    duplicate_name = fields.Selection(
        [('fail', "Ask a person"), ('number', "Add our number to the name")], string="When a contact's name is taken", default='fail', required=True)
    contact_prefix = fields.Char(readonly=True, copy=False, help="Starts every contact number that we give in Xero.")

    # === What was exported === #
    export_ids = fields.One2many('xero.export', 'connection_id')
    mapping_ids = fields.One2many('xero.mapping', 'connection_id')
    sync_ids = fields.One2many('xero.sync', 'connection_id')
    journal_ids = fields.One2many('account.journal', 'xero_connection_id')
    used_by_company_ids = fields.One2many('res.company', 'xero_connection_id')
