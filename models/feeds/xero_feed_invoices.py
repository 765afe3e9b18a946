from odoo import models


class XeroFeedInvoices(models.AbstractModel):
    """Invoices and bills, with their lines."""
    _name = 'xero.feed.invoices'
    _inherit = 'xero.feed.documents'
    _description = "Feed of Changes in Xero: invoices and bills"

    _sequence = 50
    _endpoint = 'Invoices'
    _xero_id = 'InvoiceID'
