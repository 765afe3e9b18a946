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
    """A sort of document: everything that is said of it and of no other.

    A kind is an abstract model `xero.kind.<name>` that inherits this one, in one file, and has a `_sequence`; `xero.export.kind` holds the
    name. No other room asks which kind an export is: it calls the kind. A partner extends a kind by inheriting its model.

    A kind must say (`_left_open` returns what it does not):

    - what people call it: `_label`; where it is in Xero: `_xero_endpoint`, `_xero_id`;
    - its document: `_document_field`, a Many2one of `xero.export` with a unique index for each connection, and what an export remembers of
      it, company and name among that: `_prepare_document`;
    - what goes to Xero: `_build`, `_build_update`, `_build_void`;
    - how it is recognised there: `_key`, `_identity`, `_expected_identity`, `_held_params` or `_read_held`, `_is_gone`,
      `_differing_parts`, `_part_labels`;
    - what the hooks of Odoo missed: `_queue_missed`.

    What this model says by default is true of a document that is an `account.move`. A kind with another document field must say itself:

    - through which connection it goes: `_connection_of`; if it has a contact, whose: `_partner`;
    - what Odoo wants of it now, and what happened to it: `_desired_state`, `_undone_words`;
    - which documents were written since they were compared: `_recent_writes`.

    It may say whose chatter tells, if that is not the document's own (`_chatter_record`), what it waits for (`_hold`, `_prerequisites`,
    `_before_send`, `_wait_words`), what follows an event (`_after_touch`, `_after_refusal`, `_on_voided`), what it does as a part of other
    documents (`_hangs_on_documents`, `_dependants_of`, `_make_way`), what consent it needs (`_wanted_scopes`) and how it is opened, checked
    and called (`_action_open`, `_action_check`, `_web_url`, `_done_words`, `_explain_refusal`).
    """
    _name = 'xero.kind'
    _inherit = ['xero.kind.contract', 'xero.kind.helper', 'xero.kind.queue', 'xero.kind.words']
    _description = "Kind of Document in Xero"

    _sequence = None        # place among the kinds; None for what only others inherit
    _document_field = 'move_id'     # of `xero.export`: what the document is in Odoo
    _journal_path = None    # from an export to the journal of its document, if it has one
    _journal_mode = None    # of `account.journal.xero_mode`: how journals go whose entries are documents of this kind
    _move_types = ()        # of `account.move.move_type` that are documents of this kind; empty: all entries of such journals
    _main_file = None       # which file of a document is its main one: Odoo's `report`, or an `attachment`; None: it gets no files and notes
    _credits = None         # name of the kind that it can be allocated to
    _hangs_on_documents = False     # whether it is part of other documents in Xero, as an allocation is of its credit note
    _has_contact = True     # whether a contact has to be in Xero before the document
    _has_quantities = True  # whether its lines have quantities and taxes; else only amounts
    _has_own_total = True   # whether the document has a total in Odoo; else it is what its lines in Xero come to

    _xero_endpoint = None   # path, and key of the list in bodies and answers
    _xero_type = None       # value of an element's Type
    _xero_id = None         # key of an element's id
    _xero_number = None     # key of an element's number
    _page = None            # where people see it in Xero: a key of `const.DEEP_LINKS`, if that is not the kind's name
    # Query of the look-back, where Xero can leave out what other programs made
    _xero_look_back_params = {}
    _write_params = {'summarizeErrors': 'false'}    # query of calls that write: every element with its own outcome
    _single_params = {}     # query of the call that reads one document by its id
    _void_method = 'POST'   # of the call that undoes a document
    _is_edited_in_xero = True   # whether people can change it in Xero and it still is the same

    # === The kinds there are === #

    @api.model
    def _all(self) -> list:
        """Return the kinds, as list of empty records of their models, in their order."""
        return [self.env[name] for name in self._all_names()]

    @api.model
    @tools.ormcache()
    def _all_names(self) -> list:
        models_by_name = {name: self.env.registry[name] for name in self.env.registry.descendants(['xero.kind'], '_inherit')}
        found = [(model._sequence, name) for name, model in models_by_name.items() if model._sequence is not None]
        return [name for _sequence, name in sorted(found)]

    @api.model
    @tools.ormcache()
    def _names_by_move_type(self) -> Mapping:
        """Return the names of the kinds that take entries of some types, by type."""
        return frozendict({move_type: kind._kind_name() for kind in self._all() for move_type in kind._move_types})

    @api.model
    @tools.ormcache()
    def _names_by_mode(self) -> Mapping:
        """Return the names of the kinds that take all entries of journals of a mode, by mode."""
        return frozendict({kind._journal_mode: kind._kind_name() for kind in self._all() if kind._journal_mode and not kind._move_types})

    @api.model
    def _kind_of_move(self, move: models.BaseModel) -> models.BaseModel | None:
        """Return the kind of document that an entry is in Xero, or is part of; None if it does not go there."""
        name = self._names_by_mode().get(move.journal_id._xero_mode()) or self._names_by_move_type().get(move.move_type)
        kind = self.env[f'xero.kind.{name}'] if name else None
        return kind if kind is not None and kind._takes(move) else None

    @api.model
    def _documents_by_kind(self, records: models.BaseModel) -> Iterator[tuple]:
        """Yield pairs of a kind and its documents that some records are, or are part of.

        :param records: `account.move`, or records of the model of a kind's document field.
        """
        if records._name == 'account.move':
            for name, moves in records.grouped(lambda move: move._xero_goes_as()).items():
                if name:
                    yield self.env[f'xero.kind.{name}'], self.env[f'xero.kind.{name}']._documents_of(moves)
            return
        for kind in self._all():
            if self.env['xero.export']._fields[kind._document_field].comodel_name == records._name:
                yield kind, kind._documents_of(records)

    @api.model
    def _dependent(self) -> list:
        """Return the kinds that are part of other documents in Xero."""
        return [kind for kind in self._all() if kind._hangs_on_documents]

    def _kind_name(self) -> str:
        """Return the value of `xero.export.kind` that stands for this kind."""
        return self._name.removeprefix('xero.kind.')

    def _label(self) -> str:
        """Return what people call a document of this kind."""
        raise NotImplementedError

    # === Permission === #

    def _wanted_scopes(self, connection: models.BaseModel) -> list:
        """Return the scopes (list) that the kind needs in a connection, beyond those of its app."""
        return []

    # === In Odoo === #

    def _prepare_document(self, document: models.BaseModel) -> dict:
        """Return the values that an export remembers of its document.

        :param document: record of the kind's document field.
        """
        raise NotImplementedError

    def _connection_of(self, document: models.BaseModel) -> models.BaseModel:
        """Return the connection through which a document goes now. May be empty."""
        return document._xero_connection()

    def _connection_now(self, document: models.BaseModel) -> models.BaseModel:
        """Return the connection through which a document would go if it were sent now. May be empty."""
        return self._connection_of(document)

    def _is_up_to_date(self, export: models.BaseModel, payload: Payload) -> bool:
        """Return whether a document is in Xero as it is in Odoo, as far as that is known without asking Xero.

        :param Payload payload: the document as it would go now.
        """
        return export.state == 'synced' and self._desired_state(export) == 'present'

    def _takes(self, move: models.BaseModel) -> bool:
        """Return whether an entry of the kind's journals and types goes to Xero at all."""
        return True

    def _partner(self, export: models.BaseModel) -> models.BaseModel:
        """Return the partner that is the contact of a document in Xero, for kinds with a contact. May be empty."""
        return export.connection_id._partner_of(export.move_id)

    def _is_automatic(self, document: models.BaseModel, connection: models.BaseModel) -> bool:
        """Return whether a document of this kind, or an entry that is part of one, goes to Xero as soon as it is there.

        :param connection: through which it would go; may be empty, except for entries.
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
        """Return the exports that take an entry to Xero; its form shows the first."""
        return move.xero_export_ids

    def _desired_state(self, export: models.BaseModel) -> str:
        """Return what Odoo wants of the document in Xero.

        :return: `present`: it has to be there; `pending`: somebody is at work on it, and what comes of that counts; `absent`: it must not be there.
        """
        return {'posted': 'present', 'draft': 'pending'}.get(export.move_id.state, 'absent')

    def _undone_words(self, export: models.BaseModel) -> str:
        """Return a sentence for people: what happened to a document that is not `present`."""
        if not export.move_id:
            return self.env._("%(document)s was deleted in Odoo.", document=export.document_name)
        if export.move_id.state == 'cancel':
            return self.env._("%(document)s was cancelled in Odoo.", document=export.document_name)
        return self.env._("%(document)s was reset to draft in Odoo.", document=export.document_name)

    def _is_empty(self, export: models.BaseModel) -> bool:
        """Return whether there is a document to be sent, and nothing in it to send."""
        return False

    def _chatter_record(self, export: models.BaseModel) -> models.BaseModel:
        """Return the record, at most one, whose chatter tells how the export went and that is opened for it. May be empty."""
        document = export._document()
        return document if hasattr(document, '_message_log_batch') else document.browse()

    # === On the way === #

    def _build(self, exports: models.BaseModel, resolver: Resolver) -> list:
        """Return the documents of some exports as they would go to Xero now, without any call.

        :param exports: `xero.export` of this kind, of one connection and company.
        :param resolver: of `xero.mapping`, for the accounts and taxes.
        :return: list of `Payload`, in the order of the exports.
        """
        raise NotImplementedError

    def _key(self, element: dict) -> tuple:
        """Return what recognises an element, sent or answered, within one request."""
        raise NotImplementedError

    def _identity(self, element: dict, total: Decimal | float | str | None = None) -> tuple:
        """Return what recognises an element among all that Xero has from us.

        :param Decimal total: of an element that we sent, which names none.
        """
        raise NotImplementedError

    def _link_identity(self, element: dict, total: Decimal | float | str | None = None) -> tuple | None:
        """Return what recognises an element whose number or text Xero altered: its link to us, with the rest that has to agree.

        :return: None for an element without a link.
        """
        return

    def _expected_identity(self, export: models.BaseModel, contact: models.BaseModel | None) -> tuple:
        """Return the identity that a document has in Xero if it is there.

        :param contact: `xero.contact` of its partner, or None.
        """
        raise NotImplementedError

    def _total_in(self, element: dict) -> Decimal | float | None:
        """Return the total of an element that Xero answered, None if it names none."""
        return element.get('Total')

    def _base_total_in(self, element: dict) -> Decimal | float | None:
        """Return the total of an element that Xero answered, in the organisation's currency; None if it does not tell."""
        return self._total_in(element)

    def _saved_values(self, element: dict | None) -> dict | None:
        """Return what an export has to remember of an element that Xero saved, whatever fails afterwards; None if it saved nothing.

        :param dict element: of an answer, or None.
        """
        if not element or not element_ok(element, self._xero_id):
            return None
        return {'xero_id': element[self._xero_id], 'xero_number': element.get(self._xero_number) or False, 'xero_status': element.get('Status')}

    def _number_in(self, export: models.BaseModel, element: dict) -> str:
        """Return what people call a document in Xero.

        :param dict element: Xero's.
        """
        return element.get(self._xero_number) or export.document_name

    def _look_back(self, client: XeroClient, exports: models.BaseModel, since: datetime | None) -> Iterator[dict]:
        """Yield the elements that Xero has at the kind's endpoint since a moment.

        :param exports: `xero.export` that are looked for.
        :param datetime since: naive UTC.
        """
        yield from client.pages(self._xero_endpoint, self._xero_endpoint, self._xero_look_back_params, modified_since=since)

    def _prerequisites(self, exports: models.BaseModel) -> dict:
        """Return, by export that is to be created, the one that has to be in Xero first and is on its way there."""
        return {}

    def _change_prerequisites(self, exports: models.BaseModel) -> dict:
        """Return, by export that is to be changed or voided, the one that has to be undone in Xero first."""
        return {}

    def _read_answer(self, request: models.BaseModel, answer: XeroAnswer) -> list:
        """Return the elements of an answer, one for each that was sent unless Xero left some out.

        :param request: `xero.request` of this kind.
        :param answer: `tools.xero_response.XeroAnswer`.
        """
        return answer.elements(self._xero_endpoint)

    # === What is in Xero already; `held` is the element that Xero holds, with its lines === #

    def _held_params(self, xero_ids: list) -> dict:
        """Return the query that reads some documents, whole."""
        raise NotImplementedError

    def _read_held(self, client: XeroClient, exports: models.BaseModel) -> dict:
        """Return what Xero holds for some exports, by id, with one call.

        A list may leave one out by mistake, so what is missing is asked for alone before it counts as gone.
        """
        wanted = exports.mapped('xero_id')
        answer = client.get(self._xero_endpoint, self._held_params(wanted))
        held = {element[self._xero_id]: element for element in answer.elements(self._xero_endpoint)}
        for xero_id in wanted:
            if xero_id not in held and (element := self._read_one(client, xero_id)):
                held[xero_id] = element
        return held

    def _read_one(self, client: XeroClient, xero_id: str) -> dict | None:
        """Return one document as Xero holds it, None if Xero says that there is no such document.

        :raise XeroError: whatever else Xero answers.
        """
        try:
            answer = client.get(f'{self._xero_endpoint}/{xero_id}', self._single_params)
        except XeroRefused as error:
            if error.status != 404:
                raise
            return None
        return next((element for element in answer.elements(self._xero_endpoint) if element.get(self._xero_id) == xero_id), None)

    def _is_gone(self, held: dict) -> bool:
        """Return whether a document is voided or deleted in Xero."""
        raise NotImplementedError

    def _differing_parts(self, ours: dict, held: dict) -> list:
        """Return the names of the parts of an element of ours that Xero holds otherwise.

        :param dict ours: as it is sent, and its `Total`.
        """
        raise NotImplementedError

    def _parts_to_send(self, built: Payload, held: dict) -> list:
        """Return the names of the parts that have to be sent for the held document to be the one that was built."""
        return self._differing_parts({**built.element, 'Total': built.total}, held)

    def _changed_in_odoo(self, built: Payload) -> set | None:
        """Return the names of the parts that changed in Odoo since they were sent, None if nobody knows."""
        return

    def _content_parts(self, element: dict) -> dict:
        """Return the content that an answer of Xero's tells of a document, by part, as fingerprints of what two answers are compared by.

        A part that the answer does not hold, such as the lines in a summary, is left out: it is unknown, not empty.
        """
        return {}

    def _sources_of(self, parts):
        """Return the names (set) of what an export keeps in `sent_parts` of some parts of an element, with these."""
        return parts

    def _edited_parts(self, sent: dict, held: dict) -> list:
        """Return the names of the parts that Xero holds otherwise than we sent them, so that somebody may have changed them.

        :param dict sent: a version that we sent.
        """
        return self._differing_parts(sent, held)

    def _part_labels(self) -> dict:
        """Return the parts of an element that people know, each with its name for them, in the order in which they are told."""
        return {}

    def _readable(self, export: models.BaseModel, name: str, element: dict) -> list:
        """Return a part of an element for people: a list of lines.

        :param export: whose document it is.
        :param dict element: ours, or one that Xero holds; may lack the part.
        """
        return [str(element.get(name) or '–')]

    def _build_update(self, built: Payload, held: dict) -> Payload | None:
        """Return the `Payload` that makes the held document the one that was built, None if Xero does not allow it any more."""
        raise NotImplementedError

    def _build_mark(self, built: Payload, held: dict) -> Payload | None:
        """Return the `Payload` that only marks the held document as sent to its customer, None if there is nothing to mark."""
        return

    def _build_void(self, export: models.BaseModel, held: dict) -> Payload | None:
        """Return the `Payload` of the next step of undoing a document, None if Xero does not allow it."""
        raise NotImplementedError

    def _look_up_params(self, exports: models.BaseModel, contacts: dict) -> list:
        """Return the queries that find what holds the numbers of these exports in Xero. None where numbers need not be unique.

        :param dict contacts: partner → `xero.contact`, of the partners that are in Xero.
        """
        return []
