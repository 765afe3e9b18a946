from . import xero_certificate
from . import xero_comparison
from . import xero_comparison_paid
from . import xero_comparison_linked
from . import xero_difference
from . import xero_difference_screen
from . import xero_proof
