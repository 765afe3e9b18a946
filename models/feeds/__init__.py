from . import xero_feed
from . import xero_feed_consumer
from . import xero_feed_documents
from . import xero_feed_credit_notes
from . import xero_feed_invoices
from . import xero_feed_position
from . import xero_webhook_event
from . import xero_webhook_hour
