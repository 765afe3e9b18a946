import base64
import hashlib
import json
import logging
import socket
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey

from odoo.addons.account_xero.const import LIVE, SCOPES, endpoints
from odoo.addons.account_xero.exceptions import XeroOAuthError, XeroRetryable, XeroUnknownOutcome
from odoo.addons.account_xero.tests.unit.tools_wire import Wire
from odoo.addons.account_xero.tools.crypto import reveal
from odoo.addons.account_xero.tools.xero_oauth import XeroOAuth, new_code_verifier
from odoo.tests import BaseCase, tagged

REDIRECT_URI = 'https://odoo.example/xero/oauth/callback'
SIGNED_BY = OctKey.import_key('fake-secret-fake-secret-fake-secret')


def token(**claims):
    return jwt.encode({'alg': 'HS256'}, claims, SIGNED_BY)


def token_reply(**changes):
    return {
        'access_token': token(xero_userid='user-1', authentication_event_id='event-1', scope=['openid']),
        'expires_in': 1800, 'token_type': 'Bearer', 'refresh_token': 'fake-refresh-2',
        'id_token': token(email='admin@maple.example', given_name="Invoice", family_name="Admin"),
        'scope': 'openid accounting.invoices', **changes,
    }


@tagged('post_install', '-at_install')
class TestOAuth(BaseCase):

    def setUp(self):
        super().setUp()
        self.wire = Wire()
        self.addCleanup(self.wire.close)
        self.oauth = self._oauth(endpoints(self.wire.url))

    def _oauth(self, addresses):
        return XeroOAuth(addresses, 'client-1', 'fake-secret', REDIRECT_URI)

    def _form(self):
        return {key: value[0] for key, value in parse_qs(self.wire.asked[-1].body.decode()).items()}

    def _exchange(self):
        return self.oauth.exchange('fake-code', 'v' * 64)

    def _refresh(self):
        return self.oauth.refresh('fake-refresh-1')

    # === Consent === #

    def test_verifier_is_fresh_and_long_enough(self):
        verifiers = {new_code_verifier() for _number in range(10)}
        self.assertEqual(len(verifiers), 10)
        for verifier in verifiers:
            self.assertRegex(verifier, r'^[A-Za-z0-9._~-]{43,128}$')

    def test_address_of_the_consent_page(self):
        verifier = new_code_verifier()
        url = self._oauth(LIVE).authorization_url(SCOPES['granular'], 'state-1', verifier)
        self.assertTrue(url.startswith('https://login.xero.com/identity/connect/authorize?'))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b'=').decode()
        self.assertEqual({key: value[0] for key, value in parse_qs(urlsplit(url).query).items()}, {
            'response_type': 'code', 'client_id': 'client-1', 'redirect_uri': REDIRECT_URI, 'state': 'state-1',
            'scope': ' '.join(SCOPES['granular']), 'code_challenge': challenge, 'code_challenge_method': 'S256',
        })

    # === Tokens === #

    def test_a_code_becomes_a_pair(self):
        self.wire.answers(self.wire.reply(token_reply()))
        before = datetime.now(timezone.utc).replace(tzinfo=None)
        pair = self._exchange()
        self.assertEqual(self._form(), {
            'grant_type': 'authorization_code', 'code': 'fake-code', 'redirect_uri': REDIRECT_URI,
            'code_verifier': 'v' * 64,
        })
        asked = self.wire.asked[-1]
        self.assertEqual(asked.path, '/connect/token')
        self.assertEqual(asked.headers['Authorization'], 'Basic ' + base64.b64encode(b'client-1:fake-secret').decode())
        self.assertEqual(
            (reveal(pair.refresh_token), pair.xero_user_id, pair.authentication_event_id, pair.email, pair.scopes),
            ('fake-refresh-2', 'user-1', 'event-1', 'admin@maple.example',
             ['openid', 'accounting.invoices']),
        )
        self.assertLess(abs(pair.access_expires_at - before - timedelta(minutes=30)), timedelta(seconds=5))

    def test_a_pair_does_not_print_its_tokens(self):
        self.wire.answers(self.wire.reply(token_reply()))
        pair = self._exchange()
        for secret in (reveal(pair.access_token), reveal(pair.refresh_token)):
            self.assertNotIn(secret, repr(pair))

    def test_a_renewal_gives_a_new_pair(self):
        self.wire.answers(self.wire.reply(token_reply(id_token=None, scope=None)))
        pair = self._refresh()
        self.assertEqual(self._form(), {'grant_type': 'refresh_token', 'refresh_token': 'fake-refresh-1'})
        self.assertEqual((reveal(pair.refresh_token), pair.scopes, pair.email), ('fake-refresh-2', ['openid'], None))

    def test_a_token_that_is_no_jwt_says_nothing(self):
        self.wire.answers(self.wire.reply(token_reply(access_token='fake-opaque')))
        pair = self._exchange()
        self.assertEqual((reveal(pair.access_token), pair.xero_user_id), ('fake-opaque', None))

    def test_a_rotated_pair_is_kept_whatever_stands_beside_it(self):
        for strange in (
            {'expires_in': "half an hour"}, {'expires_in': 10 ** 30}, {'expires_in': -5}, {'expires_in': None}, {'expires_in': [1]},
            {'expires_in': '1800'}, {'scope': {'a': 1}}, {'scope': ['openid', 7]}, {'id_token': "no.jwt"}, {'id_token': 7}, {'token_type': 5},
            {'expires_at': "never"}, {'expires_in': int('9' * 4000)}, {'id_token': token(name="a\0b", sub=7)}, {'error_description': ["x"] * 1000},
        ):
            with self.subTest(strange=strange):
                self.wire.answers(self.wire.reply(token_reply(**strange)))
                before = datetime.now(timezone.utc).replace(tzinfo=None)
                pair = self._refresh()
                self.assertEqual(reveal(pair.refresh_token), 'fake-refresh-2')
                self.assertLess(abs(pair.access_expires_at - before - timedelta(minutes=30)), timedelta(seconds=5))
                self.assertTrue(all(isinstance(scope, str) for scope in pair.scopes))

    def test_a_rotated_pair_is_kept_in_an_answer_that_is_no_json(self):
        good = json.dumps(token_reply())[:-1].encode()
        for tail in (b', "deep": ' + b'[' * 100_000 + b']' * 100_000 + b'}', b',,,}', b''):
            with self.subTest(tail=tail[:12]):
                self.wire.answers(self.wire.reply(good + tail))
                self.assertEqual(reveal(self._refresh().refresh_token), 'fake-refresh-2')

    def test_claims_are_texts_that_a_database_keeps(self):
        self.wire.answers(self.wire.reply(token_reply(id_token=token(email="finance@example.com\0"))))
        pair = self._refresh()
        self.assertEqual(pair.email, "finance@example.com")

    def test_an_error_that_is_no_code_says_nothing_about_the_chain(self):
        for code in ("Forbidden by proxy", "bad\0", "x" * 300, 5):
            with self.subTest(code=code):
                self.wire.answers(self.wire.reply({'error': code}, 403))
                with self.assertRaises(XeroRetryable):
                    self._refresh()

    def test_answers_that_hold_no_token(self):
        for body in (
            [], "text", {'access_token': 7}, {'access_token': ''}, {'access_token': "line\nbreak"}, {'access_token': "€"}, b'[' * 100_000,
            b'\xff\xfe', b' ' * 20_000_001,
        ):
            with self.subTest(body=body[:10] if isinstance(body, bytes) else body):
                self.wire.answers(self.wire.reply(body))
                with self.assertRaises(XeroRetryable):
                    self._refresh()
                self.wire.answers(self.wire.reply(body))
                with self.assertRaises(XeroUnknownOutcome):
                    self._exchange()

    def test_no_refresh_token_is_a_refusal(self):
        self.wire.answers(self.wire.reply(token_reply(refresh_token=None)))
        with self.assertRaises(XeroOAuthError) as raised:
            self._exchange()
        self.assertEqual(raised.exception.code, 'invalid_scope')

    def test_revoking(self):
        self.wire.answers(self.wire.reply())
        self.oauth.revoke('fake-refresh-1')
        self.assertEqual(self.wire.asked[-1].path, '/connect/revocation')
        self.assertEqual(self._form(), {'token': 'fake-refresh-1', 'token_type_hint': 'refresh_token'})
        self.assertTrue(self.wire.asked[-1].headers['Authorization'].startswith('Basic '))

    # === Failures === #

    def test_failures_by_what_they_mean(self):
        reply = self.wire.reply
        for case, answer, on_exchange, on_refresh, attributes in [
            ("spent", reply({'error': 'invalid_grant'}, 400), XeroOAuthError, XeroOAuthError,
             {'code': 'invalid_grant'}),
            ("wrong secret", reply({'error': 'invalid_client'}, 400), XeroOAuthError, XeroOAuthError,
             {'code': 'invalid_client', 'status': 400}),
            ("wrong secret, 401", reply({'error': 'invalid_client'}, 401), XeroOAuthError, XeroOAuthError,
             {'code': 'invalid_client'}),
            ("throttled", reply({'error': 'slow_down'}, 429, Retry_After=30), XeroRetryable, XeroRetryable,
             {'retry_after': 30}),
            ("server", reply({'error': 'invalid_grant'}, 500), XeroRetryable, XeroRetryable, {'status': 500}),
            ("gateway", reply('<html>', 502, Content_Type='text/html'), XeroRetryable, XeroRetryable, {}),
            ("a firewall", reply('<html>', 403, Content_Type='text/html'), XeroRetryable, XeroRetryable,
             {'status': 403}),
            ("elsewhere", reply(status=302, Location='http://localhost:9/'), XeroRetryable, XeroRetryable, {}),
            ("unreadable", reply('{"access_token": "fake'), XeroUnknownOutcome, XeroRetryable, {}),
            ("no token", reply({'token_type': 'Bearer'}), XeroUnknownOutcome, XeroRetryable, {}),
            ("a list", reply([]), XeroUnknownOutcome, XeroRetryable, {}),
            ("line broken", self.wire.hang_up, XeroUnknownOutcome, XeroRetryable, {}),
        ]:
            for call, expected in [(self._exchange, on_exchange), (self._refresh, on_refresh)]:
                with self.subTest(case, call=call.__name__):
                    self.wire.answers(answer)
                    with self.assertRaises(expected) as raised:
                        call()
                    self.assertIs(type(raised.exception), expected)
                    for name, value in attributes.items():
                        self.assertEqual(getattr(raised.exception, name), value)

    def test_nobody_there_is_no_death(self):
        with socket.create_server(('127.0.0.1', 0)) as closed:
            port = closed.getsockname()[1]
        self.oauth = self._oauth(endpoints(f'http://localhost:{port}'))
        for call in (self._exchange, self._refresh, lambda: self.oauth.revoke('fake-refresh-1')):
            with self.assertRaises(XeroRetryable):
                call()

    def test_nothing_secret_is_logged_by_anybody(self):
        self.wire.answers(
            self.wire.reply(token_reply()),
            self.wire.reply({'error': 'invalid_grant', 'refresh_token': 'fake-refresh-1'}, 400),
        )
        with self.assertLogs(level=logging.DEBUG) as logs:
            pair = self._exchange()
            with self.assertRaises(XeroOAuthError) as raised:
                self._refresh()
        text = '\n'.join(logs.output) + repr(raised.exception) + raised.exception.detail
        for secret in ('fake-code', 'fake-secret', 'fake-refresh', reveal(pair.access_token), 'v' * 64):
            self.assertNotIn(secret, text)
