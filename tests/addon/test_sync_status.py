import base64
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import HINTERLAND, clear
from .export_common import XeroExportCase
from .payment_in_common import XeroPaymentInCase


class SyncStatusCase(XeroExportCase):
    """A connection whose syncs are made up, so that their numbers are known."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.env['xero.sync'].sudo().search([('connection_id', '=', cls.connection.id)]).unlink()

    def sync(self, connection=None, days=0, **values):
        start = fields.Datetime.now() - timedelta(days=days)
        return self.env['xero.sync'].sudo().create({
            'connection_id': (connection or self.connection).id, 'run': 'export', 'start_at': start, 'end_at': start, 'done': 1, **values})

    def status(self, user=None):
        self.env.invalidate_all()
        return self.connection.with_user(user or self.billing)

    def wait(self, count=1, **values):
        """Queue documents that are not sent yet."""
        exports = self.documents(count).xero_export_ids.sudo()
        exports.write(values)
        return exports


@tagged('post_install', '-at_install')
class TestSyncStatus(SyncStatusCase):

    def test_rates_of_three_periods(self):
        self.assertRecordValues(self.status(), [{'sync_count': 0, 'sync_rate': 0}])
        for days, values in ((0, {}), (1, {}), (2, {'failed': 1}), (20, {}), (25, {'done': 0, 'failed': 1}), (90, {}), (0, {'end_at': False})):
            self.sync(days=days, **values)
        self.assertRecordValues(self.status(), [{
            'sync_count_7': 3, 'sync_rate_7': 2 / 3, 'sync_count_30': 5, 'sync_rate_30': 3 / 5, 'sync_count': 6, 'sync_rate': 4 / 6}])

    def test_totals_of_all_connections(self):
        other = self.connect(name="Hinterland", tenant=HINTERLAND)
        self.env['xero.sync'].sudo().search([('connection_id', '=', other.id)]).unlink()
        self.sync()
        self.sync(other, failed=1)
        self.wait(2)
        self.connection.sudo().last_success_at = fields.Datetime.now()
        totals = self.env['xero.connection'].with_user(self.billing).retrieve_sync_totals([])
        self.assertEqual({name: totals[name] for name in ('syncs', 'rate', 'rate_7', 'waiting', 'failed')}, {
            'syncs': 2, 'rate': 0.5, 'rate_7': 0.5, 'waiting': 2, 'failed': 0})
        self.assertTrue(totals['last_success_at'])
        self.assertEqual(self.env['xero.connection'].with_user(self.billing).retrieve_sync_totals([('id', '=', other.id)])['syncs'], 1)

    def test_totals_of_no_domain(self):
        for domain in (7, [('name',)], "x"):
            with self.subTest(domain=domain), self.assertRaises(UserError):
                self.env['xero.connection'].with_user(self.billing).retrieve_sync_totals(domain)

    def test_oldest_waiting_document(self):
        first, second = self.wait(2)
        self.assertEqual(self.status().oldest_waiting_id, first)
        self.env.cr.execute("UPDATE xero_export SET xero_id = 'x', write_date = NOW() + INTERVAL '1 minute' WHERE id = %s", [first.id])
        self.assertEqual(self.status().oldest_waiting_id, second, "a change waits since it was made, not since the document was queued")

    def test_numbers_are_those_of_the_users_companies(self):
        self.wait(2)
        other = self.env['res.company'].create({'name': "Elsewhere", 'currency_id': self.xero_company.currency_id.id})
        self.connection.sudo().company_ids += other
        user = self._new_user('xero_elsewhere', 'account.group_account_invoice', other)
        self.assertRecordValues(self.status(), [{'waiting_count': 2}])
        self.assertRecordValues(self.status(user), [{'waiting_count': 0, 'oldest_waiting_id': False, 'forecast': False}])

    def test_queries_do_not_grow_with_the_connections(self):
        names = [
            'sync_rate', 'sync_rate_7', 'failed_count', 'waiting_count', 'different_count', 'forecast', 'oldest_waiting_id', 'calls_left_today',
            'next_renewal_at']

        def queries(connections):
            self.env.flush_all()
            self.env.invalidate_all()
            connections = connections.with_user(self.billing)
            connections.mapped('name')
            before = self.env.cr.sql_log_count
            connections.web_read({name: {} for name in names})
            return self.env.cr.sql_log_count - before

        self.wait()
        others = self.env['xero.connection'].union(*(self.new_connection(f"Site {number}") for number in range(5)))
        for connection in others:
            self.sync(connection)
        queries(self.connection)      # what is read once, such as rights
        alone, together = queries(self.connection), queries(self.connection | others)
        self.assertLessEqual(together, alone + 2)

    def test_only_invoice_admins_sync_now(self):
        self.wait()
        action = self.connection.with_user(self.admin).action_export_now()
        self.assertEqual(action['tag'], 'account_xero_follow')
        for user, shown in ((self.admin, True), (self.billing, False)):
            arch = self.connection.with_user(user).get_view(self.env.ref('account_xero.xero_sync_status_view_kanban').id)['arch']
            self.assertEqual('action_export_now' in arch, shown)

    # === Details for support === #

    def details(self, user=None, **values):
        support = self.env['xero.support'].with_user(user or self.billing).create({'connection_id': self.connection.id, **values})
        return support, support.details

    def test_says_what_support_needs(self):
        self.partner_a.write({'name': "Coastal Joinery", 'email': 'joiner@example.com'})
        account = self.copy_account(self.company_data['default_account_revenue'], {'name': "Fees"})
        self.document()
        self.document('out_invoice', {'account_id': account.id})
        self.connection.with_user(self.admin).action_export_now()
        self.run_slice(self.connection)
        self.sync(error="The access that finance@example.com gave has ended at Xero.", done=0)
        self.env['xero.feed']._ask(self.connection)
        _support, details = self.details(description="Nothing arrives")
        for words in (
            "Nothing arrives", self.env.cr.dbname, "Odoo: 19", "account_xero/19", "PostgreSQL: ", "Python: 3", "Status: connected",
            "account, sale_invoice: 1 documents", "export, manual: partly", "The access that …@… gave has ended",
        ):
            self.assertIn(words, details)
        self.assertNotRegex(details, r'\d\d:\d\d:\d\d\.\d', "seconds are exact enough")

    def test_says_nothing_secret_or_personal(self):
        self.partner_a.write({'name': "Coastal Joinery", 'email': 'joiner@example.com'})
        self.document('out_invoice', {'name': "Kitchen for the Millers"})
        self.run_slice(self.connection)
        request = self.env['xero.request'].sudo().search([('connection_id', '=', self.connection.id)])
        self.assertIn("Kitchen for the Millers", ''.join(request.mapped('body')))
        self.sandbox.faults.order(kind='503', method='PUT', path='/Invoices', times=1)
        self.document()
        self.run_slice(self.connection)
        _support, details = self.details(self.admin)
        authorization = self.connection.sudo().authorization_id
        for secret in (
            clear(authorization.access_token_encrypted), clear(authorization.refresh_token_encrypted), authorization.access_token_encrypted,
            clear(self.app.sudo().client_secret_encrypted), 'fake-secret', '@example.com', "Kitchen", "Coastal Joinery", self.admin.name,
        ):
            self.assertNotIn(secret, details)

    def test_documents_of_the_users_companies(self):
        account = self.copy_account(self.company_data['default_account_revenue'], {'name': "Fees"})
        failed = self.document('out_invoice', {'account_id': account.id})
        self.sandbox.faults.order(kind='503', method='PUT', path='/Invoices', times=1)
        self.document()
        self.run_slice(self.connection)
        other = self.env['res.company'].create({'name': "Elsewhere", 'currency_id': self.xero_company.currency_id.id})
        self.connection.sudo().company_ids += other
        elsewhere = self._new_user('xero_elsewhere', 'account.group_account_invoice', other)
        for user, shown in ((self.billing, True), (elsewhere, False)):
            self.env.invalidate_all()
            details = self.details(user)[1]
            for words in ("account, sale_invoice: 1 documents", "HTTP 503", "1 failed, 1 waiting"):
                self.assertEqual(words in details, shown, words)
        self.assertTrue(failed)

    def test_does_not_name_who_changed_the_app(self):
        self.app.with_user(self.admin).client_id = 'OTHER'
        self.assertIn("client ID or the address of the app", self.details()[1])
        self.assertNotIn(self.admin.name, self.details()[1])
        self.assertIn(self.admin.name, ' '.join(self.connection.sudo().message_ids.mapped('body')), "the history does")

    def test_does_not_name_who_disconnected(self):
        self.connection.with_user(self.admin).sudo()._disconnect(force=True)
        self.assertIn(self.admin.name, self.connection.sudo().status_reason)
        self.assertNotIn(self.admin.name, self.details()[1])

    def test_download(self):
        support, details = self.details()
        self.assertIn(f'/web/content/xero.support/{support.id}/file', support.action_download()['url'])
        self.assertEqual(base64.b64decode(support.file).decode(), details)
        self.assertTrue(support.file_name.endswith('.txt'))

    def test_connection_of_another_company_is_refused(self):
        other = self.env['res.company'].create({'name': "Elsewhere"})
        user = self._new_user('xero_elsewhere', 'account.group_account_invoice', other)
        with self.assertRaisesRegex(Exception, "(?i)access|allowed|exist"):
            self.details(user)


@tagged('post_install', '-at_install')
class TestSyncNow(XeroPaymentInCase):

    def test_sync_now_also_reads_what_changed_in_xero(self):
        invoice = self.document()
        self.run_slice(self.connection)
        self.pay(invoice, 100)
        action = self.connection.with_user(self.admin).action_export_now()
        self.assertIn("What changed in Xero is being read", action['params']['message'])
        for position in self.env['xero.feed.position'].sudo().search([('connection_id', '=', self.connection.id)]):
            position.read_at -= timedelta(seconds=1)
        self.run_slice(self.connection)
        [sync] = self.syncs().filtered(lambda sync: sync.run == 'incoming' and sync.by_hand)
        self.assertEqual((sync.state, sync.sync_type, sync.user_id), ('succeeded', 'manual', self.admin))
        self.assertEqual(self.residual(invoice), 0)


@tagged('post_install', '-at_install')
class TestForecast(SyncStatusCase):

    def setUp(self):
        super().setUp()
        self.connection = self.connection.with_context(tz='UTC')
        self.connection.sudo().write({'calls_left': 900, 'calls_left_at': '2026-11-02 09:00:00', 'pace': [], 'calls_plenty_at': False})

    def words(self, waiting, pace=None, moving=None):
        self.env.invalidate_all()
        with freeze_time('2026-11-02 09:00:00'):
            self.connection.waiting_count = waiting      # computed and not stored: kept in the cache
            return self.connection._forecast_words(waiting if moving is None else moving, pace)

    def test_by_the_limit_of_a_minute(self):
        # 25 calls at 58 a minute
        self.assertEqual(self.words(1240), "1,240 waiting, done within a minute")
        self.assertEqual(self.words(29_000), "29,000 waiting, done about 9:10\u202fAM")

    def test_what_a_first_sync_holds_does_not_move(self):
        self.wait(3)
        self.assertIn("3 waiting, done", self.status().forecast)
        self.connection.sudo().first_sync_id = self.env['xero.first.sync'].sudo().create({
            'connection_id': self.connection.id, 'date_from': '2026-01-01', 'date_to': '2026-12-31'})
        self.assertIn("3 waiting for something else", self.status().forecast)
        self.document(invoice_date='2027-01-05', date='2027-01-05')
        self.assertIn("4 waiting, done", self.status().forecast)

    def test_by_the_measured_pace(self):
        self.assertEqual(self.words(1240, (10, 6)), "1,240 waiting, done about 9:12\u202fAM")

    def test_tomorrow_when_the_days_calls_end(self):
        self.assertEqual(self.words(50_000), "50,000 waiting, done tomorrow: today's calls do not suffice")
        self.assertIn("11/04/2026", self.words(100_000))

    def test_after_a_pause(self):
        self.connection.sudo().write({'resume_at': '2026-11-02 10:00:00', 'resume_reason': 'minute'})
        self.assertEqual(self.words(10), "10 waiting, done about 10:00\u202fAM")

    def test_after_a_pause_for_the_day(self):
        """The calls of the new day are there when it begins."""
        self.connection.sudo().write({'resume_at': '2026-11-03 00:00:00', 'resume_reason': 'day', 'calls_left': 0})
        self.assertEqual(self.words(10), "10 waiting, done about 11/03/2026 12:00\u202fAM")
        self.assertIn("done about 11/04/2026, because of Xero's limit", self.words(100_000))

    def test_what_does_not_move(self):
        self.assertFalse(self.words(0))
        self.assertIn("such as an approval", self.words(3, moving=0))
        self.connection.sudo()._set_status('paused', "it is a copy")
        self.assertEqual(self.words(3), "3 waiting until the connection works")

    def test_pace_of_large_syncs_only(self):
        self.sync(done=1, calls=1, duration=1)
        start = datetime(2026, 11, 1, 12)
        with freeze_time('2026-11-02 09:00:00'):
            self.sync(start_at=start, end_at=start + timedelta(seconds=60), done=500, calls=20)
            self.env.flush_all()
            self.assertEqual(self.connection._measured_paces(), {self.connection.id: (25, 3)})
