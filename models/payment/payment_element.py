"""Reading a payment of Xero's answers. Nothing of it is trusted: a value of the wrong type counts as missing."""
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from ...const import REFERENCE_LENGTH
from ...tools.xero_elements import read_date, read_datetime

ID_LENGTH = 36      # of a UUID
LARGEST = Decimal(10) ** 12
# Names under which an element can hold its document, and the document's id. Lists name each document `Invoice`
# (https://developer.xero.com/documentation/api/accounting/payments)
DOCUMENTS = {'Invoice': 'InvoiceID', 'CreditNote': 'CreditNoteID', 'Prepayment': 'PrepaymentID', 'Overpayment': 'OverpaymentID'}
# Xero's types of payments: Odoo's payment type, and type of the partner (the same page)
TYPES = {
    'ACCRECPAYMENT': ('inbound', 'customer'),
    'ACCPAYPAYMENT': ('outbound', 'supplier'),
    'ARCREDITPAYMENT': ('outbound', 'customer'),
    'APCREDITPAYMENT': ('inbound', 'supplier'),
    'AROVERPAYMENTPAYMENT': ('outbound', 'customer'),
    'ARPREPAYMENTPAYMENT': ('outbound', 'customer'),
    'APOVERPAYMENTPAYMENT': ('inbound', 'supplier'),
    'APPREPAYMENTPAYMENT': ('inbound', 'supplier'),
    # Money that is a credit of the contact: https://developer.xero.com/documentation/api/accounting/overpayments, and prepayments
    'RECEIVE-OVERPAYMENT': ('inbound', 'customer'),
    'RECEIVE-PREPAYMENT': ('inbound', 'customer'),
    'SPEND-OVERPAYMENT': ('outbound', 'supplier'),
    'SPEND-PREPAYMENT': ('outbound', 'supplier'),
}


class Owed(NamedTuple):
    """The document that a payment settles."""
    xero_id: str
    number: str | None
    currency: str | None


def text(value: Any, length: int = REFERENCE_LENGTH) -> str | bool:
    """Return a text of at most `length` characters, False if there is none."""
    return value.strip()[:length] or False if isinstance(value, str) else False


def number(value: Any) -> Decimal | None:
    """Return a number, None if it is none that an amount or a rate can have."""
    is_number = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
    return Decimal(value) if is_number and abs(value) < LARGEST else None


def part(element: Mapping, name: str) -> Mapping:
    """Return a part of an element, empty if it is no object."""
    value = element.get(name)
    return value if isinstance(value, Mapping) else {}


def documents(element: Mapping) -> list:
    """Return the documents (`Owed`) that a payment names: exactly one, if the answer is as Xero documents it."""
    found = {}
    for name, id_field in DOCUMENTS.items():
        document = part(element, name)
        xero_id = next(filter(None, (text(document.get(field), ID_LENGTH) for field in (id_field, *DOCUMENTS.values()))), False)
        if xero_id:
            found[xero_id] = Owed(xero_id, text(document.get('InvoiceNumber')), text(document.get('CurrencyCode'), 3))
    return list(found.values())


def _id_without(ref, found):
    before = sum(1 for row in found if is_without_id(row) and row['ref'] == ref)
    return f'{ref}/{before + 1}' if before else ref


def is_without_id(row: Mapping) -> bool:
    """Return whether Xero answered no id of an allocation (see `allocations`)."""
    return row['id'].split('/')[0] == row['ref']


def allocations(element: Mapping) -> list:
    """Return the allocations of a credit: dicts with `id`, `ref` (Xero's id of the invoice) and `amount`.

    Old allocations have no id. Of these, the first to an invoice has the invoice's id, and each further one the same with its number.
    """
    rows = element.get('Allocations')
    found = []
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and row.get('IsDeleted') is not True:
            ref, amount = text(part(row, 'Invoice').get('InvoiceID'), ID_LENGTH), number(row.get('Amount'))
            if ref and amount:
                found.append({'id': text(row.get('AllocationID'), ID_LENGTH) or _id_without(ref, found), 'ref': ref, 'amount': float(amount)})
    return found


def credit_values(element: Mapping) -> dict:
    """Return what `xero.payment` stores of an overpayment or a prepayment; Xero does not say on which account it was received or spent."""
    return {
        **values(element),
        'type': text(element.get('Type')),
        'amount': float(number(element.get('Total')) or 0),
        'remaining': float(number(element.get('RemainingCredit')) or 0),
        'allocations': allocations(element) or False,
        'contact_ref': text(part(element, 'Contact').get('ContactID'), ID_LENGTH),
    }


def values(element: Mapping) -> dict:
    """Return what `xero.payment` stores of a payment as it was read, without records of Odoo's."""
    return {
        'type': text(element.get('PaymentType')),
        'xero_status': text(element.get('Status')),
        'amount': float(number(element.get('Amount')) or 0),
        'bank_amount': float(number(element.get('BankAmount')) or 0),
        'rate': float(number(element.get('CurrencyRate')) or 0),
        'date': read_date(element, 'Date') or False,
        'reference': text(element.get('Reference')),
        'account_ref': text(part(element, 'Account').get('AccountID'), ID_LENGTH),
        'is_reconciled': element.get('IsReconciled') is True,
        'batch_ref': text(element.get('BatchPaymentID') or part(element, 'BatchPayment').get('BatchPaymentID'), ID_LENGTH),
        'changed_at': (read_datetime(element, 'UpdatedDateUTC') or read_datetime(element, 'Date') or None),
        'answer': json.dumps(element, default=str, indent=1, ensure_ascii=False),
    }
