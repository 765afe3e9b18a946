from odoo.tests import tagged

from ..common import HARBOUR
from .export_common import PAGE, XeroExportCase

INVOICES, CREDIT_NOTES = '/api.xro/2.0/Invoices', '/api.xro/2.0/CreditNotes'


class XeroSettleCase(XeroExportCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.document(ref='seed')       # so that the contact is known
        cls.run_slice(cls.connection)
        cls.sandbox.requests.clear()

    def order_fault(self, kind, method='PUT', path='/Invoices', **values):
        self.sandbox.faults.order(kind=kind, method=method, path=path, **values)

    def recover(self, times=3, later=60):
        self.sandbox.clock.advance(later)
        for _time in range(times):
            self.let_time_pass(seconds=later)
            self.run_slice(self.connection)

    def held(self, export, endpoint='Invoices'):
        return self.sandbox.organisations[HARBOUR].documents[endpoint][export.xero_id]

    def creations(self, path=INVOICES):
        return len(self.calls('PUT', path))


@tagged('post_install', '-at_install')
class TestExportSettle(XeroSettleCase):
    """An answer settles the exports that it can be recognised for, and no later event."""

    def test_what_an_answer_leaves_out_is_looked_up_alone(self):
        moves = self.documents(3)
        self.order_fault('altered', numbers={moves[1].name: None}, sticky=True)
        self.run_slice(self.connection)
        self.assert_once(moves)
        self.assertEqual(self.creations(), 1)
        self.assertEqual(moves.xero_export_ids.request_ids.state, 'answered')

    def test_what_is_not_found_either_waits_and_is_not_repeated(self):
        """The same bytes must not be sent again and again: they once were, 190 times in four minutes."""
        moves = self.documents(3)
        missing = {moves[1].name: None}
        self.order_fault('altered', numbers=missing, sticky=True)
        self.order_fault('altered', 'GET', numbers=missing, times=9)
        self.run_slice(self.connection, times=5)
        export = self.export_of(moves[1])
        self.assertEqual((export.state, export.wait_code, self.creations()), ('waiting', 'retry', 1))
        self.assertEqual(round((export.next_try_at - self.now()).total_seconds() / 60), 1)
        self.assertEqual(self.states(moves[0] | moves[2]), ['synced'] * 2)

    def test_an_old_answer_settles_nothing_that_happened_since(self):
        """A neighbour is voided and confirmed again while one document of the request is still looked for."""
        moves = self.documents(10)
        neighbour, left_out = moves[3], moves[7]
        missing = {left_out.name: None}
        self.order_fault('altered', numbers=missing, sticky=True)
        self.order_fault('500_before', 'GET')     # so that it cannot be looked up at once
        self.run_slice(self.connection)
        self.assertEqual(self.states(left_out), ['uncertain'])
        first_id = self.export_of(neighbour).xero_id
        neighbour.button_draft()
        neighbour.button_cancel()
        self.recover(2, later=120)
        self.assertEqual(self.held(self.export_of(neighbour))['Status'], 'VOIDED')
        neighbour.button_draft()
        neighbour.action_post()
        self.recover(3)
        self.assertNotEqual(self.export_of(neighbour).xero_id, first_id)
        self.assert_once(moves)
        self.assertEqual(self.held(neighbour.xero_export_ids)['Status'], 'AUTHORISED')
        self.assertEqual(self.creations(), 2)

    def test_what_was_skipped_or_asked_for_again_is_settled_by_a_success_alone(self):
        moves = self.documents(3)
        self.order_fault('500_after')
        self.run_slice(self.connection)
        skipped, again, _left = moves.xero_export_ids.sorted('id')
        (skipped | again)._skip("entered by hand")
        again._requeue()
        self.recover()
        self.assert_once(moves)
        self.assertEqual(len({call['idempotency_key'] for call in self.calls('PUT', INVOICES)}), 1)

    def test_an_altered_number_counts_by_its_place(self):
        bills = self.env['account.move'].union(*(self.document('in_invoice', ref=f'B-{number}') for number in range(3)))
        self.order_fault('altered', numbers={'B-1': 'B1'}, sticky=True)
        self.run_slice(self.connection)
        self.recover(later=3600)
        self.assert_once(bills)
        self.assertEqual(self.creations(), 1)

    def test_spaces_that_xero_normalises_make_no_other_number(self):
        bills = self.document('in_invoice', ref='INV  9') | self.document('in_invoice', ref='INV-8')
        self.order_fault('altered', numbers={'INV  9': 'INV 9', 'INV-8': None}, sticky=True)
        self.run_slice(self.connection)
        self.recover(later=3600)
        self.assertEqual(self.states(bills), ['synced'] * 2)
        self.assertEqual(self.creations(), 1)

    def test_an_altered_number_is_found_by_its_link(self):
        moves = self.documents(2)
        altered = {moves[0].name: None, moves[1].name: 'Q-9'}
        self.order_fault('altered', numbers=altered, sticky=True)
        self.order_fault('altered', 'GET', numbers={moves[1].name: 'Q-9'}, times=9)
        self.run_slice(self.connection)
        self.assert_once(moves)
        self.assertEqual(self.creations(), 1)

    def test_what_xero_saved_and_nothing_recognises_is_never_created_again(self):
        credits = self.documents(2, 'out_refund')
        self.order_fault('altered', path='/CreditNotes', numbers={credits[0].name: None, credits[1].name: 'Q-9'}, sticky=True)
        self.order_fault('altered', 'GET', '/CreditNotes', numbers={credits[1].name: 'Q-9'}, times=9)
        self.run_slice(self.connection, times=2)
        self.assert_once(credits[0], 'CreditNotes')
        export = self.export_of(credits[1])
        self.assertEqual((export.state, export.cause, export.candidate['CreditNoteNumber']), ('failed', 'number', 'Q-9'))
        self.assertIn("Q-9", export.message)
        self.assertIn(credits[1].name, export.message)
        self.assertTrue(export.candidate['agrees'])
        export._requeue()
        self.recover(later=3600)
        self.assertEqual((export.state, export.cause, self.creations(CREDIT_NOTES)), ('failed', 'number', 1))
        # After the void in Xero, no document can be there twice
        self.sandbox.faults.clear()
        [held] = self.in_xero(credits[1], 'CreditNotes')
        held['Status'] = 'VOIDED'
        export._requeue()
        self.run_slice(self.connection)
        self.assertEqual(self.creations(CREDIT_NOTES), 2)

    # === DELETED, CANCELLED OR RESET IN ODOO WHILE THE OUTCOME IS UNKNOWN === #

    def test_deleted_while_unanswered_is_found_and_voided(self):
        for kind, values in (('500_after', {'sticky': True}), ('drop_after', {}), ('cut', {})):
            for move_type, endpoint in (('out_invoice', 'Invoices'), ('in_invoice', 'Invoices'), ('out_refund', 'CreditNotes')):
                for later in (60, 420):
                    with self.subTest(kind=kind, move_type=move_type, later=later):
                        move = self.document(move_type, ref=f'{kind} {later}')
                        self.order_fault(kind, path=f'/{endpoint}', **values)
                        self.run_slice(self.connection)
                        export = self.export_of(move)
                        self.assertEqual(export.state, 'uncertain')
                        number = move.name
                        move.button_draft()
                        move.with_context(force_delete=True).unlink()
                        self.sandbox.requests.clear()
                        self.recover(3, later)
                        self.assertEqual((export.state, export.xero_status), ('synced', 'VOIDED'), export.message)
                        self.assertEqual(self.held(export, endpoint)['Status'], 'VOIDED')
                        # Odoo gives the number to the next one
                        again = self.document(move_type, ref=f'{kind} {later}')
                        self.assertEqual(again.name, number)
                        self.run_slice(self.connection, times=2)
                        export_again = self.export_of(again)
                        self.assertNotEqual(export_again.xero_id, export.xero_id)
                        self.assertEqual((export_again.state, self.held(export_again, endpoint)['Status']), ('synced', 'AUTHORISED'), export_again.message)

    def test_the_next_one_with_the_number_waits_until_the_deleted_one_is_void(self):
        move = self.document()
        self.order_fault('drop_after')
        self.run_slice(self.connection)
        export, number = self.export_of(move), move.name
        move.button_draft()
        move.with_context(force_delete=True).unlink()
        again = self.document()
        self.assertEqual(again.name, number)
        self.recover(4, 420)
        self.assertEqual(self.held(export)['Status'], 'VOIDED')
        self.assert_once(again)

    def test_cancelled_while_unanswered_is_voided_and_reset_waits(self):
        for later in (60, 420):
            with self.subTest(later=later):
                moves = self.documents(3)
                self.order_fault('500_after', sticky=True)
                self.run_slice(self.connection)
                cancelled, draft, skipped = moves
                self.export_of(skipped)._skip("entered by hand")
                (cancelled | draft | skipped).button_draft()
                cancelled.button_cancel()
                skipped.button_cancel()
                self.recover(3, later)
                statuses = [self.held(self.export_of(move))['Status'] for move in moves]
                self.assertEqual(statuses, ['VOIDED', 'AUTHORISED', 'VOIDED'])
                self.assertIn("reset to draft", draft.xero_export_ids.difference)

    def test_what_could_not_be_looked_for_is_not_dropped(self):
        move = self.document()
        self.order_fault('drop_after')
        self.run_slice(self.connection)
        self.order_fault('status', 'GET', status=401, body='{"Detail": "AuthorizationUnsuccessful"}', content_type='application/json')
        self.recover(1, 420)
        export = self.export_of(move)
        self.assertEqual((export.state, export.cause), ('failed', 'permission'))
        move.button_draft()
        move.with_context(force_delete=True).unlink()
        export._requeue()
        self.recover()
        self.assertEqual((export.state, self.held(export)['Status']), ('synced', 'VOIDED'))

    # === ERRORS THAT XERO REPEATS, AND ANSWERS THAT ITS API DID NOT WRITE === #

    def test_an_error_that_is_remembered_under_the_key_is_looked_up_at_once(self):
        for kind in ('500_after', '500_before'):
            with self.subTest(kind=kind):
                self.sandbox.requests.clear()
                moves = self.documents(2)
                self.order_fault(kind, sticky=True, times=1 if kind == '500_after' else 2)
                self.run_slice(self.connection)
                self.assertEqual(self.states(moves), ['uncertain'] * 2)
                neighbour = self.document('out_refund')
                self.recover(1)
                self.assert_once(neighbour, 'CreditNotes')
                self.assertFalse(self.connection.outage_since)
                self.assertFalse(self.connection.resume_at)
                self.recover(2)
                self.assert_once(moves)
                keys = [call['idempotency_key'] for call in self.calls('PUT', INVOICES)]
                self.assertEqual(keys[0], keys[1])
                self.assertEqual(len(set(keys)), 1 if kind == '500_after' else 3, "halved, under new keys")

    def test_export_now_lengthens_no_pause(self):
        move = self.document()
        self.sandbox.faults.order(kind='drop_before', times=6)
        self.run_slice(self.connection)
        for _time in range(4):
            self.connection.with_user(self.admin).action_export_now()
            self.run_slice(self.connection)
            pause = self.connection.resume_at - self.now()
            self.assertLessEqual(pause.total_seconds(), 61)
        self.sandbox.faults.clear()
        self.recover()
        self.assert_once(move)

    def test_a_gateway_that_refuses_a_text_concerns_that_document_alone(self):
        for status in (403, 401, 406, 302, 404, 412):
            with self.subTest(status=status):
                self.let_time_pass(minutes=1)
                moves = self.documents(8)
                bad = self.document('out_invoice', {'name': "Run cmd.exe /c dir"})
                self.order_fault('status', status=status, body=PAGE, text='cmd.exe', times=30)
                self.run_slice(self.connection, times=3)
                self.assert_once(moves)
                export = self.export_of(bad)
                self.assertEqual((export.state, export.cause), ('failed', 'data'), export.message)
                self.assertIn("security filter", export.message)
                self.assertEqual(self.connection.status, 'connected')
                export._requeue()
                self.run_slice(self.connection)
                self.assertEqual((export.state, export.cause), ('failed', 'data'))
                self.sandbox.faults.clear()
                export._requeue()
                self.run_slice(self.connection)
                self.assert_once(bad)

    def test_a_gateway_that_refuses_a_contact_concerns_its_documents_alone(self):
        partners = self.env['res.partner'].create([{'name': f"Client {number}", 'is_company': True} for number in range(6)])
        bad_partner = self.env['res.partner'].create({'name': "Client cmd.exe", 'is_company': True})
        moves = self.env['account.move'].union(*(self.document(partner_id=partner.id) for partner in partners))
        bad = self.document(partner_id=bad_partner.id) | self.document(partner_id=bad_partner.id)
        self.order_fault('status', path='/Contacts', status=403, body=PAGE, text='cmd.exe', times=30)
        self.run_slice(self.connection, times=4)
        self.assert_once(moves)
        self.assertEqual(self.states(bad), ['failed'] * 2)
        self.assertEqual(set(bad.xero_export_ids.mapped('cause')), {'data'})
        self.assertLess(len(self.calls('PUT', '/api.xro/2.0/Contacts')), 12)
        bad_partner.name = "Client of commands"
        bad.xero_export_ids._requeue()
        self.run_slice(self.connection, times=2)
        self.assert_once(bad)

    def test_a_gateway_that_refuses_the_repeat_decides_nothing(self):
        """The gateway had let the first request pass, so Xero may have saved it."""
        bill = self.document('in_invoice', ref='B-17')
        self.order_fault('drop_after')
        self.run_slice(self.connection)
        self.order_fault('status', status=403, body=PAGE)
        self.recover()
        self.assert_once(bill)
        self.assertEqual(len({call['idempotency_key'] for call in self.calls('PUT', INVOICES)}), 1)
