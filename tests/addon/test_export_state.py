"""The state machine of exports: who writes it, and what holds whatever happens."""
import ast
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from ...models.export import xero_export_state
from ...models.export.xero_export import STATES
from ...models.export.xero_export_state import TRANSITIONS
from .export_common import XeroExportCase

ROOT = Path(__file__).parents[2]
# Values of `state` that only exports have; other models have `waiting` and `failed` of their own in these files
OWN_STATES = {'uncertain', 'synced', 'skipped', 'waiting', 'failed'}
OTHERS = {'xero_extra.py', 'xero_extra_plan.py', 'xero_request.py', 'xero_consent.py', 'oauth.py'}
EVENTS = ['slice', 'late', 'change', 'cancel', 'confirm', 'skip', 'resync', 'drop_before', 'drop_after', '500_after', '503', 'pause', 'resume']
WALKS, STEPS = 6, 12


def state_writes(source):
    """Return the line numbers at which a source writes `state`, by attribute, by a key of a dict or in SQL."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            is_others = isinstance(node.value, ast.Constant) and node.value.value not in OWN_STATES | {'sending'}
            found |= {node.lineno for target in targets if isinstance(target, ast.Attribute) and target.attr == 'state' and not is_others}
        elif isinstance(node, ast.Dict):
            found |= {
                key.lineno for key, value in zip(node.keys, node.values)
                if isinstance(key, ast.Constant) and key.value == 'state' and isinstance(value, ast.Constant) and value.value in OWN_STATES | {'sending'}}
        elif isinstance(node, ast.keyword) and node.arg == 'state' and isinstance(node.value, ast.Constant) and node.value.value in OWN_STATES:
            found.add(node.value.lineno)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and 'UPDATE xero_export' in node.value and 'state' in node.value:
            found.add(node.lineno)
    return found


@tagged('post_install', '-at_install')
class TestStateWriters(BaseCase):

    def test_nothing_else_writes_the_state_of_an_export(self):
        state_file = Path(xero_export_state.__file__).name
        for folder in ('models', 'wizard', 'controllers'):
            for path in sorted((ROOT / folder).rglob('*.py')):
                if path.name not in {state_file, *OTHERS}:
                    with self.subTest(str(path.relative_to(ROOT))):
                        self.assertFalse(state_writes(path.read_text()), "Use a method of xero_export_state.py")

    def test_a_write_elsewhere_is_found(self):
        for source in (
            "export.state = 'waiting'", "export.write({'state': 'synced'})", "values.update(state='failed')",
            "cr.execute('UPDATE xero_export SET state = %s')",
        ):
            with self.subTest(source):
                self.assertTrue(state_writes(source))

    def test_each_state_is_reached_and_left(self):
        states = {state for state, _label in STATES}
        self.assertEqual(TRANSITIONS.keys(), states)
        for state in states:
            self.assertTrue(TRANSITIONS[state] - {state}, "A state that is never left")
            self.assertTrue([source for source in states - {state} if state in TRANSITIONS[source]], "A state that is never reached")


@tagged('post_install', '-at_install')
class TestStates(XeroExportCase):

    def test_an_impossible_transition_is_not_made(self):
        export = self.export_of(self.document())
        export._skip("Not this one")
        with self.assertLogs(xero_export_state.__name__, 'WARNING'):
            self.assertFalse(export._set_sending(self.now()))
        with self.assertLogs(xero_export_state.__name__, 'WARNING'):
            self.assertFalse(export._set_uncertain())
        self.assertEqual(export.state, 'skipped')

    @settings(
        max_examples=WALKS, deadline=None, database=None, print_blob=True, phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(st.lists(st.sampled_from(EVENTS), min_size=STEPS, max_size=STEPS))
    @mute_logger('odoo.addons.account_xero.models.steps.slice')
    def test_whatever_happens_nothing_is_doubled_or_hidden(self, events):
        self.sandbox.faults.clear()
        self.connection.status = 'connected'
        move = self.document()
        for event in events:
            self.happen(event, move)
            self.assert_visible(move)
            self.assert_not_doubled(move)
        # Whatever happened, it ends
        self.sandbox.faults.clear()
        self.happen('resume', move)
        for _time in range(6):
            self.happen('late', move)
        self.assert_visible(move)
        self.assert_not_doubled(move)
        self.assertNotIn(self.export_of(move).state, ('sending', 'uncertain'), events)

    def happen(self, event, move):
        """Do what a person, Xero or the time does. An event that makes no sense now does nothing."""
        export = self.export_of(move)
        if event == 'slice':
            self.run_slice(self.connection)
        elif event == 'late':
            self.sandbox.clock.advance(420)
            self.let_time_pass(seconds=420)
            self.run_slice(self.connection)
        elif event == 'change' and move.state == 'posted':
            move.button_draft()
            move.invoice_line_ids.price_unit += 1
            move.action_post()
        elif event == 'cancel' and move.state == 'posted':
            move.button_draft()
            move.button_cancel()
        elif event == 'confirm' and move.state == 'cancel':
            move.button_draft()
            move.action_post()
        elif event == 'skip':
            export._skip("Not now")
        elif event == 'resync':
            export._requeue()
        elif event in ('pause', 'resume'):
            self.connection._set_status('paused' if event == 'pause' else 'connected')
        elif event in ('drop_before', 'drop_after', '500_after', '503'):
            for method in ('PUT', 'POST'):
                self.sandbox.faults.order(kind=event, method=method, path='/Invoices')

    def assert_visible(self, move):
        """Assert that an export that is not due says why."""
        export = self.export_of(move)
        self.assert_says_what_it_means(export)
        if export.state != 'synced' and not export.filtered_domain(export._due_domain(self.connection)):
            self.assertTrue(export.explanation, (export.state, export.wait_code))

    def assert_says_what_it_means(self, export):
        """Assert that no field has a second meaning by another one."""
        story = (export.state, export.operation, export.done_operation, export.wait_code, export.skip_rule, export.difference)
        if export.state == 'synced':
            self.assertIn(export.operation, ('none', 'update', 'void'), story)
            self.assertEqual(export._awaits_decision(), export.operation != 'none', story)
            self.assertTrue(export.difference or not export._awaits_decision(), story)
        else:
            self.assertNotEqual(export.operation, 'none', story)
        self.assertEqual(bool(export.xero_id), export.operation != 'create', story)
        self.assertFalse(export.skip_rule and export.state != 'skipped', story)
        self.assertFalse(export.wait_code and export.state in ('synced', 'skipped', 'sending'), story)
        self.assertFalse(export.is_content_unknown and export.digest, story)

    def assert_not_doubled(self, move):
        held = [document for document in self.in_xero(move) if document['Status'] not in ('VOIDED', 'DELETED')]
        self.assertLessEqual(len(held), 1)
