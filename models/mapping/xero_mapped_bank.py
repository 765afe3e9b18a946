from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.xero_text import digits

MONEY_JOURNALS = ('bank', 'cash', 'credit')


class XeroMappedBank(models.AbstractModel):
    """Bank, cash and credit card journals, and the accounts in Xero on which payments are booked. These rows stop no document."""
    _name = 'xero.mapped.bank'
    _inherit = 'xero.mapped'
    _description = "Journal Mapped to Xero"

    _source_field = 'journal_id'
    _target_field = 'xero_account_id'
    _suggestion_field = 'suggested_account_id'
    _cause = 'account'
    _source_depends = ('journal_id.name', 'journal_id.bank_account_id.acc_number')
    _domain_depends = ('journal_id.currency_id', 'connection_id.currency_id')
    _usable_depends = ('xero_account_id.can_take_payments', 'xero_account_id.currency_code')

    # === IN ODOO === #

    def _describe(self, mapping):
        return f'{mapping.journal_id.name} {mapping.journal_id.bank_account_id.acc_number or ""}'.strip()

    def _likeness(self, mapping):
        """Compare numbers only: the journals “Bank” of two companies are two accounts."""
        return digits(mapping.journal_id.bank_account_id.acc_number) or mapping.journal_id

    @api.model
    def _add_rows(self, connection):
        """Add rows for the journals with payments of exported documents."""
        for journal in self._new_journals(connection):
            self.env['xero.mapping']._prefetch_for(connection, journal.company_id).find('bank', journal)

    @api.model
    def _new_journals(self, connection):
        """Return the journals without a row that have payments reconciled with exported documents."""
        companies = self.env['res.company'].search([('id', 'child_of', connection.company_ids.root_id.ids)])
        self.env.flush_all()
        rows = self.env.execute_query(SQL(
            # OFFSET keeps PostgreSQL from reading all items and exports, as it does with old statistics
            """WITH journal AS MATERIALIZED (
                   SELECT id FROM account_journal
                    WHERE company_id = ANY(%(companies)s) AND type = ANY(%(types)s)
                      AND NOT EXISTS (SELECT FROM xero_mapping WHERE connection_id = %(connection)s AND journal_id = account_journal.id))
               SELECT DISTINCT journal.id
                 FROM journal
           CROSS JOIN LATERAL (SELECT id FROM account_move_line WHERE journal_id = journal.id AND matching_number IS NOT NULL OFFSET 0) money
           CROSS JOIN LATERAL (
                      SELECT credit_move_id AS line_id FROM account_partial_reconcile WHERE debit_move_id = money.id
                       UNION ALL
                      SELECT debit_move_id FROM account_partial_reconcile WHERE credit_move_id = money.id) other
           CROSS JOIN LATERAL (SELECT move_id FROM account_move_line WHERE id = other.line_id OFFSET 0) owed
           CROSS JOIN LATERAL (SELECT connection_id, xero_id FROM xero_export WHERE move_id = owed.move_id OFFSET 0) export
                WHERE export.connection_id = %(connection)s AND export.xero_id IS NOT NULL
             ORDER BY journal.id""",
            companies=companies.ids, types=list(MONEY_JOURNALS), connection=connection.id))
        return self.env['account.journal'].browse(row[0] for row in rows)

    # === IN XERO === #

    def _target_domain(self, mapping, connection):
        currency = mapping.journal_id.currency_id or mapping.journal_id.company_id.currency_id
        # In Xero, only bank accounts have a currency; other accounts are in the base currency
        codes = [currency.name, *([False] if currency == connection.currency_id else [])]
        return Domain('can_take_payments', '=', True) & Domain('currency_code', 'in', codes)

    def _code_of(self, target):
        """Return the account number, since bank accounts in Xero often have no code, or one that another organisation uses for another account."""
        return target.bank_account_number or super()._code_of(target)

    # === DECISIONS === #

    def _decide(self, mappings):
        """Set the account with the same number. Only digits are compared, since the signs between them vary."""
        for mapping in mappings:
            number = digits(mapping.journal_id.bank_account_id.acc_number)
            accounts = self.env['xero.account'].search(mapping._target_domain() & Domain('bank_account_number', '!=', False))
            same = accounts.filtered(lambda account, number=number: number and digits(account.bank_account_number) == number)
            if len(same) == 1:
                mapping._set_target(same, 'same_number')

    def _suggest(self, mapping, targets):
        return self._most_similar(mapping.journal_id.name, targets)

    # === PROBLEMS === #

    def _undecided_words(self, mapping, names):
        return self.env._(
            "No bank account in Xero has been chosen for the journal %(item)s. Choose it in the mapping of %(connection)s.", **names)

    def _unusable_words(self, mapping, target):
        if target.can_take_payments:
            return self.env._("%(target)s has another currency in Xero than the journal", target=target.display_name)
        return self.env._("%(target)s does not accept payments in Xero", target=target.display_name)
