from odoo import models


class XeroFeedDocuments(models.AbstractModel):
    """The common base of feeds whose pages have several uses: each `xero.feed.consumer` that needs the feed takes them."""
    _name = 'xero.feed.documents'
    _inherit = 'xero.feed'
    _description = "Feed of Changes in Xero: documents"

    _params = {'unitdp': 4}     # prices with four decimals, as in all other readings

    def _is_on(self, connection: models.BaseModel) -> bool:
        return any(True for _consumer in self.env['xero.feed.consumer']._of(self._feed_name(), connection))

    def _take(self, slice, elements: list) -> int:
        consumers = self.env['xero.feed.consumer']._of(self._feed_name(), slice.connection)
        return max((consumer._take(slice, self, elements) for consumer in consumers), default=0)

    def _recheck(self, connection: models.BaseModel) -> None:
        for consumer in self.env['xero.feed.consumer']._of(self._feed_name(), connection):
            consumer._recheck(connection)
