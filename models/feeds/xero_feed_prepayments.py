from odoo import models


class XeroFeedPrepayments(models.AbstractModel):
    """Prepayments of customers and vendors, with their allocations."""
    _name = 'xero.feed.prepayments'
    _inherit = 'xero.feed.credits'
    _description = "Feed of Changes in Xero: prepayments"

    _sequence = 67      # before payments, which may refund them
    _endpoint = 'Prepayments'
    _xero_id = 'PrepaymentID'
    _sort = 'prepayment'
