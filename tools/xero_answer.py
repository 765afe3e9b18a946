"""What an answer has to look like before anything reads it: objects, lists, texts, numbers, as the specification names them.

Source: xero_accounting.yaml of https://github.com/XeroAPI/Xero-OpenAPI. Fields that nobody here reads are not looked at.
"""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

# Keys that hold a list of objects, wherever they stand
_LISTS = frozenset((
    'Accounts', 'Actions', 'Addresses', 'Allocations', 'Attachments', 'BrandingThemes', 'Contacts', 'CreditNotes', 'Currencies', 'Elements',
    'HistoryRecords', 'Invoices', 'JournalLines', 'LineItems', 'ManualJournals', 'OnlineInvoices', 'Options', 'Organisations', 'Payments', 'Phones',
    'TaxComponents', 'TaxRates', 'Tracking', 'TrackingCategories', 'ValidationErrors', 'Warnings'))
_OBJECTS = frozenset(('AccountsReceivable', 'Balances', 'BatchPayment', 'Contact', 'CreditNote', 'Invoice', 'pagination'))
_TEXTS = frozenset((
    'AccountCode', 'AccountID', 'AllocationID', 'AttachmentID', 'BaseCurrency', 'BatchPaymentID', 'BrandingThemeID', 'Class', 'Code', 'ContactID',
    'ContactNumber', 'ContactStatus', 'CountryCode', 'CreditNoteID', 'CreditNoteNumber', 'CurrencyCode', 'Description', 'Details', 'EmailAddress', 'InvoiceID',
    'InvoiceNumber', 'LineItemID', 'ManualJournalID', 'MergedToContactID', 'Message', 'Name', 'Narration', 'OnlineInvoiceUrl', 'Option', 'OrganisationID',
    'Reference', 'ShortCode', 'Status', 'StatusAttributeString', 'SystemAccount', 'TaxNumber', 'TaxType', 'TrackingCategoryID', 'TrackingOptionID', 'Type',
    'Url', 'Version', 'tenantId', 'tenantName', 'tenantType', 'id', 'authEventId'))
_NUMBERS = frozenset((
    'Amount', 'AmountCredited', 'AmountDue', 'AmountPaid', 'CurrencyRate', 'DiscountAmount', 'DiscountRate', 'EffectiveRate', 'LineAmount', 'Outstanding',
    'Overdue', 'Quantity', 'Rate', 'RemainingCredit', 'SortOrder', 'SubTotal', 'TaxAmount', 'Total', 'TotalAmount', 'TotalTax', 'UnitAmount', 'pageCount'))
# Field → types of values that need no closer look; a list always needs one
_PLAIN = {
    **dict.fromkeys(_LISTS, (type(None),)), **dict.fromkeys(_OBJECTS, (type(None), dict)), **dict.fromkeys(_TEXTS, (type(None), str)),
    **dict.fromkeys(_NUMBERS, (type(None), int, Decimal))}
# Of no amount, rate or quantity in Xero; more would make sums of it fail
_DIGITS_MOST = 30
_USUAL = re.compile(r'-?[0-9]{1,15}(\.[0-9]{1,15})?')    # nearly all numbers are so, and need no check
_DEPTH_MOST = 50    # answers of Xero have about six levels
_LONE = ('\\ud', '\\u0000')     # escapes of what no database keeps: half a pair, and the character zero


def parse(text: str) -> dict[str, Any] | list[Any]:
    """Return the JSON object or list in a text, checked.

    Numbers are ``int`` or ``Decimal``, also where they came as text; texts have no lone surrogates and no character zero.

    :raise ValueError: it is no JSON, nested too deeply, or not of the shape that the specification gives it.
    """
    try:
        data = json.loads(text, parse_float=_number, parse_int=_number, parse_constant=_refuse)
        if not isinstance(data, dict | list):
            raise ValueError("neither an object nor a list")
        checked: dict[str, Any] | list[Any] = _checked(data, any(escape in text.lower() for escape in _LONE))
        return checked
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _number(text: str) -> int | Decimal:
    """Return a number that sums and roundings can take."""
    if usual := _USUAL.fullmatch(text):
        return Decimal(text) if usual[1] else int(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("no number") from None
    if not number.is_finite() or abs(number.adjusted()) > _DIGITS_MOST or len(text) > 2 * _DIGITS_MOST:
        raise ValueError("a number that nothing has")
    return int(number) if text.lstrip('-').isdecimal() else number


def _checked(value: Any, is_dirty: bool, depth: int = 0) -> Any:
    if depth > _DEPTH_MOST:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return [_checked(item, is_dirty, depth + 1) for item in value]
    if isinstance(value, str):
        return value.replace('\0', '').encode('utf-16', 'surrogatepass').decode('utf-16', 'replace') if is_dirty else value
    if not isinstance(value, dict):
        return value
    checked = {}
    for name, item in value.items():
        if name in _PLAIN and type(item) not in _PLAIN[name]:
            item = _of_shape(name, item)
        checked[name] = _checked(item, is_dirty, depth + 1) if is_dirty or type(item) in (dict, list) else item
    return checked


def _of_shape(name: str, value: Any) -> Any:
    """Return the value of a field as the kind of thing that the specification says it is.

    :raise ValueError: it is something else.
    """
    if name in _LISTS and not (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
        raise ValueError(f"{name} is no list of objects")
    if name in _OBJECTS and not isinstance(value, dict):
        raise ValueError(f"{name} is no object")
    if name in _NUMBERS and not isinstance(value, int | Decimal):
        if not isinstance(value, str):
            raise ValueError(f"{name} is no number")
        return _number(value)
    if name in _TEXTS and not isinstance(value, str):
        # The organisation's Class and a page's Status are texts, a problem's Status is a number
        if isinstance(value, dict | list):
            raise ValueError(f"{name} is no text")
        return value if name == 'Status' else str(value)
    return value
