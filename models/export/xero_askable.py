from odoo import api, fields, models

from .xero_cause import ADMIN_ROLE, cause_named


class XeroAskable(models.AbstractModel):
    """An export that only an invoice admin can fix: other users ask for it."""
    _name = 'xero.askable'
    _description = "Export with a Request to the Invoice Admins"

    can_ask = fields.Boolean(compute='_compute_can_ask', help="Only an invoice admin can fix it, and nobody has asked for that yet.")
    asked_words = fields.Char(compute='_compute_can_ask', help="Who asked for help, whom and when.")

    @api.depends('state', 'cause', 'candidate', 'mapping_ids')
    @api.depends_context('uid', 'lang', 'tz')
    def _compute_can_ask(self):
        Ask = self.env['xero.ask'].sudo()
        for export in self:
            is_for_admins = export._is_for_admins()
            asks = Ask._like({**Ask._values_of(export.sudo()), 'export_id': export.id}) if is_for_admins else Ask
            export.asked_words = bool(asks.activity_ids) and asks._words()
            export.can_ask = is_for_admins and not asks.activity_ids

    def _is_for_admins(self):
        """Return whether it failed for a cause that the user cannot fix, but an invoice admin can."""
        return self.state == 'failed' and not self.env.user.has_group(ADMIN_ROLE) and (self.can_link or cause_named(self.cause).role == ADMIN_ROLE)

    def action_ask(self):
        """Ask the invoice admins to fix what the user cannot."""
        self.ensure_one()
        self.check_access('read')
        if not self._is_for_admins():       # fixed since the page was loaded, or the user can fix it
            return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
        return self.env['xero.ask'].sudo()._ask_about(self.sudo())
