from odoo import models
from odoo.tools import split_every

from ...const import FILTER_IDS


class XeroKindInvoice(models.AbstractModel):
    _name = 'xero.kind.invoice'
    _inherit = 'xero.kind.document'
    _description = "Kind of Document in Xero: invoice or bill"

    _xero_endpoint = 'Invoices'
    _xero_id = 'InvoiceID'
    _xero_number = 'InvoiceNumber'
    _xero_look_back_params = {'createdByMyApp': 'true', 'summaryOnly': 'true'}
    _has_url = True

    def _prepare_due_date_and_reference(self, connection, move):
        # The last date of the payment terms; Xero requires a due date on approved documents
        return {'DueDate': str(move.invoice_date_due or self._date(connection, move))}


class XeroKindSaleInvoice(models.AbstractModel):
    _name = 'xero.kind.sale_invoice'
    _inherit = 'xero.kind.invoice'
    _description = "Kind of Document in Xero: customer invoice"

    _sequence = 10
    _main_file = 'report'
    _move_types = ('out_invoice', 'out_receipt')
    _page = '{web}/app/{sc}/invoicing/view/{id}'
    _xero_type = 'ACCREC'
    _is_sale = True
    _is_marked_sent = True
    _has_online_invoice = True
    _has_discount = True
    _approve_action = 'CreateApprovedInvoice'

    def _label(self) -> str:
        return self.env._("Customer invoice")

    def _prepare_due_date_and_reference(self, connection, move):
        return {**super()._prepare_due_date_and_reference(connection, move), 'Reference': self._reference(move)}

    def _look_up_params(self, exports: models.BaseModel, contacts: dict) -> list:
        # A comma separates the numbers of the list filter, and a quote mark cannot be escaped in a `where`
        unlisted = exports.filtered(lambda export: set(',"') & set(self._number(export.move_id)))
        numbers = [self._number(export.move_id) for export in exports - unlisted]
        return [
            *({'InvoiceNumbers': ','.join(chunk)} for chunk in split_every(FILTER_IDS, numbers)),
            *(self._look_up_by_date(export, contacts) for export in unlisted)]


class XeroKindBill(models.AbstractModel):
    _name = 'xero.kind.bill'
    _inherit = ['xero.kind.purchase', 'xero.kind.invoice']
    _description = "Kind of Document in Xero: vendor bill"

    _sequence = 20
    _move_types = ('in_invoice', 'in_receipt')
    _page = '{web}/organisationlogin/default.aspx?shortcode={sc}&redirecturl=/AccountsPayable/Edit.aspx?InvoiceID={id}'
    _xero_type = 'ACCPAY'
    _approve_action = 'CreateApprovedBill'

    def _label(self) -> str:
        return self.env._("Vendor bill")
