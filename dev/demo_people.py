"""The actors of the demo: people at Odoo's web client and people at the local Xero. All of them use HTTP."""
import contextlib
import subprocess
import time
import uuid
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from .commands import SetupError
from .environment import environment
from .scratch import LOGS, PYTHON, REPOSITORY

TIMEOUT = 120


class OdooSays(Exception):
    """Odoo refused an action; the text is the message that the person would read."""


class Person:
    """A person who is logged in to Odoo's web client.

    :param str url: of Odoo
    :param str database: to log in to
    :param str login: also the password, because this is a demo
    """

    def __init__(self, url, database, login):
        self.url, self.login = url, login
        self.session = requests.Session()
        log_in = self._rpc('/web/session/authenticate', db=database, login=login, password=login)
        self.user_id, self._context = log_in['uid'], log_in['user_context']

    def _rpc(self, path, **params):
        answer = self.session.post(
            self.url + path, json={'jsonrpc': '2.0', 'method': 'call', 'params': params}, timeout=TIMEOUT).json()
        if 'error' in answer:
            data = answer['error'].get('data') or {}
            raise OdooSays(f"{self.login}, {path}: {data.get('message') or answer['error']['message']}")
        return answer.get('result')

    def call(self, model, method, *args, **kwargs):
        """Call a public method, as the web client does."""
        kwargs['context'] = {**self._context, **kwargs.get('context', {})}
        return self._rpc(f'/web/dataset/call_kw/{model}/{method}', model=model, method=method, args=args, kwargs=kwargs)

    def create(self, model, *vals_list, **kwargs):
        """Create records and return their ids."""
        return self.call(model, 'create', list(vals_list), **kwargs)

    def write(self, model, ids, vals):
        self.call(model, 'write', ids, vals)

    def find(self, model, domain, *names, **kwargs):
        """Return the records that the person can see, as dicts."""
        return self.call(model, 'search_read', domain, list(names), **kwargs)

    def ref(self, xml_id):
        """Return the id of a record by its external id."""
        module, name = xml_id.split('.')
        [row] = self.find('ir.model.data', [('module', '=', module), ('name', '=', name)], 'res_id')
        return row['res_id']

    def consent(self, connection_id, xero_login, tenant_id, *, origin=''):
        """Press Connect, log in to Xero, choose an organisation, allow the access, come back.

        :param str origin: the page on which it is pressed, such as `board`; empty for the connection's form.
        :return: the address of the page of Odoo that the person sees last.
        """
        leave = self.call('xero.connection', 'action_connect', [connection_id], context={'xero_origin': origin})
        start = self.session.get(self.url + leave['url'], timeout=TIMEOUT, allow_redirects=False)
        consent_page = self._next(start)
        answer = requests.post(
            consent_page, data={'user': xero_login, 'tenant': [tenant_id], 'decision': 'allow'}, timeout=TIMEOUT, allow_redirects=False)
        callback = self._next(answer)
        return self._next(self.session.get(callback, timeout=TIMEOUT, allow_redirects=False))

    @staticmethod
    def _next(answer):
        """Return the address that a page redirects to."""
        if answer.status_code not in (302, 303):
            raise OdooSays(f"{answer.url.split('?')[0]} answered {answer.status_code} instead of going on:\n{answer.text[:2000]}")
        return answer.headers['Location']


