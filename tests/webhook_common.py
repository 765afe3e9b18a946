"""An app with a webhook: requests as Xero sends them, to the real controller."""
import json
import time
import uuid

import requests

from odoo.tests.common import TEST_CURSOR_COOKIE_NAME

from .common import HARBOUR, XeroHttpCase
from .sandbox.sandbox_common import CLIENT_ID
from .unit.tools_webhook_common import signature

KEY = 'fake webhook key as text+/=='


def event(resource=None, **values):
    """Return an event as in a body of Xero's, with a new resource if none is given."""
    resource = resource or str(uuid.uuid4())
    return {
        'resourceUrl': f'https://api.xero.com/api.xro/2.0/Invoices/{resource}', 'resourceId': resource, 'tenantId': HARBOUR,
        'tenantType': 'ORGANISATION', 'eventCategory': 'INVOICE', 'eventType': 'UPDATE', 'eventDateUtc': '2026-11-02T10:00:00.123', **values}


def body_of(*events):
    """Return the bytes of a body with odd spaces, as Xero's are."""
    return f'{{"events":{json.dumps(events)},"firstEventSequence": 1,"lastEventSequence": {len(events)}, "entropy": "ÄX"}}'.encode()


class XerosSender:
    """Lets the sandbox send requests to the server of the tests."""

    def register(self, **values):
        """Register the webhook at the sandbox, with its trial.

        :return: the sandbox's webhook.
        """
        webhook = self.sandbox.webhooks.register(
            CLIENT_ID, **{'url': self.app.webhook_url, 'key': KEY, **values})
        self.at_xero(lambda: self.sandbox.webhooks.try_intent(webhook), webhook)
        return webhook

    def at_xero(self, act, webhook):
        """Let the sandbox send requests.

        :return: what `act` returns.
        """
        self.env.flush_all()
        self.env.cr.clear()
        with self.allow_requests():
            webhook.headers = {'Cookie': f'{TEST_CURSOR_COOKIE_NAME}={self.http_request_key}'}
            result = act()
        self.env.invalidate_all()
        return result


class WebhookCase(XerosSender, XeroHttpCase):
    """A connected organisation, and an app with the key of a webhook."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection = cls.connect()
        cls.app.webhook_key = KEY
        cls.env.flush_all()
        cls.path = cls.app.webhook_url.removeprefix(cls.base_url())

    def post(self, body, key=KEY, path=None, method='POST', **headers):
        """Send a request as Xero does: without a session, and without what a browser sends.

        :return: the answer, whose `seconds` say how long it took.
        """
        self.env.flush_all()
        self.env.cr.clear()
        headers = {'Content-Type': 'application/json; charset=utf-8', 'x-xero-signature': signature(body, key), **headers}
        with self.allow_requests():
            # The cookie of Odoo's tests, without which the server refuses all requests of a test
            cookies = {TEST_CURSOR_COOKIE_NAME: self.http_request_key}
            started = time.perf_counter()
            answer = requests.request(method, self.base_url() + (path or self.path), data=body, headers=headers, cookies=cookies, timeout=20)
            answer.seconds = time.perf_counter() - started
        self.env.invalidate_all()
        return answer

    def assert_answer(self, answer, status=200):
        """Assert that Xero would accept an answer."""
        self.assertEqual((answer.status_code, answer.content), (status, b''))
        self.assertNotIn('Set-Cookie', answer.headers)

    def waiting(self, connection=None):
        """Return the events that wait for a slice."""
        return self.env['xero.webhook.event'].sudo().search([('connection_id', '=', (connection or self.connection).id)])

    def counted(self):
        """Return a dict of what was received: category → number of events."""
        self.env.invalidate_all()
        return dict(self.env['xero.webhook.hour'].sudo()._read_group([('app_id', '=', self.app.id)], ['category'], ['events:sum']))

    def triggers(self, connection=None):
        return self.env['ir.cron.trigger'].sudo().search([('cron_id', '=', (connection or self.connection).sudo().cron_id.id)])
