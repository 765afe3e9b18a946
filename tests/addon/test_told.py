from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..common import HINTERLAND
from .export_common import XeroExportCase

FAILED = 'account_xero.mail_activity_type_xero_failed'


class ToldCase(XeroExportCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.undecided = cls.copy_account(cls.company_data['default_account_revenue'], {'name': "Fees"})

    def make_failures(self, count=1, user=None, **values):
        """Post invoices with an account that nobody has decided, as a user, and run a slice.

        :return: the invoices.
        """
        moves = self.documents(count, 'out_invoice', {'account_id': self.undecided.id}, post=False, **values)
        moves.with_user(user or self.billing).action_post()
        self.run_slice(self.connection)
        self.assertEqual(set(self.states(moves)), {'failed'})
        return moves

    def tasks(self, user=None):
        self.env.invalidate_all()
        return self.connection.sudo().activity_search([FAILED], user_id=(user or self.admin).id)


@tagged('post_install', '-at_install')
class TestTold(ToldCase):

    def test_one_task_for_each_admin_that_counts_by_cause(self):
        self.make_failures(2)
        self.partner_b.name = "\u200b"
        self.document(partner_id=self.partner_b.id)
        self.run_slice(self.connection)
        self.assertEqual(len(self.tasks()), 1)
        self.assertIn("Account (2), Contact (1)", self.tasks().note)
        self.assertFalse(self.tasks(self.billing))

    def test_task_closes_when_nothing_is_failed(self):
        moves = self.make_failures(2)
        self.map_account(self.undecided, '200')
        self.run_slice(self.connection)
        self.assert_once(moves)
        self.assertFalse(self.tasks())
        self.assertFalse(self.connection.sudo().failures_told)

    def test_task_follows_what_was_skipped(self):
        moves = self.make_failures(2)
        moves[0].xero_export_ids.with_user(self.admin)._skip("not needed")
        self.connection.sudo().swept_at = False
        self.run_slice(self.connection)
        self.assertIn("Account (1)", self.tasks().note)

    def test_task_closes_when_the_last_failed_document_is_skipped_resynced_or_cancelled(self):
        for how in ('skip', 'draft', 'delete'):
            with self.subTest(how):
                move = self.make_failures()
                self.assertTrue(self.tasks())
                self.env['ir.cron.trigger'].sudo().search([('cron_id', '=', self.connection.sudo().cron_id.id)]).unlink()
                if how == 'skip':
                    move.xero_export_ids.with_user(self.admin)._skip("not needed")
                else:
                    move.with_user(self.billing).button_draft()
                if how == 'delete':
                    move.with_user(self.billing).unlink()
                self.assertTrue(self.env['ir.cron.trigger'].sudo().search([('cron_id', '=', self.connection.sudo().cron_id.id)]), "a slice comes")
                self.assertEqual(self.env['xero.connection'].with_user(self.admin).retrieve_attention(), [])
                self.run_slice(self.connection)
                self.assertFalse(self.tasks())

    def test_closed_task_comes_back_only_for_more_failures(self):
        self.make_failures()
        self.tasks().action_feedback()
        self.connection.sudo().swept_at = False
        self.run_slice(self.connection)
        self.assertFalse(self.tasks())
        self.make_failures()
        self.assertIn("Account (2)", self.tasks().note)

    def test_task_is_in_the_language_of_its_user(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.admin.lang = 'fr_FR'
        self.make_failures()
        self.assertTrue(self.tasks().note)

    def test_lost_access_has_its_own_task(self):
        self.make_failures()
        self.connection.sudo()._set_status('reauthenticate', "Access has ended.")
        self.document()
        self.assertEqual(self.connection.sudo()._failures_now()['company_causes'], {str(self.xero_company.id): {'account': 1}})

    def test_poster_gets_a_task_by_policy(self):
        self.make_failures()
        self.assertFalse(self.tasks(self.billing))
        self.connection.sudo().tells_poster = True
        moves = self.make_failures(2)
        self.assertIn("3 documents that you posted", self.tasks(self.billing).note)
        self.assertIn("1 document that", self.connection._poster_words(self.billing, 1))
        self.map_account(self.undecided, '200')
        self.run_slice(self.connection)
        self.assertFalse(self.tasks(self.billing))
        self.assertEqual(self.states(moves), ['synced', 'synced'])

    def test_tasks_follow_who_is_an_invoice_admin(self):
        self.make_failures()
        second = self._new_user('xero_admin_2', 'account.group_account_manager,account_xero.group_xero_invoice_admin')
        self.connection.sudo()._tell_failures()
        self.assertIn("Account (1)", self.tasks(second).note)
        self.tasks(second).action_feedback()
        self.connection.sudo()._tell_failures()
        self.assertFalse(self.tasks(second), "a closed one stays closed")
        self.admin.sudo().group_ids -= self.env.ref('account_xero.group_xero_invoice_admin')
        self.connection.sudo()._tell_failures()
        self.assertFalse(self.tasks())

    def test_tasks_count_documents_of_the_recipients_companies(self):
        other = self.env['res.company'].create({'name': "Elsewhere", 'currency_id': self.xero_company.currency_id.id})
        self.connection.sudo().company_ids = [Command.link(other.id)]
        elsewhere = self._new_user('xero_admin_elsewhere', 'account.group_account_manager,account_xero.group_xero_invoice_admin', other)
        self.connection.sudo().tells_poster = True
        moves = self.make_failures(3)
        self.assertFalse(self.tasks(elsewhere), "nothing failed in his company")
        moves[0].xero_export_ids.sudo().company_id = other
        self.connection.sudo()._tell_failures()
        self.assertIn("Account (2)", self.tasks().note)
        self.assertIn("Account (1)", self.tasks(elsewhere).note)
        self.assertIn("2 documents that you posted", self.tasks(self.billing).note)
        moves[1:].xero_export_ids.with_user(self.admin)._skip("not needed")
        self.connection.sudo()._tell_failures()
        self.assertFalse(self.tasks())
        self.assertTrue(self.tasks(elsewhere))
        with self.assertRaises(AccessError):
            self.connection.with_user(elsewhere).read(['failures_told'])

    def test_slices_without_news_write_nothing(self):
        self.make_failures()
        told_at = self.connection.sudo().write_date
        self.assertEqual(self.connection.sudo()._failures_now(), self.connection.sudo().failures_told)
        self.connection.sudo()._tell_failures()
        self.env.flush_all()
        self.assertEqual(self.connection.sudo().write_date, told_at)

    # === The daily mail === #

    def mails(self):
        return self.env['mail.mail'].sudo().search([('subject', 'ilike', 'documents failed in Xero')])

    def check(self):
        self.run_token_check()
        return self.mails()

    def test_mail_only_when_more_failed(self):
        self.admin.email = 'admin@example.com'
        admins = self.connection.sudo()._members().filtered('email')
        moves = self.make_failures(2)
        self.assertFalse(self.check(), "off by default")
        self.connection.sudo().mails_failures = True
        sent = self.check()
        self.assertEqual(sent.recipient_ids, admins.partner_id)
        self.assertEqual(sent[0].subject, "Harbour: documents failed in Xero (2)")
        self.assertIn("Account: 2", sent[0].body_html)
        self.assertIn(f'/odoo/xero-exports/{moves[0].xero_export_ids.id}', sent[0].body_html)
        sent.unlink()
        self.assertFalse(self.check(), "no more have failed")
        self.make_failures()
        self.assertFalse(self.check(), "on the same day")
        self.connection.sudo().failures_mailed_at = fields.Datetime.now() - timedelta(days=1, minutes=1)
        self.assertIn("(3)", self.check()[0].subject)

    def test_mail_lists_documents_of_the_recipients_companies(self):
        self.admin.email = 'admin@example.com'
        other = self.env['res.company'].create({'name': "Elsewhere", 'currency_id': self.xero_company.currency_id.id})
        self.connection.sudo().write({'mails_failures': True, 'company_ids': [Command.link(other.id)]})
        elsewhere = self._new_user(
            'xero_admin_elsewhere', 'account.group_account_manager,account_xero.group_xero_invoice_admin', other, email='elsewhere@example.com')
        self.assertIn(elsewhere, self.connection.sudo()._members())
        moves = self.make_failures(3)
        sent = self.check()
        self.assertIn(self.admin.partner_id, sent.recipient_ids)
        self.assertNotIn(elsewhere.partner_id, sent.recipient_ids, "nothing failed in his company")
        sent.unlink()
        self.connection.sudo().write({'failures_mailed_at': False, 'failures_mailed_count': 0})
        moves[0].xero_export_ids.sudo().company_id = other
        mails = {mail.recipient_ids: mail for mail in self.check()}
        mine, theirs = mails[self.admin.partner_id], mails[elsewhere.partner_id]
        self.assertEqual((mine.subject, theirs.subject), ("Harbour: documents failed in Xero (2)", "Harbour: documents failed in Xero (1)"))
        self.assertNotIn(moves[0].name, mine.body_html)
        self.assertIn(moves[0].name, theirs.body_html)
        self.assertNotIn(moves[1].name, theirs.body_html)

    def test_fewer_failures_make_the_next_one_news(self):
        self.admin.email = 'admin@example.com'
        self.connection.sudo().mails_failures = True
        moves = self.make_failures(2)
        self.check().unlink()
        self.connection.sudo().failures_mailed_at = fields.Datetime.now() - timedelta(days=2)
        moves[0].xero_export_ids.with_user(self.admin)._skip("not needed")
        self.assertFalse(self.check())
        self.make_failures()
        self.assertIn("(2)", self.check()[0].subject)

    # === The dashboard === #

    def dashboard(self, user):
        self.env.invalidate_all()
        journals = (self.company_data['default_journal_sale'] | self.company_data['default_journal_purchase']).with_user(user)
        data = journals._get_journal_dashboard_data_batched()
        return [data[journal.id]['xero_failed_count'] for journal in journals]

    def test_cards_of_journals_count_their_failed_documents(self):
        self.assertEqual(self.dashboard(self.billing), [0, 0])
        moves = self.make_failures(3)
        self.document('in_invoice', ref="B/1")
        self.run_slice(self.connection)
        self.assertEqual(self.dashboard(self.billing), [3, 0])
        action = self.company_data['default_journal_sale'].with_user(self.billing).action_xero_failed()
        self.assertEqual(self.env['xero.export'].with_user(self.billing).search(action['domain']), moves.xero_export_ids)
        self.assertEqual(action['context'], {'search_default_failed': 1})

    def test_one_query_for_all_cards(self):
        self.make_failures()
        journals = self.env['account.journal'].with_user(self.billing).search([('company_id', '=', self.xero_company.id)])
        self.assertGreater(len(journals), 3)
        journals._xero_failed_counts()
        self.env.flush_all()
        with self.assertQueryCount(len(self.env['xero.kind']._card_paths())):
            journals._xero_failed_counts()

    def test_banner_for_invoice_admins_when_something_waits(self):
        Connection = self.env['xero.connection']
        self.assertEqual(Connection.with_user(self.admin).retrieve_attention(), [])
        self.make_failures(2)
        self.assertEqual(Connection.with_user(self.admin).retrieve_attention(), ["Failed documents: 2."])
        self.assertEqual(Connection.with_user(self.billing).retrieve_attention(), [])
        other = self.connect(name="Hinterland", tenant=HINTERLAND)
        other.sudo()._set_status('reauthenticate', "Access has ended.")
        self.assertEqual(
            Connection.with_user(self.admin).retrieve_attention(), ["Failed documents: 2.", "Hinterland has to be reauthenticated."])

    def test_digest_counts_what_failed(self):
        self.make_failures(2)
        self.env.flush_all()
        now = fields.Datetime.now() + timedelta(minutes=1)
        digest = self.env['digest.digest'].sudo().create({'name': "Daily", 'company_id': self.xero_company.id, 'kpi_xero_failed': True})
        digest = digest.with_user(self.admin).with_context(start_datetime=now - timedelta(days=1), end_datetime=now).sudo(False)
        self.assertEqual(digest.kpi_xero_failed_value, 2)
        self.assertIn('xero_export_action', digest._compute_kpis_actions(self.xero_company, self.admin)['kpi_xero_failed'])
