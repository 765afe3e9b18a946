from odoo import api, fields, models
from odoo.exceptions import UserError

from ..reference.xero_reference_mixin import ACTIVE

PARTNERS_AT_ONCE = 500
CONTACTS_AT_ONCE = 1000


class XeroFirstSyncContact(models.Model):
    """A partner, a contact in Xero, or both, as a first sync matched them; for a person to review."""
    _name = 'xero.first.sync.contact'
    _description = "Contact in a Xero First Sync"
    _inherit = 'xero.guarded'
    _order = 'result, id'
    _rec_name = 'partner_id'

    first_sync_id = fields.Many2one('xero.first.sync', required=True, readonly=True, index=True, ondelete='cascade')
    connection_id = fields.Many2one(related='first_sync_id.connection_id')
    result = fields.Selection(
        [('sure', "Sure"), ('doubtful', "Doubtful"), ('new_odoo', "Only in Odoo"), ('new_xero', "Only in Xero")],
        required=True, readonly=True, index=True,
        help="Sure: linked by number, tax number, or an e-mail or a name that only one of both has. Doubtful: several are possible, or the names are "
             "only similar. Only in Odoo: created in Xero with its first document.")
    decision = fields.Selection(
        [('open', "To review"), ('none', "Nothing to do"), ('confirmed', "Confirmed"), ('new', "New contact"), ('ignored', "Ignored")],
        required=True, readonly=True, index=True)
    partner_id = fields.Many2one('res.partner', string="In Odoo", index='btree_not_null', ondelete='cascade')
    contact_id = fields.Many2one(
        'xero.contact', string="In Xero", index='btree_not_null', ondelete='cascade',
        domain="[('connection_id', '=', connection_id), ('status', '=', 'ACTIVE')]")
    matched_by = fields.Selection(related='contact_id.matched_by')
    partner_email = fields.Char(related='partner_id.email', related_sudo=False, string="E-mail in Odoo")
    partner_vat = fields.Char(related='partner_id.vat', related_sudo=False, string="Tax number in Odoo")
    contact_email = fields.Char(related='contact_id.email', string="E-mail in Xero")
    contact_tax_number = fields.Char(related='contact_id.tax_number', string="Tax number in Xero")
    candidate_ids = fields.Many2many('xero.contact', 'xero_first_sync_candidate_rel', 'row_id', 'contact_id', string="Possible", readonly=True)

    # === MATCHING === #

    @api.model
    def _match_portion(self, first_sync):
        """Match the next partners; after the last one, list contacts that only Xero has.

        :return: whether there may be more.
        """
        partners = self.env['res.partner'].search(
            [*self._partner_domain(first_sync.connection_id), ('id', '>', first_sync.position)], limit=PARTNERS_AT_ONCE, order='id')
        if partners:
            self._match(first_sync, partners)
            first_sync.position = partners[-1].id
            total = self.env['res.partner'].search_count(self._partner_domain(first_sync.connection_id))
            first_sync._advance(0.8 * self.search_count([('first_sync_id', '=', first_sync.id)]) / max(total, 1))
            return True
        return self._list_unknown(first_sync)

    def _partner_domain(self, connection):
        companies = self.env['res.company'].search([('id', 'child_of', connection.company_ids.ids)])
        return [
            *connection._contact_domain(), ('company_id', 'in', [False, *companies.ids]), '|', ('customer_rank', '>', 0), ('supplier_rank', '>', 0)]

    def _match(self, first_sync, partners):
        Contact, connection = self.env['xero.contact'], first_sync.connection_id
        links = Contact._match(connection, partners)
        candidates = Contact._candidates_by_partner(connection, partners.filtered(lambda partner: partner not in links))
        self.create([self._prepare(first_sync, partner, links.get(partner), candidates.get(partner)) for partner in partners])

    def _prepare(self, first_sync, partner, contact, candidates):
        values = {'first_sync_id': first_sync.id, 'partner_id': partner.id}
        if contact:
            return {**values, 'contact_id': contact[0].id, 'result': 'sure', 'decision': 'none'}
        if candidates:
            return {
                **values, 'contact_id': candidates.filtered(lambda row: row.status == ACTIVE)[:1].id, 'result': 'doubtful', 'decision': 'open',
                'candidate_ids': [fields.Command.set(candidates.ids)]}
        return {**values, 'result': 'new_odoo', 'decision': 'none'}

    def _list_unknown(self, first_sync):
        """List the next contacts that are no partner, and may be none of the doubtful ones.

        :return: whether there may be more.
        """
        last = self.search([('first_sync_id', '=', first_sync.id), ('result', '=', 'new_xero')], order='contact_id desc', limit=1)
        found = self.env['xero.contact'].search([
            ('connection_id', '=', first_sync.connection_id.id), ('status', '=', ACTIVE), ('partner_id', '=', False), ('id', '>', last.contact_id.id or 0),
        ], limit=CONTACTS_AT_ONCE, order='id')
        possible = self.search([('first_sync_id', '=', first_sync.id), ('result', '=', 'doubtful')]).candidate_ids
        unknown = (found - possible).filtered(lambda contact: contact._is_unlinked())
        self.create([
            {'first_sync_id': first_sync.id, 'contact_id': contact.id, 'result': 'new_xero', 'decision': 'none'} for contact in unknown])
        return bool(unknown) and len(found) == CONTACTS_AT_ONCE

    @api.model
    def _suggest(self, first_sync, partner, xero_id):
        """Leave it to a person whether a partner is a contact that no partner is, because documents that are the same otherwise name the two.

        :param str xero_id: of the contact.
        """
        contact = self.env['xero.contact'].search([
            ('connection_id', '=', first_sync.connection_id.id), ('xero_id', '=', xero_id), ('status', '=', ACTIVE)], limit=1)
        row = self.search([
            ('first_sync_id', '=', first_sync.id), ('partner_id', '=', partner.id), '|', ('result', '=', 'new_odoo'),
            '&', ('result', '=', 'doubtful'), ('decision', '=', 'open')], limit=1)
        if contact and row and contact._not_rejected_for(partner) and contact._is_unlinked():
            row.write({
                'result': 'doubtful', 'decision': 'open', 'contact_id': contact.id, 'candidate_ids': [fields.Command.link(contact.id)]})
            self.search([('first_sync_id', '=', first_sync.id), ('contact_id', '=', contact.id), ('result', '=', 'new_xero')]).unlink()

    @api.model
    def _create_portion(self, first_sync):
        """Create the next partners, if a person chose that: after the documents, which may say that a contact is a partner.

        :return: whether there may be more.
        """
        return first_sync.creates_partners and bool(self.search([
            ('first_sync_id', '=', first_sync.id), ('result', '=', 'new_xero'), ('partner_id', '=', False), ('contact_id.partner_id', '=', False),
        ], limit=CONTACTS_AT_ONCE)._create_partners())

    def _create_partners(self):
        """Create the partner of each contact that only Xero has, and link the two."""
        rows = self.filtered(lambda row: row.result == 'new_xero' and not row.contact_id.partner_id)
        partners = self.env['res.partner'].create([
            {'name': row.contact_id.name or row.contact_id.email or row.contact_id.number, 'is_company': True, 'email': row.contact_id.email,
             'vat': row.contact_id.tax_number} for row in rows])
        for row, partner in zip(rows, partners):
            row.contact_id._choose(partner)
            row.write({'partner_id': partner.id, 'decision': 'confirmed'})
        return rows

    # === REVIEW === #

    def _check_review(self):
        self.env['xero.first.sync']._check_may_act()
        self.check_access('write')

    @api.model
    def _note_decision(self, contacts, partner):
        """Close the rows in which the contact of a partner is open, because a person decided it, here or elsewhere. Expects sudo.

        :param contacts: the contact that the partner is, or those that it is not.
        """
        rows = self.search([
            ('first_sync_id.connection_id', 'in', contacts.connection_id.ids), ('partner_id', '=', partner.id), ('decision', '=', 'open')])
        if not rows:
            return
        contact = contacts.filtered(lambda contact: contact.partner_id == partner)[:1]
        rows.write({'decision': 'confirmed' if contact else 'new', 'contact_id': contact.id})
        rows._compare_documents()

    def action_choose(self):
        """Open the dialog in which a person chooses another contact of the partner: on a phone, cards cannot be edited."""
        self._check_review()
        self.ensure_one()
        return self.connection_id._choose_contact(self.partner_id, contact_id=self.contact_id.id)

    def action_confirm(self):
        """Link each partner to its contact, as shown in the rows; then compare documents again that were not linked because of that."""
        self._check_review()
        for row in self:
            if not row.partner_id or not row.contact_id:
                raise UserError(self.env._(
                    "Choose both the partner and the contact in Xero of %(name)s first.", name=(row.partner_id or row.contact_id).display_name))
            contact = row.contact_id.sudo()
            contact._ensure_undecided(row.connection_id, row.partner_id)
            if row.result == 'sure' and contact.partner_id not in (row.partner_id, contact.partner_id.browse()):
                contact.partner_id = row.partner_id     # a person corrects what was sure
            else:
                contact._choose(row.partner_id)
        self.sudo().decision = 'confirmed'
        self._compare_documents()

    def action_new(self):
        """Note that partners are none of the possible contacts: a new contact is created with their next document."""
        self._check_review()
        for row in self.filtered(lambda row: row.result == 'doubtful'):
            row.candidate_ids.sudo()._reject_for(row.partner_id)
            row.sudo().write({'decision': 'new', 'contact_id': False})

    def action_ignore(self):
        """Leave rows as they are."""
        self._check_review()
        self.sudo().decision = 'ignored'

    def action_create_partner(self):
        """Create partners for contacts that only Xero has."""
        self._check_review()
        self.env['res.partner'].check_access('create')
        if not self.sudo()._create_partners():
            raise UserError(self.env._("Choose contacts that are only in Xero and have no partner yet."))

    def _compare_documents(self):
        """Link documents of these partners that were only held because the contact was not decided."""
        rows = self.env['xero.first.sync.document'].sudo().search([
            ('first_sync_id', 'in', self.first_sync_id.ids), ('result', '=', 'near'), ('decision', '=', 'open'),
            '|', ('move_id.partner_id', 'in', self.partner_id.ids), ('move_id.commercial_partner_id', 'in', self.partner_id.ids)])
        rows._link_if_same()
