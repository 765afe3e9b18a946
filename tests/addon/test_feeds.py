import json
from datetime import datetime, timedelta, timezone
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.feeds import xero_feed
from ...models.payment import xero_payment_apply
from ...models.steps import slice
from ..common import HARBOUR
from .payment_in_common import PAYMENTS, XeroPaymentInCase

QUIET = 'odoo.addons.account_xero.models.export.containment'


@tagged('post_install', '-at_install')
class TestFeeds(XeroPaymentInCase):
    """What changed in Xero is read by its time, in pages, and each element is taken once."""

    def position(self):
        self.env.invalidate_all()
        return self.env['xero.feed.position'].sudo().search([('connection_id', '=', self.connection.id), ('feed', '=', 'payments')])

    def paid_documents(self, count, amount=100):
        moves = self.documents(count)
        self.run_slice(self.connection)
        for move in moves:
            self.pay(move, amount)
        self.sandbox.requests.clear()
        return moves

    def last_notification(self, key='message'):
        self.env.flush_all()
        bus = self.env['bus.bus'].sudo().search([], order='id desc').filtered(lambda row: 'account_xero_notify' in row.message)
        return json.loads(bus[0].message)['payload'][key]

    # === PAGES === #

    def test_pages_by_time(self):
        self.patch(xero_feed, 'PAGE_SIZE', 2)
        moves = self.paid_documents(5)
        self.check()
        self.assertEqual(self.rows().mapped('state'), ['done'] * 5)
        self.assertFalse(sum(moves.mapped('amount_residual')))
        self.assertFalse(self.position().started_at)

    def test_more_than_a_page_in_one_second(self):
        self.patch(xero_feed, 'PAGE_SIZE', 2)
        self.paid_documents(5)
        now = self.sandbox.clock.now()
        for payment in self.sandbox.organisations[HARBOUR].payments.values():
            payment['UpdatedDateUTC'] = now
        self.check()
        self.assertEqual(self.rows().mapped('state'), ['done'] * 5)

    def test_a_slice_without_time_goes_on_in_the_next(self):
        self.patch(xero_feed, 'PAGE_SIZE', 2)
        self.patch(xero_payment_apply, 'PORTION', 1)
        moves = self.paid_documents(5)
        self.check(0)
        with patch.object(slice, 'SLICE_SECONDS', 0.1):
            for _time in range(20):
                self.run_slice(self.connection)
        self.assertEqual(self.rows().mapped('state'), ['done'] * 5)
        self.assertEqual(len(self.rows().payment_id), 5)
        self.assertFalse(sum(moves.mapped('amount_residual')))

    def test_killed_between_pages_and_portions(self):
        """What was committed stays, what was not is repeated: no payment twice, none lost."""
        class Killed(BaseException):
            pass

        self.patch(xero_feed, 'PAGE_SIZE', 2)
        self.patch(xero_payment_apply, 'PORTION', 2)
        moves = self.paid_documents(5)
        Payment, Feed = self.registry['xero.payment'], self.registry['xero.feed.payments']
        for model, name, times in ((Feed, '_take', 2), (Payment, '_settle', 2), (Payment, '_reconcile', 1), (Payment, '_create_payments', 1)):
            original, left = getattr(model, name), [times]

            def killed(this, *args, original=original, left=left):
                left[0] -= 1
                if not left[0]:
                    raise Killed
                return original(this, *args)
            with self.subTest(name=name), patch.object(model, name, killed), self.assertRaises(Killed):
                self.check()
            self.env.invalidate_all()
        self.check(3)
        self.assertEqual(self.rows().mapped('state'), ['done'] * 5)
        self.assertEqual(self.env['account.payment'].search_count([('xero_payment_ids', '!=', False)]), 5)
        self.assertFalse(sum(moves.mapped('amount_residual')))

    # === REFUSALS === #

    def test_refusal_of_the_feed_stops_nothing_else(self):
        self.sandbox.faults.order(kind='status', method='GET', path=PAYMENTS, status=400, body='{"Message": "No."}', content_type='application/json')
        invoice = self.document()
        self.check()
        self.assert_once(invoice)
        sync = self.syncs().filtered(lambda sync: sync.run == 'incoming')[:1]
        self.assertIn("Payments: No.", sync.error)
        self.assertTrue(self.position().postponed_to)
        self.sandbox.requests.clear()
        self.run_slice(self.connection)
        self.assertFalse(self.calls(path=PAYMENTS), "it is read again in an hour")
        self.position().postponed_to = False
        self.assert_registered(self.paid(invoice, 100))

    def test_missing_permission(self):
        move, _export = self.synced()
        authorization = self.connection.authorization_id.sudo()
        authorization.scopes = ' '.join(scope for scope in authorization.scopes.split() if 'payments' not in scope)
        self.env.invalidate_all()
        self.assertTrue(self.connection.needs_payment_consent)
        self.assertEqual(self.connection.missing_scopes, "payments")
        self.pay(move, 100)
        self.sandbox.requests.clear()
        self.check()
        self.assertFalse(self.calls(path=PAYMENTS))
        self.connect(self.connection)
        self.assertFalse(self.connection.needs_payment_consent)
        self.check()
        self.assert_registered(self.rows())

    def test_permission_to_send_is_asked_for_in_place_of_the_one_to_read(self):
        self.bank.write({'xero_payments': 'both', 'xero_payments_out_since': '2026-01-01'})
        authorization, payments = self.connection.authorization_id, self.env['xero.feed.payments']
        others = [scope for scope in authorization.scopes.split() if not scope.startswith('accounting.payments')]
        for granted, is_on in (('accounting.payments', True), ('accounting.payments.read', True), ('', False)):
            with self.subTest(granted=granted):
                authorization.sudo().scopes = ' '.join([*others, granted])
                self.assertEqual(payments._is_on(self.connection), is_on)
                self.assertEqual(self.connection._missing_scopes(), [] if granted == 'accounting.payments' else ['accounting.payments'])

    def test_permission_is_wanted_only_by_a_policy(self):
        scope = 'accounting.payments.read'
        self.assertIn(scope, self.connection._wanted_scopes())
        self.bank.xero_payments = 'none'
        self.assertNotIn(scope, self.connection._wanted_scopes())
        self.bank.xero_payments = 'in'
        self.app.scope_set = 'broad'
        self.assertNotIn(scope, self.connection._wanted_scopes())

    def test_not_modified(self):
        self.sandbox.not_modified = True
        self.check()
        self.assertFalse(self.position().started_at)
        move, _export = self.synced()
        self.assert_registered(self.paid(move, 100))

    def test_unreadable_list(self):
        move, _export = self.synced()
        self.pay(move, 100)
        for text in ('{"Payments": "x"}', '{"Payments": [5]}', '{"Payments": [{"Amount": 5}]}', '[]', 'null'):
            with self.subTest(text=text):
                self.sandbox.faults.order(kind='status', method='GET', path=PAYMENTS, status=200, body=text, content_type='application/json')
                self.check()
                self.assertFalse(self.rows())
                self.assertFalse(self.position().changed_at)
                self.position().postponed_to = False
        self.check()
        self.assert_registered(self.rows())

    # === HOSTILE ELEMENTS === #

    def test_time_in_the_future_hides_nothing(self):
        first, second = self.paid_documents(2)
        self.read_last(UpdatedDateUTC=datetime(2999, 1, 1, tzinfo=timezone.utc))
        self.check()
        self.assertEqual(self.rows().mapped('state'), ['done'] * 2)
        self.assertLessEqual(self.position().changed_at, fields.Datetime.now())
        third, _export = self.synced()
        self.pay(third, 100)
        self.check()
        self.assertFalse(sum((first | second | third).mapped('amount_residual')))

    def test_elements_with_wrong_values(self):
        _move, export = self.synced()
        good = {'PaymentID': 'p', 'PaymentType': 'ACCRECPAYMENT', 'Status': 'AUTHORISED', 'Amount': 10, 'CurrencyRate': 1, 'Date': '/Date(1793836800000+0000)/',
                'Invoice': {'InvoiceID': export.xero_id, 'CurrencyCode': 'AUD'},
                'Account': {'AccountID': self.xero_account('090').xero_id}}
        wrong = [
            {'Amount': -5}, {'Amount': "5"}, {'Amount': None}, {'Amount': True}, {'Amount': 10 ** 30}, {'Date': None}, {'Date': 5},
            {'Invoice': {'InvoiceID': export.xero_id, 'CurrencyCode': 'ZZZ'}}, {'PaymentType': 'NEW'}, {'PaymentType': 7},
            {'CreditNote': {'CreditNoteID': 'another'}}, {'Account': None}, {'Account': []}, {'Account': {'AccountID': 5}}, {'Reference': ['x']},
            {'CurrencyRate': -1}, {'CurrencyRate': "x"}, {'BatchPayment': "x"}, {'UpdatedDateUTC': 3}, {'Reference': "x" * 5000},
            {'Invoice': None}, {'Invoice': "x"}, {'Invoice': {'InvoiceID': 5}}, {'Status': None},
        ]
        elements = [{**good, 'PaymentID': f'p{number}', **values} for number, values in enumerate(wrong)]
        Payment = self.env['xero.payment'].sudo()
        Payment._store(self.connection, [*elements, {'PaymentID': 5}, {'PaymentID': "x" * 99}])
        rows = self.rows()
        self.assertEqual(len(rows), len(wrong) - 3, "three name no document")
        self.run_slice(self.connection)
        for row in rows:
            self.assertIn(row.state, ('blocked', 'waiting', 'done'))
            self.assertEqual(row.state == 'done', bool(row.payment_id), row.reason)
            self.assertTrue(row.reason or row.state == 'done')
        states = {row.xero_id: row.state for row in rows}
        self.assertEqual([states[f'p{number}'] for number in range(11)], ['blocked'] * 11)
        self.assertEqual([states[f'p{number}'] for number in (11, 12, 13)], ['waiting'] * 3)
        self.assertEqual(sum(rows.payment_id.mapped('amount')), 10 * len(rows.payment_id))

    def test_error_with_one_payment_stops_no_other(self):
        moves = self.paid_documents(3)
        original = self.registry['xero.payment']._plan

        def plan(row, journal, mappings):
            if row.move_id == moves[1]:
                raise ValueError("unexpected")
            return original(row, journal, mappings)
        with patch.object(self.registry['xero.payment'], '_plan', plan), self.assertLogs(QUIET, 'ERROR'):
            self.check()
        self.assertEqual(self.rows().mapped('state'), ['done', 'blocked', 'done'])
        self.assertIn("ValueError", self.rows()[1].reason)
        self.rows()[1].next_try_at = self.now()     # minutes later
        self.connection.sudo().swept_at = False
        self.check()
        self.assertEqual(self.rows().mapped('state'), ['done'] * 3)

    def test_payment_of_another_tenants_document(self):
        """An id that only another connection knows is nobody's here."""
        other = self.new_connection("Other")
        _move, export = self.synced()
        self.env['xero.payment'].sudo()._store(other, [{'PaymentID': 'p', 'Invoice': {'InvoiceID': export.xero_id}, 'Amount': 5}])
        self.assertFalse(self.env['xero.payment'].sudo().search([('connection_id', '=', other.id)]))

    # === CHECK FOR PAYMENT === #

    def test_check_says_what_it_found(self):
        moves = self.paid_documents(2)
        action = moves[0].with_user(self.billing).action_xero_check_payments()
        self.assertIn("is asked for the payments of", action['params']['message'])
        self.run_slice(self.connection)
        self.assertIn("2 payments registered", self.last_notification())
        self.let_second_pass()
        moves.with_user(self.billing).action_xero_check_payments()
        self.run_slice(self.connection)
        self.assertIn("nothing has changed", self.last_notification())
        self.let_second_pass()
        self.delete(next(iter(self.sandbox.organisations[HARBOUR].payments.values())))
        self.bank.with_user(self.billing).action_xero_check_payments()
        self.run_slice(self.connection)
        self.assertIn("1 payment undone", self.last_notification())

    def test_what_waits_for_a_person_is_no_success(self):
        """What the check found is shown in green only if nobody has to do anything."""
        move = self.paid_documents(1, amount=40)
        move.with_user(self.billing).action_xero_check_payments()
        self.run_slice(self.connection)
        self.assertEqual((self.last_notification('type'), self.last_notification()[-21:]), ('success', "1 payment registered."))
        self.let_second_pass()
        self.pay(move, 1, code='091')   # no journal is mapped to this account
        move.with_user(self.billing).action_xero_check_payments()
        self.run_slice(self.connection)
        self.assertIn("1 payment waits until its journal is certain", self.last_notification())
        self.assertEqual(self.last_notification('type'), 'warning')
        self.let_second_pass()
        move.with_user(self.billing).action_xero_check_payments()
        self.run_slice(self.connection)
        self.assertIn("1 payment waits until its journal is certain", self.last_notification(), "it still waits, although nothing has changed")
        self.assertEqual(self.last_notification('type'), 'warning')

    def let_second_pass(self):
        self.position().read_at -= timedelta(seconds=2)
        self.env['xero.payment'].sudo().search([]).handled_at = False

    def test_one_reading_answers_all_who_ask(self):
        move = self.paid_documents(1)
        colleague = self._new_user('xero_billing_2', 'account.group_account_invoice')
        self.let_second_pass()
        for user in (self.billing, colleague):
            move.with_user(user).action_xero_check_payments()
        self.run_slice(self.connection)
        asked = self.syncs().filtered(lambda sync: sync.run == 'incoming' and sync.by_hand)
        self.assertEqual((asked.user_id, set(asked.mapped('state'))), (self.billing | colleague, {'succeeded'}))
        self.assertTrue(all(asked.mapped('end_at')))
        self.env.flush_all()
        told = self.env['bus.bus'].sudo().search([]).filtered(lambda row: "1 payment registered" in row.message)
        self.assertEqual(len(told), 2)

    def test_check_that_cannot_be_done(self):
        move, _export = self.synced()
        self.bank.xero_payments = 'none'
        with self.assertRaisesRegex(UserError, "No journal takes payments"):
            move.with_user(self.billing).action_xero_check_payments()
        self.bank.xero_payments = 'in'
        self.connection.sudo()._set_status('reauthenticate', "broken")
        with self.assertRaisesRegex(UserError, "cannot be asked"):
            move.with_user(self.billing).action_xero_check_payments()

    def test_checked_every_hour(self):
        self.check()
        self.sandbox.requests.clear()
        self.run_slice(self.connection)
        self.assertFalse(self.calls(path=PAYMENTS))
        self.position().read_at -= timedelta(minutes=61)
        self.run_slice(self.connection)
        self.assertEqual(len(self.calls(path=PAYMENTS)), 1)
