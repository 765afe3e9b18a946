from odoo.tests import tagged

from ..common import HARBOUR
from .allocation_common import XeroAllocationCase
from .answered_common import XeroAnsweredCase
from .export_common import PAGE
from .ledger_common import XeroLedgerCase

ENDS = {'out_invoice': 'Invoices', 'in_invoice': 'Invoices', 'out_refund': 'CreditNotes', 'in_refund': 'CreditNotes', 'out_receipt': 'Invoices'}


class Later:
    """A clock for Xero and for us, and faults on order."""

    def later(self, seconds=420, times=4):
        self.sandbox.clock.advance(seconds)
        for _time in range(times):
            self.let_time_pass(seconds=seconds)
            self.run_slice(self.connection)

    def fault(self, kind, method='POST', path='', **values):
        self.sandbox.faults.order(kind=kind, method=method, path=path, **values)


@tagged('post_install', '-at_install')
class TestLostChanges(Later, XeroAnsweredCase):
    """Changes and voids that Xero saved without an answer, while the document was changed again in Odoo."""

    def test_a_void_without_answer_whose_document_is_confirmed_again(self):
        for move_type in ('out_invoice', 'in_invoice', 'out_refund', 'in_refund'):
            for kind, sticky in (('drop_after', False), ('500_after', True)):
                for seconds in (60, 420):
                    with self.subTest(move_type=move_type, kind=kind, seconds=seconds):
                        self.sandbox.faults.clear()
                        self.let_time_pass(hours=1)
                        move, export = self.synced(move_type, ref=f'{move_type} {kind} {seconds}')
                        # free_number: the second POST is the void of sales
                        self.fault(kind, sticky=sticky, path=f'/{ENDS[move_type]}', skip=1 if move_type.startswith('out') else 0)
                        self.cancel(move)
                        if export.state == 'waiting':
                            self.run_slice(self.connection)
                        self.env.invalidate_all()
                        self.assertEqual((export.state, export.operation, self.held(export)['Status']), ('uncertain', 'void', 'VOIDED'))
                        move.button_draft()
                        move.action_post()
                        self.later(seconds)
                        self.env.invalidate_all()
                        self.assertEqual(
                            (export.state, export.xero_status, self.held(export)['Status']), ('synced', 'AUTHORISED', 'AUTHORISED'),
                            f'{export.difference} {export.message}')

    def test_a_document_that_is_confirmed_again_before_its_void_is_tried_again(self):
        for move_type in ('in_invoice', 'in_refund'):
            with self.subTest(move_type):
                self.let_time_pass(hours=1)
                move, export = self.synced(move_type, ref=f'M {move_type}')
                self.fault('500_after', sticky=True, path=f'/{ENDS[move_type]}')
                self.cancel(move)
                self.let_time_pass(seconds=61)
                self.run_slice(self.connection)
                self.env.invalidate_all()
                self.assertEqual((export.state, export.operation), ('waiting', 'void'))
                move.button_draft()
                move.action_post()
                self.later(60)
                self.assertEqual((export.state, export.xero_status, self.held(export)['Status']), ('synced', 'AUTHORISED', 'AUTHORISED'), export.difference)

    def test_a_freed_number_without_answer(self):
        for seconds in (60, 420):
            with self.subTest(seconds):
                self.let_time_pass(hours=1)
                move, export = self.synced('out_invoice')
                self.fault('drop_after', path='/Invoices')
                self.cancel(move)
                self.env.invalidate_all()
                self.assertEqual((export.state, export.operation), ('uncertain', 'void'))
                move.button_draft()
                move.action_post()
                self.later(seconds)
                held = self.held(export)
                self.assertEqual((export.state, held['Status'], held['InvoiceNumber']), ('synced', 'AUTHORISED', move.name), export.difference)

    def test_a_change_without_answer_that_is_taken_back(self):
        for move_type in ENDS:
            with self.subTest(move_type):
                self.let_time_pass(hours=1)
                move, export = self.synced(move_type, ref=f'C {move_type}')
                line = move.invoice_line_ids
                self.fault('500_after', sticky=True, path=f'/{ENDS[move_type]}')
                self.change(move, invoice_line_ids=[(1, line.id, {'price_unit': 60})])
                self.env.invalidate_all()
                self.assertEqual((export.state, export.operation), ('uncertain', 'update'))
                self.let_time_pass(seconds=61)
                self.run_slice(self.connection)
                self.env.invalidate_all()
                self.assertEqual((export.state, export.operation), ('waiting', 'update'))
                self.change(move, invoice_line_ids=[(1, line.id, {'price_unit': 100})])
                self.later(60)
                self.assertEqual((export.state, float(self.held(export)['Total']), export.difference), ('synced', 100.0, False))

    def test_a_change_without_answer_whose_document_is_cancelled(self):
        for seconds in (60, 420):
            with self.subTest(seconds):
                self.let_time_pass(hours=1)
                move, export = self.synced('in_invoice', ref=f'CC {seconds}')
                self.fault('500_after', sticky=True, path='/Invoices')
                self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
                move.button_draft()
                move.button_cancel()
                self.later(seconds)
                self.assertEqual((export.state, self.held(export)['Status']), ('synced', 'VOIDED'), export.difference)

    def test_a_change_that_xero_stumbles_over_holds_back_no_neighbour(self):
        for kind, values in (('500_before', {}), ('503', {}), ('status', {'status': 500, 'body': PAGE})):
            with self.subTest(kind):
                self.sandbox.faults.clear()
                self.let_time_pass(hours=1)
                moves = self.documents(4)
                bad = self.document()
                self.run_slice(self.connection)
                self.fault(kind, text='POISON', times=200, path='/Invoices', **values)
                (moves | bad).button_draft()
                moves.ref, bad.ref = 'good', 'POISON'
                (moves | bad).action_post()
                self.run_slice(self.connection)
                for _time in range(10):
                    self.later(120, 1)
                self.env.invalidate_all()
                self.assertEqual([self.held(move.xero_export_ids)['Reference'] for move in moves], ['good'] * 4)

    def test_a_void_that_xero_stumbles_over_holds_back_no_neighbour(self):
        moves, bad = self.documents(4, 'in_refund'), self.document('in_refund')
        self.run_slice(self.connection)
        self.fault('500_before', text=bad.xero_export_ids.xero_id, times=200, path='/CreditNotes')
        (moves | bad).button_draft()
        (moves | bad).button_cancel()
        self.run_slice(self.connection)
        for _time in range(10):
            self.later(120, 1)
        self.assertEqual([self.held(move.xero_export_ids)['Status'] for move in moves], ['VOIDED'] * 4)

    def test_answers_of_changes_that_leave_one_out(self):
        for position in (0, 1, 2):
            with self.subTest(position):
                self.let_time_pass(hours=1)
                moves = self.documents(3, 'out_refund')
                self.run_slice(self.connection)
                self.fault('altered', path='/CreditNotes', numbers={moves[position].name: None}, sticky=True)
                moves.button_draft()
                moves.ref = f'R {position}'
                moves.action_post()
                self.run_slice(self.connection)
                self.later(60)
                for move in moves:
                    self.assert_same(move.xero_export_ids, Reference=f'R {position}')

    def test_a_gateway_that_refuses_a_change_or_a_void_concerns_that_document_alone(self):
        for status in (403, 401, 406, 302, 404, 412):
            for action in ('change', 'void'):
                with self.subTest(status=status, action=action):
                    self.sandbox.faults.clear()
                    self.let_time_pass(hours=1)
                    moves = self.documents(3)
                    bad = self.document()
                    self.run_slice(self.connection)
                    self.fault('status', status=status, body=PAGE, times=60, path='/Invoices',
                               text='cmd.exe' if action == 'change' else bad.xero_export_ids.xero_id)
                    (moves | bad).button_draft()
                    if action == 'void':
                        (moves | bad).button_cancel()
                    else:
                        moves.ref, bad.ref = 'good', 'cmd.exe'
                        (moves | bad).action_post()
                    self.run_slice(self.connection, 5)
                    self.env.invalidate_all()
                    self.assertEqual(self.connection.status, 'connected')
                    for move in moves:
                        held = self.held(move.xero_export_ids)
                        self.assertEqual(held['Status' if action == 'void' else 'Reference'], 'VOIDED' if action == 'void' else 'good')
                    export = self.export_of(bad)
                    self.assertEqual((export.state, export.cause), ('failed', 'data'), export.message)
                    self.sandbox.faults.clear()
                    export._requeue()
                    self.run_slice(self.connection, 3)
                    held = self.held(export)
                    self.assertEqual(held['Status' if action == 'void' else 'Reference'], 'VOIDED' if action == 'void' else 'cmd.exe')


