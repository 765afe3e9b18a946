"""The one door to Xero's API: requests go out paced, answers come back as values or typed errors."""

import logging
import re
import time
from copy import copy
from dataclasses import dataclass, field
from urllib.parse import quote
from weakref import WeakKeyDictionary

import requests
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from ..const import (
    ANSWER_BYTES,
    ANSWER_SECONDS,
    LIMIT_PAUSES,
    LONGEST_PAUSE,
    MAINTENANCE_PAUSE,
    PACE_WAIT,
    PAGE_SIZE,
    PAGES_MOST,
    TIMEOUT,
)
from ..exceptions import (
    XeroRefused,
    XeroRetryable,
    XeroThrottled,
    XeroUnauthorised,
    XeroUnknownOutcome,
    XeroUnreadable,
)
from .crypto import reveal, seal, token_digest, without_frames
from .xero_answer import parse
from .xero_elements import parse_datetime, seconds_until

_logger = logging.getLogger(__name__)

ANSWER_LENGTH = 20_000      # characters of an answer that are worth keeping
MESSAGE_LENGTH = 500


@dataclass(frozen=True)
class XeroAnswer:
    """What Xero answered: the parsed body and what the headers tell.

    Numbers in :attr:`data` are ``int`` or ``Decimal``, never ``float``.
    """

    status: int
    data: dict | list | None = None
    correlation_id: str | None = None
    day_left: int | None = None
    minute_left: int | None = None
    text: str = field(default='', repr=False)

    def elements(self, plural):
        """Return the documents of the answer, in Xero's order.

        An answer of status 400 lists the *failed* elements alone: see :meth:`XeroClient.write`.

        :param str plural: key of the list, such as ``Invoices``.
        """
        data = self.data if isinstance(self.data, dict) else {}
        return data.get('Elements' if self.status == 400 else plural) or []

    def whole(self, plural, *required):
        """Return the elements of a list from which something may be concluded that is not in it.

        :param str required: keys that each element has to have.
        :raise XeroUnreadable: the list is missing, or one of its elements is no such element.
        """
        elements = self.elements(plural)
        if not isinstance(self.data, dict) or not isinstance(self.data.get(plural), list) or any(
                not element.get(name) for element in elements for name in required):
            raise XeroUnreadable(f"Xero's list of {plural} is incomplete", status=self.status, correlation_id=self.correlation_id, detail=self.text)
        return elements

    @property
    def page_count(self):
        """How many pages the list has, None if Xero does not say."""
        data = self.data if isinstance(self.data, dict) else {}
        return (data.get('pagination') or {}).get('pageCount')


class Bearer(requests.auth.AuthBase):
    """Sign a request with an access token, without any power to renew it."""

    def __init__(self, token):
        self._token = seal(token)

    def __call__(self, request):
        request.headers['Authorization'] = f'Bearer {reveal(self._token)}'
        return request


class AnswerTooLarge(requests.RequestException):
    """An answer that goes on for longer than any of Xero's."""


class TimeoutAdapter(requests.adapters.HTTPAdapter):
    """Gives every request of a session the same bounds, so that no call can wait or read for ever.

    :param tuple timeout: seconds to connect, seconds between two bytes of the answer.
    """

    def __init__(self, timeout=TIMEOUT):
        self._timeout = timeout
        super().__init__()

    def send(self, request, stream=False, timeout=None, **kwargs):
        response = super().send(request, stream=True, timeout=self._timeout, **kwargs)
        response._content = self._read(response)
        response._content_consumed = True
        return response

    @staticmethod
    def _read(response):
        """Return the body, decompressed.

        :raise AnswerTooLarge: it is longer, or takes longer, than an answer of Xero's.
        """
        chunks, size, deadline = [], 0, time.monotonic() + ANSWER_SECONDS
        try:
            # Small pieces, because each is decompressed as a whole; as they come, because a drip would make a full piece wait
            while chunk := response.raw.read1(16_384, decode_content=True):
                size += len(chunk)
                if size > ANSWER_BYTES or time.monotonic() > deadline:
                    response.close()
                    raise AnswerTooLarge("The answer does not end")
                chunks.append(chunk)
        except HTTPError as error:
            raise requests.exceptions.ChunkedEncodingError(error) from error
        response.raw.release_conn()
        return b''.join(chunks)


def with_timeouts(session):
    """Return the session, with our timeouts on every line it opens."""
    session.mount('https://', TimeoutAdapter())
    session.mount('http://', TimeoutAdapter())
    return session


