from odoo.tests import tagged

from .allocation_common import XeroAllocationCase
from .change_common import CREDIT_NOTES, INVOICES


class AllocationUndoCase(XeroAllocationCase):

    def unreconcile(self, move):
        self.terms(move).remove_move_reconcile()

    def order_of_calls(self):
        """Return the writing calls, as pairs of method and purpose."""
        calls = [call for call in self.calls(path='/api.xro') if call['method'] != 'GET']
        return [(call['method'], 'allocation' if '/Allocations' in call['path'] else call['path'].rsplit('/', 1)[1]) for call in calls]


@tagged('post_install', '-at_install')
class TestAllocationUndo(AllocationUndoCase):
    """A reconciliation that is undone in Odoo is undone in Xero, in the order that Xero requires."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.invoice, cls.credit_note, cls.row = cls.allocated_pair()

    def test_unreconciled(self):
        invoice, credit_note, row = self.invoice, self.credit_note, self.row
        self.unreconcile(invoice)
        self.run_slice(self.connection)
        self.assert_allocated()
        self.assertEqual((row.state, row.operation, row.done_operation, row.xero_status, row.difference), ('synced', 'none', 'void', 'DELETED', False))
        self.assertEqual(self.order_of_calls(), [('DELETE', 'allocation')])
        self.assertFalse(self.calls('GET'), "deleting our own allocation needs no reading call")
        self.assertIn("No longer allocated", credit_note.message_ids[0].body)
        request = row.request_ids.sorted('id')[-1]
        self.assertEqual((request.method, request.state, request.http_status), ('DELETE', 'answered', 200))
        self.assertEqual(self.held(self.export_of(invoice))['Status'], 'AUTHORISED')

    def test_undone_and_made_again_between_two_slices_is_no_event(self):
        invoice, credit_note, row = self.invoice, self.credit_note, self.row
        self.unreconcile(invoice)
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection, 2)
        self.assertEqual(self.rows(), row)
        self.assert_allocated((credit_note, invoice, 40))
        self.assertFalse(self.order_of_calls())

    def test_undone_and_made_again_later_is_a_new_one(self):
        invoice, credit_note = self.invoice, self.credit_note
        self.unreconcile(invoice)
        self.run_slice(self.connection)
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))
        self.assertEqual(self.order_of_calls(), [('DELETE', 'allocation'), ('PUT', 'allocation')])

    def test_moved_to_another_invoice(self):
        """The old allocation is deleted first; otherwise Xero says that the credit is used up."""
        invoice, credit_note = self.invoice, self.credit_note
        other = self.document()
        self.run_slice(self.connection)
        self.sandbox.requests.clear()
        self.unreconcile(invoice)
        self.reconcile(other, credit_note)
        self.rows()[-1]._requeue()      # requested manually, so sent first
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, other, 40))
        self.assertEqual(self.order_of_calls(), [('DELETE', 'allocation'), ('PUT', 'allocation')])

    def test_invoice_cancelled(self):
        """The allocation is deleted, the number is freed, the invoice is voided: each with its own outcome."""
        invoice, row = self.invoice, self.row
        self.cancel(invoice)
        self.assert_allocated()
        export = self.export_of(invoice)
        self.assertEqual((self.held(export)['Status'], export.state, export.difference), ('VOIDED', 'synced', False))
        self.assertNotEqual(self.held(export)['InvoiceNumber'], invoice.name)
        self.assertEqual((row.state, row.xero_status), ('synced', 'DELETED'))
        self.assertEqual(self.order_of_calls(), [('DELETE', 'allocation'), ('POST', 'Invoices'), ('POST', 'Invoices')])

    def test_deleted(self):
        credit_note, row = self.credit_note, self.row
        export = self.export_of(credit_note)
        credit_note.button_draft()
        credit_note.with_context(force_delete=True).unlink()
        self.run_slice(self.connection)
        self.assert_allocated()
        self.assertEqual((self.held(export)['Status'], row.state, row.xero_status), ('VOIDED', 'synced', 'DELETED'))

    def test_both_cancelled_at_once(self):
        invoice, credit_note = self.invoice, self.credit_note
        (invoice | credit_note).button_draft()
        (invoice | credit_note).button_cancel()
        self.run_slice(self.connection)
        self.assert_allocated()
        for move in (invoice, credit_note):
            self.assertEqual(self.held(self.export_of(move))['Status'], 'VOIDED')

    def test_reset_to_draft_leaves_it_and_posted_again_nothing_happened(self):
        invoice, credit_note, row = self.invoice, self.credit_note, self.row
        invoice.button_draft()
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))
        invoice.action_post()
        self.connection.swept_at = False
        self.run_slice(self.connection, 2)
        self.assert_allocated((credit_note, invoice, 40))
        self.assertFalse(row.difference)
        self.assertFalse(self.order_of_calls())

    def test_amount_of_the_invoice_changed_and_allocated_again(self):
        invoice, credit_note, row = self.invoice, self.credit_note, self.row
        invoice.button_draft()
        invoice.write({'invoice_line_ids': [(1, invoice.invoice_line_ids.id, {'price_unit': 60})]})
        self.assertFalse(row.partial_id, "Odoo breaks the reconciliation")
        invoice.action_post()
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 40))
        self.assert_same(self.export_of(invoice), Total=60)
        self.assertEqual(self.order_of_calls(), [('DELETE', 'allocation'), ('POST', 'Invoices'), ('PUT', 'allocation')])

    def test_amount_of_the_credit_note_changed_and_allocated_again(self):
        invoice, credit_note = self.invoice, self.credit_note
        credit_note.button_draft()
        credit_note.write({'invoice_line_ids': [(1, credit_note.invoice_line_ids.id, {'price_unit': 25})]})
        credit_note.action_post()
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.assert_allocated((credit_note, invoice, 25))
        self.assert_same(self.export_of(credit_note), Total=25)
        self.assertEqual(self.order_of_calls(), [('DELETE', 'allocation'), ('POST', 'CreditNotes'), ('PUT', 'allocation')])

    def test_a_reference_is_changed_while_allocated(self):
        invoice, credit_note = self.invoice, self.credit_note
        self.change(invoice, ref='Order 9')
        self.assert_same(self.export_of(invoice), Reference='Order 9')
        self.assert_allocated((credit_note, invoice, 40))
        self.assertEqual(self.order_of_calls(), [('POST', 'Invoices')])

    def test_what_xero_allows_only_without_allocations_makes_them_go_for_a_moment(self):
        for side, values in (('out', {'invoice_date': '2026-11-01'}), ('out', {}), ('in', {})):
            with self.subTest(side=side, values=values):
                before = self.allocations()
                invoice, credit_note = self.synced_pair(side=side, ref=f'R {side} {len(values)}')
                other = self.document(f'{side}_refund', {'price_unit': 10}, ref=f'C {side} {len(values)}')
                partials = self.reconcile(invoice, credit_note, other)
                self.run_slice(self.connection)
                self.sandbox.requests.clear()
                invoice.button_draft()
                invoice.write(values or {'invoice_line_ids': [(1, invoice.invoice_line_ids.id, {'price_unit': 50, 'quantity': 2})]})
                invoice.action_post()
                self.assertEqual(partials.exists(), partials)
                self.run_slice(self.connection, 2)
                export = self.export_of(invoice)
                self.assert_same(export)
                self.assertEqual(str(self.held(export)['Date']), str(invoice.invoice_date))
                self.assertEqual(
                    self.allocations(), sorted([*before, *self.expected((credit_note, invoice, 40), (other, invoice, 10))]))
                self.assertEqual(
                    self.order_of_calls(), [('DELETE', 'allocation')] * 2 + [('POST', 'Invoices')] + [('PUT', 'allocation')] * 2)
                self.assertFalse(any(self.rows().mapped('makes_way')))

    def test_what_makes_way_goes_through_every_fault(self):
        for method, path in (('DELETE', CREDIT_NOTES + '/'), ('POST', INVOICES), ('PUT', CREDIT_NOTES + '/')):
            with self.subTest(method=method):
                before = self.allocations()
                invoice, credit_note = self.synced_pair()
                self.reconcile(invoice, credit_note)
                self.run_slice(self.connection)
                self.sandbox.faults.order(kind='drop_after', method=method, path=path)
                self.change(invoice, invoice_date='2026-11-01')
                self.recover(400)
                self.recover(0)
                self.assert_same(self.export_of(invoice))
                self.assertEqual(self.allocations(), sorted([*before, *self.expected((credit_note, invoice, 40))]))

    def test_paid_as_well_it_is_left_to_a_person(self):
        invoice, credit_note = self.invoice, self.credit_note
        held = self.held(self.export_of(invoice))
        held |= {'AmountPaid': 10, 'AmountDue': held['AmountDue'] - 10}
        self.change(invoice, invoice_date='2026-11-01')
        self.assertIn("paid or allocated", self.export_of(invoice).difference)
        self.assert_allocated((credit_note, invoice, 40))
        self.assertFalse(self.order_of_calls())

    def test_deleted_by_hand_in_xero(self):
        invoice, row = self.invoice, self.row
        self.connection._client().delete(f'{row._kind()._path(row)}/{row.xero_id}')
        self.unreconcile(invoice)
        self.run_slice(self.connection)
        self.assert_allocated()
        self.assertEqual((row.state, row.xero_status, row.request_ids.sorted('id')[-1].http_status), ('synced', 'DELETED', 404))

    def test_without_the_policy_a_person_decides(self):
        invoice, row = self.invoice, self.row
        self.connection.send_changes = False
        self.unreconcile(invoice)
        self.run_slice(self.connection, 2)
        self.assertIn("undone in Odoo", row.difference)
        self.assertEqual(len(self.allocations()), 1)
        row.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        self.assert_allocated()

    def test_without_the_policy_deciding_on_the_document_decides_on_its_allocation(self):
        invoice, row = self.invoice, self.row
        self.connection.send_changes = False
        self.cancel(invoice)
        export = self.export_of(invoice)
        self.assertTrue(export.difference)
        export.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        self.assert_allocated()
        self.assertEqual((self.held(export)['Status'], row.state, row.difference), ('VOIDED', 'synced', False))

    def test_kept_in_xero_it_stays_and_the_document_says_why(self):
        invoice, row = self.invoice, self.row
        self.connection.send_changes = False
        self.cancel(invoice)
        row.with_user(self.admin).action_keep_xeros()
        self.connection.send_changes = True
        self.export_of(invoice).with_user(self.admin).action_send_ours()
        self.run_slice(self.connection, 2)
        self.assertEqual(len(self.allocations()), 1)
        self.assertIn("Remove the payment or allocation", self.export_of(invoice).difference)

    def test_the_sweep_finds_what_the_hook_missed(self):
        row = self.row
        self.env.cr.execute("DELETE FROM account_partial_reconcile")
        self.env.invalidate_all()
        self.connection.swept_at = False
        self.run_slice(self.connection)
        self.assert_allocated()
        self.assertEqual(row.xero_status, 'DELETED')

    def test_a_document_that_is_voided_finds_what_the_hook_missed(self):
        invoice, row = self.invoice, self.row
        self.env.cr.execute("DELETE FROM account_partial_reconcile")
        self.env.invalidate_all()
        self.connection.swept_at = self.now()
        self.cancel(invoice)
        self.assertEqual((row.xero_status, self.held(self.export_of(invoice))['Status']), ('DELETED', 'VOIDED'))

    def test_locked_meanwhile_the_document_waits_in_words(self):
        """Xero refuses to undo the allocation: the void of the invoice waits, and both say why."""
        invoice, row = self.invoice, self.row
        self.sandbox.faults.order(
            kind='status', method='DELETE', status=400, content_type='application/json', times=1,
            body='{"ErrorNumber":10,"Type":"ValidationException","Message":"A validation exception occurred","Elements":'
                 '[{"ValidationErrors":[{"Message":"The document date cannot be before the period lock date, currently set at 30-Nov-2026"}]}]}')
        self.cancel(invoice)
        export = self.export_of(invoice)
        self.assertEqual((row.state, row.cause), ('failed', 'date'))
        self.assertEqual((export.state, export.operation), ('waiting', 'void'))
        self.assertIn(f"{row.document_name}, which failed", export.wait_reason)
        row._requeue()
        self.run_slice(self.connection)
        self.assert_allocated()
        self.assertEqual(self.held(export)['Status'], 'VOIDED')


@tagged('post_install', '-at_install')
class TestAllocationUndoMore(AllocationUndoCase):
    """What is undone before it went out, by hand, for both sides or for many."""

    def test_undone_before_it_went_out(self):
        invoice, credit_note = self.synced_pair()
        self.reconcile(invoice, credit_note)
        self.unreconcile(invoice)
        [row] = self.rows()
        self.assertEqual(row.state, 'skipped')
        self.assertIn("undone in Odoo before", row.message)
        self.run_slice(self.connection)
        self.assert_allocated()
        self.assertFalse(self.order_of_calls())

    def test_credit_note_cancelled_on_both_sides(self):
        for side in ('out', 'in'):
            with self.subTest(side=side):
                invoice, credit_note = self.synced_pair(side=side, ref=f'R-{side}')
                self.reconcile(invoice, credit_note)
                self.run_slice(self.connection)
                self.cancel(credit_note)
                self.assert_allocated()
                self.assertEqual(self.held(self.export_of(credit_note))['Status'], 'VOIDED')
                self.assertEqual(self.held(self.export_of(invoice))['Status'], 'AUTHORISED')

    def test_allocated_by_hand_in_xero_stays_and_is_told(self):
        invoice, credit_note = self.synced_pair()
        self.allocate_by_hand(credit_note, invoice, 40)
        self.cancel(invoice)
        export = self.export_of(invoice)
        self.assertEqual((export.state, self.held(export)['Status']), ('synced', 'AUTHORISED'))
        self.assertIn("Remove the payment or allocation there first", export.difference)
        self.assertEqual(len(self.allocations()), 1)

    def test_calls_are_few(self):
        """Undoing 20 allocations of one credit note and voiding it: one call each, one to read, one to void."""
        invoices = [self.document('out_invoice', {'price_unit': 5}) for _number in range(5)]
        credit_note = self.document('out_refund', {'price_unit': 25})
        self.reconcile(*invoices, credit_note)
        self.run_slice(self.connection)
        self.assertEqual(len(self.allocations()), 5)
        self.connection.free_number = False
        self.sandbox.requests.clear()
        self.cancel(credit_note)
        self.assert_allocated()
        self.assertEqual(len(self.calls('DELETE', CREDIT_NOTES)), 5)
        self.assertEqual((len(self.calls('GET', CREDIT_NOTES)), len(self.calls('POST', CREDIT_NOTES))), (1, 1))
        self.assertFalse(self.calls(path=INVOICES))
