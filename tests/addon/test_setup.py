"""The set-up in four steps: what is done follows from the data, who sees it, what each step opens, and the block in the settings."""
import re
from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..common import XeroInvoicingCase
from .companies_common import CompaniesCase
from .export_common import SALES, XeroExportCase


class SetupMixin:

    def setup_of(self, user=None, company=None):
        self.env.flush_all()
        self.env.invalidate_all()
        company = company or self.xero_company
        return self.env['xero.setup'].with_user(user or self.admin).with_context(allowed_company_ids=company.ids).retrieve_setup()

    def steps(self, user=None, company=None):
        return {step['name']: step for step in self.setup_of(user, company)['steps']}

    def done(self, **kwargs):
        return [name for name, step in self.steps(**kwargs).items() if step['is_done']]

    def open(self, name, user=None, company=None):
        company = company or self.xero_company
        model = self.env['onboarding.onboarding.step'].with_user(user or self.admin).with_context(allowed_company_ids=company.ids)
        return getattr(model, f'action_open_step_xero_{name}')()

    def forget_open_rows(self):
        """Leave only decided rows: the first reading has added those that the chart will need."""
        self.env['xero.mapping'].sudo().search([('is_decided', '=', False)]).unlink()

    def recorded(self, company=None):
        """Return the names of the steps that are done in Odoo's own records."""
        onboarding = self.env.ref('account_xero.onboarding_onboarding_xero').sudo().with_company(company or self.xero_company)
        steps = onboarding.step_ids.filtered(lambda step: step.current_step_state != 'not_done')
        return [xml_id.rpartition('_')[2] for xml_id in (steps.get_external_id()[step.id] for step in steps)]

# Odoo's own settings warn of cash basis taxes, which the charts of the tests have
SETTINGS_LOG = 'odoo.tests.form.onchange'


