"""Published clients of Xero use the sandbox; only their URLs are changed."""
import os
from datetime import date

from xero.exceptions import XeroBadRequest, XeroForbidden, XeroNotFound
from xero_python.accounting import models as accounting
from xero_python.exceptions import AccountingBadRequestException
from xero_python.identity import IdentityApi

from odoo.tests import tagged

from .clients_common import OfficialPythonCase, PyxeroCase
from .sandbox_common import HARBOUR, HINTERLAND


@tagged('post_install', '-at_install')
class TestOfficialPython(OfficialPythonCase):
    """``xero-python``, the official SDK."""

    def test_refresh_and_connections(self):
        before = self.stored['refresh_token']
        self.xero_client.refresh_oauth2_token()
        self.assertNotEqual(self.stored['refresh_token'], before)
        connections = IdentityApi(self.xero_client, base_url=self.server.url).get_connections()
        self.assertEqual({row.tenant_id for row in connections[1:]}, {HARBOUR, HINTERLAND})

    def test_settings(self):
        self.assertEqual(self.xero.get_organisations(HARBOUR).organisations[0].base_currency.value, 'AUD')
        self.assertGreater(len(self.xero.get_accounts(HARBOUR).accounts), 50)
        self.assertIn('OUTPUT', [rate.tax_type for rate in self.xero.get_tax_rates(HARBOUR).tax_rates])
        self.assertEqual(self.xero.get_tracking_categories(HARBOUR).tracking_categories[0].name, 'Region')
        self.assertEqual(self.xero.get_currencies(HARBOUR).currencies[0].code.value, 'AUD')
        self.assertTrue(self.xero.get_organisation_actions(HARBOUR).actions)

    def test_contacts(self):
        made = self.xero.create_contacts(HARBOUR, accounting.Contacts(contacts=[accounting.Contact(
            name='Acme', contact_number='odoo-1', addresses=[accounting.Address(address_type='POBOX', city='Cairns')])])).contacts[0]
        self.xero.update_contact(HARBOUR, made.contact_id, accounting.Contacts(contacts=[accounting.Contact(email_address='a@example.com')]))
        read = self.xero.get_contact(HARBOUR, made.contact_id).contacts[0]
        self.assertEqual((read.name, read.email_address, read.addresses[1].city), ('Acme', 'a@example.com', 'Cairns'))

    def test_invoices(self):
        made = self.xero.create_invoices(HARBOUR, accounting.Invoices(invoices=[self.new_invoice('A')]), summarize_errors=False).invoices[0]
        self.assertEqual((made.total, made.date, made.status), (110, date(2026, 10, 1), 'AUTHORISED'))
        self.xero.update_invoice(HARBOUR, made.invoice_id, accounting.Invoices(invoices=[accounting.Invoice(reference='changed')]))
        read = self.xero.get_invoices(HARBOUR, page=1, invoice_numbers=['A']).invoices[0]
        self.assertEqual((read.reference, read.line_items[0].line_amount), ('changed', 100))
        self.xero.update_invoice(HARBOUR, made.invoice_id, accounting.Invoices(invoices=[accounting.Invoice(status='VOIDED')]))
        self.assertEqual(self.xero.get_invoice(HARBOUR, made.invoice_id).invoices[0].status, 'VOIDED')

    def test_credit_notes(self):
        self.new_credit_note()
        self.assertEqual(self.xero.get_credit_notes(HARBOUR, page=1).credit_notes[0].total, 11)

    def new_credit_note(self):
        credit = accounting.CreditNote(
            type='ACCRECCREDIT', credit_note_number='C', contact=accounting.Contact(name='Ridgeline Cafe'), status='AUTHORISED',
            line_items=[accounting.LineItem(description='Back', unit_amount=10, account_code='200')])
        return self.xero.create_credit_notes(HARBOUR, accounting.CreditNotes(credit_notes=[credit])).credit_notes[0]

    def test_allocations_and_payments(self):
        invoice = self.xero.create_invoices(HARBOUR, accounting.Invoices(invoices=[self.new_invoice('A')])).invoices[0]
        credit, pointer = self.new_credit_note(), accounting.Invoice(invoice_id=invoice.invoice_id)
        made = self.xero.create_credit_note_allocation(HARBOUR, credit.credit_note_id, accounting.Allocations(allocations=[
            accounting.Allocation(amount=11, date=date(2026, 10, 1), invoice=pointer)])).allocations[0]
        self.assertEqual((made.amount, self.xero.get_invoice(HARBOUR, invoice.invoice_id).invoices[0].amount_credited), (11, 11))
        deleted = self.xero.delete_credit_note_allocations(HARBOUR, credit.credit_note_id, made.allocation_id)
        self.assertTrue(deleted.is_deleted)
        paid = self.xero.create_payment(HARBOUR, accounting.Payment(
            invoice=pointer, account=accounting.Account(code='090'), date=date(2026, 11, 2), amount=110)).payments[0]
        self.assertEqual(self.xero.get_invoice(HARBOUR, invoice.invoice_id).invoices[0].status, 'PAID')
        self.xero.delete_payment(HARBOUR, paid.payment_id, accounting.PaymentDelete(status='DELETED'))
        self.assertEqual(self.xero.get_payments(HARBOUR, page=1).payments[0].status, 'DELETED')

    def test_manual_journals(self):
        lines = [accounting.ManualJournalLine(line_amount=amount, account_code='404', description='Fees') for amount in (5, -5)]
        made = self.xero.create_manual_journals(HARBOUR, accounting.ManualJournals(manual_journals=[
            accounting.ManualJournal(narration='MISC/1', date=date(2026, 10, 1), status='POSTED', journal_lines=lines),
        ]), summarize_errors=False).manual_journals[0]
        self.assertEqual((made.status, made.status_attribute_string, made.date), ('POSTED', 'OK', date(2026, 10, 1)))
        self.xero.update_manual_journal(HARBOUR, made.manual_journal_id, accounting.ManualJournals(manual_journals=[
            accounting.ManualJournal(narration='MISC/1', status='VOIDED')]))
        listed = self.xero.get_manual_journals(HARBOUR, where='Narration=="MISC/1"', page=1).manual_journals
        self.assertEqual([(row.status, len(row.journal_lines)) for row in listed], [('VOIDED', 2)])
        with self.assertRaises(AccountingBadRequestException) as refused:
            self.xero.create_manual_journals(HARBOUR, accounting.ManualJournals(manual_journals=[
                accounting.ManualJournal(narration='MISC/2', journal_lines=lines[:1])]))
        self.assertIn('journal lines', refused.exception.reason)

    def test_attachments_and_history(self):
        invoice = self.xero.create_invoices(HARBOUR, accounting.Invoices(invoices=[self.new_invoice('A')])).invoices[0].invoice_id
        made = self.xero.create_invoice_attachment_by_file_name(
            HARBOUR, invoice, 'Invoice 1.pdf', b'%PDF fake', include_online=True).attachments[0]
        self.assertEqual((made.file_name, made.include_online), ('Invoice 1.pdf', True))
        self.assertEqual(len(self.xero.get_invoice_attachments(HARBOUR, invoice).attachments), 1)
        path = self.xero.get_invoice_attachment_by_file_name(HARBOUR, invoice, 'Invoice 1.pdf', 'application/octet-stream')
        self.addCleanup(os.remove, path)
        with open(path, 'rb') as file:
            self.assertEqual(file.read(), b'%PDF fake')
        self.xero.create_invoice_history(HARBOUR, invoice, accounting.HistoryRecords(history_records=[
            accounting.HistoryRecord(details='Exported')]))
        self.assertEqual(self.xero.get_invoice_history(HARBOUR, invoice).history_records[0].details, 'Exported')

    def test_settings_written(self):
        rate = accounting.TaxRate(name='Luxury', report_tax_type='OUTPUT', tax_components=[accounting.TaxComponent(name='A', rate=5)])
        made = self.xero.create_tax_rates(HARBOUR, accounting.TaxRates(tax_rates=[rate])).tax_rates[0]
        self.assertEqual((made.tax_type, made.effective_rate), ('TAX001', 5))
        category = self.xero.create_tracking_category(HARBOUR, accounting.TrackingCategory(name='Project')).tracking_categories[0]
        option = self.xero.create_tracking_options(
            HARBOUR, category.tracking_category_id, accounting.TrackingOption(name='Renewal')).options[0]
        self.assertEqual(option.status, 'ACTIVE')
        self.assertEqual(len(self.xero.get_branding_themes(HARBOUR).branding_themes), 3)

    def test_validation_error(self):
        with self.assertRaises(AccountingBadRequestException) as refused:
            self.xero.create_invoices(HARBOUR, accounting.Invoices(invoices=[self.new_invoice('A', account='999')]))
        self.assertEqual(refused.exception.reason, "Account code '999' is not a valid code for this document.")
        told = self.xero.create_invoices(
            HARBOUR, accounting.Invoices(invoices=[self.new_invoice('A'), self.new_invoice('A')]), summarize_errors=False).invoices
        self.assertEqual([row.has_errors for row in told], [False, True])
        self.assertEqual(told[1].validation_errors[0].message, 'Invoice # must be unique.')


