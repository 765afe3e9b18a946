from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.feeds import xero_feed
from ...models.steps.slice import Slice
from .credit_in_common import LINE, XeroCreditInCase


@tagged('post_install', '-at_install')
class TestCreditIn(XeroCreditInCase):
    """A credit note that was made in Xero and allocated to an exported document is a draft in Odoo, until a person posts it."""

    def test_becomes_a_draft_that_is_never_sent(self):
        move, export = self.draft(Reference="Return 3")
        self.assertRecordValues(move, [{
            'move_type': 'out_refund', 'state': 'draft', 'partner_id': self.partner_a.id, 'journal_id': self.move.journal_id.id, 'amount_total': 40,
            'ref': "Return 3", 'invoice_origin': 'CN-7', 'currency_id': self.move.currency_id.id}])
        self.assertEqual((str(move.invoice_date), str(move.date)), ('2026-11-05', '2026-11-05'))
        self.assertRecordValues(move.invoice_line_ids, [{
            'name': "Returned", 'quantity': 1, 'price_unit': 40, 'account_id': self.company_data['default_account_revenue'].id, 'tax_ids': []}])
        self.assertRecordValues(export, [{
            'state': 'synced', 'operation': 'none', 'xero_number': 'CN-7', 'document_name': 'CN-7', 'is_unconfirmed': True, 'xero_total': 40}])
        row = self.open_rows(export)
        self.assertEqual(row.topic, 'draft')
        self.assertIn("Check its draft, and confirm it", row.text)
        self.assertFalse(row.can_accept)
        self.assertEqual((move._get_alerts()['xero_different']['level'], move._get_alerts()['xero_different']['message']), ('info', export.difference))
        self.assertIn("waits to be confirmed", self.notes(self.move))
        self.assertFalse(self.written())
        self.check()
        self.assertEqual((len(self.exports_in()), self.open_rows(), self.written()), (1, row, []))

    def test_posted_it_is_reconciled_as_in_xero(self):
        move, export = self.draft(amount=25)
        self.assertFalse(self.open_rows(self.export_of(self.move)), "the draft explains what is credited in Xero only")
        move.action_post()
        self.env.invalidate_all()
        self.assertEqual((self.move.amount_residual, move.amount_residual), (75, 15))
        [row] = self.allocation_rows()
        self.assertRecordValues(row, [{'state': 'synced', 'amount_total': 25, 'xero_total': 25, 'operation': 'none'}])
        self.assertEqual(row.xero_id, export.xero_allocations[0]['id'])
        self.assertEqual(export.document_name, move.name)
        self.check()
        self.prove()
        self.assertRecordValues(export, [{'state': 'synced', 'operation': 'none', 'difference': False, 'is_unconfirmed': False}])
        self.assertEqual((self.open_rows(), self.written()), (self.env['xero.difference'], []))

    def test_posted_by_a_user_of_invoicing_only(self):
        move, export = self.draft()
        move.with_user(self.billing).action_post()
        self.env.invalidate_all()
        self.assertEqual((self.move.amount_residual, export.is_unconfirmed, self.allocation_rows().state), (60, False, 'synced'))

    def test_first_sync_comes_first(self):
        """While a first sync links what both sides have, no draft is made; the next comparison makes it."""
        self.connection.sudo().first_sync_id = self.env['xero.first.sync'].sudo().create({
            'connection_id': self.connection.id, 'date_from': '2026-11-01', 'date_to': '2026-11-30'})
        self.credit()
        self.check()
        self.assertFalse(self.exports_in())
        self.connection.sudo().first_sync_id = False
        self.prove()
        self.assertEqual(len(self.exports_in()), 1)

    def test_paid_in_full(self):
        move, _export = self.draft(None, {**LINE, 'UnitAmount': 100})
        move.action_post()
        self.env.invalidate_all()
        self.assertEqual((self.move.amount_residual, move.amount_residual), (0, 0))
        self.assertEqual(self.move.payment_state, 'reversed')
        self.assertTrue(self.move.line_ids.full_reconcile_id)

    def test_difference_of_the_invoice_ends(self):
        self.connection.credit_note_policy = 'none'
        self.credit()
        self.check()
        self.assertEqual(self.open_rows().mapped('topic'), ['paid'])
        self.connection.credit_note_policy = 'draft'
        self.prove()
        [export] = self.exports_in()
        self.assertEqual(self.open_rows().mapped('topic'), ['draft'])
        export.move_id.action_post()
        self.check()
        self.assertFalse(self.open_rows())
        self.assertEqual(self.move.amount_residual, 60)

    def test_several_documents_and_later_allocations(self):
        other = self.document()
        self.run_slice(self.connection)
        made = self.credit(amount=10)
        self.allocate(made, other, 20)
        self.check()
        [export] = self.exports_in()
        export.move_id.action_post()
        self.env.invalidate_all()
        self.assertEqual((self.move.amount_residual, other.amount_residual, export.move_id.amount_residual), (90, 80, 10))
        self.allocate(made, other, 10)
        self.check()
        self.assertEqual((other.amount_residual, export.move_id.amount_residual), (70, 0))
        self.assertEqual(self.allocation_rows().mapped('state'), ['synced'] * 3)
        self.assertFalse(self.written())

    def test_vendor(self):
        bill = self.document('in_invoice', ref="B-1")
        self.run_slice(self.connection)
        self.decide_taxes(bill, 'EXEMPTEXPENSES')
        move, export = self.draft(bill, {**LINE, 'AccountCode': '469', 'TaxType': 'EXEMPTEXPENSES'}, number='VC-1')
        self.assertRecordValues(move, [{'move_type': 'in_refund', 'ref': 'VC-1', 'amount_total': 40, 'journal_id': bill.journal_id.id}])
        move.action_post()
        self.check()
        self.assertEqual((bill.amount_residual, export.difference, export.state), (60, False, 'synced'))
        self.assertFalse(self.written())

    def test_instalments(self):
        self.move = self.document(post=False)
        self.move.invoice_payment_term_id = self.pay_terms_b
        self.move.action_post()
        self.run_slice(self.connection)
        move, _export = self.draft(self.move, {**LINE, 'UnitAmount': 50})
        move.action_post()
        self.run_slice(self.connection)
        self.assertEqual((self.move.amount_residual, move.amount_residual), (50, 0))
        self.assertEqual(set(self.allocation_rows().mapped('state')), {'skipped'})
        self.assertFalse(self.written())

    def test_currency(self):
        currency = self.setup_other_currency('USD', rates=[('2026-01-01', 0.5)])
        invoice = self.document(currency_id=currency.id)
        self.run_slice(self.connection)
        move, _export = self.draft(invoice, CurrencyCode='USD', CurrencyRate=0.8, amount=30)
        self.assertEqual((move.currency_id, move.amount_total, move.amount_total_signed), (currency, 40, -50))
        move.action_post()
        self.env.invalidate_all()
        self.assertEqual((invoice.amount_residual, move.amount_residual), (70, 10))
        [row] = self.allocation_rows()
        self.assertEqual((row.state, row.amount_total), ('synced', 30))

    # === WHAT A PERSON OR XERO DOES TO IT === #

    def test_voided_in_xero_before_it_is_posted(self):
        made = self.credit()
        self.check()
        [export] = self.exports_in()
        self.void(made)
        self.check()
        self.assertRecordValues(export, [{'is_unconfirmed': False, 'done_operation': 'void', 'state': 'synced', 'difference': False}])
        self.assertEqual((export.move_id.state, self.open_rows()), ('cancel', self.env['xero.difference']))
        self.assertIn("the draft was cancelled", self.notes(export.move_id))
        self.check()
        self.assertFalse(self.written())

    def test_voided_in_xero_after_it_was_posted(self):
        made = self.credit()
        self.check()
        [export] = self.exports_in()
        export.move_id.action_post()
        self.check()
        self.void(made)
        self.check()
        self.assertEqual((export.move_id.state, self.open_rows(export).topic), ('posted', 'gone'))

    def test_draft_that_a_person_deletes_is_not_made_again_nor_voided_in_xero(self):
        move, export = self.draft()
        move.unlink()
        self.check()
        row = self.open_rows()
        self.assertEqual((row.topic, row.export_id, row.can_accept), ('draft', export.sudo(False), True))
        self.assertIn("its draft was deleted", row.text)
        row.with_user(self.admin)._accept("Entered by hand")
        self.check()
        self.prove()
        self.assertEqual((len(self.exports_in()), self.written()), (1, []))
        self.assertEqual(self.open_rows().mapped('topic'), ['paid'], "nothing in Odoo explains any more what is credited in Xero")

    def test_draft_that_a_person_changes_differs(self):
        move, export = self.draft()
        move.invoice_line_ids.price_unit = 45
        move.action_post()
        self.check()
        self.assertEqual(self.open_rows(export).topic, 'total')
        self.assertFalse(self.written())

    def test_what_odoo_cannot_reconcile_is_said(self):
        move, _export = self.draft(amount=40)
        rest = self.document('out_refund', {'price_unit': 80})
        (self.move | rest).line_ids.filtered(lambda line: line.display_type == 'payment_term').reconcile()
        move.action_post()
        self.env.invalidate_all()
        self.assertEqual((self.move.amount_residual, move.amount_residual), (20, 40))
        self.assertIn("reconcile it by hand", self.notes(move))

    # === LOCKED, KILLED, MISSED === #

    def test_locked_day(self):
        self.credit()
        self.xero_company.sudo().fiscalyear_lock_date = '2026-11-10'
        self.check()
        move = self.exports_in().move_id
        self.assertEqual((str(move.invoice_date), str(move.date)), ('2026-11-05', '2026-11-11'))
        self.assertIn("That day is locked in Odoo", self.notes(move))

    def test_killed_half_way(self):
        """What was not committed is repeated: no draft twice, none lost."""
        class Killed(BaseException):
            pass

        for number in range(3):
            self.credit(amount=10, number=f'CN-{number}')
        self.patch(xero_feed, 'PAGE_SIZE', 1)
        CreditNote, made = self.registry['xero.credit.note'], []
        original = CreditNote._link
        for left in (1, 2):
            made.clear()

            def link(this, *args, left=left):
                made.append(1)
                if len(made) == left:
                    raise Killed
                return original(this, *args)
            with patch.object(CreditNote, '_link', link), self.assertRaises(Killed):
                self.check()
            self.env.invalidate_all()
        for _time in range(3):
            self.check()
        self.assertEqual(sorted(self.exports_in().mapped('xero_number')), ['CN-0', 'CN-1', 'CN-2'])
        self.assertEqual(self.env['account.move'].search_count([('invoice_origin', 'in', ('CN-0', 'CN-1', 'CN-2'))]), 3)

    def test_posted_without_the_hook(self):
        move, export = self.draft()
        with patch.object(self.registry['xero.credit.note'], '_on_posted', lambda *args: None):
            move.action_post()
        self.connection.sudo().swept_at = False
        self.check()
        self.assertEqual((self.move.amount_residual, export.is_unconfirmed, self.allocation_rows().state), (60, False, 'synced'))

    def test_error_while_posting_fails_no_user(self):
        move, export = self.draft()
        with patch.object(self.registry['xero.credit.note'], '_allocate', side_effect=ZeroDivisionError), \
                mute_logger('odoo.addons.account_xero.models.export.containment'):
            move.action_post()
        self.assertEqual((move.state, export.is_unconfirmed), ('posted', True))
        self.connection.sudo().swept_at = False
        self.check()
        self.assertEqual(self.move.amount_residual, 60)

    def test_payments_do_not_double(self):
        bank = self.company_data['default_journal_bank']
        bank.write({'xero_payments': 'in', 'xero_payments_since': '2026-01-01'})
        self.connect(self.connection, user=self.xero_user)
        target = self.env['xero.account'].search([('connection_id', '=', self.connection.id), ('code', '=', '090')])
        self.resolver().find('bank', bank).with_user(self.admin).xero_account_id = target
        move, _export = self.draft()
        self.somebody('PUT', 'Payments', {'Payments': [{
            'Invoice': {'InvoiceID': self.export_of(self.move).xero_id}, 'Account': {'Code': '090'}, 'Date': '2026-11-07', 'Amount': 60}]})
        self.check()
        self.assertEqual(self.env['xero.payment'].search([]).mapped('amount'), [60])
        self.assertEqual(self.move.amount_residual, 40)
        move.action_post()
        self.check()
        self.assertEqual((self.move.amount_residual, move.amount_residual), (0, 0))
        self.assertEqual(len(self.env['xero.payment'].search([])), 1)

    def test_taxes(self):
        tax = self.env['account.tax'].create({'name': "Ten", 'amount': 10, 'type_tax_use': 'sale', 'company_id': self.xero_company.id})
        same = tax.copy({'name': "Ten too"})
        rate = self.env['xero.tax.rate'].search([('connection_id', '=', self.connection.id), ('tax_type', '=', 'OUTPUT')])
        for one in tax | same:
            self.resolver().find('tax', one, 'sale').with_user(self.admin).xero_tax_rate_id = rate
        invoice = self.document('out_invoice', {'tax_ids': [Command.set(tax.ids)]})
        self.run_slice(self.connection)
        move, _export = self.draft(invoice, {**LINE, 'TaxType': 'OUTPUT', 'Quantity': 3, 'UnitAmount': 11.1111}, LineAmountTypes='Inclusive')
        self.assertEqual((move.invoice_line_ids.tax_ids, move.amount_tax, move.amount_total), (tax, 3.03, 33.33))

    def test_draft_with_another_date_and_partner_differs(self):
        move, export = self.draft()
        move.write({'invoice_date': '2026-11-09', 'partner_id': self.partner_b.id})
        move.action_post()
        self.check()
        [row] = self.open_rows(export)
        self.assertIn("The date is", row.text)
        self.assertIn("The partner in Odoo is not", row.text)
        row.with_user(self.admin)._accept("Agreed")
        self.check()
        self.assertFalse(self.open_rows(export))

    def test_draft_in_another_currency_is_not_reconciled(self):
        move, export = self.draft()
        move.currency_id = self.setup_other_currency('USD', rates=[('2026-01-01', 0.5)])
        move.action_post()
        self.env.invalidate_all()
        self.assertEqual((self.move.amount_residual, export.xero_allocations[0]['is_done']), (100, False))
        self.assertIn("The currency is USD", export.difference)
        self.assertIn("another currency in Odoo", self.notes(move))

    def test_total_that_changes_in_xero_is_said_on_the_draft(self):
        made = self.credit(amount=10)
        self.check()
        [export] = self.exports_in()
        element = self.connection.sudo()._client().get(f"CreditNotes/{made['CreditNoteID']}").elements('CreditNotes')[0]
        self.env['xero.credit.note'].sudo()._take(Slice(self.connection.sudo()), [{**element, 'Total': 50}])
        self.assertEqual(export.xero_total, 50)
        self.assertIn("was changed from", self.notes(export.move_id))

    # === AFTER IT WAS CONFIRMED === #

    def test_refused_reconciliation_is_said_once(self):
        move, export = self.draft()
        with patch.object(self.registry['account.move.line'], 'reconcile', side_effect=UserError("No exchange journal.")):
            move.action_post()
            self.connection.sudo().swept_at = False
            self.check()
        self.assertEqual((move.state, export.is_unconfirmed, export.xero_allocations[0]['is_told']), ('posted', False, True))
        self.assertEqual(self.notes(move).count("No exchange journal."), 1)

    def test_removed_allocation_is_said_and_a_new_one_is_followed(self):
        made = self.credit(amount=10)
        self.check()
        [export] = self.exports_in()
        export.move_id.action_post()
        [allocation] = self.held_credit(made)['_allocations']
        self.somebody('DELETE', f"CreditNotes/{made['CreditNoteID']}/Allocations/{allocation['AllocationID']}", None)
        self.check()
        self.assertIn("was removed in Xero", self.notes(export.move_id))
        [row] = self.open_rows(export)
        self.assertRecordValues(row, [{'topic': 'paid_odoo', 'odoo_total': 10, 'xero_total': 0}])
        self.assertIn("undo the reconciliation in Odoo", row.text)
        other = self.document()
        self.run_slice(self.connection)
        self.allocate(made, other, 20)
        self.check()
        self.assertEqual(other.amount_residual, 80)
        self.assertRecordValues(row, [{'state': 'open', 'odoo_total': 30, 'xero_total': 20}])
        terms = self.move.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        (terms.matched_debit_ids | terms.matched_credit_ids).unlink()
        self.run_slice(self.connection)
        self.assertEqual((row.state, row.outcome), ('settled', 'ended'))

    def test_accepted_draft_stays_accepted(self):
        move, export = self.draft()
        move.button_cancel()
        self.check()
        row = self.open_rows(export)
        row.with_user(self.admin)._accept("Not ours")
        export.checked_at = False
        self.check()
        self.assertFalse(self.open_rows(export))
        move.button_draft()
        move.action_post()
        self.env.invalidate_all()
        self.assertEqual((self.move.amount_residual, export.is_void_declined), (60, False))

    def test_gets_no_note_and_keeps_its_number(self):
        self.connection.write({'sends_note': True, 'send_changes': True})
        made = self.credit()
        self.check()
        [export] = self.exports_in()
        export.move_id.action_post()
        self.check()
        self.assertEqual((export.state, export.extra_ids.ids), ('synced', []))
        [allocation] = self.held_credit(made)['_allocations']
        self.somebody('DELETE', f"CreditNotes/{made['CreditNoteID']}/Allocations/{allocation['AllocationID']}", None)
        self.check()
        self.change(export.move_id, ref="Returned in May")
        for _time in range(2):
            export.next_try_at = False
            self.check()
        held = self.held_credit(made)
        self.assertEqual((held['Reference'], held['CreditNoteNumber']), ("Returned in May", 'CN-7'))
