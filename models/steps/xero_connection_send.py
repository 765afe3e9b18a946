import logging
import uuid

from odoo import fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...const import BATCH_BYTES, FILTER_IDS, FINAL_STATUSES
from ...exceptions import XeroError, XeroRefused, XeroRetryable, XeroThrottled, XeroUnknownOutcome
from ...tools.problem import Problem
from ...tools.xero_elements import element_messages, element_ok
from ...tools.xero_money import dumps
from ...tools.xero_text import fold
from ..export.xero_cause import reference_lists
from ..kinds.xero_kind import Built

_logger = logging.getLogger(__name__)

SETTLE_TRIES = 5
REQUESTS_PREPARED = 5   # at once, so that what all documents need is read once: what a slice sends at Xero's pace


class XeroConnection(models.Model):
    """Sending: the next batch, its contacts first, frozen before it leaves, settled element by element."""
    _inherit = 'xero.connection'

    # === THE NEXT STEP === #

    def _send_next(self, run):
        """Take one step with documents that are due: create the contacts that some miss, or send what is prepared together.

        :return: whether there was anything to do.
        """
        exports = self._next_batch()
        if not exports:
            return False
        run.asked_by |= exports.asked_by_id
        run.endpoint = exports._kind()._xero_endpoint
        operation = exports[0].operation
        if operation == 'create':
            exports -= self._look_for_unseen(exports, run)
        sifted, _failed = self._contain(exports, lambda some: self._sift(some, run), run)
        exports = exports.browse().union(*(ready for ready, _strangers in sifted))
        strangers = exports.browse().union(*(strangers for _ready, strangers in sifted))
        if strangers:
            self._send_contacts(strangers, run)
        elif exports and operation == 'create':
            self._send_built(self._passed(exports, run), 'PUT', run)
        elif exports:
            self._send_changes(exports[:FILTER_IDS], run)
        return True

    def _sift(self, exports, run):
        """Sort out what must not be sent in this step.

        :param exports: due, of one kind, company and operation.
        :return: tuple of the others, and those of them whose contact has to come first.
        """
        operation = exports[0].operation
        exports = exports - exports._drop_unposted() if operation == 'create' else exports._still_wanted()
        exports -= exports._wait_for_prerequisites()
        exports -= self._look_before(exports, run)
        has_contact = exports and exports._kind()._has_contact and operation != 'void'
        return exports, exports - self._with_contact(exports, run) if has_contact else exports.browse()

    def _look_before(self, exports, run):
        """Read what Xero holds already, where that decides whether documents may be sent now.

        :param exports: due, of one kind, company and operation. May be empty.
        :return: those of them that must not be sent in this step.
        """
        return exports.browse()

    def _next_batch(self):
        """Return due exports of one kind, company and operation, for some requests: asked for by hand first, then in their order."""
        Export = self.env['xero.export']
        due, order = Export._due_domain(self), 'asked_at, id'
        first = Export.search_fetch(due, limit=1, order=order)
        alike = [(name, '=', first[name].id if name == 'company_id' else first[name]) for name in ('kind', 'company_id', 'operation', 'batch_limit')]
        return first and Export.search_fetch([*due, *alike], limit=first._batch_limit() * REQUESTS_PREPARED, order=order)

    # === DOCUMENTS === #

    def _passed(self, exports, run):
        """Check the documents against what we know of Xero.

        :return: list of `Built`; the exports of the others have failed.
        """
        built = self._build_checked(exports, run)
        for refused in built:
            if refused.problems:
                self._fail_before_sending(refused.export, refused.problems, run)
        return [one for one in built if not one.problems]

    def _send_built(self, built, method, run):
        """Send documents of one kind, request by request.

        :param list built: of `Built`.
        :param str method: `PUT` creates, `POST` changes what their elements' ids name.
        """
        if not built:
            self._commit()
            return
        limit = built[0].export._batch_limit()
        _sizes, failed = self._contain(built, lambda some: [one.weigh() for one in some], run, lambda one: one.export, writes=False)
        built = [one for one in built if one.export not in failed]
        while built:
            chosen, left = self._choose(built, limit)
            # More than one only after an error: what is frozen and not sent goes out again under its key
            requests, _failed = self._contain(chosen, lambda some: self._freeze_documents(some, method), run, lambda one: one.export)
            for request in requests:
                self._send(request, run)
            built = self._unchanged(left) if run.has_time() else []

    def _build_checked(self, exports, run):
        """Return the documents as they would go. What seems to be missing in Xero is looked up again before it counts."""
        built = self._build(exports)
        causes = {problem.cause for one in built for problem in one.problems}
        return self._build(exports) if self._reread_for(causes, run) else built

    def _build(self, exports):
        """Return documents of one kind and company as they would go to Xero now.

        One that cannot even be built, by a fault of ours or of another add-on, does not stop its neighbours.

        :return: list of `Built`, in the order of the exports.
        """
        broken = {}

        def build(some):
            return some._kind()._build(some, self.env['xero.mapping']._prefetch_for(self, some.company_id))

        def tell(export, error):
            broken[export] = Built(export, problems=[Problem('data', self.env._(
                "%(document)s could not be prepared for Xero (%(error)s). Ask your administrator to look into Odoo's log, then resync.",
                document=export.document_name, error=type(error).__name__))])

        groups, _failed = self._contain(exports, build, tell=tell)
        by_export = {one.export: one for group in groups for one in group} | broken
        return [by_export[export] for export in exports if export in by_export]

    def _reread_for(self, causes, run):
        """Read the lists again that could cure these causes, once per slice.

        :return: whether anything was read.
        """
        wanted = reference_lists(causes) - run.reread
        run.reread |= wanted
        read = [self._reread(run.client, name, by_hand=bool(run.asked_by)) for name in sorted(wanted)]
        return any(read)

    @staticmethod
    def _choose(ready, limit):
        """Return what goes into one request, to one path, no two with the same recognition key and not too many bytes, and what is left.

        :param list ready: of `Built`, without problems.
        :param int limit: documents in one request.
        """
        chosen, left, keys, size = [], [], set(), 0
        for one in ready:
            if len(chosen) < limit and one.key not in keys and one.path == ready[0].path:
                size += one.size
                if not chosen or size <= BATCH_BYTES:
                    chosen.append(one)
                    keys.add(one.key)
                    continue
            left.append(one)
        return chosen, left

    def _unchanged(self, built):
        """Leave out what was changed or taken out of the queue since it was prepared; the next step sees it as it is now."""
        exports = self.env['xero.export'].browse(one.export.id for one in built)
        return [
            one for one, export in zip(built, exports)
            if export.revision == one.revision and export.state in ('waiting', 'failed')]

    def _fail_before_sending(self, exports, problems, run):
        for export in exports:
            export._fail_problems(problems)
        exports._conclude()
        run.failed += len(exports)

    # === ON THE WIRE === #

    def _freeze_documents(self, built, method):
        exports = self.env['xero.export'].browse(one.export.id for one in built)
        return self._freeze(
            exports[0].kind, exports._kind()._xero_endpoint, exports, [one.element for one in built], [one.frozen() for one in built], method,
            built[0].path)

    def _freeze(self, kind, name, exports, elements, frozen, method='PUT', path=''):
        """Commit what is about to be sent, byte for byte, so that no crash can make us send it blindly twice.

        :param str kind: of the documents, or `contact`.
        :param str name: key of the list in the body.
        :param str path: where it goes, if not to an endpoint of that name.
        :return: `xero.request`.
        """
        now = fields.Datetime.now()
        request = self.env['xero.request'].create({
            'connection_id': self.id,
            'company_id': exports[0].company_id.id,
            'kind': kind,
            'export_ids': exports.ids,
            'method': method,
            'path': path or name,
            'key': str(uuid.uuid4()),
            'body': dumps({name: elements}).decode(),
            'frozen': frozen,
            'sent_at': now,
        })
        exports._mark_sending(now)
        return request

    def _send(self, request, run):
        """Send a frozen request and settle what Xero answers. Between the commit and the answer there is no query."""
        method, path, key, body, params = request.method, request.path, request.key, request.body.encode(), request._kind()._write_params
        self._commit()
        try:
            # A call that deletes has no body: the frozen one says what it stands for
            answer = run.client.delete(path) if method == 'DELETE' else run.client.write(method, path, body, key, params)
        except XeroError as error:
            self._insist(self._settle_error, request, error, run)
            if request.tries > 1 and request.state == 'unanswered' and error.status and isinstance(error, (XeroUnknownOutcome, XeroRefused)):
                # Xero answers, and remembers that answer under the key: it is no outage, and the key is of no more use
                self._look_back_for_requests(request, run)
            elif not isinstance(error, XeroRefused):
                raise
            return
        refused = self._insist(self._settle_answer, request, answer, run)
        self._look_closer(request, refused, run)
        if request.state == 'unanswered':
            self._look_back_for_requests(request, run)

    def _look_closer(self, request, refused, run):
        """Read what makes a refusal plain: contacts that came up meanwhile, documents that hold our numbers."""
        is_numbered = request.method == 'PUT' and request._kind()._xero_number
        taken = refused.filtered(lambda export: is_numbered and export.cause == 'number' and not export.candidate)
        if run.contacts_stale:
            run.contacts_stale = False
            run.reread.add('contacts')
            self._refresh_reference(run.client, only=['contacts'])
            self._commit()
        if taken:
            self._contain_quietly(lambda: self._find_candidates(taken, run))
            self._commit()

    def _find_candidates(self, exports, run):
        """Remember, for each refused document, the one in Xero that holds its number."""
        kind = exports._kind()
        if not kind._xero_number:
            return
        contacts = self.env['xero.contact']._match(self, self._partners_of(exports.move_id))
        holders = {}
        for params in kind._look_up_params(exports, contacts):
            for element in self._explaining(run.client, kind._xero_endpoint, params):
                number = fold(element.get(kind._xero_number))
                # A voided document keeps its number, so the living one counts
                if element.get('Status') not in FINAL_STATUSES or number not in holders:
                    holders[number] = element
        for export in exports:
            holder = holders.get(fold(kind._number(export.move_id)))
            contact = contacts.get(self._partner_of(export.move_id))
            if holder:
                export.candidate = export._candidate(holder, contact and contact.xero_id)
                if holder.get('Status') in FINAL_STATUSES:
                    export.message = self.env._(
                        "%(number)s is the number of a voided document in %(organisation)s, and Xero never gives it back. Give %(document)s another "
                        "number in Odoo, then resync.", number=export._kind()._number(export.move_id), organisation=self.organisation_name,
                        document=export.document_name)

    @staticmethod
    def _explaining(client, endpoint, params):
        """Return elements that only help to explain a refusal; none if Xero does not answer that question.

        :raise XeroThrottled: nothing else would be answered either.
        """
        try:
            return client.get(endpoint, params).elements(endpoint)
        except XeroThrottled:
            raise
        except (XeroRefused, XeroRetryable) as error:
            _logger.info("Xero did not say what holds a number: %s (correlation %s)", error.message, error.correlation_id)
            return []

    def _insist(self, settle, *args):
        """Settle in a transaction of its own, again from the answer in memory if somebody else wrote the same rows meanwhile.

        :return: what `settle` returns.
        """
        tries = SETTLE_TRIES
        while True:
            try:
                settled = settle(*args)
                self._commit()
                return settled
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
                self.env.invalidate_all(flush=False)
                tries -= 1
                if not tries:
                    raise

    # === SETTLING === #

    def _settle_answer(self, request, answer, run):
        """Give each document of a request the outcome that Xero answered for it.

        :return: exports that were refused.
        """
        request._close(answer.status, answer.correlation_id, answer.text)
        if request.kind == 'contact':
            settled = self._settle_contacts(request, answer.elements('Contacts'), run)
        else:
            elements = self._contain_quietly(lambda: request._kind()._read_answer(request, answer), writes=False)
            settled = self._settle_documents(request, elements or [], run)
        refused = settled.filtered(lambda export: export.state == 'failed')
        run.done += len(settled - refused)
        run.failed += len(refused)
        settled._conclude()
        return refused

    def _settle_documents(self, request, elements, run):
        """Recognise the elements by their keys and settle their exports.

        :return: exports with an outcome; those whose element is missing stay uncertain.
        """
        kind = request._kind()
        exports = self.env['xero.export'].browse(frozen['export'] for frozen in request.frozen)
        by_id = {export.id: export for export in exports}
        pairs = self._contain_quietly(lambda: request._recognise(kind, elements), writes=False)
        if pairs is None:
            elements, pairs = [], [(frozen, None) for frozen in request.frozen]

        def tell(pair, error):
            frozen, element = pair
            by_id[frozen['export']]._fail_unexpectedly(error, None if frozen.get('operation') == 'void' else kind._saved_values(element))
            run.failed += 1

        groups, _failed = self._contain(pairs, lambda some: self._settle_pairs(kind, some, by_id), exports_of=lambda pair: by_id[pair[0]['export']], tell=tell)
        request._note_left_out(kind, elements)
        return self.env['xero.export'].union(*groups)

    def _settle_pairs(self, kind, pairs, by_id):
        """Settle documents by what was answered for each.

        :param pairs: list of (frozen, element or None).
        :param dict by_id: exports.
        :return: exports with an outcome.
        """
        settled = self.env['xero.export']
        for frozen, element in pairs:
            export = by_id[frozen['export']]
            is_awaited = export.state in ('sending', 'uncertain')
            if element is None and is_awaited:
                export.state = 'uncertain'
            # Skipped or asked for again meanwhile: only that it is in Xero counts
            if element is None or not (is_awaited or element_ok(element, kind._xero_id)):
                continue
            if element_ok(element, kind._xero_id):
                settle = export._settle_void if frozen.get('operation') == 'void' else export._settle_saved
                settle(element, frozen)
            else:
                export._settle_refused(element_messages(element), frozen['revision'])
            settled |= export.filtered(lambda export: export.state in ('synced', 'failed'))
        return settled

    def _settle_error(self, request, error, run):
        """No element has an outcome. What Xero certainly did not take waits again, the rest is uncertain."""
        exports = request.export_ids if request.kind == 'contact' else request._still_out()
        exports = exports.filtered(lambda export: export.state in ('sending', 'uncertain'))
        is_verdict = isinstance(error, XeroRefused) and not error.is_foreign
        if isinstance(error, XeroUnknownOutcome) or (request.tries > 1 and not is_verdict):
            # A repeat that Xero did not even look at says nothing about the first time
            request._lose_answer(error.message, error.status, error.correlation_id)
            return
        request._close(error.status, error.correlation_id, error.detail, error.message)
        if not isinstance(error, XeroRefused) or self._declined_whole(request, error):
            exports.write({'state': 'waiting'})
        elif len(request.frozen) > 1:
            # One document, or contact, that Xero cannot read spoils the whole body: halve until it stands alone
            exports.write({'state': 'waiting', 'batch_limit': (len(request.frozen) + 1) // 2})
        else:
            def refuse(exports):
                for export in exports:
                    export._settle_refused([error.message])
                    if error.is_foreign:
                        export._blame_filter(error)

            _settled, failed = self._contain(exports, refuse, run)
            run.failed += len((exports - failed).filtered(lambda export: export.state == 'failed'))
            (exports - failed)._conclude()
