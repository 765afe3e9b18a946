from odoo import models


class XeroFeedConsumerCreditNotes(models.AbstractModel):
    """Takes credit notes that were made in Xero and are allocated to exported documents, see `xero.credit.note`."""
    _name = 'xero.feed.consumer.credit_notes'
    _inherit = 'xero.feed.consumer'
    _description = "Consumer of Feeds: credit notes made in Xero"

    _sequence = 50      # before the comparison, which shows what nothing explains
    _feeds = ('credit_notes',)

    def _is_on(self, connection: models.BaseModel, feed_name: str) -> bool:
        # Before an invoice or bill was exported, nothing can be allocated to it, and each check costs a call
        return connection.credit_note_policy != 'none' and bool(self.env['xero.export'].sudo().search_count([
            ('connection_id', '=', connection.id), ('kind', 'in', self.env['xero.credit.note']._credited_kinds()), ('xero_id', '!=', False)], limit=1))

    def _take(self, slice, feed: models.BaseModel, elements: list) -> int:
        return self.env['xero.credit.note']._take(slice, elements).changed

    def _recheck(self, connection: models.BaseModel) -> None:
        self.env['xero.credit.note']._confirm_missed(connection)
