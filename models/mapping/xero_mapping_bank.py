from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.xero_text import digits
from ..reference.xero_reference_mixin import ACTIVE
from .xero_mapping_suggestion import LIKENESS

MONEY_JOURNALS = ('bank', 'cash', 'credit')


class XeroMapping(models.Model):
    """Journals of money, and the accounts that payments are booked on in Xero. No document waits for these rows."""
    _inherit = 'xero.mapping'

    journal_id = fields.Many2one('account.journal', readonly=True, ondelete='cascade', index='btree_not_null')

    # === IN ODOO === #

    @api.depends('journal_id.name', 'journal_id.bank_account_id.acc_number')
    def _compute_source_name(self):
        return super()._compute_source_name()

    def _describe_source(self):
        if self.type != 'bank':
            return super()._describe_source()
        return f'{self.journal_id.name} {self.journal_id.bank_account_id.acc_number or ""}'.strip()

    # === IN XERO === #

    @api.depends('journal_id.currency_id', 'connection_id.currency_id')
    def _compute_target_domain(self):
        return super()._compute_target_domain()

    def _target_domain(self, connection=None):
        domain = super()._target_domain(connection)
        if self.type != 'bank':
            return domain
        currency = self.journal_id.currency_id or self.journal_id.company_id.currency_id
        # An account that is no bank account names no currency
        codes = [currency.name, *([False] if currency == (connection or self.connection_id).currency_id else [])]
        return domain & Domain('can_take_payments', '=', True) & Domain('currency_code', 'in', codes)

    def _code_of(self, target):
        """Bank accounts often have no code in Xero, and the same code in another organisation is another account."""
        return (self.type == 'bank' and target.bank_account_number) or super()._code_of(target)

    # === THE DECISION === #

    @api.depends('xero_account_id.can_take_payments')
    def _compute_is_decided(self):
        return super()._compute_is_decided()

    def _is_decided(self):
        if self.type != 'bank':
            return super()._is_decided()
        return self.xero_account_id.status == ACTIVE and self.xero_account_id.can_take_payments

    def _target_trouble(self):
        if self.type == 'bank' and self.xero_account_id.status == ACTIVE:
            return self.env._("%(target)s takes no payments in Xero", target=self.xero_account_id.display_name)
        return super()._target_trouble()

    def _cause(self):
        return 'account' if self.type == 'bank' else super()._cause()

    def _undecided_words(self, names):
        if self.type != 'bank':
            return super()._undecided_words(names)
        return self.env._(
            "No bank account in Xero has been chosen for the journal %(item)s. Choose it in the mapping of %(connection)s.", **names)

    def _decide_banks(self):
        """Take the account of the same number; banks and people write it with different signs between its digits."""
        for mapping in self:
            number = digits(mapping.journal_id.bank_account_id.acc_number)
            accounts = self.env['xero.account'].search(mapping._target_domain() & Domain('bank_account_number', '!=', False))
            same = accounts.filtered(lambda account, number=number: number and digits(account.bank_account_number) == number)
            if len(same) == 1:
                mapping._settle(same, 'same_number')

    def _suggest(self, targets):
        if self.type != 'bank':
            return super()._suggest(targets)
        return self._most_similar(self.journal_id.name, targets, LIKENESS)

    def _likeness(self):
        """What two companies call “Bank” are two accounts, so only the number tells."""
        if self.type != 'bank':
            return super()._likeness()
        return (self.type, digits(self.journal_id.bank_account_id.acc_number) or self.journal_id)

    # === FOUND BY THE SWEEP === #

    @api.model
    def _find_money_journals(self, connection):
        """Make the rows of journals whose money is reconciled with exported documents."""
        for journal in self._new_money_journals(connection):
            self._prefetch_for(connection, journal.company_id).bank(journal)

    @api.model
    def _new_money_journals(self, connection):
        """Return the journals whose money is reconciled with exported documents, and which have no mapping row yet."""
        companies = self.env['res.company'].search([('id', 'child_of', connection.company_ids.root_id.ids)])
        self.env.flush_all()
        rows = self.env.execute_query(SQL(
            """SELECT journal.id
                 FROM account_journal journal
                WHERE journal.company_id = ANY(%(companies)s) AND journal.type = ANY(%(types)s)
                  AND NOT EXISTS (
                      SELECT 1 FROM xero_mapping mapping
                       WHERE mapping.connection_id = %(connection)s AND mapping.journal_id = journal.id)
                  AND EXISTS (
                      SELECT 1
                        FROM account_move_line money
                        JOIN LATERAL (
                             SELECT credit_move_id AS line_id FROM account_partial_reconcile WHERE debit_move_id = money.id
                              UNION ALL
                             SELECT debit_move_id FROM account_partial_reconcile WHERE credit_move_id = money.id
                        ) other ON TRUE
                        JOIN account_move_line owed ON owed.id = other.line_id
                        JOIN xero_export export ON export.move_id = owed.move_id
                       WHERE money.journal_id = journal.id AND money.matching_number IS NOT NULL
                         AND export.connection_id = %(connection)s AND export.xero_id IS NOT NULL)
             ORDER BY journal.id""",
            companies=companies.ids, types=list(MONEY_JOURNALS), connection=connection.id))
        return self.env['account.journal'].browse(row[0] for row in rows)
