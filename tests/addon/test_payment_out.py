from datetime import timedelta
from urllib.parse import unquote

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..common import HARBOUR
from .payment_common import PAYMENTS, XeroPaymentCase


@tagged('post_install', '-at_install')
class TestPaymentOut(XeroPaymentCase):
    """A payment that is registered in Odoo is in Xero once, on the mapped account, to the cent; undone there when it is undone in Odoo."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.move, cls.export = cls.synced()

    # === WHAT GOES OUT === #

    def test_the_card_of_the_documents_journal_counts_a_failed_payment(self):
        move = self.move
        self.pay(move)
        self.sandbox.faults.order(kind='status', status=400, method='PUT', path='/Payments', times=5)
        self.run_slice(self.connection)
        self.assertEqual(self.rows().state, 'failed')
        journals = (move.journal_id | self.bank).with_user(self.admin)
        self.assertEqual(journals._xero_failed_counts(), {move.journal_id.id: 1})
        domain = move.journal_id.with_user(self.admin).action_xero_failed()['domain']
        self.assertIn(self.rows(), self.env['xero.export'].search(domain))

    def test_a_new_journal_that_sends_payments_can_be_mapped_at_once(self):
        journal = self.env['account.journal'].create({'name': "Card", 'type': 'bank', 'code': 'CARD', 'xero_payments': 'out'})
        self.assertTrue(self.env['xero.mapping'].search([('type', '=', 'bank'), ('journal_id', '=', journal.id)]))

    def test_full_payment(self):
        move, export = self.move, self.export
        money = self.pay(move)
        self.assert_sent((move.name, 100, '2026-11-10', money.name))
        [row] = self.rows()
        self.assertRecordValues(row, [{
            'operation': 'none', 'done_operation': 'create', 'invoice_export_id': export.id, 'document_name': f'{money.name} → {move.name}',
            'amount_total': 100, 'xero_total': 100, 'difference': False}])
        [held] = self.held_payments()
        self.assertEqual((held['PaymentID'], held['Account']['Code']), (row.xero_id, '090'))
        self.assertEqual(self.held(export)['Status'], 'PAID')

    def test_paid_before_its_document_is_sent(self):
        move = self.document()
        money = self.pay(move)
        for _slice in range(2):
            self.run_slice(self.connection)
        self.assert_sent((move.name, 100, '2026-11-10', money.name))

    def test_several_parts(self):
        move = self.move
        first, second = self.pay(move, 33.33), self.pay(move, 66.67)
        self.assert_sent((move.name, 33.33, '2026-11-10', first.name), (move.name, 66.67, '2026-11-10', second.name))

    def test_equal_parts_of_one_document(self):
        """Two payments of the same amount are told apart by their reference."""
        move = self.move
        first, second = self.pay(move, 50), self.pay(move, 50)
        self.assert_sent((move.name, 50, '2026-11-10', first.name), (move.name, 50, '2026-11-10', second.name))

    def test_bill_and_refunds(self):
        bill, credit = self.document('in_invoice', ref="B1"), self.document('out_refund')
        self.run_slice(self.connection)
        paid, refunded = self.pay(bill), self.pay(credit)
        self.assert_sent((bill.ref, 100, '2026-11-10', paid.name), (credit.name, 100, '2026-11-10', refunded.name))

    def test_statement_line(self):
        move = self.move
        money = self.statement(move, 60)
        self.assert_sent((move.name, 60, '2026-11-11', money.name))

    def test_other_journals_and_earlier_payments_stay(self):
        moves = self.documents(2)
        self.run_slice(self.connection)
        self.pay(moves[0], journal=self.company_data['default_journal_cash'])
        self.pay(moves[1], payment_date='2025-12-31')
        self.assert_sent()
        self.assertFalse(self.rows())

    def test_write_off_is_no_money(self):
        move = self.move
        money = self.pay(
            move, 97, payment_difference_handling='reconcile', writeoff_account_id=self.company_data['default_account_expense'].id)
        self.assert_sent((move.name, 97, '2026-11-10', money.name))
        self.assertIn("3.00", self.export_of(move).closed_difference)

    def test_foreign_currency(self):
        """The rate is that of the payment in Odoo, so the base value in Xero is the one of Odoo's books."""
        dollar = self.setup_other_currency('USD', rates=[('2026-11-01', 0.65), ('2026-11-10', 0.6)])
        move, _export = self.synced('out_invoice', {'price_unit': 65}, currency_id=dollar.id)
        money = self.pay(move, currency_id=dollar.id)
        self.assert_sent((move.name, 65, '2026-11-10', money.name))
        [held] = self.held_payments()
        self.assertEqual(float(held['CurrencyRate']), 0.6)

    def test_paid_in_the_base_currency(self):
        """100 in the company's currency, at 0.60, are 60 of the 65 that are owed."""
        dollar = self.setup_other_currency('USD', rates=[('2026-11-01', 0.65), ('2026-11-10', 0.6)])
        move, _export = self.synced('out_invoice', {'price_unit': 65}, currency_id=dollar.id)
        money = self.pay(move, 100, currency_id=self.xero_company.currency_id.id)
        self.assert_sent((move.name, 60, '2026-11-10', money.name))
        [held] = self.held_payments()
        self.assertEqual((float(held['CurrencyRate']), float(held['BankAmount'])), (0.6, 100))

    def test_base_currency_by_a_rate_of_its_own(self):
        """The money closes the document, so its rate follows from both amounts."""
        dollar = self.setup_other_currency('USD', rates=[('2026-11-01', 0.65), ('2026-11-10', 0.6)])
        move, _export = self.synced('out_invoice', {'price_unit': 65}, currency_id=dollar.id)
        money = self.pay(
            move, 104, currency_id=self.xero_company.currency_id.id, payment_difference_handling='reconcile',
            writeoff_account_id=self.xero_company.expense_currency_exchange_account_id.id)
        self.run_slice(self.connection)
        [held] = self.held_payments()
        self.assertEqual((held['Reference'], float(held['Amount']), float(held['BankAmount'])), (money.name, 65, 104))

    # === POLICIES === #

    def test_policy_is_switched_off_and_on(self):
        move = self.move
        money = self.pay(move)
        self.bank.xero_payments = 'none'
        self.assertRecordValues(self.rows(), [{'state': 'skipped', 'skip_rule': 'mode'}])
        self.rows().sudo()._follow_routing()
        self.run_slice(self.connection)
        self.assertFalse(self.facts())
        self.bank.write({'xero_payments': 'out', 'xero_payments_out_since': '2026-01-01'})
        self.assert_sent((move.name, 100, '2026-11-10', money.name))

    def first_days(self):
        return [day and str(day) for day in (self.bank.xero_payments_since, self.bank.xero_payments_out_since)]

    def test_a_widened_policy_begins_today(self):
        self.bank.xero_payments = 'none'
        self.bank.xero_payments = 'both'
        self.assertEqual(self.first_days(), [str(fields.Date.context_today(self.bank))] * 2)

    def test_the_direction_that_was_on_keeps_its_day(self):
        today = str(fields.Date.context_today(self.bank))
        for policy, wider, first_days in (('out', 'both', [today, '2026-01-01']), ('in', 'both', ['2026-01-01', today]), ('out', 'in', [today, '2026-01-01'])):
            with self.subTest(policy=policy, wider=wider):
                self.bank.write({'xero_payments': 'none'})
                self.bank.write({'xero_payments': policy, 'xero_payments_since': '2026-01-01', 'xero_payments_out_since': '2026-01-01'})
                self.bank.xero_payments = wider
                self.assertEqual(self.first_days(), first_days)
        journal = self.env['account.journal'].create({
            'name': "Bank 2", 'code': 'BN2', 'type': 'bank', 'xero_payments': 'both', 'xero_payments_since': '2026-01-01'})
        self.assertEqual(
            (str(journal.xero_payments_since), journal.xero_payments_out_since), ('2026-01-01', fields.Date.context_today(journal)))

    def test_a_direction_that_is_switched_on_together_with_the_mode_begins_today(self):
        self.bank.write({'xero_payments': 'none'})
        self.bank.write({'xero_mode': 'entry'})
        self.bank.write({'xero_mode': 'off', 'xero_payments': 'out'})
        self.assertEqual(self.bank.xero_payments_out_since, fields.Date.context_today(self.bank))

    def test_a_widened_policy_loses_no_payment(self):
        move = self.move
        money = self.pay(move)
        self.bank.xero_payments = 'both'
        self.assert_sent((move.name, 100, '2026-11-10', money.name))

    def test_an_earlier_date_queues_what_was_paid_before(self):
        self.bank.xero_payments_out_since = '2026-11-20'
        move, _export = self.synced()
        money = self.pay(move)
        self.assert_sent()
        self.bank.xero_payments_out_since = '2026-11-01'
        self.assert_sent((move.name, 100, '2026-11-10', money.name))

    def test_ledger_mode_excludes_payments(self):
        with self.assertRaisesRegex(ValidationError, "would be in Xero twice"):
            self.bank.xero_mode = 'entry'

    def test_document_that_a_person_skipped(self):
        move = self.document()
        self.export_of(move).sudo()._set_skipped("Entered by hand")
        self.pay(move)
        self.assert_sent()
        self.assertFalse(self.rows())

    # === NEVER TWICE === #

    def test_answer_is_lost(self):
        move = self.move
        money = self.pay(move)
        self.sandbox.faults.order(kind='drop_after', method='PUT', path=PAYMENTS, times=1)
        self.run_slice(self.connection)
        self.assertEqual(self.rows().state, 'uncertain')
        self.recover(later=600)
        self.assert_sent((move.name, 100, '2026-11-10', money.name))

    def test_missed_by_hooks(self):
        move = self.move
        money = self.pay(move)
        self.env.cr.execute("DELETE FROM xero_export WHERE kind = 'payment'")
        self.connection.swept_at = False
        self.assert_sent((move.name, 100, '2026-11-10', money.name))

    # === UNDONE === #

    def test_undone_in_odoo(self):
        move, export = self.move, self.export
        money = self.pay(move)
        self.run_slice(self.connection)
        money.line_ids.remove_move_reconcile()
        for _slice in range(2):
            self.run_slice(self.connection)
        self.assertEqual(self.facts(), [])
        self.assertEqual(self.held(export)['Status'], 'AUTHORISED')
        self.assertRecordValues(self.rows(), [{'state': 'synced', 'done_operation': 'void', 'difference': False}])

    def test_document_is_cancelled(self):
        """The payment is removed in Xero before its document is voided there."""
        move, export = self.move, self.export
        money = self.pay(move)
        self.run_slice(self.connection)
        money.line_ids.remove_move_reconcile()
        move.button_draft()
        move.button_cancel()
        for _slice in range(3):
            self.run_slice(self.connection)
        self.assertEqual(self.facts(), [])
        self.assertEqual(self.held(export)['Status'], 'VOIDED')

    def test_undone_before_it_was_sent(self):
        move = self.move
        money = self.pay(move)
        money.line_ids.remove_move_reconcile()
        self.run_slice(self.connection)
        self.assertEqual((self.facts(), self.rows().state), ([], 'skipped'))

    def test_reconciled_in_xero_is_left_alone(self):
        move = self.move
        money = self.pay(move)
        self.run_slice(self.connection)
        self.held_payments()[0]['IsReconciled'] = True
        money.line_ids.remove_move_reconcile()
        self.run_slice(self.connection)
        self.assertEqual(len(self.held_payments()), 1)
        self.assertIn("reconciled with a bank statement in Xero", self.rows().difference)

    # === DELETED IN XERO === #

    def check(self):
        """Let the connection read what changed, a while after it did so last."""
        self.env['xero.feed.position'].sudo().search([]).read_at = fields.Datetime.now() - timedelta(days=1)
        self.sandbox.requests.clear()
        self.run_slice(self.connection)

    def in_xero(self, method, path, body):
        self.sandbox.clock.advance(2)
        return self.server.in_xero(HARBOUR, method, path, body)

    def test_deleted_by_somebody_in_xero(self):
        self.connection.alarm_gone = True
        move, export = self.synced()
        self.check()
        self.assertFalse(self.calls('GET', PAYMENTS), "nothing can be deleted yet")
        self.pay(move, 60)
        self.run_slice(self.connection)
        self.check()
        [call] = self.calls('GET', PAYMENTS)
        self.assertIn('DateTime(2026,1,1)', unquote(call['query']))
        self.in_xero('PUT', '/Payments', {'Payments': [{
            'Invoice': {'InvoiceID': export.xero_id}, 'Account': {'Code': '090'}, 'Date': '2026-11-12', 'Amount': 40}]})
        self.in_xero('POST', f'/Payments/{self.rows().xero_id}', {'Status': 'DELETED'})
        self.check()
        self.assertEqual(len(self.calls('GET', PAYMENTS)), 1)
        [row] = self.env['xero.difference'].search([('state', '=', 'open'), ('export_id', '=', self.rows().id)])
        self.assertEqual((row.topic, self.rows().xero_status), ('gone', 'DELETED'))
        self.assertFalse(self.env['xero.payment'].sudo().search([]), "nothing is taken")
        self.assertEqual(move.amount_residual, 40)
        # What was passed over is taken when the journal begins to take payments from a day before
        self.bank.write({'xero_payments': 'both', 'xero_payments_since': '2026-11-01'})
        self.connect(self.connection, user=self.xero_user)
        self.run_slice(self.connection, 2)
        self.check()
        self.assertEqual(len(self.calls('GET', PAYMENTS)), 2, "payments that were sent before that day are still asked for")
        self.assertEqual(self.env['xero.payment'].sudo().search([]).mapped('amount'), [40])
        self.bank.xero_payments_since = '2026-01-01'
        self.check()
        self.assertEqual(len(self.calls('GET', PAYMENTS)), 1)

    def test_deletions_are_not_read_without_the_alarm(self):
        move = self.move
        self.pay(move)
        self.run_slice(self.connection)
        for is_on in (True, False):
            self.connection.alarm_gone = is_on
            self.check()
            self.assertEqual(len(self.calls('GET', PAYMENTS)), int(is_on))

    # === WHAT CANNOT GO OUT === #

    def test_a_journal_that_sends_payments_has_a_row_at_once(self):
        cash = self.company_data['default_journal_cash']
        cash.xero_payments = 'out'
        self.connection.swept_at = False
        self.run_slice(self.connection)
        self.assertTrue(self.env['xero.mapping'].sudo().search([('connection_id', '=', self.connection.id), ('journal_id', '=', cash.id)]))

    def test_no_account(self):
        self.resolver().find('bank', self.bank).sudo().xero_account_id = False
        move, _export = self.synced()
        self.pay(move)
        self.run_slice(self.connection)
        row = self.rows()
        self.assertEqual((row.state, row.cause), ('failed', 'account'))
        self.assertIn("The journal Bank has no bank account in Xero yet", row.message)
        self.map_bank(self.bank, '090')
        self.run_slice(self.connection)
        self.assertEqual(self.rows().state, 'synced')

    def test_account_of_the_payment_method(self):
        """Payments by a method with a row of its own go to its account, all others to that of the journal."""
        card = self.bank.inbound_payment_method_line_ids[:1].copy({'name': "Card"})
        row = self.resolver().find('bank', self.bank).with_user(self.admin)
        row.action_separate_methods()
        by_method = self.resolver().find('bank', card).with_user(self.admin)
        self.assertRecordValues(by_method, [{'source_name': "Bank · Card", 'xero_account_id': row.xero_account_id.id, 'decision': "As the journal"}])
        other = self.env['xero.account'].search([
            ('connection_id', '=', self.connection.id), ('can_take_payments', '=', True), ('code', 'not in', (False, '090')),
            ('currency_code', 'in', (False, 'AUD'))], limit=1)
        by_method.xero_account_id = other
        moves = self.documents(2)
        self.run_slice(self.connection)
        self.pay(moves[0], payment_method_line_id=card.id)
        self.pay(moves[1])
        self.run_slice(self.connection)
        self.assertEqual(
            {one['Invoice']['InvoiceNumber']: one['Account']['Code'] for one in self.held_payments()}, {moves[0].name: other.code, moves[1].name: '090'})

    def test_paid_in_xero_already(self):
        move, export = self.move, self.export
        self.in_xero_somebody(export, paid=80)
        self.pay(move)
        self.run_slice(self.connection)
        row = self.rows()
        self.assertEqual(row.state, 'failed')
        self.assertIn("less may be left to pay", row.message)
        self.assertEqual(self.facts(), [])

    def test_lock_date(self):
        move = self.move
        self.connection.sudo().period_lock_date = '2026-11-30'
        self.connection.sudo().actions = {}
        self.pay(move)
        self.run_slice(self.connection)
        self.assertEqual((self.rows().state, self.rows().cause), ('failed', 'date'))

    def test_waits_for_approval(self):
        self.connection.sales_status = 'DRAFT'
        move, export = self.synced()
        money = self.pay(move)
        self.run_slice(self.connection)
        self.assertEqual((self.rows().state, self.rows().wait_code), ('waiting', 'approval'))
        self.in_xero_somebody(export, Status='AUTHORISED')
        self.let_time_pass(hours=2)
        self.assert_sent((move.name, 100, '2026-11-10', money.name))