@tagged('post_install', '-at_install')
class TestPyxero(PyxeroCase):
    """``pyxero``, which writes XML."""

    def test_refresh_and_connections(self):
        before = self.credentials.token['refresh_token']
        self.credentials.refresh()
        self.assertNotEqual(self.credentials.token['refresh_token'], before)
        self.assertEqual({row['tenantId'] for row in self.credentials.get_tenants()[1:]}, {HARBOUR, HINTERLAND})

    def test_contacts(self):
        made = self.xero.contacts.put({'Name': 'Acme', 'Phones': [{'PhoneType': 'MOBILE', 'PhoneNumber': '0400'}]})[0]
        self.xero.contacts.save({'ContactID': made['ContactID'], 'EmailAddress': 'a@example.com'})
        read = self.xero.contacts.filter(Name='Acme')[0]
        self.assertEqual((read['ContactID'], read['EmailAddress']), (made['ContactID'], 'a@example.com'))

    def test_invoices(self):
        made = self.xero.invoices.put([self.new_invoice('A'), self.new_invoice('B')])[0]
        self.assertEqual((made['Total'], made['Date'].date()), (110.0, date(2026, 10, 1)))
        self.xero.invoices.save({'InvoiceID': made['InvoiceID'], 'Reference': 'changed'})
        read = self.xero.invoices.get(made['InvoiceID'])[0]
        self.assertEqual((read['Reference'], read['LineItems'][0]['Description']), ('changed', 'Beans & more'))
        self.assertEqual(len(self.xero.invoices.filter(Status='AUTHORISED', page=1)), 2)
        self.assertEqual(self.xero.organisations.all()[0]['ShortCode'], '!Hb7x2')

    def test_journals_and_attachments(self):
        made = self.xero.manualjournals.put({
            'Narration': 'MISC/1', 'Date': date(2026, 10, 1), 'Status': 'POSTED',
            'JournalLines': [{'LineAmount': amount, 'AccountCode': '404'} for amount in ('5.00', '-5.00')]})[0]
        self.assertEqual([line['LineAmount'] for line in made['JournalLines']], [5.0, -5.0])
        self.xero.manualjournals.put_attachment_data(made['ManualJournalID'], 'a b.pdf', b'%PDF fake', 'application/pdf')
        self.assertEqual(self.xero.manualjournals.get_attachment_data(made['ManualJournalID'], 'a b.pdf'), b'%PDF fake')

    def test_validation_error(self):
        with self.assertRaises(XeroBadRequest) as refused:
            self.xero.invoices.put(self.new_invoice('A', account='999'))
        self.assertEqual(refused.exception.problem, "Account code '999' is not a valid code for this document.")
        with self.assertRaises(XeroNotFound):
            self.xero.invoices.get('nothing')
        self.credentials.tenant_id = '00000000-0000-0000-0000-000000000000'
        with self.assertRaises(XeroForbidden):
            self.xero.accounts.all()
