from datetime import date, timedelta

from odoo import models


class XeroFeedCredits(models.AbstractModel):
    """The common base of overpayments and prepayments: they become rows of `xero.payment`, which the feed of payments works on."""
    _name = 'xero.feed.credits'
    _inherit = 'xero.feed'
    _description = "Feed of Changes in Xero: credits"

    _pause = timedelta(hours=6)     # rare, and of two endpoints
    _sort = None    # value of `xero.payment.sort`

    def _is_on(self, connection: models.BaseModel) -> bool:
        return self.env['xero.feed.payments']._is_on(connection)

    def _wanted_scopes(self, connection: models.BaseModel) -> list:
        return self.env['xero.feed.payments']._wanted_scopes(connection)

    def _first_day(self, connection: models.BaseModel) -> date | None:
        return self.env['xero.feed.payments']._first_day(connection)

    def _take(self, slice, elements: list) -> int:
        return self.env['xero.payment']._store_credits(slice.connection, self._sort, self._xero_id, elements)
