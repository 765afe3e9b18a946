from odoo.tests import tagged

from ..common import FINANCE, HARBOUR, HINTERLAND
from .tour_common import XeroTourCase


@tagged('post_install', '-at_install', 'xero_browser')
class TestTourConnect(XeroTourCase):

    def test_connect_an_app(self):
        """From an empty database to a connection, with the organisation chosen from several."""
        # The port differs in every run
        self.env['ir.default'].set('xero.app', 'sandbox_url', self.app.sandbox_url)
        self.app.unlink()
        # Only a system administrator may choose the sandbox and its address
        self.admin.sudo().group_ids += self.env.ref('base.group_system')
        self.person['tenants'] = [HARBOUR, HINTERLAND]
        self.start_tour('/odoo?debug=1', 'xero_connect', login='xero_admin')

        connection = self.env['xero.connection'].search([])
        self.assertRecordValues(connection, [{
            'name': "Head office",
            'status': 'connected',
            'tenant_id': HARBOUR,
            'organisation_name': "Harbour Site AU",
            'authorized_email': FINANCE,
            'authorized_by_id': self.admin.id,
        }])
        self.assertEqual(self.xero_company.xero_connection_id, connection)
        # Cursors of tests drop what is to be done after a commit: the token check does what was cut off
        self.run_token_check()
        self.assertNotIn(HINTERLAND, [listed.tenant_id for listed in self.sandbox.connections])

    def test_connect_a_custom_connection(self):
        """From an empty database to a connection, without a page of Xero."""
        self.env['ir.default'].set('xero.app', 'sandbox_url', self.app.sandbox_url)
        self.app.unlink()
        self.admin.sudo().group_ids += self.env.ref('base.group_system')
        self.start_tour('/odoo?debug=1', 'xero_custom_connection', login='xero_admin')

        self.assertRecordValues(self.env['xero.connection'].search([]), [{
            'name': "Head office",
            'status': 'connected',
            'tenant_id': HARBOUR,
            'organisation_name': "Harbour Site AU",
            'authorized_by_id': self.admin.id,
        }])
