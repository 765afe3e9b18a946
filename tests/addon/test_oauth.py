from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from odoo import Command, fields
from odoo.exceptions import ConcurrencyError, UserError
from odoo.http import Request
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...const import CALLBACK_PATH, RESULT_PATH
from ..common import ADVISER, FINANCE, HARBOUR, HINTERLAND, LAKESIDE, NORTHGATE, XeroCase, XeroHttpCase

CONTROLLER = 'odoo.addons.account_xero.controllers.oauth'
CONSENT = 'odoo.addons.account_xero.models.connection.xero_consent'
QUIET = mute_logger(CONTROLLER, CONSENT, 'odoo.http')


@tagged('post_install', '-at_install')
class TestOAuthPages(XeroHttpCase):
    """The consent over HTTP. Every failure shows a page with the next step, and leaves the connection unchanged."""

    def setUp(self):
        super().setUp()
        self.connection = self.new_connection()
        self.authenticate('xero_admin', 'xero_admin')

    def leave(self, connection=None, **parameters):
        """Press Connect and return the address that it leads to."""
        path = f'/xero/oauth/start/{(connection or self.connection).id}'
        return self.url_open(path, {'csrf_token': Request.csrf_token(self), **parameters}, allow_redirects=False)

    def go(self, tenants=(HARBOUR,), user=FINANCE, decision='allow', **parameters):
        """Give the consent at Xero and return the parameters that come back."""
        return self.consent(self.leave(**parameters).headers['Location'], tenants, user, decision)

    def come_back(self, parameters):
        answer = self.url_open(f'{CALLBACK_PATH}?' + '&'.join(f'{name}={value}' for name, value in parameters.items()), allow_redirects=False)
        return self.read_on(answer)

    def read_on(self, answer):
        """Return the error page if the answer leads to one. Assert that no part of the answer is stored or shown."""
        self.assertEqual((answer.headers['Referrer-Policy'], answer.headers['Cache-Control']), ('no-referrer', 'no-store'))
        if urlsplit(answer.headers.get('Location', '')).path == RESULT_PATH:
            self.assertEqual((answer.status_code, urlsplit(answer.headers['Location']).query), (303, ''))
            return self.read_on(self.url_open(RESULT_PATH, allow_redirects=False))
        return answer

    def assertUntouched(self):
        self.env.invalidate_all()
        self.assertRecordValues(self.connection, [{
            'status': 'draft', 'tenant_id': False, 'authorized_at': False, 'organisation_name': False}])
        self.assertFalse(self.connection.authorization_id)

    def assertPage(self, answer, words):
        answer = self.read_on(answer)
        self.assertEqual(answer.status_code, 200, answer.text[:500])
        self.assertIn(words, answer.text)
        self.assertNotIn('Traceback', answer.text)
        self.assertUntouched()

    def test_the_address_of_the_consent_page(self):
        url = self.leave().headers['Location']
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.assertTrue(url.startswith(self.server.url + '/identity/connect/authorize?'))
        self.assertEqual(query['code_challenge_method'], 'S256')
        self.assertEqual(query['redirect_uri'], self.base_url() + CALLBACK_PATH)
        self.assertEqual(
            query['scope'],
            'openid profile email offline_access accounting.invoices accounting.contacts accounting.settings.read')
        self.env.invalidate_all()
        self.assertTrue(self.connection.consent_requested_at)

    def test_connect(self):
        answer = self.come_back(self.go())
        consent = self.env['xero.consent'].search([('connection_id', '=', self.connection.id)])
        self.assertEqual(urlsplit(answer.headers['Location']).path, f'/odoo/action-account_xero.xero_consent_action/{consent.id}')
        self.assertUntouched()
        self.assertRecordValues(consent, [{'state': 'ready', 'organisation_count': 1, 'country_code': 'AU', 'currency_code': 'AUD', 'obstacle': ''}])
        consent.with_user(self.admin).action_save()
        self.assertRecordValues(self.connection, [{'status': 'connected', 'tenant_id': HARBOUR, 'authorized_by_id': self.admin.id}])
        self.assertEqual(self.connection.missing_scopes, '')

    def test_only_the_organisations_of_this_consent(self):
        """Northgate is connected since 2024 and comes first in Xero's unfiltered list."""
        self.come_back(self.go())
        consent = self.env['xero.consent'].search([])
        self.assertEqual(consent.organisation_ids.mapped('tenant_id'), [HARBOUR])

    def test_several_organisations_are_chosen_from(self):
        self.come_back(self.go([HARBOUR, NORTHGATE]))
        consent = self.env['xero.consent'].search([]).with_user(self.admin)
        self.assertFalse(consent.organisation_id)
        self.assertCountEqual(consent.organisation_ids.mapped('display_name'), ["Harbour Site AU (AU, AUD)", "Northgate Trading GB (GB, GBP)"])
        with self.assertRaisesRegex(UserError, "Choose an organisation"):
            consent.action_save()
        consent.organisation_id = consent.organisation_ids.filtered(lambda organisation: organisation.tenant_id == NORTHGATE)
        self.assertIn("keeps its books in GBP", consent.obstacle)
        with self.assertRaisesRegex(UserError, "GBP"):
            consent.action_save()
        self.assertUntouched()

    @QUIET
    def test_cancel_at_xero(self):
        answer = self.come_back(self.go(decision='cancel', origin='setup'))
        self.assertPage(answer, "You cancelled at Xero")
        self.assertIn(f'action="/xero/oauth/start/{self.connection.id}"', answer.text, "it can be requested again")
        self.assertIn('href="/odoo/action-account_xero.xero_setup_action"', answer.text, "the way back is to where the person started")

    @QUIET
    def test_an_error_of_the_app_leads_to_the_app(self):
        parameters = self.go()
        answer = self.come_back({'state': parameters['state'], 'error': 'unauthorized_client'})
        self.assertPage(answer, "Xero refused the access")
        self.assertIn("Open the app", answer.text)

    @QUIET
    def test_state_is_there_when_odoo_runs_the_callback_again(self):
        """A slice may write the connection at the same time, after Odoo has saved the session."""
        parameters = self.go(decision='cancel')
        connections = self.registry['xero.connection']
        flush, failures = connections._flush, [ConcurrencyError("could not serialize access")]

        def fail_once(records):
            if failures:
                raise failures.pop()
            return flush(records)

        with patch.object(connections, '_flush', fail_once), mute_logger('odoo.service.model'):
            self.assertPage(self.come_back(parameters), "You cancelled at Xero")
        self.assertFalse(failures)

    @QUIET
    def test_state_that_nobody_asked_for(self):
        parameters = self.go()
        for state in ('', 'x' * 43):
            with self.subTest(state=state):
                self.assertPage(self.come_back({**parameters, 'state': state}), "does not belong to you")
        self.assertPage(self.come_back({'code': parameters['code']}), "does not belong to you")
        self.assertFalse(self.calls('POST', '/connect/token'))

    @QUIET
    def test_state_works_once(self):
        parameters = self.go()
        self.assertEqual(self.come_back(parameters).status_code, 303)
        self.assertPage(self.come_back(parameters), "does not belong to you")
        self.assertEqual(len(self.calls('POST', '/connect/token')), 1)

    @QUIET
    def test_state_of_another_session(self):
        parameters = self.go()
        self.authenticate('xero_admin', 'xero_admin')
        self.assertPage(self.come_back(parameters), "does not belong to you")

    @QUIET
    def test_state_of_another_person(self):
        self._new_user('xero_admin_2', 'account_xero.group_xero_invoice_admin')
        parameters = self.go()
        session = dict(self.session)
        self.authenticate('xero_admin_2', 'xero_admin_2')
        self.session['xero_oauth'] = session.get('xero_oauth')
        self.assertPage(self.come_back(parameters), "does not belong to you")

    @QUIET
    def test_state_lasts_ten_minutes(self):
        parameters = self.go()
        consent = self.env['xero.consent'].search([])
        self.assertAlmostEqual((consent.expires_at - fields.Datetime.now()).total_seconds(), 600, delta=20)
        consent.expires_at = fields.Datetime.now()
        self.assertPage(self.come_back(parameters), "older than ten minutes")

    @QUIET
    def test_invoice_admins_only(self):
        parameters = self.go()
        self.authenticate('xero_billing', 'xero_billing')
        self.assertPage(self.leave(), "Only invoice admins")
        self.assertPage(self.come_back(parameters), "Only invoice admins")

    def test_nobody_is_asked_to_log_in(self):
        parameters = self.go()
        self.authenticate(None, None)
        self.assertIn('/web/login', self.come_back(parameters).headers['Location'])
        self.assertUntouched()

    @QUIET
    def test_another_company(self):
        other = self._currency_company('AUD', "Elsewhere")
        connection = self.new_connection("Elsewhere", company_ids=[Command.set(other.ids)])
        self.assertPage(self.leave(connection), "You cannot use this connection")

    @QUIET
    def test_wrong_secret(self):
        parameters = self.go()
        self.app.client_secret = 'fake-secret-mistyped'
        answer = self.come_back(parameters)
        self.assertPage(answer, "does not accept the client ID and secret")
        self.assertIn(f'href="/odoo/action-account_xero.xero_app_action/{self.app.id}"', answer.text)

    @QUIET
    def test_code_that_is_too_old(self):
        parameters = self.go()
        self.sandbox.clock.advance(301)
        answer = self.come_back(parameters)
        self.assertPage(answer, "does not accept the code")
        self.assertNotIn("Open the app", answer.text)

    @QUIET
    def test_xero_is_down(self):
        for fault, path in (('500_before', '/connect/token'), ('drop_before', '/connect/token'), ('503', '/connections'), ('malformed', '/Organisation'),
                            ('left_out', '/Organisation')):
            with self.subTest(fault=fault, path=path):
                parameters = self.go()
                self.sandbox.faults.order(kind=fault, path=path)
                self.assertPage(self.come_back(parameters), "Xero did not answer as it should")

    @QUIET
    def test_no_secret_yet(self):
        self.app.sudo().client_secret_encrypted = False
        answer = self.leave()
        self.assertPage(answer, "has no client secret yet")
        self.assertIn("Open the app", answer.text)

    @QUIET
    def test_another_host_is_noticed_before_leaving(self):
        self.env['ir.config_parameter'].set_param('web.base.url', 'https://odoo.example.com')
        self.assertPage(self.leave(), "https://odoo.example.com")
        self.assertFalse(self.connection.consent_requested_at)

    def test_renewal_needs_no_review(self):
        self.connect(self.connection)
        form = f'xero_connection_action/{self.connection.id}'
        for origin, path in (
            ('board', 'xero_connection_action'), ('sync_status', 'xero_sync_status_action'), ('mapping', 'xero_mapping_action'), ('', form),
            ('https://elsewhere.example', form),
        ):
            with self.subTest(origin=origin):
                answer = self.come_back(self.go(origin=origin))
                self.assertTrue(answer.headers['Location'].endswith(path))


