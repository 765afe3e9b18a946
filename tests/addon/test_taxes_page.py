from odoo.addons.account_xero.dev.taxes_page import page
from odoo.tests import BaseCase, tagged
from odoo.tools import file_open


@tagged('post_install', '-at_install')
class TestTaxesPage(BaseCase):

    def test_the_page_tells_what_the_tables_say(self):
        """Written again by `python3 -m dev taxes`."""
        with file_open('account_xero/docs/taxes.md') as file:
            self.assertEqual(file.read(), page())
