"""How the syncs stand, as an invoice admin reads it: the numbers of Sync Status, the cards of Odoo's dashboard and the tasks."""
import json

from .demo_books import SITES
from .demo_stage import Stage

NUMBERS = ('sync_count', 'sync_rate_7', 'failed_count', 'waiting_count', 'calls_left_minute', 'calls_left_today', 'last_success_at')


class SyncStatus(Stage):
    """What Odoo says by itself while documents are failed."""

    def read_status(self):
        told, invoice_admin = self.told, self.admins[0]
        told.chapter("Sync Status: what an invoice admin reads while five documents are failed")
        rows = invoice_admin.call('xero.connection', 'read', [self.connections[site] for site in SITES], ['name', *NUMBERS])
        told.table(
            ("Connection", "Syncs", "Success, 7 days", "Failed", "Waiting", "Calls left", "Last success"),
            [(row['name'], row['sync_count'], f"{row['sync_rate_7']:.0%}", row['failed_count'], row['waiting_count'],
              f"{row['calls_left_minute']} this minute, {row['calls_left_today']} today", row['last_success_at']) for row in rows], right=(1, 2, 3, 4))
        totals = invoice_admin.call('xero.connection', 'retrieve_sync_totals', [])
        told.expect_equal("The line of all connections counts the five", (totals['failed'], totals['waiting']), (5, 0))
        counted = sum(row['sync_count'] for row in rows)
        told.expect("The syncs are counted, and not all succeeded", totals['syncs'] == counted and 0 < totals['rate'] < 1, totals)
        partly = invoice_admin.find('xero.sync', [('state', '=', 'partly')], 'reason', 'duration')
        told.expect("A sync that sent some and failed with others is “partly”, with the causes", any(sync['reason'] for sync in partly), partly)
        journals = self.clerk.find('account.journal', [('type', 'in', ('sale', 'purchase'))], 'kanban_dashboard')
        cards = [json.loads(journal['kanban_dashboard'])['xero_failed_count'] for journal in journals]
        told.expect_equal("The cards of the journals on Odoo's dashboard say the same", sum(cards), 5)
        banner = invoice_admin.call('xero.connection', 'retrieve_attention')
        told.expect("Invoice admins see a banner there, others do not", banner and not self.clerk.call('xero.connection', 'retrieve_attention'), banner)
        self._expect_one_task_each()

    def _expect_one_task_each(self):
        # A slice updates the tasks at its end, a moment after its last document failed
        told = self._until(lambda: (found := self._tasks()) and len({connection for _user, connection in found}) >= len(SITES) and found, "telling the tasks")
        self.told.expect(
            "Each invoice admin has one task for each connection, whatever the number of documents", len(told) == len(set(told)) >= 2 * len(SITES), told)

    def _tasks(self):
        """Return (user, connection) of each task about failed documents."""
        tasks = self.administrator.find(
            'mail.activity', [('activity_type_id', '=', self.administrator.ref('account_xero.mail_activity_type_xero_failed'))], 'user_id', 'res_id')
        return [(task['user_id'][0], task['res_id']) for task in tasks]
