from odoo import api, fields, models

from ...const import ADMIN_ROLE


class ResPartner(models.Model):
    _inherit = 'res.partner'

    xero_contact_ids = fields.One2many(
        'xero.contact', 'partner_id', string="Contacts in Xero", readonly=True, copy=False, groups='account_xero.group_xero_user')
    xero_contact_text = fields.Char(
        string="In Xero", compute='_compute_xero_contact_text', groups='account_xero.group_xero_user',
        help="What the partner owes in Xero, if it is read, else its contact there.")
    xero_is_overdue = fields.Boolean(compute='_compute_xero_contact_text', groups='account_xero.group_xero_user')
    xero_lacks_contact = fields.Boolean(compute='_compute_xero_lacks_contact', groups=ADMIN_ROLE)

    @api.depends('xero_contact_ids.overdue', 'xero_contact_ids.outstanding', 'commercial_partner_id')
    @api.depends_context('uid', 'allowed_company_ids', 'lang')
    def _compute_xero_contact_text(self):
        may_choose = self.env.user.has_group(ADMIN_ROLE)
        for partner in self:
            contacts = partner._xero_contacts()
            partner.xero_is_overdue = any(contact.overdue > 0 for contact in contacts if contact.balances_read_at)
            if contacts:
                partner.xero_contact_text = contacts._balance_words() or (contacts.name if len(contacts) == 1 else len(contacts))
            else:
                is_open = may_choose and partner._xero_connections_without_contact()
                partner.xero_contact_text = self.env._("Choose") if is_open else False

    @api.depends('xero_contact_ids')
    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_xero_lacks_contact(self):
        for partner in self:
            partner.xero_lacks_contact = bool(partner._xero_connections_without_contact())

    def _xero_contacts(self):
        """Return the contacts of the partner, else those of its company: a connection may send documents to either."""
        self.ensure_one()
        if not self.env['xero.connection']._any_exists():
            return self.env['xero.contact']
        return self.xero_contact_ids or self.commercial_partner_id.xero_contact_ids

    def _xero_connections_without_contact(self):
        """Return the user's connections in which the partner can be a contact and is none yet."""
        self.ensure_one()
        connections = self.env['xero.connection']
        if not self._origin or not connections._any_exists():
            return connections
        return connections.search([('status', '=', 'connected')]).filtered(
            lambda connection: connection not in self.xero_contact_ids.connection_id and self._origin.filtered_domain(connection._contact_domain()))

    def action_xero_contact(self):
        """Open the partner's contact in Xero, the list of them if there are several, or the dialog to choose it if there is none."""
        self.check_access('read')
        contacts = self._xero_contacts()
        if not contacts:
            return self.action_xero_choose_contact()
        if len(contacts) == 1 and contacts.xero_url:
            return {'type': 'ir.actions.act_url', 'url': contacts.xero_url, 'target': 'new'}
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_contact_action'),
            'domain': [('id', 'in', contacts.ids)],
        }

    def action_xero_choose_contact(self):
        """Open the dialog in which an invoice admin chooses the partner's contact in a connection that has none for it."""
        self.ensure_one()
        self.check_access('read')
        self.env['xero.contact'].check_access('write')
        connections = self._xero_connections_without_contact()
        usual = self.env.company.sudo()._xero_connection().sudo(False)
        connection = usual if usual in connections else connections[:1]
        return connection._choose_contact(self, chooses_connection=len(connections) > 1)
