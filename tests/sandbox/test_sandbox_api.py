import json
import threading
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from .sandbox_common import HARBOUR, HINTERLAND, LAKESIDE, SandboxCase

ZERO_ID = '00000000-0000-0000-0000-000000000000'


@tagged('post_install', '-at_install')
class TestDoor(SandboxCase):
    """Authorisation of calls, and how calls are refused."""

    def test_authentication(self):
        self.log_in()
        cases = [
            ({'Authorization': 'Bearer nonsense'}, 401, 'AuthenticationUnsuccessful'),
            ({'Xero-Tenant-Id': ''}, 401, 'AuthenticationUnsuccessful'),
            ({'Xero-Tenant-Id': LAKESIDE}, 403, 'AuthenticationUnsuccessful'),
        ]
        for headers, status, detail in cases:
            with self.subTest(headers=headers):
                answer = self.api('GET', '/Organisation', headers=headers)
                self.assertEqual((answer.status_code, answer.json['Status'], answer.json['Detail']), (status, status, detail))
        self.sandbox.clock.advance(31 * 60)
        self.assertRegex(self.api('GET', '/Organisation').json['Detail'], r'^TokenExpired: token expired at \d\d/\d\d/\d{4} ')

    def test_lower_case_problems(self):
        self.client.post('/sandbox/settings', json={'lower_case_problems': True})
        self.assertEqual(self.api('GET', '/Organisation', headers={'Xero-Tenant-Id': LAKESIDE}).json['detail'], 'AuthenticationUnsuccessful')

    def test_scope_per_endpoint(self):
        self.log_in(scope='openid offline_access accounting.invoices.read accounting.settings.read')
        self.get('/Invoices')
        self.get('/Accounts')
        for method, path in (('PUT', '/Invoices'), ('GET', '/Contacts'), ('PUT', '/CreditNotes')):
            answer = self.api(method, path, {} if method == 'PUT' else None)
            self.assertEqual((answer.status_code, answer.json['Detail']), (401, 'AuthorizationUnsuccessful'), path)

    def test_unknown_paths(self):
        self.assertEqual(self.api('GET', '/Journals').json['ErrorNumber'], 20)
        self.assert_saved(self.invoice('A/1'))
        for path in ('/Invoices/nothing', '/Invoices/A/1', '/Invoices/A%2F1', f'/Contacts/{ZERO_ID}'):
            answer = self.api('GET', path)
            self.assertEqual((answer.status_code, answer.mimetype), (404, 'text/html'))
            self.assertEqual(answer.text, "The resource you're looking for cannot be found")

    def test_xml_unless_json_is_asked_for(self):
        for accept in ('', '*/*', 'application/xml'):
            answer = self.api('GET', '/Currencies', headers={'Accept': accept})
            self.assertEqual(answer.mimetype, 'text/xml')
            self.assertIn('<Currencies><Currency><Code>AUD</Code>', answer.text)

    def test_too_large(self):
        self.assertEqual(self.api('PUT', '/Invoices', b' ' * (10 * 1024 * 1024 + 1)).status_code, 413)


