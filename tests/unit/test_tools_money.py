from decimal import Decimal as D

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_xero.exceptions import NotRepresentable
from odoo.addons.account_xero.tools.xero_money import (
    LineForm,
    digest,
    dumps,
    json_number,
    line_amount,
    represent,
    round_half_up,
    shares,
    tax_amount,
    to_decimal,
)
from odoo.tests import BaseCase, tagged

# Bounds of the properties: amounts to ten million, quantities to ten thousand with Odoo's default of two
# decimals and more, any price, any discount
amounts = st.decimals(-10_000_000, 10_000_000, places=2, allow_nan=False)
quantities = st.decimals(-10_000, 10_000, places=5, allow_nan=False)
prices = st.decimals(-100_000, 100_000, places=6, allow_nan=False)
discounts = st.decimals(-20, 120, places=3, allow_nan=False)


@tagged('post_install', '-at_install')
class TestMoney(BaseCase):

    def test_decimals_come_from_what_a_person_sees(self):
        for number, text in [(0.1, '0.1'), (1e-7, '1E-7'), (3, '3'), ('2.50', '2.50')]:
            with self.subTest(number=number):
                self.assertEqual(str(to_decimal(number)), text)

    def test_halves_go_away_from_zero(self):
        for value, digits, rounded in [
            ('2.165', 2, '2.17'), ('-2.165', 2, '-2.17'), ('2.1649999', 2, '2.16'),
            ('0.00005', 4, '0.0001'), ('5', 2, '5.00'),
        ]:
            with self.subTest(value=value):
                self.assertEqual(str(round_half_up(D(value), digits)), rounded)

    def test_line_amount_is_rounded_like_xero(self):
        for quantity, unit, discount, amount in [
            ('1', '2.165', None, '2.17'),
            ('3', '0.33333', None, '1.00'),         # the unit price first: 3 × 0.3333
            ('1000', '0.00004', None, '0.00'),      # … to zero, if it is that small
            ('2.00005', '10', None, '20.00'),
            ('4', '25', '12.5', '87.50'),
            ('3', '19.99', '33.33', '39.98'),
        ]:
            with self.subTest(quantity=quantity, unit=unit, discount=discount):
                self.assertEqual(line_amount(D(quantity), D(unit), discount and D(discount)), D(amount))

    def test_tax_is_rounded_per_line(self):
        taxes = [tax_amount(D(net), D(15)) for net in ('25.06', '25.61', '25.63')]
        self.assertEqual(taxes, [D('3.76'), D('3.84'), D('3.84')])      # the documentation's own example
        self.assertEqual(tax_amount(D('-25.06'), D(15)), D('-3.76'))
        self.assertEqual(tax_amount(D(100), D('8.25')), D('8.25'))

    def test_first_form_that_gives_the_amount(self):
        for case, arguments, form in [
            ("as it stands", (300.0, 2.0, 150.0, 0.0, True), ('2', '150', None, 1)),
            ("discount shown", (87.5, 4.0, 25.0, 12.5, True), ('4', '25', '12.5', 1)),
            ("discount on a bill", (87.5, 4.0, 25.0, 12.5, False), ('4', '21.875', None, 2)),
            ("discount of three decimals", (87.57, 4.0, 25.0, 12.433, True), ('4', '21.8925', None, 2)),
            ("discount below zero", (110.0, 1.0, 100.0, -10.0, True), ('1', '110', None, 2)),
            ("all given away", (0.0, 4.0, 25.0, 100.0, True), ('4', '25', '100', 1)),
            ("discount on a negative line", (-90.0, 1.0, -100.0, 10.0, True), ('1', '-90', None, 2)),
            ("tax included", (90.91, 1.0, 100.0, 0.0, True), ('1', '90.91', None, 2)),
            ("tax included, three", (272.73, 3.0, 100.0, 0.0, True), ('3', '90.91', None, 2)),
            ("returned", (-300.0, -1.0, 300.0, 0.0, True), ('1', '-300', None, 1)),
            ("returned with discount", (-87.5, -4.0, 25.0, 12.5, True), ('4', '-21.875', None, 2)),
            ("twice negative", (300.0, -1.0, -300.0, 0.0, True), ('1', '300', None, 1)),
            ("a cent is finer than four decimals", (1234.57, 700.0, 1.94, 9.09, False), ('1', '1234.57', None, 3)),
            ("no quantity", (0.0, 0.0, 25.0, 0.0, True), ('1', '0', None, 3)),
            ("quantity beyond Xero's", (2e9, 2e9, 1.0, 0.0, True), ('1', '2000000000', None, 3)),
            ("quantity that rounds to nothing", (1.0, 0.00001, 100000.0, 0.0, True), ('1', '1', None, 3)),
            ("yen", (1000.0, 3.0, 333.0, 0.0, True), ('3', '333.3333', None, 2)),
            ("price that rounds to zero", (0.0, 2.0, 0.001, 0.0, True), ('2', '0', None, 2)),
            ("price below four decimals", (0.0, 1.0, 0.00001, 0.0, True), ('1', '0', None, 2)),
            ("price that a discount brings to nothing", (0.0, 1.0, 0.01, 60.0, True), ('1', '0', None, 2)),
            ("returned, rounds to zero", (0.0, -2.0, 0.001, 0.0, True), ('2', '0', None, 2)),
            ("quantity that is tiny", (0.0, 0.0001, 5.0, 0.0, False), ('0.0001', '0', None, 2)),
            ("no price", (0.0, 3.0, 0.0, 0.0, True), ('3', '0', None, 1)),
        ]:
            with self.subTest(case):
                quantity, unit, discount, step = form
                self.assertEqual(represent(*arguments), LineForm(D(quantity), D(unit), discount and D(discount), step))

    def test_policy_of_one_piece(self):
        self.assertEqual(represent(300.0, 2.0, 150.0, 0.0, True, single=True), LineForm(D(1), D(300), None, 3))

    def test_three_decimals_are_refused(self):
        with self.assertRaises(NotRepresentable):
            represent(D('1.001'), 1, D('1.001'), 0, True)

    @settings(max_examples=300, deadline=None)
    @given(amounts, quantities, prices, discounts, st.booleans(), st.booleans())
    def test_every_form_gives_the_amount(self, net, quantity, price, discount, allow_discount, single):
        form = represent(net, quantity, price, discount, allow_discount, single)
        self.assertEqual(line_amount(form.quantity, form.unit_amount, form.discount_rate), net)
        self.assertGreaterEqual(form.quantity, 0)
        self.assertEqual(form.unit_amount, round_half_up(form.unit_amount, 4))
        self.assertTrue(form.discount_rate is None or (allow_discount and 0 < form.discount_rate <= 100))

    @settings(max_examples=200, deadline=None)
    @given(st.decimals(1, 10_000, places=2), st.decimals('0.01', 10_000, places=2), st.decimals(0, 100, places=2))
    def test_what_xero_computes_alike_stays_as_it_stands(self, quantity, price, discount):
        net = line_amount(quantity, price, discount)
        if not net and discount != 100:
            return      # an amount that is zero only by rounding is refused
        form = represent(net, quantity, price, discount, allow_discount=True)
        self.assertEqual(form, LineForm(quantity, price, discount or None, 1))

    def test_numbers_are_short_and_plain(self):
        for number, text in [
            ('10.00', '10'), ('0.10', '0.1'), ('1E+3', '1000'), ('1E-7', '0.0000001'), ('-0.00', '0'), ('100', '100'),
            ('-2.50', '-2.5'), ('0', '0'),
        ]:
            with self.subTest(number=number):
                self.assertEqual(json_number(D(number)), text)

    def test_equal_payloads_have_equal_bytes(self):
        line = {'Quantity': D('3.0000'), 'Note': 'Café "ü"\n', 'Sent': True, 'Url': None}
        payload = {'Type': 'ACCREC', 'Lines': [line]}
        again = {'Lines': (dict(reversed(line.items()), Quantity=D(3)),), 'Type': 'ACCREC'}
        self.assertEqual(
            dumps(payload).decode(),
            r'{"Lines":[{"Note":"Café \"ü\"\n","Quantity":3,"Sent":true,"Url":null}],"Type":"ACCREC"}',
        )
        self.assertEqual(dumps(payload), dumps(again))
        self.assertEqual(digest(payload), digest(again))
        self.assertNotEqual(digest(payload), digest({**payload, 'Type': 'ACCPAY'}))

    def test_no_float_gets_into_a_payload(self):
        for payload in ({'Amount': 0.3}, [1.0], {'When': object()}):
            with self.subTest(payload=payload), self.assertRaises(TypeError):
                dumps(payload)


@tagged('post_install', '-at_install')
class TestShares(BaseCase):

    def test_shares_by_largest_remainder(self):
        for amount, weights, parts in [
            ('10.00', '1 1 1', '3.34 3.33 3.33'),
            ('-10.00', '1 1 1', '-3.33 -3.33 -3.34'),
            ('0.01', '1 3', '0.00 0.01'),
            ('9.80', '100 -50', '19.60 -9.80'),
            ('0.05', '1 -1', '0.05 0'),
        ]:
            with self.subTest(amount=amount, weights=weights):
                self.assertEqual(shares(D(amount), list(map(D, weights.split()))), list(map(D, parts.split())))

    @given(amounts, st.lists(prices, min_size=1, max_size=20))
    @settings(max_examples=200, deadline=None, database=None)
    def test_shares_sum_to_the_amount(self, amount, weights):
        self.assertEqual(sum(shares(amount, weights)), amount)
