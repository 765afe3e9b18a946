import requests

from odoo.tests import tagged

from ..addon.export_common import XeroExportCase
from ..common import FINANCE
from .tour_common import XeroTourCase


@tagged('post_install', '-at_install', 'xero_browser')
class TestTourExport(XeroExportCase, XeroTourCase):

    def setUp(self):
        super().setUp()
        self.partner_a.name = "Coastal Joinery"

    def test_post_an_invoice(self):
        """A billing user confirms an invoice, sees it wait, then turn to *In Xero* on the same page, and opens it there."""
        invoice = self.document(post=False, invoice_date='2026-11-05')
        self.start_tour('/odoo', 'xero_post', login='xero_billing')

        self.assert_once(invoice)
        self.assertIn(invoice.xero_url, self.tabs)
        self.assertIn(f"Invoice {invoice.name}", requests.get(invoice.xero_url, timeout=10).text)

    def test_follow_on_a_phone(self):
        invoice = self.document()
        self.browser_size, self.touch_enabled = '390x844', True
        self.start_tour(f'/odoo/action-account.action_move_out_invoice_type/{invoice.id}', 'xero_follow_phone', login='xero_billing')
        self.assert_once(invoice)

    def test_follow_an_export(self):
        invoice = self.document()
        self.start_tour(f'/odoo/xero-exports/{invoice.xero_export_ids.id}', 'xero_follow_export', login='xero_billing')
        self.assert_once(invoice)

    def fail_some(self):
        """Make one invoice that Xero has, one with an account that nobody has decided, and two that the Xero user could not approve."""
        synced = self.document()
        self.run_slice(self.connection)
        other_income = self.copy_account(self.company_data['default_account_revenue'], {'name': "Other Income"})
        undecided = self.document('out_invoice', {'account_id': other_income.id})
        self.sandbox.user(FINANCE).rights.discard('approve')
        refused = self.documents(2)
        self.run_slice(self.connection)
        self.assertEqual(self.states(synced | undecided | refused), ['synced', 'failed', 'failed', 'failed'])
        self.assertEqual((undecided | refused).xero_export_ids.mapped('cause'), ['account', 'permission', 'permission'])
        self.sandbox.user(FINANCE).rights.add('approve')
        return synced | undecided | refused

    def test_ask_an_admin(self):
        """A billing user asks for a decision; an invoice admin gets there from the clock icon. The to-do closes when the invoice is in Xero."""
        other_income = self.copy_account(self.company_data['default_account_revenue'], {'name': "Other Income"})
        invoice = self.document('out_invoice', {'account_id': other_income.id})
        self.run_slice(self.connection)
        self.start_tour(f'/odoo/action-account.action_move_out_invoice_type/{invoice.id}', 'xero_ask', login='xero_billing')
        self.assertEqual(invoice.sudo().activity_ids.user_id & self.admin, self.admin)
        self.start_tour('/odoo', 'xero_asked', login='xero_admin')
        self.map_account(other_income, '200')
        self.run_slice(self.connection)
        self.assert_once(invoice)
        self.assertFalse(invoice.sudo().activity_ids)

    def test_mend_and_resync(self):
        """An accountant decides an account, which sends its invoice, and resyncs the invoices whose cause was fixed in Xero."""
        invoices = self.fail_some()
        self.start_tour('/odoo', 'xero_resync', login='xero_admin')
        self.assert_once(invoices)

    def test_decide_accounts_of_a_selection(self):
        """An accountant selects 31 documents that failed, decides the two accounts that they lack, and they are sent."""
        moves = self.env['account.move']
        for name, count in (("Freight", 15), ("Other Income", 16)):
            account = self.copy_account(self.company_data['default_account_revenue'], {'name': name})
            moves |= self.documents(count, 'out_invoice', {'account_id': account.id})
        self.run_slice(self.connection)
        self.assertEqual(set(self.states(moves)), {'failed'})
        self.start_tour('/odoo', 'xero_decide_selection', login='xero_admin')
        self.assert_once(moves)

    def test_change_a_number_that_is_taken(self):
        """A billing user reads why an invoice cannot be linked to the one with its number, and gives it another number."""
        self.document()
        self.run_slice(self.connection)
        invoice = self.document()
        self.hold_number(invoice.name, 70)
        self.run_slice(self.connection)
        export = self.export_of(invoice)
        self.assertEqual(export.cause, 'number')
        self.start_tour(f'/odoo/xero-exports/{export.id}', 'xero_change_number', login='xero_billing')
        self.assert_once(invoice)

    def test_on_a_phone(self):
        self.fail_some()
        self.browser_size, self.touch_enabled = '375x667', True
        self.start_tour('/odoo/xero-exports', 'xero_phone', login='xero_billing')
