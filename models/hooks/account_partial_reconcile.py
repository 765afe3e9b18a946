from odoo import api, models


class AccountPartialReconcile(models.Model):
    """A credit note reconciled with an invoice is an allocation in Xero. Other reconciliations are checked for documents closed without money."""
    _inherit = 'account.partial.reconcile'

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        self.env['xero.kind.reconciled'].sudo()._on_reconciled(partials.sudo())
        return partials

    def unlink(self):
        reconciled_sudo = self.env['xero.kind.reconciled'].sudo()
        exports, documents = reconciled_sudo._concerned_by(self.sudo())
        result = super().unlink()
        reconciled_sudo._on_unreconciled(exports, documents)
        return result

    def _xero_ends(self):
        """Return the credit note and the invoice or bill that are reconciled with each other; None for other reconciliations."""
        self.ensure_one()
        lines = (self.debit_move_id, self.credit_move_id)
        if any(line.display_type != 'payment_term' for line in lines):
            return None
        names = self.env['xero.kind']._names_by_move_type()
        moves = {names[line.move_id.move_type]: line.move_id for line in lines if line.move_id.move_type in names}
        for name, move in moves.items():
            if invoice := moves.get(self.env[f'xero.kind.{name}']._credits):
                return move, invoice
        return None

    def _xero_amount(self):
        """Return the allocated amount in the currency of both documents; 0 if their currencies differ, or for an exchange difference."""
        self.ensure_one()
        return self.debit_amount_currency if self.debit_currency_id == self.credit_currency_id else 0.0

    def _xero_money_amount(self, owed):
        """Return the amount of money in the currency of an item that it pays, without what is no money: discounts, fees, write-offs.

        :param owed: `account.move.line`, one of the two sides.
        """
        self.ensure_one()
        is_debit = owed == self.debit_move_id
        money = (self.credit_move_id if is_debit else self.debit_move_id).move_id
        amount = self.debit_amount_currency if is_debit else self.credit_amount_currency
        return owed.currency_id.round(amount * (1 - money._xero_share_without_money(self)))

    def _xero_documents(self):
        """Return the reconciled documents that may be in Xero, without those that a plain payment closes.

        It works in memory, without a query for each, because payments are reconciled by the thousand.
        """
        documents, names = self.env['account.move'], self.env['xero.kind']._names_by_move_type()
        for partial in self:
            for line, counterpart in ((partial.debit_move_id, partial.credit_move_id), (partial.credit_move_id, partial.debit_move_id)):
                if (
                    line.display_type == 'payment_term'
                    and line.move_id.move_type in names
                    and not counterpart.move_id._xero_is_plain_money()
                ):
                    documents |= line.move_id
        return documents
