from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from ..common import HARBOUR, HINTERLAND
from .companies_common import CompaniesCase
from .export_common import SALES


@tagged('post_install', '-at_install')
class TestOneOrganisation(CompaniesCase):
    """Two companies export to one organisation."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.share_connection()

    def test_they_share_the_contact_and_not_the_mapping(self):
        moves = self.make(self.xero_company, name="A/1") | self.make(self.other, name="B/1")
        self.run_slice(self.connection, times=2)
        self.assertEqual(self.states(moves), ['synced', 'synced'])
        self.assertEqual(len(self.calls('PUT', '/api.xro/2.0/Contacts')), 1)
        contact = self.env['xero.contact'].search([('connection_id', '=', self.connection.id), ('partner_id', '=', self.partner_a.id)])
        self.assertEqual(len(contact), 1)
        self.assertEqual({document['Contact']['ContactID'] for document in self.invoices_in_xero()}, {contact.xero_id})
        rows = self.env['xero.mapping'].sudo().search([('connection_id', '=', self.connection.id), ('xero_account_id.code', '=', SALES)])
        self.assertEqual(rows.company_id, self.xero_company | self.other)

    def test_equal_numbers_collide_and_are_not_linked(self):
        first = self.make(self.xero_company, name="INV/0001")
        self.run_slice(self.connection)
        second = self.make(self.other, name="INV/0001")
        self.run_slice(self.connection)
        export = self.export_of(second)
        self.assertEqual((first.xero_state, export.state, export.cause), ('synced', 'failed', 'number'))
        self.assertFalse(export.can_link, "it belongs to the other company")
        self.assertIn(self.xero_company.name, export.candidate_text)
        self.assertEqual(len(self.held(HARBOUR, "INV/0001")), 1)

    def test_equal_numbers_in_one_slice(self):
        moves = self.make(self.xero_company, name="INV/0002") | self.make(self.other, name="INV/0002")
        self.run_slice(self.connection, times=2)
        self.assertEqual(sorted(self.states(moves)), ['failed', 'synced'])
        self.assertEqual(len(self.held(HARBOUR, "INV/0002")), 1)

    def test_bills_of_one_vendor_and_number(self):
        bills = self.make(self.xero_company, 'in_invoice', ref="V1") | self.make(self.other, 'in_invoice', ref="V1")
        self.run_slice(self.connection, times=2)
        self.assertEqual(self.states(bills), ['synced', 'synced'])
        self.assertEqual(len(set(bills.xero_export_ids.mapped('xero_id'))), 2)
        self.assertEqual(len(self.held(HARBOUR, "V1")), 2)

    def test_bills_of_one_vendor_and_number_after_an_interruption(self):
        self.sandbox.faults.order(kind='drop_after', method='PUT', path='/Invoices', times=2)
        bills = self.make(self.xero_company, 'in_invoice', ref="V2") | self.make(self.other, 'in_invoice', ref="V2")
        for _time in range(4):
            self.let_time_pass(minutes=10)
            self.run_slice(self.connection)
        self.assertEqual(self.states(bills), ['synced', 'synced'])
        self.assertEqual(len(set(bills.xero_export_ids.mapped('xero_id'))), 2)
        self.assertEqual(len(self.held(HARBOUR, "V2")), 2)

    def test_invoice_and_bill_between_the_two(self):
        invoice = self.make(self.xero_company, partner=self.other.partner_id, name="IC/1")
        bill = self.make(self.other, 'in_invoice', partner=self.xero_company.partner_id, ref=invoice.name)
        self.run_slice(self.connection, times=2)
        self.assertEqual(self.states(invoice | bill), ['synced', 'synced'])
        documents = self.held(HARBOUR, "IC/1")
        self.assertEqual(sorted(document['Type'] for document in documents), ['ACCPAY', 'ACCREC'])
        self.assertEqual({float(document['Total']) for document in documents}, {100.0})
        self.assertEqual({document['Contact']['Name'] for document in documents}, {"Two Sites South", self.xero_company.name})


@tagged('post_install', '-at_install')
class TestTwoOrganisations(CompaniesCase):
    """Two companies, each on an organisation of its own."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.hinterland = cls.connect_other()

    def run_both(self):
        for connection in (self.connection, self.hinterland):
            self.run_slice(connection, times=2)

    def test_partner_of_both_has_a_contact_in_each(self):
        moves = self.make(self.xero_company, name="INV/0001") | self.make(self.other, name="INV/0001")
        self.run_both()
        self.assertEqual(self.states(moves), ['synced', 'synced'], "an equal number in another organisation is no conflict")
        contacts = self.env['xero.contact'].search([('partner_id', '=', self.partner_a.id)])
        self.assertEqual(contacts.connection_id, self.connection | self.hinterland)
        self.assertEqual(len(set(contacts.mapped('xero_id'))), 2)
        self.assertEqual(len(set(contacts.mapped('number'))), 2)

    def test_invoice_and_bill_between_the_two(self):
        invoice = self.make(self.xero_company, partner=self.other.partner_id, name="IC/1")
        bill = self.make(self.other, 'in_invoice', partner=self.xero_company.partner_id, ref=invoice.name)
        self.run_both()
        self.assertEqual(self.states(invoice | bill), ['synced', 'synced'])
        [sold], [bought] = self.held(HARBOUR, "IC/1"), self.held(HINTERLAND, "IC/1")
        self.assertEqual((sold['Type'], bought['Type']), ('ACCREC', 'ACCPAY'))
        self.assertEqual((float(sold['Total']), sold['Total']), (100.0, bought['Total']))
        self.assertEqual((sold['Contact']['Name'], bought['Contact']['Name']), ("Two Sites South", self.xero_company.name))

    def test_company_of_a_connection_is_no_foreign_one(self):
        with self.assertRaises(ValidationError):
            self.other.xero_connection_id = self.connection
        with self.assertRaises(ValidationError):
            self.other_data['default_journal_sale'].xero_connection_id = self.connection

    def test_users_see_their_company_alone(self):
        self.make(self.xero_company)
        self.make(self.other)
        self.run_both()
        clerk = self._new_user('xero_clerk', 'account.group_account_invoice,account_xero.group_xero_invoice_admin', self.other)
        for model in (
            'xero.connection', 'xero.export', 'xero.request', 'xero.mapping', 'xero.contact', 'xero.account', 'xero.tax.rate',
            'xero.tracking.category', 'xero.tracking.option', 'xero.sync',
        ):
            with self.subTest(model=model):
                seen = self.env[model].with_user(clerk).search([])
                expected = self.env[model].sudo().search([('id', '=', self.hinterland.id)] if model == 'xero.connection' else [
                    ('connection_id', '=', self.hinterland.id)])
                self.assertEqual(seen.sudo(), expected.sudo())
                self.assertTrue(seen)
                foreign = self.env[model].sudo().search([('id', 'not in', seen.ids)], limit=1).with_user(clerk)
                with self.assertRaises(AccessError):
                    foreign.read(['display_name'])
        self.assertEqual(self.env['xero.export'].with_user(clerk).retrieve_tiles()['synced'], 1)

    def test_check_of_both_companies_at_once(self):
        moves = self.make(self.xero_company, name="A/7") | self.make(self.other, name="B/7")
        action = moves.with_user(self.admin).with_context(allowed_company_ids=(self.xero_company | self.other).ids).action_xero_check()
        check = self.env['xero.check'].with_user(self.admin).browse(action['res_id'])
        self.assertEqual(check.summary, "2 ready")
        self.assertEqual(check.document_ids.connection_id, self.connection | self.hinterland)

    def test_a_renewal_is_saved_from_another_company(self):
        self.hinterland._set_status('reauthenticate', "Somebody removed the app")
        consent = self.authorise(self.hinterland, [HINTERLAND])
        [result] = consent.with_context(allowed_company_ids=self.xero_company.ids).finish_pending()['results']
        self.assertTrue(result['ok'], result['message'])
        self.assertEqual((consent.state, self.hinterland.status), ('saved', 'connected'))


