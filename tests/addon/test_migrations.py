"""What the upgrade scripts make of stored values. That a whole database survives them is the upgrade test's business (`dev/upgrading.py`)."""
import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL

from .export_common import XeroExportCase

MIGRATIONS = Path(__file__).parents[2] / 'migrations'
COLUMNS = (
    'state', 'operation', 'done_operation', 'xero_status', 'difference', 'digest', 'is_content_unknown', 'declined_digest', 'is_void_declined',
    'wait_code', 'skip_rule')


def migrate(cr, path):
    """Run an upgrade script as Odoo does.

    :param str path: in `migrations/`.
    """
    spec = spec_from_file_location('account_xero_script', MIGRATIONS / path)
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    script.migrate(cr, '19.0.1.0.0')


@tagged('post_install', '-at_install')
class TestMigrations(XeroExportCase):
    # === 19.0.1.1.0: a field for each meaning === #

    # What is stored, and what differs from it after the upgrade. Columns that are not named are empty.
    ROWS = (
        ({'state': 'waiting', 'operation': 'create', 'wait_code': 'retry'}, {}),
        ({'state': 'waiting', 'operation': 'update', 'digest': 'a1'}, {}),
        ({'state': 'failed', 'operation': 'create'}, {}),
        ({'state': 'failed', 'operation': 'void', 'xero_status': 'AUTHORISED', 'digest': 'a1'}, {}),
        ({'state': 'synced', 'operation': 'create', 'xero_status': 'AUTHORISED', 'digest': 'a1'}, {'operation': 'none', 'done_operation': 'create'}),
        ({'state': 'synced', 'operation': 'create', 'difference': 'The total is …', 'digest': 'a1'}, {'operation': 'none'}),
        ({'state': 'synced', 'operation': 'update', 'digest': 'a1'}, {'operation': 'none', 'done_operation': 'update'}),
        ({'state': 'synced', 'operation': 'update', 'difference': 'Somebody …', 'digest': 'a1', 'declined_digest': 'b2'}, {}),
        ({'state': 'synced', 'operation': 'void', 'difference': 'Paid …', 'xero_status': 'PAID', 'digest': 'a1', 'declined_digest': 'void'},
         {'declined_digest': None, 'is_void_declined': True}),
        ({'state': 'synced', 'operation': 'void', 'xero_status': 'PAID', 'digest': 'a1', 'declined_digest': 'void'},
         {'operation': 'none', 'declined_digest': None, 'is_void_declined': True}),
        ({'state': 'synced', 'operation': 'void', 'xero_status': 'VOIDED', 'digest': 'a1'}, {'operation': 'none', 'done_operation': 'void'}),
        ({'state': 'waiting', 'operation': 'void', 'xero_status': 'DELETED', 'digest': 'a1'}, {'done_operation': 'void'}),
        ({'state': 'uncertain', 'operation': 'update', 'digest': '-'}, {'digest': None, 'is_content_unknown': True}),
        ({'state': 'skipped', 'operation': 'create', 'wait_code': 'empty'}, {'wait_code': None, 'skip_rule': 'empty'}),
        ({'state': 'skipped', 'operation': 'create', 'wait_code': 'mode'}, {'wait_code': None, 'skip_rule': 'mode'}),
        ({'state': 'skipped', 'operation': 'update', 'xero_status': 'AUTHORISED', 'digest': 'a1'}, {}),
    )

    def test_each_row_says_the_same(self):
        moves = self.documents(len(self.ROWS))
        exports = moves.xero_export_ids.sudo().sorted('id')
        request = self.env['xero.request'].sudo().create({
            'connection_id': self.connection.id, 'company_id': self.xero_company.id, 'kind': 'sale_invoice', 'method': 'PUT', 'path': 'Invoices',
            'key': 'key', 'unrecognised': [{'InvoiceID': '1'}]})
        self.env.flush_all()
        for export, (stored, _changed) in zip(exports, self.ROWS, strict=True):
            values = {**dict.fromkeys(COLUMNS), **stored}
            sets = SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items())
            self.env.cr.execute(SQL("UPDATE xero_export SET %s WHERE id = %s", sets, export.id))
        # As the version before named them
        self.env.cr.execute("ALTER TABLE xero_export RENAME declined_digest TO left_digest; ALTER TABLE xero_request RENAME unrecognised TO strangers")
        for _time in range(2):
            migrate(self.env.cr, '19.0.1.1.0/pre-name-what-is-declined.py')
            migrate(self.env.cr, '19.0.1.1.0/post-say-what-states-mean.py')
            self.env.invalidate_all()
            for export, (stored, changed) in zip(exports, self.ROWS, strict=True):
                with self.subTest(stored):
                    wanted = {**dict.fromkeys(COLUMNS), **stored, **changed}
                    self.assertEqual({name: export[name] or None for name in COLUMNS}, wanted)
                    self.assertEqual(export._awaits_decision(), export.state == 'synced' and bool(export.difference) and stored['operation'] != 'create')
                    self.assertEqual(export._is_undone(), stored.get('xero_status') in ('VOIDED', 'DELETED'))
                    self.assertEqual(export._is_skipped_by_person(), export.state == 'skipped' and 'wait_code' not in stored)
            self.assertEqual(request.unrecognised, [{'InvoiceID': '1'}])

    # === 19.0.1.1.0: the rule, which an update of the add-on does not touch, is widened once === #

    def test_only_the_old_rule_is_changed(self):
        rule = self.env.ref('account_xero.xero_branding_theme_rule_company').sudo()
        wide, own = rule.domain_force, "[('connection_id.company_ids', 'in', user.company_ids.ids)]"
        for before, after in (("[('connection_id.company_ids', 'in', company_ids)]", wide), (wide, wide), (own, own)):
            with self.subTest(before):
                rule.domain_force = before
                self.env.flush_all()
                migrate(self.env.cr, '19.0.1.1.0/post-widen-rule-of-branding-themes.py')
                self.env.invalidate_all()
                self.assertEqual(rule.domain_force, after)


