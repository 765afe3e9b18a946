from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .payload_common import XeroPayloadCase

SETTINGS = 'accounting.settings'


@tagged('post_install', '-at_install')
class TestMappingCreate(XeroPayloadCase):
    """*Create in Xero*: shown first, permitted by a new consent, done by the slice."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.levy = cls.tax('au_tax_sale_10').copy({'name': "Levy", 'amount': 3})
        cls.move = cls.document('out_invoice', {'tax_ids': cls.levy})
        cls.row = cls.resolver().find('tax', cls.levy, 'sale').with_user(cls.admin)

    def wizard(self, row=None):
        action = (row or self.row).action_create_dialog()
        return Form(self.env[action['res_model']].with_user(self.admin).with_context(action['context'])).save()

    def components(self, row):
        return self.env['xero.mapped.tax']._components(row.tax_ids)

    def rates(self):
        return self.sandbox.organisations[self.connection.tenant_id].tax_rates

    def writes(self):
        return [call for call in self.calls('PUT') if 'TaxRates' in call['path'] or 'Options' in call['path']]

    def consent_again(self):
        self.connect(self.connection)
        self.assertFalse(self.connection._lacks_settings())

    def test_shown_then_consent_then_created_and_released(self):
        self.run_slice(self.connection)
        self.assertEqual(self.move.xero_state, 'failed')
        wizard = self.wizard()
        self.assertTrue(wizard.needs_consent)
        for words in ("A tax rate of 3 %", "Levy: 3", "OUTPUT"):
            self.assertIn(words, wizard.content)
        self.assertNotIn(SETTINGS, self.connection._wanted_scopes())
        action = wizard.action_create()
        self.assertIn('/xero/oauth/start/', action['url'])
        self.assertIn(SETTINGS, self.connection._missing_scopes())
        self.assertEqual(self.row.decision, "Being created in Xero")
        self.run_slice(self.connection)
        self.assertFalse(self.writes(), "not created without the permission")
        self.consent_again()
        self.run_slice(self.connection)
        self.assertEqual(len(self.writes()), 1)
        self.assertRecordValues(self.row, [{'is_decided': True, 'decided_by': 'person', 'decided_by_id': self.admin.id, 'creation': False}])
        self.assertEqual((self.row.xero_tax_rate_id.name, self.row.xero_tax_rate_id.rate, self.row.xero_tax_rate_id.use), ("Levy", 3, 'sale'))
        self.run_slice(self.connection)
        self.assert_held(self.move, '100', '3', '103')

    def test_the_notice_after_the_permission_speaks_of_it(self):
        action = self.wizard().action_create()
        self.assertIn('origin=mapping', action['url'])
        self.authorise(self.connection).sudo().origin = 'mapping'
        outcome = self.env['xero.consent'].with_user(self.admin).finish_pending()
        self.assertEqual([result['message'] for result in outcome['results']], [
            "Odoo may now create tax rates and tracking options in Harbour Site AU. Being created: Levy."])
        self.assertFalse(outcome['restored'], "nothing was broken")

    def permit(self):
        self.connection.writes_settings = True
        self.consent_again()

    def test_lost_answer_is_looked_up_not_repeated(self):
        self.permit()
        self.sandbox.faults.order(kind='drop_after', method='PUT', path='/TaxRates')
        self.wizard().action_create()
        self.run_slice(self.connection)
        self.assertTrue(self.row.is_decided)
        self.assertEqual(len([rate for rate in self.rates().values() if rate['Name'] == "Levy"]), 1)

    def test_refusal_is_said_and_can_be_tried_again(self):
        self.permit()
        self.wizard().action_create()
        self.rates()['OUTPUT'].update(Name="Levy", Status='ARCHIVED')
        self.run_slice(self.connection)
        self.assertFalse(self.row.is_decided)
        self.assertIn("unique", self.row.decision)
        self.assertTrue(self.row.can_create)

    def test_rate_that_came_out_for_the_other_side_is_not_used(self):
        self.permit()
        self.wizard().action_create()
        self.rates()['TAX900'] = {
            'TaxType': 'TAX900', 'Name': "Levy", 'Status': 'ACTIVE', 'EffectiveRate': 3, 'CanApplyToExpenses': True, 'TaxComponents': []}
        self.run_slice(self.connection)
        self.assertRecordValues(self.row, [{'is_decided': False, 'creation': False}])
        self.assertIn("Levy, which is not for these documents", self.row.creation_error)
        self.assertFalse(self.writes())
        self.assertEqual(self.connection.cron_id.failure_count, 0)

    def test_name_of_a_rate_of_another_percentage_is_refused_at_once(self):
        self.permit()
        wizard = self.wizard()
        wizard.name = "gst on income"
        with self.assertRaisesRegex(UserError, "GST on Income, of 10 %"):
            wizard.action_create()
        self.assertFalse(self.row.creation)

    def name_is_taken(self, percent):
        """Create a rate with the name in Xero between the request and the slice."""
        self.permit()
        self.wizard().action_create()
        self.rates()['TAX900'] = {
            'TaxType': 'TAX900', 'Name': "Levy", 'Status': 'ACTIVE', 'EffectiveRate': percent, 'CanApplyToRevenue': True, 'TaxComponents': []}
        self.run_slice(self.connection)
        self.assertFalse(self.writes())

    def test_rate_of_another_percentage_that_took_the_name_is_not_used(self):
        self.name_is_taken(12)
        self.assertRecordValues(self.row, [{'is_decided': False, 'creation': False}])
        self.assertIn("Levy, of 12 %", self.row.decision)

    def test_rate_of_the_same_percentage_that_took_the_name_is_used(self):
        self.name_is_taken(3)
        self.assertEqual(self.row.xero_tax_rate_id.tax_type, 'TAX900')

    def test_set_of_taxes_and_what_no_rate_can_be(self):
        five, seven = self.levy.copy({'name': "Five", 'amount': 5}), self.levy.copy({'name': "Seven", 'amount': 7})
        row = self.resolver().find('tax', five | seven, 'sale')
        self.assertEqual([(part['Name'], part['Rate'], part['IsCompound']) for part in self.components(row)], [("Five", '5', False), ("Seven", '7', False)])
        five.include_base_amount = True
        self.assertEqual([part['IsCompound'] for part in self.components(row)], [False, True])
        fixed = self.levy.copy({'name': "Fixed", 'amount_type': 'fixed'})
        for taxes in (fixed, self.env['account.tax']):
            self.assertFalse(self.resolver().find('tax', taxes, 'sale').can_create)

    def test_tracking_option(self):
        self.permit()
        plan = self.env['account.analytic.plan'].sudo().create({'name': "Region"})
        west = self.env['account.analytic.account'].sudo().create({'name': "West", 'plan_id': plan.id})
        category = self.env['xero.tracking.category'].search([('connection_id', '=', self.connection.id)])
        self.connection.write({'tracking_plan_1_id': plan.id, 'tracking_category_1_id': category.id})
        move = self.document('out_invoice', {'tax_ids': self.tax('au_tax_sale_10'), 'analytic_distribution': {str(west.id): 100}})
        self.run_slice(self.connection)
        row = self.env['xero.mapping'].search([('analytic_account_id', '=', west.id)]).with_user(self.admin)
        self.assertEqual(move.xero_state, 'failed')
        wizard = self.wizard(row)
        self.assertIn("Region", wizard.content)
        wizard.action_create()
        self.assertEqual(len(self.writes()), 0, "not in the user's transaction")
        self.run_slice(self.connection, times=2)
        self.assertEqual(row.target_name, "Region: West")
        self.assertEqual(self.held(move)['LineItems'][0]['Tracking'][0]['Option'], "West")

    def test_only_invoice_admins(self):
        with self.assertRaises(AccessError):
            self.env['xero.mapping.create'].with_user(self.billing).create({'mapping_id': self.row.id})
