"""The address belongs to the secret: who may set it, which addresses are allowed, and what a change removes."""
import os
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from ...exceptions import XeroRetryable
from ...tools.xero_address import clean_address
from ..common import CLIENT_SECRET, HINTERLAND, XeroCase, clear

ELSEWHERE = 'http://127.0.0.1:9'
EVIL = 'http://xero.example.com'


@tagged('post_install', '-at_install')
class TestAddress(BaseCase):

    def test_this_machine(self):
        for address, clean in (
            ('http://localhost:8070', 'http://localhost:8070'), (' http://LOCALHOST:8070/ ', 'http://localhost:8070'),
            ('https://127.0.0.1', 'https://127.0.0.1'), ('http://127.8.9.1:80', 'http://127.8.9.1:80'), ('http://[::1]:8070', 'http://[::1]:8070'),
        ):
            with self.subTest(address):
                self.assertEqual(clean_address(address), clean)

    def test_anywhere_else(self):
        for address in (
            '', None, 'localhost:8070', 'ftp://localhost', 'file:///etc/passwd', EVIL, 'http://localhost.example.com', 'http://localhost@example.com',
            'http://user:word@localhost', 'http://localhost:8070/path', 'http://localhost:8070//', 'http://localhost?x=1', 'http://localhost#x', 'http://localhost:99999',
            'http://localhost:x', 'http://10.0.0.1', 'http://169.254.169.254', 'http://0.0.0.0:8070', 'http://[::]:8070', 'http://2130706433',
            'http://127.1', 'http://localhost\\@example.com', 'http://local host', 'http://localhost%2eexample.com', 'http://ｌocalhost',
            'http://localhost:8070\n.example.com', 'http://', 'http:///x', 'http://[::1', 'http://.localhost', 'javascript://localhost',
        ):
            with self.subTest(address), self.assertRaises(ValueError):
                clean_address(address)

    def test_hosts_that_the_server_allows(self):
        self.assertEqual(clean_address('http://sandbox:8070', 'sandbox'), 'http://sandbox:8070')
        self.assertEqual(clean_address('http://sandbox:8070', 'other, SANDBOX:8070'), 'http://sandbox:8070')
        for address in ('http://sandbox:8071', 'http://a.sandbox:8070', 'http://example.com'):
            with self.subTest(address), self.assertRaises(ValueError):
                clean_address(address, 'other,sandbox:8070')


