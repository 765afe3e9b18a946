"""Take PNG pictures of pages of a running Odoo, each on a desk's and on a phone's screen.

    python3 -m dev python -m dev.screenshots --db X --out DIR [--url http://localhost:8069] [--login admin] [--password admin] PAGE [PAGE…]

A PAGE is a path such as `/odoo/action-account_xero.xero_export_action`, optionally with a name for its files
(`exports=/odoo/…`). `--eval` runs JavaScript in each page once it has come to rest (to open a dialog, say). Errors
that the browser reports are printed; they, and a page that does not come to rest, make the exit status 1.
Needs requests, websocket-client and a browser.
"""
import argparse
import base64
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests
import websocket

from . import browser

SCREENS = {'1400x900': (1400, 900, False), '390x844': (390, 844, True)}
# Seconds: how long nothing may happen before a page counts as at rest, and how long to wait for that.
QUIET = 0.7
PATIENCE = 60


class Browser:
    """A headless Chromium with one page, spoken to by the DevTools protocol. Use as a context manager."""

    def __enter__(self):
        executable = browser.find()
        if not executable:
            sys.exit("There is no browser on this machine.")
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [executable, '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
             '--hide-scrollbars', '--no-first-run', '--remote-debugging-port=0', '--remote-allow-origins=*',
             f'--user-data-dir={self._profile.name}', 'about:blank'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        page = next(target for target in self._targets() if target['type'] == 'page')
        self._socket = websocket.create_connection(page['webSocketDebuggerUrl'], timeout=PATIENCE)
        self._last_id = 0
        self._pending = set()
        self._last_event = time.monotonic()
        self.errors = []
        for domain in ('Page', 'Network', 'Runtime'):
            self.send(f'{domain}.enable')
        # Else a server that is gone looks like Odoo's own page "You are offline".
        self.send('Network.setBypassServiceWorker', bypass=True)
        return self

    def __exit__(self, *_):
        self._socket.close()
        self._process.terminate()
        self._process.wait(10)
        self._profile.cleanup()

    def _targets(self):
        port_file = Path(self._profile.name) / 'DevToolsActivePort'
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if port_file.exists() and (lines := port_file.read_text().splitlines()):
                return requests.get(f'http://127.0.0.1:{lines[0]}/json', timeout=10).json()
            time.sleep(0.1)
        sys.exit("Chromium does not start.")

    def send(self, method, **parameters):
        """Send one command and return its result, noting the events that arrive meanwhile."""
        self._last_id += 1
        self._socket.settimeout(PATIENCE)
        self._socket.send(json.dumps({'id': self._last_id, 'method': method, 'params': parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get('id') == self._last_id:
                return message.get('result', {})
            self._note(message)

    def _note(self, message):
        event, parameters = message.get('method', ''), message.get('params', {})
        if event == 'Network.requestWillBeSent':
            # The end of a shared worker's script is told to the worker, not to the page.
            if 'worker_bundle' not in parameters['request']['url']:
                self._pending.add(parameters['requestId'])
        elif event == 'Network.responseReceived':
            answer = parameters['response']
            if answer['status'] >= 400:
                self.errors.append(f"{answer['status']} {answer['url']}")
        elif event in ('Network.loadingFinished', 'Network.loadingFailed'):
            self._pending.discard(parameters['requestId'])
        elif event == 'Runtime.exceptionThrown':
            details = parameters['exceptionDetails']
            self.errors.append(details.get('exception', {}).get('description') or details['text'])
        elif event == 'Runtime.consoleAPICalled' and parameters['type'] == 'error':
            self.errors.append(' '.join(str(part.get('value', part.get('description'))) for part in parameters['args']))
        if event.startswith(('Network.', 'Page.')) and 'webSocket' not in event:
            self._last_event = time.monotonic()

    def wait_until_quiet(self):
        """Return whether the page came to rest: loaded, no request under way, no sign of work on the screen."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self._socket.settimeout(0.1)
            try:
                self._note(json.loads(self._socket.recv()))
                continue
            except websocket.WebSocketTimeoutException:
                pass
            if self._pending or time.monotonic() - self._last_event < QUIET:
                continue
            if self.evaluate("""
                document.readyState === 'complete'
                && !document.querySelector('.o_blockUI, .o_loading_indicator, .o_view_sample_data .o_spinner')
                && (!document.querySelector('.o_web_client') || !!document.querySelector('.o_action'))
            """):
                return True
        return False

    def evaluate(self, expression):
        """The value of a JavaScript expression in the page; a promise is awaited."""
        result = self.send('Runtime.evaluate', expression=expression, returnByValue=True, awaitPromise=True)
        return result.get('result', {}).get('value')

    def resize(self, width, height, is_phone):
        self.send('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1,
                  mobile=is_phone)
        self.send('Emulation.setTouchEmulationEnabled', enabled=is_phone)

    def open(self, url):
        self._pending.clear()
        self._last_event = time.monotonic()
        # By way of an empty page: a mere change of the fragment would not load anything.
        self.send('Page.navigate', url='about:blank')
        if failure := self.send('Page.navigate', url=url).get('errorText'):
            self.errors.append(f'{failure} {url}')

    def save_picture(self, path):
        path.write_bytes(base64.b64decode(self.send('Page.captureScreenshot', format='png')['data']))


def log_in(url, database, login, password):
    """Return the cookie of a new session.

    :raise SystemExit: when Odoo refuses
    """
    session = requests.Session()
    answer = session.post(f'{url}/web/session/authenticate', timeout=PATIENCE, json={
        'params': {'db': database, 'login': login, 'password': password}}).json()
    if not (answer.get('result') or {}).get('uid'):
        sys.exit(f"Odoo refuses {login}: {answer.get('error', {}).get('data', {}).get('message', 'wrong password')}")
    return session.cookies['session_id']


def take_pictures(url, pages, folder, session_id, script=None, screens=tuple(SCREENS)):
    """Save one PNG per page and screen, and print their paths.

    :param pages: paths, or `name=path`
    :param str script: runs in each page once it has come to rest
    :param screens: keys of `SCREENS`
    :return: whether every page came to rest and none reported an error
    """
    folder.mkdir(parents=True, exist_ok=True)
    fine = True
    with Browser() as browser:
        browser.send('Network.setCookie', name='session_id', value=session_id, url=url)
        for screen in screens:
            browser.resize(*SCREENS[screen])
            for page in pages:
                name, path = page.split('=', 1) if re.match(r'[\w-]+=/', page) else (None, page)
                name = name or re.sub(r'\W+', '-', path).strip('-') or 'home'
                browser.errors.clear()
                browser.open(url + path)
                is_quiet = browser.wait_until_quiet()
                if script:
                    browser.evaluate(script)
                    is_quiet = browser.wait_until_quiet()
                picture = folder / f'{name}-{screen}.png'
                browser.save_picture(picture)
                print(picture, '' if is_quiet else '(did not come to rest)', flush=True)
                for error in browser.errors:
                    print(f'    {error}', file=sys.stderr)
                fine = fine and is_quiet and not browser.errors
    return fine


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--url', default='http://localhost:8069')
    parser.add_argument('--db', required=True)
    parser.add_argument('--login', default='admin')
    parser.add_argument('--password', default='admin')
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--eval', dest='script')
    parser.add_argument('pages', nargs='+')
    arguments = parser.parse_args()
    try:
        session_id = log_in(arguments.url, arguments.db, arguments.login, arguments.password)
    except requests.ConnectionError:
        sys.exit(f"Nothing answers at {arguments.url}. Start `make demo` first, or name another one.")
    fine = take_pictures(arguments.url, arguments.pages, arguments.out, session_id, arguments.script)
    return 0 if fine else 1


if __name__ == '__main__':
    sys.exit(main())
