from dataclasses import replace

from odoo import models

from ...tools.xero_elements import MARK
from ..reference.xero_reference_mixin import DELETED
from .xero_document_parts import is_same_part
from .xero_payload import Payload

THEME = 'BrandingThemeID'


class XeroKindPresentation(models.AbstractModel):
    """How a document with lines looks in Xero, and whether its customer has it: no content, so people may change both there.

    Xero lays out the sales documents of a journal by its branding theme; bills and their credit notes are other people's paper. It sends
    reminders by the mark as sent, and takes the mark on approved invoices alone. (https://developer.xero.com/documentation/api/accounting/invoices)
    """
    _name = 'xero.kind.presentation'
    _inherit = 'xero.kind'
    _description = "Kind of Document in Xero: look, and mark as sent"

    _is_sale = None
    _is_marked_sent = False     # whether Xero marks it as sent to its customer

    def _prepare_presentation(self, export, move):
        """Return the elements that say how the document looks and whether its customer has it."""
        theme = self._theme(export.connection_id, move)
        values = {THEME: theme.xero_id} if theme._is_usable() else {}
        if self._is_marked_sent:
            values[MARK] = move.is_move_sent and self._is_approved(export)
        return values

    def _keep_presentation(self, built, remote):
        """Return the document as built, without what has to stay as it is in Xero.

        That is the theme that somebody chose there for this one document, and the mark of a document that is not approved.
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
        """Yield that the theme of the journal was deleted in Xero."""
        theme = self._theme(export.connection_id, move)
        if theme and not theme._is_usable():
            yield self.env._(
                "The branding theme “%(theme)s” of the journal %(journal)s was deleted in Xero, so %(document)s has Xero's default one. "
                "Choose another theme on the journal.", theme=theme.name, journal=move.journal_id.display_name, document=move._xero_name())

    def _can_go_without(self, export: models.BaseModel, messages: list) -> bool:
        theme = self._theme(export.connection_id, export.move_id)
        if not theme._is_usable() or not any('branding theme' in message.lower() for message in messages):
            return False
        # Deleted in Xero since the list was read. Without it the document says so in a warning; the next reading decides
        theme.status = DELETED
        return True

    def _is_our_theme(self, export, remote):
        """Return whether the document has the theme in Xero that we gave it, or the default one because we gave it none."""
        theirs = remote.get(THEME)
        ours = {version[THEME] for version in export._sent_versions() if version.get(THEME)}
        if not theirs or ours:
            return not theirs or theirs in ours
        return bool(self.env['xero.branding.theme'].search_count(
            [('connection_id', '=', export.connection_id.id), ('xero_id', '=', theirs), ('sort_order', '=', 0)], limit=1))

    # === THE MARK === #

    def _is_approved(self, export):
        """Return whether the document is approved in Xero as far as we know, or will be when it arrives."""
        return (export.xero_status or self._status(export.connection_id)) in ('AUTHORISED', 'PAID')

    def _build_mark(self, built: Payload, remote: dict) -> Payload | None:
        if MARK not in built.element or is_same_part(MARK, built.element, remote):
            return None
        return Payload(
            built.export, built.revision, element={self._xero_id: remote[self._xero_id], MARK: True}, total=built.total,
            key=remote[self._xero_id], digest=built.digest, is_mark=True)
