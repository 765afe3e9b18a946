from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import email_normalize

from ...const import NAME_LENGTH
from ...tools.problem import Problem
from ...tools.xero_text import clean_line, code_key, loose_key
from ..reference.xero_reference_mixin import ACTIVE


class XeroContact(models.Model):
    """A contact in Xero, as last read, and the partner that it is for us, once that is known.

    The partners here are those that `connection._partner_of` names for documents. Several of them may be one contact in Xero, after a
    merge there; then the contact has a row for each. The ways in: `_match` finds what Xero has, `_payloads` says what to create
    for the rest, `_adopt_all` keeps Xero's answer.
    """
    _name = 'xero.contact'
    _description = "Xero Contact"
    _inherit = ['xero.reference.mixin', 'xero.border']
    _order = 'connection_id, name'
    _rec_names_search = ['name', 'number', 'email']

    xero_id = fields.Char(string="Contact ID", required=True, readonly=True, index=True)
    name = fields.Char(readonly=True)
    name_key = fields.Char(readonly=True, index=True, help="The name without regard to case, as Xero compares names.")
    loose_key = fields.Char(compute='_compute_loose_key', store=True, index='btree_not_null', help="The name without case, accents and emoji.")
    number = fields.Char(string="Contact number", readonly=True, index='btree_not_null')
    email = fields.Char(string="E-mail", readonly=True)
    email_key = fields.Char(compute='_compute_keys', store=True, index='btree_not_null')
    tax_number = fields.Char(string="Tax number", readonly=True)
    tax_key = fields.Char(compute='_compute_keys', store=True, index='btree_not_null')
    merged_to = fields.Char(readonly=True, help="The contact that this one was merged into.")
    partner_id = fields.Many2one('res.partner', string="In Odoo", index='btree_not_null', ondelete='set null')
    matched_by = fields.Selection(
        [('created', "Created by us"), ('number', "Contact number"), ('tax', "Same tax number"), ('email', "Same e-mail"),
         ('name', "Same name"), ('person', "Chosen by a person")],
        string="How it was found", readonly=True)
    not_partner_ids = fields.Many2many(
        'res.partner', 'xero_contact_not_partner_rel', 'contact_id', 'partner_id', string="Certainly not", readonly=True,
        help="Partners of whom a person said that they are somebody else.")
    xero_url = fields.Char(string="Open in Xero", compute='_compute_xero_url')

    _partner_uniq = models.UniqueIndex(
        '(connection_id, partner_id) WHERE partner_id IS NOT NULL', "This partner is another contact in Xero already. Clear it there first.")
    _xero_uniq = models.UniqueIndex('(connection_id, xero_id, COALESCE(partner_id, 0))')

    def _compute_xero_url(self):
        for contact in self:
            contact.xero_url = contact.connection_id._web_url('contact', contact.xero_id)

    @api.depends('email', 'tax_number')
    def _compute_keys(self):
        for contact in self:
            contact.email_key = email_normalize(contact.email or '') or False
            contact.tax_key = code_key(contact.tax_number) or False

    @api.depends('name')
    def _compute_loose_key(self):
        for contact in self:
            contact.loose_key = loose_key(contact.name) or False

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
            self._release(self.partner_id)
        return result

    def _release(self, partner):
        """Send again what failed for want of a decision about a partner.

        :return: number of documents.
        """
        failed = self.env['xero.export'].sudo().search([
            ('connection_id', 'in', self.connection_id.ids), ('state', '=', 'failed'), ('cause', '=', 'contact'),
            '|', ('move_id.commercial_partner_id', '=', partner.id), ('move_id.partner_id', '=', partner.id)])
        return len(failed._requeue(by_hand=False))

    # === READING === #

    def _values(self, element):
        """Return the values of an element of `GET` or `PUT Contacts`."""
        return {
            'xero_id': element['ContactID'],
            'name': element.get('Name') or False,
            'name_key': clean_line(element.get('Name'), NAME_LENGTH).casefold() or False,
            'number': element.get('ContactNumber') or False,
            'email': element.get('EmailAddress') or False,
            'tax_number': element.get('TaxNumber') or False,
            'status': element.get('ContactStatus') or ACTIVE,
            'merged_to': element.get('MergedToContactID') or False,
            'declined_digest': False,       # somebody may have corrected it there
        }

    # === MATCHING === #

    def _match(self, connection, partners):
        """Find the contacts of partners among what was read from Xero, surest sign first, and remember new finds: whom we know already,
        our number, then what `_weigh` decides.

        :param partners: commercial partners.
        :return: dict partner → row; whoever is missing has to be created. A row may be archived: see `_problem`.
        """
        links = {
            row.partner_id: row._follow_merge()
            for row in self.search_fetch([('connection_id', '=', connection.id), ('partner_id', 'in', partners.ids)])}
        strangers = partners.filtered(lambda partner: partner not in links)
        for partner, row in self._find_by_number(connection, strangers).items() if strangers else ():
            links[partner] = row._follow_merge()._take(partner, 'number')
        strangers = partners.filtered(lambda partner: partner not in links)
        decided, _undecided = self._weigh(connection, strangers) if strangers else ({}, {})
        for partner, (sign, row) in decided.items():
            links[partner] = row._take(partner, sign)
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
            name=self.name, connection=self.connection_id.name), kind=self.env._("whose contact is archived"))
