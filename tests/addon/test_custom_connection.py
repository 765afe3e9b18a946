"""Custom connections: access without consent page, chain and refresh token."""
from datetime import timedelta

import requests

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import file_open, mute_logger

from ...const import IDENTITY_SCOPES
from ...const import SCOPES as SCOPES_OF_APPS
from ..common import FINANCE, HARBOUR, HINTERLAND, clear
from ..sandbox.sandbox_common import CUSTOM_ID, CUSTOM_SECRET
from .health_common import QUIET, HealthCase

IDLE = 'account_xero.mail_activity_type_xero_idle'
QUIET_CONSENT = mute_logger('odoo.addons.account_xero.models.connection.xero_consent')
SCOPES = ['accounting.invoices', 'accounting.contacts', 'accounting.settings.read', 'accounting.payments.read']


class CustomCase(HealthCase):

    @classmethod
    def prepare(cls):
        cls.custom_app = cls.app.copy({
            'name': "Custom", 'app_type': 'custom', 'client_id': CUSTOM_ID, 'client_secret': CUSTOM_SECRET, 'environment': 'sandbox',
            'sandbox_url': cls.server.url})
        cls.connection = cls.new_connection(app_id=cls.custom_app.id)
        cls.first_answer = cls.press_connect()
        cls.authorization = cls.connection.authorization_id
        cls.members = cls.connection._members()

    @classmethod
    def press_connect(cls):
        """Press the button that fetches a token; return what the notification says."""
        cls.env.flush_all()
        answer = cls.connection.with_user(cls.admin).action_connect()['params']
        cls.env.invalidate_all()
        return answer['type'], answer['message']

    def remove_in_xero(self):
        requests.delete(f'{self.server.url}/sandbox/connections', params={'client_id': CUSTOM_ID}, timeout=10).raise_for_status()

    def authorise_in_xero(self, tenant=HARBOUR, scopes=SCOPES):
        self.sandbox.register_app({'client_id': CUSTOM_ID, 'custom_connection': {'tenant': tenant, 'user': FINANCE, 'scopes': scopes}})

    def token_calls(self):
        return self.calls('POST', '/connect/token')


