from odoo import models

from ..reference.xero_reference_mixin import DELETED


class XeroExport(models.Model):
    """A theme that was deleted in Xero since the list was read must not keep a document out."""
    _inherit = 'xero.export'

    def _settle_refused(self, messages, revision=None):
        theme = self._kind()._theme(self.connection_id, self.move_id)
        if theme._is_usable() and any('branding theme' in message.lower() for message in messages):
            # Without it the document says so in a warning; the next reading of the list has the last word
            theme.status = DELETED
            self._set_waiting_again()
            return None
        return super()._settle_refused(messages, revision)
