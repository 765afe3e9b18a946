from odoo.addons.account_xero.models.export.xero_cause import cause_named
from odoo.tests import TransactionCase, tagged


@tagged('post_install', '-at_install')
class TestMappingContract(TransactionCase):
    """What `xero.mapped` asks of each type, so that an incomplete type does not fail at its first document."""

    def things(self):
        Mapping = self.env['xero.mapping']
        for thing in Mapping._things():
            with self.subTest(thing=thing._name):
                yield Mapping, thing

    def test_each_type_names_its_fields_and_its_cause(self):
        for Mapping, thing in self.things():
            source, target = Mapping._fields[thing._source_field], Mapping._fields[thing._target_field]
            self.assertTrue(source.readonly and source.store)
            self.assertEqual(target.comodel_name, Mapping._fields[thing._suggestion_field].comodel_name)
            self.assertEqual(cause_named(thing._cause).code, thing._cause)

    def test_each_target_is_reference_data_that_can_be_used_and_compared(self):
        for Mapping, thing in self.things():
            Target = self.env[Mapping._fields[thing._target_field].comodel_name]
            self.assertTrue({'connection_id', 'status', 'name', Target._code_field} <= Target._fields.keys())
            self.assertFalse(Target._is_usable())

    def test_each_type_says_what_is_missing(self):
        base = self.env['xero.mapped']
        for _mapping, thing in self.things():
            self.assertIsNot(type(thing)._undecided_words, type(base)._undecided_words)
            if thing._reference_list:
                self.assertTrue(thing._answer_list)
                for name in ('_can_create', '_prepare_creation', '_creation_request', '_creation_details'):
                    self.assertIsNot(getattr(type(thing), name), getattr(type(base), name), name)