@tagged('post_install', '-at_install')
class TestCustomConnection(CustomCase):

    def test_the_form_of_the_app_names_the_scopes(self):
        """A person chooses them in Xero's developer portal, before there is a connection that could name what is missing."""
        arch = self.env['xero.app'].with_user(self.admin).get_view(self.env.ref('account_xero.xero_app_view_form').id, 'form')['arch']
        self.assertIn(' '.join(scope for scope in SCOPES_OF_APPS['granular'] if scope not in IDENTITY_SCOPES), arch)

    def test_connected_without_a_consent_page(self):
        self.assertEqual(self.first_answer, ('success', "Harbour (Harbour Site AU) is connected: AU, AUD."))
        self.assertEqual(self.connection.status, 'connected')
        self.assertEqual(
            (self.connection.tenant_id, self.connection.organisation_name, self.connection.country_code, self.connection.currency_id.name),
            (HARBOUR, "Harbour Site AU", 'AU', 'AUD'))
        self.assertTrue(self.connection.connection_ref)
        self.assertEqual(self.connection.authorized_by_id, self.admin)
        self.assertFalse(self.authorization.refresh_token_encrypted)
        self.assertFalse(self.connection.authorized_uri)
        self.assertNotIn(clear(self.authorization.access_token_encrypted), self.authorization.access_token_encrypted)
        self.assertEqual(self.connection._missing_scopes(), [])
        self.assertTrue(self.connection._asked_readings(), "reference data is being read")

    def test_a_token_is_fetched_again_after_half_an_hour(self):
        self.sandbox.requests.clear()
        self.connection._client().get('Organisation')
        self.assertFalse(self.token_calls())
        self.expire()
        before = self.authorization.access_token_encrypted
        self.connection._client().get('Organisation')
        self.env.invalidate_all()
        self.assertEqual(len(self.token_calls()), 1)
        self.assertNotEqual(self.authorization.access_token_encrypted, before)
        self.assertGreater(self.authorization.access_expires_at, fields.Datetime.now() + timedelta(minutes=28))

    def test_a_neighbour_has_fetched_one_meanwhile(self):
        self.expire()
        stale = self.authorization.with_env(self.env(cr=self.env.cr))
        stale.read(['access_expires_at'])
        with self.registry.cursor() as cr:
            self.authorization.with_env(self.env(cr=cr))._renew()
        calls = len(self.token_calls())
        stale._access_token()
        self.assertEqual(len(self.token_calls()), calls)

    @QUIET
    def test_a_token_that_xero_ended_is_replaced(self):
        self.sandbox.access_tokens.clear()
        self.authorization.refreshed_at = fields.Datetime.now() - timedelta(minutes=10)
        self.env.flush_all()
        self.run_token_check()
        self.assertEqual(self.connection.status, 'connected')

    def test_the_organisation_is_named_in_each_call(self):
        """An app that was authorised for another organisation must not write to it."""
        self.authorise_in_xero(HINTERLAND)
        self.sandbox.requests.clear()
        with QUIET:
            answer = self.connection.with_user(self.admin).action_test()
        self.assertIn("authorised for another organisation now", answer['params']['message'])
        self.assertEqual(self.connection.status, 'reauthenticate')

    def test_xero_that_lists_no_custom_connections(self):
        """Reports differ on whether `/connections` answers a custom connection."""
        self.sandbox.faults.order(
            kind='status', status=403, path='/connections', times=9,
            body='{"Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"}')
        self.run_token_check()
        self.assertEqual((self.connection.status, self.connection.tenant_id), ('connected', HARBOUR))
        self.press_connect()
        self.assertEqual((self.connection.status, self.connection.organisation_name), ('connected', "Harbour Site AU"))
        self.assertFalse(self.connection.connection_ref)
        self.connection.with_user(self.admin).sudo()._disconnect()
        self.assertEqual(self.connection.status, 'disconnected')

    def test_disconnect_and_connect_again(self):
        self.sandbox.requests.clear()
        self.env['xero.disconnect'].with_user(self.admin).create({'connection_id': self.connection.id}).action_disconnect()
        self.assertEqual([call['status'] for call in self.calls('DELETE', '/connections/')], [204])
        self.assertFalse(self.calls('POST', '/connect/revocation'))
        self.assertEqual(self.connection.status, 'disconnected')
        self.assertFalse(self.authorization.exists())
        with QUIET_CONSENT:
            kind, message = self.press_connect()
        self.assertEqual((kind, self.connection.status), ('danger', 'disconnected'))
        self.assertIn("not authorised yet or was removed in Xero", message)
        self.authorise_in_xero()
        self.assertEqual(self.press_connect(), ('success', "Harbour (Harbour Site AU) is connected again; nothing waited."))

    @QUIET
    def test_disconnect_what_was_removed_in_xero(self):
        self.remove_in_xero()
        self.expire()
        self.connection.with_user(self.admin).sudo()._disconnect()
        self.assertEqual(self.connection.status, 'disconnected')

    # === What Xero answers in place of a token, in sentences === #

    def refusal(self):
        with QUIET, QUIET_CONSENT:
            kind, message = self.press_connect()
        self.assertEqual(kind, 'danger')
        return message

    def test_wrong_secret(self):
        self.custom_app.client_secret = 'fake-secret-wrong'
        self.assertIn("does not accept the client ID and secret of the app “Custom”", self.refusal())
        self.assertEqual(self.connection.status, 'reauthenticate')
        self.custom_app.client_secret = CUSTOM_SECRET
        self.assertEqual(self.press_connect()[0], 'success')
        self.assertEqual(self.connection.status, 'connected')

    def test_removed_in_xero(self):
        self.remove_in_xero()
        self.assertIn("was removed in Xero", self.refusal())
        self.assertIn("developer.xero.com/app/manage", self.connection.status_reason)

    def test_scopes(self):
        self.sandbox.faults.order(kind='status', status=400, path='/connect/token', body='{"error": "invalid_scope"}')
        self.assertIn("Choose its scopes in Xero's developer portal", self.refusal())

    def test_no_answer(self):
        self.sandbox.faults.order(kind='drop_before', path='/connect/token')
        self.assertIn("wait a minute and connect again", self.refusal())
        self.assertEqual(self.connection.status, 'connected', "no answer is no loss of access")

    def test_another_organisation(self):
        self.new_export('synced', xero_id='11111111-1111-1111-1111-111111111111')
        self.authorise_in_xero(HINTERLAND)
        self.assertIn("Make a new connection for Hinterland Site AU instead", self.refusal())
        self.assertEqual(self.connection.tenant_id, HARBOUR)

    def test_no_secret(self):
        self.custom_app.sudo().client_secret_encrypted = False
        self.assertIn("has no client secret yet", self.refusal())

    def test_a_copy_fetches_no_token(self):
        self.env['ir.config_parameter'].set_param('database.uuid', '00000000-aaaa-bbbb-cccc-000000000000')
        self.sandbox.requests.clear()
        self.assertIn("copy of the one that exports", self.refusal())
        with QUIET:
            self.run_token_check()
        self.assertEqual(self.connection.status, 'paused')
        self.assertFalse(self.sandbox.requests)

    @QUIET
    def test_a_neutralized_copy_that_becomes_production(self):
        with file_open('account_xero/data/neutralize.sql') as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.connection.with_user(self.admin).action_confirm_production()
        self.assertEqual(self.connection.status, 'reauthenticate')
        self.assertIn("Check that the client secret is set on the app", self.connection.status_reason)
        self.custom_app.client_secret = CUSTOM_SECRET
        self.assertEqual(self.press_connect()[0], 'success')
        self.assertEqual(self.connection.status, 'connected')

    # === The regular check, and the users whom it notifies === #

    def test_one_call(self):
        self.sandbox.requests.clear()
        self.run_token_check()
        self.assertEqual([(call['method'], call['path']) for call in self.sandbox.requests], [('GET', '/connections')])

    @QUIET
    def test_lost_and_restored(self):
        self.new_export()
        self.remove_in_xero()
        self.run_token_check()
        self.assertEqual(self.connection.status, 'reauthenticate')
        task = self.activities().filtered(lambda activity: activity.user_id == self.admin)
        self.assertEqual(task.summary, "Authorise the custom connection at Xero, then check the access")
        self.assertIn("Authorise the custom connection in Xero's developer portal", task.note)
        self.assertNotIn("Reauthenticate", task.note)
        self.expire()
        self.run_token_check()
        self.assertEqual(self.connection.status, 'reauthenticate')
        self.authorise_in_xero()
        self.run_token_check()
        self.assertEqual(self.connection.status, 'connected')
        self.assertFalse(self.activities())
        self.assertTrue(self.connection.look_back_since)

    @QUIET
    def test_a_check_by_hand_restores_it(self):
        self.remove_in_xero()
        self.run_token_check()
        self.authorise_in_xero()
        self.assertEqual(self.press_connect()[0], 'success')
        self.assertEqual(self.connection.status, 'connected')
        self.assertFalse(self.activities())

    def test_it_never_ends_unused(self):
        with self.registry.cursor() as cr:
            self.authorization.with_env(self.env(cr=cr)).refreshed_at = fields.Datetime.now() - timedelta(days=200)
        self.env.invalidate_all()
        self.env['xero.connection'].sudo()._warn_of_idle_chains()
        self.assertFalse(self.activities(activity_type=IDLE))

    def test_without_the_permission_to_read_the_organisation(self):
        self.authorise_in_xero(scopes=['accounting.invoices', 'accounting.contacts'])
        with QUIET, QUIET_CONSENT:
            answers = [self.press_connect()[1]]
            self.sandbox.access_tokens.clear()      # the next one has the permissions of now
            answers.append(self.connection.with_user(self.admin).action_test()['params']['message'])
        for words in answers:
            self.assertIn("because the permission accounting.settings.read is missing", words)
            self.assertIn("add the scope to the app “Custom” in Xero's developer portal", words)

    def test_missing_scopes_are_chosen_at_xero(self):
        self.authorise_in_xero(scopes=['accounting.invoices', 'accounting.settings.read'])
        self.press_connect()
        self.assertEqual(self.connection._missing_scopes(), ['accounting.contacts'])
        self.assertEqual((self.connection.consent_kind, self.connection.missing_scopes), ('scopes', "contacts"))
        self.authorise_in_xero()
        self.press_connect()
        self.assertEqual(self.connection._missing_scopes(), [])
        words = self.connection.with_user(self.admin)._ask_for_permission()['params']['message']
        self.assertIn("add the scope to the app “Custom” in Xero's developer portal", words)

    # === What an app of this type may be used for === #

    def test_one_connection(self):
        with self.assertRaisesRegex(ValidationError, "gives access to one organisation"):
            self.new_connection("Second", app_id=self.custom_app.id)

    def test_the_type_stays_while_connections_use_it(self):
        self.new_connection("By consent")
        for app, other in ((self.custom_app, 'consent'), (self.app, 'custom')):
            with self.assertRaisesRegex(UserError, "its type cannot be changed"):
                app.with_user(self.admin).app_type = other
        spare = self.app.copy()
        spare.app_type = 'custom'
        self.assertEqual(spare.app_type, 'custom')

    def test_other_companies_neither_see_nor_use_it(self):
        elsewhere = self._currency_company('AUD', "Elsewhere")
        stranger = self._new_user('xero_admin_elsewhere', 'account_xero.group_xero_invoice_admin', elsewhere)
        self.assertFalse(self.custom_app.with_user(stranger).has_access('read'))
        self.assertFalse(self.connection.with_user(stranger).has_access('read'))
        with self.assertRaises(UserError):
            self.connection.with_user(stranger).action_connect()
        with self.assertRaises(UserError):
            self.connection.with_user(self.billing).action_connect()
