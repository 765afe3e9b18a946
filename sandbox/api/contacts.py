"""Contacts: matching, uniqueness, limits."""
import functools
import re
import uuid

from .balances import balances
from .texts import utf16_length, without_emoji

ATOM, LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", r'[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
MAIL = re.compile(rf'(?=.{{1,64}}@){ATOM}(?:\.{ATOM})*@(?:{LABEL}\.)+[A-Za-z]{LABEL}')     # as .NET's validator: no stray dots or hyphens
COUNTRY = re.compile(r'[A-Za-z]+(?: [A-Za-z]+)*')
LIMITS = {
    'Name': 255, 'ContactNumber': 50, 'AccountNumber': 50, 'TaxNumber': 50, 'CompanyNumber': 50, 'FirstName': 255, 'LastName': 255,
    'EmailAddress': 255, 'AddressLine1': 500, 'AddressLine2': 500, 'AddressLine3': 500, 'AddressLine4': 500, 'City': 255,
    'Region': 255, 'AttentionTo': 255, 'PostalCode': 50, 'Country': 50, 'PhoneNumber': 50, 'PhoneAreaCode': 10,
    'PhoneCountryCode': 20,
}
NAMES = ('Name', 'FirstName', 'LastName')
PHONE_TYPES = ('DDI', 'DEFAULT', 'FAX', 'MOBILE')
IDENTIFY = ('The Contact must contain at least 1 of the following elements to identify the contact: '
            'Name, ContactID, ContactNumber')
ARCHIVED = ('The contact with the specified contact details has been archived. The contact must be un-archived before creating '
            'new invoices or credit notes')
LEFT_OUT_OF_LISTS = {'ContactPersons', 'MergedToContactID'}     # and the balances
LEFT_OUT_OF_SUMMARY = {
    'Addresses', 'Balances', 'ContactGroups', 'ContactPersons', 'IsCustomer', 'IsSupplier', 'AccountsReceivableTaxType',
    'AccountsPayableTaxType', 'SalesDefaultAccountCode', 'PurchasesDefaultAccountCode', 'DefaultCurrency',
}


