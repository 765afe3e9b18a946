import logging
from collections.abc import Iterable
from datetime import datetime

from odoo import fields, models

from ...exceptions import XeroRefused, XeroUnauthorised, XeroUnreadable
from .slice import Slice

_logger = logging.getLogger(__name__)


class XeroStepProof(models.AbstractModel):
    """Compares all documents of the open periods with Xero, each night or on request, while no document is due and enough calls are left."""
    _name = 'xero.step.proof'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: compare all documents"

    _sequence = 190

    def _run(self, slice: Slice) -> None:
        connection, Proof = slice.connection, self.env['xero.proof']
        self.env['xero.comparison']._end_equal(connection, slice.swept)
        self.env['xero.comparison']._compare_linked(connection)
        proof = Proof._open_of(connection)
        if not proof and (due := Proof._due_at(connection)) and due <= fields.Datetime.now():
            proof = Proof.create({'connection_id': connection.id})
        while proof and slice.has_time() and self._may_read(connection, slice):
            try:
                if not proof._advance(slice):
                    return
            except (XeroUnreadable, XeroRefused, XeroUnauthorised) as error:
                if isinstance(error, XeroUnauthorised) and error.kind != 'scope':
                    raise
                self.env.cr.rollback()
                _logger.info("Connection %s: the comparison ended: %s (correlation %s)", connection.id, error.message, error.correlation_id)
                proof._end(f'{proof.endpoint}: {error.message}')
                slice.commit()
                return

    def _may_read(self, connection, slice=None):
        """Return whether the comparison may use calls now: documents come first."""
        return (
            not connection.contacts_bookmark and connection._has_calls_to_spare(slice and slice.client)
            and not self.env['xero.export']._has_due(connection))

    def _has_work(self, connection: models.BaseModel) -> bool:
        # If documents come first, the slice of the next sweep checks again
        return bool(self.env['xero.proof']._open_of(connection)) and self._may_read(connection)

    def _next_moments(self, connection: models.BaseModel) -> Iterable[datetime]:
        due = self.env['xero.proof']._due_at(connection)
        if due and (due > fields.Datetime.now() or self._may_read(connection)):
            yield due
