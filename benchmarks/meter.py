"""What something costs: processor time, time in the database, queries; without what is spent in calls to Xero."""
import time
from contextlib import ExitStack
from unittest.mock import patch

import requests

from odoo import sql_db


class Meter:
    """Measures its block.

    `own`: seconds of this process's processor time, less those spent in HTTP; neither waiting for the pace of calls nor other programs on the
    machine count. `database`: seconds spent waiting for PostgreSQL. `http`: seconds spent in calls, and `calls` their number. `queries`.
    """

    def __enter__(self):
        self.database = self.http = self._http_processor = 0.0
        self.calls = 0
        self._stack = ExitStack()
        self._stack.enter_context(patch.object(requests.Session, 'send', self._timed_call(requests.Session.send)))
        self._stack.enter_context(patch.object(sql_db.Cursor, 'execute', self._timed_query(sql_db.Cursor.execute)))
        self._queries, self._started = sql_db.sql_counter, time.process_time()
        return self

    def __exit__(self, *exception):
        self.own = time.process_time() - self._started - self._http_processor
        self.queries = sql_db.sql_counter - self._queries
        self._stack.close()

    def _timed_call(self, original):
        def send(session, *args, **kwargs):
            wall, processor = time.perf_counter(), time.process_time()
            try:
                return original(session, *args, **kwargs)
            finally:
                self.http += time.perf_counter() - wall
                self._http_processor += time.process_time() - processor
                self.calls += 1
        return send

    def _timed_query(self, original):
        def execute(cursor, *args, **kwargs):
            wall, processor = time.perf_counter(), time.process_time()
            try:
                return original(cursor, *args, **kwargs)
            finally:
                self.database += time.perf_counter() - wall - (time.process_time() - processor)
        return execute
