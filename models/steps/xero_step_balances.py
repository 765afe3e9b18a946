import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from odoo import fields, models

from ...const import PAGE_SIZE, PAGES_MOST
from ...exceptions import XeroRefused, XeroUnreadable
from .slice import Slice

_logger = logging.getLogger(__name__)

DAY = timedelta(days=1)
REFUSED_PAUSE = timedelta(hours=6)


class XeroStepBalances(models.AbstractModel):
    """Reads daily what contacts owe in Xero, if the policy of the connection says so: one call for 1,000 contacts, while no document is due.

    Balances do not change the time of change of a contact in Xero, so all contacts are read.
    """
    _name = 'xero.step.balances'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: read the balances of contacts"

    _sequence = 180

    def _run(self, slice: Slice) -> None:
        connection = slice.connection
        run = {'start_at': fields.Datetime.now(), 'done': 0, 'calls': -slice.client.calls}
        while slice.has_time() and not slice.reads_contacts and self._is_due(connection) and self._is_idle(connection, slice.client):
            run['done'] += self._read_page(slice)
        run['calls'] += slice.client.calls
        if run['calls']:
            self.env['xero.sync']._record(connection, 'balances', **run)

    def _is_due(self, connection):
        """Return whether balances have to be read now."""
        return connection.warns_overdue and (not connection.balances_due_at or connection.balances_due_at <= fields.Datetime.now())

    def _is_idle(self, connection, client=None):
        """Return whether no document is due, and enough calls are left for documents."""
        return connection._has_calls_to_spare(client) and not self.env['xero.export']._has_due(connection)

    def _read_page(self, slice):
        """Read and store the next page, and commit.

        :return: number of contacts.
        :raise XeroError: as the client does.
        """
        connection, page = slice.connection, slice.connection.balances_page or 1
        slice.commit()      # no row is locked during the call
        try:
            answer = slice.client.get('Contacts', {'page': page, 'pageSize': PAGE_SIZE, 'order': 'ContactID', 'includeArchived': 'true'})
            elements = answer.whole('Contacts', 'ContactID') if page <= PAGES_MOST else []
        except (XeroRefused, XeroUnreadable) as error:
            _logger.warning("Connection %s: balances were not read: %s (correlation %s)", connection.id, error.message, error.correlation_id)
            slice.lock_connection()
            connection.write({'balances_due_at': fields.Datetime.now() + REFUSED_PAUSE, 'balances_page': 0})
            slice.commit()
            return 0
        is_last = not elements or (answer.page_count is not None and page >= answer.page_count)
        slice.retry_on_conflict(self._store, connection, elements, is_last)
        return len(elements)

    def _store(self, connection, elements, is_last):
        self.env['xero.contact']._note_balances(connection, elements)
        connection._commit_and_lock()
        now = fields.Datetime.now()
        connection.write({'balances_page': 0, 'balances_read_at': now, 'balances_due_at': now + DAY} if is_last else {
            'balances_page': (connection.balances_page or 1) + 1})

    def _next_moments(self, connection: models.BaseModel) -> Iterable[datetime]:
        if connection.warns_overdue and self._is_idle(connection):
            yield connection.balances_due_at or fields.Datetime.now()
