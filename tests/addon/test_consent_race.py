import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...sandbox import SandboxServer
from ..common import KEY
from ..sandbox.sandbox_common import CUSTOM_ID, CUSTOM_SECRET, HARBOUR
from .race_common import RaceCase

TENANT = '11111111-2222-3333-4444-555555555555'


@tagged('post_install', '-at_install')
class TestConsentRace(RaceCase):
    """Two admins save the same organisation at the same time, through two apps."""

    def prepare(self, env):
        first = env['xero.connection'].browse(self.connection_id)
        second = first.copy({'app_id': first.app_id.copy({'client_id': 'RACE-2'}).id})
        self.second_id = second.id
        self.consent_ids = [self.consent(connection).id for connection in (first, second)]

    def consent(self, connection):
        consent = connection.env['xero.consent'].create({
            'connection_id': connection.id, 'nonce': 'fake', 'code_verifier_encrypted': 'fake', 'expires_at': fields.Datetime.now() + timedelta(minutes=5),
            'state': 'ready', 'organisation_ids': [Command.create({
                'tenant_id': TENANT, 'name': "Race", 'country_code': 'AU', 'currency_code': connection.company_ids.currency_id.name})]})
        consent.organisation_id = consent.organisation_ids
        return consent

    def remove(self):
        with self.transaction() as env:
            connection = env['xero.connection'].browse(self.second_id)
            app = connection.app_id
            connection.unlink()
            app.unlink()
            env.cr.commit()
        super().remove()

    def save_first(self, is_active):
        with self.transaction() as env:
            env['xero.consent'].browse(self.consent_ids[0])._write_connection()
            env['xero.connection'].browse(self.connection_id).active = is_active
            env.cr.commit()

    def save_second(self, is_active):
        with self.transaction() as env:
            consent = env['xero.consent'].browse(self.consent_ids[1])
            self.assertFalse(consent._obstacle())
            self.save_first(is_active)
            self.assertFalse(consent._obstacle(), "this transaction does not see the other one")
            with self.assertRaisesRegex(ValidationError, "already has a connection"), mute_logger('odoo.sql_db'):
                retrying(consent._save, env)
        with self.transaction() as env:
            self.assertEqual(env['xero.connection'].with_context(active_test=False).search([('tenant_id', '=', TENANT)]).ids, [self.connection_id])

    def test_the_second_one_is_refused(self):
        self.save_second(True)

    def test_also_if_the_first_one_is_archived(self):
        self.save_second(False)


@tagged('post_install', '-at_install')
class TestCustomConnectionRace(RaceCase):
    """Two admins press Connect at the same time for a custom connection that has no token yet."""

    def setUp(self):
        self.enterContext(patch.dict(os.environ, {'ACCOUNT_XERO_KEY': KEY}))
        # Odoo's own runner holds it while tests run
        self.enterContext(patch.object(Registry, '_lock', DummyRLock()))
        self.server = self.enterContext(SandboxServer(port=0))
        super().setUp()

    def prepare(self, env):
        connection = env['xero.connection'].browse(self.connection_id)
        env['xero.app'].browse(connection.app_id.id).write({
            'client_id': CUSTOM_ID, 'client_secret': CUSTOM_SECRET, 'sandbox_url': self.server.url})
        # As if it had been chosen when the app was made: connections use it now
        env.cr.execute("UPDATE xero_app SET app_type = 'custom' WHERE id = %s", [connection.app_id.id])
        self.consent_ids = env['xero.consent'].create([
            {'connection_id': connection.id, 'nonce': nonce, 'expires_at': fields.Datetime.now() + timedelta(minutes=5)} for nonce in 'ab']).ids

    def receive(self, consent_id):
        with self.transaction() as env:
            env['xero.consent'].browse(consent_id)._receive()

    def test_both_get_the_one_token(self):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self.receive, self.consent_ids))
        with self.transaction() as env:
            consents = env['xero.consent'].browse(self.consent_ids)
            self.assertEqual(consents.mapped('state'), ['ready', 'ready'])
            self.assertEqual(consents.mapped('organisation_id.tenant_id'), [HARBOUR, HARBOUR])
            self.assertEqual(len(env['xero.authorization'].search([('app_id', '=', consents.app_id.id)])), 1)
