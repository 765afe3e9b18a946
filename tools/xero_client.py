"""The client of Xero's API, and the only one: it paces requests, and returns answers as values or raises typed errors."""

import logging
import time
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote
from weakref import WeakKeyDictionary

import requests

from ..const import PACE_WAIT, PAGE_SIZE, PAGES_MOST
from ..exceptions import XeroRefused, XeroThrottled, XeroUnauthorised, XeroUnreadable
from .crypto import Secret, reveal, seal, token_digest, without_frames
from .xero_pacer import Pacer
from .xero_response import XeroAnswer, read_response
from .xero_transport import no_answer, with_timeouts

_logger = logging.getLogger(__name__)

Params = Mapping[str, Any]     # of a query


class Bearer(requests.auth.AuthBase):
    """Sign a request with an access token, without any power to renew it."""

    def __init__(self, token: Secret) -> None:
        self._token = seal(token)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers['Authorization'] = f'Bearer {reveal(self._token)}'
        return request


@dataclass(frozen=True, repr=False)
class _Line:
    """Where a client calls, and how it signs."""

    endpoints: dict[str, str]
    session: requests.Session
    auth: Bearer


# No attribute of the client: code that has one, such as a server action, must neither read the token nor send it elsewhere
_LINES: WeakKeyDictionary['XeroClient', _Line] = WeakKeyDictionary()


class XeroClient:
    """Xero's API for one access token and, except for the connections, one organisation.

    :param dict endpoints: addresses, see :func:`const.endpoints`.
    :param token: access token, sealed or not.
    :param str tenant_id: the organisation, None where only :meth:`connections` and
        :meth:`delete_connection` are used.
    :param str user_agent: name and version of the program.
    :param Pacer pacer: holds calls back before Xero has to; None for no pacing.

    Every method raises what :mod:`exceptions` lists:

    - :class:`XeroRetryable`: not reached, or a read that failed; :class:`XeroThrottled`: too many calls;
    - :class:`XeroUnauthorised`: 401 or 403;
    - :class:`XeroUnknownOutcome`: :meth:`write` and :meth:`delete` alone;
    - :class:`XeroRefused`: any other refusal of the request as a whole.
    """

    def __init__(
        self, endpoints: Mapping[str, str], token: Secret, tenant_id: str | None = None, *, user_agent: str, pacer: Pacer | None = None,
    ) -> None:
        _LINES[self] = _Line(dict(endpoints), with_timeouts(requests.Session()), Bearer(token))
        self._token_digest = token_digest(token)
        self._headers = {'Accept': 'application/json', 'User-Agent': user_agent}
        if tenant_id:
            self._headers['Xero-Tenant-Id'] = tenant_id
        self._pacer = pacer
        self.calls = 0
        self.day_left: int | None = None    # calls left today, by the last answer

    def for_organisation(self, tenant_id: str) -> 'XeroClient':
        """Return a client for one organisation with the token of this client.

        :param str tenant_id: the organisation.
        """
        client = copy(self)
        _LINES[client] = _LINES[self]
        client._headers = {**self._headers, 'Xero-Tenant-Id': tenant_id}
        client.calls, client.day_left = 0, None
        return client

    # === Reading === #

    def get(self, path: str, params: Params | None = None, modified_since: datetime | None = None) -> XeroAnswer:
        """Read from the accounting API.

        :param str path: below the API's root, such as ``Accounts``.
        :param dict params: query.
        :param datetime modified_since: naive UTC; older documents are left out.
        :return: :class:`XeroAnswer`; nothing new (304) is an answer without elements.
        """
        headers: dict[str, str] = {}
        if modified_since:
            headers['If-Modified-Since'] = modified_since.strftime('%Y-%m-%dT%H:%M:%S')
        return self._call('GET', self._api_url(path), params=params, headers=headers)

    def pages(
        self, path: str, plural: str, params: Params | None = None, modified_since: datetime | None = None, page_size: int = PAGE_SIZE,
    ) -> Iterator[dict[str, Any]]:
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

    def write(
        self, method: str, path: str, body: bytes, key: str, params: Params | None = None, content_type: str = 'application/json',
    ) -> XeroAnswer:
        """Send a frozen body.

        Xero reports the elements of a batch one by one in a 200 (``summarizeErrors=false``). Should it
        answer 400 with ``Elements`` all the same, that is an answer too, of status 400: it names the
        failed elements only, and the others may have been saved. So the outcome of an element that is
        *missing* from an answer is unknown.

        :param str method: ``PUT`` or ``POST``.
        :param bytes body: the same bytes for the same key.
        :param str key: idempotency key.
        :param str content_type: of the body; a file goes as what it is.
        :return: :class:`XeroAnswer`; look at every element, 200 is no success.
        :raise XeroUnknownOutcome: no answer, a cut or unreadable one, any failure of the server.
        """
        headers = {'Content-Type': content_type, 'Idempotency-Key': key}
        return self._call(method, self._api_url(path), params=params, headers=headers, body=body)

    def delete(self, path: str) -> XeroAnswer:
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

    def connections(self, auth_event_id: str | None = None) -> list[dict[str, Any]]:
        """Return the organisations that the token's user connected to the app.

        :param str auth_event_id: only those chosen in this consent.
        :return: list of dicts with ``id`` (of the connection), ``tenant_id``, ``name`` and ``is_new``: whether its last consent made it.
        """
        params = {'authEventId': auth_event_id} if auth_event_id else None
        answer = self._call('GET', _LINES[self].endpoints['connections'], params=params)
        if not isinstance(answer.data, list) or any(
                not isinstance(item, dict) or not item.get('id') or not item.get('tenantId') for item in answer.data):
            raise XeroUnreadable("Xero's list of connections is incomplete", status=answer.status, correlation_id=answer.correlation_id)
        return [
            {
                'id': connection['id'], 'tenant_id': connection['tenantId'], 'name': connection.get('tenantName') or '',
                'is_new': bool(connection.get('createdDateUtc')) and connection['createdDateUtc'] == connection.get('updatedDateUtc'),
            }
            for connection in answer.data
            if connection.get('tenantType') == 'ORGANISATION'
        ]

    def delete_connection(self, connection_id: str) -> None:
        """Disconnect an organisation from the app; fine if it is disconnected already.

        :param str connection_id: ``id`` of :meth:`connections`, not the organisation's.
        """
        try:
            self._call('DELETE', f"{_LINES[self].endpoints['connections']}/{quote(connection_id, safe='')}")
        except XeroRefused as error:
            if error.status != 404:
                raise

    # === Plumbing === #

    def _api_url(self, path: str) -> str:
        return f"{_LINES[self].endpoints['api']}/{path.lstrip('/')}"

    @without_frames
    def _call(
        self, method: str, url: str, *, params: Params | None = None, headers: Mapping[str, str] | None = None, body: bytes | None = None,
    ) -> XeroAnswer:
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
            answer = read_response(response, is_write=body is not None)
        except XeroUnauthorised as error:
            error.token_digest = self._token_digest
            raise
        except XeroThrottled as error:
            if error.problem == 'day':
                self.day_left = 0
            raise
        if answer.day_left is not None:
            self.day_left = answer.day_left
        return answer

    def _pace(self) -> None:
        if self._pacer is None:
            return
        delay = self._pacer.delay(time.time())
        if delay > PACE_WAIT:
            raise XeroThrottled("Held back before Xero's minute limit", problem='minute', retry_after=delay)
        if delay:
            time.sleep(delay)
        self._pacer.note(time.time())
