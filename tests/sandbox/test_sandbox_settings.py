from odoo.tests import tagged

from .sandbox_common import ADVISER, EXPORT_SCOPE, HARBOUR, LAKESIDE, SandboxCase


class SettingsCase(SandboxCase):

    def setUp(self):
        super().setUp()
        self.log_in(scope=EXPORT_SCOPE)

    def saved(self, method, path, body):
        """:return: the first element of the reply"""
        answer = self.api(method, path, body)
        self.assertEqual(answer.status_code, 200, answer.text)
        return next(value for value in answer.json.values() if isinstance(value, list))[0]


@tagged('post_install', '-at_install')
class TestTaxRates(SettingsCase):

    def rate(self, *rates, compound=False, **values):
        components = [{'Name': f'Part {index}', 'Rate': rate} for index, rate in enumerate(rates or (12.5,))]
        components[-1]['IsCompound'] = compound
        return {'Name': 'Luxury', 'ReportTaxType': 'OUTPUT', 'TaxComponents': components} | values

    def test_create_and_use(self):
        made = self.saved('PUT', '/TaxRates', {'TaxRates': [self.rate(), self.rate(Name='Not looked at')]})
        self.assertEqual((made['TaxType'], made['EffectiveRate'], made['Status']), ('TAX001', 12.5, 'ACTIVE'))
        self.assertEqual((made['CanApplyToRevenue'], made['CanApplyToExpenses']), (True, False))
        self.assertEqual(self.saved('PUT', '/TaxRates', self.rate(Name='Another'))['TaxType'], 'TAX002')
        self.assertEqual(self.assert_saved(self.invoice(LineItems=[self.line(TaxType='TAX001')]))['TotalTax'], 12.5)
        self.assert_refused(
            self.invoice('B', Type='ACCPAY', LineItems=[self.line(AccountCode='400', TaxType='TAX001')]),
            "The TaxType code 'TAX001' cannot be used with account code '400'.")

    def test_components(self):
        self.assertEqual(self.saved('PUT', '/TaxRates', self.rate(5, 7))['EffectiveRate'], 12.0)
        self.assertEqual(self.saved('PUT', '/TaxRates', self.rate(5, 9.975, compound=True, Name='Compound'))['EffectiveRate'], 15.4738)

    def test_rules(self):
        cases = [
            ({'Name': ''}, 'The Name field is mandatory.'),
            ({'Name': 'GST on income'}, 'Please enter a unique Name.'),
            ({'ReportTaxType': None}, 'The ReportTaxType field is mandatory.'),
            ({'ReportTaxType': 'USSALESTAX'}, "The ReportTaxType 'USSALESTAX' is not valid for this organisation."),
            ({'TaxComponents': []}, 'At least one tax component must be specified.'),
            ({'TaxComponents': [{'Name': 'A', 'Rate': -1}]},
             'Each tax component must have a name and a rate that is not negative.'),
            ({'TaxComponents': [{'Name': 'A', 'Rate': 1, 'IsCompound': True}, {'Name': 'B', 'Rate': 1, 'IsCompound': True}]},
             'Only one tax component can be compound.'),
        ]
        for values, message in cases:
            with self.subTest(message=message):
                self.assertEqual(self.refused('PUT', '/TaxRates', self.rate(**values)), [message])

    def test_change(self):
        made = self.saved('PUT', '/TaxRates', self.rate())
        self.assertEqual(self.saved('POST', '/TaxRates', {'TaxType': made['TaxType'], 'Name': 'Renamed'})['Name'], 'Renamed')
        self.assertEqual(self.refused('POST', '/TaxRates', {'TaxType': 'OUTPUT', 'Name': 'x'}), ['System tax rates cannot be changed.'])
        self.saved('POST', '/TaxRates', {'TaxType': made['TaxType'], 'Status': 'DELETED'})
        self.assert_refused(
            self.invoice(LineItems=[self.line(TaxType='TAX001')]),
            'The TaxType code TAX001 does not exist or cannot be used for this type of transaction.')

    def test_without_report_type_elsewhere(self):
        self.log_in(ADVISER, [LAKESIDE], scope=EXPORT_SCOPE)
        self.tenant = LAKESIDE
        made = self.saved('PUT', '/TaxRates', self.rate(8.25, ReportTaxType=None))
        self.assertTrue(made['CanApplyToRevenue'] and made['CanApplyToExpenses'])

    def test_scope(self):
        self.sandbox.reset()
        self.log_in()
        for path in ('/TaxRates', '/TrackingCategories', f'/TrackingCategories/{HARBOUR}/Options'):
            self.assertEqual(self.api('PUT', path, {}).status_code, 401)


