"""`make chaos`: what may happen to servers, lines and Xero while documents are exported and payments are imported.

Real Odoo servers run the scheduled actions against the local Xero. After each event the work has to end well: every posted document exactly
once in Xero, with its total; every payment made in Xero exactly once in Odoo; no export on its way for ever; no activity open. Writes
`chaos.json`.
"""
import json
import os
import random
import time
from collections import Counter
from datetime import timedelta

from odoo.addons.account_xero.tests.passing_time import let_time_pass
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from dev import databases
from dev.commands import progress
from dev.scratch import REPOSITORY
from dev.server import free_port, start_odoo

from .books import Books
from .local_xero import CLIENT_ID, tenant_id
from .payments import map_bank, pay_in_xero
from .stage import prepare, stage

OUTPUT = REPOSITORY / 'chaos.json'
SEED = int(os.environ.get('CHAOS_SEED') or random.randrange(2 ** 32))
KILLS = int(os.environ.get('CHAOS_KILLS') or 10)
PAYMENTS = int(os.environ.get('CHAOS_PAYMENTS') or 100)     # of each connection, at each kill of an import
DOCUMENTS = int(os.environ.get('CHAOS_DOCUMENTS') or 40)    # of each connection, at each event
PER_CALL = 5        # documents in one request, so that there are many moments to fail in
LATENCY = 0.1
PATIENCE = 90       # seconds that the work may take after an event
STANDSTILL = 3      # seconds without progress after which some minutes pass
EVENTS = {
    'killed': "a server is killed while it exports",
    'import_killed': "a server is killed while it registers payments",
    'line_dropped': "the line drops after Xero saved",
    'xero_down': "Xero is down for an hour",
    'refresh_race': "two workers renew the access at once",
    'day_used_up': "the day's limit of calls is used up",
}