@dataclass(frozen=True, repr=False)
class _Line:
    """Where a client calls, and how it signs."""

    endpoints: dict
    session: requests.Session
    auth: Bearer


# No attribute of the client: who has one, such as a server action, must neither read the token nor send it elsewhere
_LINES = WeakKeyDictionary()


class XeroClient:
    """Xero's API for one access token and, except for the connections, one organisation.

    :param dict endpoints: addresses, see :func:`const.endpoints`.
    :param token: access token, sealed or not.
    :param str tenant_id: the organisation, None where only :meth:`connections` and
        :meth:`delete_connection` are used.
    :param str user_agent: name and version of the program.
    :param Pacer pacer: holds calls back before Xero has to; None for no pacing.
    :param requests.Session session: one of the caller's (:func:`with_timeouts`), to keep the line open.

    Every method raises what :mod:`exceptions` lists:

    - :class:`XeroRetryable`: not reached, or a read that failed; :class:`XeroThrottled`: too many calls;
    - :class:`XeroUnauthorised`: 401 or 403;
    - :class:`XeroUnknownOutcome`: :meth:`write` and :meth:`delete` alone;
    - :class:`XeroRefused`: any other refusal of the request as a whole.
    """

    def __init__(self, endpoints, token, tenant_id=None, *, user_agent, pacer=None, session=None):
        _LINES[self] = _Line(dict(endpoints), session or with_timeouts(requests.Session()), Bearer(token))
        self._token_digest = token_digest(token)
        self._headers = {'Accept': 'application/json', 'User-Agent': user_agent}
        if tenant_id:
            self._headers['Xero-Tenant-Id'] = tenant_id
        self._pacer = pacer
        self.calls = 0
        self.day_left = None    # calls of today, as the last answer told

    def for_organisation(self, tenant_id):
        """Return a client for one organisation with the token of this client.

        :param str tenant_id: the organisation.
        """
        client = copy(self)
        _LINES[client] = _LINES[self]
        client._headers = {**self._headers, 'Xero-Tenant-Id': tenant_id}
        client.calls, client.day_left = 0, None
        return client

    # === Reading === #

    def get(self, path, params=None, modified_since=None):
        """Read from the accounting API.

        :param str path: below the API's root, such as ``Accounts``.
        :param dict params: query.
        :param datetime modified_since: naive UTC; older documents are left out.
        :return: :class:`XeroAnswer`; nothing new (304) is an answer without elements.
        """
        headers = {}
        if modified_since:
            headers['If-Modified-Since'] = modified_since.strftime('%Y-%m-%dT%H:%M:%S')
        return self._call('GET', self._api_url(path), params=params, headers=headers)

    def pages(self, path, plural, params=None, modified_since=None, page_size=PAGE_SIZE):
        """Yield the elements of a list, page by page; each page is one call."""
        page = 1
        while True:
            answer = self.get(path, {**(params or {}), 'page': page, 'pageSize': page_size}, modified_since)
            elements = answer.elements(plural)
            yield from elements
            # Xero may clamp the page size, so its own count is better than "a short page is the last"
            if not elements or (page >= answer.page_count if answer.page_count is not None else len(elements) < page_size):
                return
            page += 1
            if page > PAGES_MOST:
                raise XeroUnreadable("Xero's list does not end")

    # === Writing === #

    def write(self, method, path, body, key, params=None, content_type='application/json'):
        """Send a frozen body.

        Xero reports the elements of a batch one by one in a 200 (``summarizeErrors=false``). Should it
        answer 400 with ``Elements`` all the same, that is an answer too, of status 400: it names the
        failed elements only, and the others may have been saved. So whoever settles takes an element
        that is *missing* from any answer as of unknown outcome.

        :param str method: ``PUT`` or ``POST``.
        :param bytes body: the same bytes for the same key.
        :param str key: idempotency key.
        :param str content_type: of the body; a file goes as what it is.
        :return: :class:`XeroAnswer`; look at every element, 200 is no success.
        :raise XeroUnknownOutcome: no answer, a cut or unreadable one, any failure of the server.
        """
        headers = {'Content-Type': content_type, 'Idempotency-Key': key}
        return self._call(method, self._api_url(path), params=params, headers=headers, body=body)

    def delete(self, path):
        """Delete what a path names; once more does no harm.

        :return: :class:`XeroAnswer`, of status 404 if it is not there any more.
        :raise XeroUnknownOutcome: as :meth:`write`.
        """
        try:
            return self._call('DELETE', self._api_url(path), body=b'')
        except XeroRefused as error:
            if error.status != 404 or error.is_foreign:
                raise
            return XeroAnswer(404, correlation_id=error.correlation_id, text=error.detail)

    # === Connections === #

    def connections(self, auth_event_id=None):
        """Return the organisations that the token's user connected to the app.

        :param str auth_event_id: only those chosen in this consent.
        :return: list of dicts with ``id`` (of the connection), ``tenant_id``, ``name``,
            ``auth_event_id``, ``created`` and ``updated`` (naive UTC).
        """
        params = {'authEventId': auth_event_id} if auth_event_id else None
        answer = self._call('GET', _LINES[self].endpoints['connections'], params=params)
        if not isinstance(answer.data, list) or any(
                not isinstance(item, dict) or not item.get('id') or not item.get('tenantId') for item in answer.data):
            raise XeroUnreadable("Xero's list of connections is incomplete", status=answer.status, correlation_id=answer.correlation_id)
        return [
            {
                'id': connection['id'],
                'tenant_id': connection['tenantId'],
                'name': connection.get('tenantName') or '',
                'auth_event_id': connection.get('authEventId'),
                'created': parse_datetime(connection.get('createdDateUtc')),
                'updated': parse_datetime(connection.get('updatedDateUtc')),
            }
            for connection in answer.data
            if connection.get('tenantType') == 'ORGANISATION'
        ]

    def delete_connection(self, connection_id):
        """Disconnect an organisation from the app; fine if it is disconnected already.

        :param str connection_id: ``id`` of :meth:`connections`, not the organisation's.
        """
        try:
            self._call('DELETE', f"{_LINES[self].endpoints['connections']}/{quote(connection_id, safe='')}")
        except XeroRefused as error:
            if error.status != 404:
                raise

    # === Plumbing === #

    def _api_url(self, path):
        return f"{_LINES[self].endpoints['api']}/{path.lstrip('/')}"

    @without_frames
    def _call(self, method, url, *, params=None, headers=None, body=None):
        roots = _LINES[self].endpoints.values()
        if not isinstance(url, str) or not any(url == root or url.startswith(root + '/') for root in roots) or not isinstance(body, (bytes, type(None))):
            raise ValueError("Neither the token nor a body that runs code goes to where the caller says")
        self._pace()
        self.calls += 1
        started = time.monotonic()
        try:
            line = _LINES[self]
            response = line.session.request(
                method, url, params=params, data=body, headers={**self._headers, **(headers or {})},
                auth=line.auth, allow_redirects=False,
            )
        except (requests.RequestException, ValueError) as error:
            # A redirect to nowhere that is not followed is a ValueError of its own. The text of the error may hold the query, so only its type goes on
            _logger.debug("%s %s: %s", method, url, type(error).__name__)
            raise no_answer(error, is_write=body is not None) from None
        _logger.debug(
            "%s %s: %s in %d ms, correlation %s", method, url, response.status_code,
            (time.monotonic() - started) * 1000, response.headers.get('Xero-Correlation-Id'),
        )
        try:
            answer = _read_response(response, is_write=body is not None)
        except XeroUnauthorised as error:
            error.token_digest = self._token_digest
            raise
        if answer.day_left is not None:
            self.day_left = answer.day_left
        return answer

    def _pace(self):
        if self._pacer is None:
            return
        delay = self._pacer.delay(time.time())
        if delay > PACE_WAIT:
            raise XeroThrottled("Held back before Xero's minute limit", problem='minute', retry_after=delay)
        if delay:
            time.sleep(delay)
        self._pacer.note(time.time())


