from datetime import datetime

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ...const import NARRATION_LENGTH
from ...tools.xero_money import round_half_up, to_decimal
from ...tools.xero_text import clean_line
from ..mapping.resolver import Resolver
from .missed_moves import queue_missed, recent_writes_of_moves
from .xero_kind_ledger import item_text


class XeroKindJournal(models.AbstractModel):
    """A journal entry as one manual journal, with a line for each item."""
    _name = 'xero.kind.journal'
    _inherit = 'xero.kind.ledger'
    _description = "Kind of Document in Xero: entry"

    _sequence = 50
    _journal_path = 'move_id.journal_id'
    _journal_mode = 'entry'
    _is_summed = False
    _tag_letter = 'E'

    def _label(self) -> str:
        return self.env._("Journal entry")

    # === IN ODOO === #

    def _prepare_document(self, document: models.BaseModel) -> dict:
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

    def _desired_state(self, export: models.BaseModel) -> str:
        state = super()._desired_state(export)
        if state == 'present' and self._is_part_of_another(export.move_id):
            return 'absent'   # it was moved to a journal with another way of export
        return 'absent' if state == 'present' and not self._items(export.move_id) else state

    def _undone_words(self, export: models.BaseModel) -> str:
        if export.move_id.state == 'posted' and self._is_part_of_another(export.move_id):
            return self.env._("%(document)s is exported with its day now.", document=export.document_name)
        if export.move_id.state == 'posted':
            return self.env._("%(document)s has no amounts, so there is nothing to send.", document=export.document_name)
        return super()._undone_words(export)

    def _is_part_of_another(self, move):
        """Return whether the entry is now exported together with others in one document."""
        kind = self._kind_of_move(move)
        return kind is not None and kind._document_field != self._document_field

    def _is_empty(self, export: models.BaseModel) -> bool:
        return export.move_id.state == 'posted' and self._desired_state(export) == 'absent'

    # === MISSED BY HOOKS === #

    def _queue_missed(self, slice, limit: int) -> int:
        journals = slice.journals.filtered(lambda journal: journal._xero_mode() == 'entry')
        return queue_missed(slice, self, self.env['xero.journal.day']._entries_domain() & Domain('journal_id', 'in', journals.ids), limit)

    def _recent_writes(self, since: datetime | None) -> SQL | None:
        return recent_writes_of_moves(since)

    # === BUILDING === #

    def _sources(self, exports: models.BaseModel, resolver: Resolver) -> dict:
        return {export: [
            (line.account_id, line.analytic_distribution, self._amount(line.balance), item_text(line.name, line.partner_id.name, line.account_id.name))
            for line in self._items(export.move_id)
        ] for export in exports}

    def _items(self, move):
        """Return the items with an amount in the ledger. Off-balance accounts have no counterpart in Xero."""
        return move.line_ids.filtered(lambda line: line.balance and line.account_id.account_type != 'off_balance')

    def _amount(self, balance):
        # Rounded to remove the imprecision of the float; no currency has more than six decimals
        return round_half_up(to_decimal(balance), 6).normalize()

    def _line_join(self, mapping: models.BaseModel) -> SQL | None:
        return SQL("JOIN account_move_line line ON line.move_id = export.move_id") if mapping.use in (False, 'journal') else None

    def _text(self, export: models.BaseModel) -> str:
        move = export.move_id
        return clean_line(' · '.join(filter(None, (move.name, move.commercial_partner_id.name, move.ref))), NARRATION_LENGTH, has_ellipsis=True)
