from odoo import api, fields, models


class XeroTaxRate(models.Model):
    """Reference data: a tax rate in Xero, as last read. Lines refer to `tax_type`, never to the name."""
    _name = 'xero.tax.rate'
    _description = "Xero Tax Rate"
    _order = 'connection_id, name'

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    tax_type = fields.Char(required=True, readonly=True)
    name = fields.Char(readonly=True)
    rate = fields.Float(string="Effective rate (%)", digits=(16, 4), readonly=True)
    components = fields.Json(readonly=True, help="Name, rate in percent as text, and whether it is compound, of each component.")
    status = fields.Char(readonly=True)
    applies_to = fields.Json(readonly=True, help="The account classes that the rate may be used with.")

    _tax_type_uniq = models.UniqueIndex('(connection_id, tax_type)')
