"""Requests of Xero's webhooks: signature and shape.

Source: https://developer.xero.com/documentation/guides/webhooks/configuring-your-server and the specification
(https://github.com/XeroAPI/Xero-OpenAPI/blob/master/xero-webhooks.yaml).
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from datetime import datetime
from typing import Any, NamedTuple

from ..const import WEBHOOK_ENDPOINTS, WEBHOOK_TYPES
from .crypto import Secret, reveal, without_frames
from .xero_elements import parse_datetime

# Signs what no known app can have signed, so that an unknown app costs the same work as a wrong signature
_NOBODY = secrets.token_urlsafe(64)
_ID = re.compile(r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}')


class Event(NamedTuple):
    """A change in Xero. `tenant` is the id of an organisation, `at` the time of the change in naive UTC, None if it was not told."""
    tenant: str
    category: str
    resource: str
    at: datetime | None


@without_frames
def is_signed(key: Secret, body: bytes, signature: str) -> bool:
    """Return whether Xero signed a request.

    :param key: of the webhook, as Xero's screen shows it: Xero uses it as text. Without one, the answer is no, after the same work.
    :param bytes body: as it came; a body that was parsed and written again has another signature.
    :param str signature: the header ``x-xero-signature``.
    """
    expected = base64.b64encode(hmac.new((reveal(key) or _NOBODY).encode(), body, hashlib.sha256).digest())
    return hmac.compare_digest(expected, signature.encode(errors='replace')) and bool(key)


def read_events(body: bytes) -> tuple[list[Event], int]:
    """Return the events of a request, and how many others it has: of a category or type that we do not know, or of another shape.

    The "intent to receive" has neither.

    :raise ValueError: the body is no webhook request.
    """
    try:
        content = json.loads(body)
    except RecursionError as error:
        raise ValueError("JSON in too many layers") from error
    listed = content.get('events') if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise ValueError("No list of events")
    events = [event for event in map(_read_event, listed) if event]
    return events, len(listed) - len(events)


def _read_event(element: Any) -> Event | None:
    if not isinstance(element, dict):
        return None
    names = ('tenantId', 'eventCategory', 'resourceId', 'eventType')
    tenant, category, resource, event_type = (element[name] if isinstance(element.get(name), str) else '' for name in names)
    category, tenant, resource = category.upper(), tenant.lower(), resource.lower()
    if category not in WEBHOOK_ENDPOINTS or event_type.upper() not in WEBHOOK_TYPES or not _ID.fullmatch(tenant) or not _ID.fullmatch(resource):
        return None
    return Event(tenant, category, resource, parse_datetime(element.get('eventDateUtc')))
