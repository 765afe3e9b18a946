from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AccountJournal(models.Model):
    _inherit = 'account.journal'

    xero_connection_id = fields.Many2one(
        'xero.connection', string="Xero connection", copy=False, index='btree_not_null', ondelete='restrict',
        help="Where the documents of this journal are exported. Empty: the company decides.")

    @api.constrains('xero_connection_id', 'company_id')
    def _check_xero_connection(self):
        for journal in self.filtered('xero_connection_id'):
            if not journal.xero_connection_id._serves(journal.company_id):
                raise ValidationError(self.env._(
                    "The journal %(journal)s cannot export through %(connection)s, which is not open to %(company)s. "
                    "Add the company on the connection first.",
                    journal=journal.display_name, connection=journal.xero_connection_id.sudo().name, company=journal.company_id.name))

    def _xero_connection(self):
        """Return the connection that documents of this journal go to: its own, else the company's. May be empty."""
        self.ensure_one()
        return self.sudo().xero_connection_id or self.company_id._xero_connection()
