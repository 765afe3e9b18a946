from decimal import Decimal

from odoo import Command
from odoo.tests import tagged

from .cases_common import XeroCasesCase

# The organisation's account for levies
LEVY = '825'


@tagged('post_install', '-at_install')
class TestPayloadCases(XeroCasesCase):
    """Documents that Odoo books with further items besides lines and taxes."""

    def test_private_part_of_a_bill(self):
        """The private part leaves the cost with its tax and goes to the private account without tax."""
        private = self.account('expense')
        self.map_account(private, '860')
        self.company_data['default_journal_purchase'].non_deductible_account_id = private
        move = self.document('in_invoice', {'tax_ids': self.tax('au_tax_purchase_10_service'), 'deductible_amount': 60})
        self.assertCountEqual(self.numbers(move), [
            ('469', 'INPUT', 100, None), ('469', 'INPUT', -40, None), ('860', 'BASEXCLUDED', 40, None), ('860', 'BASEXCLUDED', 4, None)])
        self.assertEqual((self.held(move)['SubTotal'], self.held(move)['TotalTax'], self.held(move)['Total']), (104, 6, 110))

    def early_payment(self):
        return self.env['account.payment.term'].create({
            'name': "2/7 Net 30", 'early_discount': True, 'discount_percentage': 2, 'discount_days': 7, 'early_pay_discount_computation': 'mixed',
            'line_ids': [Command.create({'value': 'percent', 'value_amount': 100, 'nb_days': 30})]})

    def test_early_payment_discount_on_the_tax(self):
        """The tax of each line is below its rate; the two lines of the discount sum to zero."""
        term = self.early_payment()
        ten = self.tax('au_tax_sale_10')
        move = self.document('out_invoice', {'tax_ids': ten}, {'price_unit': 50, 'tax_ids': ten}, {'price_unit': 30}, invoice_payment_term_id=term.id)
        self.assert_numbers(move, ('200', 'OUTPUT', 100, 9.8), ('200', 'OUTPUT', 50, 4.9), ('200', 'BASEXCLUDED', 30, None))
        self.assert_held(move, sub_total='180.00', tax='14.70', total='194.70')

    def test_cash_rounding_on_a_document_with_tax(self):
        account = self.account('expense')
        self.map_account(account, '860')
        for strategy, total in (('add_invoice_line', '110.00'), ('biggest_tax', '110.00')):
            with self.subTest(strategy=strategy):
                rounding = self.env['account.cash.rounding'].create({
                    'name': "Five cents", 'rounding': 0.05, 'strategy': strategy, 'profit_account_id': account.id,
                    'loss_account_id': account.id, 'rounding_method': 'HALF-UP'})
                move = self.document(
                    'out_invoice', {'price_unit': 99.98, 'tax_ids': self.tax('au_tax_sale_10')}, invoice_cash_rounding_id=rounding.id)
                self.assert_held(move, total=total)

    def test_quantity_policy(self):
        """By policy each line is one unit at its total; the description contains the quantity."""
        self.connection.quantity_policy = 'total'
        move = self.document('out_invoice', {'quantity': 3, 'price_unit': 33.33, 'discount': 10}, {'price_unit': 5})
        self.assertEqual(
            [(line['Quantity'], line['UnitAmount'], line.get('DiscountRate'), line['Description']) for line in self.lines_sent(move)],
            [(1, 89.99, None, "Work\n3 × 33.33\nDiscount 10 %"), (1, 5, None, "Work")])
        self.assert_held(move, total='94.99')

    def test_credit_note_that_charges(self):
        ten = self.tax('au_tax_sale_10')
        move = self.document('out_refund', {'tax_ids': ten}, {'name': "Restocking", 'quantity': -2, 'price_unit': 7.5, 'tax_ids': ten, 'discount': 10})
        self.assert_numbers(move, ('200', 'OUTPUT', 100, None), ('200', 'OUTPUT', -13.5, None))
        self.assert_held(move, sub_total='86.50', tax='8.65', total='95.15')

    def test_yen(self):
        """Xero keeps two decimals also for yen; Odoo's whole amounts are sent."""
        yen = self.env['res.currency'].with_context(active_test=False).search([('name', '=', 'JPY')])
        yen.active = True
        self.sandbox.organisations[self.connection.tenant_id].currencies.append('JPY')
        self.connection.reference_read_at = False
        self.run_slice(self.connection)
        for move_type, template in (('out_invoice', 'au_tax_sale_10'), ('in_invoice', 'au_tax_purchase_10_service')):
            with self.subTest(move_type=move_type):
                move = self.document(
                    move_type, {'quantity': 3, 'price_unit': 335, 'tax_ids': self.tax(template)}, currency_id=yen.id, invoice_currency_rate=97.5)
                [line] = self.lines_sent(move)
                self.assertEqual((line['UnitAmount'], line['TaxAmount']), (335, 101))
                self.assert_held(move, sub_total='1005.00', tax='101.00', total='1106.00')

    def test_a_branch_exports_by_its_parents_connection(self):
        branch = self.env['res.company'].create({
            'name': "Two Sites North", 'parent_id': self.xero_company.id, 'country_id': self.xero_company.country_id.id})
        (self.env.user | self.admin).company_ids += branch
        self.connection.company_ids += branch
        self.xero_company.xero_connection_id = self.connection
        account = self.company_data['default_account_revenue']
        self.partner_a.with_company(branch).property_account_receivable_id = self.company_data['default_account_receivable']
        move = self.env['account.move'].with_company(branch).create({
            'move_type': 'out_invoice', 'partner_id': self.partner_a.id, 'invoice_date': '2026-11-02',
            'invoice_line_ids': [Command.create({
                'name': "Work", 'price_unit': 100, 'account_id': account.id, 'tax_ids': [Command.set(self.tax('au_tax_sale_10').ids)]})]})
        move.action_post()
        target = self.env['xero.account'].search([('connection_id', '=', self.connection.id), ('code', '=', '200')])
        self.resolver(branch).find('account', account).with_user(self.admin).xero_account_id = target
        self.assertEqual((move.company_id, move.xero_export_ids.company_id), (branch, branch))
        self.assert_numbers(move, ('200', 'OUTPUT', 100, None))
        self.assert_held(move, total='110.00')


