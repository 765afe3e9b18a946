"""Fill a database in which a kept version of the add-on is installed: documents in every state, of every kind.

Runs in Odoo's shell, with the code of that version.
"""
import os
import threading
import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import requests
from stage import HARBOUR, HINTERLAND, RENT, SALES, STATES, TENANTS, TIMEOUT, Stage, expect

from odoo import Command, fields

XERO_LOGIN = 'finance@example.com'
CLIENT_ID, CLIENT_SECRET = 'DEMOAPP0000000000000000000000001', 'fake-secret-demo-app'
CLEARING = '880'


def main(env, url):
    """Fill the database. The process ends as if somebody had killed it in the middle of a slice."""
    fill = Fill(env, url)
    fill.set_up()
    fill.send_what_xero_takes()
    fill.change_on_both_sides()
    fill.leave_undone()
    fill.check_states()
    fill.be_killed_while_sending()


class Fill(Stage):

    # === SET-UP === #

    def set_up(self):
        self.lever('limits', enabled=False)
        self.env['ir.config_parameter'].set_param('web.base.url', 'http://localhost:8069')
        self.company.write({'country_id': self.env.ref('base.au').id, 'currency_id': self.env.ref('base.AUD').id})
        self.env['account.chart.template'].try_loading('au', self.company, install_demo=False)
        self.income, self.other_income = self._accounts('income')
        self.expense, self.accrued = (*self._accounts('expense')[:1], *self._accounts('liability_current')[:1])
        self.company.partner_id.tz = 'UTC'
        self.today = fields.Date.today()
        self.day = self.today - timedelta(days=30)
        self.partner = self.env['res.partner'].create({'name': "Upgrade Client", 'is_company': True, 'email': 'client@example.com'})
        self._make_journals()
        self._connect()

    def _accounts(self, account_type):
        found = self.env['account.account'].search([('account_type', '=', account_type), ('company_ids', 'in', self.company.ids)], order='code', limit=2)
        expect(f"Accounts of the type {account_type} in the chart", len(found), 2)
        return found

    def _make_journals(self):
        journals = self.env['account.journal'].create([
            {'name': "Days", 'code': 'DAYS', 'type': 'general'},
            {'name': "Entries", 'code': 'ENTR', 'type': 'general'},
            {'name': "Hinterland Sales", 'code': 'HINT', 'type': 'sale'},
        ])
        self.days, self.entries, self.hinterland_sales = journals

    def _connect(self):
        app = self.env['xero.app'].create({
            'name': "Local Xero", 'client_id': CLIENT_ID, 'client_secret': CLIENT_SECRET, 'environment': 'sandbox', 'sandbox_url': self.url})
        for name in TENANTS:
            self.env['xero.connection'].create({
                'name': name, 'app_id': app.id, 'company_ids': [Command.set(self.company.ids)], 'export_start_date': '2000-01-01'})
        self.company.xero_connection_id = self.connection(HARBOUR)
        self.hinterland_sales.xero_connection_id = self.connection(HINTERLAND)
        self.days.xero_mode, self.entries.xero_mode = 'day', 'entry'
        self.connection(HARBOUR).write({'attachment_policy': 'all', 'sends_note': True})
        for name in TENANTS:
            self._consent(name)
            self.run_slice(name)

    def _consent(self, name):
        connection = self.connection(name).with_user(self.admin)
        consent, url = self.env['xero.consent'].with_user(self.admin)._start(connection)
        answer = requests.post(
            url, data={'user': XERO_LOGIN, 'tenant': [TENANTS[name]], 'decision': 'allow'}, allow_redirects=False, timeout=TIMEOUT)
        [code] = parse_qs(urlsplit(answer.headers['Location']).query)['code']
        self.env.cr.commit()
        consent = consent.with_user(self.admin)
        consent._receive(code)
        # It has written in transactions of its own
        self.env.cr.commit()
        self.env.invalidate_all()
        consent.organisation_id = consent.organisation_ids.filtered(lambda organisation: organisation.tenant_id == TENANTS[name])
        consent.action_save()
        expect(f"The status of {name}", connection.status, 'connected')

    # === DOCUMENTS === #

    def post(self, reference, move_type='out_invoice', amount=100, **values):
        """Post a document of one line."""
        line = {'name': "Work", 'quantity': 1, 'price_unit': amount, 'tax_ids': [Command.clear()]}
        line['account_id'] = (self.income if move_type.startswith('out') else self.expense).id
        move = self.env['account.move'].create({
            'move_type': move_type, 'partner_id': self.partner.id, 'invoice_date': self.day, 'date': self.day, 'ref': reference,
            'invoice_line_ids': [Command.create({**line, **values.pop('line', {})})], **values})
        move.action_post()
        return move

    def post_entry(self, reference, journal, date):
        entry = self.env['account.move'].create({
            'move_type': 'entry', 'journal_id': journal.id, 'date': date, 'ref': reference,
            'line_ids': [Command.create({'account_id': account.id, 'balance': balance}) for account, balance in ((self.expense, 70), (self.accrued, -70))]})
        entry.action_post()
        return entry

    def send_what_xero_takes(self):
        """One document of each kind, one file, one that lacks a decision and one that is skipped."""
        invoice = self.post('synced invoice')
        self.env['ir.attachment'].create({'name': 'scan.pdf', 'raw': b'%PDF fake', 'res_model': 'account.move', 'res_id': invoice.id})
        credit_note = self.post('synced credit note', 'out_refund', 40)
        for reference, move_type in (('synced bill', 'in_invoice'), ('synced vendor credit note', 'in_refund'), ('different', 'out_invoice')):
            self.post(reference, move_type)
        self.post_entry('synced entry', self.entries, self.day)
        self.post_entry('entry of a day', self.days, self.day)
        # Not over yet, even if this goes on past midnight
        self.post_entry('entry of tomorrow', self.days, self.today + timedelta(days=1))
        self.post('failed', line={'account_id': self.other_income.id})
        self.post('skipped')
        self.env['xero.skip'].with_user(self.admin).create(
            {'export_ids': [Command.set(self.export('skipped').ids)], 'reason': "Entered by hand"}).action_skip()
        self.run_slice(HARBOUR)
        for account, code in ((self.income, SALES), (self.expense, RENT), (self.accrued, CLEARING)):
            self.map_account(HARBOUR, account, code)
        self.run_slice(HARBOUR, 2)
        (invoice | credit_note).line_ids.filtered(lambda line: line.display_type == 'payment_term').reconcile()
        self.env.cr.execute("UPDATE xero_export SET next_try_at = NULL WHERE wait_code = 'day_end' AND document_date = %s", [self.day])
        self.env.invalidate_all()
        self.run_slice(HARBOUR, 3)

    def change_on_both_sides(self):
        """Change a document in Xero and then in Odoo: a person has to decide which version counts."""
        move, export = self.document('different'), self.export('different')
        self.lever(f'organisations/{TENANTS[HARBOUR]}/documents/{export.xero_id}', Reference="Changed in Xero")
        move.button_draft()
        move.invoice_line_ids.price_unit = 55
        move.action_post()
        self.run_slice(HARBOUR)

    def leave_undone(self):
        """What Xero does not take now, what it answers nothing for, and what nobody has sent yet."""
        self.lever('faults', kind='500_before', method='PUT', path='/Invoices', text='tried again later', times=2)
        self.post('tried again later')
        self.run_slice(HARBOUR)
        self.let_time_pass(minutes=1)
        self.run_slice(HARBOUR)
        self.lever('faults', kind='drop_after', method='PUT', path='/Invoices', text='uncertain')
        self.post('uncertain', 'in_invoice')
        self.run_slice(HARBOUR)
        self.post('waiting')
        self.post('sending', journal_id=self.hinterland_sales.id, invoice_date=self.today, date=self.today)
        self.run_slice(HINTERLAND)
        self.map_account(HINTERLAND, self.income, SALES)
        self.env.cr.commit()

    # === CHECKED === #

    def check_states(self):
        """Stop unless every state is there, so that nothing is tested on less than everything."""
        wanted = STATES | {'sending': 'waiting'}     # not sent yet
        for reference, state in wanted.items():
            export = self.export(reference)
            expect(f"The state of {reference} ({export.message or export.wait_reason or ''})", export.state, state)
        for kind, states in (('allocation', ['synced']), ('journal', ['synced']), ('journal_day', ['synced', 'waiting'])):
            exports = self.exports(('kind', '=', kind))
            expect(f"The states of {kind} ({exports.mapped('message')})", sorted(exports.mapped('state')), states)
        expect("The difference of a document that nobody changed", self.export('synced bill').difference, False)
        different = self.export('different').with_user(self.admin)
        expect(f"A person can decide about the document that is different ({different.difference})", different.can_decide, True)
        expect("Files and notes", set(self.env['xero.extra'].search([]).mapped('state')), {'done'})

    def be_killed_while_sending(self):
        """Send one more document, and end this process when Xero has saved it and has not answered yet."""
        self.lever('faults', kind='slow_after', method='PUT', path='/Invoices', text='sending', seconds=TIMEOUT)
        threading.Thread(target=self._end_when_saved, daemon=True).start()
        self.run_slice(HINTERLAND)
        raise SystemExit("Xero answered before this process had ended.")

    def _end_when_saved(self):
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            if self.held(HINTERLAND, 'Invoices'):
                os._exit(0)
            time.sleep(0.1)
        os._exit(1)
