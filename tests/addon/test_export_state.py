"""The state machine of exports: who writes it, and what holds whatever happens."""
import ast
from pathlib import Path

from odoo.tests import BaseCase, tagged

from ...models.export import xero_export_state
from ...models.export.xero_export import STATES
from ...models.export.xero_export_state import TRANSITIONS
from .allocation_common import XeroAllocationCase
from .ledger_common import XeroLedgerCase
from .walk_common import AllocationWalk, DayWalk, DocumentWalk, EntryWalk, WalkMixin

ROOT = Path(__file__).parents[2]
# Values of `state` that only exports have; other models have `waiting` and `failed` of their own in these files
OWN_STATES = {'uncertain', 'synced', 'skipped', 'waiting', 'failed'}
OTHERS = {'xero_extra.py', 'xero_sync.py', 'xero_extra_plan.py', 'xero_request.py', 'xero_consent.py', 'xero_first_sync.py', 'oauth.py'}


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
class TestStates(WalkMixin, XeroAllocationCase):

    def test_an_impossible_transition_is_not_made(self):
        export = self.export_of(self.document())
        export._skip("Not this one")
        with self.assertLogs(xero_export_state.__name__, 'WARNING'):
            self.assertFalse(export._set_sending(self.now()))
        with self.assertLogs(xero_export_state.__name__, 'WARNING'):
            self.assertFalse(export._set_uncertain())
        self.assertEqual(export.state, 'skipped')

    def test_documents(self):
        for move_type, walks in (('out_invoice', 6), ('in_invoice', 2), ('out_refund', 2), ('in_refund', 2)):
            with self.subTest(move_type):
                self.walk_at_random(DocumentWalk, move_type, walks)

    def test_allocation(self):
        self.walk_at_random(AllocationWalk, 'allocation', 3)


@tagged('post_install', '-at_install')
class TestLedgerWalks(WalkMixin, XeroLedgerCase):

    def test_entry(self):
        self.walk_at_random(EntryWalk, 'entry', 3)

    def test_day(self):
        self.walk_at_random(DayWalk, 'day', 3)
