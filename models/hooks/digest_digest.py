from odoo import fields, models
from odoo.exceptions import AccessError


class DigestDigest(models.Model):
    _inherit = 'digest.digest'

    kpi_xero_failed = fields.Boolean(string="Failed in Xero")
    kpi_xero_failed_value = fields.Integer(compute='_compute_kpi_xero_failed_value')

    def _compute_kpi_xero_failed_value(self):
        """Count the documents that failed in the time of the digest and are not in Xero yet."""
        if not self.env.user.has_group('account_xero.group_xero_user'):
            raise AccessError(self.env._("Do not have access, skip this data for user's digest email"))
        self._calculate_company_based_kpi(
            'xero.export', 'kpi_xero_failed_value', date_field='write_date', additional_domain=[('state', '=', 'failed')])

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        actions['kpi_xero_failed'] = f"account_xero.xero_export_action?menu_id={self.env.ref('account.menu_finance').id}"
        return actions
