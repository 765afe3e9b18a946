from odoo import fields, models

from .xero_reference_mixin import ACTIVE


class XeroTrackingCategory(models.Model):
    """Reference data: a tracking category in Xero, as last read. Two can be active."""
    _name = 'xero.tracking.category'
    _description = "Xero Tracking Category"
    _inherit = ['xero.reference.mixin']
    _order = 'connection_id, name'

    xero_id = fields.Char(string="Category ID", required=True, readonly=True)
    name = fields.Char(readonly=True)

    _xero_uniq = models.UniqueIndex('(connection_id, xero_id)')

    def _values(self, element):
        """Return the values of an element of `GET TrackingCategories`."""
        return {
            'xero_id': element['TrackingCategoryID'],
            'name': element.get('Name') or False,
            'status': element.get('Status') or ACTIVE,
        }
