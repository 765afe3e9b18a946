from psycopg2.errors import SerializationFailure

from odoo.service.model import retrying
from odoo.tests import tagged

from .race_common import RaceCase


@tagged('post_install', '-at_install')
class TestMappingRace(RaceCase):
    """A check and a slice, or two checks, make the same row at the same time, in their own committed transactions."""

    def row(self, env):
        """Make the row of a line without taxes, as the build of a document does."""
        company = env.ref('base.main_company')
        resolver = env['xero.mapping']._prefetch_for(env['xero.connection'].browse(self.connection_id), company)
        return resolver.find('tax', env['account.tax'], 'sale')

    def neighbour_makes_it(self):
        with self.transaction() as env:
            row = self.row(env)
            env.cr.commit()
            return row.id

    def test_it_is_a_serialization_failure(self):
        with self.transaction() as env:
            resolver = env['xero.mapping']._prefetch_for(env['xero.connection'].browse(self.connection_id), env.ref('base.main_company'))
            self.neighbour_makes_it()
            with self.assertRaises(SerializationFailure):
                resolver.find('tax', env['account.tax'], 'sale')

    def test_rpc_call_is_done_again_and_takes_it(self):
        with self.transaction() as env:
            env['xero.mapping'].search([('connection_id', '=', self.connection_id)])     # the snapshot is older than the row
            made = []

            def check():
                if not made:
                    made.append(self.neighbour_makes_it())
                return self.row(env).id
            self.assertEqual(retrying(check, env), made[0])

    def test_row_of_the_same_transaction_is_taken(self):
        with self.transaction() as env:
            company, connection = env.ref('base.main_company'), env['xero.connection'].browse(self.connection_id)
            stale = env['xero.mapping']._prefetch_for(connection, company)
            row = self.row(env)
            self.assertEqual(stale.find('tax', env['account.tax'], 'sale'), row)
