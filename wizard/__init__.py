from . import xero_skip
