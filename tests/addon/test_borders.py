"""Input from outside is checked: the owner of a dialog, the records that it names, the fields that may be written."""
from unittest.mock import patch

from odoo import Command, models
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...wizard import xero_check
from .companies_common import CompaniesCase
from .export_common import XeroExportCase

# Models without a record rule, and why
NO_RULE = {
    'xero.ask': "nobody has access at all",
    'xero.authorization': "nobody has access at all",
    'xero.change.note': "nobody has access at all",
}
# Dialogs whose owner is in another field than the creator, because our code creates them
OWNER = {
    'xero.consent': "('user_id', '=', user.id)",
    'xero.consent.organisation': "('consent_id.user_id', '=', user.id)",
}
EVIL = "<img src=x onerror=alert(1)>"


@tagged('post_install', '-at_install')
class TestBorders(XeroExportCase):

    # === ALL MODELS OF THE ADD-ON, INCLUDING FUTURE ONES === #

    def models(self):
        own = self.env['ir.model'].sudo().search([]).filtered(
            lambda model: model.model in self.env and self.env[model.model]._original_module == 'account_xero')
        self.assertIn('xero.check', own.mapped('model'))
        return own

    def test_each_has_rights_and_a_rule_or_a_reason(self):
        for model in self.models():
            with self.subTest(model=model.model):
                if self.env[model.model]._abstract:     # has no rows
                    continue
                self.assertTrue(self.env['ir.model.access'].sudo().search_count([('model_id', '=', model.id)]))
                rules = self.env['ir.rule'].sudo().search([('model_id', '=', model.id)])
                self.assertTrue(rules or NO_RULE.get(model.model))

    def test_each_dialog_is_for_whoever_opened_it(self):
        for model in self.models():
            if self.env[model.model]._transient:
                with self.subTest(model=model.model):
                    rules = self.env['ir.rule'].sudo().search([('model_id', '=', model.id)])
                    self.assertTrue(rules.filtered('global'))
                    self.assertIn(OWNER.get(model.model, "('create_uid', '=', user.id)"), rules.mapped('domain_force')[0])
                    self.assertIsInstance(self.env[model.model], self.env.registry['xero.dialog'])

    def test_what_a_dialog_shows_is_only_read(self):
        for name in ('xero.check.document', 'xero.check.line', 'xero.post.day.line', 'xero.mapping.copy.line', 'xero.consent.organisation'):
            for operation in ('create', 'write', 'unlink'):
                self.assertFalse(self.env[name].with_user(self.admin).has_access(operation), (name, operation))

    def test_of_a_problem_in_a_dialog_only_the_decision_is_written(self):
        for name in ('xero.check.reason', 'xero.post.day.reason'):
            Reason = self.env[name]
            for operation in ('create', 'write', 'unlink'):
                self.assertFalse(Reason.with_user(self.billing).has_access(operation), (name, operation))
            self.assertFalse(Reason.with_user(self.admin).has_access('create'), name)
            stored = {field for field, definition in Reason._fields.items() if definition.store}
            self.assertEqual(stored - Reason._guarded_fields() - set(models.MAGIC_COLUMNS), set(), name)

    # === FIELDS THAT ONLY THE EXPORT WRITES ARE REFUSED FROM OUTSIDE === #

    def test_connection(self):
        connection = self.connection.with_user(self.admin)
        for name, value in {
            'tenant_id': 'another', 'status': 'connected', 'contact_prefix': 'OD-', 'connection_ref': 'another', 'authorized_email': 'x@example.com',
            'authorized_uri': 'http://x.example', 'resume_at': False, 'look_back_since': False, 'swept_at': False, 'writes_settings': True,
            'contacts_bookmark': False, 'extras_resume_at': False, 'actions': {}, 'pace': [],
        }.items():
            with self.subTest(field=name):
                with self.assertRaisesRegex(AccessError, name):
                    connection.write({name: value})
                with self.assertRaisesRegex(AccessError, name):
                    connection.create({'name': "Other", 'app_id': self.app.id, name: value})
        connection.write({'name': "Harbour 2", 'attachment_policy': 'all', 'sales_status': 'DRAFT'})
        self.assertTrue(connection.attachments_since)

    def test_defaults_from_outside_do_not_count(self):
        self.env['ir.default'].sudo().set('xero.connection', 'resume_reason', 'day', user_id=self.admin.id)
        made = self.env['xero.connection'].with_user(self.admin).with_context(
            default_tenant_id='another', default_status='connected', default_contact_prefix='OD-').create({'name': "Other", 'app_id': self.app.id})
        self.assertEqual((made.tenant_id, made.status, made.resume_reason), (False, 'draft', False))
        self.assertRegex(made.contact_prefix, r'^OD[0-9a-f]{6}-$')

    def test_consent(self):
        consent = self.authorise(self.new_connection("Other"))
        for values in ({'state': 'saved'}, {'user_id': self.billing.id}, {'email': 'x@example.com'}, {'connection_id': self.connection.id}):
            with self.subTest(values=values), self.assertRaisesRegex(AccessError, next(iter(values))):
                consent.write(values)
        consent.organisation_id = consent.organisation_ids[0]

    def test_records_that_people_only_read(self):
        export = self.export_of(self.document())
        mapping = self.env['xero.mapping'].search([('connection_id', '=', self.connection.id)], limit=1)
        contact = self.env['xero.contact'].sudo().search([('connection_id', '=', self.connection.id)], limit=1)
        for record, values in (
            (export, {'state': 'synced'}), (mapping, {'source_key': 'x'}), (mapping, {'type': 'bank'}),
            (contact, {'xero_id': 'x'}),
        ):
            with self.subTest(model=record._name, values=values), self.assertRaises(AccessError):
                record.with_user(self.admin).write(values)
        for model in ('xero.export', 'xero.request', 'xero.extra', 'xero.sync', 'xero.account', 'xero.journal.day'):
            for operation in ('create', 'write', 'unlink'):
                self.assertFalse(self.env[model].with_user(self.admin).has_access(operation), (model, operation))

    # === BOUNDS === #

    def test_progress_of_many_is_counted(self):
        moves = self.documents(3)
        exports = self.export_of(moves).sudo().sorted('id')
        exports[0]._set_failed('data', "No.")
        exports[1]._settle_saved([({'InvoiceID': 'x', 'InvoiceNumber': "X", 'Total': 100}, None)])
        Export = self.env['xero.export'].with_user(self.billing)
        ids = [*exports.ids, *range(10_000_000, 10_100_000)]
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(20), patch('odoo.addons.account_xero.models.export.xero_progress.ROWS_SHOWN', 2):
            progress = Export.get_progress(ids)
        self.assertEqual((progress['total'], progress['done'], progress['failed'], progress['synced'], progress['finished']), (3, 2, 1, 1, False))
        self.assertEqual([row['state'] for row in progress['rows']], ['failed', 'waiting'], "those that a person must see")

    def test_what_is_held_is_finished(self):
        exports = self.export_of(self.documents(2)).sudo()
        Export = self.env['xero.export'].with_user(self.billing)
        self.assertFalse(Export.get_progress(exports.ids)['finished'])
        exports[0].wait_code = 'retry'
        exports[1].wait_for_id = exports[0]
        self.assertFalse(Export.get_progress(exports.ids)['finished'])
        exports[0]._set_failed('data', "No.")
        self.assertTrue(Export.get_progress(exports.ids)['finished'])

    def test_ids_that_are_none(self):
        Export = self.env['xero.export'].with_user(self.billing)
        for ids in ("1", ["1"], [[1]], [True], {'a': 1}, None, 5, [1.5]):
            for method in (Export.get_progress, Export.tell_me_when_done):
                with self.subTest(ids=ids), self.assertRaises(UserError):
                    method(ids)
        self.assertEqual(Export.get_progress([-1, 0, 2 ** 40])['total'], 0)
        for domain in (5, "x", [5]):
            with self.subTest(domain=domain), self.assertRaises(UserError):
                Export.retrieve_tiles(domain)

    def test_check_of_too_many(self):
        moves = self.documents(3)
        with patch.object(xero_check, 'CHECK_LIMIT', 2), self.assertRaisesRegex(UserError, "more than 2 documents. Choose fewer"):
            moves.with_user(self.billing).action_xero_check()

    # === A NAME IS SHOWN AS TEXT, ALSO IF IT CONTAINS MARKUP === #

    def test_activity_and_chatter(self):
        self.connection.write({'organisation_name': EVIL, 'authorized_email': EVIL})
        self.connection._set_status('reauthenticate', f"The access to {EVIL} has ended.")
        self.connection._alert_members()
        notes = self.connection.activity_ids.mapped('note')
        self.assertTrue(notes)
        for note in notes:
            self.assertNotIn('<img', note)
            self.assertIn('&lt;img', note)
        self.connection.message_post(body=f"The access to {EVIL} has ended.")
        self.assertNotIn('<img', self.connection.message_ids[0].body)

    def test_notes_on_documents(self):
        self.connection.organisation_name = EVIL
        self.admin.name = EVIL
        self.partner_a.name = EVIL
        move = self.document()
        export = self.export_of(move).sudo()
        export.document_name = EVIL
        export._set_failed('data', f"{EVIL} refused.")
        export._note_outcome('')
        export.with_user(self.admin)._skip(EVIL)
        export._settle_saved([({'InvoiceID': 'x', 'InvoiceNumber': EVIL, 'Total': 90}, None)])
        export._note_outcome(EVIL)
        export.write({'difference': EVIL, 'both_versions': {'ours': {'Reference': EVIL}, 'xeros': {'Reference': EVIL}}})
        for html in (*move.message_ids.mapped('body'), export.versions, self.connection.scopes_text):
            self.assertNotIn('<img', html or '')


