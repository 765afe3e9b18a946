"""What the tests of the sandbox share: a fresh one without a socket, a consent, API calls."""
import base64
import hashlib
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

from odoo.addons.account_xero.sandbox import Sandbox, create_app
from odoo.tests import BaseCase

CLIENT_ID, CLIENT_SECRET = 'DEMOAPP0000000000000000000000001', 'fake-secret-demo-app'
CUSTOM_ID, CUSTOM_SECRET = 'CUSTOMAPP00000000000000000000004', 'fake-secret-custom-app'
REDIRECT_URI = 'http://localhost:8069/xero/oauth/callback'
SCOPE = 'openid profile email offline_access accounting.invoices accounting.contacts accounting.settings.read'
EXPORT_SCOPE = ' '.join((
    SCOPE, 'accounting.manualjournals', 'accounting.attachments', 'accounting.payments', 'accounting.settings'))
BANK_SCOPE = f'{EXPORT_SCOPE} accounting.banktransactions'
HARBOUR, HINTERLAND = '3f1c6a52-7d0e-4b83-9a61-5c2e8d7f0a11', 'a9d40b7e-21c5-4f6a-8e3d-0b7c95e1d622'
NORTHGATE, LAKESIDE = '5b8e2c90-64fa-4d17-b0c9-7e1a3f52d833', 'e4b19c36-08d7-45f2-a5be-6d3c70f8ba55'
FINANCE, ADVISER = 'finance@example.com', 'adviser@example.com'


def authorize_url(**parameters):
    """:return: path and query of the consent page; ``parameters`` replace the usual ones"""
    return '/identity/connect/authorize?' + urlencode({
        'response_type': 'code', 'client_id': CLIENT_ID, 'redirect_uri': REDIRECT_URI, 'scope': SCOPE, 'state': 'some-state',
    } | parameters)


def pkce():
    """:return: (verifier, parameters for the authorize URL)"""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, {
        'code_challenge': base64.urlsafe_b64encode(digest).rstrip(b'=').decode(), 'code_challenge_method': 'S256',
    }


class SandboxCase(BaseCase):
    """A sandbox of its own per test, called in process. ``self.api`` calls it as somebody who consented for both AU organisations."""

    def setUp(self):
        super().setUp()
        self.sandbox = Sandbox()
        self.client = create_app(self.sandbox).test_client()
        self.tenant = HARBOUR
        self.token = None

    # -- OAuth --------------------------------------------------------------------------------------------------------

    def consent(self, user=FINANCE, tenants=(HARBOUR, HINTERLAND), decision='allow', **parameters):
        """:return: the query of the redirect, as a dict"""
        answer = self.client.post(
            authorize_url(**parameters), data={'user': user, 'tenant': list(tenants), 'decision': decision})
        self.assertEqual(answer.status_code, 302, answer.text)
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}

    def exchange(self, status=200, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, **data):
        """One call of the token endpoint."""
        answer = self.client.post('/connect/token', data=data, auth=(client_id, client_secret))
        self.assertEqual(answer.status_code, status, answer.text)
        return answer.json

    def log_in(self, user=FINANCE, tenants=(HARBOUR, HINTERLAND), **parameters):
        """The whole way from consent to token, with PKCE."""
        verifier, challenge = pkce()
        code = self.consent(user, tenants, **challenge, **parameters)['code']
        self.token = self.exchange(grant_type='authorization_code', code=code, redirect_uri=REDIRECT_URI, code_verifier=verifier)
        return self.token

    # -- API ----------------------------------------------------------------------------------------------------------

    def api(self, method, path, body=None, headers=None, **query):
        """:return: the reply of one call of the Accounting API; a dict as body goes as JSON"""
        if not self.token:
            self.log_in()
        sent = {'json': body} if isinstance(body, (dict, list)) else {'data': body}
        return self.client.open(f'/api.xro/2.0{path}', method=method, query_string=query, **sent, headers={
            'Authorization': f"Bearer {self.token['access_token']}", 'Accept': 'application/json', 'Xero-Tenant-Id': self.tenant,
        } | (headers or {}))

    def refused(self, method, path, body=None, **query):
        """:return: the messages of a 400, of all its elements"""
        answer = self.api(method, path, body, **query)
        self.assertEqual(answer.status_code, 400, answer.text)
        return [message for element in answer.json['Elements'] for message in self.messages(element)]

    def get(self, path, **query):
        answer = self.api('GET', path, **query)
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json

    def put(self, collection, *elements, method='PUT', **query):
        """Send elements with ``summarizeErrors=false``; :return: the elements of the reply"""
        answer = self.api(method, f'/{collection}', {collection: list(elements)}, **{'summarizeErrors': 'false'} | query)
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json[collection]

    def in_xero(self, method, path, body=None, status=200, **query):
        """Do as somebody does on Xero's own screens; :return: the reply"""
        answer = self.client.open(
            f'/sandbox/organisations/{self.tenant}/in-xero{path}', method=method, json=body, query_string=query)
        self.assertEqual(answer.status_code, status, answer.text)
        return answer.json

    def messages(self, element):
        return [error['Message'] for error in element.get('ValidationErrors', [])]

    def invoice(self, number='INV/2026/0001', **values):
        """:return: a good sales invoice of 2 × 50.00 and 10 % tax, with ``values`` over it"""
        return {
            'Type': 'ACCREC', 'InvoiceNumber': number, 'Contact': {'Name': 'Ridgeline Cafe'}, 'Date': '2026-10-01',
            'DueDate': '2026-10-31', 'LineAmountTypes': 'Exclusive', 'Status': 'AUTHORISED',
            'LineItems': [self.line()],
        } | values

    def line(self, **values):
        return {'Description': 'Coffee beans', 'Quantity': 2, 'UnitAmount': 50, 'AccountCode': '200', 'TaxType': 'OUTPUT'} | values

    def assert_refused(self, invoice, message, collection='Invoices', method='PUT', **query):
        """One element is refused, with this message among its reasons."""
        element = self.put(collection, invoice, method=method, **query)[0]
        self.assertIn(message, self.messages(element), element)
        self.assertEqual(element['StatusAttributeString'], 'ERROR')

    def assert_saved(self, invoice, collection='Invoices', method='PUT', **query):
        """:return: the element of the reply"""
        element = self.put(collection, invoice, method=method, **query)[0]
        self.assertFalse(self.messages(element))
        return element
