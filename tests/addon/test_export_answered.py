from datetime import timedelta
from decimal import Decimal

import requests

from odoo.tests import tagged

from ..common import HARBOUR
from .answered_common import COFFEE, XeroAnsweredCase
from .change_common import CREDIT_NOTES, INVOICES


@tagged('post_install', '-at_install')
class TestExportAnswered(XeroAnsweredCase):
    """Xero stores other values than we sent. Only a difference from its last answer is an edit."""

    def test_a_free_line_is_nobodys_change(self):
        move, export = self.free_sample()
        self.touch(export)
        self.change(move, ref='R-2')
        self.assert_same(export, Reference='R-2')

    def test_a_free_line_does_not_stop_a_void(self):
        move, export = self.free_sample()
        self.touch(export)
        self.cancel(move)
        self.assertEqual((export.state, self.held(export)['Status']), ('synced', 'VOIDED'), export.difference)

    def test_a_part_payment_and_a_free_line(self):
        move, export = self.free_sample()
        self.in_xero_somebody(export, paid=30)
        self.change(move, ref='R-2')
        self.assert_same(export, Reference='R-2')

    def test_a_full_discount_is_nobodys_change(self):
        move, export = self.synced('out_invoice', COFFEE, {'name': "Gift", 'discount': 100})
        self.assertNotIn('TaxType', self.held(export)['LineItems'][1])
        self.touch(export)
        self.change(move, ref='R-2')
        self.assert_same(export, Reference='R-2')

    def test_credit_notes_and_bills(self):
        for move_type, name in (('out_refund', 'Reference'), ('in_invoice', 'InvoiceNumber'), ('in_refund', 'CreditNoteNumber')):
            with self.subTest(move_type):
                move, export = self.free_sample(move_type, ref=f'N {move_type}')
                self.touch(export)
                self.change(move, ref=f'R {move_type}')
                self.assert_same(export, **{name: f'R {move_type}'})
                self.touch(export)
                self.cancel(move)
                self.assertEqual(self.held(export)['Status'], 'VOIDED', export.difference)

    def test_an_export_of_before_is_compared_with_what_was_sent(self):
        move, export = self.free_sample()
        export.sudo().write({'answered_parts': False, 'sent_parts': False})
        self.touch(export)
        self.change(move, ref='R-2')
        self.assert_same(export, Reference='R-2')

    def test_texts_that_xero_alters(self):
        move, export = self.synced('out_invoice', {'name': "Coffee ☕🎉  beans\r\nDark   roast "}, ref=' R-1 ')
        self.assertEqual(self.held(export)['LineItems'][0]['Description'], "Coffee beans\nDark roast")
        self.touch(export)
        self.change(move, invoice_payment_term_id=False, invoice_date_due='2026-12-24')
        self.assert_same(export, Reference='R-1')
        self.assertEqual(str(self.held(export)['DueDate']), '2026-12-24')

    def test_emoji_that_go_when_somebody_saves_on_a_screen(self):
        self.sandbox.keep_emoji = True
        move, export = self.synced('out_invoice', {'name': "Coffee 🎉"}, ref='R-1 🎉')
        self.assertIn("🎉", self.held(export)['LineItems'][0]['Description'])
        self.sandbox.clock.advance(1)
        requests.post(f'{self.server.url}/sandbox/organisations/{HARBOUR}/documents/{export.xero_id}/saved-on-screen', timeout=10).raise_for_status()
        self.assertEqual((self.held(export)['LineItems'][0]['Description'], self.held(export)['Reference']), ("Coffee", "R-1"))
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        self.assert_same(export, Total=60)

    def test_what_a_person_changes_is_still_noticed(self):
        for name, value in (('Description', "Typed"), ('AccountCode', '260'), ('UnitAmount', Decimal(90))):
            with self.subTest(name):
                move, export = self.free_sample()
                line = self.held(export)['LineItems'][0]
                self.in_xero_somebody(export, LineItems=[{**line, name: value}, self.held(export)['LineItems'][1]])
                self.change(move, ref='R-2')
                self.env.invalidate_all()
                self.assertIn("in Xero (lines)", export.difference)
                self.assertNotEqual(self.held(export)['Reference'], 'R-2')

    def test_an_edit_between_two_touches_is_noticed(self):
        move, export = self.free_sample(ref='R-1')
        self.touch(export)
        self.change(move, ref='R-2')
        self.in_xero_somebody(export, Reference="Typed by hand")
        self.touch(export)
        self.change(move, ref='R-3')
        self.env.invalidate_all()
        self.assertIn("in Xero (reference)", export.difference)
        self.assertEqual(self.held(export)['Reference'], "Typed by hand")

    def test_ours_wins_on_a_paid_document_once_a_person_says_so(self):
        move, export = self.synced(ref='R-1')
        self.in_xero_somebody(export, paid=30, Reference="Typed by hand")
        self.change(move, invoice_payment_term_id=False, invoice_date_due='2026-12-24')
        self.assert_left(export, "in Xero (reference)")
        self.touch(export)
        export.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        self.assert_same(export, Reference='R-1')

    def test_our_own_allocation_is_nobodys_change(self):
        invoice, export = self.free_sample()
        credit, credit_export = self.free_sample('out_refund')
        (invoice | credit).line_ids.filtered(lambda line: line.account_id.account_type == 'asset_receivable').reconcile()
        self.run_slice(self.connection, 2)
        self.assertEqual(self.held(credit_export)['AmountCredited'], 100)
        self.cancel(credit)
        self.run_slice(self.connection, 2)
        self.assertEqual(self.held(credit_export)['Status'], 'VOIDED', credit_export.difference)
        self.change(invoice, ref='R-2')
        self.assert_same(export, Reference='R-2')

    # === A list that lacks one document says nothing about it: that document is read alone === #

    def leave_out(self, path):
        self.sandbox.faults.order(kind='left_out', method='GET', path=path)

    def test_a_change_arrives(self):
        for move_type, path in (('out_invoice', INVOICES), ('out_refund', CREDIT_NOTES)):
            with self.subTest(move_type):
                move, export = self.synced(move_type)
                self.leave_out(path)
                self.change(move, ref='R-2')
                self.assert_same(export, Reference='R-2')
                self.assertEqual(len(self.calls('GET', f'{path}/{export.xero_id}')), 1)

    def test_a_void_arrives(self):
        move, export = self.synced()
        self.leave_out(INVOICES)
        self.cancel(move)
        self.assertEqual((self.held(export)['Status'], export.difference), ('VOIDED', False))

    def test_what_is_gone_is_gone(self):
        move, export = self.synced()
        del self.sandbox.organisations[HARBOUR].documents['Invoices'][export.xero_id]
        self.change(move, ref='R-2')
        self.env.invalidate_all()
        self.assertIn("not found in Xero any more", export.difference)

    def test_a_fault_is_no_answer(self):
        move, export = self.synced()
        self.leave_out(INVOICES)
        self.sandbox.faults.order(kind='503', method='GET', path=f'{INVOICES}/{export.xero_id}')
        self.change(move, ref='R-2')
        self.assertEqual((export.state, export.difference), ('waiting', False))
        self.let_time_pass(minutes=10)
        self.run_slice(self.connection)
        self.assert_same(export, Reference='R-2')

    def test_an_allocation_goes(self):
        invoice, _export = self.synced()
        credit, credit_export = self.synced('out_refund')
        (invoice | credit).line_ids.filtered(lambda line: line.account_id.account_type == 'asset_receivable').reconcile()
        credit_export.sudo().xero_updated_at -= timedelta(days=1)
        self.leave_out(CREDIT_NOTES)
        self.run_slice(self.connection, 2)
        self.assertEqual((self.held(credit_export)['AmountCredited'], credit_export.xero_status in ('VOIDED', 'DELETED')), (100, False))


