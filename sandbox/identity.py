"""Identity endpoints: consent page, token, revocation, discovery."""
import uuid

from authlib.oauth2.rfc6749.errors import OAuth2Error
from flask import Blueprint, current_app, jsonify, render_template, request

from .oauth import SIGNING, Consent, signing_key
from .state import current_sandbox

identity = Blueprint('identity', __name__)
ERROR_PAGES = {
    'invalid_client': ('unauthorized_client', 'Unknown client', 400),
    'invalid_scope': ('invalid_scope', 'Error code: 500', 500),
    'unauthorized_client': ('unauthorized_client', 'Invalid scope for client', 400),
}


def _server():
    return current_app.extensions['sandbox_oauth']


@identity.route('/identity/connect/authorize', methods=['GET', 'POST'])
def authorize():
    """The consent page, in two plain forms: log in (``user``), then choose (``tenant``, several) and ``decision=allow|cancel``.

    A script may send everything in one POST. A wrong client, redirect URI or scope is an HTML page here and never a redirect.
    """
    server, sandbox = _server(), current_sandbox()
    try:
        grant = server.get_consent_grant(end_user=None)
    except OAuth2Error as error:
        about = error.description or ''
        name, text, status = ERROR_PAGES.get(
            error.error, (error.error, 'Invalid redirect_uri' if 'redirect' in about.lower() else about, 400))
        return render_template('oauth_error.html', error=name, text=text), status
    if request.form.get('decision') == 'cancel':
        return server.create_authorization_response(grant=grant, grant_user=None)
    user = sandbox.user(request.form.get('user', ''))
    if not user:
        return render_template('login.html', app=grant.client, users=sandbox.users.values())
    organisations = sandbox.organisations_of(user)
    chosen = request.form.getlist('tenant')
    decided = request.form.get('decision') == 'allow'
    if decided and chosen and set(chosen) <= {organisation.tenant_id for organisation in organisations}:
        return server.create_authorization_response(grant=grant, grant_user=_consent(grant, user, chosen))
    page = render_template(
        'consent.html', app=grant.client, user=user, organisations=organisations, nothing_chosen=decided,
        scopes=request.args['scope'].split())
    return page, 400 if decided else 200


def _consent(grant, user, tenant_ids):
    """Scopes add up over consents; only revoking takes them away."""
    sandbox = current_sandbox()
    with sandbox.lock:
        granted = sandbox.granted_scopes.setdefault((grant.client.client_id, user.user_id), [])
        granted += [name for name in request.args['scope'].split() if name not in granted]
        grant.request.scope = ' '.join(granted)
    return Consent(user, tenant_ids, grant.request.scope, str(uuid.uuid4()), sandbox.clock.now())


@identity.post('/connect/token')
def token():
    return _server().create_token_response()


@identity.post('/connect/revocation')
def revocation():
    return _server().create_endpoint_response('revocation')


@identity.get('/.well-known/openid-configuration')
def discovery():
    base = request.host_url.rstrip('/')
    return jsonify({
        'issuer': base,
        'authorization_endpoint': f'{base}/identity/connect/authorize',
        'token_endpoint': f'{base}/connect/token',
        'revocation_endpoint': f'{base}/connect/revocation',
        'jwks_uri': f'{base}/.well-known/openid-configuration/jwks',
        'response_types_supported': ['code'],
        'grant_types_supported': ['authorization_code', 'refresh_token', 'client_credentials'],
        'code_challenge_methods_supported': ['S256'],
        'token_endpoint_auth_methods_supported': ['client_secret_basic', 'client_secret_post'],
        'id_token_signing_alg_values_supported': [SIGNING],
        'subject_types_supported': ['public'],
    })


@identity.get('/.well-known/openid-configuration/jwks')
def keys():
    return jsonify({'keys': [signing_key().as_dict(private=False)]})
