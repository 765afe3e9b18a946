import json
from datetime import timedelta
from decimal import Decimal

from odoo import fields, models
from odoo.tools import groupby, split_every

from ...const import BATCH_PAYMENTS, BATCH_REFERENCE, BATCH_REFERENCE_NZ, FILTER_IDS, FINAL_STATUSES, REFERENCE_LENGTH, UNAPPROVED_STATUSES, ZERO_ID
from ...tools.xero_client import XeroAnswer
from ...tools.xero_elements import element_messages, element_ok, read_date
from ...tools.xero_money import dump_list, dumps, round_half_up, to_decimal
from ...tools.xero_text import clean_line
from ..export.xero_cause import deciding
from ..export.xero_export_state import NOTHING_DECLINED, STILL_TRIED, STILL_UNDER_WAY
from .build import build
from .xero_kind_payment import BATCHES
from .xero_payload import Payload

BATCH_ID = 'BatchPaymentID'
# How long payments wait for those of the other documents that the same money pays. A person may have to approve these in Xero
BATCH_PATIENCE = timedelta(days=1)
# Between two looks at the documents of payments that have to be made again
LOOK_AGAIN_AFTER = timedelta(minutes=10)


class XeroKindPayment(models.AbstractModel):
    """Batch payments: money that pays several documents is one transaction in Xero, as it is one line of the bank statement.

    Each reconciliation has an export with the id of its own payment in Xero. What these payments have in common is only how they are sent and
    deleted: a batch is saved as a whole, and its payments are deleted with it. Xero takes invoices and bills, not mixed, in the organisation's
    currency, and no credit notes. (https://developer.xero.com/documentation/api/accounting/batchpayments)

    Payments wait for the others of the batch until the documents of these are in Xero and approved, or failed, but at most `BATCH_PATIENCE`. If
    Xero refuses a batch, each payment goes alone, so that each gets an outcome of its own; if the documents of some explain it, the others go
    as a batch again.
    """
    _inherit = 'xero.kind.payment'

    _forms_groups = True

    # === WHAT BELONGS TOGETHER === #

    def _is_batchable(self, export):
        """Return whether a payment may be part of a batch."""
        base = export.connection_id.currency_id
        sides = export.partial_id and self._sides(export.partial_id)
        if not sides or export.goes_alone or export.currency_id != base or export.invoice_export_id._kind()._xero_endpoint != 'Invoices':
            return False
        journal = sides[1].journal_id
        return (journal.currency_id or journal.company_id.currency_id) == base

    def _group(self, export, element, bank):
        """Return a key that payments of one batch have in common; an empty tuple for a payment that goes alone.

        :param dict element: as it would be sent alone.
        :param bank: mapping row of the journal.
        """
        account = bank._target()
        if not self._is_batchable(export) or account.currency_code not in (False, export.currency_id.name):
            return ()
        money = self._sides(export.partial_id)[1].move_id
        return (money.id, account.xero_id, element['Date'], export.invoice_export_id._kind()._xero_type)

    def _siblings(self, exports):
        """Return a dict: export → exports of the other documents that the same money pays through the same connection."""
        money = {export: sides[1].move_id for export in exports if export.partial_id and (sides := self._sides(export.partial_id))}
        # In lists, users see no entry of the money: its records have the rights of the exports
        env = exports.env
        moves = env['account.move'].union(*money.values())
        partials = {move: move.line_ids.matched_debit_ids | move.line_ids.matched_credit_ids for move in moves}
        several = env['account.partial.reconcile'].union(*(some for some in partials.values() if len(some) > 1))
        rows = env['xero.export'].search([
            ('kind', '=', self._kind_name()), ('partial_id', 'in', several.ids), ('connection_id', 'in', exports.connection_id.ids),
        ]) if several else exports.browse()
        by_partial = rows.grouped('partial_id')
        return {
            export: exports.browse().union(*(by_partial[partial] for partial in partials[move] if partial in by_partial)) - export
            for export, move in money.items()}

    def _awaited(self, export, siblings):
        """Return the payments among these siblings that are not ready yet, and that a payment waits for."""
        if not siblings or fields.Datetime.now() >= export.create_date + BATCH_PATIENCE or not self._is_batchable(export):
            return siblings.browse()
        return siblings.filtered(lambda row: (
            row.state == 'waiting' and row.operation == 'create' and not row.xero_id and self._is_batchable(row) and self._is_document_on_its_way(row)
            and row.invoice_export_id._kind()._xero_type == export.invoice_export_id._kind()._xero_type))

    def _is_document_on_its_way(self, row):
        document = row.invoice_export_id
        return document.state in STILL_UNDER_WAY or (document.state == 'synced' and document.xero_status in UNAPPROVED_STATUSES)

    def _wait_for_batch(self, exports):
        """Let payments wait for the others of their batch, or for the documents of those that have to be made again.

        :return: those that wait.
        """
        if exports[:1].operation == 'void':
            waiting = exports.filtered(self._delaying_documents)
            waiting._hold_back('batch', next_try_at=fields.Datetime.now() + LOOK_AGAIN_AFTER)
            return waiting
        siblings = self._siblings(exports)
        waiting = exports.filtered(lambda export: export in siblings and self._awaited(export, siblings[export]))
        for export in waiting:
            export._hold_back('batch', next_try_at=export.create_date + BATCH_PATIENCE)
        return waiting

    def _companions(self, exports: models.BaseModel) -> models.BaseModel:
        first = exports[0]
        if first.operation != 'create':
            return exports.browse()
        # One that waits for its batch joins as soon as another one is due
        return exports.browse().union(*self._siblings(exports).values()).filtered(lambda row: (
            row.state == 'waiting' and row.operation == 'create' and row.wait_code in (False, 'batch') and not row.wait_for_id
            and row.company_id == first.company_id and row.batch_limit == first.batch_limit))

    def _queue_missed(self, slice, limit: int) -> int:
        """Queue missed payments. End the wait for a batch whose other payments were skipped or undone."""
        # The code is lost while the connection is paused
        waiting = self.env['xero.export'].search([
            ('connection_id', '=', slice.connection.id), ('kind', '=', self._kind_name()), ('state', '=', 'waiting'), '|', ('wait_code', '=', 'batch'),
            '&', '&', '&', ('wait_code', '=', False), ('operation', '=', 'create'), ('retry_count', '=', 0), ('next_try_at', '!=', False)])
        slice.contain(waiting, self._end_wait_for_batch)
        return super()._queue_missed(slice, limit)

    def _end_wait_for_batch(self, exports):
        siblings = self._siblings(exports)
        free = exports.filtered(lambda export: export not in siblings or not self._awaited(export, siblings[export]))
        free.write({'wait_code': False, 'next_try_at': False})
        (exports - free).filtered(lambda export: not export.wait_code)._hold_back('batch')

    def _wait_words(self, export: models.BaseModel) -> str:
        if export.wait_code == 'batch' and export.operation == 'void' and (documents := self._delaying_documents(export.sudo())):
            return self.env._(
                "Is removed with its batch payment when Xero has %(documents)s, so that the other payments can be sent again at once",
                documents=', '.join(documents.mapped('document_name')))
        if export.wait_code == 'batch' and (awaited := self._awaited(export.sudo(), self._siblings(export.sudo()).get(export, export.browse()))):
            return self.env._(
                "Goes as one batch payment with %(documents)s, when Xero has these documents and they are approved; without them from %(time)s",
                documents=', '.join(awaited.invoice_export_id.mapped('document_name')), time=self._clock_time(export.next_try_at or fields.Datetime.now()))
        return super()._wait_words(export)

    # === ON THE WAY === #

    def _arrange(self, payloads: list) -> list:
        if payloads[0].export.operation == 'void':
            return self._with_rest_of_batches(payloads)
        arranged, groups = [], {}
        for one in payloads:
            groups.setdefault(one.group or one.export.id, []).append(one)
        for alike in groups.values():
            for number, part in enumerate(self._split(alike, alike[0].export.batch_limit or BATCH_PAYMENTS)):
                for one in part:
                    one.group, one.path = ((*one.group, number), BATCHES) if len(part) > 1 else ((), '')
                arranged += part
        return arranged

    @staticmethod
    def _split(payloads, most):
        """Return lists of payments for one batch each: not too many, and a document only once."""
        parts = []
        for one in payloads:
            document = one.key[0]
            part = next((documents for documents in parts if len(documents) < most and document not in documents), None)
            if part is None:
                parts.append(part := {})
            part[document] = one
        return [list(part.values()) for part in parts]

    def _body(self, payloads: list) -> bytes:
        path = payloads[0].path
        if path == BATCHES:
            batches = [self._prepare_batch(some) for _group, some in groupby(payloads, lambda one: one.group)]
            return dump_list(BATCHES, [dumps(batch) for batch in batches])
        if path.startswith(BATCHES):
            return dumps({BATCH_ID: path.removeprefix(f'{BATCHES}/'), 'Status': FINAL_STATUSES[1]})
        return super()._body(payloads)

    def _prepare_batch(self, payloads):
        """Return the element of a batch. Its own reference is short, and what it is called depends on the country; each payment has the whole one."""
        first, connection = payloads[0].element, payloads[0].export.connection_id
        # The end of the number distinguishes payments
        end = clean_line(first['Reference'][-(BATCH_REFERENCE_NZ if connection.country_code == 'NZ' else BATCH_REFERENCE):], REFERENCE_LENGTH)
        return {
            'Account': first['Account'], 'Date': first['Date'],
            **({'Reference': end} if connection.country_code == 'NZ' else {'Reference': first['Reference'], 'Details': end}),
            'Payments': [{name: one.element[name] for name in ('Invoice', 'Amount', 'Reference')} for one in payloads]}

    def _elements_of(self, request: models.BaseModel, body: dict) -> list:
        if request.path == BATCHES:
            return [payment for batch in body[BATCHES] for payment in self._payments_in(batch)]
        if request.path.startswith(BATCHES):
            return [{self._xero_id: frozen['payment'], 'Status': FINAL_STATUSES[1]} for frozen in request.frozen]
        return super()._elements_of(request, body)

    def _payments_in(self, batch):
        """Return the payments of a batch that we sent, each as it would be sent alone; they name the batch."""
        common = {'Account': batch['Account'], 'Date': batch['Date'], 'BatchPayment': {'Reference': batch['Reference']}}
        return [{**payment, **common} for payment in batch['Payments']]

    def _read_answer(self, request: models.BaseModel, answer: XeroAnswer) -> list:
        if not request.path.startswith(BATCHES):
            return super()._read_answer(request, answer)
        answered = answer.elements(BATCHES)
        if request.method != 'PUT':
            return self._read_deleted(request, answered)
        sent = json.loads(request.body)[BATCHES]
        if len(sent) != len(answered):
            # Xero answers in the order of the request; if it left one out, a batch is recognised by its documents
            by_documents = {self._documents_in(batch): batch for batch in answered}
            pairs = [(batch, by_documents[key]) for batch in sent if (key := self._documents_in(batch)) in by_documents]
        else:
            pairs = list(zip(sent, answered))
        return [element for ours, theirs in pairs for element in self._read_batch(ours, theirs)]

    def _documents_in(self, batch):
        return frozenset(self._paid_id(payment) for payment in batch.get('Payments') or ())

    def _read_batch(self, ours, theirs):
        """Return the elements of the payments of a batch as if Xero had answered each alone. One without an id is left out.

        :param dict ours: batch as it was sent.
        :param dict theirs: answered batch.
        """
        sent = {self._paid_id(payment): payment for payment in self._payments_in(ours)}
        if not element_ok(theirs, BATCH_ID):
            # Without a reason, it is unknown what Xero did (https://github.com/XeroAPI/Xero-NetStandard/issues/324)
            errors = [{'Message': message} for message in element_messages(theirs)]
            return [{**payment, self._xero_id: ZERO_ID, 'ValidationErrors': errors} for payment in sent.values()] if errors else []
        common = {name: theirs.get(name) for name in (BATCH_ID, 'Status', 'UpdatedDateUTC')}
        return [
            {**sent[document], **common, self._xero_id: payment[self._xero_id], 'Amount': payment.get('Amount')}
            for payment in theirs.get('Payments') or () if (document := self._paid_id(payment)) in sent and payment.get(self._xero_id)]

    def _read_deleted(self, request, answered):
        """Return the elements of the payments of a batch that was to be deleted."""
        [batch] = answered
        if errors := [{'Message': message} for message in element_messages(batch)]:
            return [{self._xero_id: ZERO_ID, 'ValidationErrors': errors} for _payment in request.frozen]
        if batch.get('Status') not in FINAL_STATUSES:
            return []
        return [{**payment, 'UpdatedDateUTC': batch.get('UpdatedDateUTC')} for payment in request._elements()]

    def _is_divisible(self, request: models.BaseModel) -> bool:
        return not request.path.startswith(f'{BATCHES}/')

    def _own_values(self, element: dict) -> dict:
        return {'batch_ref': self._batch_id(element)}

    def _batch_id(self, element):
        """Return the id of the batch that a payment in Xero is part of; False if it is alone."""
        return element.get(BATCH_ID) or (element.get('BatchPayment') or {}).get(BATCH_ID) or False

    def _link_identity(self, element: dict, total: Decimal | float | str | None = None) -> tuple | None:
        """Return a key of a payment in a batch that needs no reference: Xero may show that of the batch, or none."""
        if not element.get('BatchPayment') and not element.get(BATCH_ID):
            return None
        document, amount, _reference = self._key(element)
        return (self._name, BATCHES, document, amount, read_date(element, 'Date'))

    # === REFUSED === #

    def _after_refusal(self, request: models.BaseModel, refused: models.BaseModel, slice) -> None:
        """Send the payments of a refused batch together again, without those whose documents explain the refusal."""
        rows = request.export_ids.filtered(lambda row: row.state == 'waiting' and row.goes_alone) if request.path == BATCHES else refused.browse()
        if not rows:
            return
        slice.commit()      # each goes alone, also if the documents cannot be read
        at_fault = self._at_fault(rows, slice.client)
        for alike in rows.grouped(lambda row: self._sides(row.partial_id)[1].move_id if row.partial_id else None).values():
            if alike & at_fault:
                (alike - at_fault)._set_waiting()
        slice.commit()

    def _at_fault(self, rows, client):
        """Return the payments whose documents, as Xero has them now, cannot be paid or have less left to pay."""
        remote = {}
        for kind, documents in rows.invoice_export_id._by_kind():
            for ids in split_every(FILTER_IDS, documents.ids):
                remote.update(kind._read_remote(client, documents.browse(ids)))

        def is_at_fault(row):
            document = remote.get(row.invoice_export_id.xero_id) or {}
            left = to_decimal(document.get('AmountDue') or 0)
            return document.get('Status') != 'AUTHORISED' or left < round_half_up(to_decimal(row.amount_total))

        return rows.filtered(is_at_fault)

    def _leave_out_refused(self, export: models.BaseModel, messages: list) -> bool:
        """Keep a payment that was only to be deleted with its batch. Let one of a refused batch go alone, so that its own answer counts."""
        if export.makes_way:
            # It waits, and is not wanted any more: the next slice counts it as synced again
            export.makes_way = False
            export._unblock_followers()
            return True
        cause, words = deciding(messages)
        if export.operation != 'create' or cause == STILL_TRIED or export.request_ids._of_documents().sorted('id')[-1:].path != BATCHES:
            return False
        export.goes_alone = True
        export._warn(self.env._(
            "Xero refused the batch payment with the other documents (“%(words)s”), so this payment was sent alone.", words=words.rstrip('. ')))
        return True

    # === UNDONE === #

    def _of_batch(self, connection, batch):
        """Return the exports of the payments of a batch that are in Xero as far as is known."""
        return self.env['xero.export'].search([
            ('connection_id', '=', connection.id), ('kind', '=', self._kind_name()), ('batch_ref', '=', batch), ('xero_id', '!=', False),
            ('done_operation', '!=', 'void')])

    def _void_obstacle(self, export, remote):
        """Return, for people, why a payment must not be deleted in Xero; an empty text if it can be.

        All payments of a batch are deleted together. So they must all be ours, and those that stay in Odoo must be possible again.

        :param dict remote: the payment in Xero. Payments are positive, so the total of the batch tells whether there are others in it.
        """
        batch = self._batch_id(remote)
        if self._is_reconciled(remote) and batch:
            return self.env._(
                "It is part of a batch payment that is reconciled with a bank statement in Xero. Undo that in Xero first, then press Send ours.")
        if self._is_reconciled(remote):
            return self.env._("It is reconciled with a bank statement in Xero. Undo that in Xero first, then press Send ours.")
        if not batch:
            return ''
        others, total = self._of_batch(export.connection_id, batch) - export, to_decimal((remote.get('BatchPayment') or {}).get('TotalAmount') or 0)
        ours = sum(round_half_up(to_decimal(row.xero_total)) for row in others | export)
        if any(self._is_kept_by_person(row) for row in others) or round_half_up(total) != ours:
            return self.env._(
                "It is part of a batch payment in Xero that has other payments, too, which must stay there. Remove it from the batch payment there.")
        kept = (others | export).filtered(lambda row: row._desired_state() == 'present')
        problems = dict.fromkeys(problem.message for one in (build(kept) if kept else ()) for problem in one.problems)
        for document in kept.invoice_export_id.filtered(lambda row: row.state in ('failed', 'skipped')):
            problems[self.env._(
                "The export of %(document)s failed or is skipped; resync it, then press Send ours.", document=document.document_name)] = None
        if not problems:
            return ''
        return self.env._(
            "It is part of a batch payment in Xero, whose other payments could not be sent again: %(problems)s", problems=' '.join(problems))

    def _delaying_documents(self, export):
        """Return the documents on their way to Xero without which the other payments of the batch of a payment could not be made again."""
        rows = export.batch_ref and self._of_batch(export.connection_id, export.batch_ref)
        if not rows or any(rows.mapped('makes_way')):
            return export.browse()
        # One that waits for something else may wait for this payment
        return rows.filtered(lambda row: row._desired_state() == 'present').invoice_export_id.filtered(
            lambda document: document.state in STILL_UNDER_WAY and not document.wait_for_id)

    def _is_kept_by_person(self, row):
        """Return whether a person decided that a payment stays in Xero. One that only awaits a decision goes with its batch."""
        return row.state == 'skipped' or (row.is_void_declined and row.operation == 'none')

    def _is_reconciled(self, remote):
        """Return whether a payment in Xero, or its batch, is reconciled with a bank statement. Xero writes some flags as texts."""
        return any(str(one.get('IsReconciled')).lower() == 'true' for one in (remote, remote.get('BatchPayment') or {}))

    def _prepare_void(self, export, path, group=()):
        """Return the `Payload` that deletes a payment, alone or with its batch."""
        return Payload(
            export, export.revision, element={self._xero_id: export.xero_id, 'Status': FINAL_STATUSES[1]}, total=to_decimal(export.xero_total),
            key=export.xero_id, digest=export.digest or '', path=path, group=group, kept={'payment': export.xero_id})

    def _with_rest_of_batches(self, payloads):
        """Return payments to delete, with the others of their batches: these make way, and are sent again afterwards."""
        arranged = [one for one in payloads if not one.group]
        batches = {}
        for one in payloads:
            if one.group:
                batches.setdefault(one.group, []).append(one)
        for (batch,), some in batches.items():
            exports = self.env['xero.export'].union(*(one.export for one in some))
            # What is being sent, or may have been, is read before its next try, so it will be found deleted
            rest = (self._of_batch(exports.connection_id, batch) - exports).filtered(lambda row: row.state not in ('sending', 'uncertain'))
            for row in rest.filtered(lambda row: row.operation != 'void' or row.state == 'synced'):
                row._set_waiting(operation='void', makes_way=row._desired_state() != 'absent', difference=False, **NOTHING_DECLINED)
            added = [self._prepare_void(row, some[0].path, some[0].group) for row in rest]
            for one in added:
                one.dump()
            arranged += [*some, *added]
        return arranged
