from datetime import timedelta

from odoo import fields, models

from ..kinds.missed_moves import drop_missed
from .slice import Slice

SWEEP_EVERY = timedelta(minutes=10)
SWEEP_LIMIT = 1000      # the maximum number of documents of a kind in one sweep; the next sweep continues


class XeroStepSweep(models.AbstractModel):
    """The sweep: queues posted documents without a row, and updates rows whose documents changed or were undone without a hook."""
    _name = 'xero.step.sweep'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: find what the hooks missed"

    _sequence = 20
    _needs_xero = False

    def _run(self, slice: Slice) -> None:
        if self._is_time(slice.connection):
            self._sweep(slice)
            slice.swept = True
        self.env['xero.export']._align(slice.connection)

    def _is_time(self, connection):
        """Return whether the last sweep is long enough ago."""
        is_recent = connection.swept_at and connection.swept_at > fields.Datetime.now() - SWEEP_EVERY
        return not is_recent and connection.active and connection.status != 'draft'

    def _sweep(self, slice):
        """Let each kind queue the documents that it missed."""
        connection, now = slice.connection, fields.Datetime.now()
        found = [kind._queue_missed(slice, SWEEP_LIMIT) for kind in self.env['xero.kind']._all()]
        drop_missed(slice, SWEEP_LIMIT)
        self.env['xero.closing']._recheck(connection)
        self.env['xero.mapped.bank']._add_rows(connection)
        slice.lock_connection()
        connection.swept_at = False if SWEEP_LIMIT in found else now
