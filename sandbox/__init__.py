"""A local Xero: OAuth 2, connections and the Accounting API with Xero's documented behaviour, wrong corners included.

It imports nothing of the add-on. Its state is in memory only.
"""
from .app import create_app
from .server import SandboxServer
from .state import Sandbox

__all__ = ['Sandbox', 'SandboxServer', 'create_app']
