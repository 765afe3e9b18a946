"""A payment that is registered in Odoo is sent to Xero."""
from decimal import Decimal

from .demo_books import HARBOUR
from .demo_stage import Stage

BANK_IN_XERO, PAID = '090', 125.50


class Payments(Stage):
    """A chapter at one of the two organisations."""

    def exchange_payments(self):
        """Send the payments of the bank journal, and give it the outstanding account without which Odoo books none. Return its name."""
        administrator = self.administrator
        [bank] = administrator.find('account.journal', [('type', '=', 'bank')], 'name', order='id', limit=1)
        [outstanding] = administrator.create('account.account', {
            'name': "Outstanding receipts", 'code': 'OUT001', 'account_type': 'asset_current', 'reconcile': True})
        methods = administrator.find('account.payment.method.line', [('journal_id', '=', bank['id'])], 'id')
        administrator.write('account.payment.method.line', [row['id'] for row in methods], {'payment_account_id': outstanding})
        administrator.write('account.journal', [bank['id']], {'xero_payments': 'out'})
        self.bank = bank['id']
        return bank['name']

    def pay(self):
        told = self.told
        told.chapter("A payment is registered in Odoo")
        self._decide_bank()
        [export] = self.clerk.find(
            'xero.export', [('connection_id', '=', self.connections[HARBOUR]), ('kind', '=', 'sale_invoice'), ('state', '=', 'synced')],
            'move_id', 'xero_id', 'xero_number', order='id', limit=1)
        dialog_context = {'active_model': 'account.move', 'active_ids': [export['move_id'][0]]}
        [dialog] = self.clerk.create('account.payment.register', {'journal_id': self.bank, 'amount': PAID}, context=dialog_context)
        self.clerk.call('account.payment.register', 'action_create_payments', [dialog], context=dialog_context)
        told.say(f"The billing user registers {PAID:,.2f} for {export['xero_number']} in the bank journal.")
        payment = self._until(lambda: self._payment('synced'), "sending the payment", self._payment)
        [held] = [row for row in self.xero.rows(HARBOUR.tenant_id, 'Payments') if row['PaymentID'] == payment['xero_id']]
        told.expect_equal("Xero has the payment, of the same amount, for the same invoice", (
            Decimal(str(held['Amount'])), held['Invoice']['InvoiceID']), (Decimal(str(PAID)), export['xero_id']))

    def _decide_bank(self):
        accountant, own = self.admins[0], ('connection_id', '=', self.connections[HARBOUR])
        [mapping] = accountant.find('xero.mapping', [own, ('type', '=', 'bank'), ('journal_id', '=', self.bank), ('payment_method_line_id', '=', False)], 'id')
        [account] = accountant.find('xero.account', [own, ('code', '=', BANK_IN_XERO)], 'display_name')
        accountant.write('xero.mapping', [mapping['id']], {'xero_account_id': account['id']})
        self.told.say(f"The accountant maps the bank journal to {account['display_name']}.")

    def _payment(self, *states):
        return next((row for row in self._exports() if row['kind'] == 'payment' and row['state'] in (states or (row['state'],))), None)
