from odoo import fields, models


class XeroConnection(models.Model):
    """How the amounts of documents are written in Xero."""
    _inherit = 'xero.connection'

    quantity_policy = fields.Selection(
        [('quantity', "Quantity × price"), ('total', "1 × total of the line")], string="Lines", required=True, default='quantity',
        help="Quantity × price: as on the document, as far as Xero's rounding comes to the same amount.\n"
             "1 × total of the line: the quantity stands in the text, for books that no quantity belongs into.")
