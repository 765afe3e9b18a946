from odoo import api, fields, models

from ..models.export.xero_fix import ASKED


class XeroCheckReason(models.TransientModel):
    """A reason that stops documents in a check: one line and one way to fix it, for any number of documents."""
    _name = 'xero.check.reason'
    _inherit = 'xero.decision'
    _description = "Reason in a Check against Xero"
    _order = 'count desc, id'

    check_id = fields.Many2one('xero.check', required=True, readonly=True, ondelete='cascade', index=True)
    kind = fields.Char(readonly=True, help="The words for such documents after their number.")
    title = fields.Char(compute='_compute_title', help="What stops the documents, in a few words.")
    document_ids = fields.Many2many('xero.check.document', readonly=True)
    count = fields.Integer(string="Documents", readonly=True)
    # === FILLING === #

    @api.model
    def _fill(self, check, rehearsals):
        """Create the reasons of a check: problems of the same mapping row are one reason, other problems are grouped by cause and kind."""
        documents = {document.move_id: document for document in check.document_ids}
        groups = [
            (cause, row, kind, messages, check.document_ids.browse(sorted(documents[document].id for document in stopped)))
            for (cause, row, kind), (messages, stopped) in self._group_problems(rehearsals).items()]
        self.sudo().create([
            {
                'check_id': check.id, 'cause': cause, 'kind': kind, 'message': self._message(messages, stopped.mapped('name'), kind),
                'document_ids': [fields.Command.set(stopped.ids)], 'count': len(stopped), **self._prepare_decision(row),
            } for cause, row, kind, messages, stopped in groups])

    # === WORDS === #

    @api.depends('cause', 'kind', 'mapping_id')
    @api.depends_context('lang')
    def _compute_title(self):
        causes = dict(self._fields['cause']._description_selection(self.env))
        for reason in self:
            what = reason._row_name() or reason.kind
            reason.title = self.env._("%(cause)s: %(what)s", cause=causes[reason.cause], what=what) if what else causes[reason.cause]

    def _row_name(self):
        row = self.mapping_id
        if len(self.check_id.sudo().document_ids.connection_id) < 2 or not row:
            return super()._row_name()
        return self.env._("%(account)s (%(connection)s)", account=row.source_name, connection=row.connection_id.name)

    # === THE FIX === #

    def _fix_without_row(self):
        return self.document_ids._contact_fix() if self.cause == 'contact' else super()._fix_without_row()

    def _stopped_connection(self):
        return self.document_ids.connection_id

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
            return self._list('xero.connection', self._stopped_connection())
        return self.action_documents()

    def _fix_contacts(self, documents):
        """Return the dialog that chooses the contact of the first uncertain partner, else the list of partners. Who may not change them asks."""
        if uncertain := documents._uncertain():
            connection, partner = uncertain
            return connection._choose_contact(partner)
        if documents._contact_fix() == 'ask_contact':
            document = documents[:1]
            return self.env['xero.ask']._ask_to_correct(
                documents.partner_id[:ASKED], document.connection_id, document.move_id.company_id, self.message or '')
        return self._list('res.partner', documents.partner_id)

    def action_documents(self):
        """Open the documents that the reason stops."""
        self._check_mine()
        return self._list('account.move', self.document_ids.move_id)
