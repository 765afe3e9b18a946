from odoo import api, fields, models

from ...const import ADMIN_ROLE
from .xero_cause import cause_named

DIFFERENCE = 'difference'   # instead of a cause: nothing failed, but somebody has to decide which version counts


class XeroAskable(models.AbstractModel):
    """An export for which only an invoice admin can do the next step: other users ask for it."""
    _name = 'xero.askable'
    _description = "Export with a Request to the Invoice Admins"

    can_ask = fields.Boolean(compute='_compute_can_ask', help="Only an invoice admin can do the next step, and nobody has asked for that yet.")
    asked_words = fields.Char(compute='_compute_can_ask', help="Who asked for help, whom and when.")

    @api.depends('state', 'cause', 'candidate', 'mapping_ids', 'can_decide')
    @api.depends_context('uid', 'lang', 'tz')
    def _compute_can_ask(self):
        Ask = self.env['xero.ask'].sudo()
        for export in self:
            cause = export._cause_for_admins()
            asks = Ask._like(Ask._values_of(export.sudo(), cause)) if cause else Ask
            export.asked_words = bool(asks.activity_ids) and asks._words()
            export.can_ask = cause and not asks.activity_ids

    def _cause_for_admins(self):
        """Return the cause, or `DIFFERENCE`, that an invoice admin can fix and the user cannot. None if there is none, or the user is an admin."""
        if self.env.user.has_group(ADMIN_ROLE):
            return None
        if self.state == 'failed' and (self.can_link or cause_named(self.cause).role == ADMIN_ROLE):
            return self.cause
        return DIFFERENCE if self.can_decide else None

    def action_ask(self):
        """Ask the invoice admins to do what the user may not."""
        self.ensure_one()
        self.check_access('read')
        cause = self._cause_for_admins()
        if not cause:       # fixed since the page was loaded, or the user can fix it
            return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
        return self.env['xero.ask'].sudo()._ask_about(self.sudo(), cause)
