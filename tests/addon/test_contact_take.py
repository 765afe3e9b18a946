from odoo.tests import tagged

from .difference_common import XeroDifferenceCase


@tagged('post_install', '-at_install')
class TestContactTake(XeroDifferenceCase):
    """Contacts that are changed in Xero change their partners, where Odoo has nothing else."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection.write({'takes_contacts': True})
        cls.partner_a.write({'email': "old@example.com", 'phone': False, 'vat': False, 'street': "1 Quay St", 'city': "Sydney"})

    def contact(self):
        self.env.invalidate_all()
        return self.env['xero.contact'].search([('partner_id', '=', self.partner_a.id)])

    def change_contact(self, **values):
        self.somebody('POST', f'Contacts/{self.contact().xero_id}', {'ContactID': self.contact().xero_id, **values})
        self.check()

    def known(self):
        """Export a document, so that the contact is there, and read it."""
        self.synced()
        self.check()
        self.assertTrue(self.contact().known_values)

    def test_a_change_is_taken_over(self):
        self.known()
        self.change_contact(
            EmailAddress="new@example.com", Phones=[{'PhoneType': 'DEFAULT', 'PhoneNumber': '5550100', 'PhoneAreaCode': '02'}],
            Addresses=[{'AddressType': 'STREET', 'AddressLine1': "2 Quay St", 'City': "Sydney", 'PostalCode': '2000', 'Country': "Australia"}])
        self.assertRecordValues(self.partner_a, [{
            'email': "new@example.com", 'phone': '02 5550100', 'street': "2 Quay St", 'zip': '2000', 'country_id': self.env.ref('base.au').id}])
        self.assertIn("Taken over from Xero", self.partner_a.message_ids[0].body)
        self.assertFalse(self.open_rows())
        self.change_contact(Name="Another name")
        self.assertEqual(self.partner_a.email, "new@example.com")

    def test_a_conflict_is_listed_and_settled(self):
        self.known()
        self.partner_a.email = "odoo@example.com"
        self.change_contact(EmailAddress="new@example.com")
        self.assertEqual(self.partner_a.email, "odoo@example.com")
        [row] = self.open_rows()
        self.assertEqual((row.topic, row.partner_id, row.can_take_xeros, row.can_send_ours), ('contact', self.partner_a, True, False))
        self.assertIn("odoo@example.com in Odoo, new@example.com in Xero", row.text)
        row.with_user(self._new_user('xero_both', 'base.group_partner_manager,account_xero.group_xero_invoice_admin')).action_take_xeros()
        self.assertEqual((self.partner_a.email, row.outcome), ("new@example.com", 'xero'))

    def test_a_later_conflict_keeps_what_an_earlier_one_lists(self):
        self.known()
        self.partner_a.write({'email': "odoo@example.com", 'phone': "02 5550111"})
        self.change_contact(EmailAddress="new@example.com")
        phones = [{'PhoneType': 'DEFAULT', 'PhoneNumber': '5550199', 'PhoneAreaCode': '02'}]
        self.change_contact(Phones=phones)
        [row] = self.open_rows()
        self.assertEqual(row.both_versions['xeros'], {'email': "new@example.com", 'phone': "02 5550199"})
        self.assertIn("odoo@example.com in Odoo, new@example.com in Xero", row.text)
        self.partner_a.write({'phone': "02 5550199", 'street': "9 Odoo St"})
        self.change_contact(Addresses=[{'AddressType': 'STREET', 'AddressLine1': "2 Quay St", 'City': "Sydney"}])
        self.assertEqual(set(self.open_rows().both_versions['xeros']), {'email', 'address'}, "the phone agrees by now")

    def test_what_xero_has_no_more_is_no_conflict(self):
        self.known()
        self.partner_a.write({'email': "odoo@example.com", 'street': "9 Quay St"})
        street = [{'AddressType': 'STREET', 'AddressLine1': "2 Quay St", 'City': "Perth", 'Country': "Australia"}]
        self.change_contact(EmailAddress="new@example.com", Addresses=street)
        [row] = self.open_rows()
        self.assertEqual(sorted(row.both_versions['xeros']), ['address', 'email'])
        empty = [{'AddressType': 'STREET', 'AddressLine1': "", 'City': "", 'Country': ""}]
        self.change_contact(Addresses=empty)
        [row] = self.open_rows()
        self.assertEqual(row.both_versions['xeros'], {'email': "new@example.com"})
        self.change_contact(EmailAddress="")
        self.assertFalse(self.open_rows())
        self.assertEqual((self.partner_a.email, self.partner_a.street), ("odoo@example.com", "9 Quay St"))

    def test_two_partners_of_one_contact_have_a_conflict_each(self):
        self.known()
        other = self.partner_b
        other.email = "second@example.com"
        contact = self.contact().sudo()
        contact.copy({'partner_id': other.id, 'xero_id': contact.xero_id, 'name': contact.name}).known_values = contact.known_values
        self.partner_a.email = "odoo@example.com"
        self.change_contact(EmailAddress="new@example.com")
        self.assertEqual(self.open_rows().partner_id, self.partner_a | other)

    def test_what_xero_never_had_is_not_lost(self):
        long = "Level 12, " * 60
        self.partner_a.write({'email': "a@example.com, b@example.com", 'phone': "02 5550100", 'street': long})
        self.known()
        self.change_contact(
            EmailAddress="new@example.com", Phones=[{'PhoneType': 'DEFAULT', 'PhoneNumber': '5550199', 'PhoneAreaCode': '02'}],
            Addresses=[{'AddressType': 'STREET', 'AddressLine1': "2 Quay St", 'City': "Sydney"}])
        self.assertRecordValues(self.partner_a, [{'email': "a@example.com, b@example.com", 'phone': '02 5550199', 'street': long}])
        [row] = self.open_rows()
        self.assertIn("a@example.com, b@example.com in Odoo, new@example.com in Xero", row.text)
        self.assertEqual(set(row.both_versions['xeros']), {'email', 'address'})

    def test_a_number_that_cannot_be_sent_is_not_lost(self):
        self.partner_a.phone = "ask for Jo"
        self.known()
        self.change_contact(Phones=[{'PhoneType': 'DEFAULT', 'PhoneNumber': '5550199', 'PhoneAreaCode': '02'}])
        self.assertEqual(self.partner_a.phone, "ask for Jo")
        self.assertIn("ask for Jo in Odoo", self.open_rows().text)

    def test_a_conflict_ends_when_both_are_equal_again(self):
        self.known()
        for email, ours, settle in (
            ("one@example.com", "odoo@example.com", lambda: self.change_contact(EmailAddress="odoo@example.com")),
            ("two@example.com", "other@example.com", lambda: self.partner_a.write({'email': "two@example.com"})),
        ):
            with self.subTest(email=email):
                self.partner_a.email = ours
                self.change_contact(EmailAddress=email)
                [row] = self.open_rows()
                self.run_slice(self.connection)
                self.assertEqual(row.state, 'open')
                settle()
                self.run_slice(self.connection)
                self.assertEqual((row.state, row.outcome), ('settled', 'ended'))

    def test_an_accepted_conflict_is_not_listed_again(self):
        self.known()
        self.partner_a.email = "odoo@example.com"
        self.change_contact(EmailAddress="new@example.com")
        self.open_rows().with_user(self.admin)._accept("Two mailboxes")
        self.change_contact(EmailAddress="old@example.com")
        self.open_rows().with_user(self.admin)._accept("Two mailboxes")
        self.assertFalse(self.open_rows())
        self.assertEqual(self.partner_a.email, "odoo@example.com")

    def test_the_first_reading_changes_nothing(self):
        self.synced()
        contact = self.contact().xero_id
        self.somebody('POST', f'Contacts/{contact}', {'ContactID': contact, 'EmailAddress': "new@example.com"})
        self.check()
        self.assertEqual(self.partner_a.email, "old@example.com")

    def test_only_if_switched_on_and_xero_leads(self):
        self.known()
        for values in ({'takes_contacts': False}, {'takes_contacts': True, 'contact_leads': 'odoo'}):
            self.connection.write(values)
            self.check()
            self.assertFalse(self.calls('GET', '/api.xro/2.0/Contacts'))
