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
