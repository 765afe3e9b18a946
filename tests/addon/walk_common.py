"""Random walks of an export through its states: one table of events, and for each kind what they do to its document."""
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.tools import mute_logger

FAULTS = ('drop_before', 'drop_after', '500_after', '503')
EVENTS = ('slice', 'late', 'change', 'cancel', 'confirm', 'skip', 'resync', *FAULTS, 'pause', 'resume')
STEPS = 12
DEAD = ('VOIDED', 'DELETED')


class DocumentWalk:
    """An invoice, a bill or a credit note."""

    def __init__(self, test, move_type):
        self.test = test
        self.endpoint = 'CreditNotes' if move_type.endswith('refund') else 'Invoices'
        ref = {'ref': f'W-{test.env["account.move"].search_count([])}'} if move_type.startswith('in_') else {}
        self.move = test.document(move_type, **ref)

    def rows(self):
        return self.test.export_of(self.move)

    def living(self):
        """Return what Xero holds of it that is not voided."""
        return [document for document in self.test.in_xero(self.move, self.endpoint) if document['Status'] not in DEAD]

    def change(self):
        if self.move.state == 'posted':
            self.move.button_draft()
            self.raise_amount()
            self.move.action_post()

    def raise_amount(self):
        self.move.invoice_line_ids.price_unit += 1

    def cancel(self):
        if self.move.state == 'posted':
            self.move.button_draft()
            self.move.button_cancel()

    def confirm(self):
        if self.move.state == 'cancel':
            self.move.button_draft()
            self.move.action_post()

    def wait(self):
        """Let come what it waits for beside the time."""


    def is_undone(self):
        return self.move.state == 'cancel'


class EntryWalk(DocumentWalk):
    """An entry that is a manual journal of its own."""

    endpoint = 'ManualJournals'

    def __init__(self, test, _kind):
        self.test = test
        journal = test.journal.copy({'code': f'W{test.env["account.journal"].search_count([])}', 'xero_mode': 'entry'})
        self.move = test.entry(journal_id=journal.id)

    def living(self):
        return [held for held in self.test.journals_in_xero() if self.move.name in held['Narration']]

    def raise_amount(self):
        self.test.rewrite(self.move, max(self.move.line_ids.mapped('debit')) + 1)


class DayWalk(EntryWalk):
    """A day of a journal, of which the only entry is changed and cancelled."""

    def __init__(self, test, _kind):
        self.test = test
        number = test.env['account.journal'].search_count([])
        self.journal = test.journal.copy({'code': f'W{number}', 'xero_mode': 'day'})
        self.journal.name = f"Walk {number}"    # a copy has a name like the others
        self.move = test.entry(journal_id=self.journal.id)

    def rows(self):
        return self.test.day_row(journal=self.journal)

    def living(self):
        return [held for held in self.test.journals_in_xero() if self.journal.name in held['Narration']]

    def wait(self):
        self.test.end_day()

    def is_undone(self):
        return False    # a day without amounts waits until it is over


class AllocationWalk:
    """A credit note that is reconciled with an invoice, in all its exports: each reconciliation has one."""

    endpoint = 'CreditNotes'

    def __init__(self, test, _kind):
        self.test = test
        self.invoice, self.credit_note = test.pair()
        test.run_slice(test.connection, times=3)    # the walk before may have left an old token
        self.confirm()

    def rows(self):
        credit = self.test.export_of(self.credit_note)
        return self.test.rows().filtered(lambda row: row.credit_export_id == credit)

    def living(self):
        return self.test.held(self.test.export_of(self.credit_note))['_allocations']

    def is_reconciled(self):
        lines = self.test.terms(self.invoice)
        return bool(lines.matched_debit_ids | lines.matched_credit_ids)

    def change(self):
        if self.is_reconciled():
            self.cancel()
            self.confirm()

    def cancel(self):
        self.test.terms(self.invoice).remove_move_reconcile()

    def confirm(self):
        if not self.is_reconciled():
            self.test.reconcile(self.invoice, self.credit_note)

    def wait(self):
        """Nothing but the time."""

    def is_undone(self):
        return False    # another reconciliation has an export of its own


class WalkMixin:
    """Walks, and what holds after each event: no document twice in Xero, and no export that stands still without a reason."""

    def walk_at_random(self, walk_class, kind, walks):
        @settings(
            max_examples=walks, deadline=None, database=None, print_blob=True, phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
        @given(st.lists(st.sampled_from(EVENTS), min_size=STEPS, max_size=STEPS))
        @mute_logger('odoo.addons.account_xero.models.steps.slice')
        def walk(events):
            self.sandbox.faults.clear()
            self.connection.status = 'connected'
            subject = walk_class(self, kind)
            for event in events:
                self.happen(event, subject)
                self.assert_visible(subject)
                self.assert_not_doubled(subject)
            # Whatever happened, it ends
            self.sandbox.faults.clear()
            self.happen('resume', subject)
            for _time in range(6):
                self.happen('late', subject)
            self.assert_visible(subject)
            self.assert_not_doubled(subject)
            rows = subject.rows()
            self.assertFalse(set(rows.mapped('state')) & {'sending', 'uncertain'}, events)
            if any(row._is_compared_equal() and not row._is_undone() for row in rows):
                self.assertEqual(len(subject.living()), 1, events)
        walk()

    def happen(self, event, subject):
        """Do what a person, Xero or the time does. An event that makes no sense now does nothing."""
        if event == 'slice':
            self.run_slice(self.connection)
        elif event == 'late':
            self.sandbox.clock.advance(420)
            self.let_time_pass(seconds=420)
            subject.wait()
            self.run_slice(self.connection)
        elif event in ('change', 'cancel', 'confirm'):
            getattr(subject, event)()
        elif event == 'skip':
            subject.rows()._skip("Not now")
        elif event == 'resync':
            subject.rows()._requeue()
        elif event in ('pause', 'resume'):
            self.connection._set_status('paused' if event == 'pause' else 'connected')
        else:
            for method in ('PUT', 'POST', 'DELETE'):
                self.sandbox.faults.order(kind=event, method=method, path=f'/{subject.endpoint}')

    def assert_visible(self, subject):
        """Assert that an export that is not due says why."""
        for export in subject.rows():
            self.assert_says_what_it_means(export)
            is_due = bool(export.filtered_domain(export._due_domain(self.connection)))
            if subject.is_undone() and not export._has_left() and not is_due:
                self.assertEqual(export.state, 'skipped', "It neither failed nor waits")
            if export.state != 'synced' and not is_due:
                self.assertTrue(export.explanation, (export.state, export.wait_code))

    def assert_says_what_it_means(self, export):
        """Assert that no field has a second meaning by another one."""
        story = (export.state, export.operation, export.done_operation, export.wait_code, export.skip_rule, export.difference)
        if export.state == 'synced':
            self.assertIn(export.operation, ('none', 'update', 'void'), story)
            self.assertEqual(export._awaits_decision(), export.operation != 'none', story)
            self.assertTrue(export.difference or not export._awaits_decision(), story)
        else:
            self.assertNotEqual(export.operation, 'none', story)
        self.assertEqual(bool(export.xero_id), export.operation != 'create', story)
        self.assertFalse(export.skip_rule and export.state != 'skipped', story)
        self.assertFalse(export.wait_code and export.state in ('synced', 'skipped', 'sending'), story)
        self.assertFalse(export.is_content_unknown and export.digest, story)

    def assert_not_doubled(self, subject):
        self.assertLessEqual(len(subject.living()), 1)
