from odoo import models
from odoo.tools import format_date, formatLang


class AccountMove(models.Model):
    """Odoo's credit warning of a new invoice also tells that its customer is overdue in Xero."""
    _inherit = 'account.move'

    def _compute_partner_credit_warning(self):
        super()._compute_partner_credit_warning()
        drafts = self.filtered(lambda move: move.state == 'draft' and move.move_type == 'out_invoice' and move.partner_id)
        if not drafts or not self.env['xero.connection']._any_exists():
            return
        overdue = self.env['xero.contact'].sudo()._overdue_of(drafts.partner_id | drafts.commercial_partner_id)
        for move in drafts if overdue else ():
            connection = move.sudo()._xero_connection()
            contact = connection and overdue.get((connection._partner_of(move.sudo()), connection))
            if contact:
                move.partner_credit_warning = '\n'.join(filter(None, [move.partner_credit_warning, move._xero_overdue_words(contact)]))

    def _xero_overdue_words(self, contact_sudo):
        connection_sudo = contact_sudo.connection_id
        return self.env._(
            "%(partner)s is overdue in Xero (%(organisation)s): %(overdue)s overdue, %(outstanding)s outstanding after credit, as of %(date)s.",
            partner=contact_sudo.partner_id.name, organisation=connection_sudo.organisation_name,
            overdue=formatLang(self.env, contact_sudo.overdue, currency_obj=connection_sudo.currency_id),
            outstanding=formatLang(self.env, contact_sudo.outstanding, currency_obj=connection_sudo.currency_id),
            date=format_date(self.env, connection_sudo.balances_read_at))
