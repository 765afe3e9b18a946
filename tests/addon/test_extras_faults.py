from unittest.mock import patch

from odoo.tests import tagged

from ...const import CALLS_KEPT, FILE_BYTES
from ..common import HARBOUR
from ..sandbox.sandbox_common import CLIENT_ID
from .extras_common import API, XeroExtrasCase


@tagged('post_install', '-at_install')
class TestExtrasFaults(XeroExtrasCase):
    """After every failure of files and notes, documents are correct in Xero and nothing is there twice."""

    def assert_synced(self, move):
        self.env.invalidate_all()
        export = move.xero_export_ids
        self.assertEqual((export.state, export.cause, export.message, export.difference), ('synced', False, False, False))

    def recover(self, times=3, **delta):
        for _time in range(times):
            self.let_time_pass(**(delta or {'minutes': 2}))
            self.run_slice(self.connection)

    # === THE LINE BREAKS === #

    def test_files_of_unknown_outcome_are_sent_again(self):
        self.permit()
        for kind in ('500_before', '500_after', 'drop_before', 'drop_after', '503', 'cut', 'malformed'):
            with self.subTest(kind=kind):
                move, export = self.synced()
                self.attach(move)
                self.sandbox.faults.order(kind=kind, method='PUT', path='/Invoices')
                self.run_slice(self.connection)
                self.assert_synced(move)
                self.assertEqual(self.extras(move).state, 'waiting')
                self.assertIn("scan.pdf", export.extra_warning)
                self.assertEqual(export.explanation, export.extra_warning)
                self.assertFalse(self.connection.resume_at, "documents are not held back")
                self.recover()
                self.assertEqual((self.extras(move).state, export.extra_warning), ('done', False))
                self.assertEqual(list(self.files_of(move)), ["scan.pdf"])

    def test_notes_are_never_there_twice(self):
        self.connection.sends_note = True
        for kind in ('500_before', '500_after', 'drop_before', 'drop_after', '503', 'cut', 'malformed'):
            for later in (0, 400):
                with self.subTest(kind=kind, later=later):
                    self.sandbox.faults.order(kind=kind, method='PUT', path='/Invoices/')
                    move, _export = self.synced()
                    self.assertEqual(self.extras(move).state, 'waiting')
                    self.sandbox.clock.advance(later)
                    self.recover(minutes=10 if later else 2)
                    self.assertEqual(self.extras(move).state, 'done')
                    self.assertEqual(len(self.notes_of(move)), 1)
                    self.assert_synced(move)

    def test_what_cannot_be_looked_up_is_not_sent_blindly(self):
        self.connection.sends_note = True
        for kind, times in (('500_before', 2), ('429_minute', 2), ('status', 1)):
            with self.subTest(kind=kind):
                self.sandbox.faults.order(kind='drop_after', method='PUT', path='/Invoices/')
                move, _export = self.synced()
                self.sandbox.faults.order(
                    kind=kind, method='GET', path='/Invoices/', times=times, status=403, body='{"Title": "Forbidden", "Detail": "Not you"}')
                self.sandbox.clock.advance(400)
                self.recover(2, minutes=10)
                self.assertNotEqual(self.extras(move).state, 'done')
                self.extras(move).action_try_again()
                self.recover(3, minutes=10)
                self.assertEqual((self.extras(move).state, len(self.notes_of(move)), len(self.sent('History'))), ('done', 1, 0), self.extras(move).details)

    def test_error_that_xero_repeats_under_the_same_key_is_left_behind(self):
        self.connection.sends_note = True
        self.sandbox.faults.order(kind='500_before', method='PUT', path='/Invoices/', sticky=True, times=2)
        move, _export = self.synced()
        self.sandbox.clock.advance(400)
        self.recover(5, minutes=10)
        self.assertEqual(len(self.notes_of(move)), 1)

    def test_killed_between_the_commit_and_the_answer(self):
        self.permit()
        self.connection.sends_note = True
        move = self.document()
        self.attach(move)
        self.run_slice(self.connection)
        self.assertEqual(set(self.extras(move).mapped('state')), {'done'})
        # as the freezing commit left them
        self.extras(move).sudo().write({'state': 'waiting', 'is_uncertain': True, 'xero_id': False, 'done_at': False})
        self.let_time_pass(minutes=10)
        self.run_slice(self.connection)
        self.assertEqual(set(self.extras(move).mapped('state')), {'done'})
        self.assertEqual((len(self.notes_of(move)), len(self.files_of(move))), (1, 1))

    def test_pauses_grow_and_hold_up_no_document(self):
        self.permit()
        move, _export = self.synced()
        self.attach(move, "one.pdf")
        self.attach(move, "two.pdf")
        self.sandbox.faults.order(kind='500_before', method='PUT', path='/Invoices/', times=50)
        pauses = []
        for _time in range(4):
            self.sandbox.requests.clear()
            self.run_slice(self.connection, times=2)
            self.assertEqual(len(self.sent('Attachments')), 1, "after one failure, files pause")
            self.env.invalidate_all()
            pauses.append(round((self.connection.extras_resume_at - self.now()).total_seconds() / 60))
            self.let_time_pass(minutes=pauses[-1] + 1)
        self.assertEqual(pauses, [1, 2, 5, 15])
        other = self.document()
        self.run_slice(self.connection)
        self.assert_once(other)
        self.sandbox.faults.clear()
        self.recover(3, hours=1)
        self.assertEqual(len(self.files_of(move)), 2)
        self.assertFalse(self.connection.extras_failures)

    def test_by_hand_at_once(self):
        self.permit()
        move, _export = self.synced()
        self.attach(move)
        self.sandbox.faults.order(kind='500_before', method='PUT', path='/Invoices/')
        self.run_slice(self.connection)
        self.extras(move).with_user(self.billing).action_try_again()
        self.run_slice(self.connection)
        self.assertEqual(len(self.files_of(move)), 1)

    # === LIMITS === #

    def test_minute_and_day_limits_hold_the_connection_and_lose_nothing(self):
        self.permit()
        for kind, reason in (('429_minute', 'minute'), ('429_day', 'day')):
            with self.subTest(kind=kind):
                move, export = self.synced()
                self.attach(move)
                self.sandbox.faults.order(kind=kind, method='PUT', path='/Invoices/')
                self.run_slice(self.connection)
                self.assertEqual(self.connection.resume_reason, reason)
                self.assertEqual((self.extras(move).state, export.extra_warning), ('waiting', False))
                self.assert_synced(move)
                self.recover(2, days=2)     # on a busy machine, one slice may have no time left after the lists of two days
                self.assertEqual(len(self.files_of(move)), 1)

    def use_calls(self, left, limit):
        limits = self.sandbox.limits
        limits.enabled, limits.minute, limits.day = True, 10_000, limit
        limits.use(self.sandbox.apps[CLIENT_ID], HARBOUR, limit - left)

    def test_a_fifth_of_the_days_calls_is_kept(self):
        self.permit()
        for limit in (1000, 5000):
            with self.subTest(limit=limit):
                self.use_calls(limit, limit)
                move, _export = self.synced()
                for number in range(6):
                    self.attach(move, f'{number}.txt')
                kept = int(limit * CALLS_KEPT)
                self.use_calls(kept + 4, limit)
                self.run_slice(self.connection, times=3)
                self.assertEqual(len(self.files_of(move)), 4)
                self.assertEqual(self.connection.calls_left, kept)
                self.assertIn("are reserved for documents", self.connection.extras_notice)
                other = self.document()
                self.run_slice(self.connection)
                self.assert_once(other)
                self.assertEqual(len(self.files_of(move)), 4)
                self.use_calls(limit, limit)
                self.document()
                self.run_slice(self.connection)
                self.assertEqual(len(self.files_of(move)), 6)
                self.assertFalse(self.connection.extras_notice)

    def test_after_a_day_the_calls_are_there_again(self):
        self.permit()
        move, _export = self.synced()
        self.attach(move)
        self.connection.write({'calls_left': 3, 'calls_left_at': self.now()})
        self.run_slice(self.connection)
        self.assertFalse(self.files_of(move))
        self.env.cr.execute("UPDATE xero_connection SET calls_left_at = calls_left_at - interval '25 hours'")
        self.env.invalidate_all()
        self.run_slice(self.connection)
        self.assertEqual(len(self.files_of(move)), 1)

    # === REFUSED === #

    def test_too_large_and_empty_files_stay_here(self):
        self.permit()
        move, export = self.synced()
        self.attach(move, "large.pdf", b'x' * (FILE_BYTES + 1))
        self.attach(move, "empty.txt", b'')
        self.attach(move, "good.txt", b'x' * FILE_BYTES)
        self.run_slice(self.connection)
        self.assertEqual(list(self.files_of(move)), ["good.txt"])
        for words in ("large.pdf", "10.0 MB", "empty.txt", move.name):
            self.assertIn(words, export.extra_warning)
        self.sandbox.requests.clear()
        self.let_time_pass(days=1)
        self.sweep()
        self.assertFalse(self.sent('Attachments'), "not retried")
        self.assert_synced(move)

    def test_a_file_after_ten(self):
        """Ten files were sent one by one, so Xero has no place for an archive either."""
        self.permit()
        move, export = self.synced()
        for number in range(10):
            self.attach(move, f'{number}.txt')
        self.run_slice(self.connection, times=2)
        self.attach(move, '10.txt')
        self.sweep()
        self.assertEqual(len(self.files_of(move)), 10)
        self.assertEqual(len(self.sent('Attachments')), 10)
        self.assertIn("10.txt", export.extra_warning)
        # somebody removes one in Xero
        self.sandbox.organisations[HARBOUR].attachments[export.xero_id].pop()
        self.extras(move).filtered(lambda extra: extra.state == 'refused').with_user(self.billing).action_try_again()
        self.run_slice(self.connection)
        self.assertIn("10.txt", self.files_of(move))

    def test_files_that_people_added_in_xero_count(self):
        self.permit()
        move, export = self.synced()
        held = self.sandbox.organisations[HARBOUR].attachments[export.xero_id]
        held += [{'AttachmentID': f'fake-{number}', 'FileName': f'{number}.pdf'} for number in range(10)]
        self.attach(move)
        self.run_slice(self.connection, times=2)
        self.assertIn("A maximum of 10 files", export.extra_warning)
        self.assertEqual((self.extras(move).state, len(self.sent('Attachments'))), ('refused', 1))
        self.assert_synced(move)

    def test_document_that_is_gone_in_xero(self):
        self.permit()
        self.connection.sends_note = True
        move, export = self.synced()
        self.attach(move)
        del self.sandbox.organisations[HARBOUR].documents['Invoices'][export.xero_id]
        self.run_slice(self.connection)
        self.assertIn("cannot be found", export.extra_warning)
        self.assert_synced(move)

    def test_one_that_cannot_be_prepared_stops_no_other(self):
        self.permit()
        broken, good = self.synced()[0], self.synced()[0]
        self.attach(broken)
        self.sandbox.faults.order(kind='500_before', method='PUT', path='/Invoices/')
        self.run_slice(self.connection)
        self.assertEqual(self.extras(broken).state, 'waiting')
        freeze = self.registry['xero.extra']._freeze

        def freeze_or_fail(extra):
            if extra.export_id.move_id == broken:
                raise KeyError('export')
            return freeze(extra)

        self.attach(good)
        self.let_time_pass(hours=1)
        with patch.object(self.registry['xero.extra'], '_freeze', freeze_or_fail), \
                self.assertLogs('odoo.addons.account_xero.models.steps.xero_step_extras', 'ERROR'):
            self.run_slice(self.connection)
        self.assertEqual(self.extras(broken).state, 'refused')
        self.assertIn("Odoo's log", self.extras(broken).message)
        self.assertEqual(len(self.files_of(good)), 1)

    # === PERMISSION === #

    def test_files_wait_for_the_permission_and_documents_do_not(self):
        self.connection.with_user(self.admin).write({'attachment_policy': 'all', 'sends_note': True})
        self.assertTrue(self.connection.needs_attachment_consent)
        self.assertEqual((self.connection.consent_kind, self.connection.missing_scopes), ('scopes', "attachments"))
        move = self.document()
        self.attach(move)
        self.run_slice(self.connection)
        self.assert_once(move)
        self.assertEqual((len(self.notes_of(move)), self.files_of(move)), (1, {}))
        self.assertFalse(self.sent('Attachments'))
        self.connect(self.connection)
        self.assertFalse(self.connection.needs_attachment_consent)
        self.run_slice(self.connection)
        self.assertEqual(len(self.files_of(move)), 1)

    def test_permission_that_xero_does_not_know_of_is_asked_for_again(self):
        self.permit()
        move, export = self.synced()
        self.attach(move)
        for token in self.sandbox.access_tokens.values():
            token.scope = token.scope.replace('accounting.attachments', '')
        self.run_slice(self.connection)
        self.assert_synced(move)
        self.assertEqual((self.connection.status, self.extras(move).cause), ('connected', 'permission'))
        self.assertIn("Reauthenticate", export.extra_warning)
        other = self.document()
        self.run_slice(self.connection)
        self.assert_once(other)
        self.connect(self.connection)
        self.run_slice(self.connection)
        self.assertEqual(len(self.files_of(move)), 1)

    # === NOT FROM HERE === #

    def test_copy_of_the_database_sends_nothing(self):
        self.permit()
        move, _export = self.synced()
        self.attach(move)
        self.env['ir.config_parameter'].set_param('database.uuid', 'another')
        with self.assertLogs('odoo.addons.account_xero.models.connection.xero_connection_access', 'WARNING'):
            self.sweep()
        self.assertEqual((self.connection.status, self.calls(path=API)), ('paused', []))

    def test_nothing_leaves_a_users_transaction(self):
        self.permit()
        move, _export = self.synced()
        self.attach(move)
        move.message_post(body="Here", attachment_ids=self.attach(move, "posted.txt").ids)
        self.assertFalse(self.calls(path=API))