@tagged('post_install', '-at_install')
class TestPolicyChangedSince(XeroAnsweredCase):
    """For a paid document only changes in Odoo are sent, whatever today's policies would build for the rest."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection.quantity_policy = 'quantity'

    def pieces(self):
        move, export = self.synced('out_invoice', {'name': "Beans", 'quantity': 2, 'price_unit': 50})
        self.in_xero_somebody(export, paid=30)
        return move, export

    def assert_pieces(self, export):
        [line] = self.held(export)['LineItems']
        self.assertEqual((float(line['Quantity']), float(line['UnitAmount']), line['AccountCode']), (2, 50, '200'))

    def test_quantities(self):
        move, export = self.pieces()
        self.connection.quantity_policy = 'total'
        self.change(move, ref='R-2')
        self.assert_same(export, Reference='R-2')
        self.assert_pieces(export)

    def test_quantities_of_an_export_of_before(self):
        move, export = self.pieces()
        export.sudo().write({'answered_parts': False, 'sent_parts': False})
        self.connection.quantity_policy = 'total'
        self.change(move, ref='R-2')
        self.assert_same(export, Reference='R-2')
        self.assert_pieces(export)

    def test_mapping(self):
        move, export = self.pieces()
        self.map_account(self.company_data['default_account_revenue'], '260')
        self.change(move, ref='R-2')
        self.assert_same(export, Reference='R-2')
        self.assert_pieces(export)

    def test_the_text_of_a_line_goes_without_its_amounts(self):
        move, export = self.pieces()
        self.connection.quantity_policy = 'total'
        self.map_account(self.company_data['default_account_revenue'], '260')
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'name': "Dark beans"})])
        self.assert_same(export)
        self.assert_pieces(export)
        self.assertIn("Dark beans", self.held(export)['LineItems'][0]['Description'])

    def test_amounts_that_changed_in_odoo_are_left(self):
        move, export = self.pieces()
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        self.assert_left(export, "It is paid or allocated in Xero", "lines")
        self.assert_pieces(export)

    def test_date_of_a_bill(self):
        self.connection.bill_date = 'document'
        move, export = self.synced('in_invoice', ref='INV-9', invoice_date='2026-11-02', date='2026-11-20')
        self.in_xero_somebody(export, paid=30)
        self.connection.bill_date = 'accounting'
        self.change(move, invoice_payment_term_id=False, invoice_date_due='2026-12-24')
        self.assert_same(export)
        self.assertEqual((str(self.held(export)['Date']), str(self.held(export)['DueDate'])), ('2026-11-02', '2026-12-24'))
