"""The first sync: what both sides have is linked, so that nothing is exported twice."""
from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.first_sync import xero_first_sync_document
from .first_sync_common import CREDIT_NOTES, INVOICES, XeroFirstSyncCase
from .health_common import QUIET
from .payment_common import XeroPaymentCase

API = '/api.xro/2.0'


@tagged('post_install', '-at_install')
class TestFirstSync(XeroFirstSyncCase):

    def test_go_live_in_the_middle_of_a_year(self):
        """60 documents on both sides, 5 nearly the same, 3 only in Xero, 2 only in Odoo: only those 2 are sent, once."""
        both, near, only_odoo = self.documents(60), self.documents(5), self.documents(2)
        elements = [self.element(move) for move in both]
        elements += [self.element(near[0], Date='2026-11-03'), self.element(near[1], Date='2026-11-04')]
        for move in near[2:]:
            element = self.element(move)
            element['LineItems'][0]['UnitAmount'] += 1
            elements.append(element)
        elements += [{**self.element(both[0]), 'InvoiceNumber': f'XERO-{number}'} for number in range(3)]
        self.enter(elements)
        self.sandbox.requests.clear()
        first_sync = self.first_sync()
        self.assertEqual((first_sync.state, first_sync.progress), ('done', 100), first_sync.error)
        self.assertEqual(self.counts(first_sync), [60, 5, 2, 3])
        self.assertEqual([len(self.calls('GET', path)) for path in (INVOICES, CREDIT_NOTES)], [1, 1])
        exports = self.export_of(both)
        self.assertEqual(
            {(export.state, export.operation, export.difference, export.first_sync_id) for export in exports},
            {('synced', 'none', False, first_sync.sudo())})
        self.assertEqual(len(set(exports.mapped('xero_id'))), 60)
        self.assert_nothing_written()
        # Documents of the period are exported from now on
        held = self.count_in_xero()
        self.connection.export_start_date = '2026-10-01'
        self.sweep()
        self.assertEqual(self.count_in_xero(), held + 2)
        self.assert_once(only_odoo)
        self.assertEqual(set(self.states(near)), {'failed'})
        self.assert_once(both)
        self.assertEqual(len(self.calls('PUT', INVOICES)), 1)
        self.assertFalse(self.calls('POST', INVOICES))
        self.sweep()
        self.assertEqual(self.count_in_xero(), held + 2)

    def test_documents_are_linked_in_groups(self):
        moves = self.documents(40)
        self.enter_same(moves)
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        first_sync = self.first_sync()
        self.assertEqual(self.counts(first_sync), [40, 0, 0, 0])
        self.assertLess((self.env.cr.sql_log_count - before) / len(moves), 25, "queries for each document")

    def assert_nothing_written(self):
        self.run_slice(self.connection, times=2)
        self.assertFalse([call for call in self.calls() if call['method'] != 'GET' and call['path'].startswith(API)])

    def test_each_type(self):
        moves = self.env['account.move'].union(*(
            self.document(move_type, ref=f'{move_type}-1' if move_type.startswith('in') else False)
            for move_type in ('out_invoice', 'in_invoice', 'out_refund', 'in_refund')))
        self.enter_same(moves)
        first_sync = self.first_sync()
        self.assertEqual(self.counts(first_sync), [4, 0, 0, 0])
        self.assertEqual(set(self.states(moves)), {'synced'})
        self.assert_nothing_written()

    def test_scope_and_period(self):
        invoice, bill = self.document(), self.document('in_invoice', ref='B-1')
        old = self.document(invoice_date='2026-10-30', date='2026-10-30')
        self.enter_same(invoice | bill | old)
        first_sync = self.first_sync(scope='sale')
        self.assertEqual(self.counts(first_sync), [1, 0, 0, 0])
        self.assertTrue(invoice.xero_export_ids)
        self.assertFalse((bill | old).xero_export_ids)
        first_sync = self.first_sync(date_from='2026-10-01')
        self.assertEqual(self.counts(first_sync), [2, 0, 0, 0], "what is linked already is no document of another first sync")

    def test_voided_and_held_documents(self):
        """A voided document is not linked, nor one that another export holds."""
        move, other = self.document(), self.document()
        [voided, taken] = self.enter_same(move | other)
        self.server.in_xero(self.tenant, 'POST', f"/Invoices/{voided['InvoiceID']}", {'InvoiceID': voided['InvoiceID'], 'Status': 'VOIDED'})
        export = self.env['xero.export'].sudo()._enqueue(other)
        export._settle_saved([(taken, None)])
        first_sync = self.first_sync()
        self.assertEqual(self.counts(first_sync), [0, 0, 1, 0])

    def test_vendors_numbers_repeat(self):
        """The number of a bill alone says nothing: contact, date or total must agree as well."""
        bills = self.document('in_invoice', ref='1') | self.document('in_invoice', {'price_unit': 7}, ref='1', invoice_date='2026-11-05')
        other = self.enter_contact(Name="Another vendor")
        self.enter([
            self.element(bills[0]), self.element(bills[0], Contact={'ContactID': other['ContactID']}, Date='2026-11-20', DueDate='2026-11-20', LineItems=[
                {'Description': "Other", 'Quantity': 1, 'UnitAmount': 999, 'AccountCode': '200'}])])
        first_sync = self.first_sync()
        self.assertEqual(self.counts(first_sync), [1, 0, 1, 1])
        self.assertEqual(self.rows(first_sync, 'only_odoo').move_id, bills[1])

    def test_documents_that_wait_are_linked(self):
        """A document that is due is not sent before the first sync has compared it."""
        self.connection.export_start_date = '2026-01-01'
        moves = self.documents(3)
        self.assertEqual(set(self.states(moves)), {'waiting'})
        self.enter_same(moves)
        first_sync = self.start()
        self.assertIn("first sync", self.export_of(moves)[0].wait_reason)
        self.run_until_end(first_sync)
        self.assertEqual(self.counts(first_sync), [3, 0, 0, 0])
        self.assertEqual(set(self.states(moves)), {'synced'})
        self.assert_nothing_written()

    def test_nothing_follows_a_linked_document(self):
        """Neither files nor notes nor links of invoices nor marks are sent for what was in Xero before."""
        self.connection.write({'sends_note': True, 'fetches_online_invoices': True, 'attachment_policy': 'none'})
        move = self.document()
        move.is_move_sent = True
        self.enter_same(move)
        self.first_sync()
        self.sandbox.requests.clear()
        self.sweep()
        self.assertFalse(self.env['xero.extra'].sudo().search([]))
        self.assertFalse([call for call in self.calls() if call['method'] != 'GET' or call['path'].endswith('/OnlineInvoice')])
        self.assertEqual(self.states(move), ['synced'])

    def test_a_later_change_is_sent(self):
        move = self.document()
        [held] = self.enter_same(move)
        self.first_sync()
        self.run_slice(self.connection)
        move.button_draft()
        move.ref = "Changed"
        move.action_post()
        self.run_slice(self.connection, times=2)
        self.assertEqual(self.sandbox.organisations[self.tenant].documents['Invoices'][held['InvoiceID']]['Reference'], "Changed")

    def test_payments_are_read_from_the_start_of_the_period(self):
        self.enter_same(self.document())
        position = self.env['xero.feed.position'].sudo().create({
            'connection_id': self.connection.id, 'feed': 'payments', 'changed_at': '2026-11-25 10:00:00', 'read_at': '2026-11-25 11:00:00'})
        self.first_sync()
        self.assertEqual((position.changed_at.date(), position.read_at), (date(2026, 11, 1), False))

    # === Review === #

    def near(self, **values):
        """Return a document that nearly agrees with one in Xero, and its row."""
        move = self.document()
        self.enter([self.element(move, **values)])
        first_sync = self.first_sync()
        return move, self.rows(first_sync, 'near').with_user(self.admin)

    def test_what_is_to_be_reviewed_is_told_as_a_warning(self):
        told = self.record_notices()
        self.near(Date='2026-11-03')
        [(kind, message)] = told
        self.assertIn("1 nearly the same", message)
        self.assertEqual(kind, 'warning')

    def test_link_although_the_date_differs(self):
        move, row = self.near(Date='2026-11-03')
        self.assertEqual((row.difference, row.can_link, row.decision), ("date", True, 'open'))
        self.assertEqual(self.states(move), ['failed'])
        self.assertIn("First Syncs, with Review documents", move.xero_export_ids.message)
        row.action_link()
        self.assertEqual(self.states(move), ['synced'])
        self.assertEqual((row.result, row.decision), ('linked', 'link'))
        self.run_slice(self.connection, times=2)
        self.assertEqual(len(self.invoices_in_xero()), 1)
        self.assertEqual(self.states(move), ['synced'])

    def test_a_different_total_is_never_linked(self):
        move, row = self.near(LineItems=[{'Description': "Work", 'Quantity': 1, 'UnitAmount': 99, 'AccountCode': '200'}])
        self.assertEqual((row.difference, row.can_link), ("total", False))
        with self.assertRaisesRegex(UserError, "total"):
            row.action_link()
        self.assertEqual(self.states(move), ['failed'])

    def test_skip(self):
        move, row = self.near(Date='2026-11-03')
        row.action_skip()
        self.assertEqual((self.states(move), row.decision), (['skipped'], 'skip'))
        self.assertIn(self.admin.name, move.xero_export_ids.message)
        with self.assertRaises(UserError):
            row.action_skip()

    def test_send_as_new(self):
        move, row = self.near(LineItems=[{'Description': "Work", 'Quantity': 1, 'UnitAmount': 99, 'AccountCode': '200'}])
        row.action_export()
        self.assertEqual((self.states(move), row.decision), (['waiting'], 'export'))
        self.run_slice(self.connection)
        self.assertEqual((move.xero_export_ids.state, move.xero_export_ids.cause), ('failed', 'number'), "Xero refuses a second invoice with a number")

    def test_only_in_odoo(self):
        move = self.document()
        first_sync = self.first_sync()
        row = self.rows(first_sync, 'only_odoo').with_user(self.admin)
        self.assertIn("when somebody exports it", row.what_next)
        row.action_export_now()
        self.run_slice(self.connection)
        self.assert_once(move)
        row.invalidate_recordset()
        self.assertIn("Is in Xero", row.what_next)

    def test_who_may_act(self):
        move, row = self.near(Date='2026-11-03')
        first_sync = row.first_sync_id
        for act in (
            row.with_user(self.billing).action_link, row.with_user(self.billing).action_skip, first_sync.with_user(self.billing).action_stop,
            lambda: first_sync.with_user(self.billing)._start(self.connection, date_from='2026-11-01', date_to='2026-11-02'),
        ):
            with self.assertRaises(AccessError):
                act()
        self.assertTrue(row.with_user(self.billing).number)
        self.assertEqual(self.states(move), ['failed'])

    # === The run === #

    def test_period_by_default(self):
        self.connection.export_start_date = '2026-11-15'
        dialog = self.open_dialog()
        self.assertEqual((dialog.date_from, dialog.date_to), (date(2026, 7, 1), date(2026, 11, 15)), "Australia's year starts in July")

    def test_one_at_a_time(self):
        self.start()
        self.assertTrue(self.connection.first_sync_id)
        with self.assertRaisesRegex(UserError, "under way"):
            self.start()

    def test_resumes_after_each_portion(self):
        """Slices that are cut off after each portion link everything once, with one call for each page."""
        moves = self.documents(12)
        self.enter_same(moves)
        self.sandbox.requests.clear()
        self.patch(xero_first_sync_document, 'LINKED_AT_ONCE', 5)
        self.patch(xero_first_sync_document, 'MOVES_AT_ONCE', 5)
        first_sync = self.start()
        with patch('odoo.addons.account_xero.models.steps.slice.SLICE_SECONDS', 0):
            progress = []
            while first_sync.state == 'running' and len(progress) < 40:
                self.run_slice(self.connection)
                progress.append(first_sync.progress)
        self.assertEqual(progress, sorted(progress))
        self.assertGreater(len(set(progress)), 8)
        self.assertEqual(self.counts(first_sync), [12, 0, 0, 0])
        self.assertEqual([len(self.calls('GET', path)) for path in (INVOICES, CREDIT_NOTES)], [1, 1])

    @mute_logger('odoo.addons.account_xero.models.steps.slice')
    def test_killed_between_the_call_and_the_commit(self):
        """A page that was read but not stored is read again; what was linked is not linked again."""
        moves = self.documents(3)
        self.enter_same(moves)
        first_sync = self.start()
        with QUIET, patch.object(type(self.env['xero.first.sync.document']), '_store', side_effect=RuntimeError("killed")):
            self.run_slice(self.connection)
        self.assertEqual(first_sync.state, 'running')
        self.let_time_pass(hours=1)
        self.run_until_end(first_sync)
        self.assertEqual(self.counts(first_sync), [3, 0, 0, 0])

    def test_stop_and_continue(self):
        moves = self.documents(3)
        self.enter_same(moves)
        first_sync = self.start()
        first_sync.action_stop()
        self.run_slice(self.connection)
        self.assertEqual((first_sync.state, self.connection.first_sync_id.id), ('stopped', False))
        self.assertFalse(self.calls('GET', INVOICES))
        first_sync.action_continue()
        self.run_until_end(first_sync)
        self.assertEqual((first_sync.state, self.counts(first_sync)), ('done', [3, 0, 0, 0]))

    @QUIET
    def test_a_refusal_is_shown_with_the_next_step(self):
        moves = self.documents(2)
        self.enter_same(moves)
        self.sandbox.faults.order(kind='status', path='/Invoices', method='GET', status=403, times=1)
        first_sync = self.first_sync()
        self.assertEqual(first_sync.state, 'failed')
        self.assertRegex(first_sync.error, "reauthenticates|Continue")
        self.assertTrue(self.connection.first_sync_id, "documents of the period still wait")
        first_sync.action_continue()
        self.run_until_end(first_sync)
        self.assertEqual((first_sync.state, self.counts(first_sync)), ('done', [2, 0, 0, 0]))

    def test_it_leaves_calls_to_documents(self):
        first_sync = self.start()
        self.connection.sudo().write({'calls_left': 100, 'calls_left_at': self.now(), 'calls_plenty_at': False})
        self.assertIn("kept for documents", first_sync.notice)
        self.run_slice(self.connection)
        self.assertEqual(first_sync.state, 'running')
        self.assertFalse(self.calls('GET', INVOICES))

    def test_it_says_why_it_waits(self):
        first_sync = self.start()
        for reason, words in (('xero', "Xero did not answer. It continues at "), ('minute', "Xero's limit of calls a minute. It continues at ")):
            self.connection.sudo()._pause_until(timedelta(minutes=2), reason)
            self.assertIn(words, first_sync.notice)

    def test_summary(self):
        self.enter_same(self.documents(2))
        first_sync = self.first_sync()
        self.assertIn("2 linked", first_sync.summary)
        self.assertIn("Decide the mapping" if first_sync.undecided_count else "as usual", first_sync.next_steps)
        self.assertGreater(first_sync.account_count, 10)
        self.assertGreater(first_sync.tax_rate_count, 3)
        [sync] = self.syncs().filtered(lambda sync: sync.run == 'first_sync')
        self.assertEqual((sync.done, sync.state, sync.user_id), (2, 'succeeded', self.admin))


