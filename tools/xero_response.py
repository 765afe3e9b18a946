"""From an HTTP response to an answer of Xero's, or to the error that it means."""

import re
from dataclasses import dataclass, field
from typing import Any

import requests

from ..const import LIMIT_PAUSES, LONGEST_PAUSE, MAINTENANCE_PAUSE
from ..exceptions import (
    XeroError,
    XeroRefused,
    XeroRetryable,
    XeroThrottled,
    XeroUnauthorised,
    XeroUnknownOutcome,
    XeroUnreadable,
)
from .xero_answer import parse
from .xero_elements import seconds_until

ANSWER_LENGTH = 20_000      # characters of an answer that are worth keeping
MESSAGE_LENGTH = 500


@dataclass(frozen=True)
class XeroAnswer:
    """An answer of Xero: the parsed body and the values of the headers.

    Numbers in :attr:`data` are ``int`` or ``Decimal``, never ``float``.
    """

    status: int
    data: dict[str, Any] | list[Any] | None = None
    correlation_id: str | None = None
    day_left: int | None = None
    text: str = field(default='', repr=False)

    def elements(self, plural: str) -> list[dict[str, Any]]:
        """Return the documents of the answer, in Xero's order.

        An answer of status 400 lists the *failed* elements alone: see :meth:`XeroClient.write`.

        :param str plural: key of the list, such as ``Invoices``.
        """
        data = self.data if isinstance(self.data, dict) else {}
        return data.get('Elements' if self.status == 400 else plural) or []

    def whole(self, plural: str, *required: str) -> list[dict[str, Any]]:
        """Return the elements of a list from which something may be concluded that is not in it.

        :param str required: keys that each element has to have.
        :raise XeroUnreadable: the list is missing, or one of its elements is no such element.
        """
        elements = self.elements(plural)
        if not isinstance(self.data, dict) or not isinstance(self.data.get(plural), list) or any(
                not isinstance(element, dict) or not element.get(name) for element in elements for name in required):
            raise XeroUnreadable(f"Xero's list of {plural} is incomplete", status=self.status, correlation_id=self.correlation_id, detail=self.text)
        return elements

    def first(self, plural: str, *required: str) -> dict[str, Any]:
        """Return the first element of a list that has one, such as the organisation in ``Organisations``.

        :param str required: keys that each element has to have.
        :raise XeroUnreadable: as :meth:`whole`, and if the list is empty.
        """
        elements = self.whole(plural, *required)
        if not elements:
            raise XeroUnreadable(f"Xero's list of {plural} is empty", status=self.status, correlation_id=self.correlation_id, detail=self.text)
        return elements[0]

    @property
    def page_count(self) -> int | None:
        """The number of pages that the list has, None if Xero does not say."""
        data = self.data if isinstance(self.data, dict) else {}
        return (data.get('pagination') or {}).get('pageCount')


# X-Rate-Limit-Problem by how it begins: its exact spelling differs between sources (https://developer.xero.com/documentation/guides/oauth2/limits)
_LIMITS = {'min': 'minute', 'da': 'day', 'con': 'concurrent', 'app': 'appminute'}


def read_response(response: requests.Response, *, is_write: bool) -> XeroAnswer:
    """Return what a response says.

    :param bool is_write: whether the request would have changed something.
    :raise XeroError: the one that the response means.
    """
    status = response.status_code
    text = _text(response)
    details: dict[str, Any] = {
        'status': status,
        'correlation_id': response.headers.get('Xero-Correlation-Id'),
        'detail': text,
    }
    try:
        data, trouble = parse(text), ''
    except ValueError as error:
        data, trouble = None, str(error)[:MESSAGE_LENGTH]
        if status == 400 and is_write and '"elements"' in text.lower():
            # Elements that failed were to be named, so others may have been saved
            raise XeroUnknownOutcome(f"Xero's refusal is not readable: {trouble}", **details) from None
    if 200 <= status < 300 and status != 204:
        if data is None:
            unreadable = XeroUnknownOutcome if is_write else XeroUnreadable
            raise unreadable(f"Xero's answer is not readable: {trouble}", **details)
    elif status not in (204, 304) and not (status == 400 and is_write and _has_elements(data)):
        raise _failure(response, data, is_write, details)
    return XeroAnswer(
        status=status, data=data, correlation_id=details['correlation_id'],
        day_left=_header_number(response, 'X-DayLimit-Remaining'),
        text=text[:ANSWER_LENGTH],
    )


