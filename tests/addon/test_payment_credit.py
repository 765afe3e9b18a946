from datetime import timedelta
from urllib.parse import parse_qs

from odoo.tests import tagged

from ..common import HARBOUR
from .payment_in_common import XeroPaymentInCase


@tagged('post_install', '-at_install')
class TestPaymentCredit(XeroPaymentInCase):
    """Overpayments and prepayments made in Xero are credit on the partner, reconciled where Xero allocated them."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.move, cls.export = cls.synced()

    def contact_ref(self):
        return self.env['xero.contact'].sudo().search([
            ('connection_id', '=', self.connection.id), ('partner_id', '=', self.partner_a.id)]).xero_id

    def receive(self, amount, kind='RECEIVE-OVERPAYMENT', **values):
        """Receive or spend more than is due, as a person at Xero does.

        :return: path of the credit.
        """
        self.sandbox.clock.advance(2)
        line = {'Description': "Too much", 'LineAmount': amount}
        if 'PREPAYMENT' in kind:
            line = {'Description': "Deposit", 'Quantity': 1, 'UnitAmount': amount, 'AccountCode': '404', 'TaxType': 'EXEMPTEXPENSES'}
        [made] = self.server.in_xero(HARBOUR, 'PUT', '/BankTransactions', {'BankTransactions': [{
            'Type': kind, 'Contact': {'ContactID': self.contact_ref()}, 'BankAccount': {'Code': '090'}, 'Date': '2026-11-05', 'LineItems': [line],
            **values}]})['BankTransactions']
        return f"/Overpayments/{made['OverpaymentID']}" if 'OverpaymentID' in made else f"/Prepayments/{made['PrepaymentID']}"

    def allocate(self, path, move, amount):
        self.sandbox.clock.advance(2)
        return self.server.in_xero(HARBOUR, 'PUT', f'{path}/Allocations', {'Allocations': [{
            'Invoice': {'InvoiceID': self.export_of(move).xero_id}, 'Amount': amount, 'Date': '2026-11-06'}]})['Allocations'][0]

    def refund(self, path, amount):
        """Refund an overpayment, as a person at Xero does.

        :return: the payment.
        """
        self.sandbox.clock.advance(2)
        [payment] = self.server.in_xero(HARBOUR, 'PUT', '/Payments', {'Payments': [{
            'Overpayment': {'OverpaymentID': path.rpartition('/')[2]}, 'Account': {'Code': '090'}, 'Date': '2026-11-07', 'Amount': amount}]})['Payments']
        return payment

    def test_credit_stays_open_and_is_allocated_later(self):
        move = self.move
        path = self.receive(130)
        self.check()
        row = self.rows()
        self.assertRecordValues(row, [{'sort': 'overpayment', 'state': 'done', 'partner_id': self.partner_a.id, 'remaining': 130}])
        self.assertEqual(row.display_name, f"Overpayment, {self.partner_a.name}, $\xa0130.00, 11/05/2026")
        self.assertRecordValues(row.payment_id, [{'payment_type': 'inbound', 'partner_type': 'customer', 'amount': 130, 'is_reconciled': False}])
        allocation = self.allocate(path, move, 100)
        self.check()
        self.assertEqual(self.residual(move), 0)
        self.assertEqual((row.state, row._rest()), ('done', 30))
        self.check()
        self.assertEqual((row.state, row._rest()), ('done', 30))
        self.sandbox.clock.advance(2)
        self.server.in_xero(HARBOUR, 'DELETE', f"{path}/Allocations/{allocation['AllocationID']}")
        self.check()
        self.assertEqual((self.residual(move), row._rest(), row.state), (100, 130, 'done'))

    def test_xero_leaves_out_what_is_older_than_the_policy(self):
        self.synced()
        self.receive(130)
        self.env['xero.feed.position'].sudo().search([('connection_id', '=', self.connection.id)]).unlink()
        self.bank.xero_payments_since = '2026-11-10'
        self.sandbox.requests.clear()
        self.check()
        for path in ('/api.xro/2.0/Overpayments', '/api.xro/2.0/Prepayments'):
            self.assertEqual(parse_qs(self.calls('GET', path)[-1]['query'])['where'], ['Date>=DateTime(2026,11,10)'])
        self.assertFalse(self.rows())
        self.bank.xero_payments_since = '2026-11-01'
        self.check()
        self.assertEqual(self.rows().sort, 'overpayment')

    def test_prepayment_of_a_vendor(self):
        bill, _export = self.synced('in_invoice', ref="B1")
        path = self.receive(60, 'SPEND-PREPAYMENT')
        self.allocate(path, bill, 60)
        self.check()
        row = self.rows()
        self.assertRecordValues(row, [{'sort': 'prepayment', 'state': 'done'}])
        self.assertRecordValues(row.payment_id, [{'payment_type': 'outbound', 'partner_type': 'supplier', 'is_reconciled': True}])
        self.assertEqual(self.residual(bill), 40)

    def sweep(self):
        self.connection.sudo().swept_at = False
        self.check()

    def test_part_of_a_credit(self):
        """Both the credit and the document have more left than Xero allocated."""
        move = self.move
        path = self.receive(130)
        first = self.allocate(path, move, 40)
        self.check()
        credit = self.rows()
        self.assertEqual((credit.state, credit._rest(), self.residual(move)), ('done', 90, 60), credit.reason)
        self.allocate(path, move, 25)
        self.check()
        self.assertEqual((credit.state, credit._rest(), self.residual(move)), ('done', 65, 35), credit.reason)
        self.sandbox.clock.advance(2)
        self.server.in_xero(HARBOUR, 'DELETE', f"{path}/Allocations/{first['AllocationID']}")
        self.check()
        self.assertEqual((credit.state, credit._rest(), self.residual(move)), ('done', 105, 75), credit.reason)
        self.refund(path, 105)
        self.check()
        refund = self.rows() - credit
        self.assertEqual((refund.state, credit.state, credit._rest(), self.residual(move)), ('done', 'done', 0, 75), credit.reason)

    def test_parts_of_a_prepayment_to_a_vendor(self):
        first, _export = self.synced('in_invoice', ref="B1")
        second, _export = self.synced('in_invoice', ref="B2")
        path = self.receive(90, 'SPEND-PREPAYMENT')
        self.allocate(path, first, 20)
        self.allocate(path, second, 30)
        self.check()
        credit = self.rows()
        self.assertEqual((credit.state, credit._rest()), ('done', 40), credit.reason)
        self.assertEqual((self.residual(first), self.residual(second)), (80, 70))

    def test_allocation_that_odoo_cannot_repeat_is_said_as_long_as_it_lasts(self):
        move = self.move
        ours = self.by_hand(80)
        owed = move.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        (owed | ours.move_id.line_ids.filtered(lambda line: line.account_id == owed.account_id)).reconcile()
        path = self.receive(130)
        self.allocate(path, move, 40)
        self.check()
        row = self.rows()
        self.assertEqual((row.state, row._rest(), self.residual(move)), ('open', 130, 20))
        self.assertIn("reconcile it by hand", row.reason)
        handled_at = row.handled_at
        self.sweep()
        self.assertEqual((row.state, row.handled_at), ('open', handled_at), "it is no news")
        ours.action_draft()
        ours.action_cancel()
        self.sweep()
        self.assertEqual((row.state, row._rest(), self.residual(move)), ('done', 90, 60), row.reason)

    def test_more_reconciled_by_hand_than_xero_allocated_stays_open(self):
        move = self.move
        path = self.receive(100)
        self.check()
        row = self.rows()
        lines = row._counterpart() | move.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        lines.reconcile()
        self.allocate(path, move, 40)
        self.check()
        for _time in range(2):
            self.assertEqual((row.state, row.payment_id.is_reconciled), ('open', True))
            self.assertIn("60.00 in Xero", row.reason)
            self.sweep()
        lines.remove_move_reconcile()
        row.applied = False
        self.sweep()
        self.assertEqual((row.state, row._rest(), self.residual(move)), ('done', 60, 60), row.reason)

    def test_credit_that_is_reset_in_odoo(self):
        move = self.move
        path = self.receive(130)
        self.allocate(path, move, 40)
        self.check()
        row = self.rows()
        row.payment_id.action_draft()
        self.sweep()
        self.allocate(path, move, 10)
        self.check()
        self.assertEqual((row.state, row.reason_code), ('blocked', 'withdrawn'))
        row.with_user(self.admin).action_register()
        self.run_slice(self.connection)
        self.assertEqual((row.state, row._rest(), self.residual(move)), ('done', 80, 50), row.reason)

    def test_reconciled_by_hand_as_in_xero(self):
        move = self.move
        path = self.receive(130)
        self.check()
        row = self.rows()
        (row._counterpart() | move.line_ids.filtered(lambda line: line.display_type == 'payment_term')).reconcile()
        self.allocate(path, move, 100)
        self.check()
        self.assertEqual((row.state, row._rest(), self.residual(move)), ('done', 30, 0), row.reason)

    def test_refund(self):
        self.synced()
        path = self.receive(100)
        self.check()
        credit = self.rows()
        payment = self.refund(path, 60)
        self.check()
        refund = self.rows() - credit
        self.assertRecordValues(refund, [{'state': 'done', 'credit_id': credit.id, 'sort': 'payment'}])
        self.assertRecordValues(refund.payment_id, [{'payment_type': 'outbound', 'partner_type': 'customer'}])
        self.assertEqual((credit.state, credit._rest()), ('done', 40), credit.reason)
        self.delete(payment)
        self.check()
        self.assertEqual((refund.state, credit.state, credit._rest()), ('undone', 'done', 100), credit.reason)

    def test_voided_in_xero(self):
        self.synced()
        path = self.receive(100)
        self.check()
        row = self.rows()
        self.sandbox.clock.advance(2)
        self.server.lever(f"/organisations/{HARBOUR}/documents/{path.rpartition('/')[2]}", {'Status': 'VOIDED'})
        self.check()
        self.assertEqual(row.state, 'undone', row.reason)

    def test_credit_of_a_stranger_is_not_stored(self):
        self.synced()
        self.receive(100, Contact={'Name': "Somebody else"})
        self.check()
        self.assertFalse(self.rows())

    def test_credit_of_a_contact_that_is_linked_later(self):
        self.synced()
        self.sandbox.clock.advance(2)
        [made] = self.server.in_xero(HARBOUR, 'PUT', '/Contacts', {'Contacts': [{'Name': self.partner_b.name}]})['Contacts']
        self.receive(88, Contact={'ContactID': made['ContactID']})
        self.check()
        self.assertFalse(self.rows())
        for position in self.env['xero.feed.position'].sudo().search([('changed_at', '!=', False)]):
            position.changed_at += timedelta(days=1)    # others were read since
        self.synced(partner_id=self.partner_b.id)
        self.check()
        self.assertRecordValues(self.rows(), [{'amount': 88, 'state': 'done', 'partner_id': self.partner_b.id}])

    def by_hand(self, amount, day='2026-11-03', **values):
        """Register money of the customer in Odoo, of which Xero hears nothing."""
        payment = self.env['account.payment'].create({
            'payment_type': 'inbound', 'partner_type': 'customer', 'partner_id': self.partner_a.id, 'amount': amount, 'date': day,
            'journal_id': self.bank.id, **values})
        payment.action_post()
        return payment

    def test_credit_that_a_person_has_entered_already(self):
        move = self.move
        payment = self.by_hand(130)
        self.by_hand(120)
        self.by_hand(130, '2026-10-01')
        path = self.receive(130)
        self.allocate(path, move, 100)
        self.check()
        row = self.rows()
        self.assertRecordValues(row, [{'state': 'blocked', 'reason_code': 'same', 'same_payment_id': payment.id, 'payment_id': False}])
        self.assertIn(payment.display_name, row.reason)
        row.with_user(self.admin).action_link()
        self.run_slice(self.connection)
        self.assertRecordValues(row, [{'state': 'done', 'payment_id': payment.id}])
        self.assertEqual((self.residual(move), row._rest()), (0, 30))
        self.assertEqual(len(self.env['account.payment'].search([('partner_id', '=', self.partner_a.id)])), 3)

    def test_refund_that_a_person_has_entered_already(self):
        self.synced()
        path = self.receive(100)
        self.check()
        credit = self.rows()
        ours = self.by_hand(60, payment_type='outbound')
        (credit._counterpart() | ours.move_id.line_ids.filtered(lambda line: line.account_id in credit._counterpart().account_id)).reconcile()
        self.refund(path, 60)
        self.check()
        refund = self.rows() - credit
        self.assertRecordValues(refund, [{'state': 'blocked', 'reason_code': 'same', 'same_payment_id': ours.id}])
        refund.with_user(self.admin).action_link()
        self.run_slice(self.connection)
        self.assertEqual((refund.state, credit.state, credit._rest()), ('done', 'done', 40))

    def test_credit_is_not_a_payment_that_xero_has_from_odoo(self):
        self.bank.write({'xero_payments': 'both', 'xero_payments_out_since': '2026-01-01'})
        self.connect(self.connection, user=self.xero_user)
        move, _export = self.synced()
        self.env['account.payment.register'].with_context(active_model='account.move', active_ids=move.ids).create({
            'journal_id': self.bank.id, 'payment_date': '2026-11-05'}).action_create_payments()
        self.run_slice(self.connection)
        self.receive(100)
        self.check()
        self.assertEqual(self.rows().mapped('state'), ['done'])

    def test_a_policy_that_begins_later_does_not_lose_earlier_credits(self):
        self.synced()
        self.receive(130)
        self.check()
        row = self.rows()
        self.bank.xero_payments_since = '2026-11-20'
        self.env['xero.contact'].sudo().search([('connection_id', '=', self.connection.id)]).linked_at += timedelta(days=1)     # all is read again
        self.sandbox.requests.clear()
        self.check()
        self.assertEqual(
            parse_qs(self.calls('GET', '/api.xro/2.0/Overpayments')[-1]['query'])['where'], ['Date>=DateTime(2026,1,1)'])
        self.assertEqual(row.state, 'done')

    def test_account_that_cannot_be_told(self):
        self.synced()
        cash = self.company_data['default_journal_cash']
        cash.write({'xero_payments': 'in', 'xero_payments_since': '2026-01-01'})
        self.map_bank(cash, '091')
        self.receive(100)
        self.check()
        self.assertRecordValues(self.rows(), [{'state': 'waiting', 'reason_code': 'journal', 'payment_id': False}])
        self.env.cr.execute("UPDATE xero_contact SET linked_at = linked_at - interval '2 days'")     # nobody was linked since the first reading
        self.receive(100, Date='2026-01-05')
        (cash | self.bank).write({'xero_payments_since': '2026-02-01'})     # what Xero leaves out is what was early at the first reading
        self.check()
        self.assertRecordValues(self.rows()[1:], [{'state': 'ignored', 'reason_code': 'early'}])
        cash.xero_payments = 'none'
        self.connection.sudo().swept_at = False
        self.check()
        self.assertEqual(self.rows().mapped('state'), ['done', 'ignored'])
