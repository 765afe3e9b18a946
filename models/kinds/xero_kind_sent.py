from dataclasses import replace

from odoo import models

from .xero_kind import Built

MARK = 'SentToContact'


class XeroKind(models.AbstractModel):
    _inherit = 'xero.kind'

    def _build_mark(self, built, held):
        """Return the `Built` that only marks the held document as sent, None if there is nothing to mark."""
        return


class XeroKindDocument(models.AbstractModel):
    """Whether the customer has the document: a mark, no content. Xero sends reminders by it, and takes it on approved invoices alone. [P 5.1]"""
    _inherit = 'xero.kind.document'

    def _edited_parts(self, sent, held):
        # People may take the mark away
        return [name for name in super()._edited_parts(sent, held) if name != MARK]

    def _is_alike(self, name, ours, held):
        if name == MARK:
            # What is not approved cannot have it yet, and what is paid needs none any more
            return not ours[name] or bool(held.get(name)) or held['Status'] != 'AUTHORISED'
        return super()._is_alike(name, ours, held)

    def _build_mark(self, built, held):
        if MARK not in built.element or self._is_alike(MARK, built.element, held):
            return None
        return Built(
            built.export, built.revision, element={self._xero_id: held[self._xero_id], MARK: True}, total=built.total,
            key=held[self._xero_id], digest=built.digest, is_mark=True)

    def _build_update(self, built, held):
        if self._parts_to_send(built, held) == [MARK]:
            return self._build_mark(built, held)
        if held['Status'] != 'AUTHORISED':
            built = replace(built, element={name: value for name, value in built.element.items() if name != MARK})
        return super()._build_update(built, held)


class XeroKindSaleInvoice(models.AbstractModel):
    _inherit = 'xero.kind.sale_invoice'

    def _prepare_presentation(self, export, move):
        return {**super()._prepare_presentation(export, move), MARK: move.is_move_sent and self._is_approved(export)}

    def _is_approved(self, export):
        """Tell whether the document is approved in Xero as far as we know, or will be when it arrives."""
        return (export.xero_status or self._status(export.connection_id)) in ('AUTHORISED', 'PAID')
