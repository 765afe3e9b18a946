from . import xero_feed
from . import xero_feed_position
