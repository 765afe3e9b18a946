"""Calls, queries and processor time for posting and exporting 1,000 invoices."""
from math import ceil
from unittest.mock import patch

from odoo.tools import SQL

from .books import Books
from .meter import Meter
from .stage import size, stage, without_pace

INVOICES = size('BENCH_INVOICES', 1000, 200)
CHANGED = min(100, INVOICES)
PER_CALL = 50


def measure(report):
    with stage('budgets') as one, without_pace():
        books = Books(one)
        if report.wants('hook_queries_unconnected'):
            _post, hook = _post_metered(one, books.drafts(INVOICES, day='2026-10-02'))    # before the connection exports anything
            report.add('hook_queries_unconnected', hook.queries)
        [connection] = one.connect(1)
        journal = one.journal(connection)
        books.posted(journal)
        one.export_all(connection)

        before = _size(one)
        moves = _measure_stored(report, one, books.drafts(INVOICES, journal))
        report.add('db_mb_per_1000', (_size(one) - before) / 1e6 / INVOICES * 1000)
        if report.wants('own_ms_engine', 'own_queries_engine'):
            _measure_engine(report, one, books, journal)
        if report.wants('calls_changes_100'):
            report.add('calls_changes_100', _change(one, moves[:CHANGED]))
        if report.wants('calls_new_contacts'):
            _measure_new_contacts(report, one, books, journal)


def _measure_stored(report, one, moves):
    """Post and export invoices whose amounts are stored."""
    post, hook = _post_metered(one, moves)
    report.add('hook_queries_1000', hook.queries)
    report.add('hook_time_share', 100 * _seconds(hook) / _seconds(post))
    calls, meter, engine = _export(one)
    if engine:
        raise RuntimeError("The tax engine ran for invoices whose amounts are stored")
    report.add('calls_known', calls * (1 if INVOICES == 1000 else ceil(1000 / PER_CALL) / ceil(INVOICES / PER_CALL)))
    report.add('own_ms_stored', meter.own * 1000 / INVOICES)
    report.add('own_over_posting', meter.own / (post.own - hook.own))    # a busy machine slows down both
    report.add('own_queries_stored', meter.queries / INVOICES)
    return moves


def _seconds(meter):
    return meter.own + meter.database


def _post_metered(one, moves):
    """Post documents at once.

    :return: tuple of the meter of all of it, and the meter of the add-on's hook in it.
    """
    Export, hook = type(one.env['xero.export']), Meter(one.database)
    enqueue = Export._enqueue_posted

    def metered(self, posted):
        self.env.cr.flush()     # with Odoo's own notes of the posting, which the hook's savepoint would run else
        with hook:
            enqueue(self, posted)
            self.env.flush_all()

    one.env['xero.connection']._any_exists()    # cached in a server that works
    with patch.object(Export, '_enqueue_posted', metered), Meter(one.database) as post:
        moves.action_post()
        one.env.flush_all()
    one.commit()
    return post, hook


def _export(one):
    """Export what waits.

    :return: tuple of the number of accounting calls, the meter of the slices, and how often the tax engine was called.
    """
    Tax, runs = type(one.env['account.tax']), []
    engine = Tax._add_tax_details_in_base_lines

    def counted(self, *args, **kwargs):
        runs.append(1)
        return engine(self, *args, **kwargs)

    one.xero.forget('requests')
    one.commit()
    with patch.object(Tax, '_add_tax_details_in_base_lines', counted), Meter(one.database) as meter:
        one.export_all(one.connections)
    return len(one.xero.calls()), meter, len(runs)


def _measure_engine(report, one, books, journal):
    """Export invoices whose tax is rounded globally, so that the stored amounts of their lines do not add up to it."""
    one.env.company.tax_calculation_rounding_method = 'round_globally'
    books.queued(books.posted(journal, price=33.33, quantity=1), INVOICES - 1)
    _calls, meter, engine = _export(one)
    one.env.company.tax_calculation_rounding_method = 'round_per_line'
    if engine < INVOICES:
        raise RuntimeError(f"The tax engine ran {engine} times for {INVOICES} invoices that need it")
    report.add('own_ms_engine', meter.own * 1000 / INVOICES)
    report.add('own_queries_engine', meter.queries / INVOICES)


def _change(one, moves):
    """Change documents that are in Xero; return the number of accounting calls that this takes."""
    moves.button_draft()
    for move in moves:
        move.invoice_line_ids[0].price_unit = 50
    moves.action_post()
    # Tests change documents again within the seconds in which changes are gathered
    one.env.cr.execute(SQL("UPDATE xero_connection SET changes_sent_at = NULL"))
    one.xero.forget('requests')
    exports = moves.xero_export_ids
    one.run_slice(one.connections)
    while not all(export.checked_at and export.state == 'synced' for export in exports):
        one.env.cr.execute(SQL("UPDATE xero_export SET next_try_at = NULL WHERE id = ANY(%s)", exports.ids))
        one.run_slice(one.connections)
    if any(export.xero_total != export.move_id.amount_total for export in exports):
        raise RuntimeError("Not every change is in Xero")
    return len(one.xero.calls())


def _measure_new_contacts(report, one, books, journal):
    template = books.posted(journal)
    moves = template | books.copy(template, INVOICES - 1)
    partners = one.env['res.partner'].create([{'name': f"Customer {number}"} for number in range(INVOICES)])
    one.env.flush_all()
    for table, column in (('account_move', 'id'), ('account_move_line', 'move_id')):
        one.env.cr.execute(SQL(
            """UPDATE %s row SET partner_id = pair.partner FROM unnest(%s, %s) AS pair (move, partner) WHERE row.%s = pair.move""",
            SQL.identifier(table), moves.ids, partners.ids, SQL.identifier(column)))
    one.env.cr.execute(SQL("UPDATE account_move SET commercial_partner_id = partner_id WHERE id = ANY(%s)", moves.ids))
    one.env.invalidate_all()
    one.env['xero.export']._enqueue_posted(moves - template)
    template.xero_export_ids._touch()
    calls, _meter, _engine = _export(one)
    report.add('calls_new_contacts', calls)


def _size(one):
    """Return how many bytes the add-on's tables take."""
    [(size_in_bytes,)] = one.env.execute_query(SQL(
        "SELECT SUM(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relname LIKE 'xero%%'"))
    return int(size_in_bytes)
