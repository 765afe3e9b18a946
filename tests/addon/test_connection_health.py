from datetime import timedelta
from unittest.mock import patch

import requests

from odoo import fields
from odoo.tests import tagged
from odoo.tools.translate import code_translations

from ...exceptions import XeroOAuthError, XeroRetryable, XeroUnauthorised
from ...models.connection.xero_secrets import encrypt
from ...tools.crypto import reveal
from ...tools.xero_oauth import TokenPair
from ..common import ADVISER, HARBOUR, HINTERLAND, clear
from .health_common import HEALTH, QUIET, HealthCase

IDLE = 'account_xero.mail_activity_type_xero_idle'


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

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.second_admin = cls._new_user('xero_admin_2', 'account_xero.group_xero_invoice_admin')
        cls.stranger = cls._new_user(
            'xero_admin_elsewhere', 'account_xero.group_xero_invoice_admin', cls._currency_company('AUD', "Elsewhere"))

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

    @QUIET
    def test_an_admin_of_a_branch_alone_gets_the_task(self):
        branch = self.env['res.company'].create({'name': "Two Sites North", 'parent_id': self.xero_company.id})
        north = self._new_user('xero_admin_north', 'account_xero.group_xero_invoice_admin', branch)
        self.assertTrue(self.connection.with_user(north).has_access('write'))
        self.disconnect_at_xero()
        self.run_token_check()
        self.assertIn(north, self.activities().user_id)

    @QUIET
    def test_stored_texts_are_in_the_language_of_the_connection(self):
        """The person who causes a text, and the scheduler, speak another language than the company."""
        self.env['res.lang']._activate_lang('fr_FR')
        self.xero_company.partner_id.lang = 'fr_FR'
        french = {
            "Connection restored; %(waited)s": "Rétablie ; %(waited)s", "nothing waited.": "rien.",
            "this database is a copy. An invoice admin can confirm that it is the one that exports.": "une copie",
            "Disconnected by %(user)s on %(date)s": "Déconnectée par %(user)s",
            "%(user)s changed the client ID or the address of the app “%(app)s”, so its access has ended. "
            "An invoice admin has to reauthenticate.": "Changée par %(user)s",
            "The client ID or the address of the app “%(app)s” was changed, so its access has ended. "
            "An invoice admin has to reauthenticate.": "Changée",
        }
        self.enterContext(patch.dict(code_translations.python_translations, {('account_xero', 'fr_FR'): french}))
        uuid = self.env['ir.config_parameter'].get_param('database.uuid')
        self.env['ir.config_parameter'].set_param('database.uuid', '00000000-aaaa-bbbb-cccc-000000000000')
        self.run_token_check()
        self.assertEqual((self.connection.status, self.connection.status_reason), ('paused', "une copie"))
        self.assertIn("this database is a copy", self.connection.pause_reason, "it is computed for the person who reads it")
        self.env['ir.config_parameter'].set_param('database.uuid', uuid)
        self.run_token_check()
        self.assertIn("Rétablie ; rien.", ' '.join(self.connection.message_ids.mapped('body')))
        with self.env.cr.savepoint() as savepoint:
            self.connection.with_user(self.admin).sudo()._disconnect()
            self.assertEqual(self.connection.status_reason, f"Déconnectée par {self.admin.name}")
            savepoint.rollback()
        self.env.invalidate_all()
        self.app.with_user(self.admin).client_id = 'OTHER'
        self.assertEqual(self.connection.status_reason, "Changée")
        self.assertIn(f"Changée par {self.admin.name}", ' '.join(self.connection.message_ids.mapped('body')))

    def reauthenticate_during_the_call(self):
        """Let a person reauthenticate after Xero has answered the check, and before Odoo has read the answer."""
        send, waiting = requests.Session.send, [self.connection]

        def sent(session, *args, **kwargs):
            answer = send(session, *args, **kwargs)
            if waiting:
                self.connect(waiting.pop())
            return answer

        return patch.object(requests.Session, 'send', sent)

    def test_an_answer_from_before_a_consent_does_not_count(self):
        self.connection.authorized_at = '2020-01-01'
        self.disconnect_at_xero()
        with self.reauthenticate_during_the_call(), self.assertNoLogs(HEALTH, 'WARNING'):
            self.run_token_check()
        self.assertEqual(self.connection.status, 'connected')
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
