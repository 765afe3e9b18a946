from datetime import timedelta

from odoo.tests import tagged

from .export_common import XeroExportCase
from .reference_common import ReferenceMixin


@tagged('post_install', '-at_install')
class TestContactPolicy(ReferenceMixin, XeroExportCase):
    """Which contact a document gets, and how changes of contacts in Xero are handled."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.company_partner = cls.env['res.partner'].create({'name': "Harbour Supplies", 'is_company': True})
        cls.person = cls.env['res.partner'].create({'name': "Accounts payable", 'parent_id': cls.company_partner.id, 'type': 'invoice'})

    def contact_of(self, move):
        """Return the contact of a document in Xero."""
        [document] = self.in_xero(move)
        return self.organisation().contacts[document['Contact']['ContactID']]

    def test_all_of_a_company_are_one_contact(self):
        moves = [self.document(partner_id=partner.id) for partner in (self.company_partner, self.person)]
        self.run_slice(self.connection)
        self.assertEqual([self.contact_of(move)['Name'] for move in moves], ["Harbour Supplies"] * 2)

    def test_each_address_is_a_contact_by_policy(self):
        self.connection.contact_source = 'document'
        moves = [self.document(partner_id=partner.id) for partner in (self.company_partner, self.person)]
        self.run_slice(self.connection)
        self.assertEqual([self.contact_of(move)['Name'] for move in moves], ["Harbour Supplies", "Harbour Supplies, Accounts payable"])

    # === WHO LEADS === #

    def phone_of(self, move):
        return next(phone['PhoneNumber'] for phone in self.contact_of(move)['Phones'] if phone['PhoneType'] == 'DEFAULT')

    def change_and_send(self):
        """Send a document, change the customer, send another one. Return the two."""
        self.company_partner.phone = "5550 1111"
        first = self.document(partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        self.assertEqual(self.phone_of(first), "5550 1111")
        self.company_partner.phone = "5550 2222"
        self.sandbox.requests.clear()
        second = self.document(partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        self.assertEqual(self.states(first | second), ['synced', 'synced'])
        return first, second

    def test_xero_leads(self):
        _first, second = self.change_and_send()
        self.assertEqual(self.phone_of(second), "5550 1111")
        self.assertFalse(self.calls('POST', '/api.xro/2.0/Contacts'))

    def test_odoo_leads(self):
        self.connection.contact_leads = 'odoo'
        _first, second = self.change_and_send()
        self.assertEqual(self.phone_of(second), "5550 2222")
        self.assertEqual(
            [(call['method'], call['path']) for call in self.sandbox.requests],
            [('POST', '/api.xro/2.0/Contacts'), ('PUT', '/api.xro/2.0/Invoices')])

    def test_what_did_not_change_in_odoo_is_not_sent_again(self):
        self.connection.contact_leads = 'odoo'
        _first, second = self.change_and_send()
        next(phone for phone in self.contact_of(second)['Phones'] if phone['PhoneType'] == 'DEFAULT')['PhoneNumber'] = "5550 3333"
        self.sandbox.requests.clear()
        third = self.document(partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        self.assertEqual(self.phone_of(third), "5550 3333")
        self.assertFalse(self.calls('POST', '/api.xro/2.0/Contacts'))

    def test_a_change_that_xero_refuses_stops_no_document(self):
        """The document is sent with the contact as it is, with a warning. The change is not sent again until it differs."""
        self.connection.contact_leads = 'odoo'
        first, _second = self.change_and_send()
        self.organisation().contacts.put(self.add_contact(Name="Taken"))
        self.company_partner.name = "Taken"
        self.sandbox.requests.clear()
        moves = self.documents(2, partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        self.assertEqual(self.states(moves), ['synced', 'synced'])
        self.assertEqual(self.contact_of(moves[0]), self.contact_of(first))
        for export in self.export_of(moves):
            for words in ("the change of the contact Harbour Supplies", "already assigned to another contact", "Correct the contact in Xero"):
                self.assertIn(words, export.warning)
        third = self.document(partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        self.assertEqual(self.states(third), ['synced'])
        self.assertFalse(self.export_of(third).warning)
        self.assertEqual(len(self.calls('POST', '/api.xro/2.0/Contacts')), 1, "refused once, not sent with each document")
        self.company_partner.name = "Free"
        fourth = self.document(partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        self.assertEqual(self.states(fourth), ['synced'])
        self.assertEqual(self.contact_of(fourth)['Name'], "Free")

    def test_a_website_typed_in_xero_stops_no_document(self):
        self.connection.contact_leads = 'odoo'
        first, _second = self.change_and_send()
        contact = self.contact_of(first)
        contact['Website'] = "harbour supplies"
        self.company_partner.phone = "5550 5555"
        second = self.document(partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        self.assertEqual(self.states(second), ['synced'])
        self.assertEqual(self.phone_of(second), "5550 2222")
        self.assertIn("“Website must be valid”", self.export_of(second).warning)
        contact.update(Website="https://harbour.example", UpdatedDateUTC=self.sandbox.clock.now())
        self.read(self.connection, 'contacts')
        third = self.document(partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        self.assertEqual(self.phone_of(third), "5550 5555", "corrected in Xero: the change is sent again")

    def test_a_body_that_xero_refuses_as_a_whole_stops_no_document(self):
        """Only the change is faulty: the document that waited for it is sent."""
        self.connection.contact_leads = 'odoo'
        self.change_and_send()
        self.company_partner.phone = "5550 6666"
        move = self.document(partner_id=self.company_partner.id)
        body = '{"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": "JSON request body could not be read"}'
        self.sandbox.faults.order(kind='status', status=400, body=body, content_type='application/json', method='POST', path='/Contacts')
        self.run_slice(self.connection, times=2)
        self.assertEqual(self.states(move), ['synced'])
        self.assertIn("did not take the change of the contact", self.export_of(move).warning)

    def test_words_tell_where_to_correct_a_contact(self):
        """In Xero if it is there, in Odoo if it is to be created."""
        first = self.document(partner_id=self.company_partner.id)
        export = self.export_of(first)
        self.assertIn("Correct Harbour Supplies in Odoo", export._refusal('contact', "The contact details must be good"))
        self.run_slice(self.connection)
        self.assertIn("Correct the contact in Xero", export._refusal('contact', "The contact details must be good"))

    def test_a_change_without_an_answer_goes_out_again(self):
        self.connection.contact_leads = 'odoo'
        _first, second = self.change_and_send()
        self.company_partner.phone = "5550 4444"
        self.sandbox.faults.order(kind='drop_after', method='POST', path='/Contacts')
        third = self.document(partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        self.let_time_pass(hours=2)
        self.run_slice(self.connection, times=2)
        self.assertEqual(self.states(third), ['synced'])
        self.assertEqual(self.phone_of(second), "5550 4444")
        self.assertEqual(len(self.in_xero(third)), 1)

    def test_receipt_without_partner_fails_in_words(self):
        """Odoo posts receipts without a customer."""
        self.connection.export_receipt = True
        receipt = self.document('out_receipt', partner_id=False)
        other = self.document(partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        export = self.export_of(receipt)
        self.assertEqual((export.state, export.cause), ('failed', 'data'))
        self.assertIn("has no customer or vendor", export.message)
        self.assertEqual(self.states(other), ['synced'])

    # === ARCHIVED AND MERGED === #

    def test_merged_since_we_read(self):
        """Xero refuses the linked contact: the document is sent with its successor, in the same slice."""
        first = self.document(partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        successor = self.add_contact(Name="Harbour Group")
        self.organisation().contacts.put(successor)
        self.contact_of(first).update(
            ContactStatus='ARCHIVED', MergedToContactID=successor['ContactID'], UpdatedDateUTC=self.sandbox.clock.now())
        second = self.document(partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        self.assertEqual(self.states(first | second), ['synced', 'synced'])
        self.assertEqual(self.contact_of(second), successor)
        self.assertEqual(len(self.in_xero(second)), 1)

    def test_archived_since_we_read(self):
        """A document with an archived contact without a successor fails; the contact is not read again and again."""
        first = self.document(partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        self.contact_of(first).update(ContactStatus='ARCHIVED', UpdatedDateUTC=self.sandbox.clock.now())
        second = self.document(partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        export = self.export_of(second)
        self.assertEqual((export.state, export.cause), ('failed', 'contact'))
        self.sandbox.requests.clear()
        self.run_slice(self.connection)
        self.assertFalse(self.sandbox.requests)

    def test_restored_in_xero_and_resynced_at_once(self):
        """A manual request reads the contacts again, although they were read a minute ago: the user may have fixed one."""
        first = self.document(partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        contact = self.contact_of(first)
        contact.update(ContactStatus='ARCHIVED', UpdatedDateUTC=self.sandbox.clock.now())
        second = self.document(partner_id=self.company_partner.id)
        self.run_slice(self.connection)
        contact.update(ContactStatus='ACTIVE', UpdatedDateUTC=self.sandbox.clock.now())
        read_at = (self.now() - timedelta(minutes=1)).isoformat()
        self.connection.reference_read_at = {**self.connection.reference_read_at, 'contacts': read_at}
        self.export_of(second)._requeue(by_hand=False)
        self.run_slice(self.connection)
        self.assertEqual(self.states(second), ['failed'], "not automatically within five minutes")
        self.export_of(second).with_user(self.billing).action_resync()
        self.run_slice(self.connection)
        self.assertEqual(self.states(second), ['synced'])
