from odoo import Command
from odoo.tests import tagged

from .payload_common import XeroPayloadCase


@tagged('post_install', '-at_install')
class TestPayloadLines(XeroPayloadCase):
    """Lines as sent, and as Xero stores them."""

    def test_gst_on_sales(self):
        move = self.document('out_invoice', {'name': "Beans", 'quantity': 3, 'price_unit': 33.33, 'tax_ids': self.tax('au_tax_sale_10')})
        self.assert_lines(move, [
            {'Description': "Beans", 'Quantity': 3, 'UnitAmount': 33.33, 'AccountCode': '200', 'TaxType': 'OUTPUT'}])
        self.assert_held(move, sub_total='99.99', tax='10.00', total='109.99')

    def test_sales_taxes_of_the_default_table(self):
        """Each tax is mapped to the rate of the table, and none needs a fixed tax amount."""
        for template, tax_type, tax in [
            ('au_tax_sale_10', 'OUTPUT', '10.00'),
            ('au_tax_sale_0', 'EXEMPTEXPORT', '0.00'),
            ('au_tax_sale_exempt', 'EXEMPTOUTPUT', '0.00'),
            ('au_tax_sale_input', 'INPUTTAXED', '0.00'),
        ]:
            with self.subTest(template=template):
                move = self.document('out_invoice', {'tax_ids': self.tax(template)})
                [line] = self.lines_sent(move)
                self.assertEqual((line['TaxType'], line.get('TaxAmount')), (tax_type, None))
                self.assert_held(move, sub_total='100.00', tax=tax)

    def test_purchase_taxes_of_the_default_table(self):
        self.map_account(self.account('asset_fixed'), '710')
        for template, tax_type, tax in [
            ('au_tax_purchase_10_service', 'INPUT', '10.00'),
            ('au_tax_purchase_0_service', 'EXEMPTEXPENSES', '0.00'),
            ('au_tax_purchase_capital_service', 'CAPEXINPUT', '10.00'),
        ]:
            with self.subTest(template=template):
                account = self.account('asset_fixed') if 'capital' in template else self.company_data['default_account_expense']
                move = self.document('in_invoice', {'tax_ids': self.tax(template), 'account_id': account.id})
                [line] = self.lines_sent(move)
                self.assertEqual((line['TaxType'], line.get('TaxAmount')), (tax_type, None))
                self.assert_held(move, sub_total='100.00', tax=tax)

    def test_no_tax(self):
        move = self.document()
        self.assertEqual([line['TaxType'] for line in self.lines_sent(move)], ['BASEXCLUDED'])
        self.assert_held(move, sub_total='100.00', tax='0.00')

    def test_price_with_tax_inside(self):
        """The net amount is sent; the document is `Exclusive` like all documents."""
        tax = self.tax('au_tax_sale_10').copy({'name': "10% included", 'price_include_override': 'tax_included'})
        self.map_tax(tax, 'OUTPUT', 'sale')
        move = self.document('out_invoice', {'quantity': 3, 'price_unit': 100, 'tax_ids': tax})
        self.assert_lines(move, [
            {'Description': "Work", 'Quantity': 3, 'UnitAmount': 90.91, 'AccountCode': '200', 'TaxType': 'OUTPUT'}])
        self.assertEqual(self.element_sent(move)['LineAmountTypes'], 'Exclusive')
        self.assert_held(move, sub_total='272.73', tax='27.27', total='300.00')

    def test_a_cent_of_tax_that_xero_would_round_otherwise(self):
        tax = self.tax('au_tax_sale_10').copy({'name': "10% included", 'price_include_override': 'tax_included'})
        self.map_tax(tax, 'OUTPUT', 'sale')
        move = self.document('out_invoice', {'price_unit': 0.05, 'tax_ids': tax}, {'price_unit': 0.15, 'tax_ids': tax})
        self.assert_held(move, total='0.20')

    def test_discounts(self):
        """As a rate where Xero can have one: on sales invoices, with two decimals. Else in the price, and named in the text."""
        self.env['decimal.precision'].search([('name', '=', "Discount")]).digits = 3
        plain = {'quantity': 4, 'price_unit': 25}
        for move_type, discount, line in [
            ('out_invoice', 12.5, {'Description': "Work", 'Quantity': 4, 'UnitAmount': 25, 'DiscountRate': 12.5}),
            ('out_invoice', 12.34, {'Description': "Work", 'Quantity': 4, 'UnitAmount': 25, 'DiscountRate': 12.34}),
            ('out_invoice', 12.433, {'Description': "Work\nDiscount 12.433 %", 'Quantity': 4, 'UnitAmount': 21.8925}),
            ('out_refund', 12.5, {'Description': "Work\nDiscount 12.5 %", 'Quantity': 4, 'UnitAmount': 21.875}),
            ('in_invoice', 12.5, {'Description': "Work\nDiscount 12.5 %", 'Quantity': 4, 'UnitAmount': 21.875}),
        ]:
            with self.subTest(move_type=move_type, discount=discount):
                move = self.document(move_type, {**plain, 'discount': discount})
                [sent] = self.lines_sent(move)
                self.assertEqual({name: sent.get(name) for name in line}, line)
                self.assert_held(move)

    def test_all_given_away(self):
        move = self.document('out_invoice', {'discount': 100}, {'price_unit': 50})
        self.assertEqual([line.get('DiscountRate') for line in self.lines_sent(move)], [100, None])
        self.assert_held(move, total='50.00')

    def test_negative_quantity_turns_the_price(self):
        """The final invoice after a down payment: −1 × 300 goes as 1 × −300."""
        move = self.document('out_invoice', {'price_unit': 1000}, {'name': "Down payment", 'quantity': -1, 'price_unit': 300})
        self.assertEqual([(line['Quantity'], line['UnitAmount']) for line in self.lines_sent(move)], [(1, 1000), (1, -300)])
        self.assert_held(move, total='700.00')

    def test_negative_price_and_discount(self):
        move = self.document('out_invoice', {'price_unit': 1000}, {'price_unit': -100, 'discount': 10}, {'quantity': -2, 'price_unit': -5})
        self.assertEqual(
            [(line['Quantity'], line['UnitAmount'], line.get('DiscountRate')) for line in self.lines_sent(move)],
            [(1, 1000, None), (1, -90, None), (2, 5, None)])
        self.assert_held(move, total='920.00')

    def test_a_charge_on_a_credit_note_is_negative(self):
        move = self.document('out_refund', {'price_unit': 100}, {'name': "Restocking", 'quantity': -1, 'price_unit': 15})
        self.assertEqual([(line['Quantity'], line['UnitAmount']) for line in self.lines_sent(move)], [(1, 100), (1, -15)])
        self.assert_held(move, total='85.00')

    def test_a_cent_is_finer_than_four_decimals(self):
        """Then the whole amount is one unit, and the description contains the quantity."""
        move = self.document('in_invoice', {'quantity': 12345.67, 'price_unit': 1.94, 'discount': 9.09})
        [line] = self.lines_sent(move)
        self.assertEqual(
            (line['Quantity'], line['UnitAmount'], line['Description']), (1, 21773.49, "Work\n12345.67 × 1.94\nDiscount 9.09 %"))
        self.assert_held(move)

    def test_sections_subsections_and_notes_are_text(self):
        move = self.document(
            'out_invoice', {'display_type': 'line_section', 'name': "Site works"}, {'display_type': 'line_subsection', 'name': "Roof"},
            {'name': "Tiles"}, {'display_type': 'line_note', 'name': "Thank you"})
        self.assertEqual(self.lines_sent(move)[0], {'Description': "Site works"})
        self.assertEqual([line['Description'] for line in self.lines_sent(move)], ["Site works", "Roof", "Tiles", "Thank you"])
        self.assert_held(move, total='100.00')

    def test_lines_keep_their_order(self):
        move = self.document('out_invoice', {'name': "Second", 'sequence': 20}, {'name': "First", 'sequence': 10}, {'name': "Third", 'sequence': 30})
        self.assertEqual([line['Description'] for line in self.lines_sent(move)], ["First", "Second", "Third"])

    def test_a_line_always_has_a_text(self):
        account = self.company_data['default_account_revenue']
        move = self.document(
            'out_invoice', {'name': False, 'product_id': self.product_a.id}, {'name': False}, {'name': "x" * 5000},
            {'name': " ", 'account_id': account.id}, {'quantity': 700, 'price_unit': 0.333333, 'discount': 1.11, 'name': "y" * 5000})
        texts = [line['Description'] for line in self.lines_sent(move)]
        self.assertEqual(texts[0], move.invoice_line_ids[0].name or self.product_a.display_name)
        self.assertEqual(texts[1], account.name)
        self.assertEqual(texts[2], "x" * 4000)
        self.assertEqual(texts[3], account.name)
        self.assertEqual(len(texts[4]), 4000)
        self.assert_held(move)

    def test_due_on_the_last_of_the_payment_terms(self):
        term = self.env['account.payment.term'].create({'name': "Halves", 'line_ids': [
            Command.create({'value': 'percent', 'value_amount': 50, 'nb_days': 10}),
            Command.create({'value': 'percent', 'value_amount': 50, 'nb_days': 30})]})
        move = self.document('out_invoice', {'tax_ids': self.tax('au_tax_sale_10')}, invoice_payment_term_id=term.id)
        self.assertEqual(len(self.lines_sent(move)), 1)
        self.assertEqual(self.element_sent(move)['DueDate'], '2026-12-02')
        self.assert_held(move, total='110.00')

    def test_what_odoo_adds_for_itself_is_not_sent(self):
        """Cost of goods sold, and the pairs that show discounts on an account of their own."""
        self.xero_company.account_discount_expense_allocation_id = self.account('expense')
        move = self.document('out_invoice', {'price_unit': 200, 'discount': 50, 'tax_ids': self.tax('au_tax_sale_10')}, post=False)
        accounts = self.company_data['default_account_expense'] | self.account('asset_current')
        move.write({'line_ids': [
            Command.create({'name': "Cost", 'display_type': 'cogs', 'account_id': account.id, 'balance': balance, 'tax_ids': False})
            for account, balance in zip(accounts, (60, -60))]})
        move.action_post()
        self.assertLessEqual({'cogs', 'discount', 'payment_term', 'tax'}, set(move.line_ids.mapped('display_type')))
        self.assertEqual([(line['UnitAmount'], line['DiscountRate']) for line in self.lines_sent(move)], [(200, 50)])
        self.assert_held(move, total='110.00')

    def test_early_payment_discounts_that_leave_the_document_alone(self):
        for computation in ('included', 'excluded'):
            with self.subTest(computation=computation):
                term = self.env['account.payment.term'].create({
                    'name': computation, 'early_discount': True, 'discount_percentage': 2, 'discount_days': 7,
                    'early_pay_discount_computation': computation,
                    'line_ids': [Command.create({'value': 'percent', 'value_amount': 100, 'nb_days': 30})]})
                move = self.document('out_invoice', {'tax_ids': self.tax('au_tax_sale_10')}, invoice_payment_term_id=term.id)
                self.assert_held(move, total='110.00')

    # === When the stored amounts are not the document === #

    def test_round_globally(self):
        """The engine's split is sent: stored amounts of the lines do not add up to the document."""
        self.env.company.tax_calculation_rounding_method = 'round_globally'
        tax = self.tax('au_tax_sale_10')
        move = self.document('out_invoice', *[{'price_unit': price, 'tax_ids': tax} for price in (25.06, 25.61, 25.63, 0.14, 0.14, 0.14)])
        self.assertEqual(move.amount_tax, 7.67)
        self.assertTrue(any('TaxAmount' in line for line in self.lines_sent(move)))
        self.assert_held(move)

    def test_round_per_line_sends_no_tax_amounts(self):
        self.env.company.tax_calculation_rounding_method = 'round_per_line'
        tax = self.tax('au_tax_sale_10')
        move = self.document('out_invoice', *[{'price_unit': price, 'tax_ids': tax} for price in (25.06, 25.61, 25.63)])
        self.assertFalse(any('TaxAmount' in line for line in self.lines_sent(move)))
        self.assert_held(move)

    def test_tax_edited_by_hand(self):
        move = self.document('in_invoice', {'tax_ids': self.tax('au_tax_purchase_10_service')}, {'price_unit': 50}, post=False)
        tax_line = move.line_ids.filtered('tax_line_id')
        move.write({'line_ids': [Command.update(tax_line.id, {'amount_currency': 9.97})]})
        move.action_post()
        self.assertEqual(move.amount_tax, 9.97)
        self.assertEqual([line.get('TaxAmount') for line in self.lines_sent(move)], [9.97, None])
        self.assert_held(move, sub_total='150.00', tax='9.97')

    def test_cash_rounding_as_a_line(self):
        account = self.account('expense')
        self.map_account(account, '860')
        rounding = self.env['account.cash.rounding'].create({
            'name': "Five cents", 'rounding': 0.05, 'strategy': 'add_invoice_line', 'profit_account_id': account.id,
            'loss_account_id': account.id, 'rounding_method': 'HALF-UP'})
        move = self.document('out_invoice', {'price_unit': 99.98}, invoice_cash_rounding_id=rounding.id)
        self.assertEqual(move.amount_total, 100)
        self.assertEqual([(line['AccountCode'], line['UnitAmount']) for line in self.lines_sent(move)], [('200', 99.98), ('860', 0.02)])
        self.assert_held(move, total='100.00')

    def test_cash_rounding_in_the_biggest_tax(self):
        rounding = self.env['account.cash.rounding'].create({
            'name': "Five cents", 'rounding': 0.05, 'strategy': 'biggest_tax', 'rounding_method': 'HALF-UP'})
        move = self.document(
            'out_invoice', {'price_unit': 99.98, 'tax_ids': self.tax('au_tax_sale_10')}, {'price_unit': 10}, invoice_cash_rounding_id=rounding.id)
        self.assertEqual(move.amount_total, 120)
        self.assert_held(move, total='120.00')
