from collections.abc import Iterable
from datetime import datetime

from odoo import models
from odoo.tools import SQL


def written_since(column: str, since: datetime | None) -> SQL:
    """Return the SQL condition that a column of a time lies after a moment; none if there is no moment.

    :param str column: name, with its table's alias if the query has several tables.
    :param datetime since: naive UTC, or None.
    """
    return SQL("%s > %s", SQL.identifier(*column.split('.')), since) if since else SQL("TRUE")


class XeroKindQueue(models.AbstractModel):
    """What a kind may say about the way of its documents into the queue and out of it. `xero.kind` inherits this."""
    _name = 'xero.kind.queue'
    _description = "Kind of Document in Xero: the queue"

    # === What the hooks of the documents' model call === #

    def _on_created(self, documents: models.BaseModel) -> None:
        """Queue documents that were just made. Never fails, never calls Xero; what it misses the sweep finds.

        :param documents: of the document field's model. What Xero cannot hold, or is not sent automatically, is left out.
        """
        if not self.env['xero.connection']._any_exists():
            return
        kind, documents = self.sudo(), documents.sudo()
        with self.env['xero.export']._never_failing(documents):
            self.env['xero.export'].sudo()._enqueue(kind._documents_of(documents).filtered(
                lambda document: kind._is_automatic(document, kind._connection_of(document))))

    def _on_changed(self, documents: models.BaseModel) -> None:
        """Tell the exports of documents that they were changed, or are about to be deleted. Never fails, never calls Xero.

        :param documents: of the document field's model.
        """
        if not self.env['xero.connection']._any_exists():
            return
        exports = self.env['xero.export'].sudo().search([(self._document_field, 'in', documents.ids)])
        with exports._never_failing(documents, exports=exports):
            exports._touch()

    # === The queue === #

    def _documents_of(self, records: models.BaseModel) -> models.BaseModel:
        """Return the documents of this kind that records are, or are part of. What Xero cannot hold is left out.

        :param records: `account.move` that go as this kind, or records of the document field's model.
        """
        return records

    def _meet_again(self, exports: models.BaseModel) -> models.BaseModel:
        """Tell exports that are queued already that something happened to their documents.

        :return: those for which that matters.
        """
        exports._touch()
        return exports

    def _reuse(self, documents: models.BaseModel) -> models.BaseModel:
        """Give documents that have no export one of a document that is gone, where both are the same to Xero.

        :return: the exports.
        """
        return self.env['xero.export']

    def _prepare_rows(self, documents: models.BaseModel) -> Iterable[dict]:
        """Return the values of the exports of documents that have none yet."""
        return [
            {**self._prepare_document(document), 'connection_id': connection.id}
            for document in documents for connection in self._connection_of(document)]

    def _enqueue_dependants(self, exports: models.BaseModel) -> None:
        """Queue what hangs on documents that were just queued. For kinds that do."""

    def _touch_containing(self, moves: models.BaseModel) -> None:
        """Tell exports that something happened to entries that are part of their documents."""

    def _after_touch(self, exports: models.BaseModel) -> None:
        """Something happened to the documents of these exports, which know it by now."""

    def _hold(self, exports: models.BaseModel) -> None:
        """Hold back exports that just became waiting until the moment at which documents of this kind go, if there is one."""

    def _follow_status(self, connections: models.BaseModel) -> None:
        """The status of connections changed, and the state of their exports with it."""

    def _kind_now(self, export: models.BaseModel) -> str | None:
        """Return the name of the kind that the export's document would go as now; None if it would not go."""
        return export.move_id._xero_kind() if export.move_id else self._kind_name()

    def _is_wanted(self, export: models.BaseModel) -> bool:
        """Return whether a change that is due, or a void, still is what Odoo wants."""
        return self._desired_state(export) == ('present' if export.operation == 'update' else 'absent')

    def _on_voided(self, export: models.BaseModel) -> None:
        """A document was voided in Xero by us."""

    # === Outcomes === #

    def _saved_warnings(self, export: models.BaseModel, element: dict) -> list:
        """Return sentences for people: what Xero saved otherwise than it was sent, though nothing says so in the answer.

        :param dict element: Xero's answer for the document.
        """
        return []

    def _can_go_without(self, export: models.BaseModel, messages: list) -> bool:
        """Return whether Xero refused something that the document does not need, which is left out of the next try.

        :param list messages: in Xero's own words.
        """
        return False

    def _candidate(self, export, elements):
        """Return what a person compares: the document in Xero that may hold the number of ours, as values of `xero.export.candidate`.

        :param list elements: documents in Xero, at least one, that may be it.
        :return: dict of the one that agrees with ours in everything, else the first; False where numbers need not be unique.
        """
        return False

    # === What hangs on other documents; for kinds that do, of `xero.export` of other kinds === #

    def _dependants_of(self, exports: models.BaseModel) -> models.BaseModel:
        """Return the exports of this kind that hang on these documents."""
        return self.env['xero.export']

    def _dependants_to_undo(self, exports: models.BaseModel) -> dict:
        """Return, by document among these, an export that has to be undone in Xero before anything else is done to the document."""
        return {}

    def _make_way(self, export: models.BaseModel, held: dict) -> models.BaseModel:
        """Undo for a moment what hangs on a document, where that alone is why Xero does not allow a change.

        :param dict held: what Xero holds of the document.
        :return: the exports that are undone; empty if something else is in the way, too.
        """
        return self.env['xero.export']

    # === In a slice === #

    def _queue_missed(self, slice, limit: int) -> int:
        """Queue documents of this kind that no hook queued, and tell rows that an event of their document was missed.

        :param Slice slice: the one that sweeps.
        :param int limit: most documents to queue.
        :return: number of documents without a row that were found.
        """
        return 0

    def _recent_writes(self, since: datetime | None) -> SQL | None:
        """Return the query of documents that were written since a moment.

        :param datetime since: naive UTC; None for all that were ever written.
        :return: SQL with columns `id`, of the document, and `at`; may name a document more than once. None if documents of this kind never
            change.
        """
        model = self.env[self.env['xero.export']._fields[self._document_field].comodel_name]
        return SQL("SELECT id, write_date AS at FROM %s WHERE %s", SQL.identifier(model._table), written_since('write_date', since))

    def _before_send(self, exports: models.BaseModel, slice) -> models.BaseModel:
        """Read what Xero holds already, where that decides whether documents may be sent now.

        :param exports: `xero.export`, due, of this kind, of one company and operation.
        :param Slice slice: the one that sends. It commits before a call, and contains what may go wrong with one export.
        :return: those of them that must not be sent in this batch.
        """
        return exports.browse()

    def _after_refusal(self, request: models.BaseModel, refused: models.BaseModel, slice) -> None:
        """Look again at documents that Xero refused, or answered without an id.

        :param request: `xero.request` of this kind, settled.
        :param refused: `xero.export` that it failed.
        :param Slice slice: the one that sent it.
        """
