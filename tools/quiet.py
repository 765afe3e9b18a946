"""Keep out of the log what is no event."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def mute_logger_in_thread(name: str) -> Iterator[None]:
    """Drop the records of a logger that this thread makes, for an error that the caller gets as an exception and handles.

    Records of other threads are kept.

    :param name: of the logger.
    """
    here, logger = threading.get_ident(), logging.getLogger(name)

    def is_elsewhere(record: logging.LogRecord) -> bool:
        return record.thread != here

    logger.addFilter(is_elsewhere)
    try:
        yield
    finally:
        logger.removeFilter(is_elsewhere)


@contextmanager
def mute_conflicts(env: Any) -> Iterator[None]:
    """Write rows that the connection's slice writes too, without an error in the log for a conflict with it.

    The second of two writers gets a serialization failure, and Odoo then repeats the whole request. It is nobody's error, so the log does
    not have to report a bad query.

    :param env: Odoo's environment of the transaction. Its pending writes are flushed before, and those of the block at its end.
    """
    env.flush_all()
    with mute_logger_in_thread('odoo.sql_db'):
        yield
        env.flush_all()
