"""What filling and checking share. Runs in Odoo's shell, with the code of a kept version as well as with today's: it uses what all of them have.

No test of Odoo's: `python3 -m dev upgradetest` runs these files.
"""
from datetime import timedelta

import requests

from odoo import fields

# Names of connections, and the organisations of the local Xero behind them
HARBOUR, HINTERLAND = 'Harbour', 'Hinterland'
TENANTS = {HARBOUR: '3f1c6a52-7d0e-4b83-9a61-5c2e8d7f0a11', HINTERLAND: 'a9d40b7e-21c5-4f6a-8e3d-0b7c95e1d622'}
SALES, RENT = '200', '469'
# Reference of a document: the state of its export before the upgrade
STATES = {
    'synced invoice': 'synced',
    'synced bill': 'synced',
    'synced credit note': 'synced',
    'synced vendor credit note': 'synced',
    'synced entry': 'synced',
    'different': 'synced',
    'failed': 'failed',
    'skipped': 'skipped',
    'tried again later': 'waiting',
    'waiting': 'waiting',
    'uncertain': 'uncertain',
    'sending': 'sending',
}
TIMEOUT = 60


def expect(what, found, wanted):
    """Stop with a sentence if something is not as it has to be.

    :raise SystemExit: with the sentence
    """
    if found != wanted:
        raise SystemExit(f"{what}: {found!r}, not {wanted!r}")


class Stage:
    """A company with its connections, and the local Xero.

    :param env: the superuser's environment
    :param str url: of the local Xero
    """

    def __init__(self, env, url):
        self.env = env
        self.url = url
        self.admin = env.ref('base.user_admin')     # an invoice admin
        self.company = env.ref('base.main_company')

    # === IN ODOO === #

    def connection(self, name):
        return self.env['xero.connection'].search([('name', '=', name)])

    def exports(self, *domain):
        return self.env['xero.export'].search(list(domain), order='id')

    def document(self, reference):
        return self.env['account.move'].search([('ref', '=', reference)])

    def export(self, reference):
        return self.exports(('move_id', 'in', self.document(reference).ids))

    def run_slice(self, name, times=1):
        """Run the scheduled action of a connection, as the scheduler does, and keep what it did."""
        for _time in range(times):
            self.env.cr.commit()
            cron = self.connection(name).cron_id.with_user(self.env.ref('base.user_root'))
            expect(f"The scheduled action of {name} succeeds", cron.method_direct_trigger(), True)
            self.env.cr.commit()
            self.env.invalidate_all()

    def let_time_pass(self, **delta):
        """Make everything due that waits for a time, as if that time had come."""
        self.env.flush_all()
        for table, columns in (
            ('xero_connection', ('resume_at', 'outage_since', 'extras_resume_at')),
            ('xero_export', ('next_try_at', 'retry_since')),
            ('xero_request', ('sent_at',)),
            ('xero_extra', ('next_try_at', 'key_at')),
        ):
            for column in columns:
                self.env.cr.execute(f"UPDATE {table} SET {column} = {column} - %s", [timedelta(**delta)])
        self.env.cr.execute("UPDATE xero_connection SET pace = NULL")
        self.env.invalidate_all()

    def end_day(self):
        """Make every day due that waits for its end."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE xero_export SET next_try_at = %s WHERE wait_code = 'day_end'", [fields.Datetime.now() - timedelta(minutes=1)])
        self.env.invalidate_all()

    def map_account(self, name, account, code):
        """Map an account, as an invoice admin does."""
        connection = self.connection(name)
        target = self.env['xero.account'].search([('connection_id', '=', connection.id), ('code', '=', code)])
        rows = self.env['xero.mapping'].search([('connection_id', '=', connection.id), ('account_id', '=', account.id)])
        expect(f"{account.name} is asked for in the mapping, and {code} is in Xero", (bool(rows), len(target)), (True, 1))
        rows.with_user(self.admin).xero_account_id = target

    # === IN XERO === #

    def lever(self, path, /, **order):
        answer = requests.post(f'{self.url}/sandbox/{path}', json=order, timeout=TIMEOUT)
        answer.raise_for_status()

    def held(self, name, collection):
        """Return everything that an organisation holds, such as `Invoices`."""
        answer = requests.get(f'{self.url}/sandbox/organisations/{TENANTS[name]}/{collection}', timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()

    def writing_calls(self):
        """Return the calls of the accounting interface that write, oldest first."""
        answer = requests.get(f'{self.url}/sandbox/requests', params={'path': '/api.xro/'}, timeout=TIMEOUT)
        return [call for call in answer.json() if call['method'] != 'GET']
