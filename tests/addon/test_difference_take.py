from odoo.exceptions import UserError
from odoo.tests import tagged

from .change_common import INVOICES
from .difference_common import XeroDifferenceCase


@tagged('post_install', '-at_install')
class TestDifferenceTake(XeroDifferenceCase):
    """Values of Xero's document are taken where Odoo's books allow it."""

    def test_take_xeros_header(self):
        for values, field, value in (
            ({'Reference': "Order 8"}, 'ref', "Order 8"), ({'DueDate': '2026-12-24'}, 'invoice_date_due', '2026-12-24'),
            ({'InvoiceNumber': 'INV/26-27/07777'}, 'name', 'INV/26-27/07777'),
        ):
            with self.subTest(field=field):
                move, export, row = self.edited(**values)
                self.assertIs(row.with_user(self.admin).take_words, False)
                row.with_user(self.admin).action_take_xeros()
                self.assertEqual(str(move[field]), value)
                self.assertEqual((row.state, row.outcome), ('settled', 'xero'))
                self.sandbox.requests.clear()
                self.run_slice(self.connection)
                self.assertFalse(self.calls('POST', INVOICES))
                self.assertEqual((export.state, export.difference, export.operation), ('synced', False, 'none'))
                self.check()
                self.assertFalse(self.open_rows(export))

    def test_take_xeros_number_shows_it_everywhere(self):
        move, export, row = self.edited(InvoiceNumber='INV/26-27/07778')
        row.with_user(self.admin).action_take_xeros()
        self.assertEqual((move.name, export.document_name), ('INV/26-27/07778', 'INV/26-27/07778'))

    def test_a_number_of_another_series_is_not_taken(self):
        move, _export, row = self.edited(InvoiceNumber='CRED-9')
        name, row = move.name, row.with_user(self.admin)
        self.assertFalse(row.can_take_xeros)
        self.assertIn("(number)", row.take_words)
        with self.assertRaisesRegex(UserError, "do not allow a change"):
            row.action_take_xeros()
        following = self.document()
        self.assertEqual((move.name, following.name[:9]), (name, name[:9]), "the series of the journal goes on")

    def test_the_number_of_a_vendor_is_taken(self):
        bill, export = self.synced('in_invoice', ref="B1")
        self.edit(export, InvoiceNumber='CRED-9')
        self.check()
        self.open_rows(export).with_user(self.admin).action_take_xeros()
        self.assertEqual((bill.ref, export.document_name), ('CRED-9', bill.name))

    def test_take_xeros_amounts_says_why_not(self):
        move, export, row = self.edited(LineItems=[{'Description': "Work", 'Quantity': 1, 'UnitAmount': 70, 'AccountCode': '200'}])
        with self.assertRaisesRegex(UserError, r"do not allow a change of .* \(lines"):
            row.with_user(self.admin).action_take_xeros()
        self.assertEqual((row.state, move.amount_total), ('open', 100))
        self.assertTrue(export.can_decide)
