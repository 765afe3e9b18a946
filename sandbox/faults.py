"""Faults to order: what a network and a busy Xero do to a call, on demand.

A *before* fault happens before the sandbox has looked at the call, an *after* fault when its work is saved.
"""
import json
import socket
import threading
import time
from dataclasses import asdict, dataclass, field

from flask import Response, request

BEFORE = {'500_before', 'drop_before', 'slow_before', '503', 'status', '429_minute', '429_day', '429_concurrent'}
AFTER = {'500_after', 'drop_after', 'slow_after', 'cut', 'malformed', 'altered', 'left_out'}
API = '/api.xro/2.0'
UNAVAILABLE = 'The Xero API is temporarily unavailable'
UNHANDLED = {
    'ErrorNumber': 500,
    'Type': 'UnknownErrorException',
    'Message': 'An unhandled error with the Xero API occurred. Contact the Xero API team if problems persist.',
}


@dataclass
class Fault:
    """One order.

    ``method`` and ``path`` (a prefix, with or without ``/api.xro/2.0``) choose the calls, empty means any; ``skip`` lets that many
    pass first, ``times`` is how many are hit. ``seconds`` is for the slow kinds, ``retry_after`` for 429, ``status`` / ``body`` /
    ``content_type`` for the kind ``status``. ``left_out``: a list lacks its last element. ``text`` hits only calls whose body holds it,
    as a security filter does. ``numbers`` is for the kind ``altered``: number of a document to what the answer says instead, null to
    leave the document out of the answer.
    ``sticky``: what an *after* fault made of the answer is what the Idempotency-Key repeats, too.
    """
    kind: str
    method: str = ''
    path: str = ''
    tenant: str = ''
    times: int = 1
    skip: int = 0
    seconds: float = 0.0
    retry_after: int = 30
    status: int = 502
    body: str = 'Bad Gateway'
    content_type: str = 'text/html'
    sticky: bool = False
    text: str = ''
    numbers: dict = field(default_factory=dict)

    def __post_init__(self):
        if self.kind not in BEFORE | AFTER:
            raise ValueError(f'unknown kind of fault: {self.kind}')

    def matches(self):
        return (
            (not self.method or self.method.upper() == request.method)
            and (request.path.startswith(self.path) or request.path.startswith(API + self.path))
            and (not self.tenant or self.tenant == request.headers.get('Xero-Tenant-Id'))
            and (not self.text or self.text in request.get_data(as_text=True))
        )

    def before(self):
        """:return: the reply instead of the real one, or None to go on"""
        match self.kind:
            case '500_before':
                return _json_reply(UNHANDLED, 500)
            case 'drop_before':
                return _dropped(b'')
            case 'slow_before':
                time.sleep(self.seconds)
            case '503':
                return Response(UNAVAILABLE, 503, content_type='text/plain')
            case 'status':
                return Response(self.body, self.status, content_type=self.content_type)
            case '429_concurrent':
                return Response('', 429, {'X-Rate-Limit-Problem': 'concurrent'})
            case '429_minute' | '429_day':
                return Response('', 429, {'X-Rate-Limit-Problem': self.kind[4:], 'Retry-After': str(self.retry_after)})
        return None

    def after(self, response):
        """:return: what goes out instead of ``response``"""
        match self.kind:
            case '500_after':
                return _json_reply(UNHANDLED, 500)
            case 'drop_after':
                return _dropped(b'')
            case 'slow_after':
                time.sleep(self.seconds)
            case 'cut':
                body = response.get_data()
                return _dropped(body[:len(body) // 2], len(body), response.content_type)
            case 'malformed':
                response.set_data(response.get_data()[:-2] + b',,')
            case 'left_out':
                response.set_data(json.dumps(_without_last(json.loads(response.get_data()))))
            case 'altered':
                response.set_data(self._altered(response.get_data()))
        return response

    def _altered(self, body):
        """:return: the body with other numbers, or without some documents; twice is the same as once"""
        reply = json.loads(body)
        for collection, key in (('Invoices', 'InvoiceNumber'), ('CreditNotes', 'CreditNoteNumber')):
            if collection in reply:
                reply[collection] = [
                    {**element, key: self.numbers.get(element.get(key), element.get(key))} for element in reply[collection]
                    if self.numbers.get(element.get(key), '') is not None]
        return json.dumps(reply).encode()


class Faults:
    """The orders that are still open."""

    def __init__(self):
        self._lock = threading.Lock()
        self._open = []

    def order(self, **values):
        """:raise ValueError: for an unknown kind; :raise TypeError: for an unknown option"""
        fault = Fault(**values)
        with self._lock:
            self._open.append(fault)
        return fault

    def take(self):
        """:return: the first fault that hits the current request, or None"""
        with self._lock:
            for fault in self._open:
                if not fault.matches():
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self._open.remove(fault)
                return fault
        return None

    def clear(self):
        with self._lock:
            self._open = []

    def as_list(self):
        with self._lock:
            return [asdict(fault) for fault in self._open]


def _without_last(reply):
    """:return: a list's reply without the last of its elements"""
    return {key: value[:-1] if isinstance(value, list) else value for key, value in reply.items()}


def _json_reply(value, status):
    return Response(json.dumps(value), status, content_type='application/json; charset=utf-8')


def _dropped(part, length=None, content_type=None):
    """A reply that sends ``part`` of what it announces and then closes the line."""
    connection = request.environ.get('werkzeug.socket')

    def body():
        if part:
            yield part
        if connection:
            connection.shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError('ordered fault')

    response = Response(body(), 200, content_type=content_type)
    if length:
        response.content_length = length
    return response
