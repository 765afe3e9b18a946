from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import html2plaintext

from ..common import HARBOUR
from .difference_common import ProofMixin, XeroDifferenceCase


@tagged('post_install', '-at_install')
class TestDifferenceSent(ProofMixin, XeroDifferenceCase):
    """A difference for which a person chose Odoo's version is open until Xero has that version."""

    def refused(self, **values):
        """Return a document with a difference for which the admin chose Odoo's version, and which Xero refused; its export; and the row."""
        move, export, row = self.edited(**values)
        self.sandbox.organisations[HARBOUR].end_of_year_lock_date = self.held(export)['Date']
        row.with_user(self.admin).action_send_ours()
        self.assertEqual((row.state, row.outcome), ('open', 'odoo'), "Xero does not have it yet")
        self.assertIn("on its way to Xero", row.shown_text)
        self.run_slice(self.connection)
        self.assertEqual(export.state, 'failed')
        return move, export, row

    def open_books(self, export):
        """Take the lock date in Xero away, and resync."""
        self.sandbox.organisations[HARBOUR].end_of_year_lock_date = None
        self.connection.end_of_year_lock_date = False
        if export.state == 'failed':
            export.with_user(self.admin).action_resync()
        self.run_slice(self.connection)

    def test_a_part_that_is_empty_in_odoo(self):
        """A receipt has no reference of its own; one that somebody entered in Xero is shown."""
        _move, export = self.synced('out_receipt')
        self.assertFalse(self.held(export).get('Reference'))
        self.edit(export, Reference="Till 4")
        self.check()
        row = self.open_rows(export).with_user(self.admin)
        self.assertEqual((row.text, export.shown_state), ("Somebody changed it in Xero (reference).", 'different'))
        self.assertRegex(html2plaintext(row.versions), r"(?s)–.*Till 4")
        row.action_send_ours()
        self.run_slice(self.connection)
        self.assertFalse(self.held(export).get('Reference'))

    def test_it_is_open_until_it_is_sent(self):
        _move, export, row = self.refused()
        self.assertEqual(row.state, 'open')
        self.assertEqual(self.env['xero.difference']._open_counts(), {self.connection: 1})
        seen = row.with_user(self.admin)
        self.assertIn("could not be sent", seen.shown_text)
        self.assertIn(export.message, seen.shown_text)
        self.assertEqual(seen.action_open_export()['res_id'], export.id)
        self.assertEqual((seen.can_send_ours, seen.can_take_xeros, seen.can_accept), (False, False, False))
        with self.assertRaises(UserError):
            seen._accept("Anyway")
        self.open_books(export)
        self.assert_same(export, Reference="Order 7")
        self.assertEqual((row.state, row.outcome, row.settled_by_id, export.sends_ours), ('settled', 'odoo', self.admin, False))

    def test_a_comparison_does_not_forget_what_was_chosen(self):
        for send_changes in (True, False):
            with self.subTest(send_changes=send_changes):
                self.connection.send_changes = send_changes
                _move, export, row = self.refused()
                export.sudo()._look_again()     # as a hook does when the document is written
                self.run_slice(self.connection)
                self.assertEqual((export.state, row.state, row.outcome), ('failed', 'open', 'odoo'))
                self.open_books(export)
                self.assert_same(export, Reference="Order 7")
                self.assertEqual((row.state, row.outcome), ('settled', 'odoo'))

    def chosen_again(self, move_type):
        """Return the export of a document that somebody voided in Xero, and the row for which the admin chose Odoo's version."""
        _move, export = self.synced(move_type, ref=f"Vendor {move_type}")
        self.edit(export, Status='VOIDED')
        self.check()
        [row] = self.open_rows(export)
        self.assertEqual((row.topic, row.odoo_total, row.xero_total), ('gone', 100, 0), "What is voided has no total")
        row.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        return export, row

    def test_a_voided_one_is_open_until_there_is_another(self):
        export, row = self.chosen_again('in_invoice')
        self.assertEqual((export.state, export.xero_status, row.state, row.outcome), ('synced', 'AUTHORISED', 'settled', 'odoo'))

    def test_the_number_of_a_voided_one_is_taken(self):
        export, row = self.chosen_again('out_invoice')
        self.assertEqual((export.state, export.cause, row.state, row.outcome), ('failed', 'number', 'open', 'odoo'))
        self.assertEqual(self.env['xero.difference']._open_counts(), {self.connection: 1})

    def test_one_that_is_only_in_odoo(self):
        _move, export = self.synced('in_invoice', ref="Vendor 7")
        self.held(export)
        self.sandbox.organisations[HARBOUR].documents['Invoices'].pop(export.xero_id)
        self.prove(3)
        [row] = self.open_rows(export)
        self.assertEqual(row.topic, 'only_odoo')
        row.with_user(self.admin).action_send_ours()
        self.assertEqual((row.state, row.with_user(self.admin).can_send_ours), ('open', False))
        self.run_slice(self.connection)
        self.assertEqual((export.state, row.state, row.outcome, row.settled_by_id), ('synced', 'settled', 'odoo', self.admin))

    def test_an_edit_meanwhile_asks_again(self):
        _move, export, row = self.refused()
        self.sandbox.organisations[HARBOUR].end_of_year_lock_date = None
        self.edit(export, Reference="Order 9")
        self.open_books(export)
        self.assertEqual((row.state, row.outcome, export.can_decide), ('open', False, True))
        self.assertEqual(self.held(export)['Reference'], "Order 9", "Nobody has decided about this version")

    def test_skipped_with_a_reason_is_accepted(self):
        _move, export, row = self.refused()
        export.with_user(self.admin)._skip("It stays as it is in Xero")
        self.assertEqual((row.state, row.outcome, row.settled_by_id), ('settled', 'accepted', self.admin))
        self.assertIn("It stays as it is in Xero", row.reason)

    def test_a_switch_leaves_it_open(self):
        _move, _export, row = self.refused()
        self.connection.alarm_paid = False
        self.connection.alarm_paid = True
        self.assertEqual((row.state, row.outcome), ('open', 'odoo'))