@tagged('post_install', '-at_install')
class TestAppAddress(XeroCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection = cls.connect()
        cls.system = cls._new_user('xero_system', 'base.group_system,account_xero.group_xero_invoice_admin')

    def assertKept(self):
        self.env.invalidate_all()
        self.assertEqual((self.app.environment, self.app.sandbox_url), ('sandbox', self.server.url))
        self.assertEqual(clear(self.app.client_secret_encrypted), CLIENT_SECRET)
        self.assertTrue(self.connection.authorization_id)

    def test_only_a_system_administrator_says_where_xero_is(self):
        app = self.app.with_user(self.admin)
        for vals in ({'environment': 'live'}, {'sandbox_url': ELSEWHERE}, {'sandbox_url': EVIL}, {'sandbox_url': False}):
            with self.subTest(vals=vals), self.assertRaises(AccessError), self.env.cr.savepoint():
                app.write(vals)
        for vals in ({'environment': 'sandbox', 'sandbox_url': ELSEWHERE}, {'environment': 'sandbox'}):
            with self.subTest(vals=vals), self.assertRaises(AccessError), self.env.cr.savepoint():
                app.create({'client_id': 'X', 'client_secret': 'fake-secret-typed', **vals})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            app.with_context(default_environment='sandbox', default_sandbox_url=ELSEWHERE).create({'client_id': 'X'})
        self.assertRecordValues(app.copy(), [{'environment': 'live', 'sandbox_url': False, 'has_client_secret': False}])
        answer = app.load(['client_id', 'environment', 'sandbox_url'], [['X', 'Sandbox', ELSEWHERE]])
        self.assertFalse(answer['ids'])
        self.assertTrue(answer['messages'])
        self.assertKept()

    def test_an_invoice_admin_makes_a_live_app(self):
        App = self.env['xero.app'].with_user(self.admin)
        app = App.with_context(default_sandbox_url=ELSEWHERE).create({'client_id': 'X', 'client_secret': 'fake-secret-typed'})
        self.assertRecordValues(app, [{'environment': 'live', 'sandbox_url': False, 'has_client_secret': True}])
        app.write({'name': "Renamed", 'environment': 'live', 'sandbox_url': False, 'client_id': 'X'})
        self.assertTrue(app.has_client_secret, "nothing of it has changed")

    def test_a_change_drops_secret_and_authorizations(self):
        others = self.connect(name="Hinterland", tenant=HINTERLAND)
        for vals in ({'sandbox_url': ELSEWHERE}, {'environment': 'live'}, {'client_id': 'OTHER'}):
            with self.subTest(vals=vals), self.env.cr.savepoint() as savepoint:
                calls = len(self.sandbox.requests)
                authorizations = self.app.authorization_ids
                self.app.with_user(self.system).write(vals)
                self.env.flush_all()
                self.env.invalidate_all()
                self.assertFalse(self.app.has_client_secret)
                self.assertFalse(authorizations.exists())
                for connection in self.connection | others:
                    self.assertRecordValues(connection, [{'status': 'reauthenticate', 'authorization_id': False}])
                    self.assertIn("client ID or the address of the app", connection.status_reason)
                    self.assertTrue(connection.activity_ids)
                self.assertEqual(len(self.sandbox.requests), calls)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_an_app_is_changed_for_all_its_companies_or_not(self):
        """An admin of one company cannot end the access of another company's connection, of which he knows nothing."""
        other = self._currency_company('AUD', "Elsewhere")
        connection = self.new_connection("Elsewhere", company_ids=[Command.set(other.ids)])
        both = self._new_user('xero_admin_both', 'account_xero.group_xero_invoice_admin', name="Ada Both")
        for archived in (False, True):
            connection.active = not archived
            with self.subTest(archived=archived), self.assertRaisesRegex(AccessError, "all these companies .* Ask a system administrator"):
                self.app.with_user(self.admin).write({'client_id': 'OTHER'})
        both.company_ids += other
        with self.assertRaisesRegex(AccessError, "Ask Ada Both"), self.env.cr.savepoint():
            self.app.with_user(self.admin).write({'client_id': 'OTHER'})
        self.assertKept()
        self.app.with_user(self.admin).write({'name': "Renamed"})
        # Which companies are selected does not matter
        self.app.with_user(both).with_company(self.xero_company).with_context(allowed_company_ids=self.xero_company.ids).write({'client_id': 'OTHER'})
        self.assertFalse(self.connection.authorization_id)

    def test_a_new_secret_for_the_new_address_stays(self):
        self.app.with_user(self.system).write({'sandbox_url': ELSEWHERE, 'client_secret': 'fake-secret-typed'})
        self.assertEqual(clear(self.app.client_secret_encrypted), 'fake-secret-typed')
        self.assertFalse(self.connection.authorization_id)

    def test_the_same_address_typed_again_changes_nothing(self):
        self.app.with_user(self.system).write({'sandbox_url': f' {self.server.url}/ ', 'environment': 'sandbox', 'client_id': self.app.client_id})
        self.assertKept()

    def test_an_address_that_is_not_allowed(self):
        for address in (EVIL, f'{self.server.url}/path', 'http://user@localhost', 'ftp://localhost', '', False):
            with self.subTest(address=address), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.app.with_user(self.system).write({'sandbox_url': address, 'client_secret': 'fake-secret-typed'})
            with self.subTest(address=address), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.env['xero.app'].with_user(self.system).create({'client_id': 'X', 'environment': 'sandbox', 'sandbox_url': address})
        live = self.env['xero.app'].with_user(self.system).create({'client_id': 'X'})
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            live.sandbox_url = EVIL
        with patch.dict(os.environ, {'ACCOUNT_XERO_SANDBOX_HOSTS': 'xero.example.com'}):
            self.app.with_user(self.system).sandbox_url = EVIL
        self.assertEqual(self.app.sandbox_url, EVIL)

    @mute_logger('odoo.addons.account_xero.models.connection.xero_connection_access')
    def test_an_address_is_looked_at_again_when_it_is_used(self):
        """The address may come from an older version, or from a write that bypassed the form."""
        self.env.cr.execute("UPDATE xero_app SET sandbox_url = %s WHERE id = %s", [EVIL, self.app.id])
        self.env.invalidate_all()
        with self.assertRaises(XeroRetryable):
            self.connection._client()
        answer = self.connection.with_user(self.admin).action_test()
        self.assertIn("not allowed (http://xero.example.com)", answer['params']['message'])
        self.assertEqual(self.connection._web_url(self.env['xero.kind.sale_invoice']._page, 'x'), False)
        with self.assertRaisesRegex(UserError, "not allowed"):
            self.env['xero.consent'].with_user(self.admin)._start(self.connection.with_user(self.admin))
        self.run_token_check()
        self.assertEqual(self.connection.status, 'paused')

    def test_the_app_of_an_authorised_connection_stays(self):
        other = self.app.copy({'client_id': 'OTHER'})
        for user in (self.admin, self.system, self.env.user):
            with self.subTest(user=user.login), self.assertRaisesRegex(UserError, "Disconnect it before"):
                self.connection.with_user(user).app_id = other
        self.connection.with_user(self.admin).write({'app_id': self.app.id})
        self.connection.sudo()._disconnect()
        self.connection.with_user(self.admin).app_id = other
        self.assertEqual(self.connection.app_id, other)

    def test_who_is_at_xero_meanwhile_brings_nothing_to_another_address(self):
        other = self.app.copy({'client_id': 'OTHER'})
        for change in (
            lambda connection: connection.with_user(self.admin).write({'app_id': other.id}),
            lambda connection: self.app.with_user(self.system).write({'sandbox_url': ELSEWHERE, 'client_secret': 'fake-secret-typed'}),
        ):
            connection = self.new_connection("Second")
            consent, _url = self.env['xero.consent'].with_user(self.admin)._start(connection.with_user(self.admin))
            reviewed = self.authorise(connection)
            self.assertTrue(consent._is_waiting_for(self.admin))
            change(connection)
            self.env.flush_all()
            for trip in (consent, reviewed.sudo()):
                self.assertFalse(trip.exists() and trip._is_waiting_for(self.admin))

    def test_a_token_does_not_follow_to_another_app(self):
        other = self.app.copy({'client_id': 'OTHER'})
        self.env.cr.execute("UPDATE xero_connection SET app_id = %s WHERE id = %s", [other.id, self.connection.id])
        self.env.invalidate_all()
        calls = len(self.sandbox.requests)
        with mute_logger('odoo.addons.account_xero.models.connection.xero_connection_access'):
            self.connection.with_user(self.admin).action_test()
        self.assertEqual(len(self.sandbox.requests), calls)
        self.assertEqual(self.connection.status, 'reauthenticate')

    def test_another_company(self):
        company = self._currency_company('AUD', "Elsewhere")
        stranger = self._new_user('xero_stranger', 'account.group_account_manager,account_xero.group_xero_invoice_admin', company)
        App = self.env['xero.app'].with_user(stranger)
        self.assertFalse(App.with_context(active_test=False).search([('id', '=', self.app.id)]))
        for attempt in (
            lambda: App.browse(self.app.id).read(['client_id']), lambda: App.browse(self.app.id).write({'client_id': 'OTHER'}),
            lambda: App.browse(self.app.id).unlink(),
            lambda: self.env['xero.connection'].with_user(stranger).create({
                'name': "Mine", 'app_id': self.app.id, 'company_ids': [Command.set(company.ids)]}),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                attempt()
        self.connection.journal_ids.xero_connection_id = False
        self.connection.used_by_company_ids.xero_connection_id = False
        self.connection.active = False
        self.assertFalse(App.search([('id', '=', self.app.id)]), "an archived connection still uses it")
        self.assertTrue(self.app.with_user(self.admin).read(['client_id']))
        unused = self.app.copy()
        self.assertTrue(App.browse(unused.id).read(['client_id']))
        self.new_connection("Theirs", company_ids=[Command.set(company.ids)])
        self.assertTrue(App.browse(self.app.id).read(['client_id']), "two companies share it now")

    def test_another_host_puts_no_words_on_the_screen(self):
        words = "Your session has ended, log in at http://xero.example.com"

        class Host(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(self.server.status)
                self.end_headers()
                self.wfile.write(self.server.body)

            def log_message(self, *_args):
                pass

        with socketserver.TCPServer(('localhost', 0), Host) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.env.cr.execute("UPDATE xero_app SET sandbox_url = %s", [f'http://localhost:{server.server_address[1]}'])
            self.env.invalidate_all()
            for status in (302, 400, 403, 404, 429, 500):
                for body in (f'{{"Message": "{words}", "Detail": "{words}"}}', f'<html>{words}</html>'):
                    server.status, server.body = status, body.encode()
                    with self.subTest(status=status, body=body):
                        answer = self.connection.with_user(self.admin).action_test()
                        self.assertNotIn('example.com', str(answer))
                        self.assertIn(str(status), answer['params']['message'])
            server.status, server.body = 400, f'{{"ErrorNumber": 10, "Type": "ValidationException", "Message": "{words}"}}'.encode()
            self.connection.with_user(self.admin).action_refresh_reference()
            models = 'odoo.addons.account_xero.models'
            with mute_logger(f'{models}.reference.reader', f'{models}.steps.outage'):
                self.run_slice(self.connection)
            server.shutdown()
        self.env.cr.precommit.run()
        told = ' '.join(self.env['bus.bus'].sudo().search([('message', 'like', 'account_xero_notify')]).mapped('message'))
        self.assertIn("could not be read: HTTP 400", told)
        self.assertNotIn('example.com', told)
