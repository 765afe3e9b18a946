from unittest.mock import patch

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .export_common import XeroExportCase


@tagged('post_install', '-at_install')
class TestExportQueue(XeroExportCase):
    """How documents are queued, held back and skipped."""

    def test_posting_queues_and_calls_nobody(self):
        self.sandbox.requests.clear()
        move = self.document()
        self.assertRecordValues(self.export_of(move), [{
            'connection_id': self.connection.id, 'kind': 'sale_invoice', 'state': 'waiting', 'operation': 'create',
            'document_name': move.name, 'amount_total': 100.0, 'partner_id': self.partner_a.id,
        }])
        self.assertEqual(move.xero_state, 'waiting')
        self.assertFalse(self.sandbox.requests)
        self.assertTrue(self.env['ir.cron.trigger'].search([('cron_id', '=', self.connection.cron_id.id)]))

    def test_every_kind_of_document_has_its_kind_in_xero(self):
        kinds = {move_type: self.export_of(self.document(move_type, ref=move_type)).kind for move_type in (
            'out_invoice', 'out_receipt', 'out_refund', 'in_invoice', 'in_receipt', 'in_refund')}
        self.assertEqual(kinds, {
            'out_invoice': 'sale_invoice', 'out_receipt': 'sale_invoice', 'out_refund': 'sale_credit',
            'in_invoice': 'bill', 'in_receipt': 'bill', 'in_refund': 'bill_credit'})

    def test_entries_are_not_queued(self):
        entry = self.env['account.move'].create({'move_type': 'entry', 'line_ids': [
            (0, 0, {'account_id': self.company_data['default_account_revenue'].id, 'debit': 5}),
            (0, 0, {'account_id': self.company_data['default_account_expense'].id, 'credit': 5})]})
        entry.action_post()
        self.assertFalse(entry.xero_export_ids)

    def test_before_the_start_date_only_by_hand(self):
        self.connection.export_start_date = '2026-11-10'
        move = self.document()
        self.assertFalse(move.xero_export_ids)
        self.run_slice(self.connection)
        self.assertFalse(self.export_of(move))
        action = move.with_user(self.billing).action_xero_export()
        self.assertEqual(action['tag'], 'account_xero_follow')
        self.run_slice(self.connection)
        self.assert_once(move)

    def test_switched_off_types_stay_here(self):
        self.connection.write({'export_bill': False, 'export_receipt': False})
        self.assertFalse(self.document('in_invoice').xero_export_ids)
        self.assertFalse(self.document('out_receipt').xero_export_ids)
        self.assertTrue(self.document('out_invoice').xero_export_ids)

    def test_the_journal_goes_before_the_company(self):
        other = self.new_connection(name="Other site")
        journal = self.company_data['default_journal_sale'].copy({'code': 'OTH', 'xero_connection_id': other.id})
        self.assertEqual(self.export_of(self.document(journal_id=journal.id)).connection_id, other)
        self.assertEqual(self.export_of(self.document()).connection_id, self.connection)

    def test_resync_follows_the_routing_until_the_document_is_in_xero(self):
        other = self.new_connection(name="Other site")
        journal = self.company_data['default_journal_sale'].copy({'code': 'OTH', 'xero_connection_id': other.id})
        move = self.document(journal_id=journal.id)
        journal.xero_connection_id = self.connection
        self.run_slice(self.connection)
        self.assertEqual(self.export_of(move).connection_id, other, "it waits where it was queued")
        self.export_of(move).with_user(self.billing).action_resync()
        self.run_slice(self.connection)
        self.assert_once(move)
        journal.xero_connection_id = other
        self.assertEqual(self.export_of(move).connection_id, self.connection, "it keeps its connection from now on")

    def test_resync_does_not_follow_the_routing_while_xero_may_have_the_document(self):
        self.document(ref='seed')       # so that the contact is known
        self.run_slice(self.connection)
        move = self.document()
        self.sandbox.faults.order(kind='drop_after', method='PUT', path='/Invoices')
        self.run_slice(self.connection)
        self.export_of(move)._skip("for now")
        move.journal_id.xero_connection_id = self.new_connection(name="Other site")
        move.xero_export_ids._requeue()
        self.let_time_pass(minutes=1)
        self.run_slice(self.connection)
        self.assert_once(move)
        self.assertEqual(move.xero_export_ids.connection_id, self.connection)

    def test_routing_needs_a_connection_that_lists_the_company(self):
        stranger = self.new_connection(name="Elsewhere", company_ids=[self.env['res.company'].create({'name': "Elsewhere"}).id])
        with self.assertRaises(UserError):
            self.company_data['default_journal_sale'].xero_connection_id = stranger

    def test_draft_connection_lets_documents_wait(self):
        other = self.new_connection(name="Other site")
        journal = self.company_data['default_journal_sale'].copy({'code': 'OTH', 'xero_connection_id': other.id})
        export = self.export_of(self.document(journal_id=journal.id))
        self.assertEqual((export.state, export.wait_code, export.wait_reason), ('waiting', 'draft', "Not connected yet"))

    def test_posting_survives_our_failure_and_the_sweep_finds_the_document(self):
        """The database fails while our own rows are written: the posting stays, and no document is lost."""
        create = self.registry['xero.export'].create

        def create_and_break(records, vals_list):
            create(records, vals_list)
            raise psycopg2.OperationalError("fake failure of the database")

        with patch.object(self.registry['xero.export'], 'create', create_and_break), \
                mute_logger('odoo.addons.account_xero.models.export.xero_export_queue'):
            move = self.document()
        self.assertEqual(move.state, 'posted')
        self.assertFalse(self.export_of(move))
        self.connection.swept_at = False
        self.run_slice(self.connection)
        self.assert_once(move)

    def test_reset_to_draft_before_it_went_out_waits_for_posting(self):
        move = self.document()
        move.button_draft()
        self.run_slice(self.connection)
        export = self.export_of(move)
        self.assertEqual((export.state, export.wait_code, self.in_xero(move)), ('waiting', 'unposted', []))
        move.invoice_line_ids.price_unit = 120
        move.action_post()
        self.run_slice(self.connection)
        self.assert_once(move)
        self.assertEqual(export.amount_total, 120)

    def test_the_next_slice_finds_what_was_posted_again_while_its_row_was_written(self):
        move = self.document()
        move.button_draft()
        self.run_slice(self.connection)
        with patch.object(self.registry['xero.export'], '_touch', side_effect=psycopg2.errors.SerializationFailure), \
                self.assertNoLogs('odoo.addons.account_xero', 'WARNING'):
            move.action_post()
        self.assertEqual(self.export_of(move).wait_code, 'unposted')
        self.run_slice(self.connection)
        self.assert_once(move)
        self.assertFalse(self.env['xero.change.note'].sudo().search([]))

    def test_documents_of_a_status_that_the_poster_did_not_see_yet(self):
        """The connection loses its access while a user posts: the user's transaction still shows it as connected."""
        moves = self.documents(2)
        rows = self.export_of(moves).sudo()
        self.connection._set_status('reauthenticate', "The access has ended.")
        rows.write({'state': 'waiting', 'cause': False, 'message': False})
        self.run_slice(self.connection)
        self.assertRecordValues(rows, [{'state': 'failed', 'cause': 'connection'}] * 2)
        self.connection._set_status('disconnected', "Disconnected by an invoice admin")
        rows[0].write({'wait_code': False})
        rows[1].write({'state': 'failed', 'cause': 'connection'})
        self.run_slice(self.connection)
        self.assertRecordValues(rows, [{'state': 'waiting', 'wait_code': 'disconnected', 'cause': False}] * 2)
        self.connection._set_status('connected')
        rows[0].write({'state': 'failed', 'cause': 'connection'})
        self.run_slice(self.connection)
        self.assert_once(moves)

    def test_deleted_before_it_went_out_is_skipped(self):
        move = self.document()
        export = self.export_of(move)
        move.button_draft()
        move.with_context(force_delete=True).unlink()
        self.assertRecordValues(export, [{'state': 'skipped', 'skip_rule': 'undone', 'can_resync': False}])
        self.run_slice(self.connection)
        self.assertEqual(export.state, 'skipped')

    def failed(self):
        """Return an invoice that failed, because nobody has decided its account, and its export."""
        account = self.copy_account(self.company_data['default_account_revenue'])
        move = self.document('out_invoice', {'account_id': account.id})
        self.run_slice(self.connection)
        self.assertEqual(self.states(move), ['failed'])
        return move, self.export_of(move)

    def test_cancelled_without_having_been_sent_neither_failed_nor_waits(self):
        for status in ('connected', 'paused', 'reauthenticate'):
            for make in (lambda: self.failed()[0], self.document):
                move = make()
                export = self.export_of(move)
                with self.subTest(status, state=export.state):
                    self.connection._set_status(status, "It is so.")
                    move.button_draft()
                    self.assertRecordValues(export, [{'state': 'waiting', 'wait_code': 'unposted', 'cause': False, 'message': False}])
                    self.env.invalidate_all()
                    self.assertEqual((self.connection.oldest_waiting_id, self.connection.failed_count), (export.browse(), 0), "it waits for a person")
                    with self.assertRaisesRegex(UserError, "reset to draft.* posted again"):
                        export.with_user(self.billing).action_resync()
                    move.button_cancel()
                    self.assertRecordValues(export, [{'state': 'skipped', 'skip_rule': 'undone', 'wait_code': False}])
                    with self.assertRaisesRegex(UserError, "cancelled in Odoo.* posted again"):
                        export.with_user(self.billing).action_resync()
                    self.connection._set_status('connected')
                    self.run_slice(self.connection)
                    self.assertEqual((export.state, self.in_xero(move)), ('skipped', []))
                    move.button_draft()
                    self.assertRecordValues(export, [{'state': 'waiting', 'wait_code': 'unposted'}])
                    move.invoice_line_ids.account_id = self.company_data['default_account_revenue']
                    move.action_post()
                    self.run_slice(self.connection)
                    self.assert_once(move)

    def test_a_draft_waits_for_its_posting_whatever_becomes_of_the_connection(self):
        move = self.document()
        move.button_draft()
        export = self.export_of(move)
        for status in ('paused', 'reauthenticate', 'disconnected', 'connected'):
            self.connection._set_status(status, "It is so.")
            self.env['xero.export'].sudo()._align(self.connection)
            self.assertRecordValues(export, [{'state': 'waiting', 'wait_code': 'unposted'}])

    def test_what_may_be_in_xero_stays_failed_when_it_is_deleted(self):
        move = self.document()
        export = self.export_of(move).sudo()
        export.unseen_since = '2026-11-02 10:00:00'
        export._set_failed('permission', "It could not be searched for.")
        self.env.cr.execute("UPDATE xero_export SET move_id = NULL WHERE id = %s", [export.id])
        self.env.invalidate_all()
        self.connection.sudo().swept_at = False
        self.run_slice(self.connection)
        self.assertRecordValues(export, [{'state': 'failed', 'cause': 'permission'}])

    def test_the_sweep_finds_what_was_undone_without_a_hook(self):
        documents = [self.failed()[0] for _number in range(3)]
        cancelled, draft, deleted = documents
        rows = self.env['xero.export'].union(*map(self.export_of, documents))
        cancelled.write({'state': 'cancel'})
        draft.write({'state': 'draft'})
        rows[2].sudo().move_id = False
        self.connection.sudo().swept_at = False
        self.run_slice(self.connection)
        self.assertRecordValues(rows, [
            {'state': 'skipped', 'skip_rule': 'undone'}, {'state': 'waiting', 'skip_rule': False}, {'state': 'skipped', 'skip_rule': 'undone'}])
        self.assertIn("deleted", rows[2].message)
        (cancelled | draft).invoice_line_ids.account_id = self.company_data['default_account_revenue']
        (cancelled | draft).write({'state': 'posted'})
        self.connection.sudo().swept_at = False
        self.run_slice(self.connection)
        self.assert_once(cancelled | draft)
        self.assertTrue(deleted)

    def test_what_may_be_in_xero_is_searched_for_before_it_is_dropped(self):
        move = self.document()
        self.sandbox.faults.order(kind='drop_after', method='PUT', path='/Invoices')
        self.run_slice(self.connection)
        self.assertEqual(self.states(move), ['uncertain'])
        export = self.export_of(move)
        move.button_draft()
        move.with_context(force_delete=True).unlink()
        self.assertEqual(export.state, 'uncertain')
        self.let_time_pass(minutes=10)
        self.run_slice(self.connection, times=3)
        self.assertEqual((export.state, export.xero_status), ('synced', 'VOIDED'))

    # === People === #

    def test_skip_needs_a_reason_giver_and_can_be_taken_back(self):
        move = self.document()
        export = self.export_of(move).with_user(self.admin)
        export._skip("Entered by hand in Xero")
        self.run_slice(self.connection)
        self.assertEqual(self.states(move), ['skipped'])
        self.assertIn("Entered by hand in Xero", export.message)
        export.action_resync()
        self.run_slice(self.connection)
        self.assert_once(move)

    def test_resync_leaves_alone_what_is_in_xero(self):
        move = self.document()
        self.run_slice(self.connection)
        with self.assertRaises(UserError):
            self.export_of(move).with_user(self.billing).action_resync()
        self.assertEqual(self.states(move), ['synced'])

    def test_users_change_exports_by_their_buttons_alone(self):
        export = self.export_of(self.document()).with_user(self.billing)
        with self.assertRaises(AccessError):
            export.state = 'synced'
        with self.assertRaises(AccessError):
            export.unlink()
        with self.assertRaises(UserError):
            export.sudo().unlink()

    def test_companies_do_not_see_each_other(self):
        export = self.export_of(self.document())
        other = self.env['res.company'].create({'name': "Elsewhere"})
        stranger = self._new_user('stranger', 'account.group_account_invoice', other)
        self.assertFalse(self.env['xero.export'].with_user(stranger).search([('id', '=', export.id)]))
        with self.assertRaises(AccessError):
            export.with_user(stranger).action_resync()

    # === Cost === #

    def test_posting_without_any_connection_costs_nothing(self):
        self.assertTrue(self.env['xero.connection']._any_exists())
        move = self.document(post=False)
        self.env['xero.export'].sudo().search([]).connection_id
        with self.assertQueryCount(0), patch.object(self.registry['xero.connection'], '_any_exists', lambda self: False):
            self.env['xero.export']._enqueue_posted(move)

    def test_no_documents_cost_no_query(self):
        """Odoo resets an empty set of documents whenever a line is written."""
        move = self.document(post=False)
        move.ref = "not flushed yet"
        with self.assertQueryCount(0):
            move.browse().button_draft()
            move.browse().button_cancel()
            self.env['xero.export']._enqueue_posted(move.browse())
            self.env['xero.kind.payment']._on_changed(self.env['account.partial.reconcile'])

    def test_queueing_many_costs_few_queries(self):
        moves = self.documents(50, post=False)
        with patch.object(self.registry['xero.export'], '_enqueue_posted', lambda self, moves: None):
            moves.action_post()
        self.env.flush_all()
        with self.assertQueryCount(20):
            self.env['xero.export']._enqueue_posted(moves)
            self.env.flush_all()
        self.assertEqual(self.states(moves), ['waiting'] * 50)

    def test_who_asked_hears_of_what_waits_too(self):
        """What waits for its next try is no success, and is counted."""
        moves = self.documents(2)
        self.run_slice(self.connection)
        bill = self.document('in_invoice', ref="B-1")
        exports = self.export_of(moves | bill)
        exports.with_user(self.billing).tell_me_when_done(exports.ids)      # leaves out what is in Xero
        exports.sudo().write({'asked_by_id': self.billing.id, 'tell_user': True})
        self.export_of(bill).sudo().write({'wait_code': 'retry'})
        messages = self.record_notices()
        exports.sudo()._tell_askers()
        self.assertEqual(messages, [('warning', "2 in Xero, 0 failed, 1 waiting.")])
        exports.sudo().write({'asked_by_id': self.billing.id, 'tell_user': True, 'state': 'synced', 'wait_code': False})
        exports.sudo()._tell_askers()
        self.assertEqual(messages[1:], [('success', "3 in Xero, 0 failed.")])
