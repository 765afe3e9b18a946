import threading
import time
from ast import literal_eval
from contextlib import contextmanager
from unittest.mock import patch

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.modules.registry import DummyRLock, Registry
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ...models.connection import xero_authorization
from ...tools.crypto import reveal, token_digest
from ..common import ADVISER, HARBOUR, HINTERLAND, XeroCase, clear


@tagged('post_install', '-at_install')
class TestActions(XeroCase):
    """The buttons of a connection."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection = cls.connect().with_user(cls.admin)

    def new_export(self, state='waiting', **values):
        return self.env['xero.export'].sudo().create({
            'connection_id': self.connection.id, 'company_id': self.xero_company.id, 'kind': 'sale_invoice', 'state': state,
            'document_name': "INV/1", **values})

    def test_test_connection(self):
        answer = self.connection.action_test()
        self.assertEqual(answer['params']['type'], 'success')
        self.assertEqual(answer['params']['message'], "Xero answers: Harbour Site AU (AU, AUD).")
        self.assertGreater(self.connection.calls_left, 900)
        self.sandbox.faults.order(kind='503', path='/connections')
        self.assertEqual(self.connection.action_test()['params']['type'], 'danger')
        self.assertEqual(self.connection.status, 'connected')
        self.assertEqual(self.syncs().filtered(lambda sync: sync.run == 'test').mapped('failed'), [1, 0])

    def test_test_connection_renews_a_token_that_xero_ended(self):
        self.sandbox.faults.order(kind='status', status=401, path='/Organisation', body='{"Title": "Unauthorized", "Detail": "TokenExpired"}')
        self.assertEqual(self.connection.action_test()['params']['type'], 'success')

    def test_export_now(self):
        self.assertEqual(self.connection.action_export_now()['params']['message'], "Nothing waits for Harbour.")
        export = self.new_export(next_try_at='2099-01-01')
        action = self.connection.action_export_now()
        self.assertEqual(action['tag'], 'account_xero_follow')
        self.assertEqual(action['params']['export_ids'], export.ids)

    def test_new_connection_starts_without_an_app(self):
        form = Form(self.env['xero.connection'].with_user(self.admin).with_company(self.xero_company))
        form.name = "Harbour"
        form.app_id = self.app
        self.assertEqual(form.save().status, 'draft')

    def test_the_app_opens_the_connection_that_was_begun(self):
        """After a wrong secret, Xero's page leads to the app; a second connection would be one too many."""
        app = self.app.with_user(self.admin)
        self.assertEqual(app.action_connect_organisation().get('context'), {'default_app_id': app.id})
        begun = self.env['xero.connection'].with_user(self.admin).create({'name': "Begun", 'app_id': app.id, 'company_ids': self.xero_company.ids})
        self.assertEqual(app.action_connect_organisation()['res_id'], begun.id)

    def test_refresh_reference_data_is_done_in_the_background(self):
        self.sandbox.requests.clear()
        self.connection.action_refresh_reference()
        self.assertFalse(self.sandbox.requests)
        self.assertEqual(self.connection.reference_progress, "0 of 8 lists read")
        self.run_slice(self.connection)
        self.assertTrue(self.calls('GET', '/api.xro/2.0/Accounts'))
        self.assertFalse(self.connection.reference_progress)

    def test_disconnect(self):
        export = self.new_export('synced', xero_id='11111111-1111-1111-1111-111111111111')
        authorization = self.connection.sudo().authorization_id
        self.sandbox.requests.clear()
        self.env['xero.disconnect'].with_user(self.admin).create({'connection_id': self.connection.id}).action_disconnect()
        self.assertEqual([call['status'] for call in self.calls('DELETE', '/connections/')], [204])
        self.assertEqual([call['status'] for call in self.calls('POST', '/connect/revocation')], [200])
        self.assertEqual(self.connection.status, 'disconnected')
        self.assertIn("Disconnected by xero_admin", self.connection.status_reason)
        self.assertFalse(authorization.exists())
        self.assertTrue(export.exists())
        waiting = self.new_export(**self.env['xero.export']._values_for_status(self.connection))
        self.assertEqual((waiting.state, waiting.wait_code), ('waiting', 'disconnected'))
        # Back again
        self.connect(self.connection.sudo())

    def test_disconnect_leaves_the_chain_to_others(self):
        second = self.connect(name="Hinterland", tenant=HINTERLAND)
        self.connection.sudo()._disconnect()
        self.assertFalse(self.calls('POST', '/connect/revocation'))
        self.assertEqual(second.action_test()['params']['type'], 'success')

    def test_disconnect_when_xero_is_down(self):
        self.sandbox.faults.order(kind='drop_before', path='/connections', times=2)
        with self.assertRaisesRegex(UserError, "still connected there"):
            self.connection.sudo()._disconnect()
        self.assertEqual(self.connection.status, 'connected')
        self.connection.sudo()._disconnect(force=True)
        self.assertEqual(self.connection.status, 'disconnected')

    @mute_logger('odoo.addons.account_xero.models.connection.xero_authorization')
    def test_disconnect_when_xero_refuses(self):
        """A wrong client secret and a missing permission do not mean that access has ended."""
        authorization = self.connection.sudo().authorization_id
        body = '{"Title": "Forbidden", "Status": 403, "Detail": "%s"}'
        self.sandbox.faults.order(kind='status', status=403, path='/connections', body=body % "AuthorizationUnsuccessful")
        with self.assertRaisesRegex(UserError, r"Harbour \(HTTP 403\), so it is still connected there"):
            self.connection.sudo()._disconnect()
        self.app.client_secret = 'fake-secret-mistyped'
        authorization.access_expires_at = fields.Datetime.now()
        self.env.flush_all()
        with self.assertRaisesRegex(UserError, "still connected there"):
            self.connection.sudo()._disconnect()
        self.assertEqual((self.connection.status, self.connection.sudo().authorization_id), ('connected', authorization))

    @mute_logger('odoo.addons.account_xero.models.connection.xero_authorization')
    def test_disconnect_when_access_has_ended(self):
        second = self.connect(name="Hinterland", tenant=HINTERLAND)
        self.sandbox.faults.order(
            kind='status', status=403, path='/connections', body='{"Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"}')
        second._disconnect()
        self.assertEqual(second.status, 'disconnected')
        self.sandbox.access_tokens.clear()      # the token is renewed for the call
        authorization = self.connection.sudo().authorization_id
        self.sandbox.requests.clear()
        with self.env.cr.savepoint() as savepoint:
            self.connection.sudo()._disconnect()
            self.assertEqual([call['status'] for call in self.calls('DELETE', '/connections/')], [401, 204])
            savepoint.rollback()
        self.env.invalidate_all()
        self.sandbox.clock.advance(61 * 24 * 3600)
        authorization.access_expires_at = fields.Datetime.now()
        self.env.flush_all()
        self.connection.sudo()._disconnect()
        self.assertEqual(self.connection.status, 'disconnected')
        self.assertFalse(authorization.exists())

    def test_usage_is_moved_in_one_go(self):
        second = self.connect(name="Hinterland", tenant=HINTERLAND)
        self.assertEqual(self.xero_company.xero_connection_id, self.connection)
        journal = self.env['account.journal'].create({
            'name': "Site", 'type': 'sale', 'code': 'SITE', 'company_id': self.xero_company.id, 'xero_connection_id': self.connection.id})
        wizard = self.env['xero.move.usage'].with_user(self.admin).create({'connection_id': self.connection.id, 'target_id': second.id})
        self.assertEqual((wizard.company_ids, wizard.journal_ids), (self.xero_company, journal))
        wizard.action_move()
        self.assertEqual((self.xero_company.xero_connection_id, journal.xero_connection_id), (second, second))
        self.assertFalse(self.connection.usage_count)

    def test_usage_of_companies_that_are_not_selected_is_moved_too(self):
        branch = self.env['res.company'].sudo().create({
            'name': "Branch", 'parent_id': self.xero_company.id, 'xero_connection_id': self.connection.id})
        second = self.connect(name="Hinterland", tenant=HINTERLAND)
        wizard = self.env['xero.move.usage'].with_user(self.admin).with_context(allowed_company_ids=self.xero_company.ids).create({
            'connection_id': self.connection.id, 'target_id': second.id})
        self.assertEqual((wizard.company_ids, wizard.hidden_count), (self.xero_company, 1))
        with self.assertRaisesRegex(UserError, "no access use Harbour, too"):
            wizard.action_move()
        self.assertEqual((self.xero_company | branch).xero_connection_id, self.connection)
        self.admin.sudo().company_ids += branch
        wizard.action_move()
        self.assertEqual((self.xero_company | branch).xero_connection_id, second)
        self.connection.active = False

    def test_usage_is_moved_for_chosen_ones(self):
        second, none = self.connect(name="Hinterland", tenant=HINTERLAND), self.env['xero.connection']
        branch = self.env['res.company'].sudo().create({
            'name': "Branch", 'parent_id': self.xero_company.id, 'xero_connection_id': self.connection.id})
        stays, goes, elsewhere = self.env['account.journal'].create([
            {'name': name, 'type': 'sale', 'code': name[:5].upper(), 'company_id': self.xero_company.id, 'xero_connection_id': connection.id}
            for name, connection in (("Stays", self.connection), ("Goes", self.connection), ("Elsewhere", none))])
        with Form(self.env['xero.move.usage'].with_user(self.admin).with_context(
                allowed_company_ids=self.xero_company.ids, default_connection_id=self.connection.id)) as form:
            self.assertEqual((form.company_ids.ids, set(form.journal_ids.ids)), (self.xero_company.ids, {stays.id, goes.id}), "all are chosen at first")
            form.company_ids.remove(self.xero_company.id)
            form.journal_ids.remove(stays.id)
            form.journal_ids.add(elsewhere)     # only what uses the connection is moved
            form.with_hidden = False
            form.target_id = second
        form.record.action_move()
        self.assertEqual([journal.xero_connection_id for journal in (stays, goes, elsewhere)], [self.connection, second, none])
        self.assertEqual((self.xero_company | branch).xero_connection_id, self.connection)
        with self.assertRaisesRegex(UserError, "Choose at least one"):
            form.record.action_move()

    def test_delete_is_refused_with_the_reason(self):
        with self.assertRaisesRegex(UserError, "is used by Two Sites"):
            self.connection.unlink()
        self.xero_company.xero_connection_id = False
        self.new_export()
        with self.assertRaisesRegex(UserError, "has exported documents"):
            self.connection.unlink()
        unused = self.new_connection("Unused")
        cron = unused.cron_id
        unused.with_user(self.admin).unlink()
        self.assertFalse(cron.exists())

    def test_details_hold_no_secret(self):
        authorization = self.connection.sudo().authorization_id
        details = self.connection.details
        self.assertIn("Harbour Site AU (AU, AUD)", details)
        self.assertIn(HARBOUR, details)
        for secret in (clear(authorization.access_token_encrypted), 'fake-secret', authorization.access_token_encrypted, authorization.refresh_token_encrypted):
            self.assertNotIn(secret, details)

    def test_statistics(self):
        for number, state in enumerate(('synced', 'synced', 'synced', 'failed', 'waiting', 'uncertain')):
            self.new_export(state, document_name=f"INV/{number}")
        self.assertRecordValues(self.connection, [{'synced_count': 3, 'failed_count': 1, 'waiting_count': 2, 'success_rate': 0.75}])

    def test_waiting_opens_as_many_as_it_counts(self):
        for number, state in enumerate(('synced', 'waiting', 'uncertain', 'sending', 'failed')):
            self.new_export(state, document_name=f"INV/{number}")
        form = etree.fromstring(self.connection.get_view(view_type='form')['arch'])
        [button] = form.xpath("//button[field[@name='waiting_count']]")
        action = self.connection.with_context(**literal_eval(button.get('context'))).action_open_exports()
        search = etree.fromstring(self.env['xero.export'].with_user(self.admin).get_view(view_type='search')['arch'])
        filters = [search.find(f".//filter[@name='{name.removeprefix('search_default_')}']") for name in action['context']]
        shown = Domain.OR(Domain(literal_eval(node.get('domain'))) for node in filters) & Domain(action['domain'])
        self.assertEqual(self.env['xero.export'].with_user(self.admin).search_count(shown), self.connection.waiting_count)

    def test_app_is_only_offered_to_those_who_may_read_it(self):
        for user, links in ((self.billing, False), (self.admin, True)):
            views = {
                name: etree.fromstring(self.connection.with_user(user).get_view(view_type=name)['arch']) for name in ('search', 'form')}
            self.assertEqual(bool(views['search'].xpath("//field[@name='app_id'] | //filter[@name='group_by_app']")), links)
            shown = views['form'].xpath("//field[@name='app_id']")
            self.assertEqual(len(shown), 2)
            for field in shown:
                self.assertEqual('no_open' in field.get('options', ''), not links)

    def test_users_look_but_do_not_touch(self):
        connection = self.connection.with_user(self.billing)
        connection.read(['name', 'status', 'synced_count', 'consent_kind', 'scopes_text', 'details', 'pause_reason'])
        for action in ('action_connect', 'action_test', 'action_export_now', 'action_refresh_reference', 'action_switch_scopes',
                       'action_confirm_production', 'action_forget_request'):
            with self.subTest(action=action), self.assertRaises(AccessError):
                getattr(connection, action)()
        with self.assertRaises(AccessError):
            self.env['xero.disconnect'].with_user(self.billing).create({'connection_id': connection.id})
        with self.assertRaises(AccessError):
            self.env['xero.consent'].with_user(self.billing).search([])
        self.assertEqual(self.env['xero.consent'].with_user(self.billing).count_pending(), 0)

    def test_an_admin_of_another_company_sees_nothing(self):
        stranger = self._new_user(
            'xero_admin_elsewhere', 'account_xero.group_xero_invoice_admin', self._currency_company('AUD', "Elsewhere"))
        self.assertFalse(self.env['xero.connection'].with_user(stranger).search([]))

    def test_the_consent_of_another_person(self):
        consent = self.authorise(self.new_connection("Second"), [HINTERLAND], ADVISER)
        other = self._new_user('xero_admin_2', 'account_xero.group_xero_invoice_admin')
        with self.assertRaises(AccessError):
            consent.with_user(other).action_save()


