from . import xero_payment
from . import xero_payment_apply
from . import xero_payment_credit
from . import xero_payment_screen
from . import xero_payment_undo
