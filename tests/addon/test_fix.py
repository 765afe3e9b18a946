from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import FINANCE
from .export_common import XeroExportCase
from .reference_common import ReferenceMixin


@tagged('post_install', '-at_install')
class TestFix(ReferenceMixin, XeroExportCase):
    """One button for each cause of many failed documents."""

    def undecided(self, name, count=2):
        """Make failed invoices with an account that nobody has decided; return their exports and the row of the mapping."""
        account = self.copy_account(self.company_data['default_account_revenue'], {'name': name})
        moves = self.documents(count, 'out_invoice', {'account_id': account.id})
        self.run_slice(self.connection)
        exports = self.export_of(moves)
        self.assertEqual(set(exports.mapped('cause')), {'account'})
        return exports, exports.mapping_ids

    def fixes(self, domain, user=None):
        return self.env['xero.export'].with_user(user or self.admin).get_fixes(domain)

    def test_a_button_for_each_cause(self):
        accounts, _row = self.undecided("Other Income", 3)
        contact = self.export_of(self.document())
        contact.sudo().write({'state': 'failed', 'cause': 'contact'})
        domain = [('connection_id', '=', self.connection.id)]
        self.assertEqual(
            [(fix['cause'], fix['count'], fix['label'], fix['hint'], fix['is_sent']) for fix in self.fixes(domain)],
            [('account', 3, "Decide accounts (3)", '', True), ('contact', 1, "Correct contacts (1)", '', False)])
        self.assertEqual([fix['count'] for fix in self.fixes([('id', 'in', accounts[:2].ids)])], [2])
        self.assertEqual(self.fixes([('state', '=', 'synced')]), [])
        # Who cannot decide reads who can
        [account, contacts] = self.fixes(domain, self.billing)
        self.assertEqual((account['label'], contacts['label']), ('', "Correct contacts (1)"))
        self.assertIn(self.admin.name, account['hint'])

    def test_an_invoice_admin_without_the_right_to_contacts_chooses_them(self):
        chooser = self._new_user('xero_chooser', 'account.group_account_manager,account_xero.group_xero_invoice_admin')
        chooser.group_ids -= self.env.ref('base.group_partner_manager')
        for name in ("Chain East", "Chain West"):
            self.add_contact(Name=name, EmailAddress="books@chain.example")
        self.read(self.connection, 'contacts')
        partner = self.env['res.partner'].create({'name': "East", 'is_company': True, 'email': "books@chain.example"})
        moves = self.documents(2, partner_id=partner.id)
        self.run_slice(self.connection)
        exports = self.export_of(moves)
        self.assertEqual(set(exports.mapped('cause')), {'contact'})
        domain = [('id', 'in', exports.ids)]
        [fix] = self.fixes(domain, chooser)
        self.assertEqual((fix['label'], fix['hint']), ("Choose the contact", ''))
        action = self.env['xero.export'].with_user(chooser).action_fix_cause('contact', domain)
        self.assertEqual((action['res_model'], action['context']['default_partner_id']), ('xero.contact.choice', partner.id))
        exports.sudo().partner_id.email = "other@chain.example"
        [fix] = self.fixes(domain, chooser)
        self.assertEqual(fix['label'], '')
        with self.assertRaises(AccessError):
            self.env['xero.export'].with_user(chooser).action_fix_cause('contact', domain)

    def test_it_opens_exactly_the_rows_that_are_missing_and_the_decision_sends_the_documents(self):
        first, row = self.undecided("Other Income")
        second, other_row = self.undecided("Freight")
        _third, third_row = self.undecided("Grants")
        action = self.env['xero.export'].with_user(self.admin).action_fix_cause('account', [('id', 'in', (first | second).ids)])
        rows = self.env['xero.mapping'].with_user(self.admin).search(action['domain'])
        self.assertEqual(rows, (row | other_row).with_user(self.admin))
        self.assertNotIn(third_row, rows)
        for decided in rows:
            decided.xero_account_id = self.env['xero.account'].search([('connection_id', '=', self.connection.id), ('code', '=', '260')])
        self.run_slice(self.connection)
        self.env.invalidate_all()
        self.assertEqual(set((first | second).mapped('state')), {'synced'})

    def test_documents_that_xero_refused_for_a_decision_open_the_rows_that_they_use(self):
        moves = self.documents(2)
        exports = self.export_of(moves).sudo()
        exports.write({'state': 'failed', 'cause': 'account', 'message': "Xero refused the account."})
        action = self.env['xero.export'].with_user(self.admin).action_fix_cause('account', [('id', 'in', exports.ids)])
        rows = self.env['xero.mapping'].search(action['domain'])
        self.assertEqual(rows.account_id, self.company_data['default_account_revenue'])
        self.assertEqual(exports.mapping_ids.ids, rows.ids)
        # Another decision sends them
        rows.with_user(self.admin).xero_account_id = self.env['xero.account'].search([
            ('connection_id', '=', self.connection.id), ('code', '=', '260')])
        self.assertEqual(set(exports.mapped('state')), {'waiting'})

    def test_what_a_user_sent_again_is_known_until_it_has_an_outcome(self):
        """The list shows it after the page was loaded again."""
        moves = self.documents(2)
        Export = self.env['xero.export'].with_user(self.billing)
        self.assertEqual(Export.get_asked(), [], "posting is no request")
        moves.xero_export_ids.with_user(self.billing).action_resync()
        self.assertEqual(set(Export.get_asked()), set(moves.xero_export_ids.ids))
        self.assertEqual(self.env['xero.export'].with_user(self.admin).get_asked(), [])
        self.run_slice(self.connection)
        self.assertEqual(Export.get_asked(), [])

    def test_documents_partners_and_connections_open_too(self):
        exports = self.export_of(self.documents(2)).sudo()
        domain = [('id', 'in', exports.ids)]
        Export = self.env['xero.export'].with_user(self.admin)
        exports.write({'state': 'failed', 'cause': 'date'})
        action = Export.action_fix_cause('date', domain)
        self.assertEqual((action['res_model'], action['domain']), ('account.move', [('id', 'in', exports.sorted().move_id.ids)]))
        exports.write({'cause': 'contact'})
        self.assertEqual(Export.action_fix_cause('contact', domain)['res_id'], self.partner_a.id)
        exports.write({'cause': 'connection'})
        self.assertEqual(Export.action_fix_cause('connection', domain)['res_id'], self.connection.id)
        exports.write({'cause': 'xero'})
        self.assertEqual(Export.action_fix_cause('xero', domain)['params']['export_ids'], exports.sorted().ids)
        # All of them are fixed since the page was loaded
        self.assertEqual(Export.action_fix_cause('account', domain)['tag'], 'soft_reload')

    def test_only_who_can_fix_a_cause_opens_it(self):
        exports, _row = self.undecided("Other Income")
        Export = self.env['xero.export'].with_user(self.billing)
        with self.assertRaisesRegex(AccessError, "Only an invoice admin can decide the account"):
            Export.action_fix_cause('account', [('id', 'in', exports.ids)])
        employee = self._new_user('xero_employee', 'base.group_user')
        for call in (lambda model: model.get_fixes([]), lambda model: model.action_fix_cause('account', [])):
            with self.assertRaises(AccessError):
                call(self.env['xero.export'].with_user(employee))
        with self.assertRaises(UserError):
            Export.get_fixes("state = 'failed'")

    def test_who_cannot_decide_asks_once_for_each_decision(self):
        first, row = self.undecided("Other Income")
        second, other_row = self.undecided("Freight")
        domain = [('id', 'in', (first | second).ids)]
        Export = self.env['xero.export'].with_user(self.billing)
        action = Export.action_ask_cause('account', domain)
        self.assertIn("help with 2 decisions", action['params']['message'])
        asks = self.env['xero.ask'].sudo().search([('connection_id', '=', self.connection.id)])
        self.assertEqual(asks.mapping_id, (row | other_row).sudo())
        Export.action_ask_cause('account', domain)
        self.assertEqual(len(self.env['xero.ask'].sudo().search([('connection_id', '=', self.connection.id)])), 2)
        self.assertEqual(Export.action_ask_cause('tax', domain)['tag'], 'soft_reload')

    def test_other_companies_are_left_out(self):
        self.undecided("Other Income")
        company = self.env['res.company'].create({'name': "Elsewhere"})
        stranger = self._new_user('xero_stranger', 'account.group_account_invoice', company)
        self.assertEqual(self.fixes([], stranger), [])

    def test_what_has_attention(self):
        Export = self.env['xero.export'].with_user(self.billing)
        move = self.document()
        self.run_slice(self.connection)
        Export.search([('id', '!=', self.export_of(move).id)]).sudo().unlink()
        self.assertFalse(Export.has_attention([]))
        self.export_of(move).sudo().difference = "The total differs."
        self.assertTrue(Export.has_attention([]))
        self.assertEqual(Export.search([('needs_attention', '=', True)]), self.export_of(move))
        self.assertTrue(self.export_of(move).needs_attention)
        self.assertFalse(Export.has_attention([('kind', '=', 'bill')]), "it is no bill")
        with self.assertRaises(UserError):
            Export.has_attention("[('id', '>', 0)]")

    def test_a_status_of_a_call_is_said_in_words(self):
        self.sandbox.user(FINANCE).rights.discard('approve')
        move = self.document()
        self.run_slice(self.connection)
        request = self.export_of(move).request_ids[:1].sudo()
        words = {}
        for status in (0, 200, 400, 403, 404, 429, 503, 418):
            request.http_status = status
            words[status] = request.http_words
        self.assertEqual(words, {
            0: "No answer", 200: "200 Accepted", 400: "400 Refused", 403: "403 No permission", 404: "404 Not found", 429: "429 Too many calls",
            503: "503 Failure at Xero", 418: "418 Refused"})
