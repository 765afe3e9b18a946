"""Apps registered at the local "developer site"."""
import secrets
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import ClientMixin

from . import scopes


class App(ClientMixin):
    """A registered app. Without secret it is a PKCE app.

    ``custom_connection``: None, or ``{"tenant": …, "user": e-mail, "scopes": [...]}`` for an app of that type: one organisation, which
    this user authorised for these scopes; the app has no consent page and no refresh token.
    """

    def __init__(self, sandbox, client_id):
        self._sandbox = sandbox
        self.client_id = client_id
        self.client_secret = None
        self.name = client_id
        self.scope_set = 'granular'
        self.tier = 'starter'
        self.redirect_uris = []
        self.custom_connection = None

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return None     # Xero wants it named

    def get_allowed_scope(self, scope):
        return scope or ''

    def check_redirect_uri(self, redirect_uri):
        """Exact comparison; plain http for ``localhost`` only, for a loopback address only if the lever allows it."""
        parts = urlsplit(redirect_uri)
        safe = parts.scheme == 'https' or (parts.scheme == 'http' and (
            parts.hostname == 'localhost'
            or (self._sandbox.allow_loopback_redirects and parts.hostname in ('127.0.0.1', '::1'))
        ))
        return safe and redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret):
        return bool(self.client_secret) and secrets.compare_digest(self.client_secret, client_secret)

    def check_endpoint_auth_method(self, method, endpoint):
        return (method == 'none') == (self.client_secret is None)

    def check_response_type(self, response_type):
        return response_type == 'code' and not self.custom_connection

    def check_grant_type(self, grant_type):
        return grant_type in (('client_credentials',) if self.custom_connection else ('authorization_code', 'refresh_token'))

    def may_ask_for(self, names):
        return set(names) <= scopes.known_to(self.scope_set)

    def as_dict(self):
        """What the lever shows: everything but the secret."""
        return {
            'client_id': self.client_id, 'name': self.name, 'scope_set': self.scope_set, 'tier': self.tier,
            'redirect_uris': self.redirect_uris, 'has_secret': self.client_secret is not None,
            'custom_connection': self.custom_connection,
        }
