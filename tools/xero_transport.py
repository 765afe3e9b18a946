"""The transport of calls: limits of time and size, and the outcome of a call without an answer."""

import time
from typing import Any, TypeVar

import requests
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from ..const import ANSWER_BYTES, ANSWER_SECONDS, TIMEOUT
from ..exceptions import XeroError, XeroRetryable, XeroUnknownOutcome

Session = TypeVar('Session', bound=requests.Session)


class AnswerTooLarge(requests.RequestException):
    """An answer that goes on for longer than any of Xero's."""


class TimeoutAdapter(requests.adapters.HTTPAdapter):
    """Gives every request of a session the same bounds, so that no call can wait or read without end.

    :param tuple timeout: seconds to connect, seconds between two bytes of the answer.
    """

    def __init__(self, timeout: tuple[float, float] = TIMEOUT) -> None:
        self._timeout = timeout
        super().__init__()

    def send(  # type: ignore[override]    # passes its other arguments on
        self, request: requests.PreparedRequest, stream: bool = False, timeout: Any = None, **kwargs: Any,
    ) -> requests.Response:
        response = super().send(request, stream=True, timeout=self._timeout, **kwargs)
        response._content = self._read(response)
        response._content_consumed = True   # type: ignore[attr-defined]
        return response

    @staticmethod
    def _read(response: requests.Response) -> bytes:
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


def with_timeouts(session: Session) -> Session:
    """Return the session, with our timeouts on every line it opens."""
    session.mount('https://', TimeoutAdapter())
    session.mount('http://', TimeoutAdapter())
    return session


_NEVER_SENT = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.ProxyError,
)


def no_answer(error: Exception, *, is_write: bool) -> XeroError:
    """Return the typed error for a request that got no answer.

    :param Exception error: what ``requests`` raised.
    :param bool is_write: whether the request, had it arrived, would have changed something.
    """
    if never_sent(error):
        return XeroRetryable(f"Xero could not be reached ({type(error).__name__})")
    if is_write:
        return XeroUnknownOutcome(f"The line broke before Xero's answer ({type(error).__name__})")
    return XeroRetryable(f"No answer from Xero ({type(error).__name__})")


def never_sent(error: Exception) -> bool:
    """Return whether a failed request certainly did not reach the server.

    ``requests`` has one ``ConnectionError`` for a refused connection and for a line that broke after the
    body was sent; the reason inside tells them apart.
    """
    if isinstance(error, _NEVER_SENT):
        return True
    reason = getattr(error.args[0], 'reason', None) if error.args else None
    if isinstance(error, requests.exceptions.SSLError):
        return 'CERTIFICATE_VERIFY_FAILED' in str(reason)
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))
