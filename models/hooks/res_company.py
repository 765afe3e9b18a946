from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = 'res.company'

    xero_connection_id = fields.Many2one(
        'xero.connection', string="Xero connection", copy=False, index='btree_not_null', ondelete='restrict',
        help="Where documents are exported whose journal names no connection. Branches follow their parent company.")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_xero_records(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_xero_records(vals)
        return super().write(vals)

    @api.model
    def _check_xero_records(self, vals):
        """Check that the user may read the connection that values name: a refusal must not tell what it is called.

        :raise AccessError: the user may not.
        """
        if not self.env.su:
            self.env['xero.border']._check_readable(self, vals, ('xero_connection_id',))

    @api.constrains('xero_connection_id')
    def _check_xero_connection(self):
        for company in self.filtered('xero_connection_id'):
            if not company.xero_connection_id._serves(company):
                raise ValidationError(self.env._(
                    "%(company)s cannot export through %(connection)s, which is not open to it. Add the company on the connection first.",
                    company=company.name, connection=company.xero_connection_id.sudo().name))

    def _xero_connection(self):
        """Return the connection of the company, or the nearest one above it. May be empty."""
        self.ensure_one()
        company = self.sudo()
        while company and not company.xero_connection_id:
            company = company.parent_id
        return company.xero_connection_id
