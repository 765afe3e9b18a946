"""The contact in Xero on the form of a partner: open it, choose it, choose another one, unlink it, what it owes."""
from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..common import HINTERLAND
from .change_common import XeroChangeCase
from .export_common import XeroExportCase
from .reference_common import ReferenceMixin


@tagged('post_install', '-at_install')
class TestPartnerButton(ReferenceMixin, XeroExportCase):

    def setUp(self):
        super().setUp()
        self.partner = self.env['res.partner'].create({'name': "East", 'is_company': True})
        self.north, self.south = self.contact("North"), self.contact("South")

    def contact(self, name, connection=None, **values):
        connection = connection or self.connection
        return self.env['xero.contact'].sudo().create({
            'connection_id': connection.id, 'xero_id': f'{name}-{connection.id}', 'name': name, 'name_key': name.casefold(), 'status': 'ACTIVE', **values})

    def text(self, user=None):
        self.partner.invalidate_recordset()
        return self.partner.with_user(user or self.admin).xero_contact_text

    def dialog(self, action):
        self.assertEqual(action['res_model'], 'xero.contact.choice')
        return Form(self.env['xero.contact.choice'].with_user(self.admin).with_context(action['context']))

    def test_without_a_contact_an_invoice_admin_chooses_it(self):
        self.assertEqual((self.text(), self.text(self.billing)), ("Choose", False))
        dialog = self.dialog(self.partner.with_user(self.admin).action_xero_contact())
        dialog.contact_id = self.north
        answer = dialog.save().action_choose()
        self.assertEqual(answer['params']['message'], "Saved. Documents are sent to this contact from now on.")
        self.assertRecordValues(self.north, [{'partner_id': self.partner.id, 'matched_by': 'person'}])
        self.assertEqual((self.text(), self.text(self.billing)), ("North", "North"))
        with self.assertRaises(AccessError):
            self.partner.with_user(self.billing).action_xero_choose_contact()

    def test_one_contact_is_opened(self):
        self.north.partner_id = self.partner
        action = self.partner.with_user(self.billing).action_xero_contact()
        self.assertEqual((action['type'], action['url']), ('ir.actions.act_url', self.north.xero_url))

    def test_several_contacts_are_listed(self):
        second = self.connect(name="Hinterland", tenant=HINTERLAND)
        self.north.partner_id = self.partner
        west = self.contact("West", second, partner_id=self.partner.id)
        self.assertEqual(self.text(), '2')
        self.assertEqual(self.env['xero.contact'].search(self.partner.with_user(self.admin).action_xero_contact()['domain']), self.north | west)

    def test_a_person_of_a_company_shows_the_contact_of_the_company(self):
        self.north.partner_id = self.partner
        person = self.env['res.partner'].create({'name': "Ann", 'parent_id': self.partner.id}).with_user(self.admin)
        self.assertEqual(person.xero_contact_text, "North")
        self.assertFalse(person.xero_lacks_contact, "documents go to the company")
        self.connection.contact_source = 'document'
        person.invalidate_recordset()
        self.assertTrue(person.xero_lacks_contact)

    def test_another_connection(self):
        second = self.connect(name="Hinterland", tenant=HINTERLAND)
        self.north.partner_id = self.partner
        partner = self.partner.with_user(self.admin)
        self.assertTrue(partner.xero_lacks_contact)
        dialog = self.dialog(partner.action_xero_choose_contact())
        self.assertEqual(dialog.connection_id, second)
        dialog.contact_id = self.contact("West", second)
        dialog.save().action_choose()
        partner.invalidate_recordset()
        self.assertFalse(partner.xero_lacks_contact)

    def test_the_connection_can_be_chosen_if_several_have_no_contact(self):
        second = self.connect(name="Hinterland", tenant=HINTERLAND)
        dialog = self.dialog(self.partner.with_user(self.admin).action_xero_contact())
        self.assertTrue(dialog.chooses_connection)
        dialog.contact_id = self.north
        dialog.connection_id = second
        self.assertFalse(dialog.contact_id, "it belongs to the other connection")

    def test_choose_another(self):
        self.north.partner_id = self.partner
        dialog = self.dialog(self.north.with_user(self.admin).action_choose_another())
        self.assertEqual(dialog.present_id, self.north)
        with self.assertRaisesRegex(UserError, "Choose the contact first"):
            dialog.save().action_choose()
        dialog.contact_id = self.south
        dialog.save().action_choose()
        self.assertRecordValues(self.north | self.south, [
            {'partner_id': False, 'matched_by': False}, {'partner_id': self.partner.id, 'matched_by': 'person'}])

    def test_choose_the_same_again(self):
        self.north.partner_id = self.partner
        dialog = self.dialog(self.north.with_user(self.admin).action_choose_another())
        dialog.contact_id = self.north
        dialog.save().action_choose()
        self.assertEqual(self.north.partner_id, self.partner)

    def test_unlink(self):
        self.north.partner_id = self.partner
        with self.assertRaises(AccessError):
            self.north.with_user(self.billing).action_unlink_partner()
        self.north.with_user(self.admin).action_unlink_partner()
        self.assertFalse(self.partner.xero_contact_ids)

    def test_the_balance(self):
        self.north.write({'partner_id': self.partner.id, 'outstanding': 120, 'overdue': 0})
        self.assertEqual(self.text(), "North", "not read")
        self.connection.sudo().write({'warns_overdue': True, 'balances_read_at': '2026-01-01 10:00:00'})
        self.north.invalidate_recordset()
        self.assertIn("120.00", self.text())
        self.assertIn("due", self.text())
        self.assertFalse(self.partner.xero_is_overdue)
        self.north.overdue = 20
        self.assertIn("20.00", self.text())
        self.assertIn("overdue", self.text())
        self.assertTrue(self.partner.with_user(self.billing).xero_is_overdue)

    def test_connections_of_other_companies(self):
        other = self.env['res.company'].sudo().create({'name': "Other", 'currency_id': self.xero_company.currency_id.id})
        self.north.partner_id = self.partner
        stranger = self._new_user('stranger', 'account.group_account_manager,account_xero.group_xero_invoice_admin', other)
        self.assertFalse(self.text(stranger))
        self.assertFalse(self.env['xero.connection'].with_user(stranger).search([]))

    def test_what_each_role_sees_on_the_form(self):
        self.north.partner_id = self.partner
        self.partner.write({'company_ids': [Command.clear()]} if 'company_ids' in self.partner._fields else {})
        for user, expected in ((self.admin, True), (self.billing, False)):
            arch = etree.fromstring(self.env['res.partner'].with_user(user).get_view(self.env.ref('base.view_partner_form').id, 'form')['arch'])
            self.assertTrue(arch.xpath("//button[@name='action_xero_contact']"))
            self.assertEqual(bool(arch.xpath("//button[@name='action_choose_another']")), expected)

    def test_without_any_connection_nothing_is_searched(self):
        partner = self.partner.with_user(self.admin)
        self.patch(self.registry['xero.connection'], '_any_exists', lambda _self: False)
        self.env.invalidate_all()
        partner.name, self.env.user.has_group('base.group_user')
        self.assertFalse(partner.xero_contact_text)
        with self.assertQueryCount(0):
            self.assertFalse(partner.commercial_partner_id and partner.xero_contact_text)


@tagged('post_install', '-at_install')
class TestPartnerMoved(ReferenceMixin, XeroChangeCase):

    def test_a_document_in_xero_moves_with_its_next_change(self):
        move, export = self.synced()
        before = self.held(export)['Contact']['ContactID']
        element = self.add_contact(Name="South")
        self.organisation().contacts.put(element)
        self.read(self.connection, 'contacts')
        present = move.commercial_partner_id.xero_contact_ids
        dialog = Form(self.env['xero.contact.choice'].with_context(present.action_choose_another()['context']))
        dialog.contact_id = self.env['xero.contact'].search([('name', '=', "South")])
        dialog.save().action_choose()
        self.run_slice(self.connection, 2)
        self.assertEqual(self.held(export)['Contact']['ContactID'], before, "it was not changed")
        self.change(move, ref="Changed")
        self.run_slice(self.connection, 2)
        self.assertEqual(self.held(export)['Contact']['ContactID'], element['ContactID'])