@tagged('post_install', '-at_install')
class TestDaysOfPayments(XeroExportCase):
    """19.0.1.1.1: the first day of payments becomes one for each direction."""

    def test_the_day_of_each_direction_is_kept(self):
        journals = self.env['account.journal']
        for number, policy in enumerate(('none', 'in', 'out', 'both')):
            journals |= journals.create({'name': policy, 'code': f'M{number}', 'type': 'bank', 'xero_payments': policy})
        journals.flush_recordset()
        self.env.cr.execute("ALTER TABLE account_journal DROP COLUMN xero_payments_out_since")
        self.env.cr.execute("UPDATE account_journal SET xero_payments_since = '2026-02-03' WHERE id IN %s AND xero_payments <> 'none'", [tuple(journals.ids)])
        migrate(self.env.cr, '19.0.1.1.1/pre-give-each-direction-a-day.py')
        self.env.invalidate_all()
        days = [fields.Date.to_date('2026-02-03')] * 3
        self.assertEqual(journals.mapped(lambda journal: journal.xero_payments_since), [False, *days])
        self.assertEqual(journals.mapped(lambda journal: journal.xero_payments_out_since), [False, False, *days[1:]])
        journals[-1].xero_payments_out_since = '2026-03-04'
        self.env.flush_all()
        migrate(self.env.cr, '19.0.1.1.1/pre-give-each-direction-a-day.py')
        self.env.invalidate_all()
        self.assertEqual(str(journals[-1].xero_payments_out_since), '2026-03-04')


