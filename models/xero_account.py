from odoo import api, fields, models


class XeroAccount(models.Model):
    """Reference data: an account of the chart in Xero, as last read."""
    _name = 'xero.account'
    _description = "Xero Account"
    _order = 'connection_id, code, name'

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    xero_id = fields.Char(required=True, readonly=True)
    code = fields.Char(readonly=True)
    name = fields.Char(readonly=True)
    type = fields.Char(readonly=True)
    account_class = fields.Char(string="Class", readonly=True)
    status = fields.Char(readonly=True)
    system_account = fields.Char(readonly=True)
    tax_type = fields.Char(readonly=True)
    can_take_lines = fields.Boolean(readonly=True, help="Whether lines of invoices and bills may name it.")

    _xero_uniq = models.UniqueIndex('(connection_id, xero_id)')
