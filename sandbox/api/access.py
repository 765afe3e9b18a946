"""Who calls: bearer token, scope, organisation."""
from flask import request

from ..oauth import ACCESS_LIFETIME
from ..scopes import allows
from .errors import Problem

UNAUTHENTICATED = 'AuthenticationUnsuccessful'
UNAUTHORIZED = 'AuthorizationUnsuccessful'


def bearer(sandbox):
    """:return: the living access token of this request; :raise Problem: 401 as Xero words it"""
    scheme, _, value = request.headers.get('Authorization', '').partition(' ')
    token = sandbox.access_tokens.get(value) if scheme.lower() == 'bearer' else None
    if not token:
        raise Problem(401, UNAUTHENTICATED, headers={'WWW-Authenticate': 'Bearer error=invalid_token'})
    expiry = token.created + ACCESS_LIFETIME
    if sandbox.clock.now() >= expiry:
        raise Problem(401, f'TokenExpired: token expired at {expiry:%m/%d/%Y %H:%M:%S}', headers={
            'WWW-Authenticate': 'Bearer error=invalid_token'})
    return token


def tenant(sandbox, token, endpoint):
    """:return: the organisation that the call is for

    :raise Problem: 401 without tenant header or scope, 403 where the user has no connection to the organisation

    A custom connection needs no header.
    """
    custom = sandbox.apps[token.client_id].custom_connection
    tenant_id = request.headers.get('Xero-Tenant-Id', '').lower() or (custom and custom['tenant'])
    if not tenant_id:
        raise Problem(401, UNAUTHENTICATED)
    if not allows(token.scope.split(), endpoint, write=request.method != 'GET'):
        raise Problem(401, UNAUTHORIZED, headers={'WWW-Authenticate': 'Bearer error=insufficient_scope'})
    if not sandbox.connection(token.client_id, token.consent.user.user_id, tenant_id):
        raise Problem(403, UNAUTHENTICATED)
    return sandbox.organisations[tenant_id]
