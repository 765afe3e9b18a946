import re
from datetime import date

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..common import FINANCE, HARBOUR
from .difference_common import XeroDifferenceCase
from .test_told import ToldCase

USER_GROUPS = 'account.group_account_invoice'


@tagged('post_install', '-at_install')
class TestAsk(ToldCase):
    """A user who cannot fix a failed document asks the invoice admins, once for each cause."""

    def ask(self, move, user=None):
        action = move.xero_export_ids.with_user(user or self.billing).action_ask()
        self.env.invalidate_all()
        return action

    def todos(self, record, user=None):
        self.env.invalidate_all()
        return record.sudo().activity_ids.filtered(lambda activity: activity.user_id == (user or self.admin))

    def requests(self):
        return self.env['xero.ask'].sudo().search([])

    def decide(self):
        self.map_account(self.undecided, '200')
        self.run_slice(self.connection)

    def test_admin_gets_a_to_do_on_the_document(self):
        move = self.make_failures()
        export = move.xero_export_ids.with_user(self.billing)
        self.assertEqual((export.can_ask, export.asked_words), (True, False))
        notice = self.ask(move)
        self.assertIn(self.admin.name, notice['params']['message'])
        todo = self.todos(move)
        self.assertEqual(todo.summary, "Xero: Decide the account")
        self.assertIn(f"{self.billing.name} asks for help with {move.name}. ", todo.note)
        self.assertIn(f'/odoo/xero-exports/{export.id}', todo.note)
        self.assertFalse(self.todos(move, self.billing))
        self.assertFalse(export.can_ask)
        self.assertRegex(export.asked_words, f"^{re.escape(self.billing.name)} asked .*{re.escape(self.admin.name)}")
        alert = move.with_user(self.billing)._get_alerts()['xero_failed']
        self.assertIn(export.asked_words, alert['message'])
        self.assertEqual(alert['action_text'], "See the export")

    def test_the_first_open_day_is_asked_for_once(self):
        """Bills in a period that is locked in Xero: users change the dates, or ask for another policy, once for all bills."""
        self.sandbox.organisations[HARBOUR].period_lock_date = date(2026, 10, 31)
        self.connection.period_lock_date = '2026-10-31'
        moves = self.env['account.move'].union(*(
            self.document('in_invoice', ref=ref, invoice_date='2026-10-20', date='2026-11-05') for ref in ('B1', 'B2')))
        self.run_slice(self.connection)
        exports = moves.xero_export_ids.with_user(self.billing)
        self.assertEqual(set(exports.mapped('cause')), {'date'})
        self.assertEqual(exports.mapped('can_ask'), [True, True])
        self.assertFalse(exports[0].with_user(self.admin).can_ask)
        alert = moves[0].with_user(self.billing)._get_alerts()['xero_failed']
        self.assertEqual(alert['action_text'], "Ask an invoice admin")
        # Who may change the policy is led to it
        self.assertEqual(moves[0].with_user(self.admin)._get_alerts()['xero_failed']['action_text'], "Open the connection")
        action = exports[0].with_user(self.admin).action_fix()
        self.assertEqual((action['res_model'], action['res_id']), ('xero.connection', self.connection.id))
        self.ask(moves[0])
        self.assertEqual(exports.mapped('can_ask'), [False, False])
        self.assertEqual(self.todos(moves[0]).summary, "Xero: Decide the date of bills")
        self.assertEqual(moves[0].with_user(self.billing)._get_alerts()['xero_failed']['action_text'], "Send again")
        self.connection.bill_date = 'open'
        exports.action_resync()
        self.run_slice(self.connection)
        self.assertEqual(self.states(moves), ['synced', 'synced'])
        self.assertFalse(self.requests(), "the to-do is done")
        self.assertEqual(exports.mapped('can_ask'), [False, False])

    def test_once_for_each_cause(self):
        """Neither the same user nor another one, on this or another document, causes a second to-do for the same fix."""
        moves = self.make_failures(2)
        other = new_test_user(self.env, 'xero_clerk', USER_GROUPS, company_id=self.company.id, company_ids=[Command.set(self.company.ids)])
        self.ask(moves[0])
        for move in moves:
            for user in (self.billing, other):
                self.assertIn("asked", self.ask(move, user)['params']['message'])
                self.assertFalse(move.xero_export_ids.with_user(user).can_ask)
        self.assertEqual((len(self.todos(moves[0])), len(self.todos(moves[1]))), (1, 0))

    def test_another_fix_is_another_request(self):
        first = self.make_failures()
        self.undecided = self.copy_account(self.company_data['default_account_revenue'], {'name': "Royalties"})
        second = self.make_failures()
        self.ask(first)
        self.assertTrue(second.xero_export_ids.with_user(self.billing).can_ask)
        self.ask(second)
        self.assertEqual((len(self.todos(first)), len(self.todos(second))), (1, 1))

    def test_ends_when_the_cause_is_gone(self):
        move = self.make_failures()
        self.ask(move)
        self.run_slice(self.connection)
        self.assertTrue(self.todos(move), "it is still failed")
        self.decide()
        self.assert_once(move)
        self.assertFalse(self.todos(move))
        self.assertFalse(self.requests())

    def test_ends_when_the_document_is_skipped(self):
        move = self.make_failures()
        self.ask(move)
        move.xero_export_ids.with_user(self.admin)._skip("not needed")
        self.run_slice(self.connection)
        self.assertFalse(self.todos(move))

    def test_after_all_to_dos_were_closed_somebody_asks_again(self):
        move = self.make_failures()
        self.ask(move)
        move.sudo().activity_ids.action_feedback()
        self.assertTrue(move.xero_export_ids.with_user(self.billing).can_ask)
        self.ask(move)
        self.assertEqual(len(self.todos(move)), 1)
        self.assertEqual(len(self.requests()), 1)

    def test_nobody_may_help(self):
        move = self.make_failures()
        for user in self.connection.sudo()._members():
            user.sudo().group_ids -= self.env.ref('account_xero.group_xero_invoice_admin')
        self.assertIn("Nobody was asked", self.ask(move)['params']['message'])
        self.assertFalse(self.requests())

    def test_admins_of_another_company_are_not_asked(self):
        """The connection serves two companies; who may not read the document gets no to-do."""
        other = self.env['res.company'].create({'name': "Second", 'country_id': self.company.country_id.id, 'currency_id': self.company.currency_id.id})
        self.connection.sudo().company_ids += other
        stranger = new_test_user(
            self.env, 'xero_second', 'account.group_account_manager,account_xero.group_xero_invoice_admin', company_id=other.id,
            company_ids=[Command.set(other.ids)])
        self.assertIn(stranger, self.connection.sudo()._members())
        move = self.make_failures()
        self.ask(move)
        self.assertTrue(self.todos(move))
        self.assertFalse(self.todos(move, stranger))

    def test_an_admin_does_not_ask(self):
        move = self.make_failures()
        export = move.xero_export_ids.with_user(self.admin)
        self.assertEqual((export.can_ask, export.asked_words), (False, False))
        export.action_ask()
        self.assertFalse(self.requests())

    def test_what_the_user_can_fix_is_not_asked(self):
        move = self.make_failures()
        move.xero_export_ids.sudo().write({'cause': 'date'})
        self.assertFalse(move.xero_export_ids.with_user(self.billing).can_ask)
        self.ask(move)
        self.assertFalse(self.requests())

    def test_linking_is_asked(self):
        """Only an invoice admin may link a document to the one with its number in Xero."""
        move = self.make_failures()
        move.xero_export_ids.sudo().write({'cause': 'number', 'mapping_ids': [Command.clear()], 'candidate': {
            'agrees': True, 'contact': "Ann", 'date': '2026-11-02', 'currency': 'AUD', 'Total': 100.0, 'Status': 'AUTHORISED', 'InvoiceID': 'x'}})
        self.assertTrue(move.xero_export_ids.with_user(self.billing).can_ask)
        self.ask(move)
        self.assertEqual(self.todos(move).summary, "Xero: Link it")

    def test_the_language_of_the_admin(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.admin.lang = 'fr_FR'
        move = self.make_failures()
        self.ask(move)
        self.assertTrue(self.todos(move))

    def test_before_the_document_is_sent(self):
        """The to-do is on the first of the documents that need the decision, and ends with it."""
        moves = self.documents(2, 'out_invoice', {'account_id': self.undecided.id}, post=False)
        row = self.resolver().find('account', self.undecided)
        for _press in range(2):
            self.env['xero.ask'].with_user(self.billing)._ask_to_decide(row.with_user(self.billing), "Nobody decided Fees.", moves)
        self.assertEqual((len(self.todos(moves[0])), len(self.todos(moves[1]))), (1, 0))
        self.assertIn("Fees", self.todos(moves[0]).note)
        self.assertNotIn('xero-exports', self.todos(moves[0]).note, "there is no export yet")
        self.map_account(self.undecided, '200')
        self.assertFalse(self.todos(moves))
        self.assertFalse(self.requests())

    def test_a_check_is_no_dead_end(self):
        moves = self.documents(2, 'out_invoice', {'account_id': self.undecided.id}, post=False)
        check = self.env['xero.check'].with_user(self.billing).browse(moves.with_user(self.billing).action_xero_check()['res_id'])
        [reason] = check.reason_ids
        self.assertEqual(reason.fix, 'ask')
        notice = reason.action_ask()
        self.assertIn("Fees", notice['params']['message'])
        self.assertNotIn('next', notice['params'], "the page stays as it is")
        check.document_ids[0].action_ask()
        self.assertEqual((len(self.todos(moves)), len(self.requests())), (1, 1))
        with self.assertRaises(AccessError):
            reason.with_user(self.admin).action_ask()

    def test_from_the_row_of_the_mapping(self):
        """Who opens an open row and may not decide it, reads who may, and asks: the to-do is on a document that waits for the row."""
        move = self.make_failures()
        row = move.sudo().xero_export_ids.mapping_ids
        self.assertTrue(row.with_user(self.admin).can_decide)
        self.assertFalse(row.with_user(self.admin).decide_hint)
        row = row.with_user(self.billing)
        self.assertFalse(row.can_decide)
        self.assertIn(self.admin.name, row.decide_hint)
        notice = row.action_ask()
        self.assertIn(self.admin.name, notice['params']['message'])
        self.assertEqual(self.todos(move).summary, "Xero: Decide the account")
        self.decide()
        self.assertFalse(self.todos(move))
        self.assertFalse(row.decide_hint)

    def test_a_row_that_was_decided_before(self):
        """A decided row may still not fit a document: the request ends with the next decision."""
        self.map_account(self.undecided, '200')
        row = self.resolver().find('account', self.undecided)
        row.sudo().decided_at = '2020-01-01'
        move = self.document('out_invoice', {'account_id': self.undecided.id}, post=False)
        self.env['xero.ask'].with_user(self.billing)._ask_to_decide(row.with_user(self.billing), "Not for sales.", move)
        self.run_slice(self.connection)
        self.assertTrue(self.todos(move))
        self.map_account(self.undecided, '469')
        self.assertFalse(self.todos(move))

    def test_without_access_to_the_export(self):
        move = self.make_failures()
        other = self.env['res.company'].create({'name': "Third"})
        stranger = new_test_user(self.env, 'xero_third', USER_GROUPS, company_id=other.id, company_ids=[Command.set(other.ids)])
        with self.assertRaises(AccessError):
            self.ask(move, stranger)

    def test_permission_of_the_xero_user(self):
        self.sandbox.user(FINANCE).rights.discard('approve')
        move = self.document()
        self.run_slice(self.connection)
        self.assertEqual(move.xero_export_ids.cause, 'permission')
        self.ask(move)
        self.assertEqual(self.todos(move).summary, "Xero: Open the connection")
        self.sandbox.user(FINANCE).rights.add('approve')
        move.xero_export_ids.with_user(self.billing).action_resync()
        self.run_slice(self.connection)
        self.assertFalse(self.todos(move))


@tagged('post_install', '-at_install')
class TestAskToCorrect(ToldCase):
    """A user who may not change contacts asks those who may, once for each contact, and never meets a form that cannot be changed."""

    def setUp(self):
        super().setUp()
        self.editor, self.clerk = self.billing, self._new_user('xero_clerk', USER_GROUPS)
        for user in self.connection.sudo()._members():
            user.sudo().group_ids -= self.env.ref('base.group_partner_manager')
        self.env.invalidate_all()
        self.partner = self.env['res.partner'].create({'name': "Acme"})
        self.partner.write({'name': '\u200b'})     # nothing that Xero can use
        self.partner.flush_recordset()

    def failed(self, count=1):
        moves = self.documents(count, 'out_invoice', partner_id=self.partner.id)
        self.run_slice(self.connection)
        self.assertEqual(set(moves.xero_export_ids.mapped('cause')), {'contact'})
        return moves

    def todos(self):
        self.env.invalidate_all()
        return self.partner.sudo().activity_ids

    def test_who_may_not_change_contacts_asks(self):
        moves = self.failed(2)
        exports = moves.xero_export_ids
        for export in exports:
            seen = export.with_user(self.clerk)
            self.assertEqual((seen.fix_label, seen.can_ask, seen.ask_label), ('', True, "Ask to correct the contact"))
            self.assertIn(self.connection.sudo()._admin_names('base.group_partner_manager'), seen.fix_hint)
            with self.assertRaises(AccessError):
                seen.action_fix()
        self.assertEqual(moves[0].with_user(self.clerk)._get_alerts()['xero_failed']['action_text'], "Ask to correct the contact")
        exports[0].with_user(self.clerk).action_ask()
        self.assertTrue(self.todos())
        self.assertTrue(all(user.has_group('base.group_partner_manager') for user in self.todos().user_id))
        self.assertEqual(set(self.todos().mapped('summary')), {"Xero: Correct the contact"})
        self.assertFalse(exports[1].with_user(self.clerk).can_ask, "it is the same contact")
        count = len(self.todos())
        exports[1].with_user(self.clerk).action_ask()
        self.assertEqual(len(self.todos()), count)

    def test_who_may_change_contacts_corrects_it(self):
        export = self.failed().xero_export_ids.with_user(self.editor)
        self.assertEqual((export.fix_label, export.fix_hint, export.can_ask), ("Open the contact", '', False))
        self.assertEqual(export.action_fix()['res_model'], 'res.partner')
        [fix] = self.env['xero.export'].with_user(self.editor).get_fixes([('id', 'in', export.ids)])
        self.assertEqual(fix['label'], "Correct contacts (1)")

    def test_many_at_once(self):
        moves = self.failed(2)
        Export, domain = self.env['xero.export'].with_user(self.clerk), [('id', 'in', moves.xero_export_ids.ids)]
        [fix] = Export.get_fixes(domain)
        self.assertFalse(fix['label'])
        self.assertIn("Only a user who may change contacts", fix['hint'])
        with self.assertRaises(AccessError):
            Export.action_fix_cause('contact', domain)
        Export.action_ask_cause('contact', domain)
        self.assertTrue(self.todos())
        self.assertEqual(len(self.todos()), len(self.todos().user_id), "one for each who may help")

    def test_many_of_which_one_has_nobody_who_may_help(self):
        """That nobody was asked about one contact is not hidden by those who were asked about another."""
        moves = self.failed(2)
        company = self.env['res.company'].with_user(self.env.ref('base.user_root')).create({'name': "Elsewhere"})     # else the user may look into it
        moves[1].xero_export_ids.sudo().partner_id = self.env['res.partner'].sudo().create({'name': "Bolt", 'company_id': company.id})
        answer = self.env['xero.export'].with_user(self.clerk).action_ask_cause('contact', [('id', 'in', moves.xero_export_ids.ids)])
        self.assertIn("Nobody was asked", answer['params']['message'])
        self.assertEqual(answer['params']['type'], 'warning')

    def test_invoice_admins_first(self):
        export = self.failed().xero_export_ids
        seen = export.with_user(self.admin)
        self.assertEqual((seen.fix_label, seen.can_ask), ('', True), "an invoice admin who may not change contacts asks, too")
        self.admin.sudo().group_ids += self.env.ref('base.group_partner_manager')
        self.env.invalidate_all()
        export.with_user(self.clerk).action_ask()
        self.assertIn(self.admin, self.todos().user_id)
        self.assertNotIn(self.editor, self.todos().user_id)

    def test_a_check_asks_too(self):
        move = self.document('out_invoice', partner_id=self.partner.id, post=False)
        for user, expected in ((self.clerk, 'ask_contact'), (self.editor, 'partner')):
            document = self.env['xero.check.document'].with_user(user).browse(move.with_user(user).action_xero_check()['res_id'])
            [reason] = document.reason_ids
            self.assertEqual(reason.fix, expected)
            answer = reason.action_fix()
        self.assertEqual(answer['res_model'], 'res.partner')
        check = self.env['xero.check.document'].with_user(self.clerk).browse(move.with_user(self.clerk).action_xero_check()['res_id'])
        self.assertEqual(check.contact_label, "Ask to correct the contact")
        self.assertNotIn('next', check.action_contact()['params'], "the page stays")
        self.assertTrue(self.todos())

    def test_it_ends_when_the_document_is_sent(self):
        move = self.failed()
        move.xero_export_ids.with_user(self.clerk).action_ask()
        self.assertTrue(self.todos())
        self.partner.name = "Acme"
        move.xero_export_ids.with_user(self.clerk).action_resync()
        self.run_slice(self.connection)
        self.assertFalse(self.todos())


@tagged('post_install', '-at_install')
class TestAskToDecide(XeroDifferenceCase):
    """Who sees a difference, but may not decide which version counts, asks too: for each document, because each is decided on its own."""

    def test_ask_and_decide(self):
        for reference in ("Order 8", "Order 9"):
            move, export, _row = self.edited(Reference=reference)
            self.assertTrue(export.with_user(self.billing).can_ask)
            self.assertFalse(export.with_user(self.admin).can_ask)
            export.with_user(self.billing).action_ask()
            self.env.invalidate_all()
            self.assertFalse(export.with_user(self.billing).can_ask)
            todo = move.sudo().activity_ids.filtered(lambda activity: activity.user_id == self.admin)
            self.assertEqual(todo.summary, "Xero: Decide which version counts")
            self.assertIn("Somebody changed it in Xero", todo.note)
        export.with_user(self.admin).action_keep_xeros()
        self.run_slice(self.connection)
        self.assertFalse(move.sudo().activity_ids)
        self.assertEqual(len(self.env['xero.ask'].sudo().search([])), 1, "the other document waits for its decision")
