from decimal import Decimal

from odoo.addons.account_xero.models.kinds.xero_journal_lines import JournalLines
from odoo.tests import tagged

from ..common import ADVISER, HARBOUR
from .ledger_common import JOURNALS, XeroLedgerCase

LINES = ((100, '469'), (-100, '200'))


@tagged('post_install', '-at_install')
class TestLedgerFaults(XeroLedgerCase):
    """Nothing about a manual journal is unique in Xero, so the add-on must prevent duplicates."""

    def order_fault(self, kind, method='PUT', **values):
        self.sandbox.faults.order(kind=kind, method=method, path='/ManualJournals', **values)

    def recover(self, later=0, times=3):
        self.sandbox.clock.advance(later)
        for _time in range(times):
            self.let_time_pass(minutes=10 if later else 1)
            self.run_slice(self.connection)

    def user_in_xero(self):
        return next(user for user in self.sandbox.users.values() if user.email == self.xero_user)

    def may_not_see_reports(self):
        self.user_in_xero().rights -= {'reports'}

    # === UNKNOWN OUTCOMES === #

    def test_unknown_outcomes_are_never_doubled(self):
        """At once with the same key, later by the look-back: days and entries side by side."""
        single = self.journal.copy({'code': 'ONE', 'xero_mode': 'entry'})
        for later in (0, 400):
            for kind in ('500_before', '500_after', 'drop_after', 'cut'):
                with self.subTest(kind=kind, later=later):
                    self.sandbox.organisations[HARBOUR].journals.clear()
                    days = self.journal.copy({'code': f'{kind[:2]}{kind[-2:]}{later}'[:8], 'xero_mode': 'day'})
                    self.entry(journal_id=days.id)
                    move = self.entry(journal_id=single.id)
                    self.order_fault(kind, times=2)
                    self.end_day(2)
                    self.recover(later)
                    self.env.invalidate_all()
                    day = self.day_row(journal=days)
                    self.assertEqual((day.state, self.export_of(move).state), ('synced', 'synced'))
                    self.assertEqual(len(self.journals_in_xero()), 2)
                    self.assertEqual(
                        {day.xero_id, self.export_of(move).xero_id},
                        {journal['ManualJournalID'] for journal in self.journals_in_xero()})

    def test_unknown_outcome_of_a_change(self):
        self.entry()
        self.end_day()
        for later, kind in ((0, '500_after'), (400, 'drop_after'), (400, '500_before')):
            with self.subTest(later=later, kind=kind):
                self.entry((self.expense, 10), (self.revenue, -10))
                self.run_slice(self.connection)
                self.order_fault(kind, method='POST')
                self.end_day()
                self.recover(later)
        self.assert_day((130, '469'), (-130, '200'))
        self.assertEqual(len(self.journals_in_xero(living=False)), 1)

    def test_crash_between_the_commit_and_the_answer(self):
        self.entry()
        self.end_day()
        row = self.day_row()
        # As the freezing commit left it; Xero has saved it
        row.request_ids.write({'state': 'sending', 'answered_at': False})
        row.write({'state': 'sending', 'operation': 'create', 'xero_id': False, 'digest': False})
        self.recover(400)
        self.assert_day(*LINES)
        self.assertEqual(len(self.calls('PUT', JOURNALS)), 1)

    def test_after_a_reconnection_what_is_there_is_adopted(self):
        self.entry()
        self.end_day()
        row = self.day_row()
        # As if the database had been restored from a backup made before the day was sent
        row.request_ids.sudo().unlink()
        row.write({'state': 'waiting', 'operation': 'create', 'xero_id': False, 'digest': False, 'next_try_at': False})
        self.connection._set_status('reauthenticate', "lost")
        self.connect(self.connection)
        self.run_slice(self.connection)
        self.assert_day(*LINES)
        self.assertEqual(len(self.journals_in_xero()), 1)

    # === REFUSED === #

    def test_bad_day_does_not_stop_its_neighbours(self):
        odd = self.expense.copy({'code': '188802', 'name': "Suspense"})
        self.map_account(odd, '429', 'journal')
        self.entry((odd, 5), (self.revenue, -5))
        self.entry(date='2026-11-03')
        # Xero archived it since we read the list
        self.sandbox.organisations[HARBOUR].account('Code', '429')['Status'] = 'ARCHIVED'
        self.end_day()
        row = self.day_row()
        self.assertEqual((row.state, row.cause), ('failed', 'account'), row.message)
        self.assert_day(*LINES, date='2026-11-03')

    def test_lock_date_is_known_before(self):
        self.sandbox.organisations[HARBOUR].end_of_year_lock_date = self.now().date().replace(year=2026, month=11, day=30)
        self.connection.end_of_year_lock_date = '2026-11-30'
        self.entry()
        self.entry(date='2026-12-01')
        self.end_day()
        self.assertEqual((self.day_row().cause, self.day_row('2026-12-01').state), ('date', 'synced'))
        self.assertIn("locked up to", self.day_row().message)
        self.connection.journals_status = 'DRAFT'
        self.day_row()._requeue()
        self.run_slice(self.connection)
        self.assert_day(*LINES, Status='DRAFT')

    def test_late_entry_of_a_failed_day_waits_for_its_end(self):
        self.entry((self.company_data['default_account_receivable'], 5), (self.revenue, -5))
        self.end_day()
        self.assertEqual(self.day_row().cause, 'account')
        self.entry()
        self.assertRecordValues(self.day_row(), [{'state': 'waiting', 'wait_code': 'day_end'}])

    def test_more_than_two_decimals_are_stopped(self):
        self.entry()
        resolver = self.env['xero.mapping']._prefetch_for(self.connection, self.xero_company)
        sources = [(account, None, Decimal(amount), "X") for account, amount in ((self.expense, '1.005'), (self.revenue, '-1.005'))]
        problems = JournalLines(sources, resolver, self.day_row(), True).problems
        self.assertEqual({problem.cause for problem in problems}, {'amount'})
        self.assertIn("two decimals", problems[0].message)

    # === PERMISSION === #

    def test_without_the_right_to_reports_documents_go_on(self):
        self.may_not_see_reports()
        self.connection.actions = {**self.connection.actions, 'CreateManualJournal': True}   # as last read
        self.entry()
        invoice = self.document()
        self.end_day(3)
        self.assertEqual((self.day_row().state, self.day_row().cause), ('failed', 'permission'))
        self.assertEqual(self.connection.status, 'connected')
        self.assert_once(invoice)
        self.assertEqual(len(self.calls(path=JOURNALS)), 1)
        self.assertEqual(self.day_row().with_user(self.admin).fix_label, "Open the connection")

    def test_the_right_to_reports_is_known_before(self):
        self.connection.actions = {**self.connection.actions, 'CreateManualJournal': False}
        self.connection.reference_read_at = {**self.connection.reference_read_at, 'actions': self.now().isoformat()}
        self.entry()
        self.end_day()
        self.assertEqual(self.day_row().cause, 'permission')
        self.assertIn("see reports", self.day_row().message)
        self.assertFalse(self.calls(path=JOURNALS))

    def test_looking_back_without_the_right_blocks_nobody(self):
        self.entry()
        self.order_fault('drop_after')
        self.end_day()
        self.assertEqual(self.day_row().state, 'uncertain')
        self.may_not_see_reports()
        invoice = self.document()
        self.recover(400)
        self.assert_once(invoice)
        self.assertEqual((self.day_row().state, self.day_row().cause), ('failed', 'permission'))
        self.assertTrue(self.day_row().unseen_since)
        # After the right is given again, the look-back comes before sending
        self.user_in_xero().rights |= {'reports'}
        self.day_row()._requeue()
        self.recover()
        self.assert_day(*LINES)
        self.assertFalse(self.day_row().unseen_since)
        self.assertEqual(len(self.journals_in_xero()), 1)
        self.assertEqual(len(self.calls('PUT', JOURNALS)), 1)


