"""The stage of a benchmark: a database with an Australian company, Odoo in this process, the local Xero in another one."""
import os
from contextlib import contextmanager
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import requests
from psycopg2 import sql

from odoo import SUPERUSER_ID, Command, api
from odoo.addons.account_xero.models.connection.xero_connection_policy import ALARMS
from odoo.addons.account_xero.models.steps import slice as slice_module
from odoo.modules.registry import Registry
from odoo.sql_db import close_db

from dev import databases, postgres

from .local_xero import CLIENT_ID, CLIENT_SECRET, USER, LocalXero, tenant_id

START = '2026-11-01'    # connections export what is dated from this day
SALES = '200'           # the code of an account in Xero


def size(variable, usual, small):
    """Return how large something is: what the variable says, else the usual size, or the small one with BENCH_QUICK=1."""
    return int(os.environ.get(variable) or (small if os.environ.get('BENCH_QUICK') else usual))


def base():
    """Return the name of the database that stages are copies of."""
    return databases.named('bench')


def prepare():
    """Make the company in the database that stages are copies of. Its modules are installed."""
    with open_environment(base()) as env:
        company = env.company
        australia, dollar = env.ref('base.au'), env.ref('base.AUD')
        dollar.active = True
        company.write({'name': "Bench", 'country_id': australia.id, 'currency_id': dollar.id})
        env['account.chart.template'].try_loading('au', company, install_demo=False)
        env['ir.config_parameter'].set_param('web.base.url', 'http://localhost:8069')
    close_db(base())


@contextmanager
def open_environment(database):
    """Open an environment of the superuser on a cursor of its own, and commit at its end."""
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        yield env
        env.flush_all()


class Stage:
    """A database with connections to organisations in the local Xero.

    A context manager. `env` is an environment of the superuser whose transactions are real; `database`, its name; `xero`, the local Xero;
    `connections`, in the order of their organisations.

    :param str purpose: part of the database's name.
    :param LocalXero xero: running.
    """

    def __init__(self, purpose, xero):
        self.database = databases.named(f'bench_{purpose}')
        self.xero = xero

    def __enter__(self):
        databases.create(self.database, source=base())
        # The work of a query is read of one process
        postgres.query(sql.SQL("ALTER DATABASE {} SET max_parallel_workers_per_gather = 0").format(sql.Identifier(self.database)))
        self._cursor = Registry(self.database).cursor()
        self.env = api.Environment(self._cursor, SUPERUSER_ID, {})
        self.connections = self.env['xero.connection']
        return self

    def __exit__(self, *exception):
        self._cursor.close()
        close_db(self.database)
        databases.drop(self.database)

    def commit(self):
        """Commit, so that other processes see what was done, and see what they did."""
        self.env.flush_all()
        self.env.cr.commit()
        self.env.invalidate_all()

    # === CONNECTIONS === #

    def connect(self, count):
        """Connect the first organisations, each with a sales journal of its own, and read what Xero defines."""
        env, company = self.env, self.env.company
        income = env['account.journal'].search([('type', '=', 'sale')], limit=1).default_account_id
        app = env['xero.app'].create({
            'name': "Bench", 'client_id': CLIENT_ID, 'client_secret': CLIENT_SECRET, 'environment': 'sandbox', 'sandbox_url': self.xero.url})
        for number in range(count):
            connection = env['xero.connection'].create({
                'name': f"Site {number}", 'app_id': app.id, 'company_ids': [Command.set(company.ids)], 'export_start_date': START,
                **dict.fromkeys(ALARMS, False), 'proves_nightly': False, 'credit_note_policy': 'none'})   # what is read back is measured by rows of its own
            journal = env['account.journal'].create({
                'name': f"Sales {number}", 'code': f'S{number:03}', 'type': 'sale', 'default_account_id': income.id})
            self._authorise(connection, number)
            journal.xero_connection_id = connection
            self.commit()
            self.run_slice(connection)
            self._map(connection, journal)
            self.connections += connection
        return self.connections

    def _authorise(self, connection, number):
        """Give the consent at Xero and save it."""
        consent, url = self.env['xero.consent']._start(connection)
        self.commit()
        answer = requests.post(url, timeout=30, allow_redirects=False, data={
            'user': USER, 'tenant': [tenant_id(number)], 'decision': 'allow'})
        consent._receive(parse_qs(urlsplit(answer.headers['Location']).query)['code'][0])
        self.commit()
        consent._save()
        self.commit()

    def _map(self, connection, journal):
        """Decide where the journal's income goes."""
        resolver = self.env['xero.mapping']._prefetch_for(connection, journal.company_id)
        resolver.find('account', journal.default_account_id).xero_account_id = self.env['xero.account'].search([
            ('connection_id', '=', connection.id), ('code', '=', SALES)])
        self.commit()

    def journal(self, connection):
        return connection.journal_ids[:1]

    # === SLICES === #

    def run_slice(self, connection):
        """Run the connection's own scheduled action once, in this process, as the scheduler does."""
        self.commit()
        if connection.cron_id.method_direct_trigger() is not True:
            raise RuntimeError("The scheduled action failed; Odoo's log says why")
        self.commit()       # what the slice did is seen in a new transaction

    def export_all(self, connection):
        """Run slices until nothing waits."""
        Export = self.env['xero.export']
        while Export.search_count([('connection_id', '=', connection.id), ('state', '=', 'waiting')], limit=1):
            self.run_slice(connection)
        if others := Export.search([('connection_id', '=', connection.id), ('state', '!=', 'synced')]):
            raise RuntimeError(f"{len(others)} are not in Xero; the first is {others[-1].state}: {others[-1].message or others[-1].wait_reason}")


@contextmanager
def stage(purpose, organisations=1, contacts=0):
    """Yield a `Stage` with the local Xero behind it."""
    with LocalXero(organisations, contacts) as xero, Stage(purpose, xero) as one:
        yield one


def without_pace():
    """Return a context manager in which slices of this process do not wait for Xero's limit of calls a minute."""
    return patch.object(slice_module, 'CALLS_PER_MINUTE', 1_000_000)
