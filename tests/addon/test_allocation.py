from unittest.mock import patch

import psycopg2

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .allocation_common import XeroAllocationCase
from .change_common import CREDIT_NOTES


@tagged('post_install', '-at_install')
class TestAllocation(XeroAllocationCase):
    """A credit note that is reconciled with an invoice in Odoo is allocated to it in Xero, once."""

    def test_both_sides(self):
        for side in ('out', 'in'):
            with self.subTest(side=side):
                before = self.allocations()
                invoice, credit_note = self.pair(side=side)
                if side == 'in':
                    invoice.ref, credit_note.ref = 'B-1', 'BC-1'
                self.reconcile(invoice, credit_note)
                self.run_slice(self.connection)
                self.assertEqual(self.allocations(), sorted([*before, *self.expected((credit_note, invoice, 40))]))
                row = self.rows()[-1]
                self.assertEqual((row.state, row.amount_total, row.xero_total, row.difference), ('synced', 40, 40, False))
                self.assertEqual(row.document_name, f'{credit_note.name} → {invoice.name}')
                self.assertEqual(row.company_id, self.xero_company)
                self.assertTrue(row.xero_id)
                self.assertEqual(row.xero_url, credit_note.xero_export_ids.xero_url)
                self.assertIn("Allocated in Xero", credit_note.message_ids[0].body)
                self.assertEqual(row.action_open_document()['res_id'], credit_note.id)

    def test_all_in_one_go_and_in_the_right_order(self):
        invoice, credit_note = self.pair()
        self.reconcile(invoice, credit_note)
        self.sandbox.requests.clear()
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))
        self.assertEqual(
            [call['path'].rsplit('/', 1)[1] for call in self.calls('PUT')], ['Contacts', 'Invoices', 'CreditNotes', 'Allocations'])
        [call] = self.calls('PUT', CREDIT_NOTES + '/')
        self.assertIn('"Amount":40', call['body'].replace(' ', '').replace('40.00', '40'))

    def test_every_order_of_events(self):
        """Reconciled before, between or after the export of the documents: always one allocation."""
        orders = [
            ('reconcile', 'slice'), ('slice', 'reconcile', 'slice'), ('slice', 'reconcile', 'slice', 'slice'),
        ]
        facts = []
        for order in orders:
            with self.subTest(order=order):
                invoice, credit_note = self.pair()
                for event in order:
                    if event == 'slice':
                        self.run_slice(self.connection)
                    else:
                        self.reconcile(invoice, credit_note)
                facts.append((credit_note, invoice, 40))
                self.assert_allocated(*facts)

    def test_a_credit_note_exported_later_than_the_reconciliation(self):
        self.connection.export_sale_credit = False
        invoice, credit_note = self.pair()
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.assertFalse(self.rows())
        credit_note.with_user(self.billing).action_xero_export()
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))

    def test_an_invoice_exported_later_than_the_reconciliation(self):
        self.connection.export_sale_invoice = False
        invoice, credit_note = self.pair()
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        invoice.with_user(self.billing).action_xero_export()
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))

    def test_reversal_that_credits_in_full(self):
        """Odoo posts and reconciles the credit note before either of them has a row for it."""
        invoice = self.document()
        wizard = self.env['account.move.reversal'].with_context(active_model='account.move', active_ids=invoice.ids).create({
            'journal_id': invoice.journal_id.id, 'date': '2026-11-02'})
        wizard.refund_moves()
        credit_note = invoice.reversal_move_ids
        credit_note.action_post()
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 100))
        self.assertEqual(self.held(self.export_of(invoice))['Status'], 'PAID')
        self.assertFalse(self.export_of(invoice).is_different)

    def test_reversal_with_a_new_invoice(self):
        invoice, _export = self.synced()
        wizard = self.env['account.move.reversal'].with_context(active_model='account.move', active_ids=invoice.ids).create({
            'journal_id': invoice.journal_id.id, 'date': '2026-11-02'})
        wizard.modify_moves()
        credit_note = invoice.reversal_move_ids
        self.assertEqual(credit_note.state, 'posted')
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 100))

    def test_several_of_one_credit_note_go_in_one_request(self):
        invoices = [self.document('out_invoice', {'price_unit': amount}) for amount in (10, 20, 30)]
        credit_note = self.document('out_refund', {'price_unit': 100})
        self.run_slice(self.connection)
        self.sandbox.requests.clear()
        self.reconcile(*invoices, credit_note)
        self.run_slice(self.connection)
        self.assert_allocated(*((credit_note, invoice, invoice.amount_total) for invoice in invoices))
        self.assertEqual(len(self.calls('PUT')), 1)
        self.assertFalse(self.calls('GET'), "no call is needed for a document that was just sent")

    def test_several_credit_notes_on_one_invoice(self):
        invoice = self.document()
        credit_notes = [self.document('out_refund', {'price_unit': 30}), self.document('out_refund', {'price_unit': 30})]
        self.reconcile(invoice, *credit_notes)
        self.run_slice(self.connection)
        self.assert_allocated(*((credit_note, invoice, 30) for credit_note in credit_notes))

    def test_two_of_the_same_pair_and_amount(self):
        """An invoice in two instalments is reconciled twice with one credit note: two allocations that look alike."""
        terms = self.env['account.payment.term'].create({'name': "Halves", 'line_ids': [
            Command.create({'value': 'percent', 'value_amount': 50, 'nb_days': days}) for days in (10, 40)]})
        invoice, credit_note = self.pair(credit=100)
        invoice = self.document(invoice_payment_term_id=terms.id)
        self.reconcile(invoice, credit_note)
        self.assertEqual(self.rows().mapped('amount_total'), [50, 50])
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 50), (credit_note, invoice, 50))

    def test_in_the_currency_of_the_documents(self):
        currency = self.setup_other_currency('USD', rates=[('2026-11-01', 0.5), ('2026-11-10', 0.8)])
        invoice = self.document(currency_id=currency.id)
        credit_note = self.document('out_refund', {'price_unit': 40}, currency_id=currency.id, invoice_date='2026-11-12', date='2026-11-12')
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))
        self.assertFalse(self.export_of(invoice).is_different, "the exchange entry closes nothing in the invoice's currency")

    def test_two_contacts_are_refused_in_words_before_anything_is_sent(self):
        invoice = self.document()
        credit_note = self.document('out_refund', {'price_unit': 40}, partner_id=self.env['res.partner'].create({'name': "Somebody else"}).id)
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection, 2)
        [row] = self.rows()
        self.assertEqual((row.state, row.cause), ('failed', 'contact'))
        self.assertIn("two contacts", row.message)
        self.assertFalse(self.calls('PUT', CREDIT_NOTES + '/'))
        self.assertFalse(row.with_user(self.admin)._contact_candidates())

    def test_documents_that_fail_or_are_skipped_are_waited_for_in_words(self):
        invoice, credit_note = self.pair()
        self.export_of(credit_note)._skip("entered by hand")
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection, 2)
        [row] = self.rows()
        self.assertEqual((row.state, row.wait_code), ('waiting', 'prerequisite'))
        self.assertIn(f"{credit_note.name}, which is skipped", row.wait_reason)
        self.assertTrue(self.env['xero.export'].get_progress(row.ids)['finished'], "the dialog does not wait for that")
        credit_note.xero_export_ids._requeue()
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))

    def test_routed_elsewhere_they_go_with_their_documents(self):
        invoice, credit_note = self.pair()
        self.reconcile(invoice, credit_note)
        exports = (self.export_of(invoice) | self.export_of(credit_note)).sudo()
        exports._set_failed('data', "Something is wrong with it.")
        self.run_slice(self.connection)
        other = self.new_connection(name="Other site")
        invoice.journal_id.xero_connection_id = other
        exports._requeue()
        [row] = self.rows()
        self.assertEqual((exports | row).connection_id, other)

    def test_policy(self):
        self.connection.export_allocation = False
        invoice, credit_note = self.synced_pair()
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.assertFalse(self.rows())
        self.assertFalse(self.export_of(invoice).is_different, "by policy, people allocate in Xero")
        self.connection.export_allocation = True
        self.connection.swept_at = False
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))

    def test_the_sweep_finds_what_the_hook_missed(self):
        invoice, credit_note = self.synced_pair()
        self.reconcile(invoice, credit_note)
        self.env.cr.execute("DELETE FROM xero_export WHERE kind = 'allocation'")
        self.env.invalidate_all()
        self.connection.swept_at = False
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))

    def test_reset_to_draft_it_waits_and_goes_out_when_posted_again(self):
        invoice, credit_note = self.pair()
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))
        other, other_credit = self.pair()
        self.reconcile(other, other_credit)
        other.button_draft()
        self.run_slice(self.connection, 2)
        row = self.rows()[-1]
        self.assertEqual((row.state, row.wait_code), ('waiting', 'unposted'))
        other.action_post()
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40), (other_credit, other, 40))

    def test_what_was_allocated_by_hand_long_ago_is_taken_for_ours(self):
        """A credit note that has been in Xero for a while may be allocated there already: one call finds out."""
        invoice, credit_note = self.synced_pair(credit=80)
        self.allocate_by_hand(credit_note, invoice, 40)
        other = self.document('out_invoice', {'price_unit': 40})
        self.run_slice(self.connection)
        self.env.cr.execute("UPDATE xero_export SET synced_at = synced_at - interval '1 day'")
        self.sandbox.requests.clear()
        self.reconcile(other, credit_note)
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40), (credit_note, other, 40))
        self.assertEqual([call['method'] for call in self.calls(path=CREDIT_NOTES)], ['GET', 'PUT'])
        self.assertIn("there already", ' '.join(credit_note.message_ids.mapped('body')))

    def test_what_was_allocated_by_hand_a_moment_ago_is_found_when_xero_refuses(self):
        invoice, credit_note = self.synced_pair()
        self.allocate_by_hand(credit_note, invoice, 40)
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))

    def test_search_and_domains(self):
        _invoice, _credit_note, row = self.allocated_pair()
        customers = self.env.ref('account_xero.xero_export_action_customers')
        self.assertIn(row, self.env['xero.export'].search(safe_eval(customers.domain)))
        self.assertEqual(dict(row._fields['kind']._description_selection(self.env))['allocation'], "Allocation")

    # === THE COST OF THE HOOK FOR THE USER WHO RECONCILES === #

    def queries_of(self, records):
        """Return how many queries the hook itself makes for reconciliations that exist."""
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.env['xero.kind.allocation'].sudo()._on_reconciled(records.browse(records.ids).sudo())
        return self.env.cr.sql_log_count - before

    def payments(self, count):
        invoices = self.documents(count)
        self.collect_statistics()
        for invoice in invoices:
            self.env['account.payment.register'].with_context(active_model='account.move', active_ids=invoice.ids).create({})._create_payments()
        lines = self.terms(invoices)
        partials = lines.matched_credit_ids
        self.assertEqual(len(partials), count)
        return partials

    def test_nothing_without_a_connection(self):
        partials = self.payments(2)
        self.env['xero.export'].search([]).mapped('id')
        self.env.cr.execute("DELETE FROM xero_request_export_rel; DELETE FROM xero_export; DELETE FROM xero_request")
        self.xero_company.xero_connection_id = False
        self.env.invalidate_all()
        self.connection.unlink()
        self.env['xero.connection']._any_exists()      # looked up once
        self.assertEqual(self.queries_of(partials), 0)

    def test_what_the_user_left_to_write_fails_as_the_users(self):
        """Only our own errors are caught. Others belong to the user's transaction, which Odoo tries again."""
        with self.assertRaises(psycopg2.errors.CheckViolation), mute_logger('odoo.sql_db'):
            self.env.ref('base.EUR').rounding = -1
            with self.env['xero.export']._never_failing(self.env.user):
                self.fail("not even begun")

    def test_a_failure_of_ours_does_not_reach_the_user(self):
        invoice, credit_note = self.pair()
        create = self.registry['xero.export'].create

        def create_and_break(records, vals_list):
            create(records, vals_list)
            raise psycopg2.OperationalError("fake failure of the database")

        with patch.object(self.registry['xero.export'], 'create', create_and_break), \
                mute_logger('odoo.addons.account_xero.models.export.xero_export_queue'):
            self.reconcile(invoice, credit_note)
        self.assertFalse(self.rows())
        self.connection.swept_at = False
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))

    def test_payments_by_the_hundred(self):
        partials = self.payments(20)
        partials.debit_move_id.move_id, partials.credit_move_id.move_id.line_ids.ids
        self.assertLessEqual(self.queries_of(partials), 3)

    def test_credit_notes_by_the_hundred(self):
        invoices, credit_notes = self.documents(20), self.documents(20, 'out_refund')
        for invoice, credit_note in zip(invoices, credit_notes):
            self.reconcile(invoice, credit_note)
        partials = self.terms(invoices).matched_credit_ids
        self.env.cr.execute("DELETE FROM xero_export WHERE kind = 'allocation'")
        self.env.invalidate_all()
        partials.debit_move_id.move_id, partials.credit_move_id.move_id
        self.assertLessEqual(self.queries_of(partials), 18)
        self.assertEqual(len(self.rows()), 20)
