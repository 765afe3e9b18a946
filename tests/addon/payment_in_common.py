from datetime import timedelta

from ..common import HARBOUR
from .change_common import XeroChangeCase

PAYMENTS = '/api.xro/2.0/Payments'


class XeroPaymentInCase(XeroChangeCase):
    """A bank journal that takes payments from the business bank account in Xero."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.bank = cls.company_data['default_journal_bank']
        cls.bank.xero_payments = 'in'
        cls.bank.xero_payments_since = '2026-01-01'
        cls.connect(cls.connection, user=cls.xero_user)
        cls.map_bank(cls.bank, '090')
        cls.run_slice(cls.connection)

    @classmethod
    def map_bank(cls, journal, code):
        """Map a journal, as an accountant does."""
        cls.resolver(journal.company_id).find('bank', journal).with_user(cls.admin).xero_account_id = cls.xero_account(code)

    @classmethod
    def xero_account(cls, code):
        return cls.env['xero.account'].search([('connection_id', '=', cls.connection.id), ('code', '=', code)])

    def both_ways(self):
        """Let the journal send its payments, too."""
        self.bank.write({'xero_payments': 'both', 'xero_payments_out_since': '2026-01-01'})
        self.connect(self.connection, user=self.xero_user)

    # === At Xero === #

    def pay(self, move, amount, code='090', endpoint='Invoice', **values):
        """Pay a document, as a person at Xero does.

        :return: the payment, as Xero answers it.
        """
        self.sandbox.clock.advance(2)
        [payment] = self.server.in_xero(HARBOUR, 'PUT', '/Payments', {'Payments': [{
            endpoint: {f'{endpoint}ID': self.export_of(move).xero_id}, 'Account': {'Code': code}, 'Date': '2026-11-05', 'Amount': amount,
            'Reference': "Transfer", **values}]})['Payments']
        return payment

    def delete(self, payment):
        """Delete a payment, as a person at Xero does."""
        self.sandbox.clock.advance(2)
        self.server.in_xero(HARBOUR, 'POST', f"/Payments/{payment['PaymentID']}", {'Status': 'DELETED'})

    def read_last(self, **values):
        """Change the newest payment that Xero holds, without its rules."""
        payments = self.sandbox.organisations[HARBOUR].payments
        payment = payments[next(reversed(payments))]
        payment |= {'UpdatedDateUTC': self.sandbox.clock.now(), **values}
        return payment

    # === In Odoo === #

    def check(self, slices=1):
        """Let the connection read what changed."""
        self.env.invalidate_all()
        for position in self.env['xero.feed.position'].sudo().search([('connection_id', '=', self.connection.id)]):
            position.read_at -= timedelta(seconds=1)    # a check in the second in which the last one began reads nothing
        self.env['xero.feed']._ask(self.connection, by_hand=False)
        self.run_slice(self.connection, times=slices)

    def rows(self, **values):
        self.env.invalidate_all()
        rows = self.env['xero.payment'].sudo().search([('connection_id', '=', self.connection.id)], order='id')
        return rows.filtered_domain([(name, '=', value) for name, value in values.items()])

    def paid(self, move, amount, **values):
        """Pay a document at Xero and read it.

        :return: its newest row.
        """
        self.pay(move, amount, **values)
        self.check()
        return self.rows()[-1:]

    def residual(self, move):
        self.env.invalidate_all()
        return move.amount_residual

    def assert_told(self, record, words):
        self.assertIn(words, ' '.join(body for body in record.sudo().message_ids.mapped('body') if body))

    def assert_registered(self, row, **values):
        self.assertEqual(row.state, 'done', row.reason)
        self.assertTrue(row.payment_id.is_reconciled)
        self.assertRecordValues(row.payment_id, [{'amount': row.amount, 'journal_id': self.bank.id, **values}])
