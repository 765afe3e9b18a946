"""What happens in Xero is told to Odoo by a webhook."""
from .demo_books import HARBOUR
from .demo_stage import Stage


class Webhooks(Stage):
    """A chapter at one of the two organisations."""

    def set_up_webhook(self):
        told, invoice_admin = self.told, self.admins[0]
        told.chapter("Xero tells Odoo that something changed")
        [app] = invoice_admin.find('xero.app', [], 'webhook_url')
        webhook = self.xero.register_webhook(app['webhook_url'])
        told.say("An invoice admin copies the address from the app's form to Xero, and the webhooks key from Xero to Odoo.")
        invoice_admin.write('xero.app', [app['id']], {'webhook_key': webhook['key']})
        told.expect_equal("The form waits for Xero's trial", self._says(app, 'webhook_state'), 'waiting')
        told.expect_equal("Xero's “intent to receive” succeeds", self.xero.try_webhook(webhook['id']), 'ok')
        told.expect_equal("The form says that the webhook works", self._says(app, 'webhook_state'), 'works')
        number = self._pay_one_in_xero()
        told.say(f"Somebody in {HARBOUR.organisation} receives 1.00 for {number}.")
        self._until(lambda: self._says(app, 'webhook_event_count'), "the webhook")
        told.expect_equal("The form tells what the last event was about", self._says(app, 'webhook_last_event'), "Invoices and bills")
        is_done = self._until(lambda: not invoice_admin.find('xero.webhook.event', [], 'category'), "the work on the event")
        told.expect("A scheduled action has worked on it", is_done)

    def _says(self, app, name):
        return self.admins[0].call('xero.app', 'read', [app['id']], [name])[0][name]

    def _pay_one_in_xero(self):
        """Let a person in Xero receive 1.00 for an open invoice. Return its number."""
        held = self.xero.held(HARBOUR.tenant_id)
        invoice = next(
            row for row in held.values() if row.get('Type') == 'ACCREC' and row['Status'] == 'AUTHORISED' and row['CurrencyCode'] == 'AUD')
        self.xero.act(HARBOUR.tenant_id, 'PUT', 'Payments', {
            'Invoice': {'InvoiceID': invoice['InvoiceID']}, 'Account': {'Code': '090'}, 'Amount': 1, 'Date': invoice['DateString'][:10]})
        return invoice['InvoiceNumber']
