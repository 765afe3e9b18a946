"""What tells invoices and bills from credit notes."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Sort:
    """What tells invoices from credit notes."""
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
