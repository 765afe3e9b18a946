"""Documents that are in Xero already."""
from decimal import Decimal

from ..common import HARBOUR
from .export_common import XeroExportCase

INVOICES, CREDIT_NOTES = '/api.xro/2.0/Invoices', '/api.xro/2.0/CreditNotes'


class XeroChangeCase(XeroExportCase):
    """Documents that are in Xero already."""

    @classmethod
    def synced(cls, *args, **values):
        """Return a document that is in Xero, and its export."""
        move = cls.document(*args, **values)
        cls.run_slice(cls.connection)
        export = cls.export_of(move)
        assert export.state == 'synced', export.message
        cls.sandbox.requests.clear()
        return move, export

    def change(self, move, **values):
        """Reset a document, write and post it again, and let the slice see it."""
        move.button_draft()
        move.write(values)
        move.action_post()
        self.run_slice(self.connection)

    def cancel(self, move):
        move.button_draft()
        move.button_cancel()
        self.run_slice(self.connection)

    def held(self, export):
        """Return what Xero holds under the export's id."""
        self.env.invalidate_all()
        documents = self.sandbox.organisations[HARBOUR].documents
        return {**documents['Invoices'], **documents['CreditNotes']}[export.xero_id]

    def in_xero_somebody(self, export, **values):
        """Change a document as a person in Xero does."""
        self.sandbox.clock.advance(1)
        held = self.held(export)
        if 'paid' in values:
            held['AmountPaid'] = Decimal(values['paid'])
            held['AmountDue'] = held['Total'] - held['AmountPaid']
            held['Status'] = 'AUTHORISED' if held['AmountDue'] else 'PAID'
            del values['paid']
        held |= {**values, 'UpdatedDateUTC': self.sandbox.clock.now()}

    def recover(self, later):
        self.sandbox.clock.advance(later)
        for _time in range(3):
            self.let_time_pass(minutes=10 if later else 1)
            self.run_slice(self.connection)

    def assert_same(self, export, **values):
        held = self.held(export)
        self.assertEqual((export.state, export.difference), ('synced', False), export.message)
        self.assertEqual(float(held['Total']), export.move_id.amount_total)
        for name, value in values.items():
            self.assertEqual(held[name], value)

    def assert_left(self, export, *words):
        self.env.invalidate_all()
        self.assertEqual(export.state, 'synced', export.message)
        for word in words:
            self.assertIn(word, export.difference or '')
        self.assertTrue(export.can_decide)
        self.assertEqual(self.env['xero.export'].retrieve_tiles()['different'], 1)
        self.assertFalse(self.calls('POST', INVOICES))
