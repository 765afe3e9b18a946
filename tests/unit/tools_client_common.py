"""A client of a server that answers as a test says."""
from odoo.addons.account_xero.const import endpoints
from odoo.addons.account_xero.tests.unit.tools_wire import Wire
from odoo.addons.account_xero.tools import xero_client
from odoo.addons.account_xero.tools.xero_client import XeroClient
from odoo.addons.account_xero.tools.xero_transport import TimeoutAdapter
from odoo.tests import BaseCase


class ClientCase(BaseCase):

    def setUp(self):
        super().setUp()
        self.wire = Wire()
        self.addCleanup(self.wire.close)
        self.client = self._client(self.wire.url)

    def _client(self, url, adapter=TimeoutAdapter, seconds=0.3, **options):
        """Return a client that waits for some seconds for the next byte of an answer."""
        client = XeroClient(endpoints(url), 'fake-token', 'tenant-1', user_agent='account_xero/19.0', **options)
        session = xero_client._LINES[client].session
        session.mount('http://', adapter((1, seconds)))
        self.addCleanup(session.close)
        return client

    def _write(self):
        return self.client.write('PUT', 'Invoices', b'{"Invoices":[]}', 'key-1', {'summarizeErrors': 'false'})

    def _read(self):
        return self.client.get('Invoices')