@tagged('post_install', '-at_install')
class TestRefreshRace(XeroCase):
    """Several processes on one chain, each with a database connection of its own."""

    def setUp(self):
        super().setUp()
        connection = self.connect()
        values = connection.authorization_id.read(['access_token_encrypted', 'refresh_token_encrypted', 'xero_user_id'])[0]
        app = {'client_id': self.app.client_id, 'client_secret': 'fake-secret-demo-app', 'environment': 'sandbox', 'sandbox_url': self.server.url}
        with self.real_cursors(), self.registry.cursor() as cr:
            env = self.env(cr=cr, su=True)
            self.race_app_id = env['xero.app'].create(app).id
            self.race_id = env['xero.authorization'].create({
                'app_id': self.race_app_id, 'xero_user_id': values['xero_user_id'], 'access_expires_at': fields.Datetime.now(),
                'access_token_encrypted': values['access_token_encrypted'], 'refresh_token_encrypted': values['refresh_token_encrypted']}).id

    def tearDown(self):
        with self.real_cursors(), self.registry.cursor() as cr:
            self.env(cr=cr, su=True)['xero.app'].browse(self.race_app_id).unlink()
        super().tearDown()

    @contextmanager
    def real_cursors(self):
        """Leave the test's transaction: changes in this block are committed."""
        self.registry_leave_test_mode()
        try:
            # Odoo's own runner holds the lock while tests run, and the threads need the registry too
            with patch.object(Registry, '_lock', DummyRLock()):
                yield
        finally:
            self.registry_enter_test_mode(register_cleanup=False)

    def get_token(self):
        with self.registry.cursor() as cr:
            authorization = self.env(cr=cr, su=True)['xero.authorization'].browse(self.race_id)
            authorization.read(['access_expires_at'])     # the snapshot of a long transaction
            self.barrier.wait(30)
            self.tokens.append(reveal(authorization._access_token()))

    def test_only_one_renews(self):
        self.barrier, self.tokens = threading.Barrier(4), []
        self.sandbox.requests.clear()
        with self.real_cursors():
            threads = [threading.Thread(target=self.get_token, daemon=True) for _thread in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
        self.assertEqual(len(self.calls('POST', '/connect/token')), 1)
        self.assertEqual(len(self.tokens), 4)
        self.assertEqual(len(set(self.tokens)), 1)

    def test_a_token_that_two_connections_lost_is_renewed_once(self):
        """Xero ends the access token early. The second connection refreshes while its snapshot still shows the first connection's new token."""
        with self.real_cursors():
            with self.registry.cursor() as cr:
                old = self.env(cr=cr, su=True)['xero.authorization'].browse(self.race_id)._access_token()
            self.sandbox.requests.clear()
            tokens = []
            for _connection in range(2):
                with self.registry.cursor() as cr:
                    authorization = self.env(cr=cr, su=True)['xero.authorization'].browse(self.race_id)
                    tokens.append(reveal(authorization._access_token(renew=True, refused=token_digest(old))))
        self.assertEqual(len(self.calls('POST', '/connect/token')), 1)
        self.assertEqual(tokens[0], tokens[1])
        self.assertNotEqual(tokens[0], old)

    def test_a_rollback_of_the_caller_loses_no_pair(self):
        with self.real_cursors():
            with self.registry.cursor() as cr:
                token = reveal(self.env(cr=cr, su=True)['xero.authorization'].browse(self.race_id)._access_token())
                cr.rollback()
            with self.registry.cursor() as cr:
                self.assertEqual(reveal(self.env(cr=cr, su=True)['xero.authorization'].browse(self.race_id)._access_token()), token)
        self.assertEqual(len(self.calls('POST', '/connect/token')), 2)

    def test_a_neighbour_that_takes_too_long(self):
        self.patch(xero_authorization, 'LOCK_WAIT', 0.5)
        with self.real_cursors(), self.registry.cursor() as neighbour, self.registry.cursor() as cr:
            neighbour.execute("SELECT FROM xero_authorization WHERE id = %s FOR UPDATE", [self.race_id])
            authorization = self.env(cr=cr, su=True)['xero.authorization'].browse(self.race_id)
            started = time.monotonic()
            with self.assertRaises(xero_authorization.XeroRetryable) as refusal, mute_logger('odoo.sql_db'):
                authorization._access_token()
            self.assertEqual(refusal.exception.retry_after, 60)
            self.assertLess(time.monotonic() - started, 5)
