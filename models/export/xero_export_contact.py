from odoo import models


class XeroExport(models.Model):
    """Whether it is uncertain who the partner of a document is in Xero."""
    _inherit = 'xero.export'

    def _warn(self, warning):
        """Add a warning that stays when the documents are in Xero."""
        for export in self:
            known = (export.warning or '').splitlines()
            export.warning = '\n'.join([*known, *(line for line in warning.splitlines() if line not in known)])

    def _contact_candidates(self):
        """Return the contacts that the partner could be, for a user who may choose; else none."""
        if self.state != 'failed' or self.cause != 'contact' or not self.move_id:
            return self.env['xero.contact']
        return self.connection_id._contact_candidates(self._contact_partner())

    def _contact_partner(self):
        export = self.sudo()
        return export.connection_id._partner_of(export.move_id)
