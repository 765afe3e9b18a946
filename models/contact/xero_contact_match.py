import re
from collections import Counter
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...const import NAME_LENGTH
from ...tools.client_action import notification
from ...tools.xero_text import code_key, contact_name_keys, loose_key
from ..reference.xero_reference_mixin import ACTIVE, ARCHIVED


class MatchKey(NamedTuple):
    """What a partner and a contact may have in common: its name in `matched_by`, and the field on each side."""
    name: str
    partner_field: str
    contact_field: str


TAX = MatchKey('tax', 'vat', 'tax_key')
EMAIL = MatchKey('email', 'email_normalized', 'email_key')
NAME = MatchKey('name', 'complete_name', 'name_key')
# Most reliable first
MATCH_KEYS = (TAX, EMAIL, NAME)


class XeroContact(models.Model):
    """Which contact in Xero a partner is, by what the two have in common. A person decides what is not certain."""
    _inherit = 'xero.contact'

    # === BY KEYS === #

    def _match_by_keys(self, connection, partners):
        """Compare partners with the active contacts that are not linked to any partner.

        A key decides if exactly one contact and one partner have it. If several contacts have it, a less reliable key may decide among
        them only. E-mail and name do not decide if the tax numbers differ.

        :param partners: partners that have no contact and were not found by our number.
        :return: tuple of dict partner → (name of the key, contact), and dict partner → contacts among which a person has to choose.
        """
        decided, candidates = {}, {}
        without_contact = partners
        for match_key in MATCH_KEYS:
            found = self._find_by_key(connection, match_key, without_contact, candidates)
            counts = self._count_partners(connection, match_key, found)
            for partner, rows in found.items():
                is_alone = len(rows) == 1
                if is_alone and counts[rows[match_key.contact_field]] == 1 and (match_key == TAX or not rows._contradicts(partner)):
                    decided[partner] = (match_key.name, rows)
                    without_contact -= partner
                elif not (match_key == NAME and is_alone and connection.duplicate_name == 'number'):
                    candidates[partner] = rows
        taken = self.union(*(row for _name, row in decided.values()))
        undecided = {partner: rows - taken for partner, rows in candidates.items() if partner not in decided}
        return decided, {partner: rows for partner, rows in undecided.items() if rows}

    def _find_by_key(self, connection, match_key, partners, candidates):
        """Return dict partner → contacts with the same key, limited to the partner's candidates if it has any."""
        keys = {partner: self._keys(match_key, partner) for partner in partners if partner[match_key.partner_field]}
        unlinked = self._unlinked_by_key(connection, match_key, set().union(*keys.values())) if keys else {}
        found = {}
        for partner, own in keys.items():
            rows = self.union(*(unlinked[key] for key in own if key in unlinked))._not_rejected_for(partner)
            rows &= candidates.get(partner, rows)
            if rows:
                found[partner] = rows
        return found

    def _not_rejected_for(self, partner):
        """Return the contacts without those that a person has rejected for a partner."""
        return self.filtered(lambda contact: partner not in contact.not_partner_ids)

    def _keys(self, match_key, partner):
        """Return the set of values of a contact's field that match a partner."""
        if match_key == TAX:
            key, country = code_key(partner.vat), partner.country_id.code or ''
            return {key, key.removeprefix(country), country + key} if key else set()
        if match_key == EMAIL:
            return {partner.email_normalized}
        return contact_name_keys(self._whole_name(partner))

    def _unlinked_by_key(self, connection, match_key, keys):
        """Return dict key → active contacts with it that are not linked to any partner."""
        rows = self.search([('connection_id', '=', connection.id), ('status', '=', ACTIVE), (match_key.contact_field, 'in', list(keys))])
        # A contact may have several rows, one for each partner
        linked = set(rows.filtered(lambda row: not row._is_unlinked()).mapped('xero_id'))
        return rows.filtered(lambda row: row.xero_id not in linked).grouped(match_key.contact_field)

    def _count_partners(self, connection, match_key, found):
        """Return a counter of the partners that may be sent to the connection, by the key of a contact that they match.

        :param dict found: partner → contacts with its key.
        """
        keys = {row[match_key.contact_field] for rows in found.values() for row in rows}
        if not keys:
            return Counter()
        Partner = self.env['res.partner']
        companies = connection.company_ids | Partner.union(*found).company_id
        query = Partner._search([*connection._contact_domain(), ('company_id', 'in', [False, *companies.ids])])
        query.add_where(self._key_condition(match_key, keys, query))
        return Counter(key for partner in Partner.browse(query.get_result_ids()) for key in self._keys(match_key, partner) & keys)

    def _key_condition(self, match_key, keys, query):
        """Return the SQL condition for partners that may have one of the keys; `_keys` is exact about them.

        It compares plain letters and digits only. Texts that the database might fold in another way than we do are left to `_keys`.
        """
        Partner = self.env['res.partner']
        field = {name: Partner._field_to_sql(query.table, name, query) for name in ('parent_id', 'is_company', 'name', match_key.partner_field)}
        value = field[match_key.partner_field]
        if match_key == EMAIL:
            return SQL("%s IN %s", value, tuple(keys))
        if match_key == NAME:
            value = SQL("CASE WHEN %s IS NULL OR %s THEN %s ELSE %s END", field['parent_id'], field['is_company'], field['name'], value)
        plain = SQL("lower(regexp_replace(%s, '[^a-zA-Z0-9]', '', 'g'))", value)
        wanted = {re.sub(r'[^a-z0-9]', '', key.lower()) for key in keys}
        conditions = [
            SQL("%s IN %s", plain, tuple(wanted)), SQL("octet_length(%s) != length(%s)", value, value),
            SQL("length(%s) > %s", value, NAME_LENGTH)]
        if match_key == TAX:      # with or without country
            conditions += [
                SQL("%s IN %s", plain, tuple(key[2:] for key in wanted)), SQL("substr(%s, 3) IN %s", plain, tuple(wanted))]
        return SQL("(%s)", SQL(" OR ").join(conditions))

    def _contradicts(self, partner):
        """Return whether contact and partner both have tax numbers, and these differ."""
        return bool(self.tax_key and partner.vat and self.tax_key not in self._keys(TAX, partner))

    def _is_unlinked(self):
        """Return whether no partner of this database is this contact."""
        return not self.partner_id and not (self.number or '').startswith(self.connection_id.contact_prefix)

    # === BY NAME === #

    def _active_by_name(self, connection, keys):
        """Return dict name key → active contacts with the name."""
        return self.search([
            ('connection_id', '=', connection.id), ('status', '=', ACTIVE), ('name_key', 'in', [key for key in keys if key])]).grouped('name_key')

    def _loose_namesakes(self, connection, partners):
        """Return dict partner → unlinked contacts whose names differ in case, accents or emoji only, and archived ones with the same name.

        A person decides about them, since they may be somebody else. Contacts that were merged into another one cannot be chosen.
        """
        keys = {partner: loose_key(self._contact_name(partner)) for partner in partners}
        rows = self.search([
            ('connection_id', '=', connection.id), ('status', 'in', (ACTIVE, ARCHIVED)), ('merged_to', '=', False),
            ('loose_key', 'in', [key for key in keys.values() if key])])
        by_key = rows.filtered(lambda row: row._is_unlinked()).grouped('loose_key')
        found = {}
        for partner, key in keys.items():
            alike = by_key.get(key, self.browse())._not_rejected_for(partner).filtered(lambda row, partner=partner: not row._contradicts(partner))
            if alike:
                found[partner] = alike
        return found

    # === A PERSON DECIDES === #

    def _candidates(self, connection, partner):
        """Return the contacts that a partner without contact could be: those that keys leave open, and those with the same or a similar name."""
        if self.search_count([('connection_id', '=', connection.id), ('partner_id', '=', partner.id)], limit=1):
            return self.browse()
        return self._candidates_by_partner(connection, partner).get(partner, self.browse())

    def _candidates_by_partner(self, connection, partners):
        """Return dict partner → contacts that it could be, for partners without contact; those without any are left out."""
        decided, undecided = self._match_by_keys(connection, partners)
        rest, none = partners.filtered(lambda partner: partner not in decided), self.browse()
        keys = {partner: self._contact_name(partner).casefold() for partner in rest}
        namesakes, loose = self._active_by_name(connection, keys.values()), self._loose_namesakes(connection, rest)
        found = {
            partner: undecided.get(partner, none) | namesakes.get(keys[partner], none)._not_rejected_for(partner) | loose.get(partner, none)
            for partner in rest}
        return {partner: contacts for partner, contacts in found.items() if contacts}

    def _ensure_undecided(self, connection, partner):
        """Check that a partner has not been linked meanwhile, unless to this contact.

        :raise UserError: it is linked to another contact.
        """
        known = self.search([('connection_id', '=', connection.id), ('partner_id', '=', partner.id)])
        if known and known.xero_id not in self.mapped('xero_id'):
            raise UserError(self.env._(
                "Meanwhile %(partner)s became the contact %(contact)s in Xero (%(connection)s), and its documents go there. Reload the page. "
                "If that is wrong, clear “In Odoo” on that contact first, then choose again.",
                partner=partner.display_name, contact=known.name, connection=connection.name))

    def _choose(self, partner):
        """Link a partner to this contact, as a person decided, and release its documents.

        :return: number of released documents.
        """
        rows = self.search([('connection_id', '=', self.connection_id.id), ('xero_id', '=', self.xero_id)])
        return rows._link_partner(partner, 'person')._release(partner)

    def _reject_for(self, partner):
        """Remember that a partner is none of these contacts, as a person decided, and release its documents. They create a new contact.

        :return: number of released documents.
        """
        self.not_partner_ids |= partner
        return self._release(partner)

    def action_choose_for(self):
        """Choose this contact for the partner in the context (`partner_id`)."""
        self.ensure_one()
        self.check_access('write')
        partner = self.env['res.partner'].browse(self.env.context.get('partner_id'))
        if not partner:
            raise UserError(self.env._("Open the dialog from a document, then choose %(contact)s there.", contact=self.name))
        partner.check_access('read')
        self.sudo()._ensure_undecided(self.connection_id, partner)
        return self._notify_released(self.sudo()._choose(partner))

    def action_choose_another(self):
        """Open the dialog in which a person chooses another contact for the partner."""
        self.ensure_one()
        self.check_access('write')
        return self.connection_id._choose_contact(self.partner_id, is_changing=True)

    def action_unlink_partner(self):
        """Remove the partner of this contact. The next document of the partner is matched again."""
        self.check_access('write')
        for contact in self:
            contact.partner_id = False
        return notification('success', self.env._("Unlinked."))

    @api.model
    def _notify_released(self, count):
        """Return the client action that confirms a decision and reloads the page.

        :param int count: documents that are sent now.
        """
        words = {
            0: self.env._("Saved. Documents are sent to this contact from now on."),
            1: self.env._("Saved. The document is sent now."),
        }
        return notification('success', words.get(count) or self.env._("Saved. %(count)s documents are sent now.", count=count))
