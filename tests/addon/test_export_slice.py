import time
from unittest.mock import patch

from odoo.addons.account_xero.const import CALLS_PER_MINUTE
from odoo.addons.account_xero.models.steps import slice
from odoo.addons.account_xero.models.steps.slice import Slice
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import HARBOUR
from .export_common import XeroExportCase


@tagged('post_install', '-at_install')
class TestExportSlice(XeroExportCase):
    """What a slice sends, and how it settles the answers."""

    def test_one_of_each_kind(self):
        moves = {move_type: self.document(move_type, ref=f'R-{move_type}') for move_type in (
            'out_invoice', 'out_receipt', 'in_invoice', 'in_receipt')}
        credits = {move_type: self.document(move_type, ref=f'R-{move_type}') for move_type in ('out_refund', 'in_refund')}
        self.run_slice(self.connection)
        for move_type, move in {**moves, **credits}.items():
            with self.subTest(move_type=move_type):
                export = self.export_of(move)
                self.assertEqual((export.state, export.xero_status, export.xero_total), ('synced', 'AUTHORISED', 100))
                self.assertEqual(export.xero_number, move.ref if move_type.startswith('in_') else move.name)
                self.assertTrue(export.xero_url.startswith(self.server.url))

    def test_calls_for_many_documents(self):
        """Fifty documents of a known contact are one call."""
        self.run_slice(self.connection)
        first = self.document()
        self.run_slice(self.connection)
        self.assert_once(first)
        self.sandbox.requests.clear()
        moves = self.documents(60)
        self.run_slice(self.connection)
        self.assert_once(moves)
        self.assertEqual([(call['method'], call['path']) for call in self.sandbox.requests], [('PUT', '/api.xro/2.0/Invoices')] * 2)

    def test_contacts_first_and_once(self):
        partners = self.env['res.partner'].create([{'name': f"Client {number}", 'is_company': True} for number in range(3)])
        moves = self.env['account.move'].union(*(self.document(partner_id=partner.id) for partner in partners | partners))
        moves |= self.document(partner_id=partners[0].id)
        self.run_slice(self.connection)
        self.assert_once(moves)
        self.assertEqual(len(self.calls('PUT', '/api.xro/2.0/Contacts')), 1)
        names = [contact['Name'] for contact in self.sandbox.organisations[HARBOUR].contacts.values()]
        self.assertEqual(sorted(name for name in names if name.startswith("Client")), sorted(partners.mapped('name')))

    def test_a_failing_row_leaves_its_neighbours_alone(self):
        good = self.documents(3)
        bad = self.document(partner_id=self.env['res.partner'].create({'name': "Client"}).id)
        bad.name = good[0].name + "/é"
        self.run_slice(self.connection)
        self.assert_once(good)
        self.assertEqual(self.export_of(bad).cause, 'number')

    def test_a_document_that_breaks_our_own_code_fails_alone(self):
        good, bad = self.documents(2), self.document()
        build_one = self.registry['xero.kind.document']._build_one

        def break_one(kind, export, *args):
            if export.move_id == bad:
                raise ZeroDivisionError
            return build_one(kind, export, *args)

        with patch.object(self.registry['xero.kind.document'], '_build_one', break_one), \
                mute_logger('odoo.addons.account_xero.models.export.containment'):
            self.run_slice(self.connection)
        self.assert_once(good)
        self.assertEqual((self.export_of(bad).state, bad.xero_export_ids.cause), ('failed', 'data'))

    def test_a_refused_element_is_told_in_words(self):
        move = self.document()
        self.hold_number(move.name, 70)
        self.run_slice(self.connection)
        export = self.export_of(move)
        self.assertRecordValues(export, [{'state': 'failed', 'cause': 'number', 'details': "Invoice # must be unique."}])
        self.assertIn(move.name, export.message)
        alert = move._get_alerts()['xero_failed']
        self.assertIn("Not in Xero", alert['message'])
        self.assertEqual((alert['action_text'], alert['action']['res_id']), ("Compare the two", export.id))
        self.assertEqual(len(self.in_xero(move)), 1)
        self.assertFalse(export.can_link, "the totals differ")

    def test_the_same_document_can_be_linked(self):
        self.document()
        self.run_slice(self.connection)
        move = self.document()
        self.hold_number(move.name, 100)
        self.run_slice(self.connection)
        export = self.export_of(move)
        self.assertTrue(export.can_link)
        with self.assertRaises(AccessError):
            export.with_user(self.billing).action_link_it()
        export.with_user(self.admin).action_link_it()
        self.assert_once(move)

    def test_numbers_that_cannot_be_asked_for_are_found_by_date_and_contact(self):
        self.document()
        self.run_slice(self.connection)
        for number in ('A,B/0001', 'A"B/0002'):
            with self.subTest(number=number):
                move = self.document(post=False)
                move.name = number
                move.action_post()
                neighbour = self.document('in_invoice', ref=f'bill {number}')
                self.hold_number(number, 70)
                self.run_slice(self.connection)
                export = self.export_of(move)
                self.assertEqual((export.state, export.cause, export.candidate['Total']), ('failed', 'number', 70))
                self.assertIn("70.00", export.candidate_text)
                self.assert_once(neighbour)
                self.assertFalse(self.connection.resume_at)

    def test_a_look_up_that_only_explains_stops_nothing(self):
        self.document()
        self.run_slice(self.connection)
        for status in (400, 500):
            with self.subTest(status=status):
                move, neighbour = self.document(), self.document('in_invoice', ref=f'bill {status}')
                self.hold_number(move.name, 70)
                self.sandbox.faults.order(kind='status', status=status, method='GET', path='/Invoices', times=1)
                self.run_slice(self.connection)
                export = self.export_of(move)
                self.assertEqual((export.state, export.cause, export.candidate), ('failed', 'number', False))
                self.assert_once(neighbour)
                self.assertFalse(self.connection.resume_at)

    def test_requests_show_what_was_sent(self):
        move = self.document()
        self.run_slice(self.connection)
        export = self.export_of(move)
        self.assertEqual(export.request_ids.mapped('state'), ['answered'] * len(export.request_ids))
        self.assertIn(f'"InvoiceNumber": "{move.name}"', export.sent_element)

    def test_an_undecided_account_fails_and_its_decision_releases(self):
        account = self.company_data['default_account_revenue'].copy()
        move = self.document('out_invoice', {'account_id': account.id})
        self.run_slice(self.connection)
        export = self.export_of(move)
        self.assertEqual((export.state, export.cause, export.mapping_ids.account_id), ('failed', 'account', account))
        self.assertEqual(export.mapping_ids.waiting_count, 1)
        self.map_account(account, '260')
        self.assertEqual(self.states(move), ['waiting'])
        self.run_slice(self.connection)
        self.assert_once(move)

    def test_locked_period_fails_before_it_is_sent(self):
        self.sandbox.organisations[HARBOUR].period_lock_date = None
        self.connection.period_lock_date = '2026-12-31'
        self.connection.end_of_year_lock_date = '2026-12-31'
        self.connection.reference_read_at = {**self.connection.reference_read_at, 'organisation': self.now().isoformat()}
        move = self.document()
        self.sandbox.requests.clear()
        self.run_slice(self.connection)
        self.assertEqual(self.export_of(move).cause, 'date')
        self.assertFalse(self.calls('PUT', '/api.xro/2.0/Invoices'))

    def test_credit_note_follows_the_document_it_reverses(self):
        move = self.document()
        credit = self.document('out_refund', post=False)
        credit.reversed_entry_id = move
        credit.action_post()
        self.export_of(move).sudo().write({'next_try_at': '2100-01-01 00:00:00'})
        self.run_slice(self.connection)
        export = self.export_of(credit)
        self.assertEqual((export.state, export.wait_code, export.wait_for_id), ('waiting', 'prerequisite', move.xero_export_ids))
        self.assertIn(move.name, export.wait_reason)
        self.export_of(move).sudo().write({'next_try_at': False})
        self.run_slice(self.connection)
        self.assert_once(move)
        self.assert_once(credit, 'CreditNotes')

    def test_asked_by_hand_goes_first(self):
        earlier = self.documents(2)
        asked = self.document()
        asked.with_user(self.billing).action_xero_export()
        current = Slice(self.connection)
        current._go_to_xero()
        self.assertEqual(self.env['xero.step.send']._next_batch(current)[0], self.export_of(asked))
        self.assertEqual(self.states(earlier), ['waiting', 'waiting'])

    def test_same_key_never_twice_in_one_request(self):
        """Two bills of one vendor with the same number and date have one key, so they are sent one after the other."""
        bills = self.documents(2, 'in_invoice', post=False)
        bills[0].ref = bills[1].ref = 'SAME'
        bills[1].invoice_line_ids.price_unit = 70
        with mute_logger('odoo.addons.account.models.account_move'):
            bills.action_post()
        self.run_slice(self.connection)
        self.assertEqual(self.states(bills), ['synced', 'synced'])
        self.assertEqual(len(self.calls('PUT', '/api.xro/2.0/Invoices')), 2)
        self.assertEqual(sorted(bills.xero_export_ids.mapped('xero_total')), [70, 100])

    def test_calls_stay_below_xeros_limit(self):
        move = self.document()
        self.sandbox.requests.clear()
        with patch.object(slice, 'CALLS_PER_MINUTE', CALLS_PER_MINUTE):
            self.connection.pace = [time.time()] * CALLS_PER_MINUTE
            self.run_slice(self.connection)
            self.assertFalse(self.calls(path='/api.xro/2.0'))
            self.assertRecordValues(self.connection, [{'resume_reason': 'minute', 'outage_count': 0, 'status': 'connected'}])
            self.assertEqual(self.export_of(move).state, 'waiting')
            self.let_time_pass(minutes=1)
            self.run_slice(self.connection)
        self.assert_once(move)

    def test_run_is_recorded_once(self):
        self.documents(3)
        self.run_slice(self.connection)
        self.document()
        self.run_slice(self.connection)
        sync = self.env['xero.sync'].search([('connection_id', '=', self.connection.id), ('run', '=', 'export')])
        self.assertRecordValues(sync, [{'done': 4, 'failed': 0, 'error': False}])
        self.assertTrue(self.connection.last_success_at)

    def test_chatter_has_one_note_per_outcome(self):
        move = self.document()
        before = len(move.message_ids)
        self.run_slice(self.connection)
        self.assertEqual(len(self.export_of(move).move_id.message_ids) - before, 1)
        self.assertIn(move.xero_export_ids.xero_url, move.message_ids[0].body)
