import logging
import os
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cryptography.fernet import Fernet

from odoo.addons.account_xero.exceptions import WrongKey
from odoo.addons.account_xero.tools.crypto import Cipher, load_key
from odoo.addons.account_xero.tools.redact import CallbackQueryFilter, install_callback_filter, redact
from odoo.tests import BaseCase, tagged


@tagged('post_install', '-at_install')
class TestCrypto(BaseCase):

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / 'new' / 'key'

    def test_round_trip(self):
        cipher = Cipher(Fernet.generate_key())
        ciphertext = cipher.encrypt("fake-secret ü")
        self.assertNotIn("fake", ciphertext)
        self.assertEqual(cipher.decrypt(ciphertext), "fake-secret ü")

    def test_wrong_key_is_recognised(self):
        ciphertext = Cipher(Fernet.generate_key()).encrypt("fake-secret")
        with self.assertRaisesRegex(WrongKey, "another key"):
            Cipher(Fernet.generate_key()).decrypt(ciphertext)

    def test_damaged_text_is_recognised(self):
        cipher = Cipher(Fernet.generate_key())
        with self.assertRaisesRegex(WrongKey, "damaged"):
            cipher.decrypt(cipher.encrypt("fake-secret")[:-10])

    def test_key_file_is_made_once_for_its_owner_alone(self):
        key = load_key('', self.path)
        self.assertEqual(load_key(None, str(self.path)), key)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        self.assertEqual(os.listdir(self.path.parent), ['key'])
        Cipher(key)

    def test_processes_that_start_together_get_one_key(self):
        with ThreadPoolExecutor(8) as pool:
            keys = set(pool.map(lambda _number: load_key('', self.path), range(32)))
        self.assertEqual(len(keys), 1)

    def test_environment_wins(self):
        key = Fernet.generate_key()
        self.assertEqual(load_key(key.decode() + '\n', self.path), key)
        self.assertFalse(self.path.exists())

    def test_unusable_key_is_refused(self):
        with self.assertRaises(ValueError):
            Cipher(b'too short')


@tagged('post_install', '-at_install')
class TestRedact(BaseCase):

    def test_secrets_are_blanked(self):
        for text in [
            "Authorization: Bearer fake-secret",
            "{'Authorization': 'Bearer fake-secret'}",
            "Basic fake-secret=",
            "https://odoo.example/xero/oauth/callback?code=fake-secret&scope=openid&state=fake-secret",
            "grant_type=refresh_token&refresh_token=fake-secret",
            "client_secret=fake-secret",
            '{"access_token": "fake-secret", "expires_in": 1800, "refresh_token":"fake-secret"}',
            "{'refresh_token': 'fake-secret'}",
        ]:
            with self.subTest(text):
                self.assertIn('***', redact(text))
                self.assertNotIn('fake-secret', redact(text))

    def test_the_rest_stays(self):
        for text in [
            "Account code '999' is not a valid code for this document.",
            "?postcode=2000&scope=openid",
        ]:
            with self.subTest(text):
                self.assertEqual(redact(text), text)


@tagged('post_install', '-at_install')
class TestCallbackFilter(BaseCase):

    def _logged(self, path):
        """Return the access log line that Odoo's request handler writes for a path."""
        record = logging.LogRecord(
            'werkzeug', logging.INFO, __file__, 1, '127.0.0.1 - - [20/Nov/2026 12:00:00] "%s" %s %s',
            (f'GET {path} HTTP/1.1', '303', '-'), None,
        )
        self.assertTrue(CallbackQueryFilter().filter(record))
        return record.getMessage()

    def test_query_of_the_callback_is_blanked(self):
        for path in [
            '/xero/oauth/callback?code=fake-secret&state=fake-secret',
            '/web/login?redirect=%2Fxero%2Foauth%2Fcallback%3Fcode%3Dfake-secret%26state%3Dfake-secret',
            '/web/login?redirect=http://localhost:8069/xero/oauth/callback?code=fake-secret',
        ]:
            with self.subTest(path):
                line = self._logged(path)
                self.assertNotIn('fake-secret', line)
                self.assertIn('/xero/oauth/callback?*** HTTP/1.1" 303 -', line)

    def test_token_that_starts_a_trip_is_blanked(self):
        line = self._logged('/xero/oauth/start/7?board=1&csrf_token=fake-secret')
        self.assertIn('/xero/oauth/start/7?board=1&csrf_token=*** HTTP/1.1" 303 -', line)

    def test_other_lines_stay(self):
        self.assertIn('"GET /odoo?debug=1 HTTP/1.1" 303 -', self._logged('/odoo?debug=1'))

    def test_it_is_installed_once(self):
        install_callback_filter()
        install_callback_filter()
        filters = [each for each in logging.getLogger('werkzeug').filters if isinstance(each, CallbackQueryFilter)]
        self.assertEqual(len(filters), 1)
