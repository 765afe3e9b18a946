from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from ..export.containment import contain
from . import payment_element
from .part import possible_amount, reconcile_part


class XeroCreditNote(models.AbstractModel):
    """Reconciles credit notes that came from Xero as Xero has allocated them, once a person has posted them."""
    _inherit = 'xero.credit.note'

    # === POSTED === #

    @api.model
    def _on_posted(self, moves):
        """Reconcile credit notes that came from Xero and were just posted. Never fails and makes no call; the next sweep finds missed ones.

        :param moves: posted `account.move`.
        """
        types = {move_type for kind in self._credit_kinds().values() for move_type in kind._move_types}
        credits = moves.filtered(lambda move: move.move_type in types)
        if not credits or not self.env['xero.connection']._any_exists():
            return
        exports = self.env['xero.export'].sudo().search([('move_id', 'in', credits.ids), ('is_unconfirmed', '=', True)])
        if not exports:
            return
        with exports._never_failing(credits, credits, exports):
            contain(self.env, exports, lambda some: [self.sudo()._confirm(export) for export in some], tell=lambda _export, _error: None)

    @api.model
    def _confirm_missed(self, connection):
        """Reconcile posted credit notes that the hook has missed."""
        exports = self.env['xero.export'].search([('connection_id', '=', connection.id), ('is_unconfirmed', '=', True), ('move_id.state', '=', 'posted')])
        contain(self.env, exports, lambda some: [self._confirm(export) for export in some], tell=lambda _export, _error: None)

    def _confirm(self, export):
        """Note that a person has posted a credit note that came from Xero: from now on it is a document as each other that both have.

        :param export: its `xero.export` in sudo.
        """
        export.write({'is_unconfirmed': False, 'is_void_declined': False})
        export._remember_document()
        export.difference = export._difference_now(export.move_id.amount_total)
        export._look_again()
        self._allocate(export)

    # === ALLOCATED === #

    def _allocate(self, export):
        """Reconcile a posted credit note with the documents to which Xero has allocated it, as far as that was not done before.

        :param export: its `xero.export` in sudo.
        """
        rows, words = [dict(row) for row in export.xero_allocations or ()], []
        for row in rows:
            if not row.get('is_done'):
                done, sentence = self._try_allocate(export, row)
                row['is_done'] = done
                if not done and sentence and not row.get('is_told'):
                    row['is_told'] = True
                    words.append(sentence)
        if rows != (export.xero_allocations or []):
            export.xero_allocations = rows
        for sentence in words:
            export.move_id._message_log(body=sentence)

    def _try_allocate(self, export, row):
        """Do `_allocate_one`. If Odoo refuses it, such as without an exchange journal, that is the sentence, and the other allocations are not affected."""
        try:
            with self.env.cr.savepoint():
                return self._allocate_one(export, row)
        except UserError as error:
            return False, self.env._(
                "Xero allocated %(amount)s, which Odoo refused to reconcile: %(error)s Reconcile it by hand.",
                amount=format_amount(self.env, row['amount'], export.move_id.currency_id), error=error)

    def _allocate_one(self, export, row):
        """Reconcile a credit note with one document, by the amount that Xero has allocated.

        :param dict row: see `payment_element.allocations`.
        :return: whether it was reconciled, and a sentence if not in full.
        """
        currency = export.move_id.currency_id
        credited = self.env['xero.export'].search([
            ('connection_id', '=', export.connection_id.id), ('kind', '=', export._kind()._credits), ('xero_id', '=', row['ref'])], limit=1)
        names = {'amount': format_amount(self.env, row['amount'], currency), 'document': credited.document_name or row['ref']}
        if not credited:
            return False, self.env._("Xero allocated %(amount)s to a document that is not exported from Odoo.", **names)
        if credited.move_id.currency_id != currency:
            return False, self.env._("Xero allocated it to %(document)s, which has another currency in Odoo, so it was not reconciled.", **names)
        if not payment_element.is_without_id(row) and export._is_taken(row['id']):
            return True, ''     # a person has reconciled them, and the reconciliation was found in Xero
        credit = self._open_terms(export.move_id)
        owed = self._open_terms(credited.move_id).filtered(lambda line: line.account_id in credit.account_id)
        possible = possible_amount(credit, owed)
        if currency.compare_amounts(possible, row['amount']) < 0:
            return False, self.env._(
                "Xero allocated %(amount)s to %(document)s. Odoo would reconcile %(possible)s, so reconcile it by hand.",
                possible=format_amount(self.env, possible, currency), **names)
        self._link_partials(export, row, reconcile_part(credit, owed, row['amount']))
        return True, ''

    def _open_terms(self, move):
        return move.line_ids.filtered(lambda line: line.display_type == 'payment_term' and line.parent_state == 'posted' and not line.reconciled)

    def _link_partials(self, export, row, partials):
        """Link the export of a reconciliation to Xero's allocation, so that it is not sent. If Odoo has several, because of instalments, they are left out."""
        exports = self.env['xero.export'].search([('partial_id', 'in', partials.ids)])
        if len(exports) == 1 and not payment_element.is_without_id(row):
            element = {'AllocationID': row['id'], 'Amount': row['amount'], 'Invoice': {'InvoiceID': row['ref']}, 'Status': 'AUTHORISED'}
            exports._adopt(element, self.env._("It was there already."))
            exports.done_operation = False
        else:
            exports._set_skipped(self.env._("Xero has this allocation already."))
