"""Reading the elements of an answer: was it saved, what did Xero say, which dates does it have."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from ..const import ZERO_ID
from .xero_text import shorten

MESSAGE_LENGTH = 500        # characters of one message that are worth keeping
MESSAGES_MOST = 20

_SECONDS = re.compile(r'\d{1,15}(\.\d{1,15})?')
_EPOCH = datetime(1970, 1, 1)
_MS_DATE = re.compile(r'^/Date\((-?\d+)(?:[+-]\d{4})?\)/$')


def element_ok(element, id_field):
    """Tell whether Xero saved an element.

    HTTP 200 says nothing: the element's own status, flags and id do. The flag differs by endpoint, and some
    have none; the status is there only when elements are reported one by one. [P 4.3]

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


def element_messages(element):
    """Return why an element was refused, in Xero's words: its own messages, then those of what it contains."""
    return _collect(element, 'ValidationErrors')


def element_warnings(element):
    """Return what Xero warns about in an element that may well be saved."""
    return _collect(element, 'Warnings')


def _collect(element, key):
    messages = {}       # keeps the order and drops repetitions

    def visit(value):
        if isinstance(value, list):
            for item in value:
                visit(item)
        elif isinstance(value, dict):
            for problem in value.get(key) or []:
                # One published sample names the text Description [P 4.3]
                message = problem.get('Message') or problem.get('Description')
                if isinstance(message, str) and message.strip():
                    messages[message.strip()] = True
            for name, item in value.items():
                if name != key:
                    visit(item)

    visit(element)
    return [shorten(message, MESSAGE_LENGTH) for message in list(messages)[:MESSAGES_MOST]]


def read_date(element, field):
    """Return a day of an element as a ``date``, None if it has none.

    Xero sends ``/Date(milliseconds)/`` and, in the field's twin, readable text; the text is preferred.

    :param str field: such as ``Date`` or ``DueDate``.
    """
    moment = parse_datetime(element.get(f'{field}String')) or parse_datetime(element.get(field))
    return moment and moment.date()


def read_datetime(element, field):
    """Return a moment of an element as naive UTC, None if it has none."""
    return parse_datetime(element.get(field)) or parse_datetime(element.get(f'{field}String'))


def parse_datetime(text):
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
        moment = datetime.fromisoformat(re.sub(r'(\.\d{6})\d+', r'\1', text))
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None


def seconds_until(text):
    """Return the seconds that a text names, as a number or as a date in the form of HTTP; None for anything else, never less than 0.

    :param str text: such as ``30``, ``12.5`` or ``Wed, 21 Oct 2026 07:28:00 GMT``.
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
