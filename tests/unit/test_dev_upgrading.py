from unittest.mock import patch

from odoo.addons.account_xero.dev import upgrading
from odoo.addons.account_xero.dev.scratch import REPOSITORY
from odoo.tests import BaseCase, tagged


@tagged('post_install', '-at_install')
class TestLosses(BaseCase):
    """What the upgrade test compares."""

    def setUp(self):
        super().setUp()
        self.before = {'xero_export': {1: {'id': 1, 'state': 'synced'}, 2: {'id': 2, 'state': 'failed'}}, 'xero_empty': {}}

    def losses(self, rows, **tables):
        return list(upgrading.losses(self.before, {'xero_export': rows, **tables}))

    def test_what_is_new_is_no_loss(self):
        rows = {key: {**row, 'more': 1} for key, row in self.before['xero_export'].items()}
        self.assertEqual(self.losses({**rows, 3: {'id': 3, 'state': 'waiting', 'more': 1}}, xero_more={1: {'id': 1}}), [])

    def test_a_lost_row_is_told(self):
        self.assertEqual(self.losses({1: {'id': 1, 'state': 'synced'}}), ["1 of 2 rows of xero_export are gone"])
        self.assertEqual(self.losses({}), ["2 of 2 rows of xero_export are gone"])

    def test_a_lost_column_is_told(self):
        self.assertEqual(self.losses({1: {'id': 1}, 2: {'id': 2}}), ["the column xero_export.state is gone"])

    def test_another_value_is_told(self):
        [loss] = self.losses({1: {'id': 1, 'state': 'waiting'}, 2: {'id': 2, 'state': 'failed'}})
        self.assertEqual(loss, "xero_export.state has another value in 1 of 2 rows, such as 'waiting' instead of 'synced' in row 1")

    def test_what_a_script_rewrites_is_not_compared(self):
        with patch.dict(upgrading.REWRITTEN, {'xero_export.state': 'migrations/x/post-x.py'}):
            self.assertEqual(self.losses({1: {'id': 1}, 2: {'id': 2}}), [])

    def test_each_script_that_rewrites_exists(self):
        for column, script in upgrading.REWRITTEN.items():
            self.assertTrue((REPOSITORY / script).is_file(), f'{column}: {script}')
