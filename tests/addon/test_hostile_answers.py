import json
import os
import unittest
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs

import yaml

from odoo.tests import tagged
from odoo.tools import mute_logger

from .export_common import XeroExportCase
from .ledger_common import XeroLedgerCase

SPECIFICATION = Path(os.path.realpath(__file__)).parents[3] / 'shared' / 'xero' / 'openapi' / 'xero_accounting.yaml'
API = '/api.xro/2.0'
# Answers to writing calls that cannot come from Xero's API
STRANGE = (
    {'Invoices': "abc"}, {'Invoices': [7]}, {'Invoices': [{'InvoiceID': {}}]}, [], ['a'], {'Invoices': [{'Total': "many"}]},
    {'Invoices': [{'InvoiceID': 'x', 'LineItems': "none"}]}, {'Invoices': None}, {},
)


@tagged('post_install', '-at_install')
class TestHostileAnswers(XeroExportCase):
    """With any answer, no slice ends in an error in Odoo, and every document is finally in Xero once."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.document(ref='seed')
        cls.run_slice(cls.connection)

    def answer(self, body, method='PUT', path='/Invoices', status=200, **values):
        self.sandbox.faults.order(
            kind='status', method=method, path=path, status=status, body=body if isinstance(body, str) else json.dumps(body),
            **{'content_type': 'application/json', **values})

    def recover(self):
        for _time in range(4):
            self.let_time_pass(minutes=10)
            self.run_slice(self.connection)

    def test_writes(self):
        for body in (*STRANGE, '[' * 100_000, '{"Invoices": [{"Total": NaN}]}', '{"Invoices": ["\\ud800"]}'):
            with self.subTest(body=str(body)[:50]):
                move = self.document()
                self.answer(body)
                self.run_slice(self.connection)
                self.assertIn(self.states(move)[0], ('uncertain', 'waiting'))
                self.sandbox.clock.advance(400)
                self.recover()
                self.assert_once(move)

    @mute_logger('odoo.addons.account_xero.models.reference.reader')
    def test_a_broken_list_stops_nothing_that_is_known(self):
        accounts = self.env['xero.account'].search([('connection_id', '=', self.connection.id), ('status', '=', 'ACTIVE')])
        lists = {'/Accounts': 'accounts', '/TaxRates': 'tax_rates', '/Contacts': 'contacts', '/Currencies': 'currencies',
                 '/Organisation': 'organisation', '/BrandingThemes': 'branding_themes', '/TrackingCategories': 'tracking'}
        for path, name in lists.items():
            for body in ({}, [], {path[1:]: "abc"}, {path[1:]: [{}]}, '<html>'):
                with self.subTest(path=path, body=body):
                    moment = self.connection.reference_read_at
                    self.connection.sudo().reference_read_at = {**moment, name: '2026-01-01T00:00:00'}
                    self.answer(body, 'GET', path)
                    move = self.document()
                    self.let_time_pass(minutes=1)       # otherwise the pacer would delay so many calls
                    self.run_slice(self.connection)
                    self.assert_once(move)
                    self.assertFalse(self.connection.resume_at)
                    self.assertTrue(any(self.syncs().filtered(lambda sync: sync.run == 'reference').mapped('error')))
                    self.sandbox.faults.clear()
        self.assertEqual(set(accounts.mapped('status')), {'ACTIVE'})

    def test_an_absurd_pause_is_over(self):
        """An older version stored any pause that Xero asked for."""
        self.connection.sudo().write({'resume_at': '5195-01-01 00:00:00', 'resume_reason': 'minute'})
        move = self.document()
        self.run_slice(self.connection)
        self.assert_once(move)
        self.assertFalse(self.connection.resume_at)

    def test_pauses_are_bounded(self):
        move = self.document()
        self.sandbox.faults.order(kind='429_minute', method='PUT', path='/Invoices', retry_after=99999999999)
        self.run_slice(self.connection)
        self.assertLess((self.connection.resume_at - self.now()).total_seconds(), 301)
        self.recover()
        self.assert_once(move)


@tagged('post_install', '-at_install')
@unittest.skipUnless(SPECIFICATION.is_file(), "Xero's specification (../shared/xero/openapi) is not beside this repository")
class TestQueries(XeroLedgerCase):
    """Every call carries only parameters that the specification has for it."""

    mode = 'entry'

    @staticmethod
    @cache
    def parameters():
        """Return dict (method, path with {} for ids) → names of the query."""
        content = yaml.load(SPECIFICATION.read_text(), getattr(yaml, 'CSafeLoader', yaml.SafeLoader))
        shared = content['components']['parameters']
        found = {}
        for path, operations in content['paths'].items():
            parts = tuple('{}' if part.startswith('{') else part for part in path.strip('/').split('/'))
            for method, operation in operations.items():
                if method in ('get', 'put', 'post', 'delete'):
                    listed = [shared[one['$ref'].rpartition('/')[2]] if '$ref' in one else one for one in (
                        *operations.get('parameters', ()), *operation.get('parameters', ()))]
                    found[method.upper(), parts] = {one['name'] for one in listed if one['in'] == 'query'}
        return found

    def allowed(self, call):
        parts = tuple(call['path'].removeprefix(API).strip('/').split('/'))
        alike = [
            names for (method, known), names in self.parameters().items()
            if method == call['method'] and len(known) == len(parts) and all(one in ('{}', part) for one, part in zip(known, parts))]
        self.assertTrue(alike, f"{call['method']} {call['path']} is not in the specification")
        return set.union(*alike)

    def test_only_parameters_that_xero_has(self):
        moves = self.env['account.move']
        for move_type in ('out_invoice', 'in_invoice', 'out_refund', 'in_refund'):
            moves |= self.document(move_type, ref=f'R-{move_type}')
        self.map_account(self.expense, '469', 'journal')
        self.map_account(self.revenue, '200', 'journal')
        entry = self.entry()
        self.run_slice(self.connection, 2)
        moves.button_draft()
        for move in moves:
            move.invoice_line_ids.price_unit = 50
        moves.action_post()
        entry.button_draft()
        self.rewrite(entry, 50)
        entry.action_post()
        self.run_slice(self.connection, 2)
        (moves | entry).button_draft()
        (moves | entry).button_cancel()
        self.run_slice(self.connection, 3)
        calls = [call for call in self.sandbox.requests if call['path'].startswith(API)]
        known = {(call['method'], call['path'].removeprefix(API)) for call in calls}
        for endpoint in ('/Invoices', '/CreditNotes', '/ManualJournals'):
            self.assertLessEqual({(method, endpoint) for method in ('GET', 'PUT', 'POST')}, known)
        self.assertIn(('PUT', '/Contacts'), known)
        for call in calls:
            with self.subTest(call=f"{call['method']} {call['path']}"):
                self.assertLessEqual(parse_qs(call['query'], keep_blank_values=True).keys(), self.allowed(call))
