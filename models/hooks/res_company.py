from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _name = 'res.company'
    _inherit = ['xero.routed', 'res.company']

    _xero_record_fields = ('xero_connection_id',)

    xero_connection_id = fields.Many2one(
        'xero.connection', string="Xero connection", copy=False, index='btree_not_null', ondelete='restrict',
        help="The connection that exports documents of journals without a connection. Branches use that of their parent company.")

    @api.constrains('xero_connection_id')
    def _check_xero_connection(self):
        for company in self.filtered('xero_connection_id'):
            if not company.xero_connection_id.sudo()._serves(company.sudo()):
                raise ValidationError(self.env._(
                    "%(company)s cannot export through %(connection)s, because it is not one of its companies. Add the company on the "
                    "connection first.",
                    company=company.name, connection=company.xero_connection_id.sudo().name))

    def _xero_money_connections(self):
        """Return the connections, in sudo, that exchange payments of journals of these companies: those of the companies, their parents and branches."""
        return self.env['xero.connection'].sudo().search([
            '|', ('company_ids', 'parent_of', self.ids), ('company_ids', 'child_of', self.ids)])

    def _xero_connection(self):
        """Return the connection of the company, or the nearest one above it. May be empty."""
        self.ensure_one()
        company = self.sudo()
        while company and not company.xero_connection_id:
            company = company.parent_id
        return company.xero_connection_id
