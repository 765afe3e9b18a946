"""Levers of webhooks: what one does on the developer site, and when Xero sends what."""
import uuid

from flask import Blueprint, abort, jsonify, request
from werkzeug.exceptions import HTTPException

from .levers import refused
from .state import current_sandbox
from .webhooks import event_of, told

webhook_levers = Blueprint('webhook_levers', __name__, url_prefix='/sandbox/webhooks')
webhook_levers.register_error_handler(HTTPException, refused)


def _webhook(webhook_id):
    return current_sandbox().webhooks.get(webhook_id) or abort(404)


def _order():
    return request.get_json(silent=True) or {}


def _attempts(rows):
    return jsonify([attempt.as_dict() for attempt in rows])


@webhook_levers.route('', methods=['GET', 'POST'])
def webhooks():
    """Register one: ``client_id``, ``url``; perhaps ``categories``, ``key``, ``auto``, ``size``, ``headers``."""
    known = current_sandbox().webhooks
    if request.method == 'GET':
        return jsonify([webhook.as_dict() for webhook in known])
    try:
        return known.register(**_order()).as_dict()
    except (KeyError, TypeError, ValueError) as error:
        abort(400, str(error))


@webhook_levers.route('/<webhook_id>', methods=['GET', 'POST', 'DELETE'])
def webhook(webhook_id):
    """Show it, alter it (a new URL or key needs a new trial), forget it."""
    found, known = _webhook(webhook_id), current_sandbox().webhooks
    if request.method == 'DELETE':
        known.forget(found)
        return '', 204
    if request.method == 'POST':
        try:
            known.alter(found, **_order())
        except ValueError as error:
            abort(400, str(error))
    return found.as_dict()


@webhook_levers.post('/<webhook_id>/intent')
def intent(webhook_id):
    """The "intent to receive" series; afterwards the status is ``ok`` or ``failed``."""
    found = _webhook(webhook_id)
    attempts = current_sandbox().webhooks.try_intent(found)
    return {'status': found.status, 'attempts': [attempt.as_dict() for attempt in attempts]}


@webhook_levers.post('/<webhook_id>/deliver')
def deliver(webhook_id):
    """Send what waits and is due: ``now`` (due or not), ``times`` (duplicates), ``wrong_signature``; replies with the attempts."""
    try:
        return _attempts(current_sandbox().webhooks.deliver(_webhook(webhook_id), **_order()))
    except TypeError as error:
        abort(400, str(error))


@webhook_levers.post('/<webhook_id>/replay')
def replay(webhook_id):
    """Send accepted events again: ``first`` and ``last`` sequence."""
    return _attempts(current_sandbox().webhooks.replay(_webhook(webhook_id), **_order()))


@webhook_levers.route('/<webhook_id>/events', methods=['GET', 'POST'])
def events(webhook_id):
    """The events kept, or one to invent: ``category`` (any word), ``type``, ``tenant``, ``resource``, ``data``."""
    found, order = _webhook(webhook_id), _order()
    if request.method == 'POST':
        found.add(event_of(
            order['category'], order.get('type', 'UPDATE'), order.get('tenant', str(uuid.uuid4())), order.get('resource', str(uuid.uuid4())),
            current_sandbox().clock.now(), order.get('data')))
    current_sandbox().webhooks.collect()
    return jsonify([told(event) | {'sequence': event['sequence']} for event in found.events])


@webhook_levers.get('/<webhook_id>/attempts')
def attempts(webhook_id):
    """Every request made, the oldest first, with what Xero would say of the answer."""
    return _attempts(_webhook(webhook_id).attempts)
