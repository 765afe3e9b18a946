import gzip
import socket
import time
from datetime import datetime
from decimal import Decimal
from unittest.mock import patch
from urllib.parse import quote

from odoo.addons.account_xero.const import endpoints
from odoo.addons.account_xero.exceptions import (
    XeroRefused,
    XeroRetryable,
    XeroThrottled,
    XeroUnauthorised,
    XeroUnknownOutcome,
    XeroUnreadable,
)
from odoo.addons.account_xero.tests.unit.tools_client_common import ClientCase
from odoo.addons.account_xero.tools import xero_client
from odoo.addons.account_xero.tools.xero_client import XeroClient
from odoo.addons.account_xero.tools.xero_elements import element_messages, read_datetime
from odoo.addons.account_xero.tools.xero_pacer import Pacer
from odoo.tests import tagged

LOGGER = 'odoo.addons.account_xero.tools.xero_client'
OFFLINE_TEXT = "The Xero API is currently offline for maintenance"


@tagged('post_install', '-at_install')
class TestClient(ClientCase):

    # === Requests === #

    def test_a_read_carries_what_xero_needs(self):
        self.wire.answers(self.wire.reply({'Accounts': []}))
        self.client.get('Accounts', {'includeArchived': 'true'}, modified_since=datetime(2026, 11, 20, 9, 5, 7, 999999))
        asked = self.wire.asked[0]
        self.assertEqual((asked.method, asked.path), ('GET', '/api.xro/2.0/Accounts'))
        self.assertEqual(asked.query, {'includeArchived': 'true'})
        for name, value in [
            ('Authorization', 'Bearer fake-token'), ('Accept', 'application/json'), ('Xero-Tenant-Id', 'tenant-1'),
            ('User-Agent', 'account_xero/19.0'), ('If-Modified-Since', '2026-11-20T09:05:07'),
        ]:
            self.assertEqual(asked.headers[name], value)

    def test_a_write_sends_the_frozen_bytes(self):
        body = '{"Invoices":[{"Reference":"Café"}]}'.encode()
        self.wire.answers(self.wire.reply({'Invoices': [{'Total': 1}]}))
        self.client.write('PUT', 'Invoices', body, 'key-1', {'summarizeErrors': 'false'})
        asked = self.wire.asked[0]
        self.assertEqual((asked.method, asked.body, asked.query), ('PUT', body, {'summarizeErrors': 'false'}))
        self.assertEqual(asked.headers['Content-Type'], 'application/json')
        self.assertEqual(asked.headers['Idempotency-Key'], 'key-1')

    def test_a_file_goes_as_what_it_is(self):
        self.wire.answers(self.wire.reply({'Attachments': [{}]}))
        name = "Rechnung (März) [1] 100%.pdf"
        self.client.write('PUT', f"Invoices/1/Attachments/{quote(name, safe='')}", b'%PDF\xff', 'key-1', content_type='application/pdf')
        asked = self.wire.asked[0]
        self.assertEqual(asked.path, '/api.xro/2.0/Invoices/1/Attachments/Rechnung%20%28M%C3%A4rz%29%20%5B1%5D%20100%25.pdf')
        self.assertEqual((asked.body, asked.headers['Content-Type']), (b'%PDF\xff', 'application/pdf'))

    def test_calls_are_counted(self):
        self.wire.answers(self.wire.reply({}), self.wire.reply(status=404))
        self._read()
        with self.assertRaises(XeroRefused):
            self._read()
        self.assertEqual(self.client.calls, 2)

    # === Answers === #

    def test_an_answer_is_exact(self):
        self.wire.answers(self.wire.reply(
            b'{"Invoices":[{"Total":110.10,"Lines":3,"Name":"Caf\xc3\xa9"}]}', Content_Type='application/json',
            Xero_Correlation_Id='c-1', X_DayLimit_Remaining=4999, X_MinLimit_Remaining=59,
        ))
        answer = self._read()
        element = answer.elements('Invoices')[0]
        self.assertEqual((str(element['Total']), element['Lines'], element['Name']), ('110.10', 3, 'Café'))
        self.assertIsInstance(element['Total'], Decimal)
        self.assertEqual((answer.status, answer.correlation_id), (200, 'c-1'))
        self.assertEqual(answer.day_left, 4999)
        self.assertEqual(answer.elements('CreditNotes'), [])

    def test_nothing_new_is_no_elements(self):
        self.wire.answers(self.wire.reply(status=304))
        self.assertEqual(self._read().elements('Invoices'), [])

    def test_a_refused_batch_in_default_mode_names_the_failed_elements(self):
        failed = {'InvoiceNumber': 'INV-2', 'ValidationErrors': [{'Message': "Invoice # must be unique."}]}
        body = {'ErrorNumber': 10, 'Type': 'ValidationException', 'Elements': [failed]}
        self.wire.answers(self.wire.reply(body, 400))
        answer = self._write()
        self.assertEqual((answer.status, answer.elements('Invoices')), (400, [failed]))

    # === Failures === #

    def test_failures_by_what_to_do_about_them(self):
        reply = self.wire.reply
        problem = {'Type': None, 'Title': "Unauthorized", 'Status': 401, 'Instance': 'guid', 'Extensions': {}}
        unreadable = {
            'ErrorNumber': 14, 'Type': 'PostDataInvalidException', 'Message': "JSON request body could not be read",
        }
        lost_scope = {**problem, 'Detail': 'AuthorizationUnsuccessful'}
        for case, answer, on_read, on_write, attributes in [
            ("expired", reply({**problem, 'Detail': 'TokenExpired: token expired at 01/23/2020 18:21:16'}, 401),
             XeroUnauthorised, XeroUnauthorised, {'kind': 'expired', 'status': 401}),
            ("unknown token", reply({**problem, 'Detail': 'AuthenticationUnsuccessful'}, 401),
             XeroUnauthorised, XeroUnauthorised, {'kind': 'token'}),
            ("scope", reply(lost_scope, 401), XeroUnauthorised, XeroUnauthorised, {'kind': 'scope'}),
            ("keys in lower case", reply({'title': "Unauthorized", 'detail': 'AuthorizationUnsuccessful'}, 401),
             XeroUnauthorised, XeroUnauthorised, {'kind': 'scope'}),
            ("tenant", reply({'Title': "Forbidden", 'Detail': 'AuthenticationUnsuccessful'}, 403),
             XeroUnauthorised, XeroUnauthorised, {'kind': 'tenant', 'status': 403}),
            ("right of the user", reply({'Title': "Forbidden", 'Detail': "No permission"}, 403),
             XeroUnauthorised, XeroUnauthorised, {'kind': 'scope'}),
            ("minute", reply('', 429, X_Rate_Limit_Problem='Minute', Retry_After=17),
             XeroThrottled, XeroThrottled, {'problem': 'minute', 'retry_after': 17}),
            ("day", reply('Daily limit', 429, X_Rate_Limit_Problem='day', Retry_After=66975),
             XeroThrottled, XeroThrottled, {'problem': 'day', 'retry_after': 66975}),
            ("concurrent", reply('', 429, X_Rate_Limit_Problem='concurrent'),
             XeroThrottled, XeroThrottled, {'problem': 'concurrent', 'retry_after': 5}),
            ("day without a time", reply('', 429, X_Rate_Limit_Problem='day'), XeroThrottled, XeroThrottled, {'problem': 'day', 'retry_after': 3600}),
            ("absurd pause", reply('', 429, X_Rate_Limit_Problem='day', Retry_After=99999999999),
             XeroThrottled, XeroThrottled, {'problem': 'day', 'retry_after': 86400}),
            ("minute is no year", reply('', 429, X_Rate_Limit_Problem='minute', Retry_After=31536000),
             XeroThrottled, XeroThrottled, {'problem': 'minute', 'retry_after': 300}),
            ("a fraction", reply('', 429, X_Rate_Limit_Problem='minute', Retry_After='12.5'),
             XeroThrottled, XeroThrottled, {'problem': 'minute', 'retry_after': 12.5}),
            ("a past date", reply('', 429, X_Rate_Limit_Problem='minute', Retry_After='Wed, 21 Oct 2015 07:28:00 GMT'),
             XeroThrottled, XeroThrottled, {'problem': 'minute', 'retry_after': 1}),
            ("words", reply('', 429, X_Rate_Limit_Problem='minute', Retry_After='soon'),
             XeroThrottled, XeroThrottled, {'problem': 'minute', 'retry_after': 5}),
            ("negative", reply('', 429, X_Rate_Limit_Problem='minute', Retry_After=-7),
             XeroThrottled, XeroThrottled, {'problem': 'minute', 'retry_after': 5}),
            ("app minute", reply('', 429, X_Rate_Limit_Problem='appminute'),
             XeroThrottled, XeroThrottled, {'problem': 'appminute'}),
            ("throttled, no reason", reply('', 429), XeroThrottled, XeroThrottled, {'problem': ''}),
            ("server", reply({'ErrorNumber': 500, 'Message': "Unhandled"}, 500, Xero_Correlation_Id='c-9'),
             XeroRetryable, XeroUnknownOutcome, {'status': 500, 'correlation_id': 'c-9', 'message': "Unhandled"}),
            ("maintenance", reply(OFFLINE_TEXT, 503, Content_Type='text/plain'),
             XeroRetryable, XeroUnknownOutcome, {'message': OFFLINE_TEXT, 'detail': OFFLINE_TEXT}),
            ("no such method", reply({'ErrorNumber': 20, 'Message': "not implemented"}, 501),
             XeroRefused, XeroRefused, {'error_number': 20}),
            ("error 14", reply(unreadable, 400), XeroRefused, XeroRefused,
             {'error_number': 14, 'error_type': 'PostDataInvalidException', 'message': unreadable['Message']}),
            ("too large", reply('', 413), XeroRefused, XeroRefused, {'status': 413, 'message': "HTTP 413"}),
            ("key reused", reply({'Message': "Idempotency Key: key-1 is used with a different request."}, 400),
             XeroRefused, XeroRefused, {'error_number': None, 'error_type': ''}),
            ("not found, HTML", reply("<h1>The resource</h1>\n you're looking for cannot be found", 404),
             XeroRefused, XeroRefused, {'message': "The resource you're looking for cannot be found"}),
            ("elsewhere", reply('', 302, Location='http://localhost:9/'), XeroUnreadable, XeroRefused, {'status': 302}),
            ("bad id in a filter", reply("Supplied parameter 'Ids' cannot be parsed - must be of type UUID.", 400), XeroRefused, XeroRefused, {}),
            *((f"filter {status}", reply("<html><h1>Access denied</h1> fake-echo", status, Content_Type='text/html'), XeroUnreadable, XeroRefused,
               {'status': status}) for status in (301, 302, 401, 403, 404, 406, 412)),
            ("gateway in JSON", reply({'message': "Forbidden"}, 403), XeroUnreadable, XeroRefused, {}),
            ("bearer", reply('', 401, WWW_Authenticate='Bearer error=invalid_token'), XeroUnauthorised, XeroUnauthorised, {'kind': 'token'}),
            ("broken JSON", reply('{"Invoices":['), XeroUnreadable, XeroUnknownOutcome, {'status': 200}),
            ("empty", reply(), XeroUnreadable, XeroUnknownOutcome, {}),
            ("a page of a gateway", reply('<html>'), XeroUnreadable, XeroUnknownOutcome, {}),
            ("text for a list", reply({'Invoices': "abc"}), XeroUnreadable, XeroUnknownOutcome, {}),
            ("texts in a list", reply({'Invoices': ["abc"]}), XeroUnreadable, XeroUnknownOutcome, {}),
            ("a number", reply('7'), XeroUnreadable, XeroUnknownOutcome, {}),
            ("100,000 levels", reply('[' * 100_000 + ']' * 100_000), XeroUnreadable, XeroUnknownOutcome, {}),
            ("an object for a text", reply({'Invoices': [{'InvoiceID': {'a': 1}}]}), XeroUnreadable, XeroUnknownOutcome, {}),
            ("no number", reply({'Invoices': [{'Total': "abc"}]}), XeroUnreadable, XeroUnknownOutcome, {}),
            ("infinity", reply('{"Invoices": [{"Total": Infinity}]}'), XeroUnreadable, XeroUnknownOutcome, {}),
            ("a number without end", reply('{"Invoices": [{"Total": 1e999999999}]}'), XeroUnreadable, XeroUnknownOutcome, {}),
            ("pages of a wrong kind", reply({'Invoices': [], 'pagination': [1]}), XeroUnreadable, XeroUnknownOutcome, {}),
            ("no end", reply(b' ' * 20_000_001), XeroRetryable, XeroUnknownOutcome, {'status': None}),
            ("a bomb of gzip", reply(gzip.compress(b' ' * 100_000_000), Content_Encoding='gzip'), XeroRetryable, XeroUnknownOutcome, {'status': None}),
            ("900 levels", reply('{"a":' * 900 + '1' + '}' * 900), XeroUnreadable, XeroUnknownOutcome, {}),
            ("a strange charset", reply('{', Content_Type='application/json; charset=idna'), XeroUnreadable, XeroUnknownOutcome, {}),
            ("a redirect to nowhere", reply('', 302, Location='http://[bad'), XeroRetryable, XeroUnknownOutcome, {}),
            ("failed elements in no readable form", reply({'ErrorNumber': 10, 'Elements': "abc"}, 400), XeroUnreadable, XeroUnknownOutcome, {}),
            ("no gzip", reply('plain', Content_Encoding='gzip'), XeroRetryable, XeroUnknownOutcome, {'status': None}),
            ("cut", reply('{"Invoices":[', cut=True), XeroRetryable, XeroUnknownOutcome, {}),
            ("line broken", self.wire.hang_up, XeroRetryable, XeroUnknownOutcome, {'status': None}),
            ("no answer", self.wire.silence, XeroRetryable, XeroUnknownOutcome, {}),
        ]:
            for call, expected in [(self._read, on_read), (self._write, on_write)]:
                with self.subTest(case, call=call.__name__):
                    self.wire.answers(answer)
                    with self.assertRaises(expected) as raised:
                        call()
                    self.assertIs(type(raised.exception), expected)
                    for name, value in attributes.items():
                        self.assertEqual(getattr(raised.exception, name), value, name)
                    self.assertNotIn('fake-echo', raised.exception.message)
                    self.assertLessEqual(len(raised.exception.message), 700)

    def test_maintenance_names_a_pause(self):
        self.wire.answers(self.wire.reply(OFFLINE_TEXT, 503))
        with self.assertRaises(XeroRetryable) as raised:
            self._read()
        self.assertEqual(raised.exception.retry_after, 300)

    def test_a_write_that_never_left_may_go_again(self):
        with socket.create_server(('127.0.0.1', 0)) as closed:
            port = closed.getsockname()[1]
        for url in (f'http://localhost:{port}', 'nonsense'):
            with self.subTest(url):
                self.client = self._client(url)
                with self.assertRaises(XeroRetryable):
                    self._write()

    def test_nothing_secret_is_logged(self):
        self.wire.answers(self.wire.reply({'Invoices': []}), self.wire.hang_up)
        with self.assertLogs(LOGGER, 'DEBUG') as logs:
            self.client.get('Invoices', {'searchTerm': 'fake-name'})
            with self.assertRaises(XeroUnknownOutcome) as raised:
                self._write()
        text = '\n'.join(logs.output) + repr(raised.exception)
        self.assertEqual(len(logs.records), 2)
        for secret in ('fake-token', 'fake-name', 'key-1', 'Invoices":['):
            self.assertNotIn(secret, text)

    # === Pages === #

    def test_a_strange_answer_is_read_as_far_as_it_has_sense(self):
        self.wire.answers(self.wire.reply(
            rb'{"Invoices": [{"Total": "110.10", "InvoiceNumber": 7, "Reference": "a\ud800b\u0000", "Contact": null, "LineItems": null,'
            rb'"UpdatedDateUTC": "/Date(99999999999999999)/", "ValidationErrors": [{"Message": "%s"}, {"Message": 5}]}]}' % (b'x' * 200_000),
            X_DayLimit_Remaining='many'))
        answer = self._read()
        [element] = answer.elements('Invoices')
        self.assertEqual((element['Total'], element['InvoiceNumber']), (Decimal('110.10'), '7'))
        element['Reference'].encode()
        self.assertNotIn('\0', element['Reference'])
        self.assertIsNone(read_datetime(element, 'UpdatedDateUTC'))
        self.assertEqual(sorted(map(len, element_messages(element))), [1, 500])
        self.assertIsNone(answer.day_left)
        self.wire.answers(self.wire.reply({'Invoices': []}, X_DayLimit_Remaining='9' * 40))
        self.assertIsNone(self._read().day_left)

    def test_a_list_from_which_something_is_concluded_has_to_be_whole(self):
        for body in ({}, {'Accounts': None}, {'Accounts': [{'Code': '200'}]}, []):
            with self.subTest(body=body):
                self.wire.answers(self.wire.reply(body))
                with self.assertRaises(XeroUnreadable):
                    self.client.get('Accounts').whole('Accounts', 'AccountID')

    def test_a_list_with_one_element_is_not_empty(self):
        self.wire.answers(self.wire.reply({'Organisations': []}), self.wire.reply({'Organisations': [{'Name': "Maple"}]}))
        with self.assertRaises(XeroUnreadable):
            self.client.get('Organisation').first('Organisations', 'Name')
        self.assertEqual(self.client.get('Organisation').first('Organisations', 'Name'), {'Name': "Maple"})

    def test_the_token_goes_to_xero_alone(self):
        for url in ('http://elsewhere.example/x', f'{self.wire.url}.elsewhere.example/x', self.wire.url.replace('localhost', 'localhost@elsewhere')):
            with self.subTest(url=url), self.assertRaises(ValueError):
                self.client._call('GET', url)
        self.assertFalse(self.wire.asked)

    def test_what_a_gateway_does_not_find_is_not_deleted(self):
        self.wire.answers(self.wire.reply("<html>Not here</html>", 404))
        with self.assertRaises(XeroRefused):
            self.client.delete('CreditNotes/c-1/Allocations/a-1')

    def test_a_list_without_end_ends(self):
        self.wire.answers(*[self.wire.reply({'Contacts': [{}] * 3, 'pagination': {'pageCount': 10 ** 9}})] * 5)
        with patch.object(xero_client, 'PAGES_MOST', 5), self.assertRaises(XeroUnreadable):
            list(self.client.pages('Contacts', 'Contacts', page_size=3))

    def test_broken_lists_of_connections(self):
        for body in ({}, [7], [{'tenantId': 't-1'}], [{'id': 'c-1', 'tenantId': {}}], {'Detail': "no"}):
            with self.subTest(body=body):
                self.wire.answers(self.wire.reply(body))
                with self.assertRaises(XeroUnreadable):
                    self.client.connections()

    def test_pages_end_where_xero_says(self):
        for case, pages, expected in [
            ("clamped page size", [{'Contacts': [1, 2], 'pagination': {'page': 1, 'pageCount': 2}},
                                   {'Contacts': [3], 'pagination': {'page': 2, 'pageCount': 2}}], [1, 2, 3]),
            ("full last page", [{'Contacts': [1, 2, 3], 'pagination': {'page': 1, 'pageCount': 1}}], [1, 2, 3]),
            ("no count, short page", [{'Contacts': [1, 2, 3]}, {'Contacts': [4]}], [1, 2, 3, 4]),
            ("no count, empty page", [{'Contacts': [1, 2, 3]}, {'Contacts': []}], [1, 2, 3]),
            ("nothing", [{'Contacts': [], 'pagination': {'page': 1, 'pageCount': 0}}], []),
        ]:
            with self.subTest(case):
                self.wire.asked.clear()
                self.wire.answers(*(
                    self.wire.reply({**page, 'Contacts': [{'Number': number} for number in page['Contacts']]}) for page in pages))
                found = self.client.pages('Contacts', 'Contacts', {'summaryOnly': 'false'}, page_size=3)
                self.assertEqual([contact['Number'] for contact in found], expected)
                self.assertEqual(
                    [asked.query for asked in self.wire.asked],
                    [{'summaryOnly': 'false', 'page': str(page + 1), 'pageSize': '3'} for page in range(len(pages))],
                )

    def test_pages_with_nothing_new(self):
        self.wire.answers(self.wire.reply(status=304))
        self.assertEqual(list(self.client.pages('Contacts', 'Contacts', modified_since=datetime(2026, 11, 20))), [])

    # === Connections === #

    def test_connections_of_one_consent(self):
        self.wire.answers(self.wire.reply([
            {'id': 'c-1', 'authEventId': 'e-1', 'tenantId': 't-1', 'tenantType': 'ORGANISATION', 'tenantName': "Maple",
             'createdDateUtc': '2019-07-09T23:40:30.1833130', 'updatedDateUtc': '2020-05-15T01:35:13.8491980'},
            {'id': 'c-2', 'authEventId': 'e-1', 'tenantId': 't-2', 'tenantType': 'PRACTICE'},
        ]))
        client = XeroClient(endpoints(self.wire.url), 'fake-token', user_agent='account_xero/19.0')
        self.assertEqual(client.connections('e-1'), [{'id': 'c-1', 'tenant_id': 't-1', 'name': "Maple", 'is_new': False}])
        asked = self.wire.asked[0]
        self.assertEqual((asked.path, asked.query), ('/connections', {'authEventId': 'e-1'}))
        self.assertNotIn('Xero-Tenant-Id', asked.headers)

    def test_no_connections(self):
        self.wire.answers(self.wire.reply([]))
        self.assertEqual(self.client.connections(), [])

    def test_disconnecting_twice_is_fine(self):
        self.wire.answers(self.wire.reply(status=204), self.wire.reply(status=404))
        self.client.delete_connection('c-1')
        self.client.delete_connection('c-1')
        asked = [(asked.method, asked.path) for asked in self.wire.asked]
        self.assertEqual(asked, [('DELETE', '/connections/c-1')] * 2)

    def test_an_organisation_is_no_connection(self):
        self.wire.answers(self.wire.reply({'Detail': 'AuthenticationUnsuccessful'}, 403))
        with self.assertRaises(XeroUnauthorised):
            self.client.delete_connection('t-1')

    # === Deleting === #

    def test_deleting_what_is_gone_is_fine_and_a_lost_answer_is_unknown(self):
        path = 'CreditNotes/c-1/Allocations/a-1'
        self.wire.answers(
            self.wire.reply({'IsDeleted': True}), self.wire.reply(status=404), self.wire.reply(status=500), self.wire.hang_up,
            self.wire.reply({'Title': "Forbidden", 'Detail': "No"}, 403))
        self.assertEqual([self.client.delete(path).status for _time in range(2)], [200, 404])
        for error in (XeroUnknownOutcome, XeroUnknownOutcome, XeroUnauthorised):
            with self.assertRaises(error):
                self.client.delete(path)
        self.assertEqual(
            {(asked.method, asked.path.endswith(path), asked.body) for asked in self.wire.asked}, {('DELETE', True, b'')})

    # === Pace === #

    def test_a_full_minute_stops_the_call_before_it_leaves(self):
        now = time.time()
        client = self._client(self.wire.url, pacer=Pacer([now - 10] * 58))
        with self.assertRaises(XeroThrottled) as raised:
            client.get('Accounts')
        self.assertEqual(raised.exception.problem, 'minute')
        self.assertAlmostEqual(raised.exception.retry_after, 50, delta=2)
        self.assertEqual((client.calls, self.wire.asked), (0, []))

    def test_a_short_wait_is_waited(self):
        pacer = Pacer([time.time()], limit=2, window=0.4)
        client = self._client(self.wire.url, pacer=pacer)
        self.wire.answers(self.wire.reply({}))
        started = time.monotonic()
        client.get('Accounts')
        self.assertGreater(time.monotonic() - started, 0.1)
        self.assertEqual(len(pacer.calls), 2)
