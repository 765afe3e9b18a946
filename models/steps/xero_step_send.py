from collections.abc import Iterable
from datetime import datetime

from odoo import fields, models
from odoo.fields import Domain

from ...const import FILTER_IDS
from ..export.xero_cause import reference_lists
from ..kinds.build import build
from ..kinds.xero_payload import Payload
from .slice import Slice

REQUESTS_PREPARED = 10   # built together, so that common data is read once: about as many as Xero's limit allows in a slice


class XeroStepSend(models.AbstractModel):
    """Sends due documents in batches: contacts and items first, then documents, each checked against the reference data before."""
    _name = 'xero.step.send'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: send what is due"

    _sequence = 140

    def _run(self, slice: Slice) -> None:
        # The look-back needs all contacts, so while they are being read, documents that may be in Xero already must wait
        if slice.reads_contacts and slice.connection.look_back_since:
            return
        while self._send_next(slice) and slice.has_time():
            pass    # one batch at least, or what takes all the time before it would hold documents back for ever

    def _send_next(self, slice):
        """Process the next batch: create missing contacts or items of its documents, or send the documents.

        :return: whether there was a batch.
        """
        exports = self._next_batch(slice)
        if not exports:
            return False
        # `asked_by_id` stays after an outcome: only `asked_at` shows that this try was requested
        slice.asked_by |= exports.filtered('asked_at').asked_by_id
        slice.endpoint = exports._kind()._xero_endpoint
        operation = exports[0].operation
        if operation == 'create':
            exports -= slice.look_back.look_for_unseen(exports)
        sifted, _failed = slice.contain(exports, lambda some: self._sift(some, slice))
        exports = exports.browse().union(*(ready for ready, _without_contact in sifted))
        without_contact = exports.browse().union(*(without_contact for _ready, without_contact in sifted))
        if exports:
            held_back = exports._kind()._before_send(exports, slice)
            exports -= held_back
            without_contact -= held_back
        if slice.reads_contacts:
            # Their contacts may be among those that have not been read yet
            slice.left |= without_contact
            exports -= without_contact
            without_contact = exports.browse()
        if without_contact:
            slice.contacts.send(without_contact)
        elif exports and operation != 'void' and slice.items.send(exports):
            pass    # the next batch has the documents
        elif exports and operation == 'create':
            slice.sender.send_documents(self._preflight(exports, slice), 'PUT')
        elif exports:
            self._send_changes(exports[:FILTER_IDS], slice)
        return True

    def _next_batch(self, slice):
        """Return due exports of one kind, company and operation, for several requests: manual requests first, then by id."""
        Export = self.env['xero.export']
        due, order = Domain(Export._due_domain(slice.connection)) & Domain('id', 'not in', slice.left.ids), 'asked_at, id'
        first = Export.search(due, limit=1, order=order)    # mostly there is none
        alike = [(name, '=', first[name].id if name == 'company_id' else first[name]) for name in ('kind', 'company_id', 'operation', 'batch_limit')]
        limit = first and first._batch_limit() * slice.requests_in_time(REQUESTS_PREPARED)
        exports = first and Export.search_fetch(due & Domain(alike), limit=limit, order=order)
        return exports and exports | (exports._kind()._companions(exports) - slice.left)

    def _sift(self, exports, slice):
        """Leave out documents that must not be sent in this batch.

        :param exports: due `xero.export` of one kind, company and operation.
        :return: tuple of the others, and those among them whose contact must be sent first.
        """
        operation, kind = exports[0].operation, exports._kind()
        exports = exports - exports._drop_unposted() if operation == 'create' else exports._still_wanted()
        exports -= exports._wait_for_prerequisites()
        has_contact = exports and kind._has_contact and operation != 'void'
        return exports, exports - slice.contacts.with_contact(exports) if has_contact else exports.browse()

    def _preflight(self, exports, slice):
        """Build the documents and check them against the reference data.

        :return: list of `Payload`; the exports of the others have failed.
        """
        payloads = self._build(exports, slice)
        slice.sender.fail_before_sending([(one.export, one.problems) for one in payloads if one.problems])
        passed = [one for one in payloads if not one.problems]
        if not exports._kind()._has_own_total:
            for one in passed:
                one.export.amount_total = float(one.total)
        return passed

    def _build(self, exports, slice):
        """Return the documents as they would be sent. If something seems to be missing in Xero, its list is read again first."""
        payloads = build(exports)
        causes = {problem.cause for one in payloads for problem in one.problems}
        read = [slice.reread_list(name) for name in sorted(reference_lists(causes))]
        if any(read):
            payloads = build(exports)
        for one in payloads:
            # Unchanged content need not pass again: a lock date set later does not prevent a mark as sent
            if one.export.operation == 'update' and one.digest == one.export.digest:
                one.problems = []
        return payloads

    def _send_changes(self, exports, slice):
        """Read documents from Xero, and change or void them if their state there allows it.

        :param exports: due `xero.export` of one kind, company and operation, as many as one call can read.
        """
        kind, operation = exports._kind(), exports[0].operation
        if operation == 'update':
            remembered, _failed = slice.contain(exports, lambda some: (some._remember_document(), some)[1])
            payloads = self._preflight(exports.browse().union(*remembered), slice)
        else:
            payloads = [Payload(export, export.revision) for export in exports]
        # No row is locked during the call
        slice.commit()
        remote_by_id = kind._read_remote(slice.client, exports.browse(one.export.id for one in payloads)) if payloads else {}
        payloads = slice.sender.without_changed(payloads)
        groups, failed = slice.contain(
            payloads, lambda some: [
                change for one in some if (change := one.export._settle_or_build_change(one, remote_by_id.get(one.export.xero_id)))],
            lambda one: one.export)
        settled = self.env['xero.export'].union(*(one.export for one in payloads)) - failed
        settled = settled.filtered(lambda export: export.state == 'synced')
        settled._notify_outcome()
        slice.done += len(settled)
        slice.has_changes = True
        slice.sender.send_documents([change for some in groups for change in some], kind._void_method if operation == 'void' else 'POST')

    def _has_work(self, connection: models.BaseModel) -> bool:
        return self.env['xero.export']._has_due(connection)

    def _next_moments(self, connection: models.BaseModel) -> Iterable[datetime]:
        Export, now = self.env['xero.export'], fields.Datetime.now()
        [(next_try_at,)] = Export._read_group(
            [('connection_id', '=', connection.id), ('state', 'in', ('waiting', 'failed')), ('next_try_at', '>', now)], [], ['next_try_at:min'])
        if next_try_at:
            yield next_try_at
