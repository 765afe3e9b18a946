import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import Form, TransactionCase, tagged

from ...models.connection.retention import KEEP_BODIES
from ...models.export import xero_request_retention
from .change_common import INVOICES
from .race_common import RaceCase
from .retention_common import XeroRetentionCase

PERSONAL = ("Wilhelmina Oxenford", "wilhelmina@oxenford.example", "14 Quince Lane")


@tagged('post_install', '-at_install')
class TestRetention(XeroRetentionCase):
    """What is removed, when, and what is left."""

    def test_no_personal_data_is_left_in_a_request(self):
        name, email, street = PERSONAL
        self.partner_a.write({'name': name, 'email': email, 'street': street})
        move, export = self.synced()
        self.assertTrue(all(word in self.stored('xero_request') for word in PERSONAL))
        line = move.invoice_line_ids.name
        self.assertIn(line, self.stored('xero_request'))
        self.remove(89)
        self.assertIn(email, self.stored('xero_request'))
        self.remove(2)
        self.assertEqual(len(export.request_ids), 2, "the contact and the document")
        for word in (*PERSONAL, line, export.xero_id, move.name):
            self.assertNotIn(word, self.stored('xero_request'))
        self.env.cr.execute("SELECT kept_elements::text FROM xero_export WHERE id = %s", export.ids)
        [[kept]] = self.env.cr.fetchall()
        self.assertIn(line, kept)
        for word in PERSONAL:
            self.assertNotIn(word, kept)
        request = export.request_ids[0]
        self.assertEqual((request.state, request.http_status, request.export_ids), ('answered', 200, export))

    def stored(self, table):
        self.env.flush_all()
        self.env.cr.execute(f"SELECT string_agg(row::text, ' ') FROM {table} row")
        return self.env.cr.fetchone()[0].replace('\\', '')

    def test_the_screens_say_so(self):
        _move, export = self.synced()
        shown = export.sent_element
        self.remove(91)
        request = export.with_user(self.admin).request_ids[0]
        with Form(request) as form:
            self.assertIn("91 days after the call", form.emptied_words)
        self.assertEqual(json.loads(export.with_user(self.billing).sent_element), json.loads(shown))
        self.remove(275)
        self.assertFalse(export.request_ids)
        self.assertTrue(export.attempts, "so the screen does not say that it has not been sent")
        self.assertEqual(json.loads(export.with_user(self.billing).sent_element), json.loads(shown))

    def test_records_go_after_their_own_time(self):
        _move, export = self.synced()
        self.remove(364)
        requests = export.request_ids
        self.assertFalse(any(requests.mapped('body')))
        self.remove(2)
        self.assertFalse(requests.exists())
        self.assertEqual((export.state, bool(export.xero_id)), ('synced', True))

    def test_a_request_without_answer_stays_whole(self):
        move, export = self.lose_answer()
        body = export.request_ids[0].body
        self.remove(400)
        self.assertEqual(export.request_ids[0].body, body)
        self.recover(400)
        self.assert_once(move)
        self.vacuum()
        self.assertFalse(export.request_ids.filtered('body'), "once it has an outcome it goes like others")

    def test_a_document_with_something_open_keeps_all_its_requests(self):
        moves = self.documents(2)
        self.run_slice(self.connection)
        one, other = moves.xero_export_ids.sudo()
        request = one.request_ids[0]
        self.assertEqual(request, other.request_ids[0])
        self.sandbox.faults.order(kind='drop_after', method='POST', path='/Invoices')
        self.price(one.move_id, 60)
        self.assertEqual(one.state, 'uncertain')
        self.remove(400)
        self.assertTrue(request.body, "it carries a document without outcome")
        self.recover(0)
        self.assert_once(moves)
        one.unseen_since = fields.Datetime.now()
        self.vacuum()
        self.assertTrue(request.body, "it is to be looked for")
        one.unseen_since = False
        self.vacuum()
        self.assertFalse(request.exists())

    def test_zero_is_for_ever(self):
        _move, export = self.synced()
        sync = self.env['xero.sync'].sudo()._record(self.connection, 'export', start_at=fields.Datetime.now() - timedelta(days=4000))
        for value in ('0', '-5', 'many', ''):
            with self.subTest(value):
                self.keep(value, value)
                self.remove(1000)
                self.env['xero.sync'].sudo()._gc_old_runs()
                if value:
                    self.assertTrue(all(export.request_ids.mapped('body')))
                    self.assertTrue(sync.exists())
        self.assertFalse(export.request_ids, "an empty parameter is no parameter, so the default counts")

    def test_syncs_are_kept_as_long_as_records(self):
        old, young = (
            self.env['xero.sync'].sudo()._record(self.connection, 'export', start_at=fields.Datetime.now() - timedelta(days=days)) for days in (366, 364))
        self.assertEqual(self.env['xero.sync'].sudo()._gc_old_runs(), (1, 0))
        self.assertFalse(old.exists())
        self.assertTrue(young.exists())
        self.keep('5', '10')
        self.env['xero.sync'].sudo()._gc_old_runs()
        self.assertFalse(young.exists())

    def test_it_is_no_event_of_the_document(self):
        _move, export = self.synced()
        self.env.cr.execute("UPDATE xero_export SET write_date = '2026-01-01'")
        self.remove()
        self.assertEqual((export.write_date, export.revision), (fields.Datetime.to_datetime('2026-01-01'), export.revision))
        self.connection.swept_at = False
        self.run_slice(self.connection, times=2)
        self.assertFalse(self.calls(path=INVOICES))

    def test_many_cost_few_queries(self):
        _move, export = self.synced()
        self.copy_in_database(export, 1000)
        self.age(91)
        before = self.env.cr.sql_log_count
        self.vacuum()
        self.assertLessEqual(self.env.cr.sql_log_count - before, 125, "ten for each hundred")
        self.assertFalse(self.env['xero.request'].search_count([('emptied_at', '=', False)]))
        copies = self.env['xero.export'].search([('connection_id', '=', self.connection.id), ('id', '!=', export.id)])
        self.assertEqual([len(kept) for kept in copies.mapped('kept_elements')], [1] * 1000)

    def copy_in_database(self, export, count):
        """Have many exports, each with the request of an export."""
        columns = "connection_id, company_id, kind, method, path, key, body, answer, state, sent_at"
        self.env.cr.execute(f"""
            WITH exports AS (
                INSERT INTO xero_export (connection_id, company_id, kind, state, operation, digest)
                     SELECT connection_id, company_id, kind, state, operation, digest FROM xero_export, generate_series(1, %s) WHERE id = %s RETURNING id
            ), numbered AS (SELECT id, row_number() OVER () AS number FROM exports),
            requests AS (
                INSERT INTO xero_request (frozen, {columns})
                     SELECT jsonb_build_array(frozen->0 || jsonb_build_object('export', numbered.id)), {columns} FROM xero_request, numbered
                      WHERE xero_request.id = %s RETURNING id, frozen)
            INSERT INTO xero_request_export_rel (request_id, export_id) SELECT id, (frozen->0->>'export')::int FROM requests
            """, [count, export.id, export.request_ids[0].id])

    def test_odoos_vacuum_does_it_in_batches(self):
        self.patch(xero_request_retention, 'BODIES_AT_ONCE', 2)
        for _time in range(5):
            _move, export = self.synced()
        self.age(91)
        self.run_cron(self.env.ref('base.autovacuum_job'))
        self.assertFalse(self.env['xero.request'].search([]).filtered('body'))
        self.assertTrue(export.kept_elements)


