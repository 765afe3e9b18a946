from odoo import api, fields, models

from ...tools.problem import Problem

# Xero refuses its own accounts for these in manual journals, so an accountant chooses where their amounts are cleared [P 7.1]
CLEARED_TYPES = ('asset_receivable', 'liability_payable', 'asset_cash', 'liability_credit_card')


class XeroMapping(models.Model):
    """Accounts of manual journals, which may name others than lines of documents.

    An account has one row. As long as only journals need it, its `use` is `journal` and all is offered that journals may name; when a
    document needs it, too, what lines of documents may name, of which journals refuse tracked inventory alone.
    """
    _inherit = 'xero.mapping'

    use = fields.Selection(selection_add=[('journal', "Journals")], ondelete={'journal': 'set null'})

    @api.depends('xero_account_id.can_take_journals', 'use')
    def _compute_is_decided(self):
        return super()._compute_is_decided()

    def _can_use(self, target):
        if self.type == 'account' and self.use == 'journal':
            return target.status == 'ACTIVE' and target.can_take_journals
        return super()._can_use(target)

    def _account_field(self):
        return 'can_take_journals' if self.use == 'journal' else super()._account_field()

    def _is_cleared(self):
        """Tell whether the account's amounts have to go to another kind of account than they are on in Odoo."""
        return self.type == 'account' and self.use == 'journal' and self.account_id.account_type in CLEARED_TYPES

    # === DECIDING === #

    def _decide_accounts(self, connection, company):
        # An equal code would be that of the account which Xero refuses, or of any other by chance
        return super(XeroMapping, self.filtered(lambda mapping: not mapping._is_cleared()))._decide_accounts(connection, company)

    def _suggest(self, targets):
        return targets.browse() if self._is_cleared() else super()._suggest(targets)

    # === CHECKING === #

    def _unusable_words(self, target):
        if self.use == 'journal':
            return self.env._("%(target)s is an account that Xero refuses in manual journals", target=target.display_name)
        return super()._unusable_words(target)

    def _problem(self):
        if self._is_cleared() and not self._target():
            return Problem('account', self.env._(
                "%(item)s cannot be named in a manual journal. Choose a clearing account for it in the mapping of %(connection)s; what waits then "
                "goes out by itself.", item=self.source_name, connection=self.connection_id.name), self)
        return super()._problem()

    def _journal_problem(self):
        """Return why a manual journal cannot use this row now, as a `Problem`, or None."""
        if problem := self._problem():
            return problem
        if self.xero_account_id.can_take_journals:
            return None
        return Problem('account', self.env._(
            "%(item)s goes to %(target)s, which Xero keeps for tracked inventory and refuses in manual journals. Choose another account in the "
            "mapping of %(connection)s, then resync.",
            item=self.source_name, target=self.xero_account_id.display_name, connection=self.connection_id.name))