@tagged('post_install', '-at_install')
class TestLimits(SandboxCase):

    def test_headers_and_minute(self):
        answer = self.api('GET', '/Currencies')
        self.assertEqual([answer.headers[name] for name in (
            'X-MinLimit-Remaining', 'X-DayLimit-Remaining', 'X-AppMinLimit-Remaining')], ['59', '999', '9999'])
        self.assertTrue(answer.headers['Xero-Correlation-Id'])
        for _call in range(59):
            self.get('/Currencies')
        refused = self.api('GET', '/Currencies')
        self.assertEqual((refused.status_code, refused.headers['X-Rate-Limit-Problem']), (429, 'minute'))
        self.assertIn(int(refused.headers['Retry-After']), range(1, 61))
        self.tenant = HINTERLAND
        self.get('/Currencies')
        self.tenant = HARBOUR
        self.sandbox.clock.advance(60)
        self.get('/Currencies')

    def test_day(self):
        self.log_in()
        self.client.post('/sandbox/limits', json={'use': {
            'client_id': 'DEMOAPP0000000000000000000000001', 'tenant': HARBOUR, 'calls': 1000}})
        refused = self.api('GET', '/Currencies')
        self.assertEqual(refused.headers['X-Rate-Limit-Problem'], 'day')
        self.assertGreater(int(refused.headers['Retry-After']), 80_000)
        self.client.post('/sandbox/limits', json={'enabled': False})
        self.get('/Currencies')

    def test_concurrent(self):
        self.log_in()
        app = self.sandbox.apps['DEMOAPP0000000000000000000000001']
        for _call in range(5):
            self.assertIsNone(self.sandbox.limits.enter(app, HARBOUR))
        refused = self.api('GET', '/Currencies')
        self.assertEqual((refused.status_code, refused.headers['X-Rate-Limit-Problem']), (429, 'concurrent'))
        self.assertNotIn('Retry-After', refused.headers)
        self.sandbox.limits.leave(app, HARBOUR)
        self.get('/Currencies')


@tagged('post_install', '-at_install')
class TestIdempotency(SandboxCase):

    def put_once(self, key, *invoices, **query):
        return self.api('PUT', '/Invoices', {'Invoices': list(invoices)}, {'Idempotency-Key': key}, **query)

    def test_replay(self):
        first = self.put_once('one', self.invoice())
        second = self.put_once('one', self.invoice())
        self.assertEqual((first.status_code, first.data), (200, second.data))
        self.assertEqual(second.headers['X-MinLimit-Remaining'], '58', "a replay counts")
        self.assertEqual(len(self.get('/Invoices')['Invoices']), 1)

    def test_errors_are_replayed_too(self):
        self.put_once('one', self.invoice('A', Status='DRAFT'))
        refused = self.put_once('two', self.invoice('A'))
        self.assertEqual(refused.status_code, 400)
        self.assertEqual(self.put_once('two', self.invoice('A')).data, refused.data)

    def test_another_request_under_the_same_key(self):
        self.put_once('one', self.invoice())
        answer = self.put_once('one', self.invoice(), unitdp='4')
        self.assertEqual((answer.status_code, answer.json['Message']), (
            400, 'Idempotency Key: one is used with a different request.'))

    def test_forgotten_after_six_minutes(self):
        self.put_once('one', self.invoice(''))
        self.sandbox.clock.advance(6 * 60 + 1)
        self.put_once('one', self.invoice(''))
        self.assertEqual(len(self.get('/Invoices')['Invoices']), 2)

    def test_longest_key(self):
        self.assertEqual(self.put_once('k' * 128, self.invoice()).status_code, 200)
        self.assertEqual(self.put_once('k' * 129, self.invoice('B')).status_code, 400)

    def test_limits_come_first(self):
        self.put_once('one', self.invoice())
        self.client.post('/sandbox/limits', json={'minute': 1})
        self.assertEqual(self.put_once('one', self.invoice()).status_code, 429)


