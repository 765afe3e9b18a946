import re
import sys
import tempfile
from ast import literal_eval
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

from odoo.exceptions import UserError
from odoo.models import MetaModel
from odoo.tests import Form, tagged

from ..common import HARBOUR
from .export_common import XeroExportCase

PAGE = Path(__file__).parents[2] / 'docs' / 'extending.md'
MODULE = 'xero_example'
JOURNALS = '/api.xro/2.0/ManualJournals'


def example_files():
    """Return the files of the example that the page shows: dict of path to content."""
    return dict(re.findall(rf'^`({MODULE}/[\w/]+\.py)`:\n\n```python\n(.*?)^```$', PAGE.read_text(), re.MULTILINE | re.DOTALL))


@tagged('post_install', '-at_install')
class TestExtending(XeroExportCase):
    """The example of `docs/extending.md`, installed for these tests: a kind whose document is no entry, and a step."""

    @classmethod
    def prepare(cls):
        cls._import_example()
        cls._install_example()
        super().prepare()
        plan, _others = cls.env['account.analytic.plan']._get_all_plans()
        cls.connection.write({
            'tracking_plan_1_id': plan.id,
            'tracking_category_1_id': cls.env['xero.tracking.category'].search([('connection_id', '=', cls.connection.id)]).id})
        cls.project = cls.env['account.analytic.account'].sudo().create({'name': "North", 'plan_id': plan.id})
        cls.expense = cls.company_data['default_account_expense']
        cls.sandbox.requests.clear()

    @classmethod
    def _import_example(cls):
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        for path, content in example_files().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
        spec = spec_from_file_location(
            f'odoo.addons.{MODULE}', folder / MODULE / '__init__.py', submodule_search_locations=[str(folder / MODULE)])
        cls.addClassCleanup(cls._forget_example)
        sys.modules[spec.name] = module = module_from_spec(spec)
        spec.loader.exec_module(module)

    @classmethod
    def _forget_example(cls):
        MetaModel._module_to_models__.pop(MODULE, None)
        for name in [name for name in sys.modules if name.startswith(f'odoo.addons.{MODULE}')]:
            del sys.modules[name]

    @classmethod
    def _install_example(cls):
        """Add the models to the registry, as loading the module would, and make their columns in the transaction of the tests."""
        registry = cls.registry
        before = {name: model._base_classes__ for name, model in registry.models.items()}
        cls.addClassCleanup(cls._uninstall_example, before)
        names = registry.load(SimpleNamespace(name=MODULE))
        registry._setup_models__(cls.cr, names)
        cls.env['ir.module.module'].sudo().create({'name': MODULE, 'state': 'installed'})
        registry.init_models(cls.cr, names, {'module': MODULE})

    @classmethod
    def _uninstall_example(cls, before):
        """Take the models back. What is left of the fields goes with the set-up of all models that follows each class of tests."""
        for name in cls.registry.models.keys() - before.keys():
            del cls.registry[name]
        for name, bases in before.items():
            cls.registry[name]._base_classes__ = bases

    def item(self, **values):
        return self.env['account.analytic.line'].sudo().create({
            'name': "Share of the rent", 'account_id': self.project.id, 'general_account_id': self.expense.id, 'amount': -100,
            'date': '2026-11-02', 'company_id': self.xero_company.id, **values})

    def export_of(self, item):
        self.env.invalidate_all()
        return self.env['xero.export'].sudo().search([('analytic_item_id', '=', item.id)])

    def journals_in_xero(self, living=True):
        held = self.sandbox.organisations[HARBOUR].journals.values()
        return [journal for journal in held if not living or journal['Status'] not in ('VOIDED', 'DELETED')]

    def lines_of(self, journal):
        return [
            (float(line['LineAmount']), line['AccountCode'], [option['Option'] for option in line['Tracking']]) for line in journal['JournalLines']]

    def find_silent_changes(self):
        self.connection.swept_at = False
        self.run_slice(self.connection, times=2)

    # === THE PAGE === #

    def test_the_page_shows_a_whole_add_on(self):
        files = example_files()
        manifest = literal_eval(files[f'{MODULE}/__manifest__.py'])
        self.assertEqual(manifest['depends'], ['account_xero'])
        imported = re.findall(r'import (\w+)', files[f'{MODULE}/models/__init__.py'])
        self.assertEqual(
            set(files), {f'{MODULE}/{name}.py' for name in ('__manifest__', '__init__', 'models/__init__', *(f'models/{name}' for name in imported))})

    # === THE KIND === #

    def test_the_kind_keeps_the_contract(self):
        self.assertIn('analytic_item', self.env['xero.kind']._all_names()[-1])
        self.assertFalse(self.env['xero.kind.analytic_item']._left_open())

    def test_a_document_is_in_xero_once(self):
        item = self.item()
        self.assertEqual(self.export_of(item).state, 'waiting')
        self.run_slice(self.connection, times=2)
        [journal] = self.journals_in_xero()
        self.assertEqual(self.lines_of(journal), [(-100, '469', []), (100, '469', ["North"])])
        self.assertRecordValues(self.export_of(item), [{
            'kind': 'analytic_item', 'state': 'synced', 'xero_id': journal['ManualJournalID'], 'difference': False, 'amount_total': 100}])
        self.assertIn(f'model=account.analytic.line&res_id={item.id}', journal['Url'])
        kind = self.env['xero.kind.analytic_item']
        self.assertEqual(kind._key(journal), (kind._tag(self.export_of(item)),))

    def test_a_change_without_a_hook_is_found(self):
        item = self.item()
        self.run_slice(self.connection)
        self.env.cr.execute("UPDATE xero_export SET checked_at = checked_at - interval '1 hour'")
        item.amount = -150
        self.find_silent_changes()
        [journal] = self.journals_in_xero()
        self.assertEqual(self.lines_of(journal), [(-150, '469', []), (150, '469', ["North"])])
        self.assertRecordValues(self.export_of(item), [{'state': 'synced', 'difference': False, 'amount_total': 150}])
        self.assertEqual(len(self.calls('POST', JOURNALS)), 1)

    def test_what_is_deleted_is_voided(self):
        item = self.item()
        self.run_slice(self.connection)
        export = self.export_of(item)
        item.unlink()
        self.run_slice(self.connection, times=2)
        self.env.invalidate_all()
        self.assertRecordValues(export, [{'state': 'synced', 'operation': 'none', 'done_operation': 'void', 'xero_status': 'VOIDED'}])
        self.assertFalse(self.journals_in_xero())
        self.assertIn("Share of the rent", export._kind()._undone_words(export))

    def test_what_is_undone_and_made_again_is_there_once(self):
        item = self.item()
        self.run_slice(self.connection)
        kind = self.env['xero.kind.analytic_item']
        for account, living in ((self.env['account.account'], 0), (self.expense, 1)):
            item.general_account_id = account
            kind._on_changed(item)
            self.run_slice(self.connection, times=2)
            self.assertEqual(len(self.journals_in_xero()), living)
        self.assertEqual(len(self.journals_in_xero(living=False)), 2)
        self.assertEqual(self.export_of(item).state, 'synced')

    def test_what_was_deleted_first_is_never_sent(self):
        item = self.item()
        export = self.export_of(item)
        item.unlink()
        self.run_slice(self.connection)
        self.assertEqual(export.state, 'skipped')
        self.assertFalse(self.calls('PUT', JOURNALS))

    def test_missed_documents_are_found(self):
        """Made without the hook, as by SQL or while the add-on was not installed."""
        item, other = self.item(), self.item(general_account_id=False)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM xero_export WHERE analytic_item_id IS NOT NULL")
        self.assertFalse(self.export_of(item))
        self.find_silent_changes()
        self.assertEqual(self.export_of(item).state, 'synced')
        self.assertFalse(self.export_of(other))
        self.assertEqual(len(self.journals_in_xero()), 1)

    def test_what_cannot_be_queued_says_so(self):
        item = self.item()
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM xero_export WHERE analytic_item_id IS NOT NULL")

        def fail(kind, document):
            raise ValueError("A fault of the partner's add-on")

        self.patch(self.registry['xero.kind.analytic_item'], '_prepare_document', fail)
        with self.assertLogs('odoo.addons.account_xero', 'ERROR'):
            self.find_silent_changes()
        self.assertRecordValues(self.export_of(item), [{'state': 'failed', 'cause': 'data', 'document_name': item.display_name}])

    def test_what_xero_saved_before_an_answer_was_lost_is_not_sent_again(self):
        item = self.item()
        self.sandbox.faults.order(kind='drop_after', method='PUT', path='/ManualJournals')
        self.run_slice(self.connection)
        self.let_time_pass(minutes=10)
        self.run_slice(self.connection, times=2)
        self.assertEqual(self.export_of(item).state, 'synced')
        self.assertEqual(len(self.journals_in_xero()), 1)

    def test_people_open_and_check_it(self):
        """No button speaks of invoices."""
        item = self.item()
        export = self.export_of(item)
        action = export.action_open_document()
        self.assertEqual((action['res_model'], action['res_id']), ('account.analytic.line', item.id))
        by_admin = export.with_user(self.admin).sudo(False)
        self.assertEqual(Form(by_admin).document_ref, f'account.analytic.line,{item.id}')
        self.env['ir.rule'].sudo().create({
            'name': "Nobody's", 'model_id': self.env['ir.model']._get_id('account.analytic.line'), 'domain_force': "[(0, '=', 1)]"})
        self.env.invalidate_all()
        self.assertFalse(Form(by_admin).document_ref)
        self.assertEqual(export.action_check()['params']['message'], "Share of the rent can be sent to Xero.")
        self.project.name = "Nowhere"
        self.env['xero.mapping'].sudo().search([('type', '=', 'tracking')]).unlink()
        self.assertIn("Nowhere", export.action_check()['params']['message'])
        self.run_slice(self.connection)
        self.env.invalidate_all()
        self.assertEqual((export.state, export.cause), ('failed', 'tracking'))
        self.assertNotIn("invoice", export.message.lower())
        self.assertFalse(self.calls('PUT', JOURNALS))

    def test_it_has_a_page_in_xero(self):
        item = self.item()
        self.run_slice(self.connection)
        self.assertIn('/Journal/View.aspx?invoiceID=', self.export_of(item).xero_url)

    def test_exports_outlive_the_add_on(self):
        """Uninstalled, the kind is no model any more: its exports neither stop the slice nor change anything in Xero."""
        sent = self.export_of(self.item())
        self.run_slice(self.connection)
        waiting = self.export_of(self.item())
        self.env.flush_all()
        self.env.cr.execute("UPDATE xero_export SET kind = 'gone', analytic_item_id = NULL, checked_at = NULL WHERE id IN %s", [(sent | waiting)._ids])
        self.env.invalidate_all()
        invoice = self.document()
        self.run_slice(self.connection, times=2)
        self.assert_once(invoice)
        words = "The add-on that sent Share of the rent to Xero was uninstalled."
        self.assertRecordValues(sent | waiting, [{'state': 'synced', 'operation': 'none'}, {'state': 'skipped', 'operation': 'create'}])
        self.assertEqual((sent.difference, waiting.message), (words, words))
        self.assertEqual(len(self.journals_in_xero()), 1)
        self.assertFalse(sent.with_user(self.admin).read()[0]['fix_label'])
        with self.assertRaisesRegex(UserError, "was uninstalled"):
            sent.action_open_document()

    # === A CONTACT === #

    def test_a_kind_with_a_contact_sends_it_first(self):
        kind = self.registry['xero.kind.analytic_item']
        self.patch(kind, '_has_contact', True)
        self.assertEqual(self.env['xero.kind.analytic_item']._left_open(), ['_partner'])
        self.patch(kind, '_partner', lambda self, export: export.analytic_item_id.partner_id)
        item, homeless = self.item(partner_id=self.partner_a.id), self.item()
        self.assertIn(
            "Share of the rent has no customer or vendor", self.export_of(homeless).action_check()['params']['message'])
        self.run_slice(self.connection)
        self.assertEqual([call['path'].rpartition('/')[2] for call in self.calls('PUT')], ['Contacts', 'ManualJournals'])
        self.assertEqual(self.env['xero.contact'].search([('partner_id', '=', self.partner_a.id)]).connection_id, self.connection)
        self.assertEqual((self.export_of(item).state, self.export_of(homeless).state), ('synced', 'failed'))
        self.assertIn("Share of the rent has no customer or vendor", self.export_of(homeless).message)

    # === THE STEP === #

    def test_the_step_has_its_place(self):
        names = [step._name.removeprefix('xero.step.') for step in self.env['xero.step']._all()]
        place = names.index('drafts')
        self.assertEqual((names[place - 1], names[place + 1]), ('send', 'silent_changes'))

    def test_the_step_counts_once_a_day(self):
        self.connection.write({'journals_status': 'DRAFT', 'drafts_counted_at': False})
        self.item()
        self.run_slice(self.connection, times=2)
        self.assertEqual([call['method'] for call in self.calls(path=JOURNALS)], ['PUT', 'GET'])
        self.assertIn("1 manual journals are drafts in Xero.", self.connection.message_ids[0].body)
        step = self.env['xero.step.drafts']
        [moment] = step._next_moments(self.connection)
        self.assertGreater(moment, self.now())
        # Without the consent it neither calls nor asks for slices
        self.connection.drafts_counted_at = False
        self.connection.authorization_id.scopes = 'accounting.invoices'
        self.assertFalse(list(step._next_moments(self.connection)))
        self.sandbox.requests.clear()
        self.run_slice(self.connection)
        self.assertFalse(self.calls(path=JOURNALS))