class Contacts:
    """The contacts of one organisation, seen by one call."""

    collection, id_key = 'Contacts', 'ContactID'
    error_flag = 'HasValidationErrors'

    def __init__(self, call):
        self._call = call
        self._contacts = call.organisation.contacts

    # -- finding ------------------------------------------------------------------------------------------------------

    def rows(self):
        return self._contacts.values()

    def get(self, key):
        """:param key: ContactID or ContactNumber; :return: the contact or None"""
        return self._contacts.get(key.lower()) or self._contacts.by_number(key)

    def shown(self, contact, detail=True):
        """:param bool detail: single or paged reply"""
        if not detail:
            return {key: value for key, value in contact.items() if key not in LEFT_OUT_OF_LISTS}
        found = self._balances.get(contact['ContactID'])
        return contact | {'Balances': found} if found else contact

    @functools.cached_property
    def _balances(self):
        return balances(self._call.organisation, self._call.organisation.today(self._call.now))

    def summary(self, contact):
        """:return: the contact for ``summaryOnly``"""
        return {key: value for key, value in contact.items() if key not in LEFT_OUT_OF_SUMMARY}

    # -- writing ------------------------------------------------------------------------------------------------------

    def save(self, values, create_only, key=None):
        """Create a contact or change the one that matches: by ContactID, else ContactNumber, else name.

        :param create_only: PUT: a taken name or number is an error
        :param key: the id in the path
        :return: (contact or None, errors, warnings)
        """
        values = without_emoji_in_names(values)
        known = None if create_only else self._match(values, key)
        if known is False:
            return None, ['The document with the supplied id was not found for this endpoint.'], []
        errors = self._errors(values, known)
        if errors:
            return None, errors, []
        return self._store(values, known), [], []

    def _match(self, values, key):
        """:return: the contact, None for a new one, False if an id is given that is nobody's"""
        contact_id = key or values.get('ContactID')
        if contact_id:
            return self.get(contact_id) or False
        if values.get('ContactNumber'):
            found = self._contacts.by_number(values['ContactNumber'])
            if found:
                return found
        found = self._contacts.by_name(values['Name']) if values.get('Name') else None
        return found if found and found['ContactStatus'] == 'ACTIVE' else None

    def _errors(self, values, known):
        if known and known['ContactStatus'] == 'ARCHIVED':
            return ['archived contacts cannot currently be edited via the API']
        errors = []
        if not known or 'Name' in values:
            errors += self._name_errors(values.get('Name', ''), known)
        number = values.get('ContactNumber')
        if number and (holder := self._contacts.by_number(number)) and holder is not known:
            errors.append('Another contact has this contact number. Please enter a different contact number.')
        if not known and values.get('ContactStatus', 'ACTIVE') != 'ACTIVE':
            errors.append(f"The status '{values['ContactStatus']}' is not valid for contacts")
        persons = values.get('ContactPersons', [])
        if len(persons) > 5:
            errors.append('A maximum of 5 additional people can be added to a contact.')
        if any(part.get('EmailAddress') and not MAIL.fullmatch(part['EmailAddress']) for part in [values, *persons]):
            errors.append('Email address must be valid.')
        # What somebody typed on Xero's own screens is looked at with each change, too
        website = {**(known or {}), **values}.get('Website')
        if website and not re.match(r'https?://[^\s]+\.[^\s]+$', website):
            errors.append('Website must be valid')
        addresses = values.get('Addresses', [])
        if any(address.get('Country') and not COUNTRY.fullmatch(address['Country']) for address in addresses):
            errors.append('The Country field must contain letters only.')
        for part in [values, *addresses, *values.get('Phones', []), *persons]:
            errors += [
                f'The field {name} exceeds the maximum length of {limit} characters.'
                for name, limit in LIMITS.items() if utf16_length(part.get(name, '')) > limit
            ]
        return errors

    def _name_errors(self, name, known):
        if not name.strip():
            return ['The contact name must be specified.']
        if '<' in name or '>' in name:
            return ["The contact name cannot contain the characters '<' or '>'."]
        if name != ' '.join(name.split()):
            return ['The contact name cannot contain leading, trailing or double spaces.']
        holder = self._contacts.by_name(name)
        if holder and holder is not known and holder['ContactStatus'] == 'ACTIVE':
            return [f'The contact name {name} is already assigned to another contact. '
                    'The contact name must be unique across all active contacts.']
        return []

    def _store(self, values, known):
        contact = known
        if not contact:
            contact = {
                'ContactID': str(uuid.uuid4()), 'ContactStatus': 'ACTIVE', 'FirstName': '', 'LastName': '', 'EmailAddress': '',
                'BankAccountDetails': '', 'ContactPersons': [],
                'Addresses': [_blank_address('STREET'), _blank_address('POBOX')],
                'Phones': [_blank_phone(kind) for kind in PHONE_TYPES],
                'ContactGroups': [], 'IsSupplier': False, 'IsCustomer': False,
                'SalesTrackingCategories': [], 'PurchasesTrackingCategories': [],
                'HasAttachments': False, 'HasValidationErrors': False, '_app': self._call.app.client_id,
            }
        plain = {key: value for key, value in values.items() if key not in ('ContactID', 'Addresses', 'Phones')}
        contact |= plain
        for address in values.get('Addresses', []):
            _merge(contact['Addresses'], 'AddressType', address)
        for phone in values.get('Phones', []):
            _merge(contact['Phones'], 'PhoneType', phone)
        contact['UpdatedDateUTC'] = self._call.now
        self._contacts.put(contact)
        return contact

    # -- inside documents ---------------------------------------------------------------------------------------------

    def for_document(self, values):
        """The contact of an invoice: by id, else by number, else by name, else a new one; other fields sent change it.

        :param values: what the document carries as ``Contact``, or None
        :return: (function that stores what is new and returns the contact, errors); to be called once the document is good
        """
        values = values and without_emoji_in_names(values)
        if values is None:
            return None, ['A Contact must be specified for this type of transaction']
        if not values.keys() & {'Name', 'ContactID', 'ContactNumber'}:
            return None, [IDENTIFY]
        if 'ContactID' in values:
            known = self._contacts.get(values['ContactID'])
            if not known:
                return None, ['Contact could not be found']
        else:
            known = self._contacts.by_number(values['ContactNumber']) if values.get('ContactNumber') else None
            if not known and not values.get('Name', '').strip():
                return None, ['Paid to name cannot be empty.', 'Contact cannot be empty.']
            known = known or self._contacts.by_name(values['Name'])
        if known and known['ContactStatus'] != 'ACTIVE':
            return None, [ARCHIVED]
        changes = {key: value for key, value in values.items() if key not in ('ContactID', 'ContactStatus')}
        if known and not (changes.keys() - {'Name', 'ContactNumber'}) and all(known.get(key) == changes[key] for key in changes):
            return lambda: known, []
        return lambda: self._store(changes, known), self._errors(changes, known)


def without_emoji_in_names(values):
    """:return: a copy of a contact's values as Xero keeps them: names without emoji"""
    return {key: ' '.join(without_emoji(value).split()) if key in NAMES and without_emoji(value) != value else value
            for key, value in values.items()}


def in_document(contact):
    """:return: what a document shows of its contact"""
    names = ('ContactID', 'ContactStatus', 'Name', 'FirstName', 'LastName', 'EmailAddress', 'ContactNumber', 'UpdatedDateUTC')
    return {
        **{name: contact[name] for name in names if name in contact},
        'Addresses': [], 'Phones': [], 'ContactGroups': [], 'ContactPersons': [], 'HasValidationErrors': False,
    }


def _blank_address(kind):
    return {'AddressType': kind, 'City': '', 'Region': '', 'PostalCode': '', 'Country': ''}


def _blank_phone(kind):
    return {'PhoneType': kind, 'PhoneNumber': '', 'PhoneAreaCode': '', 'PhoneCountryCode': ''}


def _merge(rows, key, row):
    """Put ``row`` into ``rows`` over the one of the same type."""
    known = next((other for other in rows if other[key] == row.get(key)), None)
    if known is None:
        rows.append(row)
    else:
        known |= row
