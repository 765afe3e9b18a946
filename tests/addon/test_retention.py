import json
import random
import re

from odoo.tests import tagged

from .change_common import INVOICES
from .ledger_common import XeroLedgerCase
from .retention_common import Retention, XeroRetentionCase

HISTORIES, LENGTH = 25, 7


@tagged('post_install', '-at_install')
class TestWhatIsRecognised(XeroRetentionCase):
    """A document whose requests have no body any more is compared, changed and voided as one whose requests have theirs."""

    def assert_same_outcome(self, story, *args, before=None, **values):
        """Tell a story twice, of equal documents: with the bodies of their requests, and without.

        :param story: called with the document and its export, once the bodies are removed.
        :param before: called with the document and its export, before.
        """
        told = []
        for days in (0, 91, 366):
            move, export = self.synced(*args, **values)
            if before:
                before(move, export)
            self.remove(days)
            requests = export.request_ids
            self.assertEqual((bool(requests), any(requests.mapped('body'))), (days < 366, not days))
            self.sandbox.requests.clear()
            told.append((days, self.normal(move, export, story(move, export) or '')))
        for days, outcome in told[1:]:
            self.assertEqual(outcome, told[0][1], f"{days} days")

    def normal(self, move, export, words):
        """Return what was sent and what is shown now, without what differs between two equal documents."""
        self.env.invalidate_all()
        bodies = [call['body'] for call in self.calls('POST') + self.calls('PUT')]
        shown = [bodies, words, export.state, export.operation, export.difference, export.warning, export.both_versions, export.sent_in_xero]
        text = json.dumps(shown, default=str, sort_keys=True).replace(move.name, 'NUMBER')
        return re.sub(r'[0-9a-f]{8}-[0-9a-f-]{27}|(?<=res_id=)[0-9]+|(?<=void )[0-9a-f]{8}', 'ID', text)

    def test_a_change_in_odoo(self):
        def story(move, export):
            self.price(move, 60)
            self.assert_same(export, Total=60)
        self.assert_same_outcome(story)

    def test_a_change_after_changes(self):
        def before(move, _export):
            self.price(move, 70)
            self.change(move, ref="Order 7")

        def story(move, export):
            self.change(move, invoice_date_due='2026-12-24')
            self.assert_same(export, Total=70)
        self.assert_same_outcome(story, before=before)

    def test_edited_in_xero_and_decided_by_a_person(self):
        def story(move, export):
            self.in_xero_somebody(export, Reference="Typed by hand")
            self.price(move, 60)
            self.assert_left(export, "in Xero (reference)", "in Odoo since it was sent: lines", "60.00", "100.00")
            return self.send_ours(export, 60)
        self.assert_same_outcome(story)

    def test_a_decision_that_waits_while_bodies_are_removed(self):
        def before(move, export):
            self.in_xero_somebody(export, Reference="Typed by hand")
            self.price(move, 60)

        def story(move, export):
            self.assert_left(export, "in Xero (reference)")
            return self.send_ours(export, 60)
        self.assert_same_outcome(story, before=before)

    def test_an_export_that_knows_no_answer_is_compared_with_what_was_sent(self):
        def story(move, export):
            export.write({'answered_parts': False, 'sent_parts': False})
            self.in_xero_somebody(export, Reference="Typed by hand")
            self.price(move, 60)
            self.assert_left(export, "in Xero (reference)", "lines")
            return self.send_ours(export, 60)
        self.assert_same_outcome(story)

    def test_a_change_that_people_make_themselves(self):
        self.connection.send_changes = False

        def story(move, export):
            self.price(move, 60)
            self.assert_left(export, "lines", "60.00")
            words = export.difference, export.versions
            self.price(move, 100)
            self.assertFalse(export.difference)
            return words
        self.assert_same_outcome(story)

    def test_a_change_that_makes_no_difference_in_xero(self):
        def story(move, export):
            self.change(move, narration="For us alone")
            self.assertFalse(self.calls('POST', INVOICES))
        self.assert_same_outcome(story)

    def test_a_mark_is_told_as_one(self):
        def before(move, _export):
            move.is_move_sent = True
            self.connection.swept_at = False
            self.env.flush_all()
            self.run_slice(self.connection, times=2)

        def story(move, export):
            return export._is_mark_out(), export._note('')
        self.assert_same_outcome(story, before=before)

    def test_a_void_and_a_new_start(self):
        def story(move, export):
            self.cancel(move)
            self.assertEqual(self.held(export)['Status'], 'VOIDED')
        self.assert_same_outcome(story)

        def start_over(move, export):
            words = export._was_void_sent_last()
            self.assertTrue(words)
            move.button_draft()
            move.action_post()
            self.run_slice(self.connection)
            self.assert_same(export, Status='AUTHORISED')
        self.assert_same_outcome(start_over, before=lambda move, _export: self.cancel(move))

    def test_bills_and_credit_notes(self):
        for move_type in ('in_invoice', 'out_refund', 'in_refund'):
            with self.subTest(move_type):
                def story(move, export):
                    self.in_xero_somebody(export, CurrencyRate=2, Date='2026-11-03')
                    self.price(move, 60)
                    self.assertIn("Somebody changed it in Xero", export.difference)
                self.assert_same_outcome(story, move_type, ref=f'R-{move_type}')

    def test_whatever_was_sent_and_whichever_bodies_are_removed(self):
        """What was settled last, and what was sent since, is the same with bodies, without, and with some of them."""
        _move, export = self.synced()
        rng = random.Random(19)
        for number in range(HISTORIES):
            export.request_ids.unlink()
            export.kept_elements = False
            for _time in range(rng.randint(1, LENGTH)):
                self.sent(export, rng.choice('ABC'), {name: rng.randint(1, 9) for name in rng.sample(('Date', 'Reference', 'LineItems'), 2)})
            export.digest = rng.choice(export.request_ids.mapped(lambda request: request.frozen[0]['digest']))
            with self.subTest(history=number):
                versions, last = export._sent_versions(), export._last_frozen()
                left = list(export.request_ids)
                while left:
                    some = self.env['xero.request'].sudo().union(*rng.sample(left, rng.randint(1, len(left))))
                    left = [request for request in left if request not in some]
                    self.remove(91, some)
                    self.assertFalse(any(some.mapped('body')))
                    self.assertEqual(export._sent_versions(), versions)
                    self.assertEqual([export._last_frozen()[name] for name in ('operation', 'digest')], [last['operation'], last['digest']])
                self.assertEqual(len(export.kept_elements), len(versions), "no more is kept than is needed")

    def sent(self, export, digest, element):
        """Note a request as it is when it has been answered."""
        return self.env['xero.request'].sudo().create({
            'connection_id': self.connection.id, 'company_id': export.company_id.id, 'kind': export.kind, 'export_ids': export.ids, 'method': 'POST',
            'path': 'Invoices', 'key': 'fake', 'state': 'answered', 'body': json.dumps({'Invoices': [element]}),
            'frozen': [{'export': export.id, 'revision': 1, 'digest': digest, 'total': '1', 'operation': 'update'}]})


@tagged('post_install', '-at_install')
class TestJournalRecognised(Retention, XeroLedgerCase):

    mode = 'entry'

    def test_a_manual_journal(self):
        move = self.entry()
        self.run_slice(self.connection)
        export = self.export_of(move)
        self.remove()
        self.assertFalse(export.request_ids.body)
        move.button_draft()
        self.rewrite(move, 80)
        move.action_post()
        self.run_slice(self.connection)
        [held] = self.journals_in_xero()
        self.assertEqual([amount for amount, _code in self.lines_of(held)], [-80, 80])
        self.in_xero_somebody(held, Narration="Typed by hand")
        self.remove()
        move.button_draft()
        self.rewrite(move, 60)
        move.action_post()
        self.run_slice(self.connection)
        self.assertIn("Somebody changed it in Xero", self.export_of(move).difference)
