"""Levers under ``/sandbox``: what a test or a demo does to Xero from behind. No client of the API uses them."""
import json
import uuid
from datetime import date, datetime, timezone
from decimal import Decimal

from flask import Blueprint, abort, g, jsonify, request
from werkzeug.exceptions import HTTPException

from .api import shapes
from .faults import API
from .state import current_sandbox

levers = Blueprint('levers', __name__, url_prefix='/sandbox')
SWITCHES = ('strict', 'lower_case_problems', 'allow_loopback_redirects', 'keep_emoji', 'not_modified', 'latency')
LIMITS = ('enabled', 'minute', 'day', 'concurrent', 'app_minute')


def organisation_of(tenant_id):
    """:return: the organisation, or 404"""
    return current_sandbox().organisations.get(tenant_id) or abort(404)


@levers.errorhandler(HTTPException)
def refused(error):
    return {'error': error.description}, error.code


# -- the whole ------------------------------------------------------------------------------------------------------------


@levers.post('/reset')
def reset():
    current_sandbox().reset()
    return '', 204


@levers.route('/clock', methods=['GET', 'POST'])
def clock():
    """``advance_seconds``, or ``set`` (ISO time, UTC if it names no zone)."""
    clock, order = current_sandbox().clock, request.get_json(silent=True) or {}
    if 'set' in order:
        moment = datetime.fromisoformat(order['set'].replace('Z', '+00:00'))
        clock.set(moment.replace(tzinfo=moment.tzinfo or timezone.utc))
    clock.advance(order.get('advance_seconds', 0))
    return {'now': clock.now().isoformat()}


@levers.route('/settings', methods=['GET', 'POST'])
def settings():
    """Switches: ``strict``, ``lower_case_problems``, ``allow_loopback_redirects``, ``keep_emoji``, ``not_modified``, ``latency`` (seconds)."""
    return _altered(current_sandbox(), SWITCHES)


@levers.route('/limits', methods=['GET', 'POST'])
def limits():
    """``enabled``, ``minute``, ``day`` (null: by the app's tier), ``concurrent``, ``app_minute``; ``use``: {client_id, tenant, calls}."""
    sandbox, order = current_sandbox(), request.get_json(silent=True) or {}
    if 'use' in order:
        use = order.pop('use')
        sandbox.limits.use(sandbox.apps[use['client_id']], use['tenant'], use['calls'])
    return _altered(sandbox.limits, LIMITS)


def _altered(target, names):
    for name, value in (request.get_json(silent=True) or {}).items():
        if name not in names:
            abort(400, f'unknown switch: {name}')
        setattr(target, name, value)
    return {name: getattr(target, name) for name in names}


@levers.route('/faults', methods=['GET', 'POST', 'DELETE'])
def faults():
    """Order one (see ``faults.Fault``), list the open ones, forget them."""
    if request.method == 'DELETE':
        current_sandbox().faults.clear()
    elif request.method == 'POST':
        try:
            current_sandbox().faults.order(**request.get_json())
        except (TypeError, ValueError) as error:
            abort(400, str(error))
    return jsonify(current_sandbox().faults.as_list())


# -- request log ----------------------------------------------------------------------------------------------------------


def log_request(sandbox, response):
    """Remember one call. Never ``Authorization``, nor the bodies of identity calls, which hold secrets."""
    is_api = request.path.startswith(API)
    sandbox.requests.append({
        'id': str(uuid.uuid4()),
        'time': sandbox.clock.now().isoformat(),
        'method': request.method,
        'path': request.path,
        'query': request.query_string.decode() if is_api or request.path.startswith('/connections') else '',
        'status': response.status_code,
        'tenant': request.headers.get('Xero-Tenant-Id') or g.tenant,
        'app': g.app.client_id if g.app else None,
        'body': request.get_data(as_text=True) if is_api and '/Attachments' not in request.path else '',
        'grant_type': request.form.get('grant_type') if request.path == '/connect/token' else None,
        'idempotency_key': request.headers.get('Idempotency-Key'),
        'fault': g.fault.kind if g.fault else None,
    })


@levers.route('/requests', methods=['GET', 'DELETE'])
def requests():
    """The log, oldest first; filters ``method``, ``path`` (prefix, with or without ``/api.xro/2.0``), ``tenant``, ``app``, ``status``."""
    if request.method == 'DELETE':
        current_sandbox().requests.clear()
    wanted = request.args
    path = wanted.get('path', '')
    return jsonify([
        row for row in list(current_sandbox().requests)
        if row['path'].startswith((path, API + path))
        and all(str(row[name]) == wanted[name] for name in ('method', 'tenant', 'app', 'status') if name in wanted)
    ])


# -- apps, users, connections ---------------------------------------------------------------------------------------------


@levers.route('/apps', methods=['GET', 'POST'])
def apps():
    """Register or alter an app: ``client_id``, ``client_secret``, ``name``, ``scope_set``, ``tier``, ``redirect_uris``, ``custom_connection``."""
    if request.method == 'POST':
        return current_sandbox().register_app(request.get_json()).as_dict()
    return jsonify([app.as_dict() for app in current_sandbox().apps.values()])


@levers.get('/users')
def users():
    return jsonify([_user(user) for user in current_sandbox().users.values()])


@levers.post('/users/<key>')
def alter_user(key):
    """``rights``: list of ``approve``, ``adviser``, ``reports``. ``key``: id or e-mail address."""
    user = current_sandbox().user(key) or abort(404)
    user.rights = set(request.get_json()['rights'])
    return _user(user)


def _user(user):
    return {'user_id': user.user_id, 'name': user.name, 'email': user.email, 'rights': sorted(user.rights)}


