from decimal import Decimal

from odoo.tests import tagged

from ..common import ADVISER, HARBOUR, LAKESIDE, NORTHGATE
from .countries_common import XeroCountryCase
from .month_of_documents import MonthOfDocuments

SOUTHERN = 'c7025fd4-9e3b-4a68-97d1-2f6b8c40e944'


@tagged('post_install', '-at_install')
class TestAustralia(MonthOfDocuments, XeroCountryCase):
    country_code = 'AU'
    tenant = HARBOUR


@tagged('post_install', '-at_install')
class TestUnitedKingdom(MonthOfDocuments, XeroCountryCase):
    country_code = 'GB'
    tenant = NORTHGATE

    def test_default_taxes(self):
        self.assertEqual(self.xero_company.chart_template, 'uk')
        self.assert_documents(
            ('out_invoice', 'ST11', 'OUTPUT2', '20.00'),
            ('out_invoice', 'ST0', 'ZERORATEDOUTPUT', '0.00'),
            ('out_invoice', None, 'NONE', '0.00'),
            ('in_invoice', 'PT_20_G', 'INPUT2', '20.00'),
            ('in_invoice', 'PT5', 'RRINPUT', '5.00'),
            ('out_refund', 'ST11', 'OUTPUT2', '20.00'),
            ('in_refund', 'PT_20_S', 'INPUT2', '20.00'),
        )

    def test_reverse_charges(self):
        """The buyer accounts for the tax: nothing is charged, in Xero by the rate itself."""
        self.assert_documents(
            ('out_invoice', 'ST_20_RCD', 'DRCHARGE20', '0.00'),
            ('in_invoice', 'PT_20_RCD', 'DRCHARGESUPPLY20', '0.00'),
            ('in_invoice', 'PT_20_RCI', 'REVERSECHARGES', '0.00'),
            ('in_refund', 'PT8', 'ECACQUISITIONS', '0.00'),
        )


@tagged('post_install', '-at_install')
class TestNewZealand(MonthOfDocuments, XeroCountryCase):
    country_code = 'NZ'
    tenant = SOUTHERN

    def test_default_taxes(self):
        self.assertEqual(self.xero_company.chart_template, 'nz')
        self.assert_documents(
            ('out_invoice', 'nz_tax_sale_15', 'OUTPUT2', '15.00'),
            ('out_invoice', 'nz_tax_sale_0', 'ZERORATED', '0.00'),
            ('out_invoice', None, 'NONE', '0.00'),
            ('in_invoice', 'nz_tax_purchase_15', 'INPUT2', '15.00'),
            ('out_refund', 'nz_tax_sale_15', 'OUTPUT2', '15.00'),
        )


@tagged('post_install', '-at_install')
class TestUnitedStates(MonthOfDocuments, XeroCountryCase):
    country_code = 'US'
    chart_template = 'generic_coa'
    tenant, xero_user = LAKESIDE, ADVISER
    revenue_code, expense_code = '400', '600'

    def test_default_taxes(self):
        """Xero's two rates are 0 % until somebody sets them there; only then are they Odoo's 15 %."""
        self.assertEqual(self.xero_company.chart_template, 'generic_coa')
        self.assert_documents(
            ('out_invoice', None, 'NONE', '0.00'),
            ('in_invoice', None, 'NONE', '0.00'),
        )
        move = self.document('out_invoice', {'tax_ids': self.tax('sale_tax_template')})
        self.assertEqual((self.sync(move).state, move.xero_export_ids.cause), ('failed', 'tax'))
        self.set_rates_in_xero()
        self.assert_held(move, tax='15.00')
        self.assert_documents(
            ('out_invoice', 'sale_tax_template', 'OUTPUT', '15.00'),
            ('in_invoice', 'purchase_tax_template', 'INPUT', '15.00'),
            ('out_refund', 'sale_tax_template', 'OUTPUT', '15.00'),
        )

    def set_rates_in_xero(self):
        for tax_type in ('OUTPUT', 'INPUT'):
            self.sandbox.organisations[LAKESIDE].tax_rates[tax_type]['EffectiveRate'] = Decimal(15)
        self.connection.reference_read_at = False
        self.run_slice(self.connection)
