"""What a slice costs that finds nothing to do in large books, and how long a person waits for the list of exports there."""
import ast
import statistics
from contextlib import ExitStack
from unittest.mock import patch

from lxml import etree

from odoo import Command
from odoo.tools.safe_eval import safe_eval

from dev import postgres

from .books import Books
from .meter import Meter
from .stage import size, stage, without_pace

EXPORTS = size('BENCH_EXPORTS', 100_000, 20_000)
WRITTEN = EXPORTS // 25     # documents that were written within the last hour
RUNS = 3
IDLE_RUNS = 15      # they are short: one of them alone takes from 14 to 25 ms
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
            slices.append(statistics.median(_idle(one) for _run in range(IDLE_RUNS)))
        report.add('sweep_100k_ms', max(sweeps))
        report.add('idle_100k_ms', max(slices))
        _make_various(one)
        waits = _screens(one)
        slowest = max(waits, key=waits.get)
        print(f"The slowest for a person at {EXPORTS:,} exports: {slowest}", flush=True)
        report.add('screen_100k_ms', waits[slowest])


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


def _make_various(one):
    """Let one of 100 exports have failed for an account, and one of 1,000 be different."""
    one.env.cr.execute("""
        UPDATE xero_export SET state = 'failed', cause = 'account', operation = 'create', xero_id = NULL,
            message = 'No Xero account has been chosen for Other Income. Choose it in the mapping.'
        WHERE id % 100 = 0 AND xero_id IS NOT NULL""")
    one.env.cr.execute("UPDATE xero_export SET difference = 'The total differs: 73.37 here, 70.00 in Xero.' WHERE id % 1000 = 1")
    one.commit()
    postgres.query("VACUUM ANALYZE xero_export", database=one.database)


def _screens(one):
    """Return the milliseconds of processor time, Odoo's and PostgreSQL's, of what the list of exports asks of the server for a billing user.

    :return: dict of what was asked to milliseconds: the median of some runs, without the records that Odoo has read before.
    """
    clerk = one.env['res.users'].create({
        'name': "Clerk", 'login': 'clerk', 'group_ids': [Command.set(one.env.ref('account.group_account_invoice').ids)],
        'company_id': one.env.company.id, 'company_ids': [Command.set(one.env.company.ids)]})
    one.commit()
    Export = one.env['xero.export'].with_user(clerk).with_context(bin_size=True, lang='en_US')
    views = Export.get_views([(False, 'list'), (False, 'search')])['views']
    shown = {node.get('name') for node in etree.fromstring(views['list']['arch']).xpath('/list/field')}
    specification = {
        name: {'fields': {'display_name': {}}} if Export._fields[name].type == 'many2one' else {} for name in shown}
    asked = {
        "list": lambda: Export.web_search_read([], specification, limit=80, count_limit=10_001),
        "tiles": lambda: Export.retrieve_tiles([]),
        "buttons for causes": lambda: Export.get_fixes([]),
        "buttons for causes of what needs attention": lambda: Export.get_fixes([('state', '=', 'failed')]),
        "what the user sent again": Export.get_asked,
        "whether something needs attention": lambda: Export.has_attention([]),
        "graph and pivot": lambda: Export.formatted_read_group([], ['shown_state', 'cause'], ['__count', 'amount_total:sum']),
        "search for a text": lambda: Export.web_search_read(
            ['|', '|', '|', *((name, 'ilike', 'INV/9') for name in ('document_name', 'partner_id', 'xero_number', 'message'))],
            specification, limit=80, count_limit=10_001),
    }
    for node in etree.fromstring(views['search']['arch']).iter('filter'):
        if node.get('domain'):
            domain = safe_eval(node.get('domain'), {'uid': clerk.id})
            asked[f"filter {node.get('name')}"] = lambda domain=domain: Export.web_search_read(domain, specification, limit=80, count_limit=10_001)
        elif node.get('context'):
            field = ast.literal_eval(node.get('context'))['group_by']
            group = f'{field}:month' if Export._fields[field].type in ('date', 'datetime') else field
            asked[f"group by {field}"] = lambda group=group: Export.formatted_read_group([], [group], ['__count'])
    return {name: statistics.median(_wait(one, ask) for _run in range(RUNS)) for name, ask in asked.items()}


def _wait(one, ask):
    one.commit()
    with Meter(one.database) as meter:
        ask()
    return (meter.own + meter.database) * 1000
