import base64
import json

from odoo.tests import tagged

from .sandbox_common import (
    ADVISER,
    CLIENT_ID,
    CLIENT_SECRET,
    FINANCE,
    HARBOUR,
    HINTERLAND,
    LAKESIDE,
    NORTHGATE,
    REDIRECT_URI,
    SCOPE,
    SandboxCase,
    authorize_url,
    pkce,
)

MINUTE, DAY = 60, 86_400


class OAuthCase(SandboxCase):

    def refresh(self, token, status=200, **data):
        return self.exchange(status, grant_type='refresh_token', refresh_token=token['refresh_token'], **data)

    def connections(self, token=None, **query):
        answer = self.client.get('/connections', query_string=query, headers={
            'Authorization': f"Bearer {(token or self.token)['access_token']}"})
        self.assertEqual(answer.status_code, 200)
        return answer.json

    @staticmethod
    def claims(jwt):
        return json.loads(base64.urlsafe_b64decode(jwt.split('.')[1] + '=='))


@tagged('post_install', '-at_install')
class TestConsent(OAuthCase):

    def test_two_pages(self):
        page = self.client.get(authorize_url())
        self.assertIn(FINANCE, page.text)
        self.assertIn(ADVISER, page.text)
        page = self.client.post(authorize_url(), data={'user': ADVISER})
        self.assertIn(LAKESIDE, page.text)
        self.assertNotIn('Southern Supplies', page.text, "an organisation of the other user only")
        page = self.client.post(authorize_url(), data={'user': ADVISER, 'decision': 'allow'})
        self.assertIn('Choose at least one organisation', page.text)

    def test_cancel(self):
        self.assertEqual(self.consent(decision='cancel'), {
            'error': 'access_denied', 'error_description': 'TenantConsent status DENIED', 'state': 'some-state'})

    def test_errors_are_pages_without_redirect(self):
        cases = [
            ({'client_id': 'NOBODY'}, 'Unknown client', 400),
            ({'redirect_uri': REDIRECT_URI + '/'}, 'Invalid redirect_uri', 400),
            ({'redirect_uri': 'http://127.0.0.1:8069/xero/oauth/callback'}, 'Invalid redirect_uri', 400),
            ({'scope': 'openid accounting.transactions'}, 'Invalid scope for client', 400),
            ({'scope': 'openid accounting.nonsense'}, 'Error: invalid_scope', 500),
            ({'client_id': 'BROADAPP000000000000000000000002'}, 'Invalid scope for client', 400),
        ]
        for parameters, text, status in cases:
            for call in (self.client.get, self.client.post):
                with self.subTest(parameters=parameters, call=call.__name__):
                    page = call(authorize_url(**parameters))
                    self.assertEqual((page.status_code, page.mimetype), (status, 'text/html'))
                    self.assertIn(text, page.text)

    def test_broad_app(self):
        broad = 'openid offline_access accounting.transactions accounting.contacts accounting.settings.read'
        self.assertIn('code', self.consent(client_id='BROADAPP000000000000000000000002', scope=broad))

    def test_loopback_lever(self):
        uri = 'http://127.0.0.1:8169/xero/oauth/callback'
        self.client.post('/sandbox/apps', json={'client_id': CLIENT_ID, 'redirect_uris': [REDIRECT_URI, uri]})
        self.assertEqual(self.client.get(authorize_url(redirect_uri=uri)).status_code, 400)
        self.client.post('/sandbox/settings', json={'allow_loopback_redirects': True})
        self.assertEqual(self.client.get(authorize_url(redirect_uri=uri)).status_code, 200)


