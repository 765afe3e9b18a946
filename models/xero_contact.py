from odoo import fields, models


class XeroContact(models.Model):
    """A contact in Xero, as last read, and the partner that it is for us, once that is known."""
    _name = 'xero.contact'
    _description = "Xero Contact"
    _order = 'connection_id, name'

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    xero_id = fields.Char(required=True, readonly=True, index=True)
    name = fields.Char(readonly=True, index=True)
    number = fields.Char(string="Contact number", readonly=True, index='btree_not_null')
    email = fields.Char(readonly=True)
    tax_number = fields.Char(readonly=True)
    status = fields.Char(readonly=True)
    merged_to = fields.Char(readonly=True, help="The contact that this one was merged into.")
    partner_id = fields.Many2one('res.partner', readonly=True, index='btree_not_null', ondelete='set null')
    matched_by = fields.Selection(
        [('created', "Created by us"), ('number', "Contact number"), ('name', "Same name"), ('person', "Chosen by a person")], readonly=True)

    _partner_uniq = models.UniqueIndex('(connection_id, partner_id) WHERE partner_id IS NOT NULL')
    _xero_uniq = models.UniqueIndex('(connection_id, xero_id, COALESCE(partner_id, 0))')