@tagged('post_install', '-at_install')
class TestSetup(SetupMixin, XeroInvoicingCase):
    """From nothing to the first document."""

    def test_each_step_is_done_by_its_data(self):
        self.app.client_secret_encrypted = False
        self.assertEqual(self.done(), [])
        self.assertEqual(self.recorded(), [])
        for name in ('app', 'connect'):     # looking is no doing
            try:
                self.open(name)
            except UserError:
                self.assertEqual(name, 'connect')
        self.assertEqual(self.done(), [])

        self.app.client_secret = 'fake-secret-demo-app'
        self.assertEqual(self.done(), ['app'])

        connection = self.connect()
        self.assertEqual(self.done(), ['app', 'connect'])
        self.assertTrue(self.setup_of()['is_moving'])
        self.run_slice(connection)
        self.assertFalse(self.setup_of()['is_moving'])
        self.assertEqual(self.done(), ['app', 'connect'], "the accounts of documents and products wait for a decision")
        self.assertEqual([button['label'] for button in self.steps()['mapping']['buttons']], [
            "Use the suggestions…", "Decide the open rows", "Map the chart…"])
        self.env['xero.mapping'].sudo().search([('connection_id', '=', connection.id)]).unlink()
        self.assertEqual(self.done(), ['app', 'connect'], "nothing was decided")
        self.assertEqual(self.open('mapping')['res_model'], 'xero.chart.map')

        account = self.company_data['default_account_revenue']
        row = self.env['xero.mapping']._prefetch_for(connection, self.xero_company).find('account', account)
        row.xero_account_id = False
        self.assertEqual(self.done(), ['app', 'connect'])
        row.with_user(self.admin).xero_account_id = self.env['xero.account'].search([('connection_id', '=', connection.id), ('code', '=', SALES)])
        self.assertEqual(self.done(), ['app', 'connect', 'mapping'])

        move = self.env['account.move'].create({
            'move_type': 'out_invoice', 'partner_id': self.partner_a.id, 'invoice_date': '2026-11-02', 'date': '2026-11-02',
            'invoice_line_ids': [Command.create({'name': "Work", 'price_unit': 100, 'account_id': account.id, 'tax_ids': [Command.clear()]})]})
        move.action_post()
        self.assertTrue(self.setup_of()['is_moving'])
        self.run_slice(connection)
        self.assertEqual(move.xero_state, 'synced', move.xero_export_ids.message)
        self.assertEqual(self.done(), ['app', 'connect', 'mapping', 'invoice'])
        invoice = self.steps()['invoice']
        self.assertEqual(invoice['lines'], [f"{move.name} is in Xero."])
        self.assertIn("from now on", self.setup_of()['completed'])
        self.assertEqual(invoice['links'][0]['url'], move.xero_export_ids.xero_url)
        self.assertEqual(self.recorded(), ['app', 'connect', 'mapping', 'invoice'])
        self.assertEqual(self.env.ref('account_xero.onboarding_onboarding_xero').sudo().with_company(self.xero_company).current_onboarding_state, 'done')

    def test_app_step_says_what_to_copy(self):
        self.app.unlink()
        step = self.steps()['app']
        self.assertEqual([copy['value'] for copy in step['copies']], [
            'http://localhost:8069/xero/oauth/callback', 'http://localhost:8069/odoo'])
        self.assertIn("must not contain “Xero”", step['lines'][0])
        self.assertEqual(step['links'][0]['url'], 'https://developer.xero.com/app/manage')
        self.assertEqual(len(step['lines']), 2)
        self.env['ir.config_parameter'].sudo().set_param('web.base.url', 'http://erp.example.com')
        self.assertIn("only https addresses", self.steps()['app']['lines'][2])
        self.assertEqual(self.steps()['connect']['buttons'], [], "there is nothing to connect with")
        self.assertNotIn("xero", self.env['xero.app'].with_user(self.admin).default_get(['name'])['name'].lower())

    def test_app_form_warns_of_an_address_that_xero_refuses(self):
        self.app.environment = 'live'
        self.assertFalse(self.app.address_warning)
        for address, is_refused in (
            ('https://erp.example.com', False), ('http://localhost:8069', False), ('http://127.0.0.1:8069', True), ('http://erp.example.com', True),
        ):
            with self.subTest(address):
                self.env['ir.config_parameter'].sudo().set_param('web.base.url', address)
                self.app.invalidate_recordset()
                self.assertEqual(bool(self.app.address_warning), is_refused)
        self.app.environment = 'sandbox'
        self.assertFalse(self.app.address_warning, "it compares no addresses")

    def test_app_opens_the_one_or_the_list(self):
        action = self.open('app')
        self.assertEqual((action['res_model'], action['res_id'], action['target']), ('xero.app', self.app.id, 'new'))
        self.app.copy({'client_id': 'B'})
        self.assertFalse(self.open('app')['res_id'])

    def test_connect_makes_one_connection_and_uses_it_again(self):
        first, second = self.open('connect'), self.open('connect')
        connection = self.env['xero.connection'].search([('company_ids', 'in', self.xero_company.id)])
        self.assertRecordValues(connection, [{
            'name': self.xero_company.name, 'app_id': self.app.id, 'company_ids': self.xero_company.ids, 'status': 'draft'}])
        for action in (first, second):
            self.assertEqual(action['type'], 'ir.actions.act_url')
            self.assertIn(f'/xero/oauth/start/{connection.id}', action['url'])
        self.connect(connection)
        self.assertEqual(self.open('connect')['res_id'], connection.id)

    def test_a_new_connection_has_the_only_app(self):
        Connection = self.env['xero.connection']
        new = Form(Connection.with_user(self.admin))
        self.assertEqual(new.app_id, self.app)
        self.assertFalse(Connection.with_user(self.billing).default_get(['app_id']).get('app_id'))
        self.app.copy({'name': "Another", 'client_id': 'FAKEID2', 'client_secret': 'fake-secret-2'})
        self.assertFalse(Form(Connection.with_user(self.admin)).app_id)

    def test_connect_with_several_apps_lets_the_person_choose(self):
        self.app.copy({'client_id': 'B', 'client_secret': 'fake-secret-b', 'environment': 'sandbox', 'sandbox_url': self.app.sandbox_url})
        action = self.open('connect')
        self.assertEqual((action['res_model'], action.get('res_id')), ('xero.connection', None))
        self.assertFalse(self.env['xero.connection'].search([('company_ids', 'in', self.xero_company.id)]))

    def test_connect_without_an_app_says_so(self):
        self.app.client_secret_encrypted = False
        with self.assertRaisesRegex(UserError, "Enter the client ID and the client secret"):
            self.open('connect')

    def test_later_steps_say_what_comes_first(self):
        for name in ('mapping', 'chart', 'suggestions', 'invoice', 'new_invoice', 'period', 'exports'):
            with self.subTest(name), self.assertRaisesRegex(UserError, "is not connected to Xero yet"):
                self.open(name)
        for name in ('mapping', 'invoice'):
            self.assertEqual(self.steps()[name]['buttons'], [])

    def test_only_invoice_admins_set_up(self):
        found = self.setup_of(self.billing)
        self.assertEqual(found['steps'], [])
        self.assertIn(self.admin.name, found['notice'])
        for name in ('app', 'connect', 'mapping', 'chart', 'suggestions', 'invoice', 'new_invoice', 'period', 'exports'):
            with self.subTest(name), self.assertRaisesRegex(AccessError, "Only invoice admins set up"):
                self.open(name, self.billing)
        nobody = self._new_user('xero_none', 'base.group_user')
        with self.assertRaises(AccessError):
            self.setup_of(nobody)
        with self.assertRaises(AccessError):
            self.env['xero.setup'].with_user(nobody).ask_to_set_up()

    def test_a_user_asks_an_invoice_admin_to_set_up(self):
        Setup, to_dos = self.env['xero.setup'].with_user(self.billing).with_context(allowed_company_ids=self.xero_company.ids), self.env['mail.activity'].sudo()
        self.assertTrue(self.setup_of(self.billing)['can_ask'])
        self.assertFalse(self.setup_of()['can_ask'], "an invoice admin sets up without asking")
        answer = Setup.ask_to_set_up()
        self.assertEqual(answer['params']['type'], 'success')
        [to_do] = to_dos.search([('user_id', '=', self.admin.id), ('res_model', '=', False)])
        self.assertIn(self.xero_company.name, to_do.summary)
        self.assertIn(self.billing.name, to_do.note)
        self.assertIn('account_xero.xero_setup_action', to_do.note)
        found = self.setup_of(self.billing)
        self.assertFalse(found['can_ask'])
        self.assertRegex(found['notice'], rf"{re.escape(self.billing.name)} asked .*{re.escape(self.admin.name)} on ")
        self.assertEqual(Setup.ask_to_set_up()['params']['type'], 'info', "once is enough")
        connection = self.connect()
        self.assertEqual(connection.status, 'connected')
        self.assertFalse(to_do.exists(), "the to-do ends when the company is connected")
        found = self.setup_of(self.billing)
        self.assertFalse(found['can_ask'])
        self.assertIn(f"exported to {connection.organisation_name}", found['notice'])

    def test_two_tabs_at_once(self):
        """The other one made the records of progress, which this one cannot see yet."""
        with patch.object(self.registry['onboarding.onboarding'], '_search_or_create_progress', autospec=True, side_effect=UniqueViolation):
            self.assertEqual(self.done(), ['app'])


