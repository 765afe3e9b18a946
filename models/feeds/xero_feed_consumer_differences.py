from odoo import models

from ..difference.xero_difference import PAID


class XeroFeedConsumerDifferences(models.AbstractModel):
    """Notices what happens in Xero to documents that are there."""
    _name = 'xero.feed.consumer.differences'
    _inherit = 'xero.feed.consumer'
    _description = "Consumer of Feeds: differences between Odoo and Xero"

    _sequence = 90      # after payments and credit, which may explain them
    _feeds = ('invoices', 'credit_notes')

    def _is_on(self, connection: models.BaseModel, feed_name: str) -> bool:
        # Nothing can differ before something was exported, and each check costs a call
        endpoint = self.env[f'xero.feed.{feed_name}']._endpoint
        kinds = [kind._kind_name() for kind in self.env['xero.kind']._all() if kind._xero_endpoint == endpoint]
        return self._is_wanted(connection) and bool(self.env['xero.export'].sudo().search_count(
            [('connection_id', '=', connection.id), ('kind', 'in', kinds), ('xero_id', '!=', False)], limit=1))

    def _is_wanted(self, connection):
        """Return whether a difference is switched on, or what is paid on documents of a first sync differs, which is listed anyway."""
        return bool(connection._alarms()) or bool(self.env['xero.difference'].sudo().search_count(
            [('connection_id', '=', connection.id), ('topic', 'in', PAID), ('state', '=', 'open')], limit=1))

    def _take(self, slice, feed: models.BaseModel, elements: list) -> int:
        comparison = self.env['xero.comparison']
        return comparison._compare(slice, comparison._matched(slice.connection, feed._endpoint, feed._xero_id, elements))
