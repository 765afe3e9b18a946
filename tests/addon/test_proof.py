from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.difference import xero_proof
from ...models.steps.slice import Slice
from ..common import HARBOUR
from .change_common import CREDIT_NOTES, INVOICES
from .companies_common import CompaniesCase
from .difference_common import ProofMixin, XeroDifferenceCase


@tagged('post_install', '-at_install')
class TestProof(ProofMixin, XeroDifferenceCase):
    """Once a night, all documents of the open periods are compared."""

    def test_everything_agrees(self):
        self.documents(3)
        self.documents(2, 'out_refund')
        self.run_slice(self.connection, 2)
        proof = self.prove()
        self.assertEqual((proof.compared, proof.error, self.open_rows()), (5, False, self.env['xero.difference']))
        self.assertEqual([call['path'] for call in self.calls('GET')], [INVOICES, CREDIT_NOTES], "a call for each page of 1,000")
        self.assertEqual(self.syncs()[:1].run, 'proof')
        self.assertTrue(all(self.env['xero.export'].search([]).mapped('proved_at')))

    def test_old_comparisons_are_removed_but_the_last_one_of_a_month(self):
        old, new = fields.Datetime.now() - timedelta(days=400), fields.Datetime.now() - timedelta(days=300)
        rows = [
            ({'since': '2025-10-01', 'ended_at': old}, False), ({'since': '2025-10-01', 'ended_at': old}, True),
            ({'since': '2025-11-01', 'ended_at': old}, False), ({'since': '2025-11-01', 'ended_at': new}, True),
            ({'since': '2025-11-01', 'ended_at': old, 'error': "Xero did not answer."}, False), ({'since': '2025-12-01'}, True)]
        proofs = [
            self.env['xero.proof'].sudo().create({'connection_id': self.connection.id, 'started_at': old, **values}) for values, _stays in rows]
        for days in ('0', '365'):
            self.env['ir.config_parameter'].sudo().set_param('account_xero.keep_requests_days', days)
            self.env['xero.proof'].sudo()._gc_old()
            self.assertEqual([bool(proof.exists()) for proof in proofs], [days == '0' or stays for _values, stays in rows])

    def test_an_edit_that_no_feed_told_is_found(self):
        _move, export = self.synced(ref="Order 7")
        self.sandbox.clock.advance(2)
        self.held(export)['Reference'] = "Edited"       # its time did not move
        self.prove()
        self.assertIn("reference", self.open_rows(export).text)

    def test_only_in_xero(self):
        move, export = self.synced()
        contact = self.held(export)['Contact']['ContactID']
        prefix = move.sequence_prefix
        ours = self.stranger(Contact={'ContactID': contact}, InvoiceNumber='BY-HAND-1')
        numbered = self.stranger(InvoiceNumber=f'{prefix}88888')
        self.stranger(InvoiceNumber='WALK-IN-1')
        self.stranger(InvoiceNumber='BY-HAND-2', Contact={'ContactID': contact}, Status='DRAFT')
        self.prove()
        rows = self.open_rows()
        self.assertEqual(set(rows.mapped('document_name')), {'BY-HAND-1', f'{prefix}88888', 'BY-HAND-2'})
        row = rows.filtered(lambda row: row.document_name == 'BY-HAND-1')
        self.assertRecordValues(row, [{
            'topic': 'only_xero', 'partner_id': move.partner_id.id, 'xero_total': 50, 'xero_id': ours['InvoiceID'], 'kind': 'sale_invoice',
            'currency_id': move.currency_id.id, 'can_send_ours': False, 'can_take_xeros': False}])
        self.assertIn("is in Xero and not in Odoo", row.text)
        self.env.invalidate_all()
        with self.assertNoLogs('odoo', 'WARNING'):
            self.assertFalse(row.versions)
        row.with_user(self.admin)._accept("Entered at the fair")
        self.somebody('POST', f"Invoices/{numbered['InvoiceID']}", {'InvoiceID': numbered['InvoiceID'], 'Status': 'VOIDED'})
        self.prove()
        self.assertEqual(self.open_rows().mapped('document_name'), ['BY-HAND-2'], "accepted, and voided")

    def test_what_is_only_in_xero_is_told(self):
        Connection = self.env['xero.connection'].with_user(self.admin)
        _move, export, _row = self.edited(DueDate='2026-12-24')
        self.stranger(Contact={'ContactID': self.held(export)['Contact']['ContactID']}, InvoiceNumber='BY-HAND-1')
        self.prove()
        self.assertEqual(sorted(self.open_rows().mapped('topic')), ['only_xero', 'xero'])
        self.assertEqual(Connection.retrieve_attention(), ["Different documents: 2."])
        connection = Connection.browse(self.connection.id)
        self.assertEqual((connection.different_count, Connection.retrieve_sync_totals()['different']), (2, 2))
        shown = self.env['xero.difference'].with_user(self.admin).search([*connection.action_open_differences()['domain'], ('state', '=', 'open')])
        self.assertEqual(shown, self.open_rows(), "the button opens what it counts")
        shown._accept("Entered by the owner")
        self.env.invalidate_all()
        self.assertEqual((Connection.retrieve_attention(), connection.different_count), ([], 0))

    def test_hostile_strangers_are_left_out(self):
        _move, export = self.synced()
        contact = self.held(export)['Contact']['ContactID']
        good = self.stranger(Contact={'ContactID': contact}, InvoiceNumber='BY-HAND-1')
        real = type(self.env['xero.proof'])._take_page

        def take(proof, slice, kinds, elements, is_last):
            [known] = [element for element in elements if element['InvoiceID'] == good['InvoiceID']]
            hostile = [{**known, 'InvoiceID': f'{number:036}', **values} for number, values in enumerate((
                {'Total': "a lot"}, {'Contact': "nobody"}, {'Type': ['ACCREC']}, {'Date': 7, 'CurrencyCode': {}}, {'InvoiceNumber': ['x']}))]
            return real(proof, slice, kinds, elements + hostile, is_last)

        with patch.object(type(self.env['xero.proof']), '_take_page', take), mute_logger('odoo.addons.account_xero.models.export.containment'):
            proof = self.prove()
        self.assertFalse(proof.error)
        self.assertIn('BY-HAND-1', self.open_rows().mapped('document_name'))

    def test_ours_whose_answer_was_lost_is_no_stranger(self):
        proof = self.env['xero.proof'].sudo().create({'connection_id': self.connection.id, 'since': '2026-01-01'})
        for move_type, values in (('out_invoice', {}), ('out_refund', {}), ('in_invoice', {'ref': "V-7"}), ('in_refund', {'ref': "V-8"})):
            with self.subTest(move_type=move_type):
                self.synced(move_type, ref=f"Before {move_type}")
                move, export = self.synced(move_type, **values)
                kind, export = export._kind(), export.sudo()
                proof.endpoint = kind._xero_endpoint
                element = self.server.in_xero(HARBOUR, 'GET', f'/{kind._xero_endpoint}/{export.xero_id}', None)[kind._xero_endpoint][0]
                export.write({'state': 'uncertain', 'xero_id': False})

                def strangers(element, proof=proof, kind=kind):
                    proof._list_only_in_xero(Slice(self.connection.sudo()), proof._endpoints()[proof.endpoint], [element], set())
                    return self.open_rows().filtered(lambda row: row.topic == 'only_xero').mapped('document_name')

                self.assertEqual(strangers(element), [], "by its number")
                number = {kind._xero_number: f'{move.sequence_prefix}77777'}
                self.assertEqual(strangers({**element, **number}), [] if kind._has_url else list(number.values()), "by its link")
                self.assertEqual(strangers({**element, **number, 'Url': 'http://['}), list(number.values()))
                self.assertEqual(strangers(element), [], "known again")

    def test_many_that_are_missing_end_it(self):
        self.patch(xero_proof, 'FILTER_IDS', 2)
        exports = self.documents(5).xero_export_ids.sudo()
        self.run_slice(self.connection, 2)
        exports.write({'arrived_at': exports[0].arrived_at - timedelta(hours=1)})
        organisation = self.sandbox.organisations[HARBOUR]
        organisation.documents['Invoices'].clear()
        organisation.numbers['Invoices'].clear()
        proof = self.prove(3)
        self.assertIn("does not have 2 documents in a row", proof.error)
        self.assertEqual((len(self.calls('GET')), self.open_rows().export_id), (4, exports.sorted('id')[:2].sudo(False)))

    def test_differences_of_before_are_listed(self):
        exports = [self.synced()[1].sudo() for _number in range(3)]
        for export in exports:
            export.write({'xero_total': 99, 'difference': "The total is 100 in Odoo and 99 in Xero."})
        exports[1].write({'closed_difference': "Closed"})
        never, closed, settled = exports
        never.difference_ids.unlink()
        closed.difference_ids.filtered(lambda row: row.topic != 'closed').unlink()
        settled.difference_ids._settle('ended')
        self.env['xero.proof'].sudo().create({'connection_id': self.connection.id})._start()
        self.assertEqual(self.open_rows().filtered(lambda row: row.topic == 'total').export_id, never | closed | settled)

    def test_a_payment_that_is_about_to_be_registered_is_not_shown_as_missing(self):
        _move, export = self.synced()
        [payment] = self.somebody('PUT', 'Payments', {'Payments': [{
            'Invoice': {'InvoiceID': export.xero_id}, 'Account': {'Code': '090'}, 'Date': '2026-11-05', 'Amount': 40}]})['Payments']
        due = self.env['xero.payment'].sudo().create({
            'connection_id': self.connection.id, 'company_id': export.company_id.id, 'export_id': export.id, 'xero_id': payment['PaymentID']})
        comparison, by_export = self.env['xero.comparison'].sudo(), {export.sudo(): self.sandbox_json(export)}
        comparison._compare_paid(by_export, export.sudo())
        self.assertFalse(self.open_rows())
        due.is_due = False
        comparison._compare_paid(by_export, export.sudo())
        self.assertEqual(self.open_rows().topic, 'paid')

    def test_what_is_not_exported_is_not_expected(self):
        _move, export = self.synced()
        contact = self.held(export)['Contact']['ContactID']
        self.connection.export_bill = self.connection.export_receipt = False
        self.stranger(Type='ACCPAY', Contact={'ContactID': contact}, InvoiceNumber='V-1')
        self.prove()
        self.assertFalse(self.open_rows())

    def test_only_in_odoo_and_sent_again(self):
        move, export = self.synced()
        kept = self.synced()[1]
        organisation = self.sandbox.organisations[HARBOUR]
        del organisation.documents['Invoices'][export.xero_id], organisation.numbers['Invoices'][move.name]
        self.prove(3)
        [row] = self.open_rows()
        self.assertEqual((row.topic, row.export_id, row.odoo_total), ('only_odoo', export, 100))
        self.prove(3)
        self.assertEqual(self.open_rows(), row)
        row.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        self.assertEqual((row.outcome, export.state, len(self.in_xero(move))), ('odoo', 'synced', 1), export.message)
        self.prove(3)
        self.assertFalse(self.open_rows())
        self.assertEqual(kept.state, 'synced')

    def test_another_date_in_xero_is_read_by_id(self):
        self.connection.export_start_date = '2026-11-01'
        _move, export = self.synced()
        self.edit(export, Date='2026-10-05')
        self.prove(3)
        self.assertIn("(date)", self.open_rows(export).text)

    def test_locked_periods_are_left_out(self):
        self.synced()
        self.connection.sudo().end_of_year_lock_date = '2026-11-30'
        proof = self.prove()
        self.assertEqual((str(proof.since), proof.compared), ('2026-12-01', 0))

    def test_when_it_is_due(self):
        self.connection.write({'proves_nightly': True, 'proof_hour': 2.5})
        self.xero_company.partner_id.tz = 'Australia/Sydney'
        due = self.env['xero.proof']._night_after(self.connection, datetime(2026, 7, 1, 10))
        self.assertEqual(due, datetime(2026, 7, 1, 16, 30), "02:30 in Sydney")
        self.assertEqual(self.env['xero.proof']._night_after(self.connection, due), due + timedelta(days=1))
        self.assertIsNone(self.env['xero.proof'].sudo()._due_at(self.connection) or None, "nothing was exported yet")
        self.synced()
        self.assertGreater(self.env['xero.proof'].sudo()._due_at(self.connection), fields.Datetime.now())
        self.env['xero.export'].sudo().search([]).arrived_at -= timedelta(days=2)
        self.run_slice(self.connection, 2)
        self.assertEqual(len(self.env['xero.proof'].search([('ended_at', '!=', False)])), 1)
        self.sandbox.requests.clear()
        self.run_slice(self.connection)
        self.assertFalse(self.calls(), "once a night")

    def test_a_requested_comparison_names_the_user(self):
        self.synced()
        certificate = self.env['xero.certificate'].with_user(self.admin).create({'connection_id': self.connection.id, 'month': '2026-11-17'})
        certificate.action_compare()
        self.run_slice(self.connection)
        sync = self.env['xero.sync'].search([('run', '=', 'proof')], limit=1)
        self.assertRecordValues(sync, [{'by_hand': True, 'user_id': self.admin.id}])

    def test_documents_and_their_calls_come_first(self):
        self.synced()
        self.check()
        self.connection.sudo().write({'calls_left': 10, 'calls_left_at': fields.Datetime.now()})
        self.env['xero.proof'].sudo()._request(self.connection)
        self.run_slice(self.connection)
        self.assertFalse(self.env['xero.proof'].search([]).started_at)

    def test_a_refusal_ends_it_until_the_next_night(self):
        self.synced()
        self.sandbox.faults.order(kind='status', status=400, method='GET', path='/Invoices', times=5)
        proof = self.prove(1)
        self.assertIn("Invoices", proof.error)

    def test_a_switched_on_alarm_compares_everything(self):
        self.connection.alarm_lines = False
        _move, export = self.synced(ref="Order 7")
        self.edit(export, Reference="Edited")
        self.check()
        self.assertFalse(self.open_rows())
        self.connection.with_user(self.admin).alarm_lines = True
        self.run_slice(self.connection, 2)
        self.assertIn("reference", self.open_rows(export).text)

    def test_queries_of_a_page_do_not_grow(self):
        def queries(count):
            self.documents(count)
            self.run_slice(self.connection, 2)
            exports = self.env['xero.export'].sudo().search([])
            remote = [self.sandbox_json(export) for export in exports]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            comparison = self.env['xero.comparison'].sudo()
            matched = comparison._matched(self.connection, 'Invoices', 'InvoiceID', remote)
            for export in matched:
                comparison._sort_out(export, matched[export])
            self.env.flush_all()
            return self.env.cr.sql_log_count - before
        self.assertLessEqual(queries(30), queries(5) + 6)

    def sandbox_json(self, export):
        return self.server.in_xero(HARBOUR, 'GET', f'/Invoices/{export.xero_id}', None)['Invoices'][0]


@tagged('post_install', '-at_install')
class TestDifferenceCompanies(CompaniesCase):

    def test_each_company_sees_its_differences(self):
        self.share_connection()
        moves = self.make(self.xero_company) | self.make(self.other)
        self.run_slice(self.connection, 2)
        for export in moves.xero_export_ids.sudo():
            export.difference = "Something"
        user = self._new_user('xero_south', 'account.group_account_invoice', self.other)
        seen = self.env['xero.difference'].with_user(user).search([])
        self.assertEqual(seen.company_id, self.other)
        stranger = self.env['xero.difference'].sudo().create({'connection_id': self.connection.id, 'topic': 'only_xero', 'xero_id': 'x'})
        self.assertIn(stranger, self.env['xero.difference'].with_user(user).search([]))
