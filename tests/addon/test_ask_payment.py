from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .payment_in_common import XeroPaymentInCase


@tagged('post_install', '-at_install')
class TestAskAboutPayment(XeroPaymentInCase):
    """Who sees that a payment from Xero waits, but may not decide about it, asks the invoice admins: once for each account in Xero, else for each
    payment."""

    def waiting(self, *amounts, code='091'):
        """Return payments that wait because no journal is mapped to their account, and their documents."""
        moves = [self.synced()[0] for _amount in amounts]
        for move, amount in zip(moves, amounts, strict=True):
            self.pay(move, amount, code=code)
        self.check()
        rows = self.rows()
        self.assertEqual(set(rows.mapped('reason_code')), {'mapping'})
        return rows, moves

    def todos(self, record):
        self.env.invalidate_all()
        return record.sudo().activity_ids.filtered(lambda activity: activity.user_id == self.admin)

    def seen(self, row):
        """Return what a billing user sees of a payment: whether asking is possible, and who asked."""
        self.env.invalidate_all()
        row = row.with_user(self.billing)
        return row.can_ask, row.asked_words

    def test_once_for_an_account(self):
        rows, moves = self.waiting(40, 30)
        self.assertEqual(self.seen(rows[1]), (True, False))
        notice = rows[1].with_user(self.billing).action_ask()
        self.assertIn(self.admin.name, notice['params']['message'])
        [todo] = self.todos(moves[0])
        self.assertEqual(todo.summary, "Xero: Decide about the payment")
        self.assertIn(f'/odoo/xero-payments/{rows[0].id}', todo.note)
        self.assertIn("no journal is mapped", todo.note)
        for row in rows:
            can_ask, words = self.seen(row)
            self.assertFalse(can_ask)
            self.assertIn(self.billing.name, words)
            row.with_user(self.billing).action_ask()
        self.assertFalse(self.todos(moves[1]))
        self.assertEqual(len(self.todos(moves[0])), 1)

    def test_it_ends_when_the_account_is_mapped(self):
        rows, moves = self.waiting(40)
        rows.with_user(self.billing).action_ask()
        self.run_slice(self.connection)
        self.assertTrue(self.todos(moves[0]), "it still waits")
        self.map_bank(self.bank, '091')
        self.run_slice(self.connection, times=2)
        self.assertEqual(rows.state, 'done')
        self.assertFalse(self.todos(moves[0]))
        self.assertFalse(self.env['xero.ask'].sudo().search([]))

    def test_it_ends_when_the_payment_is_ignored(self):
        rows, moves = self.waiting(40)
        rows.with_user(self.billing).action_ask()
        rows.with_user(self.admin).action_ignore()
        self.run_slice(self.connection)
        self.assertFalse(self.todos(moves[0]))
        self.assertEqual(self.seen(rows), (False, False))

    def test_an_invoice_admin_does_not_ask(self):
        rows, _moves = self.waiting(40)
        self.assertFalse(rows.with_user(self.admin).can_ask)

    def test_another_reason_is_asked_for_each_payment(self):
        rows, moves = self.waiting(40, 30)
        rows._set_state('blocked', "Odoo refused it.", 'refused')
        for row in rows:
            row.with_user(self.billing).action_ask()
        self.assertEqual([len(self.todos(move)) for move in moves], [1, 1])

    def test_what_documents_put_right_is_not_asked(self):
        rows, moves = self.waiting(40)
        rows._set_state('blocked', "It was used.", 'built_on')
        self.assertEqual(self.seen(rows), (False, False))
        rows.with_user(self.billing).action_ask()
        self.assertFalse(self.todos(moves[0]))

    def test_buttons_of_each_role(self):
        """Only who may decide has the button to the mapping."""
        form = self.env.ref('account_xero.xero_payment_view_form').id
        for user, buttons in ((self.billing, {'action_ask'}), (self.admin, {'action_fix', 'action_register', 'action_ignore'})):
            arch = self.env['xero.payment'].with_user(user).get_view(form, 'form')['arch']
            for name in ('action_ask', 'action_register', 'action_ignore'):
                self.assertEqual(f'name="{name}"' in arch, name in buttons, name)
            self.assertEqual("Open the mapping" in arch, user == self.admin)

    def test_without_access_to_the_payment(self):
        rows, _moves = self.waiting(40)
        other = self.env['res.company'].create({'name': "Third"})
        stranger = new_test_user(
            self.env, 'xero_third', 'account.group_account_invoice', company_id=other.id, company_ids=[Command.set(other.ids)])
        with self.assertRaises(AccessError):
            rows.with_user(stranger).action_ask()
