import re
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import html2plaintext, mute_logger

from ..common import HARBOUR
from .change_common import CREDIT_NOTES, INVOICES
from .difference_common import ProofMixin, XeroDifferenceCase


@tagged('post_install', '-at_install')
class TestDifference(ProofMixin, XeroDifferenceCase):
    """An edit in Xero is noticed, shown field by field, and settled by a choice."""

    # === NOTICED === #

    def test_an_edit_is_shown_field_by_field(self):
        move, export, row = self.edited()
        self.assertEqual((row.topic, row.document_name, row.company_id), ('xero', move.name, move.company_id))
        self.assertEqual(row.text, "Somebody changed it in Xero (reference).")
        for text in (html2plaintext(row.versions), html2plaintext(export.versions)):
            self.assertIn("Order 7", text)
            self.assertIn("Order 8", text)
        self.assertIn("Somebody changed it in Xero (reference).", move._get_alerts()['xero_different']['message'])
        self.assert_left(export, "reference")
        self.assertEqual(self.held(export)['Reference'], "Order 8")

    def test_each_part_has_its_words(self):
        for values, words in (
            ({'DueDate': '2026-12-24'}, "due date"), ({'Date': '2026-11-05'}, "date"), ({'InvoiceNumber': 'OTHER-1'}, "number"),
            ({'LineItems': [{'Description': "Work", 'Quantity': 1, 'UnitAmount': 70, 'AccountCode': '200'}]}, "lines"),
        ):
            with self.subTest(words=words):
                _move, export, row = self.edited(**values)
                self.assertIn(f"({words})", row.text.replace("lines, ", "lines"))
                self.assertTrue(export.can_decide)
                if words == "lines":
                    self.assertEqual((row.odoo_total, row.xero_total), (100, 77), "Xero adds its default tax")
                    self.assertIn("The total is", row.text)
                if words == "number":
                    self.assertEqual(export.xero_number, 'OTHER-1')

    def test_of_each_kind(self):
        for move_type, number in (('in_invoice', 'InvoiceNumber'), ('out_refund', 'CreditNoteNumber'), ('in_refund', 'CreditNoteNumber')):
            with self.subTest(move_type=move_type):
                _move, export = self.synced(move_type, ref=f"Vendor {move_type}")
                self.edit(export, **{number: f"Other {move_type}"})
                self.check()
                self.assertIn("number", self.open_rows(export).text)

    def test_voided_and_deleted(self):
        _move, export, row = self.edited(Status='VOIDED')
        self.assertEqual((row.topic, export.xero_status), ('gone', 'VOIDED'))
        self.connection.sales_status = 'DRAFT'
        _move, export, row = self.edited(Status='DELETED')
        self.assertEqual((row.topic, export.xero_status), ('gone', 'DELETED'))

    def test_approval_is_stored_and_no_difference(self):
        self.connection.sales_status = 'DRAFT'
        _move, export, row = self.edited(Status='AUTHORISED')
        self.assertFalse(row)
        self.assertEqual((export.xero_status, export.difference, export.state), ('AUTHORISED', False, 'synced'))

    def test_our_own_calls_and_files_are_no_difference(self):
        move, export = self.synced()
        self.change(move, ref="Order 9")
        self.sandbox.clock.advance(5)
        self.held(export)['UpdatedDateUTC'] = self.sandbox.clock.now()     # a file, a note, an e-mail
        self.check()
        self.assertFalse(self.open_rows())
        self.assertEqual(
            export.xero_updated_at.replace(microsecond=0), self.held(export)['UpdatedDateUTC'].replace(tzinfo=None, microsecond=0))
        self.change(move, ref="Order 10")
        self.assert_same(export, Reference="Order 10")

    def test_our_own_void_is_no_difference(self):
        move, export = self.synced()
        self.cancel(move)
        self.sandbox.clock.advance(5)
        self.held(export)['UpdatedDateUTC'] = self.sandbox.clock.now()
        self.check()
        self.assertFalse(self.open_rows())

    def test_allocations_of_ours_are_no_difference(self):
        invoice, credit = self.synced()[0], self.synced('out_refund')[0]
        (invoice | credit).line_ids.filtered(lambda line: line.account_type == 'asset_receivable').reconcile()
        self.run_slice(self.connection, 2)
        self.check()
        self.assertFalse(self.open_rows())
        self.assertEqual(invoice.xero_export_ids.xero_status, 'PAID')

    def test_an_edit_that_is_taken_back_ends(self):
        _move, export, row = self.edited()
        self.edit(export, Reference="Order 7")
        self.check()
        self.assertEqual((row.state, row.outcome, export.difference, export.can_decide), ('settled', 'ended', False, False))

    def test_an_edit_to_what_odoo_has_is_equal(self):
        self.connection.send_changes = False
        move, export = self.synced(ref="Order 7")
        self.change(move, ref="Order 8")
        [row] = self.open_rows(export)
        self.assertEqual(row.topic, 'odoo')
        self.edit(export, Reference="Order 8")
        self.check()
        self.assertEqual((row.state, export.difference, export.operation), ('settled', False, 'none'))

    def test_it_stays_while_odoo_writes_other_things(self):
        move, export, row = self.edited()
        move.message_post(body="Called")
        move.write({'narration': "Thanks"})
        export.sudo().checked_at = False
        self.run_slice(self.connection)
        self.assertEqual(row.state, 'open')
        self.assertTrue(export.can_decide)

    def test_it_stays_when_a_change_in_odoo_is_taken_back(self):
        move, export, _row = self.edited()
        line = move.invoice_line_ids
        self.change(move, invoice_line_ids=[(1, line.id, {'price_unit': 60})])
        self.change(move, invoice_line_ids=[(1, line.id, {'price_unit': 100})])
        self.assertEqual((self.open_rows(export).topic, export.can_decide), ('xero', True))
        self.assertEqual(self.held(export)['Reference'], "Order 8")

    def test_it_stays_when_a_waiting_change_in_odoo_is_taken_back(self):
        move, export, _row = self.edited()
        line = move.invoice_line_ids
        move.button_draft()
        for price in (60, 100):
            move.write({'invoice_line_ids': [(1, line.id, {'price_unit': price})]})
            move.action_post()
            if price == 60:
                self.env['xero.step.changes']._compare(export.sudo())
                self.assertEqual((export.state, export.operation), ('waiting', 'update'))
                move.button_draft()
        self.run_slice(self.connection)
        self.assertEqual((self.open_rows(export).topic, export.can_decide), ('xero', True))
        self.assertIn("Somebody changed it in Xero (reference)", export.difference)

    def test_it_ends_when_a_change_in_odoo_is_taken_back_and_nobody_wants_to_know_of_the_edit(self):
        self.connection.alarm_lines = False
        move, export = self.synced()
        line = move.invoice_line_ids
        self.edit(export, LineItems=[{**self.held(export)['LineItems'][0], 'Description': "Other words"}])
        self.change(move, invoice_line_ids=[(1, line.id, {'price_unit': 60})])
        self.assertTrue(export.can_decide)
        self.change(move, invoice_line_ids=[(1, line.id, {'price_unit': 100})])
        self.assertEqual((export.difference, export.can_decide), (False, False))

    def test_a_void_of_a_later_document_is_shown(self):
        move, export, row = self.edited(Status='VOIDED')
        row.with_user(self.admin)._accept("Entered twice")
        first = export.xero_id
        self.cancel(move)
        self.change(move, name='INV/2026/09999')     # Xero keeps the number of a void
        self.env.invalidate_all()
        self.assertEqual((export.state, export.xero_id != first), ('synced', True), export.message)
        self.edit(export, Status='VOIDED')
        self.check()
        self.assertEqual(self.open_rows(export).topic, 'gone')

    def test_a_later_change_in_odoo_shows_both(self):
        move, export, _row = self.edited()
        self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
        self.assert_left(export, "Somebody changed it in Xero (reference)", "lines")
        self.assertEqual(len(self.open_rows(export)), 1)

    def test_a_quiet_check_costs_a_call_for_each_feed(self):
        self.documents(3)
        self.documents(2, 'out_refund')
        self.run_slice(self.connection)
        self.check()
        self.assertEqual(len(self.calls('GET', INVOICES)), 1)
        self.assertEqual(len(self.calls('GET', CREDIT_NOTES)), 1)
        self.check()
        self.assertEqual([call['path'] for call in self.calls()], [INVOICES, CREDIT_NOTES], "a quiet check costs a call for each feed")

    def test_hostile_elements_fail_no_document(self):
        _move, export = self.synced()
        _other, other_export = self.synced()
        self.edit(other_export, Reference="Edited")
        self.sandbox.clock.advance(2)
        held = self.held(export)
        held['UpdatedDateUTC'] = self.sandbox.clock.now()
        real = type(self.env['xero.feed.invoices'])._take

        def take(feed, slice, elements):
            for element in elements:
                if element['InvoiceID'] == export.xero_id:
                    element['LineItems'], element['Total'] = [7], "a lot"
            return real(feed, slice, elements)

        with patch.object(type(self.env['xero.feed.invoices']), '_take', take), mute_logger('odoo.addons.account_xero.models.export.containment'):
            self.check()
        self.assertEqual((export.state, export.difference), ('synced', False))
        self.assertEqual(self.open_rows().export_id, other_export)

    def test_check_xero_asks_for_the_user(self):
        with self.assertRaisesRegex(UserError, "nothing was exported yet"):
            self.env['xero.difference'].with_user(self.billing).action_check_xero()
        _move, export = self.synced()
        self.edit(export, Reference="Edited")
        self.env['xero.difference'].with_user(self.billing).action_check_xero()
        self.run_slice(self.connection)
        self.assertTrue(self.open_rows(export))
        self.assertEqual(self.syncs()[:1].user_id, self.billing)

    # === SETTLED === #

    def test_send_ours(self):
        _move, export, row = self.edited()
        row.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        self.assert_same(export, Reference="Order 7")
        self.assertEqual((row.state, row.outcome, row.settled_by_id), ('settled', 'odoo', self.admin))
        self.check()
        self.assertFalse(self.open_rows())

    def edited_while_it_cannot_be_built(self, **values):
        """Return the same as `edited`, of a document that another add-on does not let Odoo build just then."""
        move, export = self.synced(ref="Order 7")
        self.edit(export, **values)

        def fail(*_args):
            raise KeyError("another add-on")

        kind = type(self.env['xero.kind.sale_invoice'])
        with patch.object(kind, '_build_one', fail), mute_logger('odoo.addons.account_xero.models.export.containment'):
            self.check()
        [row] = self.open_rows(export)
        return move, export, row

    def test_it_stays_until_it_could_be_compared(self):
        for values, topic in (({'Reference': "Order 8"}, 'xero'), ({'Status': 'VOIDED'}, 'gone')):
            with self.subTest(topic=topic):
                _move, export, row = self.edited_while_it_cannot_be_built(**values)
                export.sudo().checked_at = False
                self.run_slice(self.connection)
                self.assertEqual((row.state, row.topic, export.can_decide), ('open', topic, True))
                self.prove()
                self.assertEqual((self.open_rows(export), export.can_take_xeros), (row, True))
                self.assertEqual(bool(export.both_versions), topic == 'xero')

    def test_nothing_is_taken_while_it_is_not_known_what_differs(self):
        move, export, row = self.edited_while_it_cannot_be_built(Reference="Order 8")
        self.assertFalse(export.both_versions)
        self.assertEqual((export.can_take_xeros, row.with_user(self.admin).can_take_xeros), (False, False))
        for record in (row, export):
            with self.assertRaisesRegex(UserError, "There is nothing to take from Xero"):
                record.with_user(self.admin).action_take_xeros()
        self.assertEqual((row.state, move.ref), ('open', "Order 7"))

    def test_nothing_is_taken_when_nothing_differs(self):
        _move, export = self.synced()
        with self.assertRaisesRegex(UserError, "nothing to decide about"):
            export.with_user(self.admin).action_take_xeros()

    def test_take_a_void_cancels(self):
        move, export, row = self.edited(Status='VOIDED')
        row.with_user(self.admin).action_take_xeros()
        self.assertEqual((move.state, row.outcome), ('cancel', 'xero'))
        self.sandbox.requests.clear()
        self.run_slice(self.connection)
        self.check()
        self.assertEqual((export.state, export.difference, self.open_rows()), ('synced', False, self.env['xero.difference']))
        self.assertFalse(self.calls('POST', INVOICES))

    def test_a_void_of_a_paid_invoice_is_not_taken(self):
        move, _export, row = self.edited(Status='VOIDED')
        self.env['account.payment.register'].with_context(active_model='account.move', active_ids=move.ids).create({})._create_payments()
        with self.assertRaisesRegex(UserError, "paid or reconciled in Odoo"):
            row.with_user(self.admin).action_take_xeros()
        self.assertEqual((move.state, row.state), ('posted', 'open'))

    def test_an_accepted_version_is_not_sent_again_for_a_mapping(self):
        _move, export, row = self.edited(Reference="Order 8")
        row.with_user(self.admin)._accept("The customer's number")
        self.run_slice(self.connection)
        [one] = self.env['xero.resending'].sudo()._dry_run(export.sudo())
        self.assertEqual(one.outcome, 'left')
        self.assertIn("accepted that: The customer's number", one.reason)
        self.assertFalse(self.env['xero.resending'].sudo()._mark(export.sudo()))

    def test_a_reason_has_words(self):
        _move, _export, row = self.edited(Reference="Order 8")
        with self.assertRaisesRegex(ValidationError, "Enter the reason"):
            self.env['xero.difference.accept'].with_user(self.admin).create({'difference_ids': row.ids, 'reason': "  "})

    def test_accepted_with_a_reason_until_it_changes_again(self):
        move, export, row = self.edited(LineItems=[{'Description': "Work", 'Quantity': 1, 'UnitAmount': 70, 'AccountCode': '200'}])
        dialog = self.env['xero.difference.accept'].with_user(self.admin).create({'difference_ids': row.ids, 'reason': "Rebate agreed by phone"})
        dialog.action_accept()
        self.assertRecordValues(row, [{
            'state': 'settled', 'outcome': 'accepted', 'reason': "Rebate agreed by phone", 'settled_by_id': self.admin.id}])
        self.assertIn("Rebate agreed by phone", move.message_ids[0].body)
        self.run_slice(self.connection)
        self.sandbox.clock.advance(5)
        self.held(export)['UpdatedDateUTC'] = self.sandbox.clock.now()
        self.check()
        self.assertEqual((self.open_rows(), export.is_different), (self.env['xero.difference'], False))
        self.edit(export, Reference="Another edit")
        self.check()
        self.assertIn("reference", self.open_rows(export).text)

    def test_an_accepted_void_is_not_shown_again(self):
        _move, export, row = self.edited(Status='VOIDED')
        row.with_user(self.admin)._accept("Entered twice")
        self.run_slice(self.connection)
        self.sandbox.clock.advance(5)
        self.held(export)['UpdatedDateUTC'] = self.sandbox.clock.now()
        self.check()
        self.assertFalse(self.open_rows())

    def test_total_of_before_is_accepted(self):
        _move, export = self.synced()
        export.sudo().write({'xero_total': 99, 'difference': "The total is 100 in Odoo and 99 in Xero."})
        [row] = self.open_rows(export)
        self.assertEqual((row.topic, row.can_send_ours), ('total', False))
        row.with_user(self.admin)._accept("A cent of Xero")
        export.sudo().checked_at = False
        self.run_slice(self.connection)
        self.assertFalse(export.is_different)

    # === RIGHTS === #

    def test_who_may_do_what(self):
        _move, _export, row = self.edited()
        seen = row.with_user(self.billing)
        self.assertEqual((seen.text, seen.can_accept, seen.can_take_xeros, seen.can_send_ours), (row.text, False, False, False))
        for act in (seen.action_send_ours, seen.action_take_xeros, seen.action_accept_dialog, lambda: seen._accept("No")):
            with self.assertRaises(AccessError):
                act()
        for user in (self.billing, self.admin):
            for operation in ('create', 'write', 'unlink'):
                self.assertFalse(self.env['xero.difference'].with_user(user).has_access(operation))
        with self.assertRaisesRegex(AccessError, re.escape(self.admin.name)):
            seen.action_send_ours()
        with self.assertRaises(AccessError):
            self.env['xero.difference.accept'].with_user(self.billing).create({'difference_ids': row.ids, 'reason': "No"})

    # === SWITCHES === #

    def test_each_switch(self):
        for name, values in (
            ('alarm_dates', {'DueDate': '2026-12-24'}), ('alarm_lines', {'Reference': "Edited"}), ('alarm_number', {'InvoiceNumber': 'OTHER-9'}),
            ('alarm_gone', {'Status': 'VOIDED'}),
        ):
            with self.subTest(name=name):
                move, export, row = self.edited(**values)
                self.connection.with_user(self.admin)[name] = False
                self.assertEqual((row.state, row.outcome, export.difference), ('settled', 'ended', False))
                move, export, row = self.edited(**({**values, 'InvoiceNumber': 'OTHER-10'} if name == 'alarm_number' else values))
                self.assertFalse(row)
                self.connection.with_user(self.admin)[name] = True
                if name != 'alarm_gone':
                    self.change(move, invoice_line_ids=[(1, move.invoice_line_ids.id, {'price_unit': 60})])
                    self.assertIn("Somebody changed it in Xero", export.difference, "an edit that alarmed nobody is not overwritten either")

    def test_a_total_without_an_alarm_is_stored_and_not_shown(self):
        self.connection.write({'alarm_amount': False, 'alarm_lines': False})
        move, export, row = self.edited(LineItems=[{'Description': "Work", 'Quantity': 1, 'UnitAmount': 70, 'AccountCode': '200'}])
        self.assertEqual((export.xero_total, row), (77, self.env['xero.difference']))
        export.sudo().checked_at = False
        self.run_slice(self.connection)
        self.assertFalse(self.open_rows(export), "the comparison with Odoo does not show it either")
        self.assertEqual(move.amount_total, 100)

    def test_nothing_is_read_without_alarms(self):
        self.synced()
        self.connection.write(dict.fromkeys(['alarm_amount', 'alarm_contact', 'alarm_dates', 'alarm_lines', 'alarm_number', 'alarm_gone', 'alarm_paid'], False))
        self.check()
        self.assertFalse(self.calls())

    def test_paid_only_in_xero(self):
        move, export = self.synced()
        account = next(row for row in self.sandbox.organisations[HARBOUR].accounts if row['Type'] == 'BANK')
        self.somebody('PUT', 'Payments', {
            'Invoice': {'InvoiceID': export.xero_id}, 'Account': {'AccountID': account['AccountID']}, 'Date': '2026-11-03', 'Amount': 40})
        self.check()
        [row] = self.open_rows(export)
        self.assertEqual((row.topic, row.odoo_total, row.xero_total, export.difference), ('paid', 0, 40, False))
        self.assertIn("is paid or allocated in Xero", move._get_alerts()['xero_different']['message'])
        self.assertEqual((move.xero_difference_count, move.action_xero_differences()['res_id']), (1, row.id))
        self.env['account.payment.register'].with_context(active_model='account.move', active_ids=move.ids).create({'amount': 40})._create_payments()
        self.run_slice(self.connection)
        self.assertEqual((row.state, row.outcome), ('settled', 'ended'))
