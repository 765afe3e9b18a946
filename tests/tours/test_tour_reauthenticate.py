from odoo.tests import tagged
from odoo.tools import mute_logger

from ..addon.export_common import XeroExportCase
from .tour_common import XeroTourCase


@tagged('post_install', '-at_install', 'xero_browser')
class TestTourReauthenticate(XeroExportCase, XeroTourCase):

    def test_from_the_clock_icon(self):
        """One of two invoice admins restores the connection; the other's task is closed, and waiting documents are sent."""
        other_admin = self._new_user('xero_admin_2', 'account_xero.group_xero_invoice_admin')
        # A person disconnects Odoo in Xero
        self.sandbox.connections = []
        with mute_logger('odoo.addons.account_xero.models.connection.xero_connection_access'):
            self.run_token_check()
        invoices = self.documents(2)
        self.assertEqual(self.connection.status, 'reauthenticate')
        self.assertEqual(self.connection.activity_ids.user_id & (self.admin | other_admin), self.admin | other_admin)
        self.assertEqual(self.states(invoices), ['failed', 'failed'])

        self.start_tour('/odoo/action-account.action_move_out_invoice_type', 'xero_reauthenticate', login='xero_admin')

        self.assertEqual(self.connection.status, 'connected')
        self.assertFalse(self.connection.activity_ids)
        self.assert_once(invoices)
