from odoo import fields, models

from .xero_reference_mixin import ACTIVE


class XeroBrandingTheme(models.Model):
    """Reference data: the layout in which Xero prints and mails sales documents."""
    _name = 'xero.branding.theme'
    _description = "Xero Branding Theme"
    _inherit = ['xero.reference.mixin']
    _order = 'connection_id, sort_order, name'

    xero_id = fields.Char(string="Theme ID", required=True, readonly=True)
    name = fields.Char(readonly=True)
    sort_order = fields.Integer(readonly=True, help="0 is the default theme.")     # https://github.com/XeroAPI/Xero-OpenAPI

    _xero_uniq = models.UniqueIndex('(connection_id, xero_id)')

    def _values(self, element):
        """Return the values of an element of `GET BrandingThemes`, which has no status: each listed theme can be used."""
        return {
            'xero_id': element['BrandingThemeID'],
            'name': element.get('Name') or False,
            'sort_order': element.get('SortOrder') or 0,
            'status': ACTIVE,
        }
