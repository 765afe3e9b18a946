"""Published clients pay, allocate and read back; one of them over a custom connection."""
from datetime import date, datetime

from xero_python.accounting import models as accounting
from xero_python.api_client.oauth2 import OAuth2Token, TokenApi

from odoo.tests import tagged

from .clients_common import OfficialPythonCase, PyxeroCase
from .sandbox_common import CUSTOM_ID, CUSTOM_SECRET, HARBOUR

BANK = '090'


@tagged('post_install', '-at_install')
class TestOfficialPythonMoney(OfficialPythonCase):

    def invoices(self, *numbers):
        return self.xero.create_invoices(HARBOUR, accounting.Invoices(
            invoices=[self.new_invoice(number) for number in numbers]), summarize_errors=False).invoices

    def received(self, kind):
        """:return: the bank transaction that is a prepayment or an overpayment of 40.00"""
        line = accounting.LineItem(description='Too much', unit_amount=40, quantity=1, account_code='200')
        return self.xero.create_bank_transactions(HARBOUR, accounting.BankTransactions(bank_transactions=[accounting.BankTransaction(
            type=kind, contact=accounting.Contact(name='Ridgeline Cafe'), bank_account=accounting.Account(code=BANK),
            date=date(2026, 10, 5), line_items=[line])])).bank_transactions[0]

    def test_batch_payment(self):
        first, second = self.invoices('A', 'B')
        made = self.xero.create_batch_payment(HARBOUR, accounting.BatchPayments(batch_payments=[accounting.BatchPayment(
            account=accounting.Account(code=BANK), date=date(2026, 11, 2), payments=[
                accounting.Payment(invoice=accounting.Invoice(invoice_id=row.invoice_id), amount=10, reference='R') for row in (first, second)],
        )])).batch_payments[0]
        self.assertEqual((made.type, made.total_amount, len(made.payments)), ('RECBATCH', 20, 2))
        payments = self.xero.get_payments(HARBOUR, page=1, page_size=1000, where='Status=="AUTHORISED"').payments
        self.assertEqual({row.batch_payment_id for row in payments}, {made.batch_payment_id})
        self.assertEqual(payments[0].batch_payment.total_amount, 20)
        self.xero.delete_batch_payment_by_url_param(
            HARBOUR, made.batch_payment_id, accounting.BatchPaymentDeleteByUrlParam(status='DELETED'))
        self.assertEqual(self.xero.get_batch_payment(HARBOUR, made.batch_payment_id).batch_payments[0].status, 'DELETED')
        since = datetime(2026, 1, 1)
        self.assertEqual(len(self.xero.get_batch_payments(HARBOUR, if_modified_since=since).batch_payments), 1)

    def test_overpayment(self):
        invoice = self.invoices('A')[0]
        made = self.received('RECEIVE-OVERPAYMENT')
        pointer = accounting.Invoice(invoice_id=invoice.invoice_id)
        allocation = self.xero.create_overpayment_allocations(HARBOUR, made.overpayment_id, accounting.Allocations(allocations=[
            accounting.Allocation(amount=15, date=date(2026, 10, 6), invoice=pointer)])).allocations[0]
        credit = self.xero.get_overpayments(HARBOUR, page=1).overpayments[0]
        self.assertEqual((credit.remaining_credit, credit.allocations[0].allocation_id), (25, allocation.allocation_id))
        read = self.xero.get_invoice(HARBOUR, invoice.invoice_id).invoices[0]
        self.assertEqual((read.amount_credited, read.overpayments[0].applied_amount), (15, 15))
        self.assertTrue(self.xero.delete_overpayment_allocations(HARBOUR, made.overpayment_id, allocation.allocation_id).is_deleted)
        paid = self.xero.create_payments(HARBOUR, accounting.Payments(payments=[accounting.Payment(
            overpayment=accounting.Overpayment(overpayment_id=made.overpayment_id), account=accounting.Account(code=BANK), amount=40)]))
        self.assertEqual(paid.payments[0].payment_type, 'AROVERPAYMENTPAYMENT')
        self.assertEqual(self.xero.get_overpayment(HARBOUR, made.overpayment_id).overpayments[0].status, 'PAID')

    def test_prepayment(self):
        invoice, made = self.invoices('A')[0], self.received('RECEIVE-PREPAYMENT')
        self.xero.create_prepayment_allocations(HARBOUR, made.prepayment_id, accounting.Allocations(allocations=[
            accounting.Allocation(amount=40, date=date(2026, 10, 6), invoice=accounting.Invoice(invoice_id=invoice.invoice_id))]))
        read = self.xero.get_prepayment(HARBOUR, made.prepayment_id).prepayments[0]
        self.assertEqual((read.status, read.remaining_credit, read.type), ('PAID', 0, 'RECEIVE-PREPAYMENT'))
        self.assertEqual(len(self.xero.get_prepayments(HARBOUR, page=1).prepayments), 1)

    def test_balances_and_online_invoice(self):
        invoice = self.invoices('A')[0]
        contact = self.xero.get_contacts(HARBOUR, page=1).contacts[0]
        self.assertEqual(contact.balances.accounts_receivable.outstanding, 110)
        online = self.xero.get_online_invoice(HARBOUR, invoice.invoice_id).online_invoices[0]
        self.assertTrue(online.online_invoice_url.startswith(self.server.url))


