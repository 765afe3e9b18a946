"""Allocations: credit notes, prepayments and overpayments set against invoices. Its own wordings where Xero's are not published."""
import uuid

from flask import request

from . import batch, money, settlement, shapes
from .checks import lock_errors
from .errors import not_found, not_implemented
from .sorts import CREDITS, SORTS

SIDES = {kind: side for sort in CREDITS for kind, side in ((sort.sale, 'ACCREC'), (sort.purchase, 'ACCPAY'))}


class Allocations:
    """The allocations of one credit note, prepayment or overpayment, seen by one call."""

    collection, id_key = 'Allocations', 'AllocationID'
    error_flag = None

    def __init__(self, call, sort, credit):
        self._call, self._organisation = call, call.organisation
        self._sort, self._credit = sort, credit

    def shown(self, allocation):
        _credit, invoice = settlement.allocation_ends(self._organisation, allocation)
        return {
            'AllocationID': allocation['AllocationID'], 'Amount': allocation['Amount'], 'Date': shapes.ms_date(allocation['Date']),
            'Invoice': {'InvoiceID': invoice['InvoiceID'], 'InvoiceNumber': invoice.get('InvoiceNumber', ''), 'HasErrors': False},
            self._sort.singular: {self._sort.id_key: self._credit[self._sort.id_key]},
            'IsDeleted': False,
        }

    def save(self, values, create_only, key=None):
        """:return: (allocation or None, errors, warnings); the date stored is the later of the two documents', whatever was sent"""
        invoice = self._organisation.documents['Invoices'].get(values.get('Invoice', {}).get('InvoiceID'))
        if not invoice:
            return None, ['An existing Invoice with the specified InvoiceID could not be found'], []
        amount = money.rounded(values['Amount']) if 'Amount' in values else None
        day = max(self._credit['Date'], invoice['Date'])
        errors = self._errors(invoice, amount) or lock_errors(self._call, day)
        if errors:
            return None, errors, []
        allocation = {
            'AllocationID': str(uuid.uuid4()), 'Amount': amount, 'Date': day,
            '_credit': (self._sort.collection, self._credit[self._sort.id_key]), '_invoice': invoice['InvoiceID'],
        }
        for document in (self._credit, invoice):
            settlement.move(self._call, document, 'AmountCredited', '_allocations', allocation)
        return allocation, [], []

    def _errors(self, invoice, amount):
        credit, noun = self._credit, self._sort.noun
        one = f"{'An' if noun.startswith('o') else 'A'} {noun}"
        if amount is None or amount <= 0:
            return ['The allocation amount must be greater than zero.']
        if invoice['Type'] != SIDES[credit['Type']]:
            return [f'{one} can only be allocated to an invoice of its own kind.']
        if credit['Status'] != 'AUTHORISED' or invoice['Status'] != 'AUTHORISED':
            return [f'{noun.capitalize()}s can only be allocated when both documents are AUTHORISED.']
        if credit['Contact']['ContactID'] != invoice['Contact']['ContactID']:
            return [f'{one} can only be allocated to an invoice of the same contact.']
        if credit['CurrencyCode'] != invoice['CurrencyCode']:
            return [f'{one} can only be allocated to an invoice in the same currency.']
        if amount > credit['AmountDue']:
            return ['The allocation amount exceeds the remaining credit.']
        if amount > invoice['AmountDue']:
            return ['The allocation amount exceeds the amount outstanding on this document']
        return []

    def remove(self, key):
        """:return: the deleted allocation"""
        allocation = next((row for row in self._credit['_allocations'] if row['AllocationID'] == key.lower()), None)
        if not allocation:
            raise not_found()
        shown = self.shown(allocation) | {'IsDeleted': True}
        for document in settlement.allocation_ends(self._organisation, allocation):
            settlement.move(self._call, document, 'AmountCredited', '_allocations', allocation, sign=-1)
        return shown


def answer(call, route, credit):
    """``…/CreditNotes/{id}/Allocations``, the same of prepayments and overpayments; :return: what the reply holds"""
    store = Allocations(call, SORTS[route.name], credit)
    if request.method == 'PUT' and not route.part_key:
        return {store.collection: batch.save(call, store, call.elements(store.collection), create_only=True)}
    if request.method == 'DELETE' and route.part_key:
        return shapes.jsonable(store.remove(route.part_key))
    raise not_implemented()
