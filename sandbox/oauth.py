"""The OAuth 2 server: authlib's, with Xero's lifetimes, rotation and claims."""
import functools
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from authlib.common.security import generate_token
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, TokenMixin, grants
from authlib.oauth2.rfc6749.errors import AccessDeniedError, InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import request
from joserfc import jwt
from joserfc.jwk import RSAKey

from .scopes import KNOWN

CODE_LIFETIME = timedelta(minutes=5)
ACCESS_LIFETIME = timedelta(minutes=30)
ID_TOKEN_LIFETIME = timedelta(minutes=5)
REFRESH_IDLE = timedelta(days=60)
REFRESH_GRACE = timedelta(minutes=30)
SIGNING = 'RS256'
TOKEN_AUTH = ['client_secret_basic', 'client_secret_post', 'none']


@functools.cache
def signing_key():
    return RSAKey.generate_key(2048, {'kid': 'sandbox', 'use': 'sig', 'alg': SIGNING})


@dataclass
class Consent:
    """What a person decided on the consent page; goes with the code and the tokens that come of it."""
    user: object
    tenant_ids: list
    scope: str
    event_id: str
    time: datetime


@dataclass
class Code(AuthorizationCodeMixin):
    code: str
    client_id: str
    redirect_uri: str
    consent: Consent
    code_challenge: str
    code_challenge_method: str
    created: datetime

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.consent.scope


@dataclass
class Token(TokenMixin):
    """An access token or a refresh token. ``used``: when a refresh token was exchanged first."""
    value: str
    client_id: str
    consent: Consent
    scope: str
    created: datetime
    used: datetime = None

    def check_client(self, client):
        return self.client_id == client.client_id

    def get_scope(self):
        return self.scope


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = TOKEN_AUTH

    def create_authorization_response(self, redirect_uri, grant_user):
        if not grant_user:
            raise AccessDeniedError('TenantConsent status DENIED', redirect_uri=redirect_uri)
        return super().create_authorization_response(redirect_uri, grant_user)

    def save_authorization_code(self, code, request):
        sandbox, data = self.server.sandbox, request.payload.data
        consent = request.user
        sandbox.connect(request.client.client_id, consent.user, consent.tenant_ids, consent.event_id)
        sandbox.codes[code] = Code(
            code, request.client.client_id, request.payload.redirect_uri, consent,
            data.get('code_challenge'), data.get('code_challenge_method'), sandbox.clock.now())

    def query_authorization_code(self, code, client):
        """A code is spent by being asked for, so that two requests cannot both have it."""
        sandbox = self.server.sandbox
        known = sandbox.codes.pop(code, None)
        if known and known.client_id == client.client_id and sandbox.clock.now() - known.created <= CODE_LIFETIME:
            return known
        return None

    def delete_authorization_code(self, authorization_code):
        """Nothing to do: see ``query_authorization_code``."""

    def authenticate_user(self, authorization_code):
        return authorization_code.consent


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = TOKEN_AUTH
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token):
        sandbox = self.server.sandbox
        now, token = sandbox.clock.now(), sandbox.refresh_tokens.get(refresh_token)
        if not token or now - token.created > REFRESH_IDLE or (token.used and now - token.used > REFRESH_GRACE):
            return None
        return token

    def _validate_token_scope(self, token):
        """Xero takes a ``scope`` here and does not heed it (its own Python client sends one)."""

    def issue_token(self, user, refresh_token):
        return self.generate_token(user=user, scope=refresh_token.get_scope(), include_refresh_token=True)

    def authenticate_user(self, refresh_token):
        return refresh_token.consent

    def revoke_old_credential(self, refresh_token):
        refresh_token.used = refresh_token.used or self.server.sandbox.clock.now()


class ScopesNotAuthorised(InvalidScopeError):
    """The one error of the token endpoint that comes with a description."""
    description = 'Client credentials scope validation failed'


class CustomConnectionGrant(grants.ClientCredentialsGrant):
    """The token of a custom connection: no person, no refresh token, the one organisation that was authorised on Xero's side."""
    TOKEN_ENDPOINT_AUTH_METHODS = ['client_secret_basic', 'client_secret_post']

    def validate_requested_scope(self):
        """Without ``scope`` the token has all that were authorised, as Xero's own clients expect; none may be asked for beyond them."""
        sandbox, custom = self.server.sandbox, self.client.custom_connection
        if not sandbox.connection(self.client.client_id, sandbox.user(custom['user']).user_id, custom['tenant']):
            raise UnauthorizedClientError()
        if not set((self.request.payload.scope or '').split()) <= set(custom['scopes']):
            raise ScopesNotAuthorised()

    def create_token_response(self):
        sandbox, custom = self.server.sandbox, self.client.custom_connection
        scope = ' '.join((self.request.payload.scope or '').split() or custom['scopes'])
        consent = Consent(sandbox.user(custom['user']), [custom['tenant']], scope, None, sandbox.clock.now())
        self.request.user = consent
        token = self.generate_token(user=consent, scope=scope, include_refresh_token=False)
        self.save_token(token)
        return 200, token, self.TOKEN_RESPONSE_HEADER


