"""The differences between invoices, bills and credit notes."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Sort:
    """The values that differ between invoices and credit notes."""
    collection: str
    singular: str
    sale: str
    purchase: str
    label: str

    @property
    def id_key(self):
        return f'{self.singular}ID'

    @property
    def number_key(self):
        return f'{self.singular}Number'


INVOICES = Sort('Invoices', 'Invoice', 'ACCREC', 'ACCPAY', 'Invoice')
CREDIT_NOTES = Sort('CreditNotes', 'CreditNote', 'ACCRECCREDIT', 'ACCPAYCREDIT', 'Credit Note')
