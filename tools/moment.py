"""Moments that have to be compared more exactly than Odoo's whole seconds allow."""
from datetime import datetime, timezone


def exact_now() -> datetime:
    """Return the present moment (naive UTC). In whole seconds, a request would count as answered by a reading that began just before it."""
    return datetime.now(timezone.utc).replace(tzinfo=None)
