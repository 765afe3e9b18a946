from odoo import api, fields, models


class XeroMappingCopy(models.TransientModel):
    """Copy decisions from another connection, after showing which."""
    _name = 'xero.mapping.copy'
    _description = "Copy the Mapping of a Xero Connection"

    connection_id = fields.Many2one('xero.connection', string="To", required=True, ondelete='cascade')
    origin_id = fields.Many2one('xero.connection', string="From", required=True, ondelete='cascade', domain="[('id', '!=', connection_id)]")
    mapping_ids = fields.Many2many('xero.mapping', string="What is copied", compute='_compute_mapping_ids')

    @api.depends('connection_id', 'origin_id')
    def _compute_mapping_ids(self):
        Mapping = self.env['xero.mapping']
        for wizard in self:
            plan = Mapping._plan_copy(wizard.origin_id, wizard.connection_id) if wizard.origin_id and wizard.connection_id else []
            wizard.mapping_ids = Mapping.union(*(copy.origin for copy in plan))

    def action_copy(self):
        self.ensure_one()
        count = self.env['xero.mapping']._copy_from(self.origin_id, self.connection_id)
        return self.connection_id._notify('success', self.env._(
            "%(count)s decisions copied from %(origin)s.", count=count, origin=self.origin_id.name))
