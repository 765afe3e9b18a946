from datetime import date, timedelta

from odoo import models

from ...const import NUMBER_LENGTH
from ...tools.xero_elements import read_date
from ...tools.xero_text import ascii_text


class XeroKindPurchase(models.AbstractModel):
    """The common base of bills and vendor credit notes: the vendor's number, which is not unique, and a choice of dates."""
    _name = 'xero.kind.purchase'
    _inherit = 'xero.kind.document'
    _description = "Kind of Document in Xero: from a vendor"

    _is_sale = False

    def _number_field(self, move: models.BaseModel) -> str | None:
        return 'ref' if move.ref else 'name'

    def _number(self, move: models.BaseModel) -> str:
        """Return the vendor's number in characters that Xero accepts, else our own number."""
        return ascii_text(move.ref, NUMBER_LENGTH) or ascii_text(move.name, NUMBER_LENGTH)

    def _number_problems(self, move):
        return ()   # a vendor's number cannot be corrected: Xero gets the most similar one that it accepts

    def _warnings(self, export, move):
        yield from super()._warnings(export, move)
        original, number = ' '.join(filter(None, (self._stored_number(move) or '').split(' '))), self._number(move)
        if original and original != number:
            yield self.env._(
                "In Xero, a number has up to %(limit)s plain letters, digits and signs, so “%(original)s” of %(document)s is “%(number)s” there.",
                limit=NUMBER_LENGTH, original=original, number=number, document=move._xero_name())
        yield from self._date_warnings(export, move)

    def _date(self, connection: models.BaseModel, move: models.BaseModel) -> date:
        if connection.bill_date == 'accounting':
            return move.date
        date = super()._date(connection, move)
        return self._open_day(connection, move, date) if connection.bill_date == 'open' and self._is_locked(connection, date) else date

    def _is_locked(self, connection, date):
        lock = connection._locked_until()
        return bool(lock) and date <= lock

    def _open_day(self, connection, move, date):
        """Return the date in Xero of a bill whose own date is locked: the one that it was sent with, else the first open day.

        Xero refused, or would refuse, a date that is locked, unless the bill has it there.
        """
        lock = connection._locked_until()
        tried = move.xero_export_ids.filtered(lambda export: export.connection_id == connection and export.kind == self._kind_name() and export.attempts)
        sent = [
            day for export in tried for version in export._sent_versions()
            if (day := read_date(version, 'Date')) and day >= date and (day > lock or export.xero_id or export.state == 'uncertain')]
        return sent[0] if sent else lock + timedelta(days=1)

    def _date_warnings(self, export, move):
        """Yield a sentence if a bill has another date in Xero."""
        connection = export.connection_id
        date, own = self._date(connection, move), move.invoice_date or move.date
        if connection.bill_date == 'open' and date != own:
            yield self.env._(
                "%(own)s is locked in %(organisation)s, so %(document)s has the date %(date)s there.",
                own=self._written(own), organisation=connection.organisation_name, document=move._xero_name(), date=self._written(date))

    def _date_problems(self, connection, move):
        for problem in super()._date_problems(connection, move):
            if connection.bill_date != 'open':
                problem = problem._replace(message=problem.message + ' ' + self.env._(
                    "An invoice admin can also choose the first open day as the date of bills, on the connection %(connection)s.",
                    connection=connection.name))
            yield problem

    def _after_refusal(self, request: models.BaseModel, refused: models.BaseModel, slice) -> None:
        """Read Xero's lock dates again after it refused dates: bills that are locked by a newer one are tried again, as the policy says."""
        super()._after_refusal(request, refused, slice)
        connection, dated = slice.connection, refused.filtered(lambda export: export.cause == 'date' and export.operation != 'void' and export.move_id)
        lock = connection._locked_until()
        if not dated or not slice.reread_list('organisation') or connection._locked_until() == lock:
            return
        again = dated.filtered(lambda export: self._is_locked(connection, export.move_id.invoice_date or export.move_id.date))._requeue(by_hand=False)
        slice.failed -= len(again)
        slice.commit()

    def _can_be_sent_by_policy(self, export: models.BaseModel) -> bool:
        connection, move = export.connection_id, export.move_id
        return bool(move) and export.cause == 'date' and connection.bill_date != 'open' and self._is_locked(connection, self._date(connection, move))

    def _key(self, element: dict) -> tuple:
        return (*super()._key(element), (element.get('Contact') or {}).get('ContactID'), str(read_date(element, 'Date')))
