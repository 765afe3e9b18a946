from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import LazyTranslate, format_date, formatLang

from ...const import ADMIN_ROLE
from ..reference.xero_status import status_label
from .xero_cause import translated

_lt = LazyTranslate(__name__)

# What does not agree, for people, by the words of `xero.kind._candidate`
LABELS = {
    'type': _lt("type"), 'status': _lt("status"), 'contact': _lt("contact"), 'date': _lt("date"), 'currency': _lt("currency"), 'total': _lt("total"),
    'link': _lt("link to another document"), 'taken': _lt("linked to another document")}


class XeroNumberConflict(models.AbstractModel):
    """An export whose number another document in Xero has: what a person compares, and what a person does about it."""
    _name = 'xero.number.conflict'
    _description = "Number That Is Taken in Xero"

    can_link = fields.Boolean(compute='_compute_candidate_text')
    link_hint = fields.Text(compute='_compute_link_hint', help="Whether the two can be linked, and if not, why.")
    can_change_number = fields.Boolean(compute='_compute_can_change_number')
    candidate_text = fields.Text(compute='_compute_candidate_text', help="What a person compares: the document that holds our number in Xero.")

    @api.depends('state', 'candidate')
    @api.depends_context('lang')
    def _compute_candidate_text(self):
        for export in self:
            candidate = export.state == 'failed' and export.candidate
            export.can_link = bool(candidate and candidate['agrees'])
            export.candidate_text = candidate and ' '.join(filter(None, [self.env._(
                "The document in Xero is for %(contact)s, dated %(date)s, totals %(currency)s %(total)s, and its status is %(status)s.",
                contact=candidate['contact'], date=format_date(self.env, candidate['date']), currency=candidate['currency'],
                total=formatLang(self.env, candidate['Total']), status=status_label(self.env, candidate['Status'])), export._candidate_holder()]))

    @api.depends('state', 'candidate', 'can_link')
    @api.depends_context('uid', 'lang')
    def _compute_link_hint(self):
        for export in self:
            export.link_hint = export.candidate_text and export._link_words()

    def _link_words(self):
        """Return, for people, whether the two documents can be linked, by whom, and if not, why and what else to do."""
        if not self.can_link:
            parts = [translated(self.env, LABELS[name]) for name in self.candidate.get('differs') or () if name in LABELS]
            return self.env._(
                "They cannot be linked, because they are not the same (%(parts)s). Change the number in Odoo, or void the other document in Xero, then resync.",
                parts=', '.join(parts)) if parts else self.env._(
                "They cannot be linked, because they are not the same. Change the number in Odoo, or void the other document in Xero, then resync.")
        if self.env.user.has_group(ADMIN_ROLE):
            return self.env._("Both are the same, so they can be linked.")
        return self.env._("Both are the same: %(admins)s can link them.", admins=self.sudo().connection_id._admin_names())

    @api.depends('state', 'cause', 'move_id')
    @api.depends_context('uid')
    def _compute_can_change_number(self):
        for export in self:
            move = export.move_id
            export.can_change_number = bool(
                export.state == 'failed' and export.cause == 'number' and move and export._kind()._number_field(move) and move.has_access('write'))

    def _candidate_holder(self):
        """Return, for people, which document of another company in Odoo has the number in Xero; False if none has."""
        holder = self.sudo().search([
            ('connection_id', '=', self.connection_id.id), ('xero_id', '=', self.candidate[self._kind()._xero_id]), ('id', '!=', self.id)], limit=1)
        return holder and self.env._(
            "In Odoo it is %(document)s of %(company)s. Give one of the two another number, and its journal another prefix, then resync.",
            document=holder.document_name, company=holder.company_id.name)

    def action_open_candidate(self):
        """Open the document with our number in Xero, in a new tab."""
        self.ensure_one()
        self.check_access('read')
        url = self.candidate and self.connection_id.sudo()._web_url(self._kind()._page, self.candidate[self._kind()._xero_id])
        if not url:
            raise UserError(self.env._("Nothing in Xero holds the number of %(document)s any more.", document=self.document_name))
        return {'type': 'ir.actions.act_url', 'url': url, 'target': 'new'}

    def action_change_number(self):
        """Open the dialog that gives the document another number."""
        self.ensure_one()
        self.check_access('read')
        if not self.can_change_number:
            raise UserError(self.env._("The number of %(document)s need not be changed, or you may not change it.", document=self.document_name))
        return self.env['xero.change.number']._open_for(self)

    def action_link_it(self):
        """Link the export to the document with our number in Xero."""
        self.ensure_one()
        self.check_access('read')
        if not self.env.user.has_group(ADMIN_ROLE):
            raise AccessError(self.env._(
                "Only an invoice admin can link a document to one that is already in Xero. Press Ask an invoice admin on the document or its export."))
        if not self.can_link:
            raise UserError(self.env._("The document in Xero is not the same as %(document)s.", document=self.document_name))
        self.sudo()._adopt(self.candidate, self.env._("Linked by %(user)s", user=self.env.user.name))
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
