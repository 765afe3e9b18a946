from odoo.tests import tagged

from .sandbox_common import ADVISER, BANK_SCOPE, HARBOUR, HINTERLAND, SandboxCase


@tagged('post_install', '-at_install')
class TestCredits(SandboxCase):
    """Prepayments and overpayments, and the bank transactions that they come of."""

    def setUp(self):
        super().setUp()
        self.log_in(scope=BANK_SCOPE)

    def money(self, kind='RECEIVE-OVERPAYMENT', amount=100, **values):
        line = {'Description': 'Paid twice', 'LineAmount': amount} if 'OVER' in kind else self.line(
            Quantity=1, UnitAmount=amount, **({} if 'RECEIVE' in kind else {'AccountCode': '404', 'TaxType': 'INPUT'}))
        return {
            'Type': kind, 'Contact': {'Name': 'Ridgeline Cafe'}, 'BankAccount': {'Code': '090'}, 'Date': '2026-10-05', 'LineItems': [line],
        } | values

    def received(self, kind='RECEIVE-OVERPAYMENT', amount=100, **values):
        """:return: the prepayment or overpayment"""
        made = self.assert_saved(self.money(kind, amount, **values), 'BankTransactions')
        return self.credit(made)

    def credit(self, made):
        collection = 'Overpayments' if 'OverpaymentID' in made else 'Prepayments'
        return self.get(f"/{collection}/{made.get('OverpaymentID') or made['PrepaymentID']}")[collection][0]

    def path(self, credit):
        return f"/Overpayments/{credit['OverpaymentID']}" if 'OverpaymentID' in credit else f"/Prepayments/{credit['PrepaymentID']}"

    def allocate(self, credit, invoice, amount, status=200):
        answer = self.api('PUT', f'{self.path(credit)}/Allocations', {
            'Amount': amount, 'Invoice': {'InvoiceID': invoice['InvoiceID']}, 'Date': '2026-10-06'})
        self.assertEqual(answer.status_code, status, answer.text)
        return answer.json['Allocations'][0] if status == 200 else self.messages(answer.json['Elements'][0])

    def invoiced(self, **values):
        return self.assert_saved(self.invoice(**values))

    def read(self, invoice):
        return self.get(f"/Invoices/{invoice['InvoiceID']}")['Invoices'][0]

    def test_kinds(self):
        for kind, total, tax in (
            ('RECEIVE-OVERPAYMENT', 100.0, 0.0), ('SPEND-OVERPAYMENT', 100.0, 0.0), ('RECEIVE-PREPAYMENT', 100.0, 9.09),
            ('SPEND-PREPAYMENT', 100.0, 9.09),
        ):
            with self.subTest(kind=kind):
                credit = self.received(kind)
                self.assertEqual((credit['Type'], credit['Status'], credit['Total'], credit['TotalTax']), (kind, 'AUTHORISED', total, tax))
                self.assertEqual((credit['RemainingCredit'], credit['Allocations'], credit['Payments']), (100.0, [], []))
        code = {row['Type']: row['LineItems'][0]['AccountCode'] for row in self.get('/Overpayments', page=1)['Overpayments']}
        systems = {row.get('SystemAccount'): row['Code'] for row in self.get('/Accounts')['Accounts']}
        self.assertEqual(code, {'RECEIVE-OVERPAYMENT': systems['DEBTORS'], 'SPEND-OVERPAYMENT': systems['CREDITORS']})
        self.assertEqual(len(self.get('/BankTransactions', page=1)['BankTransactions']), 4)

    def test_same_id_as_the_bank_transaction(self):
        """What a payment calls an invoice's id is found among the bank transactions."""
        credit = self.received()
        self.assertEqual(self.get(f"/BankTransactions/{credit['OverpaymentID']}")['BankTransactions'][0]['OverpaymentID'], credit['OverpaymentID'])

    def test_a_received_prepayment_takes_an_invoice_number(self):
        credit = self.received('RECEIVE-PREPAYMENT', Reference='not kept')
        self.assertEqual((credit['InvoiceNumber'], credit['Reference']), ('INV-0001', 'INV-0001'))
        self.assert_refused(self.invoice('INV-0001'), 'Invoice # must be unique.')
        self.assertEqual([row['PrepaymentID'] for row in self.get('/Prepayments', InvoiceNumbers='INV-0001')['Prepayments']], [
            credit['PrepaymentID']])

    def test_allocated_and_taken_back(self):
        for kind, name in (('RECEIVE-OVERPAYMENT', 'Overpayments'), ('RECEIVE-PREPAYMENT', 'Prepayments')):
            invoice, credit = self.invoiced(InvoiceNumber=name), self.received(kind)
            made = self.allocate(credit, invoice, 30)
            read = self.read(invoice)
            self.assertEqual((read['AmountDue'], read['AmountCredited'], read['AmountPaid']), (80.0, 30.0, 0.0))
            self.assertEqual([row['AppliedAmount'] for row in read[name]], [30.0])
            self.assertEqual(read['CreditNotes'], [])
            self.allocate(credit, invoice, 70)
            read = self.get(self.path(credit))[name][0]
            self.assertEqual((read['RemainingCredit'], read['Status'], len(read['Allocations'])), (0.0, 'PAID', 2))
            answer = self.api('DELETE', f"{self.path(credit)}/Allocations/{made['AllocationID']}")
            self.assertTrue(answer.json['IsDeleted'])
            self.assertEqual(self.get(self.path(credit))[name][0]['Status'], 'AUTHORISED')
            self.assertEqual(self.read(invoice)['AmountCredited'], 70.0)

    def test_rules_of_allocations(self):
        invoice, credit = self.invoiced(), self.received()
        other = self.invoiced(InvoiceNumber='B', Contact={'Name': 'Somebody Else'})
        bill = self.invoiced(InvoiceNumber='C', Type='ACCPAY')
        self.assertEqual(self.allocate(credit, other, 1, 400), ['An overpayment can only be allocated to an invoice of the same contact.'])
        self.assertEqual(self.allocate(credit, bill, 1, 400), ['An overpayment can only be allocated to an invoice of its own kind.'])
        self.assertEqual(self.allocate(credit, invoice, 100.01, 400), ['The allocation amount exceeds the remaining credit.'])
        self.assertEqual(self.api('PUT', '/Overpayments', {}).status_code, 501)

    def test_refunded(self):
        credit = self.received()
        paid = self.assert_saved({
            'Overpayment': {'OverpaymentID': credit['OverpaymentID']}, 'Account': {'Code': '090'}, 'Amount': 60}, 'Payments')
        self.assertEqual((paid['PaymentType'], paid['Overpayment']['RemainingCredit']), ('AROVERPAYMENTPAYMENT', 40.0))
        listed = self.get('/Payments')['Payments'][0]
        self.assertEqual((listed['Invoice']['Type'], listed['Invoice']['InvoiceID']), ('AROVERPAYMENT', credit['OverpaymentID']))
        self.assertNotIn('Overpayment', listed)
        self.api('POST', f"/Payments/{paid['PaymentID']}", {'Status': 'DELETED'})
        self.assertEqual(self.get(self.path(credit))['Overpayments'][0]['RemainingCredit'], 100.0)

    def test_rules_of_bank_transactions(self):
        cases = [
            (self.money(Type='RECEIVE-TRANSFER'), 'Bank Transaction not of valid type for creation'),
            (self.money(BankAccount={'Code': '200'}), 'The bank account must be an active account of type BANK.'),
            (self.money(LineItems=[]), 'One or more line items must be specified'),
            (self.money(LineItems=[{'LineAmount': 1}, {'LineAmount': 2}]), 'Overpayments can only have a single line item.'),
            (self.money(amount=0), 'The UnitAmount of a line item must not be zero.'),
            (self.money(Contact=None), 'A Contact must be specified for this type of transaction'),
            (self.money(CurrencyCode='JPY'), 'Organisation is not subscribed to currency JPY'),
        ]
        for transaction, message in cases:
            with self.subTest(message=message):
                self.assertIn(message, self.messages(self.put('BankTransactions', transaction)[0]))
        self.assertEqual(self.assert_saved(self.money(CurrencyCode='USD', CurrencyRate=0.7), 'BankTransactions')['CurrencyRate'], 0.7)
        self.tenant = HINTERLAND
        self.assertIn('30-Jun-2025', self.messages(self.put('BankTransactions', self.money(Date='2025-06-30'))[0])[0])

    def test_plain_money(self):
        made = self.assert_saved(self.money('SPEND', Reference='Fee'), 'BankTransactions')
        self.assertEqual((made['Total'], made['TotalTax'], made['Reference']), (100.0, 9.09, 'Fee'))
        path = f"/BankTransactions/{made['BankTransactionID']}"
        self.assertEqual(self.api('POST', path, {'Status': 'DELETED'}).json['BankTransactions'][0]['Status'], 'DELETED')
        overpaid = self.assert_saved(self.money(), 'BankTransactions')
        self.assertEqual(self.refused('POST', f"/BankTransactions/{overpaid['BankTransactionID']}", {'Status': 'DELETED'}), [
            'Bank Transaction not of valid status for modification'])

    def test_voided_on_a_screen(self):
        credit = self.received()
        self.client.post(f"/sandbox/organisations/{HARBOUR}/documents/{credit['OverpaymentID']}", json={'Status': 'VOIDED'})
        read = self.get(self.path(credit))['Overpayments'][0]
        self.assertEqual((read['Status'], read['RemainingCredit']), ('VOIDED', 0.0))
        self.assertEqual(self.get('/BankTransactions')['BankTransactions'][0]['Status'], 'VOIDED')

    def test_reading(self):
        credit = self.received()
        self.assertEqual(self.get('/Overpayments')['Overpayments'][0]['LineItems'], [])
        self.assertEqual(len(self.get('/Overpayments', page=1)['Overpayments'][0]['LineItems']), 1)
        self.sandbox.clock.advance(60)
        since = {'If-Modified-Since': self.sandbox.clock.now().strftime('%Y-%m-%dT%H:%M:%S')}
        self.assertEqual(self.api('GET', '/Overpayments', headers=since, page=1).json['Overpayments'], [])
        self.allocate(credit, self.invoiced(), 1)
        self.assertEqual(len(self.api('GET', '/Overpayments', headers=since, page=1).json['Overpayments']), 1)

    def test_scope(self):
        self.log_in(user=ADVISER)
        self.assertEqual(self.api('GET', '/Overpayments').status_code, 401)
