from . import xero_contact
from . import xero_contact_balance
from . import xero_contact_match
from . import xero_contact_payload
from . import xero_contact_take