@levers.route('/connections', methods=['GET', 'DELETE'])
def connections():
    """All connections, or with DELETE: cut those that match ``tenant``, ``client_id``, ``user`` (id or e-mail), as from Xero's side."""
    sandbox, wanted = current_sandbox(), dict(request.args)
    if 'user' in wanted:
        wanted['user_id'] = (sandbox.user(wanted.pop('user')) or abort(404)).user_id
    if 'tenant' in wanted:
        wanted['tenant_id'] = wanted.pop('tenant')

    def matches(connection):
        return all(getattr(connection, name) == value for name, value in wanted.items())

    with sandbox.lock:
        found = [connection for connection in sandbox.connections if matches(connection)]
        if request.method == 'DELETE':
            sandbox.connections = [connection for connection in sandbox.connections if not matches(connection)]
    return jsonify([{
        name: getattr(connection, name) for name in ('id', 'client_id', 'user_id', 'tenant_id', 'auth_event_id')
    } for connection in found])


# -- organisations --------------------------------------------------------------------------------------------------------


@levers.get('/organisations')
def organisations():
    return jsonify([_shown(organisation) for organisation in current_sandbox().organisations.values()])


@levers.route('/organisations/<tenant_id>', methods=['GET', 'POST'])
def organisation(tenant_id):
    """``period_lock_date``, ``end_of_year_lock_date`` (ISO or null), ``currencies``, ``plan``, ``name``, ``users`` (e-mails that have access),
    ``approve_limit`` (``{"sales": 20, "bills": 5}`` a month)."""
    found = organisation_of(tenant_id)
    with found.lock:
        for name, value in (request.get_json(silent=True) or {}).items():
            if name in ('period_lock_date', 'end_of_year_lock_date'):
                setattr(found, name, date.fromisoformat(value) if value else None)
            elif name == 'users':
                found.user_emails = set(value)
            elif name in ('currencies', 'plan', 'name', 'approve_limit'):
                setattr(found, name, value)
            else:
                abort(400, f'unknown setting: {name}')
    return _shown(found)


def _shown(organisation):
    return {
        **{name: getattr(organisation, name) for name in (
            'tenant_id', 'name', 'country', 'base_currency', 'currencies', 'short_code', 'plan', 'approve_limit')},
        'period_lock_date': str(organisation.period_lock_date or '') or None,
        'end_of_year_lock_date': str(organisation.end_of_year_lock_date or '') or None,
        'users': sorted(organisation.user_emails),
        'counts': {
            'Contacts': len(organisation.contacts), 'ManualJournals': len(organisation.journals),
            **{name: len(rows) for name, rows in organisation.documents.items()},
        },
    }


@levers.post('/organisations/<tenant_id>/disconnect')
def disconnect(tenant_id):
    """Every connection of the organisation is cut from Xero's side; refreshing tokens goes on working."""
    organisation_of(tenant_id)
    with current_sandbox().lock:
        current_sandbox().connections = [one for one in current_sandbox().connections if one.tenant_id != tenant_id]
    return '', 204


@levers.post('/organisations/<tenant_id>/accounts/<code>')
def alter_account(tenant_id, code):
    """Alter an account or add one: Xero's own keys (``Status``, ``Name``, ``TaxType``, ``Type`` and ``Class``)."""
    organisation = organisation_of(tenant_id)
    with organisation.lock:
        account = organisation.account('Code', code)
        if not account:
            account = {'AccountID': str(uuid.uuid4()), 'Code': code, 'Status': 'ACTIVE'}
            organisation.accounts.append(account)
        account |= request.get_json() | {'UpdatedDateUTC': current_sandbox().clock.now()}
        return shapes.jsonable(account)


@levers.post('/organisations/<tenant_id>/tax-rates/<tax_type>')
def alter_tax_rate(tenant_id, tax_type):
    """Alter a tax rate or add one, with Xero's own keys."""
    organisation, values = organisation_of(tenant_id), decimals(request.get_json())
    with organisation.lock:
        rate = organisation.tax_rates.setdefault(tax_type, {'TaxType': tax_type, 'Status': 'ACTIVE'})
        rate |= values
        return shapes.jsonable(rate)


@levers.post('/organisations/<tenant_id>/branding-themes')
def add_branding_theme(tenant_id):
    """``Name``: a further branding theme, which the API cannot make."""
    theme = organisation_of(tenant_id).add_branding_theme(request.get_json()['Name'], current_sandbox().clock.now())
    return shapes.jsonable(theme)


@levers.post('/organisations/<tenant_id>/contacts/<contact_id>')
def alter_contact(tenant_id, contact_id):
    """Alter a contact as somebody in Xero would: ``ContactStatus``, ``Name``, ``MergedToContactID`` …"""
    organisation = organisation_of(tenant_id)
    with organisation.lock:
        contact = organisation.contacts.get(contact_id) or abort(404)
        contact |= request.get_json() | {'UpdatedDateUTC': current_sandbox().clock.now()}
        organisation.contacts.put(contact)
        return shapes.jsonable(contact)


@levers.get('/organisations/<tenant_id>/<collection>')
def held(tenant_id, collection):
    """Everything of one collection (``Invoices``, ``Payments``, ``Contacts``, …), lines included, without any call of the API."""
    organisation = organisation_of(tenant_id)
    rows = ({
        'Contacts': organisation.contacts, 'ManualJournals': organisation.journals, 'Payments': organisation.payments,
        'BatchPayments': organisation.batch_payments, 'BankTransactions': organisation.bank_transactions,
        'Items': organisation.items,
    } | organisation.documents).get(collection)
    if rows is None:
        abort(404)
    with organisation.lock:
        return jsonify(shapes.jsonable(list(rows.values()), 4))


def decimals(value):
    """:return: the same JSON with exact numbers"""
    return json.loads(json.dumps(value), parse_float=Decimal, parse_int=Decimal)
