from odoo import models

from .slice import Slice

LOOKED_AT_ONCE = 200


class XeroStepClosings(models.AbstractModel):
    """Documents that were closed in Odoo without money, which Xero knows nothing of."""
    _name = 'xero.step.closings'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: look for documents closed without money"

    _sequence = 170

    def _run(self, slice: Slice) -> None:
        if slice.reads_contacts:
            return
        while slice.has_time():
            exports = self.env['xero.export'].search([
                ('connection_id', '=', slice.connection.id), ('state', '=', 'synced'), ('closing_checked_at', '=', False), ('move_id', '!=', False),
            ], limit=LOOKED_AT_ONCE)
            if not exports:
                break
            slice.contain(exports, self.env['xero.closing']._look_at, tell=self.env['xero.closing']._tell_error)
            slice.commit()