@tagged('post_install', '-at_install')
class TestOtherCompany(CompaniesCase):
    """Users of another company can read nothing through a dialog, with any ids that they send."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.hinterland = cls.connect_other()
        cls.move = cls.make(cls.xero_company, name="A/1")
        cls.clerk = cls._new_user('xero_south', 'account.group_account_invoice', cls.other)
        cls.boss = cls._new_user('xero_south_admin', 'account.group_account_manager,account_xero.group_xero_invoice_admin', cls.other)
        cls.env.flush_all()
        cls.env.invalidate_all()

    def as_user(self, model, user):
        return self.env[model].with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    def check_of(self, move, user):
        action = move.with_user(user).action_xero_check()
        return self.env[action['res_model']].sudo().browse(action['res_id'])

    def test_ids_in_other_forms_are_refused(self):
        """The database would take them for the number."""
        for given in (str(self.app.id), float(self.app.id), True):
            with self.subTest(given=given), self.assertRaises(ValueError):
                self.as_user('xero.connection', self.boss).create({'name': "B", 'app_id': given})

    def test_what_a_refusal_tells(self):
        self.connection.name = "Secret project"
        with self.assertRaises(AccessError) as refusal:
            self.as_user('xero.app', self.boss).create({'name': "B", 'client_id': 'B', 'connection_ids': [Command.link(self.connection.id)]})
        self.assertNotIn("Secret project", str(refusal.exception))
        with self.assertRaises(AccessError):
            self.app.with_user(self.admin).company_ids = [Command.clear()]

    def test_journals_and_companies_name_no_connection_of_others(self):
        journal = self.env['account.journal'].search([('company_id', '=', self.other.id), ('type', '=', 'sale')], limit=1)
        self.connection.name = "Secret project"
        for record in (journal, self.other):
            with self.subTest(model=record._name), self.assertRaises(AccessError) as refusal:
                self.as_user(record._name, self.boss).browse(record.id).write({'xero_connection_id': self.connection.id})
            self.assertNotIn("Secret project", str(refusal.exception))

    def test_check_of_others_is_closed(self):
        document = self.check_of(self.move, self.billing)
        self.env.invalidate_all()
        for user in (self.clerk, self.boss, self._new_user('xero_colleague', 'account.group_account_invoice')):
            for record in (document, document.check_id, document.line_ids):
                with self.subTest(user=user.login, model=record._name), self.assertRaises(AccessError):
                    record.with_user(user).read(['display_name'])
            with self.assertRaises(AccessError):
                document.check_id.with_user(user).action_again()
        document.with_user(self.billing).read(['partner_id', 'contact_name'])

    def test_check_takes_no_rows_from_outside(self):
        for values in (
            {'document_ids': [Command.create({'move_id': self.move.id})]},
            {'reason_ids': [Command.create({'cause': 'data'})]},
            {'document_ids': [Command.link(self.check_of(self.move, self.billing).id)]},
            {'connection_id': self.connection.id},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self.as_user('xero.check', self.clerk).create(values)
        with self.assertRaises(AccessError):
            self.as_user('xero.check', self.clerk).with_context(default_connection_id=self.connection.id).create({})
        with self.assertRaises(AccessError):
            self.move.with_user(self.clerk).action_xero_check()

    def test_dialogs_about_what_is_not_theirs(self):
        partner = self.env['res.partner'].create({'name': "Ours", 'company_id': self.xero_company.id, 'email': "ours@example.com"})
        export, mapping = self.move.xero_export_ids, self.env['xero.mapping'].sudo().search([('connection_id', '=', self.connection.id)], limit=1)
        journal = self.company_data['default_journal_misc']
        for model, values in {
            'xero.skip': {'export_ids': export.ids, 'reason': "No"},
            'xero.disconnect': {'connection_id': self.connection.id},
            'xero.move.usage': {'connection_id': self.hinterland.id, 'target_id': self.connection.id},
            'xero.mapping.copy': {'connection_id': self.hinterland.id, 'origin_id': self.connection.id},
            'xero.mapping.create': {'mapping_id': mapping.id, 'name': "X"},
            'xero.contact.choice': {'connection_id': self.hinterland.id, 'partner_id': partner.id},
            'xero.post.day': {'journal_ids': journal.ids, 'date_from': '2026-11-02', 'date_to': '2026-11-02'},
            'xero.consent': {'connection_id': self.connection.id},
        }.items():
            with self.subTest(model=model):
                Model = self.as_user(model, self.boss)
                with self.assertRaises(AccessError):
                    Model.create(values)
                with self.assertRaises(AccessError):
                    Model.onchange(values, list(values), {name: {} for name in Model._fields if name != 'id'})
                if model != 'xero.consent':
                    with self.assertRaises(AccessError):
                        Model.with_context({f'default_{name}': value for name, value in values.items()}).create({})

    def test_days_of_others_stay(self):
        post = self.as_user('xero.post.day', self.billing).create({
            'journal_ids': self.company_data['default_journal_misc'].ids, 'date_from': '2026-11-02', 'date_to': '2026-11-02'})
        self.env.invalidate_all()
        for method in ('unlink', 'action_post'):
            with self.assertRaises(AccessError):
                getattr(post.with_user(self.clerk), method)()
        self.assertTrue(post.exists())

    def test_connection_takes_no_company_that_is_not_theirs(self):
        for commands in ([Command.link(self.xero_company.id)], [Command.set((self.xero_company | self.other).ids)], self.xero_company.ids):
            with self.subTest(commands=commands), self.assertRaises(AccessError):
                self.hinterland.with_user(self.boss).write({'company_ids': commands})
        self.assertEqual(self.hinterland.company_ids, self.other)

    def test_contact_takes_no_partner_that_is_not_theirs(self):
        partner = self.env['res.partner'].create({'name': "Ours", 'company_id': self.xero_company.id})
        contact = self.env['xero.contact'].sudo().create({'connection_id': self.hinterland.id, 'xero_id': 'a-contact', 'name': "Theirs"})
        with self.assertRaises(AccessError):
            contact.with_user(self.boss).write({'partner_id': partner.id})


@tagged('post_install', '-at_install')
class TestSkipped(XeroExportCase):
    """A billing user cannot send a document that an invoice admin skipped."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.skipped, cls.other = cls.document(), cls.document()
        cls.export_of(cls.skipped).with_user(cls.admin)._skip("entered by hand")
        cls.exports = cls.export_of(cls.skipped) | cls.export_of(cls.other)

    def test_resync_of_some(self):
        action = self.exports.with_user(self.billing).action_resync()
        self.assertEqual(action['params']['export_ids'], self.export_of(self.other).ids)
        self.assertIn(self.skipped.name, action['params']['notice'])
        self.assertIn(self.admin.name, action['params']['notice'])
        self.run_slice(self.connection)
        self.assertEqual((self.export_of(self.skipped).state, self.export_of(self.other).state), ('skipped', 'synced'))

    def test_alone(self):
        skipped = self.export_of(self.skipped)
        for action in (skipped.with_user(self.billing).action_resync, self.skipped.with_user(self.billing).action_xero_export):
            with self.assertRaisesRegex(UserError, "Skipped by an invoice admin"):
                action()
        self.assertEqual(skipped.state, 'skipped')
        self.assertEqual((skipped.with_user(self.billing).can_resync, skipped.with_user(self.admin).can_resync), (False, True))

    def test_export_of_the_document_with_others(self):
        action = (self.skipped | self.other).with_user(self.billing).action_xero_export()
        self.assertIn(self.skipped.name, action['params']['notice'])
        self.assertEqual(self.export_of(self.skipped).state, 'skipped')

    def test_invoice_admin_takes_it_back(self):
        self.assertFalse(self.exports.with_user(self.admin).action_resync()['params']['notice'])
        self.run_slice(self.connection)
        self.assertEqual(self.states(self.skipped | self.other), ['synced', 'synced'])
