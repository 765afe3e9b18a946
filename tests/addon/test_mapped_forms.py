"""Accounts, taxes and products show invoice admins where they are mapped in Xero."""
from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..common import HINTERLAND
from .payload_common import XeroPayloadCase


@tagged('post_install', '-at_install')
class TestMappedForms(XeroPayloadCase):

    def setUp(self):
        super().setUp()
        self.env['xero.mapping'].sudo().search([('type', '=', 'tax')]).unlink()
        self.account = self.company_data['default_account_revenue']
        self.sale_tax = self.tax('au_tax_sale_10')
        self.product = self.env['product.template'].create({
            'name': "Widget", 'taxes_id': self.sale_tax.ids, 'supplier_taxes_id': False, 'purchase_ok': False,
            'property_account_income_id': self.account.id})

    def text(self, record):
        record.invalidate_recordset(['xero_mapping_text'])
        return record.with_user(self.admin).xero_mapping_text

    def rows(self, record):
        return self.env['xero.mapping'].search(record.with_user(self.admin).action_xero_mapping()['domain'])

    def row(self, mapped_type, source, use=False):
        return self.resolver().find(mapped_type, source, use)

    def test_no_row_yet(self):
        self.env['xero.mapping'].sudo().search([]).unlink()
        for record in (self.account, self.sale_tax, self.product):
            self.assertFalse(self.text(record))
            self.assertFalse(self.rows(record))

    def test_where_they_are_mapped(self):
        account, tax = self.row('account', self.account), self.row('tax', self.sale_tax, 'sale')
        self.assertTrue(account.is_decided and tax.is_decided)
        self.assertEqual(self.text(self.account), account.target_name)
        self.assertEqual(self.text(self.sale_tax), tax.target_name)
        self.assertEqual(self.text(self.product), "2 mapped")
        self.assertEqual(self.rows(self.product), account | tax)
        variant = self.product.product_variant_id
        self.assertEqual((self.text(variant), self.rows(variant)), ("2 mapped", account | tax))
        account.xero_account_id = False
        self.assertEqual(self.text(self.account), "Not decided")
        self.assertEqual(self.text(self.product), "1 not decided")

    def test_a_product_has_its_own_set_of_taxes_only(self):
        both = self.sale_tax | self.sale_tax.copy({'name': "Levy"})
        pair = self.row('tax', both, 'sale')
        alone = self.row('tax', self.sale_tax, 'sale')
        bought = self.row('tax', self.sale_tax, 'purchase')
        self.assertEqual(self.rows(self.product) & (pair | alone | bought), alone)
        self.assertEqual(self.rows(self.sale_tax) & (pair | alone | bought), pair | alone | bought)

    def test_two_connections(self):
        second = self.connect(name="Hinterland", tenant=HINTERLAND)
        first_row = self.row('account', self.account)
        second_row = self.env['xero.mapping'].sudo()._prefetch_for(second, self.xero_company).find('account', self.account)
        self.assertEqual(self.rows(self.account), first_row | second_row)

    def test_rows_of_other_companies_are_not_shown(self):
        self.row('account', self.account)
        other = self.env['res.company'].sudo().create({'name': "Other"})
        stranger = self._new_user('stranger', 'account.group_account_manager,account_xero.group_xero_invoice_admin', other)
        self.account.sudo().with_company(other).code = '41110'
        self.account.sudo().company_ids += other
        self.assertFalse(self.account.with_user(stranger).with_context(allowed_company_ids=other.ids).xero_mapping_text)
        self.assertTrue(self.account.with_user(self.admin).xero_mapping_text)

    def test_only_invoice_admins(self):
        self.row('account', self.account)
        with self.assertRaises(AccessError):
            self.account.with_user(self.billing).read(['xero_mapping_text'])
        for model, view in (
            ('account.account', 'account.view_account_form'), ('account.tax', 'account.view_tax_form'),
            ('product.template', 'product.product_template_only_form_view'), ('product.product', 'product.product_normal_form_view'),
        ):
            for user, expected in ((self.admin, 1), (self.billing, 0)):
                arch = etree.fromstring(self.env[model].with_user(user).get_view(self.env.ref(view).id, 'form')['arch'])
                self.assertEqual(len(arch.xpath("//button[@name='action_xero_mapping']")), expected, (model, user.login))
