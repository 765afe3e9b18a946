"""Xero without Odoo: nothing here imports it."""

from . import (
    crypto,
    moment,
    problem,
    quiet,
    redact,
    server_identity,
    xero_address,
    xero_answer,
    xero_client,
    xero_elements,
    xero_money,
    xero_oauth,
    xero_pacer,
    xero_response,
    xero_text,
    xero_transport,
)
