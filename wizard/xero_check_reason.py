from odoo import api, fields, models

from ..models.export.xero_cause import SELECTION as CAUSES
from ..models.export.xero_cause import cause_named

NAMES = 3   # documents named for a reason


class XeroCheckReason(models.TransientModel):
    """A reason that stops documents in a check: one line and one way to fix it, for any number of documents."""
    _name = 'xero.check.reason'
    _inherit = 'xero.decision'
    _description = "Reason in a Check against Xero"
    _order = 'count desc, id'

    check_id = fields.Many2one('xero.check', required=True, readonly=True, ondelete='cascade', index=True)
    cause = fields.Selection(CAUSES, readonly=True)
    kind = fields.Char(readonly=True, help="The words for such documents after their number.")
    title = fields.Char(compute='_compute_title', help="What stops the documents, in a few words.")
    text = fields.Char(string="Reason", compute='_compute_text')
    document_ids = fields.Many2many('xero.check.document', readonly=True)
    count = fields.Integer(string="Documents", readonly=True)
    fix = fields.Selection([
        ('suggestion', "Use the suggestion"), ('mapping', "Decide in the mapping"), ('ask', "Ask an invoice admin"), ('choice', "Choose the contact"),
        ('partner', "Open the contact"), ('connection', "Open the connection"), ('documents', "Open the documents")], compute='_compute_fix')

    # === FILLING === #

    @api.model
    def _fill(self, check, rehearsals):
        """Create the reasons of a check: problems of the same mapping row are one reason, other problems are grouped by cause and kind."""
        documents = {document.move_id: document for document in check.document_ids}
        rows = self.env['xero.rehearsal']._mapping_rows(rehearsals)
        groups = {}
        for rehearsal in rehearsals:
            for problem, source in rehearsal.problems:
                row = rows.get((rehearsal.connection, rehearsal.document.company_id, source), self.env['xero.mapping'])
                messages, ids = groups.setdefault((problem.cause, row, problem.kind), ({}, set()))
                messages[problem.message] = True
                ids.add(documents[rehearsal.document].id)
        self.sudo().create([
            {
                'check_id': check.id, 'cause': cause, 'kind': kind, 'message': self._message(list(messages), check.document_ids.browse(sorted(ids)), kind),
                'document_ids': [fields.Command.set(ids)], 'count': len(ids), **self._prepare_decision(row),
            } for (cause, row, kind), (messages, ids) in groups.items()])

    def _message(self, messages, documents, kind):
        """Return one line for problems of the same kind."""
        if len(messages) == 1:
            return messages[0]
        if not kind:
            return self.env._("%(sentence)s And %(count)s more like this.", sentence=messages[0], count=len(messages) - 1)
        names = {'kind': kind[:1].upper() + kind[1:], 'names': ', '.join(documents[:NAMES].mapped('name'))}
        more = len(documents) - NAMES
        return self.env._("%(kind)s: %(names)s", **names) if more <= 0 else self.env._("%(kind)s: %(names)s and %(count)s more", count=more, **names)

    # === WORDS === #

    @api.depends('cause', 'kind', 'mapping_id')
    @api.depends_context('lang')
    def _compute_title(self):
        causes = dict(self._fields['cause']._description_selection(self.env))
        for reason in self:
            what = reason.mapping_id.source_name or reason.kind
            reason.title = self.env._("%(cause)s: %(what)s", cause=causes[reason.cause], what=what) if what else causes[reason.cause]

    @api.depends('message', 'is_settled', 'mapping_id.is_decided', 'mapping_id.decision')
    @api.depends_context('lang')
    def _compute_text(self):
        for reason in self:
            row = reason.mapping_id
            # The decision that was found may be a good one which these documents cannot use
            is_said_by_row = row and (reason.is_settled or not row.is_decided)
            reason.text = self.env._("%(item)s: %(decision)s", item=row.source_name, decision=row.decision) if is_said_by_row else reason.message

    # === THE FIX === #

    @api.depends('cause', 'mapping_id.suggestion', 'can_decide', 'is_settled')
    def _compute_fix(self):
        for reason in self:
            if reason.mapping_id:
                reason.fix = not reason.is_settled and ('ask' if not reason.can_decide else 'suggestion' if reason.suggestion else 'mapping')
            elif reason.cause == 'contact':
                reason.fix = 'choice' if reason.document_ids._uncertain() else 'partner'
            else:
                reason.fix = 'connection' if cause_named(reason.cause).opens == '_action_connection' and reason.document_ids.connection_id else 'documents'

    def _stopped_entries(self):
        return self.document_ids.move_id

    def action_use_suggestion(self):
        """Decide the row as suggested. The page stays."""
        self._use_suggestion()

    def action_fix(self):
        """Open the records on which the reason can be fixed."""
        self._check_mine()
        if self.mapping_id:
            action = self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_mapping_action')
            return {**action, 'domain': [('id', '=', self.mapping_id.id)]}
        if self.cause == 'contact':
            return self._fix_contacts(self.document_ids)
        if self.fix == 'connection':
            return self._list('xero.connection', self.document_ids.connection_id)
        return self.action_documents()

    def _fix_contacts(self, documents):
        """Return the dialog that chooses the contact of the first uncertain partner, else the list of partners."""
        if uncertain := documents._uncertain():
            connection, partner = uncertain
            return connection._choose_contact(partner)
        return self._list('res.partner', documents.partner_id)

    def action_documents(self):
        """Open the documents that the reason stops."""
        self._check_mine()
        return self._list('account.move', self.document_ids.move_id)

    def _list(self, model, records):
        action = {'type': 'ir.actions.act_window', 'name': self.title, 'res_model': model}
        if len(records) == 1:
            return {**action, 'res_id': records.id, 'views': [(False, 'form')]}
        return {**action, 'domain': [('id', 'in', records.ids)], 'views': [(False, 'list'), (False, 'form')]}
