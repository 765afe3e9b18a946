from unittest.mock import patch

from odoo.tests import tagged

from .ledger_common import JOURNALS, XeroLedgerCase

LINES = ((100, '469'), (-100, '200'))


@tagged('post_install', '-at_install')
class TestLedgerChange(XeroLedgerCase):
    """A day posted again is changed, never duplicated; an edit in Xero is never overwritten without a decision."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.first = cls.entry()
        cls.end_day()
        cls.row = cls.day_row()
        cls.sandbox.requests.clear()

    def setUp(self):
        super().setUp()
        self.held = self.assert_day(*LINES)

    def undo(self, *entries):
        for entry in entries:
            entry.button_draft()

    def test_late_entry_changes_the_journal_that_is_there(self):
        self.entry((self.expense, 20), (self.revenue, -20))
        self.run_slice(self.connection)
        self.assertRecordValues(self.day_row(), [{'state': 'waiting', 'operation': 'update', 'wait_code': 'day_end'}])
        self.assertFalse(self.calls(path=JOURNALS), "after the end of the current day")
        self.end_day()
        held = self.assert_day((120, '469'), (-120, '200'))
        self.assertEqual(held['ManualJournalID'], self.row.xero_id)
        self.assertEqual([call['method'] for call in self.calls(path=JOURNALS)], ['GET', 'POST'])
        self.end_day(2)
        self.assertEqual(len(self.journals_in_xero(living=False)), 1)
        self.assertEqual(len(self.calls('POST', JOURNALS)), 1)

    def test_late_entry_that_the_hook_missed_is_found(self):
        """Like an entry that was posted while the day was being sent, of which the row has no note."""
        with patch.object(self.registry['xero.export'], '_enqueue_posted', lambda *args: None):
            self.entry((self.expense, 20), (self.revenue, -20))
        self.connection.swept_at = False
        self.run_slice(self.connection)
        self.assertRecordValues(self.day_row(), [{'state': 'waiting', 'operation': 'update', 'wait_code': 'day_end'}])
        self.end_day()
        self.assert_day((120, '469'), (-120, '200'))

    def test_entry_that_is_posted_again_alike_changes_nothing(self):
        self.undo(self.first)
        self.first.action_post()
        self.end_day(2)
        self.assert_day(*LINES)
        self.assertFalse(self.calls('POST', JOURNALS))

    def test_edited_entry_changes_its_day(self):
        self.undo(self.first)
        self.rewrite(self.first, 90)
        self.first.action_post()
        self.run_slice(self.connection)
        self.end_day()
        self.assert_day((90, '469'), (-90, '200'))

    def test_account_written_on_a_posted_entry_is_found(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE xero_export SET checked_at = now() AT TIME ZONE 'UTC' - interval '1 hour'")
        self.env.invalidate_all()
        self.connection.swept_at = False
        self.first.line_ids.filtered(lambda line: line.account_id == self.expense).with_context(
            skip_readonly_check=True).account_id = self.revenue.copy({'code': '188801'})
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move_line SET write_date = now() AT TIME ZONE 'UTC'")
        self.env.invalidate_all()
        self.run_slice(self.connection)
        self.assertEqual(self.day_row().operation, 'update')

    def test_entry_moved_to_another_day(self):
        self.undo(self.first)
        self.first.date = '2026-11-04'
        self.first.name = False
        self.first.action_post()
        self.run_slice(self.connection)
        self.end_day(2)
        self.assert_day(*LINES, date='2026-11-04')
        self.assertEqual(self.day_row().xero_status, 'VOIDED')
        self.assertEqual(len(self.journals_in_xero()), 1)

    def test_emptied_day_is_voided_and_comes_back_as_a_new_one(self):
        self.undo(self.first)
        self.run_slice(self.connection)
        self.assertRecordValues(self.day_row(), [{'operation': 'void', 'state': 'waiting', 'wait_code': 'day_end'}])
        self.end_day()
        self.assertEqual(self.journals_in_xero(), [])
        self.assertRecordValues(self.day_row(), [{'state': 'synced', 'xero_status': 'VOIDED', 'difference': False}])
        self.first.action_post()
        self.run_slice(self.connection)
        self.end_day()
        self.assert_day(*LINES)
        self.assertEqual(len(self.journals_in_xero(living=False)), 2)

    def test_emptied_draft_is_deleted(self):
        self.connection.journals_status = 'DRAFT'
        self.entry(date='2026-11-05')
        self.end_day()
        self.undo(self.env['account.move'].search([('date', '=', '2026-11-05'), ('journal_id', '=', self.journal.id)]))
        self.run_slice(self.connection)
        self.end_day()
        self.assertEqual(self.day_row('2026-11-05').xero_status, 'DELETED')

    def test_draft_that_a_person_posted_in_xero_stays_posted(self):
        self.connection.journals_status = 'DRAFT'
        self.entry(date='2026-11-05')
        self.end_day()
        [held] = [journal for journal in self.journals_in_xero() if journal['Status'] == 'DRAFT']
        self.in_xero_somebody(held, Status='POSTED')
        self.entry((self.expense, 1), (self.revenue, -1), date='2026-11-05')
        self.run_slice(self.connection)
        self.end_day()
        self.assert_day((101, '469'), (-101, '200'), date='2026-11-05', Status='POSTED')

    # === SOMEBODY IN XERO === #

    def edit_in_xero(self):
        lines = [dict(line) for line in self.held['JournalLines']]
        lines[0]['Description'] = "Mine"
        self.in_xero_somebody(self.held, JournalLines=lines)

    def test_edited_in_xero_is_left_to_a_person(self):
        self.edit_in_xero()
        self.entry((self.expense, 20), (self.revenue, -20))
        self.run_slice(self.connection)
        self.end_day()
        row = self.day_row()
        self.assertEqual(row.state, 'synced')
        self.assertIn("Somebody changed it in Xero (lines)", row.difference)
        self.assertTrue(row.can_decide)
        self.assertIn("469", row.versions)
        self.assertNotIn('LineAmount', row.versions)
        self.assertFalse(self.calls('POST', JOURNALS))
        row.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        self.assert_day((120, '469'), (-120, '200'))

    def test_keep_xeros(self):
        self.edit_in_xero()
        self.entry((self.expense, 20), (self.revenue, -20))
        self.run_slice(self.connection)
        self.end_day()
        self.day_row().with_user(self.admin).action_keep_xeros()
        self.end_day()
        self.assertIn("120", self.day_row().difference)
        self.assertFalse(self.calls('POST', JOURNALS))
        self.entry((self.expense, 1), (self.revenue, -1))
        self.run_slice(self.connection)
        self.end_day()
        self.assert_day((121, '469'), (-121, '200'))

    def test_voided_in_xero_is_left_to_a_person(self):
        self.in_xero_somebody(self.held, Status='VOIDED')
        self.entry((self.expense, 20), (self.revenue, -20))
        self.run_slice(self.connection)
        self.end_day()
        self.assertIn("voided or deleted", self.day_row().difference)
        self.day_row().with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        self.assert_day((120, '469'), (-120, '200'))

    def test_changes_do_not_go_by_themselves_where_the_connection_says_so(self):
        self.connection.send_changes = False
        self.entry((self.expense, 20), (self.revenue, -20))
        self.run_slice(self.connection)
        self.end_day()
        self.assertIn("lines", self.day_row().difference)
        self.assertFalse(self.calls(path=JOURNALS))

    # === SINGLE ENTRIES === #

    def test_single_entry_is_changed_and_voided(self):
        single = self.journal.copy({'code': 'ONE', 'xero_mode': 'entry'})
        move = self.entry(journal_id=single.id)
        self.run_slice(self.connection)
        export = self.export_of(move)
        move.button_draft()
        self.assertIn("reset to draft", move.with_user(self.billing).alerts['xero_different']['message'])
        self.rewrite(move, 80)
        move.action_post()
        self.run_slice(self.connection)
        held = self.sandbox.organisations[self.connection.tenant_id].journals[export.xero_id]
        self.assertEqual(self.lines_of(held), [(-80, '200'), (80, '469')])
        self.assertRecordValues(self.export_of(move), [{'state': 'synced', 'difference': False, 'amount_total': 80, 'xero_total': 80}])
        move.button_draft()
        move.button_cancel()
        self.run_slice(self.connection)
        held = self.sandbox.organisations[self.connection.tenant_id].journals[export.xero_id]
        self.assertEqual(held['Status'], 'VOIDED')
        self.assertEqual(len(self.journals_in_xero(living=False)), 2)

    def test_single_entry_that_moves_to_a_journal_of_days(self):
        single = self.journal.copy({'code': 'ONE', 'xero_mode': 'entry'})
        move, neighbour = self.entry(journal_id=single.id), self.entry(journal_id=single.id)
        self.run_slice(self.connection)
        old_id = self.export_of(move).xero_id
        move.button_draft()
        move.write({'name': False, 'journal_id': self.journal.id})
        move.action_post()
        self.run_slice(self.connection, times=2)
        self.end_day()
        journals = self.sandbox.organisations[self.connection.tenant_id].journals
        self.assertEqual(journals[old_id]['Status'], 'VOIDED')
        self.assertEqual(self.lines_of(journals[self.day_row().xero_id]), [(-200, '200'), (200, '469')], "with the existing one")
        self.assertEqual(self.states(neighbour), ['synced'])

    def test_single_entry_of_a_journal_that_is_switched_off(self):
        single = self.journal.copy({'code': 'ONE', 'xero_mode': 'entry'})
        move = self.entry(journal_id=single.id)
        self.run_slice(self.connection)
        single.xero_mode = 'off'
        move.button_draft()
        self.rewrite(move, 80)
        move.action_post()
        invoice = self.document()
        self.run_slice(self.connection, times=2)
        self.assertEqual(self.states(invoice), ['synced'])
        self.assertEqual(self.states(move), ['synced'])

    def test_deleted_entry_is_voided(self):
        single = self.journal.copy({'code': 'ONE', 'xero_mode': 'entry'})
        move = self.entry(journal_id=single.id)
        self.run_slice(self.connection)
        export = self.export_of(move)
        move.button_draft()
        move.with_context(force_delete=True).unlink()
        self.run_slice(self.connection)
        self.assertEqual(self.sandbox.organisations[self.connection.tenant_id].journals[export.xero_id]['Status'], 'VOIDED')
