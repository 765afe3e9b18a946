from odoo import Command
from odoo.tests import tagged

from ..common import NORTHGATE
from .cases_common import XeroCasesCase
from .countries_common import XeroCountryCase
from .payload_common import XeroPayloadCase


@tagged('post_install', '-at_install')
class TestPayloadSmall(XeroPayloadCase):
    """Lines whose price comes to 0.00: Xero refuses them as they stand, and takes a price of 0."""

    @classmethod
    def prepare(cls):
        super().prepare()
        for name, digits in (("Product Price", 6), ("Product Unit", 6)):
            cls.env['decimal.precision'].search([('name', '=', name)]).digits = digits
        cls.env['uom.uom'].search([]).rounding = 0.000001

    def test_a_price_that_comes_to_nothing(self):
        """The price stands in the text, and the line keeps its account and its tax."""
        for move_type, template, code, tax_type, quantity in [
            ('out_invoice', 'au_tax_sale_10', '200', 'OUTPUT', 2), ('out_refund', 'au_tax_sale_10', '200', 'OUTPUT', 2),
            ('in_invoice', 'au_tax_purchase_10_service', '469', 'INPUT', 2), ('in_refund', 'au_tax_purchase_10_service', '469', 'INPUT', 2),
            ('out_invoice', 'au_tax_sale_10', '200', 'OUTPUT', -2),
        ]:
            with self.subTest(move_type=move_type, quantity=quantity):
                tax = self.tax(template)
                screw = {'name': "Screw", 'quantity': quantity, 'price_unit': 0.001, 'tax_ids': tax}
                move = self.document(move_type, screw, {'price_unit': 50, 'tax_ids': tax})
                self.assertEqual(self.lines_sent(move)[0], {
                    'Description': f"Screw\n{quantity} × 0.001", 'Quantity': 2, 'UnitAmount': 0, 'AccountCode': code, 'TaxType': tax_type})
                self.assert_held(move, sub_total='50.00', tax='5.00', total='55.00')

    def test_its_siblings(self):
        """Tiny quantities, prices below four decimals, a discount, tax inside the price."""
        inside = self.tax('au_tax_sale_10').copy({'name': "10 % inside", 'price_include_override': 'tax_included'})
        self.map_tax(inside, 'OUTPUT', 'sale')
        for line, quantity, text in [
            ({'quantity': 1, 'price_unit': 0.001}, 1, "Work\n1 × 0.001"),
            ({'quantity': 1, 'price_unit': 0.00001}, 1, "Work\n1 × 0.00001"),
            ({'quantity': 0.0001, 'price_unit': 5}, 0.0001, "Work\n0.0001 × 5"),
            ({'quantity': 0.000001, 'price_unit': 50}, 1, "Work\n0.000001 × 50"),
            ({'quantity': 1, 'price_unit': 0.01, 'discount': 60}, 1, "Work\n1 × 0.01\nDiscount 60 %"),
            ({'quantity': 1, 'price_unit': -0.002}, 1, "Work\n1 × -0.002"),
            ({'quantity': 2, 'price_unit': 0.002, 'tax_ids': inside}, 2, "Work\n2 × 0.002"),
        ]:
            with self.subTest(line):
                move = self.document('out_invoice', line, {'price_unit': 50})
                sent = self.lines_sent(move)[0]
                self.assertEqual((sent['Quantity'], sent['UnitAmount'], sent['Description']), (quantity, 0, text))
                self.assertEqual(sent['AccountCode'], '200')
                self.assert_held(move, total='50.00')

    def test_the_policy_of_one_piece(self):
        self.connection.quantity_policy = 'total'
        move = self.document('out_invoice', {'quantity': 2, 'price_unit': 0.001}, {'price_unit': 50})
        sent = self.lines_sent(move)[0]
        self.assertEqual((sent['Quantity'], sent['UnitAmount'], sent['Description']), (1, 0, "Work\n2 × 0.001"))

    def test_what_is_free_stays_as_it_stands(self):
        move = self.document('out_invoice', {'quantity': 3, 'price_unit': 0}, {'quantity': 2, 'price_unit': 40, 'discount': 100}, {'price_unit': 50})
        self.assertEqual(
            [(line['Quantity'], line['UnitAmount'], line['Description']) for line in self.lines_sent(move)],
            [(3, 0, "Work"), (2, 40, "Work"), (1, 50, "Work")])
        self.assert_held(move, total='50.00')

    def test_an_account_that_xero_does_not_take_is_no_tax(self):
        export = self.document().xero_export_ids.sudo()
        export._settle_refused(["Tax rate must be valid.", "Account must be valid."])
        self.assertEqual(export.cause, 'account')
        self.assertIn("“Account must be valid”", export.message)
        export._settle_refused(["The description field is mandatory for each line item.", "Account code '999' is not a valid code for this document."])
        self.assertIn("refused an account of", export.message)
        self.assertIn("“Account code '999' is not a valid code for this document”", export.message)


