from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .export_common import RENT, XeroExportCase
from .ledger_common import XeroLedgerCase
from .mapping_common import MappingMixin


class ChartCase(MappingMixin, XeroExportCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.rows().unlink()
        cls.env.invalidate_all()

    @classmethod
    def rows(cls, **values):
        return cls.mapping_env().search([('connection_id', '=', cls.connection.id), *((name, '=', value) for name, value in values.items())])

    @classmethod
    def map(cls, is_whole=False):
        return cls.env['xero.chart']._map(cls.connection, is_whole)

    def new_account(self, name, code, account_type='income'):
        return self.env['account.account'].create({'name': name, 'code': code, 'account_type': account_type})

    def new_product(self, **values):
        return self.env['product.template'].create({
            'name': "Consulting", 'sale_ok': False, 'purchase_ok': False, 'taxes_id': [Command.clear()], 'supplier_taxes_id': [Command.clear()], **values})


@tagged('post_install', '-at_install')
class TestChart(ChartCase):
    """The rows that documents will need are there before a document fails because of them."""

    def setUp(self):
        super().setUp()
        # Documents of the tests must stand out from the defaults of products and journals
        self.fees = self.new_account("Fees", '417299')
        self.levy = self.new_tax("Levy", 3)

    def accounts(self, rows=None):
        return (self.rows() if rows is None else rows).account_id

    def test_accounts_and_sets_of_taxes_of_posted_documents(self):
        gst = self.env.ref(f'account.{self.xero_company.id}_au_tax_sale_10')
        self.document('out_invoice', {'account_id': self.fees.id, 'tax_ids': [Command.set((self.levy | gst).ids)]})
        self.map()
        self.assertIn(self.fees, self.accounts())
        row = self.rows(type='tax').filtered(lambda row: row.tax_ids == self.levy | gst)
        self.assertRecordValues(row, [{'use': 'sale', 'company_id': self.xero_company.id}])

    def test_a_document_needs_no_other_row_than_those_made(self):
        self.document('out_invoice', {'account_id': self.fees.id, 'tax_ids': [Command.set(self.levy.ids)]}, {})
        self.document('in_refund', {})
        self.map()
        before = self.rows()
        self.run_slice(self.connection)
        self.assertEqual(self.rows(), before)

    def test_line_without_tax_is_one_of_its_use(self):
        self.document('in_invoice', {})
        self.map()
        self.assertEqual(self.rows(type='tax').filtered(lambda row: not row.tax_ids).mapped('use'), ['purchase'])

    def test_taxes_that_are_separate_lines_are_needed_by_their_account(self):
        fixed = self.new_tax("Bottle deposit", 2, amount_type='fixed')
        fixed.invoice_repartition_line_ids.filtered(lambda line: line.repartition_type == 'tax').account_id = self.fees
        self.document('out_invoice', {'tax_ids': [Command.set((fixed | self.levy).ids)]})
        self.map()
        self.assertIn(self.fees, self.accounts())
        self.assertFalse(self.rows(type='tax').filtered(lambda row: fixed in row.tax_ids))
        before = self.rows()
        self.run_slice(self.connection)
        self.assertEqual(self.rows(), before)

    def test_what_counts_not(self):
        line = {'account_id': self.fees.id, 'tax_ids': [Command.set(self.levy.ids)]}
        self.document('out_invoice', line, post=False)
        self.document('out_invoice', line).button_cancel()
        old = fields.Date.today() - timedelta(days=400)
        self.document('out_invoice', line, invoice_date=old, date=old)
        other = self.company_data['default_journal_sale'].copy({'code': 'OFF', 'xero_mode': 'off'})
        self.document('out_invoice', line, journal_id=other.id)
        self.map()
        self.assertNotIn(self.fees, self.accounts())
        self.assertFalse(self.rows(type='tax').filtered(lambda row: row.tax_ids == self.levy))

    def test_documents_that_the_policies_do_not_export_count_not(self):
        self.connection.export_sale_invoice = False
        self.document('out_invoice', {'account_id': self.fees.id})
        self.map()
        self.assertNotIn(self.fees, self.accounts())

    def test_products(self):
        cost = self.new_account("Goods", '517299', 'expense')
        paid = self.new_tax("Levy", 3, 'purchase')
        category = self.env['product.category'].create({'name': "Goods", 'property_account_expense_categ_id': cost.id})
        self.new_product(sale_ok=True, property_account_income_id=self.fees.id, taxes_id=[Command.set(self.levy.ids)])
        self.new_product(purchase_ok=True, categ_id=category.id, supplier_taxes_id=[Command.set(paid.ids)])
        self.map()
        self.assertLessEqual(self.fees | cost, self.accounts())
        uses = {row.tax_ids: row.use for row in self.rows(type='tax')}
        self.assertEqual((uses[self.levy], uses[paid]), ('sale', 'purchase'))

    def test_product_that_is_not_sold(self):
        self.new_product(property_account_income_id=self.fees.id, taxes_id=[Command.set(self.levy.ids)])
        self.map()
        self.assertNotIn(self.fees, self.accounts())

    def test_defaults_of_journals_and_the_company(self):
        self.company_data['default_journal_sale'].default_account_id = self.fees
        self.xero_company.account_sale_tax_id = self.levy
        self.map()
        self.assertIn(self.fees, self.accounts())
        self.assertTrue(self.rows(type='tax').filtered(lambda row: row.tax_ids == self.levy))

    def test_whole_chart(self):
        self.map()
        self.assertNotIn(self.fees, self.accounts())
        self.map(is_whole=True)
        self.assertIn(self.fees, self.accounts())
        self.assertTrue(self.rows(type='tax').filtered(lambda row: row.tax_ids == self.levy and row.use == 'sale'))
        self.assertFalse(self.accounts().filtered(lambda account: account.account_type in ('asset_receivable', 'liability_payable', 'asset_cash')))
        self.assertFalse(self.map(is_whole=True), "a second time adds nothing")

    def test_certain_ones_are_decided_and_documents_go_out(self):
        self.fees.code = RENT
        self.map(is_whole=True)
        self.assertRecordValues(self.rows(account_id=self.fees.id), [{'decided_by': 'same_code', 'is_decided': True}])

    def test_rows_that_are_there_stay(self):
        row = self.resolver().find('account', self.fees, 'journal')
        self.new_product(sale_ok=True, property_account_income_id=self.fees.id)
        self.assertNotIn(row, self.map(is_whole=True))
        self.assertEqual(row.use, 'journal')

    def test_counts(self):
        self.fees.code = RENT
        for name, account in (("decided", self.fees), ("suggested", self.new_account("Other Revenues", '417298')), ("open", self.new_account("Zzz", '417297'))):
            self.resolver().find('account', account)
            with self.subTest(name=name):
                self.assertEqual(self.env['xero.chart'].with_user(self.billing)._count(self.connection)[name], 1)
        self.assertEqual([
            self.env['xero.mapping'].search_count([('connection_id', '=', self.connection.id), *domain]) for domain in (
                [('suggestion', '!=', False)], [('suggestion', '=', False)], [('suggestion', '=', False), ('is_decided', '=', False)])], [1, 2, 1])

    def test_rows_of_a_whole_chart_cost_few_queries(self):
        self.env['account.account'].create([
            {'name': f"Account {number}", 'code': f'9{number:05}', 'account_type': 'income'} for number in range(100)])
        self.map()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(400):
            self.map(is_whole=True)
            self.env.flush_all()


@tagged('post_install', '-at_install')
class TestChartFirstReading(ChartCase):

    def test_first_reading_maps_what_is_used_and_the_next_does_not(self):
        self.connection.reference_read_at = False
        self.run_slice(self.connection)
        rows = self.rows()
        self.assertIn(self.company_data['default_account_revenue'], rows.account_id)
        rows.unlink()
        self.connection.reference_read_at = dict.fromkeys(self.connection.reference_read_at, '2026-01-01T00:00:00')
        self.run_slice(self.connection)
        self.assertFalse(self.rows())


@tagged('post_install', '-at_install')
class TestChartOfLedger(MappingMixin, XeroLedgerCase):

    def test_accounts_of_entries_are_for_manual_journals(self):
        bank = self.company_data['default_account_assets']
        self.entry((bank, 100), (self.revenue, -100))
        self.mapping_env().search([('connection_id', '=', self.connection.id)]).unlink()
        self.env['xero.chart']._map(self.connection)
        rows = {row.account_id: row.use for row in self.mapping_env().search([('connection_id', '=', self.connection.id), ('type', '=', 'account')])}
        self.assertEqual(rows[bank], 'journal')
        self.assertFalse(rows[self.revenue], "documents use it, too")

    def test_whole_chart_with_the_accounts_that_need_clearing_accounts(self):
        self.env['xero.chart']._map(self.connection, is_whole=True)
        row = self.mapping_env().search([
            ('connection_id', '=', self.connection.id), ('account_id', '=', self.company_data['default_account_receivable'].id)])
        self.assertEqual((row.use, row.is_decided), ('journal', False))


@tagged('post_install', '-at_install')
class TestChartDialog(ChartCase):

    def dialog(self, user=None, **values):
        return self.env['xero.chart.map'].with_user(user or self.admin).create(values)

    def test_it_counts_and_leads_to_the_rows(self):
        dialog = self.dialog()
        self.assertEqual(dialog.connection_id, self.connection, "the only one")
        action = dialog.action_map()
        self.assertEqual((action['res_id'], dialog.is_done), (dialog.id, True))
        self.assertEqual(dialog.created, len(self.rows()))
        self.assertEqual(dialog.decided_count + dialog.suggested_count + dialog.open_count, len(self.rows()))
        self.assertIn(f"{dialog.created} rows were added", dialog.summary)
        self.assertEqual(dialog.action_open_suggested()['context'], {'search_default_suggested': 1})

    def test_a_second_time_says_so(self):
        self.map()
        dialog = self.dialog()
        dialog.action_map()
        self.assertIn("had all rows already", dialog.summary)

    def test_nothing_read_yet(self):
        self.connection.reference_read_at = False
        with self.assertRaisesRegex(UserError, "still being read"):
            self.dialog(connection_id=self.connection.id).action_map()

    def test_only_invoice_admins(self):
        with self.assertRaises(AccessError):
            self.dialog(self.billing)
