from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount

from .xero_export_compare import OPEN_TRANSACTIONS


class XeroExport(models.Model):
    """What closes a document in Odoo without money: write-offs, early-payment discounts, exchange entries, credit notes that are not in
    Xero. Xero knows nothing of it, so the document is open there: a person enters it.
    """
    _inherit = 'xero.export'

    closed_difference = fields.Text(readonly=True, help="What closed the document in Odoo without money, and is open in Xero.")
    closing_checked_at = fields.Datetime(readonly=True, help="Empty while what is reconciled with the document has to be looked at.")
    entered_partials = fields.Json(readonly=True, help="Reconciliations that a person has entered in Xero.")
    is_different = fields.Boolean(compute='_compute_is_different', search='_search_is_different')

    _closing = models.Index("(connection_id) WHERE state = 'synced' AND closing_checked_at IS NULL")
    _closed = models.Index("(connection_id) WHERE closed_difference IS NOT NULL")

    # === SEEN === #

    @api.depends('difference', 'closed_difference')
    def _compute_is_different(self):
        for export in self:
            export.is_different = bool(export.difference or export.closed_difference)

    def _search_is_different(self, operator, value):
        if operator != 'in':
            return NotImplemented
        different = Domain('difference', '!=', False) | Domain('closed_difference', '!=', False)
        return different if True in value else ~different

    def action_entered_in_xero(self):
        """Take it from a person that what closed the documents in Odoo is in Xero, too."""
        if not self.env.user.has_group('account_xero.group_xero_invoice_admin'):
            raise AccessError(self.env._("Only an invoice admin can tell that something was entered in Xero."))
        self.check_access('read')
        for export in self.sudo().filtered('closed_difference'):
            entered = export._closed_without_money()
            export.write({
                'entered_partials': [*(export.entered_partials or []), *(partial.id for partial, _sentence in entered)], 'closed_difference': False})
            export._kind()._chatter_record(export)._message_log(body=self.env._(
                "%(user)s has entered in Xero what closed it in Odoo: %(sentences)s",
                user=self.env.user.name, sentences=' '.join(sentence for _partial, sentence in entered)))
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}

    # === LOOKED AT === #

    @api.model
    def _look_at_closing_again(self, documents):
        """Something was reconciled with documents, or no longer is: the next slice looks what it is.

        :param documents: `account.move`.
        """
        if documents:
            exports = self.search([('move_id', 'in', documents.ids), ('closing_checked_at', '!=', False)])
            exports.closing_checked_at = False
            exports.connection_id._arm()

    @api.model
    def _recheck_closings(self, connection):
        """Have documents looked at again that were reconciled since the last sweep, and those that are listed."""
        since = (connection.swept_at or connection.create_date) - OPEN_TRANSACTIONS
        rows = self.env.execute_query(SQL(
            """SELECT DISTINCT export.id
                 FROM (SELECT debit_move_id AS line_id, create_date FROM account_partial_reconcile WHERE create_date > %(since)s
                        UNION ALL
                       SELECT credit_move_id, create_date FROM account_partial_reconcile WHERE create_date > %(since)s) reconciled
                 JOIN account_move_line line ON line.id = reconciled.line_id
                 JOIN xero_export export ON export.move_id = line.move_id
                WHERE export.connection_id = %(connection)s AND export.closing_checked_at < reconciled.create_date""",
            since=since, connection=connection.id))
        listed = self.search([('connection_id', '=', connection.id), ('closed_difference', '!=', False)])
        (listed | self.browse(row[0] for row in rows)).closing_checked_at = False

    def _look_at_closing(self):
        """Say of documents that are in Xero what closed them without money. One query where nothing did."""
        reconciled = self.browse({export_id for export_id, _partial_id in self._reconciled_with()})
        self.closing_checked_at = fields.Datetime.now() - OPEN_TRANSACTIONS
        for export in self:
            sentences = [sentence for _partial, sentence in export._closed_without_money()] if export in reconciled else []
            said = '\n'.join(sentences) or False
            if export.closed_difference != said:
                export.closed_difference = said

    def _leave_closing(self, error):
        """What closed the document cannot be told, by an error that is none of Xero's; the next sweep tries it again."""
        self.write({'closing_checked_at': fields.Datetime.now() - OPEN_TRANSACTIONS, 'closed_difference': self.env._(
            "What closed %(document)s in Odoo could not be looked at, by an error in Odoo (%(error)s). Ask your administrator to look into Odoo's log.",
            document=self.document_name, error=type(error).__name__)})

    def _reconciled_with(self):
        """Return list of (export id, partial id): what is reconciled with the documents."""
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
                WHERE export.id = ANY(%(ids)s)""", ids=self.ids))

    def _closed_without_money(self):
        """Return list of (partial, sentence for people) for what closed a document without money and is not entered in Xero."""
        self.ensure_one()
        terms = self.move_id.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        found = []
        for partial in (terms.matched_debit_ids | terms.matched_credit_ids).sorted('id'):
            if partial.id not in (self.entered_partials or []):
                sentence = self._closing_sentence(partial)
                if sentence:
                    found.append((partial, sentence))
        return found

    def _closing_sentence(self, partial):
        """Return what a person has to know about one reconciliation of the document, False if it is money or an allocation."""
        is_debit = partial.debit_move_id.move_id == self.move_id
        amount = partial.debit_amount_currency if is_debit else partial.credit_amount_currency
        entry = (partial.credit_move_id if is_debit else partial.debit_move_id).move_id
        names = {'document': self.move_id.name, 'entry': entry.name, 'organisation': self.connection_id.organisation_name}
        if entry._xero_is_money():
            # The part of the payment that no money stands for, in the document's currency
            share = entry._xero_share_without_money(partial)
            amount = self.currency_id.round(amount * share)
            sentence = self.env._(
                "%(amount)s of %(document)s was closed in Odoo by the payment %(entry)s without money (a discount, a fee or a write-off) and is "
                "still open in %(organisation)s. Enter it there, then press Entered in Xero.")
        elif partial._xero_ends():
            if self._is_allocated_by_us(partial, entry):
                return False
            if partial.debit_currency_id != partial.credit_currency_id:
                sentence = self.env._(
                    "%(amount)s of %(document)s was closed in Odoo by %(entry)s in another currency, which Xero cannot allocate, and is still open "
                    "in %(organisation)s. Enter it there, then press Entered in Xero.")
            else:
                sentence = self.env._(
                    "%(amount)s of %(document)s was closed in Odoo by %(entry)s, which does not go to %(organisation)s, and is still open there. "
                    "Export %(entry)s, or enter it there and press Entered in Xero.")
        else:
            sentence = self.env._(
                "%(amount)s of %(document)s was closed in Odoo by %(entry)s, which is not a payment, and is still open in %(organisation)s. "
                "Enter it there, then press Entered in Xero.")
        if self.currency_id.compare_amounts(amount, 0) <= 0:
            return False
        return sentence % {**names, 'amount': format_amount(self.env, amount, self.currency_id)}

    def _is_allocated_by_us(self, partial, counterpart):
        """Return whether a reconciliation is the business of an allocation, or of people who allocate in Xero by policy."""
        if not self.connection_id.export_allocation:
            return True
        return bool(partial._xero_amount()) and counterpart.xero_export_ids[:1].connection_id == self.connection_id
