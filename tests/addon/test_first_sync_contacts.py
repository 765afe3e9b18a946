"""The first sync matches contacts to partners, with a list to review."""

from odoo.tests import Form, tagged

from .first_sync_common import XeroFirstSyncCase

API = '/api.xro/2.0'


@tagged('post_install', '-at_install')
class TestFirstSyncContacts(XeroFirstSyncCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        Partner = cls.env['res.partner'].sudo()
        Partner.search([('customer_rank', '>', 0)]).customer_rank = 0
        Partner.search([('supplier_rank', '>', 0)]).supplier_rank = 0
        cls.sure, cls.doubtful, cls.similar, cls.new = Partner.create([
            {'name': name, 'email': email, 'is_company': True, 'customer_rank': 1} for name, email in (
                ("Sure Ltd", False), ("Twice Ltd", "office@twice.example"), ("Café Ltd", False), ("New Ltd", False))])
        for values in (
            {'Name': "Sure Ltd"}, {'Name': "Twice North", 'EmailAddress': "office@twice.example"},
            {'Name': "Twice South", 'EmailAddress': "office@twice.example"}, {'Name': "Cafe Ltd"}, {'Name': "Only There"},
        ):
            cls.enter_contact(**values)

    def reviewed(self, **values):
        self.connection.sudo().reference_read_at = {}
        first_sync = self.first_sync(**values)
        self.assertEqual(first_sync.state, 'done', first_sync.error)
        return first_sync

    def rows_of(self, first_sync, result):
        return first_sync.contact_ids.filtered(lambda row: row.result == result).with_user(self.admin)

    def doubtful_row(self, first_sync):
        return self.rows_of(first_sync, 'doubtful').filtered(lambda row: row.partner_id == self.doubtful)

    def test_a_phone_shows_what_is_possible_and_both_decisions(self):
        view = self.env.ref('account_xero.xero_first_sync_contact_view_kanban')
        arch = self.env['xero.first.sync.contact'].with_user(self.admin).get_view(view.id, 'kanban')['arch']
        for name in ('candidate_ids', 'action_confirm', 'action_choose', 'action_new', 'action_create_partner'):
            self.assertIn(f'name="{name}"', arch)

    def test_another_contact_is_chosen_in_the_dialog(self):
        row = self.doubtful_row(self.reviewed())
        action = row.action_choose()
        choice = Form(self.env['xero.contact.choice'].with_user(self.admin).with_context(action['context'])).save()
        self.assertEqual((choice.partner_id, choice.contact_id, choice.candidate_ids), (self.doubtful, row.contact_id, row.candidate_ids))
        other = row.candidate_ids - row.contact_id
        choice.contact_id = other
        choice.action_choose()
        self.assertEqual((row.decision, row.contact_id, other.partner_id), ('confirmed', other, self.doubtful))

    def test_a_decision_made_elsewhere_closes_the_question(self):
        first_sync = self.reviewed()
        row = self.doubtful_row(first_sync)
        similar = self.rows_of(first_sync, 'doubtful') - row
        row.candidate_ids[1].partner_id = self.doubtful
        self.assertEqual((row.decision, row.contact_id), ('confirmed', row.candidate_ids[1]))
        choice = self.env['xero.contact.choice'].with_user(self.admin).create({'connection_id': self.connection.id, 'partner_id': self.similar.id})
        choice.action_create()
        self.assertEqual((similar.decision, similar.contact_id.id, first_sync.open_contact_count), ('new', False, 0))

    def test_sorted(self):
        first_sync = self.reviewed()
        self.assertEqual(self.rows_of(first_sync, 'sure').partner_id, self.sure)
        self.assertEqual(self.rows_of(first_sync, 'doubtful').partner_id, self.doubtful | self.similar)
        self.assertEqual(self.rows_of(first_sync, 'new_odoo').partner_id, self.new)
        self.assertIn("Only There", self.rows_of(first_sync, 'new_xero').contact_id.mapped('name'))
        self.assertEqual((first_sync.sure_count, first_sync.doubtful_count, first_sync.new_odoo_count, first_sync.open_contact_count), (1, 2, 1, 2))
        self.assertFalse([call for call in self.calls() if call['method'] != 'GET' and call['path'].startswith(API)])

    def test_confirm_changed_new_and_ignored(self):
        first_sync = self.reviewed()
        twice = self.doubtful_row(first_sync)
        similar = self.rows_of(first_sync, 'doubtful') - twice
        self.assertEqual(set(twice.candidate_ids.mapped('name')), {"Twice North", "Twice South"})
        twice.contact_id = twice.candidate_ids.filtered(lambda contact: contact.name == "Twice South")
        twice.action_confirm()
        self.assertEqual((twice.contact_id.partner_id, twice.contact_id.matched_by, twice.decision), (self.doubtful, 'person', 'confirmed'))
        similar.action_new()
        self.assertEqual((similar.decision, similar.contact_id.id), ('new', False))
        self.assertIn(self.similar, similar.candidate_ids.not_partner_ids)
        unknown = self.rows_of(first_sync, 'new_xero')
        unknown.action_ignore()
        self.assertEqual(set(unknown.mapped('decision')), {'ignored'})
        self.assertEqual(first_sync.open_contact_count, 0)

    def test_a_sure_one_is_corrected(self):
        first_sync = self.reviewed()
        row = self.rows_of(first_sync, 'sure')
        row.partner_id = self.new
        row.action_confirm()
        self.assertEqual((row.contact_id.partner_id, row.contact_id.matched_by), (self.new, 'person'))

    def test_documents_are_linked_when_their_contact_is_confirmed(self):
        move = self.document(partner_id=self.doubtful.id)
        there = next(one for one in self.sandbox.organisations[self.tenant].contacts.values() if one['Name'] == "Twice South")
        self.enter([self.element(move, Contact={'ContactID': there['ContactID']})])
        first_sync = self.reviewed()
        self.assertEqual(self.counts(first_sync), [0, 1, 0, 0])
        self.assertEqual(self.rows(first_sync, 'near').difference, "contact")
        row = self.doubtful_row(first_sync)
        row.contact_id = row.candidate_ids.filtered(lambda contact: contact.name == "Twice South")
        row.action_confirm()
        self.assertEqual(self.counts(first_sync), [1, 0, 0, 0])
        self.assertEqual(self.states(move), ['synced'])

    def test_a_document_names_the_contact(self):
        move = self.document(partner_id=self.new.id)
        there = next(one for one in self.sandbox.organisations[self.tenant].contacts.values() if one['Name'] == "Only There")
        self.enter([self.element(move, Contact={'ContactID': there['ContactID']})])
        first_sync = self.reviewed(creates_partners=True)
        row = self.rows_of(first_sync, 'doubtful').filtered(lambda row: row.partner_id == self.new)
        self.assertEqual((row.contact_id.name, row.candidate_ids, row.decision), ("Only There", row.contact_id, 'open'))
        self.assertFalse(self.env['res.partner'].search([('name', '=', "Only There")]), "it may be the partner that Odoo has")
        self.assertNotIn(row.contact_id, self.rows_of(first_sync, 'new_xero').contact_id)
        row.action_confirm()
        self.assertEqual((row.contact_id.partner_id, self.states(move)), (self.new, ['synced']))

    def test_partners_are_created_if_a_person_says_so(self):
        first_sync = self.reviewed(creates_partners=True)
        rows = self.rows_of(first_sync, 'new_xero')
        self.assertIn("Only There", rows.partner_id.mapped('name'))
        self.assertEqual(rows.contact_id.partner_id, rows.partner_id)

    def test_without_contacts(self):
        first_sync = self.reviewed(matches_contacts=False)
        self.assertFalse(first_sync.contact_ids)
