import json
import time
from unittest.mock import patch

from openapi_schema_validator import OAS31Validator

from odoo.addons.account_xero.sandbox import webhook_sender
from odoo.tests import tagged

from .sandbox_common import BANK_SCOPE, CLIENT_ID, HARBOUR, HINTERLAND, NORTHGATE, SandboxCase
from .test_sandbox_openapi import SPECIFICATION, URI, schemas
from .webhook_common import Receiver


class WebhookCase(SandboxCase):

    def setUp(self):
        super().setUp()
        self.log_in(scope=BANK_SCOPE)
        self.receiver = Receiver()
        self.addCleanup(self.receiver.stop)

    def lever(self, path='', status=200, method='POST', **order):
        answer = self.client.open(f'/sandbox/webhooks{path}', method=method, json=order or None)
        self.assertEqual(answer.status_code, status, answer.text)
        return answer.json

    def register(self, **values):
        """:return: id of a webhook that is on"""
        made = self.lever(**{'client_id': CLIENT_ID, 'url': self.receiver.url, 'key': self.receiver.key} | values)
        self.assertEqual(self.lever(f"/{made['id']}/intent")['status'], 'ok')
        self.receiver.received.clear()
        return made['id']

    def shown(self, webhook):
        return self.lever(f'/{webhook}', method='GET')

    def deliver(self, webhook, **order):
        return self.lever(f'/{webhook}/deliver', **order)

    def bodies(self):
        return [json.loads(body) for _headers, body, _status in self.receiver.received]

    def events(self):
        """:return: (category, type, resource id) of everything received"""
        return [(event['eventCategory'], event['eventType'], event['resourceId']) for body in self.bodies() for event in body['events']]


@tagged('post_install', '-at_install')
class TestIntent(WebhookCase):

    def trial(self, **answer):
        self.receiver.answer = answer
        made = self.lever(client_id=CLIENT_ID, url=self.receiver.url, key=self.receiver.key)
        tried = self.lever(f"/{made['id']}/intent")
        self.assertEqual(self.shown(made['id'])['status'], tried['status'])
        return tried

    def test_right_and_wrong_signatures(self):
        tried = self.trial()
        self.assertEqual(tried['status'], 'ok')
        self.assertEqual([status for _headers, _body, status in self.receiver.received], [200, 401, 200, 401])
        self.assertEqual([attempt['signed'] for attempt in tried['attempts']], [True, False, True, False])
        for body in self.bodies():
            self.assertEqual((body['events'], body['firstEventSequence'], body['lastEventSequence']), ([], 0, 0))
            self.assertRegex(body['entropy'], r'^[A-Z]{20}$')
        self.assertEqual(len({body['entropy'] for body in self.bodies()}), 4)

    def test_what_fails(self):
        for answer, reason in (
            ({'status': 200}, 'status 200 instead of 401'), ({'status': 401}, 'status 401 instead of 200'),
            ({'status': 303}, 'status 303 instead of 200'), ({'body': b'ok'}, 'the answer has a body'),
            ({'cookie': 'session_id=1'}, 'the answer sets a cookie'),
        ):
            with self.subTest(answer=answer):
                tried = self.trial(**answer)
                self.assertEqual(tried['status'], 'failed')
                self.assertIn(reason, [reason for attempt in tried['attempts'] for reason in attempt['reasons']])

    def test_too_slow_and_not_there(self):
        with patch.object(webhook_sender, 'LONGEST_ANSWER', 0.1):
            self.assertIn('no answer within 0.1 seconds', self.trial(seconds=0.3)['attempts'][0]['reasons'])
        made = self.lever(client_id=CLIENT_ID, url='http://localhost:1/hook')
        self.assertEqual(self.lever(f"/{made['id']}/intent")['attempts'][0]['reasons'], ['no answer'])

    def test_off_until_tried(self):
        made = self.lever(client_id=CLIENT_ID, url=self.receiver.url, key=self.receiver.key)
        self.assert_saved(self.invoice())
        self.assertEqual(self.deliver(made['id']), [])
        self.assertEqual(self.receiver.received, [])

    def test_urls_and_options(self):
        for url in ('http://example.com/hook', 'https://example.com:8443/hook', 'nonsense'):
            self.assertIn('https', self.lever(status=400, client_id=CLIENT_ID, url=url)['error'])
        self.assertEqual(self.lever(client_id=CLIENT_ID, url='https://example.com/hook')['status'], 'new')
        self.lever(status=400, client_id=CLIENT_ID, url='https://example.com/hook', nonsense=1)
        self.lever(status=400, client_id='NOBODY', url='https://example.com/hook')
        self.lever('/none', status=404, method='GET')
        webhook = self.register()
        self.assertEqual(self.lever(f'/{webhook}', key='another')['status'], 'new', "a new key needs a new trial")
        self.lever(f'/{webhook}', status=204, method='DELETE')
        self.assertEqual(len(self.lever(method='GET')), 1)


