from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import email_normalize

from ...const import NAME_LENGTH
from ...tools.problem import Problem
from ...tools.xero_text import clean_line, code_key, loose_key
from ..reference.xero_reference_mixin import ACTIVE

PAGE = '{web}/app/{sc}/contacts/contact/{id}'     # see `xero.connection._web_url`


class XeroContact(models.Model):
    """A contact in Xero, as last read, and the partner that it is linked to, once that is known.

    The partners are those that `connection._partner_of` returns for documents. After a merge in Xero, several partners may be one
    contact, which then has a row for each. The entry points: `_match` links partners to contacts that Xero has, `_payloads` returns what
    to create for the others, `_adopt_all` saves Xero's answer.
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
    linked_at = fields.Datetime(compute='_compute_linked_at', store=True, help="When the partner was set. Empty without a partner.")
    matched_by = fields.Selection(
        [('created', "Created by us"), ('number', "Contact number"), ('tax', "Same tax number"), ('email', "Same e-mail"),
         ('name', "Same name"), ('person', "Chosen by a person")],
        string="How it was found", readonly=True)
    not_partner_ids = fields.Many2many(
        'res.partner', 'xero_contact_not_partner_rel', 'contact_id', 'partner_id', string="Certainly not", readonly=True,
        help="Partners that a person has rejected for this contact.")
    xero_url = fields.Char(string="Open in Xero", compute='_compute_xero_url', compute_sudo=True)

    _partner_uniq = models.UniqueIndex(
        '(connection_id, partner_id) WHERE partner_id IS NOT NULL', "This partner is another contact in Xero already. Clear it there first.")
    _xero_uniq = models.UniqueIndex('(connection_id, xero_id, COALESCE(partner_id, 0))')

    def _compute_xero_url(self):
        for contact in self:
            contact.xero_url = contact.connection_id._web_url(PAGE, contact.xero_id)

    @api.depends('email', 'tax_number')
    def _compute_keys(self):
        for contact in self:
            contact.email_key = email_normalize(contact.email or '') or False
            contact.tax_key = code_key(contact.tax_number) or False

    @api.depends('name')
    def _compute_loose_key(self):
        for contact in self:
            contact.loose_key = loose_key(contact.name) or False

    @api.depends('partner_id')
    def _compute_linked_at(self):
        for contact in self:
            contact.linked_at = contact.partner_id and fields.Datetime.now()

    # === CRUD === #

    def write(self, vals):
        """Save the partner of a contact. If a person chose it, the documents that failed without it are sent again."""
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
        """Act on a person's decision whether these contacts are a partner: queue the documents that failed without it, and close first syncs' questions.

        :return: number of documents.
        """
        self.env['xero.first.sync.contact'].sudo()._note_decision(self, partner)
        failed = self.env['xero.export'].sudo().search([
            ('connection_id', 'in', self.connection_id.ids), ('state', '=', 'failed'), ('cause', '=', 'contact'),
            '|', '|', ('partner_id', '=', partner.id), ('move_id.commercial_partner_id', '=', partner.id), ('move_id.partner_id', '=', partner.id)])
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
            'declined_digest': False,       # somebody may have corrected the contact there
        }

    # === MATCHING === #

    def _match(self, connection, partners):
        """Link partners to the contacts that were read from Xero: by earlier links, by our number, then by `_match_by_keys`.

        :param partners: commercial partners.
        :return: dict partner → row. Missing partners have to be created in Xero. A row may be archived: see `_problem`.
        """
        links = {
            row.partner_id: row._follow_merge()
            for row in self.search_fetch([('connection_id', '=', connection.id), ('partner_id', 'in', partners.ids)])}
        without_contact = partners.filtered(lambda partner: partner not in links)
        for partner, row in self._find_by_number(connection, without_contact).items() if without_contact else ():
            links[partner] = row._follow_merge()._link_partner(partner, 'number')
        without_contact = partners.filtered(lambda partner: partner not in links)
        decided, _undecided = self._match_by_keys(connection, without_contact) if without_contact else ({}, {})
        for partner, (matched_by, row) in decided.items():
            links[partner] = row._link_partner(partner, matched_by)
        return links

    def _follow_merge(self):
        """Move the partner of an archived contact to the contact that it was merged into. Return that contact's rows, else the row itself."""
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
        self._detach_partner()
        return rows._link_partner(partner, matched_by)

    def _find_by_number(self, connection, partners):
        """Return dict partner → contact with the number that we gave the partner."""
        partner_by_number = {self._number(connection, partner): partner for partner in partners}
        rows = self.search([('connection_id', '=', connection.id), ('number', 'in', list(partner_by_number))])
        return {partner_by_number[row.number]: row for row in rows}

    def _link_partner(self, partner, matched_by):
        """Link a contact, whose rows these are, to a partner: by its own row, a free row, or a new row. Return that row."""
        own = self.filtered(lambda row: row.partner_id == partner)
        if own:
            return own
        values = {'partner_id': partner.id, 'matched_by': matched_by}
        free = self.filtered(lambda row: not row.partner_id)[:1]
        if not free:
            return self[0].copy(values)
        free.write(values)
        return free

    def _detach_partner(self):
        """Remove the partners of contacts. Flush, since the unique index would refuse the partner on another row."""
        self.write({'partner_id': False, 'matched_by': False})
        self.flush_recordset(['partner_id'])

    @api.model
    def _merge_partners(self, leaving, staying):
        """Keep one contact of each connection when partners are merged in Odoo: that of the remaining partner, if it has one.

        The other contacts lose their partner. Nothing changes in Xero: a person may merge the contacts there.
        """
        links = self.search([('partner_id', 'in', (leaving | staying).ids)], order='id')
        for _connection, rows in links.grouped('connection_id').items():
            own = rows.filtered(lambda row: row.partner_id == staying)
            for row in rows - (own or rows[:1]):
                # A contact that was merged in Xero has a row for each partner: it needs only one without partner
                others = self.search_count([
                    ('connection_id', '=', row.connection_id.id), ('xero_id', '=', row.xero_id), ('id', '!=', row.id)], limit=1)
                if others:
                    row.unlink()
                else:
                    row._detach_partner()

    # === ADOPTING === #

    def _adopt_all(self, connection, elements, matched_by):
        """Save the contacts of Xero's answer and link them to their partners.

        :param dict elements: partner → element of an answer that was checked (`element_ok`). Partners deleted meanwhile are ignored.
        :param str matched_by: `created`, `number`, `name` or `person`.
        :return: dict partner → row.
        """
        elements = {partner: elements[partner] for partner in self.env['res.partner'].concat(*elements).exists()}
        self._upsert(connection, [self._values(element) for element in elements.values()], complete=False)
        xero_ids = [element['ContactID'] for element in elements.values()]
        self.search([
            ('connection_id', '=', connection.id), ('partner_id', 'in', [partner.id for partner in elements]), ('xero_id', 'not in', xero_ids),
        ])._detach_partner()
        rows = self.search([('connection_id', '=', connection.id), ('xero_id', 'in', xero_ids)])
        rows_by_id = rows.grouped('xero_id')
        return {partner: rows_by_id[element['ContactID']]._link_partner(partner, matched_by) for partner, element in elements.items()}

    # === CHECKING === #

    def _problem(self):
        """Return why documents cannot go to this contact now, as a `Problem`, or None."""
        if self.status == ACTIVE:
            return None
        return Problem('contact', self.env._(
            "The contact %(name)s is archived in Xero (%(connection)s). Restore it there, then send the document again.",
            name=self.name, connection=self.connection_id.name), kind=self.env._("whose contact is archived"))
