"""What a person needs beside the exports: the page that a customer sees, and an organisation that is connected without a log-in."""
from .demo_books import HARBOUR
from .demo_stage import Stage

BRANCH, BRANCH_CURRENCY = "Southern Supplies", 'NZD'
BRANCH_ORGANISATION, BRANCH_TENANT = "Southern Supplies NZ", 'c7025fd4-9e3b-4a68-97d1-2f6b8c40e944'
SCOPES = ['accounting.invoices', 'accounting.contacts', 'accounting.settings.read']


class Beside(Stage):
    """Two short chapters."""

    def online_invoice(self):
        told = self.told
        told.chapter("The invoice as the customer sees it in Xero")
        [export] = self.clerk.find(
            'xero.export', [('connection_id', '=', self.connections[HARBOUR]), ('kind', '=', 'sale_invoice'), ('xero_status', '=', 'AUTHORISED')],
            'move_id', 'xero_number', order='id', limit=1)
        move = export['move_id'][0]
        page = self.clerk.call('account.move', 'action_xero_online_invoice', [move])['url']
        told.say(f"The billing user opens {export['xero_number']} and presses Online invoice.")
        told.expect("Xero's page shows the invoice", self.xero.shows(page, export['xero_number']), page)
        [kept] = self.clerk.call('account.move', 'read', [move], ['xero_online_invoice_url'])
        told.expect_equal("The link is kept, for mail templates and the portal", kept['xero_online_invoice_url'], page)

    def custom_connection(self):
        told, administrator = self.told, self.administrator
        told.chapter("A custom connection: no log-in, no renewal")
        self.xero.authorise_custom(BRANCH_TENANT, SCOPES)
        [company] = administrator.create('res.company', {'name': BRANCH, 'currency_id': administrator.ref(f'base.{BRANCH_CURRENCY}')})
        client_id, secret = self.xero.CUSTOM_APP
        [app] = administrator.create('xero.app', {
            'name': BRANCH, 'app_type': 'custom', 'client_id': client_id, 'client_secret': secret, 'environment': 'sandbox', 'sandbox_url': self.xero.url})
        [connection] = administrator.create('xero.connection', {'name': BRANCH, 'app_id': app, 'company_ids': [company]}, context={
            'allowed_company_ids': [company]})
        answer = administrator.call('xero.connection', 'action_connect', [connection], context={'allowed_company_ids': [company]})['params']
        told.say(f"The app is authorised in Xero's developer portal. The administrator presses Connect: “{answer['message']}”")
        [row] = administrator.call('xero.connection', 'read', [connection], ['status', 'organisation_name'], context={'allowed_company_ids': [company]})
        told.expect_equal(
            "It is connected to its one organisation", (row['status'], row['organisation_name']), ('connected', BRANCH_ORGANISATION))
