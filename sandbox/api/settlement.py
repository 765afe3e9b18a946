"""What pays a document: payments and allocated credit, and what is left of it.

A document holds its payments and allocations itself, as ``_payments`` and ``_allocations``; the organisation finds them by id.
"""
from . import shapes


def settle(document, today):
    """Compute what is due; an approved document with nothing due is PAID, one with something due is not."""
    due = document['AmountDue'] = document['Total'] - document['AmountPaid'] - document['AmountCredited']
    if document['Status'] == 'AUTHORISED' and not due:
        document |= {'Status': 'PAID', 'FullyPaidOnDate': today}
    elif document['Status'] == 'PAID' and due:
        document['Status'] = 'AUTHORISED'
        document.pop('FullyPaidOnDate', None)


def move(call, document, key, rows, row, sign=1):
    """Put a payment or an allocation on a document, or take it off again.

    :param key: ``AmountPaid`` or ``AmountCredited``; :param rows: ``_payments`` or ``_allocations``; :param sign: -1 takes off
    """
    document[rows] = [other for other in document[rows] if other is not row] + [row] * (sign > 0)
    document[key] += sign * row['Amount']
    document['UpdatedDateUTC'] = call.now
    settle(document, call.organisation.today(call.now))


def allocation_ends(organisation, allocation):
    """:return: (credit note, invoice)"""
    documents = organisation.documents
    return documents['CreditNotes'][allocation['_credit_note']], documents['Invoices'][allocation['_invoice']]


def payments(document):
    """:return: what a document shows of its payments"""
    return [{
        'PaymentID': payment['PaymentID'], 'Date': shapes.ms_date(payment['Date']), 'Amount': payment['Amount'],
        'Reference': payment['Reference'], 'CurrencyRate': payment['CurrencyRate'], 'HasAccount': True, 'HasValidationErrors': False,
    } for payment in document['_payments']]


def allocations(organisation, credit_note):
    """:return: what a credit note shows of its allocations"""
    shown = []
    for allocation in credit_note['_allocations']:
        _credit_note, invoice = allocation_ends(organisation, allocation)
        shown.append({
            'AllocationID': allocation['AllocationID'], 'Amount': allocation['Amount'], 'Date': shapes.ms_date(allocation['Date']),
            'Invoice': {'InvoiceID': invoice['InvoiceID'], 'InvoiceNumber': invoice.get('InvoiceNumber', ''), 'HasErrors': False},
            'IsDeleted': False,
        })
    return shown


def credit_notes(organisation, invoice):
    """:return: what an invoice shows of the credit allocated to it"""
    shown = []
    for allocation in invoice['_allocations']:
        credit_note, _invoice = allocation_ends(organisation, allocation)
        shown.append({
            'CreditNoteID': credit_note['CreditNoteID'], 'CreditNoteNumber': credit_note.get('CreditNoteNumber', ''),
            'AppliedAmount': allocation['Amount'], 'Total': credit_note['Total'], 'Date': shapes.ms_date(credit_note['Date']),
            'HasErrors': False,
        })
    return shown
