"""What something costs: processor time, here and in the database, and queries; without what is spent in calls to Xero."""
import time
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import requests

from odoo import sql_db

from dev import postgres


class Meter:
    """Measures its block.

    `own`: seconds of this process's processor time, less those spent in HTTP; neither waiting for the pace of calls nor other programs on the
    machine count. `database`: seconds of processor time that PostgreSQL spent for this database, or of waiting for it where it runs elsewhere.
    `queries`: their number.

    :param str database: name.
    """

    def __init__(self, database):
        self._database = database

    def __enter__(self):
        self._waited = self._http_processor = 0.0
        self._backends = _backend_seconds(self._database)
        self._stack = ExitStack()
        self._stack.enter_context(patch.object(requests.Session, 'send', self._timed_call(requests.Session.send)))
        self._stack.enter_context(patch.object(sql_db.Cursor, 'execute', self._timed_query(sql_db.Cursor.execute)))
        self._queries, self._started = sql_db.sql_counter, time.process_time()
        return self

    def __exit__(self, *exception):
        self.own = time.process_time() - self._started - self._http_processor
        self.queries = sql_db.sql_counter - self._queries
        self._stack.close()
        backends = _backend_seconds(self._database)
        self.database = sum(seconds - self._backends.get(pid, 0) for pid, seconds in backends.items()) if backends else self._waited

    def _timed_call(self, original):
        def send(session, *args, **kwargs):
            processor = time.process_time()
            try:
                return original(session, *args, **kwargs)
            finally:
                self._http_processor += time.process_time() - processor
        return send

    def _timed_query(self, original):
        def execute(cursor, *args, **kwargs):
            wall, processor = time.perf_counter(), time.process_time()
            try:
                return original(cursor, *args, **kwargs)
            finally:
                self._waited += time.perf_counter() - wall - (time.process_time() - processor)
        return execute


def _backend_seconds(database):
    """Return the processor time of PostgreSQL's processes for a database, by process id; empty if they are on another machine."""
    pids = [pid for (pid,) in postgres.query("SELECT pid FROM pg_stat_activity WHERE datname = %s", [database])]
    try:
        return {pid: int(Path(f'/proc/{pid}/schedstat').read_text().split()[0]) / 1e9 for pid in pids}
    except OSError:
        return {}
