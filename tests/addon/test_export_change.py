from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import html2plaintext

from ...models.connection import xero_connection_policy
from ..common import HARBOUR
from .change_common import INVOICES, XeroChangeCase


@tagged('post_install', '-at_install')
class TestExportChange(XeroChangeCase):
    """A change in Odoo is sent to Xero but never overwrites a person's edit there."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.move, cls.export = cls.synced()

    def test_an_emptied_field_is_emptied_in_xero(self):
        move, export = self.synced(ref='Order 7')
        move.payment_reference = False
        self.change(move, ref=False, payment_reference=False)
        self.assert_same(export)
        self.assertEqual(self.held(export)['Reference'], move.payment_reference or '')

    def test_every_kind_is_changed(self):
        for move_type in ('in_invoice', 'out_refund', 'in_refund'):
            with self.subTest(move_type=move_type):
                move, export = self.synced(move_type, ref=f'R-{move_type}')
                self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 42})])
                self.assert_same(export, Total=42)

    def test_many_changes_are_two_calls(self):
        moves = self.documents(5)
        self.run_slice(self.connection)
        self.sandbox.requests.clear()
        moves.button_draft()
        for move in moves:
            move.invoice_line_ids.price_unit = 55
        moves.action_post()
        self.run_slice(self.connection)
        self.assert_once(moves)
        self.assertEqual([call['method'] for call in self.calls(path=INVOICES)], ['GET', 'POST'])

    def test_a_change_that_somebody_asks_for_does_not_wait_for_others(self):
        moves = self.documents(2)
        self.run_slice(self.connection)
        self.patch(xero_connection_policy, 'CHANGES_GATHERED', timedelta(seconds=10))
        for move in moves:
            self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 55})])
        self.assertEqual(self.states(moves), ['synced', 'waiting'])
        self.export_of(moves[1]).with_user(self.billing).action_resync()
        self.run_slice(self.connection)
        self.assert_once(moves)

    def test_reset_to_draft_alone_waits(self):
        move, export = self.move, self.export
        move.button_draft()
        self.assertIn("reset to draft", move._get_alerts()['xero_different']['message'])
        self.run_slice(self.connection)
        self.assertEqual((export.state, export.can_decide, self.calls(path=INVOICES)), ('synced', False, []))
        self.assertIn("reset to draft", move._get_alerts()['xero_different']['message'])
        move.action_post()
        self.run_slice(self.connection)
        self.assert_same(export)
        self.assertFalse(self.calls(path=INVOICES))

    def test_the_document_says_that_its_change_waits(self):
        move, export = self.move, self.export
        move.button_draft()
        move.invoice_line_ids.price_unit = 50
        move.action_post()
        self.env['xero.step.changes']._compare(export.sudo())
        self.assertRecordValues(export, [{'state': 'waiting', 'operation': 'update', 'difference': False}])
        self.assertIn("The change is not in Xero yet", move._get_alerts()['xero_waiting']['message'])

    def test_a_change_that_cannot_go_fails_and_its_correction_releases_it(self):
        move, export = self.move, self.export
        account = self.company_data['default_account_revenue'].copy()
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'account_id': account.id})])
        self.assertEqual((export.state, export.cause), ('failed', 'account'))
        self.assertIn("The change is not in Xero.", move._get_alerts()['xero_failed']['message'])
        self.map_account(account, '260')
        self.run_slice(self.connection)
        self.assert_same(export)
        self.assertEqual(self.held(export)['LineItems'][0]['AccountCode'], '260')

    def test_one_refused_change_stops_no_other(self):
        good, bad = self.documents(2)
        self.run_slice(self.connection)
        self.in_xero_somebody(self.export_of(bad), Date=self.held(self.export_of(bad))['Date'].replace(year=2020))
        self.sandbox.organisations[HARBOUR].end_of_year_lock_date = self.held(bad.xero_export_ids)['Date'].replace(year=2021)
        (good | bad).button_draft()
        for move in good | bad:
            move.invoice_line_ids.price_unit = 50
        (good | bad).action_post()
        moment = self.held(bad.xero_export_ids)['UpdatedDateUTC'].replace(tzinfo=None)
        bad.xero_export_ids.sudo().xero_updated_at = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        self.run_slice(self.connection)
        self.assert_same(good.xero_export_ids)
        self.assertEqual((bad.xero_export_ids.state, bad.xero_export_ids.cause), ('failed', 'date'))

    # === Xero's own state === #

    def test_edited_in_xero_is_left_until_a_person_sends_ours(self):
        move, export = self.move, self.export
        self.in_xero_somebody(export, Reference="Typed by hand")
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        self.assert_left(export, "in Xero (reference)", "in Odoo since it was sent: lines", "60.00", "100.00")
        for word in ("Typed by hand", "1 × 60", "1 × 100", "60.00", "100.00"):
            self.assertIn(word, html2plaintext(export.versions).replace('\n', ' '))
        self.run_slice(self.connection)
        self.assertEqual(self.held(export)['Reference'], "Typed by hand")
        with self.assertRaises(AccessError):
            export.with_user(self.billing).action_send_ours()
        export.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        self.assert_same(export, Total=60)

    def test_edited_in_xero_again_is_asked_again(self):
        move, export = self.move, self.export
        self.in_xero_somebody(export, Reference="Typed by hand")
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        self.in_xero_somebody(export, Reference="Typed once more")
        export.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        self.assert_left(export, "reference")

    def test_keeping_xeros_version_ends_it_until_the_next_change(self):
        move, export = self.move, self.export
        self.in_xero_somebody(export, Reference="Typed by hand")
        self.change(move, ref="Order 9")
        export.with_user(self.admin).action_keep_xeros()
        self.run_slice(self.connection)
        self.assert_same(export, Reference="Typed by hand")
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        self.assert_same(export, Total=60)

    def test_what_is_only_approved_or_mailed_in_xero_is_not_edited(self):
        self.connection.sales_status = 'DRAFT'
        move, export = self.synced()
        self.in_xero_somebody(export, Status='AUTHORISED', SentToContact=True)
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        self.assert_same(export, Total=60, Status='AUTHORISED')

    def test_paid_takes_what_xero_allows(self):
        move, export = self.move, self.export
        self.in_xero_somebody(export, paid='40')
        self.change(move, ref='Order 8', invoice_date_due='2026-12-24', invoice_line_ids=[(1, move.invoice_line_ids.id, {'name': "Better words"})])
        self.assert_same(export, Reference='Order 8')
        self.assertEqual(self.held(export)['LineItems'][0]['Description'], "Better words")

    def test_paid_refuses_amounts_in_words(self):
        move, export = self.move, self.export
        self.in_xero_somebody(export, paid='100')
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        self.assert_left(export, "paid or allocated", "60.00", "100.00")
        self.in_xero_somebody(export, paid='0')
        export.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        self.assert_same(export, Total=60)

    def test_voided_in_xero_is_not_revived_by_itself(self):
        move, export = self.move, self.export
        self.in_xero_somebody(export, Status='VOIDED')
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        self.assert_left(export, "voided or deleted")
        self.assertEqual(export.xero_status, 'VOIDED')
        export.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        self.assertEqual((export.state, export.cause), ('failed', 'number'), "the voided one keeps the number")

    # === Policy === #

    def test_without_the_policy_a_person_sends_changes(self):
        self.connection.send_changes = False
        move, export = self.synced()
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        self.assert_left(export, "lines", "60.00")
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 100})])
        self.assertEqual((export.difference, export.operation), (False, 'none'))
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        export.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        self.assert_same(export, Total=60)

    # === The line breaks === #

    def test_uncertain_changes(self):
        for kind in ('500_before', '500_after', 'drop_before', 'drop_after', 'cut'):
            with self.subTest(kind=kind):
                self.lose_change(kind)
                [request] = self.env['xero.request'].search([('method', '=', 'POST')], limit=1)
                self.assertEqual((request.state, request.tries), ('answered', 2), "the same bytes under the same key")

    def test_changes_uncertain_for_long_are_compared_again(self):
        for kind in ('500_before', 'drop_after', 'cut'):
            with self.subTest(kind=kind):
                self.lose_change(kind, later=400)
                self.assertEqual(len(self.calls('POST', INVOICES)), 2 if kind == '500_before' else 1)

    def lose_change(self, kind, later=0):
        """Lose the answer to a change and finish it, at once or after Xero has forgotten the key.

        :param int later: seconds.
        """
        move, export = self.synced()
        self.sandbox.faults.order(kind=kind, method='POST', path='/Invoices')
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        self.assertEqual((export.state, export.operation), ('uncertain', 'update'))
        self.recover(later)
        self.assert_same(export, Total=60)
        self.assertEqual(len(self.in_xero(move)), 1)

    def test_changed_again_while_it_is_out(self):
        move, export = self.move, self.export
        self.sandbox.faults.order(kind='drop_after', method='POST', path='/Invoices')
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        move.button_draft()
        move.invoice_line_ids.price_unit = 80
        move.action_post()
        self.let_time_pass(minutes=1)
        self.run_slice(self.connection, times=2)
        self.assert_same(export, Total=80)


@tagged('post_install', '-at_install')
class TestExportChanges(XeroChangeCase):
    """Several documents or several changes at once."""

    def test_changed_lines_and_header_arrive_exactly(self):
        move, export = self.synced('out_invoice', {'name': "One"}, {'name': "Two", 'discount': 10}, {'name': "Three"})
        number, before = export.xero_number, [line['LineItemID'] for line in self.held(export)['LineItems']]
        first, second, third = move.invoice_line_ids
        self.change(move, ref='R-2', invoice_date_due='2026-12-24', invoice_line_ids=[
            (1, first.id, {'price_unit': 70, 'sequence': 3}), (1, second.id, {'discount': 0, 'sequence': 2}), (2, third.id),
            (0, 0, {'name': "Four", 'quantity': 2, 'price_unit': 5, 'tax_ids': [(5, 0, 0)], 'sequence': 4}),
            (0, 0, {'name': "Note", 'display_type': 'line_note', 'sequence': 5})])
        self.assert_same(export, InvoiceNumber=number, Reference='R-2')
        lines = self.held(export)['LineItems']
        self.assertEqual([line['Description'] for line in lines], ["Two", "One", "Four", "Note"])
        self.assertEqual([float(line['LineAmount']) for line in lines], [100, 70, 10, 0])
        self.assertEqual(lines[0]['LineItemID'], before[0], "lines are matched in order")
        self.assertEqual(len(self.invoices_in_xero()), 1)
        self.assertEqual([call['method'] for call in self.calls(path=INVOICES)], ['GET', 'POST'])
        self.assertIn("Changed in Xero", move.message_ids[0].body)
        self.assertEqual(export.xero_total, move.amount_total)

    def test_changes_that_follow_each_other_go_in_groups(self):
        """A person changes documents one after the other: the first change is sent at once, those of the next seconds are sent together."""
        moves = self.documents(12)
        self.run_slice(self.connection)
        self.patch(xero_connection_policy, 'CHANGES_GATHERED', timedelta(hours=1))
        self.sandbox.requests.clear()
        for move in moves:
            self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 55})])
        self.assertEqual(self.states(moves), ['synced'] + ['waiting'] * 11)
        self.assertIn("Next try", moves[-1].xero_export_ids.wait_reason)
        self.let_time_pass(hours=1)
        self.run_slice(self.connection)
        self.assert_once(moves)
        self.assertEqual([call['method'] for call in self.calls(path=INVOICES)], ['GET', 'POST'] * 2)
