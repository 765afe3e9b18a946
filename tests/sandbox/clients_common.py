"""Published clients of Xero before the sandbox; only their URLs are changed."""
import os
import time
from datetime import date
from unittest.mock import patch

from xero import Xero, auth
from xero.auth import OAuth2Credentials
from xero_python.accounting import AccountingApi
from xero_python.accounting import models as accounting
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token, TokenApi

from .sandbox_common import BANK_SCOPE, CLIENT_ID, CLIENT_SECRET, HARBOUR
from .server_common import ServerCase


class OfficialPythonCase(ServerCase):
    """``xero-python``, the official SDK."""

    def setUp(self):
        super().setUp()
        self.stored = dict(self.token, expires_at=time.time() + 1800, scope=BANK_SCOPE.split())
        client = ApiClient(Configuration(oauth2_token=OAuth2Token(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)), pool_threads=1)
        client.oauth2_token_getter(lambda: self.stored)
        client.oauth2_token_saver(self._save)
        self.xero_client = client
        self.xero = AccountingApi(client, base_url=f'{self.server.url}/api.xro/2.0')
        self.patch(TokenApi, 'refresh_token_url', f'{self.server.url}/connect/token')

    def _save(self, token):
        self.stored = token

    def new_invoice(self, number, account='200'):
        return accounting.Invoice(
            type='ACCREC', invoice_number=number, contact=accounting.Contact(name='Ridgeline Cafe'), date=date(2026, 10, 1),
            due_date=date(2026, 10, 31), status='AUTHORISED', line_items=[accounting.LineItem(
                description='Beans', quantity=2, unit_amount=50, account_code=account, tax_type='OUTPUT')])


class PyxeroCase(ServerCase):
    """``pyxero``, which writes XML."""

    def setUp(self):
        super().setUp()
        self.patch(auth, 'XERO_OAUTH2_TOKEN_URL', f'{self.server.url}/connect/token')
        self.patch(auth, 'XERO_BASE_URL', self.server.url)
        self.startPatcher(patch.dict(os.environ, OAUTHLIB_INSECURE_TRANSPORT='1'))
        token = dict(self.token, scope=BANK_SCOPE.split(), expires_at=time.time() + 1800)
        self.credentials = OAuth2Credentials(CLIENT_ID, CLIENT_SECRET, token=token, tenant_id=HARBOUR, scope=BANK_SCOPE.split())
        self.xero = Xero(self.credentials)

    def new_invoice(self, number, account='200'):
        return {
            'Type': 'ACCREC', 'InvoiceNumber': number, 'Contact': {'Name': 'Ridgeline Cafe'}, 'Date': date(2026, 10, 1),
            'DueDate': date(2026, 10, 31), 'Status': 'AUTHORISED',
            'LineItems': [{'Description': 'Beans & more', 'Quantity': '2', 'UnitAmount': '50.00', 'AccountCode': account}],
        }
