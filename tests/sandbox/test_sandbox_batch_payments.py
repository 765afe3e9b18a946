from odoo.tests import tagged

from .sandbox_common import EXPORT_SCOPE, HINTERLAND, SandboxCase


@tagged('post_install', '-at_install')
class TestBatchPayments(SandboxCase):

    def setUp(self):
        super().setUp()
        self.log_in(scope=EXPORT_SCOPE)

    def batch(self, *parts, **values):
        """:param parts: of (invoice, amount)"""
        return {'Account': {'Code': '090'}, 'Date': '2026-11-02', 'Reference': 'RUN 1', 'Payments': [
            {'Invoice': {'InvoiceID': invoice['InvoiceID']}, 'Amount': amount, 'Reference': 'each'} for invoice, amount in parts]} | values

    def two(self, **values):
        return [self.assert_saved(self.invoice(number, **values)) for number in 'AB']

    def read(self, invoice):
        return self.get(f"/Invoices/{invoice['InvoiceID']}")['Invoices'][0]

    def delete(self, batch):
        return self.api('POST', f"/BatchPayments/{batch['BatchPaymentID']}", {'Status': 'DELETED'})

    def test_several_invoices_at_once(self):
        first, second = self.two()
        made = self.assert_saved(self.batch((first, 110), (second, 40)), 'BatchPayments')
        self.assertEqual((made['Type'], made['Status'], made['TotalAmount'], made['IsReconciled']), ('RECBATCH', 'AUTHORISED', 150.0, False))
        self.assertEqual([row['Amount'] for row in made['Payments']], [110.0, 40.0])
        self.assertEqual((self.read(first)['Status'], self.read(second)['AmountDue']), ('PAID', 70.0))
        rows = self.get('/Payments', page=1)['Payments']
        self.assertEqual({row['BatchPaymentID'] for row in rows}, {made['BatchPaymentID']})
        self.assertEqual(rows[0]['BatchPayment']['TotalAmount'], 150.0)
        self.assertEqual(rows[0]['Reference'], 'each')
        read = self.get(f"/BatchPayments/{made['BatchPaymentID']}")['BatchPayments'][0]
        self.assertEqual(read['Payments'][0]['PaymentID'], rows[0]['PaymentID'])

    def test_deleted_as_a_whole_only(self):
        first, second = self.two(Type='ACCPAY')
        made = self.assert_saved(self.batch((first, 110), (second, 40)), 'BatchPayments')
        self.assertEqual(made['Type'], 'PAYBATCH')
        payment = made['Payments'][0]['PaymentID']
        self.assertEqual(self.refused('POST', f'/Payments/{payment}', {'Status': 'DELETED'}), [
            'This payment cannot be deleted as it is part of a batch payment.'])
        deleted = self.delete(made).json['BatchPayments'][0]
        self.assertEqual((deleted['Status'], deleted['Payments'], deleted['TotalAmount']), ('DELETED', [], 150.0))
        self.assertEqual({row['Status'] for row in self.get('/Payments')['Payments']}, {'DELETED'})
        self.assertEqual([self.read(row)['AmountDue'] for row in (first, second)], [110.0, 110.0])
        self.assertEqual(self.delete(made).status_code, 400)

    def test_deleted_by_the_id_in_the_body(self):
        made = self.assert_saved(self.batch(*((row, 10) for row in self.two())), 'BatchPayments')
        answer = self.api('POST', '/BatchPayments', {'BatchPaymentID': made['BatchPaymentID'], 'Status': 'DELETED'})
        self.assertEqual(answer.json['BatchPayments'][0]['Status'], 'DELETED')

    def test_all_or_nothing(self):
        first, second = self.two()
        bill, dollars = self.assert_saved(self.invoice(Type='ACCPAY')), self.assert_saved(self.invoice('USD', CurrencyCode='USD'))
        cases = [
            (self.batch((first, 10), (second, 110.01)), 'Payment amount exceeds the amount outstanding on this document'),
            (self.batch((first, 60), (first, 60)), 'Payment amount exceeds the amount outstanding on this document'),
            (self.batch((first, 10), (bill, 10)), 'A batch payment cannot hold both invoices and bills.'),
            (self.batch((first, 10), (dollars, 10)), "Batch payments can only be made in the organisation's base currency."),
            (self.batch(), 'A batch payment must have at least one payment.'),
            (self.batch((first, 10), Account={'Code': '200'}), 'The account must be a bank account, or have payments enabled.'),
            (self.batch(*[(first, 0.01)] * 201), 'A batch payment cannot contain more than 200 payments.'),
            (self.batch((first, 10), Details='x' * 19), 'The field Details exceeds the maximum length of 18 characters.'),
        ]
        for batch, message in cases:
            with self.subTest(message=message):
                self.assertEqual(self.messages(self.put('BatchPayments', batch)[0]), [message])
        nameless = self.batch((first, 10))
        del nameless['Payments'][0]['Reference']
        self.assertEqual(self.refused('PUT', '/BatchPayments', nameless), ['Each payment of a batch must have a Reference.'])
        credit = self.assert_saved(self.invoice(Type='ACCRECCREDIT', InvoiceNumber=None), 'CreditNotes')
        refund = self.batch((first, 10))
        refund['Payments'].append({'CreditNote': {'CreditNoteID': credit['CreditNoteID']}, 'Amount': 10, 'Reference': 'back'})
        self.assertEqual(self.refused('PUT', '/BatchPayments', refund), [
            'Credit notes, prepayments and overpayments cannot be part of a batch payment.'])
        self.assertEqual((self.get('/BatchPayments')['BatchPayments'], self.get('/Payments')['Payments']), ([], []))

    def test_reconciled_and_locked(self):
        self.tenant = HINTERLAND
        parts = [(row, 10) for row in self.two()]
        self.assertIn('30-Jun-2025', self.messages(self.put('BatchPayments', self.batch(*parts, Date='2025-06-30'))[0])[0])
        made = self.assert_saved(self.batch(*parts), 'BatchPayments')
        path = f"/sandbox/organisations/{HINTERLAND}/payments/{made['BatchPaymentID']}"
        self.assertTrue(self.client.post(path, json={'IsReconciled': True}).json['IsReconciled'])
        self.assertEqual({row['IsReconciled'] for row in self.get('/Payments')['Payments']}, {True})
        self.assertIn('reconciled', self.delete(made).text)
        self.client.post(path, json={'IsReconciled': False})
        self.assertEqual(self.delete(made).status_code, 200)

    def test_reading(self):
        first, second = self.two()
        made = self.put('BatchPayments', self.batch((first, 1)), self.batch((second, 2)))
        self.assertEqual([row['TotalAmount'] for row in self.get('/BatchPayments', page=1, pageSize=1)['BatchPayments']], [1.0])
        self.assertEqual(len(self.get('/BatchPayments', where='Type=="RECBATCH" AND Status=="AUTHORISED"')['BatchPayments']), 2)
        self.sandbox.clock.advance(60)
        since = self.sandbox.clock.now().strftime('%Y-%m-%dT%H:%M:%S')
        self.delete(made[0])
        answer = self.api('GET', '/BatchPayments', headers={'If-Modified-Since': since})
        self.assertEqual([row['BatchPaymentID'] for row in answer.json['BatchPayments']], [made[0]['BatchPaymentID']])
