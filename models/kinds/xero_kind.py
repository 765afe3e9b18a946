from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from odoo import api, models, tools
from odoo.tools import frozendict

from ...exceptions import XeroRefused
from ...tools.xero_client import XeroClient
from ...tools.xero_elements import element_ok
from ...tools.xero_response import XeroAnswer
from ..mapping.resolver import Resolver
from .xero_payload import Payload


class XeroKind(models.AbstractModel):
    """A type of document, with everything that differs between types.

    A kind is an abstract model `xero.kind.<name>` that inherits this one, in one file, and has a `_sequence`; `xero.export.kind` stores the
    name. Code outside this folder never asks which kind an export is: it calls the kind. A partner extends a kind by inheriting its model.

    A kind must define (`_left_open` returns what it does not define):

    - its name for people: `_label`; its place in Xero: `_xero_endpoint`, `_xero_id`;
    - its document: `_document_field`, a Many2one of `xero.export` with a unique index for each connection, and the values that an export
      stores of it, including company and name: `_prepare_document`;
    - what is sent to Xero: `_build`, `_build_update`, `_build_void`;
    - how it is recognised there: `_key`, `_identity`, `_expected_identity`, `_remote_params` or `_read_remote`, `_is_gone`,
      `_differing_parts`, `_part_labels`;
    - the search for documents that the hooks of Odoo missed: `_queue_missed`.

    The defaults of this model apply to a document that is an `account.move`. A kind with another document field must also define:

    - its connection: `_connection_of`; if it has a contact, its partner: `_partner`;
    - the state that Odoo wants for it now, and a sentence about it: `_desired_state`, `_undone_words`;
    - which documents were written since a moment: `_recent_writes`.

    It may define the record whose chatter gets the outcome, if that is not the document (`_chatter_record`), what it waits for (`_set_due_time`,
    `_prerequisites`, `_before_send`, `_wait_words`), reactions to events (`_after_touch`, `_after_refusal`, `_on_voided`), what it does as
    a part of other documents (`_hangs_on_documents`, `_dependants_of`, `_make_way`), the consent that it needs (`_wanted_scopes`), and
    actions and texts (`_action_open`, `_action_check`, `_web_url`, `_done_words`, `_explain_refusal`).
    """
    _name = 'xero.kind'
    _inherit = ['xero.family', 'xero.kind.contract', 'xero.kind.helper', 'xero.kind.queue', 'xero.kind.words']
    _description = "Kind of Document in Xero"
    _family = 'xero.kind'

    _document_field = 'move_id'     # the field of `xero.export` with the document in Odoo
    _journal_path = None    # path from an export to the journal of its document, if it has one
    _card_path = None       # path to the journal whose card counts it; None: as `_journal_path`
    _journal_mode = None    # value of `account.journal.xero_mode` of journals whose entries are documents of this kind
    _move_types = ()        # values of `account.move.move_type` of documents of this kind; empty: all entries of such journals
    _main_file = None       # the main file of a document: Odoo's `report`, or an `attachment`; None: no files and notes are sent
    _credits = None         # name of the kind to which it can be allocated
    _hangs_on_documents = False     # whether it is part of other documents in Xero, as an allocation is part of its credit note
    _has_contact = True     # whether its contact must be in Xero before the document
    _has_items = False      # whether its lines can have items
    _has_quantities = True  # whether its lines have quantities and taxes; else only amounts
    _has_own_total = True   # whether the document has a total in Odoo; else the total is the sum of its lines in Xero

    _xero_endpoint = None   # path, and key of the list in bodies and answers
    _xero_type = None       # value of an element's Type
    _xero_id = None         # key of an element's id
    _xero_number = None     # key of an element's number
    _page = None            # address of its page in Xero's web application, with {web}, {sc} (short code of the organisation) and {id}
    # Query of the look-back; on some endpoints it can leave out documents of other programs
    _xero_look_back_params = {}
    _write_params = {'summarizeErrors': 'false'}    # query of writing calls: each element gets its own outcome
    _single_params = {}     # query of the call that reads one document by its id
    _void_method = 'POST'   # of the call that undoes a document
    _is_edited_in_xero = True   # whether people can edit it in Xero

    # === All kinds === #

    @api.model
    @tools.ormcache()
    def _names_by_move_type(self) -> Mapping:
        """Return the names of the kinds of documents, by move type."""
        return frozendict({move_type: kind._kind_name() for kind in self._all() for move_type in kind._move_types})

    @api.model
    @tools.ormcache()
    def _names_by_mode(self) -> Mapping:
        """Return the names of the kinds that export all entries of journals of a mode, by mode."""
        return frozendict({kind._journal_mode: kind._kind_name() for kind in self._all() if kind._journal_mode and not kind._move_types})

    @api.model
    def _kind_of_move(self, move: models.BaseModel) -> models.BaseModel | None:
        """Return the kind of document that an entry is in Xero, or is part of; None if it is not exported."""
        name = self._names_by_mode().get(move.journal_id._xero_mode()) or self._names_by_move_type().get(move.move_type)
        kind = self.env[f'xero.kind.{name}'] if name else None
        return kind if kind is not None and kind._takes(move) else None

    @api.model
    def _find_or_create_by_kind(self, records: models.BaseModel) -> Iterator[tuple]:
        """Yield pairs of a kind and its documents among some records, or of which some records are a part. Create documents such as days.

        :param records: `account.move`, or records of the model of a kind's document field.
        """
        if records._name == 'account.move':
            for name, moves in records.grouped(lambda move: move._xero_goes_as()).items():
                if name:
                    yield self.env[f'xero.kind.{name}'], self.env[f'xero.kind.{name}']._find_or_create_documents(moves)
            return
        for kind in self._all():
            if self.env['xero.export']._fields[kind._document_field].comodel_name == records._name:
                yield kind, kind._documents_of(records)

    @api.model
    def _dependent(self) -> list:
        """Return the kinds that are part of other documents in Xero."""
        return [kind for kind in self._all() if kind._hangs_on_documents]

    def _kind_name(self) -> str:
        """Return the value of `xero.export.kind` for this kind."""
        return self._name.removeprefix('xero.kind.')

    def _label(self) -> str:
        """Return the name of a document of this kind for people."""
        raise NotImplementedError

    # === Permission === #

    def _wanted_scopes(self, connection: models.BaseModel) -> list:
        """Return the scopes (list) that the kind needs in a connection, beyond those of its app."""
        return []

    # === In Odoo === #

    def _prepare_document(self, document: models.BaseModel) -> dict:
        """Return the values that an export stores of its document.

        :param document: record of the kind's document field.
        """
        raise NotImplementedError

    def _connection_of(self, document: models.BaseModel) -> models.BaseModel:
        """Return the connection that exports a document, by the present settings. May be empty."""
        return document._xero_connection()

    def _connection_now(self, document: models.BaseModel) -> models.BaseModel:
        """Return the connection that would export a document if it were sent now. May be empty."""
        return self._connection_of(document)

    def _is_up_to_date(self, export: models.BaseModel, payload: Payload) -> bool:
        """Return whether a document in Xero has the content of the one in Odoo, as far as is known without a call.

        :param Payload payload: the document as it would be sent now.
        """
        return export.state == 'synced' and self._desired_state(export) == 'present'

    def _takes(self, move: models.BaseModel) -> bool:
        """Return whether an entry of the kind's journals and types can be exported."""
        return True

    def _partner(self, export: models.BaseModel) -> models.BaseModel:
        """Return the partner whose contact a document has in Xero, for kinds with a contact. May be empty."""
        return export.connection_id._partner_of(export.move_id)

    def _is_automatic(self, document: models.BaseModel, connection: models.BaseModel) -> bool:
        """Return whether a document of this kind, or an entry that is part of one, is exported as soon as it is created or posted.

        :param connection: `xero.connection` that would export it; may be empty, except for entries.
        """
        if document._name != 'account.move':
            return bool(connection.active) and self._prepare_document(document)['document_date'] >= connection.export_start_date
        return (
            document.journal_id._xero_mode() == self._journal_mode
            and (not self._move_types or document.move_type in self._exported_move_types(connection))
            and document.date >= connection.export_start_date
        )

    def _exported_move_types(self, connection: models.BaseModel) -> list:
        """Return the move types of this kind that the connection's policies export."""
        return [
            move_type for move_type in self._move_types
            if connection['export_receipt' if move_type.endswith('_receipt') else f'export_{self._kind_name()}']]

    def _exports_of(self, move: models.BaseModel) -> models.BaseModel:
        """Return the exports of an entry; its form shows the first."""
        return move.xero_export_ids

    def _desired_state(self, export: models.BaseModel) -> str:
        """Return the state that Odoo wants for the document in Xero.

        :return: `present`: it must be in Xero; `pending`: still being edited, so wait until it is posted or cancelled; `absent`: it must not
            be in Xero.
        """
        return {'posted': 'present', 'draft': 'pending'}.get(export.move_id.state, 'absent')

    def _undone_words(self, export: models.BaseModel) -> str:
        """Return, for people, a sentence about what happened to a document that is not `present`."""
        if not export.move_id:
            return self.env._("%(document)s was deleted in Odoo.", document=export.document_name)
        if export.move_id.state == 'cancel':
            return self.env._("%(document)s was cancelled in Odoo.", document=export.document_name)
        return self.env._("%(document)s was reset to draft in Odoo.", document=export.document_name)

    def _is_empty(self, export: models.BaseModel) -> bool:
        """Return whether the document exists, but has no amounts to send."""
        return False

    def _chatter_record(self, export: models.BaseModel) -> models.BaseModel:
        """Return the record, at most one, that opens for an export and whose chatter gets its outcome. May be empty."""
        document = export._document()
        return document if hasattr(document, '_message_log_batch') else document.browse()

    # === Building and recognition === #

    def _build(self, exports: models.BaseModel, resolver: Resolver) -> list:
        """Return the documents of some exports as they would go to Xero now, without any call.

        :param exports: `xero.export` of this kind, of one connection and company.
        :param resolver: of `xero.mapping`, for the accounts and taxes.
        :return: list of `Payload`, in the order of the exports.
        """
        raise NotImplementedError

    def _key(self, element: dict) -> tuple:
        """Return the key that identifies an element, sent or answered, within one request."""
        raise NotImplementedError

    def _identity(self, element: dict, total: Decimal | float | str | None = None) -> tuple:
        """Return the key that identifies an element among all documents that Xero has from us.

        :param total: of an element that we sent, since such an element has no total.
        """
        raise NotImplementedError

    def _link_identity(self, element: dict, total: Decimal | float | str | None = None) -> tuple | None:
        """Return the key that identifies an element whose number or text Xero altered: its link to Odoo, and the other parts of its identity.

        :return: None for an element without a link.
        """
        return

    def _expected_identity(self, export: models.BaseModel, contact: models.BaseModel | None) -> tuple:
        """Return the identity that the document of an export has if it is in Xero.

        :param contact: `xero.contact` of its partner, or None.
        """
        raise NotImplementedError

    def _total_in(self, element: dict) -> Decimal | float | None:
        """Return the total of an element of an answer, None if it has none."""
        return element.get('Total')

    def _base_total_in(self, element: dict) -> Decimal | float | None:
        """Return the total of an element of an answer, in the organisation's currency; None if it is unknown."""
        return self._total_in(element)

    def _saved_values(self, element: dict | None) -> dict | None:
        """Return the values of an element that Xero saved which an export must store, even if a later step fails; None if Xero saved nothing.

        :param element: of an answer, or None.
        """
        if not element or not element_ok(element, self._xero_id):
            return None
        return {'xero_id': element[self._xero_id], 'xero_number': element.get(self._xero_number) or False, 'xero_status': element.get('Status')}

    def _number_in(self, export: models.BaseModel, element: dict) -> str:
        """Return the number or name of a document in Xero, for people.

        :param dict element: of an answer.
        """
        return element.get(self._xero_number) or export.document_name

    def _look_back(self, client: XeroClient, exports: models.BaseModel, since: datetime | None) -> Iterator[dict]:
        """Yield the elements at the kind's endpoint that changed since a moment.

        :param exports: `xero.export` whose documents are searched for.
        :param since: naive UTC.
        """
        yield from client.pages(self._xero_endpoint, self._xero_endpoint, self._xero_look_back_params, modified_since=since)

    def _prerequisites(self, exports: models.BaseModel) -> dict:
        """Return a dict: export whose document is to be created → export that must be synced first."""
        return {}

    def _change_prerequisites(self, exports: models.BaseModel) -> dict:
        """Return a dict: export whose document is to be changed or voided → export that must be undone in Xero first."""
        return {}

    def _read_answer(self, request: models.BaseModel, answer: XeroAnswer) -> list:
        """Return the elements of an answer: one for each element sent, unless Xero left some out.

        :param request: `xero.request` of this kind.
        :param answer: `tools.xero_response.XeroAnswer`.
        """
        return answer.elements(self._xero_endpoint)

    # === The document in Xero; `remote` is its element as last read, with its lines === #

    def _remote_params(self, xero_ids: list) -> dict:
        """Return the query that reads some documents with all their parts."""
        raise NotImplementedError

    def _read_remote(self, client: XeroClient, exports: models.BaseModel) -> dict:
        """Return the elements of some exports' documents in Xero, by id, with one call.

        A list may leave out a document by mistake, so a missing one is read alone before it is taken for deleted.
        """
        wanted = exports.mapped('xero_id')
        answer = client.get(self._xero_endpoint, self._remote_params(wanted))
        remote = {element[self._xero_id]: element for element in answer.elements(self._xero_endpoint)}
        for xero_id in wanted:
            if xero_id not in remote and (element := self._read_one(client, xero_id)):
                remote[xero_id] = element
        return remote

    def _read_one(self, client: XeroClient, xero_id: str) -> dict | None:
        """Return one document as it is in Xero, None if Xero answers that it does not exist.

        :raise XeroError: as the client does, for all other answers.
        """
        try:
            answer = client.get(f'{self._xero_endpoint}/{xero_id}', self._single_params)
        except XeroRefused as error:
            if error.status != 404:
                raise
            return None
        return next((element for element in answer.elements(self._xero_endpoint) if element.get(self._xero_id) == xero_id), None)

    def _is_gone(self, remote: dict) -> bool:
        """Return whether a document is voided or deleted in Xero."""
        raise NotImplementedError

    def _differing_parts(self, ours: dict, remote: dict) -> list:
        """Return the names of the parts in which an element of ours differs from the document in Xero.

        :param dict ours: an element as it is sent, with its `Total`.
        """
        raise NotImplementedError

    def _parts_to_send(self, built: Payload, remote: dict) -> list:
        """Return the names of the parts that must be sent to give the document in Xero the content that was built."""
        return self._differing_parts({**built.element, 'Total': built.total}, remote)

    def _changed_in_odoo(self, built: Payload) -> set | None:
        """Return the names of the parts that changed in Odoo since they were sent, None if that is unknown."""
        return

    def _content_parts(self, element: dict) -> dict:
        """Return a dict: part of an element of an answer → fingerprint of its content, to compare two answers.

        A part that the answer does not contain, such as the lines in a summary, is left out: it is unknown, not empty.
        """
        return {}

    def _sources_of(self, parts):
        """Return a set of parts of an element, and of the names under which `sent_parts` of an export stores their sources."""
        return parts

    def _edited_parts(self, sent: dict, remote: dict) -> list:
        """Return the names of the parts that differ in Xero from what we sent, so that somebody may have edited them.

        :param dict sent: a version that we sent.
        """
        return self._differing_parts(sent, remote)

    def _part_labels(self) -> dict:
        """Return a dict: part of an element → its label for people, in the order of display."""
        return {}

    def _readable(self, export: models.BaseModel, name: str, element: dict) -> list:
        """Return a part of an element for people: a list of lines.

        :param export: the export of the document.
        :param dict element: sent or answered; the part may be missing.
        """
        return [str(element.get(name) or '–')]

    def _build_update(self, built: Payload, remote: dict) -> Payload | None:
        """Return the `Payload` that gives the document in Xero the content that was built, None if Xero does not allow it any more."""
        raise NotImplementedError

    def _build_mark(self, built: Payload, remote: dict) -> Payload | None:
        """Return the `Payload` that only marks the document in Xero as sent to its customer, None if there is nothing to mark."""
        return

    def _build_void(self, export: models.BaseModel, remote: dict) -> Payload | None:
        """Return the `Payload` of the next step of undoing a document, None if Xero does not allow it."""
        raise NotImplementedError

    def _look_up_params(self, exports: models.BaseModel, contacts: dict) -> list:
        """Return the queries that find documents with the numbers of these exports in Xero. Empty if numbers need not be unique.

        :param dict contacts: partner → `xero.contact`, of the partners that are in Xero.
        """
        return []