@tagged('post_install', '-at_install')
class TestLinksAndFailures(XeroExportCase):
    """19.0.1.1.1: links of contacts are dated from now on, and failures are counted by company."""

    def test_links_of_before_have_no_date(self):
        contact = self.env['xero.contact'].sudo().create({
            'connection_id': self.connection.id, 'xero_id': 'c-1', 'name': "Ray", 'partner_id': self.partner_b.id})
        self.assertTrue(contact.linked_at)
        script = '19.0.1.1.1/pre-date-only-new-links.py'
        migrate(self.env.cr, script)
        self.assertTrue(contact.linked_at, "a second run changes nothing")
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE xero_contact DROP COLUMN linked_at")
        migrate(self.env.cr, script)
        self.env.invalidate_all()
        self.assertFalse(contact.linked_at)

    def test_the_page_on_which_a_consent_began_is_kept(self):
        board, form = self.env['xero.consent'].sudo().create([{
            'connection_id': self.connection.id, 'nonce': nonce, 'expires_at': '2026-11-27 12:00:00'} for nonce in ('a', 'b')])
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE xero_consent DROP COLUMN origin, ADD COLUMN from_board boolean")
        self.env.cr.execute("UPDATE xero_consent SET from_board = (id = %s)", [board.id])
        migrate(self.env.cr, '19.0.1.2.0/pre-name-where-a-consent-began.py')
        self.env.cr.execute("ALTER TABLE xero_consent DROP COLUMN from_board")
        migrate(self.env.cr, '19.0.1.2.0/pre-name-where-a-consent-began.py')
        self.env.invalidate_all()
        self.assertEqual((board.origin, form.origin), ('board', False))

    def test_the_subject_of_the_mail_unless_somebody_changed_it(self):
        template = self.env.ref('account_xero.mail_template_xero_failed')
        new, path = template.subject, '19.0.1.2.0/post-name-the-count-of-the-mail.py'
        old = "{{ object.name }}: {{ object.failed_count }} documents failed in Xero"
        for before, after in (
            ({'en_US': old}, new), ({'en_US': old.replace("object.failed_count", "ctx.get('failed') or object.failed_count")}, new),
            ({'en_US': "Look at Xero"}, "Look at Xero"), ({'en_US': old, 'fr_FR': "Échecs dans Xero"}, old), ({'en_US': new}, new),
        ):
            with self.subTest(before):
                self.env.cr.execute(SQL("UPDATE mail_template SET subject = %s::jsonb WHERE id = %s", json.dumps(before), template.id))
                for _run in range(2):
                    migrate(self.env.cr, path)
                    template.invalidate_recordset()
                    self.assertEqual(template.with_context(lang='en_US').subject, after)

    def test_a_task_that_was_closed_stays_closed(self):
        self.documents(2)
        self.run_slice(self.connection)
        self.env['xero.export'].sudo().search([('connection_id', '=', self.connection.id)])._set_failed('data', "It was refused.")
        connection, poster = self.connection.sudo(), self._new_user('xero_old_poster', 'account_xero.group_xero_user')
        connection._schedule('account_xero.mail_activity_type_xero_failed', poster, "2 documents that you posted failed.")
        connection.failures_told = {'causes': {'data': 2}, 'posters': {str(poster.id): 2}, 'admins': self.admin.ids}
        script = '19.0.1.1.1/post-count-failures-by-company.py'
        for _time in range(2):
            migrate(self.env.cr, script)
            self.assertEqual(connection.failures_told['company_causes'], {str(self.xero_company.id): {'data': 2}})
            connection._tell_failures()
            self.assertFalse(connection.activity_ids)


@tagged('post_install', '-at_install')
class TestPolicyOfCreditNotes(XeroExportCase):
    """19.0.1.1.1: connections that exist list credit notes made in Xero, new ones make drafts."""

    def test_connections_of_before_make_no_drafts(self):
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE xero_connection DROP COLUMN credit_note_policy")
        script = '19.0.1.1.1/pre-list-credit-notes.py'
        migrate(self.env.cr, script)
        self.env.invalidate_all()
        self.assertEqual(self.connection.credit_note_policy, 'list')
        self.connection.credit_note_policy = 'draft'
        self.env.flush_all()
        migrate(self.env.cr, script)
        self.env.invalidate_all()
        self.assertEqual(self.connection.credit_note_policy, 'draft', "a decision stays")