_NEVER_SENT = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.ProxyError,
)


def no_answer(error, *, is_write):
    """Return the typed error for a request that got no answer.

    :param Exception error: what ``requests`` raised.
    :param bool is_write: whether the request, had it arrived, would have changed something.
    """
    if never_sent(error):
        return XeroRetryable(f"Xero could not be reached ({type(error).__name__})")
    if is_write:
        return XeroUnknownOutcome(f"The line broke before Xero's answer ({type(error).__name__})")
    return XeroRetryable(f"No answer from Xero ({type(error).__name__})")


def never_sent(error):
    """Tell whether a failed request certainly did not reach the server.

    ``requests`` has one ``ConnectionError`` for a refused connection and for a line that broke after the
    body was sent; the reason inside tells them apart.
    """
    if isinstance(error, _NEVER_SENT):
        return True
    reason = getattr(error.args[0], 'reason', None) if error.args else None
    if isinstance(error, requests.exceptions.SSLError):
        return 'CERTIFICATE_VERIFY_FAILED' in str(reason)
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))


# === Answers === #

# X-Rate-Limit-Problem by how it begins: its exact spelling differs between sources [P 2]
_LIMITS = {'min': 'minute', 'da': 'day', 'con': 'concurrent', 'app': 'appminute'}


def _read_response(response, *, is_write):
    """Turn a response into a :class:`XeroAnswer` or raise the error that it means."""
    status = response.status_code
    text = _text(response)
    details = {
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
            error = XeroUnknownOutcome if is_write else XeroUnreadable
            raise error(f"Xero's answer is not readable: {trouble}", **details)
    elif status not in (204, 304) and not (status == 400 and is_write and _has_elements(data)):
        raise _failure(response, data, is_write, details)
    return XeroAnswer(
        status=status, data=data, correlation_id=details['correlation_id'],
        day_left=_header_number(response, 'X-DayLimit-Remaining'),
        minute_left=_header_number(response, 'X-MinLimit-Remaining'),
        text=text[:ANSWER_LENGTH],
    )


def _failure(response, data, is_write, details):
    """Return the error that a response without a usable answer means."""
    status = response.status_code
    # Older replies write these keys in lower case [P 1.7]
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
    if status >= 500 and status != 501:     # 501: a method that Xero does not have [P 4.4]
        if is_write:
            return XeroUnknownOutcome(message, **details)
        pause = retry_after(response) or (MAINTENANCE_PAUSE if status == 503 else None)
        return XeroRetryable(message, retry_after=pause, **details)
    return XeroRefused(
        message, error_number=body.get('errornumber'), error_type=body.get('type') or '', **details,
    )


_ABOUT_SIZE = (413, 414)    # whoever answers that means the length of what was sent
# What Xero's API says in plain text or HTML, whatever was asked [P 4.4]
_PLAIN_TEXTS = ("supplied parameter", "the resource you're looking for cannot be found", "oauth_problem", "<apiexception")


def _is_xeros(response, body, message, text):
    """Return whether Xero's API wrote a refusal, and not a gateway on the way or a server that only stands there.

    Being refused access counts with a problem body alone (RFC 9457), or the header that names the bearer token. [P 1.7]
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


def _foreign(status, is_write, details):
    """Return the error for a refusal that Xero's API did not write: it says nothing about our access.

    A filter in front of Xero refuses texts that look like an attack. What is sent alone shows whose text it is.
    """
    if is_write:
        return XeroRefused(
            f"Something in front of Xero, such as a security filter, refused the texts that were sent (HTTP {status})", is_foreign=True, **details)
    return XeroUnreadable(f"Something in front of Xero answered instead (HTTP {status})", **details)


def _failure_message(status, body, text):
    message = body.get('message') or body.get('detail') or body.get('title')
    if not message:
        message = re.sub(r'<[^>]*>|\s+', ' ', text)    # plain text, HTML or XML, whatever was asked [P 11]
    return ' '.join(str(message).split())[:MESSAGE_LENGTH] or f"HTTP {status}"


def _unauthorised_kind(status, detail):
    """Tell the four cases of [P 1.7] apart."""
    detail = detail.lower()
    if status == 403:
        # A user without the right to a document type gets a 403 as well, with another text [P 1.5]
        return 'tenant' if 'authenticationunsuccessful' in detail else 'scope'
    if 'tokenexpired' in detail:
        return 'expired'
    return 'scope' if 'authorizationunsuccessful' in detail else 'token'


def retry_after(response):
    """Return the seconds that a response asks to wait, a day at most; None if it names none that can be understood.

    They are a number, also with a fraction, or a date (RFC 9110, 10.2.3).
    """
    seconds = seconds_until(response.headers.get('Retry-After', ''))
    return None if seconds is None else min(seconds, LONGEST_PAUSE.total_seconds())


def _limit_pause(problem, response):
    """Return the seconds to wait for one of Xero's limits."""
    usual, most = LIMIT_PAUSES[problem]
    asked = retry_after(response)
    return usual if asked is None else max(1, min(asked, most))


def _header_number(response, name):
    value = response.headers.get(name, '').strip()
    return int(value) if value.isdecimal() and len(value) < 10 else None


def _text(response):
    """Return the body as text that a database keeps. JSON is UTF-8 (RFC 8259, 8.1), whatever a header says."""
    return response.content.decode('utf-8', 'replace').replace('\0', '')


def _has_elements(data):
    return isinstance(data, dict) and bool(data.get('Elements'))
