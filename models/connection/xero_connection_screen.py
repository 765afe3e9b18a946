from datetime import datetime

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import LazyTranslate

from ...const import ADMIN_ROLE, SCOPE_PURPOSES
from ...exceptions import XeroOAuthError, XeroUnauthorised
from ...tools.client_action import notification
from ...tools.moment import exact_now
from .xero_connection_policy import ATTACHMENTS_SCOPE

_lt = LazyTranslate(__name__)

PORTAL = 'developer.xero.com/app/manage'

# What each permission is for, and what is off without it, by the values of SCOPE_PURPOSES
PURPOSES = {
    'offline': (_lt("stay connected"), _lt("a person would have to log in every half hour")),
    'documents': (_lt("invoices, bills and credit notes"), _lt("nothing can be exported")),
    'contacts': (_lt("contacts"), _lt("nothing can be exported")),
    'settings': (_lt("chart of accounts, tax rates and currencies"), _lt("accounts and taxes cannot be mapped or checked")),
    'creation': (_lt("new items, tax rates and tracking options"), _lt("nothing new is created in Xero")),
    'payments': (_lt("payments"), _lt("payments are not exchanged")),
    'attachments': (_lt("attachments"), _lt("files are not sent")),
    'journals': (_lt("manual journals"), _lt("journal entries are not exported")),
}


