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
        last_id = 0
        while slice.has_time():
            self.env.flush_all()
            ids = [row[0] for row in self.env.execute_query(SQL(
                "%s ORDER BY 1 LIMIT %s", self._changed_query(slice.connection, last_id), COMPARED_AT_ONCE))]
            self._compare(self.env['xero.export'].browse(ids))
            slice.commit()
            if len(ids) < COMPARED_AT_ONCE:
                return True
            last_id = ids[-1]
        return False

    def _changed_query(self, connection, last_id):
        """Return the query of the ids of exports to compare.

        :param int last_id: the last id that was compared in this step.
        """
        return SQL(
            "SELECT export.id FROM xero_export export WHERE %s AND export.checked_at IS NULL", self._synced_condition(connection, last_id))

    def _synced_condition(self, connection, last_id):
        return SQL("export.connection_id = %s AND export.state = 'synced' AND export.id > %s", connection.id, last_id)

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

    def _changed_query(self, connection, last_id):
        synced = self._synced_condition(connection, last_id)
        written = [
            # MATERIALIZED, because otherwise PostgreSQL chooses a nested loop over exports and written documents
            SQL("""(WITH written AS MATERIALIZED (SELECT id, MAX(at) AS at FROM (%s) every GROUP BY id)
                    SELECT export.id FROM written JOIN xero_export export ON export.%s = written.id
                     WHERE %s AND written.at > export.checked_at)""", query, SQL.identifier(field), synced)
            for field, query in self._recent_writes(connection).items()]
        return SQL(" UNION ").join([super()._changed_query(connection, last_id), *written])

    def _recent_writes(self, connection):
        """Return a dict: document field of exports → query of the documents written since the last complete comparison."""
        since = connection.compared_at - LONG_TRANSACTIONS if connection.compared_at else None
        by_field = {}
        for kind in self.env['xero.kind']._all():
            if query := kind._recent_writes(since):
                # Most kinds of one field return the same query
                by_field.setdefault(kind._document_field, {})[query] = None
        return {field: SQL(" UNION ALL ").join(queries) for field, queries in by_field.items()}
