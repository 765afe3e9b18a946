from odoo.tests import tagged

from ...models.mapping.resolver import Source
from ..addon.change_common import XeroChangeCase
from ..addon.difference_common import XeroDifferenceCase
from ..addon.ledger_common import XeroLedgerCase
from ..addon.payload_common import XeroPayloadCase
from ..addon.reference_common import ReferenceMixin
from .tour_common import XeroTourCase


class UndecidedCase(XeroPayloadCase, XeroTourCase):

    def setUp(self):
        super().setUp()
        self.income = self.copy_account(self.company_data['default_account_revenue'], {'name': "Other Income"})


@tagged('post_install', '-at_install', 'xero_browser')
class TestTourMapping(UndecidedCase):

    def test_decide_and_create(self):
        """An accountant decides an account in the list, has a tax rate created in Xero, and the documents that waited for either are sent."""
        levy = self.tax('au_tax_sale_10').copy({'name': "Levy", 'amount': 3})
        invoices = self.documents(2, 'out_invoice', {'account_id': self.income.id}) | self.document('out_invoice', {'tax_ids': levy})
        self.run_slice(self.connection)
        self.assertEqual(self.states(invoices), ['failed'] * 3)
        self.start_tour('/odoo', 'xero_mapping', login='xero_admin')
        self.assert_once(invoices)
        row = self.resolver().find('tax', levy, 'sale')
        self.assertRecordValues(row, [{'decided_by_id': self.admin.id, 'target_name': "Levy"}])

    def test_check_100_documents(self):
        """An invoice admin checks 100 invoices, decides one reason in the check and one on the contact, and exports what is ready."""
        self.admin.group_ids |= self.env.ref('base.group_partner_manager')
        nameless = self.env['res.partner'].create({'name': "<>"})
        unknown = self.tax('au_tax_sale_10').copy({'name': "Levy", 'amount': 3})
        moves = self.documents(40) | self.documents(30, 'out_invoice', {'account_id': self.income.id})
        moves |= self.documents(20, 'out_invoice', partner_id=nameless.id) | self.documents(10, 'out_invoice', {'tax_ids': unknown})
        self.start_tour('/odoo', 'xero_check_100', login='xero_admin')
        self.assert_once(moves[:90])

    def test_many_rows_by_keyboard(self):
        """An accountant takes what is suggested for one row after the other, without the mouse."""
        self.env['xero.mapping'].sudo().search([('connection_id', '=', self.connection.id)]).unlink()
        accounts = self.env['account.account'].create([
            {'name': name, 'code': f'9{number:05}', 'account_type': 'income'}
            for number, name in enumerate([*(f"Other Revenues {number}" for number in range(20)), "Zzz"])])
        rows = self.resolver().create_missing([Source('account', account, False) for account in accounts])
        self.start_tour('/odoo/xero-mapping', 'xero_mapping_keyboard', login='xero_admin')
        self.assertEqual(rows.filtered(lambda row: row.decided_by == 'person').mapped('xero_account_id.code'), ['260'])
        self.assertEqual(rows.filtered(lambda row: not row.is_decided).account_id.mapped('name'), ["Zzz"])

    def test_check_a_selection(self):
        """A billing user sees what would happen to some invoices, and asks for the decision that is missing."""
        self.document(post=False)
        undecided = self.documents(2, 'out_invoice', {'account_id': self.income.id}, post=False)
        self.start_tour('/odoo', 'xero_check', login='xero_billing')
        self.assertFalse(self.env['xero.export'].search([]), "a check queues nothing")
        self.assertIn(self.admin, undecided.sudo().activity_ids.user_id)


@tagged('post_install', '-at_install', 'xero_browser')
class TestTourPostDay(XeroLedgerCase, XeroTourCase):

    def test_choose_a_missing_account_inside(self):
        """An invoice admin posts the days that wait, and chooses the account that one of them lacks without leaving the dialog."""
        odd = self.expense.copy({'code': '188803', 'name': "Odd"})
        self.entry()
        self.entry((odd, 5), (self.revenue, -5), date='2026-11-04')
        self.start_tour('/odoo', 'xero_post_day', login='xero_admin')
        self.assert_day((100, '469'), (-100, '200'))
        self.assert_day((5, '429'), (-5, '200'), date='2026-11-04')

    def test_post_day_on_a_phone(self):
        odd = self.expense.copy({'code': '188803', 'name': "Odd"})
        self.entry((odd, 5), (self.revenue, -5))
        self.browser_size, self.touch_enabled = '375x667', True
        self.start_tour('/odoo/xero-post-day', 'xero_post_day_phone', login='xero_billing')


