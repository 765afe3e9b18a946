from odoo import models

from ...const import NARRATION_LENGTH
from ...tools.xero_money import round_half_up, to_decimal
from ...tools.xero_text import clean_line
from .xero_kind_ledger import item_text


class XeroKindJournal(models.AbstractModel):
    """A single entry, item by item."""
    _name = 'xero.kind.journal'
    _inherit = 'xero.kind.ledger'
    _description = "Kind of Document in Xero: entry"

    _sequence = 50
    _is_summed = False
    _tag_letter = 'E'

    def _label(self):
        return self.env._("Journal entry")

    # === IN ODOO === #

    def _prepare_document(self, document):
        return {
            'company_id': document.company_id.id,
            'kind': self._kind_name(),
            'move_id': document.id,
            'document_name': document._xero_name(),
            'document_date': document.date,
            'partner_id': document.commercial_partner_id.id,
            'currency_id': document.company_currency_id.id,
            'amount_total': sum(max(line.balance, 0) for line in self._items(document)),
        }

    def _stage(self, export):
        stage = super()._stage(export)
        if stage == 'live' and export.move_id._xero_goes_with_its_day():
            return 'gone'   # moved to another journal
        return 'gone' if stage == 'live' and not self._items(export.move_id) else stage

    def _undone(self, export):
        if export.move_id.state == 'posted' and export.move_id._xero_goes_with_its_day():
            return self.env._("%(document)s goes to Xero with its day now.", document=export.document_name)
        if export.move_id.state == 'posted':
            return self.env._("%(document)s has no amounts, so there is nothing to send.", document=export.document_name)
        return super()._undone(export)

    # === BUILDING === #

    def _sources(self, exports, resolver):
        return {export: [
            (line.account_id, line.analytic_distribution, self._amount(line.balance), item_text(line.name, line.partner_id.name, line.account_id.name))
            for line in self._items(export.move_id)
        ] for export in exports}

    def _items(self, move):
        """Return the items that have an amount in the ledger; what is off the balance sheet has no place in Xero."""
        return move.line_ids.filtered(lambda line: line.balance and line.account_id.account_type != 'off_balance')

    def _amount(self, balance):
        # Without the noise of the float; what currency ever has more decimals than that
        return round_half_up(to_decimal(balance), 6).normalize()

    def _text(self, export):
        move = export.move_id
        return clean_line(' · '.join(filter(None, (move.name, move.commercial_partner_id.name, move.ref))), NARRATION_LENGTH, has_ellipsis=True)


class XeroKindJournalDay(models.AbstractModel):
    """All entries of a journal on a day: one line for each account and tracking, the net of debit and credit."""
    _name = 'xero.kind.journal_day'
    _inherit = 'xero.kind.ledger'
    _description = "Kind of Document in Xero: day of a journal"

    _sequence = 60
    _document_field = 'day_id'
    _is_summed = True
    _tag_letter = 'D'

    def _label(self):
        return self.env._("Day of a journal")

    # === IN ODOO === #

    def _prepare_document(self, document):
        return {
            'company_id': document.company_id.id,
            'kind': self._kind_name(),
            'day_id': document.id,
            'document_name': document.display_name,
            'document_date': document.date,
            'currency_id': document.currency_id.id,
        }

    def _stage(self, export):
        return 'live' if export.day_id._sums() else 'gone'

    def _undone(self, export):
        if not export.day_id:
            return self.env._("The journal of %(document)s was deleted in Odoo.", document=export.document_name)
        return self.env._("The posted entries of %(document)s come to nothing on every account, so there is nothing to send.", document=export.document_name)

    def _noted_on(self, export):
        return self.env['account.move']

    def _linked(self, export):
        # The page of the export would be better, but the name of its model is not allowed in links [P 8.1]
        return export.day_id.journal_id

    # === BUILDING === #

    def _sources(self, exports, resolver):
        sums = exports.day_id._sums(with_distribution=bool(resolver.tracked_plans))
        return {export: [
            (account, distribution, amount.normalize(), item_text(account.name))
            for account, distribution, amount in sorted(sums[export.day_id], key=lambda row: self._account_code(export, row[0]))
        ] for export in exports}

    def _account_code(self, export, account):
        return account.with_company(export.company_id).code or ''

    def _text(self, export):
        day = export.day_id
        return clean_line(f'{day.journal_id.name}, {day._written_date()}', NARRATION_LENGTH, has_ellipsis=True)
