from odoo import Command
from odoo.tests import tagged

from .payload_common import XeroPayloadCase


@tagged('post_install', '-at_install')
class TestPayloadStopped(XeroPayloadCase):
    """What cannot be told to Xero in the same amounts never leaves the house, and says why."""

    def new_tax(self, name, tax_type='OUTPUT', use='sale', **values):
        """Make a tax whose lines an accountant sends to a rate, rightly or wrongly."""
        tax = self.env['account.tax'].create({
            'name': name, 'type_tax_use': use, 'company_id': self.xero_company.id, 'country_id': self.xero_company.country_id.id,
            'tax_group_id': self.tax('au_tax_sale_10').tax_group_id.id, **values})
        self.map_tax(tax, tax_type, use)
        return tax

    def test_early_payment_discount_on_the_tax(self):
        """Issued with a smaller tax than its rate says: what Xero would make of the lines is another total."""
        term = self.env['account.payment.term'].create({
            'name': "2/7 Net 30", 'early_discount': True, 'discount_percentage': 2, 'discount_days': 7, 'early_pay_discount_computation': 'mixed',
            'line_ids': [Command.create({'value': 'percent', 'value_amount': 100, 'nb_days': 30})]})
        move = self.document('out_invoice', {'tax_ids': self.tax('au_tax_sale_10')}, invoice_payment_term_id=term.id)
        self.assertEqual(move.amount_total, 109.8)
        self.assert_stopped(move, 'amount', "$ 110.00", "$ 109.80", "early payment discount")

    def test_private_part(self):
        move = self.document('in_invoice', {'tax_ids': self.tax('au_tax_purchase_10_service'), 'deductible_amount': 60})
        export = self.sync(move)
        self.assertEqual(export.state, 'failed')
        self.assertIn(export.cause, ('amount', 'account'))
        for line in move.line_ids.filtered(lambda line: line.display_type.startswith('non_deductible')):
            self.map_account(line.account_id, '469')
        export._requeue()
        self.assert_stopped(move, 'amount', "private part")

    def test_withheld_tax_is_never_inside_a_rate(self):
        """Whether alone, beside another or in a group; even when a person sends it to a rate."""
        ten = self.new_tax("Ten", amount=10)
        withheld = self.new_tax("Withheld", amount=-5)
        for taxes in (withheld, ten | withheld):
            with self.subTest(taxes=taxes.mapped('name')):
                self.map_tax(taxes, 'OUTPUT', 'sale')
                move = self.document('out_invoice', {'tax_ids': taxes})
                self.assert_stopped_for_tax(move, "withheld")
        group = self.new_tax("Ten less five", amount_type='group', children_tax_ids=[Command.set((ten.copy() | withheld.copy()).ids)])
        self.assert_stopped_for_tax(self.document('out_invoice', {'tax_ids': group}), "withheld")

    def test_fixed_tax_is_never_inside_a_rate(self):
        """Not even where it happens to be ten percent."""
        eco = self.new_tax("Eco", amount_type='fixed', amount=10)
        self.assert_stopped_for_tax(self.document('out_invoice', {'tax_ids': eco}), "fixed amount")

    def test_tax_on_a_rate_of_nothing(self):
        tax = self.new_tax("Ten", tax_type='EXEMPTOUTPUT', amount=10)
        move = self.document('out_invoice', {'tax_ids': tax})
        self.assert_stopped(move, 'tax', "Ten", "$ 10.00", "0 %")

    def test_tax_greater_than_its_line(self):
        """The whole amount is tax, as on an import."""
        tax = self.new_tax("Customs", tax_type='INPUT', use='purchase', amount_type='division', amount=100, price_include_override='tax_included')
        move = self.document('in_invoice', {'tax_ids': tax})
        self.assert_stopped(move, 'amount', "$ 100.00", "$ 0.00")

    def test_taxes_without_a_counterpart_are_not_guessed(self):
        for template in ('au_tax_purchase_private_service', 'au_tax_purchase_10_service_tpar_no_abn'):
            with self.subTest(template=template):
                move = self.document('in_invoice', {'tax_ids': self.tax(template)})
                self.assert_stopped_for_tax(move, self.tax(template).name)
                self.assertTrue(move.xero_export_ids.mapping_ids)

    def test_a_sales_rate_on_an_expense_account(self):
        move = self.document('out_invoice', {
            'tax_ids': self.tax('au_tax_sale_10'), 'account_id': self.company_data['default_account_expense'].id})
        self.assert_stopped_for_tax(move, "GST on Income")

    def test_said_in_the_language_of_the_company(self):
        self.env['res.lang']._activate_lang('de_DE')
        self.xero_company.partner_id.lang = 'de_DE'
        tax = self.new_tax("Ten", tax_type='EXEMPTOUTPUT', amount=10)
        self.assert_stopped(self.document('out_invoice', {'price_unit': 12345.6, 'tax_ids': tax}), 'tax', "$ 1.234,56")

    def assert_stopped_for_tax(self, move, *words):
        export = self.sync(move)
        self.assertEqual((export.state, export.cause, bool(export.details)), ('failed', 'tax', False), export.message)
        for word in words:
            self.assertIn(word, export.message)
