from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.client_action import notification


class XeroPayment(models.Model):
    """What users see of a payment from Xero, and press."""
    _inherit = 'xero.payment'

    asked_by_id = fields.Many2one('res.users', string="Requested by", readonly=True, help="Registered by request of this user, whatever its date.")

    def action_register(self):
        """Register payments that wait, are blocked or were left alone, as soon as possible."""
        self._check_admin()
        rows = self.sudo().filtered(lambda row: row.state in ('waiting', 'blocked', 'ignored') and row.reason_code != 'answer')
        if not rows:
            raise UserError(self.env._("Only payments that wait, are blocked or are ignored can be registered."))
        rows.write({'asked_by_id': self.env.uid, 'is_due': True})
        rows.connection_id._arm()
        return notification('info', self.env._("The payments are registered in a moment."))

    def action_ignore(self):
        """Leave payments alone that wait or are blocked, because a person has settled them in another way."""
        self._check_admin()
        rows = self.sudo().filtered(lambda row: row.state in ('waiting', 'blocked'))
        if not rows:
            raise UserError(self.env._("Only payments that wait or are blocked can be ignored."))
        rows._close_activity()
        rows._set_state('ignored', self.env._("%(user)s has settled it by hand.", user=self.env.user.name))

    def action_fix(self):
        """Open what holds the payment back: the mapping, the journal, or the document."""
        self.ensure_one()
        self.check_access('read')
        if self.reason_code == 'mapping':
            action = self.env['ir.actions.actions']._for_xml_id('account_xero.xero_mapping_action')
            return {**action, 'domain': [('connection_id', '=', self.connection_id.id), ('type', '=', 'bank')], 'context': {}}
        record = self.payment_id or self.move_id
        if self.reason_code in ('policy', 'early'):
            record = self.env['xero.mapped.bank'].sudo()._rows_by_account(self.connection_id)[self.xero_account_id].journal_id[:1]
        return {'type': 'ir.actions.act_window', 'res_model': record._name, 'res_id': record.id, 'views': [(False, 'form')]}

    def action_open_in_xero(self):
        """Open the payment in Xero."""
        self.ensure_one()
        self.check_access('read')
        if not self.xero_url:
            raise UserError(self.env._("The address of this payment in Xero is not known."))
        return {'type': 'ir.actions.act_url', 'url': self.xero_url, 'target': 'new'}

    def _check_admin(self):
        """Check that the user may decide about these payments.

        :raise AccessError: the user is no invoice admin, or may not read them.
        """
        self.check_access('read')
        self.env['xero.mapping'].check_access('write')
