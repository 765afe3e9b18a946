from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.payment import xero_credit_note
from ...models.steps.slice import Slice
from ..common import HARBOUR
from .credit_in_common import LINE, XeroCreditInCase


@tagged('post_install', '-at_install')
class TestCreditInListed(XeroCreditInCase):
    """What Odoo cannot, or must not, make a draft of is listed under Differences with both documents and the reason, or left out."""

    def listed(self, *args, **values):
        """Make a credit note in Xero and read it; return its difference. No draft is made."""
        self.connection.alarm_paid = False
        self.credit(*args, **values)
        self.check()
        self.assertFalse(self.exports_in())
        row = self.open_rows()
        self.assertEqual(row.topic, 'only_xero')
        return row

    def read(self, credit_note):
        """Return a credit note as the client reads it."""
        return self.connection.sudo()._client().get(f"CreditNotes/{credit_note['CreditNoteID']}").elements('CreditNotes')[0]

    def no_draft(self):
        self.check()
        self.prove()
        self.assertFalse(self.exports_in())

    # === POLICIES === #

    def test_new_connections_make_drafts(self):
        self.assertEqual(self.env['xero.connection'].default_get(['credit_note_policy']), {'credit_note_policy': 'draft'})

    def test_policy_list(self):
        self.connection.credit_note_policy = 'list'
        row = self.listed(amount=25)
        self.assertRecordValues(row, [{
            'document_name': 'CN-7', 'kind': 'sale_credit', 'partner_id': self.partner_a.id, 'xero_total': 40, 'currency_id': self.move.currency_id.id}])
        text = row.text.replace('\N{NO-BREAK SPACE}', ' ')
        for words in ('CN-7', self.move.name, '25.00'):
            self.assertIn(words, text)
        self.assertTrue(row.xero_url)
        self.check()
        self.prove()
        self.assertEqual(self.open_rows(), row, "the nightly comparison lists it in the same way")

    def test_policy_none(self):
        self.connection.credit_note_policy = 'none'
        self.credit()
        self.check()
        self.assertFalse(self.calls('GET', '/api.xro/2.0/CreditNotes'))
        self.assertFalse(self.exports_in())

    def test_list_that_becomes_draft(self):
        self.connection.credit_note_policy = 'list'
        row = self.listed()
        self.connection.credit_note_policy = 'draft'
        self.prove()
        self.assertEqual((len(self.exports_in()), row.state, row.outcome), (1, 'settled', 'ended'))

    def test_accepted_stays_in_xero_only(self):
        self.connection.credit_note_policy = 'list'
        row = self.listed()
        row.with_user(self.admin)._accept("A friendly gesture")
        self.connection.credit_note_policy = 'draft'
        self.no_draft()
        self.assertFalse(self.open_rows())

    # === THE MAPPING READ BACKWARDS === #

    def test_account_of_the_invoice_decides_between_several(self):
        other = self.env['account.account'].create({'name': "Sales too", 'code': 'SAL002', 'account_type': 'income'})
        self.map_account(other, '200')
        move, _export = self.draft()
        self.assertEqual(move.invoice_line_ids.account_id, self.company_data['default_account_revenue'])
        self.assertNotIn("choose its account", self.notes(move))

    def test_account_that_is_not_sure_is_said(self):
        move, _export = self.draft(None, {**LINE, 'AccountCode': '260'})
        self.assertEqual(move.invoice_line_ids.account_id, move.journal_id.default_account_id)
        self.assertIn("“Returned” has the account 260 in Xero", self.notes(move))

    def test_tax_that_is_not_sure_is_said(self):
        move, _export = self.draft(None, {**LINE, 'TaxType': 'EXEMPTEXPORT'})
        self.assertEqual((move.amount_total, move.invoice_line_ids.tax_ids), (40, self.env['account.tax']))
        self.assertIn("choose its tax", self.notes(move))

    def test_tax_with_an_amount_waits_for_the_mapping(self):
        row = self.listed(None, {**LINE, 'TaxType': 'OUTPUT'})
        self.assertIn("does not say which taxes in Odoo that is", row.text)
        tax = self.env['account.tax'].create({'name': "Ten", 'amount': 10, 'type_tax_use': 'sale', 'company_id': self.xero_company.id})
        rate = self.env['xero.tax.rate'].search([('connection_id', '=', self.connection.id), ('tax_type', '=', 'OUTPUT')])
        self.resolver().find('tax', tax, 'sale').with_user(self.admin).xero_tax_rate_id = rate
        self.prove()
        [export] = self.exports_in()
        self.assertEqual((export.move_id.amount_tax, export.move_id.amount_total, row.state), (4, 44, 'settled'))

    def test_text_lines_and_fractions(self):
        move, _export = self.draft(None, {'Description': "As agreed by phone"}, {**LINE, 'Quantity': 3, 'UnitAmount': 3.3333})
        note, line = move.invoice_line_ids.sorted('sequence')
        self.assertEqual((note.display_type, note.name), ('line_note', "As agreed by phone"))
        self.assertEqual((line.quantity, line.price_unit, line.name, move.amount_total), (1, 10, "Returned\n3 × 3.3333", 10))

    def test_tracking(self):
        organisation = self.sandbox.organisations[HARBOUR]
        category = organisation.tracking[0]
        plan = self.env['account.analytic.plan'].create({'name': "Where"})
        self.connection.write({
            'tracking_plan_1_id': plan.id,
            'tracking_category_1_id': self.env['xero.tracking.category'].search([
                ('connection_id', '=', self.connection.id), ('xero_id', '=', category['TrackingCategoryID'])]).id})
        option = category['Options'][0]
        account = self.env['account.analytic.account'].create({'name': option['Name'], 'plan_id': plan.id})
        self.resolver().find('tracking', account)
        move, _export = self.draft(None, {**LINE, 'Tracking': [{'Name': category['Name'], 'Option': option['Name']}]})
        self.assertEqual(move.invoice_line_ids.analytic_distribution, {str(account.id): 100})

    # === NOT THE SAME === #

    def test_total_that_odoo_computes_differently(self):
        tax = self.env['account.tax'].create({'name': "Ten", 'amount': 10, 'type_tax_use': 'sale', 'company_id': self.xero_company.id})
        rate = self.env['xero.tax.rate'].search([('connection_id', '=', self.connection.id), ('tax_type', '=', 'OUTPUT')])
        self.resolver().find('tax', tax, 'sale').with_user(self.admin).xero_tax_rate_id = rate
        row = self.listed(None, {**LINE, 'TaxType': 'OUTPUT', 'TaxAmount': 3.5})
        self.assertIn("Odoo computes a total of", row.text)
        self.assertFalse(self.env['account.move'].search([('invoice_origin', '=', 'CN-7')]))

    def test_number_that_odoo_has(self):
        twin = self.document('out_refund', {'price_unit': 40}, post=False, ref='CN-7')
        row = self.listed()
        self.assertIn("Odoo has a credit note with this number already", row.text)
        self.assertEqual(twin.state, 'draft')

    def test_invoice_that_is_not_posted(self):
        made = self.credit()
        self.move.button_draft()
        self.check()
        self.assertIn(f"Not posted in Odoo: {self.move.name}.", self.open_rows().filtered(lambda row: row.topic == 'only_xero').text)
        self.move.action_post()
        self.prove()
        self.assertEqual(self.exports_in().xero_id, made['CreditNoteID'])

    def test_what_is_not_ours_to_take(self):
        """Without an allocation, as a draft, allocated to a document that Odoo did not export, or ours."""
        self.credit(amount=0)
        self.credit(amount=0, number='CN-8', Status='DRAFT')
        stranger = self.stranger(Contact={'ContactID': self.held(self.export_of(self.move))['Contact']['ContactID']}, InvoiceNumber='BY-HAND')
        made = self.credit(amount=0, number='CN-9')
        self.somebody('PUT', f"CreditNotes/{made['CreditNoteID']}/Allocations", {'Allocations': [{
            'Amount': 5, 'Date': '2026-11-06', 'Invoice': {'InvoiceID': stranger['InvoiceID']}}]})
        self.no_draft()

    def test_ours_whose_answer_was_lost(self):
        credit_note = self.document('out_refund', {'price_unit': 40})
        self.run_slice(self.connection)
        export = self.export_of(credit_note).sudo()
        self.allocate({'CreditNoteID': export.xero_id}, self.move, 40)
        element = self.read({'CreditNoteID': export.xero_id})
        export.write({'state': 'uncertain', 'xero_id': False})
        taken = self.env['xero.credit.note'].sudo()._take(Slice(self.connection.sudo()), [element])
        self.assertEqual((taken.changed, taken.listed, len(self.exports_in())), (0, set(), 1))

    def test_hostile_answers_stop_nothing(self):
        good = self.read(self.credit())
        hostile = [{**good, 'CreditNoteID': f'{number:036}', **values} for number, values in enumerate((
            {'LineItems': "none"}, {'LineItems': [7]}, {'LineItems': [{**good['LineItems'][0], 'LineAmount': "much"}]}, {'Total': "a lot"},
            {'Date': 7, 'DateString': None}, {'Allocations': {}}, {'Type': ['ACCRECCREDIT']}, {'CurrencyCode': {}}, {'Contact': "nobody"},
            {'CreditNoteNumber': ['x']}, {'Status': []}, {'CurrencyRate': "high"}))]
        with mute_logger('odoo.addons.account_xero.models.export.containment'):
            self.env['xero.credit.note'].sudo()._take(Slice(self.connection.sudo()), [*hostile, good])
        self.assertIn(good['CreditNoteID'], self.exports_in().mapped('xero_id'))

    def test_more_than_a_slice_can_make_are_made_by_later_ones(self):
        elements = [self.read(self.credit(number=f'CN-{number}', amount=1)) for number in range(3)]
        current = Slice(self.connection.sudo())
        current.deadline = 0
        with patch.object(xero_credit_note, 'PORTION', 1):
            taken = self.env['xero.credit.note'].sudo()._take(current, elements)
        self.assertEqual((len(self.exports_in()), len(taken.listed)), (1, 2))
        self.assertIn("too many at once", self.env['xero.difference'].search([('topic', '=', 'only_xero')])[0].text)
        self.env['xero.credit.note'].sudo()._take(Slice(self.connection.sudo()), elements)
        self.assertEqual((len(self.exports_in()), self.env['xero.difference'].search_count([('topic', '=', 'only_xero'), ('state', '=', 'open')])), (3, 0))

    def test_unexpected_error_is_listed(self):
        self.connection.alarm_paid = False
        with patch.object(self.registry['xero.credit.note'], '_prepare_lines', side_effect=ZeroDivisionError), \
                mute_logger('odoo.addons.account_xero.models.export.containment'):
            row = self.listed()
        self.assertIn("ZeroDivisionError", row.text)
        self.prove()
        self.assertEqual((len(self.exports_in()), row.state), (1, 'settled'))

    def test_price_that_contains_its_tax(self):
        tax = self.env['account.tax'].create({
            'name': "Ten in it", 'amount': 10, 'type_tax_use': 'sale', 'price_include_override': 'tax_included', 'company_id': self.xero_company.id})
        rate = self.env['xero.tax.rate'].search([('connection_id', '=', self.connection.id), ('tax_type', '=', 'OUTPUT')])
        self.resolver().find('tax', tax, 'sale').with_user(self.admin).xero_tax_rate_id = rate
        invoice = self.document('out_invoice', {'tax_ids': [Command.set(tax.ids)]})
        self.run_slice(self.connection)
        move, _export = self.draft(invoice, {**LINE, 'TaxType': 'OUTPUT'})
        self.assertEqual((move.invoice_line_ids.price_unit, move.amount_tax, move.amount_total), (44, 4, 44))

    def test_two_taxes_with_one_rate_in_xero(self):
        taxes = self.env['account.tax'].create([{
            'name': name, 'amount': 10, 'type_tax_use': 'sale', 'price_include_override': override, 'company_id': self.xero_company.id,
        } for name, override in (("Ten", 'tax_excluded'), ("Ten in it", 'tax_included'))])
        rate = self.env['xero.tax.rate'].search([('connection_id', '=', self.connection.id), ('tax_type', '=', 'OUTPUT')])
        for tax in taxes:
            self.resolver().find('tax', tax, 'sale').with_user(self.admin).xero_tax_rate_id = rate
        invoice = self.document('out_invoice', *({'tax_ids': [Command.set(tax.ids)]} for tax in taxes))
        other = self.document('out_invoice', {'tax_ids': [Command.set(taxes[1].ids)]})
        self.run_slice(self.connection)
        # 40 with its tax, 40 without it; the last one credits an invoice that has only the tax in the price
        for move, kind, tax, price, total in (
                (invoice, 'Exclusive', taxes[0], 40, 44), (invoice, 'Inclusive', taxes[0], 36.36, 40), (other, 'Inclusive', taxes[1], 40, 40)):
            with self.subTest(kind=kind, tax=tax.name):
                self.credit(move, {**LINE, 'TaxType': 'OUTPUT'}, number=f'CN-{kind}-{move.id}', LineAmountTypes=kind)
                self.check()
                draft = self.exports_in()[-1:].move_id
                line = draft.invoice_line_ids
                self.assertEqual((line.tax_ids, line.price_unit, draft.amount_total), (tax, price, total))

    # === CREDITED ON BOTH SIDES === #

    def test_invoice_that_is_credited_in_odoo_already(self):
        ours = self.document('out_refund')
        (self.move | ours).line_ids.filtered(lambda line: line.display_type == 'payment_term').reconcile()
        made = self.credit()
        self.env['xero.credit.note'].sudo()._take(Slice(self.connection.sudo()), [self.read(made)])
        self.assertFalse(self.exports_in().filtered('is_unconfirmed'))
        self.assertIn("perhaps it is credited in Odoo already", self.open_rows().filtered(lambda row: row.topic == 'only_xero').text)

    def test_entered_by_hand_it_is_linked_and_not_sent_again(self):
        self.connection.credit_note_policy = 'list'
        row = self.listed()
        ours = self.document('out_refund', {'price_unit': 40}, invoice_date='2026-11-05')
        self.run_slice(self.connection)
        export = self.export_of(ours)
        self.assertRecordValues(export, [{'state': 'failed', 'cause': 'number', 'can_link': True}])
        self.assertEqual(export.candidate['CreditNoteID'], row.xero_id)
        self.assertIn("choose Link it", row.text)
        export.with_user(self.admin).action_link_it()
        self.run_slice(self.connection)
        self.assertEqual((export.state, export.xero_id), ('synced', row.xero_id))
        self.assertFalse(self.written())

    def test_another_one_is_sent_when_the_difference_is_settled(self):
        self.connection.credit_note_policy = 'list'
        row = self.listed()
        export = self.export_of(self.document('out_refund', {'price_unit': 40}))
        self.run_slice(self.connection)
        self.assertEqual((export.state, export.can_link), ('failed', False))
        row.with_user(self.admin)._accept("Another one")
        export.with_user(self.admin).action_resync()
        self.run_slice(self.connection)
        self.assertEqual(export.state, 'synced')

    def test_entered_after_its_draft_was_deleted(self):
        move, _export = self.draft()
        move.unlink()
        self.check()
        export = self.export_of(self.document('out_refund', {'price_unit': 40}))
        self.run_slice(self.connection)
        self.assertRecordValues(export, [{'state': 'failed', 'cause': 'number', 'can_link': False}])
        self.assertIn("skip it", export.message)

    # === STRANGE ANSWERS === #

    def test_odd_contact_ends_no_page(self):
        good = self.read(self.credit())
        hostile = [{**good, 'CreditNoteID': f'{number:036}', 'Contact': {'ContactID': value}} for number, value in enumerate(([1], {'a': 2}, 7))]
        self.document('out_refund', {'price_unit': 40})
        self.export_of(self.move)     # what waits for its id is compared with each
        self.env['xero.credit.note'].sudo()._take(Slice(self.connection.sudo()), [*hostile, {**good, 'CreditNoteNumber': 'CN-X'}])
        self.assertIn(good['CreditNoteID'], self.exports_in().mapped('xero_id'))

    def test_allocation_without_an_id_is_reconciled(self):
        element = self.read(self.credit(amount=10))
        [allocation] = element['Allocations']
        bare = {name: value for name, value in allocation.items() if name != 'AllocationID'}
        self.env['xero.credit.note'].sudo()._take(Slice(self.connection.sudo()), [{**element, 'Allocations': [bare, {**bare, 'Amount': 5}]}])
        [export] = self.exports_in()
        export.move_id.action_post()
        self.env.invalidate_all()
        self.assertEqual((self.move.amount_residual, export.move_id.amount_residual), (85, 25))
