"""Keep out of the log what is no event."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager


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
