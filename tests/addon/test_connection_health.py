import contextlib
import os
import tempfile
from datetime import timedelta
from unittest.mock import patch

import requests

from odoo import fields
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged
from odoo.tools import config, mute_logger

from ...exceptions import XeroOAuthError, XeroRetryable, XeroUnauthorised
from ...hooks import uninstall_hook
from ...models.connection.xero_secrets import encrypt
from ...tools.crypto import reveal
from ...tools.xero_oauth import TokenPair
from ..common import ADVISER, HARBOUR, HINTERLAND, XeroCase, clear

HEALTH = 'odoo.addons.account_xero.models.connection.xero_connection_access'
AUTHORIZATION = 'odoo.addons.account_xero.models.connection.xero_authorization'
QUIET = mute_logger(HEALTH, AUTHORIZATION)
REAUTHENTICATE = 'account_xero.mail_activity_type_xero_reauthenticate'
IDLE = 'account_xero.mail_activity_type_xero_idle'


class HealthCase(XeroCase):

    def setUp(self):
        super().setUp()
        self.connection = self.connect()
        self.authorization = self.connection.authorization_id
        self.members = self.connection._members()

    def expire(self):
        """Let the stored access token expire."""
        self.authorization.access_expires_at = fields.Datetime.now()
        self.env.flush_all()

    def kill_chain(self):
        """End the chain at Xero, as a person there does."""
        self.sandbox.clock.advance(61 * 24 * 3600)
        self.expire()

    def disconnect_at_xero(self, tenant=HARBOUR):
        requests.post(f'{self.server.url}/sandbox/organisations/{tenant}/disconnect', timeout=10).raise_for_status()

    def activities(self, connection=None, activity_type=REAUTHENTICATE):
        return (connection or self.connection).activity_search([activity_type])

    def new_export(self, state='waiting', **values):
        number = self.env['xero.export'].sudo().search_count([]) + 1
        return self.env['xero.export'].sudo().create({
            'connection_id': self.connection.id, 'company_id': self.xero_company.id, 'kind': 'sale_invoice', 'state': state,
            'document_name': f"INV/{number}", **values})


@tagged('post_install', '-at_install')
class TestChain(HealthCase):
    """The token chain is renewed under its lock and never reported as lost by mistake."""

    def test_a_good_token_costs_nothing(self):
        calls = len(self.sandbox.requests)
        self.authorization._access_token()
        self.assertEqual(len(self.sandbox.requests), calls)

    def test_renewal_is_stored_before_use(self):
        before = self.authorization.refresh_token_encrypted
        self.expire()
        token = reveal(self.authorization._access_token())
        # The caller's snapshot may show the old pair; the method returns the new one
        self.env.invalidate_all()
        self.assertEqual(clear(self.authorization.access_token_encrypted), token)
        self.assertNotEqual(self.authorization.refresh_token_encrypted, before)
        self.assertGreater(self.authorization.access_expires_at, fields.Datetime.now() + timedelta(minutes=28))

    def test_a_neighbour_has_renewed_it_meanwhile(self):
        self.expire()
        stale = self.authorization.with_env(self.env(cr=self.env.cr))
        stale.read(['access_expires_at'])
        with self.registry.cursor() as cr:
            self.authorization.with_env(self.env(cr=cr))._renew()
        calls = len(self.calls('POST', '/connect/token'))
        stale._access_token()
        self.assertEqual(len(self.calls('POST', '/connect/token')), calls)

    def test_two_connections_whose_token_xero_ended_renew_once(self):
        second = self.connect(name="Hinterland", tenant=HINTERLAND)
        clients = [connection._client() for connection in (self.connection, second)]
        self.authorization.refreshed_at = fields.Datetime.now() - timedelta(minutes=10)
        self.sandbox.access_tokens.clear()
        self.sandbox.requests.clear()
        for connection, client in zip((self.connection, second), clients, strict=True):
            with self.assertRaises(XeroUnauthorised) as refusal:
                client.get('Organisation')
            connection._handle_access_lost(refusal.exception)
            self.assertEqual(connection.status, 'connected')
            self.env.invalidate_all()
        self.assertEqual(len(self.calls('POST', '/connect/token')), 1)
        second._client().get('Organisation')

    @QUIET
    def test_what_is_no_death(self):
        for fault in ('500_before', 'drop_before', '503', '429_minute', 'cut'):
            with self.subTest(fault=fault):
                self.expire()
                self.sandbox.faults.order(kind=fault, path='/connect/token')
                with self.assertRaises(XeroRetryable):
                    self.connection._client()
                self.assertEqual(self.connection.status, 'connected')
        self.connection._client()

    @QUIET
    def test_lost_answer_is_asked_for_again(self):
        """Xero accepts the old refresh token for 30 minutes more."""
        self.expire()
        self.sandbox.faults.order(kind='drop_after', path='/connect/token')
        with self.assertRaises(XeroRetryable):
            self.connection._client()
        self.connection._client().get('Organisation')

    @QUIET
    def test_invalid_grant_is_a_death_of_the_whole_chain(self):
        second = self.connect(name="Hinterland", tenant=HINTERLAND)
        self.kill_chain()
        try:
            self.connection._client()
        except XeroUnauthorised as error:
            self.assertIsInstance(error.__cause__, XeroOAuthError)
        else:
            self.fail("The chain has ended")
        for connection in self.connection | second:
            self.assertEqual(connection.status, 'reauthenticate')
            self.assertIn("has ended at Xero", connection.status_reason)
        self.env.invalidate_all()
        self.assertFalse(self.authorization.refresh_token_encrypted)
        # A chain that is known to be lost is not refreshed again
        calls = len(self.sandbox.requests)
        self.run_token_check()
        self.assertEqual(len(self.sandbox.requests), calls)

    @QUIET
    def test_wrong_secret_is_a_death_whose_cure_is_the_app(self):
        self.app.client_secret = 'fake-secret-mistyped'
        self.expire()
        self.run_token_check()
        self.assertEqual(self.connection.status, 'reauthenticate')
        self.assertIn("Correct them on the app", self.connection.status_reason)
        self.app.client_secret = 'fake-secret-demo-app'
        trigger = self.env['ir.cron.trigger'].search([('cron_id', '=', self.env.ref('account_xero.ir_cron_check_tokens').id)])
        self.assertTrue(trigger, "saving the secret triggers a check")
        self.run_token_check()
        self.assertEqual(self.connection.status, 'connected')

    @QUIET
    def test_a_token_that_xero_does_not_know_is_no_death(self):
        with self.registry.cursor() as cr:
            self.authorization.with_env(self.env(cr=cr)).write({
                'access_token_encrypted': encrypt('unknown'), 'refreshed_at': fields.Datetime.now() - timedelta(minutes=5)})
        self.env.invalidate_all()
        with self.assertRaises(XeroUnauthorised) as refusal:
            self.connection._client().get('Organisation')
        self.connection._handle_access_lost(refusal.exception)
        self.assertEqual(self.connection.status, 'connected')
        self.env.invalidate_all()
        self.connection._client().get('Organisation')

    @QUIET
    def test_a_token_that_expired_early_is_no_death(self):
        """The clock of this server was set back after the renewal."""
        self.sandbox.clock.advance(1900)
        with self.assertRaises(XeroUnauthorised) as refusal:
            self.connection._client().get('Organisation')
        self.connection._handle_access_lost(refusal.exception)
        self.assertEqual(self.connection.status, 'connected')
        self.env.invalidate_all()
        self.connection._client().get('Organisation')


