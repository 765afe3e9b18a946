"""``/connections``: which organisations a user connected to the app."""
from flask import Blueprint, jsonify, request

from .api.access import bearer
from .api.errors import Problem
from .state import current_sandbox

connections = Blueprint('connections', __name__)


def _mine(token):
    """The user's connections, the oldest first: the one just made is rarely the first."""
    return sorted((
        connection for connection in current_sandbox().connections
        if (connection.client_id, connection.user_id) == (token.client_id, token.consent.user.user_id)
        and current_sandbox().connection(connection.client_id, connection.user_id, connection.tenant_id)
    ), key=lambda connection: connection.created)


def _stamp(moment):
    return moment.strftime('%Y-%m-%dT%H:%M:%S.%f') + '0'   # seven digits, no zone


@connections.get('/connections')
@connections.get('/Connections')
def list_connections():
    event = request.args.get('authEventId')
    return jsonify([{
        'id': connection.id,
        'authEventId': connection.auth_event_id,
        'tenantId': connection.tenant_id,
        'tenantType': 'ORGANISATION',
        'tenantName': current_sandbox().organisations[connection.tenant_id].name,
        'createdDateUtc': _stamp(connection.created),
        'updatedDateUtc': _stamp(connection.updated),
    } for connection in _mine(bearer(current_sandbox())) if event in (None, connection.auth_event_id)])


@connections.delete('/connections/<connection_id>')
@connections.delete('/Connections/<connection_id>')
def delete_connection(connection_id):
    mine = _mine(bearer(current_sandbox()))
    found = next((connection for connection in mine if connection.id == connection_id), None)
    if found:
        current_sandbox().connections.remove(found)
        return '', 204
    if connection_id in current_sandbox().organisations:   # the tenant id given by mistake
        raise Problem(403, 'AuthenticationUnsuccessful')
    raise Problem(404, 'Connection not found', title='Not Found')


@connections.after_request
def count(response):
    response.headers['X-AppMinLimit-Remaining'] = '9999'
    return response
