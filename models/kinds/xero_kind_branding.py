from dataclasses import replace

from odoo import models

THEME = 'BrandingThemeID'


class XeroKind(models.AbstractModel):
    _inherit = 'xero.kind'

    def _theme(self, connection, move):
        """Return the branding theme that a document is to have in the connection's organisation, whether it can be used or not."""
        return self.env['xero.branding.theme']


class XeroKindDocument(models.AbstractModel):
    """How Xero lays out the sales documents of a journal. Bills and their credit notes are other people's paper."""
    _inherit = 'xero.kind.document'

    def _prepare_presentation(self, export, move):
        theme = self._theme(export.connection_id, move)
        return {**super()._prepare_presentation(export, move), **({THEME: theme.xero_id} if theme._is_usable() else {})}

    def _theme(self, connection, move):
        theme = move.journal_id.xero_branding_theme_id
        return theme if self._is_sale and theme.connection_id == connection else theme.browse()

    def _warnings(self, export, move):
        yield from super()._warnings(export, move)
        theme = self._theme(export.connection_id, move)
        if theme and not theme._is_usable():
            yield self.env._(
                "The branding theme “%(theme)s” of the journal %(journal)s was deleted in Xero, so %(document)s has Xero's default one. "
                "Choose another theme on the journal.", theme=theme.name, journal=move.journal_id.display_name, document=move._xero_name())

    def _build_update(self, built, held):
        """Leave alone the theme that somebody chose in Xero for this one document."""
        if THEME in built.element and not self._is_our_theme(built.export, held):
            built = replace(built, element={name: value for name, value in built.element.items() if name != THEME})
        return super()._build_update(built, held)

    def _is_our_theme(self, export, held):
        """Tell whether the document has the theme in Xero that we gave it, or the default one because we gave it none."""
        theirs = held.get(THEME)
        ours = {version[THEME] for version in export._sent_versions() if version.get(THEME)}
        if not theirs or ours:
            return not theirs or theirs in ours
        return bool(self.env['xero.branding.theme'].search_count(
            [('connection_id', '=', export.connection_id.id), ('xero_id', '=', theirs), ('sort_order', '=', 0)], limit=1))
