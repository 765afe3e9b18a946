from odoo.tests import tagged

from .change_common import CREDIT_NOTES, INVOICES, XeroChangeCase


@tagged('post_install', '-at_install')
class TestExportVoid(XeroChangeCase):
    """A document that is cancelled or deleted in Odoo is voided in Xero, if Xero allows it."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.move, cls.export = cls.synced()

    def test_approved_is_voided_and_gives_its_number_free(self):
        move, export = self.move, self.export
        self.cancel(move)
        held = self.held(export)
        self.assertEqual((export.state, export.difference, export.xero_status, held['Status']), ('synced', False, 'VOIDED', 'VOIDED'))
        self.assertNotEqual(held['InvoiceNumber'], move.name)
        self.assertTrue(held['InvoiceNumber'].startswith(move.name))
        self.assertEqual(export.xero_number, held['InvoiceNumber'])
        self.assertEqual([call['method'] for call in self.calls(path=INVOICES)], ['GET', 'POST'] * 2)
        self.assertNotIn('LineItems', str([call['body'] for call in self.calls('POST')]))
        self.assertIn("Voided in Xero", move.message_ids[0].body)
        self.assertFalse(move._get_alerts().keys() & {'xero_waiting', 'xero_different', 'xero_failed'})

    def test_posted_again_it_is_a_new_document_with_the_old_number(self):
        move, export = self.move, self.export
        old_id = export.xero_id
        self.cancel(move)
        move.button_draft()
        move.action_post()
        self.run_slice(self.connection)
        self.assertNotEqual(export.xero_id, old_id)
        self.assert_same(export, InvoiceNumber=move.name, Status='AUTHORISED')
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        self.assert_same(export, Total=60)
        self.cancel(move)
        self.assertEqual(self.held(export)['Status'], 'VOIDED')

    def test_posted_again_after_its_draft_was_seen(self):
        """The void stays while a person edits the draft; confirming it creates a new document in Xero."""
        for policy in (True, False):
            self.connection.free_number = policy
            for move_type in ('out_invoice', 'in_invoice'):
                with self.subTest(move_type=move_type, frees_numbers=policy):
                    move, export = self.synced(move_type, ref=f'V {move_type} {policy}')
                    old_id = export.xero_id
                    self.cancel(move)
                    move.button_draft()
                    self.run_slice(self.connection, times=2)
                    self.assertFalse(export.difference)
                    if not policy and move_type == 'out_invoice':
                        move.name = move.name.replace('INV', 'NEW')     # Xero keeps the number
                    move.action_post()
                    self.run_slice(self.connection)
                    self.assertNotEqual(export.xero_id, old_id, export.message)
                    self.assertEqual((export.state, self.held(export)['Status']), ('synced', 'AUTHORISED'))

    def test_cancelled_and_posted_between_two_slices_is_no_event(self):
        move, export = self.move, self.export
        move.button_draft()
        move.button_cancel()
        move.button_draft()
        move.action_post()
        self.run_slice(self.connection)
        self.assert_same(export)
        self.assertFalse(self.calls(path=INVOICES))

    def test_drafts_are_deleted(self):
        self.connection.write({'sales_status': 'DRAFT', 'bills_status': 'SUBMITTED'})
        for move_type in ('out_invoice', 'in_invoice', 'out_refund', 'in_refund'):
            with self.subTest(move_type=move_type):
                move, export = self.synced(move_type, ref=f'R-{move_type}')
                self.cancel(move)
                self.assertEqual((export.xero_status, self.held(export)['Status']), ('DELETED', 'DELETED'))

    def test_every_approved_kind_is_voided(self):
        for move_type in ('in_invoice', 'out_refund', 'in_refund'):
            with self.subTest(move_type=move_type):
                move, export = self.synced(move_type, ref=f'R-{move_type}')
                self.cancel(move)
                self.assertEqual(self.held(export)['Status'], 'VOIDED')
                self.assertEqual(len(self.calls('POST', CREDIT_NOTES if 'refund' in move_type else INVOICES)), 2 if move_type == 'out_refund' else 1)

    def test_deleted_in_odoo_is_voided(self):
        move, export = self.move, self.export
        name = move.name
        move.button_draft()
        move.with_context(force_delete=True).unlink()
        again = self.document(name=name)
        self.run_slice(self.connection)
        self.assertEqual(self.held(export)['Status'], 'VOIDED')
        self.assertFalse(export.move_id)
        self.assertEqual(self.held(self.export_of(again))['InvoiceNumber'], name, "the number is free for the next")

    def test_the_next_document_with_its_number_waits_for_the_void(self):
        move, export = self.move, self.export
        name = move.name
        move.button_draft()
        move.with_context(force_delete=True).unlink()
        again = self.document(name=name)
        again.with_user(self.billing).action_xero_export()
        self.run_slice(self.connection)
        self.assertEqual((self.held(export)['Status'], self.held(self.export_of(again))['InvoiceNumber']), ('VOIDED', name))
        self.assertEqual([call['method'] for call in self.calls(path=INVOICES)], ['GET', 'POST', 'GET', 'POST', 'PUT'], "requested first, but sent last")

    def test_paid_is_left_with_what_to_undo_first(self):
        move, export = self.move, self.export
        self.in_xero_somebody(export, paid='40')
        self.cancel(move)
        self.assert_left(export, "Remove the payment", "cancelled")
        self.assertEqual(self.held(export)['InvoiceNumber'], move.name)
        self.in_xero_somebody(export, paid='0')
        export.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        self.assertEqual(self.held(export)['Status'], 'VOIDED')

    def test_a_zero_document_cannot_be_voided(self):
        move, export = self.synced('out_invoice', {'price_unit': 50}, {'price_unit': -50})
        self.cancel(move)
        self.assert_left(export, "totals zero", "cancelled")

    def test_edited_in_xero_is_asked_and_may_be_kept(self):
        move, export = self.move, self.export
        self.in_xero_somebody(export, Reference="Typed by hand")
        self.cancel(move)
        self.assert_left(export, "in Xero (reference)", "cancelled")
        export.with_user(self.admin).action_keep_xeros()
        export.sudo().checked_at = False
        self.run_slice(self.connection, times=2)
        self.assertEqual((export.state, export.difference, self.held(export)['Status']), ('synced', False, 'AUTHORISED'))

    def test_what_was_kept_once_is_voided_after_it_was_posted_again_with_a_change(self):
        move, export = self.move, self.export
        self.in_xero_somebody(export, Reference="Typed by hand")
        self.cancel(move)
        export.with_user(self.admin).action_keep_xeros()
        self.run_slice(self.connection)
        self.connection.send_changes = False
        move.button_draft()
        move.invoice_line_ids[0].price_unit = 70
        move.action_post()
        self.run_slice(self.connection)
        self.assertEqual((export.state, export.operation), ('synced', 'update'), "a person decides")
        self.cancel(move)
        self.assertEqual((export.state, export.operation), ('synced', 'void'))
        self.assertIn("cancelled", export.difference)

    def test_voided_in_both_is_the_same(self):
        move, export = self.move, self.export
        self.in_xero_somebody(export, Status='VOIDED')
        self.cancel(move)
        self.assertEqual((export.state, export.difference, export.xero_status), ('synced', False, 'VOIDED'))
        self.assertFalse(self.calls('POST', INVOICES))

    def test_without_the_policies(self):
        self.connection.free_number = False
        move, export = self.synced()
        self.cancel(move)
        self.assertEqual((self.held(export)['Status'], self.held(export)['InvoiceNumber']), ('VOIDED', move.name))
        self.connection.send_changes = False
        move, export = self.synced()
        self.cancel(move)
        self.assert_left(export, "cancelled")
        export.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        self.assertEqual(self.held(export)['Status'], 'VOIDED')

    def test_posted_again_between_the_steps_gets_its_number_back(self):
        move, export = self.move, self.export
        self.sandbox.faults.order(kind='503', method='POST', path='/Invoices', skip=1)
        self.cancel(move)
        self.assertNotEqual(export.xero_number, move.name)
        move.button_draft()
        move.action_post()
        self.recover(later=400)
        self.assert_same(export, InvoiceNumber=move.name, Status='AUTHORISED')

    def test_uncertain_voids(self):
        for kind in ('500_before', '500_after', 'drop_before', 'drop_after'):
            for step in (0, 1):
                with self.subTest(kind=kind, step=step):
                    self.lose_void(kind, step)

    def test_voids_uncertain_for_long_are_looked_at_again(self):
        for kind in ('500_before', 'drop_after'):
            for step in (0, 1):
                with self.subTest(kind=kind, step=step):
                    self.lose_void(kind, step, later=400)

    def lose_void(self, kind, step, later=0):
        """Lose the answer to one of the two steps of a void, and finish it."""
        move, export = self.synced()
        self.sandbox.faults.order(kind=kind, method='POST', path='/Invoices', skip=step)
        self.cancel(move)
        self.assertEqual((export.state, export.operation), ('uncertain', 'void'))
        self.recover(later)
        self.assertEqual((export.state, self.held(export)['Status']), ('synced', 'VOIDED'))
