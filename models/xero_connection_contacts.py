from odoo import fields, models


class XeroConnection(models.Model):
    """Who the contact of a document is, and what happens when Xero merged it meanwhile."""
    _inherit = 'xero.connection'

    contact_source = fields.Selection(
        [('commercial', "The company"), ('document', "The address on the document")], string="Contact of a document", default='commercial',
        required=True, tracking=True,
        help="The company: all people and addresses of a company are one contact in Xero. The address on the document: each of them "
             "that documents are addressed to is a contact of its own.")

    def _partner_of(self, move):
        """Return the partner that is the contact of a document in Xero."""
        return move.partner_id if self.contact_source == 'document' else move.commercial_partner_id

    def _partners_of(self, moves):
        return moves.partner_id if self.contact_source == 'document' else moves.commercial_partner_id

    def _contact_domain(self):
        """Return the domain of the partners that can be contacts here."""
        return [] if self.contact_source == 'document' else ['|', ('parent_id', '=', False), ('is_company', '=', True)]

    def _look_closer(self, request, refused, run):
        super()._look_closer(request, refused, run)
        stale = refused.filtered(lambda export: request.kind != 'contact' and export.cause == 'contact')
        if stale and 'contacts' not in run.reread:
            self._follow_moved(stale, run)

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
