from datetime import date, datetime

from odoo.addons.account_xero.const import ZERO_ID
from odoo.addons.account_xero.tools.xero_elements import (
    element_messages,
    element_ok,
    element_warnings,
    parse_datetime,
    read_date,
    read_datetime,
)
from odoo.tests import BaseCase, tagged

ID = 'ed255415-0000-4000-8000-000000000001'


@tagged('post_install', '-at_install')
class TestElements(BaseCase):

    def test_saved_or_not(self):
        for case, element, saved in [
            ("ok", {'InvoiceID': ID, 'StatusAttributeString': 'OK', 'HasErrors': False}, True),
            ("warning", {'InvoiceID': ID, 'StatusAttributeString': 'WARNING', 'Warnings': [{'Message': "…"}]}, True),
            ("no status", {'InvoiceID': ID}, True),
            ("error", {'InvoiceID': ID, 'StatusAttributeString': 'ERROR'}, False),
            ("errors", {'InvoiceID': ID, 'StatusAttributeString': 'OK', 'HasErrors': True}, False),
            ("validation errors", {'InvoiceID': ID, 'HasValidationErrors': True}, False),
            ("messages", {'InvoiceID': ID, 'ValidationErrors': [{'Message': "…"}]}, False),
            ("zero id", {'InvoiceID': ZERO_ID, 'StatusAttributeString': 'OK'}, False),
            ("no id", {'StatusAttributeString': 'OK'}, False),
            ("another id", {'ContactID': ID, 'StatusAttributeString': 'OK'}, False),
        ]:
            with self.subTest(case):
                self.assertIs(element_ok(element, 'InvoiceID'), saved)

    def test_messages_of_all_depths_once(self):
        element = {
            'LineItems': [
                {'ValidationErrors': [{'Message': "Account code '9' is not a valid code for this document."}]},
                {'Tracking': [{'ValidationErrors': [{'Description': "No such option"}]}], 'ValidationErrors': []},
            ],
            'Contact': {
                'ValidationErrors': [{'Message': "Invoice # must be unique. "}],
                'Addresses': [{'ValidationErrors': [{'Message': "Country must be letters"}, {'Message': ''}]}],
                'Warnings': [{'Message': "Merged"}],
            },
            'Warnings': [{'Message': "Only AUTHORISED invoices may have SentToContact updated."}],
            'ValidationErrors': [{'Message': "Invoice # must be unique."}],
        }
        self.assertEqual(element_messages(element), [
            "Invoice # must be unique.", "Account code '9' is not a valid code for this document.", "No such option",
            "Country must be letters",
        ])
        self.assertEqual(
            element_warnings(element), ["Only AUTHORISED invoices may have SentToContact updated.", "Merged"])
        self.assertEqual(element_messages({}), [])

    def test_days(self):
        for element, day in [
            ({'Date': '/Date(1518609600000+0000)/', 'DateString': '2018-02-15T00:00:00'}, date(2018, 2, 15)),
            ({'Date': '/Date(1518652800000+0000)/'}, date(2018, 2, 15)),
            ({'Date': '/Date(-86400000)/'}, date(1969, 12, 31)),
            ({'Date': '2018-02-15'}, date(2018, 2, 15)),
            ({'Date': ''}, None),
            ({}, None),
        ]:
            with self.subTest(element):
                self.assertEqual(read_date(element, 'Date'), day)

    def test_moments(self):
        self.assertEqual(
            read_datetime({'UpdatedDateUTC': '/Date(1552337480487+0000)/'}, 'UpdatedDateUTC'),
            datetime(2019, 3, 11, 20, 51, 20, 487000))
        self.assertEqual(
            read_datetime({'UpdatedDateUTCString': '2026-07-16T01:02:03'}, 'UpdatedDateUTC'),
            datetime(2026, 7, 16, 1, 2, 3))
        for text, moment in [
            ('2019-07-09T23:40:30.1833130', datetime(2019, 7, 9, 23, 40, 30, 183313)),
            ('2019-07-09T23:40:30.183', datetime(2019, 7, 9, 23, 40, 30, 183000)),
            ('2019-07-09T23:40:30Z', datetime(2019, 7, 9, 23, 40, 30)),
            ('2019-07-10T09:40:30+10:00', datetime(2019, 7, 9, 23, 40, 30)),
            (None, None),
        ]:
            with self.subTest(text):
                self.assertEqual(parse_datetime(text), moment)
