"""What happens in Xero to documents that are there already."""
from datetime import timedelta

from odoo import fields

from ...models.connection.xero_connection_policy import ALARMS
from ..common import HARBOUR
from .change_common import XeroChangeCase

WORK = {'Description': "Work", 'Quantity': 1, 'UnitAmount': 50, 'AccountCode': '200', 'TaxType': 'EXEMPTOUTPUT'}


class XeroDifferenceCase(XeroChangeCase):
    """The connection shows all differences."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection.write(dict.fromkeys(ALARMS, True))
        cls.env['xero.proof'].sudo().search([]).unlink()      # switching them on compares everything

    def somebody(self, method, path, body):
        """Act as a person at Xero, by Xero's rules."""
        self.sandbox.clock.advance(2)
        return self.server.in_xero(HARBOUR, method, f'/{path}', body)

    def edit(self, export, **values):
        """Edit a document as a person at Xero."""
        kind = export._kind()
        return self.somebody('POST', f'{kind._xero_endpoint}/{export.xero_id}', {kind._xero_id: export.xero_id, **values})

    def edited(self, **values):
        """Return a document that somebody edited in Xero, its export, and the row of the difference."""
        move, export = self.synced(ref="Order 7")
        self.edit(export, **(values or {'Reference': "Order 8"}))
        self.check()
        return move, export, self.open_rows(export)

    def check(self):
        """Ask Xero what changed, as *Check Xero* does, and let the slice read it."""
        self.env['xero.sync'].sudo().search([('run', '=', 'incoming'), ('end_at', '=', False)]).unlink()
        self.env['xero.feed.position'].sudo().search([]).read_at = fields.Datetime.now() - timedelta(days=1)
        self.sandbox.requests.clear()
        self.run_slice(self.connection)

    def open_rows(self, export=None):
        self.env.invalidate_all()
        domain = [('state', '=', 'open')] + ([('export_id', '=', export.id)] if export else [])
        return self.env['xero.difference'].search(domain)


class ProofMixin:
    """Comparisons of all documents, and documents that Odoo does not know."""

    def prove(self, slices=2):
        """Compare everything now; return the proof."""
        # Times have whole seconds: what arrived, or was compared, in this very second is left to the next night
        self.env.flush_all()
        self.env.cr.execute("UPDATE xero_export SET arrived_at = arrived_at - interval '1 minute', proved_at = proved_at - interval '1 minute'")
        self.env.invalidate_all()
        self.env['xero.feed.position'].sudo().search([]).read_at = fields.Datetime.now() + timedelta(days=1)
        self.env['xero.proof'].sudo()._request(self.connection)
        self.sandbox.requests.clear()
        self.run_slice(self.connection, slices)
        proof = self.env['xero.proof'].search([], limit=1)
        self.assertTrue(proof.ended_at)
        return proof

    def stranger(self, **values):
        """Make an invoice in Xero that Odoo does not know."""
        return self.somebody('PUT', 'Invoices', {
            'Type': 'ACCREC', 'Status': 'AUTHORISED', 'Date': '2026-11-04', 'DueDate': '2026-11-30', 'LineItems': [WORK],
            'Contact': {'Name': "Walk-in"}, **values})['Invoices'][0]
