"""Requests of Xero's webhooks, answered by the real controller."""
import statistics

from odoo.tests import tagged

from ..common import HARBOUR, HINTERLAND
from ..webhook_common import KEY, WebhookCase, body_of, event
from .secrets_common import captured_logs

CONTROLLER_LOG = 'odoo.addons.account_xero.models.connection.xero_app_webhook'
INVOICE = '11111111-aaaa-bbbb-cccc-555555555555'


@tagged('post_install', '-at_install')
class TestWebhook(WebhookCase):
    # === 200 or 401, without body and cookie === #

    def test_signed_and_not(self):
        body = body_of(event(INVOICE))
        self.assert_answer(self.post(body))
        self.assert_answer(self.post(body, key='another'), 401)
        self.assert_answer(self.post(body, **{'x-xero-signature': ''}), 401)
        self.assert_answer(self.post(body, **{'x-xero-signature': 'Ünï'.encode()}), 401)
        self.assertEqual(self.waiting().mapped('resource_id'), [INVOICE])

    def test_unknown_app_is_answered_as_a_wrong_signature(self):
        body = body_of(event())
        wrong = self.post(body, key='another')
        volatile = {'Date'}
        for path in ('a' * 32, '1', str(self.app.id), 'x' * 5000, '%00' * 24, '..%2f..%2fetc', 'a/b/c', '', "'%20OR%201=1--" * 2, '%F0%9F%98%80' * 10):
            with self.subTest(path=path[:30]):
                answer = self.post(body, path=f'/xero/webhook/{path}')
                self.assert_answer(answer, 401)
                self.assertEqual({**answer.headers, **dict.fromkeys(volatile)}, {**wrong.headers, **dict.fromkeys(volatile)})
        self.assertFalse(self.counted())

    def test_app_without_key(self):
        other = self.app.copy({'client_id': 'ANOTHER'})
        self.assertTrue(other.webhook_token)
        self.assertNotEqual(other.webhook_token, self.app.webhook_token)
        self.assert_answer(self.post(body_of(event()), path=f'/xero/webhook/{other.webhook_token}'), 401)

    def test_signed_but_no_webhook_request(self):
        """Xero would repeat what is refused, and switch the webhook off."""
        for body in (b'', b'[]', b'{"events": 5}', b'\xff\xfe{', b'[' * 100_000):
            with self.subTest(body=body[:10]), self.assertLogs(CONTROLLER_LOG, 'WARNING') as logs:
                self.assert_answer(self.post(body))
            self.assertNotIn(KEY, str(logs.records[0].__dict__))
        self.assertFalse(self.waiting())
        self.assertEqual(self.counted(), {'OTHER': 5})

    def test_other_content_types(self):
        for content_type in ('application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain', ''):
            with self.subTest(content_type=content_type):
                answer = self.post(body_of(event()), **{'Content-Type': content_type})
                self.assertIn(answer.status_code, (200, 401))
                self.assertNotIn('Set-Cookie', answer.headers)

    def test_pages_of_errors_set_no_cookie(self):
        for status, sent in (
            (413, {'body': b'{"events":[]}' + b' ' * 1_000_000}), (405, {'body': b'', 'method': 'GET'}), (405, {'body': b'', 'method': 'DELETE'}),
        ):
            answer = self.post(**sent)
            self.assertEqual(answer.status_code, status)
            self.assertNotIn('Set-Cookie', answer.headers)
        self.assertFalse(self.counted())

    def test_a_session_is_left_alone(self):
        self.authenticate('xero_admin', 'xero_admin')
        answer = self.post(body_of(event()), Cookie=f'session_id={self.session.sid}')
        self.assertNotIn('Set-Cookie', answer.headers)

    def test_server_with_another_encryption_key(self):
        self.app.sudo().webhook_key_encrypted = '00000000:fake'
        with self.assertLogs(CONTROLLER_LOG, 'WARNING') as logs:
            self.assert_answer(self.post(body_of(event())), 401)
        self.assertIn('another key', logs.output[0])
        self.assertEqual(self.app.webhook_state, 'unreadable')

    def test_time(self):
        """The median of 200 answers. It is some 0.02 s on an idle machine; the bound is generous, because other programs use it too."""
        seconds = sorted(self.post(body_of(*(event() for _number in range(10)))).seconds for _time in range(200))
        self.assertLess(statistics.median(seconds), 0.2)

    def test_the_log_has_no_key(self):
        with captured_logs() as lines:
            self.app.webhook_key = 'fake-secret-webhook-key'
            self.post(body_of(event()), key='fake-secret-webhook-key')
            self.post(body_of(event()), key='wrong')
            self.assertEqual(self.app.webhook_state, 'works')
        text = '\n'.join(lines)
        self.assertIn(f'"POST {self.path} HTTP/1.1" 401', text)
        self.assertNotIn('fake-secret-webhook-key', text)

    # === What is kept of events === #

    def test_kinds_of_events(self):
        categories = ['INVOICE', 'CREDITNOTE', 'PREPAYMENT', 'OVERPAYMENT', 'CONTACT']
        others = [
            event(eventCategory='SUBSCRIPTION', tenantType='APPLICATION'), event(eventCategory='PAYRUN'), event(eventType='DELETE'),
            event(tenantId=HINTERLAND), {}, None]
        self.assert_answer(self.post(body_of(*(event(eventCategory=name, eventType='Create') for name in categories), *others)))
        self.assertEqual(self.waiting().mapped('category'), sorted(categories))
        self.assertEqual(self.counted(), {**dict.fromkeys(categories, 1), 'OTHER': 6})

    def test_often_changed(self):
        """A thousand events for one document are one row, in any order."""
        self.triggers().unlink()
        moments = [f'2026-11-02T10:{minute:02}:00.5' for minute in (5, 59, 7)]
        for _time in range(3):
            self.post(body_of(*(event(INVOICE, eventDateUtc=moment) for moment in moments for _again in range(100))))
        [row] = self.waiting()
        self.assertEqual((row.events, row.event_at.minute), (900, 59))
        self.assertEqual(len(self.triggers()), 1, "a known row triggers nothing")
        self.post(body_of(event(INVOICE, eventDateUtc=None)))
        self.assertFalse(self.waiting().event_at, "a change at an unknown time is not older than another")

    def test_flood(self):
        """10,000 events are few rows, and then mean: read everything that changed."""
        for _time in range(100):
            self.assert_answer(self.post(body_of(*(event() for _number in range(100)))))
        rows = self.waiting()
        self.assertLessEqual(len(rows), 1100)
        self.assertIn('', rows.mapped('resource_id'))
        self.assertEqual((sum(rows.mapped('events')), self.counted()), (10_000, {'INVOICE': 10_000}))

    def test_many_in_a_request(self):
        self.assert_answer(self.post(body_of(*(event() for _number in range(1000)))))
        self.assertRecordValues(self.waiting(), [{'category': 'INVOICE', 'resource_id': '', 'events': 1000, 'event_at': False}])

    def test_connections_that_do_not_listen(self):
        for values in ({'active': False}, {'status': 'disconnected'}, {'status': 'draft'}, {'app_id': self.app.copy({'client_id': 'ANOTHER'}).id}):
            before = {name: self.connection[name] for name in values}
            with self.subTest(values=values):
                self.env['res.company'].search([]).xero_connection_id = False
                if 'app_id' in values:
                    self.connection.authorization_id = False
                self.connection.write(values)
                self.assert_answer(self.post(body_of(event())))
                self.assertFalse(self.waiting())
                self.connection.write({name: value.id if name == 'app_id' else value for name, value in before.items()})
        self.assertEqual(self.counted(), {'OTHER': 4})

    def test_paused_connection_keeps_events(self):
        self.connection._set_status('paused', "this database is a copy")
        self.triggers().unlink()
        self.assert_answer(self.post(body_of(event(INVOICE))))
        self.assertFalse(self.triggers())
        self.run_slice(self.connection)
        self.assertEqual(self.waiting().resource_id, INVOICE)

    def test_organisations_of_one_request(self):
        other = self.connect(name="Hinterland", tenant=HINTERLAND)
        self.post(body_of(event(), event(tenantId=HINTERLAND), event(tenantId='11111111-2222-3333-4444-555555555555')))
        self.assertEqual((len(self.waiting()), len(self.waiting(other)), self.counted()['OTHER']), (1, 1, 1))

    def test_cleanup(self):
        self.post(body_of(event(INVOICE), event(eventCategory='CONTACT')))
        self.post(body_of())
        self.env.cr.execute("UPDATE xero_webhook_event SET received_at = received_at - interval '40 days' WHERE category = 'CONTACT'")
        self.env.cr.execute("UPDATE xero_webhook_hour SET hour = hour - interval '3 days'")
        self.post(body_of(event(INVOICE)))
        self.env['xero.webhook.event']._gc_events()
        self.env['xero.webhook.hour']._gc_hours()
        self.env.invalidate_all()
        self.assertEqual(self.waiting().resource_id, INVOICE)
        self.assertEqual(self.counted(), {'INVOICE': 1, 'CONTACT': 1, 'TRIAL': 1}, "the last hour of each kind stays")

    def test_the_connection_is_deleted(self):
        self.post(body_of(event()))
        self.env['res.company'].search([]).xero_connection_id = False
        connection_id = self.connection.id
        self.connection.unlink()
        self.assertFalse(self.env['xero.webhook.event'].search_count([('connection_id', '=', connection_id)]))

    # === The sandbox's sender of webhooks, which judges the answers as Xero does === #

    def pay(self, number=1):
        """Let a person at Xero make documents."""
        for _document in range(number):
            self.server.in_xero(HARBOUR, 'PUT', '/Invoices', {
                'Type': 'ACCREC', 'Contact': {'Name': "Somebody"}, 'Date': '2026-11-02', 'DueDate': '2026-11-02', 'Status': 'AUTHORISED',
                'LineItems': [{'Description': "Work", 'Quantity': 1, 'UnitAmount': 10, 'AccountCode': '200'}]})

    def deliver(self, webhook, **order):
        return self.at_xero(lambda: self.sandbox.webhooks.deliver(webhook, **order), webhook)

    def test_intent_to_receive(self):
        self.assertEqual(self.app.webhook_state, 'waiting')
        webhook = self.register()
        self.assertEqual((webhook.status, [attempt.reasons for attempt in webhook.attempts]), ('ok', [[]] * 4))
        self.assertEqual(self.counted(), {'TRIAL': 2})
        self.assertEqual((self.app.webhook_state, self.app.webhook_last_event, self.app.webhook_event_count), ('works', False, 0))

    def test_wrong_key_fails_the_trial(self):
        webhook = self.register(key='another')
        self.assertEqual(webhook.status, 'failed')
        self.assertEqual(self.app.webhook_state, 'waiting')

    def test_deliveries(self):
        webhook = self.register(size=2)
        self.pay(3)
        self.assertTrue(all(attempt.accepted for attempt in self.deliver(webhook, times=2)))
        self.assertFalse(webhook.pending)
        self.assertEqual(len(self.waiting().filtered(lambda row: row.category == 'INVOICE')), 3)
        self.assertEqual(self.app.webhook_event_count, 2 * webhook.sequence)
        for attempt in self.at_xero(lambda: self.sandbox.webhooks.replay(webhook), webhook):
            self.assertTrue(attempt.accepted)
        self.assertEqual(len(self.waiting().filtered(lambda row: row.category == 'INVOICE')), 3, "a replay adds no row")

    def test_wrong_signature_and_the_repetition(self):
        webhook = self.register()
        self.pay()
        [refused] = self.deliver(webhook, wrong_signature=True)
        self.assertTrue(refused.accepted, "401 is the right answer")
        self.assertFalse(self.waiting())
        self.deliver(webhook)
        self.assertTrue(self.waiting())

    def test_replaced_key(self):
        """Until the new key is entered, requests are refused, and Xero sends them again."""
        webhook = self.register()
        self.pay()
        self.sandbox.webhooks.alter(webhook, key='fake new key')
        webhook.status = 'ok'
        self.assertFalse(self.deliver(webhook)[-1].accepted)
        self.assertFalse(self.waiting())
        self.app.with_user(self.admin).webhook_key = ' fake new key\n'
        self.env.cr.execute("UPDATE xero_webhook_hour SET last_at = last_at - interval '1 hour'")
        self.env.invalidate_all()
        self.assertEqual(self.app.webhook_state, 'waiting')
        self.assertTrue(self.deliver(webhook, now=True)[-1].accepted)
        self.assertTrue(self.waiting())
        self.assertEqual(self.app.webhook_state, 'works')

    def test_webhook_of_another_app(self):
        """Another database that uses the same organisation has an app of its own, whose key is not ours."""
        self.sandbox.register_app({'client_id': 'ELSEWHERE', 'redirect_uris': [self.app.redirect_uri]})
        elsewhere = self.sandbox.webhooks.register('ELSEWHERE', url=self.base_url() + self.path, key='fake key of another app')
        self.at_xero(lambda: self.sandbox.webhooks.try_intent(elsewhere), elsewhere)
        self.assertEqual((elsewhere.status, self.counted()), ('failed', {}))
