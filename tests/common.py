"""The base of the tests of the models: one sandbox per class, an app that points at it, a company, connections made by a real consent.

The sandbox is the only thing that stands in for Xero: everything between a method of ours and the socket is what runs in
production. What all tests of a class start from is made once, in `prepare`; before each test the database and the sandbox are as it left them.
"""
import base64
import os
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import requests

from odoo import Command
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.account_xero.const import CALLBACK_PATH
from odoo.addons.account_xero.models.connection.xero_connection_policy import ALARMS
from odoo.addons.account_xero.models.connection.xero_secrets import decrypt
from odoo.addons.account_xero.sandbox import SandboxServer
from odoo.addons.account_xero.tools.client_action import NOTIFY
from odoo.addons.account_xero.tools.crypto import reveal
from odoo.tests import HttpCase, TransactionCase, new_test_user

from . import own_transactions, prepared_companies
from .sandbox.sandbox_common import (
    ADVISER,
    CLIENT_ID,
    CLIENT_SECRET,
    FINANCE,
    HARBOUR,
    HINTERLAND,
    LAKESIDE,
    NORTHGATE,
)

__all__ = ['ADVISER', 'FINANCE', 'HARBOUR', 'HINTERLAND', 'LAKESIDE', 'NORTHGATE', 'XeroCase', 'XeroHttpCase', 'XeroInvoicingCase']

KEY = base64.urlsafe_b64encode(b'fake-secret-key-of-the-test-runs').decode()


def clear(ciphertext):
    """Return a stored secret in clear. No code of the add-on does that."""
    return reveal(decrypt(ciphertext))


class SandboxMixin:
    """The base without the company, which depends on the accounting that a test needs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(patch.dict(os.environ, {'ACCOUNT_XERO_KEY': KEY}))
        cls.enterClassContext(own_transactions.kept_apart())
        # A machine that stands still for some seconds ends no slice early; tests of the limit set one of their own
        cls.enterClassContext(patch('odoo.addons.account_xero.models.steps.slice.SLICE_SECONDS', 60))
        # A test makes the calls of hours in seconds. How they are paced is a matter of tests of its own
        cls.enterClassContext(patch('odoo.addons.account_xero.models.steps.slice.CALLS_PER_MINUTE', 10_000))
        cls.server = cls.enterClassContext(SandboxServer(port=0))
        cls.sandbox = cls.server.sandbox
        cls.xero_company = cls._xero_company()
        cls.app = cls.env['xero.app'].sudo().create({
            'name': "Sandbox",
            'client_id': CLIENT_ID,
            'client_secret': CLIENT_SECRET,
            'environment': 'sandbox',
            'sandbox_url': cls.server.url,
        })
        cls.admin = cls._new_user('xero_admin', 'account.group_account_manager,account_xero.group_xero_invoice_admin,base.group_partner_manager')
        cls.billing = cls._new_user('xero_billing', 'account.group_account_invoice,base.group_partner_manager')
        if not cls._registry_patched:
            # Token storage and slices use cursors of their own
            cls.registry_enter_test_mode_cls()
        cls.sandbox.allow_loopback_redirects = True
        cls.sandbox.register_app({'client_id': CLIENT_ID, 'redirect_uris': [cls.app.redirect_uri]})
        cls.prepare()
        cls._prepared = cls.sandbox.copy_of_state()
        cls.env.flush_all()
        cls._cached = [(cache, cache.snapshot) for cache in cls.registry._Registry__caches.values()]

    @classmethod
    def prepare(cls):
        """Do what all tests of the class start from: connect, and what else takes long. A test finds it in the database and in the sandbox.

        What it leaves on the class are records; a part of the sandbox would be an old one in the next test.
        """

    @classmethod
    def _new_user(cls, login, groups, company=None, **kwargs):
        company = company or cls.xero_company
        return new_test_user(
            cls.env(su=True), login, f'base.group_user,{groups}', company_id=company.id, company_ids=[Command.set(company.ids)], **kwargs)

    def setUp(self):
        super().setUp()
        self.sandbox.reset(self._prepared)
        # After each test Odoo empties its caches of access rights, ids, views and so on: they may tell of rows that are rolled back.
        # What they told after `prepare` is true for each test.
        for cache, content in self._cached:
            cache.update(content)

    # === Connecting === #

    @classmethod
    def new_connection(cls, name="Harbour", **values):
        """Make a connection that nobody has authorised yet. It reads nothing back, so that tests see only the calls that they are about."""
        return cls.env['xero.connection'].sudo().create({
            'name': name, 'app_id': cls.app.id, 'company_ids': [Command.set(cls.xero_company.ids)],
            'export_start_date': '2000-01-01', **dict.fromkeys(ALARMS, False), 'proves_nightly': False, 'credit_note_policy': 'none', **values,
        })

    @classmethod
    def consent(cls, url, tenants=(HARBOUR,), user=FINANCE, decision='allow'):
        """Give the consent on the sandbox's page.

        :param str url: where the person was sent.
        :return: the parameters that come back, as a dict.
        """
        answer = requests.post(
            url, data={'user': user, 'tenant': list(tenants), 'decision': decision}, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        assert answer.headers['Location'].startswith(cls.app.redirect_uri), answer.headers['Location']
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers['Location']).query).items()}

    @classmethod
    def authorise(cls, connection, tenants=(HARBOUR,), user=FINANCE):
        """Give the consent at Xero as an invoice admin.

        :return: the consent, ready for review.
        """
        consent, url = cls.env['xero.consent'].with_user(cls.admin)._start(connection.with_user(cls.admin))
        code = cls.consent(url, tenants, user)['code']
        cls.env.flush_all()
        consent = consent.with_user(cls.admin)
        consent._receive(code)
        cls.env.invalidate_all()
        return consent

    @classmethod
    def connect(cls, connection=None, tenant=HARBOUR, user=FINANCE, **values):
        """Connect an organisation through a real consent.

        :param connection: one to (re)authenticate; a new one with `values` if None.
        :return: the connection, in sudo.
        """
        connection = connection or cls.new_connection(**values)
        cls.authorise(connection, [tenant], user).action_save()
        cls.env.invalidate_all()
        assert connection.status == 'connected', connection.status
        return connection

    # === Scheduled work === #

    @classmethod
    def run_cron(cls, cron):
        """Run a scheduled action as the scheduler does."""
        cls.env.flush_all()
        succeeded = cron.sudo().with_user(cls.env.ref('base.user_root')).method_direct_trigger()
        assert succeeded is True, "the scheduled action failed"
        cls.env.invalidate_all()

    @classmethod
    def run_slice(cls, connection, times=1):
        """Run the connection's own scheduled action, several times if one slice cannot do all work."""
        for _time in range(times):
            cls.run_cron(connection.sudo().cron_id)

    def run_token_check(self):
        self.run_cron(self.env.ref('account_xero.ir_cron_check_tokens'))

    # === What users are told === #

    def record_notices(self):
        """Return a list that gets the type and the words of each notice to a user that is not the answer of a button, from now on."""
        notices, users = [], type(self.env['res.users'])
        send = users._bus_send

        def record(user, notification_type, message, **kwargs):
            if notification_type == NOTIFY:
                notices.append((message['type'], message['message']))
            return send(user, notification_type, message, **kwargs)

        self.patch(users, '_bus_send', record)
        return notices

    # === What Xero received === #

    def calls(self, method=None, path=None):
        """Return the sandbox's log, oldest first, of the calls with this method and this start of a path."""
        return [
            call for call in self.sandbox.requests
            if method in (None, call['method']) and (path is None or call['path'].startswith(path))]

    def syncs(self):
        """Return the lines under Syncs of the connection, newest first."""
        return self.env['xero.sync'].sudo().search([('connection_id', '=', self.connection.id)], order='id desc')

    def invoices_in_xero(self, tenant=HARBOUR):
        """Return the invoices and bills that the organisation holds."""
        return list(self.sandbox.organisations[tenant].documents['Invoices'].values())


