import base64
import json

from odoo.tests import tagged

from .sandbox_common import CUSTOM_ID, CUSTOM_SECRET, FINANCE, HARBOUR, HINTERLAND, SandboxCase, authorize_url


@tagged('post_install', '-at_install')
class TestCustomConnection(SandboxCase):

    def fetch(self, status=200, **values):
        """One call of the token endpoint by the custom connection."""
        return self.exchange(
            status, **{'client_id': CUSTOM_ID, 'client_secret': CUSTOM_SECRET, 'grant_type': 'client_credentials'} | values)

    def connections(self):
        return self.client.get('/connections', headers={'Authorization': f"Bearer {self.token['access_token']}"})

    def test_token(self):
        token = self.fetch(scope='accounting.invoices accounting.settings.read')
        self.assertEqual(token.keys(), {'access_token', 'expires_in', 'token_type', 'scope'})
        self.assertEqual((token['expires_in'], token['scope']), (1800, 'accounting.invoices accounting.settings.read'))
        claims = json.loads(base64.urlsafe_b64decode(token['access_token'].split('.')[1] + '=='))
        self.assertEqual(claims['client_id'], CUSTOM_ID)
        self.assertFalse(claims.keys() & {'xero_userid', 'authentication_event_id', 'sub'}, "no person is behind it")

    def test_all_authorised_scopes_if_none_is_named(self):
        self.assertIn('accounting.contacts', self.fetch()['scope'].split())

    def test_refused(self):
        refused = {'error': 'invalid_scope', 'error_description': 'Client credentials scope validation failed'}
        for scope in ('accounting.transactions', 'offline_access', 'openid', 'accounting.journals.read', 'accounting.nonsense'):
            with self.subTest(scope=scope):
                self.assertEqual(self.fetch(400, scope=f'accounting.invoices {scope}'), refused)
        self.assertEqual(self.fetch(400, client_secret='fake-secret-wrong'), {'error': 'invalid_client'})
        self.assertEqual(self.fetch(400, grant_type='refresh_token', refresh_token='any'), {'error': 'unauthorized_client'})
        self.assertEqual(self.exchange(400, grant_type='client_credentials'), {'error': 'unauthorized_client'}, "of an app with consent")
        self.assertEqual(self.client.get(authorize_url(client_id=CUSTOM_ID)).status_code, 400)

    def test_calls_without_tenant(self):
        self.token = self.fetch()
        for headers in ({'Xero-Tenant-Id': ''}, {'Xero-Tenant-Id': HARBOUR}):
            answer = self.api('GET', '/Organisation', headers=headers)
            self.assertEqual(answer.json['Organisations'][0]['OrganisationID'], HARBOUR)
            self.assertEqual(answer.headers['X-DayLimit-Remaining'], '999' if not headers['Xero-Tenant-Id'] else '998')
        self.assertEqual(self.sandbox.requests[-2]['tenant'], HARBOUR)
        self.assertEqual(self.api('GET', '/Organisation', headers={'Xero-Tenant-Id': HINTERLAND}).status_code, 403)

    def test_thirty_minutes_and_scopes(self):
        self.token = self.fetch(scope='accounting.settings.read')
        self.assertEqual(self.api('GET', '/Invoices').json['Detail'], 'AuthorizationUnsuccessful')
        self.sandbox.clock.advance(1801)
        self.assertIn('TokenExpired', self.api('GET', '/Organisation').json['Detail'])
        self.token = self.fetch()
        self.assertEqual(self.api('GET', '/Invoices').status_code, 200)

    def test_one_connection(self):
        self.token = self.fetch()
        rows = self.connections().json
        self.assertEqual([row['tenantId'] for row in rows], [HARBOUR])
        self.client.delete(f"/connections/{rows[0]['id']}", headers={'Authorization': f"Bearer {self.token['access_token']}"})
        self.assertEqual(self.connections().json, [])
        self.assertEqual(self.api('GET', '/Organisation').status_code, 403)

    def test_revoked_and_authorised_again(self):
        self.token = self.fetch()
        self.client.delete('/sandbox/connections', query_string={'client_id': CUSTOM_ID})
        self.assertEqual(self.api('GET', '/Organisation', headers={'Xero-Tenant-Id': ''}).status_code, 403, "the token lives on, in vain")
        self.assertEqual(self.fetch(400), {'error': 'unauthorized_client'})
        self.client.post('/sandbox/apps', json={'client_id': CUSTOM_ID, 'custom_connection': {
            'tenant': HINTERLAND, 'user': FINANCE, 'scopes': ['accounting.settings.read']}})
        self.token = self.fetch()
        self.assertEqual(self.api('GET', '/Organisation', headers={'Xero-Tenant-Id': ''}).json['Organisations'][0]['Name'], 'Hinterland Site AU')

    def test_a_user_who_lost_access(self):
        self.client.post(f'/sandbox/organisations/{HARBOUR}', json={'users': []})
        self.assertEqual(self.fetch(400), {'error': 'unauthorized_client'})
