from odoo import models

from .slice import Slice


class XeroStepRecover(models.AbstractModel):
    """Recovers what was cut off: requests without an outcome, and changes that could not be noted during the last slice."""
    _name = 'xero.step.recover'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: recover what was cut off"

    _sequence = 10
    _needs_xero = False

    def _run(self, slice: Slice) -> None:
        self._mark_orphans(slice.connection)
        self.env['xero.change.note']._apply_all(slice.connection)

    def _mark_orphans(self, connection):
        """Mark requests that are still `sending` as unanswered: no slice ran before this one, so they were cut off."""
        orphans = self.env['xero.request'].search([('connection_id', '=', connection.id), ('state', '=', 'sending')])
        orphans._mark_unanswered("Cut off before the answer")
        # Rows without such a request too, for safety: their state is committed together with the request
        self.env['xero.export'].search([('connection_id', '=', connection.id), ('state', '=', 'sending')])._set_uncertain()

    def _has_work(self, connection: models.BaseModel) -> bool:
        return bool(self.env['xero.change.note'].search_count([('connection_ref', '=', connection.id)], limit=1))
