import logging
from urllib.parse import urlsplit

from werkzeug.urls import url_encode

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import consteq

from ..const import ADMIN_ROLE, CALLBACK_PATH, RESULT_PATH
from ..exceptions import WrongKey, XeroOAuthError
from ..models.connection.conflicts import mute_conflicts
from ..tools.redact import install_callback_filter

_logger = logging.getLogger(__name__)

SESSION_KEY = 'xero_oauth'
RESULT_KEY = 'xero_oauth_result'
OPEN_CONSENTS = 10      # the maximum of unfinished consents in a session; a person may connect in several tabs
BOARD = '/odoo/action-account_xero.xero_connection_action'
# Where a renewal returns to, by `xero.consent.origin`
ORIGINS = {
    'board': BOARD,
    'sync_status': '/odoo/action-account_xero.xero_sync_status_action',
    'mapping': '/odoo/action-account_xero.xero_mapping_action',
    'setup': '/odoo/action-account_xero.xero_setup_action',
}

# The address of the callback contains a code and a state, and the web server logs addresses
install_callback_filter()


class XeroOAuthController(http.Controller):
    """The way to Xero's consent page and the callback. Each failure is shown on a plain page with the next step.

    Responses are not cached and send no referrer, because addresses contain codes and states.
    """

    @http.route('/xero/oauth/start/<int:connection_id>', type='http', auth='user', methods=['GET', 'POST'], csrf=False)
    def start(self, connection_id, origin=None, csrf_token=None):
        return self._shielded(self._start(connection_id, origin if origin in ORIGINS else False, csrf_token))

    def _start(self, connection_id, origin, csrf_token):
        connection = request.env['xero.connection'].browse(connection_id)
        if not self._is_allowed():
            return self._refuse_user()
        if not connection.exists() or not connection.has_access('write'):
            return self._page(
                request.env._("You cannot use this connection"),
                request.env._("It does not exist any more, or it belongs to another company. Open the list of your connections."))
        home = urlsplit(connection.redirect_uri)
        if home.netloc != request.httprequest.host:
            return self._page(
                request.env._("Open Odoo at its own address first"),
                request.env._(
                    "You use Odoo at %(here)s, but Xero will send you back to %(home)s, where you are not logged in. Open Odoo at %(home)s and "
                    "connect there. If that address is wrong, change the system parameter web.base.url and the redirect URI of the app at Xero.",
                    here=request.httprequest.host, home=f'{home.scheme}://{home.netloc}'),
                connection)
        # Checked here and not by Odoo, because the button of the connection opens this route by GET
        if not csrf_token or not csrf_token.isascii() or not request.validate_csrf(csrf_token):
            return self._page(
                request.env._("Connect to Xero?"),
                request.env._("Xero will ask you to allow access for Odoo. Nothing has been requested yet."), connection, origin=origin, can_start=True)
        try:
            with mute_conflicts(request.env):
                consent_sudo, url = request.env['xero.consent']._start(connection, origin)
        except UserError as error:
            return self._page(request.env._("The consent cannot be requested yet"), str(error), connection, self._faulty_app(error, connection))
        request.session[SESSION_KEY] = {**self._open_consents(), consent_sudo.nonce: consent_sudo.id}
        return request.redirect(url, local=False)

    @http.route(CALLBACK_PATH, type='http', auth='public', methods=['GET'])
    def callback(self, state='', code='', error='', **_parameters):
        if request.env.user._is_public():
            # Not with auth='user': the address of Odoo's log-in page would contain the code
            return self._shielded(request.redirect(f'/web/login?{url_encode({"redirect": BOARD})}'))
        return self._shielded(self._call_back(state, code, error))

    @http.route(RESULT_PATH, type='http', auth='user', methods=['GET'], readonly=True)
    def result(self):
        outcome = request.session.get(RESULT_KEY)
        if not outcome:
            return self._shielded(request.redirect(BOARD))
        connection = request.env['xero.connection'].browse(outcome['connection_id']).exists()
        if not connection.has_access('read'):
            connection = None
        app = request.env['xero.app'].browse(outcome['app_id']).exists()
        app = app if app and app.has_access('read') else None
        can_repeat = outcome.get('is_consent') and not app and connection and self._is_allowed() and connection.has_access('write')
        return self._shielded(self._page(outcome['title'], outcome['message'], connection, app, outcome.get('origin'), can_start=can_repeat))

    def _call_back(self, state, code, error):
        if not self._is_allowed():
            return self._refuse_user()
        consent_sudo = self._find_consent(state)
        if not consent_sudo:
            _logger.warning("The session of user %s got a consent that it did not request", request.env.uid)
            return self._show(
                request.env._("This answer from Xero does not belong to you"),
                request.env._(
                    "It was used already, is older than ten minutes, or was requested in another browser or by another person. Nothing was "
                    "changed. Go to the connection and connect again."))
        with mute_conflicts(request.env):
            response = self._finish_consent(consent_sudo, code, error)
        # Odoo saves the session before it commits, and runs all this again if the commit fails: so the state is removed last
        request.session[SESSION_KEY] = {nonce: consent_id for nonce, consent_id in self._open_consents().items() if nonce != state}
        return response

    def _finish_consent(self, consent_sudo, code, error):
        """Handle Xero's answer to a consent, and return the redirect to the next page."""
        connection = consent_sudo.connection_id
        connection.consent_requested_at = False
        if error or not code:
            consent_sudo.state = 'refused'
            return self._refuse_consent(error, consent_sudo)
        try:
            is_renewal = consent_sudo.with_user(request.env.user)._receive(code)
        except UserError as failure:
            return self._show(request.env._("The connection is unchanged"), str(failure), connection, self._faulty_app(failure, connection), consent_sudo)
        return request.redirect(self._next_url(consent_sudo, is_renewal))

    @staticmethod
    def _open_consents():
        """Return the latest consents of this session that may still be finished: a dict of consent ids by nonce."""
        consents = request.session.get(SESSION_KEY, {})
        waiting = request.env['xero.consent'].sudo().browse(consents.values()).exists().filtered(
            lambda consent: consent._is_waiting_for(request.env.user))
        return dict([(nonce, consent_id) for nonce, consent_id in consents.items() if consent_id in waiting.ids][1 - OPEN_CONSENTS:])

    def _find_consent(self, state):
        """Return the consent that this session requested with this state; else an empty recordset."""
        consent_id = request.session.get(SESSION_KEY, {}).get(state)
        consent_sudo = request.env['xero.consent'].sudo().browse(consent_id).exists()
        if consent_sudo and consteq(consent_sudo.nonce, state) and consent_sudo._is_waiting_for(request.env.user):
            return consent_sudo
        return consent_sudo.browse()

    @staticmethod
    def _next_url(consent_sudo, is_renewal):
        if not is_renewal:
            return f'/odoo/action-account_xero.xero_consent_action/{consent_sudo.id}'
        return ORIGINS.get(consent_sudo.origin) or f'{BOARD}/{consent_sudo.connection_id.id}'

    # === PAGES === #

    @staticmethod
    def _is_allowed():
        return request.env.user.has_group(ADMIN_ROLE)

    @staticmethod
    def _shielded(response):
        """Return a response that is not cached and sends no referrer."""
        response.headers['Referrer-Policy'] = 'no-referrer'
        response.headers['Cache-Control'] = 'no-store'
        return response

    @staticmethod
    def _faulty_app(failure, connection):
        """Return the app whose client ID or secret is the reason of a failure, None if it is not.

        :param UserError failure: of `xero.consent`; its cause is what went wrong.
        """
        app, cause = connection.app_id, failure.__cause__
        is_refused = isinstance(cause, XeroOAuthError) and cause.refuses_app
        return app if is_refused or isinstance(cause, WrongKey) or not app.has_client_secret else None

    def _show(self, title, message, connection=None, app=None, consent_sudo=None):
        """Return a redirect to the page with a message. The address of this page contains no code and state.

        :param consent_sudo: the consent that failed; the page offers to request it again, from where the person started.
        """
        request.session[RESULT_KEY] = {
            'title': title, 'message': message, 'connection_id': connection.id if connection else False, 'app_id': app.id if app else False,
            'is_consent': bool(consent_sudo), 'origin': consent_sudo.origin if consent_sudo else False}
        return request.redirect(RESULT_PATH)

    def _refuse_user(self):
        return self._show(
            request.env._("Only invoice admins connect to Xero"),
            request.env._("Ask your administrator for the role Xero / Invoice Admin, or ask an invoice admin to connect."))

    def _refuse_consent(self, error, consent_sudo):
        connection = consent_sudo.connection_id
        if error == 'access_denied':
            return self._show(
                request.env._("You cancelled at Xero"),
                request.env._("The connection is unchanged. If you changed your mind, connect again and press “Allow access” on Xero's page."),
                connection, consent_sudo=consent_sudo)
        # The text may not come from Xero, so the page does not repeat it
        _logger.warning("Xero refused a consent for connection %s: %.50r", connection.id, error)
        return self._show(
            request.env._("Xero refused the access"),
            request.env._(
                "Xero gave no access, and the connection is unchanged. Compare client ID, redirect URI and permissions of the app, "
                "then connect again."),
            connection, connection.app_id, consent_sudo)

    @staticmethod
    def _page(title, message, connection=None, app=None, origin=None, can_start=False):
        return request.render('account_xero.oauth_page', {
            'page_title': title,
            'message': message,
            'connection_name': connection.name if connection else '',
            'url': ORIGINS.get(origin) or (f'{BOARD}/{connection.id}' if connection else BOARD),
            'start_url': f'/xero/oauth/start/{connection.id}' if can_start else '',
            'app_url': f'/odoo/action-account_xero.xero_app_action/{app.id}' if app else '',
            'origin': origin,
        })
