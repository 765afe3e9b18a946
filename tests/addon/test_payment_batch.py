from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import new_test_user, tagged

from ...models.kinds import xero_payment_batch
from ...models.kinds.xero_payload import Payload
from .payment_common import BATCHES, PAYMENTS, XeroPaymentCase


@tagged('post_install', '-at_install')
class TestPaymentBatch(XeroPaymentCase):
    """One payment of several documents is one batch payment in Xero; each document has its own payment in it, and each payment its own row."""

    def puts(self):
        return [call['path'] for call in self.calls('PUT') if call['path'] in (PAYMENTS, BATCHES)]

    def assert_batch(self, money, moves):
        """Assert that Xero holds one batch payment of these documents, and that their rows are synced with it."""
        self.assert_sent(*((move.ref or move.name, 100, '2026-11-10', money.name) for move in moves))
        self.assertEqual(self.in_batches(), [sorted(move.ref or move.name for move in moves)])
        [batch], rows = self.held_batches(), self.rows()
        self.assertEqual((float(batch['TotalAmount']), batch['Account']['CurrencyCode']), (100.0 * len(moves), 'AUD'))
        self.assertEqual(set(rows.mapped('batch_ref')), {batch['BatchPaymentID']})
        self.assertEqual(sorted(rows.mapped('xero_id')), sorted(batch['_payments']))

    # === WHAT IS ONE BATCH === #

    def test_one_payment_of_three_invoices(self):
        moves, money = self.paid_together(3)
        self.assertEqual(len(money), 1)
        self.assert_batch(money, moves)
        self.assertEqual(self.puts(), [BATCHES])
        [batch] = self.held_batches()
        self.assertEqual((batch['Type'], batch['Reference'], batch['Details']), ('RECBATCH', money.name, money.name[-18:]))
        self.assertRecordValues(self.rows(), [
            {'operation': 'none', 'done_operation': 'create', 'amount_total': 100, 'xero_total': 100, 'difference': False, 'xero_number': money.name}] * 3)
        self.assertEqual({self.held(self.export_of(move))['Status'] for move in moves}, {'PAID'})
        self.run_slice(self.connection, 2)
        self.assertEqual(self.puts(), [BATCHES], "nothing is sent again")

    def test_bills(self):
        moves, money = self.paid_together(2, 'in_invoice')
        self.assert_batch(money, moves)
        self.assertEqual(self.held_batches()[0]['Type'], 'PAYBATCH')

    def test_line_of_a_bank_statement(self):
        moves = self.documents(2)
        self.run_slice(self.connection)
        money = self.statement(moves, 200)
        self.assert_sent(*((move.name, 100, '2026-11-11', money.name) for move in moves))
        self.assertEqual(self.in_batches(), [sorted(moves.mapped('name'))])

    def test_several_batches_go_in_one_call(self):
        moves = self.documents(4)
        self.run_slice(self.connection)
        self.sandbox.requests.clear()
        first, second = self.pay(moves[:2], group=True), self.pay(moves[2:], group=True)
        self.assert_sent(*((move.name, 100, '2026-11-10', (first if move in moves[:2] else second).name) for move in moves))
        self.assertEqual(self.in_batches(), [sorted(moves[:2].mapped('name')), sorted(moves[2:].mapped('name'))])
        self.assertEqual(self.puts(), [BATCHES])

    def test_more_payments_than_a_batch_can_have(self):
        self.patch(xero_payment_batch, 'BATCH_PAYMENTS', 2)
        moves, money = self.paid_together(5)
        self.assert_sent(*((move.name, 100, '2026-11-10', money.name) for move in moves))
        self.assertEqual([len(batch) for batch in self.in_batches()], [2, 2])

    def test_more_payments_than_a_call_usually_has(self):
        """A batch is not divided."""
        self.patch(type(self.env['xero.export']), '_batch_limit', lambda rows: 2)
        moves, money = self.paid_together(3)
        self.assert_batch(money, moves)

    def test_new_zealand(self):
        """There, the reference of a batch is short. Those of its payments are whole."""
        moves, money = self.paid_together(2)
        self.connection.sudo().country_code = 'NZ'
        self.assert_batch(money, moves)
        [batch] = self.held_batches()
        self.assertEqual(batch['Reference'], money.name[-12:])
        self.assertNotIn('Details', batch)

    # === WHAT GOES ALONE === #

    def test_one_document(self):
        moves, money = self.paid_together(1)
        self.assert_sent((moves.name, 100, '2026-11-10', money.name))
        self.assertEqual((self.puts(), self.rows().batch_ref), ([PAYMENTS], False))

    def test_invoice_and_refund(self):
        """A credit note is not part of a batch: the two invoices are one, the refund is a payment of its own."""
        moves, credit = self.documents(2), self.document('out_refund')
        self.run_slice(self.connection)
        self.sandbox.requests.clear()
        lines = self.env['account.bank.statement.line'].create({
            'journal_id': self.bank.id, 'date': '2026-11-11', 'payment_ref': "Both", 'amount': 100, 'partner_id': self.partner_a.id,
            'counterpart_account_id': self.partner_a.property_account_receivable_id.id})
        money = lines.move_id
        counterpart = money.line_ids.filtered(lambda line: line.account_id.account_type == 'asset_receivable')
        # The refund leaves the account, so it is a line of its own
        counterpart.with_context(check_move_validity=False).credit = 200
        self.env['account.move.line'].with_context(check_move_validity=False).create({
            'move_id': money.id, 'account_id': counterpart.account_id.id, 'partner_id': self.partner_a.id, 'debit': 100})
        owed = moves.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        (counterpart | owed).reconcile()
        refund = money.line_ids.filtered(lambda line: line.debit == 100 and line.account_id == counterpart.account_id)
        (refund | credit.line_ids.filtered(lambda line: line.display_type == 'payment_term')).reconcile()
        self.assert_sent(*((move.name, 100, '2026-11-11', money.name) for move in moves | credit))
        self.assertEqual(self.in_batches(), [sorted(moves.mapped('name'))])
        self.assertEqual(sorted(self.puts()), [BATCHES, PAYMENTS])

    def test_other_currency(self):
        """Xero makes batch payments in the organisation's currency only."""
        dollar = self.setup_other_currency('USD', rates=[('2026-11-01', 0.65)])
        moves = self.documents(2, currency_id=dollar.id)
        self.run_slice(self.connection)
        money = self.pay(moves, group=True, currency_id=dollar.id)
        self.assert_sent(*((move.name, 100, '2026-11-10', money.name) for move in moves))
        self.assertFalse(self.held_batches())

    def test_instalments_of_one_document(self):
        """A document is in a batch only once."""
        terms = self.env['account.payment.term'].create({'name': "Halves", 'line_ids': [
            (0, 0, {'value': 'percent', 'value_amount': 50, 'nb_days': days}) for days in (0, 30)]})
        moves = self.documents(2, invoice_payment_term_id=terms.id)
        self.run_slice(self.connection)
        money = self.pay(moves, 200, group=True)
        self.run_slice(self.connection, 2)
        self.assertEqual(set(self.rows().mapped('state')), {'synced'})
        self.assertEqual(self.facts(), sorted((move.name, 50, '2026-11-10', money.name) for move in moves for _half in range(2)))
        self.assertEqual([len(batch) for batch in self.in_batches()], [2, 2])

    # === WAITING FOR EACH OTHER === #

    def test_paid_before_the_documents_are_sent(self):
        moves = self.documents(3)
        money = self.pay(moves, group=True)
        self.run_slice(self.connection, 2)
        self.assert_batch(money, moves)

    def late(self):
        """Pay three documents, one of which is on its way to Xero."""
        moves, money = self.paid_together(3)
        late = self.export_of(moves[2]).sudo()
        late.write({'state': 'waiting', 'wait_code': 'retry', 'next_try_at': self.now() + timedelta(hours=3), 'operation': 'update'})
        self.run_slice(self.connection)
        self.assertEqual(self.rows().mapped('wait_code'), ['batch', 'batch', 'prerequisite'])
        self.assertFalse(self.puts())
        return moves, money, late

    def test_a_document_that_is_not_in_xero_yet(self):
        moves, money, _late = self.late()
        words = self.rows()[0].wait_reason
        self.assertIn(f"one batch payment with {moves[2].name}", words)
        self.let_time_pass(hours=4)
        self.run_slice(self.connection, 2)
        self.assert_batch(money, moves)

    def test_reason_for_a_user_without_access_to_entries(self):
        moves, _money, _late = self.late()
        user = new_test_user(self.env, 'reader', groups='base.group_user,account_xero.group_xero_user')
        row = self.rows().with_user(user)[0]
        self.assertIn(moves[2].name, row.wait_reason)

    def test_they_wait_for_a_day_at_most(self):
        moves, money, _late = self.late()
        self.env.cr.execute("UPDATE xero_export SET create_date = create_date - INTERVAL '25 hours', next_try_at = next_try_at - INTERVAL '25 hours' "
                            "WHERE kind = 'payment'")
        self.run_slice(self.connection)
        self.assertEqual(self.rows().mapped('state'), ['synced', 'synced', 'waiting'])
        self.assertEqual(self.in_batches(), [sorted(moves[:2].mapped('name'))])
        self.let_time_pass(hours=4)
        self.run_slice(self.connection)
        self.assert_sent(*((move.name, 100, '2026-11-10', money.name) for move in moves))

    def test_a_document_that_failed_stops_no_other(self):
        moves, _money, late = self.late()
        late._set_failed('data', "Refused")
        late._notify_outcome()
        self.run_slice(self.connection)
        self.assertEqual(self.rows().mapped('state'), ['synced', 'synced', 'waiting'])
        self.assertEqual(self.in_batches(), [sorted(moves[:2].mapped('name'))])
        self.assertIn("which failed", self.rows()[2].wait_reason)

    def test_a_payment_that_was_skipped_stops_no_other(self):
        moves, _money, _late = self.late()
        self.rows()[2]._set_skipped("Entered by hand")
        self.connection.swept_at = False
        self.run_slice(self.connection, 2)
        self.assertEqual(self.rows().mapped('state'), ['synced', 'synced', 'skipped'])
        self.assertEqual(self.in_batches(), [sorted(moves[:2].mapped('name'))])

    def test_the_wait_ends_early_also_after_a_pause(self):
        moves, _money, _late = self.late()
        self.rows()[:2].wait_code = False       # as when the connection was paused meanwhile
        self.rows()[2]._set_skipped("Entered by hand")
        self.connection.swept_at = False
        self.run_slice(self.connection, 2)
        self.assertEqual(self.rows().mapped('state'), ['synced', 'synced', 'skipped'])
        self.assertEqual(self.in_batches(), [sorted(moves[:2].mapped('name'))])

    def test_they_wait_for_the_approval_of_all(self):
        self.connection.sales_status = 'DRAFT'
        moves, money = self.paid_together(2)
        self.in_xero_somebody(self.export_of(moves[0]), Status='AUTHORISED')
        self.run_slice(self.connection)
        self.assertEqual(self.rows().mapped('wait_code'), ['batch', 'approval'])
        self.assertIn(moves[1].name, self.rows()[0].wait_reason)
        self.in_xero_somebody(self.export_of(moves[1]), Status='AUTHORISED')
        self.let_time_pass(hours=2)
        self.run_slice(self.connection)
        self.assert_batch(money, moves)

    # === POLICIES, MAPPINGS === #

    def test_policy_is_switched_off_and_on(self):
        moves, money = self.paid_together(2)
        self.bank.xero_payments = 'none'
        self.assertEqual(self.rows().mapped('state'), ['skipped', 'skipped'])
        self.run_slice(self.connection)
        self.assertFalse(self.facts())
        self.bank.write({'xero_payments': 'out', 'xero_payments_out_since': '2026-01-01'})
        self.assert_batch(money, moves)

    def test_no_account(self):
        self.resolver().find('bank', self.bank).sudo().xero_account_id = False
        moves, money = self.paid_together(2)
        self.run_slice(self.connection)
        self.assertEqual(self.rows().mapped('cause'), ['account'] * 2)
        self.map_bank(self.bank, '090')
        self.assert_batch(money, moves)

    # === READ BACK === #

    def test_they_are_not_registered_when_they_are_read(self):
        self.bank.write({'xero_payments': 'both', 'xero_payments_since': '2026-01-01', 'xero_payments_out_since': '2026-01-01'})
        self.connect(self.connection, user=self.xero_user)
        moves, money = self.paid_together(2)
        self.assert_batch(money, moves)
        self.sandbox.clock.advance(2)
        self.env['xero.feed']._ask(self.connection, by_hand=False)
        self.run_slice(self.connection)
        self.assertTrue(self.calls('GET', PAYMENTS))
        self.assertFalse(self.env['xero.payment'].sudo().search([('state', '!=', 'ignored')]))
        self.assertFalse(any(self.rows().mapped('difference')))
        self.assertEqual(len(self.env['account.payment'].search([('journal_id', '=', self.bank.id)])), 1)

    # === THE PARTS === #

    @settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.integers(0, 6), max_size=40), st.integers(1, 8))
    def test_parts_of_a_group(self, documents, most):
        """Each payment is in one part; a part is not too large, and has a document once; there is no part more than needed."""
        payloads = [Payload(None, key=(document, place)) for place, document in enumerate(documents)]
        parts = self.env['xero.kind.payment']._split(payloads, most)
        self.assertEqual(sorted(one.key[1] for part in parts for one in part), list(range(len(documents))))
        for part in parts:
            self.assertLessEqual(len(part), most)
            self.assertEqual(len({one.key[0] for one in part}), len(part))
        if len(set(documents)) == len(documents):
            self.assertEqual(len(parts), -(-len(documents) // most))
