from odoo import models


class XeroExport(models.Model):
    """The button of a document that failed because it is not certain who its partner is in Xero."""
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

    def _compute_mend_label(self):
        result = super()._compute_mend_label()
        for export in self:
            if export._contact_candidates():
                export.mend_label = self.env._("Choose the contact")
        return result

    def action_mend(self):
        """Go where the cause of the failure can be fixed; a contact that is not certain is chosen in a dialog."""
        self.ensure_one()
        if not self._contact_candidates():
            return super().action_mend()
        return self.connection_id._choose_contact(self._contact_partner())
