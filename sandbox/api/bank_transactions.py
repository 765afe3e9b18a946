"""Money received and spent: plain, or as a prepayment or an overpayment, which is how these two come about."""
import uuid
from decimal import Decimal

from . import money
from .checks import lock_errors, url_errors
from .contacts import Contacts, in_document
from .documents import generated_number
from .errors import not_implemented
from .lines import LineReader
from .sorts import INVOICES, OVERPAYMENTS, PREPAYMENTS
from .texts import stored_line, stored_text

KINDS = {'RECEIVE': None, 'SPEND': None} | {kind: sort for sort in (PREPAYMENTS, OVERPAYMENTS) for kind in (sort.sale, sort.purchase)}
AS_SENT = ('Reference', 'Url', 'IsReconciled')
NOT_FOUND = 'The document with the supplied id was not found for this endpoint.'


class BankTransactions:
    """The bank transactions of one organisation, seen by one call. They are created and deleted; changing one is not in the sandbox."""

    collection, id_key = 'BankTransactions', 'BankTransactionID'
    error_flag = None

    def __init__(self, call):
        self._call, self._organisation = call, call.organisation
        self._rows = call.organisation.bank_transactions

    # -- finding ------------------------------------------------------------------------------------------------------

    def rows(self):
        return self._rows.values()

    def get(self, key):
        return self._rows.get(key.lower())

    def shown(self, transaction, detail=True):
        """:param bool detail: single or paged reply: lists carry no lines"""
        return {
            **transaction,
            'Contact': in_document(self._organisation.contacts[transaction['Contact']['ContactID']]),
            'LineItems': transaction['LineItems'] if detail else [],
        }

    def summary(self, transaction):
        return self.shown(transaction, detail=False)

    # -- writing ------------------------------------------------------------------------------------------------------

    def save(self, values, create_only, key=None):
        """Create a transaction and the prepayment or overpayment that it is, or delete the one with this id.

        :return: (transaction or None, errors, warnings)
        """
        wanted = key or values.get('BankTransactionID')
        if wanted and not create_only:
            return self._delete(self.get(wanted), values)
        kind = values.get('Type')
        if kind not in KINDS:
            return None, ['Bank Transaction not of valid type for creation'], []
        account, errors = self._account(values.get('BankAccount', {}))
        store_contact, contact_errors = Contacts(self._call).for_document(values.get('Contact'))
        transaction = self._new(values, kind, account)
        errors += contact_errors + self._header_errors(transaction, values) + self._fill_lines(transaction, values)
        if errors:
            return None, list(dict.fromkeys(errors)), []
        contact = store_contact()
        transaction['Contact'] = {'ContactID': contact['ContactID'], 'Name': contact['Name']}
        self._rows[transaction['BankTransactionID']] = transaction
        if KINDS[kind]:
            self._store_credit(transaction, KINDS[kind])
        return transaction, [], []

    def _new(self, values, kind, account):
        """:return: what the transaction would be; only plain ones have a reference"""
        organisation, account = self._organisation, account or {}
        overpaid = KINDS[kind] is OVERPAYMENTS
        currency = account.get('CurrencyCode', organisation.base_currency)
        return {
            'Type': kind, 'BankTransactionID': str(uuid.uuid4()), 'Status': 'AUTHORISED', 'IsReconciled': False, 'HasAttachments': False,
            'BankAccount': {name: account.get(name, '') for name in ('AccountID', 'Code', 'Name')},
            'Date': values.get('Date', organisation.today(self._call.now)),
            'CurrencyCode': values.get('CurrencyCode', currency) if overpaid else currency,
            'LineAmountTypes': 'NoTax' if overpaid else values.get('LineAmountTypes', 'Inclusive'),
            **{name: values[name] for name in AS_SENT if name in values},
            'Reference': '' if KINDS[kind] else stored_line(values.get('Reference', '')),
            'UpdatedDateUTC': self._call.now, '_app': self._call.app.client_id,
        }

    def _account(self, values):
        """:return: (account or None, errors)"""
        key = next((key for key in ('AccountID', 'Code') if values.get(key)), None)
        account = self._organisation.account(key, values[key]) if key else None
        if not account or account['Status'] != 'ACTIVE' or account['Type'] != 'BANK':
            return None, ['The bank account must be an active account of type BANK.']
        return account, []

    def _header_errors(self, transaction, values):
        organisation, currency = self._organisation, transaction['CurrencyCode']
        errors = lock_errors(self._call, transaction['Date']) + url_errors(transaction.get('Url'))
        if currency == organisation.base_currency:
            transaction['CurrencyRate'] = Decimal(1)
        elif currency not in organisation.currencies:
            errors.append(f'Organisation is not subscribed to currency {currency}')
        else:
            transaction['CurrencyRate'] = money.rounded(values.get('CurrencyRate', organisation.exchange_rate(currency)), 6)
        if transaction.get('CurrencyRate', 1) <= 0:
            errors.append('A currency rate must be specified')
        return errors

    def _fill_lines(self, transaction, values):
        """Put lines and totals into ``transaction``; :return: errors"""
        sent, mode = values.get('LineItems', []), transaction['LineAmountTypes']
        if not sent:
            return ['One or more line items must be specified']
        if KINDS[transaction['Type']] is OVERPAYMENTS:
            if len(sent) > 1:
                return ['Overpayments can only have a single line item.']
            transaction['LineItems'], errors = [self._control_line(transaction, sent[0])], []
        else:
            reader = LineReader(self._organisation, mode, approved=True, discounts=False, unitdp=self._call.unitdp)
            read = [reader.read(line) for line in sent]
            transaction['LineItems'], errors = [line for line, _errors in read], [error for _line, part in read for error in part]
        lines = [(line['LineAmount'], line['TaxAmount']) for line in transaction['LineItems']]
        transaction |= dict(zip(('SubTotal', 'TotalTax', 'Total'), money.totals(lines, mode == 'Inclusive')))
        if any(not amount for amount, _tax in lines):
            errors.append('The UnitAmount of a line item must not be zero.')
        return errors if transaction['Total'] > 0 else [*errors, 'The Total for this document must be greater than zero.']

    def _control_line(self, transaction, sent):
        """:return: the one line of an overpayment, which Xero codes to the receivable or payable account"""
        system = 'DEBTORS' if transaction['Type'] == OVERPAYMENTS.sale else 'CREDITORS'
        account = next(account for account in self._organisation.accounts if account.get('SystemAccount') == system)
        amount = sent.get('LineAmount', sent.get('UnitAmount', Decimal(0)) * sent.get('Quantity', Decimal(1)))
        amount = money.rounded(amount)
        return {
            'LineItemID': str(uuid.uuid4()), 'Description': stored_text(sent.get('Description', '')), 'Quantity': Decimal(1),
            'UnitAmount': amount, 'LineAmount': amount, 'TaxType': 'NONE', 'TaxAmount': Decimal(0), 'Tracking': [],
            'AccountCode': account['Code'], 'AccountID': account['AccountID'],
        }

    def _store_credit(self, transaction, sort):
        """The prepayment or overpayment beside its transaction, with the same id."""
        organisation, credit_id = self._organisation, transaction['BankTransactionID']
        transaction[sort.id_key] = credit_id
        credit = {key: transaction[key] for key in (
            'Type', 'Contact', 'Date', 'Status', 'LineAmountTypes', 'LineItems', 'SubTotal', 'TotalTax', 'Total', 'CurrencyCode',
            'CurrencyRate', 'Reference', 'HasAttachments', 'UpdatedDateUTC', '_app')}
        credit |= {
            sort.id_key: credit_id, 'AmountDue': credit['Total'], 'AmountPaid': Decimal(0), 'AmountCredited': Decimal(0),
            '_payments': [], '_allocations': [],
        }
        if credit['Type'] == PREPAYMENTS.sale:
            number = credit['InvoiceNumber'] = credit['Reference'] = generated_number(organisation, INVOICES)
            organisation.numbers['Invoices'][number] = credit_id
        organisation.documents[sort.collection][credit_id] = credit

    def _delete(self, transaction, values):
        if not transaction:
            return None, [NOT_FOUND], []
        if values.get('Status') != 'DELETED':
            raise not_implemented()
        if KINDS[transaction['Type']] or transaction['Status'] == 'DELETED':
            return None, ['Bank Transaction not of valid status for modification'], []
        if transaction['IsReconciled']:
            return None, ['This transaction cannot be deleted as it has been reconciled.'], []
        errors = lock_errors(self._call, transaction['Date'])
        if errors:
            return None, errors, []
        transaction |= {'Status': 'DELETED', 'UpdatedDateUTC': self._call.now}
        return transaction, [], []
