from datetime import date, timedelta

from odoo.tests import tagged

from .payment_common import BATCHES, PAYMENTS, XeroPaymentCase


class PaymentBatchUndoCase(XeroPaymentCase):

    @classmethod
    def in_batch(cls, count=3, **values):
        """Return documents, the entry of their payment, and its rows, which are in one batch."""
        moves, money = cls.paid_together(count, **values)
        cls.run_slice(cls.connection)
        assert cls.in_batches() == [sorted(move.ref or move.name for move in moves)], cls.in_batches()
        cls.sandbox.requests.clear()
        return moves, money, cls.rows()

    def writes(self):
        """Return the calls that changed payments, in their order."""
        return [(call['method'], call['path'].split('/')[3]) for call in self.sandbox.requests
                if call['method'] != 'GET' and call['path'].startswith((BATCHES, PAYMENTS)) and not call['fault']]

    def assert_left(self, money, moves, batches):
        """Assert that Xero holds the payments of these documents, in these batches, and that nothing differs."""
        self.assertEqual(self.facts(), sorted((move.name, 100, '2026-11-10', money.name) for move in moves))
        self.assertEqual(self.in_batches(), batches)
        rows = self.rows()
        self.assertFalse(rows.filtered(lambda row: row.state != 'synced' or row.difference or row.makes_way), rows.mapped('message'))
        held = {one['PaymentID'] for one in self.held_payments()}
        self.assertEqual({row.xero_id for row in rows if not row._is_undone()}, held)


