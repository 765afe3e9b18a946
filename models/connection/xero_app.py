import os
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...const import CALLBACK_PATH, IDENTITY_SCOPES, SCOPES, endpoints
from ...exceptions import XeroRetryable
from ...tools.xero_address import clean_address
from .xero_secrets import encrypt

HOSTS_VARIABLE = 'ACCOUNT_XERO_SANDBOX_HOSTS'   # environment variable of the server: no user of Odoo can set it
# The client secret was entered for these values. When one of them changes, the secret is removed, so that it is not sent elsewhere
BELONGS_TO_SECRET = ('client_id', 'environment', 'sandbox_url')


class XeroApp(models.Model):
    """The app registered at Xero's developer site. Consent is requested in its name."""
    _name = 'xero.app'
    _inherit = ['xero.border']
    _description = "Xero App"
    _order = 'name, id'

    name = fields.Char(required=True, default="Odoo", help="Your own name for the app. At Xero, its name must not contain “Xero”.")
    active = fields.Boolean(default=True)
    app_type = fields.Selection(
        [('consent', "Web app"), ('custom', "Custom connection")], string="Type", default='consent', required=True,
        help="Web app: a person allows the access on Xero's page, for one organisation or several.\n"
             "Custom connection: the access is authorised in Xero's developer portal, for exactly one organisation in Australia, New Zealand, the "
             "United Kingdom or the United States. Odoo needs no consent page and no renewal. Xero charges for it by the month.")
    client_id = fields.Char(string="Client ID", required=True)
    client_secret = fields.Char(
        compute='_compute_client_secret', inverse='_inverse_client_secret', copy=False,
        help="Can be written, never read. It is stored encrypted, with a key that is not in the database.")
    client_secret_encrypted = fields.Char(copy=False, groups=fields.NO_ACCESS)
    has_client_secret = fields.Boolean(string="Secret is set", compute='_compute_has_client_secret', compute_sudo=True)
    environment = fields.Selection(
        [('live', "Xero"), ('sandbox', "Sandbox")], default='live', required=True, copy=False,
        help="The sandbox is a program on your own machine that answers as Xero does.")
    sandbox_url = fields.Char(string="Sandbox URL", default="http://localhost:8070", copy=False)
    scope_set = fields.Selection(
        [('granular', "Granular"), ('broad', "Broad")], string="Permissions", default='granular', required=True,
        help="Apps made since 2 March 2026 know granular permissions only. Choose broad for an older app whose consent page says "
             "“Invalid scope for client”.")
    redirect_uri = fields.Char(
        string="Redirect URI", compute='_compute_addresses', help="Paste it into the app at Xero. Xero compares it letter by letter.")
    login_url = fields.Char(
        string="Login URL", compute='_compute_addresses', help="Where Xero's app launcher opens Odoo. The app at Xero works without it.")
    address_warning = fields.Char(compute='_compute_addresses')
    authorization_ids = fields.One2many('xero.authorization', 'app_id', "Authorisations", groups=fields.NO_ACCESS)
    connection_ids = fields.One2many('xero.connection', 'app_id')
    company_ids = fields.Many2many(
        'res.company', string="Companies", compute='_compute_company_ids', store=True,
        help="The companies whose connections use the app. Only their users see it. An app without connections is visible to all.")
    connection_count = fields.Integer(compute='_compute_connection_count', compute_sudo=True)

    # === COMPUTES === #

    def _compute_client_secret(self):
        self.client_secret = False

    def _inverse_client_secret(self):
        ciphertexts = {app: encrypt(app.client_secret.strip()) for app in self.filtered('client_secret')}
        # Before the write: an automation rule may read the app during it, and the response to the browser would then contain the secret
        self.invalidate_recordset(['client_secret'], flush=False)
        for app, ciphertext in ciphertexts.items():
            app.sudo().client_secret_encrypted = ciphertext

    @api.depends('client_secret_encrypted')
    def _compute_has_client_secret(self):
        for app in self:
            app.has_client_secret = bool(app.client_secret_encrypted)

    @api.depends('environment')
    def _compute_addresses(self):
        for app in self:
            base = app.get_base_url().rstrip('/')
            app.redirect_uri = base + CALLBACK_PATH
            app.login_url = f'{base}/odoo'
            app.address_warning = app.environment == 'live' and app._refused_address_words()

    @api.depends('connection_ids')
    def _compute_connection_count(self):
        for app in self:
            app.connection_count = len(app.connection_ids)

    @api.depends('connection_ids.company_ids')
    def _compute_company_ids(self):
        for app in self:
            app.company_ids = app.with_context(active_test=False).connection_ids.company_ids

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        no_address = {} if self._is_address_keeper() else {'sandbox_url': False}
        if no_address:
            usual = self.default_get(['environment']).get('environment')     # users can set defaults too
            for vals in vals_list:
                if vals.get('environment', usual) != 'live':
                    raise AccessError(self._keeper_words(vals.get('name') or ''))
        return super().create([{**self._with_clean_address(vals), **no_address} for vals in vals_list])

    def write(self, vals):
        vals = self._with_clean_address(vals)
        if 'app_type' in vals:
            self._check_may_change_type(vals['app_type'])
        moved = self.filtered(lambda app: app._is_moved_by(vals))
        for app in moved:
            app._check_may_move(vals)
        result = super().write(vals)
        if moved:
            if not vals.get('client_secret') and 'client_secret_encrypted' not in vals:
                moved.sudo().client_secret_encrypted = False
            if not vals.get('webhook_key'):
                moved._forget_webhook_key()
            moved._forget_access()
        if {'client_id', 'client_secret'} & vals.keys():
            # Access that was lost because of a wrong client ID or secret may work again
            self.env.ref('account_xero.ir_cron_check_tokens').sudo()._trigger()
        return result

    @api.model
    def _with_clean_address(self, vals):
        """Return values with the client ID and the address as they are stored: without surrounding spaces and trailing slashes."""
        for name in ('client_id', 'sandbox_url', 'client_secret', 'webhook_key'):
            if vals.get(name) and not isinstance(vals[name], str):
                raise UserError(self.env._("%(value)s is no %(field)s. Enter it as text.", value=vals[name], field=self._fields[name].string))
        cleaned = {name: vals[name].strip() for name in ('client_id', 'sandbox_url') if vals.get(name)}
        if 'sandbox_url' in cleaned:
            cleaned['sandbox_url'] = cleaned['sandbox_url'].rstrip('/')
        return {**vals, **cleaned}

    @api.model
    def _guarded_fields(self):
        """Guard the companies, which are computed from the connections and decide who sees the app, and what identifies the webhook."""
        return {'company_ids', 'webhook_token', 'webhook_key_at'}

    # === ACTIONS === #

    def action_connect_organisation(self):
        """Open the form of a new connection through this app, or of one that was begun: after a wrong secret, people come here from Xero."""
        self.ensure_one()
        if not self.has_client_secret:
            raise UserError(self.env._("Enter the client secret of %(app)s first. Xero shows it when you create the app.", app=self.name))
        if begun := self.connection_ids.filtered(lambda connection: connection.status == 'draft')[:1]:
            return {**begun._action_open(), 'target': 'current'}
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("New connection"),
            'res_model': 'xero.connection',
            'view_mode': 'form',
            'context': {'default_app_id': self.id},
        }

    def action_open_connections(self):
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_connection_action'),
            'domain': [('app_id', '=', self.id)],
        }

    # === THE ADDRESS OF ODOO === #

    def _refused_address_words(self):
        """Return that Xero refuses the redirect URI, and what to do; False if it accepts it.

        Source: https://developer.xero.com/documentation/guides/oauth2/auth-flow
        """
        self.ensure_one()
        address = urlsplit(self.redirect_uri)
        if address.scheme == 'https' or address.hostname == 'localhost':
            return False
        return self.env._(
            "Xero accepts only https addresses, and http://localhost for trials. Ask a system administrator to set the system parameter web.base.url "
            "to an https address of this Odoo.")

    # === THE ADDRESS OF XERO === #

    def _is_address_keeper(self):
        """Return whether the user may set the address of Xero, to which the client secret is sent."""
        return self.env.su or self.env.user.has_group('base.group_system')

    def _is_moved_by(self, vals):
        """Return whether values change the client ID or the address of the app."""
        self.ensure_one()
        return any(name in vals and (vals[name] or '').strip() != (self[name] or '') for name in BELONGS_TO_SECRET)

    def _check_may_move(self, vals):
        """Check that the user may change the client ID or the address: all connections of the app lose their access by it.

        :raise AccessError: only system administrators may set the address, or a connection belongs to companies that the user does not have.
        """
        companies = self.env.user.sudo().company_ids    # those that are not selected too
        connections = self.sudo().with_context(active_test=False).connection_ids
        if not self.env.su and not all(connection._serves(companies) for connection in connections):
            raise AccessError(self._owner_words(connections))
        moved = any(name in vals and vals[name] != self[name] for name in ('environment', 'sandbox_url'))
        if moved and not self._is_address_keeper():
            raise AccessError(self._keeper_words(self.name))

    @api.model
    def _keeper_words(self, name):
        return self.env._(
            "Only a system administrator can set the address of Xero, because the client secret is sent there. Ask one to change the app "
            "“%(app)s”.", app=name)

    def _check_may_change_type(self, app_type):
        """Check that the type may be changed: access that was given to one type of app is none for the other.

        :raise UserError: connections use the app.
        """
        for app in self.sudo().filtered(lambda app: app.app_type != app_type):
            if app.with_context(active_test=False).connection_ids:
                raise UserError(self.env._(
                    "Connections use the app “%(app)s”, so its type cannot be changed. Register the other app at Xero and create it in Odoo.", app=app.name))
            app.authorization_ids.unlink()

    def _owner_words(self, connections):
        """Return who may change the client ID and the address of the app, as a sentence. Expects its connections in `sudo()`."""
        return self.env._(
            "Connections of other companies use the app “%(app)s” too, and would lose their access to Xero. Only an admin who has all these "
            "companies can change the client ID or the address. Ask %(admins)s.", app=self.name, admins=connections._owner_names())

    def _forget_access(self):
        """Delete the app's authorizations: they were given to another client ID, or at another address."""
        for app in self.sudo().with_context(active_test=False):
            self.env['xero.consent']._refuse_open(app.connection_ids)
            connections = app.connection_ids.filtered('authorization_id')
            connections.write({'authorization_id': False})
            app.authorization_ids.unlink()
            lost = connections.filtered(lambda connection: connection.status in ('connected', 'paused'))
            for connection in (one._in_its_language() for one in lost):
                # The reason is in the details for support too, which name no person; the history does
                connection._set_status('reauthenticate', connection.env._(
                    "The client ID or the address of the app “%(app)s” was changed, so its access has ended. "
                    "An invoice admin has to reauthenticate.", app=app.name))
                connection.message_post(body=connection.env._(
                    "%(user)s changed the client ID or the address of the app “%(app)s”, so its access has ended. "
                    "An invoice admin has to reauthenticate.",
                    user=self.env.user.name, app=app.name))
            lost._alert_members()

    @api.constrains('environment', 'sandbox_url')
    def _check_address(self):
        for app in self:
            # Of a live app too: its environment may be changed later
            if not app._has_usable_address() or (app.sandbox_url and not app._is_allowed(app.sandbox_url)):
                raise ValidationError(app._address_words())

    def _has_usable_address(self):
        """Return whether this server may send secrets to the address of the app."""
        self.ensure_one()
        try:
            self._endpoints()
        except XeroRetryable:
            return False
        return True

    @api.model
    def _is_allowed(self, address):
        """Return whether this server allows a sandbox at an address."""
        try:
            clean_address(address, os.environ.get(HOSTS_VARIABLE, ''))
        except ValueError:
            return False
        return True

    def _address_words(self):
        """Return what is wrong with the address and what to do, as a sentence."""
        self.ensure_one()
        return self.env._(
            "The app “%(app)s” is for a sandbox at an address that is not allowed (%(address)s). It has to be an http or https address on this "
            "machine, such as http://localhost:8070, without a path. Ask a system administrator to correct it. Another host is allowed when the "
            "server's environment variable ACCOUNT_XERO_SANDBOX_HOSTS names it.", app=self.name, address=self.sandbox_url or self.env._("none"))

    def _endpoints(self):
        """Return the addresses of Xero, or of the sandbox.

        :raise XeroRetryable: the address is not allowed on this server.
        """
        self.ensure_one()
        if self.environment != 'sandbox':
            return endpoints()
        try:
            return endpoints(clean_address(self.sandbox_url, os.environ.get(HOSTS_VARIABLE, '')))
        except ValueError as error:
            raise XeroRetryable(f"The address of the sandbox is not allowed ({error})", retry_after=600) from None

    def _scopes(self):
        """Return the scopes to ask for, as a list."""
        self.ensure_one()
        scopes = SCOPES[self.scope_set]
        return [scope for scope in scopes if scope not in IDENTITY_SCOPES] if self.app_type == 'custom' else scopes
