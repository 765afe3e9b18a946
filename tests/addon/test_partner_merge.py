from odoo.tests import tagged

from .contact_common import XeroContactCase


@tagged('post_install', '-at_install')
class TestPartnerMerge(XeroContactCase):
    """Odoo's *Merge* of partners that are linked to contacts in Xero."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.partners = cls.env['res.partner'].create([{'name': name, 'is_company': True} for name in ("East", "West", "North")])
        for partner in cls.partners:
            cls.add_contact(Name=partner.name)
        cls.read(cls.connection, 'contacts')

    def merge(self, partners, staying):
        self.env['base.partner.merge.automatic.wizard'].create({})._merge(partners.ids, staying)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(partners.exists(), staying)

    def test_who_stays_keeps_its_contact(self):
        links = self.Contact._match(self.connection, self.partners)
        east, west, north = self.partners
        self.merge(self.partners, east)
        self.assertEqual(links[east].partner_id, east)
        self.assertRecordValues(links[west] | links[north], [{'partner_id': False, 'matched_by': False}] * 2)

    def test_who_stays_without_contact_gets_one_of_those_that_go(self):
        east, west, north = self.partners
        links = self.Contact._match(self.connection, west | north)
        self.merge(self.partners, east)
        self.assertEqual((links[west] | links[north]).partner_id, east)
        self.assertEqual(self.Contact.search_count([('partner_id', '=', east.id)]), 1)

    def test_partners_that_were_one_contact_in_xero_already(self):
        east, west, _north = self.partners
        row = self.Contact._match(self.connection, east)[east]
        xero_id = row.xero_id
        row._choose(west)
        self.merge(east | west, west)
        left = self.Contact.search([('xero_id', '=', xero_id)])
        self.assertEqual(left.partner_id, west)
        self.assertEqual(len(left), 1)
