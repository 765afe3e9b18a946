"""Xero's money rule: unit price rounded first, then each line, tax per line, always half up.

Source: "Rounding in Xero" of Xero's developer documentation.
"""
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal('0.01')
HUNDRED = Decimal(100)


def rounded(value, places=2):
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def line_amount(quantity, unit_amount, discount_rate=None, discount_amount=None):
    """:return: the line's amount to the cent, discount taken off"""
    return rounded(exact_amount(quantity, unit_amount, discount_rate, discount_amount))


def exact_amount(quantity, unit_amount, discount_rate=None, discount_amount=None):
    """:return: the line's amount before it is rounded"""
    gross = quantity * unit_amount
    return gross * (HUNDRED - discount_rate) / HUNDRED if discount_rate else gross - (discount_amount or 0)


def tax_amount(amount, rate, inclusive):
    """:param rate: in percent; :param inclusive: whether ``amount`` contains the tax"""
    return rounded(amount * rate / (HUNDRED + rate if inclusive else HUNDRED))


def totals(lines, inclusive):
    """:param lines: of (amount, tax); :return: (sub total without tax, total tax, total)"""
    amount = sum((line[0] for line in lines), Decimal(0))
    tax = sum((line[1] for line in lines), Decimal(0))
    return (amount - tax, tax, amount) if inclusive else (amount, tax, amount + tax)
