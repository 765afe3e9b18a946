"""The transport of calls: limits of time and size, and the outcome of a call without an answer."""

import time
from collections.abc import Iterator
from typing import Any, TypeVar

import requests
from urllib3.exceptions import ConnectTimeoutError, DecodeError, HTTPError, NewConnectionError

from ..const import ANSWER_BYTES, ANSWER_SECONDS, TIMEOUT
from ..exceptions import XeroError, XeroRetryable, XeroUnknownOutcome

PIECE = 16_384      # bytes: small, because each piece is decompressed as a whole

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
            for chunk in _pieces(response.raw):
                size += len(chunk)
                if size > ANSWER_BYTES or time.monotonic() > deadline:
                    response.close()
                    raise AnswerTooLarge("The answer does not end")
                chunks.append(chunk)
        except HTTPError as error:
            raise requests.exceptions.ChunkedEncodingError(error) from error
        response.raw.release_conn()
        return b''.join(chunks)


def _pieces(raw: Any) -> Iterator[bytes]:
    """Yield the body of a response of urllib3, decompressed, in pieces as they arrive: a drip would make a full piece wait."""
    if hasattr(raw, 'read1'):
        while piece := raw.read1(PIECE, decode_content=True):
            yield piece
        return
    # Before urllib3 2.2 there is only `read`, which waits for full pieces of the line and of what they decompress to. These versions
    # are not developed any more, so their private attributes stay as they are
    raw._init_decoder()
    raw.enforce_content_length = True       # a body that was cut is an error, as it is by default since version 2
    raw._fp.read = raw._fp.read1
    while piece := raw.read(PIECE, decode_content=False):
        yield _decompress(raw, piece)
    yield _decompress(raw, b'', is_end=True)


def _decompress(raw: Any, piece: bytes, is_end: bool = False) -> bytes:
    """Return a piece of a body, decompressed as the response says.

    :raise DecodeError: it is not compressed in this way.
    """
    decoder = raw._decoder
    if not decoder:
        return piece
    try:
        return bytes(decoder.decompress(piece) + (decoder.flush() if is_end else b''))
    except raw.DECODER_ERROR_CLASSES as error:
        raise DecodeError("The answer is not compressed as it says", error) from error


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