class XeroConnection(models.Model):
    """What the screens of a connection show: access, numbers, details for support, and buttons that open related records."""
    _inherit = 'xero.connection'

    # === Access, in words === #
    environment = fields.Selection(related='app_id.environment')
    app_type = fields.Selection(related='app_id.app_type', string="Type of app")
    scope_set = fields.Selection(related='app_id.scope_set', string="Requested permissions")
    redirect_uri = fields.Char(related='app_id.redirect_uri')
    webhook_state = fields.Selection(related='app_id.webhook_state')
    consent_kind = fields.Selection(
        [('first', "Not authorised yet"), ('scopes', "Authorised with fewer permissions"), ('renewal', "Renewal")],
        compute='_compute_consent_kind', compute_sudo=True)
    missing_scopes = fields.Char(string="Missing permissions", compute='_compute_scopes', compute_sudo=True)
    scopes_text = fields.Html(string="Permissions", compute='_compute_scopes', compute_sudo=True, sanitize=False)
    next_renewal_at = fields.Datetime(string="Next renewal", compute='_compute_next_renewal_at', compute_sudo=True)
    pause_reason = fields.Char(compute='_compute_pause_reason', compute_sudo=True, help="Why this server may not talk to Xero for it.")
    is_copy = fields.Boolean(compute='_compute_pause_reason', compute_sudo=True)
    needs_attachment_consent = fields.Boolean(compute='_compute_needs_attachment_consent', compute_sudo=True)
    needs_item_consent = fields.Boolean(compute='_compute_needs_item_consent', compute_sudo=True)
    needs_payment_consent = fields.Boolean(compute='_compute_needs_payment_consent', compute_sudo=True)

    # === Numbers === #
    synced_count = fields.Integer(string="Synced", compute='_compute_export_counts')
    failed_count = fields.Integer(string="Failed", compute='_compute_export_counts')
    waiting_count = fields.Integer(string="Waiting", compute='_compute_export_counts')
    success_rate = fields.Float(string="Documents in Xero", compute='_compute_export_counts', help="Synced, as a share of synced and failed.")
    usage_count = fields.Integer(string="Companies and journals", compute='_compute_usage_count', compute_sudo=True)
    reference_progress = fields.Char(compute='_compute_reference_progress', help="The progress of a reading that a user requested.")
    has_ledger = fields.Boolean(compute='_compute_has_ledger', compute_sudo=True, help="Whether any journal goes to Xero as manual journals.")
    extras_notice = fields.Char(compute='_compute_extras_notice', compute_sudo=True, help="How many files and notes wait, and the reason.")
    details = fields.Text(compute='_compute_details')

    # === COMPUTES === #

    @api.depends('authorization_id.scopes', 'authorized_at', 'app_id.scope_set', 'attachment_policy', 'sends_item_codes')
    def _compute_consent_kind(self):
        for connection in self:
            if not connection.authorized_at:
                connection.consent_kind = 'first'
            else:
                connection.consent_kind = 'scopes' if connection.authorization_id and connection._missing_scopes() else 'renewal'

    @api.depends('authorization_id.scopes', 'app_id.scope_set', 'attachment_policy', 'sends_item_codes')
    def _compute_scopes(self):
        for connection in self:
            missing = connection._missing_scopes()
            purposes = {SCOPE_PURPOSES[scope]: scope not in missing for scope in connection._wanted_scopes() if scope in SCOPE_PURPOSES}
            connection.missing_scopes = ', '.join(map(
                self.env._, (PURPOSES[SCOPE_PURPOSES[scope]][0] for scope in missing if scope in SCOPE_PURPOSES)))
            connection.scopes_text = Markup('<ul class="list-unstyled mb-0">%s</ul>') % Markup().join(
                connection._scope_line(purpose, granted) for purpose, granted in purposes.items())

    def _scope_line(self, purpose, granted):
        granted = granted and self.authorization_id
        covers, off = map(self.env._, PURPOSES[purpose])
        icon = Markup('<i class="fa fa-fw %s" role="img"/>') % ('fa-check text-success' if granted else 'fa-times text-danger')
        text = covers if granted else self.env._("%(covers)s – without it %(off)s", covers=covers, off=off)
        return Markup('<li>%s %s</li>') % (icon, text)

    @api.depends('attachment_policy', 'authorization_id.scopes', 'status')
    def _compute_needs_attachment_consent(self):
        for connection in self:
            connection.needs_attachment_consent = connection.status == 'connected' and ATTACHMENTS_SCOPE in connection._missing_scopes()

    @api.depends('sends_item_codes', 'authorization_id.scopes', 'status')
    def _compute_needs_item_consent(self):
        for connection in self:
            connection.needs_item_consent = connection.status == 'connected' and connection.sends_item_codes and connection._lacks_settings()

    @api.depends('authorization_id.scopes', 'status')
    def _compute_needs_payment_consent(self):
        for connection in self:
            connection.needs_payment_consent = connection.status == 'connected' and any(
                SCOPE_PURPOSES.get(scope) == 'payments' for scope in connection._missing_scopes())

    @api.depends('authorization_id.access_expires_at', 'status')
    def _compute_next_renewal_at(self):
        for connection in self:
            connection.next_renewal_at = connection.status == 'connected' and connection.authorization_id.access_expires_at

    @api.depends('status')
    def _compute_pause_reason(self):
        for connection in self:
            connection.pause_reason = connection._pause_reason()
            connection.is_copy = self.env['xero.server']._is_copy()

    @api.depends('export_ids.state')
    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_export_counts(self):
        counts = {
            (connection, state): count
            for connection, state, count in self.env['xero.export']._read_group(
                [('connection_id', 'in', self.ids)], ['connection_id', 'state'], ['__count'])}
        for connection in self:
            synced, failed = counts.get((connection, 'synced'), 0), counts.get((connection, 'failed'), 0)
            connection.synced_count = synced
            connection.failed_count = failed
            connection.waiting_count = sum(counts.get((connection, state), 0) for state in ('waiting', 'sending', 'uncertain'))
            connection.success_rate = synced / (synced + failed) if synced + failed else 0

    @api.depends('used_by_company_ids', 'journal_ids')
    def _compute_usage_count(self):
        for connection in self:
            connection.usage_count = len(connection.used_by_company_ids) + len(connection.journal_ids)

    @api.depends('reference_read_at', 'status')
    def _compute_reference_progress(self):
        for connection in self:
            asked = connection.status == 'connected' and connection._asked_readings()[:1]
            connection.reference_progress = self.env._(
                "%(done)s of %(total)s lists read", done=len(connection._lists_read_since(asked.start_at)),
                total=len(connection._reference_lists())) if asked else False

    @api.depends('journal_ids.xero_mode', 'company_ids')
    def _compute_has_ledger(self):
        for connection in self:
            connection.has_ledger = bool(connection._ledger_journals())

    @api.depends('attachment_policy', 'sends_note', 'calls_left')
    def _compute_extras_notice(self):
        for connection in self:
            sorts = connection._extra_sorts()
            waiting = sorts and self.env['xero.extra'].search_count(
                [('connection_id', '=', connection.id), ('state', '=', 'waiting'), ('sort', 'in', list(connection._permitted_sorts()))])
            connection.extras_notice = False
            if waiting and not connection._has_calls_to_spare():
                connection.extras_notice = self.env._(
                    "%(count)s files and notes wait: only %(calls)s calls to Xero are left for today, and they are reserved for documents.",
                    count=waiting, calls=connection.calls_left)
            elif waiting:
                connection.extras_notice = self.env._("%(count)s files and notes wait. They are sent while no document waits.", count=waiting)

    @api.depends('status')
    def _compute_details(self):
        for connection in self:
            connection.details = '\n'.join(f'{label}: {value}' for label, value in connection._details())

    def _details(self):
        """Return the information that support needs, as pairs of label and value, without any secret and any name of a person."""
        self.ensure_one()
        connection = self.sudo()
        authorization = connection.authorization_id
        return [
            ("Add-on", self._user_agent()),
            ("Connection", f"{connection.name} ({connection.id})"),
            ("Status", f"{connection.status} since {connection.status_since} UTC"),
            # The reason of *Disconnected* names the person who did it
            ("Reason", (connection.status != 'disconnected' and connection.status_reason) or "–"),
            ("Organisation", f"{connection.organisation_name or '–'} ({connection.country_code or '–'}, {connection.currency_id.name or '–'})"),
            ("Organisation ID", connection.tenant_id or "–"),
            ("Plan", connection.plan_class or "–"),
            ("Connection ID at Xero", connection.connection_ref or "–"),
            ("App", f"{connection.app_id.name}, {connection.app_type}, {connection.app_id.environment}, {connection.app_id.scope_set} permissions"),
            ("Client ID", connection.app_id.client_id),
            ("Redirect URI", connection.app_id.redirect_uri),
            ("Authorised on", f"{connection.authorized_at or '–'} UTC"),
            ("Granted scopes", authorization.scopes or "–"),
            ("Access token ends", f"{authorization.access_expires_at or '–'} UTC"),
            ("Chain renewed", f"{authorization.refreshed_at or '–'} UTC"),
            ("Last success", f"{connection.last_success_at or '–'} UTC"),
            ("Calls left today", f"{connection.calls_left} at {connection.calls_left_at} UTC" if connection.calls_left_at else "–"),
            ("Webhook", f"{connection.webhook_state}, last request {fields.Datetime.to_string(connection.app_id.webhook_last_at) or '–'} UTC"),
            ("Resumes at", f"{connection.resume_at} UTC ({connection.resume_reason})" if connection.resume_at else "–"),
            ("Look-back since", f"{connection.look_back_since} UTC" if connection.look_back_since else "–"),
            ("Exports", f"{self.synced_count} synced, {self.failed_count} failed, {self.waiting_count} waiting"),
            ("Scheduled action", "on" if connection.cron_id.active else "off"),
            ("Companies", ', '.join(connection.company_ids.mapped('name'))),
        ]

    # === ACCESS, IN WORDS === #

    def _access_lost_reason(self, error):
        """Return why access was lost and what to do, for users."""
        self.ensure_one()
        if self.app_type == 'custom':
            return self._custom_refusal(error)
        if isinstance(error, XeroUnauthorised) and error.kind == 'tenant':
            return self.env._(
                "Xero no longer lets Odoo into %(organisation)s: it was disconnected in Xero, or %(email)s lost access to it. "
                "An invoice admin has to reauthenticate.",
                organisation=self.organisation_name, email=self.authorized_email or self.env._("the person who connected it"))
        if isinstance(error, XeroOAuthError) and error.refuses_app:
            return self.env._(
                "Xero does not accept the client ID and secret of the app “%(app)s”. Correct them on the app; the connection is then restored "
                "automatically.", app=self.app_id.name)
        return self.env._(
            "The access that %(email)s gave has ended at Xero. An invoice admin has to reauthenticate.",
            email=self.authorized_email or self.env._("the person who connected it"))

    def _custom_refusal(self, error):
        """Return why Xero gives a custom connection no access and what to do, for users.

        :param XeroError error: `XeroOAuthError`, or `XeroUnauthorised` of the kind `tenant`.
        """
        self.ensure_one()
        code = error.code if isinstance(error, XeroOAuthError) else ''
        names = {'app': self.app_id.name, 'organisation': self.organisation_name or self.env._("the organisation"), 'portal': PORTAL}
        if code == 'invalid_client':
            return self.env._(
                "Xero does not accept the client ID and secret of the app “%(app)s”. Compare them with the app in Xero's developer portal "
                "(%(portal)s), save them again on the app, then check the access.", **names)
        if code == 'invalid_scope':
            return self.env._(
                "Xero does not accept the permissions of the custom connection “%(app)s”. Choose its scopes in Xero's developer portal "
                "(%(portal)s), let the organisation authorise it again, then check the access.", **names)
        if code == 'invalid_grant':     # not an answer of Xero: this database holds no token
            return self.env._(
                "Odoo has no access through the custom connection “%(app)s”. Check that the client secret is set on the app, then check the "
                "access.", **names)
        if code:
            return self.env._(
                "Xero gives the app “%(app)s” no access: its custom connection is not authorised yet or was removed in Xero, or the app has "
                "another type there. Authorise the custom connection in Xero's developer portal (%(portal)s), then check the access.", **names)
        return self.env._(
            "Xero no longer lets Odoo into %(organisation)s through the custom connection “%(app)s”: it was removed in Xero, or is authorised for "
            "another organisation now. Authorise the custom connection in Xero's developer portal (%(portal)s), then check the access.", **names)

    def _alert_summary(self, user):
        """Return the values of a task by which it says what to do for a custom connection, in the language of its user."""
        if self.app_type != 'custom':
            return {}
        return {'summary': self.with_context(lang=user.lang).env._("Authorise the custom connection at Xero, then check the access")}

    def _login_words(self):
        """Return the Xero user of the connection, to start a sentence."""
        return self.authorized_email or self.env._("The person who authorised the connection at Xero")

    def _scope_words(self):
        """Return where a custom connection gets a permission that it lacks, as a sentence; empty for other connections."""
        if self.app_type != 'custom':
            return ''
        return self.env._(
            "The permissions of a custom connection are chosen in Xero: add the scope to the app “%(app)s” in Xero's developer portal (%(portal)s), "
            "let the organisation authorise it again, then check the access on %(connection)s.",
            app=self.sudo().app_id.name, portal=PORTAL, connection=self.name)

    # === REFERENCE DATA === #

    def _ask_for_reference(self):
        """Request that all lists are read in the background; the user gets a notification at the end.

        :raise AccessError: the user may not write the connection.
        """
        self.check_access('write')
        for connection in self:
            mine = connection._asked_readings().filtered(lambda asked: asked.user_id == self.env.user)
            if not mine or connection._lists_read_since(mine[0].start_at):     # what was read does not answer what is asked now
                mine.create({
                    'connection_id': connection.id, 'run': 'reference', 'start_at': exact_now(), 'by_hand': True, 'user_id': self.env.uid})
        self._arm()

    def _asked_readings(self):
        """Return the `xero.sync` of readings that users requested and that have not ended, in sudo, the newest first."""
        return self.env['xero.sync'].sudo().search(
            [('connection_id', '=', self.id), ('run', '=', 'reference'), ('by_hand', '=', True), ('end_at', '=', False)])

    def _lists_read_since(self, moment):
        """Return the names of the lists whose last reading began at a moment or later.

        :param datetime moment: naive UTC.
        """
        return [name for name in self._reference_lists() if (self._reference_moment(name) or datetime.min) >= moment]

    # === ACTIONS === #

    def action_open_exports(self):
        """Open the exports of the connection, with the search filters that the context names (`xero_filters`)."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_export_action')
        return {
            **action,
            'domain': [('connection_id', '=', self.id)],
            'context': {f'search_default_{name}': 1 for name in self.env.context.get('xero_filters', ())},
        }

    def action_open_differences(self):
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_difference_action'),
            'domain': [('connection_id', '=', self.id)],
        }

    def action_open_payments(self):
        """Open the payments from Xero about which a person has to decide."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_payment_action'),
            'domain': [('connection_id', '=', self.id)],
            'context': {'search_default_to_do': 1},
        }

    def action_open_syncs(self):
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_sync_action'),
            'domain': [('connection_id', '=', self.id)],
            'context': {},
        }

    def action_usage(self):
        """Show which companies and journals use the connection; the dialog can move them all."""
        self.ensure_one()
        return self._open_dialog('xero.move.usage', self.env._("Usage of %(connection)s", connection=self.name))

    def action_check(self):
        """Open the dialog that checks what would happen if the documents of a period were exported now."""
        self.ensure_one()
        return {**self._open_dialog('xero.check', self.env._("Check against Xero")), 'context': {
            'default_connection_id': self.id, 'dialog_size': 'extra-large'}}

    def action_post_day(self):
        """Open the dialog that posts days of the connection's journals now."""
        self.ensure_one()
        self.check_access('read')
        return self.env['xero.post.day']._open_for(self.sudo()._ledger_journals(('day',)).sudo(False))

    def action_details(self):
        """Open the dialog with the information that support needs."""
        self.ensure_one()
        return self._open_dialog('xero.support', self.env._("Support details of %(connection)s", connection=self.name))

    def _open_dialog(self, model, name):
        return {
            'type': 'ir.actions.act_window',
            'name': name,
            'res_model': model,
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'default_connection_id': self.id},
        }

    def _contact_candidates(self, partner):
        """Return the contacts that a partner could be, if the user may choose one; else none."""
        Contact = self.env['xero.contact'].sudo()
        is_admin = self.env.user.has_group(ADMIN_ROLE)
        return Contact._candidates(self.sudo(), partner) if is_admin else Contact

    def _choose_contact(self, partner, **values):
        """Open the dialog in which a person chooses the contact of a partner.

        :param values: further values of the dialog.
        """
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Choose the contact"),
            'res_model': 'xero.contact.choice',
            'view_mode': 'form',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {
                'default_connection_id': self.id, 'default_partner_id': partner.id, 'dialog_size': 'extra-large',
                **{f'default_{name}': value for name, value in values.items()}},
        }

    def _action_open(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'xero.connection',
            'res_id': self.id,
            'view_mode': 'form',
            'views': [(False, 'form')],
            'target': 'main',
        }

    def _notify(self, kind, message):
        """Return a notification that also reloads the record."""
        return notification(kind, message)
