from datetime import date
from itertools import product

from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from ...models.reference.xero_status import status_label
from ..common import HARBOUR, XeroInvoicingCase
from .difference_common import XeroDifferenceCase

STATES = ('waiting', 'sending', 'uncertain', 'failed', 'synced', 'skipped')
STATUSES = (False, 'DRAFT', 'SUBMITTED', 'AUTHORISED', 'PAID', 'POSTED', 'VOIDED', 'DELETED')
LABELS = {'draft': "Draft in Xero", 'submitted': "Awaiting approval", 'paid': "Paid", 'voided': "Voided", 'different': "Different"}


@tagged('post_install', '-at_install')
class TestShownState(XeroInvoicingCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection = cls.env['xero.connection'].create({
            'name': "Harbour", 'app_id': cls.app.id, 'company_ids': cls.company.ids, 'export_start_date': '2000-01-01'})
        cls.company.xero_connection_id = cls.connection

    def make_moves(self, count):
        return self.env['account.move'].union(*(self.init_invoice('out_invoice', amounts=[100.0], post=True) for _number in range(count)))

    def test_a_synced_document_shows_what_became_of_it(self):
        [export] = self.make_moves(1).xero_export_ids.sudo()
        shown = {}
        export.state = 'synced'
        for status in STATUSES:
            export.xero_status = status
            shown[status] = export.shown_state
        self.assertEqual(shown, {
            False: 'synced', 'DRAFT': 'draft', 'SUBMITTED': 'submitted', 'AUTHORISED': 'synced', 'PAID': 'paid', 'POSTED': 'synced',
            'VOIDED': 'voided', 'DELETED': 'voided'})
        export.write({'xero_status': 'PAID', 'difference': "The total differs."})
        self.assertEqual(export.shown_state, 'different')
        export.write({'difference': False, 'closed_difference': "Closed without money."})
        self.assertEqual(export.shown_state, 'different')
        export.write({'closed_difference': False, 'done_operation': 'void'})
        self.assertEqual(export.shown_state, 'voided', "an allocation that was undone has no status")
        # Paid, then changed in Odoo: what has to be done now is what counts
        for state in ('waiting', 'sending', 'uncertain', 'failed', 'skipped'):
            export.state = state
            self.assertEqual(export.shown_state, state)

    def test_the_search_finds_what_is_shown(self):
        Export = self.env['xero.export'].sudo()
        exports = Export.create([{
            'connection_id': self.connection.id, 'company_id': self.company.id, 'kind': 'sale_invoice', 'document_name': f'N{number}', 'state': state,
            'xero_status': status, 'difference': difference, 'closed_difference': closed, 'done_operation': done,
        } for number, (state, status, difference, closed, done) in enumerate(
            product(STATES, STATUSES, (False, "Differs."), (False, "Closed."), (False, 'create', 'void')))])
        domain = [('id', 'in', exports.ids)]
        by_state = exports.grouped('shown_state')
        self.assertLessEqual({*STATES, *LABELS}, {*by_state})
        for shown, _label in Export._fields['shown_state']._description_selection(self.env):
            self.assertEqual(Export.search([*domain, ('shown_state', '=', shown)]), by_state.get(shown, Export).sorted('id', reverse=True), shown)
            self.assertEqual(
                Export.search_count([*domain, ('shown_state', '!=', shown)]), len(exports) - len(by_state.get(shown, Export)), shown)
        groups = dict(Export._read_group(domain, ['shown_state'], ['id:recordset']))
        self.assertEqual({shown: found.sorted() for shown, found in groups.items()}, {shown: found.sorted() for shown, found in by_state.items()})
        self.assertTrue(Export.fields_get(['shown_state'])['shown_state']['groupable'])
        some = [('shown_state', 'in', ('paid', 'failed'))]
        self.assertEqual(Export.search_count([*domain, *some]), len(by_state['paid']) + len(by_state['failed']))

    def test_an_invoice_shows_its_newest_export(self):
        moves = self.make_moves(3)
        second = self.env['xero.connection'].create({
            'name': "Second", 'app_id': self.app.id, 'company_ids': self.company.ids, 'export_start_date': '2000-01-01'})
        exports = moves.xero_export_ids.sudo()
        exports.write({'state': 'synced', 'xero_status': 'PAID'})
        exports[0].copy({'connection_id': second.id, 'move_id': exports[0].move_id.id, 'state': 'synced', 'xero_status': 'VOIDED'})
        exports[1].difference = "The total differs."
        self.env.invalidate_all()
        shown = {move.id: move.xero_shown_state for move in moves.with_user(self.billing)}
        self.assertEqual(sorted(shown.values()), ['different', 'paid', 'voided'])
        Move = self.env['account.move'].with_user(self.billing)
        for move_id, state in shown.items():
            self.assertEqual(Move.search([('id', 'in', moves.ids), ('xero_shown_state', '=', state)]).ids, [move_id], state)
        unsent = self.init_invoice('out_invoice', amounts=[1.0])
        self.assertEqual(Move.search([('id', 'in', [*moves.ids, unsent.id]), ('xero_shown_state', '=', False)]), unsent.with_user(self.billing))
        self.assertEqual(Move.search_count([('id', 'in', [*moves.ids, unsent.id]), ('xero_shown_state', '!=', 'paid')]), 3)
        groups = Move._read_group([('id', 'in', [*moves.ids, unsent.id])], ['xero_shown_state', 'journal_id'], ['__count'])
        self.assertEqual({(shown, count) for shown, _journal, count in groups}, {('different', 1), ('paid', 1), ('voided', 1), (False, 1)})

    def test_a_page_of_invoices_costs_few_queries(self):
        moves = self.make_moves(12)
        moves.xero_export_ids.sudo().write({'state': 'synced', 'xero_status': 'PAID'})
        names = ['xero_state', 'xero_shown_state', 'xero_state_hint']

        def count(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.with_user(self.billing).read(names)
            return self.env.cr.sql_log_count - before

        count(moves)
        self.assertEqual(count(moves), count(moves[:2]))

    def test_the_hint_says_what_the_badge_does_not(self):
        [export] = self.make_moves(1).xero_export_ids.sudo()
        export.write({
            'state': 'synced', 'xero_status': 'AUTHORISED', 'document_date': '2026-11-02', 'xero_date': '2026-11-15', 'synced_at': '2026-11-16 10:00:00'})
        hint = export.with_user(self.billing).state_hint
        self.assertIn("Status in Xero: Awaiting payment", hint)
        self.assertIn("Date: 11/02/2026 in Odoo, 11/15/2026 in Xero", hint)
        self.assertEqual(str(export.other_date), '2026-11-15')
        export.xero_date = '2026-11-02'
        self.assertFalse(export.other_date)
        self.assertNotIn("Date:", export.state_hint)
        export.write({'state': 'failed', 'message': "Account 200 has no account in Xero yet."})
        self.assertEqual(export.state_hint, "Account 200 has no account in Xero yet.")

    def test_no_code_of_xero_is_shown(self):
        self.assertEqual(status_label(self.env, 'NEW_STATUS'), "New status")
        self.assertFalse(status_label(self.env, False))
        [export] = self.make_moves(1).xero_export_ids.sudo()
        export.write({'state': 'synced', 'xero_status': 'SOMETHING_ELSE'})
        self.assertEqual((export.shown_state, export.xero_status_label), ('synced', "Something else"))
        for kind in self.env['xero.kind']._all():
            expected = "Recorded" if kind._hangs_on_documents else "Awaiting payment"
            self.assertEqual(kind._status_words('AUTHORISED'), expected, kind._name)

    def test_each_filter_of_invoices_shows_its_documents(self):
        expected = {
            'xero_failed': 'failed', 'xero_different': 'different', 'xero_uncertain': 'uncertain', 'xero_waiting': 'waiting', 'xero_skipped': 'skipped',
            'xero_draft': 'draft', 'xero_submitted': 'submitted', 'xero_paid': 'paid', 'xero_voided': 'voided'}
        moves = self.make_moves(len(expected))
        statuses = {'draft': 'DRAFT', 'submitted': 'SUBMITTED', 'paid': 'PAID', 'voided': 'VOIDED', 'different': 'AUTHORISED'}
        for move, shown in zip(moves, expected.values(), strict=True):
            move.xero_export_ids.sudo().write({
                'state': 'synced' if shown in statuses else shown, 'xero_status': statuses.get(shown), 'difference': shown == 'different' and "Differs."})
        Move = self.env['account.move'].with_user(self.billing)
        search = etree.fromstring(Move.get_view(self.env.ref('account.view_account_invoice_filter').id, 'search')['arch'])
        for (name, shown), move in zip(expected.items(), moves):
            [found] = search.xpath(f"//filter[@name='{name}']")
            self.assertEqual(Move.search([('id', 'in', moves.ids), *safe_eval(found.get('domain'))]).ids, move.ids, name)
            self.assertEqual(move.with_user(self.billing).xero_shown_state, shown)


@tagged('post_install', '-at_install')
class TestXeroDate(XeroDifferenceCase):

    def test_the_date_in_xero_follows_xeros_answers(self):
        _move, export = self.synced()
        self.assertEqual((str(export.xero_date), export.other_date), ('2026-11-02', False))
        self.edit(export, Date='2026-11-09', DueDate='2026-12-09')
        self.check()
        self.env.invalidate_all()
        self.assertEqual((str(export.document_date), str(export.xero_date), str(export.other_date)), ('2026-11-02', '2026-11-09', '2026-11-09'))
        self.assertEqual(export.shown_state, 'different')

    def test_a_bill_of_a_closed_period_shows_both_dates(self):
        self.sandbox.organisations[HARBOUR].period_lock_date = date(2026, 10, 31)
        self.connection.write({'bill_date': 'open', 'reference_read_at': False, 'pace': False})
        self.run_slice(self.connection)
        _move, export = self.synced('in_invoice', ref='B1', invoice_date='2026-10-20', date='2026-11-05')
        self.assertEqual(str(export.other_date), '2026-11-01')
        self.assertIn("11/01/2026 in Xero", export.state_hint)

    def test_a_date_that_was_unknown_is_no_news(self):
        """Databases of older versions have no dates of Xero: comparing everything stores them, and tells nobody."""
        _move, export = self.synced()
        export = export.sudo()
        export.xero_date = False
        remote = export._kind()._read_one(self.connection._client(), export.xero_id)
        self.assertIsNone(self.env['xero.comparison'].sudo()._sort_out(export, remote))
        self.assertEqual(str(export.xero_date), '2026-11-02')
