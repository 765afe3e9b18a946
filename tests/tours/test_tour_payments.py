from odoo.tests import tagged

from ..addon.payment_in_common import XeroPaymentInCase
from .tour_common import XeroTourCase


@tagged('post_install', '-at_install', 'xero_browser')
class TestTourPayments(XeroPaymentInCase, XeroTourCase):

    def test_check_for_payment(self):
        """A billing user checks an invoice for payment, reads the result and opens the payment."""
        self.partner_a.name = "Coastal Joinery"
        move, _export = self.synced()
        self.pay(move, 100)
        position = self.env['xero.feed.position'].sudo().search([('connection_id', '=', self.connection.id), ('feed', '=', 'payments')])
        self.assertTrue(position.read_at)
        self.start_tour('/odoo', 'xero_check_payments', login='xero_billing')
        self.assert_registered(self.rows())
        self.assertEqual(self.residual(move), 0)
