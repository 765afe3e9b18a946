import re
from collections import Counter
from typing import NamedTuple

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...const import NAME_LENGTH
from ...tools.xero_text import code_key, contact_name_keys, loose_key
from ..reference.xero_reference_mixin import ACTIVE, ARCHIVED


class Sign(NamedTuple):
    """What a partner and a contact can have in common: how it is called in `matched_by`, where the two sides have it."""
    name: str
    partner_field: str
    contact_field: str


# Surest first
SIGNS = (Sign('tax', 'vat', 'tax_key'), Sign('email', 'email_normalized', 'email_key'), Sign('name', 'complete_name', 'name_key'))


class XeroContact(models.Model):
    """Who a partner is in Xero, by what the two have in common. What is not certain is left to a person."""
    _inherit = 'xero.contact'

    def _weigh(self, connection, partners):
        """Compare partners with the active contacts that are nobody's yet.

        A sign decides if one contact and one partner bear it. If several contacts do, a lesser sign may decide among them only.
        E-mail and name do not decide against different tax numbers.

        :param partners: partners that are not known in Xero by our number.
        :return: tuple of dict partner → (sign, contact), and dict partner → contacts among which a person has to choose.
        """
        decided, candidates = {}, {}
        strangers = partners
        for sign in SIGNS:
            found = self._find_by(connection, sign, strangers, candidates)
            bearers = self._count_bearers(connection, sign, found)
            for partner, rows in found.items():
                is_alone = len(rows) == 1
                if is_alone and bearers[rows[sign.contact_field]] == 1 and (sign.name == 'tax' or not rows._contradicts(partner)):
                    decided[partner] = (sign.name, rows)
                    strangers -= partner
                elif not (sign.name == 'name' and is_alone and connection.duplicate_name == 'number'):
                    candidates[partner] = rows
        taken = self.union(*(row for _sign, row in decided.values()))
        undecided = {partner: rows - taken for partner, rows in candidates.items() if partner not in decided}
        return decided, {partner: rows for partner, rows in undecided.items() if rows}

    def _find_by(self, connection, sign, partners, candidates):
        """Return dict partner → contacts that bear the same sign: those among its candidates, if it has any."""
        keys = {partner: self._keys(sign, partner) for partner in partners if partner[sign.partner_field]}
        free = self._free_by_key(connection, sign, set().union(*keys.values())) if keys else {}
        found = {}
        for partner, own in keys.items():
            rows = self.union(*(free[key] for key in own if key in free))._not_refused(partner)
            rows &= candidates.get(partner, rows)
            if rows:
                found[partner] = rows
        return found

    def _not_refused(self, partner):
        """Return the contacts of which no person said that they are not the partner."""
        return self.filtered(lambda contact: partner not in contact.not_partner_ids)

    def _keys(self, sign, partner):
        """Return what a contact can have that bears the sign of a partner."""
        if sign.name == 'tax':
            key, country = code_key(partner.vat), partner.country_id.code or ''
            return {key, key.removeprefix(country), country + key} if key else set()
        if sign.name == 'email':
            return {partner.email_normalized}
        return contact_name_keys(self._whole_name(partner))

    def _free_by_key(self, connection, sign, keys):
        """Return dict key → active contacts that bear it and are no partner's of ours."""
        rows = self.search([('connection_id', '=', connection.id), ('status', '=', ACTIVE), (sign.contact_field, 'in', list(keys))])
        taken = set(rows.filtered(lambda row: not row._is_nobodys()).mapped('xero_id'))
        return rows.filtered(lambda row: row.xero_id not in taken).grouped(sign.contact_field)

    def _count_bearers(self, connection, sign, found):
        """Return counter of the partners that the connection could meet, by the key of a contact that they bear.

        :param dict found: partner → contacts that bear its sign.
        """
        keys = {row[sign.contact_field] for rows in found.values() for row in rows}
        if not keys:
            return Counter()
        Partner = self.env['res.partner']
        companies = connection.company_ids | Partner.union(*found).company_id
        query = Partner._search([*connection._contact_domain(), ('company_id', 'in', [False, *companies.ids])])
        query.add_where(self._could_bear(sign, keys, query))
        return Counter(key for partner in Partner.browse(query.get_result_ids()) for key in self._keys(sign, partner) & keys)

    def _could_bear(self, sign, keys, query):
        """Return the condition that leaves, of all partners, those that can have one of the keys; `_keys` is exact about them.

        It compares plain letters and digits only. Whatever the database may fold in another way than we do is left to `_keys`.
        """
        Partner = self.env['res.partner']
        field = {name: Partner._field_to_sql(query.table, name, query) for name in ('parent_id', 'is_company', 'name', sign.partner_field)}
        value = field[sign.partner_field]
        if sign.name == 'email':
            return SQL("%s IN %s", value, tuple(keys))
        if sign.name == 'name':
            value = SQL("CASE WHEN %s IS NULL OR %s THEN %s ELSE %s END", field['parent_id'], field['is_company'], field['name'], value)
        plain = SQL("lower(regexp_replace(%s, '[^a-zA-Z0-9]', '', 'g'))", value)
        wanted = {re.sub(r'[^a-z0-9]', '', key.lower()) for key in keys}
        conditions = [
            SQL("%s IN %s", plain, tuple(wanted)), SQL("octet_length(%s) != length(%s)", value, value),
            SQL("length(%s) > %s", value, NAME_LENGTH)]
        if sign.name == 'tax':      # with or without country
            conditions += [
                SQL("%s IN %s", plain, tuple(key[2:] for key in wanted)), SQL("substr(%s, 3) IN %s", plain, tuple(wanted))]
        return SQL("(%s)", SQL(" OR ").join(conditions))

    def _contradicts(self, partner):
        """Tell whether the two have tax numbers, and not the same."""
        [tax] = [sign for sign in SIGNS if sign.name == 'tax']
        return bool(self.tax_key and partner.vat and self.tax_key not in self._keys(tax, partner))

    def _active_by_name(self, connection, keys):
        return self.search([
            ('connection_id', '=', connection.id), ('status', '=', ACTIVE), ('name_key', 'in', [key for key in keys if key])]).grouped('name_key')

    def _loose_namesakes(self, connection, partners):
        """Return dict partner → nobody's contacts whose names differ in case, accents or emoji alone; archived ones, too, with any such name.

        A person decides about them: they may be somebody else. Those that were merged into another contact are no choice.
        """
        keys = {partner: loose_key(self._contact_name(partner)) for partner in partners}
        rows = self.search([
            ('connection_id', '=', connection.id), ('status', 'in', (ACTIVE, ARCHIVED)), ('merged_to', '=', False),
            ('loose_key', 'in', [key for key in keys.values() if key])])
        by_key = rows.filtered(lambda row: row._is_nobodys()).grouped('loose_key')
        found = {}
        for partner, key in keys.items():
            alike = by_key.get(key, self.browse())._not_refused(partner).filtered(lambda row, partner=partner: not row._contradicts(partner))
            if alike:
                found[partner] = alike
        return found

    def _is_nobodys(self):
        """Tell whether no partner of ours has this contact."""
        return not self.partner_id and not (self.number or '').startswith(self.connection_id.contact_prefix)

    # === A PERSON DECIDES === #

    def _candidates(self, connection, partner):
        """Return the contacts that a partner could be, if it is not known: what signs leave open, and who bears its name or one like it."""
        if self.search_count([('connection_id', '=', connection.id), ('partner_id', '=', partner.id)], limit=1):
            return self.browse()
        decided, undecided = self._weigh(connection, partner)
        if decided:
            return self.browse()
        key = self._contact_name(partner).casefold()
        namesakes = self._active_by_name(connection, [key]).get(key, self.browse())
        loose = self._loose_namesakes(connection, partner).get(partner, self.browse())
        return undecided.get(partner, self.browse()) | namesakes._not_refused(partner) | loose

    def _ensure_undecided(self, connection, partner):
        """Make sure that nobody said meanwhile, or found out, which contact a partner is; unless it is this one.

        :raise UserError: it is another.
        """
        known = self.search([('connection_id', '=', connection.id), ('partner_id', '=', partner.id)])
        if known and known.xero_id not in self.mapped('xero_id'):
            raise UserError(self.env._(
                "Meanwhile %(partner)s became the contact %(contact)s in Xero (%(connection)s), and its documents go there. Reload the page. "
                "If that is wrong, clear “In Odoo” on that contact first, then choose again.",
                partner=partner.display_name, contact=known.name, connection=connection.name))

    def _choose(self, partner):
        """A person says: the partner is this contact. Its documents go out.

        :return: number of documents that were released.
        """
        rows = self.search([('connection_id', '=', self.connection_id.id), ('xero_id', '=', self.xero_id)])
        return rows._take(partner, 'person')._release(partner)

    def _refuse(self, partner):
        """A person says: the partner is none of these contacts. It gets one of its own with its next document.

        :return: number of documents that were released.
        """
        self.not_partner_ids |= partner
        return self._release(partner)