@tagged('post_install', '-at_install')
class TestToken(OAuthCase):

    def test_claims(self):
        token = self.log_in()
        self.assertEqual((token['expires_in'], token['token_type'], token['scope']), (1800, 'Bearer', SCOPE))
        claims = self.claims(token['access_token'])
        self.assertGreaterEqual(claims.keys(), {
            'nbf', 'exp', 'iss', 'aud', 'client_id', 'sub', 'auth_time', 'xero_userid', 'global_session_id', 'jti',
            'authentication_event_id', 'scope'})
        self.assertEqual(claims['scope'], SCOPE.split())
        identity = self.claims(token['id_token'])
        self.assertEqual((identity['email'], identity['given_name']), (FINANCE, 'Finance'))
        self.assertNotIn('authentication_event_id', identity)

    def test_without_offline_access_and_openid(self):
        token = self.log_in(scope='accounting.invoices')
        self.assertNotIn('refresh_token', token)
        self.assertNotIn('id_token', token)

    def test_code_is_single_use_and_lives_five_minutes(self):
        code = self.consent()['code']
        self.exchange(grant_type='authorization_code', code=code, redirect_uri=REDIRECT_URI)
        self.assertEqual(
            self.exchange(400, grant_type='authorization_code', code=code, redirect_uri=REDIRECT_URI), {'error': 'invalid_grant'})
        code = self.consent()['code']
        self.sandbox.clock.advance(5 * MINUTE + 1)
        self.exchange(400, grant_type='authorization_code', code=code, redirect_uri=REDIRECT_URI)

    def test_pkce_is_checked_when_used(self):
        _verifier, challenge = pkce()
        code = self.consent(**challenge)['code']
        answer = self.exchange(
            400, grant_type='authorization_code', code=code, redirect_uri=REDIRECT_URI, code_verifier='x' * 43)
        self.assertEqual(answer, {'error': 'invalid_grant'})
        self.assertEqual(self.client.get(authorize_url(**challenge | {'code_challenge_method': 'plain'})).status_code, 400)

    def test_pkce_app_without_secret(self):
        verifier, challenge = pkce()
        client_id = 'PKCEAPP0000000000000000000000003'
        code = self.consent(client_id=client_id, **challenge)['code']
        answer = self.client.post('/connect/token', data={
            'grant_type': 'authorization_code', 'client_id': client_id, 'code': code, 'redirect_uri': REDIRECT_URI,
            'code_verifier': verifier})
        self.assertIn('access_token', answer.json)

    def test_errors_of_the_token_endpoint(self):
        code = self.consent()['code']
        valid = {'grant_type': 'authorization_code', 'code': code, 'redirect_uri': REDIRECT_URI}
        cases = [
            ({'client_secret': 'fake-secret-wrong'}, 'invalid_client'),
            ({'client_id': 'NOBODY'}, 'invalid_client'),
            ({'grant_type': 'password'}, 'unsupported_grant_type'),
            ({'redirect_uri': 'http://localhost:8069/elsewhere'}, 'invalid_grant'),
        ]
        for wrong, error in cases:
            with self.subTest(wrong=wrong):
                self.assertEqual(self.exchange(400, **valid | wrong), {'error': error})

    def test_secret_in_the_body(self):
        answer = self.client.post('/connect/token', data={
            'grant_type': 'authorization_code', 'code': self.consent()['code'], 'redirect_uri': REDIRECT_URI,
            'client_id': CLIENT_ID, 'client_secret': CLIENT_SECRET})
        self.assertIn('access_token', answer.json)

    def test_rotation_with_grace(self):
        first = self.log_in()
        second = self.refresh(first)
        self.assertNotEqual(first['refresh_token'], second['refresh_token'])
        self.assertIn('access_token', self.refresh(first), "the reply was lost: the spent token works again")
        self.sandbox.clock.advance(31 * MINUTE)
        self.assertEqual(self.refresh(first, 400), {'error': 'invalid_grant'})
        self.refresh(second)

    def test_sixty_idle_days(self):
        token = self.log_in()
        self.sandbox.clock.advance(59 * DAY)
        token = self.refresh(token)
        self.sandbox.clock.advance(61 * DAY)
        self.assertEqual(self.refresh(token, 400), {'error': 'invalid_grant'})

    def test_refresh_never_adds_scopes_but_consents_do(self):
        token = self.log_in()
        self.assertEqual(self.refresh(token, scope=SCOPE + ' accounting.payments')['scope'], SCOPE)
        more = self.log_in(scope='openid offline_access accounting.payments')
        self.assertEqual(more['scope'], SCOPE + ' accounting.payments')

    def test_revocation(self):
        token = self.log_in()
        answer = self.client.post('/connect/revocation', data={'token': token['refresh_token']}, auth=(CLIENT_ID, CLIENT_SECRET))
        self.assertEqual((answer.status_code, answer.data), (200, b''))
        self.refresh(token, 400)
        self.assertEqual(self.connections(), [])
        self.assertEqual(self.log_in(scope='openid accounting.contacts')['scope'], 'openid accounting.contacts')

    def test_discovery(self):
        found = self.client.get('/.well-known/openid-configuration').json
        self.assertTrue(found['authorization_endpoint'].endswith('/identity/connect/authorize'))
        self.assertEqual(self.client.get('/.well-known/openid-configuration/jwks').json['keys'][0]['kty'], 'RSA')


@tagged('post_install', '-at_install')
class TestConnections(OAuthCase):

    def test_older_organisation_first_and_filter_by_event(self):
        token = self.log_in(tenants=[HARBOUR, HINTERLAND])
        self.assertEqual([row['tenantId'] for row in self.connections()], [NORTHGATE, HARBOUR, HINTERLAND])
        event = self.claims(token['access_token'])['authentication_event_id']
        chosen = self.connections(authEventId=event)
        self.assertEqual({row['tenantId'] for row in chosen}, {HARBOUR, HINTERLAND})
        self.assertRegex(chosen[0]['createdDateUtc'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}$')

    def test_consent_again_keeps_the_connection(self):
        self.log_in(tenants=[HARBOUR])
        before = self.connections()[-1]
        self.log_in(tenants=[HARBOUR])
        after = self.connections()[-1]
        self.assertEqual((before['id'], before['createdDateUtc']), (after['id'], after['createdDateUtc']))
        self.assertNotEqual(before['updatedDateUtc'], after['updatedDateUtc'])
        self.assertNotEqual(before['authEventId'], after['authEventId'])

    def test_delete(self):
        self.log_in(tenants=[HARBOUR])
        headers = {'Authorization': f"Bearer {self.token['access_token']}"}
        mistaken = self.client.delete(f'/connections/{HARBOUR}', headers=headers)
        self.assertEqual((mistaken.status_code, mistaken.json['Detail']), (403, 'AuthenticationUnsuccessful'))
        connection = self.connections()[-1]
        self.assertEqual(self.client.delete(f"/connections/{connection['id']}", headers=headers).status_code, 204)
        self.assertEqual(self.client.delete(f"/connections/{connection['id']}", headers=headers).status_code, 404)
        self.assertEqual(self.api('GET', '/Organisation').status_code, 403)

    def test_disconnected_from_their_side_still_refreshes(self):
        token = self.log_in(tenants=[HARBOUR])
        self.client.post(f'/sandbox/organisations/{HARBOUR}/disconnect')
        self.assertEqual(self.api('GET', '/Organisation').status_code, 403)
        self.token = self.refresh(token)
        self.assertEqual(self.api('GET', '/Organisation').status_code, 403)
        self.assertEqual([row['tenantId'] for row in self.connections()], [NORTHGATE])

    def test_a_user_who_lost_access(self):
        self.log_in(tenants=[HARBOUR])
        self.client.post(f'/sandbox/organisations/{HARBOUR}', json={'users': [ADVISER]})
        self.assertEqual(self.api('GET', '/Organisation').status_code, 403)
