"""Payments that Odoo has already, and that could be one made in Xero."""
from typing import NamedTuple

from odoo import models

from ...const import FINAL_STATUSES


class Alike(NamedTuple):
    """A payment in Odoo that could be the one from Xero: its name, and the `account.payment`, empty for a line of a bank statement."""
    name: str
    payment: models.BaseModel


def booked(rows):
    """Return a dict: row → list of `Alike`, money in Odoo that pays the same document, or refunds the same credit, by the amount of the row.

    Money that Xero has from Odoo is left out, and money that belongs to another payment in Xero. What somebody deleted in Xero counts.

    :param rows: `xero.payment` that are not registered.
    """
    owed = {row: row._terms() for row in rows}
    lines = rows.env['account.move.line'].union(*owed.values())
    partials = lines.matched_debit_ids | lines.matched_credit_ids
    if not partials:
        return {row: [] for row in rows}
    exports = rows.env['xero.export'].search([('partial_id', 'in', partials.ids)]).grouped('partial_id')
    in_xero = {
        partial for partial, some in exports.items()
        if some.filtered(lambda export: export.state != 'skipped' and not (export.state == 'synced' and export.xero_status in FINAL_STATUSES))}
    payments = (partials.debit_move_id | partials.credit_move_id).move_id.origin_payment_id
    linked = rows.search([('payment_id', 'in', payments.ids)]).payment_id.move_id
    return {row: list(_of_row(row, terms, in_xero, linked, exports)) for row, terms in owed.items()}


def _of_row(row, terms, in_xero, linked, exports):
    """Yield what `booked` finds for a row. Xero may have one payment for each instalment that one payment in Odoo pays, or one for all."""
    currency = terms.currency_id[:1]
    if currency.name != row.currency_code:
        return
    by_money = {}
    for line in terms:
        for partial in line.matched_debit_ids | line.matched_credit_ids:
            money = ((partial.debit_move_id | partial.credit_move_id) - line).move_id
            if partial not in in_xero and money not in linked and money._xero_is_money():
                by_money.setdefault(money, {})[partial] = partial._xero_money_amount(line)
    for money, amounts in by_money.items():
        equal = [partial for partial, amount in amounts.items() if not currency.compare_amounts(amount, row.amount)]
        if equal or not currency.compare_amounts(sum(amounts.values()), row.amount):
            export = exports.get(equal[0]) if equal else None
            yield Alike(export[:1].document_name if export else money._xero_name(), money.origin_payment_id)
