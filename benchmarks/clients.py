"""The same invoices sent by other people's clients, one call for each, as most connectors do."""
import os
import time
from datetime import date
from unittest.mock import patch
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from xero import Xero, auth
from xero.auth import OAuth2Credentials
from xero_python.accounting import AccountingApi
from xero_python.accounting import models as accounting
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token

from .books import Books
from .local_xero import CLIENT_ID, CLIENT_SECRET, USER, tenant_id
from .stage import SALES, size, stage, without_pace

INVOICES = size('BENCH_CLIENT_INVOICES', 200, 100)
LATENCY = 0.2   # seconds that Xero takes at least
REDIRECT_URI = 'http://localhost:8069/xero/oauth/callback'
SCOPE = ['offline_access', 'accounting.invoices', 'accounting.contacts']


def measure(report):
    with stage('clients') as one, without_pace():
        [connection] = one.connect(1)
        books = Books(one)
        template = books.posted(one.journal(connection))
        one.export_all(connection)
        books.queued(template, INVOICES)
        one.xero.lever('settings', latency=LATENCY)
        ours = _seconds(lambda: one.export_all(connection))
        token = _token(one.xero.url)
        if report.wants('sdk_one_by_one'):
            report.add('sdk_one_by_one', _seconds(lambda: _send_by_sdk(one.xero.url, token)) / ours)
        if report.wants('pyxero_one_by_one'):
            report.add('pyxero_one_by_one', _seconds(lambda: _send_by_pyxero(one.xero.url, token)) / ours)


def _seconds(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _token(url):
    """Return a token by a consent of the same person."""
    query = urlencode({'response_type': 'code', 'client_id': CLIENT_ID, 'redirect_uri': REDIRECT_URI, 'state': 'bench', 'scope': ' '.join(SCOPE)})
    answer = requests.post(f'{url}/identity/connect/authorize?{query}', timeout=30, allow_redirects=False, data={
        'user': USER, 'tenant': [tenant_id(0)], 'decision': 'allow'})
    [code] = parse_qs(urlsplit(answer.headers['Location']).query)['code']
    token = requests.post(f'{url}/connect/token', timeout=30, auth=(CLIENT_ID, CLIENT_SECRET), data={
        'grant_type': 'authorization_code', 'code': code, 'redirect_uri': REDIRECT_URI}).json()
    return {**token, 'scope': SCOPE, 'expires_at': time.time() + 1800}


def _send_by_sdk(url, token):
    client = ApiClient(Configuration(oauth2_token=OAuth2Token(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)), pool_threads=1)
    client.oauth2_token_getter(lambda: token)
    client.oauth2_token_saver(lambda _token: None)
    xero = AccountingApi(client, base_url=f'{url}/api.xro/2.0')
    for number in range(INVOICES):
        line = accounting.LineItem(description="Work", quantity=2, unit_amount=33.35, account_code=SALES, tax_type='OUTPUT')
        xero.create_invoices(tenant_id(0), accounting.Invoices(invoices=[accounting.Invoice(
            type='ACCREC', invoice_number=f'SDK-{number}', contact=accounting.Contact(name="Ridgeway Hardware"), date=date(2026, 11, 2),
            due_date=date(2026, 11, 30), status='AUTHORISED', line_items=[line] * 3)]), summarize_errors=False)


def _send_by_pyxero(url, token):
    with patch.object(auth, 'XERO_OAUTH2_TOKEN_URL', f'{url}/connect/token'), patch.object(auth, 'XERO_BASE_URL', url), \
            patch.dict(os.environ, OAUTHLIB_INSECURE_TRANSPORT='1'):
        xero = Xero(OAuth2Credentials(CLIENT_ID, CLIENT_SECRET, token=token, tenant_id=tenant_id(0), scope=SCOPE))
        line = {'Description': "Work", 'Quantity': '2', 'UnitAmount': '33.35', 'AccountCode': SALES, 'TaxType': 'OUTPUT'}
        for number in range(INVOICES):
            xero.invoices.put({
                'Type': 'ACCREC', 'InvoiceNumber': f'PY-{number}', 'Contact': {'Name': "Ridgeway Hardware"}, 'Date': date(2026, 11, 2),
                'DueDate': date(2026, 11, 30), 'Status': 'AUTHORISED', 'LineItems': [line] * 3})
