from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ..export.containment import contain
from ..kinds.build import build
from .slice import Slice

COMPARED_AT_ONCE = 200
LONG_TRANSACTIONS = timedelta(hours=1)      # `write_date` is the start of the transaction, not its commit


class XeroStepChanges(models.AbstractModel):
    """Compares documents that hooks marked as changed, cancelled or deleted since they were sent (`checked_at` is empty)."""
    _name = 'xero.step.changes'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: compare documents that were changed"

    _sequence = 130

    def _run(self, slice: Slice) -> None:
        # A document is built with its contact
        if not slice.reads_contacts:
            self._compare_changed(slice)

    def _compare_changed(self, slice):
        """Compare documents that may have changed, in portions.

        :return: whether all of them were compared.
        """
        ids = self._changed_ids(slice.connection)
        for start in range(0, len(ids), COMPARED_AT_ONCE):
            if not slice.has_time():
                return False
            # Users may have queued some of them since they were searched for
            self._compare(self.env['xero.export'].browse(ids[start:start + COMPARED_AT_ONCE]).filtered(lambda export: export.state == 'synced'))
            slice.commit()
        return True

    def _changed_ids(self, connection):
        """Return a list of the ids of exports to compare, in their order."""
        self.env.flush_all()
        return [row[0] for row in self.env.execute_query(SQL("%s ORDER BY 1", self._changed_query(connection)))]

    def _changed_query(self, connection):
        """Return the query of the ids of exports to compare."""
        return SQL("SELECT export.id FROM xero_export export WHERE %s AND export.checked_at IS NULL", self._synced_condition(connection))

    def _synced_condition(self, connection):
        return SQL("export.connection_id = %s AND export.state = 'synced'", connection.id)

    def _compare(self, exports):
        """Compare documents with what was sent; queue or show the differences."""
        for alike in exports.grouped(lambda export: (export.kind, export.company_id)).values():
            staged, _failed = contain(
                self.env, alike, lambda some: (some, some.filtered(lambda export: export._desired_state() == 'present')))
            alike = alike.browse().union(*(some for some, _live in staged))
            live = alike.browse().union(*(live for _some, live in staged))
            contain(
                self.env, build(live), lambda some: [one.export._compare(one) for one in some], exports_of=lambda one: one.export)
            contain(self.env, alike - live, lambda some: [export._compare(None) for export in some])


class XeroStepSilentChanges(models.AbstractModel):
    """Compares documents that were written in Odoo without a hook. It runs in the slice of a sweep, after due documents were sent."""
    _name = 'xero.step.silent_changes'
    _inherit = 'xero.step.changes'
    _description = "Step of a Xero Slice: compare documents that were changed without a hook"

    _sequence = 150

    def _run(self, slice: Slice) -> None:
        if not slice.swept or slice.reads_contacts:
            return
        started = fields.Datetime.now()
        if self._compare_changed(slice):
            slice.lock_connection()
            slice.connection.compared_at = started

    def _changed_ids(self, connection):
        # If the statistics are old, PostgreSQL expects most documents to be recent, and reads their whole tables instead of the ends that their
        # indexes on the time name
        self.env.cr.execute(SQL("SET LOCAL enable_seqscan = off"))
        ids = super()._changed_ids(connection)
        self.env.cr.execute(SQL("SET LOCAL enable_seqscan = DEFAULT"))
        return ids

    def _changed_query(self, connection):
        # For each written document, its exports are found by the index of the field alone: with old statistics, PostgreSQL would read the index of
        # the states each time, or all exports once. OFFSET keeps the other conditions, and MATERIALIZED the search for documents, out of that
        written = [
            SQL("""(WITH written AS MATERIALIZED (
                         SELECT id, MAX(at) AS at FROM (%(query)s) every
                          WHERE EXISTS (SELECT FROM xero_export WHERE connection_id = %(connection)s AND %(field)s IS NOT NULL)
                       GROUP BY id)
                    SELECT export.id
                      FROM written
                CROSS JOIN LATERAL (SELECT id, connection_id, state, checked_at FROM xero_export WHERE %(field)s = written.id OFFSET 0) export
                     WHERE %(synced)s AND written.at > export.checked_at)""",
                query=query, connection=connection.id, field=SQL.identifier(field), synced=self._synced_condition(connection))
            for field, query in self._recent_writes(connection).items()]
        return SQL(" UNION ").join([super()._changed_query(connection), *written])

    def _recent_writes(self, connection):
        """Return a dict: document field of exports → query of the documents written since the last complete comparison."""
        since = connection.compared_at - LONG_TRANSACTIONS if connection.compared_at else None
        by_field = {}
        for kind in self.env['xero.kind']._all():
            if query := kind._recent_writes(since):
                # Most kinds of one field return the same query
                by_field.setdefault(kind._document_field, {})[query] = None
        return {field: SQL(" UNION ALL ").join(queries) for field, queries in by_field.items()}
