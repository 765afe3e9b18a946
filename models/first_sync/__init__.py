from . import xero_first_sync
from . import xero_first_sync_contact
from . import xero_first_sync_document
from . import xero_first_sync_review
from . import xero_first_sync_screen
