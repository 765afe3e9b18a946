from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from ..common import XeroInvoicingCase

TILES = ('failed', 'waiting', 'uncertain', 'synced', 'skipped', 'different')


@tagged('post_install', '-at_install')
class TestExportViews(XeroInvoicingCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection = cls.env['xero.connection'].create({
            'name': "Harbour", 'app_id': cls.app.id, 'company_ids': cls.company.ids, 'export_start_date': '2000-01-01'})
        cls.company.xero_connection_id = cls.connection
        moves = cls.env['account.move'].union(*(
            cls.init_invoice(move_type, amounts=[100.0], post=True) for move_type in ('out_invoice',) * 5 + ('in_invoice',) * 3))
        cls.exports = moves.xero_export_ids.sudo().sorted('id')
        states = ('failed', 'failed', 'waiting', 'sending', 'uncertain', 'synced', 'synced', 'skipped')
        for export, state in zip(cls.exports, states, strict=True):
            export.state = state
        cls.exports[5].difference = "The total differs."

    def test_tiles_count_the_documents_in_each_state(self):
        numbers = self.env['xero.export'].with_user(self.billing).retrieve_tiles([])
        self.assertEqual(numbers, {'failed': 2, 'waiting': 2, 'uncertain': 1, 'synced': 2, 'skipped': 1, 'different': 1})
        bills = self.env['xero.export'].with_user(self.billing).retrieve_tiles([('kind', '=', 'bill')])
        self.assertEqual(bills, {'failed': 0, 'waiting': 0, 'uncertain': 0, 'synced': 2, 'skipped': 1, 'different': 1})

    def test_tiles_leave_out_other_companies(self):
        company = self.env['res.company'].create({'name': "Elsewhere"})
        stranger = self._new_user('xero_stranger', 'account.group_account_invoice', company)
        numbers = self.env['xero.export'].with_user(stranger).retrieve_tiles([])
        self.assertEqual(set(numbers.values()), {0})

    def test_tiles_need_the_role(self):
        employee = self._new_user('xero_employee', 'base.group_user')
        with self.assertRaises(AccessError):
            self.env['xero.export'].with_user(employee).retrieve_tiles([])

    def test_a_tile_counts_what_its_filter_shows(self):
        Export = self.env['xero.export'].with_user(self.billing)
        numbers = Export.retrieve_tiles([])
        search = etree.fromstring(Export.get_view(self.env.ref('account_xero.xero_export_view_search').id, 'search')['arch'])
        for name in TILES:
            [found] = search.xpath(f"//filter[@name='{name}']")
            self.assertEqual(Export.search_count(safe_eval(found.get('domain'))), numbers[name], name)

    def test_what_a_graph_or_pivot_opens_has_a_title(self):
        """A click opens a list under the title of the graph or pivot; the file of a pivot has it too. Without one, Odoo says *Untitled*."""
        views = self.env['ir.model.data'].search([('module', '=', 'account_xero'), ('model', '=', 'ir.ui.view')])
        for view in self.env['ir.ui.view'].browse(views.mapped('res_id')).filtered(lambda view: view.type in ('graph', 'pivot')):
            with self.subTest(view=view.name):
                self.assertTrue(etree.fromstring(view.arch).get('string'))

    def test_a_document_is_found_by_either_number(self):
        synced = self.exports[5]
        synced.xero_number = 'X-4711'
        Export = self.env['xero.export'].with_user(self.billing)
        for number in (synced.document_name, 'X-4711'):
            self.assertEqual([found for found, _name in Export.name_search(number)], synced.ids, number)

    def test_what_holds_our_number_is_shown_beside(self):
        failed = self.exports[0]
        self.connection.sudo().short_code = '!Hb7x2'
        failed.candidate = {
            'InvoiceID': '11111111-1111-1111-1111-111111111111', 'contact': "Walk-in customer", 'date': '2026-11-01', 'currency': 'AUD',
            'Total': 22.0, 'Status': 'PAID', 'agrees': False}
        shown = failed.with_user(self.billing)
        self.assertEqual(shown.candidate_text, "The document in Xero is for Walk-in customer, dated 11/01/2026, totals AUD 22.00, and its status is Paid.")
        self.assertFalse(shown.can_link)
        self.assertTrue(shown.action_open_candidate()['url'].endswith('/app/!Hb7x2/invoicing/view/11111111-1111-1111-1111-111111111111'))
        failed.state = 'waiting'
        self.assertFalse(shown.candidate_text)

    def test_every_row_has_its_sentence(self):
        failed, _failed, waiting, *_others = self.exports
        failed.message = "Account 200 has no account in Xero yet."
        self.assertEqual(failed.explanation, failed.message)
        self.assertEqual(waiting.explanation, waiting.wait_reason)
        self.assertTrue(waiting.explanation)
        self.assertEqual(self.exports[5].explanation, "The total differs.")

    def test_bodies_are_for_invoice_admins(self):
        view = self.env.ref('account_xero.xero_request_view_form')
        for user, shown in ((self.billing, False), (self.admin, True)):
            form = etree.fromstring(self.env['xero.request'].with_user(user).get_view(view.id, 'form')['arch'])
            self.assertEqual(bool(form.xpath("//field[@name='body' or @name='answer']")), shown, user.login)

    def test_documents_open_for_people_without_the_role(self):
        auditor = self._new_user('xero_auditor', 'account.group_account_readonly')
        move = self.exports[2].move_id.with_user(auditor)
        self.env.invalidate_all()
        self.assertFalse(move.alerts)
        self.assertEqual(move.xero_state, 'waiting')
        with self.assertRaises(AccessError):
            move.read(['xero_export_ids'])
        self.assertIn('xero_waiting', move.with_user(self.billing).alerts)

    def test_only_who_can_reauthenticate_is_offered_it(self):
        self.exports[0].cause = 'connection'
        self.assertEqual(self.exports[0].with_user(self.admin).fix_label, "Reauthenticate")
        self.assertFalse(self.exports[0].with_user(self.billing).fix_label)
        self.assertIn("Only an invoice admin can reauthenticate", self.exports[0].with_user(self.billing).fix_hint)

    def test_the_button_of_a_page_that_is_out_of_date_reloads_it(self):
        fixed = self.exports[5].with_user(self.billing)
        self.assertEqual(fixed.action_fix(), {'type': 'ir.actions.client', 'tag': 'soft_reload'})

    def test_nobody_edits_exports_and_requests(self):
        for view in ('xero_export_view_list', 'xero_export_view_form', 'xero_export_view_kanban', 'xero_request_view_form', 'xero_request_view_list',
                     'xero_request_view_kanban'):
            arch = etree.fromstring(self.env.ref(f'account_xero.{view}').arch)
            self.assertEqual({arch.get(right) for right in ('create', 'edit', 'delete')}, {'0'}, view)

    def test_skip_asks_for_a_reason(self):
        action = self.exports[:3].with_user(self.admin).action_skip_dialog()
        skip = self.env['xero.skip'].with_user(self.admin).with_context(action['context']).create({'reason': "Entered by hand"})
        self.assertEqual(skip.intro, "3 documents will not be sent to Xero until an invoice admin resyncs them.")
        skip.action_skip()
        self.assertEqual(set(self.exports[:3].mapped('state')), {'skipped'})
        self.assertIn("Entered by hand", self.exports[0].message)

    def test_only_invoice_admins_skip(self):
        with self.assertRaises(AccessError):
            self.env['xero.skip'].with_user(self.billing).create({'export_ids': self.exports.ids, 'reason': "No"})

    def test_menus_come_and_go_with_the_connections(self):
        def shown(user):
            menus = self.env['ir.ui.menu'].with_user(user).load_menus(False)
            return {menu['xmlid'] for menu in menus.values() if menu.get('xmlid', '').startswith('account_xero.')}

        always = {'account_xero.xero_setup_menu', *(f'account_xero.xero_configuration{name}_menu' for name in ('', '_app', '_connection'))}
        self.assertLess(always, shown(self.admin))
        self.assertIn('account_xero.xero_export_menu', shown(self.billing))
        self.assertIn('account_xero.xero_export_menu_customers', shown(self.billing))

        self.company.xero_connection_id = False
        self.env.cr.execute("DELETE FROM xero_export")
        self.env.invalidate_all()
        self.connection.sudo().unlink()
        self.assertEqual(shown(self.billing), set())
        self.assertEqual(shown(self.admin), always)
