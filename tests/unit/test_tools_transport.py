import gzip
import json
import time
import zlib
from unittest.mock import patch

from odoo.addons.account_xero.exceptions import XeroRetryable
from odoo.addons.account_xero.tests.unit.tools_client_common import ClientCase
from odoo.addons.account_xero.tools import xero_transport
from odoo.addons.account_xero.tools.xero_transport import TimeoutAdapter
from odoo.tests import tagged


class RawBeforeRead1:
    """A response of urllib3 as before version 2.2: without `read1`."""

    def __init__(self, raw):
        self._raw = raw

    def __getattr__(self, name):
        if name == 'read1':
            raise AttributeError(name)
        return getattr(self._raw, name)


class AdapterBeforeRead1(TimeoutAdapter):

    def build_response(self, request, raw):
        response = super().build_response(request, raw)
        response.raw = RawBeforeRead1(raw)
        return response


@tagged('post_install', '-at_install')
class TestTransport(ClientCase):
    """Answers are bounded in size and time, and decompressed, with each version of urllib3."""

    def test_an_answer_in_drops_ends(self):
        def drip(handler):
            handler.send_response(200)
            handler.send_header('Content-Length', '1000')
            handler.end_headers()
            for _drop in range(8):
                handler.wfile.write(b' ')
                handler.wfile.flush()
                time.sleep(0.1)
        for adapter in (TimeoutAdapter, AdapterBeforeRead1):
            with self.subTest(adapter=adapter):
                self.client = self._client(self.wire.url, adapter)
                self.wire.answers(drip)
                started = time.monotonic()
                with patch.object(xero_transport, 'ANSWER_SECONDS', 0.3), self.assertRaises(XeroRetryable):
                    self._read()
                self.assertLess(time.monotonic() - started, 1.5)

    def test_what_holds_for_each_version_of_urllib3(self):
        """Without `read1`, bodies are decompressed and bounded too."""
        body = json.dumps({'Invoices': [{'Reference': str(number)} for number in range(20_000)]}).encode()
        packed, deflated = gzip.compress(body), zlib.compress(body)
        for adapter in (TimeoutAdapter, AdapterBeforeRead1):
            with self.subTest(adapter=adapter):
                self.client = self._client(self.wire.url, adapter, seconds=10)
                self.wire.answers(
                    self.wire.reply(body), self.wire.reply(packed, Content_Encoding='gzip'), self.wire.reply(deflated, Content_Encoding='deflate'),
                    self._in_chunks(packed))
                for _answer in range(4):
                    self.assertEqual(len(self._read().elements('Invoices')), 20_000)
                self.client = self._client(self.wire.url, adapter)
                self.wire.answers(
                    self.wire.reply(body, cut=True), self.wire.reply(b'no gzip', Content_Encoding='gzip'), self.wire.silence,
                    self.wire.reply(gzip.compress(b' ' * 2_000_000), Content_Encoding='gzip'))
                for _answer in range(4):
                    with patch.object(xero_transport, 'ANSWER_BYTES', 1_000_000), self.assertRaises(XeroRetryable):
                        self._read()

    @staticmethod
    def _in_chunks(body):
        def answer(handler):
            handler.send_response(200)
            handler.send_header('Content-Encoding', 'gzip')
            handler.send_header('Transfer-Encoding', 'chunked')
            handler.end_headers()
            for start in range(0, len(body), 999):
                chunk = body[start:start + 999]
                handler.wfile.write(b'%x\r\n%s\r\n' % (len(chunk), chunk))
            handler.wfile.write(b'0\r\n\r\n')
        return answer
