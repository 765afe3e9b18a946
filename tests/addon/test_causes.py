import re
from pathlib import Path

from odoo.addons.account_xero.models.export.xero_cause import (
    ADMIN_ROLE,
    CAUSES,
    CONTACT_ROLE,
    OTHER,
    USER_ROLE,
    cause_named,
    deciding,
    reference_lists,
)
from odoo.addons.account_xero.models.reference.reader import LISTS
from odoo.exceptions import AccessError
from odoo.tests import BaseCase, tagged

from ..common import XeroInvoicingCase

GUIDE = Path(__file__).parents[2]
NAMES = {'document': "INV/7", 'organisation': "Harbour", 'login': "ann@example.com", 'words': "No", 'partner': "Ann", 'contact': "Ann Ltd"}

# Xero's sentences as published or reported, each with its cause
MESSAGES = [
    ("Invoice # must be unique.", 'number'),
    ("Credit note # must be unique.", 'number'),
    ("Invoice not of valid status for modification", 'number'),
    ("Account code '999' is not a valid code for this document.", 'account'),
    ("Account code '310' has been archived, or has been deleted. "
     "Each line item must reference a valid account.", 'account'),
    ("Account code must be specified", 'account'),
    ("Account code or ID must be specified", 'account'),
    ("Account must be valid.", 'account'),
    ("The TaxType code 'INPUT' cannot be used with account code '200'.", 'tax'),
    ("The TaxType code GST on Income does not exist or cannot be used for this type of transaction.", 'tax'),
    ("The TaxType field is mandatory", 'tax'),
    ("Tax rate must be valid.", 'tax'),
    ("The tax amount cannot be greater than the line amount!", 'tax'),
    ("The document DueDate field must be specified.", 'date'),
    ("The Date field must be specified.", 'date'),
    ("Due date cannot be empty", 'date'),
    ("The document date cannot be before the period lock date, currently set at 30-Nov-2018", 'date'),
    ("The document date cannot be before the end of year lock date, currently set at 31-Jul-2013", 'date'),
    ("Organisation is not subscribed to currency EUR", 'currency'),
    ("Users Organisation is not subscribed to currency NZD", 'currency'),
    ("A currency rate must be specified", 'currency'),
    ("One or more line items must be specified", 'data'),
    ("The description field is mandatory for each line item.", 'data'),
    ("The quantity value '-1.0000' is invalid. Quantity must not be less than zero.", 'amount'),
    ("The line total 1500.00 does not match the expected line total 1499.93", 'amount'),
    ("The Total for this document must be greater than or equal to zero.", 'amount'),
    ("The document total does not equal the sum of the lines.", 'amount'),
    ("The discount rate '0.00' is invalid. Discount must not be greater than the line total.", 'amount'),
    ("Item code 'X' is not valid", 'data'),
    ("This document cannot be edited as it has a payment or credit note allocated to it.", 'data'),
    ("A Contact must be specified for this type of transaction", 'contact'),
    ("The Contact must contain at least 1 of the following elements to identify the contact: "
     "Name, ContactID, ContactNumber", 'contact'),
    ("Paid to name cannot be empty.", 'contact'),
    ("The contact with the specified contact details has been archived. "
     "The contact must be un-archived before creating new invoices or credit notes", 'contact'),
    ("The contact name Tracking & Currency Ltd is already assigned to another contact. "
     "The contact name must be unique across all active contacts.", 'contact'),
    ("Another contact has this contact number. Please enter a different contact number.", 'contact'),
    ("Email address must be valid.", 'contact'),
    ("There is no ACTIVE tracking category with the name ''", 'tracking'),
    ("The User specified does not have the correct permissions to perform this action", 'permission'),
    ("You have reached the limit of invoices you can approve", 'plan'),
    ("An error occurred in Xero. Check the API Status page http://status.developer.xero.com for current service "
     "status. Contact the API support team at api@xero.com for more assistance.", 'xero'),
    ("Something Xero never said before", 'data'),
]


@tagged('post_install', '-at_install')
class TestMessages(BaseCase):

    def test_each_message_has_its_cause(self):
        for message, cause in MESSAGES:
            with self.subTest(message):
                self.assertEqual(deciding([message])[0], cause)
                self.assertEqual(deciding([message.upper()])[0], cause)

    def test_several_messages_have_one_cause(self):
        self.assertEqual(deciding(["Something new", "Invoice # must be unique."])[0], 'number')
        self.assertEqual(deciding([])[0], 'data')

    def test_the_message_that_decides_is_told(self):
        for messages, cause, index in [
            (["The description field is mandatory for each line item.", "Account code '999' is not a valid code for this document."], 'account', 1),
            (["Tax rate must be valid.", "Account must be valid."], 'account', 1),
            (["The TaxType code 'INPUT' cannot be used with account code '200'."], 'tax', 0),
            (["Something new", "Something else that is new"], 'data', 0),
        ]:
            with self.subTest(messages):
                self.assertEqual(deciding(messages), (cause, messages[index]))
        self.assertEqual(deciding([]), ('data', ''))


