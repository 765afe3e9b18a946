import subprocess
import sys
from pathlib import Path

import requests

from odoo.addons.account_xero import sandbox as sandbox_package
from odoo.tests import tagged

from .sandbox_common import HARBOUR
from .server_common import ServerCase


@tagged('post_install', '-at_install')
class TestLine(ServerCase):
    """Faults that need a real socket, and the program itself."""

    def call(self, method, path, **values):
        return requests.request(method, f'{self.server.url}/api.xro/2.0{path}', timeout=10, headers={
            'Authorization': f"Bearer {self.token['access_token']}", 'Xero-Tenant-Id': HARBOUR, 'Accept': 'application/json',
        }, **values)

    def test_broken_lines(self):
        for kind in ('drop_before', 'drop_after', 'cut'):
            self.sandbox.faults.order(kind=kind, method='PUT', path='/Invoices')
            with self.subTest(kind=kind), self.assertRaises(requests.RequestException):
                self.call('PUT', '/Invoices', json=self.invoice(kind))
        saved = self.sandbox.organisations[HARBOUR].documents['Invoices'].values()
        self.assertEqual([row['InvoiceNumber'] for row in saved], ['drop_after', 'cut'])

    def test_malformed(self):
        self.sandbox.faults.order(kind='malformed', path='/Currencies')
        with self.assertRaises(requests.JSONDecodeError):
            self.call('GET', '/Currencies').json()

    def test_slow(self):
        self.sandbox.faults.order(kind='slow_after', path='/Currencies', seconds=0.3)
        self.assertGreaterEqual(self.call('GET', '/Currencies').elapsed.total_seconds(), 0.3)

    def test_levers_without_the_socket(self):
        made = self.server.in_xero(HARBOUR, 'PUT', '/Invoices', self.invoice('THEIRS'))['Invoices'][0]
        self.assertEqual(self.call('GET', f"/Invoices/{made['InvoiceID']}").json()['Invoices'][0]['InvoiceNumber'], 'THEIRS')
        with self.assertRaisesRegex(ValueError, 'must be unique'):
            self.server.in_xero(HARBOUR, 'PUT', '/Invoices', self.invoice('THEIRS'))
        self.assertEqual(self.server.lever('/webhooks', method='GET'), [])

    def test_program(self):
        root = Path(sandbox_package.__file__).parent.parent
        process = subprocess.Popen(
            [sys.executable, '-m', 'sandbox', '--port', '0'], cwd=root, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        url = process.stdout.readline().split()[3]
        self.assertIn('Harbour Site AU', requests.get(url, timeout=10).text)
        process.terminate()
        self.assertEqual(process.wait(10), 0)

    def test_knows_nothing_of_the_add_on(self):
        for file in Path(sandbox_package.__file__).parent.rglob('*.py'):
            self.assertNotRegex(file.read_text(), r'(?m)^\s*(from|import) (odoo|\.\.\.)', file)