@tagged('post_install', '-at_install')
class TestBatch(SandboxCase):

    def test_each_element_told(self):
        good, bad, draft = self.put('Invoices', self.invoice('A'), self.invoice('A'), self.invoice('B', Status='DRAFT'))
        self.assertEqual([row['StatusAttributeString'] for row in (good, bad, draft)], ['OK', 'ERROR', 'OK'])
        self.assertEqual((bad['InvoiceID'], bad['HasErrors']), (ZERO_ID, True))
        self.assertEqual(self.messages(bad), ['Invoice # must be unique.'])
        self.assertNotEqual(good['InvoiceID'], ZERO_ID)
        self.assertFalse(good['HasErrors'])

    def test_default_mode_tells_only_failures_and_saves_the_rest(self):
        answer = self.api('PUT', '/Invoices', {'Invoices': [self.invoice('A'), self.invoice('A'), self.invoice('B')]})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual((answer.json['ErrorNumber'], answer.json['Type']), (10, 'ValidationException'))
        self.assertEqual([row['InvoiceNumber'] for row in answer.json['Elements']], ['A'])
        self.assertEqual({row['InvoiceNumber'] for row in self.get('/Invoices')['Invoices']}, {'A', 'B'})

    def test_contacts_have_their_own_flag(self):
        _good, bad = self.put('Contacts', {'Name': 'Acme'}, {'Name': 'acme'})
        self.assertIs(bad['HasValidationErrors'], True)
        self.assertNotIn('HasErrors', bad)

    def test_unreadable_bodies_fail_whole(self):
        cases = [
            (b'{"Invoices": [', 'JSON request body could not be read'),
            ({'Invoices': [self.invoice('A'), self.invoice('B', LineAmountTypes='NO_TAX')]},
             "Error converting value \"NO_TAX\" to type 'Xero.API.Library..LineAmountType'. Path 'Invoices[1].LineAmountTypes'."),
            ({'Invoices': [self.invoice('A'), self.invoice('B', Contact={'ContactID': 'x'})]}, 'Unrecognized Guid format.'),
            ({'Invoices': [self.invoice('A', Date='01/10/2026')]}, "The string '01/10/2026' is not a valid AllXsd value."),
            ({'Invoices': [self.invoice('A', LineItems=[self.line(UnitAmount='a lot')])]}, 'Could not convert string to decimal'),
        ]
        for body, message in cases:
            with self.subTest(message=message):
                answer = self.api('PUT', '/Invoices', body, summarizeErrors='false')
                self.assertEqual((answer.status_code, answer.json['ErrorNumber']), (400, 14))
                self.assertIn(message, answer.json['Message'])
                self.assertNotIn('Elements', answer.json)
        self.assertEqual(self.get('/Invoices')['Invoices'], [])

    def test_wrong_structure_is_a_500(self):
        answer = self.api('PUT', '/Invoices', self.invoice(LineItems=[self.line(Tracking={'Name': 'Region', 'Option': 'North'})]))
        self.assertEqual((answer.status_code, answer.json['Title']), (500, 'An error occurred'))

    def test_strict_lever(self):
        unknown = self.invoice(Colour='blue')
        self.assert_saved(unknown)
        self.client.post('/sandbox/settings', json={'strict': True})
        answer = self.api('PUT', '/Invoices', {'Invoices': [self.invoice('B', Colour='blue')]})
        self.assertIn("unknown member 'Colour'", answer.json['Message'])

    def test_long_errors_are_cut_at_a_megabyte(self):
        wide = self.invoice('', Type='ACCPAY', LineItems=[self.line(AccountCode='999', Description='x' * 4000)] * 300)
        answer = self.api('PUT', '/Invoices', {'Invoices': [wide]})
        self.assertEqual((answer.status_code, len(answer.data)), (400, 1024 * 1024))

    def test_xml_body(self):
        answer = self.api('PUT', '/Invoices', b'''<Invoices><Invoice><Type>ACCREC</Type><InvoiceNumber>X1</InvoiceNumber>
            <Contact><Name>Ridgeline Cafe</Name></Contact><Date>2026-10-01T00:00:00</Date><DueDate>2026-10-31</DueDate>
            <LineItems><LineItem><Description>Beans</Description><Quantity>2</Quantity><UnitAmount>5.00</UnitAmount>
            <AccountCode>200</AccountCode><Tracking><TrackingCategory><Name>Region</Name><Option>North</Option></TrackingCategory>
            </Tracking></LineItem></LineItems></Invoice></Invoices>''', {'Content-Type': 'application/xml'})
        invoice = answer.json['Invoices'][0]
        self.assertEqual((invoice['Total'], invoice['DateString']), (11.0, '2026-10-01T00:00:00'))
        self.assertEqual(invoice['LineItems'][0]['Tracking'][0]['Option'], 'North')
        self.assertEqual(self.api('PUT', '/Invoices', b'<Invoices><Inv', {'Content-Type': 'text/xml'}).json['ErrorNumber'], 14)


