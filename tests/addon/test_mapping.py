from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from ..common import HINTERLAND, XeroInvoicingCase
from .mapping_common import MappingMixin


@tagged('post_install', '-at_install')
class TestMapping(MappingMixin, XeroInvoicingCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection = cls.connect()
        cls.read(cls.connection)
        cls.income = cls.company_data['default_account_revenue']
        cls.expense = cls.company_data['default_account_expense']
        cls.gst = cls.env.ref(f'account.{cls.xero_company.id}_au_tax_sale_10')

    def new_account(self, code, **values):
        return self.env['account.account'].create({'name': f"Account {code}", 'code': code, 'account_type': 'income', **values})

    def post_invoice(self):
        invoice = self.env['account.move'].create({
            'move_type': 'out_invoice', 'partner_id': self.partner_a.id, 'invoice_date': '2026-11-02',
            'invoice_line_ids': [Command.create({
                'name': "Work", 'quantity': 1, 'price_unit': 100, 'account_id': self.income.id, 'tax_ids': [Command.set(self.gst.ids)]})],
        })
        invoice.action_post()
        return invoice

    # === ACCOUNTS === #

    def test_account_of_equal_code_is_decided(self):
        row = self.account_row(self.new_account('200'))
        self.assertRecordValues(row, [{
            'xero_account_id': self.xero_account('200').id, 'decided_by': 'same_code', 'decided_by_id': False, 'is_decided': True}])
        self.assertEqual(row.decision, "Same code")
        self.assertEqual(row.source_name, "200 Account 200")

    def test_account_that_lines_cannot_name_is_not_taken(self):
        for code in ('090', '820'):
            row = self.account_row(self.new_account(code))
            self.assertFalse(row.xero_account_id, code)
        self.assertEqual(row.decision, "Not decided")

    def test_account_that_appears_in_xero_later_is_decided_then(self):
        row = self.account_row(self.new_account('777'))
        self.assertFalse(row.is_decided)
        self.organisation().accounts.append({
            'AccountID': '00000000-0000-4000-8000-000000000777', 'Code': '777', 'Name': "New", 'Type': 'REVENUE', 'Class': 'REVENUE', 'Status': 'ACTIVE'})
        self.read(self.connection, 'accounts')
        self.assertTrue(row.is_decided)

    def test_several_that_appear_later_are_decided_together(self):
        rows = self.account_row(self.new_account('777')) | self.account_row(self.new_account('778'))
        for code in ('777', '778'):
            self.organisation().accounts.append({
                'AccountID': f'00000000-0000-4000-8000-000000000{code}', 'Code': code, 'Name': code, 'Type': 'REVENUE', 'Class': 'REVENUE', 'Status': 'ACTIVE'})
        self.read(self.connection, 'accounts')
        self.assertEqual(rows.mapped('is_decided'), [True, True])

    # === TAXES === #

    def test_tax_of_the_chart_is_decided_by_its_table(self):
        self.assertRecordValues(self.tax_row(self.gst), [{
            'xero_tax_rate_id': self.xero_rate('OUTPUT').id, 'decided_by': 'default_table', 'source_name': "10% GST", 'use': 'sale'}])

    def test_line_without_tax_is_a_decision_of_each_use(self):
        rows = [self.tax_row(self.env['account.tax'], use) for use in ('sale', 'purchase')]
        self.assertNotEqual(*rows)
        for row in rows:
            self.assertEqual(row.xero_tax_rate_id.tax_type, 'BASEXCLUDED')
            self.assertEqual(row.source_name, "No tax")

    def test_two_taxes_on_a_line_are_not_guessed(self):
        other = self.env.ref(f'account.{self.xero_company.id}_au_tax_sale_exempt')
        row = self.tax_row(self.gst + other)
        self.assertFalse(row.is_decided)
        self.assertEqual(self.tax_row(other + self.gst), row, "the order of the taxes does not count")

    def test_tax_whose_rate_was_edited_is_not_what_the_table_means(self):
        self.gst.amount = 11
        self.assertFalse(self.tax_row(self.gst).is_decided)

    def test_rate_of_the_table_that_is_for_the_other_side_is_not_taken(self):
        self.organisation().tax_rates['OUTPUT'].update(CanApplyToRevenue=False, CanApplyToExpenses=True)
        self.read(self.connection, 'tax_rates')
        self.assertFalse(self.tax_row(self.gst).is_decided)

    def test_table_is_for_organisations_of_its_country(self):
        self.connection.country_code = 'NZ'
        self.assertFalse(self.tax_row(self.gst).is_decided)

    def test_tax_without_counterpart_is_not_matched_by_its_rate(self):
        self.add_rate('TAX029', 29.0)
        self.assertFalse(self.tax_row(self.env.ref(f'account.{self.xero_company.id}_au_tax_sale_wet')).is_decided)

    def test_only_tax_and_only_rate_of_a_percentage_match(self):
        tax = self.new_tax("Tourism levy", 12.5)
        self.add_rate('TAX001', 12.5)
        self.assertRecordValues(self.tax_row(tax), [{'xero_tax_rate_id': self.xero_rate('TAX001').id, 'decided_by': 'only_match'}])

    def test_second_rate_or_tax_of_a_percentage_leaves_it_open(self):
        tax = self.new_tax("Tourism levy", 12.5)
        self.add_rate('TAX001', 12.5)
        self.add_rate('TAX002', 12.5)
        self.assertFalse(self.tax_row(tax).is_decided)
        other = self.new_tax("Harbour levy", 7.5)
        self.add_rate('TAX003', 7.5)
        self.new_tax("Airport levy", 7.5)
        self.assertFalse(self.tax_row(other).is_decided)

    def test_rate_of_the_other_side_does_not_match(self):
        tax = self.new_tax("Purchase levy", 12.5, 'purchase')
        self.add_rate('TAX001', 12.5)
        self.assertFalse(self.tax_row(tax, 'purchase').is_decided)

    def test_tax_that_is_deductible_in_part_is_not_matched_by_its_rate(self):
        self.add_rate('TAX001', 12.5, CanApplyToRevenue=False, CanApplyToExpenses=True)
        for shares in ((60, 40), (100, -100)):
            tax = self.partly_deductible("Levy %s" % (shares,), 12.5, *shares)
            row = self.tax_row(tax, 'purchase')
            with self.subTest(shares=shares):
                self.assertEqual((row.is_decided, row.can_create, row.decision), (False, False, "Not decided"))
                self.assertNotEqual(row.suggested_tax_rate_id.tax_type, 'TAX001')
            tax.active = False      # the next is the only one of its percentage again
        row.with_user(self.admin).xero_tax_rate_id = self.xero_rate('TAX001')
        self.assertTrue(row.is_decided, "a person may choose it")

    def test_table_decides_what_goes_to_two_accounts(self):
        for line in self.gst.repartition_line_ids.filtered(lambda line: line.repartition_type == 'tax'):
            line.factor_percent = 60
            line.copy({'factor_percent': 40})
        self.assertRecordValues(self.tax_row(self.gst), [{'xero_tax_rate_id': self.xero_rate('OUTPUT').id, 'decided_by': 'default_table'}])

    def test_zero_percent_is_never_matched(self):
        self.organisation().tax_rates = {'ZERO': {
            'TaxType': 'ZERO', 'Name': "Zero", 'Status': 'ACTIVE', 'EffectiveRate': 0, 'CanApplyToRevenue': True}}
        self.read(self.connection, 'tax_rates')
        self.assertFalse(self.tax_row(self.new_tax("Odd zero", 0)).is_decided)

    # === A PERSON DECIDES === #

    def test_decision_is_signed_and_sends_what_waited(self):
        invoice = self.post_invoice()
        self.run_slice(self.connection)
        export = invoice.sudo().xero_export_ids
        self.assertRecordValues(export, [{'state': 'failed', 'cause': 'account'}])
        row = self.account_row(self.income).with_user(self.admin)
        self.assertEqual(row.waiting_count, 1)
        self.assertEqual(self.env['xero.export'].search(row.action_open_waiting()['domain']), export)
        row.xero_account_id = self.xero_account('200')
        self.assertRecordValues(row, [{'decided_by': 'person', 'decided_by_id': self.admin.id, 'waiting_count': 0}])
        self.assertIn(f"Chosen by {self.admin.name} on ", row.decision)
        self.assertEqual(export.state, 'waiting')
        self.run_slice(self.connection)
        self.assertEqual(export.state, 'synced')

    def test_rows_for_which_documents_wait_stand_first(self):
        """The more wait, the higher a row stands, also among rows that are not decided."""
        others = self.account_row(self.income.copy({'name': "AAA"})) | self.tax_row(self.new_tax("AAB", 3))
        self.post_invoice()
        self.run_slice(self.connection)
        row, Mapping = self.account_row(self.income), self.env['xero.mapping'].with_user(self.admin)
        self.assertEqual((row.waiting_count, others.mapped('waiting_count')), (1, [0, 0]))
        self.assertEqual(Mapping.search([('connection_id', '=', self.connection.id)], limit=1), row)
        self.assertEqual(Mapping.search([('id', 'in', (others | row).ids)]).sorted()[0], row)
        self.assertEqual(Mapping.search([('id', 'in', (others | row).ids)], order='waiting_count')[-1], row)


    def test_how_many_go_and_how_many_wait_for_something_else(self):
        levy = self.new_tax("Levy", 3)
        both = self.post_invoice()
        both.button_draft()
        both.invoice_line_ids.tax_ids = levy
        both.action_post()
        self.post_invoice()
        self.run_slice(self.connection)
        messages = self.record_notices()
        self.account_row(self.income).with_user(self.admin).xero_account_id = self.xero_account('200')
        self.tax_row(levy).with_user(self.admin).xero_tax_rate_id = self.xero_rate('OUTPUT')
        self.assertEqual(messages, [
            ('warning', "1 document released; it is sent to Xero now. 1 document waits for another decision."),
            ('success', "1 document released; it is sent to Xero now.")])

    def test_contact_chosen_by_a_person_sends_what_waited(self):
        self.account_row(self.income).xero_account_id = self.xero_account('200')
        contact = self.add_contact(Name=self.partner_a.name)
        self.env['res.partner'].create({'name': self.partner_a.name})
        self.read(self.connection, 'contacts')
        invoice = self.post_invoice()
        self.run_slice(self.connection)
        self.assertRecordValues(invoice.sudo().xero_export_ids, [{'state': 'failed', 'cause': 'contact'}])
        row = self.env['xero.contact'].search([('xero_id', '=', contact['ContactID'])])
        row.with_user(self.admin).partner_id = self.partner_a
        self.assertEqual(invoice.xero_state, 'waiting')
        self.run_slice(self.connection)
        self.assertEqual(invoice.xero_state, 'synced')
        self.assertEqual(self.invoices_in_xero()[0]['Contact']['ContactID'], contact['ContactID'])

    def test_decision_can_be_made_in_the_form(self):
        row = self.account_row(self.income)
        with Form(row.with_user(self.admin)) as form:
            form.target = self.xero_account('260')
        self.assertEqual(row.decided_by, 'person')

    def test_same_target_again_is_no_decision(self):
        row = self.tax_row(self.gst).with_user(self.admin)
        for values in ({'xero_tax_rate_id': self.xero_rate('OUTPUT').id}, {'target_code': 'OUTPUT'}, {'target': row.target}):
            row.write(values)
            self.assertRecordValues(row, [{'decided_by': 'default_table', 'decided_by_id': False}])
        other = self.tax_row(self.new_tax("Levy", 3)).with_user(self.admin)
        (row | other).xero_tax_rate_id = self.xero_rate('OUTPUT')
        self.assertEqual((row | other).mapped('decided_by'), ['default_table', 'person'])

    def test_rows_of_several_types_edited_at_once(self):
        rows = (self.account_row(self.income) | self.tax_row(self.gst)).with_user(self.admin)
        for values in ({'target': f"xero.account,{self.xero_account('260').id}"}, {'xero_account_id': self.xero_account('200').id}):
            rows.write(values)
            self.assertRecordValues(rows, [
                {'decided_by': 'person', 'xero_tax_rate_id': False},
                {'decided_by': 'default_table', 'xero_tax_rate_id': self.xero_rate('OUTPUT').id}])
        self.assertEqual(rows.mapped('target_name'), ["200 – Sales", "GST on Income"])
        self.assertEqual(rows[0].target, self.xero_account('200'))

    def test_only_what_xero_accepts_can_be_chosen(self):
        account, tax = self.account_row(self.income).with_user(self.admin), self.tax_row(self.gst).with_user(self.admin)
        for row, target in ((account, self.xero_account('090')), (account, self.xero_account('610')), (tax, self.xero_rate('INPUT'))):
            self.assertNotIn(target, target.search(row.target_domain))
            with self.assertRaises(ValidationError):
                row.target = target

    def test_archived_target_comes_first_again(self):
        row = self.account_row(self.new_account('200'))
        other = self.account_row(self.new_account('100'))
        other.with_user(self.admin).xero_account_id = self.xero_account('260')
        self.assertEqual(self.mapping_env().search([('id', 'in', (row | other).ids)]), other | row)
        next(account for account in self.organisation().accounts if account['Code'] == '200')['Status'] = 'ARCHIVED'
        self.read(self.connection, 'accounts')
        self.assertEqual(self.mapping_env().search([('id', 'in', (row | other).ids)]), row | other)

    def test_emptied_decision_is_none(self):
        row = self.account_row(self.new_account('200'))
        row.with_user(self.admin).xero_account_id = False
        self.assertRecordValues(row, [{'decided_by': False, 'decided_by_id': False, 'decided_at': False, 'decision': "Not decided"}])

    def test_only_invoice_admins_decide_and_nothing_but_the_target(self):
        row = self.account_row(self.income)
        with self.assertRaises(AccessError):
            row.with_user(self.billing).xero_account_id = self.xero_account('200')
        self.assertEqual(row.with_user(self.billing).decision, "Not decided")
        with self.assertRaises(AccessError):
            row.with_user(self.admin).source_key = '1'

    def test_target_belongs_to_the_same_organisation(self):
        other = self.connect(name="Hinterland", tenant=HINTERLAND)
        self.read(other, 'accounts')
        foreign = self.env['xero.account'].search([('connection_id', '=', other.id), ('code', '=', '200')])
        with self.assertRaises(ValidationError):
            self.account_row(self.income).with_user(self.admin).xero_account_id = foreign

    def test_rows_are_for_the_companies_of_the_user(self):
        row = self.account_row(self.income)
        stranger = self._new_user(
            'xero_stranger', 'account_xero.group_xero_invoice_admin', self.env['res.company'].create({'name': "Elsewhere"}))
        self.assertFalse(self.env['xero.mapping'].with_user(stranger).search([('id', '=', row.id)]))

    # === PRE-FLIGHT === #

    def line_problems(self, account, taxes, use='sale'):
        resolver = self.mapping_env()._prefetch_for(self.connection, self.xero_company)
        return resolver.line_problems(resolver.find('account', account), resolver.find('tax', taxes, use))

    def test_undecided_line_names_both_sides(self):
        tax = self.new_tax("Levy", 3)
        problems = self.line_problems(self.income, tax)
        self.assertEqual([problem.cause for problem in problems], ['account', 'tax'])
        self.assertIn(f"{self.income.code} {self.income.name}", problems[0].message)
        self.assertIn("“Levy” on sales", problems[1].message)
        self.assertEqual(problems[0].mapping, self.account_row(self.income))
        self.assertEqual(problems[1].mapping, self.tax_row(tax))

    def test_good_line_has_no_problem(self):
        self.account_row(self.income).xero_account_id = self.xero_account('200')
        self.assertEqual(self.line_problems(self.income, self.gst), [])

    def test_tax_that_the_account_cannot_have(self):
        self.account_row(self.expense).xero_account_id = self.xero_account('429')
        [problem] = self.line_problems(self.expense, self.gst)
        self.assertEqual(problem.cause, 'tax')
        self.assertEqual(problem.mapping, self.tax_row(self.gst))
        for name in ("GST on Income", "429 – General Expenses", "10% GST", self.expense.name, self.connection.name):
            self.assertIn(name, problem.message)

    def test_target_archived_in_xero_stops_and_restoring_it_releases(self):
        row = self.account_row(self.income)
        row.xero_account_id = self.xero_account('200')
        sales = next(account for account in self.organisation().accounts if account['Code'] == '200')
        sales['Status'] = 'ARCHIVED'
        self.read(self.connection, 'accounts')
        self.assertIn("200 – Sales is archived in Xero", row.decision)
        [problem] = self.line_problems(self.income, self.gst)
        self.assertIn("200 – Sales is archived in Xero", problem.message)
        self.assertEqual(self.mapping_env().search([('is_decided', '=', False), ('connection_id', '=', self.connection.id)]), row)
        invoice = self.post_invoice()
        self.run_slice(self.connection)
        self.assertEqual(invoice.xero_state, 'failed')
        sales['Status'] = 'ACTIVE'
        self.read(self.connection, 'accounts')
        self.assertEqual(invoice.xero_state, 'waiting')
        self.assertTrue(row.is_decided)

    def test_target_gone_from_xero_says_so(self):
        row = self.tax_row(self.gst)
        del self.organisation().tax_rates['OUTPUT']
        self.read(self.connection, 'tax_rates')
        self.assertIn("GST on Income is no longer in Xero", row.decision)
        self.assertIn("GST on Income is no longer in Xero", row._problem().message)

    # === COST === #

    def test_resolver_costs_one_query_for_all_rows(self):
        accounts = self.env['account.account'].search([], limit=20)
        resolver = self.mapping_env()._prefetch_for(self.connection, self.xero_company)
        for account in accounts:
            resolver.find('account', account)
        resolver.find('tax', self.gst, 'sale')
        self.env.flush_all()
        self.env.invalidate_all()
        taxes = self.gst.browse(self.gst.id)
        with self.assertQueryCount(1):
            resolver = self.mapping_env()._prefetch_for(self.connection, self.xero_company)
            rows = [resolver.find('account', account) for account in accounts] + [resolver.find('tax', taxes, 'sale')]
        self.assertEqual(len(rows), len(accounts) + 1)
