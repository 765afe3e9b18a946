import logging
import re
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.http import db_list

from ...const import WEBHOOK_PATH
from ...exceptions import WrongKey
from ...tools.xero_address import is_loopback
from ...tools.xero_webhook import is_signed, read_events
from .xero_secrets import encrypt, webhook_key_of

_logger = logging.getLogger(__name__)

TOKEN_BYTES = 24
TOKEN = re.compile(r'[\w-]{20,64}', re.ASCII)
SILENT_AFTER = timedelta(days=7)


class XeroApp(models.Model):
    """The webhook of an app: Xero tells within seconds that something changed, and the next slice reads what. Polling finds the rest.

    The address has a random token, because the ID of an app would tell how many there are. The token is no secret: the signature alone
    shows that a request comes from Xero.
    """
    _inherit = 'xero.app'

    webhook_token = fields.Char(compute='_compute_webhook_token', store=True, copy=False)
    webhook_url = fields.Char(string="Send notifications to", compute='_compute_webhook_url', help="Paste it into the app at Xero, under Webhooks.")
    webhook_key = fields.Char(
        string="Webhooks key", compute='_compute_webhook_key', inverse='_inverse_webhook_key', copy=False,
        help="Xero shows it after you have saved its page Webhooks. It can be written, never read. It is stored encrypted.")
    webhook_key_encrypted = fields.Char(copy=False, groups=fields.NO_ACCESS)
    webhook_key_at = fields.Datetime(string="Key entered on", readonly=True, copy=False)
    webhook_state = fields.Selection(
        [
            ('off', "Not set up"), ('unreadable', "Enter the key again"), ('waiting', "Waiting for Xero's trial"), ('works', "Works"),
            ('silent', "Silent for more than a week"),
        ],
        string="Webhook", compute='_compute_webhook_state', compute_sudo=True)
    webhook_last_at = fields.Datetime(string="Last request", compute='_compute_webhook_state', compute_sudo=True)
    webhook_last_event = fields.Char(string="Last event", compute='_compute_webhook_state', compute_sudo=True)
    webhook_event_count = fields.Integer(string="Events in 24 hours", compute='_compute_webhook_state', compute_sudo=True)
    webhook_address_problem = fields.Char(compute='_compute_webhook_address_problem')

    _webhook_token_uniq = models.UniqueIndex('(webhook_token)')

    # === COMPUTES === #

    @api.depends('client_id')
    def _compute_webhook_token(self):
        # Computed and not a default: an upgrade would give all apps of a database the same default. It never changes afterwards
        for app in self:
            app.webhook_token = app.webhook_token or secrets.token_urlsafe(TOKEN_BYTES)

    @api.depends('webhook_token')
    def _compute_webhook_url(self):
        for app in self:
            app.webhook_url = app.webhook_token and f"{app.get_base_url().rstrip('/')}{WEBHOOK_PATH}/{app.webhook_token}"

    def _compute_webhook_key(self):
        self.webhook_key = False

    def _inverse_webhook_key(self):
        ciphertexts = {app: encrypt(app.webhook_key.strip()) for app in self.filtered('webhook_key')}
        # Before the write, as for the client secret: otherwise the response to the browser may contain the key
        self.invalidate_recordset(['webhook_key'], flush=False)
        for app, ciphertext in ciphertexts.items():
            app.sudo().write({'webhook_key_encrypted': ciphertext, 'webhook_key_at': fields.Datetime.now()})

    @api.depends('webhook_key_at')
    def _compute_webhook_state(self):
        received = self.env['xero.webhook.hour']._summaries(self)
        for app in self:
            last_at, last_event, app.webhook_event_count = received.get(app.id, (False, False, 0))
            is_new = not last_at or not app.webhook_key_at or last_at < app.webhook_key_at
            app.webhook_last_at, app.webhook_last_event = last_at, last_event
            if not app.webhook_key_at:
                app.webhook_state = 'off'
            elif not app._is_webhook_key_readable():
                app.webhook_state = 'unreadable'
            elif is_new:
                app.webhook_state = 'waiting'
            else:
                app.webhook_state = 'silent' if last_at < fields.Datetime.now() - SILENT_AFTER else 'works'

    @api.depends('environment')
    def _compute_webhook_address_problem(self):
        for app in self:
            app.webhook_address_problem = app._webhook_address_words()

    def _is_webhook_key_readable(self):
        """Return whether this server's encryption key decrypts the stored key."""
        try:
            webhook_key_of(self)
        except WrongKey:
            return False
        return True

    def _webhook_address_words(self):
        """Return why Xero's requests would not arrive at the address of Odoo, as a sentence; empty if nothing is known against it."""
        self.ensure_one()
        address = urlsplit(self.get_base_url())
        is_local = self.environment == 'sandbox' and is_loopback(address.hostname or '')
        if not is_local and (address.scheme != 'https' or address.port not in (None, 443)):
            return self.env._(
                "Xero sends to https addresses on port 443 only, and the address of this Odoo is %(address)s. Put a proxy with https in front of "
                "it and correct the system parameter web.base.url.", address=self.get_base_url())
        if len(db_list(force=True, host=address.netloc)) > 1:
            return self.env._(
                "This server has several databases, and a request to %(host)s does not say which one it is for. Set a dbfilter so that the host "
                "name selects this database, or let the proxy send the header X-Odoo-Database.", host=address.netloc)
        return ''

    # === ACTIONS === #

    def action_remove_webhook_key(self):
        """Remove the key: from now on, requests of the webhook are refused."""
        self.check_access('write')
        self._forget_webhook_key()

    def action_open_webhook_hours(self):
        """Open the list of what was received."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_webhook_hour_action'),
            'domain': [('app_id', '=', self.id)],
        }

    def _forget_webhook_key(self):
        """Remove the key, and what was received with it."""
        apps = self.sudo().with_context(active_test=False)
        apps.write({'webhook_key_encrypted': False, 'webhook_key_at': False})
        self.env['xero.webhook.event'].sudo().search([('connection_id', 'in', apps.connection_ids.ids)]).unlink()
        self.env['xero.webhook.hour'].sudo().search([('app_id', 'in', apps.ids)]).unlink()

    # === RECEIVING === #

    @api.model
    def _receive_webhook(self, token, signature, body):
        """Store what a request tells, to be worked on by the next slice.

        An unknown token costs the same work as a wrong signature. Expects a superuser.

        :param str token: of the address.
        :param str signature: of the request.
        :param bytes body: of the request.
        :return: whether Xero signed the request for one of our apps.
        """
        app = self.with_context(active_test=False).search([('webhook_token', '=', token)]) if TOKEN.fullmatch(token) else self.browse()
        try:
            key = app and webhook_key_of(app)
        except WrongKey as error:
            _logger.warning("The webhook of Xero app %s cannot be received: %s", app.id, error)
            key = None
        if not is_signed(key or None, body, signature):
            return False
        try:
            events, ignored = read_events(body)
        except ValueError as error:
            # Signed, so a repetition would not be better
            _logger.warning("A signed webhook request for Xero app %s cannot be read: %s", app.id, type(error).__name__)
            events, ignored = [], 1
        self.env['xero.webhook.event']._store(app, events, ignored)
        return True
