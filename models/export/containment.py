"""Containment: an unexpected error with one record is shown on that record, and the work on the others continues."""
import logging
from contextlib import nullcontext

from odoo import models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...exceptions import XeroError

_logger = logging.getLogger(__name__)

# Not caused by the record at work: a failed call, and a concurrent write, after which the transaction is retried
EXPECTED = (XeroError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY)


def contain(env, items, work, exports_of=None, tell=None, writes=True, counter=None, is_first=False, refusals=()):
    """Process all items in one savepoint. After an unexpected error, process halves of them, down to single items.

    The error of a single item is logged once, and its exports fail with it.

    :param items: recordset or list.
    :param work: called with some of the items. It must not commit.
    :param exports_of: called with one item, returns its `xero.export`; None if the items are exports.
    :param tell: called with one item and the error, instead of failing its exports.
    :param bool writes: whether `work` writes anything; if not, there is nothing to roll back, and a savepoint costs two queries.
    :param bool is_first: whether nothing was written in this transaction before. The whole transaction is rolled back then, without a savepoint.
    :param refusals: classes of errors that are answers of Odoo's to a person, so they are logged as information, without a traceback.
    :param counter: object with `done` and `failed`. Both are reset when the work is rolled back; `failed` counts the exports that fail here.
    :return: list of what `work` returned, and the `xero.export` that failed here.
    :raise XeroError: as `work` does; concurrency errors of PostgreSQL likewise.
    """
    if not items:
        return [], env['xero.export']
    counts = (counter.done, counter.failed) if counter else ()
    try:
        with env.cr.savepoint() if writes and not is_first else nullcontext():
            result = work(items)
            if is_first:
                env.flush_all()     # as a savepoint does at its end: a failed query is an error of these items
            return [result], env['xero.export']
    except EXPECTED:
        raise
    except Exception as error:
        if is_first:
            env.cr.rollback()
        if counter:
            counter.done, counter.failed = counts
        if len(items) == 1:
            return [], _tell(env, items, error, exports_of, tell, counter, refusals)
    middle = len(items) // 2
    results, failed = contain(env, items[:middle], work, exports_of, tell, writes, counter, refusals=refusals)
    others, also_failed = contain(env, items[middle:], work, exports_of, tell, writes, counter, refusals=refusals)
    return results + others, failed | also_failed


def contain_quietly(env, work, writes=True):
    """Do optional work, such as notifying people; an unexpected error is only logged.

    :param work: called without arguments. It must not commit.
    :param bool writes: as of `contain`.
    :return: what `work` returns, None after an error.
    """
    try:
        with env.cr.savepoint() if writes else nullcontext():
            return work()
    except EXPECTED:
        raise
    except Exception:
        _logger.exception("Unexpected error in optional work; no document is affected")
        return None


def _tell(env, items, error, exports_of, tell, counter, refusals):
    """Log the unexpected error of one item, and fail its exports or call `tell`.

    :return: the `xero.export` that failed.
    """
    item = items if isinstance(items, models.BaseModel) else items[0]
    exports = exports_of(item) if exports_of else item
    if isinstance(error, refusals):
        _logger.info("%s was refused: %s", exports or item, error)
    else:
        _logger.error("Unexpected error with %s", exports or item, exc_info=error)
    if tell:
        tell(item, error)
        return env['xero.export']
    for export in exports:
        export._fail_unexpectedly(error)
    if counter:
        counter.failed += len(exports)
    return exports
