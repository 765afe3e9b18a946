"""One door for ``/api.xro/2.0``: who calls, limits, idempotency, the endpoint, the shape of the reply."""
import json
import time
import uuid
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, g, request

from ..state import current_sandbox
from . import allocations, attachments, batch, body, errors, history, online_invoice, query, settings, shapes, tracking, xml
from .access import bearer, tenant
from .bank_transactions import BankTransactions
from .batch_payments import BatchPayments
from .contacts import Contacts
from .credits import Credits
from .documents import Documents
from .errors import Refusal
from .idempotency import Replay
from .items import Items
from .journals import ManualJournals
from .payments import Payments
from .schema import Reader
from .sorts import CREDIT_NOTES, INVOICES, OVERPAYMENTS, PREPAYMENTS
from .tax_rates import TaxRates

accounting = Blueprint('accounting', __name__, url_prefix='/api.xro/2.0')
LARGEST_BODY = 10 * 1024 * 1024
LONGEST_ERROR = 1024 * 1024
WRITERS = {
    'Invoices': lambda call: Documents(call, INVOICES),
    'CreditNotes': lambda call: Documents(call, CREDIT_NOTES),
    'Contacts': Contacts,
    'ManualJournals': ManualJournals,
    'Payments': Payments,
    'BatchPayments': BatchPayments,
    'BankTransactions': BankTransactions,
    'Prepayments': lambda call: Credits(call, PREPAYMENTS),
    'Overpayments': lambda call: Credits(call, OVERPAYMENTS),
    'Items': Items,
    'TaxRates': TaxRates,
    'TrackingCategories': tracking.TrackingCategories,
}
READ_ONLY = ('Prepayments', 'Overpayments')     # they are made as bank transactions
# where only the first element of a request counts
ONE_AT_A_TIME = {
    ('TaxRates', 'PUT'), ('TaxRates', 'POST'), ('TrackingCategories', 'PUT'), ('TrackingCategories', 'POST'), ('Payments', 'POST'),
    ('BatchPayments', 'POST'),
}
# what hangs on one document: name in the path → (scope's endpoint, or None for the document's own; of which endpoints; function)
PARTS = {
    'Allocations': (None, ('CreditNotes', 'Prepayments', 'Overpayments'), allocations.answer),
    'Attachments': ('Attachments', ('Invoices', 'CreditNotes', 'ManualJournals', 'Contacts'), attachments.answer),
    'History': (None, (
        'Invoices', 'CreditNotes', 'ManualJournals', 'Contacts', 'Payments', 'BatchPayments', 'BankTransactions', 'Prepayments',
        'Overpayments'), history.answer),
    'OnlineInvoice': (None, ('Invoices',), online_invoice.answer),
    'Options': (None, ('TrackingCategories',), tracking.answer),
}


@dataclass(frozen=True)
class Route:
    """What a path names: ``Invoices``, ``Invoices/{key}`` or ``Invoices/{key}/{part}/{part_key}``."""
    name: str
    key: str | None = None
    part: str | None = None
    part_key: str | None = None

    @property
    def scope_endpoint(self):
        """:return: the endpoint whose scope opens the path"""
        if self.part:
            return PARTS[self.part][0] or self.name
        return settings.READERS[self.name][0] if self.name in settings.READERS else self.name

    def key_of(self, row):
        """:return: the id of a row of this endpoint, whatever the path named it by"""
        return row[f"{self.name.removesuffix('s')}ID"]


@dataclass
class Call:
    """One call of the API, as the endpoints see it."""
    sandbox: object
    app: object
    user: object
    organisation: object
    now: datetime

    @property
    def arguments(self):
        return request.args

    @property
    def headers(self):
        return request.headers

    @property
    def unitdp(self):
        return 4 if request.args.get('unitdp') == '4' else 2

    def flag(self, name):
        return request.args.get(name, '').lower() == 'true'

    def elements(self, collection):
        """:return: the elements of the request's body; :raise ApiException: error 14"""
        return Reader(self.sandbox.strict).elements(body.read(collection), collection)


@accounting.route('/<path:path>', methods=['GET', 'PUT', 'POST', 'DELETE'])
def dispatch(path):
    sandbox = current_sandbox()
    route = _route(path.rstrip('/'))
    token = bearer(sandbox)
    organisation = tenant(sandbox, token, route.scope_endpoint)
    app = sandbox.apps[token.client_id]
    g.app, g.tenant = app, organisation.tenant_id
    refusal = sandbox.limits.enter(app, organisation.tenant_id)
    if refusal:
        headers = {'X-Rate-Limit-Problem': refusal.problem}
        if refusal.retry_after:
            headers['Retry-After'] = str(refusal.retry_after)
        return Response('', 429, headers)
    try:
        if sandbox.latency:
            time.sleep(sandbox.latency)
        if (request.content_length or 0) > LARGEST_BODY:
            return Response('Request Entity Too Large', 413, content_type='text/html')
        with organisation.lock:
            call = Call(sandbox, app, token.consent.user, organisation, sandbox.clock.now())
            return _answer(call, route)
    finally:
        sandbox.limits.leave(app, organisation.tenant_id)


