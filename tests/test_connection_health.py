from odoo.tests import tagged

from .common import HARBOUR, XeroCase


@tagged('post_install', '-at_install')
class TestConnectionHealth(XeroCase):

    def setUp(self):
        super().setUp()
        self.connection = self.connect()

    def test_consent_connects_the_organisation(self):
        self.assertRecordValues(self.connection, [{
            'status': 'connected', 'tenant_id': HARBOUR, 'organisation_name': "Harbour Site AU", 'country_code': 'AU',
            'authorized_by_id': self.admin.id, 'authorized_email': 'finance@example.com', 'consent_requested_at': False,
        }])
        self.assertEqual(self.connection.currency_id.name, 'AUD')
        self.run_slice(self.connection)
        self.run_token_check()
        self.assertEqual(self.connection.status, 'connected')