@tagged('post_install', '-at_install')
class TestPyxeroMoney(PyxeroCase):

    def test_payments_and_batch(self):
        first, second = self.xero.invoices.put([self.new_invoice('A'), self.new_invoice('B')])
        made = self.xero.payments.put({
            'Invoice': {'InvoiceID': first['InvoiceID']}, 'Account': {'Code': BANK}, 'Date': date(2026, 11, 2), 'Amount': '5.00'})[0]
        self.xero.payments.delete(made['PaymentID'])
        self.assertEqual([row['Status'] for row in self.xero.payments.filter(page=1)], ['DELETED'])
        batch = self.xero.batchpayments.put({'Account': {'Code': BANK}, 'Date': date(2026, 11, 2), 'Payments': [
            {'Invoice': {'InvoiceID': row['InvoiceID']}, 'Amount': '7.50', 'Reference': 'R'} for row in (first, second)]})[0]
        self.assertEqual((batch['TotalAmount'], len(batch['Payments'])), (15.0, 2))
        self.assertEqual(self.xero.batchpayments.all()[0]['Type'], 'RECBATCH')

    def test_overpayment(self):
        self.xero.banktransactions.put({
            'Type': 'RECEIVE-OVERPAYMENT', 'Contact': {'Name': 'Ridgeline Cafe'}, 'BankAccount': {'Code': BANK},
            'LineItems': [{'Description': 'Twice', 'LineAmount': '12.00'}]})
        read = self.xero.overpayments.filter(page=1)[0]
        self.assertEqual((read['RemainingCredit'], read['Status']), (12.0, 'AUTHORISED'))
        self.assertEqual(self.xero.overpayments.get(read['OverpaymentID'])[0]['LineItems'][0]['LineAmount'], 12.0)
        self.assertEqual(self.xero.prepayments.all(), [])


@tagged('post_install', '-at_install')
class TestOfficialPythonCustomConnection(OfficialPythonCase):
    """A custom connection: the client sends neither a scope nor a tenant."""

    def test_custom_connection(self):
        self.patch(TokenApi, 'client_credentials_token_url', f'{self.server.url}/connect/token')
        client = self.xero_client
        client.configuration.oauth2_token = OAuth2Token(client_id=CUSTOM_ID, client_secret=CUSTOM_SECRET)
        client.get_client_credentials_token()
        self.assertNotIn('refresh_token', self.stored)
        organisations = self.xero.get_organisations('').organisations
        self.assertEqual(organisations[0].organisation_id, HARBOUR)
