"""What pays a document: payments and allocated credit, and what is left of it.

A document holds its payments and allocations itself, as ``_payments`` and ``_allocations``; the organisation finds them by id.
"""
from . import shapes
from .sorts import CREDIT_NOTES, CREDITS, SORTS


def settle(document, day):
    """Compute what is due; an approved document with nothing due is PAID (on ``day``), one with something due is not."""
    due = document['AmountDue'] = document['Total'] - document['AmountPaid'] - document['AmountCredited']
    if document['Status'] == 'AUTHORISED' and not due:
        document |= {'Status': 'PAID', 'FullyPaidOnDate': day}
    elif document['Status'] == 'PAID' and due:
        document['Status'] = 'AUTHORISED'
        document.pop('FullyPaidOnDate', None)


def move(call, document, key, rows, row, sign=1):
    """Put a payment or an allocation on a document, or take it off again. Credit of any kind counts as ``AmountCredited``.

    :param key: ``AmountPaid`` or ``AmountCredited``; :param rows: ``_payments`` or ``_allocations``; :param sign: -1 takes off
    """
    document[rows] = [other for other in document[rows] if other is not row] + [row] * (sign > 0)
    document[key] += sign * row['Amount']
    document['UpdatedDateUTC'] = call.now
    settle(document, row['Date'])


def allocation_ends(organisation, allocation):
    """:return: (credit note, prepayment or overpayment; invoice)"""
    collection, credit_id = allocation['_credit']
    return organisation.documents[collection][credit_id], organisation.documents['Invoices'][allocation['_invoice']]


def payments(document):
    """:return: what a document shows of its payments"""
    return [{
        'PaymentID': payment['PaymentID'], 'Date': shapes.ms_date(payment['Date']), 'Amount': payment['Amount'],
        'Reference': payment['Reference'], 'CurrencyRate': payment['CurrencyRate'], 'HasAccount': True, 'HasValidationErrors': False,
    } for payment in document['_payments']]


def allocations(organisation, credit):
    """:return: what a credit note, a prepayment or an overpayment shows of its allocations"""
    shown = []
    for allocation in credit['_allocations']:
        _credit, invoice = allocation_ends(organisation, allocation)
        shown.append({
            'AllocationID': allocation['AllocationID'], 'Amount': allocation['Amount'], 'Date': shapes.ms_date(allocation['Date']),
            'Invoice': {'InvoiceID': invoice['InvoiceID'], 'InvoiceNumber': invoice.get('InvoiceNumber', ''), 'HasErrors': False},
            'IsDeleted': False,
        })
    return shown


def credits(organisation, invoice):
    """:return: what an invoice shows of the credit allocated to it: lists under ``CreditNotes``, ``Prepayments``, ``Overpayments``"""
    shown = {sort.collection: [] for sort in CREDITS}
    for allocation in invoice['_allocations']:
        credit, _invoice = allocation_ends(organisation, allocation)
        sort = SORTS[allocation['_credit'][0]]
        one = {
            sort.id_key: credit[sort.id_key], 'AppliedAmount': allocation['Amount'], 'Total': credit['Total'],
            'Date': shapes.ms_date(credit['Date']),
        }
        if sort is CREDIT_NOTES:
            one |= {'CreditNoteNumber': credit.get('CreditNoteNumber', ''), 'HasErrors': False}
        shown[sort.collection].append(one)
    return shown
