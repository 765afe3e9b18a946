from odoo import fields, models

from ..const import BATCH_CONTACTS
from ..tools.xero_elements import element_messages, element_ok


class XeroConnection(models.Model):
    """Who the contact of a document is, whose data it has, and what happens when Xero merged it meanwhile."""
    _inherit = 'xero.connection'

    contact_source = fields.Selection(
        [('commercial', "The company"), ('document', "The address on the document")], string="Contact of a document", default='commercial',
        required=True, tracking=True,
        help="The company: all people and addresses of a company are one contact in Xero. The address on the document: each of them "
             "that documents are addressed to is a contact of its own.")

    contact_leads = fields.Selection(
        [('xero', "Xero leads"), ('odoo', "Odoo leads")], string="When contacts differ", default='xero', required=True, tracking=True,
        help="Xero leads: a contact is created from Odoo and then never touched. Odoo leads: what changed on a customer or vendor goes to "
             "Xero before the next document, over what somebody wrote there. What is empty in Odoo stays as it is in Xero.")

    # === WHOSE === #

    def _partner_of(self, move):
        """Return the partner that is the contact of a document in Xero."""
        return move.partner_id if self.contact_source == 'document' else move.commercial_partner_id

    def _partners_of(self, moves):
        return moves.partner_id if self.contact_source == 'document' else moves.commercial_partner_id

    def _contact_domain(self):
        """Return the domain of the partners that can be contacts here."""
        return [] if self.contact_source == 'document' else ['|', ('parent_id', '=', False), ('is_company', '=', True)]

    # === ODOO LEADS === #

    def _with_contact(self, exports, run):
        known = super()._with_contact(exports, run)
        changes = self._contact_changes(known)
        return known.filtered(lambda export: self._partner_of(export.move_id) not in changes)

    def _contact_changes(self, exports):
        """Return dict partner → (contact, element of `POST /Contacts`) for what Xero has to be told before these documents."""
        if self.contact_leads != 'odoo':
            return {}
        links = self.env['xero.contact']._match(self, self._partners_of(exports.move_id))
        changes = {partner: (contact, contact._change()) for partner, contact in links.items() if not contact._problem()}
        return {partner: (contact, element) for partner, (contact, element) in changes.items() if element}

    def _send_contacts(self, exports, run):
        """Send what changed on known contacts, else create those that are missing: one request."""
        changes = self._contact_changes(exports)
        if not changes:
            super()._send_contacts(exports, run)
            return
        # Partners that were merged there are one contact: one request says one thing about it
        chosen = {contact.xero_id: (partner, contact, element) for partner, (contact, element) in changes.items()}
        chosen = list(chosen.values())[:BATCH_CONTACTS]
        partners = self.env['res.partner'].union(*(partner for partner, _contact, _element in chosen))
        self._send(self._freeze(
            'contact', 'Contacts', exports.filtered(lambda export: self._partner_of(export.move_id) in partners),
            [element for _partner, _contact, element in chosen],
            [{'partner': partner.id, 'number': contact.number} for partner, contact, _element in chosen], 'POST'), run)

    def _settle_contacts(self, request, elements, run):
        sent = request._elements()
        if request.method == 'PUT':
            failed, told = super()._settle_contacts(request, elements, run), list(zip(request.frozen, sent))
        else:
            failed, told = self._settle_contact_changes(request, elements)
        contacts = self.env['xero.contact'].search([
            ('connection_id', '=', self.id), ('partner_id', 'in', [frozen['partner'] for frozen, _element in told])])
        by_partner = {contact.partner_id.id: contact for contact in contacts}
        for frozen, element in told:
            if frozen['partner'] in by_partner:
                by_partner[frozen['partner']]._note_sent(element)
        return failed

    def _settle_contact_changes(self, request, elements):
        """Let the documents go on whose contact was changed; those whose contact Xero refused to change fail.

        :param list elements: of the answer, in the order of the request.
        :return: exports that failed, and list of (frozen, element sent) that Xero took.
        """
        waiting = request.export_ids.filtered(lambda export: export.state in ('sending', 'uncertain'))
        by_partner = waiting.grouped(lambda export: self._partner_of(export.move_id).id)
        failed, told = self.env['xero.export'], []
        for frozen, sent, element in zip(request.frozen, request._elements(), elements):
            if element_ok(element, 'ContactID'):
                told.append((frozen, sent))
                continue
            for export in by_partner.get(frozen['partner'], failed.browse()):
                export._settle_refused(element_messages(element))
                failed |= export
        going_on = waiting - failed
        going_on.write({'state': 'waiting'})
        told_partners = [frozen['partner'] for frozen, _sent in told]
        going_on.filtered(lambda export: self._partner_of(export.move_id).id not in told_partners)._try_later()
        return failed, told

    # === MERGED === #

    def _look_closer(self, request, refused, run):
        result = super()._look_closer(request, refused, run)
        stale = refused.filtered(lambda export: request.kind != 'contact' and export.cause == 'contact')
        if stale and 'contacts' not in run.reread:
            self._follow_moved(stale, run)
        return result

    def _follow_moved(self, exports, run):
        """Read the contacts again that Xero refused: documents of those that were merged into another go out again, to that one."""
        Contact, partners = self.env['xero.contact'], self._partners_of(exports.move_id)
        before = {partner: contact.xero_id for partner, contact in Contact._match(self, partners).items()}
        run.reread.add('contacts')
        self._refresh_reference(run.client, only=['contacts'])
        moved = [partner for partner, contact in Contact._match(self, partners).items() if contact.xero_id != before.get(partner)]
        again = exports.filtered(lambda export: self._partner_of(export.move_id) in moved)._requeue(by_hand=False)
        run.failed -= len(again)
        self._commit()
