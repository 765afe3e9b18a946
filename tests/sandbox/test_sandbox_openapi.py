"""The sandbox's replies against Xero's specification, if it is present beside the repository."""
import os
import unittest
from functools import cache
from pathlib import Path

import yaml
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from odoo.tests import tagged

from .sandbox_common import BANK_SCOPE, EXPORT_SCOPE, HARBOUR, SandboxCase

SPECIFICATION = Path(os.path.realpath(__file__)).parents[3] / 'shared' / 'xero' / 'openapi'
URI = 'urn:xero'


@cache
def schemas(name):
    """:return: a ``Registry`` that knows the specification's ``#/components``"""
    content = yaml.load((SPECIFICATION / name).read_text(), getattr(yaml, 'CSafeLoader', yaml.SafeLoader))
    return Registry().with_resource(URI, Resource(content, DRAFT4))


@tagged('post_install', '-at_install')
@unittest.skipUnless(SPECIFICATION.is_dir(), "Xero's specification (../shared/xero/openapi) is not beside this repository")
class TestSpecification(SandboxCase):

    def assert_fits(self, value, schema, specification='xero_accounting.yaml'):
        validator = OAS30Validator({'$ref': f'{URI}#/components/schemas/{schema}'}, registry=schemas(specification))
        self.assertEqual([f'{list(error.path)}: {error.message}' for error in validator.iter_errors(value)][:5], [])

    def assert_known(self, value, schema):
        """Keys that the specification does not have are listed here; any other such key fails the test."""
        properties = schemas('xero_accounting.yaml').contents(URI)['components']['schemas'][schema]['properties']
        self.assertEqual(value.keys() - properties.keys() - {'DateString', 'DueDateString'}, set())

    def test_settings(self):
        for path, schema in (
            ('/Organisation', 'Organisations'), ('/Organisation/Actions', 'Actions'), ('/Accounts', 'Accounts'),
            ('/TaxRates', 'TaxRates'), ('/Currencies', 'Currencies'), ('/TrackingCategories', 'TrackingCategories'),
            ('/BrandingThemes', 'BrandingThemes'),
        ):
            with self.subTest(path=path):
                self.assert_fits(self.get(path), schema)

    def test_documents_and_contacts(self):
        replies = {
            'Invoices': [
                self.invoice('A', CurrencyCode='USD', LineItems=[self.line(Tracking=[{'Name': 'Region', 'Option': 'North'}])]),
                self.invoice('A'), self.invoice('B', SentToContact=True, Status='DRAFT'), self.invoice('C', Type='ACCPAY'),
            ],
            'CreditNotes': [self.invoice(Type='ACCRECCREDIT', CreditNoteNumber='A', InvoiceNumber=None)],
            'Contacts': [{'Name': 'Acme', 'EmailAddress': 'a@example.com'}, {'Name': 'Acme'}],
        }
        for collection, elements in replies.items():
            with self.subTest(collection=collection):
                self.assert_fits({collection: self.put(collection, *elements)}, collection)
                self.assert_fits(self.get(f'/{collection}', page=1), collection)
                self.assert_fits(self.get(f'/{collection}'), collection)
        self.assert_fits(self.get('/Invoices', summaryOnly='true'), 'Invoices')

    def test_journals(self):
        self.log_in(scope=EXPORT_SCOPE)
        lines = [{'LineAmount': 10, 'AccountCode': '404', 'Tracking': [{'Name': 'Region', 'Option': 'North'}]},
                 {'LineAmount': -10, 'AccountCode': '850'}]
        journal = {'Narration': 'MISC/1', 'Date': '2026-10-01', 'Status': 'POSTED', 'JournalLines': lines}
        told = self.put('ManualJournals', journal, journal | {'JournalLines': lines[:1]})
        self.assert_fits({'ManualJournals': told}, 'ManualJournals')
        self.assert_fits(self.get('/ManualJournals', page=1), 'ManualJournals')
        self.assert_known(told[0], 'ManualJournal')
        self.assert_known(told[0]['JournalLines'][0], 'ManualJournalLine')

    def test_what_settles(self):
        self.log_in(scope=EXPORT_SCOPE)
        invoice = self.put('Invoices', self.invoice())[0]
        credit = self.put('CreditNotes', self.invoice(Type='ACCRECCREDIT', InvoiceNumber=None))[0]
        path = f"/CreditNotes/{credit['CreditNoteID']}"
        made = self.api('PUT', f'{path}/Allocations', {'Allocations': [
            {'Amount': 1, 'Invoice': {'InvoiceID': invoice['InvoiceID']}, 'Date': '2026-10-01'}]}).json
        self.assert_fits(made, 'Allocations')
        self.assert_known(made['Allocations'][0], 'Allocation')
        payment = {'Invoice': {'InvoiceID': invoice['InvoiceID']}, 'Account': {'Code': '090'}, 'Amount': 5}
        told = self.put('Payments', payment, payment | {'Amount': 500})
        self.assert_fits({'Payments': told}, 'Payments')
        self.assert_known(told[0], 'Payment')
        self.assert_fits(self.get('/Payments', page=1), 'Payments')
        self.assert_fits(self.get('/Invoices', page=1), 'Invoices')
        self.assert_fits(self.get(path), 'CreditNotes')
        deleted = self.api('DELETE', f"{path}/Allocations/{made['Allocations'][0]['AllocationID']}").json
        self.assert_fits(deleted, 'Allocation')

    def test_batch_payments(self):
        self.log_in(scope=EXPORT_SCOPE)
        payments = [{'Invoice': {'InvoiceID': row['InvoiceID']}, 'Amount': 5, 'Reference': 'R'} for row in self.put(
            'Invoices', self.invoice('A'), self.invoice('B'))]
        batch = {'Account': {'Code': '090'}, 'Date': '2026-11-02', 'Details': 'Run 1', 'Payments': payments}
        told = self.put('BatchPayments', batch, batch | {'Payments': []})
        self.assert_fits({'BatchPayments': told}, 'BatchPayments')
        self.assertEqual(told[0].pop('StatusAttributeString'), 'OK', "of every batch of elements; the specification forgets it here")
        self.assert_known(told[0], 'BatchPayment')
        self.assert_known(told[0]['Payments'][0], 'Payment')
        payment = self.get('/Payments', page=1)
        self.assert_fits(payment, 'Payments')
        self.assert_known(payment['Payments'][0], 'Payment')
        self.assert_known(payment['Payments'][0]['BatchPayment'], 'BatchPayment')
        self.assert_fits(self.get(f"/Payments/{payment['Payments'][0]['PaymentID']}"), 'Payments')
        path = f"/BatchPayments/{told[0]['BatchPaymentID']}"
        self.assert_fits(self.get(path), 'BatchPayments')
        self.assert_fits(self.api('POST', path, {'Status': 'DELETED'}).json, 'BatchPayments')
        self.assert_fits(self.get('/BatchPayments'), 'BatchPayments')

    def test_prepayments_and_overpayments(self):
        self.log_in(scope=BANK_SCOPE)
        for sort, line in (('Overpayment', {'Description': 'Twice', 'LineAmount': 50}), ('Prepayment', self.line())):
            invoice = self.put('Invoices', self.invoice(sort))[0]
            for side in ('RECEIVE', 'SPEND'):
                told = self.put('BankTransactions', {
                    'Type': f'{side}-{sort.upper()}', 'Contact': {'Name': 'Ridgeline Cafe'}, 'BankAccount': {'Code': '090'},
                    'LineItems': [line]}, {'Type': f'{side}-{sort.upper()}', 'LineItems': [], 'BankAccount': {'Code': '090'}})
                self.assert_fits({'BankTransactions': told}, 'BankTransactions')
                self.assert_known(told[0], 'BankTransaction')
            paths = [f"/{sort}s/{row[f'{sort}ID']}" for row in self.get(f'/{sort}s')[f'{sort}s']]
            made = self.api('PUT', f'{paths[0]}/Allocations', {'Amount': 5, 'Invoice': {'InvoiceID': invoice['InvoiceID']}}).json
            self.assert_fits(made, 'Allocations')
            self.assert_known(made['Allocations'][0], 'Allocation')
            refund = self.put('Payments', {sort: {f'{sort}ID': paths[0].split('/')[2]}, 'Account': {'Code': '090'}, 'Amount': 1})
            self.assert_fits({'Payments': refund}, 'Payments')
            for reply in (self.get(f'/{sort}s'), self.get(f'/{sort}s', page=1), self.get(paths[0])):
                self.assert_fits(reply, f'{sort}s')
                self.assert_known(reply[f'{sort}s'][0], sort)
            read = self.get(f"/Invoices/{invoice['InvoiceID']}")
            self.assert_fits(read, 'Invoices')
            self.assert_known(read['Invoices'][0][f'{sort}s'][0], sort)
        self.assert_fits(self.get('/Payments'), 'Payments')
        self.assert_fits(self.get('/BankTransactions'), 'BankTransactions')

    def test_balances_and_online_invoice(self):
        invoice = self.put('Invoices', self.invoice())[0]
        contacts = self.get('/Contacts', page=1)
        self.assert_fits(contacts, 'Contacts')
        self.assert_known(contacts['Contacts'][0], 'Contact')
        self.assert_known(contacts['Contacts'][0]['Balances'], 'Balances')
        online = self.get(f"/Invoices/{invoice['InvoiceID']}/OnlineInvoice")
        self.assert_fits(online, 'OnlineInvoices')
        self.assert_known(online['OnlineInvoices'][0], 'OnlineInvoice')

    def test_files_and_notes(self):
        self.log_in(scope=EXPORT_SCOPE)
        path = f"/Invoices/{self.put('Invoices', self.invoice())[0]['InvoiceID']}"
        made = self.api('PUT', f'{path}/Attachments/a.pdf', b'%PDF', {'Content-Type': 'application/pdf'}).json
        self.assert_fits(made, 'Attachments')
        self.assert_known(made['Attachments'][0], 'Attachment')
        self.assert_fits(self.get(f'{path}/Attachments'), 'Attachments')
        made = self.api('PUT', f'{path}/History', {'HistoryRecords': [{'Details': 'Exported'}]}).json
        self.assert_fits(made, 'HistoryRecords')
        self.assert_known(made['HistoryRecords'][0], 'HistoryRecord')

    def test_settings_written(self):
        self.log_in(scope=EXPORT_SCOPE)
        made = self.api('PUT', '/TaxRates', {'Name': 'Luxury', 'ReportTaxType': 'OUTPUT', 'TaxComponents': [{'Name': 'A', 'Rate': 5}]}).json
        self.assert_fits(made, 'TaxRates')
        self.assert_known(made['TaxRates'][0], 'TaxRate')
        made = self.api('PUT', '/TrackingCategories', {'Name': 'Project'}).json
        self.assert_fits(made, 'TrackingCategories')
        path = f"/TrackingCategories/{made['TrackingCategories'][0]['TrackingCategoryID']}/Options"
        self.assert_fits(self.api('PUT', path, {'Name': 'Renewal'}).json, 'TrackingOptions')
        self.assert_fits(self.get('/TaxRates'), 'TaxRates')

    def test_items(self):
        self.log_in(scope=EXPORT_SCOPE)
        told = self.put(
            'Items', {'Code': 'A', 'Name': 'First'}, {'Code': 'a'},
            {'Code': 'B', 'InventoryAssetAccountCode': '630', 'PurchaseDetails': {'COGSAccountCode': '310'}})
        self.assert_fits({'Items': told}, 'Items')
        for item in told:
            self.assert_known(item, 'Item')
        self.assert_fits(self.get('/Items'), 'Items')
        invoice = self.put('Invoices', self.invoice(LineItems=[self.line(ItemCode='A')]))[0]
        self.assert_fits({'Invoices': [invoice]}, 'Invoices')
        self.assert_known(invoice['LineItems'][0], 'LineItem')

    def test_refusals(self):
        answer = self.api('PUT', '/Invoices', self.invoice(Type='ACCRECCREDIT'))
        self.assertEqual(answer.status_code, 400)
        self.assert_fits(answer.json, 'Error')

    def test_every_key_is_known(self):
        invoice = self.put('Invoices', self.invoice())[0]
        self.assert_known(invoice, 'Invoice')
        self.assert_known(self.put('CreditNotes', self.invoice(Type='ACCRECCREDIT', InvoiceNumber=None))[0], 'CreditNote')
        self.assert_known(invoice['LineItems'][0], 'LineItem')
        self.assert_known(invoice['Contact'], 'Contact')
        self.assert_known(self.get('/Accounts')['Accounts'][0], 'Account')

    def test_connections(self):
        token = self.log_in(tenants=[HARBOUR])
        for connection in self.client.get('/connections', headers={'Authorization': f"Bearer {token['access_token']}"}).json:
            self.assert_fits(connection, 'Connection', 'xero-identity.yaml')
