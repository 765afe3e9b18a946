from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..common import HINTERLAND
from .payload_common import XeroPayloadCase
from .reference_common import ReferenceMixin


@tagged('post_install', '-at_install')
class TestCheck(ReferenceMixin, XeroPayloadCase):
    """*Check against Xero* predicts the export without a call and without changing data."""

    def check(self, moves, user=None):
        self.env.flush_all()
        calls = len(self.sandbox.requests)
        action = moves.with_user(user or self.billing).action_xero_check()
        self.assertEqual(len(self.sandbox.requests), calls, "no call, not even one that reads")
        return self.env[action['res_model']].with_user(user or self.billing).browse(action['res_id'])

    def gst_line(self, **values):
        return {'tax_ids': self.tax('au_tax_sale_10'), **values}

    def odd_tax(self, name="Levy"):
        return self.tax('au_tax_sale_10').copy({'name': name, 'amount': 3})

    # === ONE DOCUMENT === #

    def test_draft_shows_its_lines_contact_and_total(self):
        move = self.document('out_invoice', self.gst_line(quantity=3, price_unit=12.5, discount=10), {
            'display_type': 'line_note', 'name': "Thanks"}, post=False)
        document = self.check(move)
        self.assertRecordValues(document, [{
            'is_ready': True, 'problems': '', 'contact_name': f"{self.partner_a.name} (new)", 'predicted_total': 37.13,
            'amount_total': move.amount_total, 'status': "Awaiting payment", 'note': "It is a draft, and is sent when it is confirmed."}])
        self.assertRecordValues(document.line_ids, [
            {'description': "Work", 'quantity': 3, 'unit_amount': 12.5, 'discount': 10, 'account': "200 – Sales", 'tax': "GST on Income",
             'net': 33.75, 'tax_amount': 3.38},
            {'description': "Thanks", 'quantity': 0, 'unit_amount': 0, 'discount': 0, 'account': False, 'tax': False, 'net': 0, 'tax_amount': 0}])

    def test_nothing_is_queued_linked_or_sent(self):
        move = self.document('out_invoice', self.gst_line(), post=False)
        contacts = self.env['xero.contact'].sudo().search([('partner_id', '!=', False)])
        self.check(move)
        self.assertFalse(move.sudo().xero_export_ids)
        self.assertEqual(self.env['xero.contact'].sudo().search([('partner_id', '!=', False)]), contacts)
        self.assertEqual(move.state, 'draft')

    def test_it_is_what_the_export_then_sends(self):
        move = self.document('out_invoice', self.gst_line(price_unit=10.005, quantity=7), self.gst_line(price_unit=-3.333))
        document = self.check(move)
        held = self.held(move)
        self.assertEqual(round(document.predicted_total, 2), round(float(held['Total']), 2))
        self.assertEqual(
            [(round(line.net, 2), line.quantity, line.unit_amount) for line in document.line_ids],
            [(round(float(line['LineAmount']), 2), float(line['Quantity']), float(line['UnitAmount'])) for line in held['LineItems']])
        self.assertIn(move.xero_export_ids.xero_number, self.check(move).note)

    def test_every_reason_at_once(self):
        partner = self.env['res.partner'].create({'name': "<>"})
        move = self.document('out_invoice', {'tax_ids': self.odd_tax()}, post=False, partner_id=partner.id, invoice_date='2026-11-02')
        self.connection.period_lock_date = '2026-11-30'
        self.connection.actions = {}
        document = self.check(move)
        self.assertFalse(document.is_ready)
        self.assertEqual(set(document.check_id.reason_ids.mapped('cause')), {'tax', 'contact', 'date'})
        for word in ("Levy", "no name that Xero can use", "is locked up to"):
            self.assertIn(word, document.problems)

    def test_older_document_says_that_it_does_not_go_by_itself(self):
        self.connection.export_start_date = '2026-12-01'
        self.assertIn("is not sent automatically", self.check(self.document()).note)

    def test_draft_without_partner_or_lines_is_not_ready(self):
        move = self.document('out_invoice', self.gst_line(), post=False)
        move.partner_id = False
        document = self.check(move)
        self.assertFalse(document.is_ready)
        self.assertIn(f"{move.display_name} has no customer or vendor", document.problems)
        move.write({'partner_id': self.partner_a.id, 'invoice_line_ids': [Command.clear()]})
        document = self.check(move)
        self.assertFalse(document.is_ready)
        self.assertIn(f"{move.display_name} has no lines", document.problems)

    def test_sentences_name_a_draft(self):
        """A draft that was never posted has no number."""
        self.document('out_invoice', self.gst_line())
        move = self.document('out_invoice', {'tax_ids': self.odd_tax()}, post=False)
        self.assertFalse(move.name)
        self.connection.period_lock_date = '2026-11-30'
        self.connection.actions = {'CreateApprovedInvoice': False, 'CreateApprovedCreditNote': False}
        problems = self.check(move).problems
        self.assertIn(f"{move.display_name} is dated", problems)
        self.assertNotIn("False", problems)

    # === MANY === #

    def test_what_is_in_xero_is_counted_apart(self):
        sent = self.documents(2, 'out_invoice', self.gst_line())
        self.run_slice(self.connection, times=2)
        fresh = self.document('out_invoice', self.gst_line())
        self.connection.period_lock_date = '2026-11-30'     # stops only documents that would be sent
        check = self.check(sent | fresh)
        self.assertRecordValues(check, [{'ready_count': 0, 'in_xero_count': 2, 'stopped_count': 1, 'has_notes': True}])
        self.assertRegex(check.summary, "^0 ready, 2 already in Xero, 1 ")
        self.connection.period_lock_date = False
        check = self.check(sent | fresh)
        self.assertEqual(check.summary, "1 ready, 2 already in Xero")
        self.assertEqual(check.document_ids.sorted().mapped('is_in_xero'), [False, True, True])
        self.assertFalse(check.reason_ids)

    def test_new_namesakes_of_several_kinds_are_told_as_the_export_does(self):
        """A contact's name is unique in Xero: the first document gets it, the others need a person."""
        partners = [self.env['res.partner'].create({'name': name, 'is_company': True}) for name in ("Gemini Stores", "GEMINI  stores", "gemini Stores")]
        moves = self.env['account.move'].union(*(
            self.document(move_type, self.gst_line(), partner_id=partner.id)
            for move_type, partner in zip(('out_invoice', 'out_refund', 'out_receipt'), partners, strict=True)))
        moves.xero_export_ids or self.env['xero.export'].sudo()._enqueue(moves)
        check = self.check(moves)
        told = {document.move_id: document.is_ready for document in check.document_ids}
        self.assertEqual(check.ready_count, 1)
        moves.sudo().xero_export_ids._requeue()
        self.run_slice(self.connection, times=3)
        self.assertEqual(told, {move: self.export_of(move).state == 'synced' for move in moves})

    def test_reasons_are_grouped_and_counted(self):
        levy = self.odd_tax()
        good = self.documents(4, 'out_invoice', self.gst_line())
        undecided = self.documents(3, 'out_invoice', {'tax_ids': levy}, post=False)
        nameless = self.env['account.move'].union(*(
            self.document('out_invoice', self.gst_line(), partner_id=self.env['res.partner'].create({'name': name}).id)
            for name in ("<", ">")))
        check = self.check(good | undecided | nameless)
        self.assertEqual(check.summary, "4 ready, 5 stopped for 2 reasons")
        self.assertEqual(check.reason_ids.mapped('title'), ["Tax: Levy", "Contact: without a usable name"])
        self.assertEqual(check.reason_ids.mapped('text'), ["Levy: Not decided", f"Without a usable name: {nameless[0].name}, {nameless[1].name}"])
        self.assertEqual(check.reason_ids.mapped('fix'), ['ask', 'partner'])
        self.assertEqual(
            check.document_ids.filtered(lambda document: document.move_id in undecided).mapped('why_not'), ["Tax: Levy"] * 3)
        self.assertEqual((check.ready_count, check.stopped_count), (4, 5))
        decision, contact = check.reason_ids
        self.assertEqual(decision.document_ids.move_id, undecided)
        [(name, _operator, ids)] = decision.action_documents()['domain']
        self.assertEqual((name, set(ids)), ('id', set(undecided.ids)))
        self.assertEqual(contact.action_fix()['res_model'], 'res.partner')
        self.assertFalse(undecided.sudo().xero_export_ids)
        self.assertEqual(good.xero_export_ids.mapped('state'), ['waiting'] * 4, "a check sends and fails nothing")

    def test_contact_that_is_not_certain_is_chosen_at_once(self):
        for name in ("North", "South"):
            self.add_contact(Name=name, EmailAddress="books@chain.example")
        self.read(self.connection, 'contacts')
        partner = self.env['res.partner'].create({'name': "East", 'is_company': True, 'email': "books@chain.example"})
        moves = self.documents(2, 'out_invoice', self.gst_line(), post=False, partner_id=partner.id)
        check = self.check(moves, self.admin)
        self.assertEqual(check.summary, "0 ready, 2 stopped for one reason")
        self.assertEqual(check.reason_ids.mapped('fix'), ['choice'])
        self.assertEqual(self.check(moves, self.billing).reason_ids.mapped('fix'), ['partner'], "only an invoice admin chooses")
        self.assertEqual(check.document_ids.mapped('contact_name'), ["East", "East"], "it is not shown as new")
        self.assertEqual(check.document_ids.mapped('contact_label'), ["Choose the contact"] * 2)
        self.assertEqual(check.document_ids.mapped('needs_mapping'), [False] * 2)
        self.assertEqual(check.document_ids[0].action_contact(), check.reason_ids.action_fix())
        action = check.reason_ids.action_fix()
        self.assertEqual((action['res_model'], action['context']['default_partner_id']), ('xero.contact.choice', partner.id))
        choice = self.env['xero.contact.choice'].with_user(self.admin).with_context(action['context']).create({})
        choice.contact_id = choice.candidate_ids[0]
        choice.action_choose()
        check.action_again()
        self.assertEqual(check.summary, "2 ready")
        self.assertEqual(self.check(moves, self.billing).summary, "2 ready")

    def test_decision_is_there_to_be_made_and_then_all_is_ready(self):
        moves = self.documents(2, 'out_invoice', {'tax_ids': self.odd_tax()}, post=False)
        check = self.check(moves, self.admin)
        [reason] = check.reason_ids
        self.assertEqual(reason.action_fix()['domain'], [('id', '=', reason.mapping_id.id)])
        self.assertFalse(reason.mapping_id.is_decided)
        self.assertFalse(check.is_outdated)
        rate = self.env['xero.tax.rate'].search([('connection_id', '=', self.connection.id), ('tax_type', '=', 'OUTPUT')])
        check.write({'reason_ids': [Command.update(reason.id, {'target': f'xero.tax.rate,{rate.id}'})]})
        self.assertRecordValues(reason.mapping_id, [{'xero_tax_rate_id': rate.id, 'decided_by': 'person', 'decided_by_id': self.admin.id}])
        reason.invalidate_recordset()
        self.assertTrue(check.is_outdated)
        self.assertEqual((reason.is_settled, reason.fix), (True, False))
        self.assertIn("Levy: Chosen by", reason.text)
        self.assertEqual(check.action_again()['tag'], 'soft_reload')
        self.assertEqual(check.summary, "2 ready")
        self.assertFalse(check.is_outdated)
        self.assertTrue(all(check.document_ids.mapped('is_ready')))

    def test_the_same_tax_of_two_connections_is_told_apart(self):
        other = self.connect(tenant=HINTERLAND, name="Hinterland", company_ids=self.xero_company.ids)
        self.read(other)
        journal = self.company_data['default_journal_sale'].copy({'xero_connection_id': other.id})
        tax = self.odd_tax()
        here = self.document('out_invoice', {'tax_ids': tax}, post=False)
        there = self.document('out_invoice', {'tax_ids': tax}, post=False, journal_id=journal.id)
        reasons = self.check(here | there).reason_ids.filtered(lambda reason: reason.mapping_id.tax_ids == tax)
        self.assertEqual(len(reasons), 2)
        self.assertEqual(
            {reason.text.split(':')[0] for reason in reasons}, {
                f"{reason.mapping_id.source_name} ({reason.mapping_id.connection_id.name})" for reason in reasons})
        self.assertNotIn('(', self.check(here).reason_ids.text.split(':')[0])

    def test_suggestion_is_used_at_once(self):
        account = self.copy_account(self.company_data['default_account_revenue'], {'name': "Sale"})
        move = self.document('out_invoice', self.gst_line(account_id=account.id), post=False)
        document = self.check(move, self.admin)
        [reason] = document.reason_ids
        self.assertEqual((reason.suggestion, reason.fix), ("200 – Sales", 'suggestion'))
        self.assertEqual(self.check(move, self.billing).reason_ids.fix, 'ask')
        reason.action_use_suggestion()
        self.assertEqual(reason.mapping_id.xero_account_id.code, '200')
        self.assertEqual(document.action_again()['tag'], 'soft_reload')
        self.assertTrue(document.is_ready, "its page stays open, so it stays the same record")
        self.assertFalse(document.check_id.reason_ids)
        self.assertEqual(len(document.line_ids), 1)

    def test_only_an_invoice_admin_decides_and_only_that(self):
        moves = self.documents(2, 'out_invoice', {'tax_ids': self.odd_tax()}, post=False)
        rate = self.env['xero.tax.rate'].search([('connection_id', '=', self.connection.id), ('tax_type', '=', 'OUTPUT')])
        reason = self.check(moves).reason_ids
        self.assertFalse(reason.can_decide)
        for user in (self.billing, self.admin):     # the latter's is another dialog
            with self.assertRaises(AccessError):
                reason.with_user(user).write({'target': f'xero.tax.rate,{rate.id}'})
            with self.assertRaises(AccessError):
                reason.with_user(user).action_use_suggestion()
        mine = self.check(moves, self.admin).reason_ids
        other = self.env['xero.mapping'].search([('connection_id', '=', self.connection.id), ('id', '!=', mine.mapping_id.id)], limit=1)
        for values in ({'mapping_id': other.id}, {'message': "x"}, {'found_target': "x"}, {'check_id': reason.check_id.id}, {'count': 1}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                mine.write(values)

    def test_one_problem_of_many_documents_is_one_line(self):
        self.connection.period_lock_date = '2026-11-30'
        moves = self.documents(6, 'out_invoice', self.gst_line())
        check = self.check(moves)
        [reason] = check.reason_ids
        names = check.document_ids.sorted('id').mapped('name')
        self.assertEqual(reason.text, f"Dated in a period that is locked in Xero: {names[0]}, {names[1]}, {names[2]} and 3 more")
        self.assertRecordValues(reason, [{'count': 6, 'fix': 'documents', 'title': "Date: dated in a period that is locked in Xero"}])
        self.assertIn("is locked up to", self.check(moves[0]).check_id.reason_ids.text, "one document has the whole sentence")

    def test_draft_with_a_problem_says_both(self):
        draft = self.document('out_invoice', {'tax_ids': self.odd_tax()}, post=False)
        document = self.check(draft)
        self.assertIn("Levy", document.problems)
        self.assertEqual(document.note, "It is a draft. Fix the problems, then confirm it.")

    def test_reason_of_the_connection_opens_it(self):
        self.connection.actions = {'CreateApprovedInvoice': False}
        check = self.check(self.documents(2, 'out_invoice', self.gst_line()))
        self.assertRecordValues(check.reason_ids, [{'cause': 'permission', 'fix': 'connection'}])
        self.assertEqual((check.reason_ids.action_fix()['res_model'], check.reason_ids.action_fix()['res_id']), ('xero.connection', self.connection.id))

    def test_those_that_are_ready_are_exported(self):
        good = self.documents(2, 'out_invoice', self.gst_line())
        draft = self.document('out_invoice', self.gst_line(), post=False)
        stopped = self.document('out_invoice', {'tax_ids': self.odd_tax()})
        older = self.document('out_invoice', self.gst_line(), invoice_date='2026-10-02', date='2026-10-02')     # goes only if a person asks
        check = self.check(good | draft | stopped | older)
        self.assertRecordValues(check, [{'ready_count': 4, 'export_count': 3, 'stopped_count': 1}])
        action = check.action_export()
        self.assertEqual((action['tag'], set(action['params']['export_ids'])), ('account_xero_follow', set((good | older).xero_export_ids.ids)))
        self.run_slice(self.connection, times=2)
        self.assert_once(good | older)
        self.assertFalse(draft.xero_export_ids)
        for other in (check, self.check(stopped)):      # once is enough
            with self.assertRaisesRegex(UserError, "No posted document is ready"):
                other.action_export()
        self.assertTrue(check.is_outdated)
        check.action_again()
        self.assertRecordValues(check, [{'ready_count': 1, 'in_xero_count': 3, 'export_count': 0, 'is_outdated': False}])
        alone = self.check(draft)
        self.assertFalse(alone.can_export)
        draft.action_post()
        alone.invalidate_recordset()
        self.assertTrue(alone.can_export)
        self.assertEqual(alone.action_export()['params']['export_ids'], draft.xero_export_ids.ids)

    def test_only_the_person_who_checked_exports(self):
        check = self.check(self.documents(2, 'out_invoice', self.gst_line()))
        for record in (check, check.document_ids[0]):
            with self.assertRaises(AccessError):
                record.with_user(self.admin).action_export()

    def test_from_the_exports(self):
        move = self.document('out_invoice', {'tax_ids': self.odd_tax()})
        action = move.xero_export_ids.with_user(self.billing).action_check()
        self.assertIn("Levy", self.env[action['res_model']].browse(action['res_id']).problems)

    def test_what_cannot_be_told(self):
        self.connection.reference_read_at = False
        document = self.check(self.document())
        self.assertIn("have not been read from Xero", document.problems)
        self.xero_company.xero_connection_id = False
        self.assertIn("No Xero connection is set", self.check(self.document(post=False)).problems)
        entry = self.env['account.move'].create({'move_type': 'entry'})
        with self.assertRaises(UserError):
            entry.action_xero_check()

    def test_connection_that_does_not_work_is_said_once(self):
        self.connection._set_status('reauthenticate', "somebody left.")
        moves = self.documents(2)
        check = self.check(moves)
        self.assertEqual(check.stopped_count, 0)
        self.assertEqual(check.notice.count("somebody left."), 1)

    # === PERIOD === #

    def test_period_of_a_connection(self):
        inside = self.document('out_invoice', self.gst_line())
        draft = self.document('out_invoice', self.gst_line(), post=False)
        self.document('out_invoice', self.gst_line(), invoice_date='2026-10-02', date='2026-10-02')
        bill = self.document('in_invoice', {'tax_ids': self.tax('au_tax_purchase_10_service')}, ref="A1")
        action = self.connection.with_user(self.admin).action_check()
        with Form(self.env['xero.check'].with_user(self.admin).with_context(action['context'])) as form:
            self.assertEqual(form.date_from, self.connection.export_start_date)
            form.date_from = '2026-11-01'
            form.date_to = '2026-11-30'
        check = form.record
        check.action_check()
        self.assertEqual(check.document_ids.move_id, inside | draft | bill)
        for values, expected in (({'with_drafts': False}, inside | bill), ({'scope': 'purchase'}, bill)):
            other = check.copy({**values, 'is_done': False, 'document_ids': [Command.clear()], 'reason_ids': [Command.clear()]})
            other.action_check()
            self.assertEqual(other.document_ids.move_id, expected if 'scope' in values else inside | bill)

    # === WHO === #

    def test_needs_the_role_and_the_document(self):
        move = self.document()
        with self.assertRaises(AccessError):
            self.check(move, self._new_user('xero_nobody', 'base.group_user'))
        stranger = self._new_user('xero_stranger', 'account.group_account_invoice', self.env['res.company'].create({'name': "Elsewhere"}))
        with self.assertRaises(AccessError):
            self.check(move, stranger)
