"""Logging, for what is no event."""

import logging
import threading
from contextlib import contextmanager


@contextmanager
def quiet(name):
    """Keep a logger from telling as an error what the caller gets as an exception and deals with.

    Other threads are heard as ever.

    :param str name: of the logger.
    """
    here, logger = threading.get_ident(), logging.getLogger(name)

    def is_elsewhere(record):
        return record.thread != here

    logger.addFilter(is_elsewhere)
    try:
        yield
    finally:
        logger.removeFilter(is_elsewhere)


@contextmanager
def retried(env):
    """Write rows that the connection's slice writes, too.

    Who comes second meets a serialization failure; Odoo then does the whole request again. That is nobody's error, so the log
    need not say that a query was bad.

    :param env: of the transaction, whose pending writes are flushed before, and those of the block at its end.
    """
    env.flush_all()
    with quiet('odoo.sql_db'):
        yield
        env.flush_all()
