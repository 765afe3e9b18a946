"""Payments of invoices, bills and credit notes. They are never changed: deleted and made again."""
import uuid
from decimal import Decimal

from . import money, settlement, shapes
from .checks import lock_errors
from .sorts import CREDIT_NOTES, INVOICES

TYPES = {
    'ACCREC': 'ACCRECPAYMENT', 'ACCPAY': 'ACCPAYPAYMENT', 'ACCRECCREDIT': 'ARCREDITPAYMENT', 'ACCPAYCREDIT': 'APCREDITPAYMENT',
}


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

    def shown(self, payment, detail=True):
        return payment | {'Date': shapes.ms_date(payment['Date'])}

    summary = shown

    # -- writing ------------------------------------------------------------------------------------------------------

    def save(self, values, create_only, key=None):
        """Create a payment, or delete the one with this id.

        :return: (payment or None, errors, warnings)
        """
        wanted = key or values.get('PaymentID')
        if wanted and not create_only:
            return self._delete(self.get(wanted), values.get('Status'))
        document, sort, errors = self._document(values)
        if errors:
            return None, errors, []
        account, errors = self._account(values.get('Account', {}))
        amount = money.rounded(values.get('Amount', Decimal(0)))
        day = values.get('Date', self._organisation.today(self._call.now))
        errors += self._amount_errors(document, amount) + lock_errors(self._call, day)
        if errors:
            return None, errors, []
        payment = {
            'PaymentID': str(uuid.uuid4()), 'Status': 'AUTHORISED', 'PaymentType': TYPES[document['Type']], 'Date': day,
            'Amount': amount, 'BankAmount': money.rounded(values.get('BankAmount', amount)), 'Reference': values.get('Reference', ''),
            'CurrencyRate': money.rounded(values.get('CurrencyRate', document['CurrencyRate']), 6),
            'IsReconciled': values.get('IsReconciled', False), 'HasAccount': True, 'HasValidationErrors': False,
            'Account': {name: account[name] for name in ('AccountID', 'Code', 'Name')},
            sort.singular: {
                sort.id_key: document[sort.id_key], sort.number_key: document.get(sort.number_key, ''), 'Type': document['Type'],
                'Contact': dict(document['Contact']), 'HasErrors': False,
            },
            'UpdatedDateUTC': self._call.now, '_app': self._call.app.client_id, '_document': (sort.collection, document[sort.id_key]),
        }
        settlement.move(self._call, document, 'AmountPaid', '_payments', payment)
        self._payments[payment['PaymentID']] = payment
        return payment, [], []

    def _delete(self, payment, status):
        if not payment:
            return None, ['The document with the supplied id was not found for this endpoint.'], []
        if status != 'DELETED' or payment['Status'] == 'DELETED':
            return None, ['Payment not of valid status for modification'], []
        if payment['IsReconciled']:
            return None, ['This payment cannot be deleted as it has been reconciled.'], []
        errors = lock_errors(self._call, payment['Date'])
        if errors:
            return None, errors, []
        collection, document_id = payment['_document']
        document = self._organisation.documents[collection][document_id]
        settlement.move(self._call, document, 'AmountPaid', '_payments', payment, sign=-1)
        payment |= {'Status': 'DELETED', 'UpdatedDateUTC': self._call.now}
        return payment, [], []

    def _document(self, values):
        """:return: (document, its sort, errors)"""
        named = [sort for sort in (INVOICES, CREDIT_NOTES) if sort.singular in values]
        if len(named) != 1:
            return None, None, ['Payment must have exactly one of Invoice, CreditNote, Prepayment or Overpayment']
        sort = named[0]
        reference, documents = values[sort.singular], self._organisation.documents[sort.collection]
        by_number = self._organisation.numbers[sort.collection].get(reference.get(sort.number_key))
        document = documents.get(reference.get(sort.id_key, by_number))
        if not document:
            return None, None, [f'An existing {sort.label} with the specified {sort.id_key} could not be found']
        if document['Status'] not in ('AUTHORISED', 'PAID'):
            return None, None, ['Payments can only be made against Authorised documents']
        return document, sort, []

    def _account(self, values):
        """:return: (account or None, errors)"""
        key = next((key for key in ('AccountID', 'Code') if values.get(key)), None)
        account = self._organisation.account(key, values[key]) if key else None
        if not account or account['Status'] != 'ACTIVE':
            return None, ['Account could not be found']
        if account['Type'] != 'BANK' and not account['EnablePaymentsToAccount']:
            return None, ['The account must be a bank account, or have payments enabled.']
        return account, []

    def _amount_errors(self, document, amount):
        if amount <= 0:
            return ['Payment amount must be greater than zero']
        return ['Payment amount exceeds the amount outstanding on this document'] if amount > document['AmountDue'] else []