@tagged('post_install', '-at_install')
class TestPayloadOwnTaxes(XeroCasesCase):
    """Taxes that cannot be a rate are lines of their own."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.map_account(cls.tax_account, LEVY)
        cls.ten = cls.tax('au_tax_sale_10')

    def test_eco_tax(self):
        """A fixed amount per piece is a line on the account of the tax."""
        eco = self.new_tax("Eco", amount_type='fixed', amount=0.5)
        move = self.document('out_invoice', {'quantity': 4, 'price_unit': 25, 'tax_ids': self.ten | eco}, {'quantity': 2, 'tax_ids': eco})
        self.assert_numbers(
            move, ('200', 'OUTPUT', 100, None), ('200', 'BASEXCLUDED', 200, None), (LEVY, 'BASEXCLUDED', 3, None))
        self.assertEqual(self.held(move)['Total'], 313)
        self.assertEqual(move.amount_total, 313)

    def test_tax_on_an_eco_tax(self):
        """The tax that follows applies to the fixed amount too."""
        eco = self.new_tax("Eco", amount_type='fixed', amount=5, include_base_amount=True, sequence=0)
        for move_type in ('out_invoice', 'out_refund'):
            with self.subTest(move_type=move_type):
                move = self.document(move_type, {'tax_ids': eco | self.ten}, {'price_unit': 10, 'tax_ids': self.ten})
                self.assert_numbers(
                    move, ('200', 'OUTPUT', 100, None), ('200', 'OUTPUT', 10, None), (LEVY, 'OUTPUT', 5, None))
                self.assertEqual((self.held(move)['SubTotal'], self.held(move)['TotalTax'], self.held(move)['Total']), (115, 11.5, 126.5))
                self.assertEqual(move.amount_total, 126.5)

    def test_withheld_tax(self):
        """A withholding tax is never part of a rate: it is a negative line on its account."""
        withheld = self.new_tax("Withheld", amount=-5)
        for taxes, rate in ((withheld, 'BASEXCLUDED'), (self.ten | withheld, 'OUTPUT')):
            with self.subTest(taxes=taxes.mapped('name')):
                move = self.document('out_invoice', {'tax_ids': taxes})
                self.assert_numbers(move, ('200', rate, 100, None), (LEVY, 'BASEXCLUDED', -5, None))
                self.assertEqual(self.held(move)['Total'], round(move.amount_total, 2))

    def test_group_that_withholds(self):
        """The part of the group that can be a rate is mapped by the default table."""
        group = self.tax('au_tax_purchase_10_service_tpar_no_abn')
        group.with_context(active_test=False).children_tax_ids.active = True
        withheld = group.children_tax_ids.filtered(lambda tax: tax.amount < 0)
        account = withheld.invoice_repartition_line_ids.account_id
        move = self.document('in_invoice', {'tax_ids': group})
        self.assertEqual((self.sync(move).cause, move.xero_export_ids.mapping_ids.account_id), ('account', account))
        self.map_account(account, LEVY)
        self.run_slice(self.connection)
        self.assert_numbers(move, ('469', 'INPUT', 100, None), (LEVY, 'BASEXCLUDED', -47, None))
        self.assertEqual((move.amount_total, self.held(move)['Total']), (63, 63))

    def test_several_taxes_as_one_rate(self):
        """An accountant chooses the rate; the tax amount is Odoo's, compound or not."""
        federal = self.new_tax("Federal", amount=5, include_base_amount=True, sequence=1)
        local = self.new_tax("Local", amount=10, sequence=2)
        self.sandbox.organisations[self.connection.tenant_id].tax_rates['TAX001'] = {
            **self.sandbox.organisations[self.connection.tenant_id].tax_rates['OUTPUT'], 'TaxType': 'TAX001', 'Name': "Federal and local",
            'EffectiveRate': Decimal('15.5')}
        self.connection.reference_read_at = False
        self.run_slice(self.connection)
        self.map_tax(federal | local, 'TAX001', 'sale')
        move = self.document('out_invoice', {'tax_ids': federal | local}, {'price_unit': 0.33, 'tax_ids': federal | local})
        self.assertEqual({line['TaxType'] for line in self.lines_sent(move)}, {'TAX001'})
        self.assertNotIn('TaxAmount', self.lines_sent(move)[0])
        self.assert_held(move)
