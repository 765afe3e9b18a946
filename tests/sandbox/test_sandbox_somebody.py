from odoo.tests import tagged

from .sandbox_common import EXPORT_SCOPE, HARBOUR, SandboxCase


@tagged('post_install', '-at_install')
class TestSomebody(SandboxCase):
    """What happens in Xero without our app."""

    def setUp(self):
        super().setUp()
        self.log_in(scope=EXPORT_SCOPE)
        self.made = self.assert_saved(self.invoice())
        self.path = f"/Invoices/{self.made['InvoiceID']}"

    def read(self):
        return self.get(self.path)['Invoices'][0]

    def alter(self, document, **values):
        answer = self.client.post(f'/sandbox/organisations/{HARBOUR}/documents/{document}', json=values)
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json

    def test_edited_renumbered_and_voided(self):
        self.in_xero('POST', self.path, {'InvoiceNumber': 'OTHER-1', 'Reference': 'changed', 'LineItems': [self.line(UnitAmount=40)]})
        read = self.read()
        self.assertEqual((read['InvoiceNumber'], read['Reference'], read['Total']), ('OTHER-1', 'changed', 88.0))
        self.assertEqual(self.get('/Invoices', InvoiceNumbers='INV/2026/0001')['Invoices'], [])
        self.in_xero('POST', self.path, {'Status': 'VOIDED'})
        self.assertEqual(self.read()['Status'], 'VOIDED')

    def test_paid_and_made_by_others(self):
        self.in_xero('PUT', '/Payments', {
            'Invoice': {'InvoiceNumber': 'INV/2026/0001'}, 'Account': {'Code': '090'}, 'Amount': 110, 'Reference': 'By hand'})
        self.assertEqual(self.read()['Payments'][0]['Reference'], 'By hand')
        self.in_xero('PUT', '/Invoices', {'Invoices': [self.invoice('THEIRS')]})
        self.assertEqual(len(self.get('/Invoices', page=1)['Invoices']), 2)
        own = self.get('/Invoices', createdByMyApp='true', page=1)['Invoices']
        self.assertEqual([row['InvoiceNumber'] for row in own], ['INV/2026/0001'])
        self.assertEqual(self.in_xero('GET', '/Invoices', InvoiceNumbers='THEIRS')['Invoices'][0]['Total'], 110.0)

    def test_rules_hold_for_people_too(self):
        answer = self.in_xero('PUT', '/Payments', {
            'Invoice': {'InvoiceNumber': 'INV/2026/0001'}, 'Account': {'Code': '090'}, 'Amount': 111}, status=400)
        self.assertIn('Payment amount exceeds', answer['Elements'][0]['ValidationErrors'][0]['Message'])
        self.in_xero('GET', '/Invoices/nothing', status=404)
        self.in_xero('GET', '/Nothing', status=501)

    def test_costs_no_call(self):
        self.sandbox.requests.clear()
        self.in_xero('POST', self.path, {'Reference': 'changed'})
        self.assertFalse(self.sandbox.requests)

    def test_paid_in_all(self):
        for paid, status, amounts in (('40', 'AUTHORISED', [40.0]), ('110', 'PAID', [110.0]), ('0', 'AUTHORISED', [])):
            altered = self.alter(self.made['InvoiceID'], paid=paid)
            self.assertEqual((altered['Status'], altered['AmountPaid']), (status, float(paid)))
            self.assertEqual([row['Amount'] for row in self.read()['Payments']], amounts)
        self.assertEqual([row['Status'] for row in self.get('/Payments')['Payments']], ['DELETED', 'DELETED'])

    def test_altered_past_all_rules(self):
        self.alter(self.made['InvoiceID'], Date='2020-01-01', Total=50)
        self.assertEqual((self.read()['DateString'], self.read()['AmountDue']), ('2020-01-01T00:00:00', 50.0))
        self.assertEqual(self.client.post(f'/sandbox/organisations/{HARBOUR}/documents/none', json={}).status_code, 404)

    def test_everything_held(self):
        for collection in ('Overpayments', 'Prepayments', 'BatchPayments', 'BankTransactions', 'Payments'):
            self.assertEqual(self.client.get(f'/sandbox/organisations/{HARBOUR}/{collection}').json, [])
