import contextlib
import logging
import os
import tempfile
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged
from odoo.tools import config

from ...exceptions import XeroRetryable
from ...hooks import uninstall_hook
from .health_common import QUIET, HealthCase


@tagged('post_install', '-at_install')
class TestCopies(HealthCase):
    """A copy of the database, or a server without the key, never calls Xero."""

    def become_a_copy(self):
        self.env['ir.config_parameter'].set_param('database.uuid', '00000000-aaaa-bbbb-cccc-000000000000')

    @QUIET
    def test_a_copy_is_paused_until_somebody_confirms(self):
        export = self.new_export()
        self.connection.swept_at = fields.Datetime.now()    # a sweep would skip an export without a document
        self.become_a_copy()
        self.sandbox.requests.clear()
        self.expire()
        self.run_slice(self.connection)
        self.run_token_check()
        self.assertFalse(self.sandbox.requests)
        self.assertEqual(self.connection.status, 'paused')
        self.assertIn("this database is a copy", self.connection.pause_reason)
        self.assertEqual((export.state, export.wait_code), ('waiting', 'paused'))

        self.connection.with_user(self.admin).action_confirm_production()
        self.assertEqual(self.connection.status, 'connected')
        self.assertTrue(self.connection.look_back_since)
        self.assertFalse(self.connection.pause_reason)

    @QUIET
    def test_an_identical_copy_on_another_server_is_paused(self):
        """Same name, UUID and key: only the machine and the data folder distinguish it from the original."""
        self.sandbox.requests.clear()
        with patch('socket.gethostname', lambda: 'other-machine'), self.data_folder():
            self.expire()
            self.run_slice(self.connection)
            self.run_token_check()
            self.assertFalse(self.sandbox.requests)
            self.assertEqual(self.connection.status, 'paused')
            self.assertIn("other-machine", self.connection.pause_reason)
            self.connection.with_user(self.admin).action_confirm_production()
            self.assertEqual(self.connection.status, 'connected')
            self.assertFalse(self.connection.pause_reason)
        self.assertTrue(self.env['xero.server']._is_copy(), "the other one is the copy now")

    @contextlib.contextmanager
    def data_folder(self):
        """Let the server have another data folder."""
        with tempfile.TemporaryDirectory() as folder, patch.dict(config.options, {'data_dir': folder}):
            yield

    @QUIET
    def test_a_server_that_only_moved_goes_on(self):
        for moved in (patch('socket.gethostname', lambda: 'next-container'), self.data_folder()):
            with moved:
                self.run_token_check()
                self.assertEqual(self.connection.status, 'connected')
                self.assertFalse(self.env['xero.server']._is_copy())
            self.run_token_check()
            self.assertEqual(self.connection.status, 'connected')

    def test_servers_with_one_name_are_one(self):
        with patch.dict(os.environ, {'ACCOUNT_XERO_SERVER': 'production'}):
            self.env['xero.server']._remember()
            with patch('socket.gethostname', lambda: 'other-machine'), self.data_folder():
                self.assertFalse(self.env['xero.server']._is_copy())
        self.assertTrue(self.env['xero.server']._is_copy())

    def test_uninstalling_ends_the_access_and_leaves_no_parameter(self):
        uninstall_hook(self.env)
        self.assertEqual(len(self.calls('POST', '/connect/revocation')), 1)
        self.assertFalse(self.env['ir.config_parameter'].search([('key', '=like', 'account_xero.%')]))

    def test_uninstalling_says_what_stays(self):
        module = self.env.ref('base.module_account_xero')
        unsent = self.env['xero.export'].sudo().search_count([('state', 'not in', ('synced', 'skipped'))])
        wizard = self.env['base.module.uninstall'].create({'module_ids': module.ids})
        self.assertIn("disconnected at Xero", wizard.xero_stays)
        self.assertIn(self.connection.name, wizard.xero_stays)
        self.assertIn("account_xero.key", wizard.xero_stays)
        self.assertEqual("not been sent" in wizard.xero_stays, bool(unsent))
        self.assertIn("account_xero.key", self.env['base.module.uninstall'].create({'module_ids': self.env.ref('base.module_base').ids}).xero_stays)
        self.assertFalse(self.env['base.module.uninstall'].create({'module_ids': self.env.ref('base.module_crm').ids}).xero_stays)
        self.env.cr.execute("UPDATE xero_app SET app_type = 'custom' WHERE id = %s", [self.connection.app_id.id])
        self.env.invalidate_all()
        wizard = self.env['base.module.uninstall'].create({'module_ids': module.ids})
        self.assertIn("Custom connections stay authorised", wizard.xero_stays)
        self.become_a_copy()
        self.assertIn("is a copy", self.env['base.module.uninstall'].create({'module_ids': module.ids}).xero_stays)
        with self.assertLogs('odoo.addons.account_xero.hooks', logging.INFO) as logs:
            uninstall_hook(self.env)
        self.assertIn(f"Authorizations ended at Xero: 0; documents never sent: {unsent}; custom connections that stay authorised in Xero: "
                      f"{self.connection.name}", logs.output[-1])

    def test_uninstalling_does_not_need_xero(self):
        self.sandbox.faults.order(kind='500_before', path='/connect/revocation')
        with self.assertLogs('odoo.addons.account_xero.hooks', 'WARNING') as logs:
            uninstall_hook(self.env)
        self.assertIn("was not ended at Xero", logs.output[0])
        self.assertFalse(self.env['ir.config_parameter'].search([('key', '=like', 'account_xero.%')]))

    def test_uninstalling_a_copy_leaves_the_original_connected(self):
        self.become_a_copy()
        uninstall_hook(self.env)
        self.assertFalse(self.calls('POST', '/connect/revocation'))

    def test_disconnecting_a_copy_leaves_the_original_connected(self):
        self.become_a_copy()
        self.sandbox.requests.clear()
        self.connection._disconnect()
        self.assertEqual(self.connection.status, 'disconnected')
        self.assertFalse(self.sandbox.requests)

    def test_no_consent_in_a_copy(self):
        self.become_a_copy()
        with self.assertRaisesRegex(Exception, "This is production"):
            self.env['xero.consent'].with_user(self.admin)._start(self.connection.with_user(self.admin))

    @QUIET
    def test_no_consent_is_saved_in_a_copy(self):
        """A copy that was taken between a consent and its review stays a copy, whether a person saves it or only opens the board."""
        consent = self.authorise(self.connection)
        self.become_a_copy()
        self.run_token_check()
        self.sandbox.requests.clear()
        with self.assertRaisesRegex(UserError, "This is production"):
            consent.action_save()
        [result] = consent.finish_pending()['results']
        self.assertFalse(result['ok'])
        self.assertIn("This is production", result['message'])
        self.assertTrue(self.env['xero.server']._is_copy())
        self.assertEqual(self.connection.status, 'paused')
        self.assertFalse(self.sandbox.requests)

    @QUIET
    def test_a_server_without_the_key_declares_nothing_dead(self):
        self.sandbox.requests.clear()
        with patch.dict(os.environ, {'ACCOUNT_XERO_KEY': 'b' * 43 + '='}):
            self.expire()
            self.run_slice(self.connection)
            self.run_token_check()
            self.assertEqual(self.connection.status, 'paused')
            self.assertIn("another encryption key", self.connection.status_reason)
            self.assertFalse(self.activities())
            self.assertFalse(self.sandbox.requests)
            with self.assertRaises(XeroRetryable):
                self.connection._client()
        self.run_token_check()
        self.assertEqual(self.connection.status, 'connected')

    @QUIET
    def test_a_consent_after_the_key_was_lost(self):
        with patch.dict(os.environ, {'ACCOUNT_XERO_KEY': 'b' * 43 + '='}):
            self.run_token_check()
            self.app.client_secret = 'fake-secret-demo-app'
            self.connect(self.connection)
            self.run_token_check()
            self.assertEqual(self.connection.status, 'connected')

    @QUIET
    def test_neutralized(self):
        for query in get_neutralization_queries(['account_xero']):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.env.registry.clear_all_caches()
        self.assertFalse(self.app.has_client_secret)
        self.assertFalse(self.env['xero.authorization'].search([]))
        self.assertEqual(self.connection.status, 'paused')
        self.assertFalse(self.connection._pause_or_resume())
        self.connection.action_confirm_production()
        self.assertEqual(self.connection.status, 'reauthenticate')
