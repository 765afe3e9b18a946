from unittest.mock import patch

from odoo.addons.account_xero.sandbox.api.batch_payments import BatchPayments
from odoo.tests import tagged

from .payment_common import BATCHES, PAYMENTS, XeroPaymentCase


@tagged('post_install', '-at_install')
class TestPaymentBatchFaults(XeroPaymentCase):
    """After every failure, each payment of a batch is in Xero exactly once, or not at all."""

    def assert_together(self, money, moves):
        self.assert_sent(*((move.name, 100, '2026-11-10', money.name) for move in moves))
        self.assertEqual(self.in_batches(), [sorted(moves.mapped('name'))])
        self.assertEqual(set(self.rows().mapped('batch_ref')), {self.held_batches()[0]['BatchPaymentID']})

    def order_fault(self, kind, method='PUT', **values):
        self.sandbox.faults.order(kind=kind, method=method, path=BATCHES, times=1, **values)

    def puts(self, path=BATCHES):
        return [call for call in self.calls('PUT', path) if not call['fault']]

    # === NO ANSWER === #

    def test_answer_is_lost_and_repeated_under_its_key(self):
        for kind in ('500_before', '500_after', 'drop_after', 'cut'):
            with self.subTest(kind=kind):
                moves, _money = self.paid_together(3)
                before = self.in_batches()
                self.order_fault(kind)
                self.run_slice(self.connection)
                self.assertEqual(set(self.rows()[-3:].mapped('state')), {'uncertain'})
                self.recover(later=0)
                self.assertEqual(set(self.rows()[-3:].mapped('state')), {'synced'})
                self.assertEqual(self.in_batches(), [*before, sorted(moves.mapped('name'))])

    def test_answer_is_lost_and_looked_up_long_after(self):
        moves, money = self.paid_together(3)
        self.order_fault('drop_after')
        self.run_slice(self.connection)
        self.assertEqual(set(self.rows().mapped('state')), {'uncertain'})
        self.sandbox.requests.clear()
        self.recover(later=600)
        self.assertFalse(self.puts() + self.puts(PAYMENTS), "nothing is sent again")
        self.assert_together(money, moves)

    def test_looked_up_where_xero_shows_no_reference(self):
        """Whether Xero lists the reference of each payment in a batch is not documented."""
        moves, _money = self.paid_together(2)
        self.order_fault('drop_after')
        self.run_slice(self.connection)
        for held in self.held_payments():
            held['Reference'] = ''
        self.recover(later=600)
        self.assertFalse(self.rows().filtered(lambda row: row.state != 'synced'))
        self.assertEqual(self.in_batches(), [sorted(moves.mapped('name'))])
        self.assertEqual(len(self.held_payments()), 2)

    def test_never_saved(self):
        moves, money = self.paid_together(3)
        self.order_fault('drop_before')
        self.run_slice(self.connection)
        self.recover(later=600)
        self.let_time_pass(hours=2)
        self.run_slice(self.connection, 2)
        self.assert_sent(*((move.name, 100, '2026-11-10', money.name) for move in moves))

    def test_killed_between_freeze_and_settle(self):
        for later in (0, 400):
            with self.subTest(later=later):
                self.paid_together(3)
                self.run_slice(self.connection)
                rows, before = self.rows()[-3:], self.in_batches()
                rows.write({'state': 'sending', 'operation': 'create', 'xero_id': False, 'batch_ref': False})
                rows.request_ids.write({'state': 'sending'})
                self.sandbox.requests.clear()
                self.recover(later)
                self.assertEqual(self.in_batches(), before)
                self.assertEqual(set(self.rows().mapped('state')), {'synced'})
                self.assertEqual(len(set(self.rows()[-3:].mapped('batch_ref'))), 1)

    def test_undone_while_the_outcome_is_unknown(self):
        moves, money = self.paid_together(3)
        self.order_fault('drop_after')
        self.run_slice(self.connection)
        self.unreconcile(money, moves[0])
        self.recover(later=600)
        self.run_slice(self.connection, 2)
        self.assertEqual(self.facts(), sorted((move.name, 100, '2026-11-10', money.name) for move in moves[1:]))
        self.assertEqual(self.in_batches(), [sorted(moves[1:].mapped('name'))])

    # === ODD ANSWERS === #

    def shown(self, change):
        """Let the sandbox answer batches in another form."""
        real = BatchPayments.shown
        return patch.object(BatchPayments, 'shown', lambda store, row, detail=True: change(real(store, row, detail)))

    def test_payments_in_another_order(self):
        moves, money = self.paid_together(3)
        with self.shown(lambda batch: {**batch, 'Payments': batch['Payments'][::-1]}):
            self.assert_together(money, moves)

    def test_payments_without_reference(self):
        """As in the example of the specification."""
        moves, money = self.paid_together(3)
        with self.shown(lambda batch: {**batch, 'Payments': [
                {name: value for name, value in one.items() if name != 'Reference'} for one in batch['Payments']]}):
            self.assert_together(money, moves)

    def test_answer_without_an_id_is_looked_up(self):
        """Xero has answered so without saying why (https://github.com/XeroAPI/Xero-NetStandard/issues/324)."""
        moves, money = self.paid_together(2)
        with self.shown(lambda batch: {name: value for name, value in batch.items() if name != 'BatchPaymentID'}):
            self.run_slice(self.connection)
        self.assert_together(money, moves)

    # === REFUSED === #

    def test_one_is_refused_and_the_others_go_without_it(self):
        moves, money = self.paid_together(3)
        self.in_xero_somebody(self.export_of(moves[1]), paid=80)
        self.run_slice(self.connection)
        rows = self.rows()
        self.assertEqual(rows.mapped('state'), ['synced', 'failed', 'synced'])
        self.assertEqual(rows[1].cause, 'amount')
        self.assertIn("less may be left to pay", rows[1].message)
        self.assertEqual(self.in_batches(), [sorted((moves[0] | moves[2]).mapped('name'))])
        self.assertIn("is not in Xero", moves[1].message_ids[0].body)
        self.assertFalse([body for move in (moves[0], moves[2]) for body in move.message_ids.mapped('body') if "is not in Xero" in (body or '')])
        self.in_xero_somebody(self.export_of(moves[1]), paid=0)
        rows[1].with_user(self.billing).action_resync()
        self.assert_sent(*((move.name, 100, '2026-11-10', money.name) for move in moves))
        self.assertFalse(self.rows()[1].batch_ref)

    def test_what_explains_a_refusal_cannot_be_read(self):
        for kind in ('429_minute', '503'):
            with self.subTest(kind=kind):
                moves, _money = self.paid_together(3)
                self.in_xero_somebody(self.export_of(moves[1]), paid=80)
                self.sandbox.faults.order(kind=kind, method='GET', path='/Invoices', times=1)
                self.run_slice(self.connection)
                self.assertEqual(self.rows()[-3:].mapped('goes_alone'), [True] * 3)
                self.connection.sudo().resume_at = False
                self.recover(later=0)
                self.assertEqual(self.rows()[-3:].mapped('state'), ['synced', 'failed', 'synced'])
                self.assertEqual(self.rows()[-2].cause, 'amount')

    def test_refused_for_a_reason_of_batches_each_goes_alone(self):
        moves, money = self.paid_together(3)
        with patch.object(BatchPayments, '_length_errors', lambda store, values: ["Something about batches."]):
            self.run_slice(self.connection)
        self.assert_sent(*((move.name, 100, '2026-11-10', money.name) for move in moves))
        self.assertFalse(self.held_batches())
        self.assertEqual(len(self.puts(PAYMENTS)), 1)
        for row in self.rows():
            self.assertIn("“Something about batches”", row.warning)
            self.assertFalse(row.goes_alone)

    def test_refused_for_the_account_each_row_says_it(self):
        self.paid_together(2)
        account = self.sandbox.organisations[self.tenant].account('Code', '090')
        account['Status'] = 'ARCHIVED'
        self.run_slice(self.connection)
        self.assertEqual(self.rows().mapped('state'), ['failed'] * 2)
        self.assertFalse(self.facts())

    def test_one_batch_of_two_is_refused(self):
        moves = self.documents(4)
        self.run_slice(self.connection)
        first, second = self.pay(moves[:2], group=True), self.pay(moves[2:], group=True)
        self.in_xero_somebody(self.export_of(moves[0]), paid=80)
        self.run_slice(self.connection)
        self.assertEqual(self.rows().mapped('state'), ['failed', 'synced', 'synced', 'synced'])
        self.assertEqual(self.in_batches(), [sorted(moves[2:].mapped('name'))])
        self.assertEqual({fact[3] for fact in self.facts()}, {first.name, second.name})

    def test_an_unreadable_body_is_divided(self):
        moves, money = self.paid_together(3)
        bad = self.export_of(moves[1]).sudo()
        real, bad.xero_id = bad.xero_id, 'no-guid'
        self.run_slice(self.connection, 3)
        self.assertEqual(sorted(self.rows().mapped('state')), ['failed', 'synced', 'synced'])
        bad.xero_id = real
        self.rows('failed')._requeue()
        self.assert_sent(*((move.name, 100, '2026-11-10', money.name) for move in moves))
