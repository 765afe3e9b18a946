"""Documents that went out under a mapping that was changed later."""
from datetime import date
from unittest.mock import patch

import requests

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...wizard import xero_resend
from .change_common import INVOICES, XeroChangeCase
from .export_common import RENT
from .ledger_common import XeroLedgerCase

OTHER = '260'


class ResendCase(XeroChangeCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.income = cls.company_data['default_account_revenue']
        cls.row = cls.resolver().find('account', cls.income)

    def remap(self, code=OTHER, row=None):
        """Choose another account for the row, later than the documents went out."""
        self.env['xero.export'].sudo().search([('synced_at', '!=', False)]).write({'synced_at': '2026-11-02 10:00:00'})
        target = self.env['xero.account'].search([('connection_id', '=', self.connection.id), ('code', '=', code)])
        (row or self.row).with_user(self.admin).xero_account_id = target
        self.run_slice(self.connection)
        self.sandbox.requests.clear()
        self.env.invalidate_all()

    def open(self):
        """Press Re-send…; return the dialog."""
        action = self.row.with_user(self.admin).action_resend()
        return self.env[action['res_model']].with_user(self.admin).browse(action['res_id'])

    def outcomes(self, dialog):
        return {document.export_id.move_id: document.outcome for document in dialog.document_ids}

    def reason(self, dialog, move):
        return dialog.document_ids.filtered(lambda document: document.export_id.move_id == move).reason

    def code_of(self, move):
        return self.held(self.export_of(move))['LineItems'][0]['AccountCode']


@tagged('post_install', '-at_install')
class TestResend(ResendCase):

    def test_a_changed_decision_alone_changes_nothing(self):
        move, _export = self.synced()
        self.assertEqual((self.row.changed_at, self.row.resend_count), (False, 0), "the first decision")
        self.remap()
        self.assertEqual(self.row.resend_count, 1)
        self.assertTrue(self.row.decision.startswith("1 document already in Xero · Chosen by"), self.row.decision)
        self.assertEqual(self.code_of(move), '200')
        self.assertFalse(self.calls('POST', INVOICES))

    def test_dry_run_and_confirmation(self):
        move, export = self.synced()
        self.remap()
        dialog = self.open()
        self.assertEqual(self.outcomes(dialog), {move: 'change'})
        self.assertIn('200', dialog.document_ids.before)
        self.assertIn(OTHER, dialog.document_ids.after)
        self.assertEqual((export.state, export.operation, bool(export.digest)), ('synced', 'none', True), "nothing was marked")
        self.assertEqual([(call['method'], call['path'].split('/')[-1]) for call in self.sandbox.requests], [('GET', 'Organisation'), ('GET', 'Invoices')])
        action = dialog.action_resend()
        self.assertEqual(action['params']['export_ids'], export.ids)
        self.assertEqual(export.state, 'waiting')
        self.run_slice(self.connection)
        self.assert_same(export)
        self.assertEqual(self.code_of(move), OTHER)
        self.assertEqual(len(self.held(export)['LineItems']), 1)
        self.assertEqual(self.row.resend_count, 0)
        sync = self.syncs().filtered(lambda sync: sync.run == 'export')[:1]
        self.assertEqual((sync.sync_type, sync.user_id), ('manual', dialog.env.user), "it names who asked")

    def test_what_is_left_alone(self):
        edited, paid, voided, fine = (self.synced()[0] for _number in range(4))
        self.in_xero_somebody(self.export_of(edited), Reference="Edited in Xero")
        self.in_xero_somebody(self.export_of(paid), paid=40)
        self.in_xero_somebody(self.export_of(voided), Status='VOIDED')
        self.remap()
        dialog = self.open()
        self.assertEqual(self.outcomes(dialog), {edited: 'left', paid: 'left', voided: 'left', fine: 'change'})
        self.assertIn("Somebody changed it in Xero (reference)", self.reason(dialog, edited))
        self.assertIn("paid or allocated in Xero", self.reason(dialog, paid))
        self.assertIn("voided or deleted in Xero", self.reason(dialog, voided))
        dialog.action_resend()
        self.run_slice(self.connection)
        self.assertEqual([self.code_of(move) for move in (edited, paid, voided, fine)], ['200'] * 3 + [OTHER])
        self.assertEqual(self.states(edited | paid | voided | fine), ['synced'] * 4)
        self.assertEqual(self.held(self.export_of(edited))['Reference'], "Edited in Xero")

    def test_locked(self):
        move, _export = self.synced()
        self.remap()
        self.sandbox.organisations[self.connection.tenant_id].period_lock_date = date(2026, 11, 30)    # since the daily reading
        dialog = self.open()
        self.assertEqual(self.outcomes(dialog), {move: 'left'})
        self.assertFalse(self.connection.period_lock_date, "the dry run writes nothing")
        self.assertIn("lock", self.reason(dialog, move))
        with self.assertRaisesRegex(UserError, "Nothing is to be sent again"):
            dialog.action_resend()

    def test_edited_between_the_dry_run_and_the_sending(self):
        move, export = self.synced()
        self.remap()
        dialog = self.open()
        dialog.action_resend()
        self.in_xero_somebody(export, Reference="Edited in Xero")
        self.run_slice(self.connection)
        self.assert_left(export, "Somebody changed it in Xero (reference)")
        self.assertEqual(self.code_of(move), '200')

    def test_changed_in_odoo_between_the_dry_run_and_the_sending(self):
        """A change that is noticed while the document waits is sent, together with the new mapping."""
        move, export = self.synced()
        self.remap()
        self.open().action_resend()
        self.change(move, ref="Changed in Odoo")
        self.run_slice(self.connection)
        self.assert_same(export, Reference="Changed in Odoo")
        self.assertEqual(self.code_of(move), OTHER)

    def test_another_row_that_is_not_decided(self):
        other = self.income.copy({'name': "Undecided"})
        move = self.document('out_invoice', {}, {'account_id': other.id})
        self.map_account(other, '270')
        self.run_slice(self.connection)
        self.resolver().find('account', other).sudo().write({'xero_account_id': False, 'decided_by': False})
        self.remap()
        dialog = self.open()
        self.assertEqual(self.outcomes(dialog), {move: 'left'})
        self.assertIn("has no account in Xero yet", self.reason(dialog, move))

    def test_portions(self):
        self.patch(xero_resend, 'PORTION', 2)
        moves = self.documents(5)
        self.run_slice(self.connection)
        self.remap()
        self.in_xero_somebody(self.export_of(moves[0]), Reference="Edited in Xero")
        dialog = self.open()
        self.assertEqual((dialog.total, len(dialog.document_ids), dialog.change_count, dialog.left_count, dialog.has_more), (5, 2, 1, 1, True))
        action = dialog.action_resend()
        dialog = dialog.browse(action['res_id'])
        self.assertEqual(dialog.notice, "1 documents are being sent again.")
        self.assertEqual(dialog.document_ids.export_id.move_id, moves[2:4])
        action = dialog.action_next()
        dialog = dialog.browse(action['res_id'])
        self.assertEqual((dialog.document_ids.export_id.move_id, dialog.has_more), (moves[4], False))
        dialog.action_resend()
        self.run_slice(self.connection)
        self.assertEqual([self.code_of(move) for move in moves], ['200', OTHER, '200', '200', OTHER])
        self.assertEqual(self.row.resend_count, 3)
        dialog.action_dismiss()
        self.assertEqual(self.row.resend_count, 0)

    def test_xero_is_called_before_anything_is_marked(self):
        """Rows that are marked stay locked until the transaction ends, and a call may take seconds."""
        self.patch(xero_resend, 'PORTION', 2)
        moves, seen = self.documents(4), []
        self.run_slice(self.connection)
        self.remap()
        dialog = self.open()
        send = requests.Session.send

        def sent(session, *args, **kwargs):
            seen.append(set(moves.xero_export_ids.mapped('state')))
            return send(session, *args, **kwargs)

        with patch.object(requests.Session, 'send', sent):
            following = dialog.browse(dialog.action_resend()['res_id'])
        self.assertEqual(seen, [{'synced'}] * 2)
        self.assertEqual((following.total, following.notice), (2, "2 documents are being sent again."))
        self.assertEqual(self.states(moves), ['waiting'] * 2 + ['synced'] * 2)

    def test_portion_is_sent_although_xero_does_not_answer_about_the_next(self):
        self.patch(xero_resend, 'PORTION', 2)
        moves = self.documents(4)
        self.run_slice(self.connection)
        self.remap()
        dialog = self.open()
        self.sandbox.faults.order(kind='503', path='/Invoices')
        self.assertIn("HTTP 503", dialog.action_resend()['params']['message'])
        self.assertEqual(self.states(moves), ['waiting'] * 2 + ['synced'] * 2)

    def test_counted_by_one_query(self):
        self.documents(3)
        self.run_slice(self.connection)
        self.remap()
        self.assertEqual(self.row.resend_count, 3)
        self.row.invalidate_recordset(['resend_count'])
        with self.assertQueryCount(1):
            self.assertEqual(self.row.resend_count, 3)

    def test_xero_down(self):
        self.synced()
        self.remap()
        self.sandbox.faults.order(kind='503', path='/Invoices')
        action = self.row.with_user(self.admin).action_resend()
        self.assertIn("HTTP 503", action['params']['message'])
        self.connection.sudo()._set_status('paused', "tested")
        with self.assertRaisesRegex(UserError, "is not connected"):
            self.row.with_user(self.admin).action_resend()

    def test_who_may(self):
        self.synced()
        self.remap()
        with self.assertRaises(AccessError):
            self.row.with_user(self.billing).action_resend()
        dialog = self.open()
        second = self._new_user('xero_admin_2', 'account.group_account_manager,account_xero.group_xero_invoice_admin')
        for method in ('action_resend', 'action_next', 'action_dismiss'):
            with self.assertRaises(AccessError):
                getattr(dialog.with_user(second), method)()
        elsewhere = self._new_user(
            'xero_admin_elsewhere', 'account.group_account_manager,account_xero.group_xero_invoice_admin',
            self.env['res.company'].create({'name': "Elsewhere"}))
        with self.assertRaises(AccessError):
            self.row.with_user(elsewhere).action_resend()
        with self.assertRaises(AccessError):
            dialog.document_ids.write({'outcome': 'change'})

    # === Taxes, tracking and journals are found too === #

    def test_tax(self):
        gst = self.env.ref(f'account.{self.xero_company.id}_au_tax_sale_10')
        taxed, _export = self.synced('out_invoice', {'tax_ids': [Command.set(gst.ids)]})
        self.synced()
        self.synced('in_invoice', ref="B-1")
        row = self.resolver().find('tax', gst, 'sale')
        none = self.resolver().find('tax', self.env['account.tax'], 'sale')
        self.env['xero.export'].sudo().search([]).write({'synced_at': '2026-11-02 10:00:00'})
        rates = self.env['xero.tax.rate'].search([('connection_id', '=', self.connection.id)])
        rows = {row: 'EXEMPTOUTPUT', none: 'EXEMPTEXPORT'}
        for mapping, tax_type in rows.items():
            choices = rates.filtered_domain(mapping._target_domain()) - mapping.xero_tax_rate_id
            mapping.with_user(self.admin).xero_tax_rate_id = choices.filtered(lambda rate, tax_type=tax_type: rate.tax_type == tax_type) or choices[:1]
        self.env.invalidate_all()
        self.assertEqual((row.resend_count, none.resend_count), (1, 1))
        self.assertEqual(row._exports_to_resend(9).move_id, taxed)

    def test_tracking(self):
        plan = self.env['account.analytic.plan'].sudo().create({'name': "Region"})
        north = self.env['account.analytic.account'].sudo().create({'name': "North", 'plan_id': plan.id})
        category = self.env['xero.tracking.category'].search([('connection_id', '=', self.connection.id)])
        self.connection.write({'tracking_plan_1_id': plan.id, 'tracking_category_1_id': category.id})
        tracked, export = self.synced('out_invoice', {'analytic_distribution': {str(north.id): 100}})
        self.synced()
        row = self.env['xero.mapping'].sudo().search([('analytic_account_id', '=', north.id)])
        export.sudo().synced_at = '2026-11-02 10:00:00'
        row.with_user(self.admin).xero_tracking_option_id = self.env['xero.tracking.option'].search(
            [('connection_id', '=', self.connection.id), ('name', '=', "South")])
        self.env.invalidate_all()
        self.assertEqual((row.resend_count, row._exports_to_resend(9).move_id), (1, tracked))
        dialog = self.env['xero.resend'].browse(row.with_user(self.admin).action_resend()['res_id'])
        self.assertEqual(dialog.document_ids.mapped('outcome'), ['change'])

    def test_payments_are_not_offered(self):
        bank = self.resolver().find('bank', self.company_data['default_journal_bank'])
        bank.sudo().changed_at = '2026-11-02'
        self.assertEqual(bank.resend_count, 0)
        self.assertIsNone(bank._resend_query())


@tagged('post_install', '-at_install')
class TestResendJournals(XeroLedgerCase):

    def check(self, kind):
        """Send entries under another mapping again."""
        self.entry()
        self.end_day()
        export = self.env['xero.export'].sudo().search([('kind', '=', kind)])
        self.assertEqual(export.state, 'synced', export.message)
        export.synced_at = '2026-11-02 10:00:00'
        row = self.map_account(self.revenue, OTHER)
        self.env.invalidate_all()
        self.assertEqual(row.resend_count, 1)
        dialog = self.env['xero.resend'].with_user(self.admin).browse(row.with_user(self.admin).action_resend()['res_id'])
        self.assertEqual(dialog.document_ids.mapped('outcome'), ['change'])
        dialog.action_resend()
        self.end_day()
        [held] = self.journals_in_xero()
        self.assertEqual(self.lines_of(held), [(-100, OTHER), (100, RENT)])
        self.assertEqual((export.state, row.resend_count), ('synced', 0), export.message)

    def test_a_day(self):
        self.check('journal_day')

    def test_an_entry(self):
        self.journal.xero_mode = 'entry'
        self.check('journal')
