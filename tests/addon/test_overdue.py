import json
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import HARBOUR
from .export_common import XeroExportCase


@tagged('post_install', '-at_install')
class TestOverdue(XeroExportCase):
    """What customers owe in Xero is shown in Odoo, if the connection says so."""

    def setUp(self):
        super().setUp()
        self.partner_a.name = "Coastal Joinery"
        overdue = self.document(invoice_date='2026-09-01', date='2026-09-01', invoice_date_due='2026-09-15', invoice_payment_term_id=False)
        self.other = self.document(partner_id=self.partner_b.id, invoice_date_due=fields.Date.today() + timedelta(days=30), invoice_payment_term_id=False)
        self.run_slice(self.connection)
        self.assert_once(overdue | self.other)
        self.sandbox.requests.clear()

    def pages(self):
        return [call for call in self.calls('GET', '/api.xro/2.0/Contacts') if 'summaryOnly' not in call['query']]

    def read(self):
        self.connection.sudo().warns_overdue = True
        self.run_slice(self.connection)

    def contact(self, partner):
        self.env.invalidate_all()
        return self.env['xero.contact'].sudo().search([('connection_id', '=', self.connection.id), ('partner_id', '=', partner.id)])

    def warning(self, partner):
        return self.document(partner_id=partner.id, post=False).with_user(self.billing).partner_credit_warning

    def test_nothing_is_read_or_shown_without_the_policy(self):
        self.run_slice(self.connection)
        self.assertFalse(self.pages())
        self.assertFalse(self.warning(self.partner_a))
        self.assertFalse(self.contact(self.partner_a).balances_read_at)

    def test_overdue_customer_is_in_the_credit_warning(self):
        self.read()
        self.assertEqual((self.contact(self.partner_a).outstanding, self.contact(self.partner_a).overdue), (100, 100))
        self.assertEqual((self.contact(self.partner_b).outstanding, self.contact(self.partner_b).overdue), (100, 0))
        self.assertRegex(self.warning(self.partner_a), "Coastal Joinery is overdue in Xero .*: .*100.00 overdue, .*100.00 outstanding after credit")
        self.assertFalse(self.warning(self.partner_b))
        self.connection.sudo().warns_overdue = False
        self.assertFalse(self.warning(self.partner_a))

    def test_odoos_own_warning_stays(self):
        self.read()
        self.xero_company.account_use_credit_limit = True
        self.partner_a.with_company(self.xero_company).credit_limit = 1
        self.assertRegex(self.warning(self.partner_a), "(?s)reached its credit limit.*overdue in Xero")

    def test_switched_on_it_is_read_at_once(self):
        triggers = self.env['ir.cron.trigger'].sudo().search([('cron_id', '=', self.connection.sudo().cron_id.id)])
        triggers.unlink()
        self.connection.with_user(self.admin).warns_overdue = True
        [trigger] = triggers.search([('cron_id', '=', self.connection.sudo().cron_id.id)])
        self.assertLessEqual(trigger.call_at, self.now())

    def test_one_call_a_day(self):
        self.read()
        self.run_slice(self.connection, times=2)
        self.assertEqual(len(self.pages()), 1)
        [sync] = self.syncs().filtered(lambda sync: sync.run == 'balances')
        self.assertEqual((sync.calls, sync.state), (1, 'succeeded'))
        self.connection.sudo().balances_due_at -= timedelta(days=1, minutes=1)
        self.run_slice(self.connection)
        self.assertEqual(len(self.pages()), 2)

    def test_settled_customer_is_overdue_no_more(self):
        self.read()
        for document in self.invoices_in_xero(HARBOUR):
            document['Status'] = 'VOIDED'
        self.connection.sudo().balances_due_at = False
        self.run_slice(self.connection)
        self.assertEqual(self.contact(self.partner_a).overdue, 0)
        self.assertFalse(self.warning(self.partner_a))

    def test_documents_go_first_and_calls_are_kept_for_them(self):
        self.connection.sudo().write({'warns_overdue': True, 'calls_left': 100, 'calls_left_at': fields.Datetime.now()})
        self.assertFalse(self.env['xero.step.balances']._is_idle(self.connection.sudo()))
        self.connection.sudo().calls_left = 900
        self.assertTrue(self.env['xero.step.balances']._is_idle(self.connection.sudo()))
        self.document()
        self.assertFalse(self.env['xero.step.balances']._is_idle(self.connection.sudo()))

    @mute_logger('odoo.addons.account_xero.models.steps.xero_step_balances')
    def test_refused_reading_stops_nothing(self):
        self.sandbox.faults.order(kind='status', status=400, method='GET', path='/Contacts', times=1)
        self.read()
        self.assertEqual(self.connection.status, 'connected')
        self.assertGreater(self.connection.sudo().balances_due_at, fields.Datetime.now())
        self.assertFalse(self.warning(self.partner_a))

    @mute_logger('odoo.addons.account_xero.models.steps.xero_step_balances')
    def test_strange_balances_stop_nothing(self):
        contact = self.contact(self.partner_a)
        for balances in ("x", [5], {'AccountsReceivable': "x"}, {'AccountsReceivable': {'Overdue': "much"}}, {'AccountsReceivable': {'Outstanding': [5]}}):
            with self.subTest(balances=balances):
                self.connection.sudo().balances_due_at = False
                self.sandbox.faults.order(
                    kind='status', status=200, method='GET', path='/Contacts', times=1, content_type='application/json',
                    body=json.dumps({'Contacts': [{'ContactID': contact.xero_id, 'Balances': balances}]}))
                document = self.document()
                self.read()
                self.assert_once(document)
                self.assertFalse(self.contact(self.partner_a).overdue)
                self.assertGreater(self.connection.sudo().balances_due_at, fields.Datetime.now())
                self.assertEqual((self.connection.status, self.connection.sudo().resume_at), ('connected', False))
        self.connection.sudo().balances_due_at = False
        self.read()
        self.assertTrue(self.contact(self.partner_a).overdue)

    def test_partner_shows_it_to_invoice_users_of_the_company(self):
        self.read()
        partner = self.partner_a.with_user(self.billing)
        self.assertEqual(partner.xero_contact_ids.overdue, 100)
        self.assertIn('xero_contact_ids', partner.get_view(view_type='form')['arch'])
        employee = self._new_user('xero_employee', 'base.group_partner_manager')
        self.assertNotIn('xero_contact_ids', self.partner_a.with_user(employee).get_view(view_type='form')['arch'])

    def test_queries_do_not_grow_with_the_invoices(self):
        self.read()
        drafts = self.documents(5, post=False)
        self.env.flush_all()
        self.env.invalidate_all()
        drafts.mapped('partner_credit_warning')
        counted = []
        for some in (drafts[:1], drafts):
            self.env.invalidate_all()
            some.mapped('partner_id.name')
            some.mapped('journal_id.xero_connection_id')
            before = self.env.cr.sql_log_count
            some.mapped('partner_credit_warning')
            counted.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counted[1], counted[0] + 1)
