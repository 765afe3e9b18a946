from . import xero_comparison
from . import xero_difference
from . import xero_difference_screen
