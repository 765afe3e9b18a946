"""`make bench`: calls, queries and Odoo's own time for posting and exporting many invoices, against what they may be."""
import os
import time
from math import ceil
from unittest.mock import patch

import requests

from odoo import Command, sql_db
from odoo.addons.account_xero.tests.addon.payload_common import XeroPayloadCase
from odoo.tests import tagged

INVOICES = int(os.environ.get('BENCH_INVOICES') or 1000)
PER_CALL = 50


class Meter:
    """Queries, and seconds without those spent waiting for answers."""

    def __enter__(self):
        self.waited, self._send = 0.0, requests.Session.send
        self._patch = patch.object(requests.Session, 'send', self._timed)
        self._patch.start()
        self._queries, self._started = sql_db.sql_counter, time.perf_counter()
        return self

    def __exit__(self, *exception):
        self.seconds = time.perf_counter() - self._started - self.waited
        self.queries = sql_db.sql_counter - self._queries
        self._patch.stop()

    @property
    def _timed(self):
        def send(session, *args, **kwargs):
            started = time.perf_counter()
            try:
                return self._send(session, *args, **kwargs)
            finally:
                self.waited += time.perf_counter() - started
        return send


@tagged('post_install', '-at_install')
class BudgetBenchmark(XeroPayloadCase):

    def drafts(self, partners, **values):
        """Make drafts of three lines with one tax, for each partner in turn."""
        line = {
            'name': "Work", 'quantity': 2, 'price_unit': 33.35, 'account_id': self.company_data['default_account_revenue'].id,
            'tax_ids': [Command.set(self.tax('au_tax_sale_10').ids)]}
        moves = self.env['account.move'].create([{
            'move_type': 'out_invoice', 'partner_id': partners[number % len(partners)].id, 'invoice_date': '2026-11-02', 'date': '2026-11-02',
            'invoice_line_ids': [Command.create(line)] * 3, **values} for number in range(INVOICES)])
        self.env.flush_all()
        return moves

    def export(self, moves):
        """Export what waits; return the number of accounting calls, and a meter of the slices."""
        self.sandbox.requests.clear()
        self.env.invalidate_all()
        with Meter() as meter:
            while self.env['xero.export'].search_count([('move_id', 'in', moves.ids), ('state', '=', 'waiting')]):
                self.run_slice(self.connection)
        self.assertEqual(set(moves.xero_export_ids.mapped('state')), {'synced'})
        return len(self.calls(path='/api.xro/2.0')), meter

    def change(self, moves):
        """Change documents that are in Xero; return the number of accounting calls that this takes."""
        moves.button_draft()
        for move in moves:
            move.invoice_line_ids[0].price_unit = 50
        moves.action_post()
        self.env.flush_all()
        self.sandbox.requests.clear()
        while not all(export.checked_at and export.state == 'synced' for export in moves.xero_export_ids):
            self.run_slice(self.connection)
        for export in moves.xero_export_ids:
            self.assertEqual(export.xero_total, export.move_id.amount_total)
        return len(self.calls(path='/api.xro/2.0'))

    def row(self, name, figure, most):
        """Print a row; whatever is over is an error in the end."""
        print(f"{name:26}{figure:10.2f}   must be ≤ {most}")
        with self.subTest(name):
            self.assertLessEqual(figure, most)

    def test_budgets(self):
        requests_of_documents = ceil(INVOICES / PER_CALL)
        print(f"\n{INVOICES} invoices of three lines")
        self.sync(self.document())

        moves = self.drafts(self.partner_a)
        moves.action_post()
        calls, meter = self.export(moves)
        self.row('calls_known', calls, requests_of_documents)
        self.row('own_ms_stored', meter.seconds * 1000 / INVOICES, 1.5)
        self.row('own_queries_stored', meter.queries / INVOICES, 0.5)

        self.xero_company.tax_calculation_rounding_method = 'round_globally'
        moves = self.drafts(self.partner_a)
        moves.action_post()
        _calls, meter = self.export(moves)
        self.xero_company.tax_calculation_rounding_method = 'round_per_line'
        self.row('own_ms_engine', meter.seconds * 1000 / INVOICES, 4)
        self.row('own_queries_engine', meter.queries / INVOICES, 5)

        self.row('calls_changes_100', self.change(moves[:100]), 8)

        partners = self.env['res.partner'].create([{'name': f"Customer {number}"} for number in range(INVOICES)])
        moves = self.drafts(partners)
        moves.action_post()
        calls, _meter = self.export(moves)
        self.row('calls_new_contacts', calls, 2 * requests_of_documents)

        for name, is_used, most in (('hook_queries_1000', True, 20), ('hook_queries_unconnected', False, 0)):
            moves = self.drafts(self.partner_a)
            with patch.object(self.registry['xero.export'], '_enqueue_posted', lambda *args: None):
                moves.action_post()
            self.env.flush_all()
            with patch.object(self.registry['xero.connection'], '_any_exists', lambda self, is_used=is_used: is_used), Meter() as meter:
                self.env['xero.export']._enqueue_posted(moves)
                self.env.flush_all()
            self.row(name, meter.queries, most)
