import itertools
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch
from urllib.parse import parse_qs

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from ..common import HARBOUR
from .payment_in_common import PAYMENTS, XeroPaymentInCase


@tagged('post_install', '-at_install')
class TestPaymentHeld(XeroPaymentInCase):
    """What holds a payment from Xero back, and what lets it go on: never twice in Odoo, and never lost."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.move, cls.export = cls.synced()

    def sweep(self):
        """Let the next slice look again at what could not be registered."""
        self.connection.sudo().swept_at = False
        self.check()

    def cash(self, **values):
        """Let the cash journal take payments."""
        cash = self.company_data['default_journal_cash']
        cash.write({'xero_payments': 'in', 'xero_payments_since': '2026-01-01', **values})
        return cash

    # === ACCOUNTS === #

    def test_account_that_odoo_reads_later(self):
        move = self.move
        self.xero_account('091').sudo().unlink()
        row = self.paid(move, 100, code='091')
        self.assertRecordValues(row, [{'state': 'waiting', 'reason_code': 'mapping', 'xero_account_id': False}])
        self.connection.with_user(self.admin).action_refresh_reference()
        self.run_slice(self.connection)
        self.sweep()
        self.assertEqual(row.xero_account_id, self.xero_account('091'))
        self.map_bank(self.cash(), '091')
        self.run_slice(self.connection)
        self.assertRecordValues(row, [{'state': 'done', 'reason': False, 'journal_id': self.company_data['default_journal_cash'].id}])

    def test_what_waits_for_a_person_is_told_until_it_is_decided(self):
        Connection, Payment = self.env['xero.connection'].with_user(self.admin), self.env['xero.payment'].with_user(self.admin)
        move, _export = self.synced()
        self.paid(move, 30)
        self.assertEqual((Connection.retrieve_attention(), Payment.search([('needs_person', '=', True)])), ([], Payment))
        row = self.paid(move, 40, code='091')
        self.assertEqual(row.state, 'waiting')
        self.assertTrue(row.needs_person)
        self.assertEqual(Connection.retrieve_attention(), ["Payments from Xero that need a person: 1."])
        connection = Connection.browse(self.connection.id)
        self.assertEqual(connection.payment_count, 1)
        action = connection.action_open_payments()
        self.assertEqual(Payment.search([*action['domain'], ('needs_person', '=', True)]), row)
        self.map_bank(self.cash(), '091')
        self.run_slice(self.connection)
        self.env.invalidate_all()
        self.assertEqual((Connection.retrieve_attention(), connection.payment_count), ([], 0))
        self.assertEqual(Payment.search_count([('needs_person', '=', False)]), 2)

    def test_list_of_payments_asks_xero(self):
        move = self.move
        self.pay(move, 100)
        for position in self.env['xero.feed.position'].sudo().search([('connection_id', '=', self.connection.id)]):
            position.read_at -= timedelta(seconds=1)
        answer = self.env['xero.payment'].with_user(self.billing).action_check_payments()
        self.assertIn("Xero is asked for the payments", answer['params']['message'])
        self.run_slice(self.connection)
        self.assertRecordValues(self.rows(), [{'state': 'done', 'move_id': move.id}])

    def test_xeros_answer_is_for_invoice_admins(self):
        move = self.move
        row = self.paid(move, 30)
        self.assertIn('PaymentID', row.with_user(self.admin).answer)
        with self.assertRaises(AccessError):
            row.with_user(self.billing).read(['answer'])

    def test_archived_journal_gives_way_to_its_successor(self):
        move = self.move
        cash = self.cash()
        self.bank.active = False
        row = self.paid(move, 40)
        self.assertRecordValues(row, [{'state': 'waiting', 'reason_code': 'mapping', 'payment_id': False}])
        self.assertIn("is archived", row.reason)
        self.map_bank(cash, '090')
        self.run_slice(self.connection)
        self.assertRecordValues(row, [{'state': 'done', 'journal_id': cash.id}])

    def test_money_on_the_bank_account_counts_to_the_cent(self):
        currency = self.setup_other_currency('USD', rates=[('2026-01-01', 0.5)])
        move, _export = self.synced(currency_id=currency.id)
        self.pay(move, 100, CurrencyRate=0.8)
        self.read_last(BankAmount=Decimal('125.03'))
        self.check()
        row = self.rows()
        self.assert_registered(row, currency_id=currency.id)
        self.assertEqual(abs(row.payment_id.move_id.line_ids[0].balance), 125.03)

    # === THE FIRST DAY === #

    def where(self):
        """Return the filter of the last reading of payments."""
        return parse_qs(self.calls('GET', PAYMENTS)[-1]['query'])['where'][0]

    def test_xero_leaves_out_what_is_older_than_the_policy(self):
        self.env['xero.feed.position'].sudo().search([('connection_id', '=', self.connection.id)]).unlink()
        self.bank.xero_payments_since = '2026-11-10'
        move, _export = self.synced()
        self.pay(move, 40)
        self.pay(move, 10, Date='2026-11-15')
        self.sandbox.requests.clear()
        self.check()
        self.assertEqual(self.rows().mapped('amount'), [10])
        self.assertEqual(self.where(), 'Date>=DateTime(2026,11,10)')
        self.bank.xero_payments_since = '2026-11-20'
        self.check()
        self.assertEqual(self.where(), 'Date>=DateTime(2026,11,10)', "what was read is kept up to date")
        self.bank.xero_payments_since = '2026-11-01'
        self.check()
        self.assertEqual(self.rows().mapped('amount'), [10, 40])
        self.assert_registered(self.rows()[-1])

    # === THE LIST === #

    def test_list_of_what_needs_a_person_has_every_reason(self):
        row = self.env['xero.payment'].sudo().create({'connection_id': self.connection.id, 'company_id': self.env.company.id, 'xero_id': 'P1'})
        search = etree.fromstring(self.env.ref('account_xero.xero_payment_view_search').arch)
        domain = safe_eval(search.find(".//filter[@name='to_do']").get('domain'))
        codes = [False, *dict(row._fields['reason_code'].selection)]
        states = list(dict(row._fields['state'].selection))
        for state, code in itertools.product(states, codes):
            row.write({'state': state, 'reason_code': code})
            needs_person = state in ('blocked', 'open') or (state == 'waiting' and bool(code))
            self.assertEqual(bool(row.filtered_domain(domain)), needs_person, (state, code))

    # === REFUSED BY ODOO === #

    def test_refused_payment_is_tried_less_and_less_often(self):
        move = self.move
        self.bank.inbound_payment_method_line_ids.payment_account_id.active = False
        with self.assertNoLogs('odoo.addons.account_xero.models.export.containment', 'WARNING'):
            row = self.paid(move, 100)
        self.assertRecordValues(row, [{'state': 'blocked', 'reason_code': 'refused', 'retry_count': 1}])
        handled_at = row.handled_at
        self.sweep()
        self.assertEqual(row.retry_count, 1)
        for count in (2, 3):
            row.write({'next_try_at': self.now(), 'handled_at': '2026-01-01'})
            self.sweep()
            self.assertEqual(row.retry_count, count)
            self.assertEqual(str(row.handled_at), '2026-01-01 00:00:00', "it is no news")
        self.assertGreater(row.next_try_at - self.now(), timedelta(hours=5))
        self.assertTrue(handled_at)
        self.bank.inbound_payment_method_line_ids.payment_account_id.active = True
        row.with_user(self.admin).action_register()
        self.run_slice(self.connection)
        self.assert_registered(row)

    def test_payment_behind_an_outgoing_one_is_not_tried_each_time(self):
        self.both_ways()
        move, _export = self.synced()
        self.register(move, 30)
        self.env['xero.export'].sudo().search([('kind', '=', 'payment')])._set_failed('data', "No.")
        row = self.paid(move, 50)
        self.assertEqual(row.reason_code, 'outgoing')
        self.env['xero.payment'].sudo()._recheck(self.connection.sudo())
        self.assertFalse(row.is_due)

    # === WHAT ODOO HAS ALREADY === #

    def test_payment_without_an_entry(self):
        """Odoo links a payment without an outstanding account to its document, and reconciles nothing until the bank statement comes."""
        self.bank.inbound_payment_method_line_ids.payment_account_id = False
        move, _export = self.synced()
        # As with Odoo's Accounting app; without it, Odoo always chooses an account
        with patch.object(self.registry['account.move'], '_get_invoice_in_payment_state', lambda _model: 'in_payment'):
            ours = self.env['account.payment.register'].with_context(active_model='account.move', active_ids=move.ids).create({
                'journal_id': self.bank.id, 'payment_date': '2026-11-05'})._create_payments()
        self.assertFalse(ours.move_id)
        row = self.paid(move, 100)
        self.assertRecordValues(row, [{'state': 'blocked', 'reason_code': 'same', 'same_payment_id': ours.id, 'payment_id': False}])
        self.assertIn(ours.display_name, row.reason)
        row.with_user(self.admin).action_link()
        self.assertRecordValues(row, [{'state': 'done', 'payment_id': ours.id}])
        self.assert_told(ours, "Payment ID in Xero")

    def register(self, move, amount, day='2026-11-05'):
        """Register a payment in Odoo, as the dialog does."""
        return self.env['account.payment.register'].with_context(active_model='account.move', active_ids=move.ids).create({
            'journal_id': self.bank.id, 'amount': amount, 'payment_date': day})._create_payments()

    def test_payment_that_odoo_has_and_did_not_send(self):
        """Nothing was queued: the payment is older than the policy, or the journal only takes payments."""
        for policy, since in (('both', '2026-11-20'), ('in', False)):
            for amount, rest in ((100, 0), (40, 60)):
                with self.subTest(policy=policy, amount=amount):
                    self.bank.write({'xero_payments': policy, 'xero_payments_out_since': since, 'xero_payments_since': '2026-01-01'})
                    move, _export = self.synced()
                    ours = self.register(move, amount)
                    row = self.paid(move, amount)
                    self.assertRecordValues(row, [{'state': 'blocked', 'reason_code': 'same', 'same_payment_id': ours.id, 'payment_id': False}])
                    self.assertIn(ours.name, row.reason)
                    self.sweep()
                    self.assertFalse(row.payment_id)
                    row.with_user(self.admin).action_link()
                    self.sweep()
                    self.assertRecordValues(row, [{'state': 'done', 'payment_id': ours.id}])
                    self.assertEqual((self.residual(move), move.matched_payment_ids), (rest, ours))
                    if rest:
                        self.assert_registered(self.paid(move, amount))     # one in Odoo is one in Xero

    def test_payment_of_another_amount_or_undone_is_not_the_same(self):
        move = self.move
        self.register(move, 30)
        row = self.paid(move, 40)
        self.assert_registered(row)
        other = self.paid(move, 30)
        self.assertEqual(other.reason_code, 'same')
        ours = move.matched_payment_ids - row.payment_id
        ours.action_draft()
        self.sweep()
        self.assertFalse(other.payment_id, "a draft that is reconciled is about to be posted again")
        ours.move_id.button_cancel()
        self.sweep()
        self.assert_registered(other)

    def test_payment_that_xero_has_from_odoo_is_not_the_same(self):
        self.both_ways()
        move, _export = self.synced()
        self.register(move, 30)
        self.run_slice(self.connection)
        self.assert_registered(self.paid(move, 30))
        self.assertEqual(self.residual(move), 40)

    def test_line_of_a_bank_statement_is_the_same(self):
        move = self.move
        owed = move.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        line = self.env['account.bank.statement.line'].create({
            'journal_id': self.bank.id, 'date': '2026-11-05', 'payment_ref': "Transfer", 'amount': 100, 'partner_id': self.partner_a.id,
            'counterpart_account_id': owed.account_id.id})
        (line.move_id.line_ids.filtered(lambda item: item.account_id == owed.account_id) | owed).reconcile()
        row = self.paid(move, 100)
        self.assertRecordValues(row, [{'state': 'blocked', 'reason_code': 'same', 'same_payment_id': False}])
        self.assertIn(line.move_id.name, row.reason)
        row.with_user(self.admin).action_ignore()
        self.sweep()
        self.assertRecordValues(row, [{'state': 'ignored', 'payment_id': False}])

    def test_payment_of_two_instalments_is_the_same(self):
        move, _export = self.synced(invoice_payment_term_id=self.pay_terms_b.id)
        ours = self.register(move, 100)
        self.assertEqual(len(move.line_ids.matched_credit_ids), 2)
        self.assertRecordValues(self.paid(move, 100), [{'reason_code': 'same', 'same_payment_id': ours.id}])

    def test_document_that_is_paid_on_both_sides_before_it_is_linked(self):
        """As in a first sync, whose journal takes payments from its first day on."""
        move, export = self.move, self.export
        export, xero_id = export.sudo(), export.xero_id
        self.pay(move, 100)
        export.xero_id = 'unknown'
        ours = self.register(move, 100)
        self.check()
        self.assertFalse(self.rows())
        export.write({'xero_id': xero_id, 'is_found': True, 'arrived_at': self.now()})
        self.env['xero.feed.position'].sudo().search([('feed', '=', 'payments')]).changed_at = self.now() + timedelta(hours=1)
        self.check()
        self.assertRecordValues(self.rows(), [{'state': 'blocked', 'reason_code': 'same', 'same_payment_id': ours.id}])

    # === OURS, DELETED IN XERO === #

    def sent_and_deleted(self):
        """Send a payment of 30, and delete it in Xero.

        :return: the document, the payment, and its export.
        """
        self.connection.sudo().alarm_gone = True
        self.both_ways()
        move, _export = self.synced()
        ours = self.register(move, 30)
        self.run_slice(self.connection)
        export = self.env['xero.export'].sudo().search([('kind', '=', 'payment')])
        self.assertEqual(export.state, 'synced', export.message)
        self.check()
        self.assertFalse(export.difference)
        self.delete({'PaymentID': export.xero_id})
        self.check()
        return move, ours, export

    def test_payment_of_ours_that_is_deleted_in_xero(self):
        move, ours, export = self.sent_and_deleted()
        self.assertRecordValues(export, [{'state': 'synced', 'operation': 'update', 'xero_status': 'DELETED'}])
        self.assertIn("deleted it in Xero", export.difference)
        self.assertRecordValues(export.difference_ids, [{'topic': 'gone', 'state': 'open'}])
        self.check(2)
        self.assertEqual(len(export.difference_ids), 1)
        self.assertFalse(self.rows())
        row = self.paid(move, 30)
        self.assertRecordValues(row, [{'state': 'blocked', 'reason_code': 'outgoing'}])
        self.assertIn("was deleted in Xero", row.reason)
        export.difference_ids.with_user(self.admin)._accept("Entered anew")
        self.sweep()
        self.assertRecordValues(row, [{'state': 'blocked', 'reason_code': 'same', 'same_payment_id': ours.id}])
        row.with_user(self.admin).action_link()
        self.sweep()
        self.assertRecordValues(row, [{'state': 'done', 'payment_id': ours.id}])
        self.assertEqual((self.residual(move), export.difference), (70, False))

    def test_payment_of_ours_that_is_deleted_in_xero_is_sent_again(self):
        _move, _ours, export = self.sent_and_deleted()
        gone = export.xero_id
        export.difference_ids.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection, times=2)
        self.assertEqual((export.state, export.difference), ('synced', False), export.message)
        self.assertNotEqual(export.xero_id, gone)
        held = self.sandbox.organisations[HARBOUR].payments[export.xero_id]
        self.assertEqual((held['Status'], float(held['Amount'])), ('AUTHORISED', 30))

    def test_xeros_deletion_of_ours_is_not_taken_over_by_one_press(self):
        _move, ours, export = self.sent_and_deleted()
        if export.difference_ids.with_user(self.admin).can_take_xeros:
            with self.assertRaises(UserError):
                export.difference_ids.with_user(self.admin).action_take_xeros()
        self.assertEqual(ours.move_id.state, 'posted')
        self.assertTrue(export.partial_id)
