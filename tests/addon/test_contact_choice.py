from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .export_common import XeroExportCase
from .reference_common import ReferenceMixin


@tagged('post_install', '-at_install')
class TestContactChoice(ReferenceMixin, XeroExportCase):
    """Two contacts could be the customer: its documents fail, a person chooses, they are sent."""

    def setUp(self):
        super().setUp()
        self.customer = self.env['res.partner'].create({'name': "East", 'is_company': True, 'email': "books@chain.example"})
        self.north = self.add_contact(Name="North", EmailAddress="books@chain.example", ContactNumber='N-1')
        self.south = self.add_contact(Name="South", EmailAddress="books@chain.example")
        for contact in (self.north, self.south):
            self.organisation().contacts.put(contact)
        self.read(self.connection, 'contacts')
        self.moves = self.documents(2, partner_id=self.customer.id)
        self.run_slice(self.connection)

    def dialog(self, user=None):
        export = self.export_of(self.moves[0]).with_user(user or self.admin)
        self.assertEqual(export.fix_label, "Choose the contact")
        action = export.action_fix()
        self.assertEqual(action['res_model'], 'xero.contact.choice')
        return Form(self.env['xero.contact.choice'].with_user(user or self.admin).with_context(action['context']))

    def contact_ids(self):
        return {document['Contact']['ContactID'] for move in self.moves for document in self.in_xero(move)}

    def test_nothing_is_guessed(self):
        self.assertEqual(self.states(self.moves), ['failed', 'failed'])
        export = self.export_of(self.moves[0])
        self.assertEqual(export.cause, 'contact')
        self.assertIn("North, South could be", export.message)
        self.assertFalse(self.contact_ids())

    def test_the_dialog_shows_both_sides(self):
        dialog = self.dialog()
        self.assertEqual((dialog.partner_id, dialog.partner_email), (self.customer, "books@chain.example"))
        candidates = dialog.save().candidate_ids
        self.assertEqual(candidates.mapped('name'), ["North", "South"])
        self.assertEqual(candidates.mapped('number'), ['N-1', False])
        self.assertFalse(dialog.contact_id)

    def test_the_chosen_one_gets_the_documents(self):
        dialog = self.dialog()
        dialog.contact_id = self.env['xero.contact'].search([('xero_id', '=', self.south['ContactID'])])
        result = dialog.save().action_choose()
        self.assertIn("2 documents", result['params']['message'])
        self.run_slice(self.connection)
        self.assertEqual(self.states(self.moves), ['synced', 'synced'])
        self.assertEqual(self.contact_ids(), {self.south['ContactID']})
        link = self.env['xero.contact'].sudo()._match(self.connection, self.customer)[self.customer]
        self.assertEqual(link.matched_by, 'person')

    def test_one_of_the_list_is_chosen_with_its_button(self):
        south = self.dialog().save().candidate_ids[1]
        for user in (self.billing, self.admin):
            choose = south.with_user(user).with_context(partner_id=self.customer.id).action_choose_for
            if user == self.billing:
                with self.assertRaises(AccessError):
                    choose()
        self.assertIn("2 documents", choose()['params']['message'])
        self.assertRecordValues(south, [{'partner_id': self.customer.id, 'matched_by': 'person'}])

    def test_a_second_choice_in_another_tab_is_told_of_the_first(self):
        tabs = [self.dialog().save() for _tab in range(2)]
        north, south = tabs[0].candidate_ids
        for tab, contact in zip(tabs, (north, south), strict=True):
            tab.contact_id = contact
        tabs[0].action_choose()
        for choose in (tabs[1].action_choose, tabs[1].action_create, south.with_context(partner_id=self.customer.id).action_choose_for):
            with self.assertRaisesRegex(UserError, "Meanwhile East became the contact North"):
                choose()
        tabs[1].contact_id = north
        tabs[1].action_choose()
        self.assertEqual(north.partner_id, self.customer)

    def test_a_new_one_is_created(self):
        self.dialog().save().action_create()
        self.run_slice(self.connection)
        self.assertEqual(self.states(self.moves), ['synced', 'synced'])
        [contact_id] = self.contact_ids()
        self.assertEqual(self.organisation().contacts[contact_id]['Name'], "East")

    def test_a_choice_has_to_be_made(self):
        with self.assertRaises(UserError):
            self.dialog().save().action_choose()

    def test_only_invoice_admins_choose(self):
        export = self.export_of(self.moves[0]).with_user(self.billing)
        self.assertEqual(export.fix_label, "Open the contact")
        self.assertEqual(export.action_fix()['res_model'], 'res.partner')
        with self.assertRaises(AccessError):
            self.env['xero.contact.choice'].with_user(self.billing).create({
                'connection_id': self.connection.id, 'partner_id': self.customer.id})

    def test_a_name_that_cannot_be_used_is_mended_at_the_partner(self):
        self.customer.write({'name': "<>", 'email': False})
        self.export_of(self.moves)._requeue()
        self.run_slice(self.connection)
        export = self.export_of(self.moves[0]).with_user(self.admin)
        self.assertEqual((export.cause, export.fix_label), ('contact', "Open the contact"))
