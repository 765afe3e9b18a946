from markupsafe import Markup

from odoo import api, fields, models


class BaseModuleUninstall(models.TransientModel):
    """The dialog before an uninstallation says what stays in Xero and on the server."""
    _inherit = 'base.module.uninstall'

    xero_stays = fields.Html(compute='_compute_xero_stays', help="What stays when the export to Xero is uninstalled; empty if it is not.")

    @api.depends('module_ids')
    def _compute_xero_stays(self):
        for wizard in self:
            is_ours = 'account_xero' in wizard._get_modules().mapped('name')
            wizard.xero_stays = is_ours and Markup('<ul class="mb-0">%s</ul>') % Markup().join(
                Markup('<li>%s</li>') % sentence for sentence in wizard.sudo()._xero_stays_words())

    @api.model
    def _xero_left(self):
        """Return how many documents were never sent, and the custom connections, whose access only a person can end. Expects sudo."""
        unsent = self.env['xero.export'].search_count([('state', 'not in', ('synced', 'skipped'))])
        custom = self.env['xero.connection'].search([('app_id.app_type', '=', 'custom'), ('authorization_id', '!=', False)])
        return unsent, custom

    def _xero_stays_words(self):
        """Yield sentences about what an uninstallation leaves and what it ends. Expects sudo."""
        unsent, custom = self._xero_left()
        used = self.env['xero.connection'].search([('authorization_id', '!=', False)])
        yield self.env._("Documents, contacts and payments that are in Xero stay there. What was made from Xero in Odoo stays in Odoo.")
        if unsent:
            yield self.env._("%(count)s documents have not been sent, and will not be.", count=unsent) if unsent > 1 else self.env._(
                "1 document has not been sent, and will not be.")
        if used and self.env['xero.server']._is_copy():
            yield self.env._("This database is a copy, so the access of the original at Xero is not ended.")
        elif consented := used - custom:
            yield self.env._("Odoo is disconnected at Xero, if Xero answers within a minute: %(connections)s.", connections=', '.join(consented.mapped('name')))
        if custom:
            yield self.env._(
                "Custom connections stay authorised in Xero; remove them there under Settings, Connected apps: %(connections)s.",
                connections=', '.join(custom.mapped('name')))
        yield self.env._(
            "The files account_xero.key and account_xero.id stay in Odoo's data folder, because other databases may use them. The app stays at Xero's "
            "developer site.")
