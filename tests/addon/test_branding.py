from odoo.tests import Form, tagged

from ..common import HARBOUR, HINTERLAND
from .payload_common import XeroPayloadCase

THEME = 'BrandingThemeID'


@tagged('post_install', '-at_install')
class TestBranding(XeroPayloadCase):
    """A journal names the branding theme of its sales documents."""

    def setUp(self):
        super().setUp()
        self.organisation = self.sandbox.organisations[HARBOUR]
        self.organisation.add_branding_theme("Warehouse", self.sandbox.clock.now())
        self.reread()
        self.theme = self.themes.filtered(lambda theme: theme.name == "Warehouse")
        self.journal = self.company_data['default_journal_sale']

    @property
    def themes(self):
        return self.env['xero.branding.theme'].search([('connection_id', '=', self.connection.id)])

    def reread(self):
        self.connection.reference_read_at = False
        self.run_slice(self.connection)

    def delete_in_xero(self):
        self.organisation.branding_themes[:] = [row for row in self.organisation.branding_themes if row['Name'] != "Warehouse"]

    def change(self, move, **values):
        move.button_draft()
        move.write(values)
        move.action_post()
        self.run_slice(self.connection)

    def in_organisation(self, move):
        export = move.xero_export_ids
        return next(held for held in self.organisation.documents['Invoices'].values() if held['InvoiceID'] == export.xero_id)

    # === READING === #

    def test_list_is_read_with_the_others(self):
        held = self.organisation.branding_themes
        self.assertEqual(
            [(theme.name, theme.xero_id, theme.sort_order) for theme in self.themes],
            [(row['Name'], row['BrandingThemeID'], row['SortOrder']) for row in held])
        self.assertEqual(self.themes[0].sort_order, 0)
        self.delete_in_xero()
        self.reread()
        self.assertEqual(set(self.themes.filtered(lambda theme: not theme._is_usable())), {self.theme})

    # === ON THE JOURNAL === #

    def test_picker_offers_what_the_journal_can_use(self):
        other = self.connect(tenant=HINTERLAND, name="Hinterland", company_ids=self.xero_company.ids)
        self.run_slice(other)
        journal = self.journal.with_user(self.admin)
        self.assertEqual(journal.xero_used_connection_id, self.connection)
        domain = [('connection_id', '=', journal.xero_used_connection_id.id), ('status', '=', 'ACTIVE')]
        self.assertEqual(self.env['xero.branding.theme'].search(domain), self.themes)
        with Form(journal) as form:
            form.xero_branding_theme_id = self.theme
        self.assertFalse(journal.xero_theme_problem)
        with Form(journal) as form:
            form.xero_connection_id = other
            self.assertIn("belongs to", form.xero_theme_problem)
        self.theme.sudo().status = 'DELETED'
        journal.xero_connection_id = False
        self.assertIn("was deleted", journal.xero_theme_problem)

    # === SENDING === #

    def test_sales_documents_carry_it_and_others_do_not(self):
        self.journal.xero_branding_theme_id = self.theme
        self.company_data['default_journal_purchase'].xero_branding_theme_id = self.theme
        for move_type, theme in (
            ('out_invoice', self.theme.xero_id), ('out_refund', self.theme.xero_id), ('in_invoice', None), ('in_refund', None),
        ):
            with self.subTest(move_type=move_type):
                move = self.document(move_type, ref=f'R {move_type}')
                self.assertEqual(self.held(move).get(THEME), theme)

    def test_default_needs_no_theme(self):
        move = self.document()
        self.assertNotIn(THEME, self.element_sent(move))

    def test_changed_theme_sends_nothing_again_and_goes_with_the_next_change(self):
        move = self.document()
        self.run_slice(self.connection)
        self.journal.xero_branding_theme_id = self.theme
        export = move.xero_export_ids
        self.sandbox.requests.clear()
        export.sudo().checked_at = False
        self.run_slice(self.connection)
        self.assertEqual((export.state, export.difference, self.calls('POST')), ('synced', False, []))
        self.change(move, ref="Order 7")
        self.assertEqual(self.in_organisation(move)[THEME], self.theme.xero_id)

    def test_theme_that_somebody_chose_in_xero_stays(self):
        self.journal.xero_branding_theme_id = self.theme
        move, other = self.document(), self.organisation.branding_themes[0]['BrandingThemeID']
        self.run_slice(self.connection)
        self.in_organisation(move)[THEME] = other
        self.change(move, ref="Order 7")
        held = self.in_organisation(move)
        self.assertEqual((held['Reference'], held[THEME]), ("Order 7", other))
        self.assertFalse(move.xero_export_ids.difference)

    def test_themes_of_other_organisations_are_not_sent(self):
        other = self.connect(tenant=HINTERLAND, name="Hinterland")
        self.run_slice(other)
        stranger = self.env['xero.branding.theme'].search([('connection_id', '=', other.id)], limit=1)
        self.journal.xero_branding_theme_id = stranger
        move = self.document()
        self.assertNotIn(THEME, self.element_sent(move))
        self.assertFalse(move.xero_export_ids.warning)

    # === DELETED IN XERO === #

    def test_deleted_theme_is_a_warning(self):
        self.journal.xero_branding_theme_id = self.theme
        self.delete_in_xero()
        self.reread()
        move = self.document()
        document = self.env['xero.check.document'].browse(move.action_xero_check()['res_id'])
        self.assertTrue(document.is_ready)
        self.assertIn("Warehouse", str(document.read()))
        export = self.sync(move)
        self.assert_held(move)
        self.assertNotIn(THEME, self.held(move))
        for words in ("Warehouse", self.journal.display_name, move.name):
            self.assertIn(words, export.warning)

    def test_deleted_since_the_list_was_read_keeps_no_document_out(self):
        self.journal.xero_branding_theme_id = self.theme
        self.delete_in_xero()
        move = self.document()
        self.run_slice(self.connection)
        self.assert_once(move)
        self.assertIn("Warehouse", move.xero_export_ids.warning)
        self.assertEqual(self.theme.status, 'DELETED')
        self.assertEqual(len(self.calls('PUT', '/api.xro/2.0/Invoices')), 2)
