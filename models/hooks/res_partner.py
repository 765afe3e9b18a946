from odoo import fields, models


class ResPartner(models.Model):
    _inherit = 'res.partner'

    xero_contact_ids = fields.One2many(
        'xero.contact', 'partner_id', string="Contacts in Xero", readonly=True, copy=False, groups='account_xero.group_xero_user')
