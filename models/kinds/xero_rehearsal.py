from contextlib import closing
from dataclasses import dataclass, field

from odoo import api, models
from odoo.tools import split_every

from ...const import BATCH_DOCUMENTS
from ...tools.problem import Problem
from .build import build
from .xero_payload import Payload


@dataclass
class Rehearsal:
    """The result of a rehearsal for one document.

    `kind` is the model of its kind, `built` the document as it would be sent, `problems` are all reasons why it would fail: pairs of a
    `Problem` without its mapping row, and the `Source` of that row or None.
    """
    document: models.BaseModel
    connection: models.BaseModel
    kind: models.BaseModel
    built: Payload
    contact_name: str = ''
    is_new_contact: bool = False
    is_in_xero: bool = False    # with the same content, so nothing is sent
    problems: list = field(default_factory=list)
    warnings: list = field(default_factory=list)


class XeroRehearsal(models.AbstractModel):
    """The rehearsal of exports: runs the same code up to the point where a request would be frozen, with the data last read from Xero.

    It makes no calls, and all its writes are rolled back.
    """
    _name = 'xero.rehearsal'
    _description = "Rehearsal of Xero Exports"

    @api.model
    def _rehearse(self, documents, in_its_language=False):
        """Return how documents would be sent now, including drafts and documents without an export.

        :param documents: `account.move`, or documents of another kind, such as `xero.journal.day`.
        :param bool in_its_language: whether to build documents and problems in the connection's language, as the export does, so that they
            can be compared with what was sent.
        :return: list of `Rehearsal`.
        """
        rehearsals, contacts = [], {}
        with closing(self.env.cr.savepoint()):
            for kind, of_kind in self.env['xero.kind'].sudo()._find_or_create_by_kind(documents.sudo()):
                for (connection, _company), alike in of_kind.grouped(lambda document, kind=kind: (kind._connection_now(document), document.company_id)).items():
                    obstacle = self._obstacle(connection, alike)
                    if obstacle:
                        rehearsals += [Rehearsal(document, connection, kind, Payload(None), problems=[(obstacle, None)]) for document in alike]
                        continue
                    if in_its_language:
                        connection = connection._in_its_language()
                    if kind._has_contact and connection not in contacts:
                        contacts[connection] = self._rehearse_contacts(kind, connection, documents)
                    taken = self.env['xero.export'].sudo()._taken_numbers(kind, connection, alike)
                    for ids in split_every(BATCH_DOCUMENTS, alike.ids):
                        rehearsals += self._rehearse_batch(kind, connection, alike.browse(ids), *contacts.get(connection, ({}, {})), taken)
        return rehearsals

    def _rehearse_contacts(self, kind, connection, documents):
        """Return the known contacts of all documents of a connection, and the contacts that would be created for the others.

        All documents are handled together, as the export does it: of two new contacts with the same name, only one can have it.

        :return: tuple of dict partner → contact, and dict partner → `ContactPayload`.
        """
        Contact, Kind = self.env['xero.contact'].sudo(), self.env['xero.kind']
        if documents._name == 'account.move':
            mine = documents.sudo().filtered(lambda move: move._xero_connection() == connection and Kind._kind_of_move(move)._has_contact)
            partners = connection._partners_of(mine)
        else:
            mine = documents.sudo().filtered(lambda document: kind._connection_now(document) == connection)
            partners = self.env['res.partner'].union(*map(kind._partner, self._stand_ins(kind, connection, mine)))
        known = Contact._match(connection, partners)
        return known, Contact._payloads(connection, partners.filtered(lambda partner: partner not in known))

    def _obstacle(self, connection, documents):
        """Return why documents of a connection cannot be rehearsed, as a `Problem`, or None."""
        if not connection and 'journal_id' not in documents._fields:
            return Problem('connection', self.env._(
                "No Xero connection is set for %(companies)s. Choose one on the company.",
                companies=', '.join(documents.company_id.mapped('display_name'))))
        if not connection:
            return Problem('connection', self.env._(
                "No Xero connection is set for %(journals)s. Choose one on the journal or on the company.",
                journals=', '.join(documents.journal_id.mapped('display_name'))))
        if not (connection.reference_read_at or {}).get('contacts'):
            return Problem('connection', self.env._(
                "Accounts, tax rates and contacts have not been read from Xero for %(connection)s yet. Connect it, and check again when they "
                "have been read.", connection=connection.name))
        return None

    def _rehearse_batch(self, kind, connection, documents, known, payloads, taken):
        """Return how documents of one kind and company would be sent.

        :param dict known: partner → contact, of partners that are in Xero.
        :param dict payloads: partner → `ContactPayload`, of the others.
        :param dict taken: document → `Problem` with its number.
        """
        exports = self._stand_ins(kind, connection, documents)
        rehearsals = []
        for document, export, built in zip(documents, exports, build(exports), strict=True):
            partner = kind._partner(export) if kind._has_contact else self.env['res.partner']
            payload = payloads.get(partner)
            is_in_xero = kind._is_up_to_date(export, built)
            problems = [] if is_in_xero else [*kind._lacks(export), *built.problems, *(payload.problems if payload else [])]
            if document in taken and not is_in_xero and not any(problem.cause == 'number' for problem in problems):
                problems.append(taken[document])
            rehearsals.append(Rehearsal(
                document, connection, kind, built,
                contact_name=payload.element.get('Name') if payload else known[partner].name if partner in known else '',
                is_new_contact=bool(payload and not payload.problems),
                is_in_xero=is_in_xero,
                problems=[(problem._replace(mapping=None), problem.mapping and problem.mapping._source()) for problem in problems],
                warnings=[*built.warnings, *(payload.warnings if payload else [])]))
        return rehearsals

    def _stand_ins(self, kind, connection, documents):
        """Return the exports of documents, in their order. Documents without an export get one in memory only."""
        Export = self.env['xero.export'].sudo().with_context(lang=connection.env.lang)
        known = Export.search([('connection_id', '=', connection.id), (kind._document_field, 'in', documents.ids)]).grouped(kind._document_field)
        return Export.concat(*(
            known[document][:1] if document in known
            else Export.new({**kind._prepare_document(document), 'connection_id': connection.id}) for document in documents))

    @api.model
    def _mapping_rows(self, rehearsals):
        """Return the mapping rows of problems by connection, company and `Source`. Missing rows are created and decided.

        :param list rehearsals: of `Rehearsal`, whose own rows were rolled back.
        """
        sources = {}
        for rehearsal in rehearsals:
            for _problem, source in rehearsal.problems:
                if source:
                    sources.setdefault((rehearsal.connection, rehearsal.document.company_id), {})[source] = None
        return {
            (connection, company, source): self.env['xero.mapping']._rows_of(connection, company, [source])
            for (connection, company), wanted in sources.items() for source in wanted}
