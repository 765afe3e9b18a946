"""Batch payments: several invoices, or several bills, paid at once from one account on one day. Saved whole or not at all."""
import uuid
from collections import defaultdict
from decimal import Decimal

from . import money
from .checks import lock_errors
from .payments import NOT_FOUND, Payments
from .sorts import INVOICES

TYPES = {'ACCREC': 'RECBATCH', 'ACCPAY': 'PAYBATCH'}
NEW_ZEALAND = {'Particulars': 12, 'Code': 12, 'Reference': 12}
MOST = 200      # https://remittancego.com/resources/xero-batch-payment-api-limit
ELSEWHERE = {'Details': 18, 'Narrative': 18, 'Reference': 255}


class BatchPayments:
    """The batch payments of one organisation, seen by one call."""

    collection, id_key = 'BatchPayments', 'BatchPaymentID'
    error_flag = None

    def __init__(self, call):
        self._call, self._organisation = call, call.organisation
        self._batches, self._payments = call.organisation.batch_payments, Payments(call)

    # -- finding ------------------------------------------------------------------------------------------------------

    def rows(self):
        return self._batches.values()

    def get(self, key):
        return self._batches.get(key.lower())

    def shown(self, batch, detail=True):
        """A deleted batch shows no payments."""
        payments = [self._organisation.payments[payment_id] for payment_id in batch['_payments']]
        return batch | {'Payments': [{
            'PaymentID': payment['PaymentID'], 'Amount': payment['Amount'], 'BankAmount': payment['BankAmount'],
            **{name: payment[name] for name in ('Reference', 'Details') if payment.get(name)},
            'Invoice': {
                'InvoiceID': payment['Invoice']['InvoiceID'], 'CurrencyCode': payment['Invoice']['CurrencyCode'], 'Payments': [],
                'CreditNotes': [], 'Prepayments': [], 'Overpayments': [], 'HasErrors': False, 'IsDiscounted': False, 'LineItems': [],
            },
        } for payment in payments if batch['Status'] == 'AUTHORISED']}

    def summary(self, batch):
        return self.shown(batch)

    # -- writing ------------------------------------------------------------------------------------------------------

    def save(self, values, create_only, key=None):
        """Create a batch with its payments (PUT only), or delete the one with this id.

        :return: (batch or None, errors, warnings)
        """
        if not create_only:
            return self._delete(self.get(key or values.get('BatchPaymentID', '')), values.get('Status'))
        account, errors = self._payments.find_account(values.get('Account', {}))
        day = values.get('Date', self._organisation.today(self._call.now))
        found, payment_errors = self._documents(values.get('Payments', []))
        errors += self._length_errors(values) + payment_errors + lock_errors(self._call, day)
        base = self._organisation.base_currency
        if {base} != {base, *(document['CurrencyCode'] for document, _sent in found), (account or {}).get('CurrencyCode', base)}:
            errors.append("Batch payments can only be made in the organisation's base currency.")
        if errors:
            return None, list(dict.fromkeys(errors)), []
        return self._store(values, account, day, found), [], []

    def _documents(self, sent):
        """:return: (list of (document, values sent), errors)"""
        found, errors, taken = [], [] if sent else ['A batch payment must have at least one payment.'], defaultdict(Decimal)
        if len(sent) > MOST:
            return [], [f'A batch payment cannot contain more than {MOST} payments.']
        for values in sent:
            document, sort, reasons = self._payments.find_document(values)
            if not reasons and sort is not INVOICES:
                reasons = ['Credit notes, prepayments and overpayments cannot be part of a batch payment.']
            if not reasons and not values.get('Reference', '').strip():
                reasons = ['Each payment of a batch must have a Reference.']
            if not reasons:
                amount = money.rounded(values.get('Amount', Decimal(0)))
                reasons = self._payments.amount_errors(document, amount, taken[document['InvoiceID']])
                taken[document['InvoiceID']] += amount
                found.append((document, values | {'Amount': amount}))
            errors += reasons
        if len({document['Type'] for document, _values in found}) > 1:
            errors.append('A batch payment cannot hold both invoices and bills.')
        return found, errors

    def _length_errors(self, values):
        limits = NEW_ZEALAND if self._organisation.country == 'NZ' else ELSEWHERE
        return [f'The field {name} exceeds the maximum length of {limit} characters.'
                for name, limit in limits.items() if len(values.get(name, '')) > limit]

    def _store(self, values, account, day, found):
        batch = {
            'BatchPaymentID': str(uuid.uuid4()), 'Type': TYPES[found[0][0]['Type']], 'Status': 'AUTHORISED', 'Date': day,
            'Account': {'AccountID': account['AccountID'], 'CurrencyCode': self._organisation.base_currency},
            **{name: values[name] for name in ('Reference', 'Particulars', 'Code', 'Details', 'Narrative') if name in values},
            'TotalAmount': sum((sent['Amount'] for _document, sent in found), Decimal(0)), 'IsReconciled': False,
            'UpdatedDateUTC': self._call.now, '_app': self._call.app.client_id, '_payments': [],
        }
        self._batches[batch['BatchPaymentID']] = batch
        for document, sent in found:
            payment = self._payments.create(document, INVOICES, account, sent | {
                'Date': day, 'CurrencyRate': Decimal(1), 'BankAmount': sent['Amount'], 'BatchPaymentID': batch['BatchPaymentID'],
                'IsReconciled': False})
            batch['_payments'].append(payment['PaymentID'])
        return batch

    def _delete(self, batch, status):
        """Delete a batch and every payment in it."""
        if not batch:
            return None, [NOT_FOUND], []
        if status != 'DELETED' or batch['Status'] == 'DELETED':
            return None, ['Batch Payment not of valid status for modification'], []
        if batch['IsReconciled']:
            return None, ['This batch payment cannot be deleted as it has been reconciled.'], []
        errors = lock_errors(self._call, batch['Date'])
        if errors:
            return None, errors, []
        for payment_id in batch['_payments']:
            self._payments.remove(self._organisation.payments[payment_id])
        batch |= {'Status': 'DELETED', 'UpdatedDateUTC': self._call.now}
        return batch, [], []
