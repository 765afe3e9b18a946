from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from ..common import ADVISER, FINANCE, HARBOUR
from .payload_common import XeroPayloadCase


@tagged('post_install', '-at_install')
class TestPayloadHeader(XeroPayloadCase):
    """The header of a document."""

    def test_each_kind_whole(self):
        """The exact element of every kind. Tests of contact, date and status follow."""
        base = self.connection.get_base_url()
        line = {'Description': "Work", 'Quantity': 1, 'UnitAmount': 100, 'TaxType': 'BASEXCLUDED'}
        for move_type, kind, sent in [
            ('out_invoice', 'ACCREC', {'InvoiceNumber': 'name', 'DueDate': '2026-11-02', 'Reference': 'ref', 'Url': 'url'}),
            ('out_receipt', 'ACCREC', {'InvoiceNumber': 'name', 'DueDate': '2026-11-02', 'Reference': 'ref', 'Url': 'url'}),
            ('in_invoice', 'ACCPAY', {'InvoiceNumber': 'ref', 'DueDate': '2026-11-02', 'Url': 'url'}),
            ('in_receipt', 'ACCPAY', {'InvoiceNumber': 'ref', 'DueDate': '2026-11-02', 'Url': 'url'}),
            ('out_refund', 'ACCRECCREDIT', {'CreditNoteNumber': 'name', 'Reference': 'ref'}),
            ('in_refund', 'ACCPAYCREDIT', {'CreditNoteNumber': 'ref'}),
        ]:
            with self.subTest(move_type=move_type):
                move = self.document(move_type, ref=f'PO 4711 {move_type}')
                element = self.element_sent(move)
                contact = self.env['xero.contact']._match(self.connection, self.partner_a)[self.partner_a]
                words = {
                    'name': move.name, 'ref': move.ref,
                    'url': f'{base}/mail/view?model=account.move&res_id={move.id}&from={self.connection.contact_prefix}'}
                account = '200' if move.is_sale_document(include_receipts=True) else '469'
                self.assertEqual(element, {
                    'Type': kind, 'Contact': {'ContactID': contact.xero_id}, 'Date': '2026-11-02', 'LineAmountTypes': 'Exclusive',
                    'CurrencyCode': 'AUD', 'Status': 'AUTHORISED', 'LineItems': [{**line, 'AccountCode': account}],
                    **{name: words.get(value, value) for name, value in sent.items()}})
                self.assert_held(move, total='100.00')

    # === Numbers and references === #

    def test_reference_of_sales(self):
        """The customer's reference, or else the payment reference."""
        move = self.document(ref="PO 4711")
        self.assertEqual(self.element_sent(move)['Reference'], "PO 4711")
        move = self.document()
        self.assertEqual(self.element_sent(move)['Reference'], move.payment_reference)
        self.assertTrue(move.payment_reference)
        move = self.document(ref="x" * 300)
        self.assertEqual(self.element_sent(move)['Reference'], "x" * 255)

    def test_a_bill_without_the_vendors_reference_has_our_number(self):
        move = self.document('in_invoice', ref=False)
        self.assertEqual(self.element_sent(move)['InvoiceNumber'], move.name)

    def test_our_own_numbers_are_never_changed(self):
        for name in ("Rechnung №7", "tab\there", "x" * 256):
            with self.subTest(name=name):
                move = self.document(post=False, name=name)
                move.action_post()
                export = self.sync(move)
                self.assertEqual((export.state, export.cause), ('failed', 'number'))
                self.assertIn(name[:50], export.message)

    # === Dates === #

    def test_date_of_bills_is_a_policy(self):
        self.assertEqual(self.connection.bill_date, 'document')
        for policy, date in (('accounting', '2026-11-05'), ('document', '2026-10-20'), ('open', '2026-10-20')):
            with self.subTest(policy=policy):
                self.connection.bill_date = policy
                move = self.document('in_invoice', ref=f'B-{policy}', invoice_date='2026-10-20', date='2026-11-05')
                self.assertEqual(self.element_sent(move)['Date'], date)
                credit = self.document('in_refund', ref=f'C-{policy}', invoice_date='2026-10-20', date='2026-11-05')
                self.assertEqual(self.element_sent(credit)['Date'], date)

    def test_sales_go_with_the_date_on_the_document(self):
        self.connection.bill_date = 'accounting'
        move = self.document(invoice_date='2026-10-20', date='2026-10-20')
        self.assertEqual(self.element_sent(move)['Date'], '2026-10-20')

    def test_a_lock_date_in_odoo_moves_the_bill_by_policy(self):
        self.xero_company.purchase_lock_date = '2026-10-31'
        for policy in ('accounting', 'document'):
            with self.subTest(policy=policy):
                self.connection.bill_date = policy
                move = self.document('in_invoice', ref=policy, invoice_date='2026-10-20', date='2026-10-20')
                self.assertGreater(move.date, fields.Date.to_date('2026-10-31'))
                self.assertEqual(self.element_sent(move)['Date'], str(move.date) if policy == 'accounting' else '2026-10-20')

    def test_the_first_open_day_of_bills(self):
        """Only a bill in a locked period gets another date, with a warning; it keeps that date when the lock date changes."""
        self.organisation_has(period_lock_date='2026-10-31')
        self.reread_reference()
        locked = {'invoice_date': '2026-10-20', 'date': '2026-11-05'}
        stopped = self.document('in_invoice', ref='B1', **locked)
        self.assert_stopped(stopped, 'date', "20 Oct 2026", "first open day", self.connection.name)
        self.connection.bill_date = 'open'
        for move_type in ('in_invoice', 'in_refund'):
            with self.subTest(move_type=move_type):
                move = self.document(move_type, ref=f'B2 {move_type}', **locked)
                self.assertEqual(self.element_sent(move)['Date'], '2026-11-01')
                for words in ("20 Oct 2026", "1 Nov 2026", move.name, "Harbour Site AU"):
                    self.assertIn(words, move.xero_export_ids.warning)
        free = self.document('in_invoice', ref='B3', invoice_date='2026-11-01', date='2026-11-05')
        self.assertEqual((self.element_sent(free)['Date'], free.xero_export_ids.warning), ('2026-11-01', False))
        kind = self.env['xero.kind.bill_credit' if move.move_type == 'in_refund' else 'xero.kind.bill']
        self.connection.period_lock_date = '2026-11-03'
        self.assertEqual(str(kind._date(self.connection, move)), '2026-11-01')
        self.assert_stopped(self.document('out_invoice', **{**locked, 'date': '2026-10-20'}), 'date', "20 Oct 2026")

    def test_a_lock_date_that_xero_has_since_the_last_reading(self):
        """The refusal tells of it, so it is read at once: a bill goes on as the policy says, or its message says what else can be done."""
        for policy in ('open', 'document'):
            with self.subTest(policy=policy):
                self.organisation_has(period_lock_date='2026-10-31')
                self.connection.write({
                    'bill_date': policy, 'period_lock_date': False,
                    'reference_read_at': {**self.connection.reference_read_at, 'organisation': (self.now() - timedelta(hours=1)).isoformat()}})
                move = self.document('in_invoice', ref=policy, invoice_date='2026-10-20', date='2026-11-05')
                if policy == 'open':
                    self.assertEqual(self.element_sent(move)['Date'], '2026-11-01')
                else:
                    export = self.sync(move)
                    self.assertEqual((export.state, export.cause, export.with_user(self.billing).can_ask), ('failed', 'date', True))
                    self.assertIn("first open day", export.message)
                self.assertEqual(str(self.connection.period_lock_date), '2026-10-31')

    def test_lock_dates_in_xero(self):
        """Approved documents are refused up to the lock date. An adviser may pass the period's lock date, nobody the year's; drafts pass both."""
        for case, locks, adviser, status, taken in [
            ("period", {'period_lock_date': '2026-11-02'}, False, 'AUTHORISED', False),
            ("the day after", {'period_lock_date': '2026-11-01'}, False, 'AUTHORISED', True),
            ("period, adviser", {'period_lock_date': '2026-11-02'}, True, 'AUTHORISED', True),
            ("year, adviser", {'end_of_year_lock_date': '2026-11-02'}, True, 'AUTHORISED', False),
            ("period, draft", {'period_lock_date': '2026-11-02'}, False, 'DRAFT', True),
            ("year, submitted", {'end_of_year_lock_date': '2026-11-02'}, False, 'SUBMITTED', True),
        ]:
            with self.subTest(case):
                self.organisation_has(**locks)
                if adviser != (self.connection.authorized_email == ADVISER):
                    self.connect(self.connection, user=ADVISER if adviser else FINANCE)
                self.connection.sales_status = status
                self.reread_reference()
                move = self.document()
                if taken:
                    self.assert_held(move)
                else:
                    self.assert_stopped(move, 'date', "Nov 2026", "Harbour Site AU")

    def organisation_has(self, period_lock_date=None, end_of_year_lock_date=None):
        organisation = self.sandbox.organisations[HARBOUR]
        organisation.period_lock_date = fields.Date.to_date(period_lock_date)
        organisation.end_of_year_lock_date = fields.Date.to_date(end_of_year_lock_date)

    def reread_reference(self):
        self.connection.write({'reference_read_at': False, 'pace': False})
        self.run_slice(self.connection)

    # === Status === #

    def test_status_is_a_policy_of_sales_and_of_bills(self):
        self.connection.write({'sales_status': 'SUBMITTED', 'bills_status': 'DRAFT'})
        for move_type, status in [('out_invoice', 'SUBMITTED'), ('out_refund', 'SUBMITTED'), ('in_invoice', 'DRAFT'), ('in_refund', 'DRAFT')]:
            with self.subTest(move_type=move_type):
                move = self.document(move_type)
                self.assertEqual(self.held(move)['Status'], status)
                self.assertEqual(move.xero_export_ids.xero_status, status)

    def test_without_the_right_to_approve_drafts_are_offered(self):
        self.sandbox.user(FINANCE).rights.clear()
        self.reread_reference()
        for move_type in ('out_invoice', 'in_invoice', 'out_refund', 'in_refund'):
            with self.subTest(move_type=move_type):
                self.assert_stopped(self.document(move_type), 'permission', FINANCE, "drafts")
        self.connection.sales_status = 'DRAFT'
        move = self.document()
        self.assertEqual(self.held(move)['Status'], 'DRAFT')

    def test_a_zero_document_is_paid_at_once(self):
        move = self.document('out_invoice', {'price_unit': 50}, {'price_unit': -50})
        self.assert_held(move, total='0.00')
        self.assertEqual((self.held(move)['Status'], move.xero_export_ids.xero_status), ('PAID', 'PAID'))
        self.assertFalse(move.xero_export_ids.difference)
        move.button_draft()
        self.run_slice(self.connection)
        self.assertIn("reset to draft", move.xero_export_ids.difference)

    # === Link === #

    def test_no_link_with_the_word_that_xero_refuses(self):
        """The link is left out, and only the connection shows a warning."""
        self.assertFalse(self.connection.omits_links)
        self.env['ir.config_parameter'].set_param('web.base.url', 'https://xero.two-sites.example.com')
        self.env.invalidate_all()
        move = self.document()
        self.assertNotIn('Url', self.element_sent(move))
        self.assertTrue(self.connection.omits_links)
        self.assertFalse(move.xero_export_ids.warning)

    # === Contact === #

    def test_contact_as_it_arrives(self):
        """The name is cleaned, the number is ours, the first valid e-mail is used; the export warns about omitted values."""
        partner = self.env['res.partner'].create({
            'name': "  Bean <&>  Sons \u200bPty ", 'is_company': True, 'email': "accounts@bean.example.com; owner@bean.example.com",
            'vat': "ABN 51824753556"})
        move = self.document(partner_id=partner.id)
        self.element_sent(move)
        [contact] = [held for held in self.sandbox.organisations[HARBOUR].contacts.values() if held['Name'].startswith("Bean")]
        self.assertEqual(
            (contact['Name'], contact['ContactNumber'], contact['EmailAddress']),
            ("Bean & Sons Pty", f'{self.connection.contact_prefix}{partner.id}', 'accounts@bean.example.com'))
        self.assertIn("accounts@bean.example.com", move.xero_export_ids.warning)
        self.assertEqual(self.element_sent(move)['Contact'], {'ContactID': contact['ContactID']})

    def test_documents_of_a_person_go_to_its_company(self):
        company = self.env['res.partner'].create({'name': "Ridgeline Cafe", 'is_company': True})
        person = self.env['res.partner'].create({'name': "Purchasing", 'parent_id': company.id})
        move = self.document(partner_id=person.id)
        self.assertEqual(self.held(move)['Contact']['Name'], "Ridgeline Cafe")

    # === Never sent === #

    def test_entries_are_not_queued(self):
        """Exchange differences and cash-basis taxes are entries; Xero makes its own."""
        accounts = self.company_data['default_account_revenue'] | self.company_data['default_account_expense']
        entry = self.env['account.move'].create({'move_type': 'entry', 'date': '2026-11-02', 'line_ids': [
            Command.create({'account_id': account.id, 'balance': balance}) for account, balance in zip(accounts, (10, -10))]})
        entry.action_post()
        self.assertFalse(entry.xero_export_ids)
        self.connection.swept_at = False
        self.run_slice(self.connection)
        self.assertFalse(self.export_of(entry))


