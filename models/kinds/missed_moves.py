"""Documents that the hooks missed: without a row, or changed or undone without a note."""
import logging

from psycopg2.errors import UniqueViolation

from odoo.fields import Domain
from odoo.tools import SQL

from .xero_kind_queue import written_since

_logger = logging.getLogger(__name__)


def queue_missed(slice, kind, domain, limit):
    """Queue posted entries of a kind that have no row, and rows whose entry is posted again.

    :param Slice slice: the current slice.
    :param kind: model of the kind.
    :param Domain domain: of the entries of this kind; that they are posted and have no row is added.
    :param int limit: the maximum number of entries of each sort.
    :return: number of entries without a row.
    """
    env, connection = slice.env, slice.connection
    missed = Domain([('state', '=', 'posted'), ('date', '>=', connection.export_start_date), ('xero_state', '=', False)])
    moves = env['account.move'].search(missed & domain, limit=limit, order='id')
    returned = env['xero.export'].search([
        ('connection_id', '=', connection.id), ('kind', '=', kind._kind_name()), ('move_id.state', '=', 'posted'),
        '|', ('wait_code', '=', 'unposted'), ('skip_rule', '=', 'undone'),
    ], limit=limit)
    enqueue_contained(slice, moves | returned.move_id)
    return len(moves)


def drop_missed(slice, limit):
    """Drop documents of all kinds that were cancelled, deleted or reset to draft without a hook before they were sent.

    :param Slice slice: the current slice.
    :param int limit: the maximum number of entries, and of other documents.
    """
    env, connection = slice.env, slice.connection
    env.flush_all()
    # From the few open rows to their entries
    moves = env['xero.export'].browse(row[0] for row in env.execute_query(SQL(
        """SELECT export.id
             FROM xero_export export
             JOIN account_move move ON move.id = export.move_id
            WHERE export.connection_id = %s AND export.state IN ('waiting', 'failed') AND export.xero_id IS NULL
              AND (move.state = 'cancel' OR move.state = 'draft' AND export.wait_code IS DISTINCT FROM 'unposted')
         ORDER BY export.id LIMIT %s""", connection.id, limit)))
    fields = {kind._document_field for kind in env['xero.kind']._all()}
    others = env['xero.export'].search(
        Domain([('connection_id', '=', connection.id), ('state', 'in', ('waiting', 'failed')), ('xero_id', '=', False), ('move_id', '=', False)])
        & (Domain('state', '=', 'failed') | Domain.AND(Domain(name, '=', False) for name in fields)), limit=limit, order='id')
    slice.contain(moves | others, lambda some: some._drop_undone())


def enqueue_contained(slice, documents, kind=None):
    """Queue documents. If the queueing of one ends in an unexpected error, it gets a failed row.

    :param Slice slice: the current slice.
    :param documents: posted `account.move` of the slice's connection, or documents of another model.
    :param kind: model of their kind, if they are not journal entries.
    """
    env = slice.env

    def enqueue(some):
        try:
            with env.cr.savepoint():
                env['xero.export']._enqueue(some)
        except UniqueViolation:
            if len(some) > 1:
                raise
            _logger.info("Already queued by the transaction that posted it: %s", some)

    slice.contain(documents, enqueue, tell=lambda document, error: _tell_unqueued(slice, document, kind, error))


def _tell_unqueued(slice, document, kind, error):
    """Fail the row of a document that could not be queued. Create it if there is none, without the kind's methods, which may have failed."""
    field = kind._document_field if kind is not None else 'move_id'
    export = slice.env['xero.export'].search([('connection_id', '=', slice.connection.id), (field, '=', document.id)], limit=1)
    if not export and (kind is not None or document._xero_kind()):
        values = (
            {'kind': document._xero_kind(), **invoice_values(document)} if kind is None
            else {'kind': kind._kind_name(), 'document_name': document.display_name})
        export = slice.contain_quietly(lambda: export.create({
            'connection_id': slice.connection.id, 'company_id': document.company_id.id, field: document.id, **values}))
    if export:
        export._fail_unexpectedly(error)


def invoice_values(move):
    """Return the values that an export remembers of an invoice, or of another entry as if it were one. They need only Odoo's own fields."""
    return {
        'document_name': move._xero_name(), 'document_date': move.invoice_date or move.date, 'partner_id': move.commercial_partner_id.id,
        'currency_id': move.currency_id.id, 'amount_total': move.amount_total, 'base_total': abs(move.amount_total_signed)}


def recent_writes_of_moves(since):
    """Return the query of entries that were written since a moment, or whose items were, in the form of `xero.kind._recent_writes`.

    :param datetime since: naive UTC, or None.
    """
    recent = written_since('write_date', since)
    return SQL(
        "SELECT id, write_date AS at FROM account_move WHERE %s UNION ALL SELECT move_id, write_date FROM account_move_line WHERE %s", recent, recent)
