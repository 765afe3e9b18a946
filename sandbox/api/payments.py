"""Payments of invoices and bills, refunds of credit notes, prepayments and overpayments. Deleted and made again, never changed."""
import uuid
from decimal import Decimal

from flask import request

from . import money, settlement, shapes
from .checks import lock_errors
from .credits import Credits
from .documents import Documents
from .sorts import CREDIT_NOTES, INVOICES, SORTS

PAYMENT_TYPES = {
    'ACCREC': 'ACCRECPAYMENT', 'ACCPAY': 'ACCPAYPAYMENT', 'ACCRECCREDIT': 'ARCREDITPAYMENT', 'ACCPAYCREDIT': 'APCREDITPAYMENT',
    'ARPREPAYMENT': 'ARPREPAYMENTPAYMENT', 'APPREPAYMENT': 'APPREPAYMENTPAYMENT', 'AROVERPAYMENT': 'AROVERPAYMENTPAYMENT',
    'APOVERPAYMENT': 'APOVERPAYMENTPAYMENT',
}
NOT_FOUND = 'The document with the supplied id was not found for this endpoint.'


class Payments:
    """The payments of one organisation, seen by one call."""

    collection, id_key = 'Payments', 'PaymentID'
    error_flag = 'HasValidationErrors'

    def __init__(self, call):
        self._call, self._organisation = call, call.organisation
        self._payments = call.organisation.payments

    # -- finding ------------------------------------------------------------------------------------------------------

    def rows(self):
        return self._payments.values()

    def get(self, key):
        return self._payments.get(key.lower())

    def shown(self, payment, detail=None):
        """What is read calls every document an ``Invoice`` of some type; the answer to a PUT gives it its own name and shows it whole.

        :param detail: None for one payment, which shows an invoice whole and its account by name; else it is one of a list
        """
        shown = payment | {
            'Date': shapes.ms_date(payment['Date']), 'UpdatedDateUTCString': payment['UpdatedDateUTC'].strftime('%Y-%m-%dT%H:%M:%S')}
        if 'BatchPaymentID' in payment:
            shown['BatchPayment'] = in_payment(self._organisation.batch_payments[payment['BatchPaymentID']])
        if detail is not None:
            return shown | {'Account': {name: payment['Account'][name] for name in ('AccountID', 'Code')}}
        document, sort = self.document_of(payment)
        if request.method == 'GET' and sort is not INVOICES:
            return shown
        store = Documents(self._call, sort) if sort in (INVOICES, CREDIT_NOTES) else Credits(self._call, sort)
        del shown['Invoice']
        return shown | {sort.singular: store.shown(document)}

    def summary(self, payment):
        return self.shown(payment, detail=False)

    def document_of(self, payment):
        """:return: (document, its sort)"""
        collection, document_id = payment['_document']
        return self._organisation.documents[collection][document_id], SORTS[collection]

    # -- writing ------------------------------------------------------------------------------------------------------

    def save(self, values, create_only, key=None):
        """Create a payment, or delete the one with this id.

        :return: (payment or None, errors, warnings)
        """
        wanted = key or values.get('PaymentID')
        if wanted and not create_only:
            return self._delete(self.get(wanted), values.get('Status'))
        document, sort, errors = self.find_document(values)
        if errors:
            return None, errors, []
        account, errors = self.find_account(values.get('Account', {}))
        amount = money.rounded(values.get('Amount', Decimal(0)))
        day = values.get('Date', self._organisation.today(self._call.now))
        errors += self.amount_errors(document, amount) + lock_errors(self._call, day)
        if errors:
            return None, errors, []
        bank, errors = self._bank(values, document, account, amount)
        if errors:
            return None, errors, []
        return self.create(document, sort, account, values | bank | {'Amount': amount, 'Date': day}), [], []

    def create(self, document, sort, account, values):
        """Store a payment that is known to be good.

        :param dict values: ``Amount``, ``Date``, ``CurrencyRate``, ``BankAmount``; perhaps ``Reference``, ``Details``, ``IsReconciled``,
            ``BatchPaymentID``
        """
        kind = sort.invoice_types[document['Type'] == sort.purchase]
        payment = {
            'PaymentID': str(uuid.uuid4()), 'Status': 'AUTHORISED', 'PaymentType': PAYMENT_TYPES[kind],
            **{name: values[name] for name in ('Date', 'Amount', 'BankAmount', 'CurrencyRate')},
            'Reference': values.get('Reference', ''), 'IsReconciled': values.get('IsReconciled', False), 'HasAccount': True,
            'HasValidationErrors': False, 'Account': {name: account[name] for name in ('AccountID', 'Code', 'Name')},
            **{name: values[name] for name in ('BatchPaymentID', 'Details') if name in values},
            'Invoice': {
                'Type': kind, 'InvoiceID': document[sort.id_key], 'Contact': dict(document['Contact']), 'HasErrors': False,
                'InvoiceNumber': document.get(sort.number_key) or document.get('InvoiceNumber', ''), 'IsDiscounted': False,
                'CurrencyCode': document['CurrencyCode'], 'LineItems': [], 'Payments': [], 'CreditNotes': [], 'Prepayments': [],
                'Overpayments': [],
            },
            'UpdatedDateUTC': self._call.now, '_app': self._call.app.client_id, '_document': (sort.collection, document[sort.id_key]),
        }
        settlement.move(self._call, document, 'AmountPaid', '_payments', payment)
        self._payments[payment['PaymentID']] = payment
        return payment

    def _delete(self, payment, status):
        if not payment:
            return None, [NOT_FOUND], []
        if status != 'DELETED' or payment['Status'] == 'DELETED':
            return None, ['Payment not of valid status for modification'], []
        if 'BatchPaymentID' in payment:
            return None, ['This payment cannot be deleted as it is part of a batch payment.'], []
        if payment['IsReconciled']:
            return None, ['This payment cannot be deleted as it has been reconciled.'], []
        errors = lock_errors(self._call, payment['Date'])
        return (None, errors, []) if errors else (self.remove(payment), [], [])

    def remove(self, payment):
        """Delete a payment and take it off its document; no rule is asked."""
        document, _sort = self.document_of(payment)
        settlement.move(self._call, document, 'AmountPaid', '_payments', payment, sign=-1)
        payment |= {'Status': 'DELETED', 'UpdatedDateUTC': self._call.now}
        return payment

    # -- rules --------------------------------------------------------------------------------------------------------

    def find_document(self, values):
        """:return: (document, its sort, errors)"""
        named = [sort for sort in SORTS.values() if sort.singular in values]
        if len(named) != 1:
            return None, None, ['Payment must have exactly one of Invoice, CreditNote, Prepayment or Overpayment']
        sort = named[0]
        reference, documents = values[sort.singular], self._organisation.documents[sort.collection]
        by_number = self._organisation.numbers.get(sort.collection, {}).get(reference.get(sort.number_key))
        document = documents.get(reference.get(sort.id_key, by_number))
        if not document:
            return None, None, [f'An existing {sort.label} with the specified {sort.id_key} could not be found']
        if document['Status'] not in ('AUTHORISED', 'PAID'):
            return None, None, ['Payments can only be made against Authorised documents']
        return document, sort, []

    def find_account(self, values):
        """:return: (account or None, errors)"""
        key = next((key for key in ('AccountID', 'Code') if values.get(key)), None)
        account = self._organisation.account(key, values[key]) if key else None
        if not account or account['Status'] != 'ACTIVE':
            return None, ['Account could not be found']
        if account['Type'] != 'BANK' and not account['EnablePaymentsToAccount']:
            return None, ['The account must be a bank account, or have payments enabled.']
        return account, []

    def amount_errors(self, document, amount, spoken_for=Decimal(0)):
        """:param spoken_for: what others of the same request take of the amount due"""
        if amount <= 0:
            return ['Payment amount must be greater than zero']
        left = document['AmountDue'] - spoken_for
        return ['Payment amount exceeds the amount outstanding on this document'] if amount > left else []

    def _bank(self, values, document, account, amount):
        """Rate of the payment and what the bank account moves in its own currency.

        The rate is units of the foreign currency for one unit of the base currency; without one it follows from ``BankAmount``, else it
        is that of the day, not the document's.

        :return: (``CurrencyRate`` and ``BankAmount``, errors)
        """
        base, currency = self._organisation.base_currency, document['CurrencyCode']
        bank = account.get('CurrencyCode') or base
        if currency == bank == base:
            return {'CurrencyRate': Decimal(1), 'BankAmount': amount}, []
        if len({base, currency, bank}) == 3:
            return {}, ["The bank account must be in the currency of the document or in the organisation's base currency."]
        rate, moved = values.get('CurrencyRate'), values.get('BankAmount') if bank != currency else amount
        if rate is None and moved and bank != currency:
            rate = amount / moved if bank == base else moved / amount
        if rate is None:
            rate = self._organisation.exchange_rate(bank if currency == base else currency)
        if rate <= 0:
            return {}, ['A currency rate must be specified']
        if moved is None:
            moved = amount / rate if bank == base else amount * rate
        return {'CurrencyRate': money.rounded(rate, 6), 'BankAmount': money.rounded(moved)}, []


def in_payment(batch):
    """:return: what a payment shows of the batch that it is part of"""
    names = ('BatchPaymentID', 'Type', 'Status', 'TotalAmount', 'UpdatedDateUTC', 'IsReconciled')
    return {
        'Account': {'AccountID': batch['Account']['AccountID']}, 'Date': shapes.ms_date(batch['Date']),
        **{name: batch[name] for name in names},
    }
