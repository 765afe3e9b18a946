"""Reconciles credit with documents by the amounts of Xero, which allocates any part of a credit. Odoo takes as much as both sides have left."""


def possible_amount(credit, owed):
    """Return how much could be reconciled (float), in the currency of the items.

    :param credit: `account.move.line` of the credit note, or of the payment that is a credit.
    :param owed: those of the document.
    """
    return min(abs(sum(lines.mapped('amount_residual_currency'))) for lines in (credit, owed))


def reconcile_part(credit, owed, amount):
    """Reconcile items up to an amount in their currency.

    :param credit: `account.move.line` of the credit note, or of the payment that is a credit.
    :param owed: those of the document.
    :return: the new `account.partial.reconcile` between the two.
    """
    before, limits, left = credit.matched_debit_ids | credit.matched_credit_ids, {}, amount
    for line in credit:
        limits[line.id] = min(left, abs(line.amount_residual_currency))
        left -= limits[line.id]
    used = credit.filtered(lambda line: not line.currency_id.is_zero(limits[line.id]))
    (used | owed).with_context(xero_amounts=limits).reconcile()
    partials = (credit.matched_debit_ids | credit.matched_credit_ids) - before
    return partials.filtered(lambda partial: (partial.debit_move_id | partial.credit_move_id) <= (credit | owed))


def reconciled_amount(credit, owed):
    """Return how much of two sets of items is reconciled with each other (float), in the currency of the credit."""
    return sum(
        partial.credit_amount_currency if partial.credit_move_id in credit else partial.debit_amount_currency
        for partial in credit.matched_debit_ids | credit.matched_credit_ids
        if (partial.debit_move_id | partial.credit_move_id) & owed)
