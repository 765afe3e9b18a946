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

    def _starts_over(self, connection: models.BaseModel, position: models.BaseModel) -> bool:
        # The credits of contacts that were linked since were passed over, because nobody knew their partners
        return super()._starts_over(connection, position) or bool(self.env['xero.contact'].search_count([
            ('connection_id', '=', connection.id), ('linked_at', '>=', position.read_at)], limit=1))

    def _take(self, slice, elements: list) -> int:
        return self.env['xero.payment']._store_credits(slice.connection, self._sort, self._xero_id, elements)
