"""Several connections at once: real Odoo servers run the scheduled actions, the local Xero answers slowly."""
import time
from contextlib import ExitStack
from datetime import datetime

from dev.server import free_port, start_odoo

from .books import Books
from .stage import size, stage

CEILING_SECONDS = size('BENCH_CEILING_SECONDS', 180, 60)
SERVER_INVOICES = size('BENCH_SERVER_INVOICES', 1500, 500)
LONG_INVOICES = size('BENCH_LONG_INVOICES', 4500, 1000)
LONG_SECONDS = size('BENCH_LONG_SECONDS', 180, 45)     # about ten turns of each connection, so that one more or less counts for a tenth
LONG_CONNECTIONS = 6
CONNECTIONS = size('BENCH_CONNECTIONS', 200, 12)
CONNECTION_INVOICES = 100
PER_CALL = 50
PATIENCE = 1800     # seconds until a run counts as stuck


def measure(report):
    if report.wants('ceiling_share', 'neighbour_wait_s'):
        _measure_ceiling(report)
    if report.wants('two_servers'):
        _measure_servers(report)
    if report.wants('fair_long'):
        _measure_fair_long(report)
    if report.wants('fair_200'):
        _measure_fair_200(report)


def _templates(one, count):
    """Connect organisations, and export one invoice through each.

    :return: tuple of the books and the invoices.
    """
    connections = one.connect(count)
    books = Books(one)
    templates = [books.posted(one.journal(connection)) for connection in connections]
    for connection in connections:
        one.export_all(connection)
    return books, templates


def _fill(one, connections, invoices, latency):
    """Give each of some connections a queue of invoices, and let Xero answer after some seconds."""
    books, templates = _templates(one, connections)
    for template in templates:
        books.queued(template, invoices)
    one.xero.lever('settings', latency=latency)


def _servers(one, number=1, workers=1):
    """Start Odoo servers, as a context manager, that run so many scheduled actions at once each."""
    stack = ExitStack()
    for _server in range(number):
        # Processes, as a server of production has them: threads would share one core
        stack.enter_context(start_odoo(one.database, free_port(), workers=1, cron_threads=workers))
    return stack


def _until(condition, what):
    """Wait until something is true; return the seconds that took."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > PATIENCE:
            raise RuntimeError(f"{what} did not happen within {PATIENCE} s")
        time.sleep(0.2)
    return time.monotonic() - started


def _measure_ceiling(report):
    """A lone connection with a long queue at Xero's limit, and a neighbour with a single invoice."""
    with stage('ceiling', organisations=2) as one:
        books, (long, single) = _templates(one, 2)
        books.queued(long, CEILING_SECONDS * PER_CALL)
        one.xero.lever('settings', latency=0.2)
        one.xero.lever('limits', enabled=True)
        one.xero.forget('requests')
        with _servers(one):
            _until(lambda: sum(one.xero.invoice_counts()) > 2, "The first invoice")
            started = time.monotonic()
            time.sleep(CEILING_SECONDS / 3)
            books.queued(single, 1)
            wait = _until(lambda: one.xero.invoice_counts()[1] > 1, "The neighbour's invoice")
            time.sleep(max(0, CEILING_SECONDS - (time.monotonic() - started)))
        times = [datetime.fromisoformat(call['time']) for call in one.xero.calls(0)]
        made = sum((moment - times[0]).total_seconds() <= CEILING_SECONDS for moment in times)
        report.add('ceiling_share', made / CEILING_SECONDS)
        report.add('neighbour_wait_s', wait)


def _measure_servers(report):
    """Two connections on one server with one worker, then on two."""
    with stage('servers', organisations=2) as one:
        books, templates = _templates(one, 2)
        one.xero.lever('settings', latency=1)
        spent = []
        for number in (1, 2):
            one.xero.forget('requests')
            target = [count + SERVER_INVOICES for count in one.xero.invoice_counts()]
            with _servers(one, number):
                for template in templates:
                    books.queued(template, SERVER_INVOICES)
                _until(lambda target=target: one.xero.invoice_counts() == target, "The last invoice")
            times = [datetime.fromisoformat(call['time']) for call in one.xero.calls(method='PUT')]
            spent.append((times[-1] - times[0]).total_seconds())
        report.add('two_servers', spent[0] / spent[1])


def _measure_fair_long(report):
    """More long queues than workers: what each has sent after some time."""
    with stage('long', organisations=LONG_CONNECTIONS) as one:
        _fill(one, LONG_CONNECTIONS, LONG_INVOICES, latency=1)
        with _servers(one, workers=2):
            _until(lambda: sum(one.xero.invoice_counts()) > LONG_CONNECTIONS, "The first invoice")
            time.sleep(LONG_SECONDS)
            sent = [count - 1 for count in one.xero.invoice_counts()]
        report.add('fair_long', min(sent) / (sum(sent) / len(sent)))


def _measure_fair_200(report):
    """Many connections with two requests each. One request lasts as long as a slice: else each slice would send all, and any order were fair."""
    with stage('many', organisations=CONNECTIONS) as one:
        _fill(one, CONNECTIONS, CONNECTION_INVOICES, latency=5)
        with _servers(one, workers=2):
            _until(lambda: sum(one.xero.invoice_counts()) > CONNECTIONS, "The first invoice")
            all_begun = _until(lambda: min(one.xero.invoice_counts()) > 1, "Each connection's first invoice")
            rest = _until(lambda: min(one.xero.invoice_counts()) > CONNECTION_INVOICES, "The last invoice")
        report.add('fair_200', all_begun / (all_begun + rest))
