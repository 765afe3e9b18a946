import re
from pathlib import Path

from odoo.addons.account_xero.models.connection.xero_connection_policy import XeroConnection
from odoo.addons.account_xero.models.export.xero_export_state import TRANSITIONS
from odoo.tests import TransactionCase, tagged

ADDON = Path(__file__).parents[2]


@tagged('post_install', '-at_install')
class TestArchitecture(TransactionCase):
    """What `docs/architecture.md` lists is what there is, and what there is has its place."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page = (ADDON / 'docs' / 'architecture.md').read_text()

    def section(self, title):
        return self.page.partition(f'\n## {title}\n')[2].partition('\n## ')[0]

    def test_steps_are_listed_in_their_order(self):
        listed = re.findall(r'^\| `(\w+)` \|', self.section("The way of an invoice"), re.MULTILINE)
        steps = [step._name.removeprefix('xero.step.') for step in self.env['xero.step']._all() if step._original_module == 'account_xero']
        self.assertEqual(listed, steps)

    def test_folders_are_listed(self):
        rows = re.findall(r'^\| (`.*?`) \|', self.section("Folders"), re.MULTILINE)
        listed = {path for row in rows for path in re.findall(r'`([\w./]+)`', row)}
        self.assertFalse([path for path in listed if not (ADDON / path).exists()])
        rooms = {f'models/{path.name}/' for path in (ADDON / 'models').iterdir() if (path / '__init__.py').exists()}
        self.assertEqual({path for path in listed if path.startswith('models/')}, rooms)

    def test_files_that_are_named_exist(self):
        named = re.findall(r'`((?:models|tools|views|docs|migrations|wizard|tests)/[\w/]+\.\w+)`', self.page)
        self.assertTrue(named)
        self.assertFalse([path for path in named if not (ADDON / path).exists()])

    def test_transitions_are_drawn(self):
        drawn = set(re.findall(r'^    (\w+) --> (\w+):', self.section("States of an export"), re.MULTILINE))
        self.assertEqual(drawn, {(before, after) for before, states in TRANSITIONS.items() for after in states if before != after})

    def test_policies_are_in_the_form_of_the_connection(self):
        arch = self.env.ref('account_xero.xero_connection_view_form').arch
        policies = [field.name for field in XeroConnection._field_definitions if not field._args__.get('readonly')]
        self.assertIn('sales_status', policies)
        self.assertFalse([name for name in policies if f'name="{name}"' not in arch])
