from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from odoo import models

from ...tools.xero_money import round_half_up, shares, to_decimal

# Items of a document that are lines in Xero too; the tax of the non-deductible part has an amount, but no base
BASES = ('product', 'rounding', 'non_deductible_product', 'non_deductible_product_total')
PRIVATE_TAX = 'non_deductible_tax'


def is_separate_line(tax):
    """Return whether a tax cannot be part of a rate, so that it is a line of its own: a fixed amount, or a withheld tax."""
    return tax.amount_type == 'fixed' or tax.amount < 0


def rate_taxes(taxes):
    """Return the taxes of a line that make up its rate: without those that are separate lines, which groups may contain too."""
    flat = taxes.flatten_taxes_hierarchy()
    rate = flat.filtered(lambda tax: not is_separate_line(tax))
    return taxes if rate == flat else rate


@dataclass
class Amount:
    """The amounts of one journal item as a line: net and tax in the document's currency, with the document's sign."""
    line: models.BaseModel
    taxes: models.BaseModel
    net: Decimal
    tax: Decimal = Decimal(0)

    def room(self, excess):
        """Return how much of an excess of tax this line can take: Xero refuses a tax that is greater than its line."""
        room = abs(self.net) - (self.tax if excess > 0 else -self.tax)
        return max(min(room, abs(excess)), Decimal(0)).copy_sign(excess)


class DocumentAmounts:
    """The split of a document into lines with net and tax that add up to its total.

    The net is the amount booked on the item. The tax of each line is not booked, so it comes from the tax engine. The net does not, because
    the engine may put a cent of global rounding on another line than when it booked the document.

    Taxes that cannot be part of a rate are separate lines, on the account of the tax and with the taxes based on them. If a discount for
    early payment reduces the tax, the tax of the taxed lines is reduced.

    :param move: the document, of its own company.

    `amounts` are the `Amount`s by journal item.
    """

    def __init__(self, move):
        self._move = move
        self._digits = max(move.currency_id.decimal_places, 2)
        self.amounts = self._stored() or self._computed()
        self._fit()

    def _decimal(self, amount):
        """Return an amount of the document as a `Decimal`, rounded to the currency's precision."""
        return round_half_up(to_decimal(amount), self._digits)

    def _own(self, line):
        """Return the amount booked on an item, with the document's sign."""
        return self._decimal(self._move.direction_sign * line.amount_currency)

    def _stored(self):
        """Return the amounts from stored fields, or None if the tax engine is needed.

        With rounding per line the stored amounts add up to the document; with global rounding they often do not.
        """
        lines = self._move.line_ids
        if any(line.display_type in (*BASES[1:], PRIVATE_TAX, 'epd') or (line.tax_line_id and is_separate_line(line.tax_line_id)) for line in lines):
            return None
        amounts, taxes_of = {}, cache(rate_taxes)
        for line in lines:
            if line.display_type == 'product':
                net = self._decimal(line.price_subtotal)
                amounts[line] = Amount(line, taxes_of(line.tax_ids), net, self._decimal(line.price_total) - net)
        net = sum((amount.net for amount in amounts.values()), Decimal(0))
        tax = sum((amount.tax for amount in amounts.values()), Decimal(0))
        if (net, tax) == (self._decimal(self._move.amount_untaxed), self._decimal(self._move.amount_tax)):
            return amounts
        return None

    def _computed(self):
        """Return the amounts as Odoo's tax engine splits the document."""
        amounts = {
            # Odoo's item for the tax of the non-deductible part gets the account's default taxes, but no tax is charged on it
            line: Amount(line, line.tax_ids.browse() if line.display_type == PRIVATE_TAX else self._following(line), self._own(line))
            for line in self._move.line_ids if line.display_type == PRIVATE_TAX or is_separate_line(line.tax_line_id)
        }
        base_lines, _tax_lines = self._move._get_rounded_base_and_tax_lines()
        discounts = []
        for base_line in base_lines:
            line, details = base_line['record'], base_line['tax_details']
            if line.display_type == 'epd':
                discounts.append(base_line)
                continue
            amounts[line] = Amount(line, rate_taxes(base_line['tax_ids']), self._own(line))
            self._share_tax(amounts, amounts[line], details['taxes_data'])
        for base_line in discounts:
            self._reduce_tax(amounts, base_line)
        return amounts

    def _following(self, line):
        """Return the taxes on a tax, in the groups of the lines with that tax, so that both are mapped to the same rate."""
        taxes = rate_taxes(line.tax_ids)
        sets = (rate_taxes(product.tax_ids) for product in self._move.invoice_line_ids if line.tax_line_id in product.tax_ids.flatten_taxes_hierarchy())
        return next((same for same in sets if same.flatten_taxes_hierarchy() == taxes), taxes)

    def _share_tax(self, amounts, amount, taxes_data):
        """Distribute the tax of a base over its line and the separate taxes in the base."""
        before = []
        for data in taxes_data:
            tax, charged = data['tax'], self._decimal(data['tax_amount_currency'])
            if is_separate_line(tax):
                before.append((tax, charged))
                continue
            bases = [(amount, amount.net)]
            for own_tax, own_amount in before:
                bases += [
                    (own, own_amount) for own in amounts.values()
                    if own.line.tax_line_id == own_tax and tax in own.line.tax_ids][:1]
            for (base, _weight), share in zip(bases, shares(charged, [weight for _base, weight in bases], self._digits), strict=True):
                base.tax += share

    def _reduce_tax(self, amounts, base_line):
        """Subtract the tax of a discount for early payment from the lines with the same taxes. The nets of its two items add up to zero."""
        tax = sum((
            self._decimal(data['tax_amount_currency']) for data in base_line['tax_details']['taxes_data'] if not is_separate_line(data['tax'])), Decimal(0))
        taxed = [
            amount for amount in amounts.values()
            if amount.line.display_type == 'product' and rate_taxes(amount.line.tax_ids).ids == rate_taxes(base_line['tax_ids']).ids]
        if tax and taxed:
            for amount, share in zip(taxed, shares(tax, [amount.net for amount in taxed], self._digits), strict=True):
                amount.tax += share

    def _fit(self):
        """Move tax that exceeds the net of its line, such as cents of global rounding on lines of 0.00, to lines with the same taxes."""
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
