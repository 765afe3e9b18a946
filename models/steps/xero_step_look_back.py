from odoo import models

from .slice import Slice


class XeroStepLookBack(models.AbstractModel):
    """Adopts documents that are already in Xero, before the first send after an interruption. Uses one call per endpoint and page."""
    _name = 'xero.step.look_back'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: look for documents that are in Xero already"

    _sequence = 120

    def _run(self, slice: Slice) -> None:
        connection = slice.connection
        # The identity of a document contains its contact, so all contacts must have been read
        if not connection.look_back_since or slice.reads_contacts:
            return
        exports = self.env['xero.export'].search([
            ('connection_id', '=', connection.id), ('xero_id', '=', False), ('operation', '=', 'create'),
            ('state', 'in', ('waiting', 'failed', 'uncertain')),
        ]).filtered(lambda export: export._document())
        adopted = slice.look_back.adopt_found(slice.look_back.identities(exports), connection.look_back_since)
        adopted._notify_outcome()
        slice.done += len(adopted)
        slice.lock_connection()
        connection.look_back_since = False
