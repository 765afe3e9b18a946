"""The fields that requests may carry, and how their text is read.

One table serves three readers: the JSON body (types, enums, GUIDs: error 14 for the whole request), the XML converter (which
elements are lists), and the strict lever (which keys are unknown).
"""
import uuid
from decimal import Decimal, InvalidOperation

from . import shapes
from .errors import unhandled, unreadable
from .texts import is_xml_character

TEXT, NUMBER, BOOLEAN, DAY, GUID, IGNORED = 'text', 'number', 'boolean', 'day', 'guid', 'ignored'


class Enum(tuple):
    """Allowed words, and the name that Xero's message gives the type."""

    def __new__(cls, type_name, *words):
        self = super().__new__(cls, words)
        self.type_name = type_name
        return self


class ListOf:
    """A list of objects; ``element`` is the XML name of one."""

    def __init__(self, fields, element):
        self.fields, self.element = fields, element


ADDRESS = {
    'AddressType': Enum('AddressType', 'POBOX', 'STREET', 'DELIVERY'),
    **dict.fromkeys(('AddressLine1', 'AddressLine2', 'AddressLine3', 'AddressLine4', 'City', 'Region', 'PostalCode', 'Country',
                     'AttentionTo'), TEXT),
}
PHONE = {
    'PhoneType': Enum('PhoneType', 'DEFAULT', 'DDI', 'MOBILE', 'FAX', 'OFFICE'),
    **dict.fromkeys(('PhoneNumber', 'PhoneAreaCode', 'PhoneCountryCode'), TEXT),
}
PERSON = {'FirstName': TEXT, 'LastName': TEXT, 'EmailAddress': TEXT, 'IncludeInEmails': BOOLEAN}
READ_ONLY = dict.fromkeys((
    'HasAttachments', 'HasErrors', 'HasValidationErrors', 'StatusAttributeString', 'ValidationErrors', 'Warnings', 'UpdatedDateUTC',
    'UpdatedDateUTCString'), IGNORED)
