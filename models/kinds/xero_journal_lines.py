from decimal import Decimal

from odoo.tools import format_amount

from ...const import AMOUNT_DIGITS
from ...tools.problem import Problem
from ...tools.xero_money import round_half_up, shares
from .xero_line_shares import tracking_weights


class JournalLines:
    """The lines of one manual journal. Debits are positive, credits negative, and their sum is zero.

    :param list sources: of (account, analytic distribution or None, amount, text). Sums of zero are left out.
    :param resolver: of `xero.mapping`.
    :param export: the export of the journal, for the texts of problems.
    :param bool is_summed: whether sources with the same account and tracking are one line, the net of debit and credit.

    `elements` are the `JournalLines`, `total` is the sum of the debits, `problems` are the reasons not to send them.
    """

    def __init__(self, sources, resolver, export, is_summed):
        self._resolver, self._export = resolver, export
        self.elements, self.problems, self._amounts = [], [], {}
        for position, (account, distribution, amount, text) in enumerate(sources):
            self._add(account, distribution, amount, text, None if is_summed else position)
        self.total = sum((amount for amount in self._amounts.values() if amount > 0), Decimal(0))
        for (row, tracking, text, _position), amount in self._amounts.items():
            if amount:
                self.elements.append(self._element(row, tracking, text, amount))

    def _add(self, account, distribution, amount, text, position):
        if amount != round_half_up(amount):
            self._note(Problem('amount', self._export.env._(
                "Xero keeps two decimals of every currency, and %(account)s has %(amount)s in %(document)s. Round it in Odoo, or enter it in Xero "
                "by hand and skip it here.", account=account.display_name, document=self._export.document_name,
                amount=format_amount(self._export.env, float(amount), self._export.currency_id)), kind=self._export.env._("with more decimals than Xero has")))
        row = self._resolver.find('account', account, 'journal')
        self._note(row._problem('journal'))
        for tracking, part in self._split(distribution, amount):
            for option in tracking:
                self._note(option._problem())
            key = (row, tracking, text, position)
            self._amounts[key] = self._amounts.get(key, Decimal(0)) + part

    def _split(self, distribution, amount):
        """Return pairs of a combination of tracking options and its part of the amount."""
        weights = tracking_weights(distribution, self._resolver) if distribution else {}
        if not weights:
            return [((), amount)]
        digits = max(AMOUNT_DIGITS, -amount.normalize().as_tuple().exponent)
        return list(zip(weights, shares(amount, list(weights.values()), digits), strict=True))

    def _note(self, problem):
        if problem and problem not in self.problems:
            self.problems.append(problem)

    def _element(self, row, tracking, text, amount):
        account = row.xero_account_id
        element = {'LineAmount': round_half_up(amount), 'Description': text}
        # A line without a decided mapping has no target; its amounts are still shown in *Check*
        if account.code:
            element['AccountCode'] = account.code
        elif account:
            element['AccountID'] = account.xero_id
        options = [option.xero_tracking_option_id for option in tracking if option.xero_tracking_option_id]
        if options:
            element['Tracking'] = [{'TrackingCategoryID': option.category_xero_id, 'TrackingOptionID': option.xero_id} for option in options]
        return element
