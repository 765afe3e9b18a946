"""A receiver of webhooks that does as it is told."""
import base64
import hashlib
import hmac
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """Answers 200 or 401 by the signature, with an empty body, unless ``answer`` is set.

    ``received``: (headers, raw body, status answered) of each request. ``answer``: dict of ``status``, ``body``, ``cookie``, ``seconds``.
    """

    def __init__(self, key='key as text+/=='):
        self.key, self.received, self.answer = key, [], {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                receiver._handle(self)

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self._server.server_port}/xero/webhook/1'
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handle(self, handler):
        body = handler.rfile.read(int(handler.headers['Content-Length']))
        expected = base64.b64encode(hmac.new(self.key.encode(), body, hashlib.sha256).digest()).decode()
        status = self.answer.get('status') or (200 if hmac.compare_digest(expected, handler.headers['x-xero-signature']) else 401)
        time.sleep(self.answer.get('seconds', 0))
        self.received.append((handler.headers, body, status))
        content = self.answer.get('body', b'')
        handler.send_response(status)
        if 'cookie' in self.answer:
            handler.send_header('Set-Cookie', self.answer['cookie'])
        handler.send_header('Content-Length', str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)
