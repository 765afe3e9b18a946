"""What it costs to look for payments in Xero, and to register them, against Odoo's own registration of the same payments."""
import time
from datetime import date

import requests

from odoo import fields
from odoo.tools import split_every

from .books import Books
from .local_xero import TIMEOUT, tenant_id
from .meter import Meter
from .stage import size, stage, without_pace

PAYMENTS = size('BENCH_PAYMENTS', 1000, 100)
OPEN = size('BENCH_OPEN', 10_000, 1000)
BANK = '090'        # the code of an account in Xero
AT_ONCE = 100       # payments of one call of the person at Xero
DAY = date(2026, 11, 5)
PATH = '/api.xro/2.0/Payments'


def measure(report):
    with stage('payments') as one, without_pace():
        bank = one.env['account.journal'].search([('type', '=', 'bank')], limit=1)
        bank.write({'xero_payments': 'in', 'xero_payments_since': '2026-01-01'})
        [connection] = one.connect(1)
        map_bank(one, connection, bank)
        books = Books(one)
        template = books.posted(one.journal(connection))
        one.export_all(connection)
        _check(one)     # the first, from the beginning
        if report.wants('quiet_check_calls'):
            books.synced(template, OPEN)
            one.env.cr.execute("UPDATE xero_connection SET compared_at = now() AT TIME ZONE 'UTC'")
            one.xero.forget('requests')
            _check(one)
            report.add('quiet_check_calls', len(one.xero.calls()) / len(one.env['xero.feed']._on(connection)))
        if report.wants('payment_import_calls', 'payment_import_ratio'):
            _measure_import(report, one, books, template, bank)


def map_bank(one, connection, bank):
    """Decide on which account in Xero the payments of a bank journal are booked."""
    resolver = one.env['xero.mapping']._prefetch_for(connection, bank.company_id)
    resolver.find('bank', bank).xero_account_id = one.env['xero.account'].search([('connection_id', '=', connection.id), ('code', '=', BANK)])
    one.commit()


def _check(one):
    """Let the connection look for changes, until it has worked on all of them.

    :return: `Meter` of each slice.
    """
    one.env['xero.feed.position'].search([]).read_at = fields.Datetime.now().replace(year=2025)
    one.env['xero.feed']._ask(one.connections, by_hand=False)
    meters = []
    while one.env['xero.feed']._asked(one.connections):
        one.commit()
        with Meter(one.database) as meter:
            one.run_slice(one.connections)
        meters.append(meter)
    return meters


def _measure_import(report, one, books, template, bank):
    moves = books.queued(template, 2 * PAYMENTS)
    one.export_all(one.connections)
    mine, odoos = moves[:PAYMENTS], moves[PAYMENTS:]
    pay_in_xero(one, mine)
    with Meter(one.database) as own:
        _register(one, odoos, bank)
    one.xero.forget('requests')
    started = time.perf_counter()
    meters = _check(one)
    print(f"    {PAYMENTS} payments in {len(meters)} slices, {time.perf_counter() - started:.1f} s", flush=True)
    rows = one.env['xero.payment'].search([])
    if len(rows) != PAYMENTS or set(rows.mapped('state')) != {'done'} or any(mine.mapped('amount_residual')):
        raise RuntimeError("Not every payment was registered")
    report.add('payment_import_calls', len([call for call in one.xero.calls() if call['path'] == PATH]))
    report.add('payment_import_ratio', sum(meter.own + meter.database for meter in meters) / (own.own + own.database))


def pay_in_xero(one, moves, number=0):
    """Pay invoices in full, as a person at Xero does.

    :param int number: of the organisation.
    """
    url = f'{one.xero.url}/sandbox/organisations/{tenant_id(number)}/in-xero/Payments'
    for exports in split_every(AT_ONCE, moves.xero_export_ids.ids, one.env['xero.export'].browse):
        requests.put(url, timeout=TIMEOUT, json={'Payments': [{
            'Invoice': {'InvoiceID': export.xero_id}, 'Account': {'Code': BANK}, 'Date': str(DAY), 'Amount': export.amount_total,
            'Reference': export.document_name} for export in exports]}).raise_for_status()


def _register(one, moves, bank):
    """Register payments in Odoo, at once: create, post and reconcile them by Odoo's own methods."""
    env = one.env
    method = bank.inbound_payment_method_line_ids[:1]
    payments = env['account.payment'].with_context(force_payment_move=True).create([{
        'journal_id': bank.id, 'payment_type': 'inbound', 'partner_type': 'customer', 'partner_id': move.partner_id.id, 'amount': move.amount_total,
        'date': DAY, 'memo': move.name, 'payment_method_line_id': method.id} for move in moves])
    payments.action_post()
    env['account.move.line']._reconcile_plan([
        (payment.move_id | move).line_ids.filtered(lambda line: line.account_id.account_type == 'asset_receivable')
        for payment, move in zip(payments, moves)])
    one.commit()
