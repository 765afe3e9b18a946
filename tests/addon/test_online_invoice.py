"""The page at Xero on which a customer sees an invoice."""
import json
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from ...sandbox.api.online_invoice import code_of
from ...tools.xero_address import is_page_of
from ..common import HARBOUR
from ..sandbox.sandbox_common import CLIENT_ID
from .change_common import XeroChangeCase
from .health_common import QUIET

API = '/api.xro/2.0'


class OnlineInvoiceCase(XeroChangeCase):

    def setUp(self):
        super().setUp()
        self.move, self.export = self.synced()
        self.sandbox.requests.clear()

    def url_of(self, move):
        return f'{self.server.url}/in/{code_of(self.held(self.export_of(move)))}'

    def asked(self):
        return [call for call in self.calls('GET') if call['path'].endswith('/OnlineInvoice')]

    def press(self, move=None, user=None):
        return (move or self.move).with_user(user or self.billing).action_xero_online_invoice()

    def refusal(self):
        """Press the button; return what the notification says in place of a page."""
        action = self.press()
        self.assertEqual((action['tag'], action['params']['type']), ('account_xero_notify', 'danger'))
        return action['params']['message']


@tagged('post_install', '-at_install')
class TestOnDemand(OnlineInvoiceCase):
    """The button."""

    def test_one_call_and_kept(self):
        self.assertTrue(self.move.with_user(self.billing).xero_has_online_invoice)
        self.assertFalse(self.move.xero_online_invoice_url)
        self.assertEqual(self.press(), {'type': 'ir.actions.act_url', 'url': self.url_of(self.move), 'target': 'new'})
        self.assertEqual(self.press()['url'], self.url_of(self.move))
        self.assertEqual(len(self.asked()), 1)
        self.assertEqual(self.move.xero_online_invoice_url, self.url_of(self.move))

    def test_drafts_and_other_documents_have_none(self):
        self.connection.sales_status = 'DRAFT'
        draft, _export = self.synced()
        bill, credit = self.document('in_invoice', ref="B-1"), self.document('out_refund')
        self.run_slice(self.connection)
        for move, words in ((draft, "approve the invoice in Xero first"), (bill, "customer invoices only"), (credit, "customer invoices only")):
            with self.subTest(move=move.move_type), self.assertRaisesRegex(UserError, words):
                self.press(move)
            self.assertFalse(move.with_user(self.billing).xero_has_online_invoice)
        self.assertFalse(self.asked())
        with self.assertRaisesRegex(UserError, "is not in Xero yet"):
            self.press(self.document())

    def test_xero_has_none(self):
        """It became a draft in Xero since Odoo last heard of it."""
        self.held(self.export)['Status'] = 'DRAFT'
        self.assertIn("approve the invoice in Xero first", self.refusal())
        self.assertEqual([call['status'] for call in self.asked()], [404])

    @QUIET
    def test_no_answer(self):
        self.sandbox.faults.order(kind='503', path='/Invoices')
        self.assertIn("HTTP 503", self.refusal())
        self.assertFalse(self.export.online_url)
        self.sandbox.access_tokens.clear()
        self.connection.authorization_id.refreshed_at -= timedelta(minutes=5)
        self.env.flush_all()
        self.assertIn("Try again in a minute", self.refusal())
        self.env.invalidate_all()
        self.assertTrue(self.press()['url'], "the token was renewed")

    def test_an_address_of_somebody_else_is_not_kept(self):
        for url in ("https://evil.example/in/1", "javascript:alert(1)", 5):
            self.sandbox.faults.order(
                kind='status', status=200, path='/Invoices', body=json.dumps({'OnlineInvoices': [{'OnlineInvoiceUrl': url}]}))
            with self.subTest(url=url):
                self.refusal()
            self.assertFalse(self.export.online_url)

    def test_pages_of_xero(self):
        web = 'https://go.xero.com'
        for address in ("https://in.xero.com/iztKMjyAEJT7MVnmruxgCdIJUDStfRgmtdQSIW13", "https://go.xero.com/in/1", "https://xero.com.xero.com/"):
            self.assertTrue(is_page_of(address, web), address)
        for address in (
            "http://in.xero.com/1", "https://in.xero.com.evil.example/1", "https://evilxero.com/1", "https://in.xero.com@evil.example/1",
            "https://evil.example\\.xero.com/1", "https://in.xero.com:81/1", "//in.xero.com/1", "", "https://in.xero.com/ 1", "https://evil.example#.xero.com",
        ):
            self.assertFalse(is_page_of(address, web), address)

    def test_who_may_ask(self):
        stranger = self._new_user('clerk_elsewhere', 'account.group_account_invoice', self.env['res.company'].create({'name': "Elsewhere"}))
        for record in (self.move, self.export):
            with self.assertRaises(AccessError):
                getattr(record.with_user(stranger), 'action_xero_online_invoice' if record == self.move else 'action_open_online_invoice')()
        self.assertFalse(self.asked())

    def test_not_for_a_copy(self):
        self.env['ir.config_parameter'].set_param('database.uuid', '00000000-aaaa-bbbb-cccc-000000000000')
        with self.assertRaisesRegex(UserError, "this database is a copy"):
            self.press()
        self.assertFalse(self.asked())

    def test_a_void_has_none_any_more(self):
        self.press()
        self.move.button_draft()
        self.move.button_cancel()
        self.run_slice(self.connection)
        self.assertFalse(self.move.xero_online_invoice_url)
        self.move.button_draft()
        self.move.action_post()
        self.run_slice(self.connection)
        self.assertFalse(self.move.xero_online_invoice_url, "it is another document in Xero now")
        self.assertEqual(self.press()['url'], self.url_of(self.move))

    def test_search(self):
        self.press()
        other = self.document()
        both = self.move | other
        search = lambda *leaf: self.env['account.move'].search([('id', 'in', both.ids), leaf])    # noqa: E731
        self.assertEqual(search('xero_online_invoice_url', '!=', False), self.move)
        self.assertEqual(search('xero_online_invoice_url', '=', False), other)
        self.assertEqual(search('xero_online_invoice_url', 'ilike', '/in/'), self.move)


