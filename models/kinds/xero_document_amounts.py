from dataclasses import dataclass
from decimal import Decimal

from odoo import models

from ...tools.xero_money import round_half_up, shares, to_decimal

# Items of a document that are lines in Xero too; the private part's tax has an amount, but no base
_BASES = ('product', 'rounding', 'non_deductible_product', 'non_deductible_product_total')
_PRIVATE_TAX = 'non_deductible_tax'


def stands_alone(tax):
    """Return whether a tax can be part of no rate: a fixed amount, or one that is withheld."""
    return tax.amount_type == 'fixed' or tax.amount < 0


def rate_taxes(taxes):
    """Return the taxes of a line that make up its rate: without those that stand alone, which groups may hold too."""
    flat = taxes.flatten_taxes_hierarchy()
    rate = flat.filtered(lambda tax: not stands_alone(tax))
    return taxes if rate == flat else rate


@dataclass
class Amount:
    """What one journal item is worth as a line: net and tax in the document's currency, with the document's sign."""
    line: models.BaseModel
    taxes: models.BaseModel
    net: Decimal
    tax: Decimal = Decimal(0)

    def room(self, excess):
        """Return how much of a tax this line can still take; Xero takes no tax that is greater than its line."""
        room = abs(self.net) - (self.tax if excess > 0 else -self.tax)
        return max(min(room, abs(excess)), Decimal(0)).copy_sign(excess)


class DocumentAmounts:
    """How Odoo splits a document into lines with net and tax that add up to its total.

    The net is what is booked on the item. The tax engine, asked again, may put a cent of global rounding elsewhere than when it booked the
    document, so only the tax of each line, which is booked nowhere, comes from it.

    Taxes that stand alone are lines of their own, on the account of the tax and with the taxes that follow them. What a discount for
    early payment takes off the tax is taken off the lines that are taxed.

    :param move: the document, of its own company.

    `amounts` are the `Amount`s by journal item.
    """

    def __init__(self, move):
        self._move = move
        self._digits = max(move.currency_id.decimal_places, 2)
        self.amounts = self._stored() or self._computed()
        self._fit()

    def _decimal(self, amount):
        """Return an amount of the document without the noise of its float, at the currency's own precision."""
        return round_half_up(to_decimal(amount), self._digits)

    def _own(self, line):
        """Return the amount of an item that is worth what is booked on it."""
        return self._decimal(self._move.direction_sign * line.amount_currency)

    def _stored(self):
        """Return the amounts from what is stored, or None where only the tax engine knows.

        With rounding per line the stored amounts add up to the document; with global rounding they often do not.
        """
        lines = self._move.line_ids
        if any(line.display_type in (*_BASES[1:], _PRIVATE_TAX, 'epd') or stands_alone(line.tax_line_id) for line in lines):
            return None
        amounts = {}
        for line in lines:
            if line.display_type == 'product':
                net = self._decimal(line.price_subtotal)
                amounts[line] = Amount(line, rate_taxes(line.tax_ids), net, self._decimal(line.price_total) - net)
        net = sum((amount.net for amount in amounts.values()), Decimal(0))
        tax = sum((amount.tax for amount in amounts.values()), Decimal(0))
        if (net, tax) == (self._decimal(self._move.amount_untaxed), self._decimal(self._move.amount_tax)):
            return amounts
        return None

    def _computed(self):
        """Return the amounts as Odoo's tax engine splits the document."""
        amounts = {
            # What Odoo makes for the private part's tax gets the account's default taxes, but nothing is charged on it
            line: Amount(line, line.tax_ids.browse() if line.display_type == _PRIVATE_TAX else self._following(line), self._own(line))
            for line in self._move.line_ids if line.display_type == _PRIVATE_TAX or stands_alone(line.tax_line_id)
        }
        base_lines, _tax_lines = self._move._get_rounded_base_and_tax_lines()
        taxed_less = []
        for base_line in base_lines:
            line, details = base_line['record'], base_line['tax_details']
            if line.display_type == 'epd':
                taxed_less.append(base_line)
                continue
            amounts[line] = Amount(line, rate_taxes(base_line['tax_ids']), self._own(line))
            self._share_tax(amounts, amounts[line], details['taxes_data'])
        for base_line in taxed_less:
            self._tax_less(amounts, base_line)
        return amounts

    def _following(self, line):
        """Return the taxes on a tax, as the lines have them that it comes from: whole groups, so that both go to one rate."""
        taxes = rate_taxes(line.tax_ids)
        sets = (rate_taxes(product.tax_ids) for product in self._move.invoice_line_ids if line.tax_line_id in product.tax_ids.flatten_taxes_hierarchy())
        return next((same for same in sets if same.flatten_taxes_hierarchy() == taxes), taxes)

    def _share_tax(self, amounts, amount, taxes_data):
        """Give the tax of a base to its line, and to the taxes in the base their part of it."""
        before = []
        for data in taxes_data:
            tax, charged = data['tax'], self._decimal(data['tax_amount_currency'])
            if stands_alone(tax):
                before.append((tax, charged))
                continue
            bases = [(amount, amount.net)]
            for own_tax, own_amount in before:
                bases += [
                    (own, own_amount) for own in amounts.values()
                    if own.line.tax_line_id == own_tax and tax in own.line.tax_ids][:1]
            for (base, _weight), share in zip(bases, shares(charged, [weight for _base, weight in bases], self._digits), strict=True):
                base.tax += share

    def _tax_less(self, amounts, base_line):
        """Take the tax of a discount for early payment off the lines with the same taxes; its two lines take each other off."""
        tax = sum((
            self._decimal(data['tax_amount_currency']) for data in base_line['tax_details']['taxes_data'] if not stands_alone(data['tax'])), Decimal(0))
        taxed = [
            amount for amount in amounts.values()
            if amount.line.display_type == 'product' and rate_taxes(amount.line.tax_ids).ids == rate_taxes(base_line['tax_ids']).ids]
        if tax and taxed:
            for amount, share in zip(taxed, shares(tax, [amount.net for amount in taxed], self._digits), strict=True):
                amount.tax += share

    def _fit(self):
        """Move what a line cannot take as tax to others with the same taxes: cents of global rounding on lines of nothing."""
        for amount in self.amounts.values():
            if abs(amount.tax) <= abs(amount.net):
                continue
            excess = amount.tax - abs(amount.net).copy_sign(amount.tax)
            others = [other for other in self.amounts.values() if other is not amount and other.taxes == amount.taxes]
            for other in sorted(others, key=lambda other: -abs(other.room(excess))):
                moved = other.room(excess)
                other.tax += moved
                amount.tax -= moved
                excess -= moved
