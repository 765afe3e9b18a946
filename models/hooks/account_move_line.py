from odoo import models


class AccountMoveLine(models.Model):
    """A sweep looks for items that were written lately, see `xero.kind._recent_writes`."""
    _inherit = 'account.move.line'

    _xero_written = models.Index("USING brin (write_date)")
