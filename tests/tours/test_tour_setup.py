from odoo import Command, fields
from odoo.tests import tagged

from ..common import HARBOUR
from .tour_common import XeroTourCase


@tagged('post_install', '-at_install', 'xero_browser')
class TestTourSetup(XeroTourCase):

    def test_from_nothing_to_the_first_invoice_in_xero(self):
        """Led by the four steps, an invoice admin connects, decides one account, and sees the invoice in Xero; the tour counts the clicks."""
        # The sandbox in place of Xero: a person who connects to Xero has no such click
        for name, value in (('environment', 'sandbox'), ('sandbox_url', self.app.sandbox_url)):
            self.env['ir.default'].set('xero.app', name, value)
        self.app.unlink()
        self.admin.sudo().group_ids += self.env.ref('base.group_system')
        account = self.company_data['default_account_revenue'].copy({'name': "Sales"})
        invoice = self.env['account.move'].create({
            'move_type': 'out_invoice', 'partner_id': self.partner_a.id, 'invoice_date': fields.Date.today(),
            'invoice_line_ids': [Command.create({'name': "Work", 'price_unit': 100, 'account_id': account.id, 'tax_ids': [Command.clear()]})]})
        invoice.action_post()
        self.start_tour('/odoo', 'xero_setup', login='xero_admin')

        connection = self.env['xero.connection'].search([])
        self.assertRecordValues(connection, [{'status': 'connected', 'tenant_id': HARBOUR, 'company_ids': self.xero_company.ids}])
        self.assertEqual(invoice.xero_state, 'synced')
        [held] = [document for document in self.invoices_in_xero() if document['InvoiceNumber'] == invoice.name]
        self.assertEqual(float(held['Total']), invoice.amount_total)
        onboarding = self.env.ref('account_xero.onboarding_onboarding_xero').sudo().with_company(self.xero_company)
        self.assertNotIn('not_done', onboarding.step_ids.sorted('sequence').mapped('current_step_state')[:2])
