from collections.abc import Iterable
from datetime import datetime

from odoo import fields, models

from .slice import Slice


class XeroStepRecover(models.AbstractModel):
    """What was cut off, and what met the last slice: requests without an end, notes of changes that could not be written then."""
    _name = 'xero.step.recover'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: recover what was cut off"

    _sequence = 10
    _needs_xero = False

    def _run(self, slice: Slice) -> None:
        self._mark_orphans(slice.connection)
        self.env['xero.change.note']._take(slice.connection)

    def _mark_orphans(self, connection):
        """A request that is still out while no slice ran was cut off: Xero may have it or not."""
        orphans = self.env['xero.request'].search([('connection_id', '=', connection.id), ('state', '=', 'sending')])
        orphans._mark_unanswered("Cut off before the answer")
        # Rows whose request was never committed cannot be out
        self.env['xero.export'].search([('connection_id', '=', connection.id), ('state', '=', 'sending')])._set_uncertain()

    def _next_moments(self, connection: models.BaseModel) -> Iterable[datetime]:
        if self.env['xero.change.note'].search_count([('connection_ref', '=', connection.id)], limit=1):
            yield fields.Datetime.now()