@tagged('post_install', '-at_install')
class TestLedgerConsent(XeroLedgerCase):
    """The permission for manual journals is requested when the first journal needs it."""

    mode = 'off'

    def test_missing_permission_stops_journals_alone(self):
        scope = 'accounting.manualjournals'
        self.assertNotIn(scope, self.connection._wanted_scopes())
        self.journal.xero_mode = 'day'
        self.env.invalidate_all()
        self.assertEqual(self.connection._missing_scopes(), [scope])
        self.assertEqual(self.connection.missing_scopes, "manual journals")
        self.assertTrue(self.journal.xero_lacks_consent)
        self.entry()
        invoice = self.document()
        self.end_day(2)
        row = self.day_row()
        self.assertEqual((row.state, row.cause), ('failed', 'permission'))
        self.assertIn("does not cover manual journals", row.message)
        self.assertFalse(self.calls(path=JOURNALS))
        self.assert_once(invoice)
        self.connect(self.connection, user=ADVISER)
        self.assertFalse(self.journal.xero_lacks_consent)
        self.run_slice(self.connection)
        self.assert_day(*LINES)

    def test_broad_permissions_cover_it(self):
        self.app.scope_set = 'broad'
        self.journal.xero_mode = 'day'
        self.assertNotIn('accounting.manualjournals', self.connection._wanted_scopes())
