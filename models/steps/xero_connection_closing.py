from odoo import models
from odoo.tools import SQL

from ..export.xero_export_compare import OPEN_TRANSACTIONS

LOOKED_AT_ONCE = 200


class XeroConnection(models.Model):
    """Documents that were closed without money are looked for in the slice."""
    _inherit = 'xero.connection'

    def _work(self, run):
        result = super()._work(run)
        while run.has_time():
            exports = self.env['xero.export'].search([
                ('connection_id', '=', self.id), ('state', '=', 'synced'), ('closing_checked_at', '=', False), ('move_id', '!=', False)], limit=LOOKED_AT_ONCE)
            if not exports:
                break
            self._contain(exports, lambda some: some._look_at_closing(), tell=lambda export, error: export._leave_closing(error))
            self._commit()
        return result

    def _sweep_closing(self, swept_at):
        """Look again at documents that were reconciled since the last sweep, and at those that are listed.

        :param datetime swept_at: when that was, or False.
        """
        since = (swept_at or self.create_date) - OPEN_TRANSACTIONS
        rows = self.env.execute_query(SQL(
            """SELECT DISTINCT export.id
                 FROM account_partial_reconcile partial
                 JOIN account_move_line line ON line.id IN (partial.debit_move_id, partial.credit_move_id)
                 JOIN xero_export export ON export.move_id = line.move_id
                WHERE partial.create_date > %s AND export.connection_id = %s AND export.closing_checked_at < partial.create_date""",
            since, self.id))
        Export = self.env['xero.export']
        listed = Export.search([('connection_id', '=', self.id), ('closed_difference', '!=', False)])
        (listed | Export.browse(row[0] for row in rows)).closing_checked_at = False
