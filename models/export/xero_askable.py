from odoo import api, fields, models

from ...const import ADMIN_ROLE

DIFFERENCE = 'difference'   # instead of a cause: nothing failed, but somebody has to decide which version counts
PAYMENT = 'payment_in'      # likewise: a payment from Xero, about which somebody has to decide
SET_UP = 'set_up'           # likewise: a company whose export to Xero nobody has set up


class XeroAskable(models.AbstractModel):
    """An export for which the user cannot do the next step, but others can: the user asks them."""
    _name = 'xero.askable'
    _description = "Export with a Request to the Invoice Admins"

    can_ask = fields.Boolean(compute='_compute_can_ask', help="The user cannot do the next step, but others can, and nobody has asked them yet.")
    ask_label = fields.Char(compute='_compute_can_ask', help="The label of the button that asks for help.")
    asked_words = fields.Char(compute='_compute_can_ask', help="Who asked for help, whom and when.")

    @api.depends('state', 'cause', 'candidate', 'mapping_ids', 'partner_id', 'can_decide')
    @api.depends_context('uid', 'lang', 'tz')
    def _compute_can_ask(self):
        Ask = self.env['xero.ask'].sudo()
        for export in self:
            cause = export._cause_to_ask()
            asks = Ask._like(Ask._values_of(export.sudo(), cause)) if cause else Ask
            export.asked_words = bool(asks.activity_ids) and asks._words()
            export.can_ask = cause and not asks.activity_ids
            export.ask_label = export.can_ask and Ask._label(self.env, cause)

    def _cause_to_ask(self):
        """Return the cause, or `DIFFERENCE`, that others can fix and the user cannot. None if there is none."""
        is_admin = self.env.user.has_group(ADMIN_ROLE)
        if self.state == 'failed' and (self.fix_hint or (not is_admin and (self.can_link or self._kind()._can_be_sent_by_policy(self)))):
            return self.cause
        return DIFFERENCE if self.can_decide and not is_admin else None

    def action_ask(self):
        """Ask those who can to do what the user may not."""
        self.ensure_one()
        self.check_access('read')
        cause = self._cause_to_ask()
        if not cause:       # fixed since the page was loaded, or the user can fix it
            return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
        return self.env['xero.ask'].sudo()._ask_about(self.sudo(), cause)
