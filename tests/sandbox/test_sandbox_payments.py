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
