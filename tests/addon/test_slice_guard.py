import json
from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.addons.account_xero.const import ZERO_ID
from odoo.addons.account_xero.models.steps.contact_sender import ContactSender
from odoo.addons.account_xero.models.steps.sender import Sender
from odoo.addons.account_xero.models.steps.slice import Slice
from odoo.addons.account_xero.tools.xero_money import dumps
from odoo.tests import tagged
from odoo.tools import mute_logger

from .export_common import SALES, XeroExportCase

GUARD = 'odoo.addons.account_xero.models.export.containment'
SLICE = 'odoo.addons.account_xero.models.steps.slice'
STATE = 'odoo.addons.account_xero.models.export.xero_export_state'
# Each place of a slice where our code works on one document: model and method
WHILE_CREATED = [
    ('xero.export', '_desired_state'), ('xero.kind.sale_invoice', '_prerequisites'), ('xero.connection', '_partner_of'),
    ('xero.kind.sale_invoice', '_build_one'), ('xero.export', '_set_sending'), ('xero.export', '_wait_for_prerequisites'),
    ('xero.export', '_drop_unposted'), (Sender, '_freeze_documents')]


class GuardCase(XeroExportCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.document()
        cls.run_slice(cls.connection)     # the contact is known

    def breaks(self, model, method, is_bad, error=KeyError):
        """Make a method of ours fail when its records or arguments contain a document.

        :param model: its name, or a class.

        :param is_bad: called with the method's own record and arguments.
        """
        cls = self.registry[model] if isinstance(model, str) else model
        original = getattr(cls, method)

        def broken(records, *args, **kwargs):
            if is_bad(records, *args):
                raise error('export')
            return original(records, *args, **kwargs)
        self.enterContext(mute_logger(GUARD, SLICE, STATE))
        return patch.object(cls, method, broken)

    def names(self, move):
        """Return a predicate for `breaks`: does the call concern this document?"""
        def concerns(thing):
            if isinstance(thing, (list, tuple)):
                return any(concerns(part) for part in thing)
            thing = getattr(thing, 'export', thing)     # a `Payload`
            name = getattr(thing, '_name', '')
            return (name == 'xero.export' and bool(move.xero_export_ids & thing)) or (name == 'account.move' and move in thing)
        return lambda *things: any(map(concerns, things))

    def assert_told(self, move, error='KeyError'):
        export = self.export_of(move)
        self.assertEqual((export.state, export.cause), ('failed', 'data'))
        self.assertIn(export.document_name, export.message)
        self.assertIn(error, export.message)
        self.assertFalse(self.connection.crash_reason)


@tagged('post_install', '-at_install')
class TestSliceGuard(GuardCase):
    """An unexpected error with one document is shown on that document, and the others are sent."""

    def test_while_created(self):
        for model, method in WHILE_CREATED:
            with self.subTest(f'{model}.{method}'):
                good, bad, others = self.documents(2), self.document(), self.documents(2)
                with self.breaks(model, method, self.names(bad)):
                    self.run_slice(self.connection, 2)
                    self.assert_told(bad)
                    self.assert_once(good | others)
                    self.assertFalse(self.in_xero(bad))
                bad.xero_export_ids._requeue()
                self.run_slice(self.connection)
                self.assert_once(bad)

    def test_while_settled_what_xero_saved_is_not_created_again(self):
        good, bad = self.documents(2), self.document()
        with self.breaks('xero.export', '_settle_saved', self.names(bad)):
            self.run_slice(self.connection, 2)
            self.assert_told(bad)
            self.assert_once(good)
        export = self.export_of(bad)
        [held] = self.in_xero(bad)
        self.assertEqual((export.xero_id, export.xero_status, export.operation), (held['InvoiceID'], 'AUTHORISED', 'update'))
        export._requeue()
        self.run_slice(self.connection)
        self.assert_once(bad)

    def test_while_a_refusal_is_settled(self):
        good, bad = self.documents(2), self.document()
        contact = self.env['xero.contact']._match(self.connection, self.partner_a)[self.partner_a]
        self.connection._client().write('PUT', 'Invoices', dumps({'Invoices': [{
            'Type': 'ACCREC', 'InvoiceNumber': bad.name, 'Date': '2026-11-02', 'DueDate': '2026-11-02', 'Status': 'AUTHORISED',
            'Contact': {'ContactID': contact.xero_id}, 'LineItems': [
                {'Description': "Work", 'Quantity': 1, 'UnitAmount': 70, 'AccountCode': SALES, 'TaxType': 'BASEXCLUDED'}]}]}), 'taken')
        with self.breaks('xero.export', '_refusal', self.names(bad)):
            self.run_slice(self.connection, 2)
        self.assert_told(bad)
        self.assert_once(good)

    def test_while_the_answer_is_read(self):
        """The outcome is unknown, so it is looked up at once; answered documents are not sent again."""
        moves = self.documents(3)
        with self.breaks('xero.request', '_recognise', lambda *args: True):
            self.run_slice(self.connection)
        self.assert_once(moves)
        self.assertEqual(len(self.calls('PUT', '/api.xro/2.0/Invoices')), 2, "the seed, and these once")

    def test_while_compared(self):
        good, bad = self.documents(2), self.document()
        self.run_slice(self.connection)
        for move in good | bad:
            move.payment_reference = f'changed {move.name}'
            move.xero_export_ids.sudo()._touch()
        with self.breaks('xero.export', '_compare', self.names(bad)):
            self.run_slice(self.connection, 2)
        self.assert_told(bad)
        self.assertEqual({held['Reference'] for move in good for held in self.in_xero(move)}, set(good.mapped('payment_reference')))
        bad.xero_export_ids._requeue()
        self.run_slice(self.connection)
        self.assertEqual(self.in_xero(bad)[0]['Reference'], bad.payment_reference)
        self.assert_once(bad)

    def test_while_changed(self):
        for method in ('_settle_or_build_change', '_remember_document', '_settle_saved', '_still_wanted'):
            with self.subTest(method):
                good, bad = self.documents(2), self.document()
                self.run_slice(self.connection)
                for move in good | bad:
                    move.payment_reference = f'changed {move.name}'
                    move.xero_export_ids.sudo()._touch()
                with self.breaks('xero.export', method, self.names(bad)):
                    self.run_slice(self.connection, 2)
                self.assert_told(bad)
                self.assertEqual({held['Reference'] for move in good for held in self.in_xero(move)}, set(good.mapped('payment_reference')))
                bad.xero_export_ids._requeue()
                self.run_slice(self.connection)
                self.assertEqual((self.export_of(bad).state, self.in_xero(bad)[0]['Reference']), ('synced', bad.payment_reference))

    def test_while_noted(self):
        good, bad = self.documents(2), self.document()
        with self.breaks('xero.export', '_note', self.names(bad)):
            self.run_slice(self.connection)
        self.assert_once(good | bad)
        self.assertIn("note", bad.xero_export_ids.warning)
        self.assertIn("In Xero", good[0].message_ids[0].body)

    def test_while_told(self):
        """An error that cannot be recorded in the usual way is recorded in another way."""
        good, bad = self.documents(2), self.document()
        is_bad = self.names(bad)
        with self.breaks('xero.kind.sale_invoice', '_prerequisites', is_bad), self.breaks('xero.export', '_set_failed', is_bad):
            self.run_slice(self.connection, 2)
        self.assert_told(bad)
        self.assertEqual(bad.xero_state, 'failed')
        self.assert_once(good)

    def test_while_closing_is_looked_at(self):
        bad = self.document()
        with self.breaks('xero.closing', '_look_at', self.names(bad)):
            self.run_slice(self.connection)
        self.assertEqual(self.export_of(bad).state, 'synced')
        self.assertIn("KeyError", bad.xero_export_ids.closed_difference)

    def test_while_contacts_are_prepared_and_settled(self):
        for model, method in (('xero.contact', '_payload'), ('xero.contact', '_name_problem')):
            with self.subTest(method):
                partners = self.env['res.partner'].create([{'name': f"{method} {number}", 'is_company': True} for number in range(3)])
                moves = [self.document(partner_id=partner.id) for partner in partners]
                with self.breaks(model, method, lambda _model, _connection, partner, *args, bad=partners[2]: partner == bad):
                    self.run_slice(self.connection, 2)
                self.assert_told(moves[2])
                self.assert_once(moves[0] | moves[1])
                moves[2].xero_export_ids._requeue()
                self.run_slice(self.connection)
                self.assert_once(moves[2])

    def test_while_a_contact_is_kept(self):
        partners = self.env['res.partner'].create([{'name': f"Kept {number}", 'is_company': True} for number in range(3)])
        moves = [self.document(partner_id=partner.id) for partner in partners]
        with self.breaks(ContactSender, '_store', lambda _contacts, taken, *args: partners[2] in taken):
            self.run_slice(self.connection, 2)
        self.assert_told(moves[2])
        self.assert_once(moves[0] | moves[1])

    def test_refused_contact_of_a_changed_document(self):
        """A synced invoice gets another customer, whose contact Xero refuses: only that document fails, with Xero's words."""
        move, neighbours = self.document(), self.documents(2)
        self.run_slice(self.connection)
        move.button_draft()
        move.partner_id = self.env['res.partner'].create({'name': "Refused", 'is_company': True})
        move.action_post()
        neighbours |= self.documents(2)
        answer = {'Contacts': [{
            'ContactID': ZERO_ID, 'ContactNumber': f'{self.connection.contact_prefix}{move.partner_id.id}', 'HasValidationErrors': True,
            'StatusAttributeString': 'ERROR', 'ValidationErrors': [{'Message': "The contact name is not acceptable"}]}]}
        self.sandbox.faults.order(
            kind='status', method='PUT', path='/Contacts', times=2, status=200, body=json.dumps(answer), content_type='application/json')
        self.run_slice(self.connection, 3)
        export = self.export_of(move)
        self.assertEqual((export.state, export.cause), ('failed', 'contact'))
        self.assert_once(neighbours)

    def test_while_the_sweep_queues(self):
        bad, good = self.document(post=False), self.document(post=False)
        self.connection.sudo().swept_at = False
        with patch.object(self.registry['xero.export'], '_enqueue_posted', lambda *args: None):
            (bad | good).action_post()
        with self.breaks('xero.kind.sale_invoice', '_prepare_document', self.names(bad)):
            self.run_slice(self.connection, 2)
        self.assert_told(bad)
        self.assert_once(good)
        bad.xero_export_ids._requeue()
        self.run_slice(self.connection)
        self.assert_once(bad)

    def test_while_looked_for_in_xero(self):
        """A document that may be in Xero is not sent before the look-back: the answer is lost, and the look-back fails."""
        for method in ('_is_back_link', '_expected_identity'):
            with self.subTest(method):
                bad, good = self.document(), self.document()
                self.sandbox.faults.order(kind='drop_after', method='PUT', path='/Invoices')
                with mute_logger(SLICE):
                    self.run_slice(self.connection)
                self.env['xero.request'].sudo().search([('state', '=', 'unanswered')]).state = 'answered'
                (bad | good).xero_export_ids.sudo().state = 'waiting'
                self.connection.sudo().write({'look_back_since': self.now() - timedelta(minutes=5), 'resume_at': False})
                with self.breaks('xero.kind.sale_invoice', method, self.names(bad)):
                    self.run_slice(self.connection, 2)
                self.assert_told(bad)
                self.assert_once(good)
                bad.xero_export_ids._requeue()
                self.run_slice(self.connection)
                self.assert_once(bad)

    def test_while_files_and_notes_are_planned(self):
        self.connection.sudo().sends_note = True
        bad, good = self.document(), self.document()
        with self.breaks('xero.extra', '_note_text', self.names(bad)):
            self.run_slice(self.connection, 2)
        self.assert_once(bad | good)
        self.assertEqual((bad.xero_export_ids.extra_ids.state, good.xero_export_ids.extra_ids.state), ('refused', 'done'))
        self.assertIn("KeyError", bad.xero_export_ids.extra_warning)

    # === A SLICE THAT ENDS IN AN ERROR REPORTS IT AND PAUSES, UNTIL THE NEXT GOOD ONE === #

    def crash_activities(self):
        return self.connection.activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref('account_xero.mail_activity_type_xero_crash'))

    def test_it_is_told_and_pauses(self):
        move = self.document()
        pauses = []
        with self.breaks('xero.step.send', '_next_batch', lambda *args: True):
            for _time in range(3):
                self.run_slice(self.connection)
                pauses.append((self.connection.resume_at - self.now()).total_seconds())
                self.assertIn("resumes at", self.export_of(move).wait_reason)
                self.run_slice(self.connection)     # rests
                self.let_time_pass(hours=1)
        self.assertEqual([round(pause / 60) for pause in pauses], [1, 2, 5])
        self.assertEqual(self.connection.crash_count, 3)
        self.assertIn("KeyError", self.connection.crash_reason)
        self.assertEqual(len(self.crash_activities().filtered(lambda activity: activity.user_id == self.admin)), 1)
        syncs = self.env['xero.sync'].search([('connection_id', '=', self.connection.id), ('run', '=', 'export'), ('error', '!=', False)])
        self.assertEqual(len(syncs), 3)
        self.run_slice(self.connection)
        self.assert_once(move)
        self.assertRecordValues(self.connection, [{'crash_count': 0, 'crash_reason': False, 'resume_at': False}])
        self.assertFalse(self.crash_activities())

    def test_export_now_ends_the_pause(self):
        move = self.document()
        with self.breaks('xero.step.send', '_next_batch', lambda *args: True):
            self.run_slice(self.connection)
        self.assertEqual(self.connection.resume_reason, 'crash')
        self.connection.with_user(self.admin).action_export_now()
        self.run_slice(self.connection)
        self.assert_once(move)

    def test_before_anything_is_sent(self):
        self.document()
        for model, method in (('xero.step.recover', '_mark_orphans'), ('xero.step.sweep', '_run'), (Slice, '_finish')):
            with self.subTest(method), self.breaks(model, method, lambda *args: True):
                self.run_slice(self.connection)
                self.assertIn("KeyError", self.connection.crash_reason)
            self.let_time_pass(hours=1)
            self.run_slice(self.connection)
            self.assertFalse(self.connection.crash_reason)

    def test_calls_are_counted_all_the_same(self):
        move = self.document()
        self.let_time_pass(hours=1)
        self.sandbox.requests.clear()
        with self.breaks(Slice, '_finish', lambda *args: True):
            self.run_slice(self.connection)
        self.assert_once(move)
        self.assertEqual(len(self.connection.pace), len(self.calls(path='/api.xro/2.0')))
        with self.breaks(Slice, '_finish', lambda *args: True, lambda _text: SerializationFailure()):
            self.document()
            self.let_time_pass(hours=1)
            self.sandbox.requests.clear()
            self.run_slice(self.connection)
        self.assertEqual(len(self.connection.pace), len(self.calls(path='/api.xro/2.0')))

    def test_the_call_of_a_connection_test_counts(self):
        self.let_time_pass(hours=1)
        self.sandbox.requests.clear()
        self.connection.with_user(self.admin).action_test()
        self.assertEqual(len(self.connection.pace), len(self.calls(path='/api.xro/2.0')))

    def test_an_event_of_a_document_never_fails_the_users_action(self):
        move = self.document()
        self.run_slice(self.connection)
        with self.breaks('xero.kind.sale_invoice', '_after_touch', lambda *things: True), \
                self.assertLogs('odoo.addons.account_xero.models.export.xero_export_queue', 'ERROR'):
            move.button_draft()
        self.assertEqual(move.state, 'draft')
        self.assertEqual(self.export_of(move).state, 'synced')

    def test_what_a_conflict_rolled_back_is_counted_once(self):
        moves, settle, tries = self.documents(3), Sender._settle_answer, []

        def meets_a_writer_once(sender, request, answer):
            settled = settle(sender, request, answer)
            tries.append(len(settled))
            if len(tries) == 1:
                raise SerializationFailure
            return settled

        with patch.object(Sender, '_settle_answer', meets_a_writer_once):
            self.run_slice(self.connection)
        self.assertEqual(len(tries), 2)
        self.assert_once(moves)
        self.assertEqual(self.env['xero.sync'].sudo().search([('run', '=', 'export')], limit=1).done, 1 + len(moves), "with the one of the set-up")
