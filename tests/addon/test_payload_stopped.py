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
        for template in ('au_tax_purchase_private_service', 'au_tax_purchase_input_service'):
            with self.subTest(template=template):
                move = self.document('in_invoice', {'tax_ids': self.tax(template)})
                self.assert_stopped_for_tax(move, self.tax(template).name)
                self.assertTrue(move.xero_export_ids.mapping_ids)

    def test_several_taxes_are_one_decision(self):
        """The set is mapped, not its taxes: Xero has one rate with components for it, or none."""
        pair = self.new_tax("Ten", amount=10) | self.new_tax("Five", amount=5)
        move = self.document('out_invoice', {'tax_ids': pair})
        self.assert_stopped_for_tax(move, "Ten + Five")

    def test_more_than_two_decimals(self):
        dinar = self.env['res.currency'].with_context(active_test=False).search([('name', '=', 'KWD')])
        dinar.active = True
        self.sandbox.organisations[self.connection.tenant_id].currencies.append('KWD')
        self.connection.reference_read_at = False
        self.run_slice(self.connection)
        move = self.document('out_invoice', {'price_unit': 1.234}, currency_id=dinar.id, invoice_currency_rate=0.25)
        self.assert_stopped(move, 'amount', "two decimals", "KWD", "1.234")

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
