from odoo import api, fields, models

from .xero_reference_mixin import ACTIVE


class XeroTrackingOption(models.Model):
    """Reference data: an option of a tracking category in Xero, as last read."""
    _name = 'xero.tracking.option'
    _description = "Xero Tracking Option"
    _inherit = ['xero.reference.mixin']
    _order = 'connection_id, category_name, name'

    category_xero_id = fields.Char(required=True, readonly=True)
    category_name = fields.Char(readonly=True)
    xero_id = fields.Char(required=True, readonly=True)
    name = fields.Char(readonly=True)

    _xero_uniq = models.UniqueIndex('(connection_id, xero_id)')

    def _values(self, category, element):
        """Return the values of an option of an element of `GET TrackingCategories`."""
        is_archived = category.get('Status', ACTIVE) != ACTIVE
        return {
            'category_xero_id': category['TrackingCategoryID'],
            'category_name': category.get('Name') or False,
            'xero_id': element['TrackingOptionID'],
            'name': element.get('Name') or False,
            'status': category['Status'] if is_archived else element.get('Status') or ACTIVE,
        }

    @api.depends('category_name', 'name')
    def _compute_display_name(self):
        for option in self:
            option.display_name = ': '.join(filter(None, (option.category_name, option.name)))