def _route(path):
    """:raise Refusal: for a path that is none of ours"""
    if path in settings.READERS:
        return Route(path)
    name, *rest = path.split('/', 3)
    if name not in WRITERS and name not in settings.READERS:
        raise errors.not_implemented()
    if len(rest) > 1 and (rest[1] not in PARTS or name not in PARTS[rest[1]][1]):
        raise errors.not_found()    # a number with a slash in it is not found either
    if rest and name in settings.READERS and not settings.READERS[name][2]:
        raise errors.not_found()
    return Route(name, *rest)


def _answer(call, route):
    try:
        replay = Replay(call.sandbox, call.app)
        repeated = replay.stored()
        if repeated:
            return repeated
    except Refusal as refusal:
        return refused(refusal)
    try:
        response = replied(call, _content(call, route))
    except Refusal as refusal:
        response = refused(refusal)
    replay.store(g.fault.after(response) if g.fault and g.fault.sticky else response)
    return response


def content(call, path):
    """:return: what the reply to the current request holds besides its envelope, or a whole ``Response``; :raise Refusal:"""
    return _content(call, _route(path.rstrip('/')))


def _content(call, route):
    if route.part:
        return _part(call, route)
    if request.method != 'GET':
        return _write(call, route)
    return _read_settings(call, route) if route.name in settings.READERS else _read(call, route)


def _part(call, route):
    store = WRITERS[route.name](call)
    row = store.get(route.key)
    if not row:
        raise errors.not_found()
    return PARTS[route.part][2](call, route, row)


def _read(call, route):
    """:return: what the reply holds; with the switch ``not_modified`` a whole 304 where nothing changed since"""
    store = WRITERS[route.name](call)
    if route.key:
        row = store.get(route.key)
        if not row:
            raise errors.not_found()
        return {store.collection: [shapes.jsonable(store.shown(row), call.unitdp)]}
    rows, pagination = query.page(call, query.selected(call, store))
    if call.sandbox.not_modified and not rows and call.headers.get('If-Modified-Since'):
        return Response('', 304)
    if call.flag('summaryOnly'):
        shown = [store.summary(row) for row in rows]
    else:
        shown = [store.shown(row, detail=pagination is not None) for row in rows]
    reply = {'pagination': pagination} if pagination else {}
    return reply | {store.collection: shapes.jsonable(shown, call.unitdp)}


def _read_settings(call, route):
    _scope_endpoint, read, id_key = settings.READERS[route.name]
    collection, rows = read(call)
    if route.key:
        rows = [row for row in rows if route.key.lower() in (row[id_key].lower(), row.get('Code', '').lower())]
        if not rows:
            raise errors.not_found()
    since = query.modified_since(call.headers.get('If-Modified-Since')) if collection == 'Accounts' else None
    rows = [row for row in rows if not since or row['UpdatedDateUTC'] >= since]
    return {collection: shapes.jsonable(query.ordered(query.filtered(rows, call), call))}


def _write(call, route):
    if route.name not in WRITERS or route.name in READ_ONLY or request.method == 'DELETE' or (route.key and request.method == 'PUT'):
        raise errors.not_implemented()
    store = WRITERS[route.name](call)
    elements = call.elements(store.collection)
    if route.key or (route.name, request.method) in ONE_AT_A_TIME:
        elements = elements[:1]
    return {store.collection: batch.save(call, store, elements, create_only=request.method == 'PUT', key=route.key)}


def replied(call, content):
    if isinstance(content, Response):
        return content
    return rendered({
        'Id': str(uuid.uuid4()),
        'Status': 'OK',
        'ProviderName': call.app.name,
        'DateTimeUTC': shapes.ms_date(call.now).replace('+0000', ''),
        **content,
    }, 200, 'Response')


def refused(refusal):
    """The reply that a ``Refusal`` becomes, here and at ``/connections``."""
    if isinstance(refusal, errors.PlainText):
        return Response(refusal.text, refusal.status, content_type='text/html; charset=utf-8')
    if isinstance(refusal, errors.Problem):
        sandbox = current_sandbox()
        response = _json(refusal.as_dict(sandbox.lower_case_problems), refusal.status)
        response.headers.extend(refusal.headers)
        return response
    response = rendered(refusal.as_dict(), refusal.status, 'ApiException')
    if len(response.get_data()) > LONGEST_ERROR:
        response.set_data(response.get_data()[:LONGEST_ERROR])      # live cuts here, in the middle of a word
    return response


def rendered(value, status, root):
    """JSON if it was asked for; Xero's default is XML."""
    if 'json' in request.headers.get('Accept', ''):
        return _json(value, status)
    return Response(xml.write(value, root), status, content_type='text/xml; charset=utf-8')


def _json(value, status):
    return Response(json.dumps(value), status, content_type='application/json; charset=utf-8')
