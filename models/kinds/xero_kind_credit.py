from decimal import Decimal

from odoo import fields, models

from ...tools.problem import Problem
from ...tools.xero_money import to_decimal
from ..export.xero_export_state import STILL_UNDER_WAY


class XeroKindCredit(models.AbstractModel):
    _name = 'xero.kind.credit'
    _inherit = 'xero.kind.document'
    _description = "Kind of Document in Xero: credit note"

    _xero_endpoint = 'CreditNotes'
    _xero_id = 'CreditNoteID'
    _xero_number = 'CreditNoteNumber'
    # The look-back reads lines, and their prices are compared with later answers
    _xero_look_back_params = {'unitdp': '4'}

    def _desired_state(self, export: models.BaseModel) -> str:
        # A draft that was made from Xero's is never a reason to void Xero's, also if a person deletes it
        return 'pending' if export.is_unconfirmed and export.move_id.state != 'posted' else super()._desired_state(export)

    def _undone_words(self, export: models.BaseModel) -> str:
        if not export.is_unconfirmed:
            return super()._undone_words(export)
        if not export.move_id:
            return self.env._(
                "%(document)s was made in Xero, and its draft was deleted in Odoo. Enter it in Odoo and skip the export of what you entered, or keep both as "
                "they are with a reason.",
                document=export.document_name)
        if export.move_id.state == 'cancel':
            return self.env._(
                "%(document)s was made in Xero, and its draft was cancelled in Odoo. Reset it to draft and confirm it, or keep both as they are with a reason.",
                document=export.document_name)
        return self.env._("%(document)s was made in Xero. Check its draft, and confirm it.", document=export.document_name)

    def _remote_params(self, xero_ids: list) -> dict:
        # Credit notes have no list filter for ids
        where = '||'.join(f'CreditNoteID==guid("{xero_id}")' for xero_id in xero_ids)
        return {'where': where, 'page': 1, 'pageSize': len(xero_ids), 'unitdp': 4}

    def _settled_amount(self, remote):
        return to_decimal(remote['Total']) - to_decimal(remote.get('RemainingCredit') or 0)

    def _is_paid(self, remote):
        remaining = remote.get('RemainingCredit')
        return remote['Status'] == 'PAID' or (remaining is not None and to_decimal(remaining) != to_decimal(remote['Total']))

    # === ENTERED BY HAND === #

    def _header_problems(self, export, move, contact, built, policy):
        yield from super()._header_problems(export, move, contact, built, policy)
        if not export.xero_id:
            yield from self._entered_problems(export, move, contact)

    def _entered_problems(self, export, move, contact):
        """Yield a `Problem` if the credit note may be one that a person has entered from Xero: it would be in Xero twice."""
        names = {'document': move._xero_name(), 'organisation': export.connection_id.organisation_name}
        same = [
            ('connection_id', '=', export.connection_id.id), ('kind', '=', export.kind), ('partner_id', 'child_of', move.commercial_partner_id.id),
            ('currency_id', '=', move.currency_id.id), ('xero_total', '=', move.amount_total)]
        if row := self.env['xero.difference'].search([*same, ('topic', '=', 'only_xero'), ('state', '=', 'open')], limit=1):
            element = {
                self._xero_id: row.xero_id, self._xero_number: row.document_name, 'Type': self._xero_type, 'Status': 'AUTHORISED', 'Total': row.xero_total,
                'Date': str(row.document_date or ''), 'CurrencyCode': row.currency_id.name,
                'Contact': {'ContactID': contact and contact.xero_id, 'Name': row.partner_id.display_name}}
            yield Problem('number', self.env._(
                "%(organisation)s has the credit note %(number)s with the same partner and total, and it is not in Odoo, so %(document)s was not sent. If "
                "both are the same, choose Link it; that needs the same date. If not, settle the difference of %(number)s with a reason, then resync.",
                number=row.document_name, **names), candidate=self._remembered(export, element, contact and contact.xero_id))
        elif deleted := self.env['xero.export'].search(
                [*same, ('is_unconfirmed', '=', True), ('move_id', '=', False), ('is_void_declined', '=', False)], limit=1):
            yield Problem('number', self.env._(
                "%(organisation)s has the credit note %(number)s with the same partner and total, whose draft was deleted in Odoo, so %(document)s was not "
                "sent. If both are the same, skip it. If not, settle the difference of %(number)s with a reason, then resync.",
                number=deleted.xero_number or deleted.document_name, **names))

    def _prerequisites(self, exports: models.BaseModel) -> dict:
        """Wait for the document that the credit note reverses, while that one is not settled."""
        found = super()._prerequisites(exports)
        for export in exports.filtered('move_id.reversed_entry_id'):
            first = export.move_id.reversed_entry_id.xero_export_ids.filtered_domain([('connection_id', '=', export.connection_id.id)])
            if first.state in STILL_UNDER_WAY:
                found[export] = first
        return found

    def _origin_differences(self, export: models.BaseModel) -> list:
        origin, move, words = export.xero_origin, export.move_id, []
        if not origin or not move:
            return words
        day = fields.Date.to_date(origin['date'])
        if day != move.invoice_date:
            words.append(self.env._(
                "The date is %(ours)s in Odoo and %(theirs)s in Xero.", ours=self._written(move.invoice_date), theirs=self._written(day)))
        if origin['currency'] != move.currency_id.name:
            words.append(self.env._(
                "The currency is %(ours)s in Odoo and %(theirs)s in Xero.", ours=move.currency_id.name, theirs=origin['currency']))
        if origin['partner'] != move.commercial_partner_id.id:
            words.append(self.env._("The partner in Odoo is not the contact in Xero."))
        return words


