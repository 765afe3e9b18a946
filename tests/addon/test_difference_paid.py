from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import HARBOUR
from .credit_in_common import XeroCreditInCase
from .difference_common import XeroDifferenceCase
from .payment_common import XeroPaymentCase


class XeroPaidCase(XeroDifferenceCase, XeroPaymentCase):
    """A document is paid in Xero, and open in Odoo."""

    def pay_in_xero(self, export, amount, endpoint='Invoice'):
        [payment] = self.somebody('PUT', 'Payments', {'Payments': [{
            endpoint: {f'{endpoint}ID': export.xero_id}, 'Account': {'Code': '090'}, 'Date': '2026-11-10', 'Amount': amount}]})['Payments']
        return payment

    def paid_in_xero(self, amount=40):
        """Return a document that is paid in Xero, its export, and the row of the difference."""
        move, export = self.synced()
        self.pay_in_xero(export, amount)
        self.check()
        [row] = self.open_rows(export)
        self.assertEqual(row.topic, 'paid')
        return move, export, row


@tagged('post_install', '-at_install')
class TestPaidWhereJournalsSend(XeroPaidCase):
    """A payment that is registered in Odoo for one in Xero is not sent there: it would be paid twice."""

    def test_it_is_skipped_until_a_person_decides(self):
        _move, export, row = self.paid_in_xero()
        self.assertIn("not sent there a second time", row.text)
        self.pay(export.move_id, 40)
        self.env['xero.comparison'].sudo()._end_equal(self.connection.sudo())
        self.assertEqual((row.state, row.odoo_total), ('open', 40), "money that is not in Xero yet does not explain what is there")
        self.assertIn("could be the same", row.text)
        self.run_slice(self.connection, 2)
        self.assertEqual([float(one['Amount']) for one in self.held_payments()], [40])
        self.assertRecordValues(self.rows(), [{'state': 'skipped', 'skip_rule': 'paid'}])
        self.assertIn("may be the same. Resync it", self.rows().message)
        self.assertEqual((row.state, row.outcome), ('settled', 'ended'))
        self.rows().with_user(self.billing).action_resync()
        self.run_slice(self.connection)
        self.assertEqual(sorted(float(one['Amount']) for one in self.held_payments()), [40, 40])

    def test_sync_now_is_no_decision_about_it(self):
        _move, export, _row = self.paid_in_xero()
        self.pay(export.move_id, 40)
        self.connection.with_user(self.admin).action_export_now()
        self.run_slice(self.connection, 2)
        self.assertEqual([float(one['Amount']) for one in self.held_payments()], [40])
        self.assertRecordValues(self.rows(), [{'state': 'skipped', 'skip_rule': 'paid'}])

    def test_amounts_and_words_follow(self):
        move, _export, row = self.paid_in_xero()
        cash = self.company_data['default_journal_cash']
        self.pay(move, 30, journal=cash)
        self.run_slice(self.connection)
        self.assertEqual((row.state, row.odoo_total), ('open', 30))
        self.assertIn("40.00 is paid or allocated in Xero, and $\N{NO-BREAK SPACE}30.00 in Odoo", row.text)
        self.pay(move, 10, journal=cash)
        self.run_slice(self.connection)
        self.assertEqual(row.state, 'settled')

    def test_a_payment_that_is_undone_in_odoo_has_a_difference_of_its_own(self):
        self.connection.send_changes = False
        move, export = self.synced()
        money = self.pay(move, 40)
        self.run_slice(self.connection)
        self.sandbox.organisations[HARBOUR].payments[self.rows().xero_id]['IsReconciled'] = True     # it must stay in Xero
        self.unreconcile(money, move)
        self.held(export)['UpdatedDateUTC'] = self.sandbox.clock.now()
        self.run_slice(self.connection)
        self.check()
        self.assertEqual(self.open_rows().mapped('topic'), ['undone'])

    def test_a_document_that_is_cancelled_in_odoo_has_no_second_difference(self):
        move, _export, row = self.paid_in_xero()
        self.cancel(move)
        self.run_slice(self.connection)
        self.assertEqual(row.state, 'settled')
        self.assertEqual(self.open_rows().mapped('topic'), ['undone'])

    def test_a_payment_of_ours_that_was_deleted_in_xero_says_what_to_do(self):
        move, _export = self.synced()
        money = self.pay(move, 40)
        self.run_slice(self.connection)
        self.somebody('POST', f'Payments/{self.rows().xero_id}', {'Status': 'DELETED'})
        self.check()
        row = self.open_rows(self.rows()).with_user(self.admin)
        self.assertEqual((row.topic, row.can_take_xeros, row.can_send_ours, row.can_accept), ('gone', False, True, True))
        self.assertIn("undo it in Odoo, too: remove the reconciliation", row.take_words)
        with self.assertRaisesRegex(UserError, "remove the reconciliation"):
            row.action_take_xeros()
        self.unreconcile(money, move)
        self.run_slice(self.connection, 2)
        self.assertEqual((row.state, self.rows().difference), ('settled', False))

    def test_the_other_payments_of_a_batch_are_sent(self):
        moves = self.documents(2)
        self.run_slice(self.connection)
        self.pay_in_xero(self.export_of(moves[0]), 100)
        self.check()
        self.pay(moves, group=True)
        self.run_slice(self.connection, 2)
        self.assertEqual(self.rows().mapped('state'), ['skipped', 'synced'])
        self.assertEqual(sorted(one['Invoice']['InvoiceNumber'] for one in self.held_payments()), sorted(moves.mapped('name')))


