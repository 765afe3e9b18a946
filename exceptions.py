"""Failures of calls to Xero, by what the caller must do about them.

Messages are English and technical; the models write the sentences for people.
"""

from typing import Any

DETAIL_LENGTH = 4000


class XeroError(Exception):
    """A call to Xero failed.

    :param str message: technical, in English, without secrets.
    :param int status: HTTP status, None if there was no answer.
    :param str correlation_id: Xero's own id of the call.
    :param str detail: the raw answer, shortened.
    """

    def __init__(
        self, message: str, *, status: int | None = None, correlation_id: str | None = None, detail: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.correlation_id = correlation_id
        self.detail = (detail or '')[:DETAIL_LENGTH]


class XeroRetryable(XeroError):
    """Xero saved nothing; the same call may be sent again.

    :param float retry_after: seconds to wait, None if Xero gave no time.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after


class XeroUnreadable(XeroRetryable):
    """The answer to a reading call is not usable: no JSON, not as in the specification, too long, or not written by Xero."""


class XeroThrottled(XeroRetryable):
    """Too many calls.

    :param str problem: ``minute``, ``day``, ``concurrent``, ``appminute``, or ``''`` when Xero did not say.
    """

    def __init__(self, message: str, *, problem: str = '', **details: Any) -> None:
        super().__init__(message, **details)
        self.problem = problem


class XeroUnknownOutcome(XeroError):
    """A writing call got no reliable answer: it is unknown whether Xero saved it."""


class XeroUnauthorised(XeroError):
    """Xero refused the access. Nothing was saved.

    :param str kind: ``expired`` (renew the token, repeat once), ``token`` (unknown token),
        ``scope`` (a permission is missing, renewing does not help), ``tenant`` (no access to the organisation).
    :param str token_digest: fingerprint of the access token that Xero refused, see :func:`tools.crypto.token_digest`.
    """

    def __init__(self, message: str, *, kind: str, token_digest: str = '', **details: Any) -> None:
        super().__init__(message, **details)
        self.kind = kind
        self.token_digest = token_digest


class XeroRefused(XeroError):
    """Xero refused the request as a whole. Nothing was saved, and the same call will be refused again.

    :param int error_number: Xero's number, 14 for a body that it could not read.
    :param str error_type: Xero's name for it, such as ``PostDataInvalidException``.
    :param bool is_foreign: Xero's API did not write the answer: a gateway in front of it refused the content.
    """

    def __init__(
        self, message: str, *, error_number: int | None = None, error_type: str = '', is_foreign: bool = False, **details: Any,
    ) -> None:
        super().__init__(message, **details)
        self.error_number = error_number
        self.error_type = error_type
        self.is_foreign = is_foreign


class XeroOAuthError(XeroError):
    """The authorization server, or the person on its consent page, refused.

    :param str code: ``invalid_grant``, ``invalid_client``, ``unauthorized_client``, ``invalid_scope``,
        ``access_denied``, … (RFC 6749, sections 4.1.2.1 and 5.2).
    """

    def __init__(self, message: str, *, code: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.code = code

    @property
    def refuses_app(self) -> bool:
        """Whether Xero refused the app itself: its client ID or its client secret."""
        return self.code in ('invalid_client', 'unauthorized_client')


class NotRepresentable(ValueError):
    """A line of a document in Xero cannot have this amount."""


class WrongKey(Exception):
    """A text was encrypted with another key than this server's."""
