"""Invoices, bills and credit notes: what may be created, changed, voided."""
import uuid
from dataclasses import dataclass
from decimal import Decimal

from ..state import RULES
from . import money
from .contacts import Contacts, in_document
from .lines import LineReader

FINAL = ('VOIDED', 'DELETED')
PRINTABLE = range(32, 127)


@dataclass(frozen=True)
class Sort:
    """What tells invoices from credit notes."""
    collection: str
    singular: str
    sale: str
    purchase: str
    label: str

    @property
    def id_key(self):
        return f'{self.singular}ID'

    @property
    def number_key(self):
        return f'{self.singular}Number'


INVOICES = Sort('Invoices', 'Invoice', 'ACCREC', 'ACCPAY', 'Invoice')
CREDIT_NOTES = Sort('CreditNotes', 'CreditNote', 'ACCRECCREDIT', 'ACCPAYCREDIT', 'Credit Note')


class Documents:
    """The documents of one sort in one organisation, seen by one call."""

    error_flag = 'HasErrors'

    def __init__(self, call, sort):
        self._call, self._sort, self._organisation = call, sort, call.organisation
        self.collection, self.id_key = sort.collection, sort.id_key
        self._documents = self._organisation.documents[sort.collection]
        self._numbers = self._organisation.numbers[sort.collection]

    # -- finding ------------------------------------------------------------------------------------------------------

    def rows(self):
        return self._documents.values()

    def get(self, key):
        """:param key: the id, or the number of a sales document; :return: the document or None"""
        return self._documents.get(key.lower()) or self._documents.get(self._numbers.get(key))

    def shown(self, document, detail=True):
        """:param bool detail: single or paged reply: lists carry no lines"""
        shown = {**document, 'Contact': in_document(self._organisation.contacts[document['Contact']['ContactID']])}
        shown['UpdatedDateUTCString'] = document['UpdatedDateUTC'].strftime('%Y-%m-%dT%H:%M:%S')
        shown['LineItems'] = document['LineItems'] if detail else []
        if self._sort is CREDIT_NOTES:
            for key in ('AmountDue', 'AmountPaid', 'AmountCredited', 'IsDiscounted'):
                del shown[key]
            shown |= {'RemainingCredit': document['AmountDue'], 'AppliedAmount': document['AmountCredited'], 'Allocations': []}
        elif detail:
            shown |= {'Prepayments': [], 'Overpayments': [], 'CreditNotes': []}
        return shown

    def summary(self, document):
        """:return: the document for ``summaryOnly``"""
        return {key: value for key, value in self.shown(document, detail=False).items() if key not in (
            'LineItems', 'Payments', 'HasAttachments')}

    # -- writing ------------------------------------------------------------------------------------------------------

    def save(self, values, create_only, key=None):
        """Create a document or change the one that matches by id or number.

        :param create_only: PUT
        :param key: id or number in the path
        :return: (document or None, errors, warnings)
        """
        known = None if create_only else self._match(values, key)
        if known is False:
            return None, [f'An existing {self._sort.label} with the specified {self.id_key} could not be found'], []
        if known:
            errors = self._modification_errors(values, known)
            if errors:
                return None, errors, []
        return self._write(values, known)

    def _match(self, values, key):
        """:return: the document, None for a new one, False if an id is given that is no document's"""
        if key or self.id_key in values:
            return self.get(key or values[self.id_key]) or False
        number = values.get(self._sort.number_key)
        if not number:
            return None
        if values.get('Type') == self._sort.purchase:   # per supplier, the voided ones too
            return next((document for document in self._documents.values() if (
                document['Type'] == self._sort.purchase and document.get(self._sort.number_key) == number
                and document['Status'] != 'DELETED' and self._same_contact(values, document))), None)
        return self._documents.get(self._numbers.get(number))

    def _same_contact(self, values, document):
        sent, contact = values.get('Contact', {}), document['Contact']
        return contact['ContactID'] == sent.get('ContactID') or contact['Name'] == sent.get('Name')

    def _modification_errors(self, values, known):
        status, wanted = known['Status'], values.get('Status', known['Status'])
        if status in FINAL or wanted not in RULES['status_changes'][status]:
            return [f'{self._sort.label} not of valid status for modification']
        if values.get('Type', known['Type']) != known['Type']:
            return [f'{self._sort.label} not of valid type for modification']
        paid = known['AmountPaid'] + known['AmountCredited']
        if wanted == 'VOIDED' and paid:
            return ['The status VOIDED cannot be applied to the '
                    f'{self._sort.label.lower()} because it has payments or credit notes allocated to it.']
        if status in ('AUTHORISED', 'PAID'):
            locked = self._lock_errors(known['Date'])
            if locked:
                return locked
        if not paid:
            return []
        errors = []
        if values.get('Date', known['Date']) != known['Date']:
            errors.append('Date cannot be changed on an invoice that has payment or credit notes allocated to it.')
        if self._changes_what_is_paid(values, known):
            errors.append('This document cannot be edited as it has a payment or credit note allocated to it.')
        return errors

    def _changes_what_is_paid(self, values, known):
        free = {*RULES['editable_when_paid'], 'Type', 'Date', self.id_key}
        if any(values[key] != known.get(key) for key in values.keys() - free):
            return True
        if 'LineItems' not in values:
            return False
        lines = {line['LineItemID']: line for line in known['LineItems']}
        return {line.get('LineItemID') for line in values['LineItems']} != set(lines) or any(
            value != lines[line['LineItemID']].get(key)
            for line in values['LineItems'] for key, value in line.items() if key not in RULES['line_editable_when_paid'])

    def _write(self, sent, known):
        """Check the whole of what the document would be, and store it only if all of it is good."""
        values = {key: value for key, value in sent.items() if key not in (self.id_key, 'Contact', 'LineItems')}
        document = dict(known) if known else self._new()
        document |= values
        status = document['Status']
        if known and status in FINAL:
            return self._end(known, status), [], []
        approved = status in ('AUTHORISED', 'PAID')
        errors = [] if known else self._creation_errors(document)
        store_contact = None
        if not known or 'Contact' in sent:
            store_contact, contact_errors = Contacts(self._call).for_document(sent.get('Contact'))
            errors += contact_errors
        errors += self._header_errors(document, sent, known, approved)
        document['LineItems'], line_errors = self._lines(document, sent, known, approved)
        errors += line_errors
        errors += self._total(document, sent)
        if approved and not (known and known['Status'] in ('AUTHORISED', 'PAID')):
            errors += self._approval_errors(document)
        if errors:
            return None, list(dict.fromkeys(errors)), []
        if store_contact:
            contact = store_contact()
            document['Contact'] = {'ContactID': contact['ContactID'], 'Name': contact['Name']}
        warnings = self._warnings(document, sent, known)
        return self._store(document, known), [], warnings

    def _new(self):
        organisation = self._organisation
        return {
            'Type': None, self.id_key: str(uuid.uuid4()), self._sort.number_key: '', 'Payments': [], 'Status': 'DRAFT',
            'LineAmountTypes': 'Exclusive', 'Date': organisation.today(self._call.now), 'CurrencyCode': organisation.base_currency,
            'AmountPaid': Decimal(0), 'AmountCredited': Decimal(0), 'HasAttachments': False, 'HasErrors': False,
            'SentToContact': False, '_app': self._call.app.client_id,
        }

    def _end(self, document, status):
        """Void or delete. A voided document keeps its number, a deleted draft gives it back."""
        document |= {'Status': status, 'AmountDue': Decimal(0), 'UpdatedDateUTC': self._call.now}
        if status == 'DELETED' and self._numbers.get(document[self._sort.number_key]) == document[self.id_key]:
            del self._numbers[document[self._sort.number_key]]
        return document

    # -- rules --------------------------------------------------------------------------------------------------------

    def _creation_errors(self, document):
        errors = []
        if document['Type'] not in (self._sort.sale, self._sort.purchase):
            errors.append(f'{self._sort.label} not of valid type for creation')
        if document['Status'] not in RULES['status_on_creation']:
            errors.append(f'{self._sort.label} not of valid status for creation')
        return errors

    def _header_errors(self, document, sent, known, approved):
        organisation, number_key = self._organisation, self._sort.number_key
        errors = []
        number = document.get(number_key) or ''
        if len(number) > 255 or any(ord(letter) not in PRINTABLE for letter in number):
            errors.append(f'{self._sort.label} number must be at most 255 printable characters.')
        if document['Type'] == self._sort.sale and number and self._numbers.get(number, document[self.id_key]) != document[self.id_key]:
            errors.append(f"{'Invoice' if self._sort is INVOICES else 'Credit note'} # must be unique.")
        if document['Type'] == self._sort.purchase:
            document.pop('Reference', None)
        elif len(document.setdefault('Reference', '')) > 255:
            errors.append('Reference must be at most 255 characters.')
        if approved and self._sort is INVOICES and not document.get('DueDate'):
            errors.append('The document DueDate field must be specified.')
        if approved and ('Date' in sent or not known or known['Status'] not in ('AUTHORISED', 'PAID')):
            errors += self._lock_errors(document['Date'])
        errors += self._currency_errors(document, sent)
        url = document.get('Url', '')
        if url and not (url.startswith(('http://', 'https://')) and ' ' not in url and 'xero' not in url.lower()):
            errors.append('The Url field is not a valid URL.')
        theme = document.get('BrandingThemeID')
        if theme and theme not in {row['BrandingThemeID'] for row in organisation.branding_themes}:
            errors.append('The branding theme could not be found.')
        return errors

    def _lock_errors(self, day):
        organisation = self._organisation
        if organisation.end_of_year_lock_date and day <= organisation.end_of_year_lock_date:
            return ['The document date cannot be before the end of year lock date, currently set at '
                    f'{organisation.end_of_year_lock_date:%d-%b-%Y}']
        if organisation.period_lock_date and day <= organisation.period_lock_date and 'adviser' not in self._call.user.rights:
            return ['The document date cannot be before the period lock date, currently set at '
                    f'{organisation.period_lock_date:%d-%b-%Y}']
        return []

    def _currency_errors(self, document, sent):
        organisation, currency = self._organisation, document['CurrencyCode']
        if currency == organisation.base_currency:
            document['CurrencyRate'] = Decimal(1)
            return []
        if currency not in organisation.currencies:
            return [f'Organisation is not subscribed to currency {currency}']
        rate = document.get('CurrencyRate') if 'CurrencyRate' in sent or 'CurrencyCode' not in sent else None
        if rate is None:
            document['CurrencyRate'] = organisation.exchange_rate(currency)
        elif rate <= 0:
            return ['A currency rate must be specified']
        else:
            document['CurrencyRate'] = money.rounded(rate, 6)
        return []

    def _lines(self, document, sent, known, approved):
        """:return: (lines, errors); lines sent replace the stored ones: a known LineItemID changes, no id is new, missing is deleted"""
        stored = {line['LineItemID']: line for line in known['LineItems']} if known else {}
        if 'LineItems' not in sent and known:
            if not ({'LineAmountTypes', 'CurrencyCode'} & sent.keys()) and known['Status'] == document['Status']:
                return known['LineItems'], []
            lines = known['LineItems']
        else:
            lines = sent.get('LineItems', [])
        if not lines:
            return [], ['One or more line items must be specified']
        reader = LineReader(
            self._organisation, document['LineAmountTypes'], approved, document['Type'] == INVOICES.sale, self._call.unitdp)
        if 'LineItems' not in sent:   # approved as they stand, at the precision they were stored with
            reader.unitdp = 4
            kept = ('LineItemID',) if 'LineAmountTypes' in sent else ('LineItemID', 'TaxAmount')
            lines = [{key: line[key] for key in kept if 'Quantity' in line or key == 'LineItemID'} for line in lines]
        read = [reader.read(line, stored.get(line.get('LineItemID'))) for line in lines]
        return [line for line, _errors in read], [error for _line, errors in read for error in errors]

    def _total(self, document, sent):
        lines = [(line['LineAmount'], line['TaxAmount']) for line in document['LineItems']]
        sub_total, tax, total = money.totals(lines, document['LineAmountTypes'] == 'Inclusive')
        errors = []
        for key, value in (('SubTotal', sub_total), ('TotalTax', tax), ('Total', total)):
            if key in sent and money.rounded(sent[key]) != value:
                errors.append('The document total does not equal the sum of the lines.')
            document[key] = value
        if total < 0:
            errors.append('The Total for this document must be greater than or equal to zero.')
        return errors

    def _approval_errors(self, document):
        organisation = self._organisation
        if 'approve' not in self._call.user.rights:
            return ['The User specified does not have the correct permissions to perform this action']
        side = 'sales' if document['Type'] == self._sort.sale else 'bills'
        limit = organisation.approve_limit.get(side)
        if limit is not None and self._sort is INVOICES and self._approved_this_month(document['Type']) >= limit:
            return ['You have reached the limit of invoices you can approve']
        return []

    def _approved_this_month(self, kind):
        month = self._organisation.today(self._call.now).strftime('%Y-%m')
        return sum(
            document['Type'] == kind and document.get('_approved', '') == month for document in self._documents.values())

    def _warnings(self, document, sent, known):
        warnings = []
        if sent.get('SentToContact') and document['Status'] not in ('AUTHORISED', 'PAID'):
            warnings.append('Only AUTHORISED invoices may have SentToContact updated.')
            document['SentToContact'] = bool(known and known['SentToContact'])
        if document['CurrencyCode'] != self._organisation.base_currency and document['CurrencyRate'] == 1:
            warnings.append(f"The currency rate of 1 for {document['CurrencyCode']} looks wrong.")
        return warnings

    def _store(self, document, known):
        number_key, number = self._sort.number_key, document.get(self._sort.number_key)
        if document['Type'] == self._sort.sale:
            if not number:
                number = document[number_key] = self._generated_number()
            if known and self._numbers.get(known[number_key]) == known[self.id_key]:
                del self._numbers[known[number_key]]
            self._numbers[number] = document[self.id_key]
        document['UpdatedDateUTC'] = self._call.now
        document['IsDiscounted'] = any(line.get('DiscountRate') or line.get('DiscountAmount') for line in document['LineItems'])
        settle(document, self._organisation.today(self._call.now))
        if document['Status'] in ('AUTHORISED', 'PAID'):
            document.setdefault('_approved', self._organisation.today(self._call.now).strftime('%Y-%m'))
            role = 'IsCustomer' if document['Type'] == self._sort.sale else 'IsSupplier'
            self._organisation.contacts[document['Contact']['ContactID']][role] = True
        self._documents[document[self.id_key]] = document
        return document

    def _generated_number(self):
        prefix = 'INV' if self._sort is INVOICES else 'CN'
        while True:
            number = f'{prefix}-{self._organisation.next_number[self.collection]:04d}'
            self._organisation.next_number[self.collection] += 1
            if number not in self._numbers:
                return number


def settle(document, today):
    """Compute what is due; an approved document with nothing due is PAID, one with something due is not."""
    due = document['AmountDue'] = document['Total'] - document['AmountPaid'] - document['AmountCredited']
    if document['Status'] == 'AUTHORISED' and not due:
        document |= {'Status': 'PAID', 'FullyPaidOnDate': today}
    elif document['Status'] == 'PAID' and due:
        document['Status'] = 'AUTHORISED'
        document.pop('FullyPaidOnDate', None)
