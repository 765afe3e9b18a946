from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.problem import Problem
from ..reference.xero_reference_mixin import ACTIVE

ACCOUNT_CLASS = {'asset': 'ASSET', 'liability': 'LIABILITY', 'equity': 'EQUITY', 'income': 'REVENUE', 'expense': 'EXPENSE'}
# The types of Xero's accounts that a type of Odoo's corresponds to: https://developer.xero.com/documentation/api/accounting/types#account-types
XERO_TYPES = {
    'asset_current': ('CURRENT',), 'asset_prepayments': ('PREPAYMENT',), 'asset_fixed': ('FIXED',), 'asset_non_current': ('NONCURRENT',),
    'liability_current': ('CURRLIAB', 'LIABILITY'), 'liability_non_current': ('TERMLIAB',), 'equity': ('EQUITY',), 'equity_unaffected': ('EQUITY',),
    'income': ('SALES', 'REVENUE'), 'income_other': ('OTHERINCOME',),
    'expense': ('EXPENSE', 'OVERHEADS'), 'expense_direct_cost': ('DIRECTCOSTS',), 'expense_depreciation': ('DEPRECIATN',),
}
# Xero refuses its own accounts of these types in manual journals, so an accountant chooses clearing accounts for their amounts:
# https://developer.xero.com/documentation/api/accounting/manualjournals
CLEARED_TYPES = ('asset_receivable', 'liability_payable', 'asset_cash', 'liability_credit_card')


class XeroMappedAccount(models.AbstractModel):
    """Accounts.

    An account has one row. While only manual journals need it, its `use` is `journal`, and the targets are those that Xero accepts in
    manual journals. As soon as a line of an invoice or bill needs it, `use` is empty, and the targets are those that Xero accepts on
    lines. Manual journals accept these, too, except for tracked inventory.
    """
    _name = 'xero.mapped.account'
    _inherit = 'xero.mapped'
    _description = "Account Mapped to Xero"

    _source_field = 'account_id'
    _target_field = 'xero_account_id'
    _suggestion_field = 'suggested_account_id'
    _cause = 'account'
    _source_depends = ('account_id.code', 'account_id.name')
    _domain_depends = ('use',)
    _usable_depends = ('xero_account_id.can_take_lines', 'xero_account_id.can_take_journals')

    # === IN ODOO === #

    def _describe(self, mapping):
        account = mapping.account_id.with_company(mapping.company_id)
        return f'{account.code or ""} {account.name}'.strip()

    def _likeness(self, mapping):
        return mapping.account_id.with_company(mapping.company_id).code

    def _note_use(self, mapping, use):
        if mapping.use and not use:
            mapping.use = False

    def _is_cleared(self, mapping):
        """Return whether Xero refuses its counterpart of the account in manual journals, so that the amounts need a clearing account."""
        return mapping.use == 'journal' and mapping.account_id.account_type in CLEARED_TYPES

    def _line_condition(self, mapping):
        return SQL("line.account_id = %s", mapping.account_id.id)

    # === IN XERO === #

    def _target_domain(self, mapping, connection):
        return Domain('can_take_journals' if mapping.use == 'journal' else 'can_take_lines', '=', True)

    # === DECISIONS === #

    def _decide(self, mappings):
        # For these accounts, an equal code belongs to the account that Xero refuses, or is a coincidence
        mappings = mappings.filtered(lambda mapping: not self._is_cleared(mapping))
        codes = {mapping: mapping.account_id.with_company(mapping.company_id).code for mapping in mappings}
        targets = self.env['xero.account'].search([
            ('connection_id', '=', mappings.connection_id.id), ('status', '=', ACTIVE),
            ('code', 'in', list(filter(None, codes.values())))]).grouped('code')
        for mapping, code in codes.items():
            if len(targets.get(code, ())) == 1 and self._can_use(mapping, targets[code]):
                mapping._set_target(targets[code], 'same_code')

    def _suggest(self, mapping, targets):
        """Compare names within the same class of accounts: the same name counts first, then a corresponding type, then the similarity.

        Lines of sales never get an asset: sales would be missing in the profit.
        """
        account = mapping.account_id
        account_class = ACCOUNT_CLASS.get(account.internal_group)
        if self._is_cleared(mapping) or (account_class == 'ASSET' and mapping.use != 'journal' and self._is_on_sales(mapping)):
            return targets.browse()
        alike = targets.filtered(lambda target: target.account_class == account_class)
        return max(
            self._similar(account.name, alike), default=(0, targets.browse()),
            key=lambda pair: (pair[0] == 1, self._has_type(account, pair[1]), pair[0]))[1]

    def _has_type(self, account, target):
        """Return whether the type of an account in Xero corresponds to that of one in Odoo."""
        return target.type in XERO_TYPES.get(account.account_type, ())

    def _is_on_sales(self, mapping):
        """Return whether lines of posted sales documents have the account."""
        return bool(self.env['account.move.line'].sudo().search_count([
            ('account_id', '=', mapping.account_id.id), ('company_id', '=', mapping.company_id.id), ('parent_state', '=', 'posted'),
            ('display_type', '=', 'product'), ('move_id.move_type', 'in', self.env['account.move'].get_sale_types(include_receipts=True))], limit=1))

    def _suggestion_words(self, mapping, target):
        account = mapping.account_id
        is_same = account.name.casefold() == (target.name or '').casefold()
        if self._has_type(account, target):
            return self.env._("Same name and type") if is_same else self.env._("Similar name, same type")
        return self.env._("Same name, another type of the same class") if is_same else self.env._("Similar name, another type of the same class")

    # === PROBLEMS === #

    def _undecided_words(self, mapping, names):
        if self._is_cleared(mapping):
            return self.env._(
                "%(item)s cannot be used in a manual journal. Choose a clearing account for it in the mapping of %(connection)s; the documents that "
                "wait for it are then sent automatically.", **names)
        return self.env._(
            "%(item)s has no account in Xero yet. Choose it in the mapping of %(connection)s; the document is then sent automatically.",
            **names)

    def _unusable_words(self, mapping, target):
        if mapping.use == 'journal':
            return self.env._("%(target)s is an account that Xero refuses in manual journals", target=target.display_name)
        return self.env._("%(target)s is a bank or system account, which lines of documents cannot use", target=target.display_name)

    def _use_problem(self, mapping, use):
        target = mapping.xero_account_id
        if use != 'journal' or target.can_take_journals:
            return None
        return Problem('account', self.env._(
            "%(item)s is mapped to %(target)s, which Xero reserves for tracked inventory and refuses in manual journals. Choose another account in "
            "the mapping of %(connection)s, then resync.",
            item=mapping.source_name, target=target.display_name, connection=mapping.connection_id.name))

    def _line_problems(self, mapping, tax):
        """Return why a line cannot have this account with that tax: a list of `Problem`.

        :param tax: the mapping row of the line's taxes.
        """
        problems = [problem for problem in (mapping._problem(), tax._problem()) if problem]
        account, rate = mapping.xero_account_id, tax.xero_tax_rate_id
        if not problems and account.account_class not in rate.applies_to:
            problems.append(Problem('tax', self.env._(
                "Xero does not allow the tax rate %(rate)s with the account %(account)s, to which %(source_tax)s and %(source_account)s of the line "
                "are mapped. Correct the document, or choose another rate or account in the mapping of %(connection)s.",
                rate=rate.display_name, account=account.display_name, source_tax=tax.source_name, source_account=mapping.source_name,
                connection=mapping.connection_id.name), tax))
        return problems
