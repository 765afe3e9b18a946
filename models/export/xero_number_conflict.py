from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date, formatLang

from ..reference.xero_status import status_label


class XeroNumberConflict(models.AbstractModel):
    """An export whose number another document in Xero has: what a person compares, and what a person does about it."""
    _name = 'xero.number.conflict'
    _description = "Number That Is Taken in Xero"

    can_link = fields.Boolean(compute='_compute_candidate_text')
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

    def action_link_it(self):
        """Link the export to the document with our number in Xero."""
        self.ensure_one()
        self.check_access('read')
        if not self.env.user.has_group('account_xero.group_xero_invoice_admin'):
            raise AccessError(self.env._("Only an invoice admin can link a document to one that is already in Xero."))
        if not self.can_link:
            raise UserError(self.env._("The document in Xero is not the same as %(document)s.", document=self.document_name))
        self.sudo()._adopt(self.candidate, self.env._("Linked by %(user)s", user=self.env.user.name))
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
