from odoo import fields
from odoo.tests import tagged

from ..common import HARBOUR
from .change_common import INVOICES, XeroChangeCase


@tagged('post_install', '-at_install')
class TestSentToContact(XeroChangeCase):
    """Xero sends reminders for documents marked as sent: approved invoices that Odoo has sent to the customer."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.move, cls.export = cls.synced()

    def send(self, *moves):
        """Mark documents as sent, as Odoo's Send does after the last comparison, then run the next sweep."""
        self.env.flush_all()
        for move in moves:
            move.is_move_sent = True
        self.env.flush_all()
        ids = tuple(move.id for move in moves)
        self.env.cr.execute("UPDATE account_move SET write_date = %s WHERE id IN %s", [fields.Datetime.now(), ids])
        self.env.invalidate_all()
        self.sweep()

    def sweep(self):
        self.connection.swept_at = False
        self.run_slice(self.connection, times=2)

    def posts(self):
        return self.calls('POST', INVOICES)

    def assert_quiet(self, export, marked=True):
        self.env.invalidate_all()
        self.assertEqual(
            (export.state, export.difference, export.warning, bool(self.held(export)['SentToContact'])), ('synced', False, False, marked), export.message)

    def test_sent_before_it_arrives(self):
        move = self.document(post=False)
        move.is_move_sent = True
        move.action_post()
        unsent = self.document()
        self.run_slice(self.connection)
        self.assert_quiet(self.export_of(move))
        self.assertNotIn('SentToContact', self.export_of(unsent).sent_element)
        self.assert_quiet(unsent.xero_export_ids, False)

    def test_sent_later_by_many_is_two_small_calls_once(self):
        moves = self.documents(5)
        self.run_slice(self.connection)
        self.sandbox.requests.clear()
        self.send(*moves)
        self.assertEqual([call['method'] for call in self.calls(path=INVOICES)], ['GET', 'POST'])
        self.assertNotIn('LineItems', str(self.posts()[0]['body']))
        for export in moves.xero_export_ids:
            self.assert_quiet(export)
        self.assertIn("Marked as sent in Xero", moves[0].message_ids[0].body)
        self.sandbox.requests.clear()
        self.sweep()
        self.assertFalse(self.calls(path=INVOICES))

    def test_only_invoices_that_are_approved_there(self):
        self.connection.sales_status = 'DRAFT'
        draft, _export = self.synced()
        self.connection.sales_status = 'AUTHORISED'
        bill, credit = self.document('in_invoice'), self.document('out_refund')
        self.run_slice(self.connection)
        self.sandbox.requests.clear()
        self.send(draft, bill, credit)
        self.assertFalse([*self.posts(), *self.calls('GET', INVOICES)])
        for move in (draft, bill, credit):
            self.assert_quiet(self.export_of(move), False)

    def test_a_change_of_a_draft_does_not_carry_it(self):
        """Xero would answer with a warning."""
        move, export = self.move, self.export
        move.is_move_sent = True
        self.in_xero_somebody(export, Status='SUBMITTED')
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        self.assert_same(export, Total=60, SentToContact=False)
        self.assertFalse(export.warning)

    def test_a_draft_that_is_approved_there_has_it_with_its_next_change(self):
        self.connection.sales_status = 'DRAFT'
        move, export = self.synced()
        move.is_move_sent = True
        self.in_xero_somebody(export, Status='AUTHORISED')
        self.change(move, ref="Order 7")
        self.sweep()
        self.assert_quiet(export)

    def test_paid(self):
        part, paid = self.documents(2)
        self.run_slice(self.connection)
        self.in_xero_somebody(self.export_of(part), paid='40')
        self.in_xero_somebody(self.export_of(paid), paid='100')
        self.send(part, paid)
        self.assert_quiet(part.xero_export_ids)
        self.assert_quiet(paid.xero_export_ids, False)
        self.sandbox.requests.clear()
        self.send(part, paid)
        self.assertFalse(self.calls(path=INVOICES), "no second call")

    def test_marked_in_xero_is_no_difference_and_stays(self):
        move, export = self.move, self.export
        self.in_xero_somebody(export, SentToContact=True)
        self.change(move, ref="Order 7")
        self.assert_same(export, SentToContact=True, Reference="Order 7")
        self.sandbox.requests.clear()
        self.send(move)
        self.assertFalse(self.calls(path=INVOICES))
        self.assert_quiet(export)

    def test_taken_away_in_xero_is_no_edit(self):
        move, export = self.move, self.export
        self.send(move)
        self.in_xero_somebody(export, SentToContact=False)
        self.change(move, ref="Order 7")
        self.assert_same(export, Reference="Order 7")

    def test_what_somebody_edited_in_xero_is_marked_and_still_not_overwritten(self):
        move, export = self.move, self.export
        self.in_xero_somebody(export, Reference="Typed by hand")
        self.send(move)
        self.assert_quiet(export)
        self.sandbox.requests.clear()
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        self.assert_left(export, "reference")

    def test_edited_and_marked_in_xero_asks_nobody(self):
        move, export = self.move, self.export
        self.in_xero_somebody(export, Reference="Typed by hand", SentToContact=True)
        self.send(move)
        self.assert_quiet(export)
        self.assertFalse(self.posts())
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        self.assert_left(export, "reference")

    def test_a_locked_period_is_a_warning(self):
        move, export = self.move, self.export
        self.sandbox.organisations[HARBOUR].end_of_year_lock_date = fields.Date.to_date('2026-11-30')
        self.connection.end_of_year_lock_date = '2026-11-30'
        self.send(move)
        self.assertEqual((export.state, export.difference), ('synced', False), export.message)
        self.assertIn("did not mark", export.warning)
        self.sandbox.requests.clear()
        self.send(move)
        self.assertFalse(self.calls(path=INVOICES))

    def test_lost_answers(self):
        for kind, later in (('500_before', 0), ('drop_after', 0), ('drop_after', 400)):
            with self.subTest(kind=kind, later=later):
                move, export = self.synced()
                self.sandbox.faults.order(kind=kind, method='POST', path='/Invoices')
                self.send(move)
                self.recover(later)
                self.assert_quiet(export)

    def test_where_people_send_changes_nothing_is_listed(self):
        self.connection.send_changes = False
        move, export = self.synced()
        self.send(move)
        self.assert_quiet(export, False)
        self.assertFalse(self.calls(path=INVOICES))
