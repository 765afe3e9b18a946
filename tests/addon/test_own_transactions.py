from odoo.sql_db import db_connect
from odoo.tests import tagged

from ..common import XeroCase


@tagged('post_install', '-at_install')
class TestOwnTransactions(XeroCase):
    """What our tests hear of a transaction is what PostgreSQL says outside of them."""

    def test_a_transaction_has_a_number_once_it_has_written(self):
        for statement, has_number in (
            ("SELECT id, write_date FROM res_country", False),
            ("SAVEPOINT one", False),
            ("SELECT id FROM res_country ORDER BY id LIMIT 1 FOR NO KEY UPDATE", True),
            ("UPDATE res_country SET code = code WHERE id = (SELECT MIN(id) FROM res_country)", True),
            ("INSERT INTO ir_config_parameter (key, value) VALUES ('a', 'b')", True),
        ):
            with self.subTest(statement), self.registry.cursor() as of_test, db_connect(self.env.cr.dbname).cursor() as real:
                for cr in (of_test, real):
                    self.assertFalse(self._has_number(cr))
                    cr.execute(statement)
                    self.assertEqual(self._has_number(cr), has_number)
                    cr.rollback()
                    self.assertFalse(self._has_number(cr))

    @staticmethod
    def _has_number(cr):
        cr.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
        return cr.fetchone()[0]