@tagged('post_install', '-at_install')
class TestReading(SandboxCase):

    def setUp(self):
        super().setUp()
        self.saved = self.put(
            'Invoices', self.invoice('A', Reference='one'), self.invoice('B', Status='DRAFT', Date='2026-09-01'),
            self.invoice('C', Type='ACCPAY', LineItems=[self.line(AccountCode='400', TaxType='INPUT')]))

    def numbers(self, **query):
        return [row['InvoiceNumber'] for row in self.get('/Invoices', **query)['Invoices']]

    def test_lines_only_by_page_or_alone(self):
        self.assertEqual(self.get('/Invoices')['Invoices'][0]['LineItems'], [])
        paged = self.get('/Invoices', page=1, pageSize=2)
        self.assertEqual(paged['pagination'], {'page': 1, 'pageSize': 2, 'pageCount': 2, 'itemCount': 3})
        self.assertEqual([len(row['LineItems']) for row in paged['Invoices']], [1, 1])
        for key in (self.saved[0]['InvoiceID'], 'A'):
            self.assertEqual(len(self.get(f'/Invoices/{key}')['Invoices'][0]['LineItems']), 1)
        self.assertNotIn('LineItems', self.get('/Invoices', summaryOnly='true')['Invoices'][0])

    def test_dates_in_both_forms(self):
        invoice = self.get('/Invoices/A')['Invoices'][0]
        self.assertEqual((invoice['Date'], invoice['DateString']), ('/Date(1790812800000+0000)/', '2026-10-01T00:00:00'))
        self.assertRegex(invoice['UpdatedDateUTC'], r'^/Date\(\d+\+0000\)/$')
        self.assertIn('UpdatedDateUTCString', invoice)

    def test_list_filters(self):
        ids = ','.join(row['InvoiceID'] for row in self.saved[:2])
        self.assertEqual(self.numbers(IDs=ids), ['A', 'B'])
        self.assertEqual(self.numbers(InvoiceNumbers='B,C,Z'), ['B', 'C'])
        self.assertEqual(self.numbers(Statuses='AUTHORISED,PAID'), ['A', 'C'])
        self.assertEqual(self.numbers(ContactIDs=self.saved[0]['Contact']['ContactID'], order='InvoiceNumber DESC'), ['C', 'B', 'A'])
        self.assertEqual(self.numbers(searchTerm='ONE'), ['A'])
        bad = self.api('GET', '/Invoices', IDs='nonsense')
        self.assertEqual((bad.status_code, bad.mimetype), (400, 'text/html'))

    def test_where(self):
        contact = self.saved[0]['Contact']['ContactID']
        self.assertEqual(self.numbers(where='Type=="ACCREC"&&Status!="DRAFT"'), ['A'])
        self.assertEqual(self.numbers(where=f'Contact.ContactID==guid("{contact}") AND Date<DateTime(2026,10,01)'), ['B'])
        self.assertEqual(self.numbers(where='Reference!=null&&Reference=="one"'), ['A'])
        self.assertEqual(self.numbers(where='InvoiceNumber.StartsWith("B") || (AmountDue>=110 && Type=="ACCPAY")'), ['B', 'C'])
        for wrong in ('Reference=="one"', 'Type==', 'Colour("x")', 'Type=="ACCREC"&&', 'InvoiceNumber=="O\'x'):
            answer = self.api('GET', '/Invoices', where=wrong)
            self.assertEqual((answer.status_code, answer.json['Type']), (400, 'QueryParseException'), wrong)

    def test_modified_since_in_whole_seconds(self):
        self.sandbox.clock.advance(120)
        moment = self.sandbox.clock.now()
        self.sandbox.clock.advance(0.2)
        self.put('Invoices', self.invoice('D'))

        def since(text):
            answer = self.api('GET', '/Invoices', headers={'If-Modified-Since': text})
            return [row['InvoiceNumber'] for row in answer.json['Invoices']]

        self.assertEqual(since(f'{moment:%Y-%m-%dT%H:%M:%S}'), ['D'])
        self.assertEqual(since(f'{moment:%a, %d %b %Y %H:%M:%S GMT}'), ['D'])
        self.assertEqual(since(f'{moment + timedelta(seconds=60):%Y-%m-%dT%H:%M:%S}'), [])
        self.assertEqual(len(since('yesterday')), 4, "a wrong format is not heeded")

    def test_created_by_my_app(self):
        self.assertEqual(self.numbers(createdByMyApp='true'), ['A', 'B', 'C'])
        next(iter(self.sandbox.organisations[HARBOUR].documents['Invoices'].values()))['_app'] = 'another'
        self.assertEqual(self.numbers(createdByMyApp='true'), ['B', 'C'])

    def test_settings(self):
        organisation = self.get('/Organisation')['Organisations'][0]
        self.assertEqual((organisation['BaseCurrency'], organisation['ShortCode']), ('AUD', '!Hb7x2'))
        self.assertNotIn('PeriodLockDate', organisation)
        self.tenant = HINTERLAND
        self.assertIn('PeriodLockDate', self.get('/Organisation')['Organisations'][0])
        accounts = {row['Code']: row for row in self.get('/Accounts')['Accounts']}
        self.assertEqual(accounts['420']['Status'], 'ARCHIVED')
        self.assertEqual((accounts['610']['SystemAccount'], accounts['860']['SystemAccount']), ('DEBTORS', 'ROUNDING'))
        self.assertEqual(len(self.get('/Accounts', where='Type=="BANK"')['Accounts']), 2)
        rates = {row['TaxType']: row for row in self.get('/TaxRates')['TaxRates']}
        self.assertEqual((rates['OUTPUT']['EffectiveRate'], rates['OUTPUT']['CanApplyToExpenses']), (10.0, False))
        self.assertEqual(len(self.get('/TrackingCategories')['TrackingCategories']), 2)
        self.assertNotIn('EUR', [row['Code'] for row in self.get('/Currencies')['Currencies']])
        self.assertIn({'Name': 'CreateApprovedInvoice', 'Status': 'ALLOWED'}, self.get('/Organisation/Actions')['Actions'])


