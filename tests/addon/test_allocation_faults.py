from datetime import timedelta
from unittest.mock import patch

from odoo.addons.account_xero.sandbox.api.allocations import Allocations
from odoo.tests import tagged

from .allocation_common import XeroAllocationCase
from .change_common import CREDIT_NOTES, INVOICES


@tagged('post_install', '-at_install')
class TestAllocationFaults(XeroAllocationCase):
    """After every failure of the network, each allocation is in Xero exactly once, or not at all."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.invoice, cls.credit_note = cls.synced_pair()

    def puts(self):
        return [call for call in self.calls('PUT', CREDIT_NOTES + '/') if not call['fault']]

    def test_unknown_outcomes(self):
        for later in (0, 400):
            for kind in ('500_before', '500_after', 'drop_after', 'cut'):
                with self.subTest(kind=kind, later=later):
                    invoice, credit_note = self.synced_pair()
                    before = self.allocations()
                    self.order_fault(kind)
                    self.reconcile(invoice, credit_note)
                    self.run_slice(self.connection)
                    self.assertEqual(self.rows()[-1].state, 'uncertain')
                    self.recover(later)
                    self.assertEqual(self.rows()[-1].state, 'synced')
                    self.assertEqual(self.allocations(), sorted([*before, *self.expected((credit_note, invoice, 40))]))

    def test_looked_up_long_after_two_alike_are_adopted_once_each(self):
        invoices = self.documents(2)
        credit_note = self.document('out_refund', {'price_unit': 200})
        self.run_slice(self.connection)
        self.order_fault('drop_after')
        self.reconcile(*invoices, credit_note)
        self.run_slice(self.connection)
        self.assertEqual(self.rows().mapped('state'), ['uncertain'] * 2)
        self.sandbox.requests.clear()
        self.recover(400)
        self.assertFalse(self.puts(), "nothing is sent again")
        self.assert_allocated(*((credit_note, invoice, 100) for invoice in invoices))
        self.assertEqual(len(self.calls('GET', CREDIT_NOTES)), 1)

    def test_an_answer_without_an_id_is_looked_up(self):
        """As in the example of Xero's specification: saved or not, nothing is sent twice."""
        shown = Allocations.shown
        with patch.object(Allocations, 'shown', lambda store, row: {
                name: value for name, value in shown(store, row).items() if name != 'AllocationID'}):
            invoice, credit_note = self.synced_pair()
            self.reconcile(invoice, credit_note)
            self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))
        self.assertEqual([call['method'] for call in self.calls(path=CREDIT_NOTES)], ['PUT', 'GET'])

    def test_an_answer_without_anything_is_looked_up_and_sent_again_later(self):
        invoice, credit_note = self.invoice, self.credit_note
        self.order_fault('status', status=200, content_type='application/json', body='{"Allocations": [{"Amount": 40}]}')
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.assertEqual((self.rows().state, self.rows().wait_code), ('waiting', 'retry'))
        self.let_time_pass(minutes=10)
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))

    def test_crash_between_the_commit_and_the_answer(self):
        invoice, credit_note, row = self.allocated_pair()
        row.write({'state': 'sending', 'operation': 'create', 'xero_id': False})
        row.request_ids.write({'state': 'sending'})
        self.sandbox.clock.advance(400)
        self.let_time_pass(minutes=10)
        self.run_slice(self.connection)
        self.assertFalse(self.puts())
        self.assert_allocated((credit_note, invoice, 40))

    def test_undone_while_the_outcome_is_unknown(self):
        invoice, credit_note = self.invoice, self.credit_note
        self.order_fault('drop_after')
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.terms(invoice).remove_move_reconcile()
        self.assertEqual(self.rows().state, 'uncertain')
        self.recover(400)
        self.assert_allocated()
        self.assertEqual(self.rows().xero_status, 'DELETED')

    def test_documents_wait_for_an_undone_allocation_of_unknown_outcome(self):
        invoice, credit_note = self.invoice, self.credit_note
        self.order_fault('drop_after')
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.cancel(credit_note)
        self.recover(400)
        self.assert_allocated()
        self.assertEqual(self.held(self.export_of(credit_note))['Status'], 'VOIDED')

    def test_deleting_without_an_answer(self):
        for later in (0, 400):
            for kind in ('500_before', '500_after', 'drop_after'):
                with self.subTest(kind=kind, later=later):
                    invoice, credit_note = self.synced_pair()
                    self.reconcile(invoice, credit_note)
                    self.run_slice(self.connection)
                    row = self.rows()[-1]
                    self.order_fault(kind, 'DELETE')
                    self.cancel(credit_note)
                    self.assertEqual((row.state, row.operation), ('uncertain', 'void'))
                    self.assertNotEqual(self.held(self.export_of(credit_note))['Status'], 'VOIDED', "it waits")
                    self.recover(later)
                    self.assert_allocated()
                    self.assertEqual((row.state, row.xero_status), ('synced', 'DELETED'))
                    self.assertEqual(self.held(self.export_of(credit_note))['Status'], 'VOIDED')

    def test_an_unreadable_body_is_halved(self):
        """Xero answers error 14 without elements: the others are saved, the faulty one fails."""
        invoices = self.documents(3)
        credit_note = self.document('out_refund', {'price_unit': 300})
        self.run_slice(self.connection)
        self.reconcile(*invoices, credit_note)
        bad = self.export_of(invoices[1])
        real, bad.sudo().xero_id = bad.xero_id, 'no-guid'
        self.run_slice(self.connection, 3)
        self.assertEqual(sorted(self.rows().mapped('state')), ['failed', 'synced', 'synced'])
        bad.sudo().xero_id = real
        self.rows('failed')._requeue()
        self.run_slice(self.connection)
        self.assert_allocated(*((credit_note, invoice, 100) for invoice in invoices))

    def test_refused_in_words(self):
        """The invoice was paid in Xero meanwhile: the message has Xero's reason and our next step."""
        invoice, credit_note = self.invoice, self.credit_note
        self.in_xero_somebody(self.export_of(invoice), paid='90')
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        [row] = self.rows()
        self.assertEqual((row.state, row.cause), ('failed', 'amount'))
        for words in (row.document_name, "exceeds", "40.00", "undo the reconciliation"):
            self.assertIn(words, row.message)
        self.assertEqual(row.with_user(self.admin).fix_label, "Open the document")
        self.assertEqual(row.with_user(self.admin).action_fix()['res_id'], credit_note.id)
        self.assertIn("is not allocated in Xero", credit_note.message_ids[0].body)
        self.in_xero_somebody(self.export_of(invoice), paid='0')
        row.with_user(self.billing).action_resync()
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))

    def test_one_refused_does_not_stop_its_neighbours(self):
        invoices = self.documents(3)
        credit_note = self.document('out_refund', {'price_unit': 300})
        self.run_slice(self.connection)
        self.in_xero_somebody(self.export_of(invoices[1]), paid='90')
        self.reconcile(*invoices, credit_note)
        self.run_slice(self.connection)
        self.assertEqual([row.state for row in self.rows()], ['synced', 'failed', 'synced'])
        self.assertEqual(len(self.puts()), 1)

    def test_voided_in_xero_is_told_before_anything_is_sent(self):
        invoice, credit_note = self.invoice, self.credit_note
        self.in_xero_somebody(self.export_of(invoice), Status='VOIDED')
        self.export_of(invoice).sudo().xero_status = 'VOIDED'
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        [row] = self.rows()
        self.assertEqual((row.state, row.cause), ('failed', 'data'))
        self.assertIn(f"{invoice.name} was voided", row.message)

    def test_locked_period_is_told_before_anything_is_sent(self):
        invoice, credit_note = self.invoice, self.credit_note
        self.connection.end_of_year_lock_date = '2026-12-31'
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        [row] = self.rows()
        self.assertEqual((row.state, row.cause), ('failed', 'date'))
        self.assertIn("locked up to", row.message)
        self.assertFalse(self.puts())

    def test_drafts_wait_for_approval(self):
        self.connection.sales_status = 'DRAFT'
        invoice, credit_note = self.synced_pair()
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection, 2)
        [row] = self.rows()
        self.assertEqual((row.state, row.wait_code), ('waiting', 'approval'))
        for words in (invoice.name, credit_note.name, "the approval of"):
            self.assertIn(words, row.wait_reason)
        self.assertTrue(self.env['xero.export'].get_progress(row.ids)['finished'])
        self.assertEqual((len(self.calls('GET', CREDIT_NOTES)), len(self.calls('GET', INVOICES))), (1, 1), "asked once, not in each slice")

        self.approve(credit_note)
        self.let_time_pass(hours=2)
        self.run_slice(self.connection)
        self.assertIn(f"the approval of {invoice.name} in Xero", self.rows().wait_reason)
        self.approve(invoice)
        self.let_time_pass(hours=2)
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))

    def test_the_pause_before_the_next_look_grows_to_a_day(self):
        self.connection.sales_status = 'SUBMITTED'
        invoice, credit_note = self.synced_pair()
        self.reconcile(invoice, credit_note)
        pauses = []
        for waited in (0, 3, 10, 100):
            [row] = self.rows()
            self.env.cr.execute("UPDATE xero_export SET create_date = %s WHERE id = %s", [self.now() - timedelta(hours=waited), row.id])
            self.let_time_pass(days=2)
            self.run_slice(self.connection)
            [row] = self.rows()
            pauses.append(round((row.next_try_at - self.now()).total_seconds() / 3600))
        self.assertEqual(pauses, [1, 3, 10, 24])

    def test_resync_looks_at_once(self):
        self.connection.sales_status = 'DRAFT'
        invoice, credit_note = self.synced_pair()
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.approve(invoice, credit_note)
        self.rows().with_user(self.billing).action_resync()
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))

    def test_allocated_by_whoever_approved_them(self):
        self.connection.sales_status = 'DRAFT'
        invoice, credit_note = self.synced_pair()
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.approve(invoice, credit_note)
        self.allocate_by_hand(credit_note, invoice, 40)
        self.let_time_pass(hours=2)
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))
        self.assertFalse(self.puts())

    def test_drafts_that_are_undone_are_deleted(self):
        """It was never allocated, so the draft is deleted and the allocation is never sent."""
        self.connection.sales_status = 'DRAFT'
        invoice, credit_note = self.synced_pair()
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.cancel(credit_note)
        self.assertEqual((self.rows().state, self.held(self.export_of(credit_note))['Status']), ('skipped', 'DELETED'))

    def test_after_a_reconnection_what_is_there_is_adopted(self):
        invoice, credit_note, row = self.allocated_pair()
        row.write({'state': 'waiting', 'operation': 'create', 'xero_id': False})
        self.connection.look_back_since = self.now() - timedelta(days=1)
        self.run_slice(self.connection)
        self.assertFalse(self.puts())
        self.assert_allocated((credit_note, invoice, 40))
