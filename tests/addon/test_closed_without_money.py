from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .allocation_common import XeroAllocationCase


@tagged('post_install', '-at_install')
class TestClosedWithoutMoney(XeroAllocationCase):
    """Documents that were closed in Odoo without money are listed, because Xero still shows them as open."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.move, cls.export = cls.synced()

    def write_off(self, move, amount):
        """Close a part of a document by a journal entry."""
        account = self.terms(move).account_id
        entry = self.env['account.move'].create({'move_type': 'entry', 'date': '2026-11-03', 'line_ids': [
            Command.create({'account_id': account.id, 'partner_id': move.partner_id.id, 'credit': amount, 'name': "write-off"}),
            Command.create({'account_id': self.company_data['default_account_expense'].id, 'debit': amount, 'name': "write-off"}),
        ]})
        entry.action_post()
        (self.terms(move) | entry.line_ids.filtered(lambda line: line.account_id == account)).reconcile()
        return entry

    def pay(self, moves, **values):
        wizard = self.env['account.payment.register'].with_context(active_model='account.move', active_ids=moves.ids)
        return wizard.create({'payment_date': '2026-11-03', **values})._create_payments()

    def different(self):
        self.env.invalidate_all()
        return self.env['xero.export'].search([('is_different', '=', True)])

    def assert_listed(self, move, *words):
        export = self.export_of(move)
        self.assertEqual(self.different(), export)
        self.assertEqual(self.env['xero.export'].retrieve_tiles()['different'], 1)
        for word in words:
            self.assertIn(word, export.closed_difference)
        self.assertEqual(export.explanation, export.closed_difference)
        self.assertIn(words[0], move._get_alerts()['xero_different']['message'])
        return export

    def test_a_journal_entry(self):
        invoice, export = self.move, self.export
        entry = self.write_off(invoice, 12.5)
        self.run_slice(self.connection)
        self.assert_listed(invoice, "12.50", invoice.name, entry.name, "not a payment", "still open")
        self.assertFalse(export.difference)
        self.assertFalse(self.calls('PUT') + self.calls('POST'), "it is not sent")
        self.terms(invoice).remove_move_reconcile()
        self.run_slice(self.connection)
        self.assertFalse(self.different(), "the difference is removed automatically")
        self.assertNotIn('xero_different', invoice._get_alerts())

    def test_before_the_document_went_out(self):
        invoice = self.document()
        self.write_off(invoice, 100)
        self.run_slice(self.connection)
        self.assert_listed(invoice, "100.00")

    def test_payments_are_nothing_to_tell(self):
        invoices = self.documents(3)
        self.run_slice(self.connection)
        self.pay(invoices[0])
        self.pay(invoices[1:], group_payment=True)
        self.assertFalse(any(invoices.mapped('amount_residual')))
        self.connection.swept_at = False
        self.run_slice(self.connection)
        self.assertFalse(self.different())

    def test_the_part_of_a_payment_that_is_no_money(self):
        """The payment's entry closes 100, and 97 of it is money."""
        invoice = self.move
        payment = self.pay(
            invoice, amount=97, payment_difference_handling='reconcile', writeoff_label="Forgiven",
            writeoff_account_id=self.company_data['default_account_expense'].id)
        self.assertFalse(invoice.amount_residual)
        self.run_slice(self.connection)
        self.assert_listed(invoice, "3.00", payment.move_id.name, "without money")

    def test_early_payment_discounts_of_two_bills_paid_at_once(self):
        terms = self.env['account.payment.term'].create({
            'name': "2 % in 10 days", 'early_discount': True, 'discount_percentage': 2, 'discount_days': 10,
            'line_ids': [Command.create({'value': 'percent', 'value_amount': 100, 'nb_days': 30})]})
        bills = self.document('in_invoice', ref='B-1', invoice_payment_term_id=terms.id)
        bills |= self.document('in_invoice', {'price_unit': 50}, ref='B-2', invoice_payment_term_id=terms.id)
        self.run_slice(self.connection)
        self.pay(bills, group_payment=True)
        self.assertFalse(any(bills.mapped('amount_residual')))
        self.run_slice(self.connection)
        exports = bills.xero_export_ids
        self.assertEqual(self.different(), exports)
        self.assertIn("2.00", exports.filtered(lambda export: export.move_id == bills[0]).closed_difference)
        self.assertIn("1.00", exports.filtered(lambda export: export.move_id == bills[1]).closed_difference)

    def test_a_credit_note_that_does_not_go_to_xero(self):
        self.connection.export_sale_credit = False
        invoice, credit_note = self.pair()
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.assert_listed(invoice, "40.00", credit_note.name, f"Export {credit_note.name}")
        credit_note.with_user(self.billing).action_xero_export()
        self.run_slice(self.connection, 2)
        self.assertFalse(self.different(), "now it is an allocation")
        self.assert_allocated((credit_note, invoice, 40))

    def test_a_credit_note_in_another_currency(self):
        currency = self.setup_other_currency('USD', rates=[('2026-11-01', 0.5)])
        invoice = self.document()
        credit_note = self.document('out_refund', {'price_unit': 20}, currency_id=currency.id)
        self.run_slice(self.connection)
        self.reconcile(invoice, credit_note)
        self.run_slice(self.connection)
        self.assertFalse(self.rows())
        self.assertEqual(self.different(), self.export_of(invoice) | self.export_of(credit_note))
        self.assertIn("40.00", self.export_of(invoice).closed_difference)
        self.assertIn("another currency", self.export_of(credit_note).closed_difference)
        self.assertIn("20.00", self.export_of(credit_note).closed_difference)

    def test_both_sorts_of_difference_stand_beside_each_other(self):
        invoice, export = self.move, self.export
        self.write_off(invoice, 12.5)
        self.connection.send_changes = False
        self.change(invoice, ref='Order 9')
        self.assertIn("reference", export.difference)
        self.assertIn("12.50", export.closed_difference)
        self.assertIn("reference", export.explanation)
        self.assertIn("12.50", export.explanation)
        export.with_user(self.admin).action_keep_xeros()
        self.run_slice(self.connection)
        self.assertFalse(export.difference)
        self.assertIn("12.50", export.closed_difference)

    def test_entered_in_xero_by_a_person(self):
        invoice, export = self.move, self.export
        self.write_off(invoice, 12.5)
        self.run_slice(self.connection)
        with self.assertRaises(AccessError):
            export.with_user(self.billing).action_entered_in_xero()
        export.with_user(self.admin).action_entered_in_xero()
        self.assertFalse(self.different())
        self.assertIn("12.50", invoice.message_ids[0].body)
        self.connection.swept_at = False
        self.run_slice(self.connection)
        self.assertFalse(self.different(), "it is not asked again")
        self.write_off(invoice, 1)
        self.run_slice(self.connection)
        self.assertNotIn("12.50", self.assert_listed(invoice, "1.00").closed_difference)

    def test_the_sweep_finds_what_the_hook_missed(self):
        invoice, export = self.move, self.export
        self.write_off(invoice, 12.5)
        export.sudo().closing_checked_at = '2026-01-01'
        self.connection.swept_at = False
        self.run_slice(self.connection)
        self.assert_listed(invoice, "12.50")

    def test_one_look_for_many_documents(self):
        """Open documents cost one query together, not one each."""
        exports = self.env['xero.export'].browse(self.documents(20).xero_export_ids.ids)
        self.run_slice(self.connection)
        exports.sudo().closing_checked_at = False
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.env['xero.closing']._look_at(exports.sudo())
        self.env.flush_all()
        self.assertLessEqual(self.env.cr.sql_log_count - before, 5)

    def test_what_was_entered_is_open_again_in_a_document_that_starts_over(self):
        invoice, export = self.move, self.export
        self.write_off(invoice, 12.5)
        self.run_slice(self.connection)
        export.with_user(self.admin).action_entered_in_xero()
        self.assertFalse(self.different())
        export.sudo()._start_over()
        self.assertEqual((export.closing_checked_at, export.entered_partials), (False, False), "the new document is looked at for all that closed it")
