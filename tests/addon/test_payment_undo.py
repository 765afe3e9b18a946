from odoo import fields
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

    # === TAKEN BACK IN ODOO === #

    def sweep(self):
        self.connection.sudo().swept_at = False
        self.check()

    # The last ones delete an entry, which Odoo allows for the last number only: they come first
    WAYS = (
        lambda payment: payment.action_draft(),
        lambda payment: payment.move_id.button_draft(),
        lambda payment: payment.action_cancel(),
        lambda payment: payment.move_id.button_cancel(),
        lambda payment: payment.action_draft() or payment.action_cancel(),
        lambda payment: payment.action_draft() or payment.unlink(),
    )

    def registered_together(self):
        """Return a payment in Xero for each of the ways to take one back, and their rows."""
        moves = [self.document() for _way in self.WAYS]
        self.run_slice(self.connection)
        payments = [self.pay(move, 100) for move in moves]
        self.check()
        self.assertEqual(self.rows().mapped('state'), ['done'] * len(moves))
        return payments, self.rows()

    def take_back(self, rows):
        for row, use in reversed(list(zip(rows, self.WAYS))):
            use(row.payment_id)

    def press(self, rows, name):
        getattr(rows.with_user(self.admin), f'action_{name}')()
        self.run_slice(self.connection)
        self.env.invalidate_all()

    def test_taken_back_in_odoo_waits_for_a_person(self):
        _payments, rows = self.registered_together()
        self.take_back(rows)
        for _time in range(2):
            self.sweep()
            self.assertEqual(set(rows.mapped('reason_code')), {'withdrawn'})
            self.assertTrue(all("still in Xero" in row.reason and row.state == 'blocked' for row in rows))
        self.press(rows, 'register')
        for row in rows:
            self.assert_registered(row)
            self.assertEqual((row.move_id.amount_residual, row.payment_id.move_id.state), (0, 'posted'))
        self.assertEqual(len(rows.payment_id), len(rows))
        self.sweep()
        self.assertEqual(set(rows.mapped('state')), {'done'})

    def test_taken_back_in_odoo_and_left_so(self):
        payments, rows = self.registered_together()
        self.take_back(rows)
        self.sweep()
        self.press(rows, 'ignore')
        self.sweep()
        self.assertEqual(set(rows.mapped('state')), {'ignored'})
        self.press(rows[1:], 'register')
        self.assertEqual(rows.mapped('state'), ['ignored', *['done'] * 5])
        self.take_back(rows[1:])
        self.sweep()
        for payment in payments:
            self.delete(payment)
        self.check()
        self.assertEqual((set(rows.mapped('state')), set(rows.move_id.mapped('amount_residual'))), ({'undone'}, {100}))

    def test_taken_back_in_odoo_and_posted_again_by_a_person(self):
        move, _payment, row = self.registered()
        registered = row.payment_id
        registered.action_draft()
        self.sweep()
        self.assertEqual(row.reason_code, 'withdrawn')
        registered.action_post()
        self.sweep()
        self.assert_registered(row)
        self.assertEqual((row.payment_id, self.residual(move), row.reason), (registered, 0, False))
        registered.action_draft()
        registered.amount = 70
        self.sweep()
        self.press(row, 'register')
        self.assertRecordValues(row, [{'state': 'blocked', 'reason_code': 'refused'}])
        self.assertIn("another amount than in Xero", row.reason)
        registered.action_post()
        self.press(row, 'register')
        self.assertRecordValues(row, [{'state': 'done', 'payment_id': registered.id}])

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
        self.assertFalse(row.payment_id, "it is not registered again")
        self.deleted(payment)
        self.assertEqual(row.state, 'undone')
        self.assertIn("somebody had deleted it", row.reason)

    def test_matched_with_a_statement_asks_a_person(self):
        _move, payment, row = self.registered()
        registered = row.payment_id
        line = self.matched(row)
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

    def test_the_task_closes_without_waiting_for_the_next_check(self):
        for act in ('action_draft', 'action_cancel'):
            with self.subTest(act=act):
                _move, payment, row = self.registered()
                registered = row.payment_id
                line = self.matched(row)
                self.deleted(payment)
                self.assertTrue(self.tasks(registered))
                line.action_undo_reconciliation()
                self.env['xero.feed.position'].sudo().search([]).read_at = fields.Datetime.now()    # the next check is in an hour
                triggers = self.env['ir.cron.trigger'].sudo().search([('cron_id', '=', self.connection.sudo().cron_id.id)])
                triggers.unlink()
                getattr(registered, act)()
                self.assertTrue(triggers.search([('cron_id', '=', self.connection.sudo().cron_id.id)]))
                self.run_slice(self.connection)
                self.assertEqual((row.state, registered.state), ('undone', 'canceled'), row.reason)
                self.assertFalse(self.tasks(registered))

    def matched(self, row):
        """Match the payment of a row with a bank statement.

        :return: the line of the statement.
        """
        liquidity = row.payment_id._seek_for_lines()[0]
        line = self.env['account.bank.statement.line'].create({
            'journal_id': self.bank.id, 'date': '2026-11-06', 'payment_ref': "Deposit", 'amount': 100, 'partner_id': self.partner_a.id,
            'counterpart_account_id': liquidity.account_id.id})
        (line.move_id.line_ids | liquidity).filtered(lambda item: item.account_id == liquidity.account_id).reconcile()
        return line

    def test_person_who_does_what_the_task_says(self):
        """Whatever a person does with the payment after the statement is undone, the tasks close and the documents are open again."""
        payments, rows = self.registered_together()
        registered, lines = rows.payment_id, [self.matched(row) for row in rows]
        for payment in payments:
            self.delete(payment)
        self.check()
        self.assertEqual(set(rows.mapped('reason_code')), {'built_on'})
        self.assertEqual(set(self.tasks(registered).mapped('res_id')), set(registered.ids))
        for line in lines:
            line.action_undo_reconciliation()
        self.take_back(rows)
        self.sweep()
        self.assertEqual((set(rows.mapped('state')), set(rows.move_id.mapped('amount_residual'))), ({'undone'}, {100}), rows.mapped('reason'))
        self.assertFalse(self.tasks(registered.exists()))
        self.assertEqual(set(registered.exists().mapped('state')), {'canceled'})
        self.assertEqual(set(registered.exists().move_id.mapped('state')), {'cancel'})

    def test_draft_that_is_matched_with_a_statement_asks_a_person(self):
        _move, payment, row = self.registered()
        line = self.matched(row)
        row.payment_id.action_draft()
        self.deleted(payment)
        self.assertEqual((row.state, row.reason_code), ('blocked', 'built_on'), row.reason)
        self.assertTrue(line.is_reconciled)

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
