from odoo.tests import tagged

from .payload_common import XeroPayloadCase

DIRTY = "In\x02voice\u200b  one\r\ntwo\x0bthree \ufeff"


@tagged('post_install', '-at_install')
class TestTextFields(XeroPayloadCase):
    """One cleaner prepares every text of a document. The sandbox refuses a body with characters that XML does not have, as Xero does."""

    def test_lines_and_references(self):
        move = self.document('out_invoice', {'name': DIRTY}, {'display_type': 'line_note', 'name': DIRTY}, ref=DIRTY)
        element = self.element_sent(move)
        self.assertEqual(element['Reference'], "Invoice one two three")
        self.assertEqual([line['Description'] for line in element['LineItems']], ["Invoice one\ntwo\nthree"] * 2)

    def test_lengths_are_those_of_dotnet(self):
        element = self.element_sent(self.document('out_invoice', {'name': "🎉a" * 2000}, ref="a" + "𠮷" * 200))
        self.assertEqual(element['LineItems'][0]['Description'], "🎉a" * 1333)
        self.assertEqual(element['Reference'], "a" + "𠮷" * 127)

    def test_a_text_of_which_nothing_is_left(self):
        """Xero strips emoji, and refuses a line without a text."""
        account = self.company_data['default_account_revenue']
        for text in ("\u200b", "🎉", "\x02 \x0b"):
            self.assertEqual(self.lines_sent(self.document('out_invoice', {'name': text}))[0]['Description'], account.name)

    # === NUMBERS === #

    def test_spaces_of_our_own_numbers(self):
        move = self.document(post=False, name=" INV  9 ")
        move.action_post()
        self.assertEqual(self.element_sent(move)['InvoiceNumber'], "INV 9")

    def test_numbers_of_vendors(self):
        for ref, number in [
            ("N° 118", "No 118"), ("2026—7", "2026-7"), ("Счёт 5", "Schet 5"), ("A\tB", "A B"), ("8" * 300, "8" * 255), ("🎉", None),
        ]:
            with self.subTest(ref=ref):
                move = self.document('in_invoice', ref=ref)
                number = number or move.name
                self.assertEqual(self.element_sent(move)['InvoiceNumber'], number)
                warning = move.xero_export_ids.warning or ''
                self.assertIn(f"“{ref}” of", warning)
                self.assertIn(f"is “{number}” there", warning)

    def test_spaces_around_a_vendors_number(self):
        move = self.document('in_invoice', ref=" INV-9 ")
        self.assertEqual(self.element_sent(move)['InvoiceNumber'], "INV-9")
        self.assertFalse(move.xero_export_ids.warning)
        self.run_slice(self.connection, times=3)
        self.assertEqual(len(self.invoices_in_xero()), 1)
        self.assertEqual(move.xero_export_ids.state, 'synced')

    def test_a_number_that_only_looks_different_is_no_change(self):
        move = self.document('in_invoice', ref="N° 118")
        self.sync(move)
        self.sandbox.requests.clear()
        move.ref = "N°  118"
        self.run_slice(self.connection)
        self.assertEqual(self.states(move), ['synced'])
        self.assertFalse(self.calls('POST', '/api.xro/2.0/Invoices'))

    def test_numbers_that_become_alike_stay_two_bills(self):
        """Also when the outcome is unknown: the link back identifies each document."""
        for fault in (None, 'drop_after'):
            with self.subTest(fault=fault):
                moves = self.document('in_invoice', ref=f"№ 7{fault}") | self.document('in_invoice', ref=f"No 7{fault}")
                if fault:
                    self.sandbox.faults.order(kind=fault, method='PUT', path='/Invoices', times=2)
                for _pause in range(4):     # the second one is sent after the first one was found
                    self.run_slice(self.connection, times=2)
                    self.let_time_pass(minutes=10)
                held = [document for document in self.invoices_in_xero() if document['InvoiceNumber'] == f"No 7{fault}"]
                self.assertEqual(self.states(moves), ['synced', 'synced'])
                self.assertEqual({document['InvoiceID'] for document in held}, set(moves.xero_export_ids.mapped('xero_id')))
                self.assertEqual(len(held), 2)
                for export in moves.xero_export_ids:
                    [document] = [document for document in held if document['InvoiceID'] == export.xero_id]
                    self.assertIn(f'res_id={export.move_id.id}&', document['Url'] + '&')
