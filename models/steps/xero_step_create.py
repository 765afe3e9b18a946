from odoo import models

from .slice import Slice


class XeroStepCreate(models.AbstractModel):
    """Creates the tax rates and tracking options that users requested in the mapping."""
    _name = 'xero.step.create'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: create targets of mappings"

    _sequence = 90      # before documents are sent, because they wait for the targets

    def _run(self, slice: Slice) -> None:
        connection = slice.connection
        if connection.writes_settings and not connection._lacks_settings():
            for mapping in self.env['xero.mapping'].search([('connection_id', '=', connection.id), ('creation', '!=', False)]):
                mapping._create_in_xero(slice.client)
                slice.commit()
