from odoo import models

# Nobody who exports nothing should see them; *Configuration ▸ Xero* is always there.
MENUS = (
    'account_xero.xero_menu_root',
    'account_xero.xero_export_menu_customers',
    'account_xero.xero_export_menu_vendors',
)


class IrUiMenu(models.Model):
    _inherit = 'ir.ui.menu'

    def _load_menus_blacklist(self):
        blacklist = super()._load_menus_blacklist()
        if not self.env['xero.connection']._any_exists():
            blacklist += [self.env.ref(menu).id for menu in MENUS]
        return blacklist