@tagged('post_install', '-at_install')
class TestBranches(CompaniesCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.xero_company.xero_connection_id = cls.connection
        cls.branch = cls.env['res.company'].create({
            'name': "Two Sites North", 'parent_id': cls.xero_company.id, 'country_id': cls.xero_company.country_id.id})
        (cls.env.user | cls.admin).company_ids += cls.branch
        for partner in (cls.partner_a, cls.partner_b):
            partner.with_company(cls.branch).write({
                'property_account_receivable_id': cls.company_data['default_account_receivable'].id,
                'property_account_payable_id': cls.company_data['default_account_payable'].id})
        cls.map_company(cls.connection, cls.branch)

    def test_connection_of_the_parent_company_serves_it(self):
        move = self.make(self.branch)
        self.run_slice(self.connection, times=2)
        self.assertEqual((move.company_id, move.xero_export_ids.company_id, move.xero_export_ids.connection_id), (self.branch, self.branch, self.connection))
        self.assert_once(move)

    def test_what_it_posted_unseen_is_swept_up(self):
        move = self.make(self.branch)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM xero_export WHERE move_id = %s", [move.id])
        self.env.cr.execute("UPDATE account_move SET xero_state = NULL WHERE id = %s", [move.id])
        self.env.invalidate_all()
        self.connection.swept_at = False
        self.run_slice(self.connection, times=2)
        self.assert_once(move)

    def test_journal_of_its_own_with_a_connection_of_its_own(self):
        hinterland = self.connect(name="Hinterland", tenant=HINTERLAND, company_ids=[Command.set(self.branch.ids)])
        self.run_slice(hinterland)
        self.map_company(hinterland, self.branch)
        journal = self.env['account.journal'].create({
            'name': "North", 'code': 'NRTH', 'type': 'sale', 'company_id': self.branch.id, 'xero_connection_id': hinterland.id})
        own, usual = self.make(self.branch, journal_id=journal.id), self.make(self.branch)
        self.run_slice(hinterland, times=2)
        self.run_slice(self.connection, times=2)
        self.assertEqual((own.xero_export_ids.connection_id, usual.xero_export_ids.connection_id), (hinterland, self.connection))
        self.assertEqual(self.states(own | usual), ['synced', 'synced'])
        self.assertEqual(len(self.held(HINTERLAND, own.name)), 1)
        self.assertEqual(len(self.held(HARBOUR, usual.name)), 1)

    def test_clerk_of_the_branch_alone_understands_its_documents(self):
        account = self.copy_account(self.company_data['default_account_revenue'], {'name': "Fees"})
        move = self.make(self.branch)
        failed = self.env['account.move'].with_company(self.branch).create({
            'move_type': 'out_invoice', 'partner_id': self.partner_b.id, 'invoice_date': '2026-11-02',
            'invoice_line_ids': [Command.create({'name': "Fee", 'price_unit': 50, 'account_id': account.id, 'tax_ids': [Command.clear()]})]})
        failed.action_post()
        failed = failed.sudo()
        self.run_slice(self.connection, times=2)
        clerk = self._new_user('xero_north', 'account.group_account_invoice,account_xero.group_xero_invoice_admin', self.branch)
        self.env.invalidate_all()
        exports = (move | failed).with_user(clerk).xero_export_ids
        self.assertEqual(sorted(exports.mapped('state')), ['failed', 'synced'])
        specification = {
            'connection_id': {'fields': {'display_name': {}}}, 'explanation': {}, 'fix_label': {}, 'xero_url': {}, 'sent_element': {}, 'state': {}}
        exports.web_read(specification)
        self.assertIn("has no account in Xero yet", failed.with_user(clerk).xero_export_ids.explanation)
        row = self.env['xero.mapping'].with_user(clerk).search([('account_id', '=', account.id)])
        self.assertEqual(row.decision, "Not decided")
        target = self.env['xero.account'].with_user(clerk).search([*row.target_domain, ('code', '=', SALES)])
        row.xero_account_id = target
        self.run_slice(self.connection, times=2)
        self.assertEqual(failed.xero_state, 'synced')
        document = (move | failed).with_user(clerk).action_xero_check()
        self.assertEqual(self.env['xero.check'].with_user(clerk).browse(document['res_id']).summary, "0 ready, 2 already in Xero")

    def test_money_of_the_parent_company_pays_for_it(self):
        move = self.make(self.branch)
        self.run_slice(self.connection, times=2)
        self.env['account.payment.register'].with_context(active_model='account.move', active_ids=move.ids).create({
            'journal_id': self.company_data['default_journal_bank'].id})._create_payments()
        self.connection.swept_at = False
        self.run_slice(self.connection)
        row = self.env['xero.mapping'].sudo().search([('connection_id', '=', self.connection.id), ('type', '=', 'bank')])
        self.assertRecordValues(row, [{'journal_id': self.company_data['default_journal_bank'].id, 'company_id': self.xero_company.id}])
