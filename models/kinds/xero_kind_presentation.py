from dataclasses import replace

from odoo import models

from ...tools.xero_elements import MARK
from ..reference.xero_reference_mixin import DELETED
from .xero_document_parts import is_same_part
from .xero_payload import Payload

THEME = 'BrandingThemeID'


class XeroKindPresentation(models.AbstractModel):
    """The branding theme of a document with lines, and its mark as sent. Neither is content, so people may change both in Xero.

    Xero prints sales documents with a branding theme, chosen by the journal; bills and vendor credit notes have none. It sends reminders
    for invoices that are marked as sent, and accepts the mark on approved invoices only.
    (https://developer.xero.com/documentation/api/accounting/invoices)
    """
    _name = 'xero.kind.presentation'
    _inherit = 'xero.kind'
    _description = "Kind of Document in Xero: look, and mark as sent"

    _is_sale = None
    _is_marked_sent = False     # whether it can be marked as sent to its customer

    def _prepare_presentation(self, export, move):
        """Return the values for the theme and the mark."""
        theme = self._theme(export.connection_id, move)
        values = {THEME: theme.xero_id} if theme._is_usable() else {}
        if self._is_marked_sent:
            values[MARK] = move.is_move_sent and self._is_approved(export)
        return values

    def _keep_presentation(self, built, remote):
        """Return the document as built, without the parts that must not change in Xero.

        These are a theme that a person chose in Xero for this document, and the mark of a document that is not approved.
        """
        kept = set()
        if THEME in built.element and not self._is_our_theme(built.export, remote):
            kept.add(THEME)
        if remote['Status'] != 'AUTHORISED':
            kept.add(MARK)
        return replace(built, element={name: value for name, value in built.element.items() if name not in kept})

    # === THE THEME === #

    def _theme(self, connection: models.BaseModel, move: models.BaseModel) -> models.BaseModel:
        theme = move.journal_id.xero_branding_theme_id
        return theme if self._is_sale and theme.connection_id == connection else theme.browse()

    def _theme_warnings(self, export, move):
        """Yield a sentence if the theme of the journal was deleted in Xero."""
        theme = self._theme(export.connection_id, move)
        if theme and not theme._is_usable():
            yield self.env._(
                "The branding theme “%(theme)s” of the journal %(journal)s was deleted in Xero, so %(document)s has Xero's default one. "
                "Choose another theme on the journal.", theme=theme.name, journal=move.journal_id.display_name, document=move._xero_name())

    def _leave_out_refused(self, export: models.BaseModel, messages: list) -> bool:
        theme = self._theme(export.connection_id, export.move_id)
        if not theme._is_usable() or not any('branding theme' in message.lower() for message in messages):
            return False
        # Deleted in Xero since the list was read. The next try sends no theme and adds a warning; the next reading updates the status
        theme.status = DELETED
        return True

    def _is_our_theme(self, export, remote):
        """Return whether the document in Xero has the theme that we sent, or the default theme if we sent none."""
        theirs = remote.get(THEME)
        ours = {version[THEME] for version in export._sent_versions() if version.get(THEME)}
        if not theirs or ours:
            return not theirs or theirs in ours
        return bool(self.env['xero.branding.theme'].search_count(
            [('connection_id', '=', export.connection_id.id), ('xero_id', '=', theirs), ('sort_order', '=', 0)], limit=1))

    # === THE MARK === #

    def _is_approved(self, export):
        """Return whether the document is approved in Xero by its last known status, or will be when it is created."""
        return (export.xero_status or self._status(export.connection_id)) in ('AUTHORISED', 'PAID')

    def _build_mark(self, built: Payload, remote: dict) -> Payload | None:
        if MARK not in built.element or is_same_part(MARK, built.element, remote):
            return None
        return Payload(
            built.export, built.revision, element={self._xero_id: remote[self._xero_id], MARK: True}, total=built.total,
            key=remote[self._xero_id], digest=built.digest, is_mark=True)
