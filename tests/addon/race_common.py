from contextlib import closing, contextmanager

from odoo import SUPERUSER_ID, Command, api
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, common


class RaceCase(BaseCase):
    """A committed connection, which other transactions can see. It is removed after each test."""

    def setUp(self):
        super().setUp()
        with self.transaction() as env:
            app = env['xero.app'].create({
                'name': "Race", 'client_id': 'RACE', 'client_secret': 'fake-secret', 'environment': 'sandbox', 'sandbox_url': 'http://localhost:9'})
            connection = env['xero.connection'].create({
                'name': "Race", 'app_id': app.id, 'company_ids': [Command.set(env.ref('base.main_company').ids)]})
            self.connection_id = connection.id
            self.prepare(env)
            env.cr.commit()
        self.addCleanup(self.remove)

    def prepare(self, env):
        """Create what the tests need beside the connection."""

    def remove(self):
        with self.transaction() as env:
            connection = env['xero.connection'].browse(self.connection_id)
            app = connection.app_id
            env.cr.execute("DELETE FROM xero_export WHERE connection_id = %s", [self.connection_id])
            connection.unlink()
            app.unlink()
            env.cr.commit()

    @contextmanager
    def transaction(self):
        """Open an environment on a real cursor instead of a test cursor."""
        with closing(db_connect(common.get_db_name()).cursor()) as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})
