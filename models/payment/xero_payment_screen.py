from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ...const import ADMIN_ROLE
from ...tools.client_action import notification

# What held it back can be put right on documents, which users do themselves
ON_DOCUMENTS = ('built_on', 'withdrawn')


class XeroPayment(models.Model):
    """What users see of a payment from Xero, and press."""
    _inherit = 'xero.payment'

    asked_by_id = fields.Many2one('res.users', string="Requested by", readonly=True, help="Registered by request of this user, whatever its date.")

    needs_person = fields.Boolean(
        string="Needs a person", compute='_compute_needs_person', search='_search_needs_person', help="Odoo alone cannot register or reconcile it.")

    awaits_admin = fields.Boolean(
        string="Needs an invoice admin", compute='_compute_awaits_admin', help="Only an invoice admin can do what it needs.")
    can_ask = fields.Boolean(compute='_compute_can_ask', help="Only others can do what it needs, and nobody has asked them yet.")
    asked_words = fields.Char(compute='_compute_can_ask', help="Who asked for help, whom and when.")

    @api.depends('state', 'reason_code')
    def _compute_needs_person(self):
        for row in self:
            row.needs_person = row.state in ('blocked', 'open') or (row.state == 'waiting' and bool(row.reason_code))

    @api.model
    def _search_needs_person(self, operator, value):
        if operator != 'in':
            return NotImplemented
        needs = Domain('state', 'in', ('blocked', 'open')) | (Domain('state', '=', 'waiting') & Domain('reason_code', '!=', False))
        return Domain.OR(needs if one else ~needs for one in value)

    def action_check_payments(self):
        """Request, for the present user, that Xero is asked for payments of all connections; the result comes as a notification."""
        self.check_access('read')
        connections = self.env['xero.connection'].search([('status', '=', 'connected')])
        return self.env['xero.feed']._check_payments(connections.sudo())

    # === ASKING === #

    @api.depends('state', 'reason_code')
    def _compute_awaits_admin(self):
        for row in self:
            row.awaits_admin = row.needs_person and row.state in ('waiting', 'blocked') and row.reason_code not in ON_DOCUMENTS

    @api.depends('awaits_admin', 'xero_account_id')
    @api.depends_context('uid', 'lang', 'tz')
    def _compute_can_ask(self):
        Ask, is_admin = self.env['xero.ask'].sudo(), self.env.user.has_group(ADMIN_ROLE)
        for row in self:
            is_asked = row.awaits_admin and not is_admin
            asks = Ask._like(Ask._values_of_payment(row.sudo())) if is_asked else Ask
            row.asked_words = bool(asks.activity_ids) and asks._words()
            row.can_ask = is_asked and not asks.activity_ids

    def action_ask(self):
        """Ask the invoice admins to decide about the payment."""
        self.ensure_one()
        self.check_access('read')
        if not self.awaits_admin:       # settled since the page was loaded
            return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
        return self.env['xero.ask'].sudo()._ask_about_payment(self.sudo())

    # === DECIDING === #

    def action_register(self):
        """Register payments that wait, are blocked or were left alone, as soon as possible."""
        self._check_admin()
        rows = self.sudo().filtered(lambda row: row.state in ('waiting', 'blocked', 'ignored') and row.reason_code != 'answer')
        if not rows:
            raise UserError(self.env._("Only payments that wait, are blocked or are ignored can be registered. Load the page again, or select others."))
        rows.write({'asked_by_id': self.env.uid, 'is_due': True})
        rows.connection_id._arm()
        return notification('info', self.env._("The payments are registered in a moment."))

    def action_link(self):
        """Note that the payment is the one that Odoo has already; it is not registered again."""
        self.ensure_one()
        self._check_admin()
        row, payment = self.sudo(), self.sudo().same_payment_id
        if row.reason_code != 'same' or not payment or self.sudo().search_count([('payment_id', '=', payment.id)], limit=1):
            raise UserError(self.env._("There is no payment in Odoo any more that could be this one. Load the page again."))
        row._set_state('done', self.env._("%(user)s says that it is this payment in Odoo.", user=self.env.user.name))
        row.write({
            'payment_id': payment.id, 'journal_id': payment.journal_id.id, 'payment_date': payment.date, 'same_payment_id': False,
            'is_due': row.sort != 'payment'})     # a credit is reconciled where Xero allocated it
        row.connection_id._arm()
        payment._message_log(body=self.env._(
            "It is the payment that was made in Xero (%(organisation)s) on %(date)s. Payment ID in Xero: %(xero_id)s.",
            organisation=row.connection_id.organisation_name, date=format_date(self.env, row.date), xero_id=row.xero_id))

    def action_ignore(self):
        """Leave payments alone that wait or are blocked, because a person has settled them in another way."""
        self._check_admin()
        rows = self.sudo().filtered(lambda row: row.state in ('waiting', 'blocked'))
        if not rows:
            raise UserError(self.env._("Only payments that wait or are blocked can be ignored. Load the page again, or select others."))
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
            raise UserError(self.env._("The address of this payment in Xero is not known. Search for it in Xero by its date and amount."))
        return {'type': 'ir.actions.act_url', 'url': self.xero_url, 'target': 'new'}

    def _check_admin(self):
        """Check that the user may decide about these payments.

        :raise AccessError: the user is no invoice admin, or may not read them.
        """
        self.check_access('read')
        self.env['xero.mapping'].check_access('write')
