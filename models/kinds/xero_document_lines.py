from decimal import Decimal

from odoo.tools import format_amount

from ...const import DESCRIPTION_LENGTH
from ...exceptions import NotRepresentable
from ...tools.problem import Problem
from ...tools.xero_money import (
    json_number,
    line_amount,
    represent,
    round_half_up,
    tax_amount,
    to_decimal,
)

# Lines that Odoo adds to an entry for itself and that the amounts of the others already hold
_NOT_SENT = ('cogs', 'payment_term', 'discount', 'tax', 'epd')
_TEXT = ('line_section', 'line_subsection', 'line_note')
# With these in it, the stored amounts of the product lines are not the whole document
_ENGINE_ONLY = ('epd', 'rounding', 'non_deductible_product', 'non_deductible_product_total', 'non_deductible_tax')


class DocumentLines:
    """The lines of one invoice, bill or credit note, as Xero will compute them.

    :param move: the document, of its own company.
    :param resolver: of `xero.mapping`.
    :param str use: `sale` or `purchase`.
    :param bool has_discount: whether the document's lines may have a `DiscountRate`.

    `elements` are the `LineItems`, `total` is what Xero will make of them, `problems` are the reasons not to send them.
    """

    def __init__(self, move, resolver, use, has_discount):
        self._move, self._resolver, self._use, self._has_discount = move, resolver, use, has_discount
        self._digits = max(move.currency_id.decimal_places, 2)
        self.elements, self.problems, self.total = [], [], Decimal(0)
        amounts = self._stored_amounts() or self._engine_amounts()
        for line in move.line_ids.sorted(lambda line: (line.sequence, line.id)):
            if line.display_type in _TEXT:
                self._add_text(line)
            elif line in amounts:
                self._add_amount(line, *amounts[line])

    # === Odoo's amounts === #

    def _stored_amounts(self):
        """Return net and tax of each line from what is stored, or None where only the tax engine knows.

        With rounding per line the stored amounts add up to the document; with global rounding they often do not.
        """
        lines = self._move.line_ids
        if any(line.display_type in _ENGINE_ONLY for line in lines):
            return None
        amounts = {
            line: (self._decimal(line.price_subtotal), self._decimal(line.price_total) - self._decimal(line.price_subtotal))
            for line in lines if line.display_type == 'product'
        }
        nets, taxes = (sum(column, Decimal(0)) for column in zip(*amounts.values())) if amounts else (Decimal(0), Decimal(0))
        if nets == self._decimal(self._move.amount_untaxed) and taxes == self._decimal(self._move.amount_tax):
            return amounts
        return None

    def _engine_amounts(self):
        """Return net and tax of each line as Odoo's tax engine splits the document."""
        base_lines, _tax_lines = self._move._get_rounded_base_and_tax_lines()
        return {
            base_line['record']: (
                self._decimal(base_line['tax_details']['total_excluded_currency'])
                + self._decimal(base_line['tax_details']['delta_total_excluded_currency']),
                sum((self._decimal(tax['tax_amount_currency']) for tax in base_line['tax_details']['taxes_data']), Decimal(0)),
            )
            for base_line in base_lines if base_line['record'].display_type not in _NOT_SENT
        }

    def _decimal(self, amount):
        """Return an amount of the document without the noise of its float, at the currency's own precision."""
        return round_half_up(to_decimal(amount), self._digits)

    # === Xero's lines === #

    def _add_text(self, line):
        self.elements.append({'Description': self._text(line)})

    def _add_amount(self, line, net, tax):
        account = self._resolver.account(line.account_id)
        rate = self._resolver.tax(line.tax_ids, self._use)
        problems = self._resolver.line_problems(account, rate)
        self.problems += [problem for problem in problems if problem not in self.problems]
        try:
            form = represent(net, line.quantity, line.price_unit, line.discount, self._has_discount)
            represent(tax, 1, tax, 0, False)
        except NotRepresentable:
            self.problems.append(Problem('amount', line.env._(
                "Xero keeps two decimals, and %(line)s of %(document)s has more (%(net)s and %(tax)s of tax). Round its price in Odoo, or enter "
                "the document in Xero by hand and skip it here.",
                line=self._name(line), document=self._move.name, net=self._money(net), tax=self._money(tax))))
            return
        if abs(tax) > abs(net):
            self.problems.append(Problem('amount', line.env._(
                "Xero takes no tax that is greater than its line, and %(line)s of %(document)s has %(tax)s on %(net)s. Correct the taxes "
                "in Odoo, or enter the document in Xero by hand and skip it here.",
                line=self._name(line), document=self._move.name, tax=self._money(tax), net=self._money(net))))
        element = {
            'Description': self._text(line, form),
            'Quantity': form.quantity,
            'UnitAmount': form.unit_amount,
        }
        if form.discount_rate:
            element['DiscountRate'] = form.discount_rate
        # What pre-flight stops has no target yet; its amounts are still worth predicting
        if account.xero_account_id.code:
            element['AccountCode'] = account.xero_account_id.code
        elif account.xero_account_id:
            element['AccountID'] = account.xero_account_id.xero_id
        if rate.xero_tax_rate_id:
            element['TaxType'] = rate.xero_tax_rate_id.tax_type
            self._check_rate(line, rate, tax)
            if tax_amount(net, to_decimal(rate.xero_tax_rate_id.rate)) != tax:
                element['TaxAmount'] = tax
        self.elements.append(element)
        self.total += line_amount(form.quantity, form.unit_amount, form.discount_rate) + tax

    def _check_rate(self, line, mapping, tax):
        """Refuse to put tax on a rate that has none: the amount would fit, the tax return would not."""
        target = mapping.xero_tax_rate_id
        if tax and not target.rate:
            self.problems.append(Problem('tax', line.env._(
                "%(taxes)s charges %(amount)s on %(document)s, but goes to %(target)s, which is 0 %% in Xero. Choose another rate.",
                taxes=mapping.source_name, amount=self._money(tax), document=self._move.name, target=target.display_name), mapping))

    def _money(self, amount):
        return format_amount(self._move.env, float(amount), self._move.currency_id)

    def _name(self, line):
        # One by one: most lines have a text, and the rest would be read for nothing
        return (line.name or '').strip() or (line.product_id.display_name or '').strip() or (line.account_id.name or '').strip() or '-'

    def _text(self, line, form=None):
        """Return the text of a line, with what its numbers in Xero no longer show."""
        unseen = ''
        if form and form.step == 3 and abs(line.quantity) != 1:
            unseen += f"\n{json_number(to_decimal(line.quantity))} × {json_number(to_decimal(line.price_unit))}"
        if form and form.step > 1 and line.discount:
            unseen += '\n' + line.env._("Discount %(discount)s %%", discount=json_number(to_decimal(line.discount)))
        return self._name(line)[:DESCRIPTION_LENGTH - len(unseen)] + unseen