@tagged('post_install', '-at_install')
class TestPaymentBatchUndo(PaymentBatchUndoCase):
    """A payment in a batch is removed in Xero with the batch; the others are sent again."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.moves, cls.money, cls.batched = cls.in_batch(3)

    def test_one_is_undone(self):
        moves, money, rows = self.moves, self.money, self.batched
        self.unreconcile(money, moves[1])
        self.run_slice(self.connection, 2)
        self.assert_left(money, moves[0] | moves[2], [sorted((moves[0] | moves[2]).mapped('name'))])
        self.assertEqual(self.writes(), [('POST', 'BatchPayments'), ('PUT', 'BatchPayments')])
        self.assertEqual(rows[1].done_operation, 'void')
        self.assertEqual(self.held(self.export_of(moves[1]))['Status'], 'AUTHORISED')
        self.assertEqual({self.held(self.export_of(move))['Status'] for move in (moves[0], moves[2])}, {'PAID'})

    def test_all_are_undone_with_one_call(self):
        moves, money = self.moves, self.money
        money.line_ids.remove_move_reconcile()
        self.run_slice(self.connection, 2)
        self.assert_left(money, moves.browse(), [])
        self.assertEqual(self.writes(), [('POST', 'BatchPayments')])

    def test_a_document_is_cancelled(self):
        moves, money = self.moves, self.money
        self.unreconcile(money, moves[0])
        moves[0].button_draft()
        moves[0].button_cancel()
        self.run_slice(self.connection, 4)
        self.assert_left(money, moves[1:], [sorted(moves[1:].mapped('name'))])
        self.assertEqual(self.held(self.export_of(moves[0]))['Status'], 'VOIDED')

    def test_reconciled_in_xero_is_left_alone(self):
        moves, money, rows = self.moves, self.money, self.batched
        [batch] = self.held_batches()
        batch['IsReconciled'] = True
        self.unreconcile(money, moves[1])
        self.run_slice(self.connection, 2)
        self.assertFalse(self.writes())
        self.assertEqual(len(self.held_payments()), 3)
        self.assertIn("batch payment that is reconciled with a bank statement in Xero", self.rows()[1].difference)
        self.assertFalse(self.rows()[0].difference or self.rows()[2].difference)
        batch['IsReconciled'] = False
        rows[1].with_user(self.admin).action_send_ours()
        self.run_slice(self.connection, 2)
        self.assert_left(money, moves[0] | moves[2], [sorted((moves[0] | moves[2]).mapped('name'))])

    def test_reconciled_in_xero_and_all_are_undone(self):
        """Payments that only await a decision do not keep each other in Xero."""
        moves, money, rows = self.moves, self.money, self.batched
        [batch] = self.held_batches()
        batch['IsReconciled'] = True
        money.line_ids.remove_move_reconcile()
        self.run_slice(self.connection, 2)
        self.assertEqual(self.rows().mapped('operation'), ['void'] * 3)
        batch['IsReconciled'] = False
        rows[1].with_user(self.admin).action_send_ours()
        self.run_slice(self.connection, 2)
        self.assert_left(money, moves.browse(), [])
        self.assertEqual(self.rows().mapped('done_operation'), ['void'] * 3)

    def test_skipped_by_a_person_stays_in_xero(self):
        moves, money, rows = self.moves, self.money, self.batched
        self.unreconcile(money, moves[0])
        rows[0]._look_again()
        rows[0]._set_failed('data', "Refused")
        rows[0].operation = 'void'
        rows[0]._set_skipped("Stays in Xero")
        self.unreconcile(money, moves[1])
        self.run_slice(self.connection, 2)
        self.assertFalse(self.writes())
        self.assertIn("other payments, too", self.rows()[1].difference)

    def test_the_others_of_a_found_document_are_made_again(self):
        """They were in Xero, so the money on the document there is no reason to skip them."""
        moves, money, rows = self.moves, self.money, self.batched
        document = rows[2].invoice_export_id
        document.write({'is_found': True, 'arrived_at': self.now() + timedelta(hours=1)})
        self.in_xero_somebody(document, paid=120)
        self.held(document)['Total'] += 20
        self.unreconcile(money, moves[1])
        self.run_slice(self.connection, 2)
        self.assert_left(money, moves[0] | moves[2], [sorted((moves[0] | moves[2]).mapped('name'))])

    def test_a_payment_that_makes_way_is_not_left_to_a_person(self):
        moves, money, rows = self.moves, self.money, self.batched
        rows[0]._set_waiting(operation='void', makes_way=True)
        [batch] = self.held_batches()
        batch['IsReconciled'] = True
        self.run_slice(self.connection, 2)
        self.assertFalse(self.writes())
        self.assert_left(money, moves, [sorted(moves.mapped('name'))])
        self.assertEqual(self.rows().mapped('operation'), ['none'] * 3)
        self.assertFalse(any(self.rows().mapped('is_void_declined')))

    def test_locked_period_keeps_the_others(self):
        moves, money, rows = self.moves, self.money, self.batched
        self.sandbox.organisations[self.tenant].end_of_year_lock_date = date(2026, 11, 30)
        self.unreconcile(money, moves[1])
        self.run_slice(self.connection, 2)
        rows = self.rows()
        self.assertEqual([(row.state, row.operation) for row in rows], [('synced', 'none'), ('failed', 'void'), ('synced', 'none')])
        self.assertEqual(rows[1].cause, 'date')
        self.assertFalse(any(rows.mapped('makes_way')))
        self.assertEqual(len(self.held_payments()), 3)

    def test_the_others_could_not_be_sent_again(self):
        moves, money = self.moves, self.money
        self.resolver().find('bank', self.bank).sudo().xero_account_id = False
        self.unreconcile(money, moves[1])
        self.run_slice(self.connection, 2)
        self.assertFalse(self.writes())
        self.assertIn("could not be sent again: The journal", self.rows()[1].difference)

    def test_a_document_of_the_others_is_on_its_way(self):
        moves, money, rows = self.moves, self.money, self.batched
        document = rows[2].invoice_export_id
        document.write({'state': 'waiting', 'wait_code': 'retry', 'next_try_at': self.now() + timedelta(hours=3), 'operation': 'update'})
        self.unreconcile(money, moves[1])
        self.run_slice(self.connection, 2)
        self.assertFalse(self.writes())
        self.assertEqual(self.rows().mapped('state'), ['synced', 'waiting', 'synced'])
        self.assertIn(f"when Xero has {moves[2].name}", self.rows()[1].wait_reason)
        self.let_time_pass(hours=4)
        self.run_slice(self.connection, 2)
        self.let_time_pass(hours=1)
        self.run_slice(self.connection, 2)
        self.assert_left(money, moves[0] | moves[2], [sorted((moves[0] | moves[2]).mapped('name'))])

    def test_a_document_of_the_others_failed(self):
        moves, money, rows = self.moves, self.money, self.batched
        rows[2].invoice_export_id._set_failed('data', "Refused")
        self.unreconcile(money, moves[1])
        self.run_slice(self.connection, 2)
        self.assertFalse(self.writes())
        self.assertIn(f"The export of {moves[2].name} failed", self.rows()[1].difference)
        rows[2].invoice_export_id._requeue()
        self.run_slice(self.connection)
        rows[1].with_user(self.admin).action_send_ours()
        self.run_slice(self.connection, 2)
        self.assert_left(money, moves[0] | moves[2], [sorted((moves[0] | moves[2]).mapped('name'))])

    def test_kept_in_xero_by_a_person(self):
        """The batch cannot be deleted without the payment that a person keeps."""
        moves, money, rows = self.moves, self.money, self.batched
        self.connection.send_changes = False
        self.unreconcile(money, moves[0])
        self.run_slice(self.connection)
        rows[0].with_user(self.admin).action_keep_xeros()
        self.connection.send_changes = True
        self.unreconcile(money, moves[1])
        self.run_slice(self.connection, 2)
        self.assertFalse(self.writes())
        self.assertIn("other payments, too", self.rows()[1].difference)

    def test_payments_of_others_in_the_batch(self):
        moves, money, rows = self.moves, self.money, self.batched
        rows[2].batch_ref = False       # as if somebody at Xero had added it
        self.unreconcile(money, moves[0])
        self.run_slice(self.connection, 2)
        self.assertFalse(self.writes())
        self.assertIn("other payments, too", self.rows()[0].difference)

    def test_answers_are_lost(self):
        for method in ('POST', 'PUT'):
            for kind in ('500_before', '500_after', 'drop_after'):
                for later in (0, 400):
                    with self.subTest(method=method, kind=kind, later=later):
                        moves, money = self.paid_together(3)
                        self.run_slice(self.connection)
                        before = self.in_batches()[:-1]
                        self.sandbox.faults.order(kind=kind, method=method, path=BATCHES, times=1)
                        self.unreconcile(money, moves[1])
                        self.run_slice(self.connection)
                        self.recover(later)
                        self.let_time_pass(hours=1)
                        self.run_slice(self.connection, 2)
                        rest = moves[0] | moves[2]
                        self.assertEqual([fact for fact in self.facts() if fact[3] == money.name], sorted(
                            (move.name, 100, '2026-11-10', money.name) for move in rest))
                        self.assertFalse(self.rows().filtered(lambda row: row.state != 'synced' or row.difference or row.makes_way))
                        self.assertEqual(self.in_batches()[:len(before)], before)

    def test_killed_while_the_batch_is_deleted(self):
        for later in (0, 400):
            with self.subTest(later=later):
                moves, money = self.paid_together(3)
                self.run_slice(self.connection)
                rows = self.rows()[-3:]
                self.sandbox.faults.order(kind='drop_after', method='POST', path=BATCHES, times=1)
                self.unreconcile(money, moves[1])
                self.run_slice(self.connection)
                self.assertEqual(rows.mapped('state'), ['uncertain'] * 3)
                rows.write({'state': 'sending'})
                rows.request_ids.sorted('id')[-1].state = 'sending'
                self.recover(later)
                self.run_slice(self.connection, 2)
                self.assertFalse(self.rows().filtered(lambda row: row.state != 'synced' or row.difference or row.makes_way))
                rest = moves[0] | moves[2]
                self.assertEqual([fact for fact in self.facts() if fact[3] == money.name], sorted(
                    (move.name, 100, '2026-11-10', money.name) for move in rest))
                self.assertIn(sorted(rest.mapped('name')), self.in_batches())


@tagged('post_install', '-at_install')
class TestPaymentBatchUndoMore(PaymentBatchUndoCase):
    """What is undone while nothing, or something else, is in a batch."""

    def test_one_of_two_is_undone_and_the_other_goes_alone(self):
        moves, money, _rows = self.in_batch(2)
        self.unreconcile(money, moves[0])
        self.run_slice(self.connection, 2)
        self.assert_left(money, moves[1], [])
        self.assertEqual(self.writes(), [('POST', 'BatchPayments'), ('PUT', 'Payments')])

    def test_undone_and_made_again(self):
        moves, money, _rows = self.in_batch(2)
        self.unreconcile(money, moves[0])
        owed = moves[0].line_ids.filtered(lambda line: line.display_type == 'payment_term')
        (owed | money.line_ids.filtered(lambda line: line.account_id == owed.account_id)).reconcile()
        self.run_slice(self.connection, 3)
        self.assert_left(money, moves, [sorted(moves.mapped('name'))])

    def test_deleted_by_hand_in_xero_before(self):
        moves, money, rows = self.in_batch(2)
        self.connection._client().write('POST', f'BatchPayments/{rows[0].batch_ref}', b'{"Status":"DELETED"}', 'k', {})
        self.sandbox.requests.clear()
        self.unreconcile(money, moves[0])
        self.run_slice(self.connection)
        self.assertFalse(self.writes())
        self.assertEqual(self.rows()[0].done_operation, 'void')

    def test_what_was_removed_for_a_moment_is_not_registered(self):
        self.bank.write({'xero_payments': 'both', 'xero_payments_since': '2026-01-01', 'xero_payments_out_since': '2026-01-01'})
        self.connect(self.connection, user=self.xero_user)
        moves, money, _rows = self.in_batch(3)
        self.unreconcile(money, moves[1])
        self.run_slice(self.connection, 2)
        self.sandbox.clock.advance(2)
        self.env['xero.feed']._ask(self.connection, by_hand=False)
        self.run_slice(self.connection, 2)
        self.assert_left(money, moves[0] | moves[2], [sorted((moves[0] | moves[2]).mapped('name'))])
        self.assertEqual(len(self.env['account.payment'].search([('journal_id', '=', self.bank.id)])), 1)
        read = self.env['xero.payment'].sudo().search([])
        self.assertEqual(read.mapped('state'), ['ignored'] * 2)
        self.assertIn("removed it there with the batch", read[0].reason)
