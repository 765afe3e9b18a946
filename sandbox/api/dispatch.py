"""One door for ``/api.xro/2.0``: who calls, limits, idempotency, the endpoint, the shape of the reply."""
import json
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flask import Blueprint, Response, g, request

from ..state import current_sandbox
from . import batch, errors, query, settings, shapes, xml
from .access import bearer, tenant
from .contacts import Contacts
from .documents import CREDIT_NOTES, INVOICES, Documents
from .errors import Refusal
from .idempotency import Replay
from .schema import Reader

accounting = Blueprint('accounting', __name__, url_prefix='/api.xro/2.0')
LARGEST_BODY = 10 * 1024 * 1024
LONGEST_ERROR = 1024 * 1024
WRITERS = {
    'Invoices': lambda call: Documents(call, INVOICES),
    'CreditNotes': lambda call: Documents(call, CREDIT_NOTES),
    'Contacts': Contacts,
}


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


@accounting.route('/<path:path>', methods=['GET', 'PUT', 'POST', 'DELETE'])
def dispatch(path):
    sandbox = current_sandbox()
    endpoint, key = _endpoint(path)
    token = bearer(sandbox)
    organisation = tenant(sandbox, token, endpoint)
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
            return _answer(call, endpoint, key)
    finally:
        sandbox.limits.leave(app, organisation.tenant_id)


def _endpoint(path):
    """:return: (endpoint, key in the path or None); :raise Refusal: for a path that is none of ours"""
    path = path.rstrip('/')
    name, _, key = path.partition('/')
    if path in settings.READERS:
        return settings.READERS[path][0], None
    if name not in WRITERS and name not in settings.READERS:
        raise errors.not_implemented()
    if '/' in key or (key and name in settings.READERS and not settings.READERS[name][2]):
        raise errors.not_found()    # a number with a slash in it is not found either
    return name, key or None


def _answer(call, endpoint, key):
    try:
        replay = Replay(call.sandbox, call.app)
        repeated = replay.stored()
        if repeated:
            return repeated
    except Refusal as refusal:
        return refused(refusal)
    try:
        response = replied(call, _read(call, endpoint, key) if request.method == 'GET' else _write(call, endpoint, key))
    except Refusal as refusal:
        response = refused(refusal)
    replay.store(g.fault.after(response) if g.fault and g.fault.sticky else response)
    return response


def _read(call, endpoint, key):
    if endpoint not in WRITERS:
        path = request.path.removeprefix(f'{accounting.url_prefix}/').rstrip('/')
        return _read_settings(call, path, key)
    store = WRITERS[endpoint](call)
    if key:
        row = store.get(key)
        if not row:
            raise errors.not_found()
        return {store.collection: [shapes.jsonable(store.shown(row), call.unitdp)]}
    rows, pagination = query.page(call, query.selected(call, store))
    if call.flag('summaryOnly'):
        shown = [store.summary(row) for row in rows]
    else:
        shown = [store.shown(row, detail=pagination is not None) for row in rows]
    reply = {'pagination': pagination} if pagination else {}
    return reply | {store.collection: shapes.jsonable(shown, call.unitdp)}


def _read_settings(call, path, key):
    _endpoint_name, read, id_key = settings.READERS[path.partition('/')[0] if key else path]
    collection, rows = read(call)
    if key:
        rows = [row for row in rows if key.lower() in (row[id_key].lower(), row.get('Code', '').lower())]
        if not rows:
            raise errors.not_found()
    since = query.modified_since(call.headers.get('If-Modified-Since')) if collection == 'Accounts' else None
    rows = [row for row in rows if not since or row['UpdatedDateUTC'] >= since]
    return {collection: shapes.jsonable(query.ordered(query.filtered(rows, call), call))}


def _write(call, endpoint, key):
    if endpoint not in WRITERS or request.method == 'DELETE' or (key and request.method == 'PUT'):
        raise errors.not_implemented()
    store = WRITERS[endpoint](call)
    elements = Reader(call.sandbox.strict).elements(_body(store.collection), store.collection)
    if key:
        elements = elements[:1]
    return {store.collection: batch.save(call, store, elements, create_only=request.method == 'PUT', key=key)}


def _body(collection):
    text = request.get_data()
    if 'xml' in request.content_type.lower() if request.content_type else text.lstrip().startswith(b'<'):
        return xml.read(text, collection)
    if (request.content_type or '').startswith('application/x-www-form-urlencoded'):
        text = request.form.get('xml', '').encode()     # how the oldest clients send
        return xml.read(text, collection)
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise errors.unreadable(f'JSON request body could not be read, Error {error}') from None


def replied(call, content):
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
