from odoo import api, fields, models


class XeroDecision(models.AbstractModel):
    """A line of a dialog about a mapping row, which is decided there: the person chooses a target and stays in the dialog.

    The row is written with the rights of the person. The other fields of the line are written by our own code only.
    """
    _name = 'xero.decision'
    _inherit = ['xero.dialog', 'xero.guarded']
    _description = "Decision in a Dialog"

    mapping_id = fields.Many2one('xero.mapping', readonly=True, ondelete='cascade')
    message = fields.Text(readonly=True)
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
