from odoo import models


class XeroFeedCreditNotes(models.AbstractModel):
    """Credit notes of customers and vendors, with their lines and allocations."""
    _name = 'xero.feed.credit_notes'
    _inherit = 'xero.feed.documents'
    _description = "Feed of Changes in Xero: credit notes"

    _sequence = 60
    _endpoint = 'CreditNotes'
    _xero_id = 'CreditNoteID'
