from collections.abc import Iterable
from datetime import datetime

from odoo import models
from odoo.tools import SQL

from ...tools.xero_money import dump_list


def written_since(column: str, since: datetime | None) -> SQL:
    """Return the SQL condition that a datetime column is later than a moment; TRUE without a moment.

    :param str column: name, with its table's alias if the query has several tables.
    :param datetime since: naive UTC, or None.
    """
    return SQL("%s > %s", SQL.identifier(*column.split('.')), since) if since else SQL("TRUE")


class XeroKindQueue(models.AbstractModel):
    """The hooks of a kind for queueing, outcomes, dependants and the slice. `xero.kind` inherits this."""
    _name = 'xero.kind.queue'
    _description = "Kind of Document in Xero: the queue"

    _moves_money = False    # whether documents of this kind are payments of other documents
    _forms_groups = False   # whether several documents may go to Xero in one element: see `_arrange`

    # === For the hooks of the documents' model === #

    def _on_created(self, documents: models.BaseModel) -> None:
        """Queue documents that were just created. Never fails and makes no call; the connection's sweep finds missed ones.

        :param documents: of the document field's model. Those that Xero cannot have, or that are not sent automatically, are left out.
        """
        if not documents or not self.env['xero.connection']._any_exists():
            return
        kind, documents = self.sudo(), documents.sudo()
        with self.env['xero.export']._never_failing(documents):
            self.env['xero.export'].sudo()._enqueue(kind._documents_of(documents).filtered(
                lambda document: kind._is_automatic(document, kind._connection_of(document))))

    def _on_changed(self, documents: models.BaseModel) -> None:
        """Note on the exports of documents that these were changed, or are about to be deleted. Never fails and makes no call.

        :param documents: of the document field's model.
        """
        if not documents or not self.env['xero.connection']._any_exists():
            return
        exports = self.env['xero.export'].sudo().search([(self._document_field, 'in', documents.ids)])
        with exports._never_failing(documents, exports=exports):
            exports._touch()

    # === The queue === #

    def _documents_of(self, records: models.BaseModel) -> models.BaseModel:
        """Return the documents of this kind among some records. Leave out those that Xero cannot have.

        :param records: of the document field's model.
        """
        return records

    def _find_or_create_documents(self, moves: models.BaseModel) -> models.BaseModel:
        """Return the documents of this kind that are entries, or of which entries are a part. Create what is no record in Odoo yet, such as a day.

        :param moves: `account.move` that are exported as this kind.
        """
        return self._documents_of(moves)

    def _requeue_known(self, exports: models.BaseModel) -> models.BaseModel:
        """Note on existing exports that their documents were queued again.

        :return: the exports that are sent because of it.
        """
        exports._touch()
        return exports

    def _reuse(self, documents: models.BaseModel) -> models.BaseModel:
        """Assign exports of deleted documents to documents without an export, if both are the same in Xero.

        :return: the exports.
        """
        return self.env['xero.export']

    def _prepare_rows(self, documents: models.BaseModel) -> Iterable[dict]:
        """Return the values of new exports, for documents without one."""
        return [
            {**self._prepare_document(document), 'connection_id': connection.id}
            for document in documents for connection in self._connection_of(document)]

    def _enqueue_dependants(self, exports: models.BaseModel) -> None:
        """Queue the documents of this kind that depend on documents that were just queued."""

    def _touch_containing(self, moves: models.BaseModel) -> None:
        """Note on exports that entries which are parts of their documents changed."""

    def _after_touch(self, exports: models.BaseModel) -> None:
        """React to changes of the documents of these exports, after the change was noted on them."""

    def _set_due_time(self, exports: models.BaseModel) -> None:
        """Set the time at which exports that just became waiting are due, if documents of this kind are sent at certain times."""

    def _follow_status(self, connections: models.BaseModel) -> None:
        """React to a changed status of connections, after the states of their exports were updated."""

    def _kind_now(self, export: models.BaseModel) -> str | None:
        """Return the name of the kind as which the export's document would be sent now; None if it would not be sent."""
        return export.move_id._xero_kind() if export.move_id else self._kind_name()

    def _is_wanted(self, export: models.BaseModel) -> bool:
        """Return whether Odoo still wants a change or void that is due."""
        return self._desired_state(export) == ('present' if export.operation == 'update' else 'absent')

    def _on_voided(self, export: models.BaseModel) -> None:
        """React after we voided a document in Xero."""

    # === Outcomes === #

    def _saved_warnings(self, export: models.BaseModel, element: dict, frozen: dict) -> list:
        """Return, for people, sentences about parts that Xero saved differently without a message.

        :param dict element: Xero's answer for the document.
        :param dict frozen: values that the request stores for it, see `Payload.frozen`.
        """
        return []

    def _leave_out_refused(self, export: models.BaseModel, messages: list) -> bool:
        """Make sure that the next try leaves out what Xero refused, if that is an optional part.

        :param list messages: Xero's own words.
        :return: whether it was one.
        """
        return False

    def _own_values(self, element: dict) -> dict:
        """Return values of an element in Xero that only exports of this kind store."""
        return {}

    def _candidate(self, export, elements):
        """Return the document in Xero that may have the number of ours, as values of `xero.export.candidate`, which a person compares.

        :param list elements: documents in Xero with that number, at least one.
        :return: dict of the one that agrees with ours in all values, else of the first; False if numbers need not be unique.
        """
        return False

    # === Dependants: for kinds that are part of other documents; the parameters are exports of these documents === #

    def _dependants_of(self, exports: models.BaseModel) -> models.BaseModel:
        """Return the exports of this kind that depend on these documents."""
        return self.env['xero.export']

    def _dependants_to_undo(self, exports: models.BaseModel) -> dict:
        """Return a dict: export among these → a dependant that must be undone in Xero before the document is sent, changed or voided."""
        return {}

    def _outgoing_payments(self, exports: models.BaseModel) -> dict:
        """Return a dict: export among these → export of this kind that pays its document and is not settled in Xero yet.

        A payment that is read from Xero meanwhile could be the same, so it is not registered in Odoo.
        """
        return {}

    def _make_way(self, export: models.BaseModel, remote: dict) -> models.BaseModel:
        """Undo the dependants of a document temporarily, if they are the only reason why Xero does not allow a change.

        :param dict remote: the document in Xero.
        :return: the exports of the dependants; empty if there is another reason too.
        """
        return self.env['xero.export']

    # === Beside the export === #

    _has_online_invoice = False     # whether Xero has a page on which customers see, and perhaps pay, an approved one

    def _line_join(self, mapping: models.BaseModel) -> SQL | None:
        """Return the SQL join of exports (`export`) and the items (`line`) that their documents are built from, if they use a row; else None.

        :param mapping: `xero.mapping`, of any type.
        """
        return None

    # === In a slice === #

    def _queue_missed(self, slice, limit: int) -> int:
        """Queue documents of this kind that no hook queued, and update rows whose documents changed without a note.

        :param Slice slice: the current slice.
        :param int limit: the maximum number of documents to queue.
        :return: number of documents found without a row.
        """
        return 0

    def _recent_writes(self, since: datetime | None) -> SQL | None:
        """Return the query of documents that were written since a moment.

        :param since: naive UTC; None for all documents.
        :return: SQL with columns `id`, of the document, and `at`; it may return a document more than once. None if documents of this kind
            never change.
        """
        model = self.env[self.env['xero.export']._fields[self._document_field].comodel_name]
        return SQL("SELECT id, write_date AS at FROM %s WHERE %s", SQL.identifier(model._table), written_since('write_date', since))

    def _before_send(self, exports: models.BaseModel, slice) -> models.BaseModel:
        """Read from Xero what decides whether documents may be sent now.

        :param exports: due `xero.export` of this kind, of one company and operation.
        :param Slice slice: the current slice. The method commits before a call, and contains errors with one export.
        :return: the exports that must not be sent in this batch.
        """
        return exports.browse()

    def _companions(self, exports: models.BaseModel) -> models.BaseModel:
        """Return the exports that have to be looked at together with due ones, because they may go in one element.

        :param exports: due `xero.export` of this kind, of one company and operation.
        """
        return exports.browse()

    def _arrange(self, payloads: list) -> list:
        """Return the documents of some requests in the order in which they go, with the paths and groups of those that go together.

        :param list payloads: of `Payload`, of one operation, without problems, dumped.
        """
        return payloads

    def _body(self, payloads: list) -> bytes:
        """Return the body of a request.

        :param list payloads: of `Payload`, with one path, dumped.
        """
        return dump_list(self._xero_endpoint, [one.body for one in payloads])

    def _elements_of(self, request: models.BaseModel, body: dict) -> list:
        """Return the elements in the body of a request: one for each of its documents, in their order.

        :param dict body: as `_body` made it.
        """
        [elements] = body.values()
        return elements

    def _is_divisible(self, request: models.BaseModel) -> bool:
        """Return whether the documents of a request can also be sent in several ones."""
        return True

    def _after_refusal(self, request: models.BaseModel, refused: models.BaseModel, slice) -> None:
        """Check documents that Xero refused, or answered without an id.

        :param request: `xero.request` of this kind, settled.
        :param refused: the `xero.export` that failed.
        :param Slice slice: the current slice.
        """