@tagged('post_install', '-at_install')
class TestPaidWhereJournalsTake(XeroPaidCase):
    """Payments are read from Xero: the difference says what became of them."""

    policy = 'in'

    def test_the_row_of_the_payment_is_named(self):
        self.bank.xero_payments_since = '2026-11-15'
        move, export = self.synced()
        self.pay_in_xero(export, 40)
        self.check()
        [row] = self.open_rows(export)
        self.assertIn("40.00 was read from Xero (Ignored): It is older than", row.text)
        self.env['xero.payment'].sudo().search([]).unlink()
        self.env['xero.comparison'].sudo()._end_equal(self.connection.sudo())
        self.assertIn("choose Check for Payment in Xero", row.text)
        self.assertNotIn("Register the payment", row.text)
        self.bank.xero_payments_since = '2025-12-31'
        self.env['xero.mapping'].sudo().search([('journal_id', '=', self.bank.id)]).xero_account_id = False
        self.check()
        self.run_slice(self.connection)
        self.assertIn("40.00 was read from Xero (Waiting)", row.text)
        self.assertIn("do not register it a second time", row.text)
        self.map_bank(self.bank, '090')
        self.run_slice(self.connection, 2)
        self.assertEqual((move.amount_residual, row.state), (60, 'settled'))


@tagged('post_install', '-at_install')
class TestReadFromXeroAndRegistered(XeroPaidCase):
    """A journal exchanges payments in both directions, and no difference about payments is shown."""

    policy = 'both'

    def test_a_payment_that_was_read_and_not_registered_is_not_sent(self):
        self.connection.alarm_paid = False
        self.bank.xero_payments_since = '2026-11-15'
        move, export = self.synced()
        self.pay_in_xero(export, 40)
        self.check()
        self.pay(move, 40)
        self.pay(move, 60)
        self.run_slice(self.connection, 2)
        self.assertEqual(self.rows().mapped('state'), ['skipped', 'synced'])
        self.assertEqual(sorted(float(one['Amount']) for one in self.held_payments()), [40, 60])

    def test_a_payment_that_was_cancelled_in_odoo_and_registered_again_is_not_sent(self):
        move, export = self.synced()
        self.pay_in_xero(export, 40)
        self.check()
        self.run_slice(self.connection)
        registered = self.env['xero.payment'].sudo().search([]).payment_id
        registered.move_id.line_ids.remove_move_reconcile()
        registered.action_cancel()
        self.pay(move, 40)
        self.run_slice(self.connection, 2)
        self.assertEqual(self.rows().mapped('state'), ['skipped'])
        self.assertEqual([float(one['Amount']) for one in self.held_payments()], [40])


@tagged('post_install', '-at_install')
class TestAllocatedInXero(XeroCreditInCase):
    """A credit note of ours is allocated in Xero, and open in Odoo."""

    def test_words_and_what_they_say(self):
        credit, export = self.synced('out_refund', invoice_line_ids=[Command.create({'name': "Returned", 'price_unit': 40, 'tax_ids': []})])
        self.allocate({'CreditNoteID': export.xero_id}, self.move, 40)
        self.check()
        rows = {row.export_id: row for row in self.open_rows()}
        self.assertIn("reconcile it in Odoo with the same documents", rows[export].text)
        self.assertIn("Reconcile the document in Odoo with the same credit", rows[self.export_of(self.move)].text)
        self.assertFalse([row for row in rows.values() if "Register the payment" in row.text])
        self.sandbox.clock.advance(3600)
        export.sudo().synced_at = '2026-01-01'
        (credit | self.move).line_ids.filtered(lambda line: line.account_type == 'asset_receivable').reconcile()
        self.sandbox.requests.clear()
        self.run_slice(self.connection, 2)
        self.assertEqual((self.allocation_rows().state, self.written()), ('synced', []))
        self.assertFalse(self.open_rows())
