from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import LazyTranslate, format_date, formatLang

from ...const import ADMIN_ROLE, FINAL_STATUSES
from ...tools.problem import Problem
from ...tools.xero_text import fold
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

    # === BEFORE A DOCUMENT IS SENT === #

    @api.model
    def _taken_numbers(self, kind, connection, documents):
        """Return which documents Xero would refuse for their number, as far as Odoo knows without a call: the document in Xero that refused one
        before, and numbers that other exports of the connection have in Xero. What people entered in Xero is known only once it refuses a document.

        :param kind: of all the documents; `connection` that they would go through.
        :param documents: `account.move`.
        :return: dict of document → `Problem`.
        """
        if not kind._xero_number:   # those with one have entries as documents
            return {}
        numbers = {document: fold(kind._number(document)) for document in documents if document.state != 'cancel'}
        refused = self.search([
            ('connection_id', '=', connection.id), ('move_id', 'in', documents.ids), ('state', '=', 'failed'), ('cause', '=', 'number')])
        taken = {
            export.move_id: export.candidate.get('Status') in FINAL_STATUSES and export.message for export in refused
            if export.candidate and numbers.get(export.move_id) == fold(export.candidate.get(kind._xero_number))}
        holders = self._numbers_in_xero(kind, connection, documents)
        taken.update((document, False) for document, number in numbers.items() if document not in taken and holders.get(number, document) != document)
        return {document: Problem('number', message or self.env._(
            "%(organisation)s already has a document with the number of %(document)s. Change the number in Odoo, or void the other document in Xero.",
            organisation=connection.organisation_name, document=document._xero_name()),
            kind=self.env._("whose number another document in Xero has")) for document, message in taken.items()}

    def _numbers_in_xero(self, kind, connection, documents):
        """Return which numbers of documents an export has in Xero, where numbers are unique: dict of the folded number → the document of that export."""
        if not kind._is_sale:
            return {}
        holders = self.search([
            ('connection_id', '=', connection.id), ('kind', '=', kind._kind_name()), ('xero_number', 'in', [*filter(None, map(kind._number, documents))]),
            ('xero_id', '!=', False), ('xero_status', '!=', 'DELETED'),
            # A document that is being voided gets another number there, or others wait for it
            '|', ('operation', '!=', 'void'), ('state', '=', 'synced')])
        return {fold(holder.xero_number): holder.move_id for holder in holders}

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
