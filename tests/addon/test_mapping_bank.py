from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .export_common import XeroExportCase
from .mapping_common import MappingMixin


@tagged('post_install', '-at_install')
class TestMappingBank(MappingMixin, XeroExportCase):
    """Journals of money that paid exported documents have a row; the account of the same number is theirs."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.bank = cls.company_data['default_journal_bank']

    def number_bank(self, number, journal=None):
        (journal or self.bank).bank_account_id = self.env['res.partner.bank'].create({
            'acc_number': number, 'partner_id': self.xero_company.partner_id.id})

    def pay(self, moves, journal=None):
        self.env['account.payment.register'].with_context(active_model='account.move', active_ids=moves.ids).create({
            'journal_id': (journal or self.bank).id, 'group_payment': False})._create_payments()

    def bank_rows(self):
        return self.mapping_env().search([('connection_id', '=', self.connection.id), ('type', '=', 'bank')])

    def sweep(self):
        self.connection.swept_at = False
        self.run_slice(self.connection)

    def bank_row(self, number=False, journal=None):
        if number:
            self.number_bank(number, journal)
        return self.resolver().find('bank', journal or self.bank)

    def bank_account(self, code='090', **values):
        """Change an account in Xero."""
        account = next(account for account in self.organisation().accounts if account['Code'] == code)
        account.update(values)
        self.read(self.connection, 'accounts')
        return self.xero_account(code)

    # === WHICH ROWS === #

    def test_appears_when_money_is_reconciled_with_what_was_exported(self):
        paid, unpaid = self.documents(2)
        self.sweep()
        self.assertFalse(self.bank_rows(), "nothing is paid")
        self.pay(paid)
        self.sweep()
        row = self.bank_rows()
        self.assertRecordValues(row, [{
            'journal_id': self.bank.id, 'company_id': self.xero_company.id, 'source_name': "Bank", 'is_decided': False, 'decision': "Not decided"}])
        self.pay(unpaid)
        self.sweep()
        self.assertEqual(self.bank_rows(), row)

    def test_undecided_is_an_account(self):
        """A document that waited for the row would have a message about accounts and a cause that an export can have."""
        problem = self.bank_row()._problem()
        self.assertIn(problem.cause, dict(self.env['xero.export']._fields['cause'].selection))
        self.assertEqual(problem.cause, 'account')
        self.assertIn("The journal Bank has no bank account in Xero yet", problem.message)
        self.assertNotIn("tax", problem.message)

    def test_money_for_what_is_not_in_xero_needs_no_row(self):
        self.connection.export_start_date = '2027-01-01'
        self.pay(self.document())
        self.sweep()
        self.assertFalse(self.bank_rows())

    def test_statement_line_that_pays_a_bill(self):
        bill = self.document('in_invoice', ref="B1")
        self.sweep()
        cash = self.company_data['default_journal_cash']
        line = self.env['account.bank.statement.line'].create({
            'journal_id': cash.id, 'date': '2026-11-05', 'payment_ref': "B1", 'amount': -100, 'partner_id': self.partner_a.id,
            'counterpart_account_id': self.company_data['default_account_payable'].id})
        (line.move_id | bill).line_ids.filtered(lambda item: item.account_id == self.company_data['default_account_payable']).reconcile()
        self.sweep()
        self.assertEqual(self.bank_rows().journal_id, cash)

    def test_one_query_and_none_is_looked_at_twice(self):
        moves = self.documents(3)
        self.sweep()
        self.pay(moves)
        self.sweep()
        self.env['xero.mapped.bank']._new_journals(self.connection)
        with self.assertQueryCount(2):      # the companies, and one for all journals
            self.assertFalse(self.env['xero.mapped.bank']._new_journals(self.connection))

    def test_it_holds_nothing_back(self):
        move = self.document()
        self.run_slice(self.connection)
        self.pay(move)
        self.sweep()
        self.assertFalse(self.bank_rows().is_decided)
        self.assertEqual(self.states(move | self.document()), ['synced', 'waiting'])
        self.assertFalse(self.bank_rows().waiting_count)

    # === DECIDED BY THE NUMBER === #

    def test_same_digits_decide(self):
        row = self.bank_row("012-309 04567")
        self.assertEqual(row.xero_account_id.bank_account_number, '01230904567')
        self.assertRecordValues(row, [{
            'decided_by': 'same_number', 'decision': "Same account number", 'is_decided': True, 'source_name': "Bank 012-309 04567",
            'target_name': "090 – Business Bank Account", 'target_code': '01230904567'}])

    def test_number_that_is_written_later_decides_when_accounts_are_read(self):
        row = self.bank_row()
        self.assertFalse(row.is_decided)
        self.number_bank("0123 0904567")
        self.assertEqual(row.source_name, "Bank 0123 0904567")
        self.read(self.connection, 'accounts')
        self.assertEqual(row.decided_by, 'same_number')

    def test_no_number_is_no_same_number(self):
        self.bank_account(BankAccountNumber='')
        self.assertFalse(self.bank_row().is_decided)
        self.number_bank("BANK")
        self.mapping_env().search([('type', '=', 'bank')])._decide()
        self.assertFalse(self.bank_row().is_decided)

    def test_number_of_two_accounts_is_not_guessed(self):
        self.bank_account('091', BankAccountNumber='0123-0904567')
        self.assertFalse(self.bank_row("01230904567").is_decided)

    def test_other_currency_is_another_account(self):
        self.bank_account(CurrencyCode='USD')
        self.assertFalse(self.bank_row("01230904567").is_decided)
        self.bank.currency_id = self.env.ref('base.USD')
        row = self.bank_row()
        row._decide()
        self.assertTrue(row.is_decided)

    def test_decision_ends_when_the_account_does_not_fit_any_more(self):
        row = self.bank_row("01230904567")
        self.assertTrue(row.is_decided)
        self.bank.currency_id = self.env.ref('base.USD')
        self.assertFalse(row.is_decided)
        self.assertIn("another currency in Xero than the journal", row._problem().message)
        self.bank_account(CurrencyCode='USD')
        self.assertTrue(row.is_decided)

    # === CHOSEN === #

    def test_what_takes_payments_in_the_currency_is_offered(self):
        row = self.bank_row()
        offered = self.env['xero.account'].search(row.target_domain)
        for code, is_offered in (('090', True), ('091', True), ('880', True), ('200', False), ('610', False)):
            self.assertEqual(self.xero_account(code) in offered, is_offered, code)
        self.bank.currency_id = self.env.ref('base.USD')
        self.assertFalse(self.env['xero.account'].search(row.target_domain), "nothing is kept in USD")
        for code in ('200', '090'):
            with self.assertRaises(ValidationError):
                row.with_user(self.admin).xero_account_id = self.xero_account(code)

    def test_a_person_chooses_and_account_rows_know_no_banks(self):
        row = self.bank_row()
        row.with_user(self.admin).xero_account_id = self.xero_account('880')
        self.assertRecordValues(row, [{'decided_by': 'person', 'decided_by_id': self.admin.id, 'is_decided': True}])
        self.assertNotIn(self.xero_account('090'), self.env['xero.account'].search(
            self.account_row(self.company_data['default_account_revenue']).target_domain))

    def test_account_that_no_longer_takes_payments(self):
        row = self.bank_row()
        row.with_user(self.admin).xero_account_id = self.xero_account('880')
        self.bank_account('880', EnablePaymentsToAccount=False)
        self.assertEqual((row.is_decided, row.decision), (False, f"{self.xero_account('880').display_name} does not accept payments in Xero"))

    def test_similar_name_is_suggested(self):
        self.bank.name = "Business Bank"
        self.assertEqual(self.bank_row().suggestion, "090 – Business Bank Account")

    # === TABLE AND COPY === #

    def test_table_names_it_by_its_number(self):
        self.admin.group_ids += self.env.ref('base.group_allow_export')
        row = self.bank_row().with_user(self.admin)
        [[xml_id]] = row.export_data(['id'])['datas']
        self.assertFalse(row.load(['id', 'target_code'], [[xml_id, '01230904567']])['messages'])
        self.assertEqual(row.xero_account_id, self.xero_account('090'))
        [message] = row.load(['id', 'target_code'], [[xml_id, '200']])['messages']
        self.assertIn("nothing with the code “200”", message['message'])
