from odoo import api, fields, models
from odoo.exceptions import UserError

from ...exceptions import XeroError, XeroOAuthError, XeroRefused, XeroUnauthorised
from ...tools.xero_address import is_page_of

ONLINE_STATUSES = ('AUTHORISED', 'PAID')    # https://developer.xero.com/documentation/api/accounting/invoices (Online invoice)
PLURAL, KEY = 'OnlineInvoices', 'OnlineInvoiceUrl'


class XeroOnlineInvoice(models.AbstractModel):
    """The address at which a customer sees, and perhaps pays, an invoice in Xero. Exports keep it.

    Xero is asked when a person presses the button, or by the step `online_invoices` if the connection says so; never while a mail or a page is made.
    """
    _name = 'xero.online.invoice'
    _description = "Online Invoice in Xero"

    @api.model
    def _kept(self, export):
        """Return the address that an export keeps, if its document is approved in Xero; else False.

        :param export: one `xero.export` in sudo, or none.
        """
        return export.online_url if export.xero_status in ONLINE_STATUSES else False

    @api.model
    def _may_have(self, export):
        """Return whether Xero has such an address for a document, by what is known of it."""
        return bool(
            export and export.xero_id and export.state == 'synced' and export._kind()._has_online_invoice and export.xero_status in ONLINE_STATUSES)

    @api.model
    def _kind_names(self):
        return [kind._kind_name() for kind in self.env['xero.kind']._all() if kind._has_online_invoice]

    # === ON DEMAND === #

    @api.model
    def _fetch(self, export):
        """Return the address, after one call in the user's transaction. Nothing is written before the call, so no row is locked while it waits.

        :param export: one `xero.export` in sudo.
        :return: tuple of the address or False, and a sentence about why Xero gave none. What the call showed is stored in both cases.
        :raise UserError: Xero cannot be asked, with what to do.
        """
        if url := self._kept(export):
            return url, ''
        if problem := self._problem(export):
            raise UserError(problem)
        connection = export.connection_id
        try:
            url = self._ask(export, connection._client())
        except XeroError as error:
            if isinstance(error, (XeroOAuthError, XeroUnauthorised)) and getattr(error, 'kind', '') != 'scope':
                connection._handle_access_lost(error)
            return False, self.env._(
                "Xero did not answer as it should (%(error)s). Try again in a minute.", error=connection._answer_words(error))
        self._keep(export, url)
        return url, '' if url else self._none_words(export)

    @api.model
    def _problem(self, export):
        """Return why Xero cannot be asked for the address of a document, as a sentence; empty if it can."""
        names = {'document': export.document_name, 'connection': export.connection_id.name}
        if not export.xero_id or export.state != 'synced':
            return self.env._("%(document)s is not in Xero yet. Its online invoice exists when it is there and approved.", **names)
        if not export._kind()._has_online_invoice:
            return self.env._("Xero has online invoices for customer invoices only, and %(document)s is none.", **names)
        if not self._may_have(export):
            return self._none_words(export)
        if export.connection_id.status != 'connected':
            return self.env._("%(connection)s is not connected, so Xero cannot be asked. Connect it first.", **names)
        return export.connection_id._pause_reason()

    @api.model
    def _none_words(self, export):
        return self.env._(
            "Xero has no online invoice for %(document)s. It has one for approved invoices: approve the invoice in Xero first, then try again.",
            document=export.document_name)

    # === THE CALL === #

    @api.model
    def _ask(self, export, client):
        """Return the address of a document from Xero, False if Xero has none.

        :param XeroClient client: of the organisation.
        :raise XeroError: as the client does.
        """
        try:
            answer = client.get(f'{export._kind()._xero_endpoint}/{export.xero_id}/OnlineInvoice')
        except XeroRefused as error:
            if error.status != 404:
                raise
            return False
        url = answer.first(PLURAL).get(KEY) or ''
        # It is shown to customers
        return url if is_page_of(url, export.connection_id._endpoints()['web']) else False

    @api.model
    def _keep(self, export, url):
        """Store the outcome of a question, so that the step does not repeat it."""
        export.write({'online_url': url, 'online_asked_at': fields.Datetime.now()})

    # === AHEAD === #

    @api.model
    def _ahead_domain(self, connection, since):
        """Return the domain of the documents whose address Xero has not been asked for.

        :param datetime since: naive UTC; documents that came into Xero earlier are left out.
        """
        return [
            ('connection_id', '=', connection.id), ('arrived_at', '>=', max(since, connection.online_invoices_since or connection.create_date)),
            ('online_asked_at', '=', False), ('first_sync_id', '=', False),
            ('state', '=', 'synced'), ('kind', 'in', self._kind_names()), ('xero_status', 'in', ONLINE_STATUSES)]
