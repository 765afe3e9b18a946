from odoo import api, fields, models
from odoo.tools import SQL, format_amount

from .xero_export import OPEN_TRANSACTIONS


class XeroClosing(models.AbstractModel):
    """What closes documents in Odoo without money: write-offs, early-payment discounts, exchange entries, credit notes that are not in Xero.

    Xero does not get it, so the document is open there until a person enters it. Exports hold what was found.
    """
    _name = 'xero.closing'
    _description = "Documents Closed Without Money"

    @api.model
    def _look_again(self, documents):
        """Let the next slice check documents, because their reconciliations changed.

        :param documents: `account.move`.
        """
        if documents:
            exports = self.env['xero.export'].search([('move_id', 'in', documents.ids), ('closing_checked_at', '!=', False)])
            exports.closing_checked_at = False
            exports.connection_id._arm()

    @api.model
    def _recheck(self, connection):
        """Let documents be checked again that were reconciled since the last sweep, or were found closed without money.

        :param connection: `xero.connection`.
        """
        since = (connection.swept_at or connection.create_date) - OPEN_TRANSACTIONS
        rows = self.env.execute_query(SQL(
            # OFFSET keeps PostgreSQL from reading all items and exports, as it does with old statistics
            """WITH reconciled AS MATERIALIZED (
                   SELECT debit_move_id, credit_move_id, create_date FROM account_partial_reconcile WHERE create_date > %(since)s)
               SELECT DISTINCT export.id
                 FROM reconciled
           CROSS JOIN LATERAL (VALUES (debit_move_id), (credit_move_id)) item(id)
           CROSS JOIN LATERAL (SELECT move_id FROM account_move_line WHERE id = item.id OFFSET 0) line
           CROSS JOIN LATERAL (SELECT id, connection_id, closing_checked_at FROM xero_export WHERE move_id = line.move_id OFFSET 0) export
                WHERE export.connection_id = %(connection)s AND export.closing_checked_at < reconciled.create_date""",
            since=since, connection=connection.id))
        listed = self.env['xero.export'].search([('connection_id', '=', connection.id), ('closed_difference', '!=', False)])
        (listed | listed.browse(row[0] for row in rows)).closing_checked_at = False

    @api.model
    def _look_at(self, exports):
        """Store on exports what closed their documents without money. Uses one query if nothing did.

        :param exports: `xero.export`.
        """
        reconciled = exports.browse({export_id for export_id, _partial_id in self._reconciled_with(exports)})
        exports.closing_checked_at = fields.Datetime.now() - OPEN_TRANSACTIONS
        for export in exports:
            sentences = [sentence for _partial, sentence in self._without_money(export)] if export in reconciled else []
            found = '\n'.join(sentences) or False
            if export.closed_difference != found:
                export.closed_difference = found

    @api.model
    def _tell_error(self, export, error):
        """Show on an export that the check of its document ended in an unexpected error. The next sweep tries it again."""
        export.write({'closing_checked_at': fields.Datetime.now() - OPEN_TRANSACTIONS, 'closed_difference': self.env._(
            "What closed %(document)s in Odoo could not be looked at, by an error in Odoo (%(error)s). Ask your administrator to look into Odoo's log.",
            document=export.document_name, error=type(error).__name__)})

    @api.model
    def _enter(self, exports):
        """Note that a person has entered in Xero what closed documents, also in their chatter.

        :param exports: `xero.export`.
        """
        for export in exports.filtered('closed_difference'):
            entered = self._without_money(export)
            export.write({
                'entered_partials': [*(export.entered_partials or []), *(partial.id for partial, _sentence in entered)], 'closed_difference': False})
            export._kind()._chatter_record(export)._message_log(body=self.env._(
                "%(user)s has entered in Xero what closed it in Odoo: %(sentences)s",
                user=self.env.user.name, sentences=' '.join(sentence for _partial, sentence in entered)))

    def _reconciled_with(self, exports):
        """Return a list of tuples: id of an export, id of a reconciliation of its document."""
        self.env.flush_all()
        return self.env.execute_query(SQL(
            """SELECT export.id, partial.id
                 FROM xero_export export
                 JOIN account_move_line line ON line.move_id = export.move_id AND line.display_type = 'payment_term'
                 JOIN account_partial_reconcile partial ON partial.debit_move_id = line.id
                WHERE export.id = ANY(%(ids)s)
                UNION ALL
               SELECT export.id, partial.id
                 FROM xero_export export
                 JOIN account_move_line line ON line.move_id = export.move_id AND line.display_type = 'payment_term'
                 JOIN account_partial_reconcile partial ON partial.credit_move_id = line.id
                WHERE export.id = ANY(%(ids)s)""", ids=exports.ids))

    def _without_money(self, export):
        """Return a list of tuples (reconciliation, sentence for people): those without money that are not entered in Xero."""
        export.ensure_one()
        terms = export.move_id.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        found = []
        for partial in (terms.matched_debit_ids | terms.matched_credit_ids).sorted('id'):
            if partial.id not in (export.entered_partials or []):
                sentence = self._sentence(export, partial)
                if sentence:
                    found.append((partial, sentence))
        return found

    def _sentence(self, export, partial):
        """Return a sentence for people about a reconciliation without money; False if it is money or an allocation of ours."""
        is_debit = partial.debit_move_id.move_id == export.move_id
        amount = partial.debit_amount_currency if is_debit else partial.credit_amount_currency
        entry = (partial.credit_move_id if is_debit else partial.debit_move_id).move_id
        if entry._xero_is_money():
            # The part of the payment that is not money, in the document's currency
            amount = export.currency_id.round(amount * entry._xero_share_without_money(partial))
        if export.currency_id.compare_amounts(amount, 0) <= 0:
            return False
        names = {
            'document': export.move_id.name, 'entry': entry.name, 'organisation': export.connection_id.organisation_name,
            'amount': format_amount(self.env, amount, export.currency_id)}
        if entry._xero_is_money():
            return self.env._(
                "%(amount)s of %(document)s was closed in Odoo by the payment %(entry)s without money (a discount, a fee or a write-off) and is "
                "still open in %(organisation)s. Enter it there, then press Entered in Xero.", **names)
        if partial._xero_ends():
            if self._is_allocated_by_us(export, partial, entry):
                return False
            if partial.debit_currency_id != partial.credit_currency_id:
                return self.env._(
                    "%(amount)s of %(document)s was closed in Odoo by %(entry)s in another currency, which Xero cannot allocate, and is still open "
                    "in %(organisation)s. Enter it there, then press Entered in Xero.", **names)
            return self.env._(
                "%(amount)s of %(document)s was closed in Odoo by %(entry)s, which does not go to %(organisation)s, and is still open there. "
                "Export %(entry)s, or enter it there and press Entered in Xero.", **names)
        return self.env._(
            "%(amount)s of %(document)s was closed in Odoo by %(entry)s, which is not a payment, and is still open in %(organisation)s. "
            "Enter it there, then press Entered in Xero.", **names)

    def _is_allocated_by_us(self, export, partial, counterpart):
        """Return whether a reconciliation is exported as an allocation, or by policy allocated in Xero by people."""
        if not export.connection_id.export_allocation:
            return True
        return bool(partial._xero_amount()) and counterpart.xero_export_ids[:1].connection_id == export.connection_id
