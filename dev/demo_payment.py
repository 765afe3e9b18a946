"""A customer pays in Xero, and the payment comes to Odoo."""
from .demo_books import HARBOUR, first_of_month
from .demo_stage import Stage

XERO_LOGIN = 'finance@example.com'
BANK = '090'    # code of the account in Xero


class Payments(Stage):
    """A chapter at one of the two organisations."""

    def pay_in_xero(self):
        told, invoice_admin, connection = self.told, self.admins[0], self.connections[HARBOUR]
        told.chapter("A customer pays, and Xero hears of it first")
        [bank] = self.administrator.find('account.journal', [('type', '=', 'bank')], 'name', 'xero_payments', limit=1)
        policy = 'both' if bank['xero_payments'] in ('out', 'both') else 'in'
        self.administrator.write('account.journal', [bank['id']], {'xero_payments': policy, 'xero_payments_since': str(first_of_month())})
        told.say(f"The journal {bank['name']} takes payments from Xero.")
        if self._connection_says('needs_payment_consent'):
            told.say("The connection says that the consent does not cover payments yet. An invoice admin renews it.")
            invoice_admin.consent(connection, XERO_LOGIN, HARBOUR.tenant_id, origin='board')
        told.expect_equal("The consent covers payments", self._connection_says('needs_payment_consent'), False)
        self._map_bank(connection, bank)
        invoice = self._open_invoice(connection)
        self.xero.act(HARBOUR.tenant_id, 'PUT', 'Payments', {
            'Invoice': {'InvoiceID': invoice['xero_id']}, 'Account': {'Code': BANK}, 'Amount': invoice['amount_total'],
            'Date': str(invoice['document_date']), 'Reference': "Bank transfer"})
        told.say(f"Somebody in {HARBOUR.organisation} enters the payment of {invoice['document_name']}. The billing user presses Check for Payment in Xero.")
        move = invoice['move_id'][0]
        answer = self.clerk.call('account.move', 'action_xero_check_payments', [move])
        told.expect("Odoo asks Xero", bool(answer['params']['message']), answer['params']['message'])
        row = self._until(lambda: next(iter(self.clerk.find(
            'xero.payment', [('move_id', '=', move), ('state', '=', 'done')], 'payment_id', 'amount')), None), "the payment")
        [paid] = self.clerk.call('account.move', 'read', [move], ['amount_residual'])
        told.expect_equal(f"It is {row['payment_id'][1]} in Odoo, and nothing is left to pay", paid['amount_residual'], 0.0)

    def _map_bank(self, connection, bank):
        invoice_admin = self.admins[0]
        [account] = invoice_admin.find('xero.account', [('connection_id', '=', connection), ('code', '=', BANK)], 'name')
        [row] = invoice_admin.find(
            'xero.mapping', [('connection_id', '=', connection), ('journal_id', '=', bank['id']), ('payment_method_line_id', '=', False)], 'source_name')
        invoice_admin.write('xero.mapping', [row['id']], {'xero_account_id': account['id']})

    def _open_invoice(self, connection):
        """Return the export of an invoice of this month that is open in Xero."""
        held = self.xero.held(HARBOUR.tenant_id)
        rows = self.clerk.find(
            'xero.export', [('connection_id', '=', connection), ('kind', '=', 'sale_invoice'), ('xero_status', '=', 'AUTHORISED'),
                            ('document_date', '>=', str(first_of_month()))],
            'move_id', 'xero_id', 'document_name', 'document_date', 'amount_total', order='id desc')
        return next(row for row in rows if row['move_id'] and float(held[row['xero_id']]['AmountDue']) == row['amount_total'])
