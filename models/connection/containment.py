"""Containment: what goes wrong unexpectedly with one record is told on that record, and the others go on."""
import logging
from contextlib import nullcontext

from odoo import models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...exceptions import XeroError

_logger = logging.getLogger(__name__)

# No fault of the record at work: a refusal of Xero's, and a neighbour's write, after which the same is done again
EXPECTED = (XeroError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY)


def contain(env, items, work, exports_of=None, tell=None, writes=True, counter=None):
    """Do something with all items in one savepoint, in ever smaller groups if that ends in an unexpected error.

    The error of an item that fails alone is logged once, and told on its exports.

    :param items: recordset or list.
    :param work: called with some of the items. It must not commit.
    :param exports_of: called with one item, returns its `xero.export`; None if the items are exports.
    :param tell: called with one item and the error, instead of failing its exports.
    :param bool writes: whether `work` writes anything; if not, there is nothing to roll back, and a savepoint costs two queries.
    :param counter: object with `done` and `failed`, which are taken back with the work, and count what fails here.
    :return: list of what `work` returned, and the `xero.export` that failed here.
    :raise XeroError: as `work` does; concurrency errors of PostgreSQL likewise.
    """
    if not items:
        return [], env['xero.export']
    counts = (counter.done, counter.failed) if counter else ()
    try:
        with env.cr.savepoint() if writes else nullcontext():
            return [work(items)], env['xero.export']
    except EXPECTED:
        raise
    except Exception as error:
        if counter:
            counter.done, counter.failed = counts
        if len(items) == 1:
            return [], _tell(env, items, error, exports_of, tell, counter)
    middle = len(items) // 2
    results, failed = contain(env, items[:middle], work, exports_of, tell, writes, counter)
    others, also_failed = contain(env, items[middle:], work, exports_of, tell, writes, counter)
    return results + others, failed | also_failed


def contain_quietly(env, work, writes=True):
    """Do something on which nothing depends, such as telling people; an unexpected error is only logged.

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
        _logger.exception("Unexpected error that does not keep any document from Xero")
        return None


def _tell(env, items, error, exports_of, tell, counter):
    """Tell the unexpected error of one item.

    :return: the `xero.export` that failed by it.
    """
    item = items if isinstance(items, models.BaseModel) else items[0]
    exports = exports_of(item) if exports_of else item
    _logger.error("Unexpected error with %s", exports or item, exc_info=error)
    if tell:
        tell(item, error)
        return env['xero.export']
    for export in exports:
        export._fail_unexpectedly(error)
    if counter:
        counter.failed += len(exports)
    return exports
