"""Conflicts with the connection's slice, which writes rows that people write too."""
from contextlib import contextmanager

from ...tools.quiet import mute_logger_in_thread


@contextmanager
def mute_conflicts(env):
    """Write rows that the connection's slice writes too, without an error in the log for a conflict with it.

    The second of two writers gets a serialization failure, and Odoo then repeats the whole request. This is no error, so the log must not
    report a bad query.

    :param env: environment of the transaction. Its pending writes are flushed before, and those of the block at its end.
    """
    env.flush_all()
    with mute_logger_in_thread('odoo.sql_db'):
        yield
        env.flush_all()
