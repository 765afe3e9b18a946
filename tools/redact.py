"""Keeping secrets out of texts and logs."""

import logging
import re
from typing import Any

from ..const import CALLBACK_PATH

BLANK = '***'

_NAMES = (
    r'(?:access_token|refresh_token|id_token|client_secret|code_verifier|code|state'
    r'|idempotency_key|webhook_key)'
)
_SECRETS = (
    # header
    (re.compile(r'\b(Bearer|Basic)\s+[\w.~+/=-]+', re.IGNORECASE), rf'\1 {BLANK}'),
    # query or form: only a whole parameter, so that "postcode=" or "status: state=ok" in prose stay
    (re.compile(rf'(^|[?&\s"\'])({_NAMES}=)[^&\s"\'<>]+'), rf'\1\2{BLANK}'),
    # JSON or the print of a dict
    (re.compile(rf'(["\']{_NAMES}["\']\s*:\s*)(?:"[^"]*"|\'[^\']*\')'), rf'\1"{BLANK}"'),
)
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+\w")


def redact(text: str) -> str:
    """Return a text without the tokens, codes and secrets of OAuth in it."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def hide_addresses(text: str) -> str:
    """Return a text with each e-mail address in it replaced."""
    return _ADDRESS.sub('…@…', text)


class CallbackQueryFilter(logging.Filter):
    """Blanks in the access log the query of the OAuth callback, which holds the code and the state, and the token that starts a consent.

    Percent-encoded too: a callback without a session is sent on to ``/web/login?redirect=…``.
    """

    _query = re.compile(
        CALLBACK_PATH.replace('/', '(?:/|%(?:25)*2F)') + r'(?:\?|%(?:25)*3F)[^\s"]*', re.IGNORECASE)

    _start = re.compile(r'(/xero/oauth/start/\d+\?[^\s"]*csrf_token=)[^&\s"]+')

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self._blank(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(self._blank, record.args))
        return True

    def _blank(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return self._start.sub(rf'\1{BLANK}', self._query.sub(f'{CALLBACK_PATH}?{BLANK}', value))


def install_callback_filter() -> None:
    """Put the filter on the access log, once."""
    logger = logging.getLogger('werkzeug')
    if not any(isinstance(existing, CallbackQueryFilter) for existing in logger.filters):
        logger.addFilter(CallbackQueryFilter())
