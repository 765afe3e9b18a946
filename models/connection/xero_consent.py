import logging
import secrets

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError

from ...const import CONSENT_LIFETIME
from ...exceptions import WrongKey, XeroError, XeroOAuthError, XeroUnauthorised
from ...tools.xero_oauth import new_code_verifier
from .xero_authorization import locked
from .xero_secrets import decrypt, encrypt, oauth_of

_logger = logging.getLogger(__name__)


class XeroConsent(models.TransientModel):
    """One visit of a person to Xero's consent page, and its result. The dialog for the review is in `wizard/xero_consent.py`.

    Life: `started` (the person is at Xero) → `exchanged` (the tokens are stored) → `ready` (the organisations are known, a
    person reviews) → `saved`; the connection is not written before that. The callback commits in separate cursors: Odoo may run
    the callback again, and the second run finds the code exchanged and continues.
    """
    _name = 'xero.consent'
    _inherit = ['xero.dialog', 'xero.guarded']
    _description = "Xero Consent"

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, ondelete='cascade')
    app_id = fields.Many2one(related='connection_id.app_id')
    user_id = fields.Many2one('res.users', required=True, readonly=True, default=lambda self: self.env.uid, ondelete='cascade')
    nonce = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    code_verifier_encrypted = fields.Char(readonly=True, groups=fields.NO_ACCESS, help="Empty for a custom connection, which has no code.")
    authorization_id = fields.Many2one('xero.authorization', "Authorisation", readonly=True, ondelete='set null', groups=fields.NO_ACCESS)
    event = fields.Char(
        string="Authentication event", readonly=True, groups=fields.NO_ACCESS,
        help="Xero's id of the consent; empty once nothing that it connected at Xero has to be removed there.")
    expires_at = fields.Datetime(required=True, readonly=True)
    origin = fields.Selection(
        [('board', "Connections"), ('sync_status', "Sync status"), ('mapping', "Mapping"), ('setup', "Set up")], readonly=True,
        help="The page on which the person started, and to which a renewal returns; empty for the form of the connection. A first consent returns to the "
             "set-up too.")
    state = fields.Selection(
        [('started', "At Xero"), ('exchanged', "Authorised"), ('ready', "To review"), ('saved', "Saved"), ('refused', "Refused")],
        required=True, readonly=True, default='started')
    email = fields.Char(string="Xero log-in", readonly=True)
    organisation_ids = fields.One2many('xero.consent.organisation', 'consent_id', string="Organisations", readonly=True)
    organisation_id = fields.Many2one(
        'xero.consent.organisation', domain="[('consent_id', '=', id)]", ondelete='set null')

    @api.depends('connection_id')
    def _compute_display_name(self):
        for consent in self:
            consent.display_name = self.env._("Consent for %(connection)s", connection=consent.connection_id.display_name)

    # === START === #

    @api.model
    def _start(self, connection, origin=False):
        """Create a consent and return the address of Xero's page.

        :param str origin: the page to which a renewal returns, see the field.
        :return: tuple of consent (sudo) and the address of Xero's consent page.
        :raise UserError: it cannot be started, with what to do.
        """
        app = self._check_can_start(connection)
        nonce, verifier = secrets.token_urlsafe(32), new_code_verifier()
        try:
            url = oauth_of(app).authorization_url(connection.sudo()._consent_scopes(), nonce, verifier)
            verifier_encrypted = encrypt(verifier)
        except WrongKey as error:
            _logger.warning("No consent can be requested: %s", error)
            raise UserError(self.env._(
                "This server cannot read the client secret of the app “%(app)s”: it was stored with another encryption key. "
                "Enter the secret again on the app, or give the server its key back.", app=app.name)) from error
        except XeroError as error:
            raise UserError(app._address_words()) from error
        now = fields.Datetime.now()
        consent = self.sudo().create({
            'connection_id': connection.id,
            'nonce': nonce,
            'code_verifier_encrypted': verifier_encrypted,
            'expires_at': now + CONSENT_LIFETIME,
            'origin': origin,
            'export_start_date': connection.export_start_date,
        })
        connection.sudo().consent_requested_at = now
        return consent, url

    @api.model
    def _fetch(self, connection):
        """Get access through a custom connection, without a page of Xero's, and save its organisation on the connection.

        All is done in cursors of its own: the token is committed before it is used, and the caller's snapshot does not show it.

        :return: dict of `ok` and a `message` for the person.
        :raise UserError: Xero gave no access, or it cannot be used; the message says what to do. The connection is unchanged.
        """
        self._check_can_start(connection)
        with self.env.registry.cursor() as cr:
            consent_id = self.with_env(self.env(cr=cr)).sudo().create({
                'connection_id': connection.id,
                'nonce': secrets.token_urlsafe(32),
                'expires_at': fields.Datetime.now() + CONSENT_LIFETIME,
            }).id
        with self.env.registry.cursor() as cr:
            self.with_env(self.env(cr=cr)).browse(consent_id)._receive()
        with self.env.registry.cursor() as cr:
            return self.with_env(self.env(cr=cr)).browse(consent_id)._finish()

    @api.model
    def _check_can_start(self, connection):
        """Check that access may be requested for a connection.

        :return: its app, in sudo.
        :raise UserError: it may not, with what to do.
        """
        connection.check_access('write')
        app = connection.app_id.sudo()
        self._check_no_copy()
        if not app.has_client_secret:
            raise UserError(self.env._(
                "The app “%(app)s” has no client secret yet. Copy it from the app at Xero and save it on the app in Odoo, then connect again.",
                app=app.name))
        return app

    @api.model
    def _refuse_open(self, connections):
        """Refuse the unsaved consents of connections: they are for another app, or for another address."""
        self.sudo().search([('connection_id', 'in', connections.ids), ('state', 'in', ('started', 'exchanged', 'ready'))]).state = 'refused'

    def _check_no_copy(self):
        """Check that this database exports to Xero. Only a person who confirms it may make a copy the one that exports.

        :raise UserError: this database is a copy.
        """
        if self.env['xero.server']._is_copy():
            raise UserError(self.env._(
                "This database is a copy of the one that exports to Xero. If it is the one that exports from now on, confirm “This is production” "
                "on the connection first."))

    # === CALLBACK === #

    def _is_waiting_for(self, user):
        """Return whether this user may still finish the consent."""
        self.ensure_one()
        return self.user_id == user and self.state in ('started', 'exchanged', 'ready') and self.expires_at > fields.Datetime.now()

    def _receive(self, code=''):
        """Exchange the code of a consent and read its organisations. Each step locks its rows and commits in a separate cursor.

        :param str code: the code in the callback's query; empty for a custom connection.
        :return: whether the connection's own organisation is among them, so that the person has nothing to decide.
        :raise UserError: it failed; the message says what to do. The connection is unchanged.
        """
        self.ensure_one()
        try:
            # Also the app, as two persons may fetch the first token of a custom connection
            apps = self.sudo().app_id.filtered(lambda app: app.app_type == 'custom')
            with locked(self, self.sudo().app_id.authorization_ids, apps) as (consent, authorizations, _apps):
                if consent.state == 'started':
                    consent._exchange(code, authorizations)
            with locked(self) as (consent,):
                if consent.state == 'exchanged':
                    consent._read_organisations()
                return consent._is_renewal()
        except LockError as error:
            raise UserError(self.env._("Another process keeps the access to Xero busy. Wait a minute and connect again.")) from error
        except (XeroError, WrongKey) as error:
            _logger.warning("Consent %s for Xero connection %s failed: %s", self.id, self.connection_id.id, error)
            raise UserError(self._sentence(error)) from error

    def _exchange(self, code, authorizations):
        """Exchange the code for tokens. The caller holds the locks and commits."""
        if self.app_id.app_type == 'custom':
            authorization, event = authorizations._fetch_custom(self.app_id), False
        else:
            authorization, event = authorizations._exchange_code(self.app_id, code, decrypt(self.code_verifier_encrypted))
        self.write({
            'state': 'exchanged',
            'authorization_id': authorization.id,
            'event': event,
            'email': authorization.email,
        })

    def _read_organisations(self):
        """Read the organisations of this consent alone: Xero's unfiltered list contains those of older consents too."""
        client = self.connection_id._open_client(authorization=self.authorization_id)
        for connected in self.connection_id._list_organisations(client, self.event):
            details = client.for_organisation(connected['tenant_id']).get('Organisation').first('Organisations', 'BaseCurrency')
            self.env['xero.consent.organisation'].create({
                'consent_id': self.id,
                'tenant_id': connected['tenant_id'],
                'connection_ref': connected['id'],
                'name': details.get('Name') or connected['name'],
                'country_code': details.get('CountryCode'),
                'currency_code': details.get('BaseCurrency'),
                'short_code': details.get('ShortCode'),
                'version': details.get('Version'),
                'plan_class': details.get('Class'),
            })
        if not self.organisation_ids and self.app_id.app_type == 'custom':
            raise UserError(self.connection_id._custom_refusal(XeroUnauthorised("No organisation", kind='tenant')))
        if not self.organisation_ids:
            raise UserError(self.env._(
                "You allowed the access, but chose no organisation. Connect again and choose one on Xero's page."))
        same = self.organisation_ids.filtered(lambda organisation: organisation.tenant_id == self.connection_id.tenant_id)
        self.organisation_id = same or (self.organisation_ids if len(self.organisation_ids) == 1 else False)
        # The person reviews for as long as they may take at Xero
        self.write({'state': 'ready', 'expires_at': fields.Datetime.now() + CONSENT_LIFETIME})

    def _sentence(self, error):
        """Return why the consent failed and what to do, for the person."""
        if isinstance(error, WrongKey):
            return self.env._("This server has lost its encryption key. Enter the client secret of the app again, then connect again.")
        if isinstance(error, XeroOAuthError):
            if self.sudo().app_id.app_type == 'custom':
                return self.sudo().connection_id._custom_refusal(error)
            if error.refuses_app:
                return self.env._(
                    "Xero does not accept the client ID and secret of the app “%(app)s”. Compare them with the app at Xero, save them again, "
                    "then connect again.", app=self.sudo().app_id.name)
            if error.code == 'invalid_grant':
                return self.env._(
                    "Xero does not accept the code that it gave you: it was used already, is older than five minutes, or the redirect URI "
                    "of the app is another than %(uri)s. Connect again.", uri=self.sudo().app_id.redirect_uri)
            return self.env._("Xero refused the access (%(code)s). Connect again.", code=error.code)
        if isinstance(error, XeroUnauthorised) and error.kind == 'scope':
            return self.sudo().connection_id._unreadable_words()
        return self.env._("Xero did not answer as it should. Nothing was changed; wait a minute and connect again.")


class XeroConsentOrganisation(models.TransientModel):
    """An organisation that a consent gives access to."""
    _name = 'xero.consent.organisation'
    _inherit = ['xero.dialog', 'xero.plan']
    _description = "Organisation of a Xero Consent"

    consent_id = fields.Many2one('xero.consent', required=True, readonly=True, ondelete='cascade', index=True)
    tenant_id = fields.Char(required=True, readonly=True)
    connection_ref = fields.Char(readonly=True)
    name = fields.Char(readonly=True)
    country_code = fields.Char(string="Country", readonly=True)
    currency_code = fields.Char(string="Base currency", readonly=True)
    short_code = fields.Char(readonly=True)
    version = fields.Char(readonly=True)

    @api.depends('name', 'country_code', 'currency_code')
    def _compute_display_name(self):
        for organisation in self:
            organisation.display_name = f"{organisation.name} ({organisation.country_code}, {organisation.currency_code})"
