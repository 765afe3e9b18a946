"""Whether a long queue costs more per invoice than a short one."""
from pathlib import Path

from .books import Books
from .meter import Meter
from .stage import size, stage, without_pace

SHORT = size('BENCH_SHORT_QUEUE', 1000, 200)
LONG = size('BENCH_LONG_QUEUE', 10_000, 2000)


def measure(report):
    with stage('queue') as one, without_pace():
        [connection] = one.connect(1)
        books = Books(one)
        template = books.posted(one.journal(connection))
        one.export_all(connection)
        results = [_export(one, books, template, count) for count in (SHORT, LONG)]
        (short_seconds, short_memory), (long_seconds, long_memory) = results
        report.add('time_10k_over_1k', long_seconds / short_seconds)
        report.add('memory_10k_over_1k', long_memory / short_memory)


def _export(one, books, template, count):
    """Export copies of an invoice.

    :return: tuple of own and database seconds per invoice, and the most memory of the process meanwhile, in kB.
    """
    books.queued(template, count)
    Path('/proc/self/clear_refs').write_text('5')      # the peak starts again
    with Meter(one.database) as meter:
        one.export_all(one.connections)
    [peak] = [line for line in Path('/proc/self/status').read_text().splitlines() if line.startswith('VmHWM')]
    return (meter.own + meter.database) / count, int(peak.split()[1])
