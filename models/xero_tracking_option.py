from odoo import fields, models


class XeroTrackingOption(models.Model):
    """Reference data: an option of one of Xero's two tracking categories, as last read."""
    _name = 'xero.tracking.option'
    _description = "Xero Tracking Option"
    _order = 'connection_id, category_name, name'

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    category_xero_id = fields.Char(required=True, readonly=True)
    category_name = fields.Char(readonly=True)
    xero_id = fields.Char(required=True, readonly=True)
    name = fields.Char(readonly=True)
    status = fields.Char(readonly=True)

    _xero_uniq = models.UniqueIndex('(connection_id, xero_id)')
