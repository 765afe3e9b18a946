from typing import NamedTuple

from odoo import fields, models

from ..const import CONTACT_NUMBER_LENGTH, NAME_LENGTH
from ..tools.problem import Problem
from ..tools.xero_money import digest
from ..tools.xero_text import clean_contact_name, clean_line, first_email, letters, shorten

# Longest values that Xero takes [P 6.1]
TAX_NUMBER_LENGTH = 50
PHONE_LENGTH = 50
STREET_LENGTH = 500
CITY_LENGTH = 255           # region and attention, too
POSTAL_CODE_LENGTH = 50
COUNTRY_LENGTH = 50


class ContactPayload(NamedTuple):
    """What to send for a contact: the element of `PUT /Contacts`, why it cannot be sent, what was left out of it."""
    element: dict
    problems: list
    warnings: list


class XeroContact(models.Model):
    """What a partner looks like as a contact in Xero."""
    _inherit = 'xero.contact'

    sent_digest = fields.Char(readonly=True, copy=False, help="Fingerprint of what Xero was told of the partner last.")

    def _number(self, connection, partner):
        """Return the contact number that we give a partner: unique in the organisation, and told from another database's."""
        return f'{connection.contact_prefix}{partner.id}'[:CONTACT_NUMBER_LENGTH]

    def _contact_name(self, partner):
        """Return the name of a partner as Xero takes it; with its company before it, if it is a person or an address of one."""
        is_part = partner.parent_id and not partner.is_company
        return clean_contact_name((partner.complete_name if is_part else partner.name) or '')

    def _payloads(self, connection, partners):
        """Build the contacts of partners for one `PUT /Contacts`.

        :param partners: commercial partners that have no contact there, see `_match`.
        :return: dict partner → `ContactPayload`.
        """
        name_by_partner = {partner: self._contact_name(partner) for partner in partners}
        holders = self._active_by_name(connection, [name.casefold() for name in name_by_partner.values()])
        _decided, undecided = self._weigh(connection, partners)
        payloads, given = {}, set()
        for partner, name in name_by_partner.items():
            key = name.casefold()
            holder = holders.get(key, self.browse())
            is_certain = connection.duplicate_name == 'number' or partner in holder.not_partner_ids
            problem = self._name_problem(connection, partner, name, undecided.get(partner), (holder or key in given) and not is_certain)
            if holder or key in given:
                name = self._numbered_name(connection, partner, name)
            given.add(key)
            payloads[partner] = self._payload(connection, partner, name, problem)
        return payloads

    def _name_problem(self, connection, partner, name, candidates, is_taken):
        """Return why no contact can be created for a partner, or None."""
        if not name:
            return Problem('contact', self.env._(
                "%(partner)s has no name that Xero can use. Give the contact a name in Odoo, then send the document again.",
                partner=partner.display_name or self.env._("The partner of this document")), kind=self.env._("without a usable name"))
        undecided = self.env._("whose contact is not certain")
        if candidates:
            return Problem('contact', self.env._(
                "It is not certain who %(partner)s is in Xero (%(connection)s): %(names)s could be, by tax number, e-mail or name. Choose the "
                "contact, and the document goes out by itself.",
                partner=partner.display_name, connection=connection.name, names=', '.join(candidates.mapped('name'))), kind=undecided)
        if is_taken:
            return Problem('contact', self.env._(
                "%(name)s is the name of another contact in Xero (%(connection)s), and it is not certain that it is %(partner)s. Choose the "
                "contact or have one created, and the document goes out by itself; or change the name in Odoo and send the document again.",
                connection=connection.name, name=name, partner=partner.display_name), kind=undecided)
        return None

    def _payload(self, connection, partner, name, problem):
        warnings = []
        element = {'Name': name, 'ContactNumber': self._number(connection, partner), **self._details(partner)}
        email, is_partial = first_email(partner.email)
        if is_partial:
            warnings.append(self.env._(
                "Xero takes one e-mail address for a contact: of “%(text)s” on %(partner)s, %(email)s was sent.",
                text=partner.email, partner=partner.display_name, email=email or self.env._("none")))
        return ContactPayload(element, [problem] if problem else [], warnings)

    def _numbered_name(self, connection, partner, name):
        suffix = f' ({self._number(connection, partner)})'
        return shorten(name, NAME_LENGTH - len(suffix)) + suffix

    # === CHANGING === #

    def _change(self):
        """Return the element that brings a contact to what its partner is now, or None if that was sent already.

        What is empty in Odoo is left as it is in Xero.
        """
        connection, partner = self.connection_id, self.partner_id
        name = self._contact_name(partner)
        numbered = self._numbered_name(connection, partner, name)
        element = {'ContactID': self.xero_id, 'Name': numbered if self.name == numbered else name, **self._details(partner)}
        return element if name and self._content_digest(element) != self.sent_digest else None

    def _content_digest(self, element):
        return digest({name: value for name, value in element.items() if name not in ('ContactID', 'ContactNumber')})

    def _note_sent(self, element):
        """Remember what Xero was told of the partner."""
        self.sent_digest = self._content_digest(element)

    # === DETAILS === #

    def _details(self, partner):
        """Return what Xero is told of a partner beside name and number. What is empty in Odoo is left out."""
        email, _is_partial = first_email(partner.email)
        details = {
            'EmailAddress': email,
            'TaxNumber': clean_line(partner.vat, TAX_NUMBER_LENGTH),
            **self._person_names(partner),
            'Addresses': self._addresses(partner),
            'Phones': [{'PhoneType': 'DEFAULT', 'PhoneNumber': clean_line(partner.phone, PHONE_LENGTH)}] if partner.phone else [],
        }
        return {name: value for name, value in details.items() if value}

    def _person_names(self, partner):
        """Return first and last name of a person. Odoo has one name, so the last word is taken for the last name."""
        if partner.is_company:
            return {}
        first, _space, last = clean_line(partner.name, NAME_LENGTH).rpartition(' ')
        return {'FirstName': first, 'LastName': last} if first else {'FirstName': last}

    def _addresses(self, partner):
        """Return where a partner is (STREET) and where its invoices go, if that is elsewhere (POBOX)."""
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
            'Country': letters(partner.country_id.name, COUNTRY_LENGTH),
        }
