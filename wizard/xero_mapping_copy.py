from odoo import Command, api, fields, models


class XeroMappingCopy(models.TransientModel):
    """The dialog that shows which decisions of another connection can be copied, and copies them."""
    _name = 'xero.mapping.copy'
    _inherit = 'xero.dialog'
    _description = "Copy the Mapping of a Xero Connection"

    connection_id = fields.Many2one('xero.connection', string="To", required=True, ondelete='cascade')
    origin_id = fields.Many2one('xero.connection', string="From", required=True, ondelete='cascade', domain="[('id', '!=', connection_id)]")
    line_ids = fields.One2many('xero.mapping.copy.line', 'copy_id', string="Decisions to copy", compute='_compute_line_ids')

    @api.depends('connection_id', 'origin_id')
    def _compute_line_ids(self):
        Mapping = self.env['xero.mapping']
        for wizard in self:
            plan = Mapping._plan_copy(wizard.origin_id, wizard.connection_id) if wizard.origin_id and wizard.connection_id else []
            wizard.line_ids = [Command.clear(), *(Command.create({
                'mapping_id': copy.origin.id,
                'target_code': copy.origin._thing()._code_of(copy.target),
                'target_name': copy.target.display_name,
            }) for copy in plan)]

    def action_copy(self):
        """Copy the decisions, as decisions of the user."""
        self._check_mine()
        self.connection_id.check_access('write')
        count = self.env['xero.mapping']._copy_from(self.origin_id, self.connection_id)
        return self.connection_id._notify('success', self.env._(
            "%(count)s decisions copied from %(origin)s.", count=count, origin=self.origin_id.name))


class XeroMappingCopyLine(models.TransientModel):
    """A decision of the other connection, and its target in this one."""
    _name = 'xero.mapping.copy.line'
    _inherit = 'xero.dialog'
    _description = "Decision to Copy"

    copy_id = fields.Many2one('xero.mapping.copy', required=True, ondelete='cascade')
    mapping_id = fields.Many2one('xero.mapping', required=True, readonly=True, ondelete='cascade')
    type = fields.Selection(related='mapping_id.type', related_sudo=False)
    source_name = fields.Char(related='mapping_id.source_name', related_sudo=False)
    use = fields.Selection(related='mapping_id.use', related_sudo=False)
    origin_name = fields.Char(string="In the other organisation", related='mapping_id.target_name', related_sudo=False)
    target_code = fields.Char(string="Code in Xero", readonly=True)
    target_name = fields.Char(string="Becomes", readonly=True)
