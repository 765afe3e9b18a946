"""What a person reviews and changes on the page after a consent."""
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..common import HARBOUR, HINTERLAND, XeroCase


@tagged('post_install', '-at_install')
class TestConsentReview(XeroCase):

    def assertSaved(self, connection, **values):
        connection.invalidate_recordset()
        self.assertRecordValues(connection, [{'status': 'connected', **values}])

    def form(self, consent):
        return Form(consent, view='account_xero.xero_consent_view_form')

    def test_name_companies_and_first_day(self):
        second = self._currency_company('AUD', "Second Site")
        self.admin.sudo().company_ids += second
        connection = self.new_connection("Head office", export_start_date='2000-01-01')
        consent = self.authorise(connection)
        admin = self.env['res.users'].browse(self.admin.id)
        consent = consent.with_context(allowed_company_ids=admin.company_ids.ids)
        with self.form(consent) as form:
            self.assertEqual((form.name, str(form.export_start_date)), ("Head office", '2000-01-01'))
            self.assertEqual(form.company_ids[:].ids, self.xero_company.ids)
            form.name = "Sydney"
            form.export_start_date = '2026-07-01'
            form.company_ids.add(second)
        self.assertEqual(connection.company_ids, self.xero_company, "nothing is saved before the button is pressed")
        consent.action_save()
        self.assertSaved(connection, name="Sydney", company_ids=(self.xero_company | second).ids)
        self.assertEqual(str(connection.export_start_date), '2026-07-01')
        self.assertEqual(second.xero_connection_id, connection)

    def test_a_connection_named_like_its_company_gets_the_name_of_the_organisation(self):
        for name, expected in ((self.xero_company.name, "Harbour Site AU"), ("Head office", "Head office")):
            with self.subTest(name=name):
                self.assertEqual(self.authorise(self.new_connection(name)).name, expected)

    def test_companies_with_the_currency_of_the_organisation_are_suggested(self):
        pounds = self._currency_company('GBP', "London")
        free = self._currency_company('AUD', "Free")
        self.admin.sudo().company_ids += pounds | free
        for companies, expected in (((self.xero_company | pounds), self.xero_company), (pounds, pounds), (free | pounds, free)):
            with self.subTest(companies=companies.mapped('name')):
                consent = self.authorise(self.new_connection(company_ids=[Command.set(companies.ids)]))
                self.assertEqual(consent.company_ids, expected)
        self.xero_company.sudo().xero_connection_id = self.new_connection("Taken")
        self.assertEqual(self.authorise(self.new_connection(company_ids=[Command.set(pounds.ids)])).company_ids, free, "the only one that is left")

    def test_the_obstacle_follows_the_companies(self):
        pounds = self._currency_company('GBP', "London")
        self.admin.sudo().company_ids += pounds
        consent = self.authorise(self.new_connection()).with_context(allowed_company_ids=(self.xero_company | pounds).ids)
        form = self.form(consent)
        form.company_ids.add(pounds)
        self.assertIn("but London in GBP", form.obstacle)
        form.company_ids.remove(index=1)
        self.assertFalse(form.obstacle)
        form.company_ids.clear()
        self.assertIn("Choose the companies", form.obstacle)
        form.save()
        with self.assertRaisesRegex(UserError, "Choose the companies"):
            consent.action_save()

    def test_companies_that_are_not_selected_stay(self):
        own, foreign = self._currency_company('AUD', "Own"), self._currency_company('AUD', "Foreign")
        self.admin.sudo().company_ids += own
        connection = self.new_connection(company_ids=[Command.set((self.xero_company | own | foreign).ids)])
        consent = self.authorise(connection).with_context(allowed_company_ids=self.xero_company.ids)
        self.assertEqual(self.form(consent).company_ids[:].ids, self.xero_company.ids)
        consent.action_save()
        self.assertSaved(connection, company_ids=(self.xero_company | own | foreign).ids)

    def test_a_company_of_somebody_else_cannot_be_chosen(self):
        foreign = self._currency_company('AUD', "Foreign")
        consent = self.authorise(self.new_connection())
        with self.assertRaises(AccessError):
            consent.company_ids = [Command.link(foreign.id)]
        self.assertEqual(consent.company_ids, self.xero_company)

    def test_a_renewal_changes_nothing_else(self):
        connection = self.connect(self.new_connection("Head office"))
        consent = self.authorise(connection)
        consent.write({'name': "Other", 'export_start_date': '2020-01-01', 'company_ids': [Command.clear()]})
        consent.action_save()
        self.assertSaved(connection, name="Head office", company_ids=self.xero_company.ids)
        self.assertEqual(str(connection.export_start_date), '2000-01-01')

    def test_a_new_connection_gets_the_typed_name(self):
        connection = self.connect(self.new_connection("Head office"))
        consent = self.authorise(connection, [HINTERLAND])
        consent.name = "Hinterland shop"
        consent.action_save_as_new()
        self.assertEqual(consent.connection_id.name, "Hinterland shop")
        self.assertEqual(connection.name, "Head office")

    def test_plans_without_invoicing(self):
        organisation = self.sandbox.organisations[HARBOUR]
        for plan, label in (('LEDGER', "Ledger"), ('GST_CASHBOOK', "GST cashbook"), ('NON_GST_CASHBOOK', "Non GST cashbook"), ('GROW', "")):
            with self.subTest(plan=plan):
                organisation.plan = plan
                consent = self.authorise(self.new_connection())
                self.assertEqual(consent.plan_warning[:60], f"Xero offers the plan {label} for businesses that do not need invoicing"[:60] if label else '')
        organisation.plan = 'LEDGER'
        self.assertIn("may refuse invoices", self.connect().plan_warning)
