from . import redact, xero_client, xero_elements, xero_oauth
