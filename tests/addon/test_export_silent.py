from unittest.mock import patch

from odoo.addons.account_xero.models.steps import xero_step_changes
from odoo.tests import tagged

from .change_common import XeroChangeCase


@tagged('post_install', '-at_install')
class TestSilentChange(XeroChangeCase):
    """Fields that can be written on a posted document without a reset to draft: no hook runs, the sweep finds the change."""

    def edit(self, record, **values):
        """Write on a posted document or its line, then run the next sweep."""
        record.write(values)
        self.env.flush_all()
        self.connection.swept_at = False
        self.run_slice(self.connection, times=2)

    def test_what_may_be_written_arrives(self):
        move, export = self.synced()
        line = move.invoice_line_ids
        other = self.env['account.account'].create({
            'name': "Other sales", 'code': 'OTHER1', 'account_type': 'income', 'company_ids': [(6, 0, self.xero_company.ids)]})
        self.map_account(other, '260')
        number = move.name.replace('INV', 'OUR')
        for record, values, part, held in (
            (move, {'ref': "Order 12"}, 'Reference', "Order 12"),
            (line, {'name': "Better words"}, 'Description', "Better words"),
            (line, {'account_id': other.id}, 'AccountCode', '260'),
            (move, {'name': number}, 'InvoiceNumber', number),
        ):
            with self.subTest(part):
                self.edit(record, **values)
                document = self.held(export)
                self.assertEqual({**document['LineItems'][0], **document}[part], held)
                self.assert_same(export)
        self.edit(move, invoice_date_due='2026-12-24')
        self.assertEqual(str(self.held(export)['DueDate']), '2026-12-24')

    def synced_in_dollars(self):
        usd = self.env.ref('base.USD')
        usd.active = True
        usd.rate_ids.unlink()
        self.env['res.currency.rate'].create({'currency_id': usd.id, 'name': '2026-01-01', 'rate': 0.65, 'company_id': self.xero_company.id})
        return self.synced(currency_id=usd.id)

    def test_rate(self):
        move, export = self.synced_in_dollars()
        self.edit(move, invoice_currency_rate=0.7)
        self.assertEqual(float(self.held(export)['CurrencyRate']), 0.7)
        self.assert_same(export)

    def test_what_xero_forbids_on_a_paid_document_is_different_not_failed(self):
        move, export = self.synced_in_dollars()
        self.in_xero_somebody(export, paid='100')
        self.edit(move, ref="Order 13")
        self.assert_same(export, Reference="Order 13")
        self.sandbox.requests.clear()
        self.edit(move, invoice_currency_rate=0.7)
        self.assert_left(export, "paid or allocated")

    def test_nothing_changed_costs_no_call(self):
        move, _export = self.synced()
        move.write({'narration': "Not in Xero"})
        self.env.flush_all()
        self.connection.swept_at = False
        self.sandbox.requests.clear()
        self.run_slice(self.connection)
        self.assertFalse(self.calls(path='/api.xro'))

    def test_many_are_found_part_by_part(self):
        synced = [self.synced() for _number in range(3)]
        for move, _export in synced:
            move.ref = f"Order {move.id}"
        with patch.object(xero_step_changes, 'COMPARED_AT_ONCE', 2):
            self.edit(synced[0][0].invoice_line_ids, name="Better words")
        for move, export in synced:
            self.assert_same(export, Reference=f"Order {move.id}")
        self.assertTrue(self.connection.compared_at)
        # A document that was compared before is compared again later
        self.edit(synced[1][0], ref="Order 7")
        self.assert_same(synced[1][1], Reference="Order 7")

    def test_what_is_decided_later_rewrites_nothing(self):
        """Mappings and policies apply to documents that are sent from now on."""
        move, export = self.synced('out_invoice', {'quantity': 3, 'price_unit': 33.35})
        self.map_account(self.company_data['default_account_revenue'], '260')
        self.connection.quantity_policy = 'total'
        self.edit(move, narration="Only a note")
        self.edit(move.invoice_line_ids, analytic_distribution=False)
        self.assertFalse(self.calls('POST', '/api.xro/2.0/Invoices'))
        self.assertEqual((export.state, export.operation, export.difference), ('synced', 'none', False))
        [line] = self.held(export)['LineItems']
        self.assertEqual((line['AccountCode'], float(line['Quantity'])), ('200', 3))
        self.edit(move, ref="Order 14")
        self.assertEqual(self.held(export)['Reference'], "Order 14")