@tagged('post_install', '-at_install')
class TestTokenCheck(HealthCase):
    """The scheduled check, and the users whom it notifies."""

    def setUp(self):
        super().setUp()
        self.second_admin = self._new_user('xero_admin_2', 'account_xero.group_xero_invoice_admin')
        self.stranger = self._new_user(
            'xero_admin_elsewhere', 'account_xero.group_xero_invoice_admin', self._currency_company('AUD', "Elsewhere"))

    def test_one_call_a_chain(self):
        self.connect(name="Hinterland", tenant=HINTERLAND)
        self.sandbox.requests.clear()
        self.run_token_check()
        self.assertEqual([(call['method'], call['path']) for call in self.sandbox.requests], [('GET', '/connections')])

    def test_what_is_due_is_renewed(self):
        self.expire()
        self.run_token_check()
        self.assertGreater(self.authorization.access_expires_at, fields.Datetime.now() + timedelta(minutes=28))

    @QUIET
    def test_an_outage_from_its_start_to_its_end(self):
        self.new_export()
        self.new_export('failed', cause='account')
        self.disconnect_at_xero()
        self.run_token_check()
        self.assertEqual(self.connection.status, 'reauthenticate')
        self.assertIn("no longer lets Odoo into Harbour Site AU", self.connection.status_reason)
        admins = self.admin | self.second_admin
        self.assertEqual(self.activities().user_id & (admins | self.stranger | self.billing), admins)
        self.assertEqual(self.activities().mapped('date_deadline'), [fields.Date.context_today(self.connection)] * len(self.activities()))
        count = len(self.activities())

        # Once per outage, also for users who deleted the activity; new members get one too
        self.activities().filtered(lambda activity: activity.user_id == self.second_admin).action_done()
        third = self._new_user('xero_admin_3', 'account_xero.group_xero_invoice_admin')
        self.run_token_check()
        self.assertEqual(len(self.activities()), count)
        self.assertIn(third, self.activities().user_id)
        self.assertNotIn(self.second_admin, self.activities().user_id)

        # One admin restores it, and the task of everybody is closed
        self.connect(self.connection)
        self.assertFalse(self.activities())
        self.assertIn("one document waited", ' '.join(self.connection.message_ids.mapped('body')))
        self.assertTrue(self.connection.look_back_since)

        # The next outage is a new one
        self.disconnect_at_xero()
        self.run_token_check()
        self.assertIn(self.second_admin, self.activities().user_id)

    @QUIET
    def test_a_lost_organisation_is_no_matter_of_the_others(self):
        second = self.connect(name="Hinterland", tenant=HINTERLAND)
        self.disconnect_at_xero()
        self.run_token_check()
        self.assertEqual(self.connection.status, 'reauthenticate')
        self.assertEqual(second.status, 'connected')

    @QUIET
    def test_it_comes_back_by_itself(self):
        """The organisation was connected to the app again elsewhere: no action is needed here."""
        self.disconnect_at_xero()
        self.run_token_check()
        self.authorise(self.new_connection("A consent that is not saved"))
        self.run_token_check()
        self.assertEqual(self.connection.status, 'connected')
        self.assertFalse(self.activities())

    @QUIET
    def test_an_organisation_that_is_listed_but_refused_stays_dead(self):
        """As after the end of a trial: the status does not alternate every half hour, and users are not notified again."""
        self.sandbox.faults.order(
            kind='status', status=403, path='/Organisation', times=2, body='{"Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"}')
        answer = self.connection.with_user(self.admin).action_test()
        self.assertIn("no longer lets Odoo into Harbour Site AU", answer['params']['message'])
        told = self.activities()
        self.assertTrue(told)
        self.run_token_check()
        self.assertEqual(self.connection.status, 'reauthenticate')
        self.assertEqual(self.activities(), told)
        self.run_token_check()
        self.assertEqual(self.connection.status, 'connected')

    def test_changed_names_are_taken_over(self):
        self.sandbox.organisations[HARBOUR].name = "Harbour Site Renamed"
        self.run_token_check()
        self.assertEqual(self.connection.organisation_name, "Harbour Site Renamed")

    @QUIET
    def test_a_chain_that_fails_does_not_stop_the_others(self):
        second = self.connect(name="Hinterland", tenant=HINTERLAND, user=ADVISER)
        second.authorization_id.access_expires_at -= timedelta(minutes=1)   # so it comes second
        self.sandbox.faults.order(kind='drop_before', path='/connections', times=1)
        self.disconnect_at_xero(HINTERLAND)
        self.run_token_check()
        self.assertEqual(self.connection.status, 'connected')
        self.assertEqual(second.status, 'reauthenticate')

    @QUIET
    def test_xero_down_costs_two_timeouts_however_many_chains(self):
        for number in range(3):
            with self.registry.cursor() as cr:
                authorization = self.authorization.with_env(self.env(cr=cr, su=True)).copy({'xero_user_id': str(number)})
                authorization._store(TokenPair('fake-secret', 'fake-secret', self.authorization.access_expires_at, []))
            self.new_connection(f"Chain {number}").write({
                'authorization_id': authorization.id, 'tenant_id': str(number), 'status': 'connected'})
        self.sandbox.faults.order(kind='drop_before', path='/connections', times=9)
        self.sandbox.requests.clear()
        self.run_token_check()
        self.assertEqual(len(self.sandbox.requests), 2)
        self.assertFalse(self.env['xero.connection'].search([('status', '=', 'reauthenticate')]))

    def test_scheduled_actions_are_switched_on_again(self):
        cron = self.connection.cron_id
        cron.active = False
        self.run_token_check()
        self.assertTrue(cron.active)

    @QUIET
    def test_idle_chain(self):
        with self.registry.cursor() as cr:
            self.authorization.with_env(self.env(cr=cr)).write({
                'refreshed_at': fields.Datetime.now() - timedelta(days=46), 'access_expires_at': fields.Datetime.now() - timedelta(days=46)})
        self.sandbox.faults.order(kind='503', path='/connect/token')
        self.run_token_check()
        idle = self.activities(activity_type=IDLE)
        self.assertIn(self.admin, idle.user_id)
        self.assertIn((fields.Date.today() + timedelta(days=14)).strftime('ends on %m/%d/%Y'), idle[0].note)
        self.run_token_check()
        self.assertFalse(self.activities(activity_type=IDLE))

    def test_idle_chain_when_no_scheduled_action_runs(self):
        with self.registry.cursor() as cr:
            self.authorization.with_env(self.env(cr=cr)).refreshed_at = fields.Datetime.now() - timedelta(days=46)
        self.env.invalidate_all()
        self.billing._update_last_login()
        self.assertFalse(self.activities(activity_type=IDLE))
        self.admin.with_user(self.admin)._update_last_login()
        self.assertIn(self.second_admin, self.activities(activity_type=IDLE).user_id)
        self.run_token_check()


@tagged('post_install', '-at_install')
class TestCopies(HealthCase):
    """A copy of the database, or a server without the key, never calls Xero."""

    def become_a_copy(self):
        self.env['ir.config_parameter'].set_param('database.uuid', '00000000-aaaa-bbbb-cccc-000000000000')

    @QUIET
    def test_a_copy_is_paused_until_somebody_confirms(self):
        export = self.new_export()
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
