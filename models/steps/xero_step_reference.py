from odoo import models

from ...const import REFERENCE_LISTS
from .slice import Slice


class XeroStepReference(models.AbstractModel):
    """Reads accounts, tax rates, contacts and Xero's other lists, once a day or when a user requests it."""
    _name = 'xero.step.reference'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: read reference data"

    _sequence = 110

    def _run(self, slice: Slice) -> None:
        # Half of the time is left for documents whose contacts are already known
        deadline = slice.half_deadline()
        is_first = not all(slice.connection._reference_moment(name) for name in REFERENCE_LISTS)
        slice.reads_contacts = not slice.reader.read_stale(deadline)
        if slice.reads_contacts:
            slice.reread.add('contacts')    # no second reading before this one ends
        elif is_first:
            # So that people find rows to decide before the first document fails
            slice.contain_quietly(lambda: self.env['xero.chart']._map(slice.connection))

    def _has_work(self, connection: models.BaseModel) -> bool:
        return bool(connection.contacts_bookmark)
