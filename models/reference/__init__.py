from . import xero_reference_mixin
from . import xero_account
from . import xero_branding_theme
from . import xero_item
from . import xero_tax_rate
from . import xero_tracking_category
from . import xero_tracking_option
