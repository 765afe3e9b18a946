from odoo.tests import tagged

from ..addon.export_common import XeroExportCase
from .tour_common import XeroTourCase


@tagged('post_install', '-at_install', 'xero_browser')
class TestTourSyncStatus(XeroExportCase, XeroTourCase):

    def leave_one_waiting(self):
        """Make a sync in which one document failed, and post another document."""
        account = self.copy_account(self.company_data['default_account_revenue'], {'name': "Other Income"})
        self.document()
        self.document('out_invoice', {'account_id': account.id})
        self.run_slice(self.connection)
        return self.document()

    def test_sync_status(self):
        """An invoice admin reads how the syncs stand, syncs what waits, looks at its documents and takes the details for support."""
        invoice = self.leave_one_waiting()
        self.start_tour('/odoo/accounting', 'xero_sync_status', login='xero_admin')
        self.assert_once(invoice)
        support = self.env['xero.support'].sudo().search([], limit=1)
        self.authenticate('xero_admin', 'xero_admin')
        text = self.url_open(support.with_user(self.admin).action_download()['url']).text
        self.assertIn("Nothing arrives", text)
        self.assertIn(f"Database: {self.env.cr.dbname}", text)

    def test_sync_status_on_a_phone(self):
        self.leave_one_waiting()
        self.browser_size, self.touch_enabled = '375x667', True
        self.start_tour('/odoo/xero-sync-status', 'xero_sync_status_phone', login='xero_billing')
