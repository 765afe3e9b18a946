from odoo import models

from ..connection.xero_connection import LEDGER_MODES


class AccountMove(models.Model):
    """Entries of journals in ledger mode: each goes alone, or with the others of its day."""
    _inherit = 'account.move'

    # === HOW IT GOES === #

    def _xero_kind(self):
        mode = self.journal_id._xero_mode()
        if mode in LEDGER_MODES:
            return 'journal' if mode == 'entry' and not self._xero_makes_its_own() else None
        return super()._xero_kind()

    def _xero_goes_with_its_day(self):
        """Tell whether the entry is summed up with the others of its journal and day."""
        return self.journal_id._xero_mode() == 'day' and not self._xero_makes_its_own()

    def _xero_makes_its_own(self):
        """Tell whether Xero has the entry by itself: exchange differences, cash basis taxes, opening balances."""
        return bool(
            self.tax_cash_basis_origin_move_id or self.exchange_diff_partial_ids
            or self.company_id.sudo().account_opening_move_id == self)

    def _xero_can_go(self):
        return super()._xero_can_go() or self._xero_goes_with_its_day()

    def _xero_goes_by_itself(self, connection):
        if self.journal_id._xero_mode() not in LEDGER_MODES:
            return super()._xero_goes_by_itself(connection)
        return self._xero_can_go() and self.date >= connection.export_start_date

    # === QUEUE === #

    def _xero_exports(self):
        exports = super()._xero_exports()
        if self.state != 'posted' or self.journal_id._xero_mode() != 'day':
            return exports
        return self.env['xero.journal.day'].sudo()._of(self).export_ids.sudo(self.env.su) | exports

    def _xero_touch_exports(self):
        result = super()._xero_touch_exports()
        # Also of journals that are switched off by now
        entries = self.sudo().filtered(lambda move: move.journal_id.xero_mode != 'document')
        if days := entries and self.env['xero.journal.day'].sudo()._of(entries):
            days.export_ids._touch_day()
        return result