@tagged('post_install', '-at_install', 'xero_browser')
class TestTourContactChoice(ReferenceMixin, XeroPayloadCase, XeroTourCase):

    def test_choose_the_contact(self):
        """An invoice admin says which of two contacts a customer is; both of its invoices go out."""
        customer = self.env['res.partner'].create({'name': "East", 'is_company': True, 'email': "books@chain.example"})
        for values in ({'Name': "North", 'ContactNumber': 'N-1'}, {'Name': "South"}):
            contact = self.add_contact(EmailAddress="books@chain.example", **values)
            self.organisation().contacts.put(contact)
        self.read(self.connection, 'contacts')
        invoices = self.documents(2, partner_id=customer.id)
        self.run_slice(self.connection)
        self.assertEqual(self.states(invoices), ['failed', 'failed'])
        self.start_tour(f'/odoo/xero-exports/{invoices[0].xero_export_ids.id}', 'xero_contact_choice', login='xero_admin')
        self.run_slice(self.connection)
        self.assert_once(invoices)
        self.assertEqual({document['Contact']['ContactID'] for document in self.invoices_in_xero()}, {contact['ContactID']})


@tagged('post_install', '-at_install', 'xero_browser')
class TestTourChanged(XeroChangeCase, XeroTourCase):

    def test_overwrite_what_somebody_edited(self):
        """Both sides changed an invoice; an invoice admin reads that and has Odoo's version sent."""
        move, export = self.synced()
        self.sandbox.clock.advance(1)
        held = self.held(export)
        held |= {'Reference': "Edited in Xero", 'UpdatedDateUTC': self.sandbox.clock.now()}
        self.change(move, ref="Changed in Odoo")
        self.assertTrue(export.difference)
        self.start_tour('/odoo/xero-exports', 'xero_send_ours', login='xero_admin')
        self.assertFalse(export.difference)
        self.assertEqual(self.held(export)['Reference'], "Changed in Odoo")

    def test_send_again_under_the_corrected_decision(self):
        """An accountant corrects an account; one invoice is changed in Xero, the other one was edited there and stays."""
        (move, export), (_edited, edited_export) = self.synced(), self.synced()
        self.company_data['default_account_revenue'].name = "Product Sales"
        self.in_xero_somebody(edited_export, Reference="Edited in Xero")
        (export | edited_export).sudo().synced_at = '2026-11-02 10:00:00'
        self.start_tour('/odoo', 'xero_resend', login='xero_admin')
        self.assertEqual(self.held(export)['LineItems'][0]['AccountCode'], '260')
        self.assertEqual(self.held(edited_export)['LineItems'][0]['AccountCode'], '200')
        self.assert_once(move)


@tagged('post_install', '-at_install', 'xero_browser')
class TestTourDifference(XeroDifferenceCase, XeroTourCase):

    def test_accept_what_somebody_edited(self):
        """Somebody edited an invoice in Xero; an invoice admin compares both versions and keeps them, with a reason."""
        _move, export = self.synced(ref="Order 7")
        self.edit(export, Reference="Edited in Xero")
        self.check()
        self.start_tour('/odoo/xero-differences', 'xero_difference', login='xero_admin')
        row = self.env['xero.difference'].search([('export_id', '=', export.id)])
        self.assertRecordValues(row, [{'outcome': 'accepted', 'reason': "The customer asked for it", 'settled_by_id': self.admin.id}])
        self.assertEqual(self.held(export)['Reference'], "Edited in Xero")


@tagged('post_install', '-at_install', 'xero_browser')
class TestTourPartner(XeroPayloadCase, XeroTourCase):

    def test_choose_change_and_unlink(self):
        """An invoice admin chooses the contact of a partner on its form, chooses another one, and unlinks it."""
        partner = self.env['res.partner'].create({'name': "East", 'is_company': True})
        contacts = self.env['xero.contact'].sudo().create([
            {'connection_id': self.connection.id, 'xero_id': name, 'name': name, 'status': 'ACTIVE'} for name in ("North", "South")])
        self.start_tour(f'/odoo/action-account.res_partner_action_customer/{partner.id}', 'xero_partner', login='xero_admin')
        self.assertFalse(contacts.partner_id)
