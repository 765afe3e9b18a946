from contextlib import closing
from dataclasses import dataclass, field

from odoo import api, models
from odoo.tools import split_every

from ...const import BATCH_DOCUMENTS
from ...tools.problem import Problem
from ..kinds.build import build
from ..kinds.xero_payload import Payload


@dataclass
class Rehearsal:
    """How one document would go to Xero now.

    `built` is what the export itself would make of it, `problems` are all reasons why it would fail, as pairs of a `Problem` without
    mapping row and the `Source` of that row or None.
    """
    move: models.BaseModel
    connection: models.BaseModel
    kind: str
    built: Payload
    contact_name: str = ''
    is_new_contact: bool = False
    is_in_xero: bool = False    # and nothing of it is due, so nothing can stop it
    problems: list = field(default_factory=list)
    warnings: list = field(default_factory=list)


class XeroConnection(models.Model):
    """The rehearsal of exports: the same code up to the point where a request would be frozen, with what was read from Xero last.

    Nothing is called, and nothing is kept: what the real code writes on the way is undone.
    """
    _inherit = 'xero.connection'

    @api.model
    def _rehearse(self, moves):
        """Return how documents would go to Xero if they were sent now: drafts and those that were never queued, too.

        :param moves: `account.move` of the kinds that can be exported.
        :return: list of `Rehearsal`.
        """
        rehearsals, contacts = [], {}
        with closing(self.env.cr.savepoint()):
            groups = moves.sudo().grouped(lambda move: (move._xero_connection(), move.company_id, move._xero_kind()))
            for (connection, _company, kind), alike in groups.items():
                obstacle = connection._obstacle(alike)
                if obstacle:
                    rehearsals += [Rehearsal(move, connection, kind, Payload(None), problems=[(obstacle, None)]) for move in alike]
                    continue
                if connection not in contacts:
                    contacts[connection] = connection._rehearse_contacts(moves)
                for ids in split_every(BATCH_DOCUMENTS, alike.ids):
                    rehearsals += connection._rehearse_batch(alike.browse(ids), kind, *contacts[connection])
        return rehearsals

    def _rehearse_contacts(self, moves):
        """Return what is known of the contacts of all documents that go here, and what would be sent for the others.

        All at once, as it is for the export, where each sees the contacts that were created before: of two new namesakes one is taken.

        :return: tuple of dict partner → contact, and dict partner → `ContactPayload`.
        """
        Contact = self.env['xero.contact']
        mine = moves.sudo().filtered(
            lambda move: move._xero_connection() == self and self.env[f'xero.kind.{move._xero_kind()}']._has_contact)
        partners = self._partners_of(mine)
        known = Contact._match(self, partners)
        return known, Contact._payloads(self, partners.filtered(lambda partner: partner not in known))

    def _obstacle(self, moves):
        """Return why nothing can be said about documents that go here, or None."""
        if not self:
            return Problem('connection', self.env._(
                "No Xero connection is set for %(journals)s. Choose one on the journal or on the company.",
                journals=', '.join(moves.journal_id.mapped('display_name'))))
        if not (self.reference_read_at or {}).get('contacts'):
            return Problem('connection', self.env._(
                "Accounts, tax rates and contacts have not been read from Xero for %(connection)s yet. Connect it, and check again when they "
                "are here.", connection=self.name))
        return None

    def _rehearse_batch(self, moves, kind, known, payloads):
        """Return how documents of one kind and company would go.

        :param dict known: partner → contact, of whoever is in Xero.
        :param dict payloads: partner → `ContactPayload`, of the others.
        """
        exports = self.env['xero.export'].concat(*(self._stand_in(move) for move in moves))
        rehearsals = []
        for move, export, built in zip(moves, exports, build(exports), strict=True):
            partner = self._partner_of(move)
            payload = payloads.get(partner)
            is_in_xero = export.state == 'synced' and move.state == 'posted'
            problems = [] if is_in_xero else [*self._lacks(move, export), *built.problems, *(payload.problems if payload else [])]
            rehearsals.append(Rehearsal(
                move, self, kind, built,
                contact_name=payload.element.get('Name') if payload else known[partner].name if partner in known else '',
                is_new_contact=bool(payload and not payload.problems),
                is_in_xero=is_in_xero,
                problems=[(problem._replace(mapping=None), problem.mapping and problem.mapping._source()) for problem in problems],
                warnings=[*built.warnings, *(payload.warnings if payload else [])]))
        return rehearsals

    def _lacks(self, move, export):
        """Yield what a draft lacks before it can be confirmed at all."""
        if export._kind()._has_contact and not self._partner_of(move):
            yield self._partner_problem(move)
        lines = move.invoice_line_ids.filtered(lambda line: line.display_type == 'product') if move.is_invoice(True) else move.line_ids
        if not lines:
            yield Problem('data', self.env._(
                "%(document)s has no lines yet. Enter them, then check again.", document=move._xero_name()), kind=self.env._("without lines"))

    def _stand_in(self, move):
        """Return the export of a document, or one that exists in memory only."""
        Export = self.env['xero.export']
        export = move.xero_export_ids.filtered(lambda export: export.connection_id == self)
        return export[:1] or Export.new({**Export._prepare_document(move._xero_kind(), move), 'connection_id': self.id})
