from odoo.addons.account_xero.models.contact.xero_contact_match import NAME
from odoo.tests import tagged

from .contact_common import XeroContactCase


@tagged('post_install', '-at_install')
class TestContactMatch(XeroContactCase):

    def assertAsks(self, partner, candidates):
        """Assert that the partner has no certain match: none is created, and these contacts are offered."""
        self.assertEqual(self.match(partner), {})
        [problem] = self.Contact._payloads(self.connection, partner)[partner].problems
        self.assertEqual(problem.cause, 'contact')
        self.assertEqual(self.Contact._candidates(self.connection, partner), candidates)

    # === KEYS === #

    def test_tax_number_however_it_is_written(self):
        row = self.in_xero("Trading name", TaxNumber="83 914 571 673")
        partner = self.partner("Legal name", vat="83914571673")
        self.assertEqual(self.match(partner), {partner: row})
        self.assertEqual(row.matched_by, 'tax')

    def test_tax_number_with_and_without_country(self):
        row = self.in_xero("Trading name", TaxNumber="GB123456782")
        partner = self.partner("Legal name", vat="123456782", country_id=self.env.ref('base.uk').id)
        self.assertEqual(self.match(partner), {partner: row})

    def test_tax_number_beats_email_and_name(self):
        row = self.in_xero("Trading name", TaxNumber="83914571673")
        self.in_xero("Legal name", EmailAddress="accounts@legal.example")
        partner = self.partner("Legal name", vat="83914571673", email="accounts@legal.example")
        self.assertEqual(self.match(partner), {partner: row})

    def test_email_without_regard_to_case(self):
        row = self.in_xero("Trading name", EmailAddress="Accounts@Legal.example")
        partner = self.partner("Legal name", email="accounts@legal.example")
        self.assertEqual(self.match(partner), {partner: row})
        self.assertEqual(row.matched_by, 'email')

    def test_name_decides_among_those_of_one_email(self):
        self.in_xero("North", EmailAddress="books@chain.example")
        row = self.in_xero("South", EmailAddress="books@chain.example")
        partner = self.partner("South", email="books@chain.example")
        self.assertEqual(self.match(partner), {partner: row})

    def test_contact_of_another_partner_is_no_candidate(self):
        row = self.in_xero("Owner", EmailAddress="books@chain.example")
        row.partner_id = self.partner("Owner")
        partner = self.partner("Mine", email="books@chain.example")
        self.assertEqual(self.match(partner), {})
        self.assertFalse(self.Contact._payloads(self.connection, partner)[partner].problems)

    # === NO GUESS === #

    def test_two_contacts_of_one_tax_number(self):
        rows = self.in_xero("North", TaxNumber="83914571673") | self.in_xero("South", TaxNumber="83914571673")
        self.assertAsks(self.partner("East", vat="83914571673"), rows)

    def test_two_contacts_of_one_email(self):
        rows = self.in_xero("North", EmailAddress="books@chain.example") | self.in_xero("South", EmailAddress="books@chain.example")
        self.assertAsks(self.partner("East", email="books@chain.example"), rows)

    def test_two_partners_of_one_email(self):
        row = self.in_xero("North", EmailAddress="books@chain.example")
        partner = self.partner("East", email="books@chain.example")
        self.partner("West", email="books@chain.example")
        self.assertAsks(partner, row)

    def test_namesakes_however_they_are_written(self):
        row = self.in_xero("Lonely Name")
        for partner in [self.partner(name) for name in ("Lonely Name", "LONELY NAME", "Lonely  Name")]:
            self.assertAsks(partner, row)

    def test_namesakes_with_letters_beyond_ascii(self):
        row = self.in_xero("École Große Straße")
        for partner in [self.partner(name) for name in ("École Große Straße", "ÉCOLE GROSSE STRASSE")]:
            self.assertAsks(partner, row)

    def test_two_partners_of_one_tax_number_however_it_is_written(self):
        row = self.in_xero("Trading name", TaxNumber="83914571673")
        for partner in [self.partner(name, vat=vat) for name, vat in (("East", "83914571673"), ("West", "83 914 571 673"))]:
            self.assertAsks(partner, row)

    def test_two_partners_of_one_tax_number_with_and_without_country(self):
        row = self.in_xero("Trading name", TaxNumber="123456782")
        uk = self.env.ref('base.uk').id
        for partner in [self.partner(name, vat=vat, country_id=uk) for name, vat in (("East", "GB123456782"), ("West", "123456782"))]:
            self.assertAsks(partner, row)

    def test_partners_are_counted_in_few_queries(self):
        partners = self.env['res.partner'].create([{'name': f"Customer {number}", 'is_company': True} for number in range(50)])
        for partner in partners:
            self.add_contact(Name=partner.name)
        self.read(self.connection, 'contacts')
        found = self.Contact._find_by_key(self.connection, NAME, partners, {})
        self.env.flush_all()
        partners.invalidate_model()
        with self.assertQueryCount(5):
            counts = self.Contact._count_partners(self.connection, NAME, found)
        self.assertEqual(set(counts.values()), {1})
        self.assertEqual(len(counts), 50)

    def test_same_name_but_another_tax_number(self):
        row = self.in_xero("Same name", TaxNumber="83914571673")
        self.assertAsks(self.partner("Same name", vat="51824753556"), row)

    # === NAMES THAT XERO ALTERS === #

    def problem_of(self, partner):
        return self.Contact._payloads(self.connection, partner)[partner].problems[0]

    def test_a_name_that_xero_cut_off_is_the_same(self):
        name = "Very Long Name " * 20
        for number, cut in enumerate(("%s" % name[:255].strip(), name[:254].strip() + "…")):
            row = self.in_xero(f"{number}{cut}"[:255])
            partner = self.partner(f"{number}{name}")
            self.assertEqual(self.match(partner), {partner: row}, cut)

    def test_a_name_of_emoji_alone_says_so(self):
        for name in ("🎉", "☕️ 👩‍🚀", "<🎉>"):
            problem = self.problem_of(self.partner(name))
            self.assertEqual(problem.cause, 'contact')
            self.assertIn("has to have more than emoji", problem.message)

    def test_a_name_that_is_taken_without_its_emoji(self):
        row = self.in_xero("Café")
        partner = self.partner("Café ☕")
        self.assertAsks(partner, row)
        row.partner_id = self.partner("Owner")
        problem = self.problem_of(partner)
        self.assertIn("Xero keeps no emoji", problem.message)
        self.assertIn("would be Café there", problem.message)
        self.assertEqual(self.Contact._candidates(self.connection, partner), row)

    def test_a_name_with_emoji_goes_without_them(self):
        partner = self.partner("Thé 🍵 Royal® №1")
        self.assertEqual(self.Contact._payloads(self.connection, partner)[partner].element['Name'], "Thé Royal® №1")

    def test_names_that_differ_in_accents_are_offered(self):
        row = self.in_xero("Cafe Creme")
        self.assertAsks(self.partner("Café Crème"), row)
        other = self.in_xero("Zoë’s")
        self.assertAsks(self.partner("Zoe's"), other)
        self.connection.duplicate_name = 'number'
        partner = self.partner("CAFÉ CREME")
        self.assertFalse(self.Contact._payloads(self.connection, partner)[partner].problems)

    def test_an_archived_namesake_is_offered(self):
        row = self.in_xero("Gone", ContactStatus='ARCHIVED')
        partner = self.partner("Gone")
        self.assertAsks(partner, row)
        self.assertIn("Gone (archived) could be", self.problem_of(partner).message)
        row._reject_for(partner)
        self.assertFalse(self.Contact._payloads(self.connection, partner)[partner].problems)

    def test_a_namesake_that_was_merged_or_is_somebody_elses_is_not_offered(self):
        self.in_xero("Gone", ContactStatus='ARCHIVED', MergedToContactID='00000000-0000-4000-8000-000000000099')
        self.in_xero("Görman").partner_id = self.partner("Owner")
        self.in_xero("Other Vat", TaxNumber="51824753556")
        for partner in (self.partner("Gone"), self.partner("Gorman"), self.partner("Öther Vat", vat="83914571673")):
            self.assertFalse(self.Contact._payloads(self.connection, partner)[partner].problems)

    # === A PERSON DECIDES === #

    def test_the_chosen_contact_is_the_partner(self):
        first, second = self.in_xero("North", TaxNumber="83914571673"), self.in_xero("South", TaxNumber="83914571673")
        partner = self.partner("East", vat="83914571673")
        second._choose(partner)
        self.assertEqual(self.match(partner), {partner: second})
        self.assertEqual(second.matched_by, 'person')
        self.assertFalse(first.partner_id)

    def test_a_refused_contact_is_not_asked_about_again(self):
        row = self.in_xero("Same name", TaxNumber="83914571673")
        partner = self.partner("Same name", vat="51824753556")
        row._reject_for(partner)
        payload = self.Contact._payloads(self.connection, partner)[partner]
        self.assertFalse(payload.problems)
        self.assertEqual(payload.element['Name'], f"Same name ({self.Contact._number(self.connection, partner)})")
        self.assertFalse(self.Contact._candidates(self.connection, partner))
