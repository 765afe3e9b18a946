from collections.abc import Iterable, Iterator
from datetime import date
from urllib.parse import parse_qs, urlencode, urlsplit

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...tools.problem import Problem
from .missed_moves import enqueue_contained


class XeroKindHelper(models.AbstractModel):
    """What kinds have at hand: the link from a document in Xero back to Odoo, dates that Xero may have locked, what a draft lacks."""
    _name = 'xero.kind.helper'
    _description = "Helpers of Kinds of Documents in Xero"

    # === THE LINK BACK === #

    def _linked(self, export: models.BaseModel) -> models.BaseModel:
        """Return the record whose page a document in Xero leads to."""
        return export._document()

    def _back_link(self, export: models.BaseModel) -> str | bool:
        """Return the address of the document in Odoo, or False where Xero would refuse it, which the connection's form says once.

        The connection's contact prefix tells apart two databases that export to one organisation.
        """
        connection, record = export.connection_id, self._linked(export)
        query = urlencode({'model': record._name, 'res_id': record.id, 'from': connection.contact_prefix})
        return not connection.omits_links and f'{connection.get_base_url()}/mail/view?{query}'

    def _is_back_link(self, export: models.BaseModel, element: dict, sent: dict | None = None) -> bool:
        """Return whether the element's link leads to the document, or the element has none (credit notes never do).

        :param dict sent: the element as it went out: its link counts also when the document was deleted since.
        """
        url = element.get('Url')
        if not url:
            return True
        if sent and sent.get('Url'):
            return link_key(url) == link_key(sent['Url'])
        query = parse_qs(urlsplit(url).query)
        return (query.get('res_id') == [str(self._linked(export).id)]
                and query.get('from') == [export.connection_id.contact_prefix])

    # === WHAT THE HOOKS MISSED === #

    def _queue_unknown(self, slice, domain: list, limit: int) -> int:
        """Queue documents that have no export; for `_queue_missed` of kinds whose documents are no entries.

        :param Slice slice: the one that sweeps.
        :param Domain domain: of the documents that go to Xero through the slice's connection.
        :param int limit: most documents to queue.
        :return: number of documents that were found.
        """
        Export, field = self.env['xero.export'], SQL.identifier(self._document_field)
        Export.flush_model([self._document_field])
        known = SQL("(SELECT %s FROM xero_export WHERE %s IS NOT NULL)", field, field)
        documents = self.env[Export._fields[self._document_field].comodel_name].search(
            Domain(domain) & Domain('id', 'not in', known), limit=limit, order='id')
        enqueue_contained(slice, documents, self)
        return len(documents)

    # === DRAFTS === #

    def _lacks(self, export: models.BaseModel) -> Iterable[Problem]:
        """Yield a `Problem` for what a document lacks that is not read by `_build`: its contact, and what a draft needs before it is confirmed."""
        move = export.move_id
        if self._has_contact and not self._partner(export):
            yield export.connection_id._partner_problem(export.document_name)
        if self._document_field != 'move_id':
            return
        lines = move.invoice_line_ids.filtered(lambda line: line.display_type == 'product') if move.is_invoice(True) else move.line_ids
        if not lines:
            yield Problem('data', self.env._(
                "%(document)s has no lines yet. Enter them, then check again.", document=move._xero_name()), kind=self.env._("without lines"))

    # === THE DATE === #

    def _lock_problems(self, connection: models.BaseModel, date: date, name: str) -> Iterator[Problem]:
        """Yield why Xero would not take something approved on a date, by the lock dates that were read last.

        :param str name: of the document.
        """
        lock = connection._locked_until()
        if lock and date <= lock:
            yield Problem('date', self.env._(
                "%(document)s is dated %(date)s, and %(organisation)s is locked up to %(lock)s. "
                "Change the date in Odoo, or ask the Xero adviser to move the lock date.",
                document=name, date=self._written(date), organisation=connection.organisation_name, lock=self._written(lock)))

    def _written(self, date: date) -> str:
        # By scheduled actions, whose language may be another than the reader's: with the name of the month
        return format_date(self.env, date, date_format='d MMM y')


def link_key(url: str | None) -> tuple | None:
    """Return what a link back to Odoo names: model, id and database; None for no link. Xero may write the rest of an address otherwise."""
    query = parse_qs(urlsplit(url or '').query)
    return tuple(query.get(name, [''])[0] for name in ('model', 'res_id', 'from')) if query else None
