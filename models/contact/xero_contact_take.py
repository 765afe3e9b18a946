from odoo import fields, models
from odoo.exceptions import UserError, ValidationError

from ...const import CITY_LENGTH, COUNTRY_LENGTH, PHONE_LENGTH, POSTAL_CODE_LENGTH, STREET_LENGTH, TAX_NUMBER_LENGTH
from ...tools.xero_money import digest
from ...tools.xero_text import clean_line, code_key, first_email, fold, phone_number

ADDRESS = {
    'street': ('AddressLine1', STREET_LENGTH), 'street2': ('AddressLine2', STREET_LENGTH), 'city': ('City', CITY_LENGTH),
    'region': ('Region', CITY_LENGTH), 'zip': ('PostalCode', POSTAL_CODE_LENGTH), 'country': ('Country', COUNTRY_LENGTH)}

ENTERED = ('street', 'street2', 'city', 'zip')      # the texts of an address; region and country are records


class XeroContact(models.Model):
    """Changes of contacts in Xero that are taken over into partners, where Xero leads and the connection says so."""
    _inherit = 'xero.contact'

    known_values = fields.Json(readonly=True, copy=False, help="What Xero had when it was last read, by part: email, phone, vat, address.")

    # === PARTS: `email`, `phone`, `vat` are texts, `address` is a dict === #

    def _parts_in_xero(self, element):
        """Return the parts that a contact has in Xero.

        :param dict element: of `GET Contacts`, with addresses and phones.
        """
        phone = next((row for row in element.get('Phones') or () if row.get('PhoneType') == 'DEFAULT'), {})
        street = next((row for row in element.get('Addresses') or () if row.get('AddressType') == 'STREET'), {})
        number = ' '.join(filter(None, (phone.get(name) for name in ('PhoneCountryCode', 'PhoneAreaCode', 'PhoneNumber'))))
        address = {name: clean_line(street.get(key), length) for name, (key, length) in ADDRESS.items()}
        return {
            'email': first_email(element.get('EmailAddress'))[0] or '', 'phone': phone_number(number, PHONE_LENGTH),
            'vat': clean_line(element.get('TaxNumber'), TAX_NUMBER_LENGTH), 'address': address if any(address.values()) else {}}

    def _parts_in_odoo(self, partner):
        """Return the same parts of a partner, as they would be sent."""
        sent = self._address('STREET', partner)
        address = {name: sent.get(key) or '' for name, (key, _length) in ADDRESS.items()}
        return {
            'email': first_email(partner.email)[0] or '', 'phone': phone_number(partner.phone, PHONE_LENGTH), 'vat': self._tax_number(partner),
            'address': address if any(address.values()) else {}}

    def _parts_entered(self, ours):
        """Return the same parts of the partner as people entered them, before anything is left out.

        :param dict ours: see `_parts_in_odoo`.
        """
        partner = self.partner_id
        address = {**ours['address'], **{name: partner[name] or '' for name in ENTERED}}
        return {
            'email': partner.email or '', 'phone': partner.phone or '', 'vat': partner.vat if code_key(partner.vat) else '',
            'address': address if any(address.values()) else {}}

    def _is_whole(self, name, ours, raw):
        """Return whether nothing of a part of the partner is left out when it is sent, such as a second e-mail address: Xero never had that."""
        if name == 'address':
            return all(fold(raw.get(key)) == fold(ours.get(key)) for key in ENTERED)
        return fold(raw) == fold(ours)

    def _is_equal_in(self, names):
        """Return whether the partner has, in some parts, what Xero had when it was last read."""
        ours, known = self._parts_in_odoo(self.partner_id), self.known_values or {}
        return all(self._is_same_part(name, ours[name], known.get(name)) for name in names)

    def _is_same_part(self, name, one, other):
        if name == 'vat':
            return code_key(one) == code_key(other)
        if name == 'address':
            return all(fold((one or {}).get(key)) == fold((other or {}).get(key)) for key in ADDRESS)
        if name == 'phone':
            return [char for char in one or '' if char.isdigit()] == [char for char in other or '' if char.isdigit()]
        return fold(one) == fold(other)

    # === TAKING OVER === #

    def _take_changes(self, element):
        """Take over what changed in Xero since the last reading, where Odoo's value is empty or equals what Xero had. List the rest.

        The first reading only stores what Xero has.

        :return: whether something was taken over or listed.
        """
        self.ensure_one()
        known, theirs = self.known_values, self._parts_in_xero(element)
        if theirs == known:
            return False
        self.known_values = theirs
        if known is None or known is False or not self.partner_id:
            return False
        ours = self._parts_in_odoo(self.partner_id)
        changed = [name for name, part in theirs.items() if part and not self._is_same_part(name, part, known.get(name))]
        changed = [name for name in changed if not self._is_same_part(name, ours[name], theirs[name])]
        raw = self._parts_entered(ours)
        free = [name for name in changed if self._is_whole(name, ours[name], raw[name]) and (
            not ours[name] or self._is_same_part(name, ours[name], known.get(name)))]
        refused = [name for name in changed if name not in free or not self._write_part(name, theirs[name])]
        if taken := [name for name in free if name not in refused]:
            self.partner_id._message_log(body=self.env._(
                "Taken over from Xero (%(connection)s): %(parts)s.", connection=self.connection_id.name, parts=self._part_names(taken)))
        self._list_conflicts(refused, theirs)
        return bool(changed)

    def _write_part(self, name, part):
        """Write a part of the partner. Return whether Odoo accepts it."""
        values = {name: part} if name != 'address' else self._address_values(part)
        try:
            with self.env.cr.savepoint():
                self.partner_id.write(values)
                self.partner_id.flush_recordset()
        except (UserError, ValidationError):
            return False
        return True

    def _address_values(self, address):
        """Return the values of a partner for an address in Xero. A country or region that Odoo does not know is left as it is."""
        countries = self.env['res.country'].with_context(lang='en_US')
        country = countries.search([('name', '=ilike', address['country'])], limit=1) if address['country'] else countries
        country = country or self.partner_id.country_id
        state = self.env['res.country.state'].search([
            ('country_id', '=', country.id), '|', ('name', '=ilike', address['region']), ('code', '=ilike', address['region'])],
            limit=1) if address['region'] and country else self.env['res.country.state']
        return {
            **{name: address[name] or False for name in ('street', 'street2', 'city', 'zip')}, 'country_id': country.id,
            **({'state_id': state.id} if state or country != self.partner_id.country_id else {})}

    # === CONFLICTS === #

    def _part_names(self, names):
        labels = {'email': self.env._("e-mail"), 'phone': self.env._("phone"), 'vat': self.env._("tax number"), 'address': self.env._("address")}
        return ', '.join(labels[name] for name in names)

    def _part_words(self, part):
        return ', '.join(filter(None, part.values())) if isinstance(part, dict) else part

    def _list_conflicts(self, names, theirs):
        """List what changed in Xero while Odoo has something else. What an earlier row lists stays listed while Xero has it and Odoo has another value.

        :param list names: of the parts that changed now.
        :param dict theirs: all parts in Xero.
        """
        listed, ours = self._listed_parts(), self._parts_entered(self._parts_in_odoo(self.partner_id))
        kept = [
            name for name in listed if name not in names and self._part_words(theirs[name]) and not self._is_same_part(name, ours[name], theirs[name])]
        if not names and len(kept) == len(listed):
            return
        if not (names := [*kept, *names]):
            self.env['xero.difference']._end_gone('contact', [self.xero_id], self.connection_id)
            return
        words = [self.env._("Changed in Xero, and Odoo has something else:")]
        words += [
            self.env._("%(part)s: %(ours)s in Odoo, %(theirs)s in Xero.", part=self._part_names([name]),
                       ours=self._part_words(ours[name]) or '–', theirs=self._part_words(theirs[name])) for name in names]
        self.env['xero.difference']._open_rows([{
            'connection_id': self.connection_id.id, 'topic': 'contact', 'contact_id': self.id, 'partner_id': self.partner_id.id,
            'document_name': self.name or self.partner_id.display_name, 'xero_id': self.xero_id, 'xero_url': self.xero_url,
            'both_versions': {'ours': {name: ours[name] for name in names}, 'xeros': {name: theirs[name] for name in names}},
            'fingerprint': digest({name: theirs[name] for name in names}), 'text': ' '.join(words)}])

    def _listed_parts(self):
        """Return a list of the names of the parts that an open difference lists."""
        listed = self.env['xero.difference'].search([('contact_id', '=', self.id), ('topic', '=', 'contact'), ('state', '=', 'open')])
        return sorted({name for row in listed for name in row.both_versions['xeros']})

    def _take_parts(self, parts):
        """Give the partner the values that its contact has in Xero.

        :raise UserError: Odoo does not accept one of them; nothing is taken then.
        """
        refused = [name for name, part in parts.items() if not self._write_part(name, part)]
        if refused:
            raise UserError(self.env._(
                "Odoo does not accept this for %(partner)s (%(parts)s). Correct it in Xero, or keep both with a reason.",
                partner=self.partner_id.display_name, parts=self._part_names(refused)))
