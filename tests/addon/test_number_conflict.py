from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .export_common import XeroExportCase


@tagged('post_install', '-at_install')
class TestNumberConflict(XeroExportCase):
    """A document whose number another one in Xero has: the buttons that the sentences name are there, or the sentence says why not."""

    def taken(self, total, **values):
        """Return the export of an invoice whose number somebody used in Xero for another document."""
        self.document()
        self.run_slice(self.connection)
        move = self.document(**values)
        self.hold_number(move.name, total)
        self.run_slice(self.connection)
        export = self.export_of(move)
        self.assertEqual((export.state, export.cause), ('failed', 'number'))
        return export

    def test_it_is_said_why_two_documents_cannot_be_linked(self):
        export = self.taken(70)
        for user in (self.billing, self.admin):
            seen = export.with_user(user)
            self.assertFalse(seen.can_link)
            self.assertIn("They cannot be linked, because they are not the same (total). Change the number", seen.link_hint)
            self.assertTrue(seen.can_change_number)
        self.assertNotIn("link", export.message)

    def test_the_same_document_can_be_linked_by_those_who_may(self):
        export = self.taken(100)
        self.assertEqual(export.with_user(self.admin).link_hint, "Both are the same, so they can be linked.")
        self.assertIn(f"{self.admin.name} can link them", export.with_user(self.billing).link_hint)

    def dialog(self, export, user=None):
        action = export.with_user(user or self.billing).action_change_number()
        return self.env['xero.change.number'].with_user(user or self.billing).browse(action['res_id'])

    def test_another_number_sends_the_document(self):
        export = self.taken(70)
        move = export.move_id
        later = self.document()
        dialog = self.dialog(export)
        self.assertEqual(dialog.old_number, move.name)
        self.assertNotIn(dialog.number, (move.name, later.name))
        self.assertEqual(dialog.number[:-4], move.name[:-4])
        action = dialog.action_change()
        self.assertEqual(action['params']['export_ids'], export.ids)
        self.assertEqual(move.name, dialog.number)
        self.run_slice(self.connection)
        self.assert_once(move)
        self.assertEqual(export.document_name, move.name)
        self.assertEqual(move.payment_reference, move.name, "customers who pay must not quote the number of the other document")

    def test_a_payment_reference_of_somebodys_own_stays(self):
        export = self.taken(70)
        export.move_id.payment_reference = "Order 4711"
        self.dialog(export).action_change()
        self.assertEqual(export.move_id.payment_reference, "Order 4711")

    def test_a_number_that_another_entry_has_in_odoo_is_refused(self):
        dialog = self.dialog(self.taken(70))
        dialog.number = self.document().name
        with self.assertRaisesRegex(UserError, "another entry of the journal"):
            dialog.action_change()

    def test_a_bill_gets_another_vendors_number(self):
        export = self.export_of(self.document('in_invoice', ref="B-17")).sudo()
        export.write({'state': 'failed', 'cause': 'number'})
        dialog = self.dialog(export)
        self.assertEqual((dialog.old_number, dialog.number), ("B-17", "B-17"))
        with self.assertRaisesRegex(UserError, "taken in Xero"):
            dialog.action_change()
        dialog.number = "B-17a"
        dialog.action_change()
        self.assertEqual((export.move_id.ref, export.state), ("B-17a", 'waiting'))

    def test_only_documents_that_are_stopped_by_their_number_get_another_one(self):
        export = self.export_of(self.document()).sudo()
        export.write({'state': 'failed', 'cause': 'date'})
        with self.assertRaises(UserError):
            export.with_user(self.billing).action_change_number()
        export.cause = 'number'
        dialog = self.dialog(export)
        with self.assertRaises(AccessError):
            dialog.with_user(self.admin).action_change()
        export.state = 'waiting'
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "not stopped by its number any more"):
            dialog.action_change()

    # === CHECK AGAINST XERO === #

    def reasons(self, moves):
        """Return what stops documents in a check, as tuples of cause and documents, and how many are ready."""
        calls = len(self.sandbox.requests)
        action = moves.with_user(self.billing).action_xero_check()
        self.assertEqual(len(self.sandbox.requests), calls, "a check makes no call")
        check = self.env[action['res_model']].with_user(self.billing).browse(action['res_id'])
        check = check if check._name == 'xero.check' else check.check_id
        return [(reason.cause, reason.document_ids.move_id) for reason in check.reason_ids], check.ready_count

    def test_a_check_says_what_xero_refused_before(self):
        """Until the document has another number, or is sent again."""
        export = self.taken(70)
        move, free = export.move_id, self.document(post=False)
        self.assertEqual(self.reasons(move | free), ([('number', move)], 1))
        self.assertEqual(self.reasons(move), ([('number', move)], 0))
        export.with_user(self.billing).action_resync()
        self.assertEqual(self.reasons(move), ([], 1))
        self.run_slice(self.connection)
        self.assertEqual(self.reasons(move), ([('number', move)], 0))
        move.name = f'{move.name}9'
        self.assertEqual(self.reasons(move), ([], 1))

    def test_a_check_knows_the_numbers_of_other_documents(self):
        first = self.document()
        self.run_slice(self.connection)
        journal = self.company_data['default_journal_sale'].copy({'code': 'SECND'})
        second = self.document(post=False, journal_id=journal.id)
        second.name = first.name
        self.assertEqual(self.reasons(second), ([('number', second)], 0))
        self.assertEqual(self.reasons(first), ([], 0), "it is the one in Xero")
        bills = self.document('in_invoice', ref="B-17"), self.document('in_invoice', ref="B-17", post=False, partner_id=self.partner_b.id)
        self.run_slice(self.connection)
        self.assertEqual(self.reasons(bills[1]), ([], 1), "bills of two vendors may have one number")
