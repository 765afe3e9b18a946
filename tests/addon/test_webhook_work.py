"""What events do: the next slice reads what changed, once for all of them."""
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ...models.feeds.xero_webhook_event import GATHERED
from ..common import HARBOUR
from ..unit.tools_webhook_common import signature
from ..webhook_common import KEY, body_of, event
from .export_common import XeroExportCase
from .payment_in_common import PAYMENTS, XeroPaymentInCase

INVOICES, CREDITS = '/api.xro/2.0/Invoices', '/api.xro/2.0/CreditNotes'


@tagged('post_install', '-at_install')
class TestWebhookWork(XeroExportCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.app.webhook_key = KEY
        cls.connection.alarm_paid = True    # needs invoices and credit notes
        cls.move = cls.document()
        cls.document('out_refund')
        cls.run_slice(cls.connection, 3)

    def setUp(self):
        super().setUp()
        # The set-up reads all feeds in this very second
        for position in self.env['xero.feed.position'].sudo().search([('connection_id', '=', self.connection.id)]):
            position.read_at -= GATHERED
        self.sandbox.requests.clear()
        self.triggers().unlink()

    def receive(self, *events):
        body = body_of(*events)
        self.env.flush_all()
        self.assertTrue(self.env['xero.app'].sudo()._receive_webhook(self.app.webhook_token, signature(body, KEY), body))
        self.env.invalidate_all()

    def triggers(self):
        return self.env['ir.cron.trigger'].sudo().search([('cron_id', '=', self.connection.sudo().cron_id.id)])

    def waiting(self):
        return self.env['xero.webhook.event'].sudo().search([('connection_id', '=', self.connection.id)])

    def gathered(self):
        """Let the time pass in which events are gathered."""
        for position in self.env['xero.feed.position'].sudo().search([('asked_at', '!=', False)]):
            position.asked_at -= GATHERED
            position.read_at -= GATHERED

    def test_nothing_is_read_without_an_event(self):
        self.run_slice(self.connection)
        self.assertFalse(self.sandbox.requests)

    def test_one_reading_for_many_events(self):
        """What changed is read, in one call, and not each document."""
        paid = self.server.in_xero(HARBOUR, 'PUT', '/Payments', {
            'Invoice': {'InvoiceID': self.export_of(self.move).xero_id}, 'Account': {'Code': '090'}, 'Amount': 10, 'Date': '2026-11-03'})
        self.assertEqual(paid.get('Status', 'OK'), 'OK')
        self.receive(event(self.move.xero_export_ids.xero_id, eventDateUtc='2027-01-01T00:00:00'), *(event() for _number in range(30)))
        [trigger] = self.triggers()
        self.assertLessEqual(trigger.call_at, fields.Datetime.now())
        self.run_slice(self.connection)
        self.assertEqual([(call['method'], call['path']) for call in self.sandbox.requests], [('GET', INVOICES)])
        self.assertEqual(self.env['xero.difference'].search([('export_id', '=', self.export_of(self.move).id)]).topic, 'paid')
        self.assertFalse(self.waiting())
        self.assertFalse(self.syncs()[:1].by_hand)
        self.run_slice(self.connection)
        self.assertEqual(len(self.sandbox.requests), 1, "an event is worked on once")

    def test_a_person_changes_a_document_in_xero(self):
        """It is shown in Odoo long before the regular reading."""
        export = self.export_of(self.move)
        self.connection.alarm_dates = True
        self.sandbox.clock.advance(20)
        self.server.in_xero(HARBOUR, 'POST', f'/Invoices/{export.xero_id}', {'DueDate': '2027-03-01'})
        self.receive(event(export.xero_id, eventDateUtc='2027-01-01T00:00:00'))
        self.run_slice(self.connection)
        self.assertTrue(self.env['xero.difference'].search_count([('export_id', '=', export.id)]))

    def test_only_what_the_category_needs(self):
        self.receive(event(eventCategory='CREDITNOTE'), event(eventCategory='CONTACT'))
        self.run_slice(self.connection)
        self.assertEqual([call['path'] for call in self.sandbox.requests], [CREDITS])
        self.assertFalse(self.waiting())

    def test_our_own_writes_are_not_read_back(self):
        export = self.export_of(self.move)
        for later, calls in ((timedelta(0), 0), (timedelta(seconds=2), 0), (timedelta(seconds=20), 1)):
            with self.subTest(later=later):
                self.receive(event(export.xero_id, eventDateUtc=(export.xero_updated_at + later).isoformat()))
                self.run_slice(self.connection)
                self.assertEqual(len(self.sandbox.requests), calls)
                self.assertFalse(self.waiting())

    def test_events_are_gathered(self):
        self.receive(event())
        self.run_slice(self.connection)
        self.triggers().unlink()
        self.receive(event(), event())
        self.assertGreater(self.triggers().call_at, fields.Datetime.now())
        self.run_slice(self.connection)
        self.assertEqual((len(self.sandbox.requests), len(self.waiting())), (1, 2))
        self.assertTrue(self.triggers().filtered(lambda trigger: trigger.call_at > fields.Datetime.now()), "the slice arms the one that works on them")
        self.gathered()
        self.run_slice(self.connection)
        self.assertEqual((len(self.sandbox.requests), len(self.waiting())), (2, 0))

    def test_few_calls_left(self):
        """The rest of the day's calls is for documents; the regular reading finds the changes."""
        self.connection.write({'calls_left': 50, 'calls_left_at': fields.Datetime.now()})
        self.receive(event())
        self.triggers().unlink()
        self.run_slice(self.connection)
        self.assertFalse(self.sandbox.requests)
        self.assertTrue(self.waiting())
        self.assertFalse(self.triggers().filtered(lambda trigger: trigger.call_at <= fields.Datetime.now()), "it does not start again at once")

    def test_pause_and_return(self):
        """Events of a paused connection wait until it works again."""
        self.connection._set_status('paused', "this database is a copy")
        self.receive(event())
        self.run_slice(self.connection)
        self.assertFalse(self.sandbox.requests)
        self.connection._handle_access_restored()
        self.run_slice(self.connection, 2)
        self.assertFalse(self.waiting())
        self.assertTrue(self.calls('GET', INVOICES))

    def test_what_comes_meanwhile_stays(self):
        self.receive(event('11111111-aaaa-bbbb-cccc-555555555555'))
        [row] = self.waiting()
        self.receive(event('11111111-aaaa-bbbb-cccc-555555555555'))
        self.env['xero.webhook.event']._forget({row.id: 1})
        self.assertEqual(self.waiting().events, 2)
        self.env['xero.webhook.event']._forget({row.id: 2})
        self.assertFalse(self.waiting())

    def test_other_organisation(self):
        """Events of one organisation are not worked on for another one."""
        self.receive(event())
        self.connection.sudo()._forget_organisation()
        self.assertFalse(self.waiting())


@tagged('post_install', '-at_install')
class TestPaymentByWebhook(XeroPaymentInCase):

    def test_a_payment_in_xero(self):
        """It shows as an event of its invoice, and is in Odoo after the next slice: no call for the invoice itself, and none for others."""
        self.app.webhook_key = KEY
        move, export = self.synced()
        self.run_slice(self.connection)
        self.pay(move, 40)
        held = self.sandbox.organisations[HARBOUR].documents['Invoices'][export.xero_id]
        body = body_of(event(export.xero_id, eventDateUtc=(held['UpdatedDateUTC'] + timedelta(minutes=1)).strftime('%Y-%m-%dT%H:%M:%S.%f')[:-3]))
        self.env.flush_all()
        self.assertTrue(self.env['xero.app'].sudo()._receive_webhook(self.app.webhook_token, signature(body, KEY), body))
        self.let_feeds_age()
        self.sandbox.requests.clear()
        self.run_slice(self.connection)
        self.assertEqual(move.amount_residual, move.amount_total - 40)
        self.assertEqual(len(self.calls('GET', PAYMENTS)), 1)
        self.assertFalse(self.calls('GET', INVOICES))

    def let_feeds_age(self):
        """A second passes: a check in the second in which the last one began reads nothing."""
        for position in self.env['xero.feed.position'].sudo().search([('connection_id', '=', self.connection.id)]):
            position.read_at -= timedelta(seconds=2)
