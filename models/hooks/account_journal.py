from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AccountJournal(models.Model):
    _inherit = 'account.journal'

    xero_connection_id = fields.Many2one(
        'xero.connection', string="Xero connection", copy=False, index='btree_not_null', ondelete='restrict',
        help="Where the documents of this journal are exported. Empty: the company decides.")

    xero_used_connection_id = fields.Many2one(
        'xero.connection', string="Used Xero connection", compute='_compute_xero_used_connection_id', compute_sudo=True,
        help="The journal's own, else the company's.")
    xero_branding_theme_id = fields.Many2one(
        'xero.branding.theme', string="Branding theme in Xero", copy=False, index='btree_not_null', ondelete='set null',
        domain="[('connection_id', '=', xero_used_connection_id), ('status', '=', 'ACTIVE')]",
        help="How Xero lays out the invoices and credit notes of this journal when it prints or mails them. Empty: Xero's default theme. "
             "A choice counts for documents sent from now on.")
    xero_theme_problem = fields.Char(compute='_compute_xero_theme_problem', compute_sudo=True, help="Why the chosen theme is not used.")

    @api.depends('xero_connection_id', 'company_id')
    def _compute_xero_used_connection_id(self):
        for journal in self:
            journal.xero_used_connection_id = journal.company_id and journal._xero_connection()

    @api.depends('xero_branding_theme_id.status', 'xero_used_connection_id')
    def _compute_xero_theme_problem(self):
        for journal in self:
            theme, connection = journal.xero_branding_theme_id, journal.xero_used_connection_id
            journal.xero_theme_problem = False
            if theme and theme.connection_id != connection:
                journal.xero_theme_problem = self.env._(
                    "This theme belongs to %(connection)s, where the journal does not export. Xero's default is used; choose another one.",
                    connection=theme.connection_id.name)
            elif theme and not theme._is_usable():
                journal.xero_theme_problem = self.env._("This theme was deleted in Xero. Xero's default is used; choose another one.")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_xero_records(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_xero_records(vals)
        return super().write(vals)

    def onchange(self, values, field_names, fields_spec):
        self._check_xero_records(values)
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def _check_xero_records(self, vals):
        """Check that the user may read the connection and the theme that values name: a refusal must not tell what they are called.

        :raise AccessError: the user may not.
        """
        if not self.env.su:
            self.env['xero.border']._check_readable(self, vals, ('xero_connection_id', 'xero_branding_theme_id'))

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