@tagged('post_install', '-at_install')
class TestPayloadCurrency(XeroPayloadCase):
    """Documents in other currencies than the organisation's."""

    def document(self, *args, currency='USD', rate=None, **values):
        currency = self.env['res.currency'].with_context(active_test=False).search([('name', '=', currency)])
        currency.active = True
        currency.rate_ids.unlink()
        if rate:
            self.env['res.currency.rate'].create({'currency_id': currency.id, 'name': '2026-01-01', 'rate': rate, 'company_id': self.xero_company.id})
        return super().document(*args, currency_id=currency.id, **values)

    def test_rate_is_document_currency_for_one_of_the_company(self):
        move = self.document(rate=0.65)
        self.assertEqual(move.amount_total_signed, 153.85)
        element = self.element_sent(move)
        self.assertEqual((element['CurrencyCode'], element['CurrencyRate']), ('USD', 0.65))
        self.assert_held(move, total='100.00')
        self.assertEqual(round(float(self.held(move)['Total']) / float(self.held(move)['CurrencyRate']), 2), 153.85)
        self.assertEqual((move.xero_export_ids.base_total, move.xero_export_ids.xero_base_total), (153.85, 153.85))

    def test_base_currency_has_no_rate(self):
        move = self.document(currency='AUD')
        self.assertNotIn('CurrencyRate', self.element_sent(move))

    def test_six_decimals_of_a_rate(self):
        """Differences up to a cent give no warning; a document with another value in Xero is sent, with a warning."""
        small = self.document(rate=0.656229220818)
        self.assertEqual(self.element_sent(small)['CurrencyRate'], 0.656229)
        self.assertFalse(small.xero_export_ids.warning)
        move = self.document('out_invoice', {'price_unit': 30000}, rate=0.656229220818)
        self.assertEqual(self.element_sent(move)['CurrencyRate'], 0.656229)
        self.assert_held(move, total='30000.00')
        export = move.xero_export_ids
        self.assertEqual((export.base_total, export.xero_base_total, export.difference), (45715.73, 45715.75, False))
        warning = export.warning.replace('\N{NO-BREAK SPACE}', ' ')
        for words in ("0.656229220818", move.name, "$ 45,715.75", "$ 45,715.73"):
            self.assertIn(words, warning)

    def test_a_rate_that_six_decimals_change_too_much(self):
        """Beyond the share that the connection allows, the document fails with a next step."""
        self.assertEqual(self.connection.rate_tolerance, 0.1)
        move = self.document(rate=0.00012345)
        self.assert_stopped(move, 'currency', "0.00012345", "$ 810,044.55", "$ 813,008.13", "0.1 %", self.connection.name, "such as 0.000123,")
        self.connection.rate_tolerance = 0.4
        self.assert_held(self.document(rate=0.00012345), total='100.00')
        self.connection.rate_tolerance = 0
        self.assert_stopped(self.document('in_invoice', {'price_unit': 30000}, rate=0.656229220818, ref="V 1"), 'currency', "such as 0.656229,")
        self.assert_held(self.document('in_invoice', rate=0.65, ref="V 2"), total='100.00')

    def test_a_rate_of_which_nothing_is_left(self):
        self.assert_stopped(self.document(rate=0.0000004), 'currency', "0.0000004", "by hand")

    def test_rate_of_the_document_counts(self):
        move = self.document(rate=0.65, post=False)
        move.invoice_currency_rate = 0.7
        move.action_post()
        self.assertEqual(self.element_sent(move)['CurrencyRate'], 0.7)

    def test_currency_that_the_organisation_does_not_use(self):
        self.assert_stopped(self.document(currency='CHF', rate=0.58), 'currency', "CHF", "Harbour Site AU")

    def test_yen(self):
        self.add_currency('JPY')
        tax = self.tax('au_tax_sale_10')
        move = self.document('out_invoice', {'quantity': 3, 'price_unit': 333, 'tax_ids': tax}, {'price_unit': 5, 'tax_ids': tax}, currency='JPY', rate=97.5)
        self.assertEqual(move.amount_total, 1104)
        self.assert_held(move, total='1104.00')

    def test_three_decimals(self):
        """Amounts in dinars are sent if they have no more than two decimals."""
        self.add_currency('KWD')
        move = self.document('out_invoice', {'price_unit': 10.5}, currency='KWD', rate=0.2)
        self.assert_held(move, total='10.50')
        self.assert_stopped(self.document('out_invoice', {'price_unit': 10.505}, currency='KWD', rate=0.2), 'amount', "10.505")

    def add_currency(self, code):
        self.sandbox.organisations[HARBOUR].currencies.append(code)
        self.connection.reference_read_at = False
        self.run_slice(self.connection)
