import logging
import os
import stat
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo import tools
from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import tagged

from ...const import CALLBACK_PATH
from ...models.connection.xero_secrets import encrypt
from ..common import HARBOUR, XeroHttpCase, clear
from .secrets_common import XeroSecretsCase, captured_logs

SECRET = 'fake-secret-demo-app'


@tagged('post_install', '-at_install')
class TestSecretsInTheDatabase(XeroSecretsCase):
    """No user can read a secret or a token through a record, an export, a search, a grouping or a form."""

    def test_at_rest(self):
        self.env.cr.execute("SELECT client_secret_encrypted FROM xero_app WHERE id = %s", [self.app.id])
        [(stored,)] = self.env.cr.fetchall()
        self.assertNotIn(SECRET, stored)
        self.assertEqual(clear(stored), SECRET)
        token = clear(self.authorization.access_token_encrypted)
        self.env.cr.execute("SELECT * FROM xero_authorization")
        self.assertNotIn(token, str(self.env.cr.fetchall()))

    def test_the_secret_is_written_and_not_read(self):
        for user in (self.admin, self.system):
            app = self.app.with_user(user)
            with self.subTest(user=user.login):
                answer = app.web_save({'client_secret': 'fake-secret-typed'}, {'client_secret': {}, 'has_client_secret': {}})
                self.assertEqual(answer, [{'id': app.id, 'client_secret': False, 'has_client_secret': True}])
                self.assertEqual(clear(app.sudo().client_secret_encrypted), 'fake-secret-typed')
                self.assertFalse(app.client_secret)
                self.assertFalse(app.copy().has_client_secret)
        [created] = self.env['xero.app'].with_user(self.admin).web_save(
            {'client_id': 'X', 'client_secret': 'fake-secret-typed'}, {'client_secret': {}, 'has_client_secret': {}})
        self.assertEqual((created['client_secret'], created['has_client_secret']), (False, True))

    def test_saving_the_form_without_typing_keeps_the_secret(self):
        self.app.with_user(self.admin).web_save({'name': "Renamed", 'client_secret': False}, {})
        self.assertEqual(clear(self.app.client_secret_encrypted), SECRET)

    def test_fields_that_nobody_reads(self):
        app = self.app.with_user(self.system)
        connection = self.connection.with_user(self.system)
        self.admin.sudo().group_ids += self.env.ref('base.group_allow_export')
        consent = self.env['xero.consent'].with_user(self.admin).search([])
        for record, name in (
            (app, 'client_secret_encrypted'), (app, 'authorization_ids'), (connection, 'authorization_id'),
            (consent, 'nonce'), (consent, 'code_verifier_encrypted'), (consent, 'authorization_id'),
        ):
            for method, *arguments in (
                ('read', [name]),
                ('mapped', name),
                ('search', [(name, '!=', False)]),
                ('search', [], 0, None, name),
                ('formatted_read_group', [], [name], ['__count']),
                ('export_data', [name]),
                ('web_read', {name: {}}),
                ('write', {name: False}),
            ):
                with self.subTest(model=record._name, field=name, method=method), self.assertRaises(AccessError):
                    getattr(record, method)(*arguments)
            self.assertNotIn(name, record.fields_get())

    def test_the_model_that_nobody_reads(self):
        Authorization = self.env['xero.authorization'].with_user(self.system)
        for attempt in (
            lambda: Authorization.search([]),
            lambda: Authorization.browse(self.authorization.id).read(['email']),
            lambda: Authorization.create({'app_id': self.app.id, 'xero_user_id': 'x'}),
            lambda: Authorization.browse(self.authorization.id).unlink(),
            lambda: self.connection.with_user(self.system).export_data(['authorization_id/access_token_encrypted']),
            lambda: self.connection.with_user(self.system).search([('authorization_id.access_token_encrypted', 'like', 'a')]),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_key_file(self):
        with tempfile.TemporaryDirectory() as folder, patch.dict(tools.config.options, {'data_dir': folder}), patch.dict(os.environ):
            os.environ.pop('ACCOUNT_XERO_KEY')
            ciphertext = encrypt(SECRET)
            path = Path(folder, 'account_xero.key')
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
            self.assertEqual(clear(ciphertext), SECRET)


@tagged('post_install', '-at_install')
class TestSecretsInTheLog(XeroHttpCase):
    """The whole life of a connection leaves no secret in the log."""

    def test_log(self):
        connection = self.new_connection()
        self.authenticate('xero_admin', 'xero_admin')
        with captured_logs() as lines:
            self.app.client_secret = SECRET
            start = self.url_open(connection.with_user(self.admin).action_connect()['url'], {'csrf_token': Request.csrf_token(self)}, allow_redirects=False)
            answer = self.consent(start.headers['Location'])
            self.url_open(f"{CALLBACK_PATH}?code={answer['code']}&state={answer['state']}", allow_redirects=False)
            consent = self.env['xero.consent'].search([]).with_user(self.admin)
            verifier = clear(consent.sudo().code_verifier_encrypted)
            consent.action_save()
            self.env.flush_all()
            secrets = [SECRET, answer['code'], answer['state'], verifier, *self.tokens(connection)]
            connection.authorization_id._access_token(renew=True)
            self.env.invalidate_all()
            secrets += self.tokens(connection)
            connection.action_test()
            self.sandbox.faults.order(kind='500_before', path='/connect/token')
            self.sandbox.faults.order(kind='drop_before', path='/connect/token')
            for _time in range(2):
                try:
                    connection.authorization_id._access_token(renew=True)
                except Exception:
                    logging.getLogger('odoo.addons.account_xero.tests').info("As a caller might log it", exc_info=True)
            connection.sudo()._disconnect()
        text = '\n'.join(lines)
        self.assertIn(CALLBACK_PATH + '?***', text)
        self.assertIn('/connections', text)
        for secret in secrets:
            self.assertNotIn(secret, text)
        self.assertEqual(connection.tenant_id, HARBOUR)

    def tokens(self, connection):
        authorization = connection.authorization_id
        return [clear(authorization.access_token_encrypted), clear(authorization.refresh_token_encrypted)]
