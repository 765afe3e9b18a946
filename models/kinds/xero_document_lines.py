from decimal import Decimal

from odoo.tools import format_amount

from ...const import DESCRIPTION_LENGTH
from ...exceptions import NotRepresentable
from ...tools.problem import Problem
from ...tools.xero_money import (
    check_decimals,
    json_number,
    line_amount,
    represent,
    round_half_up,
    tax_amount,
    to_decimal,
)
from ...tools.xero_text import cut, first_text, text_length
from .xero_document_amounts import DocumentAmounts
from .xero_line_shares import line_shares

_TEXT = ('line_section', 'line_subsection', 'line_note')
PRICE_DIGITS = 6     # decimals of a price that people see


class DocumentLines:
    """The lines of one invoice, bill or credit note, computed as Xero does.

    :param move: the document, of its own company.
    :param resolver: of `xero.mapping`.
    :param policy: `DocumentPolicy`.

    `items` are the document's journal items in their order.
    `elements` are the `LineItems`, `total` is the total that Xero will compute, `problems` are the reasons not to send them.
    """

    def __init__(self, move, resolver, policy):
        self._move, self._resolver, self._policy = move, resolver, policy
        self.elements, self.problems, self.total = [], [], Decimal(0)
        amounts = DocumentAmounts(move).amounts
        self.items = move.line_ids.sorted(lambda line: (line.sequence, line.id))
        for line in self.items:
            if line.display_type in _TEXT:
                self.elements.append({'Description': self._text(line)})
            elif line in amounts:
                for share in line_shares(amounts[line], resolver):
                    self._add_amount(*share)

    # === Xero's lines === #

    def _add_amount(self, amount, quantity, tracking):
        line, net, tax = amount.line, amount.net, amount.tax
        target = self._resolver.line_target(line.account_id, amount.taxes, self._policy.use)
        problems = [*target.problems, *filter(None, (row._problem() for row in tracking))]
        self.problems += [problem for problem in problems if problem not in self.problems]
        try:
            form = self._form(line, net, quantity)
            check_decimals(tax)
        except NotRepresentable:
            self._refuse_decimals(line, net, tax)
            return
        self._check_tax(line, net, tax)
        self._check_rate(line, target, tax)
        element = {
            'Description': self._text(line, form, quantity),
            **self._item(line),
            'Quantity': form.quantity,
            'UnitAmount': form.unit_amount,
            **({'DiscountRate': form.discount_rate} if form.discount_rate else {}),
            # A line without a decided mapping has no target; its amounts are still shown in *Check*
            **target.element,
            **({'TaxAmount': tax} if target.percent is not None and tax_amount(net, target.percent) != tax else {}),
        }
        options = [row.xero_tracking_option_id for row in tracking if row.xero_tracking_option_id]
        if options:
            element['Tracking'] = [{'TrackingCategoryID': option.category_xero_id, 'TrackingOptionID': option.xero_id} for option in options]
        self.elements.append(element)
        self.total += line_amount(form.quantity, form.unit_amount, form.discount_rate) + tax

    # === Problems === #

    def _refuse_decimals(self, line, net, tax):
        """Refuse amounts with more decimals than Xero has."""
        self.problems.append(Problem('amount', line.env._(
            "Xero keeps two decimals of every currency, and %(line)s of %(document)s has more (%(net)s and %(tax)s of tax, in %(currency)s). "
            "Round its price in Odoo, or enter the document in Xero by hand and skip it here.",
            line=self._name(line), document=self._move._xero_name(), net=self._money(net), tax=self._money(tax),
            currency=self._move.currency_id.name), kind=line.env._("with more decimals than Xero has")))

    def _check_tax(self, line, net, tax):
        """Refuse a tax that is greater than its line."""
        if abs(tax) > abs(net):
            self.problems.append(Problem('amount', line.env._(
                "Xero refuses a tax that is greater than its line, and %(line)s of %(document)s has %(tax)s on %(net)s. Correct the taxes "
                "in Odoo, or enter the document in Xero by hand and skip it here.",
                line=self._name(line), document=self._move._xero_name(), tax=self._money(tax), net=self._money(net)),
                kind=line.env._("with a tax greater than its line")))

    def _check_rate(self, line, target, tax):
        """Add a problem if a line has tax on a rate of 0 %: the total would be right, but the tax return wrong."""
        mapping = target.tax
        if tax and target.percent == 0:
            self.problems.append(Problem('tax', line.env._(
                "%(taxes)s adds %(amount)s to %(document)s, but is mapped to %(target)s, which is 0 %% in Xero. Choose another rate in the mapping.",
                taxes=mapping.source_name, amount=self._money(tax), document=self._move._xero_name(), target=mapping.xero_tax_rate_id.display_name), mapping))

    # === Parts of a line === #

    def _item(self, line):
        code = self._policy.item_codes.get(line.product_id) if line.display_type == 'product' else None
        return {'ItemCode': code} if code else {}

    def _form(self, line, net, quantity):
        """Return quantity and price of a line by the connection's policy. Items other than products have quantity 1."""
        if line.display_type != 'product':
            return represent(net, 1, net, 0, allow_discount=False)
        return represent(
            net, quantity, line.price_unit, line.discount, allow_discount=self._policy.allows_discount, single=self._policy.is_single)

    def _money(self, amount):
        return format_amount(self._move.env, float(amount), self._move.currency_id)

    def _name(self, line):
        return first_text((text() for text in (
            lambda: line.name, lambda: line.product_id.display_name, lambda: line.account_id.name)), DESCRIPTION_LENGTH)

    def _text(self, line, form=None, quantity=None):
        """Return the text of a line, with the quantity, price or discount that its numbers in Xero do not show."""
        unseen = ''
        # A price that rounding or a discount reduces to zero is 0 in Xero
        if form and ((form.step == 3 and abs(quantity) != 1) or (line.display_type == 'product' and line.price_unit and not form.unit_amount)):
            unseen += f"\n{json_number(quantity)} × {json_number(round_half_up(to_decimal(line.price_unit), PRICE_DIGITS))}"
        if form and form.step > 1 and line.discount:
            unseen += '\n' + line.env._("Discount %(discount)s %%", discount=json_number(to_decimal(line.discount)))
        return cut(self._name(line), DESCRIPTION_LENGTH - text_length(unseen)) + unseen
