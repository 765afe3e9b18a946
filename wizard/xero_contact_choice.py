from odoo import api, fields, models
from odoo.exceptions import UserError


class XeroContactChoice(models.TransientModel):
    """The dialog in which a person chooses the contact of a partner. It shows the data of both."""
    _name = 'xero.contact.choice'
    _inherit = 'xero.dialog'
    _description = "Choose the Contact in Xero"

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, ondelete='cascade')
    partner_id = fields.Many2one('res.partner', string="In Odoo", required=True, readonly=True, ondelete='cascade')
    partner_number = fields.Char(string="Our contact number", compute='_compute_sides')
    partner_email = fields.Char(related='partner_id.email', related_sudo=False, string="E-mail")
    partner_vat = fields.Char(related='partner_id.vat', related_sudo=False, string="Tax number")
    partner_phone = fields.Char(related='partner_id.phone', related_sudo=False, string="Phone")
    is_changing = fields.Boolean(help="The partner has a contact, which the chosen one replaces.")
    chooses_connection = fields.Boolean(help="Several connections have no contact for the partner.")
    present_id = fields.Many2one('xero.contact', string="Contact now", compute='_compute_sides')
    candidate_ids = fields.Many2many('xero.contact', string="In Xero", compute='_compute_sides')
    contact_id = fields.Many2one(
        'xero.contact', string="Chosen contact", domain="[('connection_id', '=', connection_id), ('status', '=', 'ACTIVE')]", ondelete='cascade')

    @api.depends('connection_id', 'partner_id')
    def _compute_sides(self):
        Contact = self.env['xero.contact'].sudo()
        for choice in self:
            choice.connection_id.check_access('read')
            choice.partner_id.check_access('read')
            sides = choice.connection_id.sudo(), choice.partner_id.sudo()
            choice.partner_number = Contact._number(*sides)
            choice.candidate_ids = Contact._candidates(*sides).sudo(False)
            choice.present_id = choice.is_changing and Contact.search([
                ('connection_id', '=', choice.connection_id.id), ('partner_id', '=', choice.partner_id.id)], limit=1).sudo(False)

    @api.onchange('connection_id')
    def _onchange_connection_id(self):
        if self.contact_id.connection_id != self.connection_id:
            self.contact_id = False

    def action_choose(self):
        """Link the partner to the chosen contact, in place of the present one if the dialog was opened to change it."""
        self._check_mine()
        self.connection_id.check_access('write')
        if not self.contact_id or self.contact_id.connection_id != self.connection_id:
            raise UserError(self.env._("Choose the contact first, or create a new one."))
        present, contact_sudo = self.present_id.sudo(), self.contact_id.sudo()
        if present.xero_id == contact_sudo.xero_id:
            present = present.browse()
        present._detach_partner()
        contact_sudo._ensure_undecided(self.connection_id, self.partner_id)
        return self.contact_id._notify_released(self.contact_id.sudo()._choose(self.partner_id))

    def action_create(self):
        """Reject all candidates: the next document of the partner creates a new contact."""
        self._check_mine()
        self.connection_id.check_access('write')
        self.env['xero.contact'].sudo()._ensure_undecided(self.connection_id, self.partner_id)
        return self.contact_id._notify_released(self.candidate_ids.sudo()._reject_for(self.partner_id))
