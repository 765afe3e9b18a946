from collections.abc import Iterator

from odoo import api, models


class XeroFeedConsumer(models.AbstractModel):
    """What is done with the elements that feeds of documents read. Several consumers can use one feed: Xero is called once.

    A consumer is an abstract model `xero.feed.consumer.<name>` that inherits this one, in one file. It must define `_feeds`, `_is_on` and
    `_take`.
    """
    _name = 'xero.feed.consumer'
    _inherit = 'xero.family'
    _description = "Consumer of a Feed of Changes in Xero"
    _family = 'xero.feed.consumer'

    _feeds = ()         # names of the feeds that it uses, such as `invoices`

    @api.model
    def _of(self, feed_name: str, connection: models.BaseModel) -> Iterator[models.BaseModel]:
        """Yield the consumers (empty records of their models) that need a feed for a connection, in their order."""
        for consumer in self._all():
            if feed_name in consumer._feeds and consumer._is_on(connection, feed_name):
                yield consumer

    def _is_on(self, connection: models.BaseModel, feed_name: str) -> bool:
        """Return whether a policy of the connection needs a feed for this consumer, and the consent covers it."""
        raise NotImplementedError

    def _take(self, slice, feed: models.BaseModel, elements: list) -> int:
        """Store what a page contains, or act on it, under the same conditions as `xero.feed._take`.

        :param slice: `models.steps.slice.Slice`.
        :param feed: the feed that read the page.
        :param list elements: dicts of Xero's answer, each with the feed's id.
        :return: number of elements that were new or changed something.
        """
        raise NotImplementedError

    def _recheck(self, connection: models.BaseModel) -> None:
        """Look again at what could not be done; called after each sweep, in a transaction that may be repeated."""
