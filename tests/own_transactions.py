"""What PostgreSQL says of a transaction outside of tests.

All cursors of a test share the test's own transaction, which has always written something. A slice that asks whether it has written anything since
its last commit would hear yes after each step, and would commit and read everything again, which it does nowhere else.
"""
import re
from unittest.mock import patch

from odoo.tests.test_cursor import TestCursor
from odoo.tools import SQL

QUESTION = 'pg_current_xact_id_if_assigned()'
# For any of these PostgreSQL numbers a transaction. A word too many costs a commit and nothing else.
WRITES = re.compile(r'\b(?:INSERT|UPDATE|DELETE|MERGE|SHARE|TRUNCATE|COPY|CREATE|ALTER|DROP|COMMENT|NEXTVAL|SETVAL)\b', re.IGNORECASE)
# Methods of Odoo's and psycopg2's cursors that write without calling `execute` of the test's cursor
WRITERS = {'execute_values', 'executemany', 'copy_from', 'copy_expert'}

_execute, _getattr = TestCursor.execute, TestCursor.__getattr__


def kept_apart():
    """Return a context in which each cursor of a test knows whether it has written anything since its last commit or rollback."""
    return patch.multiple(
        TestCursor, execute=_noting_writes, __getattr__=_noting_writers, commit=_forgetting(TestCursor.commit), rollback=_forgetting(TestCursor.rollback))


def _noting_writes(self, query, *args, **kwargs):
    code = query.code if isinstance(query, SQL) else str(query)
    if WRITES.search(code):
        self.has_written = True
    elif QUESTION in code and not vars(self).get('has_written'):
        query = code.replace(QUESTION, 'NULL::xid8')
    return _execute(self, query, *args, **kwargs)


def _noting_writers(self, name):
    if name in WRITERS:
        self.has_written = True
    return _getattr(self, name)


def _forgetting(end):
    def forgetting(self):
        end(self)
        self.has_written = False
    return forgetting
