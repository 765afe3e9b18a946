"""Webhooks: events of what changes, and their delivery with Xero's rules of trial, retry and replay."""
import base64
import secrets
import threading
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from .webhook_sender import Attempt, body_of, judge, send, signature

CATEGORIES = {
    'INVOICE': 'Invoices', 'CREDITNOTE': 'CreditNotes', 'PREPAYMENT': 'Prepayments', 'OVERPAYMENT': 'Overpayments', 'CONTACT': 'Contacts'}
WITH_DATA = ('CREDITNOTE',)     # the only category whose ``data`` is specified
RETRY, GIVEN_UP, KEPT = timedelta(minutes=15), timedelta(hours=24), timedelta(days=31)
INTENT = (True, False, True, False)     # rightly signed or not
ALTERABLE = ('url', 'key', 'categories', 'headers', 'auto', 'size')
LOOPBACK = ('localhost', '127.0.0.1', '::1')


@dataclass
class Webhook:
    """The webhook of an app.

    ``status``: ``new`` and ``failed`` get nothing, ``ok`` gets events, ``disabled`` collects them only. ``size``: most events in one
    request. ``headers``: sent along, for receivers in tests. ``auto``: delivered without a lever.
    """
    client_id: str
    url: str
    categories: list = field(default_factory=lambda: list(CATEGORIES))
    key: str = field(default_factory=lambda: base64.b64encode(secrets.token_bytes(64)).decode())
    headers: dict = field(default_factory=dict)
    auto: bool = False
    size: int = 100
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = 'new'
    events: list = field(default_factory=list)
    sequence: int = 0                   # of the last event
    delivered: int = 0                  # of the last event that was accepted
    failing_since: datetime = None
    next_try: datetime = None
    attempts: deque = field(default_factory=lambda: deque(maxlen=1000))
    lock: object = field(default_factory=threading.RLock, repr=False)

    @property
    def pending(self):
        return [event for event in self.events if event['sequence'] > self.delivered]

    def add(self, event):
        self.sequence += 1
        self.events.append(event | {'sequence': self.sequence})

    def as_dict(self):
        return {
            **{name: getattr(self, name) for name in ('id', 'client_id', 'status', 'sequence', 'delivered', *ALTERABLE)},
            'pending': len(self.pending), 'next_try': self.next_try and self.next_try.isoformat(),
        }


