"""Start and stop Odoo servers on the loopback interface."""
import contextlib
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from . import odoo_source, postgres
from .commands import SetupError
from .environment import environment
from .scratch import LOGS, PYTHON


@dataclass
class Server:
    """A running Odoo: where it listens, where it logs, its process."""
    database: str
    url: str
    log: Path
    process: subprocess.Popen

    def wait(self, seconds=None):
        """Return when the server ends, or after `seconds`."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def wake_scheduled_actions(self):
        """Make the server look for due scheduled actions now: a fresh one waits up to a minute."""
        postgres.query('NOTIFY cron_trigger, %s', [self.database])


def check_port(port, variable):
    """Refuse a port that somebody listens on.

    :param variable: the environment variable that chooses it, for the message
    :raise SetupError: when the port is taken
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('127.0.0.1', port))
        except OSError as error:
            raise SetupError(
                f"Port {port} is in use. Stop what uses it, or choose another one: {variable}={port + 100}.") from error


@contextlib.contextmanager
def start_odoo(database, port, *arguments, workers=0, cron_threads=2, extra_environment=None):
    """Serve one database until the block ends.

    :param arguments: more of Odoo's own command line
    :param workers: processes for HTTP; 0 serves with threads
    :param cron_threads: how many scheduled actions may run at once
    :param extra_environment: variables on top of the usual ones
    :return: a `Server` that answers
    :raise SetupError: when it does not answer within two minutes, with the end of its log
    """
    check_port(port, 'ODOO_PORT')
    log = LOGS / f'serve-{database}.log'
    command = [
        PYTHON, odoo_source.program(), 'server', '-d', database, f'--db-filter=^{database}$', f'--http-port={port}',
        f'--workers={workers}', f'--max-cron-threads={cron_threads}', *arguments]
    if workers:
        command.append(f'--gevent-port={free_port()}')
    with open(log, 'w') as output:
        process = subprocess.Popen(
            command, env={**environment(), **(extra_environment or {})}, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT)
    try:
        server = Server(database, f'http://localhost:{port}', log, process)
        _wait_until_it_answers(server)
        server.wake_scheduled_actions()
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port():
    """A port of the loopback interface on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def _wait_until_it_answers(server):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.process.poll() is None:
        # Not ready yet, in whatever way that shows.
        with contextlib.suppress(OSError), urllib.request.urlopen(f'{server.url}/web/health', timeout=10) as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise SetupError(f"Odoo does not answer; the whole log is {server.log}\n{server.log.read_text()[-4000:]}")
