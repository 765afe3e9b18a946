from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_amount

from ..connection.xero_connection_policy import FROM_XERO
from . import payment_element
from .alike import Alike
from .part import possible_amount, reconcile_part, reconciled_amount

ALIKE = timedelta(days=7)     # a person may have entered the day of the bank statement


class XeroPayment(models.Model):
    """Overpayments and prepayments made in Xero: payments that stay open on the partner, and are reconciled where Xero allocated them.

    Xero allocates any part of a credit, and Odoo reconciles the same part, if the document has as much left; otherwise the credit stays open, and
    the row says so.
    """
    _inherit = 'xero.payment'

    # === READING === #

    @api.model
    def _store_credits(self, connection, sort, id_field, elements):
        """Store overpayments or prepayments of contacts that are linked to partners. Others are left out.

        :param str sort: a value of the field.
        :param str id_field: key of an element's id.
        :param list elements: dicts, each with an id.
        :return: number of rows that are new or changed.
        """
        found = {xero_id: element for element in elements if (xero_id := payment_element.text(element.get(id_field), payment_element.ID_LENGTH))}
        known = self.search([('connection_id', '=', connection.id), ('xero_id', 'in', list(found))]).grouped('xero_id')
        partners = self._partners_by_ref(connection, [payment_element.credit_values(element)['contact_ref'] for element in found.values()])
        changed, vals_list = 0, []
        for xero_id, element in found.items():
            values = payment_element.credit_values(element)
            if row := known.get(xero_id):
                changed += row._update_read(values)
            elif partner := partners.get(values['contact_ref']):
                problem = self._answer_problem(values, [])
                code = payment_element.text(element.get('CurrencyCode'), 3) or connection.currency_id.name
                vals_list.append({
                    **values, 'sort': sort, 'connection_id': connection.id, 'company_id': (partner.company_id or connection.company_ids[:1]).id,
                    'xero_id': xero_id, 'partner_id': partner.id, 'currency_code': code, 'currency_id': self._currency(code).id,
                    'state': 'blocked' if problem else 'waiting', 'reason': problem, 'reason_code': problem and 'answer', 'is_due': not problem})
        self.create(vals_list)
        return changed + len(vals_list)

    @api.model
    def _partners_by_ref(self, connection, refs):
        """Return the partners that are contacts of a connection, by Xero's id."""
        contacts = self.env['xero.contact'].search([
            ('connection_id', '=', connection.id), ('xero_id', 'in', list(filter(None, refs))), ('partner_id', '!=', False)])
        return {contact.xero_id: contact.partner_id for contact in contacts}

    # === REGISTERING === #

    def _credit_journal(self, mappings):
        """Return the journal of a credit, and why there is none, as `_find_journal` does.

        :param mappings: all rows of `xero.mapping` of journals that can be used now.
        """
        currency = self._currency(self.currency_code)
        journals = mappings.journal_id.filtered(
            lambda journal: journal.active and journal.xero_payments in FROM_XERO and journal.company_id in self.company_id.parent_ids
            and (journal.currency_id or journal.company_id.currency_id) == currency)
        if len(journals) == 1 or (journals and not self.asked_by_id and all(
                journal.xero_payments_since and self.date < journal.xero_payments_since for journal in journals)):
            return journals[:1], None
        return journals[:0], ('waiting', self.env._(
            "Xero does not say on which account this credit was received or spent, and not exactly one journal in %(currency)s takes payments from "
            "Xero. Register the payment in Odoo, then press Ignore.", currency=self.currency_code), 'journal')

    def _alike_of_credit(self):
        """Return the payments in Odoo (list of `Alike`) that could be this credit, entered by a person: with the same partner and amount, about that day."""
        payment_type, _partner_type = payment_element.TYPES[self.type]
        payments = self.env['account.payment'].search([
            ('company_id', '=', self.company_id.id), ('partner_id.commercial_partner_id', '=', self.partner_id.commercial_partner_id.id),
            ('payment_type', '=', payment_type), ('date', '>=', self.date - ALIKE), ('date', '<=', self.date + ALIKE)])
        payments = payments.filtered(lambda payment: payment.state in payment._valid_payment_states() and self._has_amount_of(payment))
        payments -= self.search([('payment_id', 'in', payments.ids)]).payment_id
        if payments:
            # One that pays an exported document is a payment in Xero, too
            sides = Domain('partial_id.debit_move_id.move_id', 'in', payments.move_id.ids) | Domain(
                'partial_id.credit_move_id.move_id', 'in', payments.move_id.ids)
            paying = self.env['xero.export'].search(sides & Domain('state', '!=', 'skipped')).partial_id
            payments -= (paying.debit_move_id | paying.credit_move_id).move_id.origin_payment_id
        return [Alike(payment.display_name, payment) for payment in payments]

    def _allocate(self):
        """Reconcile the credits among these with the documents to which Xero allocated them, and undo what was taken back there."""
        for row in self.filtered(lambda row: row.sort != 'payment' and row._is_live() and not row._is_deleted()):
            row._take_back_allocations()
            exports = self._exports_by_ref(row.connection_id, [one['ref'] for one in row.allocations or ()])
            # What is not exported is last: a person may have reconciled it, which the rest then tells
            todo = sorted((one for one in row.allocations or () if one['id'] not in (row.applied or {})), key=lambda one: one['ref'] not in exports)
            if problems := list(filter(None, [row._allocate_one(one, exports.get(one['ref'])) for one in todo])):
                row._set_state('open', ' '.join(problems))
            elif row._differs_from_xero():
                row._set_state('open', self.env._(
                    "%(rest)s of it is open in Odoo, %(remaining)s in Xero.", rest=format_amount(self.env, row._rest(), row.payment_id.currency_id),
                    remaining=format_amount(self.env, row.remaining, row.payment_id.currency_id)))
            else:
                row._set_state('done')

    def _differs_from_xero(self):
        """Return whether Odoo and Xero have not used the same amount of the credit."""
        return bool(self.payment_id.currency_id.compare_amounts(self._rest(), self.remaining))

    def _allocate_one(self, allocation, export):
        """Reconcile the credit with a document, by the amount that Xero has allocated and nobody has reconciled in Odoo.

        :param dict allocation: see `payment_element.allocations`.
        :param export: `xero.export` of the document, None if it is not ours.
        :return: a sentence if it was not reconciled.
        """
        currency = self.payment_id.currency_id
        names = {'amount': format_amount(self.env, allocation['amount'], currency), 'document': export.document_name if export else allocation['ref']}
        if not export:
            return self._differs_from_xero() and self.env._("Xero allocated %(amount)s to a document that is not exported from Odoo.", **names)
        credit = self._counterpart()
        terms = export.move_id.line_ids.filtered(
            lambda line: line.display_type == 'payment_term' and line.parent_state == 'posted' and line.account_id in credit.account_id
            and line.currency_id == currency)
        missing = allocation['amount'] - self._reconciled_by_hand(credit, terms, export)
        if currency.compare_amounts(missing, 0) > 0:
            credit, terms = (lines.filtered(lambda line: not line.reconciled) for lines in (credit, terms))
            possible = possible_amount(credit, terms)
            if currency.compare_amounts(possible, missing) < 0:
                return self.env._(
                    "Xero allocated %(amount)s to %(document)s. Odoo would reconcile %(possible)s, so reconcile it by hand.",
                    possible=format_amount(self.env, possible, currency), **names)
            reconcile_part(credit, terms, currency.round(missing))
        self.applied = {**(self.applied or {}), allocation['id']: export.move_id.id}
        return ''

    def _reconciled_by_hand(self, credit, terms, export):
        """Return how much of the credit is reconciled with a document, beyond the allocations that Odoo has applied: a person did that."""
        applied = sum(one['amount'] for one in self.allocations or () if one['ref'] == export.xero_id and one['id'] in (self.applied or {}))
        return max(reconciled_amount(credit, terms) - applied, 0)

    def _take_back_allocations(self):
        """Undo the reconciliations with documents of which Xero has removed an allocation. What Xero still has of them is reconciled again."""
        current = {one['id'] for one in self.allocations or ()}
        removed = {move_id for key, move_id in (self.applied or {}).items() if key not in current}
        if not removed:
            return
        counterpart = self._counterpart()
        partials = (counterpart.matched_debit_ids | counterpart.matched_credit_ids).filtered(
            lambda partial: {partial.debit_move_id.move_id.id, partial.credit_move_id.move_id.id} & removed)
        partials.unlink()
        self.applied = {key: move_id for key, move_id in (self.applied or {}).items() if move_id not in removed}