@tagged('post_install', '-at_install')
class TestAhead(OnlineInvoiceCase):
    """The policy that fetches the link of each invoice."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection.with_user(cls.admin).fetches_online_invoices = True

    def test_off_by_default(self):
        self.assertFalse(self.new_connection("New").fetches_online_invoices)

    def test_each_invoice_once(self):
        self.assertEqual(self.move.xero_online_invoice_url, self.url_of(self.move))
        moves = self.documents(3)
        bill = self.document('in_invoice', ref="B-1")
        self.run_slice(self.connection, times=2)
        self.assertEqual(len(self.asked()), 3)
        self.assertEqual(moves.mapped('xero_online_invoice_url'), [self.url_of(move) for move in moves])
        self.assertFalse(bill.xero_online_invoice_url)

    def test_what_xero_has_not_is_asked_once(self):
        self.sandbox.faults.order(kind='status', status=404, path='/Invoices/', body="The resource you're looking for cannot be found", times=1)
        move, export = self.synced()
        self.run_slice(self.connection, times=2)
        self.assertEqual((export.online_url, bool(export.online_asked_at)), (False, True))
        self.assertFalse(self.asked(), "beside the one that met the fault")
        self.assertTrue(self.press(move)['url'], "a person can ask again")

    def test_only_while_calls_are_to_spare(self):
        self.sandbox.limits.enabled = True
        self.sandbox.limits.use(self.sandbox.apps[CLIENT_ID], HARBOUR, 850)
        self.synced()
        self.assertFalse(self.asked())
        self.assertFalse(self.connection.extras_failures)

    def test_an_outage_pauses(self):
        self.sandbox.faults.order(kind='500_before', method='GET', path='/Invoices/', times=1)
        _move, export = self.synced()
        self.assertTrue(self.connection.extras_resume_at)
        self.assertFalse(export.online_asked_at)
        self.let_time_pass(minutes=2)
        self.run_slice(self.connection)
        self.assertTrue(export.online_url)

    def test_only_from_then_on(self):
        self.connection.fetches_online_invoices = False
        move, export = self.synced()
        export.sudo().arrived_at -= timedelta(hours=1)
        self.connection.fetches_online_invoices = True
        self.run_slice(self.connection)
        self.assertFalse(move.xero_online_invoice_url)


@tagged('post_install', '-at_install')
class TestShown(OnlineInvoiceCase, HttpCase):
    """Where a customer finds the link. Xero is never called for a mail or a page."""

    def render(self):
        body = '<p><t t-if="object.xero_online_invoice_url"><a t-att-href="object.xero_online_invoice_url">Pay</a></t></p>'
        template = self.env['mail.template'].create({'name': "Invoice", 'model_id': self.env['ir.model']._get_id('account.move'), 'body_html': body})
        return template.with_user(self.billing)._render_field('body_html', self.move.ids)[self.move.id]

    def test_mail_template(self):
        self.assertNotIn("Pay", self.render())
        self.assertFalse(self.asked())
        self.press()
        self.assertIn(self.url_of(self.move), self.render())
        self.assertEqual(len(self.asked()), 1)

    def test_portal(self):
        page = self.move._portal_ensure_token() and self.move.get_portal_url()
        self.assertNotIn("in Xero", self.url_open(page).text)
        self.assertFalse(self.asked())
        self.press()
        self.env.flush_all()
        text = self.url_open(page).text
        self.assertIn(self.url_of(self.move), text)
        self.assertIn("View and pay in Xero", text)
        self.assertEqual(len(self.asked()), 1)
