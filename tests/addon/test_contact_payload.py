from odoo.addons.account_xero.tools.xero_money import dumps
from odoo.tests import tagged

from .contact_common import XeroContactCase


@tagged('post_install', '-at_install')
class TestContactPayload(XeroContactCase):

    def element(self, partner):
        return self.Contact._payloads(self.connection, partner)[partner].element

    def create_in_xero(self, partner):
        """Send the contact of a partner, as a slice does. Return the contact in the organisation."""
        with self.background(self.connection) as (_connection, client):
            [answer] = client.write(
                'PUT', 'Contacts', dumps({'Contacts': [self.element(partner)]}), key=f'contact-{partner.id}',
                params={'summarizeErrors': 'false'}).elements('Contacts')
        self.assertFalse(answer.get('ValidationErrors'))
        return self.organisation().contacts[answer['ContactID']]

    def test_address_and_phone_arrive(self):
        contact = self.create_in_xero(self.partner(
            "Harbour Supplies", street="1 Quay Street", street2="Level\n 3", city="Sydney", zip="2000", phone="+61 2 5550 1234",
            state_id=self.env.ref('base.state_au_2').id, country_id=self.env.ref('base.au').id))
        street = next(address for address in contact['Addresses'] if address['AddressType'] == 'STREET')
        self.assertEqual(
            [street[name] for name in ('AddressLine1', 'AddressLine2', 'City', 'Region', 'PostalCode', 'Country')],
            ["1 Quay Street", "Level 3", "Sydney", "New South Wales", "2000", "Australia"])
        phones = {phone['PhoneType']: phone['PhoneNumber'] for phone in contact['Phones']}
        self.assertEqual(phones['DEFAULT'], "+61 2 5550 1234")

    def test_invoice_address_is_the_postal_one(self):
        partner = self.partner("Harbour Supplies", city="Sydney", child_ids=[
            (0, 0, {'type': 'invoice', 'name': "Accounts payable", 'street': "PO Box 7", 'city': "Newcastle"})])
        self.assertEqual(self.element(partner)['Addresses'], [
            {'AddressType': 'STREET', 'City': "Sydney"},
            {'AddressType': 'POBOX', 'AttentionTo': "Accounts payable", 'AddressLine1': "PO Box 7", 'City': "Newcastle"}])
        postal = next(address for address in self.create_in_xero(partner)['Addresses'] if address['AddressType'] == 'POBOX')
        self.assertEqual((postal['AddressLine1'], postal['AttentionTo']), ("PO Box 7", "Accounts payable"))

    def test_empty_addresses_are_left_out(self):
        partner = self.partner("Plain", child_ids=[(0, 0, {'type': 'invoice', 'name': "Accounts payable"})])
        self.assertEqual(set(self.element(partner)), {'Name', 'ContactNumber'})

    def test_country_has_letters_only(self):
        country = self.env['res.country'].create({'name': "Area 51 (North-East)", 'code': 'QZ'})
        partner = self.partner("Far Away", country_id=country.id)
        self.assertEqual(self.element(partner)['Addresses'], [{'AddressType': 'STREET', 'Country': "Area North East"}])
        self.create_in_xero(partner)

    def test_country_is_in_english_and_plain_letters(self):
        self.env['res.lang']._activate_lang('fr_FR')
        for code, french, english, plain in [
            ('TR', "Turquie", "Türkiye", "Turkiye"), ('CI', "Côte d'Ivoire", "Côte d'Ivoire", "Cote d Ivoire"),
            ('US', "États-Unis", "United States", "United States"), ('QV', "Neuf", "+9", None),
        ]:
            country = self.env['res.country'].search([('code', '=', code)]) or self.env['res.country'].create({'name': english, 'code': code})
            country.with_context(lang='fr_FR').name = french
            partner = self.partner(f"In {code}", country_id=country.id, city="Here").with_context(lang='fr_FR')
            [address] = self.Contact.with_context(lang='fr_FR')._payloads(self.connection, partner)[partner].element['Addresses']
            self.assertEqual(address.get('Country'), plain)
            self.create_in_xero(partner)

    def test_what_xero_would_refuse_is_left_out_with_a_warning(self):
        for number, (field, key, text) in enumerate([
            ('email', 'EmailAddress', "john..doe@example.com"), ('email', 'EmailAddress', "john.@example.com"), ('email', 'EmailAddress', "john@-x.com"),
            ('email', 'EmailAddress', "j" * 70 + "@example.com"), ('email', 'EmailAddress', f"john@{'x' * 64}.com"),
            ('email', 'EmailAddress', ".john@example.com"), ('vat', 'TaxNumber', "1" * 60), ('phone', 'Phones', "5" * 60), ('phone', 'Phones', "see website"),
        ]):
            partner = self.partner(f"Customer {number}", city="Sydney")
            partner[field] = text
            payload = self.Contact._payloads(self.connection, partner)[partner]
            self.assertNotIn(key, payload.element, text)
            self.assertEqual(len(payload.warnings), 1, text)
            self.assertIn(text, payload.warnings[0])
            self.create_in_xero(partner)

    def test_texts_are_cleaned(self):
        contact = self.create_in_xero(self.partner(
            "Har\x02bour\u200b Supplies", street="1 Quay\x0bStreet\u200b", city="Syd\ufeffney\n", zip="2000\x02", phone="+61\u00a02 5550 1234\u202c"))
        street = next(address for address in contact['Addresses'] if address['AddressType'] == 'STREET')
        self.assertEqual(
            (contact['Name'], street['AddressLine1'], street['City'], street['PostalCode'], contact['Phones'][1]['PhoneNumber']),
            ("Harbour Supplies", "1 Quay Street", "Sydney", "2000", "+61 2 5550 1234"))

    def test_lengths_are_those_of_dotnet(self):
        contact = self.create_in_xero(self.partner("𠮷" * 200, street="𠮷" * 300, city="a" + "𠮷" * 127))
        street = next(address for address in contact['Addresses'] if address['AddressType'] == 'STREET')
        self.assertEqual((contact['Name'], street['AddressLine1'], street['City']), ("𠮷" * 127 + "…", "𠮷" * 250, "a" + "𠮷" * 127))

    def test_values_are_cut_to_what_xero_takes(self):
        partner = self.partner(
            "Long", street="s" * 600, city="c" * 300, zip="1" * 60, phone="5" * 60, country_id=self.env.ref('base.au').id)
        self.create_in_xero(partner)

    def test_a_person_has_first_and_last_name(self):
        person = self.partner("Accounts Payable Clerk", is_company=False)
        contact = self.create_in_xero(person)
        self.assertEqual((contact['FirstName'], contact['LastName']), ("Accounts Payable", "Clerk"))

    def test_one_word_is_the_first_name(self):
        self.assertEqual(self.element(self.partner("Clerk", is_company=False))['FirstName'], "Clerk")

    def test_a_company_has_none(self):
        self.assertNotIn('FirstName', self.element(self.partner("Harbour Supplies")))
