import ast
import re
from pathlib import Path

from odoo.tests import tagged

from ...exceptions import XeroUnauthorised
from .export_common import XeroExportCase
from .health_common import QUIET

ADDON = Path(__file__).parents[2]
CODE = ('models', 'wizard', 'controllers', 'tools')
# Placeholders of which one may repeat what the other says
PAIRS = ({'connection', 'organisation'}, {'connection', 'reason'})
NAME = "Harbour Site AU"


def texts():
    """Yield the place and the text of each sentence for people in the code."""
    for path in sorted(path for folder in CODE for path in (ADDON / folder).rglob('*.py')):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, 'attr', getattr(node.func, 'id', '')) in ('_', '_lt') and node.args:
                if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                    yield f'{path.relative_to(ADDON)}:{node.lineno}', node.args[0].value


@tagged('post_install', '-at_install')
class TestNames(XeroExportCase):
    """A connection that is named like its organisation, as most are: no sentence says the name twice."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection.name = cls.connection.organisation_name

    def assertOnce(self, text):
        self.assertEqual(text.count(NAME), 1, text)

    def test_no_text_names_a_connection_in_two_ways(self):
        found = dict(texts())
        self.assertGreater(len(found), 500)
        for place, text in found.items():
            placeholders = set(re.findall(r'%\((\w+)\)s', text))
            self.assertFalse(
                any(pair <= placeholders for pair in PAIRS),
                f"{place}: {text!r} says one name twice if a connection is named like its organisation: see `_named` and `_status_words`")

    def test_both_names_are_said_if_they_differ(self):
        self.assertEqual(self.connection._named(), NAME)
        self.connection.name = f" {NAME.upper()} "
        self.assertEqual(self.connection._named(), NAME.upper())
        self.connection.name = "Sydney"
        self.assertEqual(self.connection._named(), f"Sydney ({NAME})")
        self.connection.organisation_name = False
        self.assertEqual(self.connection._named(), "Sydney")

    def test_lost_and_restored(self):
        move = self.document()
        self.sandbox.connections = []
        with QUIET:
            self.run_token_check()
        self.assertEqual(self.connection.status, 'reauthenticate')
        self.assertOnce(self.connection.status_reason)
        self.assertOnce(move.xero_export_ids.message)
        self.assertOnce(str(self.connection.activity_ids[:1].note))
        self.assertOnce(self.connection.with_user(self.admin).action_test()['params']['message'])
        check = self.env['xero.check'].with_user(self.admin).create({'connection_id': self.connection.id})
        self.assertOnce(' '.join(check._notices({self.connection})))

    def test_a_reason_without_the_name_follows_the_name(self):
        reason = "The access that Anna gave has ended at Xero. An invoice admin has to reauthenticate."
        self.connection.sudo().write({'status': 'reauthenticate', 'status_reason': reason})
        self.assertEqual(
            self.env['xero.export']._values_for_status(self.connection)['message'],
            f"{NAME} lost its access to Xero. {reason} The document is then sent automatically; "
            "invoice admins have been told.")
        first_sync = self.env['xero.first.sync'].sudo().create({
            'connection_id': self.connection.id, 'date_from': '2026-01-01', 'date_to': '2026-01-31'})
        self.assertOnce(first_sync._wait_words())
        self.connection.status_reason = False
        self.assertEqual(self.connection._status_words("It stopped."), "It stopped.")

    def test_consents(self):
        consent = self.authorise(self.connection)
        for before, waited in (('draft', 0), ('reauthenticate', 2), ('connected', 0)):
            self.assertOnce(consent._done_words(before, waited))
        consent = self.authorise(self.new_connection("Second"))
        self.assertEqual(consent.obstacle.count(NAME), 1, consent.obstacle)

    @QUIET
    def test_permissions(self):
        export = self.document().xero_export_ids.sudo()
        export._fail_permission(XeroUnauthorised("Forbidden", kind='scope'))
        self.assertOnce(export.message)
        self.assertOnce(self.connection._unreadable_words())

    def test_tasks_and_messages(self):
        self.document().xero_export_ids.sudo()._fail_permission(XeroUnauthorised("Forbidden", kind='scope'))
        self.connection._tell_failures()
        self.assertOnce(str(self.connection.activity_ids[:1].note))
        dialog = self.env['xero.disconnect'].with_user(self.admin).create({'connection_id': self.connection.id})
        self.assertOnce(dialog.action_disconnect()['params']['message'])
