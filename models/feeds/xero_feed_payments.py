from collections.abc import Iterator
from datetime import date, datetime

from odoo import models

from ...const import FINAL_STATUSES
from .xero_feed import Finding

SCOPE = 'accounting.payments.read'
FINISHED = ('done', 'undone')     # states in which nobody has to do anything


class XeroFeedPayments(models.AbstractModel):
    """Payments of invoices, bills and credit notes. They become rows of `xero.payment`, which are registered in portions."""
    _name = 'xero.feed.payments'
    _inherit = 'xero.feed'
    _description = "Feed of Changes in Xero: payments"

    _sequence = 70      # after documents, because what changed there can decide about a payment
    _endpoint = 'Payments'
    _xero_id = 'PaymentID'

    def _is_wanted(self, connection: models.BaseModel) -> bool:
        """Return whether a journal takes payments from Xero."""
        return bool(connection._payment_journals(('in', 'both')))

    def _is_on(self, connection: models.BaseModel) -> bool:
        return self._is_wanted(connection) and self._has_consent(connection)

    def _wanted_scopes(self, connection: models.BaseModel) -> list:
        # The broad permission for transactions covers payments
        return [SCOPE] if connection.app_id.scope_set == 'granular' and self._is_wanted(connection) else []

    def _take(self, slice, elements: list) -> int:
        return self._take_gone(slice, elements) + self.env['xero.payment']._store(slice.connection, elements)

    def _take_gone(self, slice, elements):
        """Show payments that Odoo sent and somebody deleted in Xero.

        :return: number of these.
        """
        gone = [element for element in elements if element.get('Status') in FINAL_STATUSES]
        comparison = self.env['xero.comparison']
        return comparison._compare(slice, comparison._matched(slice.connection, self._endpoint, self._xero_id, gone)) if gone else 0

    def _first_day(self, connection: models.BaseModel) -> date | None:
        days = connection._payment_journals(('in', 'both')).mapped('xero_payments_since')
        return min(days) if days and all(days) else None

    def _starts_over(self, connection: models.BaseModel, position: models.BaseModel) -> bool:
        # The payments of documents that were linked since were passed over, because nobody knew the documents
        return super()._starts_over(connection, position) or bool(self.env['xero.export'].search_count([
            ('connection_id', '=', connection.id), ('arrived_at', '>=', position.read_at), ('is_found', '=', True),
            ('kind', 'in', list(self.env['xero.kind']._names_by_move_type().values()))], limit=1))

    def _has_work(self, connection: models.BaseModel) -> bool:
        return bool(self.env['xero.payment'].search_count(self.env['xero.payment']._due_domain(connection), limit=1))

    def _recheck(self, connection: models.BaseModel) -> None:
        self.env['xero.payment']._recheck(connection)

    def _work(self, slice) -> None:
        self.env['xero.payment']._apply_due(slice)

    def _findings(self, connection: models.BaseModel, since: datetime) -> Iterator[Finding]:
        env, counts = connection.env, self.env['xero.payment']._count_handled(connection, since)
        for state, one, many in (
            ('done', env._("1 payment registered."), env._("%(count)s payments registered.", count=counts.get('done'))),
            ('open', env._("1 payment registered, but not reconciled in full."),
             env._("%(count)s payments registered, but not reconciled in full.", count=counts.get('open'))),
            ('undone', env._("1 payment undone."), env._("%(count)s payments undone.", count=counts.get('undone'))),
            ('waiting', env._("1 payment waits until its journal is certain."),
             env._("%(count)s payments wait until their journals are certain.", count=counts.get('waiting'))),
            ('blocked', env._("1 payment needs a decision."), env._("%(count)s payments need a decision.", count=counts.get('blocked'))),
        ):
            if counts.get(state):
                yield Finding(one if counts[state] == 1 else many, needs_person=state not in FINISHED)
