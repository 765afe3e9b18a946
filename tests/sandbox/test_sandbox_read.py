"""What is read back of documents and contacts: pages, changes since, balances, the online invoice."""
from datetime import date, timedelta
from urllib.parse import urlsplit

from odoo.tests import tagged

from .sandbox_common import ADVISER, BANK_SCOPE, HARBOUR, SandboxCase


@tagged('post_install', '-at_install')
class TestRead(SandboxCase):

    def setUp(self):
        super().setUp()
        self.log_in(scope=BANK_SCOPE)

    def credit(self, number, **values):
        return self.invoice(Type='ACCRECCREDIT', InvoiceNumber=None, CreditNoteNumber=number) | values

    def test_pages_of_up_to_a_thousand(self):
        self.put('Invoices', *(self.invoice(f'A{number:03}') for number in range(105)))
        self.put('CreditNotes', *(self.credit(f'C{number:03}') for number in range(105)))
        for collection in ('Invoices', 'CreditNotes'):
            for size, told, pages, lengths in ((None, 100, 2, (100, 5, 0)), (40, 40, 3, (40, 40, 25)), (1000, 1000, 1, (105, 0, 0)),
                                               (5000, 1000, 1, (105, 0, 0)), (0, 1, 105, (1, 1, 1))):
                with self.subTest(collection=collection, size=size):
                    query = {} if size is None else {'pageSize': size}
                    replies = [self.get(f'/{collection}', page=page + 1, **query) for page in range(3)]
                    self.assertEqual(replies[0]['pagination'], {'page': 1, 'pageSize': told, 'pageCount': pages, 'itemCount': 105})
                    self.assertEqual(tuple(len(reply[collection]) for reply in replies), lengths)

    def test_what_changed_since(self):
        made = self.put('Invoices', *(self.invoice(letter) for letter in 'ABC'))
        credits = self.put('CreditNotes', self.credit('C1'), self.credit('C2'))
        self.sandbox.clock.advance(60)
        since = {'If-Modified-Since': self.sandbox.clock.now().strftime('%Y-%m-%dT%H:%M:%S')}
        self.in_xero('POST', f"/Invoices/{made[0]['InvoiceID']}", {'Reference': 'edited'})
        self.in_xero('PUT', f"/CreditNotes/{credits[1]['CreditNoteID']}/Allocations", {
            'Amount': 5, 'Invoice': {'InvoiceID': made[2]['InvoiceID']}, 'Date': '2026-10-02'})
        for collection, key, expected in (('Invoices', 'InvoiceNumber', ['A', 'C']), ('CreditNotes', 'CreditNoteNumber', ['C2'])):
            answer = self.api('GET', f'/{collection}', headers=since, page=1, pageSize=1000, order='UpdatedDateUTC')
            self.assertEqual([row[key] for row in answer.json[collection]], expected)

    def test_not_modified_on_demand(self):
        since = {'If-Modified-Since': self.sandbox.clock.now().strftime('%Y-%m-%dT%H:%M:%S')}
        for wanted, status in ((False, 200), (True, 304)):
            self.client.post('/sandbox/settings', json={'not_modified': wanted})
            self.assertEqual([self.api('GET', path, headers=since, page=1).status_code for path in ('/Invoices', '/Payments')], [status] * 2)
        self.assertEqual(self.api('GET', '/Invoices', page=1).status_code, 200)

    # -- balances -----------------------------------------------------------------------------------------------------

    def balances(self, name='Ridgeline Cafe'):
        return self.get('/Contacts', where=f'Name=="{name}"', page=1)['Contacts'][0]['Balances']

    def test_balances(self):
        today = self.sandbox.organisations[HARBOUR].today(self.sandbox.clock.now())
        soon, late = ((today + timedelta(days)).isoformat() for days in (10, -10))
        self.put('Invoices', self.invoice('A', DueDate=late), self.invoice('B', DueDate=soon), self.invoice('C', Status='DRAFT'))
        bill = self.put('Invoices', self.invoice('D', Type='ACCPAY', DueDate=late, LineItems=[self.line(TaxType='INPUT', AccountCode='404')]))[0]
        self.assertEqual(self.balances(), {
            'AccountsReceivable': {'Outstanding': 220.0, 'Overdue': 110.0}, 'AccountsPayable': {'Outstanding': 110.0, 'Overdue': 110.0}})
        self.put('Payments', {'Invoice': {'InvoiceID': bill['InvoiceID']}, 'Account': {'Code': '090'}, 'Amount': 10})
        self.put('CreditNotes', self.credit('C1'))
        self.put('BankTransactions', {
            'Type': 'RECEIVE-OVERPAYMENT', 'Contact': {'Name': 'Ridgeline Cafe'}, 'BankAccount': {'Code': '090'},
            'LineItems': [{'Description': 'Twice', 'LineAmount': 20}]})
        expected = {
            'AccountsReceivable': {'Outstanding': 90.0, 'Overdue': 110.0}, 'AccountsPayable': {'Outstanding': 100.0, 'Overdue': 100.0}}
        self.assertEqual(self.balances(), expected, "open credit lowers what is outstanding alone")
        self.sandbox.clock.advance(86400 * 20)
        self.log_in(scope=BANK_SCOPE)
        self.assertEqual(self.balances()['AccountsReceivable']['Overdue'], 220.0, "the clock decides what is overdue")
        contact = self.get('/Contacts')['Contacts'][0]
        self.assertNotIn('Balances', contact)
        self.assertIn('Balances', self.get(f"/Contacts/{contact['ContactID']}")['Contacts'][0])
        self.assertNotIn('Balances', self.get('/Contacts', summaryOnly='true')['Contacts'][0])

    def test_balances_without_documents_and_by_the_clock_alone(self):
        self.put('Contacts', {'Name': 'Nobody'})
        self.assertNotIn('Balances', self.get('/Contacts', page=1)['Contacts'][0])
        self.put('Invoices', self.invoice(Contact={'Name': 'Nobody'}, DueDate=date(2099, 1, 1).isoformat()))
        self.sandbox.clock.advance(60)
        since = {'If-Modified-Since': self.sandbox.clock.now().strftime('%Y-%m-%dT%H:%M:%S')}
        self.put('Invoices', self.invoice('B', Contact={'Name': 'Nobody'}))
        self.assertEqual(self.api('GET', '/Contacts', headers=since, page=1).json['Contacts'], [], "balances do not count as a change")
        self.assertEqual(self.balances('Nobody')['AccountsReceivable']['Outstanding'], 220.0)

    # -- online invoice -----------------------------------------------------------------------------------------------

    def test_online_invoice(self):
        invoice = self.assert_saved(self.invoice())
        path = f"/Invoices/{invoice['InvoiceID']}/OnlineInvoice"
        url = self.get(path)['OnlineInvoices'][0]['OnlineInvoiceUrl']
        self.assertEqual(self.get(path)['OnlineInvoices'][0]['OnlineInvoiceUrl'], url)
        self.assertIn('INV/2026/0001', self.client.get(urlsplit(url).path, follow_redirects=True).text)
        self.assertEqual(self.client.get('/in/nothing').status_code, 404)
        self.put('Payments', {'Invoice': {'InvoiceID': invoice['InvoiceID']}, 'Account': {'Code': '090'}, 'Amount': 110})
        self.assertEqual(self.get(path)['OnlineInvoices'][0]['OnlineInvoiceUrl'], url)
        for other in (self.invoice('B', Status='DRAFT'), self.invoice('C', Type='ACCPAY')):
            made = self.assert_saved(other)
            self.assertEqual(self.api('GET', f"/Invoices/{made['InvoiceID']}/OnlineInvoice").status_code, 404)
        self.log_in(user=ADVISER, scope='accounting.contacts')
        self.assertEqual(self.api('GET', path).status_code, 401)