@tagged('post_install', '-at_install')
class TestRetentionSettings(TransactionCase):

    def save(self, bodies, records):
        self.env['res.config.settings'].create({'xero_keep_bodies_days': bodies, 'xero_keep_requests_days': records}).execute()
        return self.env['res.config.settings'].create({}).read(['xero_keep_bodies_days', 'xero_keep_requests_days'])[0]

    def test_what_is_saved_counts(self):
        shown = self.env['res.config.settings'].create({})
        self.assertEqual((shown.xero_keep_bodies_days, shown.xero_keep_requests_days), (90, 365))
        shown.execute()
        self.assertFalse(self.env['ir.config_parameter'].sudo().get_param(KEEP_BODIES[0]), "nobody has chosen anything")
        for bodies, records in ((30, 60), (60, 60), (7, 0), (0, 0), (90, 365)):
            with self.subTest(bodies=bodies, records=records):
                saved = self.save(bodies, records)
                self.assertEqual((saved['xero_keep_bodies_days'], saved['xero_keep_requests_days']), (bodies, records))

    def test_what_cannot_be_is_refused(self):
        for bodies, records, words in ((-1, 365, "negative"), (90, -1, "negative"), (90, 60, "longer than its record"), (0, 365, "longer than its record")):
            with self.subTest(bodies=bodies, records=records), self.assertRaisesRegex(ValidationError, words):
                self.save(bodies, records)


@tagged('post_install', '-at_install')
class TestRetentionRace(RaceCase):
    """The vacuum and a slice that writes an export, both in their own transactions."""

    def prepare(self, env):
        company = env.ref('base.main_company')
        exports = env['xero.export'].create([{
            'connection_id': self.connection_id, 'company_id': company.id, 'kind': 'sale_invoice', 'document_name': f'INV/{number}', 'state': 'synced',
            'digest': 'A'} for number in (1, 2)])
        self.export_ids = exports.ids
        env['xero.request'].create([{
            'connection_id': self.connection_id, 'company_id': company.id, 'kind': 'sale_invoice', 'method': 'PUT', 'path': 'Invoices', 'key': 'fake',
            'state': 'answered', 'sent_at': '2020-01-01', 'export_ids': export.ids, 'body': '{"Invoices": [{"Reference": "A"}]}',
            'frozen': [{'export': export.id, 'revision': 1, 'digest': 'A', 'total': '1', 'operation': 'create'}]} for export in exports])

    def test_a_row_that_a_slice_writes_is_left_to_the_next_vacuum(self):
        with self.transaction() as slice_env, self.transaction() as env:
            slice_env['xero.export'].browse(self.export_ids[0]).message = "Settled"
            slice_env.flush_all()
            env.cr.execute("SET LOCAL lock_timeout = '2s'")
            env['xero.request']._gc_bodies()
            busy, free = env['xero.export'].browse(self.export_ids)
            self.assertTrue(busy.request_ids.body)
            self.assertFalse(free.request_ids.body)
            env.cr.commit()
            slice_env.cr.commit()
        with self.transaction() as env:
            env['xero.request']._gc_bodies()
            for export in env['xero.export'].browse(self.export_ids):
                self.assertFalse(export.request_ids.body)
                self.assertEqual(export.kept_elements[0]['element'], {'Reference': 'A'})
