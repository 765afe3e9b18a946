"""What a slice costs that finds nothing to do in large books."""
import statistics
from contextlib import ExitStack
from unittest.mock import patch

from dev import postgres

from .books import Books
from .meter import Meter
from .stage import size, stage, without_pace

EXPORTS = size('BENCH_EXPORTS', 100_000, 20_000)
WRITTEN = EXPORTS // 25     # documents that were written within the last hour
RUNS = 3
STEPS = ('xero.step.sweep', 'xero.step.silent_changes')


def measure(report):
    with stage('size') as one, without_pace():
        [connection] = one.connect(1)
        books = Books(one)
        template = books.posted(one.journal(connection))
        one.export_all(connection)
        moves = books.synced(template, EXPORTS)
        one.commit()
        postgres.query("VACUUM", database=one.database)      # as PostgreSQL itself does every now and then
        books.touch(moves[::EXPORTS // WRITTEN])
        connection.compared_at = connection.swept_at
        sweeps, slices = [], []
        # With statistics from before there was anything, then with those of now: each has led PostgreSQL to a bad plan
        for statement in ("SELECT 1", "ANALYZE"):
            one.env.cr.execute(statement)
            sweeps.append(statistics.median(_sweep(one) for _run in range(RUNS)))
            slices.append(statistics.median(_idle(one) for _run in range(RUNS)))
        report.add('sweep_100k_ms', max(sweeps))
        report.add('idle_100k_ms', max(slices))


def _sweep(one):
    """Run a slice that sweeps; return the milliseconds of processor time, Odoo's and PostgreSQL's, that its two steps take."""
    meters = []

    def timed(original):
        def run(self, slice):
            self.env.flush_all()
            with Meter(one.database) as meter:
                original(self, slice)
            meters.append(meter)
        return run

    one.connections.swept_at = False
    with ExitStack() as stack:
        for name in STEPS:
            step = type(one.env[name])
            stack.enter_context(patch.object(step, '_run', timed(step._run)))
        one.run_slice(one.connections)
    if not one.connections.swept_at:
        raise RuntimeError("The slice did not sweep")
    return sum(meter.own + meter.database for meter in meters) * 1000


def _idle(one):
    """Run a slice that finds nothing to do; return its milliseconds of processor time, Odoo's and PostgreSQL's."""
    one.commit()
    with Meter(one.database) as meter:
        one.connections._run_slice()
    return (meter.own + meter.database) * 1000