class Chaos:
    """Two connections of one authorization, and what happens to them.

    :param stage: the `Stage`.
    """

    def __init__(self, stage):
        self.stage, self.env, self.xero = stage, stage.env, stage.xero
        self.random = random.Random(SEED)
        self.bank = self.env['account.journal'].search([('type', '=', 'bank')], limit=1)
        self.bank.write({'xero_payments': 'in', 'xero_payments_since': '2026-01-01'})
        connections = stage.connect(2)
        for connection in connections:
            map_bank(stage, connection, self.bank)
        self.books = Books(stage)
        self.templates = [self.books.posted(stage.journal(connection)) for connection in connections]
        for connection in connections:
            stage.export_all(connection)
        self.xero.lever('settings', latency=LATENCY)

    def server(self, workers=2):
        """Start an Odoo server, as a context manager, that runs so many scheduled actions at once."""
        return start_odoo(self.stage.database, free_port(), cron_threads=workers)

    # === WORK === #

    def queue(self):
        """Post documents of both connections."""
        for template in self.templates:
            moves = self.books.copy(template, DOCUMENTS)
            self.env['xero.export']._enqueue_posted(moves)
            self.env.flush_all()
            self.env.cr.execute(SQL("UPDATE xero_export SET batch_limit = %s WHERE move_id = ANY(%s)", PER_CALL, moves.ids))
        self.stage.commit()

    def wake(self, server, **delta):
        """Let time pass, and have the scheduled actions run that are due then."""
        for _try in range(20):
            try:
                let_time_pass(self.env, timedelta(**delta))
                self.env.cr.execute("UPDATE ir_cron_trigger SET call_at = now() AT TIME ZONE 'UTC' WHERE call_at > now() AT TIME ZONE 'UTC'")
                self.stage.connections._arm()
                self.stage.commit()
                break
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:      # a slice writes the same rows
                self.env.cr.rollback()
                self.env.invalidate_all(flush=False)
                time.sleep(0.2)
        server.wake_scheduled_actions()

    def open_exports(self):
        self.stage.commit()
        return self.env['xero.export'].search_count([('state', '!=', 'synced')])

    def finish(self, server):
        """Let servers work until everything is in Xero, and what was asked for is in Odoo."""
        deadline, last, moved_at = time.monotonic() + PATIENCE, None, 0
        while left := (self.open_exports(), self.open_readings()) != (0, 0):
            if left != last:
                last, moved_at = left, time.monotonic()
            elif time.monotonic() - moved_at > STANDSTILL:
                self.wake(server, minutes=5)
                moved_at = time.monotonic()
            if time.monotonic() > deadline:
                return
            time.sleep(0.2)

    def faults(self):
        """Return what is wrong now, as list of sentences; empty if all is well."""
        self.stage.commit()
        faults, Export = [], self.env['xero.export']
        states = Counter(Export.search([]).mapped('state'))
        if set(states) != {'synced'}:
            faults.append(f"exports are {dict(states)}")
        for number, template in enumerate(self.templates):
            moves = self.env['account.move'].search([('journal_id', '=', template.journal_id.id), ('state', '=', 'posted')])
            held = Counter(
                (row['InvoiceNumber'], round(float(row['Total']), 2)) for row in self.xero.read(f'organisations/{tenant_id(number)}/Invoices')
                if row['Status'] not in ('VOIDED', 'DELETED'))
            wanted = Counter((move.name, round(move.amount_total, 2)) for move in moves)
            if held != wanted:
                faults.append(f"organisation {number}: {len(wanted - held)} documents are missing, {len(held - wanted)} are too many")
        if activities := self.env['mail.activity'].search_count([('res_model', 'in', ('xero.connection', 'account.move'))]):
            faults.append(f"{activities} activities are open")
        if set(self.stage.connections.mapped('status')) != {'connected'}:
            faults.append("a connection is not connected")
        return faults

    # === EVENTS === #

    def kill(self, server):
        """Kill a server at a random moment of an export.

        :return: whether there was work left.
        """
        self.queue()
        self.wake(server)
        time.sleep(self.random.uniform(0.05, 2.5))
        server.process.kill()
        server.process.wait()
        return self.open_exports() > 0

    def kill_import(self, server):
        """Pay documents in Xero, and kill a server at a random moment while it registers that in Odoo.

        :return: whether there was work left.
        """
        for number, template in enumerate(self.templates):
            pay_in_xero(self.stage, self.env['account.move'].search(
                [('journal_id', '=', template.journal_id.id), ('amount_residual', '>', 0)], limit=PAYMENTS), number)
        self.stage.commit()
        self.env['xero.feed']._ask(self.stage.connections, by_hand=False)
        self.wake(server)
        time.sleep(self.random.uniform(0.05, 1.5))
        server.process.kill()
        server.process.wait()
        return self.open_readings() > 0

    def open_readings(self):
        self.stage.commit()
        return self.env['xero.sync'].search_count([('run', '=', 'incoming'), ('end_at', '=', False)])

    def payment_faults(self):
        """Return what is wrong with the payments, as list of sentences: each of them has to be in Odoo once, with its amount, on its document."""
        self.stage.commit()
        rows = self.env['xero.payment'].search([])
        faults = [f"a payment in Xero is {row.state}: {row.reason}" for row in rows if row.state != 'done'][:3]
        made = self.env['account.payment'].search([('journal_id', '=', self.bank.id)])
        if made != rows.payment_id or len(made) != len(rows):
            faults.append(f"{len(rows)} payments in Xero became {len(made)} in Odoo, of which {len(rows.payment_id)} are known")
        for number, template in enumerate(self.templates):
            held = {row['InvoiceNumber'] for row in self.xero.read(f'organisations/{tenant_id(number)}/Invoices') if row['Status'] == 'PAID'}
            paid = self.env['account.move'].search([
                ('journal_id', '=', template.journal_id.id), ('state', '=', 'posted'), ('amount_residual', '=', 0)])
            if held != set(paid.mapped('name')):
                faults.append(f"organisation {number}: {len(held)} documents are paid in Xero, {len(paid)} in Odoo")
        return faults

    def drop_lines(self):
        """Have Xero save some requests and send no answer."""
        for skip in sorted(self.random.sample(range(8), 3)):
            self.xero.lever('faults', kind='drop_after', method='PUT', path='/Invoices', skip=skip)

    def be_down(self, server):
        """Have Xero answer nothing for an hour."""
        self.xero.lever('faults', kind='503', path='/api.xro', times=1_000_000)
        for _part in range(3):
            self.wake(server, minutes=20)
            time.sleep(2)
        self.xero.forget('faults')

    def expire_access(self):
        """Let the access token that both connections use expire."""
        self.stage.commit()
        self.env['xero.authorization'].search([]).write({'access_expires_at': '2020-01-01'})
        self.stage.commit()

    def use_up_day(self, server):
        """Have Xero refuse calls until the next day, and let that come."""
        self.xero.lever('limits', enabled=True, minute=10_000, use={'client_id': CLIENT_ID, 'tenant': tenant_id(0), 'calls': 1_000_000})
        self.wake(server)
        time.sleep(3)
        refused = self.xero.calls(0, status=429)
        self.xero.lever('clock', advance_seconds=24 * 3600)
        self.wake(server, days=1)
        return bool(refused)


