import csv

from odoo import Command
from odoo.tests import tagged
from odoo.tools import file_open

from ..common import ADVISER, FINANCE, HARBOUR, LAKESIDE, NORTHGATE, XeroCase
from .mapping_common import MappingMixin

SOUTHERN = 'c7025fd4-9e3b-4a68-97d1-2f6b8c40e944'


@tagged('post_install', '-at_install')
class TestDefaultTaxes(MappingMixin, XeroCase):
    """Every tax of the four charts: decided as the table says, or known to have no counterpart."""

    def load_chart(self, chart, currency, country, tenant, user=FINANCE):
        company = self._currency_company(currency, name=f"Company {chart}")
        company.country_id = self.env.ref(country)
        self.env['account.chart.template'].try_loading(chart, company=company, install_demo=False)
        self.xero_company = company
        self.admin.company_ids += company
        self.admin.company_id = company
        self.connection = self.connect(
            self.new_connection(name=chart, company_ids=[Command.set(company.ids)]), tenant=tenant, user=user)
        self.read(self.connection, 'organisation', 'tax_rates')

    def templates(self, chart, module):
        """Return the ids of the taxes of a chart, read from Odoo's own file."""
        with file_open(f'{module}/data/template/account.tax-{chart}.csv') as file:
            return [row['id'] for row in csv.DictReader(file) if row['id']]

    def check_chart(self, chart, module, without=()):
        """Compare the table with Odoo's file, then with what the rows of the taxes become.

        :param without: templates that the table names a rate for which this organisation has in another percentage.
        """
        table = self.env['xero.mapped.tax']._default_taxes(chart, self.connection)
        templates = self.templates(chart, module)
        self.assertEqual(sorted(table), sorted(['', *templates]), "the table has exactly the taxes of the chart")
        resolver = self.mapping_env()._prefetch_for(self.connection, self.xero_company)
        for template in templates:
            tax = self.env.ref(f'account.{self.xero_company.id}_{template}')
            use = 'purchase' if tax.type_tax_use == 'none' else tax.type_tax_use
            row = resolver.find('tax', tax, use)
            with self.subTest(template=template):
                if not table[template] or template in without:
                    self.assertFalse(row.is_decided)
                    continue
                self.assertIn(row.xero_tax_rate_id.tax_type, table[template])
                self.assertIn(row.xero_tax_rate_id.use, (False, use))
        for use in ('sale', 'purchase'):
            self.assertTrue(resolver.find('tax', self.env['account.tax'], use).is_decided)

    def test_au(self):
        self.load_chart('au', 'AUD', 'base.au', HARBOUR)
        self.check_chart('au', 'l10n_au')

    def test_uk(self):
        self.load_chart('uk', 'GBP', 'base.uk', NORTHGATE)
        self.check_chart('uk', 'l10n_uk')
        reverse = self.env.ref(f'account.{self.xero_company.id}_PT_20_RCI')
        row = self.resolver(self.connection, self.xero_company).find('tax', reverse, 'purchase')
        self.assertEqual(row.xero_tax_rate_id.tax_type, 'REVERSECHARGES')

    def test_nz(self):
        self.load_chart('nz', 'NZD', 'base.nz', SOUTHERN)
        self.check_chart('nz', 'l10n_nz')

    def test_generic_with_rates_of_zero(self):
        self.load_chart('generic_coa', 'USD', 'base.us', LAKESIDE, ADVISER)
        self.check_chart('generic_coa', 'account', without=('sale_tax_template', 'purchase_tax_template'))

    def test_generic_with_the_same_rates(self):
        self.load_chart('generic_coa', 'USD', 'base.us', LAKESIDE, ADVISER)
        for tax_type in ('OUTPUT', 'INPUT'):
            self.organisation(LAKESIDE).tax_rates[tax_type]['EffectiveRate'] = 15
        self.read(self.connection, 'tax_rates')
        self.check_chart('generic_coa', 'account')
