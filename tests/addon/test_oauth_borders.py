"""The pages of the consent from outside: what a foreign page can trigger, and which data addresses contain."""
import re
from urllib.parse import urlsplit

from odoo import Command
from odoo.http import Request, root
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...const import CALLBACK_PATH, RESULT_PATH
from ...controllers.oauth import OPEN_CONSENTS, RESULT_KEY, SESSION_KEY
from ..common import HARBOUR, XeroCase, XeroHttpCase

QUIET = mute_logger('odoo.addons.account_xero.controllers.oauth', 'odoo.addons.account_xero.models.connection.xero_consent', 'odoo.http')


@tagged('post_install', '-at_install')
class TestOAuthFromOutside(XeroHttpCase):

    def setUp(self):
        super().setUp()
        self.connection = self.new_connection()
        self.authenticate('xero_admin', 'xero_admin')
        self.path = f'/xero/oauth/start/{self.connection.id}'

    def trips(self):
        """Return the consents that the session has started."""
        return self.session_of_now().get(SESSION_KEY, {})

    def session_of_now(self):
        return root.session_store.get(self.session.sid)

    def press(self, **context):
        """Press Connect in the browser and return the address that it opens."""
        answer = self.make_jsonrpc_request('/web/dataset/call_kw/xero.connection/action_connect', {
            'model': 'xero.connection', 'method': 'action_connect', 'args': [self.connection.ids], 'kwargs': {'context': context}})
        return answer['url']

    def assertShielded(self, answer):
        self.assertEqual((answer.headers['Referrer-Policy'], answer.headers['Cache-Control']), ('no-referrer', 'no-store'))

    def test_a_foreign_page_starts_nothing(self):
        for path in (
            self.path, f'{self.path}?origin=board', f'{self.path}?csrf_token=', f'{self.path}?csrf_token=x', f'{self.path}?csrf_token=xo99999999999',
            self.press().replace('csrf_token=', 'csrf_token=0'),
        ):
            for data in (None, {'origin': 'board'}, {'csrf_token': 'x'}):
                with self.subTest(path=path, data=data):
                    answer = self.url_open(path, data, allow_redirects=False)
                    self.assertEqual(answer.status_code, 200)
                    self.assertIn("Nothing has been requested yet", answer.text)
                    self.assertShielded(answer)
        self.env.invalidate_all()
        self.assertFalse(self.connection.consent_requested_at)
        self.assertFalse(self.env['xero.consent'].search([]))
        self.assertFalse(self.trips())

    def test_the_button_starts(self):
        url = self.press(xero_origin='board')
        self.env.invalidate_all()
        self.assertFalse(self.env['xero.consent'].search([]), "nothing is stored before the browser opens it")
        answer = self.url_open(url, allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
        self.assertTrue(answer.headers['Location'].startswith(self.server.url + '/identity/connect/authorize?'))
        self.assertShielded(answer)
        consent = self.env['xero.consent'].search([])
        self.assertEqual(consent.origin, 'board')
        self.assertEqual(self.trips(), {consent.nonce: consent.id})

    def test_the_token_is_of_this_session(self):
        url = self.press()
        self.authenticate('xero_admin', 'xero_admin')
        answer = self.url_open(url, allow_redirects=False)
        self.assertIn("Nothing has been requested yet", answer.text)
        self.assertFalse(self.env['xero.consent'].search([]))

    def test_the_question_leads_there(self):
        self.assertIn('method="post"', self.url_open(self.path).text)
        answer = self.url_open(self.path, {'csrf_token': Request.csrf_token(self)}, allow_redirects=False)
        self.assertEqual(answer.status_code, 303)

    @QUIET
    def test_what_went_wrong_is_told_at_a_clean_address(self):
        for parameters in ({'error': 'access_denied'}, {}, {'error': 'server_error'}, {'code': 'fake-code-wrong'}):
            with self.subTest(parameters=parameters):
                self.url_open(self.press(), allow_redirects=False)
                state = self.env['xero.consent'].search([], order='id desc', limit=1).nonce
                answer = self.url_open(
                    f'{CALLBACK_PATH}?state={state}&' + '&'.join(f'{name}={value}' for name, value in parameters.items()), allow_redirects=False)
                self.assertEqual((answer.status_code, urlsplit(answer.headers['Location'])[2:]), (303, (RESULT_PATH, '', '')))
                self.assertShielded(answer)
                self.assertNotIn(state, answer.text)
                page = self.url_open(RESULT_PATH, allow_redirects=False)
                self.assertShielded(page)
                self.assertIn("Back to the connection", page.text)
                self.assertNotIn(state, page.text)
                # Odoo writes a token against forged requests into each page; it holds the second in which it was made
                once, again = (re.sub(r'csrf_token(: |" value=)"[^"]+"', '', text) for text in (page.text, self.url_open(RESULT_PATH).text))
                self.assertEqual(once, again, "it may be loaded again")
                self.assertFalse(self.trips(), "the answer is removed from the session")

    @QUIET
    def test_the_result_is_of_this_session_alone(self):
        self.url_open(f'{CALLBACK_PATH}?state=x&code=y', allow_redirects=False)
        self.assertIn("does not belong to you", self.url_open(RESULT_PATH).text)
        self.authenticate('xero_billing', 'xero_billing')
        answer = self.url_open(RESULT_PATH, allow_redirects=False)
        self.assertEqual((answer.status_code, urlsplit(answer.headers['Location']).path), (303, '/odoo/action-account_xero.xero_connection_action'))
        self.assertFalse(self.session_of_now().get(RESULT_KEY))

    def test_without_a_session_the_code_goes_nowhere(self):
        self.authenticate(None, None)
        answer = self.url_open(f'{CALLBACK_PATH}?code=fake-code&state=fake-state', allow_redirects=False)
        self.assertEqual(urlsplit(answer.headers['Location']).path, '/web/login')
        self.assertNotIn('fake-', answer.headers['Location'])
        self.assertShielded(answer)

    def test_trips_that_cannot_come_back_are_forgotten(self):
        for _time in range(3):
            self.url_open(self.press(), allow_redirects=False)
        first, second, third = self.env['xero.consent'].search([], order='id')
        self.assertEqual(set(self.trips().values()), {first.id, second.id, third.id})
        first.expires_at, second.state = '2020-01-01', 'refused'
        self.env.flush_all()
        self.url_open(self.press(), allow_redirects=False)
        self.assertEqual(len(self.trips()), 2)
        for _time in range(OPEN_CONSENTS + 2):
            self.url_open(self.press(), allow_redirects=False)
        self.assertEqual(len(self.trips()), OPEN_CONSENTS)
        self.assertIn(self.env['xero.consent'].search([], order='id desc', limit=1).id, self.trips().values())


@tagged('post_install', '-at_install')
class TestReferenceDataOfBranches(XeroCase):

    def test_a_branch_sees_the_branding_themes_of_its_parent(self):
        connection = self.connect()
        self.assertEqual(connection.tenant_id, HARBOUR)
        theme = self.env['xero.branding.theme'].sudo().create({'connection_id': connection.id, 'xero_id': 'x', 'name': "Standard"})
        branch = self.env['res.company'].sudo().create({'name': "Branch", 'parent_id': self.xero_company.id})
        clerk = new_test_user(
            self.env(su=True), 'branch_clerk', 'base.group_user,account.group_account_invoice', company_id=branch.id, company_ids=[Command.set(branch.ids)])
        self.assertEqual(theme.with_user(clerk).name, "Standard")
        stranger = self._new_user('stranger', 'account.group_account_invoice', self._currency_company('AUD', "Elsewhere"))
        self.assertFalse(self.env['xero.branding.theme'].with_user(stranger).search([('id', '=', theme.id)]))