class Webhooks:
    """All webhooks of a sandbox. Events are found by comparing when each row changed last, so that every way to change one counts."""

    def __init__(self, sandbox):
        self._sandbox, self._lock = sandbox, threading.RLock()
        self._seen, self._known = {}, {}
        self._thread = None

    def __iter__(self):
        return iter(list(self._known.values()))

    def get(self, webhook_id):
        return self._known.get(webhook_id)

    def register(self, client_id, **values):
        """:raise ValueError: for an unknown app or option, or a URL that Xero would not take; :return: the ``Webhook``, not yet tried"""
        if client_id not in self._sandbox.apps:
            raise ValueError(f'unknown app: {client_id}')
        _check_options(values)
        _check_url(values['url'])
        self.collect()      # what is there by now makes no event
        webhook = Webhook(client_id, **values)
        self._known[webhook.id] = webhook
        self._run()
        return webhook

    def alter(self, webhook, **values):
        """A new URL or key needs a new trial; :raise ValueError:"""
        _check_options(values)
        _check_url(values.get('url', webhook.url))
        if {'url', 'key'} & set(values):
            webhook.status = 'new'
        for name, value in values.items():
            setattr(webhook, name, value)
        self._run()

    def forget(self, webhook=None):
        """:param webhook: None: all of them"""
        with self._lock:
            self._known = {key: one for key, one in self._known.items() if webhook and one is not webhook}
            if not self._known:
                self._seen = {}

    # -- events -------------------------------------------------------------------------------------------------------

    def collect(self):
        """Make events of what changed since the last time, oldest first, for every webhook that may know of it."""
        with self._lock:
            found = []
            for organisation in self._sandbox.organisations.values():
                with organisation.lock:
                    found += self._changes(organisation)
            if not self._known:
                return
            oldest = self._sandbox.clock.now() - KEPT
            for webhook in self:
                webhook.events = [event for event in webhook.events if event['time'] >= oldest]
            for event in sorted(found, key=lambda event: event['time']):
                self._hand_out(event)

    def _changes(self, organisation):
        for category, endpoint in CATEGORIES.items():
            rows = organisation.contacts if category == 'CONTACT' else organisation.documents[endpoint]
            for row_id, row in rows.items():
                before, changed = self._seen.get(row_id), row['UpdatedDateUTC']
                if before == changed:
                    continue
                self._seen[row_id] = changed
                data = {'Type': row['Type'], 'Status': row['Status']} if category in WITH_DATA else None
                yield event_of(category, 'UPDATE' if before else 'CREATE', organisation.tenant_id, row_id, changed, data)

    def _hand_out(self, event):
        for webhook in self:
            connected = any(
                (one.client_id, one.tenant_id) == (webhook.client_id, event['tenant']) for one in self._sandbox.connections)
            if connected and event['category'] in webhook.categories and webhook.status in ('ok', 'disabled'):
                webhook.add(event)

    # -- sending ------------------------------------------------------------------------------------------------------

    def try_intent(self, webhook):
        """The "intent to receive": empty events, some signed wrongly; the webhook is on only if every answer is right.

        :return: list of ``Attempt``
        """
        with webhook.lock:
            attempts = [self._post(webhook, [], rightly, 'intent') for rightly in INTENT]
            webhook.status = 'ok' if all(attempt.accepted for attempt in attempts) else 'failed'
            webhook.failing_since = webhook.next_try = None
            return attempts

    def deliver(self, webhook, now=False, times=1, wrong_signature=False):
        """Send what waits, in order. What is not accepted is tried once more at once, then every 15 minutes, for 24 hours.

        :param now: do not wait for the time of the next try
        :param times: send each request so often: Xero promises "at least once"
        :param wrong_signature: send what waits with a wrong signature; it goes on waiting
        :return: list of ``Attempt``
        """
        self.collect()
        done = []
        with webhook.lock:
            while webhook.status == 'ok' and (events := webhook.pending[:webhook.size]):
                if webhook.next_try and self._sandbox.clock.now() < webhook.next_try and not now:
                    break
                done.append(self._post(webhook, events, not wrong_signature))
                if wrong_signature:
                    break
                if not done[-1].accepted:
                    done.append(self._post(webhook, events, True))
                if not self._counted(webhook, events, done[-1].accepted):
                    break
                done += [self._post(webhook, events, True) for _again in range(times - 1)]
        return done

    def _counted(self, webhook, events, accepted):
        """Note what became of a delivery; :return: whether to go on"""
        moment = self._sandbox.clock.now()
        if accepted:
            webhook.delivered = events[-1]['sequence']
            webhook.failing_since = webhook.next_try = None
            return True
        webhook.failing_since = webhook.failing_since or moment
        webhook.next_try = moment + RETRY
        if moment - webhook.failing_since >= GIVEN_UP:
            webhook.status = 'disabled'
        return False

    def replay(self, webhook, first=1, last=None):
        """Send events again that were accepted before, as Xero does after a breakdown; :return: list of ``Attempt``"""
        with webhook.lock:
            events = [event for event in webhook.events if first <= event['sequence'] <= (last or webhook.delivered)]
            return [self._post(webhook, events[at:at + webhook.size], True) for at in range(0, len(events), webhook.size)]

    def _post(self, webhook, events, rightly, purpose='events'):
        first, last = (events[0]['sequence'], events[-1]['sequence']) if events else (0, 0)
        body = body_of([told(event) for event in events], first, last)
        key = webhook.key if rightly else f'not {webhook.key}'
        moment = self._sandbox.clock.now()
        answer = send(webhook.url, body, signature(body, key), webhook.headers)
        attempt = Attempt(moment.isoformat(), purpose, rightly, first, last, *answer[:2], judge(*answer, 200 if rightly else 401))
        webhook.attempts.append(attempt)
        return attempt

    # -- without levers -----------------------------------------------------------------------------------------------

    def _run(self):
        """A thread delivers for those with ``auto``; it ends when none is left."""
        with self._lock:
            if any(webhook.auto for webhook in self) and not (self._thread and self._thread.is_alive()):
                self._thread = threading.Thread(target=self._deliver_all, daemon=True)
                self._thread.start()

    def _deliver_all(self):
        pause = threading.Event()
        while any(webhook.auto for webhook in self):
            for webhook in self:
                if webhook.auto:
                    self.deliver(webhook)
            pause.wait(0.2)


def event_of(category, kind, tenant_id, resource_id, time, data=None):
    """:param data: what Xero tells besides, or None"""
    return {'category': category, 'type': kind, 'tenant': tenant_id, 'resource': resource_id, 'time': time, 'data': data}


def told(event):
    """:return: an event as the body shows it; the URL is always that of the real Xero"""
    endpoint = CATEGORIES.get(event['category'], event['category'].title())
    shown = {
        'resourceUrl': f"https://api.xero.com/api.xro/2.0/{endpoint}/{event['resource']}",
        'resourceId': event['resource'],
        'tenantId': event['tenant'],
        'tenantType': 'APPLICATION' if event['category'] == 'SUBSCRIPTION' else 'ORGANISATION',
        'eventCategory': event['category'],
        'eventType': event['type'],
        'eventDateUtc': event['time'].strftime('%Y-%m-%dT%H:%M:%S.%f')[:-3],
    }
    return shown | {'data': event['data']} if event['data'] else shown


def _check_options(values):
    """:raise ValueError: for an unknown one"""
    for name in values.keys() - set(ALTERABLE):
        raise ValueError(f'unknown option: {name}')


def _check_url(url):
    """:raise ValueError: unless it is https on port 443, or on this machine"""
    parts = urlsplit(url)
    if parts.hostname in LOOPBACK and parts.scheme in ('http', 'https'):
        return
    if parts.scheme != 'https' or parts.port not in (None, 443) or not parts.hostname:
        raise ValueError('The delivery URL must be https on port 443.')
