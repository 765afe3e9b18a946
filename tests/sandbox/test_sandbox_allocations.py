from odoo.tests import tagged

from .sandbox_common import HARBOUR, HINTERLAND, SandboxCase

PAID = 'This document cannot be edited as it has a payment or credit note allocated to it.'


@tagged('post_install', '-at_install')
class TestAllocations(SandboxCase):

    def credit(self, number='C1', **values):
        return self.assert_saved(self.invoice(Type='ACCRECCREDIT', InvoiceNumber=None, CreditNoteNumber=number) | values, 'CreditNotes')

    def both(self):
        """:return: (invoice of 110.00, credit note of 44.00)"""
        return self.assert_saved(self.invoice()), self.credit(LineItems=[self.line(Quantity=1, UnitAmount=40)])

    def allocation(self, invoice, amount, **values):
        return {'Amount': amount, 'Invoice': {'InvoiceID': invoice['InvoiceID']}, 'Date': '2026-10-01'} | values

    def allocate(self, credit, *allocations):
        answer = self.api('PUT', f"/CreditNotes/{credit['CreditNoteID']}/Allocations", {'Allocations': list(allocations)})
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json['Allocations']

    def refusal(self, credit, *allocations):
        return self.refused('PUT', f"/CreditNotes/{credit['CreditNoteID']}/Allocations", {'Allocations': list(allocations)})

    def read(self, invoice):
        return self.get(f"/Invoices/{invoice['InvoiceID']}")['Invoices'][0]

    def read_credit(self, credit):
        return self.get(f"/CreditNotes/{credit['CreditNoteID']}")['CreditNotes'][0]

    def test_amounts_both_ways(self):
        invoice, credit = self.both()
        made = self.allocate(credit, self.allocation(invoice, 14))[0]
        self.assertEqual(made['Amount'], 14.0)
        read, read_credit = self.read(invoice), self.read_credit(credit)
        self.assertEqual((read['AmountDue'], read['AmountCredited'], read['Status']), (96.0, 14.0, 'AUTHORISED'))
        self.assertEqual(read['CreditNotes'][0]['AppliedAmount'], 14.0)
        self.assertEqual((read_credit['RemainingCredit'], read_credit['Status']), (30.0, 'AUTHORISED'))
        self.assertEqual(read_credit['Allocations'][0]['AllocationID'], made['AllocationID'])
        self.allocate(credit, self.allocation(invoice, 30))
        self.assertEqual(self.read_credit(credit)['Status'], 'PAID')
        path = f"/CreditNotes/{credit['CreditNoteID']}/Allocations/{made['AllocationID']}"
        answer = self.api('DELETE', path)
        self.assertEqual((answer.status_code, answer.json['IsDeleted']), (200, True))
        self.assertEqual(self.read_credit(credit)['RemainingCredit'], 14.0)
        self.assertEqual(self.read_credit(credit)['Status'], 'AUTHORISED')
        self.assertEqual(self.read(invoice)['AmountDue'], 80.0)
        self.assertEqual(self.api('DELETE', path).status_code, 404)

    def test_rules(self):
        invoice, credit = self.both()
        other = self.assert_saved(self.invoice('B', Contact={'Name': 'Somebody Else'}))
        dollars = self.assert_saved(self.invoice('C', CurrencyCode='USD'))
        draft = self.assert_saved(self.invoice('D', Status='DRAFT'))
        bill = self.assert_saved(self.invoice('E', Type='ACCPAY'))
        cases = [
            (invoice, 44.01, 'The allocation amount exceeds the remaining credit.'),
            (invoice, 0, 'The allocation amount must be greater than zero.'),
            (other, 1, 'A credit note can only be allocated to an invoice of the same contact.'),
            (dollars, 1, 'A credit note can only be allocated to an invoice in the same currency.'),
            (draft, 1, 'Credit notes can only be allocated when both documents are AUTHORISED.'),
            (bill, 1, 'A credit note can only be allocated to an invoice of its own kind.'),
            ({'InvoiceID': HARBOUR}, 1, 'An existing Invoice with the specified InvoiceID could not be found'),
        ]
        for document, amount, message in cases:
            with self.subTest(message=message):
                self.assertEqual(self.refusal(credit, self.allocation(document, amount)), [message])
        small = self.assert_saved(self.invoice('F', LineItems=[self.line(Quantity=1, UnitAmount=1)]))
        self.assertEqual(self.refusal(credit, self.allocation(small, 2)), [
            'The allocation amount exceeds the amount outstanding on this document'])
        self.assertEqual(self.api('PUT', f'/CreditNotes/{HARBOUR}/Allocations', {}).status_code, 404)

    def test_each_on_its_own(self):
        invoice, credit = self.both()
        answer = self.api('PUT', f"/CreditNotes/{credit['CreditNoteID']}/Allocations", {'Allocations': [
            self.allocation(invoice, 10), self.allocation(invoice, 100)]}, summarizeErrors='false')
        self.assertEqual([row['StatusAttributeString'] for row in answer.json['Allocations']], ['OK', 'ERROR'])
        self.assertEqual(self.read_credit(credit)['AppliedAmount'], 10.0)

    def test_allocated_documents_hold_still(self):
        invoice, credit = self.both()
        made = self.allocate(credit, self.allocation(invoice, 14))[0]
        path, credit_path = f"/Invoices/{invoice['InvoiceID']}", f"/CreditNotes/{credit['CreditNoteID']}"
        ends = [(path, 'invoice'), (credit_path, 'credit note')]
        for document_path, name in ends:
            self.assertEqual(self.refused('POST', document_path, {'Status': 'VOIDED'}), [
                f'The status VOIDED cannot be applied to the {name} because it has payments or credit notes allocated to it.'])
        self.assertEqual(self.refused('POST', path, {'Contact': {'Name': 'Somebody Else'}}), [PAID])
        self.assertEqual(self.refused('POST', path, {'LineItems': [self.line(), self.line()]}), [PAID])
        self.assertEqual(self.refused('POST', credit_path, {'CurrencyRate': 2, 'CurrencyCode': 'USD'}), [PAID])
        self.assertEqual(self.api('POST', path, {'Reference': 'late', 'Contact': invoice['Contact']}).status_code, 200)
        self.api('DELETE', f"{credit_path}/Allocations/{made['AllocationID']}")
        for document_path, _name in ends:
            self.assertEqual(self.api('POST', document_path, {'Status': 'VOIDED'}).status_code, 200)

    def test_date_is_the_later_of_the_two(self):
        invoice = self.assert_saved(self.invoice())
        credit = self.credit(Date='2026-10-20')
        self.assertEqual(self.allocate(credit, self.allocation(invoice, 1))[0]['Date'], '/Date(1792454400000+0000)/')

    def test_locked(self):
        self.tenant = HINTERLAND
        invoice, credit = self.both()
        self.client.post(f'/sandbox/organisations/{HINTERLAND}', json={'period_lock_date': '2026-10-31'})
        self.assertIn('31-Oct-2026', self.refusal(credit, self.allocation(invoice, 1))[0])