class XeroKindSaleCredit(models.AbstractModel):
    _name = 'xero.kind.sale_credit'
    _inherit = 'xero.kind.credit'
    _description = "Kind of Document in Xero: customer credit note"

    _sequence = 30
    _main_file = 'report'
    _move_types = ('out_refund',)
    _credits = 'sale_invoice'
    _page = '{web}/organisationlogin/default.aspx?shortcode={sc}&redirecturl=/AccountsReceivable/ViewCreditNote.aspx?creditNoteID={id}'
    _xero_type = 'ACCRECCREDIT'
    _is_sale = True
    _approve_action = 'CreateApprovedInvoice'

    def _label(self) -> str:
        return self.env._("Customer credit note")

    def _prepare_due_date_and_reference(self, connection, move):
        return {'Reference': self._reference(move)}

    def _identity(self, element: dict, total: Decimal | float | str | None = None) -> tuple:
        # Credit notes have no link to Odoo, and Odoo gives the number of a deleted draft to the next document
        return (*super()._identity(element, total), (element.get('Contact') or {}).get('ContactID'))

    def _build_one(self, export, resolver, policy, contact):
        built = super()._build_one(export, resolver, policy, contact)
        if export.is_from_xero and export.xero_number:
            # What was made in Xero keeps its number there; Odoo's document has the next one of its journal
            built.element[self._xero_number] = export.xero_number
            built.key = self._key(built.element)
        return built

    def _look_up_params(self, exports: models.BaseModel, contacts: dict) -> list:
        # Credit notes have no list filter for numbers, and a quote mark cannot be escaped in a `where`
        return [
            self._look_up_by_date(export, contacts) if '"' in self._number(export.move_id)
            else {'where': f'CreditNoteNumber=="{self._number(export.move_id)}"'} for export in exports]


class XeroKindBillCredit(models.AbstractModel):
    _name = 'xero.kind.bill_credit'
    _inherit = ['xero.kind.purchase', 'xero.kind.credit']
    _description = "Kind of Document in Xero: vendor credit note"

    _sequence = 40
    _move_types = ('in_refund',)
    _credits = 'bill'
    _page = '{web}/organisationlogin/default.aspx?shortcode={sc}&redirecturl=/AccountsPayable/ViewCreditNote.aspx?creditNoteID={id}'
    _xero_type = 'ACCPAYCREDIT'
    _approve_action = 'CreateApprovedBill'

    def _label(self) -> str:
        return self.env._("Vendor credit note")
