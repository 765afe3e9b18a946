import os

from odoo import api, fields, models, tools
from odoo.exceptions import UserError

from ..const import CALLBACK_PATH, SCOPES, endpoints
from ..exceptions import WrongKey
from ..tools.crypto import Cipher, load_key
from ..tools.xero_oauth import XeroOAuth


class XeroApp(models.Model):
    """The app registered at Xero's developer site, by whose name we ask for consent."""
    _name = 'xero.app'
    _description = "Xero App"
    _order = 'name, id'

    name = fields.Char(required=True, default="Xero")
    active = fields.Boolean(default=True)
    client_id = fields.Char(string="Client ID", required=True)
    client_secret = fields.Char(
        compute='_compute_client_secret', inverse='_inverse_client_secret', copy=False,
        help="Can be written, never read. It is stored encrypted, with a key that is not in the database.")
    client_secret_encrypted = fields.Char(copy=False, groups=fields.NO_ACCESS)
    has_client_secret = fields.Boolean(string="Secret is set", compute='_compute_has_client_secret', compute_sudo=True)
    environment = fields.Selection(
        [('live', "Xero"), ('sandbox', "Sandbox")], default='live', required=True,
        help="The sandbox is a program on your own machine that answers as Xero does.")
    sandbox_url = fields.Char(string="Sandbox URL", default="http://localhost:8070")
    scope_set = fields.Selection(
        [('granular', "Granular"), ('broad', "Broad")], string="Permissions", default='granular', required=True,
        help="Apps made since 2 March 2026 know granular permissions only. Choose broad for an older app whose consent page says "
             "“Invalid scope for client”.")
    redirect_uri = fields.Char(
        string="Redirect URI", compute='_compute_redirect_uri', help="Paste it into the app at Xero. Xero compares it letter by letter.")
    authorization_ids = fields.One2many('xero.authorization', 'app_id', groups=fields.NO_ACCESS)
    connection_ids = fields.One2many('xero.connection', 'app_id')
    connection_count = fields.Integer(compute='_compute_connection_count')

    # === COMPUTES === #

    def _compute_client_secret(self):
        self.client_secret = False

    def _inverse_client_secret(self):
        for app in self.filtered('client_secret'):
            app.sudo().client_secret_encrypted = app._encrypt(app.client_secret.strip())
        # Else the answer to the browser that saves the form would carry the secret back
        self.invalidate_recordset(['client_secret'], flush=False)

    @api.depends('client_secret_encrypted')
    def _compute_has_client_secret(self):
        for app in self:
            app.has_client_secret = bool(app.client_secret_encrypted)

    def _compute_redirect_uri(self):
        self.redirect_uri = self.get_base_url().rstrip('/') + CALLBACK_PATH

    @api.depends('connection_ids')
    def _compute_connection_count(self):
        for app in self:
            app.connection_count = len(app.connection_ids)

    # === CRUD === #

    def write(self, vals):
        result = super().write(vals)
        if {'client_id', 'client_secret'} & vals.keys():
            # What died of a wrong client ID or secret may live again
            self.env.ref('account_xero.ir_cron_check_tokens').sudo()._trigger()
        return result

    # === ACTIONS === #

    def action_connect_organisation(self):
        """Open a new connection, ready for consent."""
        self.ensure_one()
        if not self.has_client_secret:
            raise UserError(self.env._("Enter the client secret of %(app)s first. Xero shows it when the app is made.", app=self.name))
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

    # === SECRETS === #

    @api.model
    def _cipher(self):
        """Return the cipher of this server.

        :raise WrongKey: the server has no usable key.
        """
        path = os.path.join(tools.config['data_dir'], 'account_xero.key')
        try:
            return Cipher(load_key(os.environ.get('ACCOUNT_XERO_KEY'), path))
        except (OSError, ValueError) as error:
            raise WrongKey(f"No usable encryption key: {error}") from error

    @api.model
    def _encrypt(self, text):
        """Return the ciphertext of a secret, empty for an empty one."""
        return text and self._cipher().encrypt(text)

    @api.model
    def _decrypt(self, ciphertext):
        """Return a secret in clear, empty for an empty one.

        :raise WrongKey: this server has another key than the one that encrypted it.
        """
        return ciphertext and self._cipher().decrypt(ciphertext)

    # === XERO === #

    def _endpoints(self):
        """Return the addresses of Xero, or of what stands in for it."""
        self.ensure_one()
        return endpoints(self.sandbox_url if self.environment == 'sandbox' else None)

    def _scopes(self):
        """Return the scopes to ask for, as a list."""
        self.ensure_one()
        return SCOPES[self.scope_set]

    def _oauth(self):
        """Return the authorization server for this app.

        :raise WrongKey: see :meth:`_decrypt`.
        """
        self.ensure_one()
        app = self.sudo()
        return XeroOAuth(app._endpoints(), app.client_id, app._decrypt(app.client_secret_encrypted) or '', app.redirect_uri)
