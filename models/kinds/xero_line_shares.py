from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from ...const import UNIT_DIGITS
from ...tools.xero_money import round_half_up, shares, to_decimal
from .xero_document_amounts import Amount


class Share(NamedTuple):
    """A part of a document's line that is a separate line in Xero.

    `tracking` are the mapping rows of its options, at most one for each category.
    """
    amount: Amount
    quantity: Decimal
    tracking: tuple


def line_shares(amount, resolver):
    """Split a line by its analytic distribution over the plans that the connection tracks.

    Net and tax of the shares add up to those of the line. The part that the distribution does not cover has no tracking.

    :param Amount amount: the amounts of the line.
    :return: list of `Share`; one for the whole line if nothing is tracked.
    """
    quantity = to_decimal(amount.line.quantity)
    combinations = tracking_weights(amount.line.analytic_distribution, resolver)
    if len(combinations) < 2 or not amount.net:
        return [Share(amount, quantity, max(combinations, key=combinations.get, default=()))]
    weights = list(combinations.values())
    nets = shares(amount.net, weights)
    # In proportion to the rounded nets: no share may have more tax than net
    taxes = shares(amount.tax, nets)
    return [
        Share(replace(amount, net=net, tax=tax), round_half_up(quantity * weight / sum(weights), UNIT_DIGITS), tracking)
        for tracking, weight, net, tax in zip(combinations, weights, nets, taxes, strict=True) if net]


def tracking_weights(distribution, resolver):
    """Return the weight of each combination of mapping rows, at most one row for each tracked plan; empty if no tracked plan is used.

    Odoo stores the percentages of two plans together (`"3,8": 60`) or apart (`"3": 60, "8": 100`). Those apart are combined in proportion.

    :param dict distribution: the analytic distribution of an item, or None.
    """
    together, apart = {}, ({}, {})
    for key, percent in (distribution or {}).items() if resolver.tracked_plans else ():
        rows = _rows(key, resolver)
        found = [index for index, row in enumerate(rows) if row]
        if found and percent:
            weights, label = (apart[found[0]], rows[found[0]]) if len(found) == 1 else (together, rows)
            weights[label] = weights.get(label, Decimal(0)) + to_decimal(percent)
    rest = max(100 - sum(together.values()), *(sum(plan.values()) for plan in apart))
    if rest == 100 and not any(apart):
        return {}
    for plan in apart:
        plan[None] = rest - sum(plan.values())
    combinations = {}
    for rows, weight in (
        *together.items(),
        *(((first, second), first_weight * second_weight / rest)
          for first, first_weight in apart[0].items() for second, second_weight in apart[1].items() if rest),
    ):
        if weight:
            tracking = tuple(row for row in rows if row)
            combinations[tracking] = combinations.get(tracking, Decimal(0)) + weight
    return combinations


def _rows(key, resolver):
    """Return the mapping row of each tracked plan in one key of a distribution, None for a plan that is not in it."""
    accounts = resolver.tracked_plans[0].env['account.analytic.account'].browse(map(int, key.split(','))).exists()
    by_plan = {account.root_plan_id: account for account in accounts}
    return tuple(resolver.find('tracking', by_plan[plan]) if plan in by_plan else None for plan in resolver.tracked_plans)
