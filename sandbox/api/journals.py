"""Manual journals. Nothing about them is unique, so Xero never notices that one came twice."""
import uuid
from decimal import Decimal

from ..state import RULES
from . import money, shapes
from .checks import lock_errors, url_errors
from .coding import account_of, tax_of, tracking_of
from .errors import Problem
from .texts import stored_line, stored_text

LEFT_OUT_OF_SUMMARY = {'JournalLines', 'HasAttachments'}


class ManualJournals:
    """The manual journals of one organisation, seen by one call.

    :raise Problem: 403 for a user without the permission to see reports
    """

    collection, id_key = 'ManualJournals', 'ManualJournalID'
    error_flag = None

    def __init__(self, call):
        if 'reports' not in call.user.rights:
            raise Problem(403, 'AuthorizationUnsuccessful')
        self._call, self._organisation = call, call.organisation
        self._journals = call.organisation.journals

    # -- finding ------------------------------------------------------------------------------------------------------

    def rows(self):
        return self._journals.values()

    def get(self, key):
        return self._journals.get(key.lower())

    def shown(self, journal, detail=True):
        """:param bool detail: single or paged reply: lists carry no lines"""
        shown = {key: value for key, value in journal.items() if detail or key != 'JournalLines'}
        return shown | {'Date': shapes.ms_date(journal['Date'])}

    def summary(self, journal):
        return {key: value for key, value in self.shown(journal).items() if key not in LEFT_OUT_OF_SUMMARY}

    # -- writing ------------------------------------------------------------------------------------------------------

    def save(self, values, create_only, key=None):
        """Create a journal or change the one with this id.

        :param create_only: PUT; :param key: the id in the path
        :return: (journal or None, errors, warnings)
        """
        known, wanted = None, key or values.get('ManualJournalID')
        if wanted and not create_only:
            known = self.get(wanted)
            if not known:
                return None, ['The document with the supplied id was not found for this endpoint.'], []
        errors = self._status_errors(values, known)
        if errors:
            return None, errors, []
        journal = (known or self._new()) | {
            key: stored_line(value) if key == 'Narration' else value
            for key, value in values.items() if key not in ('ManualJournalID', 'JournalLines')}
        if journal['Status'] not in ('VOIDED', 'DELETED'):
            if 'JournalLines' in values or not known or 'LineAmountTypes' in values or journal['Status'] != known['Status']:
                sent = values['JournalLines'] if 'JournalLines' in values else self._carried(known)
                journal['JournalLines'], errors = self._lines(journal, sent)
            errors = self._header_errors(journal) + errors
        if errors:
            return None, list(dict.fromkeys(errors)), []
        journal['UpdatedDateUTC'] = self._call.now
        self._journals[journal['ManualJournalID']] = journal
        return journal, [], []

    def _new(self):
        return {
            'ManualJournalID': str(uuid.uuid4()), 'Narration': '', 'Date': self._organisation.today(self._call.now), 'Status': 'DRAFT',
            'LineAmountTypes': 'NoTax', 'ShowOnCashBasisReports': True, 'HasAttachments': False, 'JournalLines': [],
            '_app': self._call.app.client_id,
        }

    def _status_errors(self, values, known):
        if not known:
            allowed = values.get('Status', 'DRAFT') in RULES['journal_status_on_creation']
            return [] if allowed else ['Manual Journal not of valid status for creation']
        if values.get('Status', known['Status']) not in RULES['journal_status_changes'][known['Status']]:
            return ['Manual Journal not of valid status for modification']
        return lock_errors(self._call, known['Date']) if known['Status'] == 'POSTED' else []

    def _header_errors(self, journal):
        errors = [] if journal['Narration'].strip() else ['The Narration field must be specified.']
        if journal['Status'] == 'POSTED':
            errors += lock_errors(self._call, journal['Date'])
        return errors + url_errors(journal.get('Url'))

    def _carried(self, known):
        """:return: the stored lines as if they were sent again; of a journal without tax they have no tax type to carry"""
        return [{
            key: value for key, value in line.items() if key != 'TaxType' or value in self._organisation.tax_rates
        } for line in known['JournalLines']] if known else []

    def _lines(self, journal, sent):
        """Lines sent replace the stored ones, all of them: they have no ids. :return: (lines, errors)"""
        read = [self._line(values, journal) for values in sent]
        lines, errors = [line for line, _errors in read], [error for _line, errors in read for error in errors]
        if len(lines) < 2:
            errors.append('A manual journal must have at least two journal lines.')
        with_tax = journal['LineAmountTypes'] == 'Exclusive'
        amounts = [line['LineAmount'] + (line['TaxAmount'] if with_tax else 0) for line in lines]
        debits, credits = (sum((part for part in amounts if part * sign > 0), Decimal('0.00')) for sign in (1, -1))
        if debits + credits:
            errors.append(f'The total debits ({debits:.2f}) must equal total credits ({credits:.2f})')
        return lines, errors

    def _line(self, values, journal):
        """:return: (line, errors); positive amounts are debits; a line without account and amount is a blank one"""
        organisation, mode = self._organisation, journal['LineAmountTypes']
        amount = money.rounded(values.get('LineAmount', Decimal(0)))
        blank = not amount and not values.keys() & {'AccountCode', 'AccountID'}
        account, errors = account_of(organisation, values, required=not blank, use='journal')
        rate, tax_errors = tax_of(organisation, mode, values, account)
        tax_type = rate['TaxType'] if rate else 'NONE'
        line = {
            'LineAmount': amount, 'Description': stored_text(values.get('Description', '')), 'TaxType': tax_type,
            'TaxAmount': money.tax_amount(amount, rate['EffectiveRate'], mode == 'Inclusive') if rate else Decimal(0),
            'Tracking': tracking_of(organisation, values.get('Tracking', [])), 'IsBlank': blank,
        }
        if account:
            line |= {'AccountCode': account['Code'], 'AccountID': account['AccountID']}
        return line, errors + tax_errors