class Pkce(CodeChallenge):
    DEFAULT_CODE_CHALLENGE_METHOD = 'S256'
    SUPPORTED_CODE_CHALLENGE_METHOD = ['S256']


class Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = TOKEN_AUTH

    def query_token(self, token_string, token_type_hint):
        return self.server.sandbox.refresh_tokens.get(token_string)

    def revoke_token(self, token, request):
        """Ends everything between this user and this app: tokens, scopes and connections."""
        sandbox, pair = self.server.sandbox, (token.client_id, token.consent.user.user_id)
        with sandbox.lock:
            sandbox.refresh_tokens = {
                value: other for value, other in sandbox.refresh_tokens.items()
                if (other.client_id, other.consent.user.user_id) != pair
            }
            sandbox.connections = [other for other in sandbox.connections if (other.client_id, other.user_id) != pair]
            sandbox.granted_scopes.pop(pair, None)

    def create_endpoint_response(self, request):
        status, _body, headers = super().create_endpoint_response(request)
        return status, '', headers


class Server(AuthorizationServer):
    """authlib's server over a ``Sandbox``."""

    def __init__(self, app, sandbox):
        self.sandbox = sandbox
        super().__init__(app)
        self.register_token_generator('default', BearerTokenGenerator(
            self._access_token, lambda **_: generate_token(43), lambda *_: int(ACCESS_LIFETIME.total_seconds())))
        self.register_grant(CodeGrant, [Pkce(required=True), self._add_id_token])
        self.register_grant(RefreshGrant, [self._add_id_token])
        self.register_grant(CustomConnectionGrant)
        self.register_endpoint(Revocation)

    def query_client(self, client_id):
        return self.sandbox.apps.get(client_id)

    def save_token(self, token, request):
        consent, client_id, now = request.user, request.client.client_id, self.sandbox.clock.now()
        if 'offline_access' not in token['scope'].split():
            token.pop('refresh_token', None)
        with self.sandbox.lock:
            self.sandbox.access_tokens[token['access_token']] = Token(token['access_token'], client_id, consent, token['scope'], now)
            if 'refresh_token' in token:
                self.sandbox.refresh_tokens[token['refresh_token']] = Token(
                    token['refresh_token'], client_id, consent, token['scope'], now)

    def validate_requested_scope(self, scope):
        names = set((scope or '').split())
        if not names or not names <= KNOWN:
            raise InvalidScopeError()
        app = self.query_client(request.values['client_id'])
        if not app.may_ask_for(names):
            raise UnauthorizedClientError('Invalid scope for client')

    def handle_error_response(self, request, error):
        """Redirects as authlib builds them; at the token endpoint Xero says the error's name and nearly nothing else, always 400."""
        status, body, headers = error(None)
        if status == 302:
            return self.handle_response(status, body, headers)
        told = {'error_description': error.description} if isinstance(error, ScopesNotAuthorised) else {}
        return self.handle_response(400, {'error': error.error} | told, [('Content-Type', 'application/json')])

    def _access_token(self, client, grant_type, user, scope):
        consent, now = user, self.sandbox.clock.now()
        claims = {
            'nbf': now,
            'exp': now + ACCESS_LIFETIME,
            'aud': f'{self.issuer}/resources',
            'client_id': client.client_id,
            'jti': uuid.uuid4().hex,
            'scope': scope.split(),
        }
        if client.custom_connection:
            return self._signed(claims)
        return self._signed(claims | {
            'sub': consent.user.user_id.replace('-', ''),
            'auth_time': consent.time,
            'xero_userid': consent.user.user_id,
            'global_session_id': uuid.uuid4().hex,
            'authentication_event_id': consent.event_id,
        })

    def _add_id_token(self, grant):
        def add(grant, response):
            _status, token, _headers = response
            if 'openid' not in token['scope'].split():
                return
            consent, now = grant.request.user, self.sandbox.clock.now()
            user = consent.user
            token['id_token'] = self._signed({
                'nbf': now,
                'exp': now + ID_TOKEN_LIFETIME,
                'aud': grant.client.client_id,
                'iat': now,
                'sub': user.user_id.replace('-', ''),
                'auth_time': consent.time,
                'xero_userid': user.user_id,
                'preferred_username': user.email,
                'email': user.email,
                'given_name': user.first_name,
                'family_name': user.last_name,
                'name': user.name,
            })
        grant.register_hook('after_create_token_response', add)

    @property
    def issuer(self):
        return request.host_url.rstrip('/')

    def _signed(self, claims):
        claims = {name: int(value.timestamp()) if isinstance(value, datetime) else value for name, value in claims.items()}
        return jwt.encode({'alg': SIGNING, 'kid': 'sandbox', 'typ': 'JWT'}, {'iss': self.issuer, **claims}, signing_key(), [SIGNING])