@tagged('post_install', '-at_install')
class TestConsent(XeroCase):
    """What happens to a consent after the callback."""

    def test_callback_that_odoo_runs_again(self):
        """Odoo repeats a request after a serialization failure from the start: the code is then used up."""
        connection = self.new_connection()
        consent = self.authorise(connection)
        calls = len(self.sandbox.requests)
        self.assertFalse(consent._receive('spent'))
        self.assertEqual(len(self.sandbox.requests), calls)
        self.assertEqual(consent.state, 'ready')
        self.assertEqual(len(consent.organisation_ids), 1)

    def test_callback_that_odoo_runs_again_before_the_organisations_are_known(self):
        connection = self.new_connection()
        self.sandbox.faults.order(kind='503', path='/connections')
        # Not with assertRaises, whose savepoint would undo the commits of the callback
        with QUIET, suppress(UserError):
            self.authorise(connection)
        self.env.invalidate_all()
        consent = self.env['xero.consent'].search([])
        self.assertEqual(consent.state, 'exchanged')
        consent._receive('spent')
        self.env.invalidate_all()
        self.assertEqual(consent.state, 'ready')

    def test_another_xero_user_is_normal(self):
        connection = self.connect()
        first = connection.authorization_id
        self.connect(connection, user=ADVISER)
        self.assertNotEqual(connection.authorization_id, first)
        self.assertEqual(connection.authorized_email, ADVISER)

    def test_a_known_xero_user_keeps_the_row(self):
        connection = self.connect()
        row = connection.authorization_id
        before = row.refresh_token_encrypted
        self.connect(connection)
        self.assertEqual(connection.authorization_id, row)
        self.assertNotEqual(row.refresh_token_encrypted, before)

    def test_another_organisation_is_caught(self):
        connection = self.connect()
        consent = self.authorise(connection, [HINTERLAND])
        self.assertRecordValues(consent, [{'is_other': True, 'has_history': False, 'previous_name': "Harbour Site AU"}])
        self.assertFalse(consent.env['xero.consent'].count_pending())
        self.assertEqual(connection.tenant_id, HARBOUR)
        consent.action_save()
        self.assertEqual(connection.tenant_id, HINTERLAND)

    def test_an_organisation_with_history_is_not_exchanged(self):
        connection = self.connect()
        self.env['xero.export'].sudo().create({
            'connection_id': connection.id, 'company_id': self.xero_company.id, 'kind': 'sale_invoice', 'state': 'synced',
            'document_name': "INV/1", 'xero_id': '11111111-1111-1111-1111-111111111111'})
        consent = self.authorise(connection, [HINTERLAND])
        with self.assertRaisesRegex(UserError, "Make a new connection for Hinterland"):
            consent.action_save()
        consent.action_save_as_new()
        self.assertEqual(connection.tenant_id, HARBOUR)
        new = self.env['xero.connection'].search([('tenant_id', '=', HINTERLAND)])
        self.assertRecordValues(new, [{'status': 'connected', 'name': "Hinterland Site AU", 'authorization_id': connection.authorization_id.id}])

    def test_what_a_person_left_unfinished_is_not_saved_later(self):
        connection = self.new_connection()
        discarded, left_open, saved = (self.authorise(connection, user=user) for user in (ADVISER, ADVISER, FINANCE))
        discarded.action_discard()
        saved.action_save()
        self.env.invalidate_all()
        self.assertEqual((discarded | left_open).mapped('state'), ['refused', 'refused'])
        self.assertFalse(saved.count_pending())

    def test_the_last_of_two_renewals_counts(self):
        connection = self.connect()
        for user in (FINANCE, ADVISER):
            consent = self.authorise(connection, user=user)
        self.assertEqual(consent.count_pending(), 1)
        [result] = consent.finish_pending()['results']
        self.assertEqual(result, {'ok': True, 'message': f"{connection._named()}: the access was renewed."}, "it was never lost")
        self.assertFalse(consent.count_pending())
        self.assertEqual(connection.authorized_email, ADVISER)

    def test_a_consent_that_is_too_old_is_not_saved(self):
        connection = self.new_connection()
        consent = self.authorise(connection)
        self.assertAlmostEqual((consent.expires_at - fields.Datetime.now()).total_seconds(), 600, delta=20, msg="the review has its own ten minutes")
        consent.sudo().expires_at = fields.Datetime.now()
        with self.assertRaisesRegex(UserError, "older than ten minutes"):
            consent.action_save()
        self.assertEqual(connection.status, 'draft')

    def test_a_renewal_that_fails_late_writes_nothing(self):
        connection = self.connect()
        connection._set_status('reauthenticate', "broken")
        authorized_at = connection.authorized_at = fields.Datetime.now() - timedelta(days=1)
        consent = self.authorise(connection, user=ADVISER)

        def refuse(*_args, **_kwargs):
            raise UserError("The wall has no room")

        with patch.object(self.registry['xero.connection'], 'message_post', refuse):
            [result] = consent.finish_pending()['results']
        self.assertEqual(result, {'ok': False, 'message': "The wall has no room"})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertRecordValues(connection, [{'status': 'reauthenticate', 'authorized_at': authorized_at, 'authorized_email': FINANCE}])
        self.assertEqual(consent.state, 'refused')

    def test_an_organisation_that_has_a_connection_is_named(self):
        self.connect()
        second = self.new_connection("Second")
        consent = self.authorise(second)
        self.assertIn("already the connection “Harbour”", consent.obstacle)
        with self.assertRaisesRegex(UserError, "already the connection"):
            consent.action_save()
        self.assertEqual(second.status, 'draft')

    def test_currency_of_the_books(self):
        consent = self.authorise(self.new_connection(), [LAKESIDE], ADVISER)
        self.assertIn("Lakeside Services US keeps its books in USD, but Two Sites in AUD", consent.obstacle)

    def test_older_permissions(self):
        self.sandbox.register_app({'client_id': self.app.client_id, 'scope_set': 'both'})
        self.app.scope_set = 'broad'
        connection = self.new_connection()
        self.assertEqual(connection.consent_kind, 'first')
        self.connect(connection)
        self.assertEqual(connection.consent_kind, 'renewal')
        self.app.scope_set = 'granular'
        # Permissions that the broad scopes cover are not missing
        self.assertEqual(connection._missing_scopes(), [])
        connection.authorization_id.scopes = 'openid profile email offline_access accounting.invoices accounting.settings.read'
        self.assertEqual(connection.consent_kind, 'scopes')
        self.assertEqual(connection.missing_scopes, "contacts")

    def test_switch_between_permissions(self):
        connection = self.new_connection().with_user(self.admin)
        self.env['xero.consent'].with_user(self.admin)._start(connection)
        answer = connection.action_switch_scopes()
        self.assertEqual(self.app.scope_set, 'broad')
        self.assertIn("(Broad)", answer['params']['message'])
        self.assertFalse(connection.consent_requested_at, "the hints about Xero's error pages are gone")

    def test_one_consent_mends_all_connections_of_its_chain(self):
        harbour, hinterland = self.connect(), self.connect(name="Hinterland", tenant=HINTERLAND)
        self.assertEqual(harbour.authorization_id, hinterland.authorization_id)
        (harbour | hinterland)._set_status('reauthenticate', "broken")
        self.connect(harbour)
        self.assertEqual(hinterland.status, 'connected')

    def test_a_changed_address_only_warns(self):
        connection = self.connect()
        self.assertEqual(connection.authorized_uri, connection.redirect_uri)
        self.env['ir.config_parameter'].set_param('web.base.url', 'https://odoo.example.com')
        self.env.invalidate_all()
        self.assertNotEqual(connection.authorized_uri, connection.redirect_uri)
        self.assertEqual(connection.action_test()['params']['type'], 'success')
