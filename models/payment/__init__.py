from . import xero_payment
from . import xero_payment_apply
from . import xero_payment_credit
from . import xero_payment_screen
from . import xero_payment_undo
from . import xero_credit_note
from . import xero_credit_note_allocate
from . import xero_credit_note_draft
