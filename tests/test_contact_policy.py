from odoo.tests import tagged

from .export_common import XeroExportCase
from .test_reference import ReferenceMixin


@tagged('post_install', '-at_install')
class TestContactPolicy(ReferenceMixin, XeroExportCase):
    """Whose contact a document gets, and what is done when somebody works on the contacts in Xero."""

    def setUp(self):
        super().setUp()
        self.company_partner = self.env['res.partner'].create({'name': "Harbour Supplies", 'is_company': True})
        self.person = self.env['res.partner'].create({'name': "Accounts payable", 'parent_id': self.company_partner.id, 'type': 'invoice'})

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

    def test_merged_since_we_read(self):
        """Xero refuses the contact that we know: its successor gets the document, in the same slice."""
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
        """An archived contact without a successor fails the document; it is not asked about again and again."""
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
