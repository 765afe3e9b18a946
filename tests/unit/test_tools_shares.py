import unittest
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_xero.tools.xero_money import shares

CENT = Decimal('0.01')
amounts = st.integers(-10 ** 9, 10 ** 9).map(lambda cents: cents * CENT)
weights = st.lists(st.decimals(0, 100, places=4), min_size=1, max_size=12).filter(any)


class TestShares(unittest.TestCase):

    @settings(max_examples=300, deadline=None)
    @given(amounts, weights)
    def test_parts_add_up_and_are_near_their_share(self, amount, weights):
        parts = shares(amount, weights)
        self.assertEqual(sum(parts), amount)
        for part, weight in zip(parts, weights, strict=True):
            self.assertLess(abs(part - amount * weight / sum(weights)), CENT + Decimal('1e-12'))
            self.assertTrue(weight or not part)

    @settings(max_examples=300, deadline=None)
    @given(amounts, st.decimals(-1, 1, places=3), weights)
    def test_no_part_has_more_tax_than_net(self, net, rate, weights):
        tax = (net * rate).quantize(CENT, 'ROUND_DOWN')
        nets = shares(net, weights)
        taxes = shares(tax, nets)
        self.assertEqual(sum(taxes), tax)
        self.assertTrue(all(abs(part_tax) <= abs(part) for part, part_tax in zip(nets, taxes, strict=True)))
