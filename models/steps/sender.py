"""Sending: requests are frozen before they are sent, and settled element by element by the answer."""
from __future__ import annotations

import logging
import time
import uuid
from typing import TYPE_CHECKING

from odoo import fields, models
from odoo.tools import groupby

from ...const import BATCH_BYTES, FINAL_STATUSES
from ...exceptions import XeroError, XeroRefused, XeroRetryable, XeroThrottled, XeroUnknownOutcome
from ...tools.xero_elements import element_messages, element_ok
from ...tools.xero_text import fold

if TYPE_CHECKING:
    from .slice import Slice

_logger = logging.getLogger(__name__)


class Sender:
    """Freezes requests, sends them and settles their documents. Nothing else writes documents in Xero.

    Public attributes: `sent`, number of requests; `started`, time of `time.monotonic()` of the first of them.
    """

    def __init__(self, slice: Slice) -> None:
        """Prepare for a slice.

        :param Slice slice: the one that sends.
        """
        self.slice = slice
        self.connection = slice.connection
        self.env = slice.env
        self.sent, self.started = 0, None
        self._untold = self.env['xero.export']

    # === DOCUMENTS === #

    def send_documents(self, payloads: list, method: str) -> None:
        """Send documents of one kind, request by request.

        :param list payloads: of `Payload`, without problems.
        :param str method: `PUT` creates documents; `POST` changes and `DELETE` deletes those with the elements' ids.
        """
        current = self.slice
        if not payloads:
            current.commit()
            return
        limit = payloads[0].export._batch_limit()
        _dumped, failed = current.contain(payloads, lambda some: [one.dump() for one in some], lambda one: one.export, writes=False)
        payloads = [one for one in payloads if one.export not in failed]
        if payloads and (kind := payloads[0].export._kind())._forms_groups:
            groups, _failed = current.contain(payloads, kind._arrange, lambda one: one.export, writes=method != 'PUT')
            payloads = [one for some in groups for one in some]
        is_first = False
        while payloads:
            chosen, left = self._choose(payloads, limit)
            if is_first:
                chosen = self.without_changed(chosen)
            # Several only after an error. A request that is frozen and not sent is repeated under its key by the next slice
            requests, _failed = current.contain(
                chosen, lambda some: self._freeze_documents(some, method), lambda one: one.export, is_first=is_first) if chosen else ((), ())
            for request in requests:
                self.send(request)
            current.commit()    # what explains refusals
            is_first = True
            payloads = left if current.has_time() else []
        self.tell_outcomes()

    def tell_outcomes(self) -> None:
        """Tell everybody concerned what became of the documents of the last requests, with one note for each. Commits.

        For several requests at once, because the author of notes is read again after each commit.
        """
        if untold := self._untold:
            self._untold = untold.browse()
            self.slice.retry_on_conflict(untold._tell_outcome)

    @staticmethod
    def _choose(ready, limit):
        """Return the payloads of the next request, and the others. A request has one path, unique keys and at most `BATCH_BYTES`.

        :param list ready: of `Payload`, without problems; those of one group in a row. The first group is chosen whatever its size.
        :param int limit: documents in one request.
        """
        chosen, left, keys, size = [], [], set(), 0
        for _group, together in groupby(ready, lambda one: one.group or one.export.id):
            is_room = not chosen or len(chosen) + len(together) <= limit
            if is_room and together[0].path == ready[0].path and keys.isdisjoint(one.key for one in together):
                size += sum(len(one.body) + 1 for one in together)  # with their commas
                if not chosen or size <= BATCH_BYTES:
                    chosen += together
                    keys.update(one.key for one in together)
                    continue
            left += together
        return chosen, left

    def without_changed(self, payloads: list) -> list:
        """Return the payloads whose documents were not changed or dequeued since they were built; the next batch builds the others again.

        :param list payloads: of `Payload`.
        """
        exports = self.env['xero.export'].browse(one.export.id for one in payloads)
        # After each request: no other columns
        exports.fetch(['revision', 'state', 'kind', 'company_id', 'operation'])
        return [
            one for one, export in zip(payloads, exports)
            if export.revision == one.revision and export.state in ('waiting', 'failed')]

    def fail_before_sending(self, refused: list) -> None:
        """Fail documents because of problems found before sending.

        :param list refused: of (`xero.export`, list of `tools.problem.Problem`).
        """
        def fail(some):
            for export, problems in some:
                export._fail_problems(problems)

        _done, failed = self.slice.contain(refused, fail, exports_of=lambda one: one[0])
        exports = self.env['xero.export'].browse(export.id for export, _problems in refused) - failed
        exports._notify_outcome()
        self.slice.failed += len(exports)

    # === ON THE WIRE === #

    def _freeze_documents(self, payloads, method):
        exports = self.env['xero.export'].browse(one.export.id for one in payloads)
        kind = exports._kind()
        return self.freeze(
            exports[0].kind, payloads[0].path or kind._xero_endpoint, exports, kind._body(payloads), [one.frozen() for one in payloads], method)

    def freeze(self, kind: str, path: str, exports: models.BaseModel, body: bytes, frozen: list, method: str = 'PUT') -> models.BaseModel:
        """Create the record of a request with its exact body, so that it cannot be sent twice after a crash.

        :param str kind: of the documents, or the key of `Slice.preparers`.
        :param str path: of the call.
        :param exports: `xero.export` that are in the request, or wait for what is in it.
        :param bytes body: JSON.
        :param list frozen: dicts of values that the request stores for each element.
        :return: `xero.request`, not committed.
        """
        now = fields.Datetime.now()
        request = self.env['xero.request'].create({
            'connection_id': self.connection.id,
            'company_id': exports[0].company_id.id,
            'kind': kind,
            'export_ids': exports.ids,
            'method': method,
            'path': path,
            'key': str(uuid.uuid4()),
            'body': body.decode(),
            'frozen': frozen,
            'sent_at': now,
        })
        exports._set_sending(now)
        return request

    def send(self, request: models.BaseModel) -> None:
        """Commit and send a frozen request, and settle the answer. There is no query between the commit and the answer.

        :param request: `xero.request`, new or without an answer.
        :raise XeroError: an error that concerns all documents of the connection; the request is already settled.
        """
        current = self.slice
        self.sent += 1
        self.started = self.started or time.monotonic()
        kind, method, path, key, body = request._kind(), request.method, request.path, request.key, request.body.encode()
        current.endpoint = kind._xero_endpoint
        current.commit()
        try:
            # A call that deletes has no body; the stored body only records which element it deletes
            answer = current.client.delete(path) if method == 'DELETE' else current.client.write(method, path, body, key, kind._write_params)
        except XeroError as error:
            current.retry_on_conflict(self._settle_error, request, error)
            if request.tries > 1 and request.state == 'unanswered' and error.status and isinstance(error, (XeroUnknownOutcome, XeroRefused)):
                # Xero gives the same answer to each repetition under the key: this is no outage, and the key cannot be used any more
                current.look_back.look_for_requests(request)
            elif not isinstance(error, XeroRefused):
                raise
            return
        refused, is_answered = current.retry_on_conflict(self._settle_answer, request, answer)
        self._explain_refusals(request, kind, refused)
        if not is_answered:
            current.look_back.look_for_requests(request)

    # === SETTLING === #

    def _settle_answer(self, request, answer):
        """Settle each document of a request by the answer.

        :param XeroAnswer answer: with status 200, or 400 with elements.
        :return: tuple of the exports that were refused, and whether the answer tells of every document.
        """
        current = self.slice
        if request._is_preparation():
            settled = current.preparer(request).settle(request, answer)
            request._close(answer.status, answer.correlation_id, answer.text)
        else:
            settled = self._settle_documents(request, answer)
        refused = settled.filtered(lambda export: export.state == 'failed')
        current.done += len(settled - refused)
        current.failed += len(refused)
        settled._unblock_followers()
        self._untold |= settled
        return refused, request.state == 'answered'

    def _settle_documents(self, request, answer):
        """Match the elements of an answer with the exports by their keys, and settle the exports. This is the first write of the transaction.

        :return: exports with an outcome; those without an element are uncertain.
        """
        kind, current = request._kind(), self.slice
        elements = current.contain_quietly(lambda: kind._read_answer(request, answer), writes=False) or []
        pairs = current.contain_quietly(lambda: request._recognise(kind, elements), writes=False)
        if pairs is None:
            elements, pairs = [], [(frozen, None) for frozen in request.frozen]
        by_id = {export.id: export for export in self.env['xero.export'].browse(frozen['export'] for frozen, _element in pairs)}

        def tell(pair, error):
            frozen, element = pair
            by_id[frozen['export']]._fail_unexpectedly(error, None if frozen.get('operation') == 'void' else kind._saved_values(element))
            current.failed += 1

        groups, _failed = current.contain(
            pairs, lambda some: self._settle_pairs(kind, some, by_id), exports_of=lambda pair: by_id[pair[0]['export']], tell=tell,
            is_first=True)
        request._close(answer.status, answer.correlation_id, answer.text)
        request._note_left_out(kind, elements, [frozen for frozen, element in pairs if element is None])
        return self.env['xero.export'].union(*groups)

    def _settle_pairs(self, kind, pairs, by_id):
        """Settle documents by their answered elements.

        :param list pairs: of (frozen, element or None).
        :param dict by_id: id → export.
        :return: exports with an outcome.
        """
        told, saved = [], {}
        for frozen, element in pairs:
            export = by_id[frozen['export']]
            is_awaited = export.state in ('sending', 'uncertain')
            if element is None and is_awaited:
                export._set_uncertain()
            # For an export that was skipped or requeued meanwhile, only a success is stored
            is_saved = element is not None and element_ok(element, kind._xero_id)
            if element is None or not (is_awaited or is_saved):
                continue
            told.append(export.id)
            if not is_saved:
                export._settle_refused(element_messages(element), frozen['revision'])
            elif frozen.get('operation') == 'void':
                export._settle_void(element, frozen)
            else:
                saved[export.id] = (element, frozen)
        Export = self.env['xero.export']
        Export.browse(saved)._settle_saved(list(saved.values()))
        Export.browse(saved)._show_on_moves()
        return Export.browse(told).filtered(lambda export: export.state in ('synced', 'failed'))

    def _settle_error(self, request, error):
        """Settle a request that ended in an error. Documents that Xero certainly did not save wait again, the others are uncertain."""
        exports = request.export_ids if request._is_preparation() else request._still_out()
        exports = exports.filtered(lambda export: export.state in ('sending', 'uncertain'))
        is_verdict = isinstance(error, XeroRefused) and not error.is_foreign
        if isinstance(error, XeroUnknownOutcome) or (request.tries > 1 and not is_verdict):
            # Xero did not process the repetition, so the outcome of the first try is still unknown
            request._mark_unanswered(error.message, error.status, error.correlation_id)
            return
        request._close(error.status, error.correlation_id, error.detail, error.message)
        if not isinstance(error, XeroRefused) or (request._is_preparation() and self.slice.preparer(request).decline_whole(request, error)):
            exports._set_waiting_again()
        elif len(request.frozen) > 1 and request._kind()._is_divisible(request):
            # One document or contact can make Xero refuse the whole body: halve the requests until it is alone
            exports._set_waiting_again(batch_limit=(len(request.frozen) + 1) // 2)
        else:
            self._refuse_whole(exports, error)

    def _refuse_whole(self, exports, error):
        """Fail the documents of a request that cannot be divided, whose whole body Xero refused."""
        def refuse(some):
            for export in some:
                export._settle_refused([error.message])
                if error.is_foreign:
                    export._fail_filtered(error)

        _settled, failed = self.slice.contain(exports, refuse)
        self.slice.failed += len((exports - failed).filtered(lambda export: export.state == 'failed'))
        (exports - failed)._notify_outcome()

    # === EXPLANATIONS OF REFUSALS === #

    def _explain_refusals(self, request, kind, refused):
        """Read what may explain refusals: contacts that were created meanwhile, documents with the same numbers.

        :param kind: of the request; what all kinds have in common for what documents need.
        """
        current = self.slice
        for preparer in current.preparers.values():
            preparer.follow_up()
        if refused and request.method == 'PUT' and kind._xero_number:
            taken = refused.filtered(lambda export: export.cause == 'number' and not export.candidate)
            if taken:
                current.contain_quietly(lambda: self._find_candidates(taken))
                current.commit()
        if refused and not request._is_preparation() and (stale := refused.filtered(lambda export: export.cause == 'contact')):
            current.contacts.follow_moved(stale)
        kind._after_refusal(request, refused, current)

    def _find_candidates(self, exports):
        """Store, for each refused document, the one in Xero with its number."""
        kind, connection = exports._kind(), self.connection
        contacts = self.env['xero.contact']._match(connection, connection._partners_of(exports.move_id))
        holders = {}
        for params in kind._look_up_params(exports, contacts):
            for element in self._explaining(kind._xero_endpoint, params):
                number = fold(element.get(kind._xero_number))
                # A voided document keeps its number, so prefer one that is not voided
                if element.get('Status') not in FINAL_STATUSES or number not in holders:
                    holders[number] = element
        for export in exports if holders else ():
            holder = holders.get(fold(kind._number(export.move_id)))
            if holder:
                export.candidate = kind._candidate(export, [holder])
                if holder.get('Status') in FINAL_STATUSES:
                    export.message = self.env._(
                        "%(number)s is the number of a voided document in %(organisation)s, and Xero does not allow it to be used again. Give "
                        "%(document)s another number in Odoo, then resync.", number=kind._number(export.move_id), organisation=connection.organisation_name,
                        document=export.document_name)

    def _explaining(self, endpoint, params):
        """Return elements that help to explain a refusal; an empty list if the call fails.

        :raise XeroThrottled: Xero would not answer other calls either.
        """
        try:
            return self.slice.client.get(endpoint, params).elements(endpoint)
        except XeroThrottled:
            raise
        except (XeroRefused, XeroRetryable) as error:
            _logger.info("The documents with a number were not read: %s (correlation %s)", error.message, error.correlation_id)
            return []
