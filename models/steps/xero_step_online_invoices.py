from collections.abc import Iterable
from datetime import datetime, timedelta

from odoo import fields, models

from ...exceptions import XeroError
from .slice import Slice

RECENT = timedelta(days=30)     # drafts that are approved in Xero later get their address by the button


class XeroStepOnlineInvoices(models.AbstractModel):
    """Reads the online invoice of each new invoice, if the connection says so: one call each, with the priority and the limits of files and notes."""
    _name = 'xero.step.online_invoices'
    _inherit = 'xero.step.extras'
    _description = "Step of a Xero Slice: read the addresses of online invoices"

    _sequence = 165

    def _run(self, slice: Slice) -> None:
        connection = slice.connection
        if not connection.fetches_online_invoices or slice.reads_contacts:
            return
        while slice.has_time() and not connection._extras_pause() and connection._has_calls_to_spare(slice.client) and not self._is_busy(connection):
            export = self._next_export(connection)
            if not export or not self._fetch(export, slice):
                break

    def _next_export(self, connection):
        domain = self.env['xero.online.invoice']._ahead_domain(connection, fields.Datetime.now() - RECENT)
        return self.env['xero.export'].search(domain, order='arrived_at, id', limit=1)

    def _fetch(self, export, slice):
        """Read and store the address of one invoice.

        :return: whether others may be read now.
        :raise XeroError: an error that concerns all documents of the connection, such as a limit.
        """
        Online = self.env['xero.online.invoice']
        try:
            url = Online._ask(export, slice.client)
        except XeroError as error:
            goes_on = self._pause(error, slice)
            if goes_on:     # it concerns this invoice alone, which must not be asked for again and again
                slice.retry_on_conflict(Online._keep, export, False)
            return goes_on
        slice.retry_on_conflict(Online._keep, export, url)
        return True

    def _next_moments(self, connection: models.BaseModel) -> Iterable[datetime]:
        if connection.fetches_online_invoices and connection._has_calls_to_spare() and self._next_export(connection):
            yield connection._extras_pause() or fields.Datetime.now()
