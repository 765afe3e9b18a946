from datetime import datetime, timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .export_common import XeroExportCase


@tagged('post_install', '-at_install')
class TestSyncList(XeroExportCase):
    """The list of syncs: what each did, and which documents it was about."""

    def last_sync(self):
        self.env.invalidate_all()
        return self.syncs().filtered(lambda sync: sync.run == 'export')[:1]

    def sync_of(self, **values):
        return self.env['xero.sync'].sudo().create({'connection_id': self.connection.id, 'run': 'export', 'start_at': datetime(2026, 11, 2, 9), **values})

    def documents_of(self, sync, user=None):
        action = sync.with_user(user or self.billing).action_open_documents()
        return self.env[action['res_model']].with_user(user or self.billing).search(action['domain'])

    def fail_and_succeed(self):
        """Post two invoices that Xero takes, and one with an account that nobody has decided."""
        account = self.copy_account(self.company_data['default_account_revenue'], {'name': "Fees"})
        good, bad = self.documents(2), self.document('out_invoice', {'account_id': account.id})
        self.run_slice(self.connection)
        self.assertEqual(self.states(good | bad), ['synced', 'synced', 'failed'])
        return good, bad

    def test_status_says_what_came_of_it(self):
        end = {'end_at': datetime(2026, 11, 2, 9, 1, 5)}
        for values, status in (
            ({}, 'running'), ({'error': "Xero did not answer"}, 'running'),
            ({**end}, 'succeeded'), ({**end, 'done': 5}, 'succeeded'),
            ({**end, 'done': 5, 'failed': 1}, 'partly'), ({**end, 'done': 5, 'error': "Xero did not answer"}, 'partly'),
            ({**end, 'failed': 1}, 'failed'), ({**end, 'error': "Xero did not answer"}, 'failed'),
        ):
            with self.subTest(values=values):
                self.assertEqual(self.sync_of(**values).state, status)
        self.assertEqual(self.sync_of(**end).duration, 65)

    def test_sync_of_a_person_names_that_person(self):
        self.document()
        self.connection.with_user(self.admin).action_export_now()
        self.run_slice(self.connection)
        self.assertRecordValues(self.last_sync(), [{'sync_type': 'manual', 'user_id': self.admin.id, 'state': 'succeeded', 'done': 1}])
        self.document()
        self.run_slice(self.connection)
        self.assertRecordValues(self.last_sync(), [{'sync_type': 'automatic', 'user_id': False, 'state': 'succeeded', 'done': 1}])

    def test_sync_now_that_only_finds_names_its_person(self):
        unanswered = self.document()
        self.sandbox.faults.order(kind='drop_after', method='PUT', path='/Invoices')
        self.run_slice(self.connection)
        self.assertEqual(self.states(unanswered), ['uncertain'])
        self.let_time_pass(minutes=10)
        self.connection.with_user(self.admin).action_export_now()
        self.run_slice(self.connection)
        self.assert_once(unanswered)
        self.assertRecordValues(self.last_sync(), [{'sync_type': 'manual', 'user_id': self.admin.id, 'state': 'succeeded', 'done': 1}])

    def test_sync_now_that_is_held_back_names_its_person(self):
        self.document()
        self.connection.with_user(self.admin).action_export_now()
        self.connection.sudo().reference_read_at = False
        self.sandbox.faults.order(kind='429_minute', method='GET', path='/Organisation', retry_after=30)
        self.run_slice(self.connection)
        self.assertRecordValues(self.last_sync(), [{'sync_type': 'manual', 'user_id': self.admin.id, 'state': 'succeeded', 'done': 0}])

    def test_pace_and_limits_of_xero_are_no_failure(self):
        for kind in ('429_minute', '429_day'):
            with self.subTest(kind):
                move = self.document()
                self.sandbox.faults.order(kind=kind, method='PUT', path='/Invoices', retry_after=30)
                self.run_slice(self.connection)
                self.assertEqual(self.states(move), ['waiting'])
                sync = self.last_sync()
                self.assertRecordValues(sync, [{'state': 'succeeded', 'failed': 0, 'error': False, 'reason': False}])
                self.assertTrue(sync.note)
                self.assertTrue(self.connection.calls_left_today)
                if kind == '429_day':
                    self.assertEqual(self.connection.calls_left_today, '0', "whatever the answers before said")
                self.let_time_pass(days=2)
                self.env.invalidate_all()
                self.assertNotEqual(self.connection.calls_left_today, '0', "there are new ones")
                self.run_slice(self.connection)
                self.assert_once(move)

    def test_number_of_failures_is_that_of_the_list(self):
        self.fail_and_succeed()
        sync = self.last_sync()
        self.documents(2)
        self.connection.sudo()._set_status('reauthenticate', "The access has ended.")
        sync._note_failures(sync.start_at - timedelta(minutes=5))
        self.assertEqual(sorted((failure.cause, failure.document_count) for failure in sync.failure_ids), [('account', 1), ('connection', 2)])
        self.assertEqual(sync.failed, 3)
        sync.error = "The access has ended."
        self.assertIn("Account: 1", sync.reason)

    def test_documents_of_a_sync(self):
        good, bad = self.fail_and_succeed()
        sync = self.last_sync()
        self.assertEqual((sync.state, sync.done, sync.failed, sync.reason), ('partly', 2, 1, "Account: 1"))
        self.assertEqual(self.documents_of(sync), (good | bad).xero_export_ids)
        sync.write({'start_at': sync.start_at - timedelta(hours=2), 'end_at': sync.end_at - timedelta(hours=1)})
        self.assertEqual(self.documents_of(sync), bad.xero_export_ids, "of another time, but the one that failed in it")

    def test_failure_stays_after_the_document_was_sent_again(self):
        _good, bad = self.fail_and_succeed()
        sync = self.last_sync()
        self.map_account(bad.invoice_line_ids.account_id, '200')
        self.run_slice(self.connection)
        self.assert_once(bad)
        self.env.invalidate_all()
        self.assertEqual((sync.failure_ids.cause, sync.failure_ids.export_ids), ('account', bad.xero_export_ids))

    def test_failures_are_counted_by_day_and_cause(self):
        self.fail_and_succeed()
        self.partner_b.name = "\u200b"
        self.documents(2, partner_id=self.partner_b.id)
        self.run_slice(self.connection, times=2)     # on a busy machine, one slice has not the time
        counts = self.env['xero.sync.failure'].with_user(self.billing)._read_group(
            [('connection_id', '=', self.connection.id)], ['start_at:day', 'cause'], ['document_count:sum'])
        self.assertEqual(sorted((cause, count) for _day, cause, count in counts), [('account', 1), ('contact', 2)])

    def test_document_that_fails_twice_in_a_sync_counts_once(self):
        _good, bad = self.fail_and_succeed()
        bad.xero_export_ids._requeue(by_hand=False)
        self.run_slice(self.connection)
        self.assertEqual([(failure.cause, failure.document_count) for failure in self.last_sync().failure_ids], [('account', 1)])

    def test_an_outage_is_a_failed_sync(self):
        self.document()
        self.sandbox.faults.order(kind='503', method='PUT', path='/Invoices', times=1)
        self.run_slice(self.connection)
        self.assertEqual((self.last_sync().state, bool(self.last_sync().reason)), ('failed', True))

    def test_users_of_other_companies_see_nothing_of_it(self):
        self.fail_and_succeed()
        other = self._new_user('xero_elsewhere', 'account.group_account_invoice', self._other_company())
        for model in ('xero.sync', 'xero.sync.failure'):
            self.assertTrue(self.env[model].with_user(self.billing).search([]))
            self.assertFalse(self.env[model].with_user(other).search([]))
        with self.assertRaises(AccessError):
            self.last_sync().with_user(other).action_open_documents()

    def _other_company(self):
        return self.env['res.company'].create({'name': "Elsewhere"})