@tagged('post_install', '-at_install')
class TestTracking(SettingsCase):

    def test_categories(self):
        made = self.saved('PUT', '/TrackingCategories', {'Name': 'Project'})
        self.assertEqual((made['Status'], made['Options']), ('ACTIVE', []))
        full = ['An organisation can have at most 2 active tracking categories, 4 in all.']
        self.assertEqual(self.refused('PUT', '/TrackingCategories', {'Name': 'Third'}), full)
        self.assertEqual(self.refused('PUT', '/TrackingCategories', {'Name': 'PROJECT'})[0], 'Please enter a unique Name.')
        path = f"/TrackingCategories/{made['TrackingCategoryID']}"
        self.saved('POST', path, {'Status': 'ARCHIVED'})
        self.assertEqual(self.saved('PUT', '/TrackingCategories', {'Name': 'Third'})['Name'], 'Third')
        self.assertEqual(self.refused('POST', path, {'Status': 'ACTIVE'}), full)
        self.assertEqual(self.saved('POST', path, {'Name': 'Old project'})['Name'], 'Old project')
        self.assertEqual(self.refused('PUT', '/TrackingCategories', {'Name': 'x' * 101})[0], (
            'The Name field exceeds the maximum length of 100 characters.'))

    def test_options(self):
        category = self.get('/TrackingCategories')['TrackingCategories'][0]
        path = f"/TrackingCategories/{category['TrackingCategoryID']}/Options"
        made = self.saved('PUT', path, {'Name': 'West'})
        self.saved('PUT', path, {'Options': [{'Name': 'Central'}]})
        self.assertEqual(self.refused('PUT', path, {'Name': 'west'}), ['Please enter a unique Name.'])
        self.assertEqual(self.saved('POST', f"{path}/{made['TrackingOptionID']}", {'Name': 'Far West'})['Name'], 'Far West')
        invoice = self.invoice(LineItems=[self.line(Tracking=[{'Name': 'Region', 'Option': 'Far West'}])])
        self.assertEqual(self.assert_saved(invoice)['LineItems'][0]['Tracking'][0]['TrackingOptionID'], made['TrackingOptionID'])
        self.saved('POST', f"{path}/{made['TrackingOptionID']}", {'Status': 'ARCHIVED'})
        self.assertEqual(self.assert_saved(invoice | {'InvoiceNumber': 'B'})['LineItems'][0]['Tracking'], [])
        self.assertEqual(self.api('PUT', f'/TrackingCategories/{HARBOUR}/Options', {'Name': 'x'}).status_code, 404)

    def test_what_is_dropped(self):
        self.saved('PUT', '/TrackingCategories', {'Name': 'Project'})
        for sent in (
            [{'Region': 'North'}], [{'Name': 'Region', 'Option': 'north'}], [{'Name': 'Region'}],
            [{'Name': 'Nothing', 'Option': 'North'}, {'Name': 'Colour', 'Option': 'Red'}, {'Name': 'Region', 'Option': 'North'}],
        ):
            with self.subTest(sent=sent):
                saved = self.assert_saved(self.invoice(None, LineItems=[self.line(Tracking=sent)]))
                self.assertEqual(saved['LineItems'][0]['Tracking'], [])
        shape = self.invoice(None, LineItems=[self.line(Tracking={'Name': 'Region', 'Option': 'North'})])
        self.assertEqual(self.api('PUT', '/Invoices', shape).status_code, 500)


@tagged('post_install', '-at_install')
class TestBrandingThemes(SettingsCase):

    def test_several(self):
        self.client.post(f'/sandbox/organisations/{HARBOUR}/branding-themes', json={'Name': 'Christmas'})
        themes = self.get('/BrandingThemes')['BrandingThemes']
        self.assertEqual([(theme['Name'], theme['SortOrder']) for theme in themes], [
            ('Standard', 0), ('Export', 1), ('Projects', 2), ('Christmas', 3)])
        theme = themes[3]['BrandingThemeID']
        self.assertEqual(self.assert_saved(self.invoice(BrandingThemeID=theme))['BrandingThemeID'], theme)
        self.assert_refused(self.invoice('B', BrandingThemeID=HARBOUR), 'The branding theme could not be found.')
