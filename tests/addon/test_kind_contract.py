from odoo import models
from odoo.tests import TransactionCase, tagged


@tagged('post_install', '-at_install')
class TestKindContract(TransactionCase):
    """A kind that leaves part of its contract open would meet a silent default: a change that nobody notices, a document that nobody finds."""

    def test_every_kind_says_what_a_kind_must_say(self):
        for kind in self.env['xero.kind']._all():
            with self.subTest(kind=kind._name):
                self.assertFalse(kind._left_open())

    def test_no_two_kinds_claim_the_same(self):
        """The later kind would get the entries, or be recognised by the tag, of the other one."""
        kinds = self.env['xero.kind']._all()
        for name in ('_sequence', '_tag_letter'):
            claimed = [value for kind in kinds if (value := getattr(kind, name, None)) is not None]
            self.assertEqual(len(claimed), len(set(claimed)), name)
        claimed = [(kind._journal_mode, move_type) for kind in kinds for move_type in kind._move_types]
        self.assertEqual(len(claimed), len(set(claimed)))

    def test_kinds_are_what_an_export_can_be(self):
        names = [name for name, _label in self.env['xero.export']._fields['kind']._description_selection(self.env)]
        self.assertEqual(names, [kind._kind_name() for kind in self.env['xero.kind']._all()])
        for name in names:
            self.assertIn(f'xero.kind.{name}', self.env.registry)

    def test_each_kind_lists_all_of_them(self):
        """A kind that descends from another one asks as well which kind an entry is."""
        names = self.env['xero.kind']._all_names()
        for kind in self.env['xero.kind']._all():
            self.assertEqual(kind._all_names(), names)
            self.assertEqual(kind._names_by_mode(), self.env['xero.kind']._names_by_mode())

    def test_what_is_left_open_is_named(self):
        """The base of all kinds says nothing itself."""
        left_open = self.env['xero.kind']._left_open()
        for name in ('_label', '_build', '_remote_params or _read_remote', '_queue_missed', '_xero_endpoint'):
            self.assertIn(name, left_open)

    def test_documents_that_are_no_entries_need_more(self):
        day = type(self.env['xero.kind.journal_day'])
        recent_writes = type(self.env['xero.kind'])._recent_writes
        self.patch(day, '_recent_writes', recent_writes)
        self.assertEqual(self.env['xero.kind.journal_day']._left_open(), ['_recent_writes'])

    def test_a_document_has_one_export_in_each_connection(self):
        """Whatever two transactions do at once: an index sees to it."""
        self.patch(type(self.env['xero.kind.journal_day']), '_document_field', 'credit_export_id')
        self.assertEqual(self.env['xero.kind.journal_day']._left_open(), ['unique index of _document_field'])

    def test_exports_of_a_document_are_found_by_an_index(self):
        self.patch(self.env['xero.export']._fields['day_id'], 'index', None)
        self.assertEqual(self.env['xero.kind.journal_day']._left_open(), ['index of _document_field'])

    def test_a_name_that_is_no_kind_is_one_that_was_removed(self):
        self.assertEqual(self.env['xero.kind']._named('gone')._name, 'xero.kind.removed')
        self.assertEqual(self.env['xero.kind']._named('journal')._name, 'xero.kind.journal')
        self.assertNotIn('removed', self.env['xero.kind']._all_names())

    def test_every_document_field_leads_to_a_record(self):
        for kind in self.env['xero.kind']._all():
            document_field = self.env['xero.export']._fields[kind._document_field]
            self.assertIsInstance(self.env[document_field.comodel_name], models.BaseModel)
