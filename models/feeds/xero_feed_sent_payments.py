from datetime import date

from odoo import models

SENT = ('out', 'both')      # values of `account.journal.xero_payments`


class XeroFeedSentPayments(models.AbstractModel):
    """Payments that Odoo sent and somebody deleted in Xero, while no journal takes payments from Xero. Nothing is registered in Odoo.

    While a journal does, the feed `payments` tells of these deletions, too: Xero is asked once. Each of both feeds has its own position, so
    payments that this one passed over are still read by the other when a journal begins to take them.
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
        """Return whether journals send payments, and none takes them."""
        return bool(connection._payment_journals(SENT)) and not self.env['xero.feed.payments']._is_wanted(connection)

    def _wanted_scopes(self, connection: models.BaseModel) -> list:
        # The permission that sends payments also reads them
        return self.env['xero.kind.payment']._wanted_scopes(connection) if self._is_wanted(connection) else []

    def _take(self, slice, elements: list) -> int:
        return self.env['xero.feed.payments']._take_gone(slice, elements)

    def _first_day(self, connection: models.BaseModel) -> date | None:
        days = connection._payment_journals(SENT).mapped('xero_payments_out_since')
        return min(days) if days and all(days) else None
