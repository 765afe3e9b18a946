from odoo.tests import tagged

from .sandbox_common import EXPORT_SCOPE, HINTERLAND, SandboxCase


@tagged('post_install', '-at_install')
class TestPayments(SandboxCase):

    def setUp(self):
        super().setUp()
        self.log_in(scope=EXPORT_SCOPE)

    def payment(self, invoice, amount=110, **values):
        return {
            'Invoice': {'InvoiceID': invoice['InvoiceID']}, 'Account': {'Code': '090'}, 'Date': '2026-11-02', 'Amount': amount,
        } | values

    def read(self, invoice):
        return self.get(f"/Invoices/{invoice['InvoiceID']}")['Invoices'][0]

    def test_pay_and_unpay(self):
        invoice = self.assert_saved(self.invoice())
        path = f"/Invoices/{invoice['InvoiceID']}"
        part = self.assert_saved(self.payment(invoice, 10, Reference='PAY/1'), 'Payments')
        self.assertEqual((part['PaymentType'], part['Status']), ('ACCRECPAYMENT', 'AUTHORISED'))
        rest = self.assert_saved(self.payment(invoice, 100), 'Payments')
        read = self.read(invoice)
        self.assertEqual((read['Status'], read['AmountDue'], read['AmountPaid'], len(read['Payments'])), ('PAID', 0.0, 110.0, 2))
        self.assertEqual(self.refused('POST', path, {'Status': 'VOIDED'}), [
            'The status VOIDED cannot be applied to the invoice because it has payments or credit notes allocated to it.'])
        for payment in (part, rest):
            answer = self.api('POST', f"/Payments/{payment['PaymentID']}", {'Status': 'DELETED'})
            self.assertEqual(answer.json['Payments'][0]['Status'], 'DELETED')
        read = self.read(invoice)
        self.assertEqual((read['Status'], read['AmountDue'], read['Payments']), ('AUTHORISED', 110.0, []))
        self.assertEqual(self.api('POST', path, {'Status': 'VOIDED'}).status_code, 200)
        self.assertEqual(self.refused('POST', f"/Payments/{part['PaymentID']}", {'Status': 'DELETED'}), [
            'Payment not of valid status for modification'])

    def test_refund_of_a_credit_note(self):
        credit = self.assert_saved(self.invoice(Type='ACCRECCREDIT', InvoiceNumber=None), 'CreditNotes')
        payment = self.payment({'InvoiceID': None}, 110, Invoice=None, CreditNote={'CreditNoteID': credit['CreditNoteID']})
        self.assertEqual(self.assert_saved(payment, 'Payments')['PaymentType'], 'ARCREDITPAYMENT')
        self.assertEqual(self.get(f"/CreditNotes/{credit['CreditNoteID']}")['CreditNotes'][0]['RemainingCredit'], 0.0)

    def test_rules(self):
        invoice, draft = self.assert_saved(self.invoice()), self.assert_saved(self.invoice('D', Status='DRAFT'))
        cases = [
            (self.payment(invoice, 110.01), 'Payment amount exceeds the amount outstanding on this document'),
            (self.payment(invoice, 0), 'Payment amount must be greater than zero'),
            (self.payment(draft), 'Payments can only be made against Authorised documents'),
            (self.payment(invoice, Account={'Code': '999'}), 'Account could not be found'),
            (self.payment(invoice, Account={'Code': '200'}), 'The account must be a bank account, or have payments enabled.'),
            (self.payment(invoice, Invoice=None), 'Payment must have exactly one of Invoice, CreditNote, Prepayment or Overpayment'),
        ]
        for payment, message in cases:
            with self.subTest(message=message):
                element = self.put('Payments', payment)[0]
                self.assertEqual((self.messages(element), element['HasValidationErrors']), ([message], True))
        self.assert_saved(self.payment(invoice, Account={'Code': '881'}, Invoice={'InvoiceNumber': invoice['InvoiceNumber']}), 'Payments')

    def test_locked_and_reconciled(self):
        self.tenant = HINTERLAND
        invoice = self.assert_saved(self.invoice())
        self.assertIn('30-Jun-2025', self.messages(self.put('Payments', self.payment(invoice, Date='2025-06-30'))[0])[0])
        payment = self.assert_saved(self.payment(invoice, IsReconciled=True), 'Payments')
        self.assertEqual(self.refused('POST', f"/Payments/{payment['PaymentID']}", {'Status': 'DELETED'}), [
            'This payment cannot be deleted as it has been reconciled.'])

    def test_reading(self):
        first, second = self.assert_saved(self.invoice('A')), self.assert_saved(self.invoice('B'))
        self.put('Payments', self.payment(first, 1), self.payment(second, 2, Reference='PAY/2'))
        self.put('Payments', self.payment(first, 3), self.payment(second, 4), method='POST')
        self.assertEqual([row['Amount'] for row in self.get('/Payments')['Payments']], [1.0, 2.0, 3.0])
        where = f'Invoice.InvoiceId==guid("{second["InvoiceID"]}")'
        self.assertEqual([row['Reference'] for row in self.get('/Payments', where=where, page=1)['Payments']], ['PAY/2'])

    def since(self):
        """:return: the header that asks for what changes from now on"""
        self.sandbox.clock.advance(60)
        return {'If-Modified-Since': self.sandbox.clock.now().strftime('%Y-%m-%dT%H:%M:%S')}

    def test_what_is_read_differs_from_what_is_answered(self):
        invoice = self.assert_saved(self.invoice())
        credit = self.assert_saved(self.invoice(Type='ACCRECCREDIT', InvoiceNumber=None, CreditNoteNumber='C1'), 'CreditNotes')
        made = self.assert_saved(self.payment(invoice, 110), 'Payments')
        answered = self.put('Payments', self.payment(invoice, 10, Invoice=None, CreditNote={'CreditNoteNumber': 'C1'}))[0]
        self.assertEqual((answered['CreditNote']['CreditNoteID'], 'Invoice' in answered), (credit['CreditNoteID'], False))
        self.assertEqual((made['Invoice']['Status'], made['Invoice']['AmountDue'], made['Account']['Code']), ('PAID', 0.0, '090'))
        rows = self.get('/Payments', page=1)['Payments']
        self.assertEqual([(row['PaymentType'], row['Invoice']['Type'], row['Invoice']['InvoiceNumber']) for row in rows], [
            ('ACCRECPAYMENT', 'ACCREC', 'INV/2026/0001'), ('ARCREDITPAYMENT', 'ACCRECCREDIT', 'C1')])
        self.assertFalse([row for row in rows if 'AmountDue' in row['Invoice'] or 'CreditNote' in row or 'Name' in row['Account']])
        refund = self.get(f"/Payments/{rows[1]['PaymentID']}")['Payments'][0]
        self.assertEqual((refund['Invoice']['InvoiceID'], 'CreditNote' in refund), (credit['CreditNoteID'], False))
        self.assertEqual(self.get(f"/Payments/{made['PaymentID']}")['Payments'][0]['Invoice']['Status'], 'PAID')

    def test_pages_order_and_filters(self):
        invoices = [self.assert_saved(self.invoice(str(number))) for number in range(3)]
        for number, invoice in enumerate(invoices):
            self.put('Payments', self.payment(invoice, number + 1, Date=f'2026-10-0{5 - number}', Reference=f'PAY/{number}'))
        amounts = [row['Amount'] for row in self.get('/Payments', page=2, pageSize=2)['Payments']]
        self.assertEqual(amounts, [3.0])
        self.assertEqual(self.get('/Payments', page=1, pageSize=5000)['pagination'], {
            'page': 1, 'pageSize': 1000, 'pageCount': 1, 'itemCount': 3})
        self.assertEqual([row['Amount'] for row in self.get('/Payments', order='Date', page=1)['Payments']], [3.0, 2.0, 1.0])
        ids = [invoice['InvoiceID'] for invoice in invoices]
        for where, expected in (
            ('PaymentType=="ACCRECPAYMENT" AND Status=="AUTHORISED"', [1.0, 2.0, 3.0]),
            ('Date>=DateTime(2026,10,04)', [1.0, 2.0]), ('Reference=="PAY/1"', [2.0]), ('Status=="DELETED"', []),
            (f'Invoice.InvoiceID==guid("{ids[0]}") OR Invoice.InvoiceID==guid("{ids[2]}")', [1.0, 3.0]),
        ):
            with self.subTest(where=where):
                self.assertEqual([row['Amount'] for row in self.get('/Payments', where=where, page=1)['Payments']], expected)

    def test_deleted_payments_stay_in_the_list(self):
        invoice = self.assert_saved(self.invoice())
        made = self.assert_saved(self.payment(invoice), 'Payments')
        header = self.since()
        self.assertEqual(self.api('GET', '/Payments', headers=header, page=1).json['Payments'], [])
        self.api('POST', f"/Payments/{made['PaymentID']}", {'Status': 'DELETED'})
        rows = self.api('GET', '/Payments', headers=header, page=1).json['Payments']
        self.assertEqual([(row['PaymentID'], row['Status'], row['Amount']) for row in rows], [(made['PaymentID'], 'DELETED', 110.0)])
        changed = self.api('GET', '/Invoices', headers=header, page=1).json['Invoices']
        self.assertEqual([(row['Status'], row['Payments']) for row in changed], [('AUTHORISED', [])], "the invoice has changed, too")

    def test_currencies(self):
        self.client.post(f'/sandbox/organisations/{self.tenant}/accounts/091', json={
            'Type': 'BANK', 'Class': 'ASSET', 'Name': 'Dollars', 'CurrencyCode': 'USD'})
        self.client.post(f'/sandbox/organisations/{self.tenant}/accounts/095', json={
            'Type': 'BANK', 'Class': 'ASSET', 'Name': 'Euros', 'CurrencyCode': 'EUR'})
        dollars, local = self.assert_saved(self.invoice('A', CurrencyCode='USD', CurrencyRate=0.5)), self.assert_saved(self.invoice('B'))
        day_rate = float(self.sandbox.organisations[self.tenant].exchange_rate('USD'))
        for payment, rate, moved in (
            (self.payment(dollars, 10, CurrencyRate=0.8), 0.8, 12.5),
            (self.payment(dollars, 10, BankAmount=16), 0.625, 16.0),
            (self.payment(dollars, 10, Account={'Code': '091'}, CurrencyRate=0.8), 0.8, 10.0),
            (self.payment(dollars, 10, Account={'Code': '091'}), day_rate, 10.0),
            (self.payment(local, 10, Account={'Code': '091'}, CurrencyRate=0.8), 0.8, 8.0),
            (self.payment(local, 10, CurrencyRate=3), 1.0, 10.0),
        ):
            with self.subTest(payment=payment):
                made = self.assert_saved(payment, 'Payments')
                self.assertEqual((made['CurrencyRate'], made['BankAmount'], made['Amount']), (rate, moved, 10.0))
        for payment, message in (
            (self.payment(dollars, 10, CurrencyRate=0), 'A currency rate must be specified'),
            (self.payment(dollars, 10, Account={'Code': '095'}),
             "The bank account must be in the currency of the document or in the organisation's base currency."),
        ):
            self.assertEqual(self.messages(self.put('Payments', payment)[0]), [message])

    def test_reconciled_later(self):
        invoice = self.assert_saved(self.invoice())
        made = self.assert_saved(self.payment(invoice), 'Payments')
        header = self.since()
        self.client.post(f"/sandbox/organisations/{self.tenant}/payments/{made['PaymentID']}", json={'IsReconciled': True})
        self.assertEqual([row['IsReconciled'] for row in self.api('GET', '/Payments', headers=header).json['Payments']], [True])
        self.assertIn('reconciled', self.api('POST', f"/Payments/{made['PaymentID']}", {'Status': 'DELETED'}).text)

    def test_notes(self):
        made = self.assert_saved(self.payment(self.assert_saved(self.invoice())), 'Payments')
        path = f"/Payments/{made['PaymentID']}/History"
        self.api('PUT', path, {'HistoryRecords': [{'Details': 'From Odoo'}]})
        self.assertEqual(self.get(path)['HistoryRecords'][0]['Details'], 'From Odoo')
