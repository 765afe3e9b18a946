from odoo.addons.account_xero.tools.xero_causes import cause_of, deciding
from odoo.tests import BaseCase, tagged

# Xero's sentences as published or reported, each with the cause it stands for
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
class TestCauses(BaseCase):

    def test_each_message_has_its_cause(self):
        for message, cause in MESSAGES:
            with self.subTest(message):
                self.assertEqual(cause_of([message]), cause)
                self.assertEqual(cause_of([message.upper()]), cause)

    def test_several_messages_have_one_cause(self):
        self.assertEqual(cause_of(["Something new", "Invoice # must be unique."]), 'number')
        self.assertEqual(cause_of([]), 'data')

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
