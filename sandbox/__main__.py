"""``python -m sandbox [--port 8070]``: the local Xero on a port of its own."""
import argparse
import contextlib
import signal
import sys

from .server import SandboxServer


def main():
    parser = argparse.ArgumentParser(prog='sandbox', description=__doc__)
    parser.add_argument('--port', type=int, default=8070)
    parser.add_argument('--host', default='localhost', help='a loopback name or address (default: localhost)')
    parser.add_argument('--allow-loopback-redirects', action='store_true', help='accept redirect URIs with http://127.0.0.1')
    parser.add_argument('--redirect-uri', action='append', default=[], help='register one more redirect URI for every app')
    options = parser.parse_args()
    try:
        server = SandboxServer(options.port, options.host)
    except (OSError, SystemExit):
        sys.exit(f'sandbox: port {options.port} is taken; choose another with --port')
    server.sandbox.allow_loopback_redirects = options.allow_loopback_redirects
    for app in server.sandbox.apps.values():
        app.redirect_uris += options.redirect_uri
    print(f'Local Xero at {server.url} (organisations, request log: {server.url}/sandbox/requests)', flush=True)
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == '__main__':
    main()