CONTACT = {
    'ContactID': GUID,
    'ContactStatus': Enum('ContactStatus', 'ACTIVE', 'ARCHIVED', 'GDPRREQUEST'),
    **dict.fromkeys((
        'ContactNumber', 'AccountNumber', 'Name', 'FirstName', 'LastName', 'CompanyNumber', 'EmailAddress', 'BankAccountDetails',
        'TaxNumber', 'AccountsReceivableTaxType', 'AccountsPayableTaxType', 'DefaultCurrency', 'XeroNetworkKey',
        'SalesDefaultAccountCode', 'PurchasesDefaultAccountCode', 'Website'), TEXT),
    'ContactPersons': ListOf(PERSON, 'ContactPerson'),
    'Addresses': ListOf(ADDRESS, 'Address'),
    'Phones': ListOf(PHONE, 'Phone'),
    **dict.fromkeys((
        'IsSupplier', 'IsCustomer', 'Balances', 'ContactGroups', 'PaymentTerms', 'SalesTrackingCategories',
        'PurchasesTrackingCategories', 'BrandingTheme', 'BatchPayments', 'Discount', 'Attachments', 'MergedToContactID'), IGNORED),
    **READ_ONLY,
}
TRACKING = {'Name': TEXT, 'Option': TEXT, 'TrackingCategoryID': GUID, 'TrackingOptionID': GUID}
LINE = {
    'LineItemID': GUID, 'AccountID': GUID,
    **dict.fromkeys(('Description', 'ItemCode', 'AccountCode', 'TaxType'), TEXT),
    **dict.fromkeys(('Quantity', 'UnitAmount', 'TaxAmount', 'LineAmount', 'DiscountRate', 'DiscountAmount'), NUMBER),
    'Tracking': ListOf(TRACKING, 'TrackingCategory'),
    **dict.fromkeys(('Item', 'ValidationErrors'), IGNORED),
}
DOCUMENT = {
    'Contact': CONTACT,
    'LineItems': ListOf(LINE, 'LineItem'),
    **dict.fromkeys(('Date', 'DueDate', 'ExpectedPaymentDate', 'PlannedPaymentDate'), DAY),
    'LineAmountTypes': Enum('LineAmountType', 'Exclusive', 'Inclusive', 'NoTax'),
    'Status': Enum('InvoiceStatus', 'DRAFT', 'SUBMITTED', 'DELETED', 'AUTHORISED', 'PAID', 'VOIDED'),
    **dict.fromkeys(('Reference', 'Url', 'CurrencyCode'), TEXT),
    **dict.fromkeys(('CurrencyRate', 'SubTotal', 'TotalTax', 'Total'), NUMBER),
    'BrandingThemeID': GUID,
    'SentToContact': BOOLEAN,
    **dict.fromkeys((
        'AmountDue', 'AmountPaid', 'AmountCredited', 'TotalDiscount', 'FullyPaidOnDate', 'IsDiscounted', 'Payments', 'CreditNotes',
        'Prepayments', 'Overpayments', 'CISDeduction', 'CISRate', 'DateString', 'DueDateString', 'RemainingCredit', 'Allocations',
        'AppliedAmount', 'Attachments', 'InvoiceAddresses', 'RepeatingInvoiceID'), IGNORED),
    **READ_ONLY,
}
INVOICE = DOCUMENT | {
    'Type': Enum('InvoiceType', 'ACCREC', 'ACCPAY', 'ACCRECCREDIT', 'ACCPAYCREDIT', 'APOVERPAYMENT', 'APPREPAYMENT', 'AROVERPAYMENT',
                 'ARPREPAYMENT'),
    'InvoiceID': GUID, 'InvoiceNumber': TEXT,
}
CREDIT_NOTE = DOCUMENT | {
    'Type': Enum('CreditNoteType', 'ACCRECCREDIT', 'ACCPAYCREDIT'),
    'CreditNoteID': GUID, 'CreditNoteNumber': TEXT,
}
JOURNAL_LINE = {
    'AccountID': GUID,
    **dict.fromkeys(('Description', 'AccountCode', 'TaxType'), TEXT),
    'LineAmount': NUMBER,
    'Tracking': ListOf(TRACKING, 'TrackingCategory'),
    **dict.fromkeys(('TaxAmount', 'IsBlank'), IGNORED),
}
JOURNAL = {
    'ManualJournalID': GUID,
    'Narration': TEXT,
    'JournalLines': ListOf(JOURNAL_LINE, 'JournalLine'),
    'Date': DAY,
    'LineAmountTypes': Enum('LineAmountType', 'Exclusive', 'Inclusive', 'NoTax'),
    'Status': Enum('ManualJournalStatus', 'DRAFT', 'POSTED', 'DELETED', 'VOIDED', 'ARCHIVED'),
    'Url': TEXT,
    'ShowOnCashBasisReports': BOOLEAN,
    'Attachments': IGNORED,
    **READ_ONLY,
}
INVOICE_ID = dict.fromkeys(INVOICE, IGNORED) | {'InvoiceID': GUID}
ALLOCATION = {
    'Invoice': INVOICE_ID,
    'Amount': NUMBER,
    'Date': DAY,
    **dict.fromkeys(('AllocationID', 'CreditNote', 'Prepayment', 'Overpayment', 'IsDeleted', 'StatusAttributeString', 'ValidationErrors'), IGNORED),
}
ACCOUNT = {'AccountID': GUID, 'Code': TEXT, **dict.fromkeys(('Name', 'CurrencyCode', 'Type', 'Status'), IGNORED)}
PAYMENT = {
    'PaymentID': GUID,
    'Invoice': INVOICE_ID | {'InvoiceNumber': TEXT},
    'CreditNote': dict.fromkeys(CREDIT_NOTE, IGNORED) | {'CreditNoteID': GUID, 'CreditNoteNumber': TEXT},
    'Prepayment': dict.fromkeys(DOCUMENT, IGNORED) | {'PrepaymentID': GUID},
    'Overpayment': dict.fromkeys(DOCUMENT, IGNORED) | {'OverpaymentID': GUID},
    'Account': ACCOUNT,
    'Date': DAY,
    **dict.fromkeys(('Amount', 'BankAmount', 'CurrencyRate'), NUMBER),
    **dict.fromkeys(('Reference', 'Particulars', 'Code', 'Details', 'BankAccountNumber'), TEXT),
    'IsReconciled': BOOLEAN,
    'Status': Enum('PaymentStatus', 'AUTHORISED', 'DELETED'),
    **dict.fromkeys(('PaymentType', 'HasAccount', 'BatchPayment', 'BatchPaymentID'), IGNORED),
    **READ_ONLY,
}
BATCH_PAYMENT = {
    'BatchPaymentID': GUID,
    'Account': ACCOUNT,
    'Date': DAY,
    **dict.fromkeys(('Reference', 'Particulars', 'Code', 'Details', 'Narrative'), TEXT),
    'Payments': ListOf(PAYMENT, 'Payment'),
    'Status': Enum('PaymentStatus', 'AUTHORISED', 'DELETED'),
    **dict.fromkeys(('Type', 'TotalAmount', 'Amount', 'DateString', 'IsReconciled'), IGNORED),
    **READ_ONLY,
}
BANK_TRANSACTION = {
    'BankTransactionID': GUID,
    'Type': Enum('BankTransactionType', 'RECEIVE', 'RECEIVE-OVERPAYMENT', 'RECEIVE-PREPAYMENT', 'SPEND', 'SPEND-OVERPAYMENT',
                 'SPEND-PREPAYMENT', 'RECEIVE-TRANSFER', 'SPEND-TRANSFER'),
    'Contact': CONTACT,
    'LineItems': ListOf(LINE, 'LineItem'),
    'BankAccount': ACCOUNT,
    'Date': DAY,
    'LineAmountTypes': Enum('LineAmountType', 'Exclusive', 'Inclusive', 'NoTax'),
    'Status': Enum('BankTransactionStatus', 'AUTHORISED', 'DELETED', 'VOIDED'),
    **dict.fromkeys(('Reference', 'Url', 'CurrencyCode'), TEXT),
    'CurrencyRate': NUMBER,
    'IsReconciled': BOOLEAN,
    **dict.fromkeys(('SubTotal', 'TotalTax', 'Total', 'PrepaymentID', 'OverpaymentID', 'BatchPayment', 'DateString'), IGNORED),
    **READ_ONLY,
}
TAX_RATE = {
    **dict.fromkeys(('Name', 'TaxType', 'ReportTaxType'), TEXT),
    'TaxComponents': ListOf({'Name': TEXT, 'Rate': NUMBER, 'IsCompound': BOOLEAN, 'IsNonRecoverable': BOOLEAN}, 'TaxComponent'),
    'Status': Enum('TaxRateStatus', 'ACTIVE', 'DELETED', 'ARCHIVED', 'PENDING'),
    **dict.fromkeys((
        'CanApplyToAssets', 'CanApplyToEquity', 'CanApplyToExpenses', 'CanApplyToLiabilities', 'CanApplyToRevenue', 'DisplayTaxRate',
        'EffectiveRate'), IGNORED),
}
ITEM_DETAILS = {'UnitPrice': NUMBER, **dict.fromkeys(('AccountCode', 'COGSAccountCode', 'TaxType'), TEXT)}
ITEM = {
    'ItemID': GUID,
    **dict.fromkeys(('Code', 'Name', 'Description', 'PurchaseDescription', 'InventoryAssetAccountCode'), TEXT),
    **dict.fromkeys(('IsSold', 'IsPurchased'), BOOLEAN),
    'SalesDetails': ITEM_DETAILS, 'PurchaseDetails': ITEM_DETAILS,
    **dict.fromkeys(('IsTrackedAsInventory', 'TotalCostPool', 'QuantityOnHand'), IGNORED),
    **READ_ONLY,
}
TRACKING_STATUS = Enum('TrackingCategoryStatus', 'ACTIVE', 'ARCHIVED', 'DELETED')
COLLECTIONS = {
    'Invoices': ListOf(INVOICE, 'Invoice'),
    'CreditNotes': ListOf(CREDIT_NOTE, 'CreditNote'),
    'Contacts': ListOf(CONTACT, 'Contact'),
    'ManualJournals': ListOf(JOURNAL, 'ManualJournal'),
    'Allocations': ListOf(ALLOCATION, 'Allocation'),
    'Payments': ListOf(PAYMENT, 'Payment'),
    'BatchPayments': ListOf(BATCH_PAYMENT, 'BatchPayment'),
    'BankTransactions': ListOf(BANK_TRANSACTION, 'BankTransaction'),
    'Items': ListOf(ITEM, 'Item'),
    'TaxRates': ListOf(TAX_RATE, 'TaxRate'),
    'TrackingCategories': ListOf({
        'TrackingCategoryID': GUID, 'Name': TEXT, 'Status': TRACKING_STATUS, 'Options': IGNORED}, 'TrackingCategory'),
    'Options': ListOf({'TrackingOptionID': IGNORED, 'Name': TEXT, 'Status': TRACKING_STATUS}, 'Option'),
    'HistoryRecords': ListOf({'Details': TEXT, **dict.fromkeys(('Changes', 'User', 'DateUTC'), IGNORED)}, 'HistoryRecord'),
}


