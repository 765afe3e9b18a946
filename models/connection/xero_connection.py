import time
from datetime import datetime, timedelta

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError

from ...const import CALLS_KEPT, DAY_LIMIT, ITEM_LIST, LARGE_DAY_LIMIT, LONGEST_PAUSE, RATE_WINDOW, REFERENCE_LISTS
from ...exceptions import XeroRetryable
from .conflicts import mute_conflicts
from .xero_authorization import LOCK_RETRY, LOCK_WAIT

DAY = timedelta(days=1)


class XeroConnection(models.Model):
    """One Xero organisation that we export to, with its policies.

    Life: `draft` → (consent) → `connected` ⇄ `reauthenticate` | `paused` | `disconnected`. The status is written by
    `_set_status` alone, which updates the exports in the same transaction. Each connection has its own scheduled action, whose row lock
    is the connection's lock: see `_run_slice`. The token chain is a separate record, `xero.authorization`.
    """
    _name = 'xero.connection'
    _description = "Xero Connection"
    _inherit = [
        'mail.thread', 'mail.activity.mixin', 'xero.guarded', 'xero.plan', 'xero.sync.status', 'xero.failure.notice', 'xero.next.step',
        'xero.connection.words']
    _order = 'name, id'
    _systray_view = 'kanban'

    # === Identity === #
    name = fields.Char(required=True, tracking=True, help="Your own name for this connection, for example the site that it serves.")
    active = fields.Boolean(default=True)
    app_id = fields.Many2one(
        'xero.app', required=True, ondelete='restrict', index=True, default=lambda self: self.env['xero.setup']._default_app())
    company_ids = fields.Many2many(
        'res.company', 'xero_connection_company_rel', 'connection_id', 'company_id', string="Companies", required=True,
        default=lambda self: self.env.company, help="The companies that may export through this connection.")
    cron_id = fields.Many2one('ir.cron', string="Scheduled action", readonly=True, copy=False, ondelete='set null', groups='base.group_system')

    # === Organisation, as read from Xero === #
    tenant_id = fields.Char(string="Organisation ID", readonly=True, copy=False, index=True)
    organisation_name = fields.Char(string="Organisation", readonly=True, copy=False, tracking=True)
    country_code = fields.Char(readonly=True, copy=False)
    currency_id = fields.Many2one('res.currency', string="Base currency", readonly=True, copy=False)
    short_code = fields.Char(readonly=True, copy=False)
    omits_links = fields.Boolean(compute='_compute_omits_links', help="Odoo's address contains “xero”, and Xero refuses links with it.")
    organisation_version = fields.Char(readonly=True, copy=False, help="The country edition of Xero, such as AU or UK.")
    period_lock_date = fields.Date(readonly=True, copy=False)
    end_of_year_lock_date = fields.Date(readonly=True, copy=False)
    actions = fields.Json(readonly=True, copy=False, help="What Xero allows the authorising person to do, by action name.")
    currency_codes = fields.Json(readonly=True, copy=False, help="Currencies the organisation is subscribed to.")
    contacts_bookmark = fields.Json(readonly=True, copy=False, help="Where an unfinished reading of the contacts resumes: page, since, started.")
    reference_read_at = fields.Json(readonly=True, copy=False, help="When each list of reference data was last read (UTC), by list.")

    # === Stored by the slice === #
    last_success_at = fields.Datetime(string="Last success", readonly=True, copy=False)
    calls_left = fields.Integer(string="Calls left today", readonly=True, copy=False)
    calls_left_at = fields.Datetime(readonly=True, copy=False)
    calls_plenty_at = fields.Datetime(
        readonly=True, copy=False, help="When more calls were last left for the day than the smaller daily limit: this shows that the larger one applies.")
    resume_at = fields.Datetime(string="Resumes at", readonly=True, copy=False, help="Nothing is sent before this time, because Xero asked us to wait.")
    resume_reason = fields.Selection(
        [
            ('minute', "Xero's limit of calls a minute"), ('day', "Xero's limit of calls a day"),
            ('xero', "Xero did not answer"), ('token', "The access is being renewed"), ('crash', "An error in Odoo"),
        ],
        readonly=True, copy=False)
    pace = fields.Json(readonly=True, copy=False, help="Times of the last calls, to stay below Xero's limit a minute.")
    look_back_since = fields.Datetime(readonly=True, copy=False, help="Set while the documents that Xero already has must be read before anything is sent.")
    outage_since = fields.Datetime(readonly=True, copy=False, help="Set while Xero cannot be reached.")
    outage_count = fields.Integer(readonly=True, copy=False)
    swept_at = fields.Datetime(readonly=True, copy=False, help="When posted documents without an export were last searched for.")
    compared_at = fields.Datetime(readonly=True, copy=False, help="When all documents were last compared for changes that no hook noticed.")
    changes_sent_at = fields.Datetime(readonly=True, copy=False, help="When a group of changes was last sent.")
    extras_resume_at = fields.Datetime(readonly=True, copy=False, help="No file or note is sent before this time, because Xero did not answer for one.")
    extras_failures = fields.Integer(readonly=True, copy=False)
    crash_reason = fields.Char(readonly=True, copy=False, help="How the last run ended, if it ended in an error in Odoo.")
    crash_count = fields.Integer(readonly=True, copy=False, help="Runs in a row that ended in an error in Odoo.")

    # === Records of the connection === #
    export_ids = fields.One2many('xero.export', 'connection_id')
    mapping_ids = fields.One2many('xero.mapping', 'connection_id')
    journal_ids = fields.One2many('account.journal', 'xero_connection_id')
    used_by_company_ids = fields.One2many('res.company', 'xero_connection_id')

    # Of any app, archived ones included, as `xero.consent._obstacle` says: with two connections, neither would know what the other one sent.
    # A database in which two connections have one organisation already gets a warning of Odoo when it is upgraded, and no index
    _tenant_uniq = models.UniqueIndex(
        '(tenant_id) WHERE tenant_id IS NOT NULL', "This organisation already has a connection. Use that one, or choose another organisation.")

    # === CONSTRAINTS === #

    @api.constrains('company_ids', 'currency_id')
    def _check_currency(self):
        for connection in self.filtered('currency_id'):
            others = connection.company_ids.filtered_domain([('currency_id', '!=', connection.currency_id.id)])
            if others:
                raise ValidationError(self.env._(
                    "%(companies)s keeps its books in another currency than the Xero organisation of the connection (%(currency)s). "
                    "Remove the company from the connection.",
                    companies=', '.join(others.mapped('name')), currency=connection.currency_id.name))

    @api.constrains('app_id')
    def _check_custom_app(self):
        """A custom connection is for one organisation, so its app serves one connection. Archived ones count: they can be brought back."""
        for app in self.sudo().app_id.filtered(lambda app: app.app_type == 'custom'):
            if len(app.with_context(active_test=False).connection_ids) > 1:
                raise ValidationError(self.env._(
                    "The app “%(app)s” is a custom connection, which gives access to one organisation, and it has a connection already. Create "
                    "another app for another organisation.", app=app.name))

    @api.constrains('company_ids')
    def _check_routing(self):
        """Journals and companies may only name a connection that lists them."""
        for connection in self.sudo():
            for user in connection.with_context(active_test=False).journal_ids.company_id | connection.used_by_company_ids:
                if not connection._serves(user):
                    raise ValidationError(self.env._(
                        "%(company)s still exports through %(connection)s. Choose another connection on the company and its journals first.",
                        company=user.name, connection=connection.name))

    @api.constrains('active')
    def _check_archived(self):
        """Companies and journals may not use an archived connection: their documents would not be exported, without any message."""
        for connection in self.filtered(lambda connection: not connection.active and connection.usage_count):
            raise ValidationError(self.env._(
                "%(connection)s is still used by companies or journals. Open its usage and move them to another connection before you archive it.",
                connection=connection.name))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        connections = super().create(vals_list)
        for connection in connections:
            connection.sudo().cron_id = self.env['ir.cron'].sudo().create(connection._prepare_cron())
        self._clear_caches()
        return connections

    def write(self, vals):
        if 'app_id' in vals:
            self._check_app(vals['app_id'])
        before = self._dated_policies(vals)
        # The slice may write the same row at the same time
        with mute_conflicts(self.env):
            result = super().write(vals)
        self._apply_policies(vals, before)
        return result

    def _check_app(self, app_id):
        """Check that the app may be changed: tokens and codes of one app must not be sent to the address of another.

        Unfinished consents of the connections are refused.

        :raise UserError: a connection is authorised through its present app.
        """
        self.check_access('write')      # the messages below name the connection
        others = self.sudo().filtered(lambda connection: connection.app_id.id != app_id)
        self.env['xero.consent']._refuse_open(others)
        for connection in others:
            if connection.authorization_id:
                raise UserError(self.env._(
                    "%(connection)s is authorised through the app “%(app)s”. Disconnect it before you choose another app.",
                    connection=connection.name, app=connection.app_id.name))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for connection in self.sudo():
            if connection.usage_count:
                raise UserError(self.env._(
                    "%(connection)s is used by %(users)s. Open its usage and move them to another connection first.",
                    connection=connection.name,
                    users=', '.join((connection.used_by_company_ids.mapped('name') + connection.journal_ids.mapped('display_name'))[:5])))
            if connection.with_context(active_test=False).export_ids:
                raise UserError(self.env._(
                    "%(connection)s has exported documents, and their history would be deleted too. Disconnect and archive it instead.",
                    connection=connection.name))

    def unlink(self):
        crons = self.sudo().cron_id
        self.env['xero.change.note'].sudo().search([('connection_ref', 'in', self.ids)]).unlink()
        result = super().unlink()
        crons.unlink()
        self._clear_caches()
        return result

    def _prepare_cron(self):
        """Return the values of the connection's own scheduled action. Its interval ensures the sweep, and a new start after a crash."""
        return {
            'name': f"Xero: export through {self.name}",
            'model_id': self.env['ir.model']._get_id('xero.connection'),
            'state': 'code',
            'code': f'model.browse({self.id})._run_slice()',
            'interval_number': 10,
            'interval_type': 'minutes',
            'user_id': self.env.ref('base.user_root').id,
        }

    @api.model
    @tools.ormcache()
    def _any_exists(self):
        """Return whether there is any connection, archived ones included. Cached, because each posting calls it."""
        return bool(self.sudo().with_context(active_test=False).search_count([], limit=1))

    @api.model
    def _clear_caches(self):
        """Clear what is cached about the existence of connections, menus included; again after the commit, because other threads may read before."""
        self.env.registry.clear_cache()
        self.env.cr.postcommit.add(self.env.registry.clear_cache)

    # === STATUS === #

    def _set_status(self, status, reason=''):
        """Write the status, and update the exports in the same transaction. No other method writes it.

        :param str status: a value of the field.
        :param str reason: a sentence for people; exports that wait show it.
        """
        for connection in self:
            first_time = connection.status == 'draft' and status == 'connected'
            connection.write({'status': status, 'status_reason': reason, 'status_since': fields.Datetime.now()})
            if first_time:
                connection._serve_by_default()
        self.env['xero.export']._follow_status(self)
        if status == 'connected':
            self._arm()

    def _serve_by_default(self):
        """Set the connection on those of its companies that have none yet."""
        for company in self.company_ids:
            if not company._xero_connection():
                company.xero_connection_id = self

    def _serves(self, company):
        """Return whether the connection lists the company (or one of them), or one above it.

        Expects both in sudo: users may not read all of these.
        """
        return bool(company.parent_ids & self.company_ids)

    def _reactivate_crons(self):
        """Activate the connections' own scheduled actions again if Odoo deactivated them after failures."""
        if not self.env['ir.config_parameter'].sudo().get_param('database.is_neutralized'):
            crons = self.with_context(active_test=False).cron_id
            crons.filtered(lambda cron: not cron.active).active = True

    def _arm(self, at=None):
        """Trigger the connection's own scheduled action, whatever the user's rights: each document that a user posts does it.

        :param datetime at: naive UTC; None for as soon as possible.
        """
        for connection in self.sudo():
            connection.cron_id._trigger(at=at)

    # === WHAT XERO ALLOWS === #

    def _locked_until(self):
        """Return the last day on which nothing can be approved in Xero, None if every day is open."""
        locks = [self.end_of_year_lock_date]
        # Each reading of `actions` copies it
        if self.period_lock_date and not (self.actions or {}).get('ApproveTransactionsBeforePeriodLockDate'):
            locks.append(self.period_lock_date)
        return max(filter(None, locks), default=None)

    # === REFERENCE DATA === #

    def _reference_moment(self, name):
        """Return when the last reading of a list began (naive UTC), None if it never was.

        :param str name: of `_reference_lists`.
        """
        read_at = (self.reference_read_at or {}).get(name)
        return datetime.fromisoformat(read_at) if read_at else None

    def _reference_lists(self):
        """Return the names of the lists that the connection needs, in the order in which they are read."""
        return (*REFERENCE_LISTS, ITEM_LIST) if self.sends_item_codes else REFERENCE_LISTS

    # === ADDRESSES === #

    def _endpoints(self):
        return self.app_id._endpoints()

    def _compute_omits_links(self):
        for connection in self:
            connection.omits_links = 'xero' in connection.get_base_url().lower()

    def _web_url(self, page, xero_id):
        """Return the address of a page in Xero's web application, or False if it is not known. Expects a connection in `sudo()`.

        :param str page: template with `web`, `sc` (the organisation's short code with its "!") and `id`, such as `xero.kind._page`; or None.
            Templates: https://developer.xero.com/documentation/api-guides/deep-link-xero
        """
        if not page or not xero_id:
            return False
        try:
            web = self._endpoints()['web']
        except XeroRetryable:   # the address is not allowed
            return False
        return page.format(web=web, sc=self.short_code or '', id=xero_id)

    # === THE SLICE === #

    def _run_slice(self):
        """Send what is due, for some seconds. Only the connection's scheduled action calls it."""
        self.env['xero.step']._run_slice(self)

    def _in_its_language(self):
        """Return the connection in the language of its first company: a document is built in the same language for each user."""
        companies = self.with_context(active_test=False).company_ids
        # All fields of a company and its partner are not needed by a slice with nothing to do
        companies.fetch(['active', 'partner_id'])
        company = companies.filtered('active')[:1]
        company.partner_id.fetch(['lang'])
        return self.with_context(lang=company.partner_id.lang or self.env.lang)

    def _pause_or_open(self):
        """Pause the connection if this server must not talk to Xero for it.

        :return: whether anything may be sent now.
        """
        return self.status == 'connected' and self.active and self._pause_or_resume() and not self._is_paused()

    def _is_paused(self):
        """Return whether a pause is in effect. A pause beyond `LONGEST_PAUSE`, which an older version may have stored, is ignored."""
        now = fields.Datetime.now()
        return bool(self.resume_at and now < self.resume_at <= now + LONGEST_PAUSE)

    def _pause_until(self, pause, reason):
        """Send nothing for a while.

        :param timedelta pause: from now.
        :param str reason: a key of `resume_reason`.
        """
        self.write({'resume_at': fields.Datetime.now() + min(pause, LONGEST_PAUSE), 'resume_reason': reason})

    def _pace_values(self, pacer):
        """Return the values that store the times of the last calls. The caller must hold the lock of the connection's row.

        :param Pacer pacer: of the calls made, None if there were none. Another process may have made calls meanwhile.
        """
        if not pacer:
            return {}
        since = time.time() - RATE_WINDOW
        return {'pace': sorted(call for call in {*pacer.calls, *(self.pace or ())} if call > since)}

    def _calls_known(self, day_left, now):
        """Return the values that store how many calls Xero still allows today.

        :param int day_left: number of calls.
        :param datetime now: naive UTC.
        """
        return {'calls_left': day_left, 'calls_left_at': now, **({'calls_plenty_at': now} if day_left > DAY_LIMIT else {})}

    def _extras_pause(self):
        """Return until when no file or note is sent (naive UTC), False if they may be sent now."""
        return self.extras_resume_at and self.extras_resume_at > fields.Datetime.now() and self.extras_resume_at

    def _has_calls_to_spare(self, client=None):
        """Return whether files and notes may use one of the calls that are left today.

        :param XeroClient client: of this slice; its number is newer than that of the connection.
        """
        left = client.day_left if client else None
        if left is None:
            if not self._knows_calls_left():
                return True     # a new day: the first call returns the number
            left = self.calls_left
        return left > (LARGE_DAY_LIMIT if left > DAY_LIMIT else self._day_limit()) * CALLS_KEPT

    def _day_limit(self):
        """Return the number of calls that Xero allows a day.

        Xero returns the number of calls that are left, not the limit. The smaller limit is assumed, unless more calls than that were left
        within the last two days.
        """
        has_plenty = self.calls_plenty_at and self.calls_plenty_at > fields.Datetime.now() - 2 * DAY
        return LARGE_DAY_LIMIT if has_plenty else DAY_LIMIT

    def _commit_and_lock(self):
        """Commit, and begin a transaction that holds the lock of the connection's row.

        Users write that row too (policies, Connect). In a transaction that has read it before, our write would end in a serialization
        failure, and Odoo does not retry scheduled actions.

        :raise XeroRetryable: another transaction keeps the row locked for longer than `LOCK_WAIT`.
        """
        deadline = time.monotonic() + LOCK_WAIT
        self.env['ir.cron']._commit_progress(remaining=0)
        while not self.try_lock_for_update(allow_referencing=True):
            self.env.cr.rollback()
            if time.monotonic() > deadline:
                raise XeroRetryable("The connection is being changed by somebody else")
            time.sleep(LOCK_RETRY)
