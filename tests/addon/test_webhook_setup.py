"""The webhook on the form of an app: its key, its state, and who may see and change what."""
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import Form, tagged

from ...models.connection import xero_app_webhook
from ..common import HARBOUR, XeroCase, clear
from ..unit.tools_webhook_common import signature
from ..webhook_common import KEY, body_of, event


class SetUpCase(XeroCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection = cls.connect()
        cls.system = cls._new_user('xero_system', 'base.group_system,account_xero.group_xero_invoice_admin')

    def receive(self, *events, app=None):
        app, body = app or self.app, body_of(*events)
        self.env.flush_all()
        is_signed = self.env['xero.app'].sudo()._receive_webhook(app.webhook_token, signature(body, KEY), body)
        self.env.invalidate_all()
        return is_signed

    def let_hours_pass(self, hours):
        self.env.cr.execute(
            "UPDATE xero_webhook_hour SET hour = hour - %(time)s * interval '1 hour', last_at = last_at - %(time)s * interval '1 hour'", {'time': hours})
        self.env.cr.execute("UPDATE xero_app SET webhook_key_at = webhook_key_at - %s * interval '1 hour'", [hours])
        self.env.invalidate_all()


@tagged('post_install', '-at_install')
class TestWebhookState(SetUpCase):

    def state(self):
        app = self.app.with_user(self.admin)
        return (app.webhook_state, app.webhook_last_event, app.webhook_event_count)

    def test_life(self):
        self.assertEqual(self.state(), ('off', False, 0))
        self.assertFalse(self.receive(event()))
        self.app.webhook_key = KEY
        self.assertEqual(self.state(), ('waiting', False, 0))
        self.assertTrue(self.receive())
        self.assertEqual(self.state(), ('works', False, 0))
        self.receive(event(), event(), event(eventCategory='CONTACT'))
        self.let_hours_pass(10)
        self.receive(event(eventCategory='CREDITNOTE'))
        self.assertEqual(self.state(), ('works', "Credit notes", 4))
        self.let_hours_pass(20)
        self.assertEqual(self.state(), ('works', "Credit notes", 1))
        self.let_hours_pass(24 * 7)
        self.assertEqual(self.state(), ('silent', "Credit notes", 0))
        self.app.webhook_key = "another"
        self.assertEqual(self.state()[0], 'waiting', "nothing has come with this key")
        self.app.sudo().webhook_key_encrypted = '00000000:fake'
        self.env.invalidate_all()
        self.assertEqual(self.state()[0], 'unreadable')

    def test_apps_of_their_own(self):
        other = self.app.copy({'client_id': 'ANOTHER'})
        other.webhook_key = KEY
        self.receive(event(), app=other)
        self.assertEqual((other.webhook_state, self.app.webhook_state, other.webhook_last_event), ('works', 'off', "Ignored"))

    def test_address(self):
        set_param = self.env['ir.config_parameter'].sudo().set_param
        for address, environment, is_good in (
            ('https://odoo.example', 'live', True), ('https://odoo.example:443', 'live', True), ('https://odoo.example:8443', 'live', False),
            ('http://odoo.example', 'live', False), ('http://localhost:8069', 'live', False), ('http://localhost:8069', 'sandbox', True),
            ('http://odoo.example', 'sandbox', False),
        ):
            with self.subTest(address=address, environment=environment):
                set_param('web.base.url', address)
                self.app.environment = environment
                problem = self.app.with_user(self.admin).webhook_address_problem
                self.assertEqual(not problem, is_good, problem)
                self.assertEqual(self.app.webhook_url, f'{address}/xero/webhook/{self.app.webhook_token}')
                self.env.invalidate_all()

    def test_server_with_several_databases(self):
        self.env['ir.config_parameter'].sudo().set_param('web.base.url', 'https://odoo.example')
        with patch.object(xero_app_webhook, 'db_list', lambda force, host: ['one', 'two'] if host == 'odoo.example' else []):
            self.assertIn("dbfilter", self.app.webhook_address_problem)

    def test_form(self):
        with Form(self.app.with_user(self.admin)) as form:
            self.assertEqual(form.webhook_state, 'off')
            form.webhook_key = KEY
        self.assertEqual(clear(self.app.sudo().webhook_key_encrypted), KEY)
        self.app.with_user(self.admin).action_remove_webhook_key()
        self.assertEqual(self.app.webhook_state, 'off')
        self.assertFalse(self.app.sudo().webhook_key_encrypted)


@tagged('post_install', '-at_install')
class TestWebhookRights(SetUpCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.app.webhook_key = KEY

    def test_key_is_written_and_not_read(self):
        for user in (self.admin, self.system):
            app = self.app.with_user(user)
            answer = app.web_save({'webhook_key': ' fake-secret-typed\n'}, {'webhook_key': {}})
            self.assertEqual(answer, [{'id': app.id, 'webhook_key': False}])
            self.assertEqual(clear(app.sudo().webhook_key_encrypted), 'fake-secret-typed')
            app.web_save({'name': "Renamed", 'webhook_key': False}, {})
            self.assertEqual(clear(app.sudo().webhook_key_encrypted), 'fake-secret-typed')
            for method, *arguments in (
                ('read', ['webhook_key_encrypted']), ('mapped', 'webhook_key_encrypted'), ('search', [('webhook_key_encrypted', '!=', False)]),
                ('web_read', {'webhook_key_encrypted': {}}), ('write', {'webhook_key_encrypted': False}),
            ):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    getattr(app, method)(*arguments)
        self.env.cr.execute("SELECT * FROM xero_app")
        self.assertNotIn('fake-secret-typed', str(self.env.cr.fetchall()))

    def test_what_nobody_edits(self):
        for values in ({'webhook_token': 'chosen-by-somebody-for-a-trap'}, {'webhook_key_at': '2020-01-01'}):
            with self.subTest(values=values):
                with self.assertRaises(AccessError):
                    self.app.with_user(self.admin).write(values)
                with self.assertRaises(AccessError):
                    self.env['xero.app'].with_user(self.admin).create({'client_id': "X", **values})
        created = self.env['xero.app'].with_user(self.admin).with_context(default_webhook_token='chosen-by-somebody-for-a-trap').create({'client_id': "X"})
        self.assertNotIn('chosen', created.webhook_token)
        self.receive(event())
        for model in ('xero.webhook.event', 'xero.webhook.hour'):
            row = self.env[model].sudo().search([], limit=1)
            self.assertTrue(row.with_user(self.admin).read())
            for operation in ('create', 'write', 'unlink'):
                self.assertFalse(row.with_user(self.admin).has_access(operation), (model, operation))
            self.assertFalse(row.with_user(self.billing).has_access('read'))
        with self.assertRaises(AccessError):
            self.app.with_user(self.billing).action_remove_webhook_key()

    def test_rows_of_other_companies(self):
        self.receive(event(), event(tenantId='11111111-2222-3333-4444-555555555555'))
        other = self._currency_company('AUD', "Elsewhere")
        stranger = self._new_user('xero_stranger', 'account.group_account_manager,account_xero.group_xero_invoice_admin', other)
        for model in ('xero.webhook.event', 'xero.webhook.hour'):
            self.assertTrue(self.env[model].with_user(self.admin).search_count([]))
            self.assertFalse(self.env[model].with_user(stranger).search_count([('connection_id', '=', self.connection.id)]))
            self.assertFalse(self.env[model].with_user(stranger).search_count([('connection_id', '=', False)]) if model == 'xero.webhook.hour' else 0)
        self.assertEqual(
            self.app.with_user(self.admin).action_open_webhook_hours()['domain'], [('app_id', '=', self.app.id)])

    def test_another_client_id(self):
        """The key belongs to the app at Xero. The address stays."""
        self.receive(event())
        token = self.app.webhook_token
        self.app.with_user(self.admin).client_id = 'ANOTHER'
        self.assertEqual((self.app.webhook_state, self.app.webhook_token), ('off', token))
        self.assertFalse(self.env['xero.webhook.event'].sudo().search_count([]))
        self.app.with_user(self.admin).write({'client_id': 'THIRD', 'webhook_key': KEY})
        self.assertEqual(self.app.webhook_state, 'waiting')

    def test_copy_has_no_key(self):
        copy = self.app.with_user(self.admin).copy()
        self.assertEqual(copy.webhook_state, 'off')
        self.assertNotEqual(copy.webhook_token, self.app.webhook_token)

    def test_neutralized_copy_of_the_database(self):
        self.env.flush_all()
        for query in get_neutralization_queries(['account_xero']):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertFalse(self.receive(event()))
        self.assertEqual(self.app.webhook_state, 'off')

    def test_a_batch_of_apps(self):
        apps = self.app | self.env['xero.app'].sudo().create([{'client_id': f"X{number}"} for number in range(3)])
        self.assertEqual(len(set(apps.mapped('webhook_token'))), 4)
        self.assertTrue(all(len(token) >= 30 for token in apps.mapped('webhook_token')))
        self.connection.company_ids = [Command.link(self._currency_company('AUD', "Elsewhere").id)]
        self.assertEqual(self.connection.tenant_id, HARBOUR)
