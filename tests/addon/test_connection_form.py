from itertools import product

from lxml import etree

from odoo import Command
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from ..common import HINTERLAND
from .export_common import XeroExportCase

HEADER_MOST = 4


@tagged('post_install', '-at_install')
class TestConnectionForm(XeroExportCase):
    """What the form of a connection offers: at most four buttons in the header, the others in the cog menu, and the next step."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.env['xero.export'].sudo().search([]).unlink()
        cls.env['xero.mapping'].sudo().search([]).unlink()

    def arch(self, user):
        return etree.fromstring(self.connection.with_user(user).get_view(self.env.ref('account_xero.xero_connection_view_form').id)['arch'])

    def shown(self, buttons, values):
        return [
            button.get('string') or button.get('name') for button in buttons
            if not safe_eval(button.get('invisible') or 'False', dict(values, id=1))]

    def add_undecided(self, count=1):
        accounts = self.env['account.account'].search([('company_ids', 'in', self.xero_company.ids)], limit=count)
        return self.env['xero.mapping'].sudo().create([{
            'connection_id': self.connection.id, 'company_id': self.xero_company.id, 'type': 'account', 'account_id': account.id,
            'source_key': f'account-{account.id}', 'source_name': account.name,
        } for account in accounts])

    def step(self, user=None):
        self.env.invalidate_all()
        return self.connection.with_user(user or self.admin).next_step

    # === BUTTONS === #

    def test_at_most_four_buttons_in_the_header(self):
        states = [dict(zip(
            ('status', 'app_type', 'is_copy', 'pause_reason', 'consent_kind', 'first_sync_count', 'first_sync_id', 'has_ledger'), values, strict=True))
            for values in product(
                ('draft', 'connected', 'reauthenticate', 'paused', 'disconnected'), ('web', 'custom'), (False, True), ('', "It is a copy."),
                ('first', 'scopes', 'renewal'), (0, 1), (False, 1), (False, True))]
        for user in (self.admin, self.billing):
            header = self.arch(user).xpath("//header/button")
            cog = self.arch(user).xpath("//header/div[@name='cog']/button")
            for values in states:
                shown = self.shown(header, values)
                self.assertLessEqual(len(shown), HEADER_MOST, (user.login, values, shown))
                self.assertFalse(set(shown) & set(self.shown(cog, values)), (user.login, values))

    def test_buttons_of_each_status(self):
        usual = {'app_type': 'web', 'is_copy': False, 'pause_reason': '', 'consent_kind': 'renewal', 'first_sync_count': 0, 'first_sync_id': False,
                 'has_ledger': True}
        for status, header, cog in (
            ('draft', ["Connect"], ["Usage", "Support details"]),
            ('connected', ["Sync now", "Check…", "First sync…", "Post day…"],
             ["Test connection", "Refresh reference data", "Usage", "Support details", "Reauthenticate", "Disconnect"]),
            ('reauthenticate', ["Reauthenticate", "Test connection"], ["Check…", "Post day…", "Usage", "Support details", "Disconnect"]),
            ('paused', ["Test connection"], ["Check…", "Post day…", "Usage", "Support details", "Disconnect"]),
            ('disconnected', ["Connect"], ["Check…", "Post day…", "Usage", "Support details"]),
        ):
            with self.subTest(status=status):
                values = {**usual, 'status': status}
                arch = self.arch(self.admin)
                self.assertEqual(self.shown(arch.xpath("//header/button"), values), header)
                self.assertEqual(self.shown(arch.xpath("//header/div[@name='cog']/button"), values), cog)
        arch = self.arch(self.billing)
        values = {**usual, 'status': 'connected'}
        self.assertEqual(self.shown(arch.xpath("//header/button"), values), ["Check…", "Post day…"])
        self.assertEqual(self.shown(arch.xpath("//header/div[@name='cog']/button"), values), ["Support details"])

    def test_the_cards_have_a_test(self):
        for view in ('xero_connection_view_kanban', 'xero_sync_status_view_kanban'):
            for user, offered in ((self.admin, {'connected', 'reauthenticate'}), (self.billing, set())):
                arch = etree.fromstring(self.connection.with_user(user).get_view(self.env.ref(f'account_xero.{view}').id)['arch'])
                buttons = arch.xpath("//button[@name='action_test']")
                found = {
                    status for status in ('draft', 'connected', 'reauthenticate', 'paused', 'disconnected')
                    if self.shown(buttons, {'status': status})}
                self.assertEqual(found, offered, (view, user.login))

    # === NEXT STEP === #

    def test_next_step_of_a_new_connection(self):
        self.assertEqual(self.step(), 'check')
        rows = self.add_undecided(2)
        self.assertEqual(self.step(), 'mapping')
        rows.sudo().unlink()
        self.documents(1)
        self.assertFalse(self.step())

    def test_no_next_step_while_odoo_works(self):
        self.connection.with_user(self.admin).action_refresh_reference()
        self.assertFalse(self.step())
        self.run_slice(self.connection)
        self.assertEqual(self.step(), 'check')
        for status in ('draft', 'reauthenticate', 'paused', 'disconnected'):
            self.connection.sudo().status = status
            self.assertFalse(self.step(), status)

    def test_a_connection_that_nothing_uses(self):
        second = self.connect(name="Hinterland", tenant=HINTERLAND).with_user(self.admin)
        self.env['xero.sync'].sudo().search([('connection_id', '=', second.id), ('end_at', '=', False)]).unlink()
        self.env.invalidate_all()
        self.assertEqual(second.next_step, 'use')
        journals = self.env['account.journal'].search(second.action_open_journals()['domain'])
        self.assertIn(self.company_data['default_journal_sale'], journals)
        self.company_data['default_journal_sale'].xero_connection_id = second
        self.env.invalidate_all()
        self.assertEqual(second.next_step, 'check')

    def test_next_step_says_who_can_do_it(self):
        self.add_undecided()
        self.assertEqual(self.step(self.billing), 'mapping')
        words = self.connection.with_user(self.billing).next_step_words
        self.assertIn(self.admin.name, words)
        for user, offered in ((self.admin, True), (self.billing, False)):
            buttons = self.arch(user).xpath("//div[field[@name='next_step']]/button[@name='action_open_mapping']")
            self.assertEqual(bool(buttons), offered, user.login)

    # === MAPPING === #

    def test_mapping_opens_as_many_as_it_counts(self):
        self.add_undecided(3)
        other = self.env['res.company'].create({'name': "Elsewhere", 'currency_id': self.xero_company.currency_id.id})
        self.connection.sudo().company_ids += other
        self.env['xero.mapping'].sudo().create({
            'connection_id': self.connection.id, 'company_id': other.id, 'type': 'account',
            'account_id': self.company_data['default_account_revenue'].id, 'source_key': 'account-other', 'source_name': "Sales"})
        for user in (self.admin, self.billing):
            connection = self.connection.with_user(user)
            self.env.invalidate_all()
            self.assertEqual(connection.undecided_count, 3)
            action = connection.action_open_mapping()
            self.assertEqual(action['context'], {'search_default_undecided': 1})
            self.assertEqual(
                self.env['xero.mapping'].with_user(user).search_count([*action['domain'], ('is_decided', '=', False)]), 3)
        self.admin.company_ids = [Command.link(other.id)]
        self.env.invalidate_all()
        both = self.connection.with_user(self.admin).with_context(allowed_company_ids=(self.xero_company | other).ids)
        self.assertEqual(both.undecided_count, 4)

    def test_number_of_first_syncs(self):
        self.assertEqual(self.connection.first_sync_count, 0)
        self.env['xero.first.sync'].sudo().create({
            'connection_id': self.connection.id, 'date_from': '2026-01-01', 'date_to': '2026-01-31', 'state': 'done'})
        self.env.invalidate_all()
        self.assertEqual(self.connection.first_sync_count, 1)
