from . import xero_kind
from . import xero_kind_document
from . import xero_kind_purchase
from . import xero_kind_invoice
from . import xero_kind_credit
from . import xero_kind_change
from . import xero_kind_allocation
