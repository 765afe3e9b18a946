from odoo import models


class XeroFeedOverpayments(models.AbstractModel):
    """Overpayments of customers and vendors, with their allocations."""
    _name = 'xero.feed.overpayments'
    _inherit = 'xero.feed.credits'
    _description = "Feed of Changes in Xero: overpayments"

    _sequence = 66      # before payments, which may refund them
    _endpoint = 'Overpayments'
    _xero_id = 'OverpaymentID'
    _sort = 'overpayment'
