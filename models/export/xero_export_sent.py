from odoo import fields, models

from ..kinds.xero_document_parts import MARK
from .xero_cause import deciding


class XeroExport(models.Model):
    """Invoices that are sent to their customers after they went to Xero are marked as sent there, too, by the way of changes."""
    _inherit = 'xero.export'

    sent_in_xero = fields.Boolean(string="Marked as sent", readonly=True, help="Xero counts it as sent to the customer, as far as we know.")

    def _queue_mark(self):
        """Have an invoice marked as sent. That is no content, so what was said about the content stays."""
        self._set_waiting(operation='update', warning=self.warning, next_try_at=self.connection_id._changes_due_at())

    def _lacks_mark(self, built):
        return (
            MARK in built.element and not self.sent_in_xero and self.xero_status == 'AUTHORISED' and self.connection_id.send_changes
            and self._is_compared_equal() and self.digest == built.digest)

    def _is_only_mark_due(self, built, held):
        """Return whether the content equals what was sent, so that only the mark asks for a decision, whatever somebody did in Xero."""
        return (
            held and self.operation == 'update' and built.digest == self.digest and self._is_edited(held) and not self._kind()._is_gone(held))

    def _settle_mark(self, element, operation='create'):
        """Nothing of the content was compared or sent, so what somebody did in Xero is still to be noticed."""
        self._set_synced(operation=operation, xero_status=element.get('Status') or self.xero_status, sent_in_xero=bool(element.get(MARK)))
        if element.get('UpdatedDateUTC') and not self._is_edited(element):
            self._take_over(element)

    def _settle_refused_mark(self, messages):
        """Xero refused the mark, because the period is locked for example: the document is in Xero as it should be all the same."""
        self._settle_mark({MARK: True})
        self.warning = '\n'.join(filter(None, [self.warning, self.env._(
            "%(organisation)s did not mark %(document)s as sent: “%(words)s”. Mark it there if Xero is to send reminders for it.",
            organisation=self.connection_id.organisation_name, document=self.document_name, words=deciding(messages)[1].rstrip('. '))]))

    def _is_mark_out(self):
        """Return whether what was sent last is only the mark."""
        if self.operation != 'update':
            return False
        request = self.request_ids.filtered(lambda request: request.kind != 'contact').sorted('id')[-1:]
        return any(frozen.get('export') == self.id and frozen.get('is_mark') for frozen in request.frozen or ())
