"""The local Xero in a process of its own, with as many organisations and contacts as a benchmark needs."""
import argparse
import subprocess
import sys
import uuid
from datetime import datetime, timezone

import requests

from dev.environment import environment
from dev.scratch import LOGS, PYTHON, REPOSITORY
from sandbox.server import SandboxServer
from sandbox.state import Organisation, load

CLIENT_ID, CLIENT_SECRET = 'DEMOAPP0000000000000000000000001', 'fake-secret-demo-app'
USER = 'finance@example.com'
OPENED = datetime(2022, 7, 1, tzinfo=timezone.utc)
TIMEOUT = 120


def tenant_id(number):
    """Return the id of an organisation of the benchmarks; 0 is the first."""
    return str(uuid.UUID(int=0xBE << 120 | number))


class LocalXero:
    """A running local Xero. A context manager; the process ends with it, and with the process that started it.

    :param int organisations: Australian ones, see :func:`tenant_id`.
    :param int contacts: that the first of them has.
    """

    def __init__(self, organisations=1, contacts=0):
        self._command = [
            str(PYTHON), '-m', 'benchmarks.local_xero', f'--organisations={organisations}', f'--contacts={contacts}']

    def __enter__(self):
        with open(LOGS / 'bench-sandbox.log', 'a') as log:
            self._process = subprocess.Popen(
                self._command, cwd=REPOSITORY, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        self.url = self._process.stdout.readline().strip()
        self.lever('limits', enabled=False)
        return self

    def __exit__(self, *exception):
        self._process.stdin.close()
        self._process.wait(30)

    def lever(self, path, /, **order):
        """Do something from behind, see `sandbox/levers.py`."""
        answer = requests.post(f'{self.url}/sandbox/{path}', json=order, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def read(self, path, /, **params):
        return requests.get(f'{self.url}/sandbox/{path}', params=params, timeout=TIMEOUT).json()

    def forget(self, what):
        """Empty a list, `requests` or `faults`."""
        requests.delete(f'{self.url}/sandbox/{what}', timeout=TIMEOUT).raise_for_status()

    def calls(self, number=None, **filters):
        """Return the log of accounting calls, oldest first; of one organisation if its number is given."""
        filters |= {} if number is None else {'tenant': tenant_id(number)}
        return self.read('requests', path='/api.xro/2.0', **filters)

    def invoice_counts(self):
        """Return how many invoices each organisation of the benchmarks has, in their order."""
        counts = {row['tenant_id']: row['counts']['Invoices'] for row in self.read('organisations')}
        return [counts[tenant_id(number)] for number in range(len(counts)) if tenant_id(number) in counts]


def serve(organisations, contacts):
    """Serve until standard input ends."""
    server = SandboxServer(port=0)
    [like] = [row for row in load('organisations') if row['name'] == 'Harbour Site AU']
    for number in range(organisations):
        row = {**like, 'tenant_id': tenant_id(number), 'name': f'Site {number}', 'short_code': f'!b{number:04}'}
        server.sandbox.organisations[row['tenant_id']] = Organisation(row, OPENED)
    book = server.sandbox.organisations[tenant_id(0)].contacts
    for number in range(contacts):
        book.put({
            'ContactID': str(uuid.UUID(int=0xC0 << 120 | number)), 'ContactStatus': 'ACTIVE', 'Name': f'Contact {number}', 'FirstName': '',
            'LastName': '', 'EmailAddress': '', 'ContactPersons': [], 'Addresses': [], 'Phones': [], 'ContactGroups': [], 'IsSupplier': False,
            'IsCustomer': True, 'HasAttachments': False, 'HasValidationErrors': False, 'UpdatedDateUTC': OPENED})
    with server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--organisations', type=int, default=1)
    parser.add_argument('--contacts', type=int, default=0)
    serve(**vars(parser.parse_args()))
