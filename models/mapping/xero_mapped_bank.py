from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.xero_text import digits
from ..connection.xero_connection_policy import MONEY_JOURNALS


class XeroMappedBank(models.AbstractModel):
    """Bank, cash and credit card journals, and the accounts in Xero on which payments are booked.

    Payments by card, cash and transfer often go to different accounts in Xero: a row may be for one payment method of a journal. These rows stop
    payments, and no other document.
    """
    _name = 'xero.mapped.bank'
    _inherit = 'xero.mapped'
    _description = "Journal Mapped to Xero"

    _source_field = 'journal_id'
    _target_field = 'xero_account_id'
    _suggestion_field = 'suggested_account_id'
    _cause = 'account'
    _source_depends = ('journal_id.name', 'journal_id.bank_account_id.acc_number', 'payment_method_line_id.name')
    _domain_depends = ('journal_id.currency_id', 'connection_id.currency_id')
    _usable_depends = ('xero_account_id.can_take_payments', 'xero_account_id.currency_code')

    # === IN ODOO === #

    def _source_key(self, source, use):
        return str(source.id) if source._name == 'account.journal' else f'{source.journal_id.id}/{source.id}'

    def _prepare_source(self, source, use):
        if source._name == 'account.journal':
            return {'journal_id': source.id}
        return {'journal_id': source.journal_id.id, 'payment_method_line_id': source.id}

    def _source_of(self, mapping):
        return mapping.payment_method_line_id or mapping.journal_id

    def _describe(self, mapping):
        name = f'{mapping.journal_id.name} {mapping.journal_id.bank_account_id.acc_number or ""}'.strip()
        if not (method := mapping.payment_method_line_id):
            return name
        # A journal has a method “Manual Payment” for what comes in, and one for what goes out
        lines = mapping.journal_id.inbound_payment_method_line_ids | mapping.journal_id.outbound_payment_method_line_ids
        if lines.mapped('name').count(method.name) < 2:
            return f'{name} · {method.name}'
        direction = self.env._("incoming") if method.payment_type == 'inbound' else self.env._("outgoing")
        return f'{name} · {method.name}, {direction}'

    def _likeness(self, mapping):
        """Compare numbers only: the journals “Bank” of two companies are two accounts."""
        journal = mapping.journal_id
        method = mapping.payment_method_line_id
        return (digits(journal.bank_account_id.acc_number) or journal, method.name, method.payment_type)

    def _find_for(self, resolver, journal, payment):
        """Return the row for the money of a payment: that of its payment method, or that of the journal.

        :param Resolver resolver: of the payment's connection and company.
        :param payment: `account.payment`; empty for a line of a bank statement.
        """
        line = payment.payment_method_line_id
        row = line.journal_id == journal and resolver.known('bank', line)
        return row if row and row.is_decided else resolver.find('bank', journal)

    @api.model
    def _add_method_rows(self, mappings):
        """Add a row for each payment method of these rows' journals, with the target of the journal until a person chooses another one."""
        for mapping in mappings:
            journal, resolver = mapping.journal_id, mapping.sudo()._prefetch_for(mapping.connection_id, mapping.company_id)
            for line in journal.inbound_payment_method_line_ids | journal.outbound_payment_method_line_ids:
                resolver.find('bank', line)

    @api.model
    def _add_rows(self, connection):
        """Add rows for the journals whose payments are exchanged with Xero, and for those with payments of exported documents."""
        for journal in self._new_journals(connection):
            self.env['xero.mapping']._prefetch_for(connection, journal.company_id).find('bank', journal)

    @api.model
    def _new_journals(self, connection):
        """Return the journals without a row whose payments are exchanged with Xero, or are reconciled with exported documents."""
        companies = self.env['res.company'].search([('id', 'child_of', connection.company_ids.root_id.ids)])
        self.env.flush_all()
        rows = self.env.execute_query(SQL(
            # OFFSET keeps PostgreSQL from reading all items and exports, as it does with old statistics
            """WITH journal AS MATERIALIZED (
                   SELECT id, xero_payments FROM account_journal
                    WHERE company_id = ANY(%(companies)s) AND type = ANY(%(types)s)
                      AND NOT EXISTS (SELECT FROM xero_mapping WHERE connection_id = %(connection)s AND journal_id = account_journal.id))
               SELECT id FROM journal WHERE xero_payments <> 'none'
                UNION
               SELECT journal.id
                 FROM journal
           CROSS JOIN LATERAL (SELECT id FROM account_move_line WHERE journal_id = journal.id AND matching_number IS NOT NULL OFFSET 0) money
           CROSS JOIN LATERAL (
                      SELECT credit_move_id AS line_id FROM account_partial_reconcile WHERE debit_move_id = money.id
                       UNION ALL
                      SELECT debit_move_id FROM account_partial_reconcile WHERE credit_move_id = money.id) other
           CROSS JOIN LATERAL (SELECT move_id FROM account_move_line WHERE id = other.line_id OFFSET 0) owed
           CROSS JOIN LATERAL (SELECT connection_id, xero_id FROM xero_export WHERE move_id = owed.move_id OFFSET 0) export
                WHERE export.connection_id = %(connection)s AND export.xero_id IS NOT NULL
             ORDER BY 1""",
            companies=companies.ids, types=list(MONEY_JOURNALS), connection=connection.id))
        return self.env['account.journal'].browse(row[0] for row in rows)

    @api.model
    def _rows_by_account(self, connection):
        """Return a dict: account in Xero → rows of the journals that are mapped to it and can be used now."""
        return self.env['xero.mapping'].search([
            ('connection_id', '=', connection.id), ('type', '=', 'bank'), ('is_decided', '=', True)], order='journal_id, id').grouped('xero_account_id')

    def _on_decided(self, mappings):
        self.env['xero.payment'].sudo()._look_again(mappings.connection_id, codes=('mapping', 'policy', 'early'))
        mappings.connection_id._arm()

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
        """Set the account with the same number; only digits are compared, since the signs between them vary. For a payment method, that of the journal."""
        for mapping in mappings.sorted(lambda mapping: bool(mapping.payment_method_line_id)):
            if mapping.payment_method_line_id:
                journal = mapping.search([
                    ('connection_id', '=', mapping.connection_id.id), ('company_id', '=', mapping.company_id.id), ('type', '=', 'bank'),
                    ('journal_id', '=', mapping.journal_id.id), ('payment_method_line_id', '=', False)])
                if journal.is_decided:
                    mapping._set_target(journal.xero_account_id, 'journal')
                continue
            number = digits(mapping.journal_id.bank_account_id.acc_number)
            accounts = self.env['xero.account'].search(mapping._target_domain() & Domain('bank_account_number', '!=', False))
            same = accounts.filtered(lambda account, number=number: number and digits(account.bank_account_number) == number)
            if len(same) == 1:
                mapping._set_target(same, 'same_number')

    def _suggest(self, mapping, targets):
        return self._most_similar(mapping.payment_method_line_id.name or mapping.journal_id.name, targets)

    # === PROBLEMS === #

    def _undecided_words(self, mapping, names):
        return self.env._(
            "The journal %(item)s has no bank account in Xero yet. Choose it in the mapping of %(connection)s.", **names)

    def _unusable_words(self, mapping, target):
        if target.can_take_payments:
            return self.env._("%(target)s has another currency in Xero than the journal", target=target.display_name)
        return self.env._("%(target)s does not accept payments in Xero", target=target.display_name)