def run(chaos):
    """Let every event happen. Return the rows of `chaos.json`."""
    rows = []

    def note(name, value, faults):
        rows.append({'name': name, 'value': value, 'ok': not faults, 'what': EVENTS[name], 'faults': faults})
        progress(f"{EVENTS[name]}: {value}; {'; '.join(faults) or 'all is well'}")

    def kill_often(name, kill, faults_of):
        """Kill servers until so many kills met work, and let the next server finish it each time."""
        kills, faults, tries = 0, [], 0
        while kills < KILLS and tries < 2 * KILLS:
            tries += 1
            with chaos.server() as server:
                kills += kill(server)
            with chaos.server() as server:
                chaos.wake(server, minutes=1)
                chaos.finish(server)
                faults += faults_of()
        note(name, kills, faults + ([] if kills == KILLS else [f"only {kills} of {KILLS} kills met work"]))

    kill_often('killed', chaos.kill, chaos.faults)
    kill_often('import_killed', chaos.kill_import, chaos.payment_faults)
    with chaos.server() as server:
        chaos.drop_lines()
        chaos.queue()
        chaos.finish(server)
        note('line_dropped', 3, chaos.faults())

        chaos.queue()
        chaos.be_down(server)
        chaos.finish(server)
        note('xero_down', 1, chaos.faults())

        chaos.xero.forget('requests')
        for _round in range(5):
            chaos.expire_access()
            chaos.queue()
            chaos.finish(server)
        renewals = len([call for call in chaos.xero.read('requests', path='/connect/token') if call['grant_type'] == 'refresh_token'])
        # Fewer than five: a slice that was still at work when a token expired goes on with the one it has, which Xero still takes.
        note('refresh_race', renewals, chaos.faults() + ([] if 0 < renewals <= 5 else [f"5 expired tokens were renewed {renewals} times"]))

        chaos.queue()
        was_refused = chaos.use_up_day(server)
        chaos.finish(server)
        note('day_used_up', 1, chaos.faults() + ([] if was_refused else ["Xero refused no call"]))
    return rows


def main():
    """Return the exit status: 1 if anything ended badly."""
    print(f"CHAOS_SEED={SEED}", flush=True)
    progress("A database with the add-on and a company …")
    databases.create(databases.named('bench'), 'account_xero')
    prepare()
    started = time.monotonic()
    with stage('chaos', organisations=2) as one:
        rows = run(Chaos(one))
    OUTPUT.write_text(json.dumps({'seed': SEED, 'seconds': round(time.monotonic() - started), 'rows': rows}, indent=1) + '\n')
    return 0 if all(row['ok'] for row in rows) else 1
