"""The Flask application: one ``Sandbox`` behind all its doors."""
import logging
import uuid

from flask import Flask, g, request

from .api.dispatch import accounting, refused
from .api.errors import Refusal
from .connections import connections
from .identity import identity
from .levers import levers, log_request
from .oauth import Server
from .pages import pages
from .somebody import somebody
from .state import Sandbox
from .webhook_levers import webhook_levers

OWN_PATHS = ('/sandbox', '/organisation', '/app/', '/Journal/', '/in/', '/static')


def create_app(sandbox=None):
    """:param Sandbox sandbox: the state to serve; a fresh one if None; :return: the WSGI application"""
    app = Flask(__name__)
    app.extensions['sandbox'] = sandbox = sandbox or Sandbox()
    app.extensions['sandbox_oauth'] = Server(app, sandbox)
    for blueprint in (identity, connections, accounting, levers, somebody, webhook_levers, pages):
        app.register_blueprint(blueprint)
    app.register_error_handler(Refusal, refused)
    logging.getLogger('authlib').setLevel(logging.INFO)     # it logs requests at DEBUG

    @app.before_request
    def begin():
        g.app = g.tenant = None
        g.fault = None if is_own() else sandbox.faults.take()
        return g.fault.before() if g.fault else None

    @app.after_request
    def end(response):
        if request.method != 'GET' and any(sandbox.webhooks):
            sandbox.webhooks.collect()
        if is_own():
            return response
        if g.app and g.tenant:
            response.headers.extend(sandbox.limits.headers(g.app, g.tenant))
        response.headers['Xero-Correlation-Id'] = str(uuid.uuid4())
        if g.fault:
            response = g.fault.after(response)
        log_request(sandbox, response)
        return response

    return app


def is_own():
    """:return: whether the request is to the sandbox's own pages and levers, which no fault hits and no log lists"""
    return request.path == '/' or request.path.startswith(OWN_PATHS)