def _failure(response: requests.Response, data: Any, is_write: bool, details: dict[str, Any]) -> XeroError:
    """Return the error that a response without a usable answer means."""
    status = response.status_code
    # Older replies write these keys in lower case (https://developer.xero.com/documentation/guides/oauth2/troubleshooting)
    body = {key.lower(): value for key, value in data.items()} if isinstance(data, dict) else {}
    message = _failure_message(status, body, details['detail'])
    if status == 429:
        header = response.headers.get('X-Rate-Limit-Problem', '').lower()
        problem = next((name for start, name in _LIMITS.items() if header.startswith(start)), '')
        return XeroThrottled(message, problem=problem, retry_after=_limit_pause(problem, response), **details)
    if status < 500 and not _is_xeros(response, body, message, details['detail']):
        return _foreign(status, is_write, details)
    if status in (401, 403):
        return XeroUnauthorised(message, kind=_unauthorised_kind(status, str(body.get('detail') or message)), **details)
    if status >= 500 and status != 501:     # 501: a method that Xero does not have (https://developer.xero.com/documentation/api/accounting/responsecodes)
        if is_write:
            return XeroUnknownOutcome(message, **details)
        pause = retry_after(response) or (MAINTENANCE_PAUSE if status == 503 else None)
        return XeroRetryable(message, retry_after=pause, **details)
    return XeroRefused(
        message, error_number=body.get('errornumber'), error_type=body.get('type') or '', **details,
    )


_ABOUT_SIZE = (413, 414)    # these mean the length of what was sent, also from a gateway
# What Xero's API says in plain text or HTML, whatever was asked (https://developer.xero.com/documentation/api/accounting/responsecodes)
_PLAIN_TEXTS = ("supplied parameter", "the resource you're looking for cannot be found", "oauth_problem", "<apiexception")


def _is_xeros(response: requests.Response, body: dict[str, Any], message: str, text: str) -> bool:
    """Return whether Xero's API wrote a refusal, and not a gateway on the way or a server that only stands there.

    Being refused access counts with a problem body alone (RFC 9457), or the header that names the bearer token.
    (https://developer.xero.com/documentation/guides/oauth2/troubleshooting)
    """
    status = response.status_code
    if status in (401, 403):
        is_problem = len({'title', 'status', 'detail', 'instance'} & body.keys()) >= 2
        is_known = any(word in str(body.get('detail')).lower() for word in ('unsuccessful', 'tokenexpired'))
        return is_problem or is_known or 'bearer' in response.headers.get('WWW-Authenticate', '').lower()
    if {'message', 'errornumber', 'detail', 'title', 'elements'} & body.keys() or status in _ABOUT_SIZE:
        return True
    start = f'{message} {text[:MESSAGE_LENGTH]}'.lower()
    return any(known in start for known in _PLAIN_TEXTS) or (status >= 400 and not text.strip())


def _foreign(status: int, is_write: bool, details: dict[str, Any]) -> XeroError:
    """Return the error for a refusal that Xero's API did not write: it says nothing about our access.

    A filter in front of Xero refuses texts that look like an attack. What is sent alone shows whose text it is.
    """
    if is_write:
        return XeroRefused(
            f"Something in front of Xero, such as a security filter, refused the texts that were sent (HTTP {status})", is_foreign=True, **details)
    return XeroUnreadable(f"Something in front of Xero answered instead (HTTP {status})", **details)


def _failure_message(status: int, body: dict[str, Any], text: str) -> str:
    message = body.get('message') or body.get('detail') or body.get('title')
    if not message:
        message = re.sub(r'<[^>]*>|\s+', ' ', text)    # plain text, HTML or XML, whatever was asked
    return ' '.join(str(message).split())[:MESSAGE_LENGTH] or f"HTTP {status}"


def _unauthorised_kind(status: int, detail: str) -> str:
    """Return which of the four cases of https://developer.xero.com/documentation/guides/oauth2/troubleshooting it is."""
    detail = detail.lower()
    if status == 403:
        # A user without the right to a document type gets a 403 as well, with another text (https://developer.xero.com/documentation/guides/oauth2/scopes)
        return 'tenant' if 'authenticationunsuccessful' in detail else 'scope'
    if 'tokenexpired' in detail:
        return 'expired'
    return 'scope' if 'authorizationunsuccessful' in detail else 'token'


def retry_after(response: requests.Response) -> float | None:
    """Return the seconds that a response asks to wait, a day at most; None if it names none that can be understood.

    They are a number, also with a fraction, or a date (RFC 9110, 10.2.3).
    """
    seconds = seconds_until(response.headers.get('Retry-After', ''))
    return None if seconds is None else min(seconds, LONGEST_PAUSE.total_seconds())


def _limit_pause(problem: str, response: requests.Response) -> float:
    """Return the seconds to wait for one of Xero's limits."""
    usual, most = LIMIT_PAUSES[problem]
    asked = retry_after(response)
    return usual if asked is None else max(1, min(asked, most))


def _header_number(response: requests.Response, name: str) -> int | None:
    value = response.headers.get(name, '').strip()
    return int(value) if value.isdecimal() and len(value) < 10 else None


def _text(response: requests.Response) -> str:
    """Return the body as text that a database keeps. JSON is UTF-8 (RFC 8259, 8.1), whatever a header says."""
    return response.content.decode('utf-8', 'replace').replace('\0', '')


def _has_elements(data: Any) -> bool:
    return isinstance(data, dict) and bool(data.get('Elements'))
