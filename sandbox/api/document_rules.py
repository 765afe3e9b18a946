"""What may be done to invoices, bills and credit notes: on creation, in each status, once something is paid."""
from decimal import Decimal

from ..state import RULES
from . import money
from .checks import lock_errors, url_errors
from .sorts import INVOICES
from .texts import utf16_length

FINAL = ('VOIDED', 'DELETED')
APPROVED = ('AUTHORISED', 'PAID')
PRINTABLE = range(32, 127)


class DocumentRules:
    """The rules for one sort of document in one organisation, as one call meets them."""

    def __init__(self, call, sort):
        self._call, self._sort, self._organisation = call, sort, call.organisation
        self._documents = call.organisation.documents[sort.collection]
        self._numbers = call.organisation.numbers[sort.collection]

    def modification_errors(self, values, known):
        status, wanted = known['Status'], values.get('Status', known['Status'])
        if status in FINAL or wanted not in RULES['status_changes'][status]:
            return [f'{self._sort.label} not of valid status for modification']
        if values.get('Type', known['Type']) != known['Type']:
            return [f'{self._sort.label} not of valid type for modification']
        paid = known['AmountPaid'] + known['AmountCredited']
        if wanted == 'VOIDED' and paid:
            return ['The status VOIDED cannot be applied to the '
                    f'{self._sort.label.lower()} because it has payments or credit notes allocated to it.']
        if status in APPROVED:
            locked = lock_errors(self._call, known['Date'])
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
        """Once something is paid or credited, only what moves no money may change; the contact not once a credit note is allocated."""
        free = {*RULES['editable_when_paid'], 'Type', 'Date', self._sort.id_key}
        if known['Type'] == self._sort.purchase:
            free.update(RULES['bill_editable_when_paid'])
        if any(not _same(values[key], known.get(key)) for key in values.keys() - free):
            return True
        contact = values.get('Contact', {})
        if known['AmountCredited'] and any(contact[key] != known['Contact'][key] for key in ('ContactID', 'Name') if key in contact):
            return True
        if 'LineItems' not in values:
            return False
        lines = {line['LineItemID']: line for line in known['LineItems']}
        return {line.get('LineItemID') for line in values['LineItems']} != set(lines) or any(
            not _same(value, lines[line['LineItemID']].get(key))
            for line in values['LineItems'] for key, value in line.items() if key not in RULES['line_editable_when_paid'])

    def creation_errors(self, document):
        errors = []
        if document['Type'] not in (self._sort.sale, self._sort.purchase):
            errors.append(f'{self._sort.label} not of valid type for creation')
        if document['Status'] not in RULES['status_on_creation']:
            errors.append(f'{self._sort.label} not of valid status for creation')
        return errors

    def header_errors(self, document, sent, known, approved):
        organisation, number_key = self._organisation, self._sort.number_key
        errors = []
        number = document.get(number_key) or ''
        if len(number) > 255 or any(ord(letter) not in PRINTABLE for letter in number):
            errors.append(f'{self._sort.label} number must be at most 255 printable characters.')
        own_id = document[self._sort.id_key]
        if document['Type'] == self._sort.sale and number and self._numbers.get(number, own_id) != own_id:
            errors.append(f"{'Invoice' if self._sort is INVOICES else 'Credit note'} # must be unique.")
        if document['Type'] == self._sort.purchase:
            document.pop('Reference', None)
        elif utf16_length(document.setdefault('Reference', '')) > 255:
            errors.append('Reference must be at most 255 characters.')
        if approved and self._sort is INVOICES and not document.get('DueDate'):
            errors.append('The document DueDate field must be specified.')
        if approved and ('Date' in sent or not known or known['Status'] not in APPROVED):
            errors += lock_errors(self._call, document['Date'])
        errors += self._currency_errors(document, sent)
        errors += url_errors(document.get('Url'))
        theme = document.get('BrandingThemeID')
        if theme and theme not in {row['BrandingThemeID'] for row in organisation.branding_themes}:
            errors.append('The branding theme could not be found.')
        return errors

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

    def total(self, document, sent):
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

    def approval_errors(self, document):
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

    def warnings(self, document, sent, known):
        warnings = []
        if sent.get('SentToContact') and document['Status'] not in APPROVED:
            warnings.append('Only AUTHORISED invoices may have SentToContact updated.')
            document['SentToContact'] = bool(known and known['SentToContact'])
        if document['CurrencyCode'] != self._organisation.base_currency and document['CurrencyRate'] == 1:
            warnings.append(f"The currency rate of 1 for {document['CurrencyCode']} looks wrong.")
        return warnings


def _same(sent, stored):
    """:return: whether a value is the stored one, at the precision it is stored with"""
    if isinstance(sent, Decimal) and isinstance(stored, Decimal):
        return money.rounded(sent, -stored.as_tuple().exponent) == stored
    return sent == stored
