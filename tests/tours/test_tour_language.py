from odoo.tests import tagged

from ..addon.export_common import XeroExportCase
from .tour_common import XeroTourCase


@tagged('post_install', '-at_install', 'xero_browser')
class TestTourLanguage(XeroExportCase, XeroTourCase):

    def test_in_french(self):
        """An invoice admin who works in French reads French, from the tiles to the reason why a document failed, and titles are whole."""
        self.env['res.lang']._activate_lang('fr_FR')
        self.env['ir.module.module']._load_module_terms(['web', 'account', 'account_xero'], ['fr_FR'])
        self.admin.lang = 'fr_FR'
        other_income = self.copy_account(self.company_data['default_account_revenue'], {'name': "Other Income"})
        invoice = self.document('out_invoice', {'account_id': other_income.id})
        self.run_slice(self.connection)
        self.assertEqual(self.states(invoice), ['failed'])
        self.env['xero.certificate'].with_user(self.admin).create({'connection_id': self.connection.id, 'month': invoice.invoice_date})
        self.start_tour('/odoo/xero-exports', 'xero_language', login='xero_admin')
