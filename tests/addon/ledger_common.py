from odoo import Command
from odoo.tests import Form

from ..common import HARBOUR
from .export_common import XeroExportCase

JOURNALS = '/api.xro/2.0/ManualJournals'
CLEARING = '880'


class XeroLedgerCase(XeroExportCase):
    """A company whose miscellaneous journal goes to Xero as manual journals, with the consent for them."""

    mode = 'day'

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.journal = cls.company_data['default_journal_misc']
        cls.xero_company.partner_id.tz = 'Australia/Sydney'
        cls.revenue, cls.expense = cls.company_data['default_account_revenue'], cls.company_data['default_account_expense']
        cls.journal.xero_mode = cls.mode
        cls.connect(cls.connection)
        cls.run_slice(cls.connection)
        cls.sandbox.requests.clear()

    @classmethod
    def map_account(cls, account, code, use=False):
        target = cls.env['xero.account'].search([('connection_id', '=', cls.connection.id), ('code', '=', code)])
        assert target, code
        mapping = cls.resolver().find('account', account, use)
        mapping.with_user(cls.admin).xero_account_id = target
        return mapping

    @classmethod
    def entry(cls, *items, date='2026-11-02', post=True, **values):
        """Make an entry.

        :param items: tuples of account, balance and perhaps more values; 100 of expense against revenue if there is none.
        """
        items = items or ((cls.expense, 100), (cls.revenue, -100))
        move = cls.env['account.move'].create({
            'move_type': 'entry', 'journal_id': cls.journal.id, 'date': date,
            'line_ids': [Command.create({'account_id': account.id, 'balance': balance, **(more[0] if more else {})}) for account, balance, *more in items],
            **values})
        if post:
            move.action_post()
        return move

    def rewrite(self, move, amount):
        """Give an entry of two items other amounts."""
        move.write({'line_ids': [
            Command.update(line.id, {'balance': sign * amount}) for line, sign in zip(move.line_ids.sorted('id'), (1, -1))]})

    @classmethod
    def day_row(cls, date='2026-11-02', journal=None):
        cls.env.invalidate_all()
        return cls.env['xero.export'].sudo().search([('day_id.date', '=', date), ('day_id.journal_id', '=', (journal or cls.journal).id)])

    @classmethod
    def end_day(cls, times=1):
        """Make exports due that wait for the end of the day."""
        cls.env.flush_all()
        for _time in range(times):
            cls.env.cr.execute("UPDATE xero_export SET next_try_at = now() AT TIME ZONE 'UTC' - interval '1 minute' WHERE wait_code = 'day_end'")
            cls.env.invalidate_all()
            cls.run_slice(cls.connection)

    def journals_in_xero(self, living=True):
        held = self.sandbox.organisations[HARBOUR].journals.values()
        return [journal for journal in held if not living or journal['Status'] not in ('VOIDED', 'DELETED')]

    def lines_of(self, held):
        return sorted((float(line['LineAmount']), line['AccountCode']) for line in held['JournalLines'])

    def in_xero_somebody(self, held, **values):
        self.sandbox.clock.advance(1)
        held |= {**values, 'UpdatedDateUTC': self.sandbox.clock.now()}

    def assert_day(self, *lines, date='2026-11-02', **values):
        """Assert that the day is in Xero exactly once, with these lines, and that its export is synced."""
        row = self.day_row(date)
        [held] = [journal for journal in self.journals_in_xero() if str(journal['Date']) == date]
        self.assertEqual((row.state, row.difference, row.xero_id), ('synced', False, held['ManualJournalID']), row.message)
        self.assertEqual(self.lines_of(held), sorted(lines))
        self.assertEqual(row.xero_total, row.amount_total)
        for name, value in values.items():
            self.assertEqual(held[name], value)
        return held

    def post_wizard(self, user=None, journals=None, date_from='2026-11-02', date_to='2026-11-02'):
        action = self.env['xero.post.day'].with_user(user or self.admin)._open_for((journals or self.journal).with_user(user or self.admin), date_from, date_to)
        return Form(self.env[action['res_model']].with_user(user or self.admin).with_context(action['context'])).save()
