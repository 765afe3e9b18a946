from odoo.tests import tagged

from .payment_in_common import XeroPaymentInCase


@tagged('post_install', '-at_install')
class TestPaymentUndo(XeroPaymentInCase):
    """What is deleted in Xero is undone in Odoo if nobody used it there, else a person is asked."""

    def registered(self, amount=100):
        move, _export = self.synced()
        payment = self.pay(move, amount)
        self.check()
        row = self.rows()[-1:]
        self.assert_registered(row)
        return move, payment, row

    def deleted(self, payment):
        self.delete(payment)
        self.check()

    def tasks(self, payment):
        self.env.invalidate_all()
        return payment.sudo().activity_ids

    def test_deleted_in_xero_is_undone(self):
        move, payment, row = self.registered()
        registered = row.payment_id
        self.deleted(payment)
        self.assertEqual(row.state, 'undone', row.reason)
        self.assertEqual(self.residual(move), 100)
        self.assertEqual(registered.move_id.state, 'cancel', "the entry keeps its number")
        self.assert_told(move, "deleted in Xero")
        self.assert_told(registered, "deleted in Xero")
        self.assert_registered(self.paid(move, 100))
        self.assertEqual(self.residual(move), 0)

    def test_deleted_in_xero_with_the_audit_trail(self):
        self.env.company.restrictive_audit_trail = True
        move, payment, row = self.registered()
        entry = row.payment_id.move_id
        self.deleted(payment)
        self.assertEqual(row.state, 'undone', row.reason)
        self.assertEqual((row.payment_id.state, entry.state), ('canceled', 'cancel'))
        self.assertEqual(self.residual(move), 100)

    def test_deleted_before_it_was_read(self):
        move, _export = self.synced()
        self.delete(self.pay(move, 100))
        self.check()
        self.assertRecordValues(self.rows(), [{'state': 'ignored', 'payment_id': False}])
        self.assertEqual(self.residual(move), 100)

    def test_deleted_while_it_waits(self):
        move, _export = self.synced()
        payment = self.pay(move, 100, code='091')
        self.check()
        self.deleted(payment)
        self.assertEqual(self.rows().state, 'ignored')

    def test_deleted_on_both_sides(self):
        _move, payment, row = self.registered()
        registered = row.payment_id
        registered.action_draft()
        registered.unlink()
        self.check()
        self.assertEqual(len(self.rows()), 1)
        self.assertEqual(row.state, 'done', "it is not registered again")
        self.deleted(payment)
        self.assertEqual(row.state, 'undone')
        self.assertIn("somebody had deleted it", row.reason)

    def test_matched_with_a_statement_asks_a_person(self):
        _move, payment, row = self.registered()
        registered = row.payment_id
        liquidity = registered._seek_for_lines()[0]
        line = self.env['account.bank.statement.line'].create({
            'journal_id': self.bank.id, 'date': '2026-11-06', 'payment_ref': "Deposit", 'amount': 100, 'partner_id': self.partner_a.id,
            'counterpart_account_id': liquidity.account_id.id})
        (line.move_id.line_ids | liquidity).filtered(lambda item: item.account_id == liquidity.account_id).reconcile()
        self.deleted(payment)
        self.assertRecordValues(row, [{'state': 'blocked', 'reason_code': 'built_on', 'payment_id': registered.id}])
        self.assertIn("matched with a bank statement", row.reason)
        self.assertIn(self.admin, self.tasks(registered).user_id)
        count = len(self.tasks(registered))
        for _time in range(2):
            self.connection.sudo().swept_at = False
            self.check()
        self.assertEqual(len(self.tasks(registered)), count, "a person is asked once")
        line.action_undo_reconciliation()
        self.connection.sudo().swept_at = False
        self.check()
        self.assertEqual(row.state, 'undone', row.reason)
        self.assertFalse(self.tasks(registered))

    def test_locked_or_edited_asks_a_person(self):
        def lock(payment):
            self.env.company.fiscalyear_lock_date = '2026-11-30'

        def edit(payment):
            self.env.company.fiscalyear_lock_date = False
            payment.action_draft()
            payment.date = '2026-11-12'
            payment.action_post()

        def reconcile(payment):
            other = self.document()
            payment.move_id.line_ids.remove_move_reconcile()
            (other.line_ids | payment.move_id.line_ids).filtered(lambda line: line.account_id.account_type == 'asset_receivable').reconcile()
        for use, words in ((lock, "locked in Odoo"), (edit, "edited"), (reconcile, "other entries")):
            with self.subTest(words=words):
                self.env.company.fiscalyear_lock_date = False
                _move, payment, row = self.registered()
                use(row.payment_id)
                self.deleted(payment)
                self.assertEqual((row.state, row.reason_code), ('blocked', 'built_on'), row.reason)
                self.assertIn(words, row.reason)
                row.with_user(self.admin).action_ignore()
                self.assertEqual(row.state, 'ignored')
                self.assertFalse(self.tasks(row.payment_id))

    def test_cancelled_by_a_person_closes_the_task(self):
        _move, payment, row = self.registered()
        registered = row.payment_id
        self.env.company.fiscalyear_lock_date = '2026-11-30'
        self.deleted(payment)
        self.assertTrue(self.tasks(registered))
        self.env.company.fiscalyear_lock_date = False
        registered.action_draft()
        registered.action_cancel()
        self.connection.sudo().swept_at = False
        self.check()
        self.assertEqual(row.state, 'undone')
        self.assertFalse(self.tasks(registered))

    def test_reconciled_in_xero_is_left_alone(self):
        move, _export = self.synced()
        row = self.paid(move, 100)
        self.sandbox.clock.advance(2)
        self.read_last(IsReconciled=True)
        self.check()
        self.assertTrue(row.is_reconciled)
        self.assert_registered(row)
