from odoo.tests import tagged

from .sandbox_common import EXPORT_SCOPE, HARBOUR, SandboxCase


@tagged('post_install', '-at_install')
class TestPages(SandboxCase):

    def setUp(self):
        super().setUp()
        self.log_in(scope=EXPORT_SCOPE)

    def page(self, path):
        answer = self.client.get(path, follow_redirects=True)
        self.assertEqual(answer.status_code, 200, path)
        return answer

    def test_journal(self):
        journal = self.assert_saved({'Narration': 'MISC/2026/0001', 'Status': 'POSTED', 'JournalLines': [
            {'LineAmount': 1234.5, 'AccountCode': '404', 'Description': 'Fees'}, {'LineAmount': -1234.5, 'AccountCode': '850'},
        ]}, 'ManualJournals')
        self.assertIn('MISC/2026/0001', self.page('/organisation/!Hb7x2').text)
        link = f"/Journal/View.aspx?invoiceID={journal['ManualJournalID']}"
        for path in (link, f'/organisationlogin/default.aspx?shortcode=!Hb7x2&redirecturl={link}'):
            self.assertIn('1,234.50', self.page(path).text)
        self.assertEqual(self.client.get(f'/Journal/View.aspx?invoiceID={HARBOUR}').status_code, 404)

    def test_what_hangs_on_a_document(self):
        invoice = self.assert_saved(self.invoice())
        credit = self.assert_saved(self.invoice(Type='ACCRECCREDIT', InvoiceNumber=None, CreditNoteNumber='C1'), 'CreditNotes')
        self.api('PUT', f"/CreditNotes/{credit['CreditNoteID']}/Allocations", {'Allocations': [
            {'Amount': 12.34, 'Invoice': {'InvoiceID': invoice['InvoiceID']}, 'Date': '2026-10-01'}]})
        self.api('PUT', '/Payments', {
            'Invoice': {'InvoiceID': invoice['InvoiceID']}, 'Account': {'Code': '090'}, 'Amount': 5, 'Reference': 'PAY/1'})
        path = f"/Invoices/{invoice['InvoiceID']}"
        self.api('PUT', f'{path}/History', {'HistoryRecords': [{'Details': 'Exported <by Odoo>'}]})
        attachment = self.api('PUT', f'{path}/Attachments/Invoice.pdf', b'%PDF', {'Content-Type': 'application/pdf'}).json['Attachments'][0]
        text = self.page(f"/app/!Hb7x2/invoicing/view/{invoice['InvoiceID']}").text
        for part in ('C1', '12.34', 'PAY/1', 'Exported &lt;by Odoo&gt;', 'Invoice.pdf'):
            self.assertIn(part, text)
        self.assertIn('INV/2026/0001', self.page(f"/app/!Hb7x2/document/{credit['CreditNoteID']}").text)
        file = self.page(f"/app/!Hb7x2/file/{invoice['InvoiceID']}/{attachment['AttachmentID']}")
        self.assertEqual((file.get_data(), file.headers['Content-Disposition']), (b'%PDF', 'attachment; filename=Invoice.pdf'))

    def test_money(self):
        invoice = self.assert_saved(self.invoice())
        batch = self.in_xero('PUT', '/BatchPayments', {'Account': {'Code': '090'}, 'Payments': [
            {'Invoice': {'InvoiceID': invoice['InvoiceID']}, 'Amount': 7, 'Reference': 'RUN 1'}]})['BatchPayments'][0]
        money = self.in_xero('PUT', '/BankTransactions', {
            'Type': 'RECEIVE-OVERPAYMENT', 'Contact': {'Name': 'Ridgeline Cafe'}, 'BankAccount': {'Code': '090'},
            'LineItems': [{'Description': 'Paid twice', 'LineAmount': 56.78}]})['BankTransactions'][0]
        link = '/organisationlogin/default.aspx?shortcode=!Hb7x2&redirecturl=/Bank/ViewTransaction.aspx?bankTransactionID='
        for row_id, text in (
            (batch['BatchPaymentID'], 'INV/2026/0001'), (batch['Payments'][0]['PaymentID'], 'INV/2026/0001'),
            (money['BankTransactionID'], 'Overpayment received'),
        ):
            self.assertIn(text, self.page(f'{link}{row_id}').text)
        self.assertIn('56.78', self.page('/organisation/!Hb7x2').text)
        self.assertIn('Overpayment received', self.page(f"/app/!Hb7x2/contacts/contact/{invoice['Contact']['ContactID']}").text)
        self.assertEqual(self.client.get(f'{link}{HARBOUR}', follow_redirects=True).status_code, 404)
