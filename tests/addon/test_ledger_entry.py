from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ...wizard import xero_check
from .ledger_common import CLEARING, JOURNALS, XeroLedgerCase

DIRTY = "In\x02voice\u200b  one\r\ntwo\x0bthree \ufeff"


@tagged('post_install', '-at_install')
class TestLedgerEntry(XeroLedgerCase):
    """Each entry of a journal is a manual journal of its own."""

    mode = 'entry'

    def held(self, move):
        """Return the manual journal of an entry, of which Xero has exactly one."""
        [held] = [journal for journal in self.journals_in_xero() if journal['Narration'].startswith(move.name)]
        return held

    def assert_in_xero(self, move, *lines):
        export = self.export_of(move)
        held = self.held(move)
        self.assertEqual((export.state, export.difference, export.xero_id), ('synced', False, held['ManualJournalID']), export.message)
        self.assertEqual(self.lines_of(held), sorted(lines))
        self.assertEqual(export.xero_total, export.amount_total)
        return held

    # === GOING OUT === #

    def test_entry_goes_item_by_item(self):
        move = self.entry(
            (self.expense, 70, {'name': "Rent of November"}), (self.expense, 30, {'name': "Cleaning"}), (self.revenue, -100), ref="Lease 7")
        self.assertRecordValues(move.xero_export_ids, [{'kind': 'journal', 'state': 'waiting', 'amount_total': 100, 'wait_code': False}])
        self.run_slice(self.connection)
        held = self.assert_in_xero(move, (70, '469'), (30, '469'), (-100, '200'))
        self.assertEqual({line['Description'] for line in held['JournalLines']}, {"Rent of November", "Cleaning", self.revenue.name})
        self.assertIn("Lease 7", held['Narration'])
        self.assertEqual((str(held['Date']), held['Status'], held['LineAmountTypes']), ('2026-11-02', 'POSTED', 'NoTax'))
        self.assertIn(f'res_id={move.id}', held['Url'])
        self.assertEqual(move.xero_state, 'synced')
        self.assertIn("In Xero", move.message_ids[0].body)

    def test_drafts_where_a_person_posts_them_in_xero(self):
        self.connection.journals_status = 'DRAFT'
        move = self.entry()
        self.run_slice(self.connection)
        self.assertEqual(self.held(move)['Status'], 'DRAFT')

    def test_invoice_of_a_ledger_journal_is_a_journal(self):
        sales = self.company_data['default_journal_sale'].copy({'code': 'LS', 'xero_mode': 'entry'})
        self.map_account(self.company_data['default_account_receivable'], CLEARING, 'journal')
        invoice = self.document(journal_id=sales.id)
        self.run_slice(self.connection)
        self.assert_in_xero(invoice, (100, CLEARING), (-100, '200'))
        self.assertFalse(self.invoices_in_xero())
        credit = self.document('out_refund', journal_id=sales.id)
        self.run_slice(self.connection)
        self.assert_in_xero(credit, (-100, CLEARING), (100, '200'))

    def test_foreign_currency_goes_in_the_companys(self):
        dollar = self.env.ref('base.USD')
        dollar.active = True
        move = self.entry(
            (self.expense, 50, {'currency_id': dollar.id, 'amount_currency': 100}),
            (self.revenue, -50, {'currency_id': dollar.id, 'amount_currency': -100}))
        self.run_slice(self.connection)
        self.assert_in_xero(move, (50, '469'), (-50, '200'))

    def test_entry_without_amounts_says_so(self):
        move = self.entry((self.expense, 0), (self.revenue, 0))
        self.run_slice(self.connection)
        export = self.export_of(move)
        self.assertEqual(export.state, 'skipped')
        self.assertIn("no amounts", export.message)
        self.assertFalse(self.calls(path=JOURNALS))
        move.button_draft()
        self.rewrite(move, 5)
        move.action_post()
        self.run_slice(self.connection)
        self.assert_in_xero(move, (5, '469'), (-5, '200'))

    def test_swept_up_if_the_hook_missed_it(self):
        self.journal.xero_mode = 'off'
        move = self.entry()
        self.assertFalse(move.xero_export_ids)
        self.journal.xero_mode = 'entry'
        self.run_slice(self.connection)
        self.assert_in_xero(move, (100, '469'), (-100, '200'))

    # === ACCOUNTS === #

    def test_receivable_needs_a_clearing_account(self):
        receivable = self.company_data['default_account_receivable']
        move = self.entry((receivable, 100, {'partner_id': self.partner_a.id}), (self.revenue, -100))
        self.run_slice(self.connection)
        export = self.export_of(move)
        self.assertEqual((export.state, export.cause), ('failed', 'account'))
        self.assertIn("cannot be used in a manual journal", export.message)
        self.assertFalse(self.calls(path=JOURNALS), "pre-flight knows")
        row = export.mapping_ids
        self.assertRecordValues(row, [{'account_id': receivable.id, 'use': 'journal', 'is_decided': False, 'suggestion': False}])
        row.with_user(self.admin).xero_account_id = self.env['xero.account'].search([
            ('connection_id', '=', self.connection.id), ('code', '=', CLEARING)])
        self.run_slice(self.connection)
        self.assert_in_xero(move, (100, CLEARING), (-100, '200'))

    def test_what_xero_refuses_in_journals_is_not_decided(self):
        """Equal codes: one of Xero's debtors, one of a bank account, one that lines of documents could not name but journals can."""
        cases = [('610', 'asset_receivable', False), ('090', 'asset_current', False), ('820', 'liability_current', True), ('960', 'equity', False)]
        for code, account_type, is_decided in cases:
            account = self.env['account.account'].create({'code': code, 'name': f"Account {code}", 'account_type': account_type})
            row = self.env['xero.mapping']._prefetch_for(self.connection, self.xero_company).find('account', account, 'journal')
            self.assertEqual((code, row.is_decided), (code, is_decided))
            self.assertEqual(row.id in self.env['xero.mapping'].search([('is_decided', '=', True)]).ids, is_decided)
        self.assertFalse(row._find_target(self.connection, '610'))
        self.assertTrue(row._find_target(self.connection, '820'))

    def test_one_row_for_documents_and_journals(self):
        gst = self.env['account.account'].create({'code': '820', 'name': "GST", 'account_type': 'liability_current'})
        self.entry((gst, 10), (self.revenue, -10))
        self.run_slice(self.connection)
        row = self.env['xero.mapping'].search([('account_id', '=', gst.id)])
        self.assertTrue(row.is_decided)
        invoice = self.document('out_invoice', {'account_id': gst.id})
        self.run_slice(self.connection)
        self.assertEqual(self.export_of(invoice).cause, 'account')
        self.assertRecordValues(row, [{'use': False, 'is_decided': False}])
        self.assertEqual(self.env['xero.mapping'].search_count([('account_id', '=', self.revenue.id)]), 1)

    def test_tracking_is_shared_to_the_cent(self):
        plan = self.env['account.analytic.plan'].sudo().create({'name': "Region"})
        north, south = self.env['account.analytic.account'].sudo().create([{'name': name, 'plan_id': plan.id} for name in ("North", "South")])
        category = self.env['xero.tracking.category'].search([('connection_id', '=', self.connection.id)])
        self.connection.write({'tracking_plan_1_id': plan.id, 'tracking_category_1_id': category.id})
        distribution = {str(north.id): 33.33, str(south.id): 66.67}
        move = self.entry((self.expense, 0.05, {'analytic_distribution': distribution}), (self.revenue, -0.05))
        self.run_slice(self.connection)
        held = self.assert_in_xero(move, (0.02, '469'), (0.03, '469'), (-0.05, '200'))
        options = {float(line['LineAmount']): [option['Option'] for option in line['Tracking']] for line in held['JournalLines']}
        self.assertEqual(options, {0.02: ["North"], 0.03: ["South"], -0.05: []})
        # In day mode, amounts with the same tracking are one line
        other = self.journal.copy({'code': 'DAY', 'xero_mode': 'day'})
        for _number in range(3):
            self.entry((self.expense, 0.05, {'analytic_distribution': distribution}), (self.revenue, -0.05), journal_id=other.id)
        self.end_day()
        row = self.day_row(journal=other)
        self.assertEqual((row.state, row.difference, row.amount_total, row.xero_total), ('synced', False, 0.15, 0.15), row.message)
        [held] = [journal for journal in self.journals_in_xero() if journal['ManualJournalID'] == row.xero_id]
        self.assertEqual(self.lines_of(held), [(-0.15, '200'), (0.05, '469'), (0.1, '469')])

    # === MODES === #

    def test_what_went_in_one_way_does_not_go_in_another(self):
        self.entry()
        self.run_slice(self.connection)
        with self.assertRaisesRegex(ValidationError, "twice"):
            self.journal.xero_mode = 'day'
        self.journal.xero_mode = 'off'
        with self.assertRaisesRegex(ValidationError, "twice"):
            self.journal.xero_mode = 'day'
        self.journal.xero_mode = 'entry'
        sales = self.company_data['default_journal_sale']
        self.document()
        self.run_slice(self.connection)
        with self.assertRaisesRegex(ValidationError, "twice"):
            sales.xero_mode = 'entry'

    def test_what_never_left_goes_in_the_new_way(self):
        move = self.entry()
        self.journal.xero_mode = 'day'
        self.assertEqual((self.export_of(move).state, self.export_of(move).skip_rule), ('skipped', 'mode'))
        self.assertFalse(self.export_of(move)._requeue())
        self.run_slice(self.connection)
        self.assertEqual(self.day_row().wait_code, 'day_end')
        self.journal.xero_mode = 'entry'
        self.assertEqual(self.day_row().state, 'skipped')
        self.assertFalse(self.day_row()._requeue())
        self.end_day()
        self.assert_in_xero(move, (100, '469'), (-100, '200'))
        self.assertEqual(len(self.journals_in_xero()), 1)

    def test_never_left_day_comes_back_with_its_way(self):
        self.journal.xero_mode = 'day'
        self.entry()
        self.journal.xero_mode = 'off'
        self.end_day()
        self.assertFalse(self.calls(path=JOURNALS))
        self.journal.xero_mode = 'day'
        self.assertEqual(self.day_row().wait_code, 'day_end')
        self.end_day()
        self.assert_day((100, '469'), (-100, '200'))

    def test_skipped_in_the_former_way_goes_in_the_present_one(self):
        sales = self.company_data['default_journal_sale'].copy({'code': 'LS'})
        self.map_account(self.company_data['default_account_receivable'], CLEARING, 'journal')
        invoice = self.document(journal_id=sales.id)
        invoice.xero_export_ids._skip("later")
        sales.xero_mode = 'entry'
        self.run_slice(self.connection)
        self.assertEqual(self.export_of(invoice).state, 'skipped')
        self.export_of(invoice)._requeue()
        self.run_slice(self.connection)
        self.assert_in_xero(invoice, (100, CLEARING), (-100, '200'))

    def test_modes_that_a_journal_cannot_have(self):
        with self.assertRaises(ValidationError):
            self.journal.xero_mode = 'document'
        self.assertEqual(self.company_data['default_journal_sale'].xero_mode, 'document')
        self.assertEqual(self.company_data['default_journal_bank'].xero_mode, 'off')
        self.assertEqual(self.journal.copy({'code': 'NEW'}).xero_mode, 'off')

    def test_off_stops_what_goes_by_itself(self):
        sales = self.company_data['default_journal_sale']
        sales.xero_mode = 'off'
        invoice = self.document()
        self.connection.swept_at = False
        self.run_slice(self.connection)
        self.assertFalse(self.export_of(invoice))
        invoice.with_user(self.billing).action_xero_export()
        self.run_slice(self.connection)
        self.assert_once(invoice)

    # === BY HAND === #

    def test_check_shows_the_journal(self):
        move = self.entry(post=False)
        action = move.with_user(self.billing).action_xero_check()
        document = self.env[action['res_model']].with_user(self.billing).browse(action['res_id'])
        self.assertRecordValues(document, [{'is_ready': True, 'amount_total': 100, 'predicted_total': 100, 'is_journal': True}])
        self.assertEqual([(line.net, line.account) for line in document.line_ids], [(100, "469 – Rent"), (-100, "200 – Sales")])
        receivable = self.entry((self.company_data['default_account_receivable'], 5), (self.revenue, -5), post=False)
        action = receivable.with_user(self.billing).action_xero_check()
        document = self.env[action['res_model']].with_user(self.billing).browse(action['res_id'])
        self.assertIn("cannot be used in a manual journal", document.problems)
        self.assertEqual(document.check_id.reason_ids.mapping_id.use, 'journal')
        self.journal.copy({'code': 'DAY', 'xero_mode': 'day'})
        self.journal.xero_mode = 'off'
        with self.assertRaises(UserError):
            move.action_xero_check()

    def test_period_check_has_entries(self):
        move = self.entry()
        check = self.env['xero.check'].with_user(self.admin).create({'connection_id': self.connection.id, 'date_from': '2026-11-01'})
        check.action_check()
        self.assertEqual(check.document_ids.move_id, move)
        self.assertEqual(check.summary, "1 ready")

    def test_period_check_counts_what_it_can_check(self):
        """Entries that go as part of a day do not use up the limit, and a check never covers only a part of its period."""
        self.patch(xero_check, 'CHECK_LIMIT', 2)
        days = self.journal.copy({'code': 'DAY', 'xero_mode': 'day'})
        for _number in range(3):
            self.entry(journal_id=days.id)
        check = self.env['xero.check'].with_user(self.admin).create({'connection_id': self.connection.id, 'date_from': '2026-11-01'})
        with self.assertRaisesRegex(UserError, "no such documents"):
            check.action_check()
        moves = self.entry() | self.entry()
        check.action_check()
        self.assertEqual(check.document_ids.move_id, moves)
        self.entry()
        with self.assertRaisesRegex(UserError, "more than 2 documents"):
            check.action_check()

    def test_form_says_what_is_the_matter(self):
        move = self.entry((self.company_data['default_account_receivable'], 5), (self.revenue, -5))
        self.run_slice(self.connection)
        alert = move.with_user(self.billing).alerts['xero_failed']
        self.assertIn("cannot be used", alert['message'])
        self.assertIn("Only an invoice admin can decide the account. Ask ", alert['message'])
        self.assertFalse(self.export_of(move).with_user(self.billing).fix_label)
        self.assertEqual(self.export_of(move).with_user(self.admin).fix_label, "Decide the account")

    # === TEXTS === #

    def test_texts_of_an_entry(self):
        move = self.entry(ref=DIRTY)
        move.line_ids.name = DIRTY
        self.run_slice(self.connection)
        [journal] = self.sandbox.organisations[self.tenant].journals.values()
        self.assertIn("Invoice one two three", journal['Narration'])
        self.assertEqual({line['Description'] for line in journal['JournalLines']}, {"Invoice one\ntwo\nthree"})

    def test_texts_that_xero_alters(self):
        entry = self.entry((self.expense, 100, {'name': "Rent 🎉  of\r\nJune"}), (self.revenue, -100), ref="Rent 🎉")
        self.run_slice(self.connection)
        [held] = self.journals_in_xero()
        self.assertNotIn("🎉", held['Narration'] + held['JournalLines'][0]['Description'])
        self.in_xero_somebody(held)
        entry.button_draft()
        self.rewrite(entry, 90)
        entry.action_post()
        self.run_slice(self.connection)
        export = self.export_of(entry)
        self.assertEqual((export.state, export.difference), ('synced', False))
        [held] = self.journals_in_xero()
        self.assertEqual(self.lines_of(held), [(-90, '200'), (90, '469')])
        self.in_xero_somebody(held)
        entry.button_draft()
        entry.button_cancel()
        self.run_slice(self.connection)
        self.assertFalse(self.journals_in_xero())