@tagged('post_install', '-at_install')
class TestFirstSyncPayments(XeroFirstSyncCase, XeroPaymentCase):
    """A journal takes payments from Xero; documents were paid there before they were linked."""

    policy = 'in'

    def test_payments_made_before_come_in(self):
        paid, near = self.documents(2)
        held = [*self.enter_same(paid), *self.enter([self.element(near, Date='2026-11-03')])]
        for document in held:
            self.server.in_xero(self.tenant, 'PUT', '/Payments', {'Payments': [{
                'Invoice': {'InvoiceID': document['InvoiceID']}, 'Account': {'Code': '090'}, 'Date': '2026-11-05', 'Amount': 100}]})
        self.run_slice(self.connection)
        self.assertTrue(paid.amount_residual)
        self.sandbox.clock.advance(600)
        first_sync = self.first_sync()
        self.run_slice(self.connection, times=3)
        self.env.invalidate_all()
        self.assertEqual((paid.amount_residual, near.amount_residual), (0, near.amount_total))
        self.rows(first_sync, 'near').with_user(self.admin).action_link()
        self.run_slice(self.connection, times=3)
        self.env.invalidate_all()
        self.assertEqual(near.amount_residual, 0)
        self.assertEqual(len(paid._get_reconciled_payments()), 1)