@tagged('post_install', '-at_install')
class TestLevers(SandboxCase):

    def test_request_log_without_secrets(self):
        self.put('Invoices', self.invoice())
        row = self.client.get('/sandbox/requests', query_string={'method': 'PUT', 'path': '/Invoices'}).json[0]
        self.assertEqual((row['status'], row['tenant'], row['query']), (200, HARBOUR, 'summarizeErrors=false'))
        self.assertEqual(json.loads(row['body'])['Invoices'][0]['InvoiceNumber'], 'INV/2026/0001')
        log = self.client.get('/sandbox/requests').text
        for secret in (self.token['access_token'], self.token['refresh_token'], 'fake-secret', 'code='):
            self.assertNotIn(secret, log)
        self.client.delete('/sandbox/requests')
        self.assertEqual(self.client.get('/sandbox/requests').json, [])

    def test_faults(self):
        self.log_in()
        for kind, status in (('500_before', 500), ('500_after', 500), ('503', 503), ('429_minute', 429), ('status', 502)):
            self.client.post('/sandbox/faults', json={'kind': kind, 'method': 'PUT', 'path': '/Invoices'})
            answer = self.api('PUT', '/Invoices', self.invoice(kind))
            self.assertEqual(answer.status_code, status, kind)
        self.assertEqual([row['InvoiceNumber'] for row in self.get('/Invoices')['Invoices']], ['500_after'])
        self.assertEqual(self.client.post('/sandbox/faults', json={'kind': 'nonsense'}).status_code, 400)
        self.client.post('/sandbox/faults', json={'kind': '500_before', 'path': '/connect/token'})
        self.exchange(500, grant_type='refresh_token', refresh_token=self.token['refresh_token'])

    def test_skip_and_times(self):
        self.log_in()
        self.sandbox.faults.order(kind='503', path='/Currencies', skip=1, times=2)
        self.assertEqual([self.api('GET', '/Currencies').status_code for _call in range(4)], [200, 503, 503, 200])

    def test_a_saved_500_is_sticky_on_demand(self):
        def send(number):
            return self.api('PUT', '/Invoices', self.invoice(number), {'Idempotency-Key': number}).status_code

        self.log_in()
        self.sandbox.faults.order(kind='500_after', method='PUT')
        self.assertEqual([send('A'), send('A')], [500, 200])
        self.sandbox.faults.order(kind='500_after', method='PUT', sticky=True)
        self.assertEqual([send('B'), send('B')], [500, 500])
        self.assertEqual(len(self.get('/Invoices')['Invoices']), 2)

    def test_rights_and_settings(self):
        self.client.post('/sandbox/users/finance@example.com', json={'rights': []})
        self.assertIn(
            {'Name': 'CreateApprovedInvoice', 'Status': 'NOT-ALLOWED'}, self.get('/Organisation/Actions')['Actions'])
        self.assert_refused(self.invoice(), 'The User specified does not have the correct permissions to perform this action')
        self.client.post('/sandbox/reset')
        self.token = None
        self.assert_saved(self.invoice())
        self.assertEqual(self.client.post('/sandbox/settings', json={'nonsense': 1}).status_code, 400)

    def test_latency_is_outside_the_lock(self):
        self.log_in()
        self.client.post('/sandbox/settings', json={'latency': 0.2})
        barrier = threading.Barrier(3, timeout=5)
        with patch('time.sleep', lambda _seconds: barrier.wait()):   # passes only if three wait at once
            threads = [threading.Thread(target=self.api, args=('GET', '/Currencies')) for _call in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(10)
        self.assertFalse(barrier.broken)

    def test_pages(self):
        invoice = self.assert_saved(self.invoice())
        self.assertIn('Harbour Site AU', self.client.get('/').text)
        self.assertIn('INV/2026/0001', self.client.get('/organisation/!Hb7x2').text)
        links = [
            f"/app/!Hb7x2/invoicing/view/{invoice['InvoiceID']}",
            f"/organisationlogin/default.aspx?shortcode=!Hb7x2&redirecturl=/AccountsPayable/Edit.aspx?InvoiceID={invoice['InvoiceID']}",
            f"/app/!Hb7x2/contacts/contact/{invoice['Contact']['ContactID']}",
        ]
        for link in links:
            page = self.client.get(link, follow_redirects=True)
            self.assertEqual(page.status_code, 200, link)
            self.assertIn('Ridgeline Cafe', page.text)
        self.assertEqual(self.client.get(f'/app/!Hb7x2/invoicing/view/{ZERO_ID}').status_code, 404)

    def test_back_to_a_state(self):
        self.put('Invoices', self.invoice('INV/1'))
        state = self.sandbox.copy_of_state()
        for number in ('INV/2', 'INV/3'):
            with self.subTest(number=number):
                self.put('Invoices', self.invoice(number))
                self.sandbox.organisations[HARBOUR].contacts.clear()
                self.sandbox.reset(state)
                self.assertEqual([invoice['InvoiceNumber'] for invoice in self.get('/Invoices')['Invoices']], ['INV/1'])
                self.assertEqual(len(self.sandbox.organisations[HARBOUR].contacts), 1)
