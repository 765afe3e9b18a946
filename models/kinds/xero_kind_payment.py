from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from odoo import models
from odoo.tools import SQL, format_amount

from ...const import FILTER_IDS, FINAL_STATUSES, RATE_DIGITS, REFERENCE_LENGTH
from ...tools.problem import Problem
from ...tools.xero_money import digest, round_half_up, to_decimal
from ...tools.xero_text import clean_line, fold
from ..export.xero_export import OPEN_TRANSACTIONS
from ..mapping.resolver import Resolver
from .xero_payload import Payload

BATCHES = 'BatchPayments'
SCOPE = 'accounting.payments'
POLICIES = ('out', 'both')      # values of `account.journal.xero_payments` of journals whose payments are sent
DOCUMENT_KEYS = {'CreditNotes': ('CreditNote', 'CreditNoteID')}     # by endpoint of the paid document
INVOICE_KEYS = ('Invoice', 'InvoiceID')     # in lists, Xero calls each paid document so


class XeroKindPayment(models.AbstractModel):
    """Money that was paid on an invoice or a bill, or refunded on a credit note: in Odoo the partial reconciliation of the two.

    In Xero a payment is never changed: it is deleted and made again. (https://developer.xero.com/documentation/api/accounting/payments)

    Payments of several documents by the same money go as one batch payment: `xero_payment_batch`.
    """
    _name = 'xero.kind.payment'
    _inherit = 'xero.kind.reconciled'
    _description = "Kind of Document in Xero: payment"

    _sequence = 80
    _end_fields = ('invoice_export_id',)
    _moves_money = True
    _xero_endpoint = 'Payments'
    _xero_id = 'PaymentID'
    _page = '{web}/organisationlogin/default.aspx?shortcode={sc}&redirecturl=/Bank/ViewTransaction.aspx?bankTransactionID={id}'

    def _label(self) -> str:
        return self.env._("Payment")

    def _wanted_scopes(self, connection: models.BaseModel) -> list:
        # The broad permission for transactions covers payments
        return [SCOPE] if connection.app_id.scope_set == 'granular' and connection._payment_journals(POLICIES) else []

    # === IN ODOO === #

    def _sides(self, partial):
        """Return the item of the exported document and the item of the money; None for another reconciliation.

        :param partial: `account.partial.reconcile`.
        """
        names = self.env['xero.kind']._names_by_move_type()
        for owed, money in ((partial.debit_move_id, partial.credit_move_id), (partial.credit_move_id, partial.debit_move_id)):
            if owed.display_type == 'payment_term' and owed.move_id.move_type in names and money.move_id._xero_is_money():
                return owed, money
        return None

    def _amount(self, partial):
        """Return the paid amount in the document's currency, without what is no money: discounts, fees, write-offs."""
        owed, _money = self._sides(partial)
        return partial._xero_money_amount(owed)

    def _rate(self, partial):
        """Return how much of the document's currency is paid for one unit of the company's (Decimal), None if both are the same.

        It gives the payment the base value that it has in Odoo: by the rate of its day, unless that gives another value.
        """
        owed, money = self._sides(partial)
        if owed.currency_id == owed.company_currency_id or not money.balance:
            return None
        day_rate = round_half_up(to_decimal(self.env['res.currency']._get_conversion_rate(
            owed.company_currency_id, owed.currency_id, money.company_id, money.date)), RATE_DIGITS)
        if money.currency_id == owed.currency_id:
            paid, base = to_decimal(abs(money.amount_currency)), to_decimal(abs(money.balance))
        elif money.currency_id == owed.company_currency_id:
            paid, base = self._base_amounts(partial, owed, money)
        else:
            return day_rate     # as Odoo reconciles money in a third currency
        if day_rate and round_half_up(paid / day_rate) == round_half_up(base):
            return day_rate
        return round_half_up(paid / base, RATE_DIGITS)

    def _base_amounts(self, partial, owed, money):
        """Return what money in the company's currency pays in the document's currency, and its amount (two Decimals).

        The reconciliation has the value by the document's rate; a gain is reconciled with the money by an entry of its own.
        """
        paid, base = partial.debit_amount_currency, partial.credit_amount_currency
        if owed != partial.debit_move_id:
            paid, base = base, paid
        gains = (money.matched_debit_ids | money.matched_credit_ids).filtered(
            lambda other: partial.exchange_move_id and partial.exchange_move_id in (other.debit_move_id | other.credit_move_id).move_id)
        return to_decimal(paid), to_decimal(base + sum(gains.mapped('amount')))

    def _prepare_document(self, document: models.BaseModel) -> dict:
        owed, money = self._sides(document)
        paid = owed.move_id.xero_export_ids[:1]
        return {
            'company_id': paid.company_id.id,
            'kind': self._kind_name(),
            'partial_id': document.id,
            'invoice_export_id': paid.id,
            'document_name': f'{money.move_id.name} → {owed.move_id.name}',
            'document_date': money.date,
            'partner_id': owed.move_id.commercial_partner_id.id,
            'currency_id': owed.currency_id.id,
            'amount_total': self._amount(document),
        }

    def _undone_words(self, export: models.BaseModel) -> str:
        if not export.partial_id:
            return self.env._("The payment %(document)s was undone in Odoo.", document=export.document_name)
        return self.env._("The payment or the document of %(document)s was reset to draft in Odoo.", document=export.document_name)

    def _chatter_record(self, export: models.BaseModel) -> models.BaseModel:
        return export.invoice_export_id.move_id

    # === QUEUEING === #

    def _concerns(self, partials: models.BaseModel) -> bool:
        if not self._is_used():
            return False
        journals = partials.debit_move_id.journal_id | partials.credit_move_id.journal_id
        return any(journal.xero_payments in POLICIES for journal in journals)

    def _is_used(self):
        """Return whether any journal sends payments. It costs no query, because each posting asks it."""
        return not self.env['account.journal']._xero_payment_policies().isdisjoint(POLICIES)

    def _enqueue_dependants(self, exports: models.BaseModel) -> None:
        if self._is_used() and exports.connection_id._payment_journals(POLICIES):
            self.env['xero.export']._enqueue_documents(self, self._documents_of(self._partials_of(exports.move_id)))

    def _documents_of(self, records: models.BaseModel) -> models.BaseModel:
        """Return the payments of exported documents in journals whose payments are sent. One that came from Xero is left out."""
        sides = {
            partial: found for partial in records
            if (found := self._sides(partial)) and found[1].journal_id.xero_payments in POLICIES and self._goes_to_xero(found[0].move_id)}
        from_xero = self._from_xero(self.env['account.move'].union(*(money.move_id for _owed, money in sides.values())))
        return records.browse(
            partial.id for partial, (_owed, money) in sides.items()
            if money.move_id not in from_xero and self._is_in_time(money) and self._amount(partial) > 0)

    def _goes_to_xero(self, move):
        """Return whether an invoice, bill or credit note is exported as such, and not left out by a person."""
        export = move.xero_export_ids[:1]
        return export.kind in self.env['xero.kind']._names_by_move_type().values() and (bool(export.xero_id) or export.state != 'skipped')

    def _follow_policy(self, journals: models.BaseModel) -> None:
        """Skip the unsent payments of journals whose payments are not sent any more, and queue those again that are.

        :param journals: `account.journal` with a changed policy.
        """
        rows = self.env['xero.export'].search([
            ('kind', '=', self._kind_name()), ('xero_id', '=', False), ('state', 'in', ('waiting', 'failed', 'skipped')), ('partial_id', '!=', False),
            '|', ('partial_id.debit_move_id.journal_id', 'in', journals.ids), ('partial_id.credit_move_id.journal_id', 'in', journals.ids)])
        wanted = self._documents_of(rows.partial_id)
        for row in rows.filtered(lambda row: not row._has_left()):
            if row.partial_id in wanted and row.skip_rule == 'mode':
                row._set_waiting()
            elif row.partial_id not in wanted and row.state != 'skipped':
                row._set_skipped(self.env._("The payments of the journal are not sent to Xero any more."), rule='mode')

    def _from_xero(self, moves):
        """Return the entries among these whose payments came from Xero."""
        return self.env['xero.payment'].search([('payment_id', 'in', moves.origin_payment_id.ids)]).payment_id.move_id

    def _outgoing_payments(self, exports: models.BaseModel) -> dict:
        rows = self.env['xero.export'].search([
            ('invoice_export_id', 'in', exports.ids), ('kind', '=', self._kind_name()), ('state', 'not in', ('synced', 'skipped'))])
        return {row.invoice_export_id: row for row in rows}

    def _is_in_time(self, money):
        """Return whether money was booked after the journal began to send payments."""
        since = money.journal_id.xero_payments_out_since
        return not since or money.date >= since

    def _connection_of(self, document: models.BaseModel) -> models.BaseModel:
        return self._sides(document)[0].move_id.xero_export_ids[:1].connection_id

    def _missed_partials(self, connection: models.BaseModel, limit: int) -> models.BaseModel:
        """Return reconciliations without a row, made since the last sweep: exporting a document queues those that it has."""
        journals = connection._payment_journals(POLICIES)
        if not journals:
            return self.env['account.partial.reconcile']
        one_side = (
            """SELECT partial.id
                 FROM account_partial_reconcile partial
                 JOIN account_move_line money ON money.id = partial.%s
                 JOIN account_journal journal ON journal.id = money.journal_id
                 JOIN account_move_line owed ON owed.id = partial.%s AND owed.display_type = 'payment_term'
                 JOIN xero_export export ON export.move_id = owed.move_id AND export.connection_id = %s AND export.kind = ANY(%s)
                WHERE money.journal_id = ANY(%s) AND (journal.xero_payments_out_since IS NULL OR money.date >= journal.xero_payments_out_since) AND %s
                  AND NOT EXISTS (SELECT FROM xero_export known WHERE known.partial_id = partial.id)
                  AND NOT EXISTS (SELECT FROM xero_payment found JOIN account_payment payment ON payment.id = found.payment_id
                                   WHERE payment.move_id = money.move_id)""")
        since = SQL("partial.create_date > %s", connection.swept_at - OPEN_TRANSACTIONS) if connection.swept_at else SQL("TRUE")
        debit, credit = SQL.identifier('debit_move_id'), SQL.identifier('credit_move_id')
        kinds = list(self.env['xero.kind']._names_by_move_type().values())
        parts = [SQL(one_side, *sides, connection.id, kinds, journals.ids, since) for sides in ((debit, credit), (credit, debit))]
        self.env.flush_all()
        rows = self.env.execute_query(SQL("%s ORDER BY 1 LIMIT %s", SQL(" UNION ").join(parts), limit))
        return self.env['account.partial.reconcile'].browse(row[0] for row in rows)

    # === BUILDING === #

    def _build(self, exports: models.BaseModel, resolver: Resolver) -> list:
        return [self._build_one(export, resolver) for export in exports]

    def _build_one(self, export, resolver):
        partial, paid = export.partial_id, export.invoice_export_id
        _owed, money = self._sides(partial)
        name, key = DOCUMENT_KEYS.get(paid._kind()._xero_endpoint, INVOICE_KEYS)
        bank = self.env['xero.mapped.bank']._find_for(resolver, money.journal_id, money.move_id.origin_payment_id)
        amount, rate = round_half_up(to_decimal(self._amount(partial))), self._rate(partial)
        element = {
            name: {key: paid.xero_id},
            'Account': {'AccountID': bank._target().xero_id},
            'Date': str(money.date),
            'Amount': amount,
            'Reference': clean_line(money.move_id.name, REFERENCE_LENGTH),
            **({'CurrencyRate': rate} if rate else {}),
        }
        return Payload(
            export, export.revision, element=element, total=amount, key=self._key(element), digest=digest(element),
            group=self._group(export, element, bank), problems=list(self._problems(export, bank, money.date)))

    def _problems(self, export: models.BaseModel, bank: models.BaseModel, day: date) -> Iterator[Problem]:
        """Yield a `Problem` for each expected refusal.

        :param bank: mapping row of the journal.
        :param date day: of the payment.
        """
        connection, paid = export.connection_id, export.invoice_export_id
        if problem := bank._problem():
            yield problem
        elif bank._target().currency_code not in (False, export.currency_id.name, connection.currency_id.name):
            yield Problem('currency', self.env._(
                "%(document)s is in %(currency)s, and %(account)s in Xero is in another currency that is not the organisation's either. "
                "Choose another account for the journal, or enter the payment in Xero and skip it here.",
                document=export.document_name, currency=export.currency_id.name, account=bank._target().display_name))
        if paid.xero_status in FINAL_STATUSES:
            yield Problem('data', self.env._(
                "%(paid)s was voided or deleted in %(organisation)s, so %(document)s cannot be entered there. Undo the payment in Odoo, or cancel "
                "%(paid)s in Odoo too.",
                paid=paid.document_name, document=export.document_name, organisation=connection.organisation_name))
        yield from self._lock_problems(connection, day, export.document_name)

    def _build_void(self, export: models.BaseModel, remote: dict) -> Payload | None:
        """Return the `Payload` that deletes a payment, and its batch with it; None if one of them must stay."""
        if self._void_obstacle(export, remote):
            return None
        batch = self._batch_id(remote)
        return self._prepare_void(export, f'{BATCHES}/{batch}' if batch else f'{self._xero_endpoint}/{export.xero_id}', (batch,) if batch else ())

    def _build_update(self, built: Payload, remote: dict) -> Payload | None:
        return None

    # === RECOGNITION === #

    def _paid_id(self, element):
        """Return the id of the document that a payment in Xero, sent or answered, belongs to."""
        named = next((element[name] for name in ('Invoice', 'CreditNote', 'Prepayment', 'Overpayment') if element.get(name)), {})
        return next((named[key] for key in ('InvoiceID', 'CreditNoteID', 'PrepaymentID', 'OverpaymentID') if named.get(key)), None)

    def _key(self, element: dict) -> tuple:
        return (self._paid_id(element), round_half_up(to_decimal(element.get('Amount') or 0)), fold(element.get('Reference')))

    def _identity(self, element: dict, total: Decimal | float | str | None = None) -> tuple:
        return (self._name, *self._key(element))

    def _expected_identity(self, export: models.BaseModel, contact: models.BaseModel | None) -> tuple:
        _owed, money = self._sides(export.partial_id)
        return self._identity({
            'Invoice': {'InvoiceID': export.invoice_export_id.xero_id}, 'Amount': export.amount_total, 'Reference': money.move_id.name})

    def _total_in(self, element: dict) -> Decimal | float | None:
        return element.get('Amount')

    def _base_total_in(self, element: dict) -> Decimal | float | None:
        return None

    def _number_in(self, export: models.BaseModel, element: dict) -> str:
        return element.get('Reference') or export.document_name

    def _part_labels(self) -> dict:
        return {'Date': self.env._("date"), 'Account': self.env._("account"), 'Amount': self.env._("amount"), 'Reference': self.env._("reference")}

    def _remote_params(self, xero_ids: list) -> dict:
        # Payments have no list filter for ids
        return {'where': '||'.join(f'PaymentID==guid("{xero_id}")' for xero_id in xero_ids), 'page': 1, 'pageSize': len(xero_ids)}

    def _is_gone(self, remote: dict) -> bool:
        return remote['Status'] in FINAL_STATUSES

    def _differing_parts(self, ours: dict, remote: dict) -> list:
        return ['Amount'] if 'Amount' in ours and self._key(ours)[1] != self._key(remote)[1] else []

    # === IN A SLICE === #

    def _before_send(self, exports: models.BaseModel, slice) -> models.BaseModel:
        """Read the documents that may not be approved yet, or may be paid already: as many as one call can read."""
        if exports[0].operation != 'create':
            waiting, failed = slice.contain(exports, self._wait_for_batch)
            return failed.union(*waiting)
        paid = self._read_in_xero(exports)
        unsure, failed = self._filter_contained(exports, lambda export: self._has_to_look(export, paid), slice)
        looked_at, remote = unsure[:FILTER_IDS], {}     # the others in the next batch
        slice.commit()      # no row is locked during the calls
        for kind, ends in self._ends(looked_at)._by_kind() if looked_at else ():
            read = kind._read_remote(slice.client, ends)
            self._store_status(ends, read)
            remote |= read
        unapproved, failed_later = self._filter_contained(looked_at, self._unapproved_ends, slice)
        slice.contain(unapproved, self._wait_for_approval)
        left, failed_last = slice.contain(looked_at - unapproved - failed_later, lambda some: self._leave_perhaps_paid(some, remote, paid))
        held = exports.browse().union(failed, failed_later, failed_last, unapproved, unsure - looked_at, *left)
        waiting, failed_now = slice.contain(exports - held, self._wait_for_batch)
        return held.union(failed_now, *waiting)

    # === TEXTS === #

    def _done_words(self, export: models.BaseModel, names: dict) -> str:
        names = {**names, 'amount': format_amount(self.env, export.amount_total, export.currency_id)}
        if export._is_undone():
            return self.env._("Payment removed in Xero (%(organisation)s): %(link)s, %(amount)s.", **names)
        return self.env._("Payment in Xero (%(organisation)s): %(link)s, %(amount)s.", **names)

    def _missing_words(self, export: models.BaseModel) -> str:
        if export.operation == 'void':
            return self.env._("The payment %(document)s is still in Xero.", document=export.document_name)
        return self.env._("The payment %(document)s is not in Xero.", document=export.document_name)

    def _deleted_words(self, export: models.BaseModel) -> str:
        return self.env._("The payment was undone in Odoo before it was sent to Xero.")

    def _blocked_words(self, export: models.BaseModel, remote: dict) -> str:
        return self._void_obstacle(export, remote)

    def _explain_refusal(self, export: models.BaseModel, cause: str, names: dict) -> str:
        if cause not in ('amount', 'data'):
            return super()._explain_refusal(export, cause, names)
        names = {**names, 'amount': format_amount(self.env, export.amount_total, export.currency_id)}
        if export.operation == 'void':
            return self.env._(
                "%(organisation)s refused to remove the payment %(document)s: “%(words)s”. Remove it there by hand, then resync.", **names)
        return self.env._(
            "%(organisation)s refused the payment of %(amount)s %(document)s: “%(words)s”. Check the document there: because of a payment or a "
            "credit that was entered by hand, less may be left to pay. Correct it on one side, then resync, or skip the payment.", **names)
