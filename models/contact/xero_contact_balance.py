from odoo import api, fields, models
from odoo.tools import format_amount


class XeroContact(models.Model):
    """What a customer owes in Xero, and the warning about it."""
    _inherit = 'xero.contact'

    outstanding = fields.Float(
        string="Outstanding in Xero", digits=(16, 2), readonly=True,
        help="What the customer owes in Xero, less open credit. Amounts in several currencies are added without conversion, as Xero does.")
    overdue = fields.Float(string="Overdue in Xero", digits=(16, 2), readonly=True, help="The part that is overdue.")
    balances_read_at = fields.Datetime(
        string="As of", compute='_compute_balances_read_at', compute_sudo=True, help="Empty while the connection does not read balances.")

    # What the warning looks for
    _overdue = models.Index('(partner_id) WHERE overdue > 0')

    @api.depends('connection_id.balances_read_at', 'connection_id.warns_overdue')
    def _compute_balances_read_at(self):
        for contact in self:
            contact.balances_read_at = contact.connection_id.warns_overdue and contact.connection_id.balances_read_at

    def _note_balances(self, connection, elements):
        """Store the balances of contacts that were read. Contacts that are not known are left out: the next reading of the contacts adds them.

        :param list elements: of a page of `GET Contacts`. One without balances has none in Xero.
        """
        by_id = {element['ContactID']: (element.get('Balances') or {}).get('AccountsReceivable') or {} for element in elements}
        for contact in self.search_fetch([('connection_id', '=', connection.id), ('xero_id', 'in', list(by_id))], ['xero_id', 'outstanding', 'overdue']):
            found = by_id[contact.xero_id]
            values = {'outstanding': float(found.get('Outstanding') or 0), 'overdue': float(found.get('Overdue') or 0)}
            if (contact.outstanding, contact.overdue) != (values['outstanding'], values['overdue']):
                contact.write(values)

    def _balance_words(self):
        """Return what contacts owe in Xero, empty if it is not read, or not in one currency."""
        read = self.filtered('balances_read_at')
        currency = read.connection_id.currency_id
        if len(currency) != 1:
            return ''
        if overdue := sum(read.mapped('overdue')):
            return self.env._("%(amount)s overdue", amount=format_amount(self.env, overdue, currency))
        return self.env._("%(amount)s due", amount=format_amount(self.env, sum(read.mapped('outstanding')), currency))

    @api.model
    def _overdue_of(self, partners):
        """Return, by partner and connection, the contacts that are overdue in Xero, of connections that warn of it.

        :param partners: `res.partner`.
        """
        found = self.search([('partner_id', 'in', partners.ids), ('overdue', '>', 0), ('connection_id.warns_overdue', '=', True)])
        return {(contact.partner_id, contact.connection_id): contact for contact in found}
