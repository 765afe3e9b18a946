from . import (
    crypto,
    problem,
    redact,
    xero_causes,
    xero_client,
    xero_elements,
    xero_money,
    xero_oauth,
    xero_text,
)
