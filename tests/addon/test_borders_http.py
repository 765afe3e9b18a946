from odoo.tests import JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import XeroHttpCase

ACCESS, USER = 'odoo.exceptions.AccessError', 'odoo.exceptions.UserError'


@tagged('post_install', '-at_install')
class TestBordersOverHttp(XeroHttpCase):
    """The methods that a program can call instead of a browser, in each role."""

    def setUp(self):
        super().setUp()
        self.connection = self.connect()
        self.export = self.env['xero.export'].sudo().create({
            'connection_id': self.connection.id, 'company_id': self.xero_company.id, 'kind': 'sale_invoice', 'state': 'waiting',
            'document_name': "INV/1"})
        self.portal = new_test_user(self.env, 'xero_portal', 'base.group_portal')
        other = self._currency_company('AUD', "Elsewhere")
        self.stranger = self._new_user('xero_stranger', 'account.group_account_manager,account_xero.group_xero_invoice_admin', other)

    def call(self, user, model, method, *args, **kwargs):
        self.authenticate(user.login, user.login)
        with mute_logger('odoo.http'):
            return self.make_jsonrpc_request(f'/web/dataset/call_kw/{model}/{method}', {
                'model': model, 'method': method, 'args': list(args), 'kwargs': kwargs})

    def assert_refused(self, error, *call, **kwargs):
        with self.assertRaises(JsonRpcException) as refusal:
            self.call(*call, **kwargs)
        self.assertEqual(str(refusal.exception), error)

    def test_fields_that_nobody_edits(self):
        for values in ({'tenant_id': 'another'}, {'status': 'connected'}, {'contact_prefix': 'OD-'}):
            with self.subTest(values=values):
                self.assert_refused(ACCESS, self.admin, 'xero.connection', 'write', self.connection.ids, values)
                self.assert_refused(ACCESS, self.admin, 'xero.connection', 'web_save', self.connection.ids, values, specification={})
        self.assertTrue(self.call(self.admin, 'xero.connection', 'write', self.connection.ids, {'name': "Harbour 2"}))

    def test_strangers(self):
        ids = self.export.ids
        for user in (self.portal, self.stranger):
            for model, method, args in (
                ('xero.connection', 'action_test', [self.connection.ids]), ('xero.connection', 'action_export_now', [self.connection.ids]),
                ('xero.connection', 'action_refresh_reference', [self.connection.ids]), ('xero.connection', 'action_post_day', [self.connection.ids]),
                ('xero.connection', 'action_connect', [self.connection.ids]), ('xero.connection', 'action_forget_request', [self.connection.ids]),
                ('xero.export', 'action_resync', [ids]), ('xero.export', 'action_link_it', [ids]), ('xero.export', 'action_keep_xeros', [ids]),
                ('xero.export', 'action_open_candidate', [ids]), ('xero.export', 'action_ask', [ids]), ('xero.export', 'action_entered_in_xero', [ids]),
                ('xero.disconnect', 'create', [{'connection_id': self.connection.id}]),
                ('xero.check', 'create', [{'connection_id': self.connection.id}]),
            ):
                with self.subTest(user=user.login, method=f'{model}.{method}'):
                    self.assert_refused(ACCESS, user, model, method, *args)
        self.assertEqual(self.call(self.stranger, 'xero.export', 'get_progress', ids)['total'], 0)
        self.assert_refused(ACCESS, self.portal, 'xero.export', 'get_progress', ids)
        self.assert_refused(ACCESS, self.portal, 'xero.export', 'retrieve_tiles')
        self.assertEqual(self.call(self.portal, 'xero.consent', 'count_pending'), 0)

    def test_what_is_no_id(self):
        for ids in (["1"], "all", [[1]]):
            self.assert_refused(USER, self.billing, 'xero.export', 'get_progress', ids)
            self.assert_refused(USER, self.billing, 'xero.export', 'tell_me_when_done', ids)
        self.assertEqual(self.call(self.billing, 'xero.export', 'get_progress', self.export.ids)['waiting'], 1)
