"""Reading the elements of an answer: was it saved, what did Xero say, which dates does it have."""

import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from ..const import ZERO_ID
from .xero_money import json_number, to_decimal
from .xero_text import shorten

MESSAGE_LENGTH = 500        # characters of one message that are worth keeping
MESSAGES_MOST = 20

Element = dict[str, Any]    # a document or the like, as Xero's JSON has it
MARK = 'SentToContact'      # key of whether the customer has the document

_CONTAINERS = (dict, list)  # of what JSON is read to
_SECONDS = re.compile(r'\d{1,15}(\.\d{1,15})?')
_EPOCH = datetime(1970, 1, 1)
_FRACTION = re.compile(r'\.\d+')
_MS_DATE = re.compile(r'^/Date\((-?\d+)(?:[+-]\d{4})?\)/$')


def element_ok(element: Element, id_field: str) -> bool:
    """Return whether Xero saved an element.

    HTTP 200 says nothing: the element's own status, flags and id do. The flag differs by endpoint, and some
    have none; the status is there only when elements are reported one by one. (https://developer.xero.com/documentation/api/accounting/requests-and-responses)

    :param dict element: a document of an answer.
    :param str id_field: key of its id, such as ``InvoiceID``.
    """
    return (
        element.get('StatusAttributeString') in ('OK', 'WARNING', None)
        and not element.get('HasErrors')
        and not element.get('HasValidationErrors')
        and not element.get('ValidationErrors')
        and element.get(id_field) not in (None, '', ZERO_ID)
    )


def element_messages(element: Any) -> list[str]:
    """Return why an element was refused, in Xero's words: its own messages, then those of what it contains."""
    return _collect(element, 'ValidationErrors')


def element_warnings(element: Any) -> list[str]:
    """Return what Xero warns about in an element that may well be saved."""
    return _collect(element, 'Warnings')


def _collect(element: Any, key: str) -> list[str]:
    messages: dict[str, bool] = {}       # keeps the order and drops repetitions

    def visit(value: dict[str, Any] | list[Any]) -> None:
        if isinstance(value, list):
            for item in value:
                if type(item) in _CONTAINERS:
                    visit(item)
        else:
            for problem in value.get(key) or []:
                # One published sample names the text Description (https://developer.xero.com/documentation/api/accounting/requests-and-responses)
                message = problem.get('Message') or problem.get('Description')
                if isinstance(message, str) and message.strip():
                    messages[message.strip()] = True
            for name, item in value.items():
                if type(item) in _CONTAINERS and name != key:
                    visit(item)

    if isinstance(element, dict | list):
        visit(element)
    return [shorten(message, MESSAGE_LENGTH) for message in list(messages)[:MESSAGES_MOST]]


def read_date(element: Element, field: str) -> date | None:
    """Return a day of an element as a ``date``, None if it has none.

    Xero sends ``/Date(milliseconds)/`` and, in the field's twin, readable text; the text is preferred.

    :param str field: such as ``Date`` or ``DueDate``.
    """
    moment = parse_datetime(element.get(f'{field}String')) or parse_datetime(element.get(field))
    return moment.date() if moment else None


def read_datetime(element: Element, field: str) -> datetime | None:
    """Return a moment of an element as naive UTC, None if it has none."""
    return parse_datetime(element.get(field)) or parse_datetime(element.get(f'{field}String'))


def parse_datetime(text: Any) -> datetime | None:
    """Return one of Xero's moments as naive UTC, None for nothing.

    :param str text: ``/Date(1518685950940+0000)/`` (milliseconds UTC, the offset is decoration) or ISO 8601
        with any number of digits in the fraction, UTC where it names no zone. What is no moment counts as nothing.
    """
    if not text or not isinstance(text, str):
        return None
    try:
        milliseconds = _MS_DATE.match(text)
        if milliseconds:
            return _EPOCH + timedelta(milliseconds=int(milliseconds[1]))
        # Python 3.10 reads six digits of a fraction, no more and no fewer, and no Z
        exact = _FRACTION.sub(lambda digits: digits[0][:7].ljust(7, '0'), text).replace('Z', '+00:00')
        moment = datetime.fromisoformat(exact)
        return moment.astimezone(timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None


def seconds_until(text: str) -> float | None:
    """Return the seconds that a text names, as a number or as a date in the form of HTTP; None for anything else, never less than 0.

    :param str text: such as ``30``, ``12.5`` or ``Wed, 21 Oct 2026 07:28:00 GMT``.
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, (moment.replace(tzinfo=moment.tzinfo or timezone.utc) - datetime.now(timezone.utc)).total_seconds())
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def comparable(value: Any) -> Any:
    """Return a part of an element, sent or built, as two of them are compared: without line ids, numbers as text, nothing as None."""
    if isinstance(value, dict):
        return {name: comparable(part) for name, part in value.items() if name != 'LineItemID'}
    if isinstance(value, list):
        return [comparable(part) for part in value]
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return json_number(to_decimal(value))
    return value or None
