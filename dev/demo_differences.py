"""What a person in Xero changes is shown in Odoo and settled there."""
import time

from .demo_books import HARBOUR
from .demo_stage import Stage

TYPED, REASON = "Typed in Xero", "The customer asked for another reference"


class Differences(Stage):
    """A chapter at one of the two organisations."""

    def settle_difference(self):
        told, invoice_admin = self.told, self.admins[0]
        told.chapter("Somebody changes an invoice in Xero")
        [export] = invoice_admin.find(
            'xero.export', [('connection_id', '=', self.connections[HARBOUR]), ('kind', '=', 'sale_invoice'), ('xero_status', '=', 'AUTHORISED')],
            'xero_id', 'xero_number', order='id desc', limit=1)
        time.sleep(1.5)     # times of readings have whole seconds, and the chapter before has just read
        self.xero.act(HARBOUR.tenant_id, 'POST', f"Invoices/{export['xero_id']}", {'InvoiceID': export['xero_id'], 'Reference': TYPED})
        told.say(f"A person in {HARBOUR.organisation} gives {export['xero_number']} another reference. In Odoo, an invoice admin presses Check Xero.")
        invoice_admin.call('xero.difference', 'action_check_xero', [])
        [row] = self._until(
            lambda: invoice_admin.find('xero.difference', [('export_id', '=', export['id'])], 'text', 'versions', 'topic'), "the reading of changes")
        told.say(f"Differences: {export['xero_number']}, “{row['text']}”")
        told.expect("Both values are shown", TYPED in row['versions'], row['versions'])
        [dialog] = invoice_admin.create('xero.difference.accept', {'difference_ids': [row['id']], 'reason': REASON})
        invoice_admin.call('xero.difference.accept', 'action_accept', [dialog])
        [row] = invoice_admin.call('xero.difference', 'read', [row['id']], ['outcome', 'reason'])
        told.expect_equal("It is kept, with the reason", (row['outcome'], row['reason']), ('accepted', REASON))
