from odoo import fields, models
from odoo.exceptions import AccessError

from ..tools.problem import Problem
from ..tools.xero_text import clean_contact_name
from .xero_reference_mixin import ACTIVE


class XeroContact(models.Model):
    """A contact in Xero, as last read, and the partner that it is for us, once that is known.

    The partners here are commercial partners (`move.commercial_partner_id`). Several of them may be one contact in Xero, after a
    merge there; then the contact has a row for each. The ways in: `_match` finds what Xero has, `_payloads` says what to create
    for the rest, `_adopt_all` keeps Xero's answer.
    """
    _name = 'xero.contact'
    _description = "Xero Contact"
    _inherit = ['xero.reference.mixin']
    _order = 'connection_id, name'
    _rec_names_search = ['name', 'number', 'email']

    xero_id = fields.Char(string="Contact ID", required=True, readonly=True, index=True)
    name = fields.Char(readonly=True)
    name_key = fields.Char(readonly=True, index=True, help="The name without regard to case, as Xero compares names.")
    number = fields.Char(string="Contact number", readonly=True, index='btree_not_null')
    email = fields.Char(readonly=True)
    tax_number = fields.Char(readonly=True)
    merged_to = fields.Char(readonly=True, help="The contact that this one was merged into.")
    partner_id = fields.Many2one('res.partner', string="In Odoo", index='btree_not_null', ondelete='set null')
    matched_by = fields.Selection(
        [('created', "Created by us"), ('number', "Contact number"), ('name', "Same name"), ('person', "Chosen by a person")],
        string="How it was found", readonly=True)
    xero_url = fields.Char(string="Open in Xero", compute='_compute_xero_url')

    _partner_uniq = models.UniqueIndex(
        '(connection_id, partner_id) WHERE partner_id IS NOT NULL', "This partner is another contact in Xero already. Clear it there first.")
    _xero_uniq = models.UniqueIndex('(connection_id, xero_id, COALESCE(partner_id, 0))')

    def _compute_xero_url(self):
        for contact in self:
            contact.xero_url = contact.connection_id._web_url('contact', contact.xero_id)

    # === CRUD === #

    def write(self, vals):
        """Save who a contact is. If a person says so, the documents that failed for want of it go out."""
        if not self.env.su and vals.keys() - {'partner_id'}:
            raise AccessError(self.env._("What Xero knows of a contact is changed in Xero. Here you choose the partner that it is."))
        is_by_person = 'partner_id' in vals and 'matched_by' not in vals
        if is_by_person:
            vals = {**vals, 'matched_by': 'person' if vals['partner_id'] else False}
        result = super().write(vals)
        if is_by_person and vals['partner_id']:
            self.env['xero.export'].sudo().search([
                ('connection_id', 'in', self.connection_id.ids), ('state', '=', 'failed'), ('cause', '=', 'contact'),
                ('move_id.commercial_partner_id', '=', vals['partner_id'])])._requeue(by_hand=False)
        return result

    # === READING === #

    def _values(self, element):
        """Return the values of an element of `GET` or `PUT Contacts`."""
        return {
            'xero_id': element['ContactID'],
            'name': element.get('Name') or False,
            'name_key': (element.get('Name') or '').casefold() or False,
            'number': element.get('ContactNumber') or False,
            'email': element.get('EmailAddress') or False,
            'tax_number': element.get('TaxNumber') or False,
            'status': element.get('ContactStatus') or ACTIVE,
            'merged_to': element.get('MergedToContactID') or False,
        }

    # === MATCHING === #

    def _link(self, connection, partner):
        """Return the contact that a partner is known to be, or an empty record."""
        return self._match(connection, partner).get(partner, self.browse())

    def _match(self, connection, partners):
        """Find the contacts of partners among what was read from Xero, surest sign first, and remember new finds.

        A name decides only when one partner and one active contact that is nobody's yet bear it.

        :param partners: commercial partners.
        :return: dict partner → row; whoever is missing has to be created. A row may be archived: see `_problem`.
        """
        links = {
            row.partner_id: row._follow_merge()
            for row in self.search_fetch([('connection_id', '=', connection.id), ('partner_id', 'in', partners.ids)])}
        for sign, find in (('number', self._find_by_number), ('name', self._find_by_name)):
            strangers = partners.filtered(lambda partner: partner not in links)
            if not strangers:
                break
            for partner, row in find(connection, strangers).items():
                links[partner] = row._follow_merge()._take(partner, sign)
        return links

    def _follow_merge(self):
        """Return the rows of the contact that an archived one was merged into, with our partner moved there; else the row itself."""
        rows, seen = self, {self.xero_id}
        while rows[0].status != ACTIVE and rows[0].merged_to and rows[0].merged_to not in seen:
            target = self.search([('connection_id', '=', self.connection_id.id), ('xero_id', '=', rows[0].merged_to)])
            if not target:
                break
            rows = target
            seen.add(rows[0].xero_id)
        if rows == self or not self.partner_id:
            return rows
        partner, matched_by = self.partner_id, self.matched_by
        self._leave()
        return rows._take(partner, matched_by)

    def _find_by_number(self, connection, partners):
        partner_by_number = {self._number(connection, partner): partner for partner in partners}
        rows = self.search([('connection_id', '=', connection.id), ('number', 'in', list(partner_by_number))])
        return {partner_by_number[row.number]: row for row in rows}

    def _find_by_name(self, connection, partners):
        key_by_partner = {partner: clean_contact_name(partner.name or '').casefold() for partner in partners}
        rows_by_key = {
            key: rows for key, rows in self._active_by_name(connection, key_by_partner.values()).items() if len(rows) == 1 and rows._is_nobodys()}
        candidates = {partner: rows_by_key[key] for partner, key in key_by_partner.items() if key in rows_by_key}
        if not candidates:
            return {}
        namesakes = dict(self.env['res.partner']._read_group(
            [('name', 'in', [partner.name for partner in candidates]), '|', ('parent_id', '=', False), ('is_company', '=', True),
             ('company_id', 'in', [False, *(connection.company_ids | partners.company_id).ids])], ['name'], ['__count']))
        return {partner: row for partner, row in candidates.items() if namesakes.get(partner.name) == 1}

    def _active_by_name(self, connection, keys):
        return self.search([
            ('connection_id', '=', connection.id), ('status', '=', ACTIVE), ('name_key', 'in', [key for key in keys if key])]).grouped('name_key')

    def _is_nobodys(self):
        """Tell whether no partner of ours has this contact."""
        return not self.partner_id and not (self.number or '').startswith(self.connection_id.contact_prefix)

    def _take(self, partner, matched_by):
        """Make a contact, whose rows these are, the partner's: with the row that it has, a free one, or a new one. Return that row."""
        own = self.filtered(lambda row: row.partner_id == partner)
        if own:
            return own
        values = {'partner_id': partner.id, 'matched_by': matched_by}
        free = self.filtered(lambda row: not row.partner_id)[:1]
        if not free:
            return self[0].copy(values)
        free.write(values)
        return free

    def _leave(self):
        """Part the contacts from their partners, at once, so that others can take them."""
        self.write({'partner_id': False, 'matched_by': False})
        self.flush_recordset(['partner_id'])

    # === ADOPTING === #

    def _adopt_all(self, connection, elements, matched_by):
        """Keep the contacts that Xero answered with, as the partners'.

        :param dict elements: partner → element of an answer that was checked (`element_ok`); partners deleted meanwhile are left out.
        :param str matched_by: `created`, `number`, `name` or `person`.
        :return: dict partner → row.
        """
        elements = {partner: elements[partner] for partner in self.env['res.partner'].concat(*elements).exists()}
        self._upsert(connection, [self._values(element) for element in elements.values()], complete=False)
        xero_ids = [element['ContactID'] for element in elements.values()]
        self.search([
            ('connection_id', '=', connection.id), ('partner_id', 'in', [partner.id for partner in elements]), ('xero_id', 'not in', xero_ids),
        ])._leave()
        rows = self.search([('connection_id', '=', connection.id), ('xero_id', 'in', xero_ids)])
        rows_by_id = rows.grouped('xero_id')
        return {partner: rows_by_id[element['ContactID']]._take(partner, matched_by) for partner, element in elements.items()}

    # === CHECKING === #

    def _problem(self):
        """Return why documents cannot go to this contact now, or None."""
        if self.status == ACTIVE:
            return None
        return Problem('contact', self.env._(
            "The contact %(name)s is archived in Xero (%(connection)s). Restore it there, then send the document again.",
            name=self.name, connection=self.connection_id.name))
