from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qs, urlencode, urlsplit

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...tools.problem import Problem
from .missed_moves import enqueue_contained


class XeroKindHelper(models.AbstractModel):
    """Helpers of kinds: the link from a document in Xero back to Odoo, lock dates, and the problems of drafts."""
    _name = 'xero.kind.helper'
    _description = "Helpers of Kinds of Documents in Xero"

    # === JOURNALS === #

    @api.model
    def _journal_paths(self) -> list:
        """Return the paths (list of str) from an export to the journal of its document, of all kinds that have one."""
        return sorted({kind._journal_path for kind in self.env['xero.kind']._all()} - {None})

    @api.model
    def _card_paths(self) -> list:
        """Return the paths (list of str) from an export to the journal on whose card it is counted, of all kinds."""
        return sorted({kind._card_path or kind._journal_path for kind in self.env['xero.kind']._all()} - {None})

    @api.model
    def _on_cards_domain(self, journals: models.BaseModel) -> Domain:
        """Return the domain of the exports that are counted on the cards of some journals.

        :param journals: `account.journal`.
        """
        return Domain.OR(Domain(path, 'in', journals.ids) for path in self._card_paths())

    @api.model
    def _of_journals_domain(self, journals: models.BaseModel) -> Domain:
        """Return the domain of the exports of documents in some journals.

        :param journals: `account.journal`.
        """
        return Domain.OR(Domain(path, 'in', journals.ids) for path in self._journal_paths())

    _is_proved = False      # whether the documents at its endpoint are read by date, to compare them with Odoo's each night

    # === THE BACK LINK === #

    def _linked(self, export: models.BaseModel) -> models.BaseModel:
        """Return the record that the link of a document in Xero opens."""
        return export._document()

    def _back_link(self, export: models.BaseModel) -> str | bool:
        """Return the address of the document in Odoo, or False if Xero would refuse it. The connection's form shows that once.

        The connection's contact prefix distinguishes two databases that export to one organisation.
        """
        connection, record = export.connection_id, self._linked(export)
        query = urlencode({'model': record._name, 'res_id': record.id, 'from': connection.contact_prefix})
        return not connection.omits_links and f'{connection.get_base_url()}/mail/view?{query}'

    def _is_back_link(self, export: models.BaseModel, element: dict, sent: dict | None = None) -> bool:
        """Return whether the element's link leads to the document, or the element has no link (credit notes never have one).

        :param sent: the element as it was sent. Its link is compared even if the document was deleted since.
        """
        url = element.get('Url')
        if not url:
            return True
        if sent and sent.get('Url'):
            return link_key(url) == link_key(sent['Url'])
        query = parse_qs(urlsplit(url).query)
        return (query.get('res_id') == [str(self._linked(export).id)]
                and query.get('from') == [export.connection_id.contact_prefix])

    # === MISSED BY HOOKS === #

    def _queue_unknown(self, slice, domain: list, limit: int) -> int:
        """Queue documents without an export; for `_queue_missed` of kinds whose documents are not journal entries.

        :param Slice slice: the current slice.
        :param domain: of the documents that the slice's connection exports.
        :param int limit: the maximum number of documents to queue.
        :return: number of documents found.
        """
        Export, field = self.env['xero.export'], SQL.identifier(self._document_field)
        Export.flush_model([self._document_field])
        known = SQL("(SELECT %s FROM xero_export WHERE %s IS NOT NULL)", field, field)
        documents = self.env[Export._fields[self._document_field].comodel_name].search(
            Domain(domain) & Domain('id', 'not in', known), limit=limit, order='id')
        enqueue_contained(slice, documents, self)
        return len(documents)

    # === CHANGED BY A PERSON IN XERO === #

    def _alarm_of(self, part: str) -> str:
        """Return the policy of the connection (a name out of `ALARMS`) that shows a change of a part in Xero to people.

        :param str part: a name out of `_part_labels` or `_content_parts`.
        """
        return 'alarm_dates' if part == 'Date' else 'alarm_lines'

    def _settled_amount(self, remote: dict) -> Decimal | None:
        """Return the amount of a document that is paid, credited or allocated in Xero, in its currency; None if that does not apply."""
        return

    def _origin_differences(self, export: models.BaseModel) -> list:
        """Return sentences about what a person changed in a draft that was made from Xero's document."""
        return []

    def _parts_in_xero(self, export: models.BaseModel) -> dict:
        """Return the parts of a document that differ, as they are in Xero; None for one that it does not have there."""
        both = export.both_versions or {'ours': ()}
        return {name: both['xeros'].get(name) for name in both['ours']}

    def _untakeable(self, export: models.BaseModel) -> list:
        """Return the names of the `_parts_in_xero` that Odoo cannot take."""
        return list(self._parts_in_xero(export))

    def _take_parts(self, export: models.BaseModel) -> None:
        """Give the document in Odoo its `_parts_in_xero`. Called if none of them is `_untakeable`.

        :param export: in the environment of the user who decided.
        :raise UserError: Odoo does not allow it for one of them; nothing is taken then.
        """
        raise NotImplementedError

    def _not_taken_words(self, export: models.BaseModel, parts: Iterable) -> str:
        """Return, for people, why parts of a document cannot be taken from Xero, and what to do."""
        labels = self._part_labels()
        named = ', '.join(dict.fromkeys(labels[name] for name in parts if name in labels)) or self.env._("total")
        return self.env._(
            "Odoo's books do not allow a change of %(document)s while it is posted (%(parts)s). Reset it to draft, correct it and confirm it again, "
            "or send Odoo's version, or keep Xero's with a reason.", document=export.document_name, parts=named)

    _cancels_here = False   # whether a document that was voided or deleted in Xero can be cancelled in Odoo by *Take Xero's*

    def _cancel(self, export: models.BaseModel) -> None:
        """Cancel a document in Odoo because it was voided or deleted in Xero. Called if the kind `_cancels_here`.

        :param export: in the environment of the user who decided.
        :raise UserError: Odoo does not allow it.
        """
        raise NotImplementedError

    def _not_cancelled_words(self, export: models.BaseModel) -> str:
        """Return, for people, what to do about a document that was voided or deleted in Xero and cannot be cancelled by *Take Xero's*."""
        return self.env._(
            "If Xero is right, reverse %(document)s in Odoo and keep both as they are with a reason. If Odoo is right, send Odoo's again.",
            document=export.document_name)

    # === DRAFTS === #

    def _lacks(self, export: models.BaseModel) -> Iterable[Problem]:
        """Yield a `Problem` for each thing that a document needs and `_build` does not check: its contact, and what a draft needs."""
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
        """Yield a `Problem` if Xero would refuse an approved document on a date, by the lock dates as last read.

        :param str name: of the document.
        """
        lock = connection._locked_until()
        if lock and date <= lock:
            yield Problem('date', self.env._(
                "%(document)s is dated %(date)s, and %(organisation)s is locked up to %(lock)s. "
                "Change the date in Odoo, or ask the Xero adviser to move the lock date, then resync.",
                document=name, date=self._written(date), organisation=connection.organisation_name, lock=self._written(lock)),
                kind=self.env._("dated in a period that is locked in Xero"))

    def _written(self, date: date) -> str:
        # With the name of the month: scheduled actions write these texts, and their language may differ from the reader's
        return format_date(self.env, date, date_format='d MMM y')


def link_key(url: str | None) -> tuple | None:
    """Return model, id and database in a link back to Odoo; None for no link. Xero may change the other parts of an address."""
    query = parse_qs(urlsplit(url or '').query)
    return tuple(query.get(name, [''])[0] for name in ('model', 'res_id', 'from')) if query else None