@tagged('post_install', '-at_install')
class TestEvents(WebhookCase):

    def test_what_makes_events(self):
        webhook = self.register()
        invoice = self.assert_saved(self.invoice())
        self.assertEqual(len(self.deliver(webhook)), 1)
        made = self.events()
        self.assertEqual(made, [('INVOICE', 'CREATE', invoice['InvoiceID']), ('CONTACT', 'CREATE', invoice['Contact']['ContactID'])])
        self.receiver.received.clear()
        credit = self.assert_saved(self.invoice(Type='ACCRECCREDIT', InvoiceNumber=None), 'CreditNotes')
        self.put('Payments', {'Invoice': {'InvoiceID': invoice['InvoiceID']}, 'Account': {'Code': '090'}, 'Amount': 10})
        for kind in ('OVERPAYMENT', 'PREPAYMENT'):
            line = {'Description': 'Twice', 'LineAmount': 5} if kind == 'OVERPAYMENT' else self.line()
            self.put('BankTransactions', {
                'Type': f'RECEIVE-{kind}', 'Contact': {'Name': 'Ridgeline Cafe'}, 'BankAccount': {'Code': '090'}, 'LineItems': [line]})
        self.in_xero('POST', f"/Invoices/{invoice['InvoiceID']}", {'Reference': 'changed'})
        self.client.post(f"/sandbox/organisations/{HARBOUR}/contacts/{invoice['Contact']['ContactID']}", json={'FirstName': 'Jo'})
        self.deliver(webhook)
        self.assertEqual([event[:2] for event in self.events()], [
            ('CREDITNOTE', 'CREATE'), ('INVOICE', 'UPDATE'), ('OVERPAYMENT', 'CREATE'), ('PREPAYMENT', 'CREATE'), ('INVOICE', 'UPDATE'),
            ('CONTACT', 'UPDATE')], "a payment is an update of its invoice")
        body = self.bodies()[0]
        self.assertEqual((body['firstEventSequence'], body['lastEventSequence']), (3, 8))
        self.assertEqual(body['events'][0]['data'], {'Type': 'ACCRECCREDIT', 'Status': 'AUTHORISED'})
        self.assertEqual(body['events'][0]['resourceUrl'], f"https://api.xero.com/api.xro/2.0/CreditNotes/{credit['CreditNoteID']}")
        self.assertNotIn('data', body['events'][1])
        self.assertEqual(self.deliver(webhook), [], "nothing more waits")

    def test_what_was_there_before_makes_none(self):
        self.assert_saved(self.invoice())
        webhook = self.register()
        self.assertEqual(self.deliver(webhook), [])

    def test_categories_and_organisations_of_the_app(self):
        webhook = self.register(categories=['CONTACT'])
        self.assert_saved(self.invoice())
        self.tenant = HINTERLAND
        self.assert_saved({'Name': 'In Hinterland'}, 'Contacts')
        self.client.delete('/sandbox/connections', query_string={'tenant': NORTHGATE})
        self.tenant = NORTHGATE
        self.in_xero('PUT', '/Contacts', {'Name': 'In an organisation that is not connected'})
        self.deliver(webhook)
        self.assertEqual([event['tenantId'] for event in self.bodies()[0]['events']], [HARBOUR, HINTERLAND])
        self.assertEqual({event['eventCategory'] for event in self.bodies()[0]['events']}, {'CONTACT'})

    def test_in_parts(self):
        webhook = self.register(categories=['INVOICE'], size=2)
        self.put('Invoices', *(self.invoice(str(number)) for number in range(5)))
        self.deliver(webhook)
        self.assertEqual([(body['firstEventSequence'], body['lastEventSequence']) for body in self.bodies()], [(1, 2), (3, 4), (5, 5)])

    def test_bodies_fit_the_specification(self):
        if not SPECIFICATION.is_dir():
            self.skipTest("Xero's specification is not beside this repository")
        webhook = self.register()
        self.assert_saved(self.invoice(Type='ACCRECCREDIT', InvoiceNumber=None), 'CreditNotes')
        self.deliver(webhook)
        self.put('BankTransactions', {
            'Type': 'RECEIVE-OVERPAYMENT', 'Contact': {'Name': 'Ridgeline Cafe'}, 'BankAccount': {'Code': '090'},
            'LineItems': [{'Description': 'Twice', 'LineAmount': 5}]})
        self.deliver(webhook)
        registry = schemas('xero-webhooks.yaml')
        validator = OAS31Validator({'$ref': f'{URI}#/components/schemas/WebhookEvent'}, registry=registry)
        mixed, newer = self.bodies()
        self.assertEqual([error.message for error in validator.iter_errors(mixed)], [])
        credit = mixed | {'events': [event for event in mixed['events'] if event['eventCategory'] == 'CREDITNOTE']}
        OAS31Validator({'$ref': f'{URI}#/components/schemas/CreditNoteWebhookEvent'}, registry=registry).validate(credit)
        self.assertTrue(list(validator.iter_errors(newer)), "the copy of the specification is older than the category")
        newer['events'][0]['eventCategory'] = 'INVOICE'
        validator.validate(newer)