@tagged('post_install', '-at_install')
class TestLostJournals(Later, XeroLedgerCase):
    """The same for entries and days."""

    mode = 'day'

    def single(self):
        return self.journal.copy({'code': f'S{self.env["account.journal"].search_count([])}', 'xero_mode': 'entry'})

    def test_an_entry_deleted_while_unanswered(self):
        for kind, values in (('500_after', {'sticky': True}), ('drop_after', {}), ('cut', {})):
            for seconds in (60, 420):
                with self.subTest(kind=kind, seconds=seconds):
                    self.let_time_pass(hours=1)
                    single = self.single()
                    move = self.entry(journal_id=single.id)
                    self.fault(kind, 'PUT', '/ManualJournals', **values)
                    self.run_slice(self.connection)
                    export = self.export_of(move)
                    self.assertEqual(export.state, 'uncertain')
                    move.button_draft()
                    move.with_context(force_delete=True).unlink()
                    self.later(seconds)
                    self.env.invalidate_all()
                    self.assertEqual((export.state, export.xero_status), ('synced', 'VOIDED'), export.message)
                    self.assertFalse(self.journals_in_xero())

    def test_a_day_emptied_while_unanswered(self):
        for number, (kind, values) in enumerate((('500_after', {'sticky': True}), ('drop_after', {}), ('cut', {}))):
            for seconds in (60, 420):
                with self.subTest(kind=kind, seconds=seconds):
                    self.let_time_pass(hours=1)
                    date = f'2026-11-{number * 2 + (seconds > 60) + 3:02}'
                    move = self.entry(date=date)
                    self.fault(kind, 'PUT', '/ManualJournals', **values)
                    self.end_day()
                    row = self.day_row(date)
                    self.assertEqual(row.state, 'uncertain')
                    move.button_draft()
                    move.with_context(force_delete=True).unlink()
                    self.later(seconds)
                    self.end_day(3)
                    self.assertEqual((row.state, row.xero_status), ('synced', 'VOIDED'), row.message)
                    self.assertFalse(self.journals_in_xero())

    def test_a_void_of_an_entry_without_answer(self):
        for seconds in (60, 420):
            with self.subTest(seconds):
                self.let_time_pass(hours=1)
                move = self.entry(journal_id=self.single().id)
                self.run_slice(self.connection)
                self.fault('drop_after', 'POST', '/ManualJournals')
                move.button_draft()
                move.button_cancel()
                self.run_slice(self.connection)
                export = self.export_of(move)
                self.assertEqual((export.state, export.operation), ('uncertain', 'void'))
                move.button_draft()
                move.action_post()
                self.later(seconds)
                self.env.invalidate_all()
                living = [held['ManualJournalID'] for held in self.journals_in_xero()]
                self.assertEqual((export.state, living), ('synced', [export.xero_id]), export.difference)
                self.sandbox.organisations[HARBOUR].journals.clear()

    def test_a_change_of_a_day_that_is_taken_back(self):
        self.entry()
        self.end_day()
        self.fault('500_after', 'POST', '/ManualJournals', sticky=True)
        more = self.entry((self.expense, 10), (self.revenue, -10))
        self.run_slice(self.connection)
        self.end_day()
        self.let_time_pass(seconds=61)
        self.run_slice(self.connection)
        more.button_draft()
        more.button_cancel()
        self.later(60)
        self.end_day(3)
        self.assert_day((100, '469'), (-100, '200'))


@tagged('post_install', '-at_install')
class TestLostAllocations(Later, XeroAllocationCase):
    """The same for allocations."""

    def test_an_undoing_without_answer_of_what_is_reconciled_again(self):
        for side in ('out', 'in'):
            for kind, sticky in (('drop_after', False), ('500_after', True)):
                for seconds in (60, 420):
                    with self.subTest(side=side, kind=kind, seconds=seconds):
                        self.sandbox.faults.clear()
                        self.let_time_pass(hours=1)
                        invoice, credit = self.synced_pair(side=side)
                        self.reconcile(invoice, credit)
                        self.run_slice(self.connection)
                        self.order_fault(kind, 'DELETE', sticky=sticky)
                        self.terms(invoice).remove_move_reconcile()
                        self.run_slice(self.connection)
                        self.assertEqual(self.rows()[-1].state, 'uncertain')
                        self.reconcile(invoice, credit)
                        self.later(seconds)
                        held = self.held(self.export_of(credit))
                        self.assertEqual(sum(float(a['Amount']) for a in held['_allocations']), 40.0, self.rows()[-1].message)
