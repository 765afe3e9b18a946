from odoo import Command

from ..common import HARBOUR
from .change_common import XeroChangeCase

PAYMENTS, BATCHES = '/api.xro/2.0/Payments', '/api.xro/2.0/BatchPayments'


class XeroPaymentCase(XeroChangeCase):
    """Payments registered in Odoo, in a journal that sends them to the account 090 in Xero."""

    policy = 'out'

    @classmethod
    def prepare(cls):
        cls.bank = cls.company_data['default_journal_bank']
        cls.bank.write({'xero_payments': cls.policy, 'xero_payments_since': '2026-01-01', 'xero_payments_out_since': '2026-01-01'})
        cls.outstanding = cls.env['account.account'].create({
            'name': "Outstanding", 'code': 'OUT001', 'account_type': 'asset_current', 'reconcile': True})
        (cls.bank.inbound_payment_method_line_ids | cls.bank.outbound_payment_method_line_ids).payment_account_id = cls.outstanding
        super().prepare()
        cls.map_bank(cls.bank, '090')

    @classmethod
    def map_bank(cls, journal, code):
        """Map a journal to an account in Xero, as an accountant does."""
        target = cls.env['xero.account'].search([('connection_id', '=', cls.connection.id), ('code', '=', code)])
        cls.resolver().find('bank', journal).with_user(cls.admin).xero_account_id = target

    @classmethod
    def pay(cls, moves, amount=None, journal=None, group=False, **values):
        """Register a payment, as the dialog does.

        :return: the entries of the payments.
        """
        wizard = cls.env['account.payment.register'].with_context(active_model='account.move', active_ids=moves.ids).create({
            'journal_id': (journal or cls.bank).id, 'payment_date': '2026-11-10', 'group_payment': group,
            **({'amount': amount} if amount else {}), **values})
        return wizard._create_payments().move_id

    @classmethod
    def rows(cls, *states):
        """Return the exports of payments."""
        cls.env.invalidate_all()
        domain = [('state', 'in', states)] if states else []
        return cls.env['xero.export'].sudo().search([('kind', '=', 'payment'), *domain], order='id')

    def held_payments(self, status='AUTHORISED'):
        """Return the payments that Xero holds, by the time of their creation."""
        return [one for one in self.sandbox.organisations[HARBOUR].payments.values() if one['Status'] == status]

    @classmethod
    def paid_together(cls, count=3, move_type='out_invoice', **values):
        """Return documents that are in Xero, and the entry of one payment of all of them."""
        moves = cls.env['account.move'].union(*(
            cls.document(move_type, **({'ref': f'B{number}'} if move_type == 'in_invoice' else {})) for number in range(count)))
        cls.run_slice(cls.connection)
        assert cls.states(moves) == ['synced'] * count, cls.states(moves)
        cls.sandbox.requests.clear()
        return moves, cls.pay(moves, group=True, **values)

    @classmethod
    def held_batches(cls, status='AUTHORISED'):
        """Return the batch payments that Xero holds, by the time of their creation."""
        return [one for one in cls.sandbox.organisations[HARBOUR].batch_payments.values() if one['Status'] == status]

    @classmethod
    def in_batches(cls, status='AUTHORISED'):
        """Return the numbers of the documents in each batch payment that Xero holds: a list of sorted lists."""
        payments = cls.sandbox.organisations[HARBOUR].payments
        return [sorted(payments[one]['Invoice']['InvoiceNumber'] for one in batch['_payments']) for batch in cls.held_batches(status)]

    def unreconcile(self, money, *moves):
        """Undo the reconciliation of money with some of its documents."""
        partials = money.line_ids.matched_debit_ids | money.line_ids.matched_credit_ids
        partials.filtered(lambda one: (one.debit_move_id | one.credit_move_id).move_id & self.env['account.move'].union(*moves)).unlink()

    def assert_sent(self, *facts):
        """Assert that Xero holds these payments, each once, and that each has a synced export."""
        self.run_slice(self.connection)
        self.assertFalse(self.rows().filtered(lambda row: row.state != 'synced').mapped('message'))
        self.assertEqual(self.facts(), sorted(facts))

    def facts(self):
        """Return what Xero holds: sorted list of (number of the document, amount, date, reference)."""
        return sorted(
            (one['Invoice']['InvoiceNumber'], float(one['Amount']), str(one['Date'])[:10], one['Reference']) for one in self.held_payments())

    def statement(self, moves, amount, **values):
        """Pay documents by a line of a bank statement, reconciled with them.

        :return: the entry of the line.
        """
        owed = moves.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        line = self.env['account.bank.statement.line'].create({
            'journal_id': self.bank.id, 'date': '2026-11-11', 'payment_ref': "Transfer", 'amount': amount,
            'partner_id': moves[:1].partner_id.id, 'counterpart_account_id': owed[:1].account_id.id, **values})
        (line.move_id.line_ids.filtered(lambda item: item.account_id == owed[:1].account_id) | owed).reconcile()
        return line.move_id

    @staticmethod
    def no_tax(**values):
        return {'tax_ids': [Command.clear()], **values}
