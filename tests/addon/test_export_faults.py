from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import HARBOUR
from .export_common import XeroExportCase


@tagged('post_install', '-at_install')
class TestExportFaults(XeroExportCase):
    """After every failure of the network, each posted document is in Xero exactly once."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.document(ref='seed')       # so that the contact is known
        cls.run_slice(cls.connection)

    def order_fault(self, kind, path='/Invoices', **values):
        self.sandbox.faults.order(kind=kind, method='PUT', path=path, **values)

    def recover(self, times=3, **delta):
        for _time in range(times):
            self.let_time_pass(**(delta or {'minutes': 1}))
            self.run_slice(self.connection)

    def test_unknown_outcomes_are_uncertain_and_then_sent_again_under_the_same_key(self):
        for kind in ('500_before', '500_after', 'drop_before', 'drop_after', '503', 'cut', 'malformed'):
            with self.subTest(kind=kind):
                moves = self.documents(3)
                self.order_fault(kind)
                self.run_slice(self.connection)
                self.assertEqual(self.states(moves), ['uncertain'] * 3)
                self.sandbox.requests.clear()
                self.recover()
                self.assert_once(moves)
                [request] = moves.xero_export_ids.request_ids
                self.assertEqual((request.tries, request.state), (2, 'answered'))

    def test_a_repeat_that_is_turned_away_leaves_the_outcome_unknown(self):
        """A bill may be in Xero twice, so a repeat that met a limit must not free it for a new request."""
        bill = self.document('in_invoice', ref='B-17')
        self.order_fault('drop_after')
        self.run_slice(self.connection)
        self.order_fault('429_minute')
        self.recover(1)
        self.assertEqual(self.states(bill), ['uncertain'])
        self.sandbox.clock.advance(400)
        self.recover(minutes=10)
        self.assert_once(bill)

    def test_long_after_the_outcome_is_looked_up(self):
        """Xero has forgotten the key by then: nothing is sent before the look-back."""
        for kind, puts in (('500_before', 1), ('500_after', 0), ('drop_after', 0)):
            with self.subTest(kind=kind):
                moves = self.documents(3)
                bills = self.documents(2, 'in_invoice', ref=f'bill {kind}')
                bills[1].xero_export_ids._skip("one number is enough")
                self.order_fault(kind, times=1)
                self.run_slice(self.connection)
                self.sandbox.requests.clear()
                self.sandbox.clock.advance(400)
                self.recover(minutes=10)
                self.assert_once(moves)
                first = next(call['method'] for call in self.sandbox.requests if call['path'].endswith('/Invoices'))
                self.assertEqual(first, 'GET')
                sent = [call for call in self.calls('PUT', '/api.xro/2.0/Invoices') if moves[0].name in str(call['body'])]
                self.assertEqual(len(sent), puts)

    def test_skipping_what_is_uncertain_does_not_make_it_known(self):
        """Skipped and requested again, or only skipped: the look-back comes before anything is sent."""
        bills = self.env['account.move'].union(*(self.document('in_invoice', ref=f'bill {number}') for number in range(3)))
        self.order_fault('drop_after')
        self.run_slice(self.connection)
        again, skipped, _left = bills.xero_export_ids.sorted('id')
        (again | skipped)._skip("entered by hand")
        again._requeue()
        self.sandbox.clock.advance(400)
        self.recover(minutes=10)
        self.assert_once(bills)

    def test_two_bills_alike_are_told_apart_by_their_back_links(self):
        first, second = self.documents(2, 'in_invoice', ref='SAME', post=False)
        with mute_logger('odoo.addons.account.models.account_move'):
            (first | second).action_post()
        self.order_fault('drop_after', times=2)
        self.run_slice(self.connection)
        self.let_time_pass(minutes=1)
        self.run_slice(self.connection)
        self.sandbox.faults.clear()
        self.sandbox.clock.advance(400)
        self.recover(minutes=10)
        self.assertEqual(self.states(first | second), ['synced', 'synced'])
        self.assertEqual(len(self.in_xero(first)), 2)

    def test_a_document_that_xero_stumbles_over_does_not_hold_back_its_neighbours(self):
        moves = self.documents(4)
        self.order_fault('500_before', times=1)
        self.run_slice(self.connection)
        self.let_time_pass(minutes=10)
        self.run_slice(self.connection)
        self.assertEqual(set(moves.xero_export_ids.mapped('batch_limit')), {2})
        self.recover(2, minutes=10)
        self.assert_once(moves)
        self.assertEqual(set(moves.xero_export_ids.mapped('batch_limit')), {0})

    def test_contacts_of_unknown_outcome(self):
        for kind in ('500_after', 'drop_after', 'drop_before'):
            for minutes in (1, 7):
                with self.subTest(kind=kind, minutes=minutes):
                    partner = self.env['res.partner'].create({'name': f"Client {kind} {minutes}", 'is_company': True})
                    moves = self.documents(2, partner_id=partner.id)
                    self.order_fault(kind, '/Contacts')
                    self.run_slice(self.connection)
                    self.assertEqual(self.states(moves), ['uncertain'] * 2)
                    self.sandbox.clock.advance(minutes * 60)
                    self.recover(4, minutes=minutes)
                    self.assert_once(moves)
                    held = self.sandbox.organisations[HARBOUR].contacts.values()
                    self.assertEqual(len([contact for contact in held if contact['Name'] == partner.name]), 1)

    def test_crash_between_the_commit_and_the_answer(self):
        """The state is `sending` and nobody holds the lock: the document is looked up, not sent."""
        moves = self.documents(2)
        self.run_slice(self.connection)
        exports = moves.xero_export_ids
        exports.sudo().write({'state': 'sending', 'operation': 'create', 'xero_id': False})
        exports.request_ids.sudo().write({'state': 'sending'})
        self.let_time_pass(minutes=10)
        self.sandbox.requests.clear()
        self.run_slice(self.connection)
        self.assert_once(moves)
        self.assertFalse(self.calls('PUT'))

    def test_throttling_waits_as_long_as_xero_says(self):
        for kind, reason in (('429_minute', 'minute'), ('429_day', 'day'), ('429_concurrent', 'minute')):
            with self.subTest(kind=kind):
                moves = self.documents(2)
                self.order_fault(kind)
                self.run_slice(self.connection)
                self.assertEqual(self.states(moves), ['waiting'] * 2)
                self.assertEqual(self.connection.resume_reason, reason)
                self.assertGreater(self.connection.resume_at, self.now())
                self.sandbox.requests.clear()
                self.run_slice(self.connection)
                self.assertFalse(self.sandbox.requests, "no call is made before that time")
                self.recover(1, days=2)
                self.assert_once(moves)

    def test_pauses_grow_and_a_day_later_it_has_failed_but_is_still_tried(self):
        move = self.document()
        self.order_fault('500_before', times=50)
        pauses = []
        for _time in range(3):
            self.run_slice(self.connection)
            self.assertEqual(self.states(move), ['uncertain'])
            self.let_time_pass(minutes=10)
            self.run_slice(self.connection)
            export = self.export_of(move)
            self.assertEqual((export.state, export.wait_code), ('waiting', 'retry'))
            pauses.append(round((export.next_try_at - self.now()).total_seconds() / 60))
            self.let_time_pass(minutes=10)
        self.assertEqual(pauses, [1, 2, 5])
        self.let_time_pass(hours=25)
        self.run_slice(self.connection)
        self.let_time_pass(minutes=10)
        self.run_slice(self.connection)
        self.assertEqual((self.export_of(move).state, move.xero_export_ids.cause), ('failed', 'xero'))
        self.sandbox.faults.clear()
        self.recover(2, hours=2)
        self.assert_once(move)

    def test_export_now_ends_any_pause(self):
        move = self.document()
        self.order_fault('500_after')
        self.run_slice(self.connection)
        self.assertEqual(self.states(move), ['uncertain'])
        self.assertTrue(self.env['xero.export'].get_progress(self.export_of(move).ids)['finished'], "the dialog does not wait for a pause")
        self.connection.with_user(self.admin).action_export_now()
        self.run_slice(self.connection)
        self.assert_once(move)

        move = self.document()
        self.order_fault('429_day', retry_after=3600, times=2)
        self.run_slice(self.connection)
        self.connection.with_user(self.admin).action_export_now()
        self.run_slice(self.connection)
        self.assertEqual(self.states(move), ['waiting'], "Xero still means it")
        progress = self.env['xero.export'].get_progress(self.export_of(move).ids)
        self.assertTrue(progress['finished'])
        self.assertIn("limit of calls a day", progress['rows'][0]['message'])
        self.connection.with_user(self.admin).action_export_now()
        self.run_slice(self.connection)
        self.assert_once(move)

    def test_xero_out_of_reach_holds_the_connection_longer_each_time(self):
        move = self.document()
        self.sandbox.faults.order(kind='503', method='GET', path='/Organisation', times=50)
        pauses = []
        for _time in range(3):
            self.connection.reference_read_at = False
            self.run_slice(self.connection)
            self.assertEqual(self.connection.resume_reason, 'xero')
            pauses.append(round((self.connection.resume_at - self.now()).total_seconds() / 60))
            self.assertIn("resumes at", self.export_of(move).wait_reason)
            self.let_time_pass(hours=2)
        self.assertEqual(pauses, sorted(pauses))
        self.let_time_pass(hours=25)
        self.run_slice(self.connection)
        self.assertEqual((self.export_of(move).state, move.xero_export_ids.cause), ('failed', 'xero'))
        self.sandbox.faults.clear()
        self.recover(2, hours=2)
        self.assert_once(move)
        self.assertFalse(self.connection.outage_since)

    def test_one_unreadable_document_is_found_by_halving(self):
        """Xero cannot read one id in a body, and its answer says nothing about the other documents."""
        moves = self.documents(6)
        partner = self.env['res.partner'].create({'name': "Client with a broken link", 'is_company': True})
        bad = self.document(partner_id=partner.id)
        self.env['xero.contact'].sudo().create({
            'connection_id': self.connection.id, 'xero_id': 'no-guid', 'name': partner.name, 'status': 'ACTIVE', 'partner_id': partner.id})
        self.run_slice(self.connection, 3)
        self.assert_once(moves)
        self.assertEqual((self.export_of(bad).state, bad.xero_export_ids.cause), ('failed', 'data'))
