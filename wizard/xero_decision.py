from odoo import api, fields, models

from ..models.export.xero_cause import SELECTION as CAUSES
from ..models.export.xero_cause import cause_named

NAMES = 3   # documents named for a reason


class XeroDecision(models.AbstractModel):
    """A reason that stops documents: one line of a dialog and one way to fix it, for any number of documents. If the reason is a mapping row, it is
    decided there: the person chooses a target and stays in the dialog.

    The row is written with the rights of the person. The other fields of the line are written by our own code only.
    """
    _name = 'xero.decision'
    _inherit = ['xero.dialog', 'xero.guarded']
    _description = "Decision in a Dialog"

    mapping_id = fields.Many2one('xero.mapping', readonly=True, ondelete='cascade')
    cause = fields.Selection(CAUSES, readonly=True)
    message = fields.Text(readonly=True)
    text = fields.Char(string="Reason", compute='_compute_text')
    fix = fields.Selection([
        ('suggestion', "Use the suggestion"), ('mapping', "Decide in the mapping"), ('ask', "Ask an invoice admin"),
        ('ask_contact', "Ask to correct the contact"), ('choice', "Choose the contact"), ('partner', "Open the contact"),
        ('connection', "Open the connection"), ('documents', "Open the documents")], compute='_compute_fix')
    target = fields.Reference(related='mapping_id.target', related_sudo=False, readonly=False, string="In Xero")
    target_model = fields.Char(related='mapping_id.target_model', related_sudo=False)
    target_domain = fields.Binary(related='mapping_id.target_domain', related_sudo=False)
    suggestion = fields.Char(related='mapping_id.suggestion', related_sudo=False, string="Similar in Xero")
    suggested_id = fields.Integer(related='mapping_id.suggested_id', related_sudo=False)
    found_target = fields.Char(readonly=True, help="The decision that was found: the target, and whether documents could use it.")
    is_settled = fields.Boolean(compute='_compute_is_settled', help="The row was decided since the problem was found.")
    can_decide = fields.Boolean(compute='_compute_can_decide')

    @api.model
    def _prepare_decision(self, mapping):
        """Return the values of a line about a mapping row, or about none."""
        return {'mapping_id': mapping.id, 'found_target': self._as_found(mapping)} if mapping else {}

    @api.model
    def _as_found(self, mapping):
        return f'{mapping._target()._name},{mapping._target().id},{mapping.is_decided}'

    @api.depends('mapping_id.target', 'mapping_id.is_decided')
    def _compute_is_settled(self):
        for line in self:
            mapping = line.mapping_id.sudo()
            line.is_settled = mapping.is_decided and self._as_found(mapping) != line.found_target

    @api.depends('mapping_id')
    @api.depends_context('uid')
    def _compute_can_decide(self):
        for line in self:
            line.can_decide = line.mapping_id.has_access('write') if line.mapping_id else False

    # === FILLING === #

    @api.model
    def _group_problems(self, rehearsals):
        """Group problems: those of the same mapping row are one reason, others of the same cause and kind.

        :param list rehearsals: of `Rehearsal`.
        :return: dict: tuple of cause, mapping row and words for such documents → tuple of the list of messages and the set of documents.
        """
        rows = self.env['xero.rehearsal']._mapping_rows(rehearsals)
        groups = {}
        for rehearsal in rehearsals:
            for problem, source in rehearsal.problems:
                row = rows.get((rehearsal.connection, rehearsal.document.company_id, source), self.env['xero.mapping'])
                messages, documents = groups.setdefault((problem.cause, row, problem.kind), ([], set()))
                if problem.message not in messages:
                    messages.append(problem.message)
                documents.add(rehearsal.document)
        return groups

    def _message(self, messages, names, kind):
        """Return one line for problems of the same kind."""
        if len(messages) == 1:
            return messages[0]
        if not kind:
            return self.env._("%(sentence)s And %(count)s more like this.", sentence=messages[0], count=len(messages) - 1)
        words = {'kind': kind[:1].upper() + kind[1:], 'names': ', '.join(names[:NAMES])}
        more = len(names) - NAMES
        return self.env._("%(kind)s: %(names)s", **words) if more <= 0 else self.env._("%(kind)s: %(names)s and %(count)s more", count=more, **words)

    # === WORDS === #

    @api.depends('message', 'is_settled', 'mapping_id.is_decided', 'mapping_id.decision')
    @api.depends_context('lang')
    def _compute_text(self):
        for reason in self:
            row = reason.mapping_id
            # The decision that was found may be a good one which these documents cannot use
            is_said_by_row = row and (reason.is_settled or not row.is_decided)
            reason.text = self.env._("%(item)s: %(decision)s", item=reason._row_name(), decision=row.decision) if is_said_by_row else reason.message

    def _row_name(self):
        """Return the name of the mapping row."""
        return self.mapping_id.source_name

    # === THE FIX === #

    @api.depends('cause', 'mapping_id.suggestion', 'can_decide', 'is_settled')
    def _compute_fix(self):
        for reason in self:
            if reason.mapping_id:
                reason.fix = not reason.is_settled and ('ask' if not reason.can_decide else 'suggestion' if reason.suggestion else 'mapping')
            else:
                reason.fix = reason._fix_without_row()

    def _fix_without_row(self):
        """Return how a reason is fixed that is no mapping row; a value of `fix`."""
        return 'connection' if cause_named(self.cause).opens == '_action_connection' and self._stopped_connection() else 'documents'

    def _stopped_connection(self):
        """Return the connections of the documents."""
        raise NotImplementedError

    def _list(self, model, records):
        action = {'type': 'ir.actions.act_window', 'name': self.text, 'res_model': model}
        if len(records) == 1:
            return {**action, 'res_id': records.id, 'views': [(False, 'form')]}
        return {**action, 'domain': [('id', 'in', records.ids)], 'views': [(False, 'list'), (False, 'form')]}

    def action_ask(self):
        """Ask the invoice admins to decide the row, because the user may not. The dialog stays."""
        self._check_mine()
        return self.env['xero.ask']._ask_to_decide(self.mapping_id, self.message or '', self._stopped_entries())

    def _stopped_entries(self):
        """Return the `account.move` that the row stops; empty if the documents are no entries."""
        return self.env['account.move']

    def _use_suggestion(self):
        """Decide the row as suggested.

        :raise AccessError: the user may not decide.
        """
        self._check_mine()
        self.mapping_id.check_access('write')
        self.mapping_id.action_use_suggestion()
