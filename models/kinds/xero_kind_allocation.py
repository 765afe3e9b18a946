from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from odoo import models
from odoo.tools import SQL, format_amount, split_every

from ...const import FILTER_IDS, FINAL_STATUSES, ZERO_ID
from ...tools.problem import Problem
from ...tools.xero_client import XeroClient
from ...tools.xero_elements import element_messages
from ...tools.xero_money import digest, round_half_up, to_decimal
from ...tools.xero_response import XeroAnswer
from ..mapping.resolver import Resolver
from .xero_payload import Payload


class XeroKindAllocation(models.AbstractModel):
    """Credit of a credit note allocated to an invoice or a bill: in Odoo their partial reconciliation.

    In Xero it is part of the credit note. It has no number and no status, and is never changed: only created and deleted.
    (https://developer.xero.com/documentation/api/accounting/creditnotes)
    """
    _name = 'xero.kind.allocation'
    _inherit = 'xero.kind.reconciled'
    _description = "Kind of Document in Xero: allocation of a credit note"

    _sequence = 70
    _end_fields = ('credit_export_id', 'invoice_export_id')
    _xero_endpoint = 'Allocations'
    _xero_id = 'AllocationID'
    _void_method = 'DELETE'

    def _label(self) -> str:
        return self.env._("Allocation")

    # === IN ODOO === #

    def _prepare_document(self, document: models.BaseModel) -> dict:
        credit_note, invoice = document._xero_ends()
        credit, credited = credit_note.xero_export_ids[:1], invoice.xero_export_ids[:1]
        return {
            'company_id': credit.company_id.id,
            'kind': 'allocation',
            'partial_id': document.id,
            'credit_export_id': credit.id,
            'invoice_export_id': credited.id,
            'document_name': f'{credit_note.name} → {invoice.name}',
            'document_date': max(credit_note.invoice_date or credit_note.date, invoice.invoice_date or invoice.date),
            'partner_id': credit_note.commercial_partner_id.id,
            'currency_id': credit_note.currency_id.id,
            'amount_total': document._xero_amount(),
        }

    def _undone_words(self, export: models.BaseModel) -> str:
        if not export.partial_id:
            return self.env._("The reconciliation %(document)s was undone in Odoo.", document=export.document_name)
        return self.env._("A document of %(document)s was reset to draft in Odoo.", document=export.document_name)

    def _chatter_record(self, export: models.BaseModel) -> models.BaseModel:
        return export.credit_export_id.move_id

    def _done_words(self, export: models.BaseModel, names: dict) -> str:
        names = {**names, 'amount': format_amount(self.env, export.amount_total, export.currency_id)}
        if export._is_undone():
            return self.env._("No longer allocated in Xero (%(organisation)s): %(link)s, %(amount)s.", **names)
        return self.env._("Allocated in Xero (%(organisation)s): %(link)s, %(amount)s.", **names)

    def _missing_words(self, export: models.BaseModel) -> str:
        if export.operation == 'void':
            return self.env._("%(document)s is still allocated in Xero.", document=export.document_name)
        return self.env._("%(document)s is not allocated in Xero.", document=export.document_name)

    def _deleted_words(self, export: models.BaseModel) -> str:
        return self.env._("The reconciliation was undone in Odoo before it went to Xero.")

    # === BUILDING === #

    def _build(self, exports: models.BaseModel, resolver: Resolver) -> list:
        connection = exports.connection_id
        contacts = self.env['xero.contact']._match(
            connection, connection._partners_of((exports.credit_export_id | exports.invoice_export_id).move_id))
        return [self._build_one(export, contacts) for export in exports]

    def _build_one(self, export, contacts):
        credit, invoice = export.credit_export_id, export.invoice_export_id
        date = max(end._kind()._date(export.connection_id, end.move_id) for end in (credit, invoice))
        amount = round_half_up(to_decimal(export.amount_total))
        # Xero stores the later of the two dates, whatever is sent (https://developer.xero.com/documentation/api/accounting/creditnotes)
        element = {'Amount': amount, 'Invoice': {'InvoiceID': invoice.xero_id}, 'Date': str(date)}
        return Payload(
            export, export.revision, element=element, total=amount, key=self._key(element), path=self._path(export),
            digest=digest({'CreditNoteID': credit.xero_id, 'InvoiceID': invoice.xero_id, 'Amount': amount}),
            problems=list(self._problems(export, date, contacts)))

    def _path(self, export):
        return f'CreditNotes/{export.credit_export_id.xero_id}/Allocations'

    def _problems(self, export, date, contacts):
        """Yield a `Problem` for each expected refusal."""
        connection, ends = export.connection_id, (export.credit_export_id, export.invoice_export_id)
        names = {'document': export.document_name, 'organisation': connection.organisation_name}
        for end in ends:
            if end.xero_status in FINAL_STATUSES:
                yield Problem('data', self.env._(
                    "%(end)s was voided or deleted in %(organisation)s, so %(document)s cannot be allocated there. Undo the reconciliation in "
                    "Odoo, or cancel %(end)s in Odoo too.", end=end.document_name, **names))
        if len({contact.xero_id for end in ends if (contact := contacts.get(connection._partner_of(end.move_id)))}) > 1:
            yield Problem('contact', self.env._(
                "The two documents of %(document)s belong to two contacts in %(organisation)s, and Xero allocates a credit note to invoices of "
                "its own contact only. Undo the reconciliation in Odoo, or settle the two in Xero by hand and skip it here.", **names))
        lock = connection._locked_until()
        if lock and date <= lock:
            yield Problem('date', self.env._(
                "%(document)s would be dated %(date)s, the later of the two documents, and %(organisation)s is locked up to %(lock)s. "
                "Ask the Xero adviser to move the lock date, then resync.",
                date=self._written(date), lock=self._written(lock), **names))

    def _build_void(self, export: models.BaseModel, remote: dict) -> Payload | None:
        # Not sent: a call that deletes has no body
        return Payload(
            export, export.revision, element={self._xero_id: export.xero_id}, total=to_decimal(export.xero_total), key=export.xero_id,
            digest=export.digest or '', path=f'{self._path(export)}/{export.xero_id}')

    def _build_update(self, built: Payload, remote: dict) -> Payload | None:
        return None

    # === ON THE WAY === #

    def _read_answer(self, request: models.BaseModel, answer: XeroAnswer) -> list:
        """Return the elements of an answer. An allocation that Xero deleted, or that did not exist any more, gets the status DELETED.

        The example in Xero's specification has neither an id nor a refusal: such an element is left out, as if Xero had not answered it.
        """
        if request.method != 'DELETE':
            return [element for element in super()._read_answer(request, answer) if element.get(self._xero_id) or element_messages(element)]
        [sent] = request._elements()
        if answer.status == 400:
            return [{**element, self._xero_id: ZERO_ID} for element in super()._read_answer(request, answer)]
        data = answer.data if isinstance(answer.data, dict) else {}
        # The allocation itself, or a list with it
        [deleted] = data.get(self._xero_endpoint) or [data]
        return [{**sent, 'Status': 'DELETED'}] if answer.status == 404 or deleted.get('IsDeleted') else []

    # === RECOGNITION === #

    def _key(self, element: dict) -> tuple:
        return ((element.get('Invoice') or {}).get('InvoiceID'), round_half_up(to_decimal(element.get('Amount') or 0)))

    def _identity(self, element: dict, total: Decimal | float | str | None = None) -> tuple:
        return (self._name, *self._key(element))

    def _expected_identity(self, export: models.BaseModel, contact: models.BaseModel | None) -> tuple:
        return self._identity({'Amount': export.amount_total, 'Invoice': {'InvoiceID': export.invoice_export_id.xero_id}})

    def _is_back_link(self, export: models.BaseModel, element: dict, sent: dict | None = None) -> bool:
        return element['CreditNote']['CreditNoteID'] == export.credit_export_id.xero_id

    def _total_in(self, element: dict) -> Decimal | float | None:
        return element.get('Amount')

    def _number_in(self, export: models.BaseModel, element: dict) -> str:
        # An allocation has no number: people find it on the credit note, by the invoice
        return f'→ {export.invoice_export_id.xero_number}'

    def _part_labels(self) -> dict:
        return {'Date': self.env._("date"), 'Invoice': self.env._("invoice"), 'Amount': self.env._("amount")}

    # === READING === #

    def _look_back(self, client: XeroClient, exports: models.BaseModel, since: datetime | None) -> Iterator[dict]:
        yield from self._allocations_of(self._read_credit_notes(client, exports.credit_export_id).values())

    def _read_credit_notes(self, client, credits):
        """Return the credit notes of some exports as they are in Xero, by id, with their allocations."""
        remote_by_id = {}
        for ids in split_every(FILTER_IDS, credits.filtered('xero_id').ids):
            chunk = credits.browse(ids)
            remote_by_id.update(chunk._kind()._read_remote(client, chunk))
        return remote_by_id

    def _allocations_of(self, credit_notes):
        """Yield the allocations of credit notes in Xero, each with its credit note."""
        for credit_note in credit_notes:
            for allocation in credit_note.get('Allocations') or ():
                if allocation.get(self._xero_id) and not allocation.get('IsDeleted'):
                    yield {**allocation, 'CreditNote': {'CreditNoteID': credit_note['CreditNoteID']}}

    def _read_remote(self, client: XeroClient, exports: models.BaseModel) -> dict:
        """Return the allocations by id. Those to be deleted are not read, because nobody can have changed them."""
        gone = {export.xero_id: {self._xero_id: export.xero_id, 'Status': 'DELETED', 'Amount': export.xero_total} for export in exports}
        if exports[0].operation == 'void':
            return {xero_id: {**element, 'Status': 'AUTHORISED'} for xero_id, element in gone.items()}
        credit_notes = self._read_credit_notes(client, exports.credit_export_id).values()
        return {**gone, **{element[self._xero_id]: {**element, 'Status': 'AUTHORISED'} for element in self._allocations_of(credit_notes)}}

    def _is_gone(self, remote: dict) -> bool:
        return remote['Status'] in FINAL_STATUSES

    def _differing_parts(self, ours: dict, remote: dict) -> list:
        return [name for name, differs in (
            ('Invoice', 'Invoice' in ours and ours['Invoice']['InvoiceID'] != (remote.get('Invoice') or {}).get('InvoiceID')),
            ('Amount', 'Amount' in ours and self._key(ours)[1] != self._key(remote)[1]),
        ) if differs]

    # === MISSED BY HOOKS === #

    def _missed_partials(self, connection, limit):
        """Return reconciliations without a row between a credit note and an invoice that are both exported through a connection."""
        if not connection.export_allocation:
            return self.env['account.partial.reconcile']
        # From the few credit notes to the rest, one index after the other: OFFSET keeps PostgreSQL from other ways, which it takes with old statistics
        one_side = (
            """SELECT partial.id
                 FROM credit
           CROSS JOIN LATERAL (SELECT id FROM account_move_line WHERE move_id = credit.move_id AND display_type = 'payment_term' OFFSET 0) line
           CROSS JOIN LATERAL (SELECT * FROM account_partial_reconcile WHERE %s = line.id OFFSET 0) partial
           CROSS JOIN LATERAL (SELECT move_id, display_type FROM account_move_line WHERE id = partial.%s OFFSET 0) other
           CROSS JOIN LATERAL (SELECT connection_id, kind FROM xero_export WHERE move_id = other.move_id OFFSET 0) invoice
                WHERE credit.kind = %s AND invoice.kind = %s AND invoice.connection_id = %s AND other.display_type = 'payment_term'
                  AND partial.debit_currency_id = partial.credit_currency_id AND partial.debit_amount_currency > 0
                  AND NOT EXISTS (SELECT FROM xero_export known WHERE known.partial_id = partial.id)""")
        # A customer's credit note is on the credit side, a vendor's on the debit side
        debit, credit = SQL.identifier('debit_move_id'), SQL.identifier('credit_move_id')
        kinds = [kind for kind in self.env['xero.kind']._all() if kind._credits]
        parts = [
            SQL(one_side, *(credit, debit) if kind._is_sale else (debit, credit), kind._kind_name(), kind._credits, connection.id) for kind in kinds]
        self.env.flush_all()
        rows = self.env.execute_query(SQL(
            """WITH credit AS MATERIALIZED (
                   SELECT move_id, kind FROM xero_export WHERE connection_id = %s AND kind IN %s AND move_id IS NOT NULL)
               %s LIMIT %s""", connection.id, tuple(kind._kind_name() for kind in kinds), SQL(" UNION ").join(parts), limit))
        return self.env['account.partial.reconcile'].browse(row[0] for row in rows)

    # === IN A SLICE === #

    def _before_send(self, exports: models.BaseModel, slice) -> models.BaseModel:
        """Read the documents of allocations that may not be possible yet or may already exist: as many as one call can read."""
        if exports[0].operation != 'create':
            return exports.browse()
        unsure, failed = self._filter_contained(exports, self._has_to_look, slice)
        looked_at = unsure[:FILTER_IDS]     # the others in the next batch
        adopted = self._look_at_ends(looked_at, slice) if looked_at else looked_at
        unapproved, failed_later = self._filter_contained(looked_at - adopted, self._unapproved_ends, slice)
        slice.contain(unapproved, self._wait_for_approval)
        return failed | failed_later | adopted | unapproved | (unsure - looked_at)

    def _look_at_ends(self, rows, slice):
        """Read the documents of allocations: update their status, and adopt allocations that a person has made in Xero.

        :return: the exports of adopted allocations.
        """
        credits, invoices = rows.credit_export_id, self._unapproved_ends(rows) & rows.invoice_export_id
        slice.commit()      # no row is locked during the calls
        credit_notes = self._read_credit_notes(slice.client, credits)
        self._store_status(credits, credit_notes)
        if invoices:
            self._store_status(invoices, invoices._kind()._read_remote(slice.client, invoices))
        adopted = slice.look_back.adopt_elements(self._allocations_of(credit_notes.values()), [self], slice.look_back.identities(rows))
        return self._report_adopted(adopted, slice)

    def _after_refusal(self, request: models.BaseModel, refused: models.BaseModel, slice) -> None:
        if request.method != 'PUT':
            return
        without_id = request.export_ids.filtered(lambda row: row.state == 'uncertain')
        if without_id:
            # Saved, but the answer has no id
            adopted = slice.look_back.adopt_found(slice.look_back.identities(without_id), request.sent_at)
            adopted._notify_outcome()
            slice.done += len(adopted)
            (without_id - adopted)._try_later()
            request.state = 'answered'
        rows = refused.filtered(lambda row: row.state == 'failed')
        if rows:
            # A person may just have allocated them in Xero
            slice.failed -= len(self._report_adopted(slice.look_back.adopt_found(slice.look_back.identities(rows), request.sent_at), slice))
        slice.commit()
