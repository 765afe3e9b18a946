"""Connections that lose their access, and the users who are told."""
import requests

from odoo import fields
from odoo.tools import mute_logger

from ..common import HARBOUR, XeroCase

HEALTH = 'odoo.addons.account_xero.models.connection.xero_connection_access'
AUTHORIZATION = 'odoo.addons.account_xero.models.connection.xero_authorization'
QUIET = mute_logger(HEALTH, AUTHORIZATION)
REAUTHENTICATE = 'account_xero.mail_activity_type_xero_reauthenticate'


class HealthCase(XeroCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection = cls.connect()
        cls.authorization = cls.connection.authorization_id
        cls.members = cls.connection._members()

    def expire(self):
        """Let the stored access token expire."""
        self.authorization.access_expires_at = fields.Datetime.now()
        self.env.flush_all()

    def kill_chain(self):
        """End the chain at Xero, as a person there does."""
        self.sandbox.clock.advance(61 * 24 * 3600)
        self.expire()

    def disconnect_at_xero(self, tenant=HARBOUR):
        requests.post(f'{self.server.url}/sandbox/organisations/{tenant}/disconnect', timeout=10).raise_for_status()

    def activities(self, connection=None, activity_type=REAUTHENTICATE):
        return (connection or self.connection).activity_search([activity_type])

    def new_export(self, state='waiting', **values):
        number = self.env['xero.export'].sudo().search_count([]) + 1
        return self.env['xero.export'].sudo().create({
            'connection_id': self.connection.id, 'company_id': self.xero_company.id, 'kind': 'sale_invoice', 'state': state,
            'document_name': f"INV/{number}", **values})
