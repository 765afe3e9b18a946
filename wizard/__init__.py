from . import xero_check
from . import xero_check_document
from . import xero_consent
from . import xero_contact_choice
from . import xero_disconnect
from . import xero_mapping_copy
from . import xero_move_usage
from . import xero_skip
