from datetime import datetime
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .ledger_common import JOURNALS, XeroLedgerCase


@tagged('post_install', '-at_install')
class TestLedgerDay(XeroLedgerCase):
    """A day of a journal is one manual journal, sent when the day is over."""

    def test_entries_of_a_day_are_one_balanced_journal(self):
        entries = [self.entry() for _number in range(3)]
        self.entry((self.expense, -40), (self.revenue, 40))
        row = self.day_row()
        self.assertRecordValues(row, [{
            'kind': 'journal_day', 'state': 'waiting', 'wait_code': 'day_end', 'company_id': self.xero_company.id, 'move_id': False}])
        self.run_slice(self.connection)
        self.assertFalse(self.calls(path=JOURNALS), "the day is not over")
        self.end_day()
        held = self.assert_day((260, '469'), (-260, '200'), Status='POSTED', LineAmountTypes='NoTax')
        self.assertIn(f"{self.journal.name}, 2 Nov 2026", held['Narration'])
        self.assertEqual(len(self.calls(path=JOURNALS)), 1)
        self.assertFalse(entries[0].xero_export_ids)
        self.assertIn('invoiceID=', row.xero_url)
        self.assertEqual(entries[0].xero_url, row.xero_url)
        self.assertEqual(self.env['account.move'].search_count(row.action_open_document()['domain']), 4)
        self.assertEqual(row.amount_total, 260)
        self.assertFalse(self.env['account.move'].search([('id', 'in', [entry.id for entry in entries])]).message_ids.filtered(
            lambda message: 'Xero' in (message.body or '')), "a day leaves no note on each of its entries")

    def test_days_and_journals_are_apart(self):
        self.entry()
        self.entry(date='2026-11-03')
        other = self.journal.copy({'code': 'MISC2', 'xero_mode': 'day'})
        self.entry(journal_id=other.id)
        self.end_day()
        self.assertEqual(len(self.journals_in_xero()), 3)
        self.assertEqual(len(self.calls('PUT', JOURNALS)), 1, "one request for all")
        self.assertTrue(self.day_row(journal=other).xero_id)

    def test_one_row_however_many_entries(self):
        moves = self.env['account.move'].union(*(self.entry(post=False) for _number in range(20)))
        with patch.object(type(self.env['xero.export']), '_enqueue_posted'):
            moves._post()
        Export = self.env['xero.export']
        for queries in (25, 13):     # the day and its row are made; then they are there, and nothing is written
            self.env.cr.flush()     # notices of Odoo's bus, too
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            Export._enqueue_posted(moves)
            self.env.flush_all()
            cost = self.env.cr.sql_log_count - before
            self.assertLessEqual(cost, queries)
            self.assertRecordValues(self.day_row(), [{'revision': 0, 'amount_total': 2000}])

    def test_storno_and_deferral_signs(self):
        deferred = self.expense.copy({'code': '188800', 'account_type': 'asset_current'})
        self.map_account(deferred, '620', 'journal')
        # A storno entry has negative debits
        storno = self.entry((self.expense, -30), (self.revenue, 30), post=False)
        storno.line_ids.is_storno = True
        storno.action_post()
        self.entry((deferred, 120), (self.expense, -120))
        self.end_day()
        self.assert_day((120, '620'), (-150, '469'), (30, '200'))

    def test_cents_add_up(self):
        for number in range(7):
            self.entry((self.expense, 0.1), (self.expense, 0.2), (self.revenue, -0.3), ref=f'cents {number}')
        self.end_day()
        self.assert_day((2.1, '469'), (-2.1, '200'))

    def test_a_day_that_comes_to_nothing_is_said_and_comes_back(self):
        self.entry()
        opposite = self.entry((self.expense, -100), (self.revenue, 100))
        self.end_day()
        row = self.day_row()
        self.assertEqual(row.state, 'skipped')
        self.assertIn("add up to zero", row.message)
        self.assertFalse(self.calls(path=JOURNALS))
        opposite.button_draft()
        self.assertEqual(self.day_row().wait_code, 'day_end')
        self.end_day()
        self.assert_day((100, '469'), (-100, '200'))

    def test_what_the_hook_missed_is_swept_up(self):
        with patch.object(type(self.env['xero.export']), '_enqueue_posted'):
            self.entry()
        self.assertFalse(self.day_row())
        self.connection.swept_at = False
        self.run_slice(self.connection)
        self.assertEqual(self.day_row().wait_code, 'day_end')
        self.end_day()
        self.assert_day((100, '469'), (-100, '200'))

    def test_what_is_off_the_balance_sheet_stays_here(self):
        off = self.env['account.account'].create({'code': '999001', 'name': "Guarantees", 'account_type': 'off_balance'})
        self.entry((off, 500), (off, -500))
        self.entry((off, 7), (off.copy({'code': '999002'}), -7))
        self.end_day()
        self.assertEqual(self.day_row().skip_rule, 'empty')
        self.entry()
        self.end_day()
        self.assert_day((100, '469'), (-100, '200'))

    def test_before_the_start_date_only_by_hand(self):
        self.connection.export_start_date = '2026-11-10'
        entry = self.entry()
        self.connection.swept_at = False
        self.run_slice(self.connection)
        self.assertFalse(self.day_row())
        action = entry.with_user(self.billing).action_xero_export()
        self.assertEqual(action['params']['export_ids'], self.day_row().ids)
        self.run_slice(self.connection)
        self.assert_day((100, '469'), (-100, '200'))

    def test_what_xero_makes_itself_never_goes(self):
        reversed_tax = self.entry(post=False)
        reversed_tax.tax_cash_basis_origin_move_id = self.document()
        reversed_tax.action_post()
        self.assertFalse(self.day_row())
        self.connection.swept_at = False
        self.run_slice(self.connection)
        self.assertFalse(self.day_row())
        self.entry()
        self.end_day()
        self.assert_day((100, '469'), (-100, '200'))
        exchange = self.xero_company.currency_exchange_journal_id
        with self.assertRaises(ValidationError):
            exchange.xero_mode = 'day'
        self.xero_company.currency_exchange_journal_id = self.journal
        self.assertEqual(self.journal._xero_mode(), 'off')

    # === WHEN === #

    def due(self, moment, date, zone='Australia/Sydney'):
        self.xero_company.partner_id.tz = zone
        with freeze_time(moment):
            return self.env['xero.journal.day'].new({'journal_id': self.journal.id, 'date': date})._over_at()

    def test_end_of_the_day_is_the_companys(self):
        # Auckland is 13 hours ahead in November, 12 after 4 April 2027
        self.assertEqual(self.due('2026-11-02 10:59:00', '2026-11-02', 'Pacific/Auckland'), datetime(2026, 11, 2, 11, 10))
        self.assertEqual(self.due('2027-04-03 20:00:00', '2027-04-04', 'Pacific/Auckland'), datetime(2027, 4, 4, 12, 10))
        self.assertEqual(self.due('2026-11-02 12:00:00', '2026-11-02', False), datetime(2026, 11, 3, 0, 10))

    def test_a_past_day_goes_with_the_next_end_of_a_day(self):
        # 11:30 UTC is the next day in Auckland
        self.assertEqual(self.due('2026-11-02 11:30:00', '2026-11-02', 'Pacific/Auckland'), datetime(2026, 11, 3, 11, 10))
        self.assertEqual(self.due('2026-11-20 01:00:00', '2026-10-05'), datetime(2026, 11, 20, 13, 10))
        self.assertEqual(self.due('2026-11-20 01:00:00', '2026-12-31'), datetime(2026, 12, 31, 13, 10))

    def test_the_scheduled_action_is_triggered_for_the_end(self):
        self.env['ir.cron.trigger'].search([('cron_id', '=', self.connection.cron_id.id)]).unlink()
        self.entry()
        triggers = self.env['ir.cron.trigger'].search([('cron_id', '=', self.connection.cron_id.id)])
        self.assertEqual(set(triggers.mapped('call_at')), {self.day_row().next_try_at})
        self.run_slice(self.connection)
        self.assertIn(self.day_row().next_try_at, self.env['ir.cron.trigger'].search([('cron_id', '=', self.connection.cron_id.id)]).mapped('call_at'))

    def test_export_now_leaves_the_day_that_goes_on(self):
        self.entry()
        self.connection.with_user(self.admin).action_export_now()
        self.run_slice(self.connection)
        self.assertEqual(self.day_row().wait_code, 'day_end')
        self.day_row().with_user(self.billing).action_resync()
        self.run_slice(self.connection)
        self.assert_day((100, '469'), (-100, '200'))

    def test_an_outage_keeps_the_end_of_the_day(self):
        self.entry()
        due = self.day_row().next_try_at
        self.connection._set_status('reauthenticate', "somebody left.")
        self.entry()
        self.assertEqual(self.day_row().cause, 'connection')
        self.connection._set_status('connected')
        self.assertEqual((self.day_row().wait_code, self.day_row().next_try_at), ('day_end', due))