@tagged('post_install', '-at_install')
class TestRegistry(XeroInvoicingCase):
    """Every cause is complete: each property is set."""

    def test_the_field_has_the_causes(self):
        codes = [cause.code for cause in CAUSES]
        self.assertEqual(len(codes), len(set(codes)))
        self.assertEqual(self.env['xero.export']._fields['cause'].get_values(self.env), codes)

    def test_its_words_decide(self):
        """No fragment is hidden by an earlier one."""
        for cause in CAUSES:
            for fragment in (*cause.fragments, *cause.mentions):
                self.assertEqual(fragment, fragment.lower())
                self.assertEqual(deciding([f"The {fragment}."])[0], cause.code, fragment)

    def test_its_sentences_can_be_said(self):
        for cause in CAUSES:
            for sentence in (
                cause.explain(self.env, NAMES, is_void, is_linked) for is_void in (False, True) for is_linked in (False, True)):
                self.assertIn("INV/7", sentence, cause.code)

    def test_its_button_goes_somewhere(self):
        for cause in CAUSES:
            self.assertTrue(cause.button_label(self.env(user=self.admin)), cause.code)
            self.assertFalse(cause.hint_for(self.env(user=self.admin), "Ann"), cause.code)
            self.assertTrue(callable(getattr(self.env['xero.export'], cause.opens, None)), cause.opens)

    def test_who_cannot_fix_it_is_told_who_can(self):
        """A user without the role of a cause sees the names of invoice admins instead of the button."""
        export = self.failed_export()
        for cause in CAUSES:
            with self.subTest(cause.code):
                export.write({'state': 'failed', 'cause': cause.code})
                seen = export.with_user(self.billing)
                alert = seen.move_id._xero_alerts(seen)['xero_failed']
                if cause.role in (USER_ROLE, CONTACT_ROLE):
                    self.assertEqual((seen.fix_label, seen.fix_hint), (cause.button._source, ''))
                    seen.action_fix()
                    continue
                self.assertEqual(cause.role, ADMIN_ROLE)
                self.assertFalse(seen.fix_label)
                self.assertIn(self.admin.name, seen.fix_hint)
                self.assertIn(seen.fix_hint, alert['message'])
                self.assertEqual((seen.can_ask, alert['action_text']), (True, "Ask an invoice admin"))
                with self.assertRaisesRegex(AccessError, re.escape(seen.fix_hint)):
                    seen.action_fix()
                self.assertEqual(export.with_user(self.admin).fix_label, cause.button._source)
                self.assertFalse(export.with_user(self.admin).fix_hint)

    def test_its_list_is_read(self):
        for cause in CAUSES:
            self.assertIn(cause.reference_list, (None, *LISTS), cause.code)
        self.assertEqual(reference_lists(['account', 'data', 'gone']), {'accounts'})

    def read_guide(self):
        return '\n'.join(path.read_text() for path in (GUIDE / 'README.md', *sorted((GUIDE / 'docs').rglob('*.md'))))

    def test_the_guide_has_its_row(self):
        guide = self.read_guide()
        for cause in CAUSES:
            row = f"| {cause.label} | {cause.fixed_by} | *{cause.button._source}* |"
            self.assertTrue(f"\n{row}\n" in guide, f"The guide's table of causes lacks: {row}")

    def test_the_guide_has_its_messages(self):
        """Each cause is in brackets at one message or more in the guide's tables of messages."""
        guide = self.read_guide()
        for cause in CAUSES:
            self.assertTrue(f"(cause *{cause.label}*)" in guide, f"No message in the guide has: (cause *{cause.label}*)")

    def failed_export(self):
        connection = self.env['xero.connection'].create({
            'name': "Harbour", 'app_id': self.app.id, 'company_ids': self.company.ids, 'export_start_date': '2000-01-01'})
        self.company.xero_connection_id = connection
        export = self.init_invoice('out_invoice', amounts=[100.0], post=True).xero_export_ids.sudo()
        export.write({'state': 'failed', 'message': "It failed."})
        return export

    def test_an_unknown_cause_stops_no_form(self):
        """An add-on that was removed may leave a cause behind."""
        export = self.failed_export()
        self.env.flush_all()
        self.env.cr.execute("UPDATE xero_export SET cause = 'gone' WHERE id = %s", (export.id,))
        export.invalidate_recordset()
        self.assertEqual(cause_named('gone'), OTHER)
        self.assertEqual(export.fix_label, "Open the document")
        self.assertEqual(export.action_fix()['res_id'], export.move_id.id)
        self.assertIn("It failed.", export.move_id._xero_alerts(export)['xero_failed']['message'])
