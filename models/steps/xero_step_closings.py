from odoo import models

from .slice import Slice

LOOKED_AT_ONCE = 500


class XeroStepClosings(models.AbstractModel):
    """Searches for documents that were closed in Odoo without money, and so are still open in Xero."""
    _name = 'xero.step.closings'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: look for documents closed without money"

    _sequence = 170

    def _run(self, slice: Slice) -> None:
        if slice.reads_contacts:
            return
        while True:
            exports = self.env['xero.export'].search_fetch(
                self._unseen_domain(slice.connection), ['closed_difference'], limit=LOOKED_AT_ONCE, order='id')
            if not exports:
                break
            slice.contain(exports, self.env['xero.closing']._look_at, tell=self.env['xero.closing']._tell_error)
            slice.commit()
            if not slice.has_time():
                break       # after one portion at least

    def _unseen_domain(self, connection):
        return [('connection_id', '=', connection.id), ('state', '=', 'synced'), ('closing_checked_at', '=', False), ('move_id', '!=', False)]

    def _has_work(self, connection: models.BaseModel) -> bool:
        return bool(self.env['xero.export'].search_count(self._unseen_domain(connection), limit=1))