class XeroCase(SandboxMixin, TransactionCase):
    """For tests that need a company with a currency but no accounting."""

    @classmethod
    def _xero_company(cls):
        cls.env['ir.config_parameter'].set_param('web.base.url', 'http://localhost:8069')
        return cls._currency_company('AUD')

    @classmethod
    def _currency_company(cls, currency, name="Two Sites"):
        currency = cls.env['res.currency'].with_context(active_test=False).search([('name', '=', currency)])
        currency.active = True
        company = cls.env['res.company'].create({'name': name, 'currency_id': currency.id})
        cls.env.user.company_ids += company
        return company


class XeroHttpCase(XeroCase, HttpCase):
    """The same, with a server that a browser or `url_open` reaches."""

    @classmethod
    def _xero_company(cls):
        company = super()._xero_company()
        cls.env['ir.config_parameter'].set_param('web.base.url', cls.base_url())
        return company

    @property
    def callback_path(self):
        return CALLBACK_PATH


class XeroInvoicingCase(SandboxMixin, AccountTestInvoicingCommon):
    """For documents: a company, Australian by default, with its chart of accounts, which is `self.company` and `self.xero_company`."""

    country_code = 'AU'

    @classmethod
    def _xero_company(cls):
        cls.env['ir.config_parameter'].sudo().set_param('web.base.url', 'http://localhost:8069')
        return cls.env.company

    @classmethod
    def _create_company(cls, **create_values):
        company = prepared_companies.take(cls.env, cls.country_code)
        if not company or cls.chart_template or not create_values.keys() <= {'name'}:
            return super()._create_company(**create_values)
        cls.env.user.company_ids = [Command.link(company.id)]
        company.write(create_values)
        return company

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref('account_xero.group_xero_invoice_admin')
