"""Journal entries whose hook was missed: without a row, or changed without a note."""
import logging

from psycopg2.errors import UniqueViolation

from odoo.fields import Domain
from odoo.tools import SQL

from .xero_kind_queue import written_since

_logger = logging.getLogger(__name__)


def queue_missed(slice, kind, domain, limit):
    """Queue posted entries of a kind that have no row, and tell rows that their entry is posted again.

    :param Slice slice: the one that sweeps.
    :param kind: model of the kind.
    :param Domain domain: of the entries that go as this kind, beside that they are posted and have no row.
    :param int limit: most entries of each sort.
    :return: number of entries without a row.
    """
    env, connection = slice.env, slice.connection
    missed = Domain([('state', '=', 'posted'), ('date', '>=', connection.export_start_date), ('xero_state', '=', False)])
    moves = env['account.move'].search(missed & domain, limit=limit, order='id')
    returned = env['xero.export'].search([
        ('connection_id', '=', connection.id), ('kind', '=', kind._kind_name()), ('wait_code', '=', 'unposted'), ('move_id.state', '=', 'posted'),
    ], limit=limit)
    enqueue_contained(slice, moves | returned.move_id)
    return len(moves)


def enqueue_contained(slice, moves):
    """Queue entries. One whose queueing ends in an error gets a row that says so.

    :param Slice slice: the one that sweeps.
    :param moves: `account.move`, posted, that go through the slice's connection.
    """
    env = slice.env

    def enqueue(some):
        try:
            with env.cr.savepoint():
                env['xero.export']._enqueue(some)
        except UniqueViolation:
            if len(some) > 1:
                raise
            _logger.info("Just queued by the transaction that posted it: %s", some)

    slice.contain(moves, enqueue, tell=lambda move, error: _tell_unqueued(slice, move, error))


def _tell_unqueued(slice, move, error):
    """Make the row of a document that could not be queued in the usual way, or take the one it has, and tell the error there."""
    connection = slice.connection
    export = move.xero_export_ids.filtered(lambda export: export.connection_id == connection)[:1]
    if not export and move._xero_kind():
        export = slice.contain_quietly(lambda: export.create({
            'connection_id': connection.id, 'company_id': move.company_id.id, 'kind': move._xero_kind(), 'move_id': move.id,
            'document_name': move._xero_name(), 'document_date': move.invoice_date or move.date, 'partner_id': move.commercial_partner_id.id,
            'currency_id': move.currency_id.id, 'amount_total': move.amount_total, 'base_total': abs(move.amount_total_signed)}))
    if export:
        export._fail_unexpectedly(error)


def recent_writes_of_moves(since):
    """Return the query of entries that were written, or an item of theirs, since a moment, in the form of `xero.kind._recent_writes`.

    :param datetime since: naive UTC, or None.
    """
    recent = written_since('write_date', since)
    return SQL(
        "SELECT id, write_date AS at FROM account_move WHERE %s UNION ALL SELECT move_id, write_date FROM account_move_line WHERE %s", recent, recent)
