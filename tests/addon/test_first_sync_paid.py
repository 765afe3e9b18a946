from odoo import fields
from odoo.tests import tagged

from .first_sync_common import XeroFirstSyncCase
from .payment_common import XeroPaymentCase


@tagged('post_install', '-at_install')
class TestFirstSyncPaid(XeroFirstSyncCase, XeroPaymentCase):
    """Linked documents that are paid differently on both sides are listed, with both amounts."""

    policy = 'in'

    def pay_in_xero(self, document, amount, day):
        self.sandbox.clock.advance(2)
        self.server.in_xero(self.tenant, 'PUT', '/Payments', {'Payments': [{
            'Invoice': {'InvoiceID': document['InvoiceID']}, 'Account': {'Code': '090'}, 'Date': day, 'Amount': amount}]})

    def differences(self, **values):
        self.env.invalidate_all()
        return self.env['xero.difference'].search([('state', '=', 'open'), *((name, '=', value) for name, value in values.items())], order='id')

    def link(self):
        first_sync = self.first_sync()
        self.run_slice(self.connection, times=4)
        self.env.invalidate_all()
        return first_sync

    def test_paid_differently(self):
        self.bank.xero_payments_since = '2026-11-20'
        cash = self.company_data['default_journal_cash']
        early, ours, same, late = moves = self.documents(4)
        held = dict(zip(moves, self.enter_same(moves), strict=True))
        self.pay_in_xero(held[early], 40, '2026-11-05')
        self.pay(ours, 30, journal=cash)
        self.pay_in_xero(held[same], 100, '2026-11-05')
        self.pay(same, 100, journal=cash)
        self.pay_in_xero(held[late], 100, '2026-11-25')
        first_sync = self.link()
        self.assertEqual(late.amount_residual, 0)
        self.assertFalse(self.connection.alarm_paid)
        self.assertRecordValues(self.differences(), [
            {'topic': 'paid', 'move_id': early.id, 'odoo_total': 0, 'xero_total': 40},
            {'topic': 'paid_odoo', 'move_id': ours.id, 'odoo_total': 30, 'xero_total': 0}])
        self.assertIn("It is older than 20 Nov 2026", self.differences()[0].text)
        self.assertEqual(first_sync.paid_count, 2)
        self.assertIn(
            "paid differently in Odoo and Xero: 2 ($ 30.00 in Odoo, $ 40.00 in Xero)", first_sync.next_steps.replace('\N{NO-BREAK SPACE}', ' '))
        self.assertEqual(self.env['xero.difference'].search(first_sync.action_open_paid()['domain']), self.differences())
        # They end when both sides are equal
        self.connection.export_start_date = '2026-11-27'
        self.pay(early, 40, journal=cash)
        self.pay_in_xero(held[ours], 30, '2026-11-05')
        self.env['xero.feed.position'].sudo().search([]).read_at = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        self.run_slice(self.connection, times=2)
        self.assertFalse(self.differences().mapped('text'))
        self.assertEqual(first_sync.paid_count, 0)

    def test_allocated_in_xero(self):
        invoice, credit = self.document(), self.document('out_refund')
        held, credit_held = self.enter_same(invoice | credit)
        self.server.in_xero(self.tenant, 'PUT', f"/CreditNotes/{credit_held['CreditNoteID']}/Allocations", {'Allocations': [{
            'Amount': 30, 'Date': '2026-11-06', 'Invoice': {'InvoiceID': held['InvoiceID']}}]})
        self.link()
        texts = {row.move_id: row.text for row in self.differences(topic='paid')}
        self.assertIn("Reconcile the document in Odoo with the same credit", texts[invoice])
        self.assertIn("reconcile it in Odoo with the same documents", texts[credit])
        (invoice | credit).line_ids.filtered(lambda line: line.account_type == 'asset_receivable').reconcile()
        self.run_slice(self.connection, times=2)
        self.assertEqual({row.odoo_total for row in self.differences()}, {100})
