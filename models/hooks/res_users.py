from odoo import models

from ...const import ADMIN_ROLE


class ResUsers(models.Model):
    _inherit = 'res.users'

    def _update_last_login(self):
        # If scheduled actions do not run, the token check cannot warn anybody; a log-in can
        result = super()._update_last_login()
        if self.has_group(ADMIN_ROLE):
            self.env['xero.connection'].sudo()._warn_of_idle_chains()
        return result
