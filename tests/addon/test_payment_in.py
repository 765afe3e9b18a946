from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import HARBOUR
from .payment_in_common import PAYMENTS, XeroPaymentInCase


@tagged('post_install', '-at_install')
class TestPaymentIn(XeroPaymentInCase):
    """Payments of exported documents that are made in Xero arrive in Odoo, each exactly once."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.move, cls.export = cls.synced()

    def test_a_payment_arrives_and_closes_its_invoice(self):
        move = self.move
        payment = self.pay(move, 100)
        self.check()
        row = self.rows()
        self.assert_registered(row, payment_type='inbound', partner_type='customer', memo="Transfer", partner_id=self.partner_a.id)
        self.assertRecordValues(row, [{
            'xero_id': payment['PaymentID'], 'move_id': move.id, 'document_number': move.name, 'currency_id': self.env.company.currency_id.id,
            'reason': False, 'is_due': False}])
        self.assertEqual(str(row.payment_id.date), '2026-11-05')
        self.assertEqual(self.residual(move), 0)
        self.assert_told(move, "Paid in Xero")
        self.assertTrue(row.payment_id._xero_is_from_xero())
        self.assertEqual(row.payment_id.xero_payment_ref, payment['PaymentID'])

    def test_reading_again_changes_nothing(self):
        move = self.move
        self.paid(move, 40)
        before = self.rows().read()
        self.check(2)
        self.assertEqual(self.rows().read(), before)
        self.assertEqual(self.residual(move), 60)

    def test_a_quiet_check_costs_one_call_per_kind(self):
        self.synced()
        self.check()
        self.sandbox.requests.clear()
        self.check()
        self.assertEqual([call['path'].rpartition('/')[2] for call in self.calls()], ['Overpayments', 'Prepayments', 'Payments'])
        for position in self.env['xero.feed.position'].sudo().search([]):
            position.read_at -= timedelta(hours=2)
        self.sandbox.requests.clear()
        self.run_slice(self.connection)
        self.assertEqual([call['path'] for call in self.calls()], [PAYMENTS], "what nobody asked for is read every six hours")

    def test_several_payments_of_a_document(self):
        move = self.move
        self.pay(move, 30)
        self.pay(move, 20, Date='2026-11-06')
        self.check()
        self.assertEqual(self.rows().mapped('state'), ['done', 'done'])
        self.assertEqual(self.residual(move), 50)
        self.paid(move, 50)
        self.assertEqual(self.residual(move), 0)
        self.assertEqual(len(self.rows().payment_id), 3)

    def test_bills_and_refunds(self):
        for move_type, endpoint, payment_type, partner_type in (
            ('in_invoice', 'Invoice', 'outbound', 'supplier'), ('out_refund', 'CreditNote', 'outbound', 'customer'),
            ('in_refund', 'CreditNote', 'inbound', 'supplier'),
        ):
            with self.subTest(move_type=move_type):
                move, _export = self.synced(move_type, ref=f"{move_type} 1")
                self.assert_registered(self.paid(move, 100, endpoint=endpoint), payment_type=payment_type, partner_type=partner_type)
                self.assertEqual(self.residual(move), 0)

    def test_payments_in_a_batch(self):
        moves = self.documents(2)
        self.run_slice(self.connection)
        self.sandbox.clock.advance(2)
        self.server.in_xero(HARBOUR, 'PUT', '/BatchPayments', {'BatchPayments': [{
            'Account': {'Code': '090'}, 'Date': '2026-11-05', 'Reference': "Deposit",
            'Payments': [{'Invoice': {'InvoiceID': export.xero_id}, 'Amount': 100, 'Reference': "Cheque"} for export in self.export_of(moves)]}]})
        self.check()
        rows = self.rows()
        self.assertEqual(rows.mapped('state'), ['done', 'done'])
        self.assertEqual(len(set(rows.mapped('batch_ref'))), 1)
        for row in rows:
            self.assertIn(f"batch {row.batch_ref[:8]}", row.payment_id.memo)

    def test_xeros_rate_counts(self):
        currency = self.setup_other_currency('USD', rates=[('2026-01-01', 0.5)])
        move, _export = self.synced(currency_id=currency.id)
        row = self.paid(move, 100, CurrencyRate=0.8)
        self.assert_registered(row, currency_id=currency.id)
        self.assertEqual(abs(row.payment_id.move_id.line_ids[0].balance), 125)
        self.assertEqual(self.residual(move), 0)

    def test_documents_that_are_not_ours_are_only_counted(self):
        self.server.in_xero(HARBOUR, 'PUT', '/Invoices', {'Invoices': [{
            'Type': 'ACCREC', 'InvoiceNumber': 'THEIRS', 'Contact': {'Name': 'Somebody'}, 'Date': '2026-10-01', 'DueDate': '2026-10-31',
            'Status': 'AUTHORISED', 'LineItems': [{'Description': 'x', 'Quantity': 1, 'UnitAmount': 50, 'AccountCode': '200', 'TaxType': 'OUTPUT'}]}]})
        self.server.in_xero(HARBOUR, 'PUT', '/Payments', {'Payments': [{
            'Invoice': {'InvoiceNumber': 'THEIRS'}, 'Account': {'Code': '090'}, 'Date': '2026-11-05', 'Amount': 10}]})
        self.check()
        self.assertFalse(self.rows())

    def test_payments_of_a_document_that_is_linked_later(self):
        move, export = self.move, self.export
        export, xero_id = export.sudo(), export.xero_id
        self.pay(move, 100)
        export.xero_id = 'unknown'
        self.check()
        self.assertFalse(self.rows())
        export.write({'xero_id': xero_id, 'is_found': True, 'arrived_at': self.now()})
        self.env['xero.feed.position'].sudo().search([('feed', '=', 'payments')]).changed_at = self.now() + timedelta(hours=1)
        self.check()
        self.assert_registered(self.rows())

    # === WHAT HOLDS A PAYMENT BACK === #

    def test_account_without_journal_waits_for_the_mapping(self):
        move = self.move
        row = self.paid(move, 100, code='091')
        self.assertRecordValues(row, [{'state': 'waiting', 'reason_code': 'mapping', 'payment_id': False}])
        self.assertIn("no journal is mapped to this account", row.reason)
        self.assertEqual(row.with_user(self.admin).action_fix()['res_model'], 'xero.mapping')
        cash = self.company_data['default_journal_cash']
        cash.xero_payments = 'in'
        cash.xero_payments_since = '2026-01-01'
        self.map_bank(cash, '091')
        self.run_slice(self.connection)
        self.assertRecordValues(row, [{'state': 'done', 'journal_id': cash.id}])

    def test_policy_of_the_journal(self):
        move = self.move
        cash = self.company_data['default_journal_cash']
        self.map_bank(cash, '091')
        row = self.paid(move, 100, code='091')
        self.assertRecordValues(row, [{'state': 'ignored', 'reason_code': 'policy'}])
        cash.write({'xero_payments': 'both', 'xero_payments_since': '2026-01-01', 'xero_payments_out_since': '2026-01-01'})
        self.run_slice(self.connection)
        self.assertEqual(row.state, 'done')

    def test_payments_before_the_policy_are_left_alone(self):
        move = self.move
        self.bank.xero_payments_since = '2026-11-06'
        # Xero leaves out what is older than all policies
        self.company_data['default_journal_cash'].write({'xero_payments': 'in', 'xero_payments_since': '2026-01-01'})
        row = self.paid(move, 100)
        self.assertRecordValues(row, [{'state': 'ignored', 'reason_code': 'early'}])
        row.with_user(self.admin).action_register()
        self.run_slice(self.connection)
        self.assert_registered(row)

    def test_locked_period(self):
        move = self.move
        self.env.company.fiscalyear_lock_date = '2026-11-10'
        row = self.paid(move, 100)
        self.assert_registered(row)
        self.assertEqual((str(row.payment_id.date), str(row.date)), ('2026-11-11', '2026-11-05'))
        self.assertIn("locked in Odoo", row.reason)
        self.assert_told(row.payment_id, "locked in Odoo")

    def test_more_than_is_open_in_odoo(self):
        move = self.move
        self.env['account.payment.register'].with_context(active_model='account.move', active_ids=move.ids).create({
            'journal_id': self.company_data['default_journal_cash'].id, 'amount': 70})._create_payments()
        row = self.paid(move, 100)
        self.assertEqual(row.state, 'open')
        self.assertIn("70.00", row.reason)
        self.assertEqual(self.residual(move), 0)
        self.assert_told(move, "stays open")

    def test_document_that_is_draft_or_gone_in_odoo(self):
        for step in ('button_draft', 'button_cancel'):
            with self.subTest(step=step):
                move, _export = self.synced()
                self.connection.send_changes = False
                move.button_draft()
                if step == 'button_cancel':
                    move.button_cancel()
                row = self.paid(move, 100)
                self.assertEqual(row.state, 'open', row.reason)
                self.assertIn("not posted in Odoo", row.reason)
                self.assertFalse(row.payment_id.is_reconciled)
                move.button_draft() if step == 'button_cancel' else None
                move.action_post()
                (move.line_ids | row.payment_id.move_id.line_ids).filtered(
                    lambda line: line.account_id.account_type == 'asset_receivable').reconcile()
                self.connection.swept_at = False
                self.check()
                self.assertEqual(row.state, 'done')

    def test_payment_in_several_terms(self):
        move, _export = self.synced(invoice_payment_term_id=self.pay_terms_b.id)
        self.assert_registered(self.paid(move, 55))
        self.assertEqual(self.residual(move), 45)

    # === RIGHTS === #

    def test_companies(self):
        move = self.move
        row = self.paid(move, 100)
        other = self.env['res.company'].create({'name': "Other"})
        stranger = self._new_user('stranger', 'account.group_account_manager,account_xero.group_xero_invoice_admin', other)
        self.assertFalse(self.env['xero.payment'].with_user(stranger).search([]))
        self.assertTrue(row.with_user(self.billing).read(['state']))
        for operation in ('create', 'write', 'unlink'):
            self.assertFalse(self.env['xero.payment'].with_user(self.admin).has_access(operation))
        with self.assertRaises(AccessError):
            row.with_user(self.billing).action_register()

    def test_number_of_queries_does_not_grow(self):
        moves = self.documents(12)
        self.run_slice(self.connection)
        for move in moves[:2]:
            self.pay(move, 100)
        elements = self.server.in_xero(HARBOUR, 'GET', '/Payments?page=1')['Payments']
        counts = []
        for some in (elements[:2], elements):
            if some is elements:
                for move in moves[2:]:
                    self.pay(move, 100)
                some = self.server.in_xero(HARBOUR, 'GET', '/Payments?page=1')['Payments']
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env['xero.payment'].sudo()._store(self.connection, some)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)
        self.assertLess(counts[1], 15)
        self.assertEqual(len(self.rows()), 12)

    # === BOTH WAYS === #

    def register(self, move, amount):
        return self.env['account.payment.register'].with_context(active_model='account.move', active_ids=move.ids).create({
            'journal_id': self.bank.id, 'amount': amount, 'payment_date': '2026-11-05'})._create_payments()

    def test_both_ways_and_never_back(self):
        self.both_ways()
        move, _export = self.synced()
        self.assert_registered(self.paid(move, 40))
        self.check(2)
        payments = self.sandbox.organisations[HARBOUR].payments
        self.assertEqual(len(payments), 1, "it is not sent back")
        self.register(move, 60)
        self.run_slice(self.connection)
        self.check(2)
        self.assertEqual(len(payments), 2)
        self.assertEqual(len(self.rows()), 1, "a payment of Odoo's is not registered again")
        self.assertEqual(self.residual(move), 0)

    def test_payment_on_its_way_to_xero_blocks_the_document(self):
        self.both_ways()
        move, _export = self.synced()
        ours = self.register(move, 30)
        outgoing = self.env['xero.export'].sudo().search([('kind', '=', 'payment')])
        self.assertEqual(outgoing.state, 'waiting')
        outgoing._set_failed('data', "No.")
        row = self.paid(move, 30)
        self.assertRecordValues(row, [{'state': 'blocked', 'reason_code': 'outgoing', 'payment_id': False}])
        self.assertIn("is on its way from Odoo to Xero", row.reason)
        outgoing._skip("Entered in Xero by hand")
        self.connection.sudo().swept_at = False
        self.check()
        self.assertRecordValues(row, [{'state': 'blocked', 'reason_code': 'same', 'same_payment_id': ours.id, 'payment_id': False}])
        row.with_user(self.admin).action_link()
        self.assertRecordValues(row, [{'state': 'done', 'payment_id': ours.id}])
        self.assertEqual(self.residual(move), 70)
        self.run_slice(self.connection)
        self.assertEqual(len(self.sandbox.organisations[HARBOUR].payments), 1, "it is not sent")
        second = self.paid(move, 30)
        self.assert_registered(second)
        self.assertEqual(self.residual(move), 40)

    def test_person_says_that_it_is_another_payment(self):
        self.both_ways()
        move, _export = self.synced()
        self.register(move, 30)
        self.env['xero.export'].sudo().search([('kind', '=', 'payment')])._skip("Stays in Odoo")
        row = self.paid(move, 30)
        self.assertEqual(row.reason_code, 'same')
        row.with_user(self.admin).action_register()
        self.run_slice(self.connection)
        self.assert_registered(row)
        self.assertEqual(self.residual(move), 40)
        with self.assertRaises(UserError):
            row.with_user(self.admin).action_link()

    def test_payment_of_ours_that_was_read_before_it_was_found(self):
        self.both_ways()
        move, _export = self.synced()
        ours = self.register(move, 30)
        outgoing = self.env['xero.export'].sudo().search([('kind', '=', 'payment')])
        outgoing._set_failed('data', "No.")
        row = self.paid(move, 30, Reference=ours.name)
        self.assertRecordValues(row, [{'state': 'blocked', 'reason_code': 'outgoing'}])
        outgoing._set_synced(xero_id=row.xero_id, done_operation='create', is_found=True)
        self.connection.sudo().swept_at = False
        self.check()
        self.assertRecordValues(row, [{'state': 'ignored', 'payment_id': False, 'is_due': False}])
        row.with_user(self.admin).action_register()
        self.run_slice(self.connection)
        self.assertRecordValues(row, [{'state': 'ignored', 'payment_id': False, 'is_due': False}])
        self.assertEqual(self.residual(move), 70)

    def test_account_of_a_payment_method(self):
        move = self.move
        method = self.bank.inbound_payment_method_line_ids[:1].copy({'name': "Card"})
        self.resolver().find('bank', method).with_user(self.admin).xero_account_id = self.xero_account('091')
        row = self.paid(move, 100, code='091')
        self.assert_registered(row, payment_method_line_id=method.id)
