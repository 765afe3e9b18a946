"""The differences between the sorts of document that a payment can be made on: invoices and bills, and three kinds of credit."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Sort:
    """One sort of document.

    ``sale`` and ``purchase`` are its two types, ``invoice_types`` what a list of payments calls them.
    """
    collection: str
    singular: str
    sale: str
    purchase: str
    label: str
    invoice_types: tuple

    @property
    def id_key(self):
        return f'{self.singular}ID'

    @property
    def number_key(self):
        return f'{self.singular}Number'

    @property
    def noun(self):
        return self.label.lower()

    @property
    def is_credit(self):
        return self.collection != 'Invoices'


INVOICES = Sort('Invoices', 'Invoice', 'ACCREC', 'ACCPAY', 'Invoice', ('ACCREC', 'ACCPAY'))
CREDIT_NOTES = Sort('CreditNotes', 'CreditNote', 'ACCRECCREDIT', 'ACCPAYCREDIT', 'Credit Note', ('ACCRECCREDIT', 'ACCPAYCREDIT'))
PREPAYMENTS = Sort(
    'Prepayments', 'Prepayment', 'RECEIVE-PREPAYMENT', 'SPEND-PREPAYMENT', 'Prepayment', ('ARPREPAYMENT', 'APPREPAYMENT'))
OVERPAYMENTS = Sort(
    'Overpayments', 'Overpayment', 'RECEIVE-OVERPAYMENT', 'SPEND-OVERPAYMENT', 'Overpayment', ('AROVERPAYMENT', 'APOVERPAYMENT'))
SORTS = {sort.collection: sort for sort in (INVOICES, CREDIT_NOTES, PREPAYMENTS, OVERPAYMENTS)}
CREDITS = (CREDIT_NOTES, PREPAYMENTS, OVERPAYMENTS)
