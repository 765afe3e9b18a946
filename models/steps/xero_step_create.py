from odoo import models

from .slice import Slice


class XeroStepCreate(models.AbstractModel):
    """*Create in Xero*: tax rates and tracking options that somebody asked for in the mapping."""
    _name = 'xero.step.create'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: create what a mapping lacks"

    _sequence = 90      # documents wait for it

    def _run(self, slice: Slice) -> None:
        connection = slice.connection
        if connection.writes_settings and not connection._lacks_settings():
            for mapping in self.env['xero.mapping'].search([('connection_id', '=', connection.id), ('creation', '!=', False)]):
                mapping._create_in_xero(slice.client)
                slice.commit()
