"""Which entries of Odoo go to Xero as which kind of document."""

KIND_BY_MOVE_TYPE = {
    'out_invoice': 'sale_invoice',
    'out_receipt': 'sale_invoice',
    'in_invoice': 'bill',
    'in_receipt': 'bill',
    'out_refund': 'sale_credit',
    'in_refund': 'bill_credit',
}
