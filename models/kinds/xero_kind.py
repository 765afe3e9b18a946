from dataclasses import dataclass, field
from decimal import Decimal

from odoo import models


@dataclass
class Built:
    """A document as it would go to Xero.

    `revision` is the export's when it was built, `element` the JSON element, `total` the total that Xero will compute, `key` what
    recognises the element in an answer, `digest` the fingerprint of its content. `path` is where it is sent, if not to its kind's
    endpoint. With `problems` (`tools.problem.Problem`) it must not be sent.
    """
    export: models.BaseModel
    revision: int = 0
    element: dict = field(default_factory=dict)
    total: Decimal = Decimal(0)
    key: tuple = ()
    digest: str = ''
    path: str = ''
    problems: list = field(default_factory=list)


class XeroKind(models.AbstractModel):
    """A sort of document: what to build, where to send it, how to recognise it in an answer, how to find it again.

    A kind is a model `xero.kind.<name>` that inherits this one; `xero.export.kind` holds the name. A partner extends a kind by
    inheriting its model.
    """
    _name = 'xero.kind'
    _description = "Kind of Document in Xero"

    _document_field = 'move_id'     # of `xero.export`: what the document is in Odoo
    _has_contact = True     # whether a contact has to be in Xero before the document
    _has_own_total = True   # whether the document has a total in Odoo; else it is what its lines in Xero come to

    _xero_endpoint = None   # path, and key of the list in bodies and answers
    _xero_type = None       # value of an element's Type
    _xero_id = None         # key of an element's id
    _xero_number = None     # key of an element's number
    # Query of the look-back, where Xero can leave out what other programs made
    _xero_look_back_params = {}
    # Query of calls that write: every element with its own outcome, prices with four decimals
    _write_params = {'summarizeErrors': 'false', 'unitdp': '4'}

    # === In Odoo === #

    def _prepare_document(self, document):
        """Return the values that an export remembers of its document.

        :param document: record of the kind's document field.
        """
        raise NotImplementedError

    def _stage(self, export):
        """Return what Odoo wants of the document in Xero.

        :return: `live`: it has to be there; `open`: somebody is at work on it, and what comes of that counts; `gone`: it must not be there.
        """
        raise NotImplementedError

    def _undone(self, export):
        """Return a sentence for people: what happened to a document that is not `live`."""
        raise NotImplementedError

    def _noted_on(self, export):
        """Return the `account.move`, at most one, whose chatter tells how the export went."""
        return export.move_id

    # === On the way === #

    def _build(self, exports, resolver):
        """Return the documents of some exports as they would go to Xero now, without any call.

        :param exports: `xero.export` of this kind, of one connection and company.
        :param resolver: of `xero.mapping`, for the accounts and taxes.
        :return: list of `Built`, in the order of the exports.
        """
        raise NotImplementedError

    def _key(self, element):
        """Return what recognises an element, sent or answered, within one request."""
        raise NotImplementedError

    def _identity(self, element, total=None):
        """Return what recognises an element among all that Xero has from us.

        :param Decimal total: of an element that we sent, which names none.
        """
        raise NotImplementedError

    def _expected_identity(self, export, contact):
        """Return the identity that a document has in Xero if it is there.

        :param contact: `xero.contact` of its partner, or None.
        """
        raise NotImplementedError

    def _total_in(self, element):
        """Return the total of an element that Xero answered, None if it names none."""
        return element.get('Total')

    def _look_back(self, client, exports, since):
        """Yield the elements that Xero has at the kind's endpoint since a moment.

        :param exports: `xero.export` that are looked for.
        :param datetime since: naive UTC.
        """
        yield from client.pages(self._xero_endpoint, self._xero_endpoint, self._xero_look_back_params, modified_since=since)

    def _prerequisites(self, exports):
        """Return, by export, the one that has to be in Xero first and is on its way there."""
        return {}

    # === What is in Xero already; `held` is the element that Xero holds, with its lines === #

    def _held_params(self, xero_ids):
        """Return the query that reads some documents, whole."""
        raise NotImplementedError

    def _read_held(self, client, exports):
        """Return what Xero holds for some exports, by id, with one call."""
        answer = client.get(self._xero_endpoint, self._held_params(exports.mapped('xero_id')))
        return {element[self._xero_id]: element for element in answer.elements(self._xero_endpoint)}

    def _is_gone(self, held):
        """Tell whether a document is voided or deleted in Xero."""
        raise NotImplementedError

    def _differing_parts(self, ours, held):
        """Return the names of the parts of an element of ours that Xero holds otherwise.

        :param dict ours: as it is sent, and its `Total`.
        """
        raise NotImplementedError

    def _build_update(self, built, held):
        """Return the `Built` that makes the held document the one that was built, None if Xero does not allow it any more."""
        raise NotImplementedError

    def _build_void(self, export, held):
        """Return the `Built` of the next step of undoing a document, None if Xero does not allow it."""
        raise NotImplementedError

    def _look_up_params(self, exports):
        """Return the queries that find what holds the numbers of these exports in Xero. None where numbers need not be unique."""
        return []
