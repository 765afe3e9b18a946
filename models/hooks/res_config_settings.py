from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..connection.retention import KEEP_BODIES, KEEP_RECORDS, days_kept

RETENTION = {'xero_keep_bodies_days': KEEP_BODIES, 'xero_keep_requests_days': KEEP_RECORDS}


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    xero_connection_id = fields.Many2one(related='company_id.xero_connection_id', readonly=False)
    xero_organisation_name = fields.Char(related='xero_connection_id.organisation_name')
    xero_status = fields.Selection(related='xero_connection_id.status')
    xero_state_words = fields.Char(compute='_compute_xero_state_words', compute_sudo=True)
    # Without `config_parameter`, which forgets a 0: the default would count again
    xero_keep_bodies_days = fields.Integer(
        string="Keep bodies and answers for",
        help="Days after the call. Bodies and answers of calls hold personal data, such as names and e-mail addresses of contacts. 0 keeps them for ever.")
    xero_keep_requests_days = fields.Integer(
        string="Keep records of calls for",
        help="Days after the call. The record of a call tells its time, its documents and its outcome. The same goes for syncs and for comparisons of "
             "all documents. 0 keeps them for ever.")

    @api.depends('xero_connection_id')
    def _compute_xero_state_words(self):
        for settings in self:
            settings.xero_state_words = self.env['xero.setup']._state_words(settings.xero_connection_id)

    @api.constrains('xero_keep_bodies_days', 'xero_keep_requests_days')
    def _check_xero_retention(self):
        for settings in self:
            bodies, records = settings.xero_keep_bodies_days, settings.xero_keep_requests_days
            if bodies < 0 or records < 0:
                raise ValidationError(self.env._(
                    "The days for which bodies, answers and records of calls are kept cannot be negative. Enter 0 to keep them for ever."))
            if records and (not bodies or bodies > records):
                raise ValidationError(self.env._(
                    "A call's body and answer cannot be kept longer than its record, which is kept for %(days)s days. Enter fewer days for bodies and answers, "
                    "or more for records of calls.", days=records))

    @api.model
    def get_values(self):
        return {**super().get_values(), **{name: days_kept(self.env, setting) for name, setting in RETENTION.items()}}

    def set_values(self):
        result = super().set_values()
        for name, setting in RETENTION.items():
            if self[name] != days_kept(self.env, setting):
                self.env['ir.config_parameter'].sudo().set_param(setting[0], str(self[name]))
        return result

    # === ACTIONS === #

    def action_xero_connect(self):
        """Go to Xero's consent page for the connection of the company."""
        return self._xero_own_connection().action_connect()

    def action_xero_disconnect(self):
        """Open the dialog that disconnects the connection of the company."""
        return self._xero_own_connection().action_disconnect_dialog()

    def action_xero_open(self):
        """Open the connection of the company."""
        return {**self._xero_own_connection()._action_open(), 'target': 'current'}

    def action_xero_mapping(self):
        """Open the mapping of the company's connection, or what is not decided of it."""
        return self._xero_own_connection().action_open_mapping()

    def _xero_own_connection(self):
        """Return the connection of the company.

        :raise AccessError: the user is no invoice admin, or may not use it.
        """
        self.ensure_one()
        self.env['xero.setup']._check_role()
        self.xero_connection_id.check_access('write')
        return self.xero_connection_id
