from odoo.tests import tagged

from ..common import HARBOUR
from ..webhook_common import KEY, XerosSender
from .tour_common import XeroTourCase


@tagged('post_install', '-at_install', 'xero_browser')
class TestTourWebhook(XerosSender, XeroTourCase):

    def test_set_up_a_webhook(self):
        """From the address to copy to the first event that Xero sends."""
        self.connect()
        self.start_tour('/odoo', 'xero_webhook', login='xero_admin')
        webhook = self.register(url=self.app.webhook_url, key=KEY)
        self.assertEqual(webhook.status, 'ok')
        self.server.in_xero(HARBOUR, 'PUT', '/Contacts', {'Name': "Somebody"})
        self.at_xero(lambda: self.sandbox.webhooks.deliver(webhook), webhook)
        self.start_tour('/odoo', 'xero_webhook_works', login='xero_admin')
