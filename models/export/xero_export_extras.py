from odoo import api, fields, models


class XeroExport(models.Model):
    """The files and the note of a document, none of which changes how far the document itself is."""
    _inherit = 'xero.export'

    extra_ids = fields.One2many('xero.extra', 'export_id', string="Files and notes", readonly=True)
    extra_warning = fields.Text(compute='_compute_extra_warning', help="What is not at the document in Xero, and what to do about it.")
    arrived_at = fields.Datetime(readonly=True, help="When the document that it is in Xero now was made or found there.")

    _arrived = models.Index("(connection_id, arrived_at)")

    @api.depends('extra_ids.message')
    def _compute_extra_warning(self):
        for export in self:
            export.extra_warning = '\n'.join(filter(None, export.extra_ids.mapped('message'))) or False

    @api.depends('extra_warning')
    def _compute_explanation(self):
        result = super()._compute_explanation()
        for export in self.filtered(lambda export: not export.explanation):
            export.explanation = export.extra_warning
        return result

    def _settle_saved(self, element, frozen=None):
        if self.xero_id != element[self._kind()._xero_id]:
            self.arrived_at = fields.Datetime.now()
        return super()._settle_saved(element, frozen)