class Reader:
    """Reads the elements of one request body into Python values; absent and null keys are left out.

    :param bool strict: refuse unknown keys (live ignores them silently)
    """

    def __init__(self, strict):
        self._strict = strict

    def elements(self, body, collection):
        """:param body: parsed JSON: ``{collection: [...]}``, a bare list or one object; :return: list of dicts

        :raise ApiException: error 14
        """
        schema = COLLECTIONS[collection]
        if isinstance(body, dict) and collection in body:
            unknown = set(body) - {collection}
            if self._strict and unknown:
                raise unreadable(f"JSON request body could not be read, Error unknown member '{unknown.pop()}'.")
            body = body[collection]
        if isinstance(body, dict):
            body = [body]
        if not isinstance(body, list):
            raise unreadable('JSON request body could not be read, Error unexpected structure.')
        return [self._object(value, schema.fields, f'{collection}[{index}]') for index, value in enumerate(body)]

    def _object(self, value, fields, path):
        if not isinstance(value, dict):
            raise unreadable(f"JSON request body could not be read, Error converting value to an object. Path '{path}'.")
        read = {}
        for key, part in value.items():
            kind = fields.get(key)
            if kind is None and self._strict:
                raise unreadable(f"JSON request body could not be read, Error unknown member '{key}'. Path '{path}.{key}'.")
            if kind in (None, IGNORED) or part is None:
                continue
            read[key] = self._value(part, kind, f'{path}.{key}')
        return read

    def _value(self, value, kind, path):
        if isinstance(kind, ListOf):
            if not isinstance(value, list):
                raise unhandled()
            return [self._object(part, kind.fields, f'{path}[{index}]') for index, part in enumerate(value)]
        if isinstance(kind, dict):
            return self._object(value, kind, path)
        if isinstance(value, (dict, list)):
            raise unhandled()
        if isinstance(kind, Enum):
            if value not in kind:
                raise unreadable(f"Error converting value \"{value}\" to type 'Xero.API.Library..{kind.type_name}'. Path '{path}'.")
            return value
        return getattr(self, f'_{kind}')(value, path)

    def _text(self, value, path):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        for char in text:
            if not is_xml_character(char):
                raise unreadable(f"'', hexadecimal value 0x{ord(char):02X}, is an invalid character. Path '{path}'.")
        return text

    def _number(self, value, path):
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            number = Decimal('NaN')
        if isinstance(value, bool) or not number.is_finite():
            raise unreadable(f"Could not convert string to decimal: {value}. Path '{path}'.")
        return number

    def _boolean(self, value, path):
        if isinstance(value, bool):
            return value
        if str(value).lower() not in ('true', 'false'):
            raise unreadable(f"Could not convert string to boolean: {value}. Path '{path}'.")
        return str(value).lower() == 'true'

    def _day(self, value, path):
        try:
            return shapes.read_date(str(value))
        except (ValueError, OverflowError):
            raise unreadable(f"The string '{value}' is not a valid AllXsd value.") from None

    def _guid(self, value, path):
        try:
            return str(uuid.UUID(str(value)))
        except ValueError:
            raise unreadable('Unrecognized Guid format.') from None
