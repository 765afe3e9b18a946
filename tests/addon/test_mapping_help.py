from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ...models.mapping.resolver import Source
from ..common import HINTERLAND, XeroInvoicingCase
from .mapping_common import MappingMixin


class MappingHelpCase(MappingMixin, XeroInvoicingCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection = cls.connect()
        cls.read(cls.connection)
        cls.gst = cls.env.ref(f'account.{cls.xero_company.id}_au_tax_sale_10')

    @classmethod
    def new_account(cls, name, code='417299', account_type='income'):
        return cls.env['account.account'].create({'name': name, 'code': code, 'account_type': account_type})


@tagged('post_install', '-at_install')
class TestMappingSuggestions(MappingHelpCase):

    def test_account_of_a_similar_name_and_the_same_class(self):
        row = self.account_row(self.new_account("Other Revenues"))
        self.assertEqual((row.suggestion, row.is_decided), ("260 – Other Revenue", False))
        self.assertFalse(self.account_row(self.new_account("Other Revenues", '417298', 'expense')).suggestion)
        self.assertFalse(self.account_row(self.new_account("Zzz", '417297')).suggestion)

    def account_in_xero(self, code, name, type, account_class='REVENUE'):
        self.organisation().accounts.append({
            'AccountID': f'00000000-0000-4000-8000-000000000{code}', 'Code': code, 'Name': name, 'Type': type, 'Class': account_class, 'Status': 'ACTIVE'})

    def test_the_same_name_then_the_same_type_then_the_most_similar_name(self):
        self.account_in_xero('711', "Consulting fee", 'SALES')
        self.account_in_xero('712', "Consulting fees", 'OTHERINCOME')
        self.account_in_xero('713', "Fees for consulting", 'SALES')
        self.read(self.connection, 'accounts')
        for name, account_type, code, words in (
            ("Consulting fees", 'income', '712', "Same name, another type of the same class"),
            ("Consulting feez", 'income', '711', "Similar name, same type"),
            ("Consulting feez", 'income_other', '712', "Similar name, same type"),
            ("Consulting fee", 'income', '711', "Same name and type"),
        ):
            with self.subTest(name=name, type=account_type):
                row = self.account_row(self.new_account(name, f'417{len(self.rows()):03}', account_type))
                self.assertEqual(row.suggested_account_id.code, code)
                self.assertEqual(row._thing()._suggestion_words(row, row._suggested()), words)

    def test_one_name_has_the_words_of_the_other(self):
        self.account_in_xero('711', "Postage & Courier", 'SALES')
        self.account_in_xero('712', "Foreign sales", 'SALES')
        self.read(self.connection, 'accounts')
        for name, suggestion in (
            ("Sales Product #1", "200 – Sales"),                # what is specific goes into what is general
            ("Foreign Sales of Product #1", "712 – Foreign sales"),
            ("Postage", "711 – Postage & Courier"),             # the other way round, only from the beginning
            ("Courier", False),
            ("Freight Income", False),                          # “Interest Income” shares only a general word
            ("Interests Income", "270 – Interest Income"),
            ("Income", False),
            ("1", False),
        ):
            with self.subTest(name=name):
                self.assertEqual(self.account_row(self.new_account(name, f'417{len(self.rows()):03}')).suggestion, suggestion)

    def rows(self):
        return self.mapping_env().search([('connection_id', '=', self.connection.id)])

    def test_a_sale_never_gets_an_asset(self):
        self.account_in_xero('714', "Deposits", 'CURRENT', 'ASSET')
        self.read(self.connection, 'accounts')
        account = self.new_account("Deposits", account_type='asset_current')
        row = self.account_row(account)
        self.assertEqual(row.suggested_account_id.code, '714')
        self.invoice(account)
        row.invalidate_recordset()
        self.assertFalse(row.suggestion)

    def invoice(self, account):
        move = self.env['account.move'].create({
            'move_type': 'out_invoice', 'partner_id': self.partner_a.id, 'invoice_date': '2026-11-02',
            'invoice_line_ids': [Command.create({'name': "Work", 'price_unit': 100, 'account_id': account.id, 'tax_ids': [Command.clear()]})]})
        move.action_post()
        return move

    def test_rate_of_the_same_percentage_and_use(self):
        row = self.tax_row(self.new_tax("GST 10% on income", 10))
        self.assertEqual((row.suggestion, row.is_decided), ("GST on Income", False))
        self.assertFalse(self.tax_row(self.new_tax("Odd", 3)).suggestion)

    def test_set_of_taxes_by_what_they_add_together(self):
        self.add_rate('TAX012', 12)
        taxes = self.new_tax("GST", 5) | self.new_tax("PST", 7)
        self.assertEqual(self.tax_row(taxes).suggested_tax_rate_id.tax_type, 'TAX012')

    def test_rates_of_three_decimals_and_compounds(self):
        gst, qst = self.new_tax("GST", 5), self.new_tax("QST", 9.975, sequence=20)
        self.add_rate('TAX009', 9.975)
        self.add_rate('TAX014', 14.975)
        self.assertEqual(self.tax_row(qst).xero_tax_rate_id.tax_type, 'TAX009')
        row = self.tax_row(gst | qst)
        self.assertEqual((row.suggested_tax_rate_id.tax_type, row.can_create), ('TAX014', True))
        self.assertEqual([part['Rate'] for part in self.components(row)], ['5', '9.975'])
        gst.write({'include_base_amount': True, 'sequence': 1})
        self.add_rate('TAX015', 15.4738)
        row.invalidate_recordset()
        self.assertEqual((row.suggested_tax_rate_id.tax_type, [part['IsCompound'] for part in self.components(row)]), ('TAX015', [False, True]))

    def test_several_rates_of_a_percentage_have_to_be_alike(self):
        row = self.tax_row(self.new_tax("RC 10", 0))
        self.assertFalse(row.suggestion)
        self.add_rate('TAX012', 12)
        row = self.tax_row(self.new_tax("Zzz", 12) | self.new_tax("Nothing", 0))
        self.assertEqual(row.suggestion, 'TAX012', "the only one of its percentage")

    def test_using_it_is_a_decision_of_the_person(self):
        row = self.account_row(self.new_account("Other Revenues")).with_user(self.admin)
        row.action_use_suggestion()
        self.assertRecordValues(row, [{
            'xero_account_id': self.xero_account('260').id, 'decided_by': 'person', 'decided_by_id': self.admin.id, 'suggestion': False}])
        other = self.account_row(self.new_account("Other Revenues", '417298'))
        with self.assertRaises(AccessError):
            other.with_user(self.billing).action_use_suggestion()


@tagged('post_install', '-at_install')
class TestUseSuggestions(MappingHelpCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.income, cls.interest = cls.new_account("Other Revenues"), cls.new_account("Interest Incomes", '417298')
        cls.levy = cls.new_tax("GST 10% on income", 10)
        cls.suggested = cls.account_row(cls.income) | cls.account_row(cls.interest) | cls.tax_row(cls.levy)
        cls.zzz = cls.account_row(cls.new_account("Zzz", '417297'))

    def open(self, rows, user=None, **context):
        action = rows.with_user(user or self.admin).with_context(**context).action_suggest_dialog()
        return self.env['xero.mapping.suggest'].with_user(user or self.admin).browse(action['res_id'])

    def test_the_preview_is_the_result(self):
        dialog = self.open(self.suggested | self.zzz)
        self.assertEqual(dialog.line_ids.mapping_id, self.suggested)
        self.assertEqual((dialog.chosen_count, dialog.open_count), (3, 1))
        shown = {line.mapping_id: line.target_name for line in dialog.line_ids}
        self.assertEqual(
            {line.reason for line in dialog.line_ids}, {"Similar name, same type", "Same percentage, similar name"})
        answer = dialog.action_use()
        self.assertIn("3 rows are decided", answer['params']['message'])
        self.assertEqual({row: row.target_name for row in self.suggested}, shown)
        self.assertEqual(self.suggested.mapped(lambda row: (row.decided_by, row.decided_by_id)), [('person', self.admin)] * 3)
        self.assertFalse(self.zzz.is_decided)

    def test_what_is_not_ticked_stays(self):
        dialog = self.open(self.suggested)
        line = dialog.line_ids.filtered(lambda line: line.mapping_id.account_id == self.interest)
        dialog.line_ids = [Command.update(line.id, {'is_chosen': False})]
        self.assertEqual(dialog.chosen_count, 2)
        dialog.action_use()
        self.assertEqual(self.suggested.mapped('is_decided'), [True, False, True])

    def test_without_a_selection_all_of_the_list(self):
        domain = [('connection_id', '=', self.connection.id), ('type', '=', 'tax')]
        dialog = self.open(self.env['xero.mapping'], active_domain=domain)
        self.assertEqual(dialog.line_ids.mapping_id, self.tax_row(self.levy))

    def test_what_somebody_decided_meanwhile_stays(self):
        dialog = self.open(self.suggested)
        row = self.account_row(self.income)
        row.with_user(self.admin).xero_account_id = self.xero_account('200')
        answer = dialog.action_use()
        self.assertIn("2 rows are decided. Left as they are, because they were decided or changed in Xero meanwhile: 1.", answer['params']['message'])
        self.assertEqual(answer['params']['type'], 'warning')
        self.assertEqual(row.xero_account_id.code, '200')

    def test_what_was_archived_meanwhile_is_not_used(self):
        dialog = self.open(self.suggested)
        self.xero_account('260').sudo().status = 'ARCHIVED'
        dialog.action_use()
        self.assertFalse(self.account_row(self.income).xero_account_id)

    def test_nothing_suggested(self):
        with self.assertRaisesRegex(UserError, "Nothing is suggested"):
            self.open(self.zzz)

    def test_only_invoice_admins(self):
        with self.assertRaises(AccessError):
            self.open(self.suggested, self.billing)
        dialog = self.open(self.suggested)
        with self.assertRaises(AccessError):
            dialog.line_ids[0].target = self.xero_account('200')
        with self.assertRaises(AccessError):
            dialog.with_user(self.billing).action_use()

    def test_200_rows_cost_few_queries(self):
        accounts = self.env['account.account'].create([
            {'name': f"Other Revenues {number}", 'code': f'9{number:05}', 'account_type': 'income'} for number in range(200)])
        rows = self.resolver().create_missing([Source('account', account, False) for account in accounts])
        self.assertEqual(len(rows), 200)
        dialog = self.open(rows)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(250):
            dialog.action_use()
        self.assertEqual(set(rows.mapped('is_decided')), {True})


@tagged('post_install', '-at_install')
class TestMappingCopy(MappingHelpCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.other = cls.connect(name="Hinterland", tenant=HINTERLAND)
        cls.read(cls.other)
        cls.account = cls.new_account("Fees")
        cls.levy = cls.new_tax("Levy", 3)
        cls.account_row(cls.account).with_user(cls.admin).xero_account_id = cls.xero_account('260')
        cls.tax_row(cls.levy).with_user(cls.admin).xero_tax_rate_id = cls.xero_rate('OUTPUT')

    def copy(self, origin, target):
        form = Form(self.env['xero.mapping.copy'].with_user(self.admin))
        form.connection_id, form.origin_id = target, origin
        wizard = form.save()
        self.shown = {line.source_name: line.target_name for line in wizard.line_ids}
        copied = wizard.line_ids.mapping_id
        wizard.action_copy()
        return copied

    def row(self, connection, **values):
        return self.mapping_env().search([('connection_id', '=', connection.id), *((name, '=', value) for name, value in values.items())])

    def test_matched_by_code_and_tax_type(self):
        copied = self.copy(self.connection, self.other)
        self.assertLessEqual(self.account_row(self.account) | self.tax_row(self.levy), copied)
        account, tax = self.row(self.other, account_id=self.account.id), self.row(self.other, tax_ids=self.levy.id)
        self.assertRecordValues(account.xero_account_id, [{'code': '260', 'connection_id': self.other.id}])
        self.assertRecordValues(tax.xero_tax_rate_id, [{'tax_type': 'OUTPUT', 'connection_id': self.other.id}])
        self.assertEqual((account | tax).mapped('decided_by'), ['person'] * 2)

    def own_rate(self, connection, tax_type, name, percent):
        """Make a rate that an organisation numbers itself."""
        return self.env['xero.tax.rate'].sudo().create({
            'connection_id': connection.id, 'tax_type': tax_type, 'name': name, 'rate': percent, 'status': 'ACTIVE', 'use': 'sale',
            'applies_to': ['REVENUE']})

    def copy_own_rate(self, *rates):
        """Map a tax to a rate, copy the mapping to another organisation that has the given rates, and return the target there."""
        both = self.new_tax("GST", 5) | self.new_tax("PST", 7)
        self.tax_row(both).with_user(self.admin).xero_tax_rate_id = self.own_rate(self.connection, 'TAX001', "GST5 + PST7", 12)
        for rate in rates:
            self.own_rate(self.other, *rate)
        copied = self.copy(self.connection, self.other)
        row = self.resolver(self.other).find('tax', both, 'sale')
        self.assertEqual(self.tax_row(both) in copied, bool(row.xero_tax_rate_id))
        return row.xero_tax_rate_id

    def test_own_rate_is_not_what_has_its_number(self):
        self.assertFalse(self.copy_own_rate(('TAX001', "Luxury 20", 20)))

    def test_own_rate_of_another_name_or_percentage_is_another(self):
        self.assertFalse(self.copy_own_rate(('TAX001', "Luxury 12", 12), ('TAX002', "GST5 + PST7", 13)))

    def test_own_rate_is_found_by_name_and_percentage_and_shown_as_it_is_here(self):
        self.own_rate(self.other, 'TAX001', "Luxury 20", 20)
        self.assertEqual(self.copy_own_rate(('TAX004', "Gst5 + Pst7", 12)).tax_type, 'TAX004')
        self.assertEqual(self.shown["GST + PST"], "Gst5 + Pst7")

    def test_rate_of_xero_that_another_organisation_edited_is_another(self):
        self.env['xero.tax.rate'].search([('connection_id', '=', self.other.id), ('tax_type', '=', 'OUTPUT')]).sudo().rate = 15
        self.assertNotIn(self.tax_row(self.levy), self.copy(self.connection, self.other))

    def test_bank_by_its_number_never_by_its_code(self):
        bank, cash = self.company_data['default_journal_bank'], self.company_data['default_journal_cash']
        for journal, code in ((bank, '090'), (cash, '091')):
            self.resolver().find('bank', journal).with_user(self.admin).xero_account_id = self.xero_account(code)
        other = self.env['xero.account'].sudo().search([('connection_id', '=', self.other.id), ('code', '=', '090')])
        other.bank_account_number = '999'
        self.copy(self.connection, self.other)
        self.assertFalse(self.row(self.other, journal_id=bank.id).is_decided, "090 there is another account")
        self.assertEqual(self.row(self.other, journal_id=cash.id).xero_account_id.code, '091')

    def test_what_is_decided_stays(self):
        row = self.resolver(self.other).find('account', self.account)
        target = self.env['xero.account'].search([('connection_id', '=', self.other.id), ('code', '=', '200')])
        row.with_user(self.admin).xero_account_id = target
        self.assertNotIn(self.account_row(self.account), self.copy(self.connection, self.other))
        self.assertEqual(row.xero_account_id, target)

    def test_the_preview_is_the_result_also_in_rows_that_a_default_would_decide(self):
        account = self.new_account("Sales", '200')
        self.account_row(account).with_user(self.admin).xero_account_id = self.xero_account('260')
        copied = self.copy(self.connection, self.other)
        self.assertIn(self.account_row(account), copied)
        rows = self.row(self.other).filtered('is_decided')
        self.assertEqual({row.source_name: row.target_name for row in rows}, self.shown)
        self.assertEqual(set(rows.mapped('decided_by')), {'person'})

    def test_code_that_the_other_organisation_cannot_use(self):
        self.env['xero.account'].search([('connection_id', '=', self.other.id), ('code', '=', '260')]).sudo().status = 'ARCHIVED'
        self.assertNotIn(self.account_row(self.account), self.copy(self.connection, self.other))

    def test_between_companies_only_what_is_there_is_filled(self):
        company = self.env['res.company'].create({'name': "Elsewhere", 'currency_id': self.xero_company.currency_id.id})
        self.admin.company_ids += company
        self.other.company_ids = [Command.set(company.ids)]
        levy = self.new_tax("Levy", 3, company_id=company.id, tax_group_id=self.env['account.tax.group'].create({
            'name': "Levy", 'company_id': company.id}).id, country_id=self.gst.country_id.id)
        row = self.resolver(self.other, company).find('tax', levy, 'sale')
        self.admin.company_ids += self.xero_company
        copied = self.env['xero.mapping'].with_user(self.admin).with_context(
            allowed_company_ids=(company | self.xero_company).ids)._copy_from(self.connection, self.other)
        self.assertEqual((copied, row.xero_tax_rate_id.tax_type), (1, 'OUTPUT'))
        self.assertFalse(self.row(self.other, company_id=self.xero_company.id))


@tagged('post_install', '-at_install')
class TestMappingTable(MappingHelpCase):
    """Odoo's own export and import, in the columns that it offers for a table to be imported again."""

    def setUp(self):
        super().setUp()
        self.admin.group_ids += self.env.ref('base.group_allow_export')

    def test_out_and_in_again(self):
        rows = (self.account_row(self.new_account("Fees")) | self.tax_row(self.new_tax("Levy", 3))).with_user(self.admin)
        table = rows.export_data(['id', 'source_name', 'target_code'])['datas']
        self.assertEqual([line[2] for line in table], ['', ''])
        answer = rows.load(['id', 'target_code'], [[table[0][0], '260'], [table[1][0], 'OUTPUT']])
        self.assertFalse(answer['messages'])
        self.assertEqual(rows.mapped('target_name'), ["260 – Other Revenue", "GST on Income"])
        self.assertEqual(rows.mapped('decided_by'), ['person'] * 2)
        self.assertEqual([line[1] for line in rows.export_data(['id', 'target_code'])['datas']], ['260', 'OUTPUT'])

    def test_table_that_was_not_changed_decides_nothing(self):
        rows = (self.account_row(self.new_account("Sales", '200')) | self.account_row(self.new_account("Fees"))).with_user(self.admin)
        columns = ['id', 'source_name', 'type', 'connection_id', 'decision', 'target_code']
        table = rows.export_data(columns)['datas']
        self.assertFalse(rows.load(columns, table)['messages'])
        self.assertEqual(rows.mapped('decided_by'), ['same_code', False])
        table[1][-1] = '260'
        self.assertFalse(rows.load(columns, table)['messages'])
        self.assertEqual(rows.mapped('decided_by'), ['same_code', 'person'])
        table[1][1] = "Other name"
        message = rows.load(columns, table)['messages'][-1]
        self.assertEqual(message['record'], 1)
        self.assertIn("Only the target in Xero of a mapping can be changed", message['message'])

    def test_unknown_code_is_said_of_its_line(self):
        row = self.account_row(self.new_account("Fees")).with_user(self.admin)
        [[xml_id]] = row.export_data(['id'])['datas']
        [message] = row.load(['id', 'target_code'], [[xml_id, '999']])['messages']
        self.assertIn("nothing with the code “999”", message['message'])
        self.assertFalse(row.xero_account_id)

    def test_targets_by_their_own_external_names(self):
        row = self.account_row(self.new_account("Fees")).with_user(self.admin)
        [[xml_id]] = row.export_data(['id'])['datas']
        [[target_id]] = self.xero_account('260').with_user(self.admin).export_data(['id'])['datas']
        self.assertFalse(row.load(['id', 'xero_account_id/id'], [[xml_id, target_id]])['messages'])
        self.assertEqual(row.xero_account_id.code, '260')
