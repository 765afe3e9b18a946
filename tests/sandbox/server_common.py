"""The sandbox behind a socket."""


from odoo.addons.account_xero.sandbox import SandboxServer

from .sandbox_common import BANK_SCOPE, SandboxCase


class ServerCase(SandboxCase):
    """The sandbox behind a socket, for clients that bring their own HTTP."""

    def setUp(self):
        super().setUp()
        self.server = SandboxServer(port=0, sandbox=self.sandbox).start()
        self.addCleanup(self.server.stop)
        self.log_in(scope=BANK_SCOPE)
