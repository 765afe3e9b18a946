"""The sandbox as a server: from the command line or inside a test process."""
import threading

from werkzeug.serving import WSGIRequestHandler, make_server

from .app import create_app
from .state import Sandbox


class QuietHandler(WSGIRequestHandler):
    """Logs nothing (the request log does, without secrets) and answers without Nagle's delay."""
    disable_nagle_algorithm = True

    def log(self, type, message, *args):
        pass


class SandboxServer:
    """A threaded server on a loopback address.

    ::

        with SandboxServer(port=0) as server:
            server.url, server.sandbox

    :param int port: 0 takes a free one
    :param Sandbox sandbox: the state to serve; a fresh one if None
    """

    def __init__(self, port=8070, host='localhost', sandbox=None):
        self.sandbox = sandbox or Sandbox()
        self._app = create_app(self.sandbox)
        self._server = make_server(host, port, self._app, threaded=True, request_handler=QuietHandler)
        self.url = f'http://{host}:{self._server.port}'
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve_forever(self):
        """Serve in this thread until interrupted."""
        self._server.serve_forever()

    def lever(self, path, order=None, method='POST'):
        """Pull one lever, without the socket: ``lever('/clock', {'advance_seconds': 60})``.

        :return: its reply; :raise ValueError: if it is refused
        """
        answer = self._app.test_client().open(f'/sandbox{path}', method=method, json=order)
        if answer.status_code >= 400:
            raise ValueError(answer.text)
        return answer.json

    def in_xero(self, tenant_id, method, path, body=None):
        """Do as somebody does on Xero's own screens: ``in_xero(tenant, 'PUT', '/Payments', {...})``.

        :return: what the API would reply; :raise ValueError: with the reasons, if Xero refuses it
        """
        return self.lever(f'/organisations/{tenant_id}/in-xero{path}', body, method)

    __enter__ = start

    def __exit__(self, *_exc):
        self.stop()
