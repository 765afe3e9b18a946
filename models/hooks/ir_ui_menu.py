from odoo import models

# Hidden until a connection exists; *Configuration ▸ Xero* is always visible.
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