@tagged('post_install', '-at_install')
class TestPaymentsBeforeTheLink(XeroFirstSyncCase, XeroPaymentCase):
    """A journal sends payments to Xero; documents were paid in Odoo before they were linked, and some of them in Xero, too."""

    def pay_in_xero(self, document, amount):
        self.server.in_xero(self.tenant, 'PUT', '/Payments', {'Payments': [{
            'Invoice': {'InvoiceID': document['InvoiceID']}, 'Account': {'Code': '090'}, 'Date': '2026-11-05', 'Amount': amount}]})

    def payments(self, *states):
        self.env.invalidate_all()
        domain = [('state', 'in', states)] if states else []
        return self.env['xero.export'].sudo().search([('kind', '=', 'payment'), *domain], order='id')

    def amounts_in_xero(self, move):
        number = self.export_of(move).xero_number
        return sorted(float(one['Amount']) for one in self.held_payments() if one['Invoice']['InvoiceNumber'] == number)

    def test_sent_only_where_nothing_is_paid_in_xero(self):
        unpaid, twice, partly = moves = self.documents(3)
        held = self.enter_same(moves)
        for move, amounts in ((unpaid, (30, 70)), (twice, (100,)), (partly, (40,))):
            for amount in amounts:
                self.pay(move, amount)
        self.pay_in_xero(held[1], 100)
        self.pay_in_xero(held[2], 40)
        self.first_sync()
        self.run_slice(self.connection, times=4)
        self.assertEqual([self.amounts_in_xero(move) for move in moves], [[30, 70], [100], [40]])
        skipped = self.payments('skipped')
        self.assertEqual((len(self.payments()), set(skipped.mapped('skip_rule')), len(skipped)), (4, {'paid'}, 2))
        self.assertIn("may be the same", skipped[0].message)
        self.sweep()
        self.assertEqual([self.amounts_in_xero(move) for move in moves], [[30, 70], [100], [40]])
        # A person knows better
        skipped.filtered(lambda row: row.invoice_export_id.move_id == partly).with_user(self.billing).action_resync()
        self.run_slice(self.connection)
        self.assertEqual(self.amounts_in_xero(partly), [40, 40])

    def test_later_payments_are_sent_as_ever(self):
        move = self.documents(1)
        [held] = self.enter_same(move)
        self.pay_in_xero(held, 40)
        self.first_sync()
        self.export_of(move).sudo().arrived_at = self.now() - timedelta(minutes=1)     # a test makes everything at one time
        self.pay(move, 60)
        self.run_slice(self.connection, times=2)
        self.assertEqual(self.amounts_in_xero(move), [40, 60])
