from odoo import api, fields, models


class AccountPayment(models.Model):
    """A payment that was made in Xero names it, and is never sent there."""
    _inherit = 'account.payment'

    xero_payment_ids = fields.One2many(
        'xero.payment', 'payment_id', string="Payment in Xero", readonly=True, copy=False, groups='account_xero.group_xero_user')
    xero_payment_ref = fields.Char(
        string="Payment ID in Xero", compute='_compute_xero_payment_ref', groups='account_xero.group_xero_user', help="Of a payment that was made in Xero.")

    @api.depends('xero_payment_ids.xero_id')
    def _compute_xero_payment_ref(self):
        for payment in self:
            payment.xero_payment_ref = payment.xero_payment_ids[:1].xero_id

    def _xero_is_from_xero(self):
        """Return whether the payment was made in Xero, so that it must not be sent there."""
        self.ensure_one()
        return bool(self.sudo().xero_payment_ids)

    # === TAKEN BACK === #

    def action_draft(self):
        result = super().action_draft()
        self._xero_taken_back()
        return result

    def action_cancel(self):
        result = super().action_cancel()
        self._xero_taken_back()
        return result

    def _xero_taken_back(self):
        """Let the next slice see that a person did what was asked about payments that were deleted in Xero. It then closes the tasks."""
        rows = self.sudo().xero_payment_ids._asked_to_undo()
        rows.is_due = True
        rows.connection_id._arm()

    def action_xero_payment(self):
        """Open the payment in Xero that was registered as this one."""
        return self._xero_open_payments(self.xero_payment_ids)

    @api.model
    def _xero_open_payments(self, rows):
        """Return the action that opens payments from Xero.

        :param rows: `xero.payment`.
        """
        rows.check_access('read')
        action = self.env['ir.actions.actions']._for_xml_id('account_xero.xero_payment_action')
        if len(rows) == 1:
            return {**action, 'views': [(False, 'form')], 'res_id': rows.id}
        return {**action, 'domain': [('id', 'in', rows.ids)], 'context': {}}
