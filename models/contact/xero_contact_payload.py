from typing import NamedTuple

from odoo import fields, models

from ...const import (
    CITY_LENGTH,
    CONTACT_NUMBER_LENGTH,
    COUNTRY_LENGTH,
    NAME_LENGTH,
    PHONE_LENGTH,
    POSTAL_CODE_LENGTH,
    STREET_LENGTH,
    TAX_NUMBER_LENGTH,
    TEXT_FIELDS,
)
from ...tools.problem import Problem
from ...tools.xero_money import digest
from ...tools.xero_text import (
    clean_contact_name,
    clean_element,
    clean_line,
    code_key,
    first_email,
    letters,
    phone_number,
    shorten,
    text_length,
    without_emoji,
)
from ..reference.xero_reference_mixin import ACTIVE


class ContactPayload(NamedTuple):
    """A new contact: the element of `PUT /Contacts`, the problems that stop it (`Problem`), and sentences about what was left out."""
    element: dict
    problems: list
    warnings: list


class XeroContact(models.Model):
    """How a partner is written as a contact: new contacts, changes where Odoo leads, and the details of both."""
    _inherit = 'xero.contact'

    sent_digest = fields.Char(readonly=True, copy=False, help="Fingerprint of the partner as last sent to Xero.")
    declined_digest = fields.Char(
        readonly=True, copy=False, help="Fingerprint of the last change that Xero refused, until the contact is read from Xero again.")

    def _number(self, connection, partner):
        """Return the contact number that we give a partner. The prefix separates it from the numbers of other databases."""
        return f'{connection.contact_prefix}{partner.id}'[:CONTACT_NUMBER_LENGTH]

    def _contact_name(self, partner):
        """Return the name of a partner as Xero stores it. The company's name precedes that of its people and addresses."""
        return clean_contact_name(self._whole_name(partner))

    def _whole_name(self, partner):
        """Return the name of a partner before it is adapted to Xero's limits."""
        is_part = partner.parent_id and not partner.is_company
        return (partner.complete_name if is_part else partner.name) or ''

    def _payloads(self, connection, partners):
        """Build the contacts of partners for one `PUT /Contacts`.

        :param partners: commercial partners that have no contact there, see `_match`.
        :return: dict partner → `ContactPayload`, which may have problems.
        """
        name_by_partner = {partner: self._contact_name(partner) for partner in partners}
        holders = self._active_by_name(connection, [name.casefold() for name in name_by_partner.values()])
        _decided, undecided = self._match_by_keys(connection, partners)
        namesakes = self._loose_namesakes(connection, partners) if connection.duplicate_name == 'fail' else {}
        payloads, given = {}, set()
        for partner, name in name_by_partner.items():
            key = name.casefold()
            holder = holders.get(key, self.browse())
            is_certain = connection.duplicate_name == 'number' or partner in holder.not_partner_ids
            candidates = undecided.get(partner, self.browse()) | namesakes.get(partner, self.browse())
            problem = self._name_problem(connection, partner, name, candidates, (holder or key in given) and not is_certain)
            if holder or key in given:
                name = self._numbered_name(connection, partner, name)
            given.add(key)
            payloads[partner] = self._payload(connection, partner, name, problem)
        return payloads

    def _name_problem(self, connection, partner, name, candidates, is_taken):
        """Return why no contact can be created for a partner, or None."""
        if not name:
            return Problem('contact', self.env._(
                "%(partner)s has no name that Xero can use: it has to have more than emoji, “<” and “>”. "
                "Give the contact a name in Odoo, then send the document again.",
                partner=partner.display_name or self.env._("The partner of this document")), kind=self.env._("without a usable name"))
        undecided = self.env._("whose contact is not certain")
        if candidates:
            return Problem('contact', self.env._(
                "It is not certain who %(partner)s is in Xero (%(connection)s): %(names)s could be, by tax number, e-mail or name. Choose the "
                "contact, and the document is then sent automatically.",
                partner=partner.display_name, connection=connection.name, names=', '.join(candidates._described())), kind=undecided)
        whole = self._whole_name(partner)
        if is_taken and name != clean_line(whole, text_length(whole)):
            return Problem('contact', self.env._(
                "Xero keeps no emoji, “<” or “>” in names and no name of more than %(limit)s characters, so %(partner)s would be %(name)s there, "
                "and that is the name of another contact in Xero (%(connection)s). Choose the contact or have one created, and the document "
                "is then sent automatically; or change the name in Odoo and send the document again.",
                limit=NAME_LENGTH, connection=connection.name, name=name, partner=partner.display_name), kind=undecided)
        if is_taken:
            return Problem('contact', self.env._(
                "%(name)s is the name of another contact in Xero (%(connection)s), and it is not certain that it is %(partner)s. Choose the "
                "contact or have one created, and the document is then sent automatically; or change the name in Odoo and send the document again.",
                connection=connection.name, name=name, partner=partner.display_name), kind=undecided)
        return None

    def _payload(self, connection, partner, name, problem):
        element = clean_element({'Name': name, 'ContactNumber': self._number(connection, partner), **self._details(partner)}, TEXT_FIELDS)
        return ContactPayload(element, [problem] if problem else [], list(self._detail_warnings(partner)))

    def _numbered_name(self, connection, partner, name):
        suffix = f' ({self._number(connection, partner)})'
        return shorten(name, NAME_LENGTH - len(suffix)) + suffix

    def _described(self):
        """Return the names of contacts for people, marking those that are archived."""
        return [
            contact.name if contact.status == ACTIVE else self.env._("%(contact)s (archived)", contact=contact.name) for contact in self]

    # === CHANGING === #

    def _change(self):
        """Return the element of `POST /Contacts` that updates a contact, or None if it was sent before, or refused.

        Fields that are empty in Odoo keep their values in Xero.
        """
        connection, partner = self.connection_id, self.partner_id
        name = self._contact_name(partner)
        numbered = self._numbered_name(connection, partner, name)
        element = clean_element(
            {'ContactID': self.xero_id, 'Name': numbered if self.name == numbered else name, **self._details(partner)}, TEXT_FIELDS)
        return element if name and self._content_digest(element) not in (self.sent_digest, self.declined_digest) else None

    def _decline_change(self, element, messages):
        """Remember a change that Xero refused, so that it is not sent again with each document.

        :param dict element: as it was sent.
        :param list messages: Xero's own words.
        :return: a sentence for people, a warning for the documents that waited for the change.
        """
        self.declined_digest = self._content_digest(element)
        names = {
            'organisation': self.connection_id.organisation_name or self.connection_id.name, 'contact': self.name,
            'words': (messages[0] if messages else '').rstrip('. ')}
        return self.env._(
            "%(organisation)s did not take the change of the contact %(contact)s: “%(words)s”. The document went to the contact as it is in Xero. "
            "Correct the contact in Xero; the change is sent again with a later document.", **names)

    def _content_digest(self, element):
        """Return the fingerprint of an element without what identifies the contact."""
        return digest({name: value for name, value in element.items() if name not in ('ContactID', 'ContactNumber')})

    def _note_sent(self, element):
        """Remember the element that Xero has accepted."""
        self.write({'sent_digest': self._content_digest(element), 'declined_digest': False})

    # === DETAILS === #

    def _details(self, partner):
        """Return the fields of a contact other than name and number. Fields that are empty in Odoo are left out."""
        email, _is_partial = first_email(partner.email)
        details = {
            'EmailAddress': email,
            'TaxNumber': self._tax_number(partner),
            **self._person_names(partner),
            'Addresses': self._addresses(partner),
            'Phones': [{'PhoneType': 'DEFAULT', 'PhoneNumber': number}] if (number := phone_number(partner.phone, PHONE_LENGTH)) else [],
        }
        return {name: value for name, value in details.items() if value}

    def _detail_warnings(self, partner):
        """Yield sentences for people: what of a partner is not sent. Numbers are never cut off, since that makes another number."""
        email, is_partial = first_email(partner.email)
        if is_partial:
            yield self.env._(
                "Xero takes one e-mail address for a contact: of “%(text)s” on %(partner)s, %(email)s was sent.",
                text=partner.email, partner=partner.display_name, email=email or self.env._("none"))
        if code_key(partner.vat) and not self._tax_number(partner):
            yield self.env._(
                "Xero takes tax numbers of up to %(limit)s characters: “%(number)s” of %(partner)s was left out. Correct it in Odoo.",
                limit=TAX_NUMBER_LENGTH, number=partner.vat, partner=partner.display_name)
        if (partner.phone or '').strip() and not phone_number(partner.phone, PHONE_LENGTH):
            yield self.env._(
                "“%(number)s” of %(partner)s is no telephone number of up to %(limit)s characters and was left out. Correct it in Odoo.",
                limit=PHONE_LENGTH, number=partner.phone, partner=partner.display_name)

    def _tax_number(self, partner):
        """Return the tax number of a partner, ``''`` if it has none or one that is too long. Odoo writes ``/`` for "has none"."""
        number = clean_line(partner.vat, 10 * TAX_NUMBER_LENGTH)
        return number if code_key(number) and text_length(number) <= TAX_NUMBER_LENGTH else ''

    def _person_names(self, partner):
        """Return first and last name of a person. Odoo stores one name, so its last word becomes the last name."""
        if partner.is_company:
            return {}
        first, _space, last = clean_line(without_emoji(partner.name or ''), NAME_LENGTH).rpartition(' ')
        return {'FirstName': first, 'LastName': last} if first else {'FirstName': last}     # left out if empty

    def _addresses(self, partner):
        """Return the address of a partner (STREET) and its invoice address, if that is another one (POBOX)."""
        invoice = partner.browse(partner.address_get(['invoice'])['invoice'])
        addresses = [self._address('STREET', partner)]
        if invoice != partner:
            addresses.append({**self._address('POBOX', invoice), 'AttentionTo': clean_line(invoice.name, CITY_LENGTH)})
        return [
            {name: value for name, value in address.items() if value}
            for address in addresses if any(value for name, value in address.items() if name not in ('AddressType', 'AttentionTo'))]

    def _address(self, address_type, partner):
        return {
            'AddressType': address_type,
            'AddressLine1': clean_line(partner.street, STREET_LENGTH),
            'AddressLine2': clean_line(partner.street2, STREET_LENGTH),
            'City': clean_line(partner.city, CITY_LENGTH),
            'Region': clean_line(partner.state_id.name, CITY_LENGTH),
            'PostalCode': clean_line(partner.zip, POSTAL_CODE_LENGTH),
            'Country': letters(partner.country_id.with_context(lang='en_US').name, COUNTRY_LENGTH),
        }
