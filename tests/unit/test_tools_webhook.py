import base64
import hashlib
import hmac
import json
import logging
from datetime import datetime

from odoo.addons.account_xero.tools.crypto import seal
from odoo.addons.account_xero.tools.xero_webhook import Event, is_signed, read_events
from odoo.tests import BaseCase, tagged

from .tools_webhook_common import signature

KEY = 'fake key, ü as text+/=='
TENANT, RESOURCE = 'aef86862-2015-4b6b-88bc-d89032cecc50', '55d84274-a3da-4829-a7c0-0cab601b95cc'
EVENT = {
    'resourceUrl': f'https://api.xero.com/api.xro/2.0/Invoices/{RESOURCE}', 'resourceId': RESOURCE, 'tenantId': TENANT, 'tenantType': 'ORGANISATION',
    'eventCategory': 'INVOICE', 'eventType': 'UPDATE', 'eventDateUtc': '2025-12-02T00:44:09.923'}


@tagged('post_install', '-at_install')
class TestSignature(BaseCase):

    def test_raw_bytes(self):
        """Spaces, order, line ends and letters beyond ASCII count as they come; bytes that are no text have a signature too."""
        for body in (b'', b'{}', b'{ "events" :\r\n\t[ ] }', '{"entropy": "Ünï\u2028"}'.encode(), b'\xff\xfe\x00', b'\xef\xbb\xbf{}'):
            with self.subTest(body=body):
                self.assertTrue(is_signed(KEY, body, signature(body, KEY)))
                self.assertTrue(is_signed(seal(KEY), body, signature(body, KEY)))
                self.assertFalse(is_signed(KEY, body + b' ', signature(body, KEY)))

    def test_the_key_is_text(self):
        body, raw = b'{"events":[]}', base64.b64encode(b'fake-secret')
        decoded = base64.b64encode(hmac.new(base64.b64decode(raw), body, hashlib.sha256).digest()).decode()
        self.assertFalse(is_signed(raw.decode(), body, decoded))
        self.assertTrue(is_signed(raw.decode(), body, signature(body, raw.decode())))

    def test_wrong_signatures(self):
        body = b'{"events":[]}'
        good = signature(body, KEY)
        for wrong in ('', good[:-1], good + '=', good.lower(), f' {good}', 'Ünïcode', '\udcff', signature(body, 'another'), 'x' * 100_000):
            with self.subTest(wrong=wrong[:40]):
                self.assertFalse(is_signed(KEY, body, wrong))

    def test_without_a_key_nothing_is_signed(self):
        for key in ('', None, False):
            self.assertFalse(is_signed(key, b'{}', signature(b'{}', '')))

    def test_errors_hold_no_secret(self):
        with self.assertRaises(AttributeError) as failure:
            is_signed(seal(KEY), b'{}', None)
        text = logging.Formatter().formatException((type(failure.exception), failure.exception, failure.exception.__traceback__))
        self.assertNotIn(KEY, text)
        frame = failure.exception.__traceback__
        while frame:
            if frame.tb_frame.f_code.co_filename.endswith(('xero_webhook.py', 'crypto.py')):
                self.assertNotIn(KEY, str(frame.tb_frame.f_locals))
            frame = frame.tb_next


@tagged('post_install', '-at_install')
class TestEvents(BaseCase):

    def read(self, *events):
        return read_events(json.dumps({'events': events, 'firstEventSequence': 1, 'lastEventSequence': 2, 'entropy': 'X'}).encode())

    def test_an_event(self):
        expected = Event(TENANT, 'INVOICE', RESOURCE, datetime(2025, 12, 2, 0, 44, 9, 923000))
        self.assertEqual(self.read(EVENT), ([expected], 0))
        for values in (
            {'eventType': 'Update'}, {'eventType': 'create'}, {'eventCategory': 'Invoice'}, {'tenantId': TENANT.upper()}, {'data': {'Status': 'DRAFT'}},
        ):
            with self.subTest(values=values):
                self.assertEqual(self.read({**EVENT, **values}), ([expected], 0))
        self.assertEqual(self.read({**EVENT, 'eventDateUtc': "yesterday"}), ([expected._replace(at=None)], 0))

    def test_the_intent_to_receive(self):
        self.assertEqual(self.read(), ([], 0))

    def test_others_are_ignored(self):
        for values in (
            {'eventCategory': 'SUBSCRIPTION', 'tenantType': 'APPLICATION'}, {'eventCategory': 'PAYMENT'}, {'eventType': 'DELETE'}, {'eventType': None},
            {'tenantId': 5}, {'tenantId': "x' OR 1=1"}, {'resourceId': f'{RESOURCE}\x00'}, {'resourceId': [RESOURCE]}, {'eventCategory': {}},
        ):
            with self.subTest(values=values):
                events, ignored = self.read({**EVENT, **values}, EVENT)
                self.assertEqual((len(events), ignored), (1, 1))
        self.assertEqual(self.read(None, 1, "x", [], {}), ([], 5))

    def test_what_is_no_webhook_request(self):
        for body in (
            b'', b'x', b'[]', b'null', b'{}', b'{"events": {}}', b'{"events": "x"}', b'\xff\xfe{', b'[' * 200_000, b'1' * 10_000, b'{"events":[' + b'\x80]}',
        ):
            with self.subTest(body=body[:20]), self.assertRaises(ValueError):
                read_events(body)
