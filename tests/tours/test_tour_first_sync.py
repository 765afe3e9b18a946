from odoo.tests import tagged

from ..addon.first_sync_common import XeroFirstSyncCase
from .tour_common import XeroTourCase


@tagged('post_install', '-at_install', 'xero_browser')
class TestTourFirstSync(XeroFirstSyncCase, XeroTourCase):

    def test_first_sync(self):
        """An invoice admin starts a first sync, leaves, comes back to the summary, and links the document that nearly agrees."""
        both, near, _only_odoo = self.documents(3), self.document(), self.document()
        self.enter_same(both)
        self.enter([self.element(near, Date='2026-11-03'), {**self.element(near), 'InvoiceNumber': 'XERO-1'}])
        self.start_tour(f'/odoo/xero-connections/{self.connection.id}', 'xero_first_sync', login='xero_admin')
        self.assert_once(both | near)
        self.assertEqual(len(self.invoices_in_xero()), 5)
