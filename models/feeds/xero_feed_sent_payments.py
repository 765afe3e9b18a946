from datetime import date

from odoo import models

from ..connection.xero_connection_policy import TO_XERO


class XeroFeedSentPayments(models.AbstractModel):
    """Payments that Odoo sent and somebody deleted in Xero. Nothing is registered in Odoo.

    It is off while the feed `payments` reads them all, because that one tells of these deletions, too: Xero is asked once. Each of both feeds
    has its own position, so payments that this one passed over are still read by the other when a journal begins to take them.
    """
    _name = 'xero.feed.sent_payments'
    _inherit = 'xero.feed'
    _description = "Feed of Changes in Xero: payments that Odoo sent"

    _sequence = 71
    _endpoint = 'Payments'
    _xero_id = 'PaymentID'

    def _is_on(self, connection: models.BaseModel) -> bool:
        # Nothing can be deleted before something was sent, and each check costs a call
        return (
            connection.alarm_gone and self._is_wanted(connection) and self._has_consent(connection)
            and bool(self.env['xero.export'].sudo().search_count([
                ('connection_id', '=', connection.id), ('kind', 'in', self.env['xero.payment']._money_kinds()), ('xero_id', '!=', False)], limit=1)))

    def _is_wanted(self, connection):
        """Return whether journals send payments that the feed `payments` does not read."""
        payments = self.env['xero.feed.payments']
        if not connection._payment_journals(TO_XERO) or not payments._is_on(connection):
            return bool(connection._payment_journals(TO_XERO))
        theirs, ours = payments._first_day(connection), self._first_day(connection)
        return theirs is not None and (ours is None or theirs > ours)

    def _wanted_scopes(self, connection: models.BaseModel) -> list:
        # The permission that sends payments also reads them
        return self.env['xero.kind.payment']._wanted_scopes(connection)

    def _take(self, slice, elements: list) -> int:
        return self.env['xero.feed.payments']._take_gone(slice, elements)

    def _first_day(self, connection: models.BaseModel) -> date | None:
        days = connection._payment_journals(TO_XERO).mapped('xero_payments_out_since')
        return min(days) if days and all(days) else None
