from odoo.tests import tagged

from .payment_in_common import XeroPaymentInCase


@tagged('post_install', '-at_install')
class TestPaymentHeld(XeroPaymentInCase):
    """What holds a payment from Xero back, and what lets it go on: never twice in Odoo, and never lost."""

    def sweep(self):
        """Let the next slice look again at what could not be registered."""
        self.connection.sudo().swept_at = False
        self.check()

    def cash(self, **values):
        """Let the cash journal take payments."""
        cash = self.company_data['default_journal_cash']
        cash.write({'xero_payments': 'in', 'xero_payments_since': '2026-01-01', **values})
        return cash

    # === ACCOUNTS === #

    def test_account_that_odoo_reads_later(self):
        move, _export = self.synced()
        self.xero_account('091').sudo().unlink()
        row = self.paid(move, 100, code='091')
        self.assertRecordValues(row, [{'state': 'waiting', 'reason_code': 'mapping', 'xero_account_id': False}])
        self.connection.with_user(self.admin).action_refresh_reference()
        self.run_slice(self.connection)
        self.sweep()
        self.assertEqual(row.xero_account_id, self.xero_account('091'))
        self.map_bank(self.cash(), '091')
        self.run_slice(self.connection)
        self.assertRecordValues(row, [{'state': 'done', 'journal_id': self.company_data['default_journal_cash'].id}])
