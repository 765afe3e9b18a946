"""The contacts of an organisation, found by id, number or name without a walk through all of them."""
from collections import defaultdict


class ContactBook(dict):
    """Contacts by ContactID. ``put`` a contact after every change of its number or name."""

    def __init__(self):
        super().__init__()
        self._numbers = {}
        self._names = defaultdict(dict)

    def put(self, contact):
        """Add a contact, or find it under its new number and name from now on."""
        contact_id = contact['ContactID']
        number, name = contact.get('_keys', (None, None))
        self._numbers.pop(number, None)
        self._names[name].pop(contact_id, None)
        contact['_keys'] = number, name = contact.get('ContactNumber'), contact['Name'].casefold()
        if number:
            self._numbers[number] = contact
        self._names[name][contact_id] = contact
        self[contact_id] = contact

    def by_number(self, number):
        """:return: the contact, archived or not, or None"""
        return self._numbers.get(number)

    def by_name(self, name):
        """:return: the active contact of that name (case does not count), else an archived one, else None"""
        return min(self._names.get(name.casefold(), {}).values(), key=lambda contact: contact['ContactStatus'] != 'ACTIVE', default=None)