class LocalXero:
    """The sandbox in a process of its own, and the actions of people in it: on its pages, or through its levers.

    :param int port: to serve at
    :param str redirect_uri: of the add-on, to be registered besides the usual one
    :param str log: name of its log
    """
    CLIENT_ID = 'DEMOAPP0000000000000000000000001'
    CLIENT_SECRET = 'fake-secret-demo-app'
    OTHER_APP = ('BROADAPP000000000000000000000002', 'fake-secret-broad-app')
    CUSTOM_APP = ('CUSTOMAPP00000000000000000000004', 'fake-secret-custom-app')
    OTHER_REDIRECT_URI = 'http://localhost:8069/xero/oauth/callback'    # all its apps are registered with this one

    def __init__(self, port, redirect_uri, log='demo-sandbox.log'):
        self.url = f'http://localhost:{port}'
        self.log = LOGS / log
        self._command = [str(PYTHON), '-m', 'sandbox', f'--port={port}', f'--redirect-uri={redirect_uri}']

    @contextlib.contextmanager
    def running(self):
        """Serve until the block ends.

        :raise SetupError: when it does not answer
        """
        with open(self.log, 'w') as output:
            process = subprocess.Popen(
                self._command, cwd=REPOSITORY, env=environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        try:
            self._wait_until_it_answers(process)
            yield self
        finally:
            process.terminate()
            process.wait()

    def _wait_until_it_answers(self, process):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(requests.ConnectionError):
                return requests.get(self.url, timeout=5)
            time.sleep(0.1)
        raise SetupError(f"The local Xero does not answer; its log is {self.log}\n{self.log.read_text()[-2000:]}")

    def page(self, short_code):
        return f'{self.url}/organisation/{short_code}'

    # === ACTIONS OF PEOPLE IN XERO === #

    def close_books(self, tenant_id, day):
        """The adviser locks the periods of an organisation up to a day."""
        self._lever(f'organisations/{tenant_id}', period_lock_date=str(day))

    def disconnect(self, tenant_id):
        """A person removes our app from an organisation, under Settings ▸ Connected apps."""
        self._lever(f'organisations/{tenant_id}/disconnect')

    def register_webhook(self, url):
        """Enter the address of a webhook of our app, which is then called by itself. Return a dict with its `id` and `key`."""
        return self._lever('webhooks', client_id=self.CLIENT_ID, url=url, auto=True)

    def try_webhook(self, webhook_id):
        """Press *Send "Intent to receive"*. Return the status that Xero shows then."""
        return self._lever(f'webhooks/{webhook_id}/intent')['status']

    def act(self, tenant_id, method, path, element):
        """Do something on Xero's screens.

        :param str path: and method, of the call of the API that does the same
        :param dict element: in Xero's own keys
        """
        requests.request(
            method, f'{self.url}/sandbox/organisations/{tenant_id}/in-xero/{path}', json=element, timeout=TIMEOUT).raise_for_status()

    def authorise_custom(self, tenant_id, scopes):
        """A person authorises the custom connection for an organisation, by the mail from the developer portal."""
        self._lever('apps', client_id=self.CUSTOM_APP[0], custom_connection={'tenant': tenant_id, 'user': 'finance@example.com', 'scopes': scopes})

    def _lever(self, path, **order):
        answer = requests.post(f'{self.url}/sandbox/{path}', json=order, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def save_from_elsewhere(self, tenant_id, invoice):
        """Another program, connected to the same organisation, saves an invoice.

        :param dict invoice: in Xero's own keys
        """
        client_id, secret = self.OTHER_APP
        query = urlencode({
            'response_type': 'code', 'client_id': client_id, 'redirect_uri': self.OTHER_REDIRECT_URI, 'state': 'demo',
            'scope': 'accounting.transactions accounting.contacts'})
        answer = requests.post(
            f'{self.url}/identity/connect/authorize?{query}', timeout=TIMEOUT, allow_redirects=False,
            data={'user': 'adviser@example.com', 'tenant': [tenant_id], 'decision': 'allow'})
        [code] = parse_qs(urlsplit(answer.headers['Location']).query)['code']
        token = requests.post(
            f'{self.url}/connect/token', timeout=TIMEOUT, auth=(client_id, secret),
            data={'grant_type': 'authorization_code', 'code': code, 'redirect_uri': self.OTHER_REDIRECT_URI}).json()
        requests.put(
            f'{self.url}/api.xro/2.0/Invoices', timeout=TIMEOUT, json={'Invoices': [invoice]}, headers={
                'Authorization': f"Bearer {token['access_token']}", 'Xero-Tenant-Id': tenant_id, 'Accept': 'application/json',
                'Idempotency-Key': str(uuid.uuid4())}).raise_for_status()

    # === CONTENT OF XERO === #

    def held(self, tenant_id):
        """Return every invoice, bill and credit note of an organisation, by Xero's id."""
        documents = {}
        for collection, id_key in (('Invoices', 'InvoiceID'), ('CreditNotes', 'CreditNoteID')):
            documents.update({row[id_key]: row for row in self.rows(tenant_id, collection)})
        return documents

    def rows(self, tenant_id, collection):
        """Return all elements of a collection of an organisation, such as `ManualJournals`."""
        return requests.get(f'{self.url}/sandbox/organisations/{tenant_id}/{collection}', timeout=TIMEOUT).json()

    def written(self, tenant_id):
        """Return the calls of our app that Xero answered and that saved documents, oldest first."""
        rows = requests.get(f'{self.url}/sandbox/requests', timeout=TIMEOUT, params={
            'method': 'PUT', 'tenant': tenant_id, 'app': self.CLIENT_ID, 'status': 200}).json()
        return [row for row in rows if not row['path'].endswith('/Contacts')]

    @staticmethod
    def shows(url, text):
        """Return whether a page, such as a deep link, opens and shows a text."""
        answer = requests.get(url, timeout=TIMEOUT)
        return answer.ok and text in answer.text

    def calls(self):
        """Return how many calls our app made of the accounting interface."""
        rows = requests.get(f'{self.url}/sandbox/requests', timeout=TIMEOUT, params={'app': self.CLIENT_ID, 'path': '/api.xro/'}).json()
        return len(rows)
