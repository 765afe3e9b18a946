from odoo.exceptions import AccessError
from odoo.tests import tagged

from .contact_common import XeroContactCase


@tagged('post_install', '-at_install')
class TestContact(XeroContactCase):

    def payload(self, partner):
        return self.Contact._payloads(self.connection, partner)[partner]

    # === MATCHING === #

    def test_unknown_partner_has_no_contact(self):
        self.assertEqual(self.match(self.partner("Nobody Ltd")), {})

    def test_same_name_on_both_sides_is_the_same(self):
        row, partner = self.in_xero("Acme Pty Ltd"), self.partner("ACME  Pty Ltd")
        self.assertEqual(self.match(partner), {partner: row})
        self.assertRecordValues(row, [{'partner_id': partner.id, 'matched_by': 'name'}])
        self.assertEqual(self.Contact._match(self.connection, partner)[partner], row)

    def test_namesakes_in_odoo_are_not_guessed(self):
        self.in_xero("Same Name")
        first, second = self.partner("Same Name"), self.partner("Same Name")
        self.assertEqual(self.match(first, second), {})
        self.assertEqual(self.match(first), {})

    def test_contact_of_another_partner_is_not_taken(self):
        row, owner = self.in_xero("Acme"), self.partner("Owner")
        row.partner_id = owner
        self.assertEqual(self.match(self.partner("Acme")), {})

    def test_number_beats_name(self):
        partner = self.partner("Renamed in Odoo")
        self.in_xero("Renamed in Odoo")
        row = self.in_xero("Old name", ContactNumber=self.Contact._number(self.connection, partner))
        self.assertEqual(self.match(partner), {partner: row})
        self.assertEqual(row.matched_by, 'number')

    def test_number_of_another_database_is_not_ours(self):
        partner = self.partner("Somebody")
        self.in_xero("Somebody else", ContactNumber=f'ODffffff-{partner.id}')
        self.assertEqual(self.match(partner), {})

    def test_archived_contact_is_named_as_the_problem(self):
        partner = self.partner("Gone")
        row = self.in_xero("Gone", ContactStatus='ARCHIVED', ContactNumber=self.Contact._number(self.connection, partner))
        self.assertEqual(self.match(partner), {partner: row})
        problem = row._problem()
        self.assertEqual(problem.cause, 'contact')
        self.assertIn("Gone is archived in Xero", problem.message)

    def test_archived_contact_of_that_name_does_not_count(self):
        self.in_xero("Gone", ContactStatus='ARCHIVED')
        self.assertEqual(self.match(self.partner("Gone")), {})

    def test_link_follows_a_merge_in_xero(self):
        old, new = self.in_xero("Acme"), self.in_xero("Acme Group")
        mine, other = self.partner("Acme"), self.partner("Acme Group")
        self.match(mine, other)
        self.organisation().contacts[old.xero_id] |= {
            'ContactStatus': 'ARCHIVED', 'MergedToContactID': new.xero_id, 'UpdatedDateUTC': self.sandbox.clock.now()}
        self.read(self.connection, 'contacts')
        links = self.match(mine, other)
        self.assertEqual(links[mine].xero_id, new.xero_id)
        self.assertEqual(links[other], new)
        self.assertFalse(old.partner_id)
        self.assertEqual(self.match(mine, other), links)

    def test_known_links_cost_one_query(self):
        partners = self.env['res.partner'].create([{'name': f"Customer {number}"} for number in range(50)])
        for partner in partners:
            self.add_contact(Name=partner.name)
        self.read(self.connection, 'contacts')
        self.assertEqual(len(self.Contact._match(self.connection, partners)), 50)
        self.env.invalidate_all()
        with self.assertQueryCount(3):
            self.Contact._match(self.connection, partners)

    # === CREATING === #

    def test_payload_is_what_xero_takes(self):
        partner = self.partner("  Acme <AU>\t Pty  Ltd ", email="accounts@acme.example, boss@acme.example", vat="83914571673")
        payload = self.payload(partner)
        self.assertEqual(payload.element, {
            'Name': "Acme AU Pty Ltd", 'ContactNumber': f'{self.connection.contact_prefix}{partner.id}',
            'EmailAddress': 'accounts@acme.example', 'TaxNumber': partner.vat,
        })
        self.assertFalse(payload.problems)
        self.assertEqual(len(payload.warnings), 1)
        self.assertIn("accounts@acme.example, boss@acme.example", payload.warnings[0])

    def test_plain_partner_has_no_empty_keys(self):
        payload = self.payload(self.partner("Plain"))
        self.assertEqual(set(payload.element), {'Name', 'ContactNumber'})
        self.assertFalse(payload.warnings)

    def test_name_without_a_usable_letter_is_a_problem(self):
        [problem] = self.payload(self.partner("<>")).problems
        self.assertEqual(problem.cause, 'contact')
        self.assertIn("has no name that Xero can use", problem.message)

    def test_taken_name_asks_a_person(self):
        row = self.in_xero("Acme")
        row.partner_id = self.partner("Owner")
        [problem] = self.payload(self.partner("ACME")).problems
        self.assertEqual(problem.cause, 'contact')
        self.assertIn("ACME", problem.message)

    def test_taken_name_gets_our_number_by_policy(self):
        self.connection.duplicate_name = 'number'
        twins = self.env['res.partner'].create([{'name': "Twin"}, {'name': "twin"}])
        payloads = self.Contact._payloads(self.connection, twins)
        names = [payloads[twin].element['Name'] for twin in twins]
        self.assertEqual(names, ["Twin", f"twin ({self.Contact._number(self.connection, twins[1])})"])
        self.assertFalse(payloads[twins[1]].problems)

    def test_added_number_fits_into_the_name(self):
        self.connection.duplicate_name = 'number'
        long = "N" * 300
        twins = self.env['res.partner'].create([{'name': long}, {'name': long}])
        payloads = self.Contact._payloads(self.connection, twins)
        self.assertEqual([len(payloads[twin].element['Name']) for twin in twins], [255, 255])
        self.assertTrue(payloads[twins[1]].element['Name'].endswith(f'-{twins[1].id})'))

    def test_xero_takes_the_payload_and_the_answer_is_kept(self):
        partner = self.partner("Brand New", email="new@example.com")
        with self.background(self.connection) as (connection, client):
            Contact = connection.env['xero.contact']
            here = partner.with_env(connection.env)
            element = Contact._payloads(connection, here)[here].element
            [answer] = client.get('Contacts', {'where': 'Name=="Brand New"'}).elements('Contacts') or [None]
            self.assertIsNone(answer)
            body = f'{{"Contacts": [{{"Name": "{element["Name"]}", "ContactNumber": "{element["ContactNumber"]}"}}]}}'.encode()
            [answer] = client.write('PUT', 'Contacts', body, key='contact-test', params={'summarizeErrors': 'false'}).elements('Contacts')
            Contact._adopt_all(connection, {here: answer}, 'created')
        row = self.Contact._match(self.connection, partner)[partner]
        self.assertRecordValues(row, [{'name': "Brand New", 'status': 'ACTIVE', 'matched_by': 'created', 'xero_id': answer['ContactID']}])
        self.assertIn(answer['ContactID'], row.xero_url)

    def test_adopting_another_contact_moves_the_partner(self):
        first, second, partner = self.in_xero("First"), self.in_xero("Second"), self.partner("Mine")
        self.Contact._adopt_all(self.connection, {partner: {'ContactID': first.xero_id, 'Name': "First"}}, 'created')
        self.Contact._adopt_all(self.connection, {partner: {'ContactID': second.xero_id, 'Name': "Second"}}, 'number')
        self.assertEqual(self.Contact._match(self.connection, partner)[partner], second)
        self.assertFalse(first.partner_id)

    def test_many_answers_are_kept_in_few_queries(self):
        partners = self.env['res.partner'].create([{'name': f"Customer {number}"} for number in range(50)])
        answers = {
            partner: {'ContactID': f'00000000-0000-4000-8000-{partner.id:012}', 'Name': partner.name} for partner in partners}
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(10):
            self.Contact._adopt_all(self.connection, answers, 'created')
            self.env.flush_all()
        self.assertEqual(len(self.Contact._match(self.connection, partners)), 50)

    def test_partner_deleted_meanwhile_is_left_out(self):
        partner = self.partner("Short-lived")
        kept = partner.browse(partner.id)
        partner.unlink()
        self.assertEqual(self.Contact._adopt_all(self.connection, {kept: {'ContactID': 'x', 'Name': "Short-lived"}}, 'created'), {})

    # === BY HAND === #

    def test_invoice_admin_says_who_a_contact_is(self):
        row, partner = self.in_xero("Trading Name"), self.partner("Legal Name")
        row.with_user(self.admin).partner_id = partner
        self.assertRecordValues(row, [{'partner_id': partner.id, 'matched_by': 'person'}])
        self.assertEqual(self.match(partner), {partner: row})

    def test_nothing_else_of_a_contact_can_be_written(self):
        row = self.in_xero("Acme")
        with self.assertRaises(AccessError):
            row.with_user(self.admin).name = "Other"
        with self.assertRaises(AccessError):
            row.with_user(self.billing).partner_id = self.partner("Mine")
