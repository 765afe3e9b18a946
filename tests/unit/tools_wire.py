"""A server on loopback that gives prepared answers and records the requests."""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    method: str
    path: str
    query: dict
    headers: dict
    body: bytes


class Wire:
    """Answers requests in the order in which the answers were given to :meth:`answers`."""

    def __init__(self):
        self.asked = []
        self._answers = []
        self._released = threading.Event()
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def _answer(self):
                url = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
                query = {key: value[0] for key, value in parse_qs(url.query).items()}
                wire.asked.append(Asked(self.command, url.path, query, dict(self.headers), body))
                wire._answers.pop(0)(self)

            do_GET = do_PUT = do_POST = do_DELETE = _answer

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f'http://localhost:{self._server.server_port}'

    def answers(self, *answers):
        self._answers.extend(answers)

    def close(self):
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # === Answers === #

    def reply(self, body=b'', status=200, cut=False, **headers):
        """Answer; ``cut`` breaks the line before the end of the body."""
        if not isinstance(body, bytes):
            body = body.encode() if isinstance(body, str) else json.dumps(body).encode()

        def answer(handler):
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace('_', '-'), str(value))
            handler.send_header('Content-Length', str(len(body) + (10 if cut else 0)))
            handler.end_headers()
            handler.wfile.write(body)
            handler.close_connection = cut

        return answer

    def silence(self, handler):
        """Take the request and never answer."""
        self._released.wait(20)
        handler.close_connection = True

    def hang_up(self, handler):
        """Take the request and break the line."""
        handler.close_connection = True
