from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ...wizard import xero_post_day
from .ledger_common import CLEARING, JOURNALS, XeroLedgerCase


@tagged('post_install', '-at_install')
class TestPostDay(XeroLedgerCase):
    """*Post day to Xero…* says what the days hold, then posts them, or lists all that is wrong with them."""

    def test_count_and_sums_then_success(self):
        self.entry()
        self.entry((self.expense, 20), (self.revenue, -20))
        self.entry(date='2026-11-03')
        post = self.post_wizard(self.billing, date_to='2026-11-03')
        self.assertRecordValues(post.line_ids, [
            {'journal_id': self.journal.id, 'entry_count': 2, 'debit': 120, 'credit': 120, 'state': 'waiting'},
            {'journal_id': self.journal.id, 'entry_count': 1, 'debit': 100, 'credit': 100, 'state': 'waiting'}])
        self.assertFalse(self.calls(path=JOURNALS), "nothing is sent from a person's transaction")
        action = post.action_post()
        rows = self.day_row() | self.day_row('2026-11-03')
        self.assertEqual((action['tag'], set(action['params']['export_ids'])), ('account_xero_follow', set(rows.ids)))
        self.assertFalse(self.env['xero.export'].get_progress(rows.ids)['finished'])
        self.run_slice(self.connection)
        self.assert_day((120, '469'), (-120, '200'))
        self.assert_day((100, '469'), (-100, '200'), date='2026-11-03')
        progress = self.env['xero.export'].get_progress(rows.ids)
        self.assertEqual((progress['finished'], progress['synced']), (True, 2))

    def test_looking_at_days_creates_none(self):
        self.connection.export_start_date = '2026-12-01'
        self.entry()
        days = self.env['xero.journal.day'].search_count([])
        post = self.post_wizard(self.billing)
        self.assertRecordValues(post.line_ids, [{'journal_id': self.journal.id, 'entry_count': 1, 'debit': 100, 'credit': 100, 'state': False}])
        self.assertEqual(self.env['xero.journal.day'].search_count([]), days)
        post.action_post()
        self.assertEqual(self.env['xero.journal.day'].search_count([]), days + 1)

    def test_posted_again_is_changed_not_doubled(self):
        self.entry()
        self.post_wizard().action_post()
        self.run_slice(self.connection)
        with self.assertRaisesRegex(UserError, "already in Xero without changes"):
            self.post_wizard().action_post()
        self.entry((self.expense, 20), (self.revenue, -20))
        for send_changes in (True, False):      # a person who asks for it decides
            self.connection.send_changes = send_changes
            self.entry((self.expense, 1), (self.revenue, -1))
            self.post_wizard().action_post()
            self.run_slice(self.connection)
        self.assert_day((122, '469'), (-122, '200'))
        self.assertEqual(len(self.journals_in_xero(living=False)), 1)

    def test_emptied_day_is_voided_now(self):
        entry = self.entry()
        self.post_wizard().action_post()
        self.run_slice(self.connection)
        entry.button_draft()
        self.post_wizard().action_post()
        self.run_slice(self.connection)
        self.assertEqual(self.day_row().xero_status, 'VOIDED')
        with self.assertRaises(UserError):
            self.post_wizard().action_post()
        entry.action_post()
        self.post_wizard().action_post()
        self.run_slice(self.connection)
        self.assert_day((100, '469'), (-100, '200'))
        self.assertEqual(len(self.journals_in_xero(living=False)), 2)

    def test_all_that_is_wrong_with_the_accounts_at_once(self):
        receivable, odd = self.company_data['default_account_receivable'], self.expense.copy({'code': '188803', 'name': "Odd"})
        self.entry((receivable, 5), (self.revenue, -5))
        self.entry((receivable, 5), (odd, -5))
        self.entry((receivable, 5), (self.revenue, -5), date='2026-11-03')
        self.entry(date='2026-11-04')
        post = self.post_wizard(date_to='2026-11-04')
        action = post.action_post()
        self.assertEqual((action['res_model'], action['res_id']), ('xero.post.day', post.id))
        self.assertRecordValues(post.reason_ids, [
            {'cause': 'account', 'day_count': 2, 'entry_count': 3}, {'cause': 'account', 'day_count': 1, 'entry_count': 1}])
        self.assertIn("clearing account", post.reason_ids[0].message)
        self.assertEqual(post.reason_ids[1].text, f"{odd.display_name}: Not decided")
        self.assertEqual(set(post.reason_ids.mapped('fix')), {'mapping'})
        self.assertEqual(self.day_row('2026-11-04').wait_code, 'day_end', "nothing is queued before all can go")
        rows = self.env['xero.mapping'].search(post.reason_ids[0].action_fix()['domain'])
        self.assertEqual(rows.account_id, receivable | odd)
        self.map_account(receivable, CLEARING, 'journal')
        self.map_account(odd, '429', 'journal')
        self.assertEqual(post.action_post()['tag'], 'account_xero_follow')
        self.assertFalse(post.reason_ids)
        self.run_slice(self.connection)
        self.assert_day((10, CLEARING), (-5, '200'), (-5, '429'))

    def test_who_may_not_decide_asks(self):
        """There is no document with a chatter: the invoice admins get a to-do on the connection, until the account is chosen."""
        odd = self.expense.copy({'code': '188803', 'name': "Odd"})
        self.entry((odd, 5), (self.revenue, -5))
        post = self.post_wizard(self.billing)
        post.action_post()
        [reason] = post.reason_ids
        self.assertFalse(reason.can_decide)
        self.assertFalse(post.can_decide, "there is nothing to choose, so the list has no column for it")
        for _press in range(2):
            self.assertNotIn('next', reason.action_ask()['params'], "the dialog stays")
        self.env.invalidate_all()
        todo = self.connection.sudo().activity_ids.filtered(lambda activity: activity.user_id == self.admin)
        self.assertEqual(len(todo), 1)
        self.assertIn("Odd", todo.note)
        self.map_account(odd, '429', 'journal')
        self.assertFalse(todo.exists())

    def test_day_before_the_start_date_or_not_over(self):
        self.connection.export_start_date = '2026-12-01'
        self.entry()
        self.assertFalse(self.day_row())
        self.post_wizard().action_post()
        self.run_slice(self.connection)
        self.assert_day((100, '469'), (-100, '200'))

    def test_language_of_the_person_makes_no_difference(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.entry()
        self.post_wizard().action_post()
        self.run_slice(self.connection)
        self.admin.lang = 'fr_FR'
        self.expense.with_context(lang='fr_FR').name = "Charges"
        with self.assertRaises(UserError):
            self.post_wizard().action_post()

    def test_it_opens_on_what_waits(self):
        def period():
            context = self.journal.with_user(self.billing).action_xero_post_day()['context']
            return context['default_date_from'], context['default_date_to']
        today = str(self.env['xero.journal.day']._today(self.xero_company))
        self.assertEqual(period(), (today, today), "nothing waits")
        self.entry()
        self.entry(date='2026-11-04')
        self.assertEqual(period(), ('2026-11-02', '2026-11-04'))
        self.post_wizard().action_post()
        self.run_slice(self.connection)
        self.assertEqual(period(), ('2026-11-04', '2026-11-04'))
        self.patch(xero_post_day, 'DAYS_LIMIT', 2)
        self.entry(date='2026-11-01')
        self.assertEqual(period(), ('2026-11-03', '2026-11-04'), "no more than the dialog holds")

    def test_account_is_chosen_inside_and_the_dates_stay(self):
        odd = self.expense.copy({'code': '188803', 'name': "Odd"})
        self.entry((odd, 5), (self.revenue, -5))
        self.entry((odd, 5), (self.revenue, -5), date='2026-11-03')
        target = self.env['xero.account'].search([('connection_id', '=', self.connection.id), ('code', '=', '429')])
        clerk = self.post_wizard(self.billing, date_to='2026-11-03')
        clerk.action_post()
        self.assertFalse(clerk.reason_ids.can_decide)
        with self.assertRaises(AccessError):
            clerk.write({'reason_ids': [Command.update(clerk.reason_ids.id, {'target': f'xero.account,{target.id}'})]})
        post = self.post_wizard(date_to='2026-11-03')
        post.action_post()
        [reason] = post.reason_ids
        post.write({'reason_ids': [Command.update(reason.id, {'target': f'xero.account,{target.id}'})]})
        reason.invalidate_recordset()
        self.assertTrue(post.is_outdated)
        self.assertEqual((str(post.date_from), str(post.date_to), post.reason_ids), ('2026-11-02', '2026-11-03', reason))
        self.assertEqual(post.action_post()['tag'], 'account_xero_follow')
        self.run_slice(self.connection)
        self.assert_day((5, '429'), (-5, '200'))
        self.assert_day((5, '429'), (-5, '200'), date='2026-11-03')

    def test_problems_of_other_dates_are_forgotten(self):
        odd = self.expense.copy({'code': '188803', 'name': "Odd"})
        self.entry((odd, 5), (self.revenue, -5))
        self.entry(date='2026-11-03')
        post = self.post_wizard()
        action = post.action_post()
        self.assertTrue(post.reason_ids)
        with Form(post.with_context(action['context'])) as form:
            form.date_from = form.date_to = '2026-11-03'
        self.assertFalse(post.reason_ids)
        self.assertEqual(post.line_ids.mapped('date'), [fields.Date.to_date('2026-11-03')])

    def test_ways_in(self):
        self.entry()
        for action in (self.journal.with_user(self.billing).action_xero_post_day(), self.connection.with_user(self.billing).action_post_day(),
                       self.env['xero.post.day'].with_user(self.billing).action_open_all(), self.day_row().with_user(self.billing).action_check()):
            self.assertEqual((action['res_model'], action['context']['default_journal_ids']), ('xero.post.day', self.journal.ids))
        told = self.company_data['default_journal_sale'].action_xero_post_day()['params']
        self.assertEqual((told['type'], told['next']['id']), ('warning', self.env.ref('account.action_account_journal_form').id))
        with self.assertRaisesRegex(UserError, "Somebody with the right to change journals"):
            self.company_data['default_journal_sale'].with_user(self.billing).action_xero_post_day()
        post = self.post_wizard(self.billing)
        with self.assertRaises(AccessError):
            post.with_user(self._new_user('xero_nobody', 'base.group_user')).action_post()