@tagged('post_install', '-at_install')
class TestSetupConnected(SetupMixin, XeroExportCase):
    """A connection that works, or did."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.forget_open_rows(cls)

    def test_mapping_counts(self):
        step = self.steps()['mapping']
        self.assertTrue(step['is_done'])
        other = self.copy_account(self.company_data['default_account_revenue'], {'name': "Quite Another Name 77"})
        self.resolver().find('account', other)
        self.assertRegex(self.steps()['mapping']['lines'][0], r"^\d+ rows: \d+ decided, [01] suggested, [01] open\.$")
        self.assertFalse(self.steps()['mapping']['is_done'])
        with self.assertRaisesRegex(UserError, "Nothing is suggested"):
            self.open('suggestions')
        other.name = "Sales"
        step = self.steps()['mapping']
        self.assertEqual([button['method'].rpartition('_')[2] for button in step['buttons']], ['suggestions', 'mapping', 'chart'])
        self.assertEqual(self.open('suggestions')['res_model'], 'xero.mapping.suggest')
        action = self.open('mapping')
        self.assertEqual(action['res_model'], 'xero.mapping')
        self.assertEqual(action['context'], {'search_default_undecided': 1})

    def test_invoice_step_without_documents_creates_one(self):
        step = self.steps()['invoice']
        self.assertRegex(step['lines'][0], "^There is no invoice or bill since .* yet")
        self.assertEqual(step['buttons'][0]['method'], 'action_open_step_xero_new_invoice')
        action = self.open('new_invoice')
        self.assertEqual((action['res_model'], action['views'], action['context']['default_move_type']), ('account.move', [(False, 'form')], 'out_invoice'))
        self.document('out_invoice')
        step = self.steps()['invoice']
        self.assertEqual(step['buttons'][0]['method'], 'action_open_step_xero_invoice')
        self.assertNotIn("There is no invoice", ' '.join(step['lines']))

    def test_invoice_step_opens_the_check_and_the_failed_ones(self):
        for name in ('invoice', 'period'):   # there are no documents yet, so a person chooses a period
            action = self.open(name)
            self.assertEqual((action['res_model'], action['context']['default_connection_id']), ('xero.check', self.connection.id))
        other = self.copy_account(self.company_data['default_account_revenue'], {'name': "Quite Another Name 77"})
        self.document('out_invoice', {'account_id': other.id})
        self.run_slice(self.connection)
        step = self.steps()['invoice']
        self.assertEqual(step['lines'], ["Failed documents: 1."])
        self.assertEqual([button['method'].rpartition('_')[2] for button in step['buttons']], ['invoice', 'period', 'exports'])
        check = self.env['xero.check'].sudo().browse(self.open('invoice')['res_id'])
        self.assertEqual((check.is_done, check.stopped_count, len(check.reason_ids)), (True, 1, 1))
        self.assertEqual(self.open('exports')['context'], {'search_default_failed': 1})

    def test_a_refusal_of_the_check_is_said(self):
        """Only a period with no documents, or too many, leads to the dialog that asks for another one."""
        outsider = self._new_user('xero_outsider', 'account_xero.group_xero_invoice_admin')
        self.assertEqual(self.open('invoice')['target'], 'new', "there is no document: another period is chosen")
        with self.assertRaises(AccessError):
            self.open('invoice', outsider)

    def test_lost_access(self):
        self.connection._set_status('reauthenticate', "The access has ended at Xero. An invoice admin has to reauthenticate.")
        step = self.steps()['connect']
        self.assertFalse(step['is_done'])
        self.assertEqual(step['lines'], ["The access has ended at Xero. An invoice admin has to reauthenticate."])
        self.assertEqual([button['label'] for button in step['buttons']], ["Reauthenticate"])
        self.assertIn('/xero/oauth/start/', self.open('connect')['url'])
        self.assertEqual(self.done(), ['app', 'mapping'], "what was decided stays")
        self.assertFalse(self.setup_of()['is_moving'])

    def test_settings_in_each_status(self):
        system = self._new_user('xero_system', 'base.group_system,account.group_account_manager,account_xero.group_xero_invoice_admin')
        expected = {
            'draft': "Nobody has allowed the access at Xero yet.", 'connected': "It works.", 'reauthenticate': "Because.", 'paused': "Because.",
            'disconnected': "Because."}
        settings = self.env['res.config.settings'].with_user(system).with_company(self.xero_company)
        for status, words in expected.items():
            with self.subTest(status), mute_logger(SETTINGS_LOG):
                self.connection.write({'status': status, 'status_reason': status != 'connected' and "Because."})
                form = Form(settings)
                self.assertEqual((form.xero_status, form.xero_organisation_name), (status, "Harbour Site AU"))
                self.assertEqual(form.xero_state_words, words)
        self.xero_company.xero_connection_id = False
        with mute_logger(SETTINGS_LOG):
            self.assertEqual(Form(settings).xero_state_words, "Documents of this company are not exported to Xero yet.")

    def test_settings_buttons(self):
        roles = 'base.group_system,account.group_account_manager'
        system = self._new_user('xero_system', roles)
        both = self._new_user('xero_both', f'{roles},account_xero.group_xero_invoice_admin')
        for name, kind in (('connect', 'act_url'), ('disconnect', 'act_window'), ('open', 'act_window'), ('mapping', 'act_window')):
            with self.subTest(name):
                action = getattr(self.settings(both), f'action_xero_{name}')()
                self.assertEqual(action['type'], f'ir.actions.{kind}')
                with self.assertRaises(AccessError):
                    getattr(self.settings(system), f'action_xero_{name}')()

    def settings(self, user):
        return self.env['res.config.settings'].with_user(user).with_company(self.xero_company).create({})


@tagged('post_install', '-at_install')
class TestSetupOfCompanies(SetupMixin, CompaniesCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.forget_open_rows(cls)

    def test_each_company_has_its_own(self):
        self.assertEqual(self.done(), ['app', 'connect', 'mapping'])
        self.assertEqual(self.setup_of()['company'], self.xero_company.name)
        self.assertEqual(self.done(company=self.other), ['app'])
        self.assertEqual((self.recorded(), self.recorded(self.other)), (['app', 'connect', 'mapping'], ['app']))
        self.assertIn('/xero/oauth/start/', self.open('connect', company=self.other)['url'])
        made = self.env['xero.connection'].search([('company_ids', 'in', self.other.id)])
        self.assertEqual(made.company_ids, self.other)

    def test_connection_of_others_is_not_told(self):
        boss = self._new_user('xero_south_admin', 'account.group_account_manager,account_xero.group_xero_invoice_admin', self.other)
        self.connect_other()
        self.forget_open_rows()
        self.connection.name = self.connection.organisation_name = "Secret project"
        self.assertNotIn("Secret", str(self.setup_of(boss, self.other)))
        self.assertEqual(self.done(user=boss, company=self.other)[-1:], ['mapping'])

    def test_branch_uses_the_connection_of_its_company(self):
        branch = self.env['res.company'].create({'name': "Branch", 'parent_id': self.xero_company.id})
        self.admin.company_ids += branch
        self.assertIn('connect', self.done(company=branch))
