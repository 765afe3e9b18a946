"""Check an upgraded database: what is done stays done, what is not done yet is done once. Runs in Odoo's shell, with today's code."""
from collections import Counter

from stage import HARBOUR, HINTERLAND, SALES, STATES, Stage, expect

SLICES = 8      # enough for everything that can go out
UNDECIDED = {'failed': 'failed', 'skipped': 'skipped'}   # until a person acts


def main(env, url):
    check = Check(env, url)
    check.apps_have_addresses()
    check.work_on()
    check.what_was_done_is_not_sent_again()
    check.what_can_be_sent_is_sent()
    check.decide()
    check.everything_is_in_xero_once()
    env.cr.commit()


class Check(Stage):

    def __init__(self, env, url):
        super().__init__(env, url)
        self.done = self.exports(('state', '=', 'synced'))
        self.calls_before = len(self.writing_calls())

    def apps_have_addresses(self):
        """Each app has an address for its webhook, which no other app has."""
        tokens = self.env['xero.app'].search([]).mapped('webhook_token')
        expect("Apps without an address of their own", len(tokens) - len(set(filter(None, tokens))), 0)

    def work_on(self):
        """Run slices until nothing is due any more."""
        for _time in range(SLICES):
            self.let_time_pass(minutes=1)
            self.end_day()
            for name in (HARBOUR, HINTERLAND):
                self.run_slice(name)

    def what_was_done_is_not_sent_again(self):
        calls = self.writing_calls()[self.calls_before:]
        for export in self.done:
            names = [name for name in (export.xero_id, export.xero_number) if name]
            again = [call['path'] for call in calls if any(name in call['path'] + call['body'] for name in names)]
            expect(f"Calls that write {export.document_name}, which was in Xero before", again, [])
        expect("The states of what was in Xero before", set(self.done.mapped('state')), {'synced'})

    def what_can_be_sent_is_sent(self):
        for reference in STATES:
            export = self.export(reference)
            expect(f"The state of {reference} ({export.message or export.wait_reason or ''})", export.state, UNDECIDED.get(reference, 'synced'))
        others = self.exports(('id', 'not in', self.exports(('move_id.ref', 'in', list(STATES))).ids))
        expect("The states of all other documents", set(others.mapped('state')), {'synced'})
        expect("The states of all requests", set(self.env['xero.request'].search([]).mapped('state')), {'answered'})

    def decide(self):
        """A person decides what was left to people."""
        different = self.export('different').with_user(self.admin)
        expect("A person can still decide about the document that is different", different.can_decide, True)
        different.action_send_ours()
        self.map_account(HARBOUR, self.document('failed').invoice_line_ids.account_id, SALES)
        self.export('skipped').with_user(self.admin).action_resync()
        for _time in range(2):
            self.let_time_pass(minutes=1)
            self.run_slice(HARBOUR)
        for reference in ('different', 'failed', 'skipped'):
            export = self.export(reference)
            expect(f"The state of {reference}, after the decision", (export.state, export.difference, export.message), ('synced', False, False))

    def everything_is_in_xero_once(self):
        exports = self.exports()
        expect("The states of all exports", set(exports.mapped('state')), {'synced'})
        for name, collection, id_name, kinds in (
            (HARBOUR, 'Invoices', 'InvoiceID', ('sale_invoice', 'bill')),
            (HARBOUR, 'CreditNotes', 'CreditNoteID', ('sale_credit', 'bill_credit')),
            (HARBOUR, 'ManualJournals', 'ManualJournalID', ('journal', 'journal_day')),
            (HINTERLAND, 'Invoices', 'InvoiceID', ('sale_invoice', 'bill')),
        ):
            ours = exports.filtered(lambda export: export.connection_id.name == name and export.kind in kinds)
            held = Counter((row[id_name], self._total(row)) for row in self.held(name, collection))
            known = Counter((export.xero_id, export.amount_total) for export in ours)
            expect(f"{collection} in {name} that no export in Odoo stands for (id, total)", list((held - known).elements()), [])
            expect(f"{collection} in {name} that are missing there (id, total)", list((known - held).elements()), [])
        allocated = [call['path'] for call in self.writing_calls() if call['path'].endswith('/Allocations') and call['status'] == 200]
        expect(f"How many of the calls that allocate were taken ({allocated})", len(allocated), 1)
        self._check_keys()

    @staticmethod
    def _total(row):
        """Return the total of a document; of a journal what it debits."""
        return float(row['Total'] if 'Total' in row else sum(max(line['LineAmount'], 0) for line in row['JournalLines']))

    def _check_keys(self):
        """An Idempotency-Key stands for the same bytes whenever it is used."""
        bodies = {}
        for call in self.writing_calls():
            bodies.setdefault(call['idempotency_key'], set()).add(call['body'])
        expect("Idempotency-Keys with more than one content", [key for key, found in bodies.items() if len(found) > 1], [])
