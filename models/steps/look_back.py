"""The look-back: finds documents that Xero already has from us, after an interruption or a request without an answer."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from odoo import fields, models
from odoo.tools import split_every

from ...const import FINAL_STATUSES, LOOK_BACK_MARGIN, PAGE_SIZE
from ...exceptions import XeroUnauthorised
from ..export.xero_export_state import CONTENT_UNKNOWN, STILL_TRIED
from .contact_sender import partners_of

if TYPE_CHECKING:
    from .slice import Slice


class LookBack:
    """Finds documents in Xero and adopts them instead of sending them again."""

    def __init__(self, slice: Slice) -> None:
        """Prepare for a slice.

        :param Slice slice: the one that looks.
        """
        self.slice = slice
        self.connection = slice.connection
        self.env = slice.env

    # === REQUESTS WITHOUT AN ANSWER === #

    def look_for_requests(self, requests: models.BaseModel) -> None:
        """Adopt the documents of these requests that Xero saved, and queue the others again. Commits."""
        if not requests:
            return
        current = self.slice
        since = min(requests.mapped('sent_at')) - LOOK_BACK_MARGIN
        changes = requests.filtered(lambda request: request.method != 'PUT')
        preparations = requests - requests._of_documents()
        creations = requests - preparations - changes
        by_preparer = preparations.grouped(current.preparer)
        for preparer in by_preparer:
            preparer.reread()
        adopted = self.adopt_found(self._frozen_identities(creations), since)
        self._repeat_changes(changes - preparations)
        for preparer, alike in by_preparer.items():
            for request in alike:
                preparer.repeat(request)
        for request in creations:
            self._repeat_lost(request, since)
        requests.write({'state': 'answered', 'answered_at': fields.Datetime.now()})
        # What Xero does not have and was undone in Odoo meanwhile does not wait for its next try
        current.contain(requests.export_ids, lambda some: some._drop_undone())
        adopted._notify_outcome()
        current.done += len(adopted)
        current.commit()

    def _frozen_identities(self, requests):
        """Return the identities of documents whose outcome in these requests is open, in the form of `adopt_found`."""
        identities = defaultdict(list)
        for request in requests:
            kind, out = request._kind(), set(request._still_out().ids)
            for frozen, element in zip(request.frozen or (), request._elements()):
                # Even if it was skipped, requeued or deleted meanwhile: Xero may have it
                if frozen['export'] in out:
                    export = self.env['xero.export'].browse(frozen['export'])
                    for identity in (kind._identity(element, frozen['total']), kind._link_identity(element, frozen['total'])):
                        if identity:
                            identities[identity].append((export, frozen, element))
        return identities

    def _repeat_changes(self, requests):
        """Queue changes without an outcome again. The document in Xero is read before each try."""
        for request in requests:
            lost = request._still_out()
            # Xero may have saved the change: its version must be read before the document counts as equal, even if Odoo's changes again
            lost.write({**CONTENT_UNKNOWN, 'batch_limit': (len(request.export_ids) + 1) // 2})
            if request.tries > 1 or request.left_out:
                self.slice.contain(lost, lambda some: some._try_later())
            else:
                lost._set_waiting_again()

    def _repeat_lost(self, request, since):
        """Try documents later that Xero does not have. If it saved unrecognised elements instead, fail them.

        :param datetime since: naive UTC, before Xero can have saved them.
        """
        out = request._still_out()
        lost = out.filtered(lambda export: export.state == 'uncertain')
        if request.unrecognised:
            out.unseen_since = since
            for export in out.filtered(lambda export: export.state in ('waiting', 'failed', 'uncertain')):
                export._fail_unrecognised(request.unrecognised)
            out.filtered(lambda export: export.state == 'failed')._notify_outcome()
            return
        self.slice.contain(lost, lambda some: some._try_later())
        # Smaller groups, because one document may cause the missing answer
        lost.batch_limit = 1 if request.left_out else (len(request.export_ids) + 1) // 2

    # === FINDING AND ADOPTING === #

    def identities(self, exports: models.BaseModel) -> dict:
        """Return the identities of these documents in Xero, in the form of `adopt_found`."""
        partners = partners_of(exports.filtered(lambda export: export._kind()._has_contact))
        contacts = self.env['xero.contact']._match(self.connection, self.env['res.partner'].union(*partners.values()))

        def expect(some):
            return [(export._kind()._expected_identity(export, contacts.get(partners.get(export))), export) for export in some]

        identities = defaultdict(list)
        expected, _failed = self.slice.contain(exports, expect, tell=lambda export, error: export._fail_unlooked(error))
        for identity, export in (pair for some in expected for pair in some):
            identities[identity].append((export, None, None))
        return identities

    def adopt_found(self, identities: dict, since: datetime) -> models.BaseModel:
        """Adopt documents that Xero already has.

        :param dict identities: identity → list of (export, frozen, element as sent), the last two None if it was not sent. There may be
            several, because vendors' numbers repeat; back links do not.
        :param datetime since: naive UTC; documents that changed earlier are not read.
        :return: exports whose documents are in Xero.
        """
        adopted = self.env['xero.export']
        exports = self.env['xero.export'].union(*(export for alike in identities.values() for export, _frozen, _sent in alike))
        by_kind = exports.grouped(lambda export: export._kind())
        for endpoint in sorted({kind._xero_endpoint for kind in by_kind}):
            kinds = [kind for kind in by_kind if kind._xero_endpoint == endpoint]
            wanted = exports.union(*(by_kind[kind] for kind in kinds))
            try:
                # No row is locked while Xero is asked for the next page
                for page in split_every(PAGE_SIZE, kinds[0]._look_back(self.slice.client, wanted, since)):
                    adopted |= self.adopt_elements(page, kinds, identities)
                    self.slice.commit()
            except XeroUnauthorised as error:
                if error.kind != 'scope':
                    raise
                wanted.filtered(lambda export: not export.xero_id)._fail_unseen(since, error)
        return adopted

    def adopt_elements(self, elements: Iterable[dict], kinds: list, identities: dict) -> models.BaseModel:
        """Adopt elements in Xero for exports, each element for at most one export.

        :param elements: iterable of answered elements.
        :param kinds: models of the kinds that the elements may have.
        :param dict identities: as of `adopt_found`.
        :return: exports whose documents are in Xero.
        """
        adopted = self.env['xero.export']
        for element in elements:
            if element.get('Status') not in FINAL_STATUSES:
                alike = [kind for kind in kinds if kind._xero_type == element.get('Type')]
                adopted |= self._adopt_one(element, alike, identities, adopted)
        return adopted

    def _adopt_one(self, element, kinds, identities, adopted):
        """Adopt an element for the export with its identity, if there is one.

        :param list kinds: those with elements of its type.
        :param adopted: exports that already have an element.
        :return: the export, or an empty record.
        """
        for kind in kinds:
            alike = [found for identity in (kind._identity(element), kind._link_identity(element)) for found in identities.get(identity, ())]
            for export, frozen, sent in alike:
                if export not in adopted and self._adopt(export, kind, element, frozen, sent):
                    return export
        return adopted.browse()

    def _adopt(self, export, kind, element, frozen, sent):
        """Adopt an element for an export, if its back link agrees and no other export has it.

        An export that fails here may be in Xero, so it is searched for again before it is sent.

        :return: whether it was adopted.
        """
        def adopt(export):
            is_own = kind._is_back_link(export, element, sent) and not export._is_taken(element[kind._xero_id])
            if is_own:
                export._settle_saved([(element, frozen)])
                export.is_found = True
            return is_own

        return any(self.slice.contain(export, adopt, tell=lambda export, error: export._fail_unlooked(error))[0])

    # === BEFORE A DOCUMENT IS SENT === #

    def look_for_unseen(self, exports: models.BaseModel) -> models.BaseModel:
        """Search, before documents are sent, for those that an earlier look-back could not search for.

        :return: the exports that must not be sent.
        """
        unseen = exports.filtered('unseen_since')
        if not unseen:
            return unseen
        since = min(unseen.mapped('unseen_since'))
        identities = self.identities(unseen.filtered(lambda export: export._document()))
        for identity, found in self._frozen_identities(unseen._last_creations()).items():
            identities[identity] += [one for one in found if one[0] in unseen]
        adopted = self.adopt_found(identities, since)
        adopted._notify_outcome()
        self.slice.done += len(adopted)
        # Exports that failed in the search are searched for again before their next try
        failed = unseen.filtered(lambda export: export.state == 'failed' and export.cause != STILL_TRIED)
        (unseen - failed).unseen_since = False
        return adopted | failed | self._stop_unrecognised(unseen - adopted - failed, since)

    def _stop_unrecognised(self, exports, since):
        """Fail documents instead of which Xero saved unrecognised elements, if these still exist and no other export has them.

        :return: the exports that failed.
        """
        stopped = exports.browse()
        for export in exports:
            request, kind = export._last_creations(), export._kind()
            unrecognised = {
                element[kind._xero_id]: element for element in request.unrecognised or () if not export._is_taken(element[kind._xero_id])}
            if unrecognised:
                remote = self.slice.client.get(kind._xero_endpoint, kind._remote_params(list(unrecognised))).elements(kind._xero_endpoint)
                living = [unrecognised[element[kind._xero_id]] for element in remote if not kind._is_gone(element)]
                if living:
                    export.unseen_since = since
                    export._fail_unrecognised(living)
                    stopped |= export
        stopped._notify_outcome()
        self.slice.failed += len(stopped)
        return stopped
