"""Invoices, bills and credit notes: what may be created, changed, voided."""
import uuid
from decimal import Decimal

from . import settlement
from .contacts import Contacts, in_document
from .document_rules import APPROVED, FINAL, DocumentRules
from .lines import LineReader
from .sorts import CREDIT_NOTES, INVOICES
from .texts import stored_line


class Documents:
    """The documents of one sort in one organisation, seen by one call."""

    error_flag = 'HasErrors'

    def __init__(self, call, sort):
        self._call, self._sort, self._organisation = call, sort, call.organisation
        self.collection, self.id_key = sort.collection, sort.id_key
        self._documents = self._organisation.documents[sort.collection]
        self._numbers = self._organisation.numbers[sort.collection]
        self._rules = DocumentRules(call, sort)

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
        shown['Payments'] = settlement.payments(document)
        if self._sort is CREDIT_NOTES:
            for key in ('AmountDue', 'AmountPaid', 'AmountCredited', 'IsDiscounted'):
                del shown[key]
            shown |= {
                'RemainingCredit': document['AmountDue'], 'AppliedAmount': document['AmountCredited'],
                'Allocations': settlement.allocations(self._organisation, document),
            }
        elif detail:
            shown |= settlement.credits(self._organisation, document)
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
            errors = self._rules.modification_errors(values, known)
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

    def _write(self, sent, known):
        """Check the whole of what the document would be, and store it only if all of it is good."""
        values = {
            key: stored_line(value) if key == 'Reference' else value
            for key, value in sent.items() if key not in (self.id_key, 'Contact', 'LineItems')}
        document = dict(known) if known else self._new()
        document |= values
        status = document['Status']
        if known and status in FINAL:
            return self._end(known, status), [], []
        approved = status in APPROVED
        errors = [] if known else self._rules.creation_errors(document)
        store_contact = None
        if not known or 'Contact' in sent:
            store_contact, contact_errors = Contacts(self._call).for_document(sent.get('Contact'))
            errors += contact_errors
        errors += self._rules.header_errors(document, sent, known, approved)
        document['LineItems'], line_errors = self._lines(document, sent, known, approved)
        errors += line_errors
        errors += self._rules.total(document, sent)
        if approved and not (known and known['Status'] in APPROVED):
            errors += self._rules.approval_errors(document)
        if errors:
            return None, list(dict.fromkeys(errors)), []
        if store_contact:
            contact = store_contact()
            document['Contact'] = {'ContactID': contact['ContactID'], 'Name': contact['Name']}
        warnings = self._rules.warnings(document, sent, known)
        return self._store(document, known), [], warnings

    def _new(self):
        organisation = self._organisation
        return {
            'Type': None, self.id_key: str(uuid.uuid4()), self._sort.number_key: '', 'Status': 'DRAFT',
            'LineAmountTypes': 'Exclusive', 'Date': organisation.today(self._call.now), 'CurrencyCode': organisation.base_currency,
            'AmountPaid': Decimal(0), 'AmountCredited': Decimal(0), 'HasAttachments': False, 'HasErrors': False,
            'SentToContact': False, '_app': self._call.app.client_id, '_payments': [], '_allocations': [],
        }

    def _end(self, document, status):
        """Void or delete. A voided document keeps its number, a deleted draft gives it back."""
        document |= {'Status': status, 'AmountDue': Decimal(0), 'UpdatedDateUTC': self._call.now}
        if status == 'DELETED' and self._numbers.get(document[self._sort.number_key]) == document[self.id_key]:
            del self._numbers[document[self._sort.number_key]]
        return document

    # -- rules --------------------------------------------------------------------------------------------------------

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

    def _store(self, document, known):
        number_key, number = self._sort.number_key, document.get(self._sort.number_key)
        if document['Type'] == self._sort.sale:
            if not number:
                number = document[number_key] = generated_number(self._organisation, self._sort)
            if known and self._numbers.get(known[number_key]) == known[self.id_key]:
                del self._numbers[known[number_key]]
            self._numbers[number] = document[self.id_key]
        document['UpdatedDateUTC'] = self._call.now
        document['IsDiscounted'] = any(line.get('DiscountRate') or line.get('DiscountAmount') for line in document['LineItems'])
        settlement.settle(document, self._organisation.today(self._call.now))
        if document['Status'] in APPROVED:
            document.setdefault('_approved', self._organisation.today(self._call.now).strftime('%Y-%m'))
            role = 'IsCustomer' if document['Type'] == self._sort.sale else 'IsSupplier'
            self._organisation.contacts[document['Contact']['ContactID']][role] = True
        self._documents[document[self.id_key]] = document
        return document


def generated_number(organisation, sort):
    """:return: the next free number of a sort of document; receive prepayments take theirs from the invoices'"""
    prefix = 'INV' if sort is INVOICES else 'CN'
    while True:
        number = f'{prefix}-{organisation.next_number[sort.collection]:04d}'
        organisation.next_number[sort.collection] += 1
        if number not in organisation.numbers[sort.collection]:
            return number