@tagged('post_install', '-at_install')
class TestPayloadPrivate(XeroCasesCase):
    """Bills with private parts."""

    def test_global_rounding(self):
        """The items' own amounts add up; asked again, the tax engine would put a cent elsewhere."""
        for name, digits in (("Discount", 3), ("Product Price", 6)):
            self.env['decimal.precision'].search([('name', '=', name)]).digits = digits
        self.xero_company.tax_calculation_rounding_method = 'round_globally'
        private = self.account('expense')
        self.map_account(private, '860')
        self.company_data['default_journal_purchase'].non_deductible_account_id = private
        ten = self.tax('au_tax_purchase_10_service')
        inside = ten.copy({'name': "10 % inside", 'price_include_override': 'tax_included'})
        self.map_tax(inside, 'INPUT', 'purchase')
        move = self.document(
            'in_invoice', {'quantity': 1.5, 'price_unit': 97.5902, 'discount': 33.333, 'tax_ids': ten, 'deductible_amount': 0},
            {'price_unit': 27.45, 'tax_ids': inside, 'deductible_amount': 75})
        self.assertEqual(round(move.amount_total, 2), 134.81)
        # The tax of the private parts is not deducted either
        self.assertCountEqual(self.numbers(move), [
            ('469', 'INPUT', 97.59, None), ('469', 'INPUT', 24.95, None), ('469', 'INPUT', -97.59, None), ('469', 'INPUT', -6.24, None),
            ('860', 'BASEXCLUDED', 103.84, None), ('860', 'BASEXCLUDED', 10.38, None)])
        held = self.held(move)
        self.assertEqual([str(held[name]) for name in ('SubTotal', 'TotalTax', 'Total')], ['132.93', '1.88', '134.81'])


@tagged('post_install', '-at_install')
class TestPayloadPrivateUnitedKingdom(XeroCountryCase):
    country_code = 'GB'
    tenant = NORTHGATE

    def test_the_tax_of_a_private_part_has_no_tax(self):
        """Odoo gives its item the default taxes of the vendor, which charge nothing on it; a rate of Xero would count it in the VAT return."""
        private = self.account('expense')
        self.map_account(private, '429')
        self.company_data['default_journal_purchase'].non_deductible_account_id = private
        goods, reverse = self.tax('PT_20_G'), self.tax('PT_20_RCI')
        position = self.env['account.fiscal.position'].create({'name': "Abroad", 'company_id': self.xero_company.id})
        reverse.write({'fiscal_position_ids': [Command.link(position.id)], 'original_tax_ids': [Command.link(goods.id)]})
        self.xero_company.account_purchase_tax_id = goods
        self.partner_a.property_account_position_id = position
        move = self.document('in_invoice', {'tax_ids': goods, 'deductible_amount': 60}, fiscal_position_id=position.id)
        item = move.line_ids.filtered(lambda line: line.display_type == 'non_deductible_tax')
        self.assertEqual(item.tax_ids, reverse, "what the default taxes of a vendor abroad are")
        lines = [(line['AccountCode'], line['TaxType'], line['Quantity'] * line['UnitAmount'], line.get('TaxAmount')) for line in self.lines_sent(move)]
        self.assertCountEqual(lines, [
            ('469', 'INPUT2', 100, None), ('469', 'INPUT2', -40, None), ('429', 'NONE', 40, None), ('429', 'NONE', 8, None)])
        self.assertEqual((self.held(move)['SubTotal'], self.held(move)['TotalTax'], self.held(move)['Total']), (108, 12, 120))
