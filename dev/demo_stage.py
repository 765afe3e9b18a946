"""The base of all chapters of the demo: its people, its documents, and waiting for scheduled work."""
import time
from collections import Counter

PATIENCE = 120      # seconds that scheduled work may take before the demo fails


class Stuck(Exception):
    """Scheduled work did not finish in time."""


class Stage:
    """The people and programs of the demo, and their repeated actions.

    :param Telling told: prints the story.
    :param Server odoo: a running Odoo with the add-on in its database.
    :param LocalXero xero: a running sandbox.
    :param logs: paths of Odoo's logs, to be read at the end.
    """

    def __init__(self, told, odoo, xero, logs):
        self.told, self.odoo, self.xero, self.logs = told, odoo, xero, logs
        self.connections = {}   # site → id
        self.failing = {}       # cause → id of the document that fails with it

    def _post(self, vals_list):
        """Enter documents and confirm them, as the billing user. Return their ids, in the order given."""
        moves = self.clerk.create('account.move', *vals_list)
        self.clerk.call('account.move', 'action_post', moves)
        return moves

    def _exports(self, move_ids=None, state=None):
        domain = [('move_id', 'in', move_ids)] if move_ids else []
        domain += [('state', '=', state)] if state else []
        return self.clerk.find(
            'xero.export', domain, 'document_name', 'partner_id', 'move_id', 'kind', 'connection_id', 'state', 'cause', 'message', 'xero_id',
            'xero_number', 'xero_url', 'amount_total', 'currency_id', 'wait_reason', order='id')

    def _expect_states(self, **wanted):
        states = Counter(row['state'] for row in self._exports())
        self.told.expect_equal(' and '.join(f'{count} {state}' for state, count in wanted.items()), states, Counter(wanted))

    def _wait_for(self, move_ids=None):
        """Let the scheduled actions work until every document has an outcome."""
        def is_done():
            exports = self._exports(move_ids)
            return exports and all(row['state'] in ('synced', 'failed', 'skipped') for row in exports)

        self._until(is_done, "the scheduled work", lambda: [
            (row['document_name'], row['state'], row['wait_reason']) for row in self._exports(move_ids)
            if row['state'] not in ('synced', 'failed', 'skipped')])

    def _until(self, condition, what, describe=lambda: ''):
        """Return what the condition returns as soon as it is true.

        :raise Stuck: after `PATIENCE` seconds.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := condition():
                return found
            time.sleep(0.3)
        raise Stuck(f"{what} did not finish within {PATIENCE} s. {describe()}")