@tagged('post_install', '-at_install')
class TestDelivery(WebhookCase):

    def setUp(self):
        super().setUp()
        self.webhook = self.register(categories=['INVOICE'])
        self.made = self.assert_saved(self.invoice())

    def test_signature_over_the_bytes_with_the_key_as_text(self):
        self.deliver(self.webhook)
        headers, body, status = self.receiver.received[0]
        self.assertEqual((status, headers['Content-Type']), (200, 'application/json; charset=utf-8'))
        self.assertEqual(headers['x-xero-signature'], webhook_sender.signature(body, self.receiver.key))
        again = json.dumps(json.loads(body)).encode()
        self.assertNotEqual(webhook_sender.signature(again, self.receiver.key), headers['x-xero-signature'])

    def test_retries(self):
        self.receiver.answer = {'status': 500}
        self.assertEqual([row['reasons'] for row in self.deliver(self.webhook)], [['status 500 instead of 200']] * 2, "again at once")
        self.assertEqual(self.deliver(self.webhook), [], "then not before a quarter of an hour")
        self.assertEqual(len(self.deliver(self.webhook, now=True)), 2)
        self.sandbox.clock.advance(15 * 60 + 1)
        self.receiver.answer = {}
        self.assertEqual([row['accepted'] for row in self.deliver(self.webhook)], [True])
        self.assertEqual(self.shown(self.webhook)['pending'], 0)

    def test_disabled_after_a_day(self):
        self.receiver.answer = {'status': 500}
        self.deliver(self.webhook)
        self.sandbox.clock.advance(86400)
        self.deliver(self.webhook)
        self.assertEqual(self.shown(self.webhook)['status'], 'disabled')
        self.receiver.answer = {}
        self.assertEqual(self.deliver(self.webhook, now=True), [])
        self.log_in(scope=BANK_SCOPE)
        self.assert_saved(self.invoice('B'))
        self.lever(f'/{self.webhook}/intent')
        self.receiver.received.clear()
        self.deliver(self.webhook)
        self.assertEqual(len(self.events()), 2, "what came about meanwhile was kept")

    def test_kept_for_a_month(self):
        self.sandbox.clock.advance(32 * 86400)
        self.assertEqual(self.deliver(self.webhook), [])
        self.log_in(scope=BANK_SCOPE)
        self.assert_saved(self.invoice('B'))
        self.deliver(self.webhook)
        self.assertEqual(self.bodies()[0]['firstEventSequence'], 2, "the first is forgotten, its number is gone")

    def test_wrong_signature_on_demand(self):
        self.assertEqual([row['accepted'] for row in self.deliver(self.webhook, wrong_signature=True)], [True], "401 is the right answer")
        self.assertEqual([status for _headers, _body, status in self.receiver.received], [401])
        self.assertEqual(self.shown(self.webhook)['pending'], 1)

    def test_duplicates_and_replay(self):
        self.deliver(self.webhook, times=3)
        self.assertEqual(self.events(), [('INVOICE', 'CREATE', self.made['InvoiceID'])] * 3)
        self.receiver.received.clear()
        self.assertEqual(len(self.lever(f'/{self.webhook}/replay')), 1)
        self.assertEqual(self.bodies()[0]['lastEventSequence'], 1)
        self.lever(f'/{self.webhook}/deliver', status=400, nonsense=1)

    def test_invented_events(self):
        self.lever(f'/{self.webhook}/events', category='QUOTE', tenant='00000000-0000-0000-0000-000000000001', type='Update')
        self.lever(f'/{self.webhook}/events', category='SUBSCRIPTION')
        self.deliver(self.webhook)
        self.assertEqual([event[:2] for event in self.events()], [('INVOICE', 'CREATE'), ('QUOTE', 'Update'), ('SUBSCRIPTION', 'UPDATE')])
        self.assertEqual(self.bodies()[0]['events'][2]['tenantType'], 'APPLICATION')
        self.assertEqual(len(self.lever(f'/{self.webhook}/events', method='GET')), 3)
        self.assertEqual(len(self.lever(f'/{self.webhook}/attempts', method='GET')), 5)

    def test_headers_of_the_receiver(self):
        self.lever(f'/{self.webhook}', headers={'Cookie': 'test_request_key=1'})
        self.deliver(self.webhook)
        self.assertEqual(self.receiver.received[0][0]['Cookie'], 'test_request_key=1')

    def test_without_levers(self):
        self.lever(f'/{self.webhook}', auto=True)
        self.addCleanup(self.sandbox.webhooks.forget)
        deadline = time.monotonic() + 5
        while not self.receiver.received and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(self.events(), [('INVOICE', 'CREATE', self.made['InvoiceID'])])

    def test_reset_forgets(self):
        self.sandbox.reset()
        self.assertEqual(self.lever(method='GET'), [])
