"""Consent, tokens and their renewal, by authlib.

Nothing here stores a token or renews one automatically: the caller holds the lock (see the model of the
authorizations), and no session made here is ever used for an API call.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from joserfc.errors import JoseError
from joserfc.jws import extract_compact

from ..const import ACCESS_TOKEN_LIFETIME, LONGEST_LIFETIME
from ..exceptions import XeroError, XeroOAuthError, XeroRetryable, XeroUnknownOutcome
from .crypto import Secret, reveal, seal, without_frames
from .redact import redact
from .xero_response import retry_after
from .xero_transport import no_answer, with_timeouts

_CODE = re.compile(r'[a-z_]{1,50}')
_TOKEN = re.compile(r'[!-~]+')
_TOKEN_IN_TEXT = re.compile(r'"(access_token|refresh_token)"\s*:\s*"([!#-\[\]-~]+)"')


@dataclass(frozen=True)
class TokenPair:
    """What the token endpoint gave.

    ``email`` comes with a consent only: a renewal has no id token. A custom connection has no refresh token and no user.
    """

    access_token: Secret = field(repr=False)
    refresh_token: Secret = field(repr=False)
    access_expires_at: datetime     # naive UTC
    scopes: list[str]
    xero_user_id: str | None = None
    email: str | None = None
    authentication_event_id: str | None = None


def new_code_verifier() -> str:
    """Return a fresh secret for PKCE (RFC 7636)."""
    return str(generate_token(64))


class XeroOAuth:
    """The authorization server for one app.

    :param dict endpoints: addresses, see :func:`const.endpoints`.
    :param str redirect_uri: exactly as registered at Xero.

    Methods that call raise:

    - :class:`XeroRetryable`: not reached, throttled, down, or anything else without an OAuth error code;
      says nothing about the tokens;
    - :class:`XeroOAuthError`: a refusal with its code; ``invalid_grant`` is final only if the stored pair
      is still the one that was sent;
    - :class:`XeroUnknownOutcome`: :meth:`exchange` alone.
    """

    def __init__(self, endpoints: Mapping[str, str], client_id: str, client_secret: Secret, redirect_uri: str) -> None:
        self._endpoints = endpoints
        self._client_id = client_id
        self._client_secret = seal(client_secret)
        self._redirect_uri = redirect_uri

    def authorization_url(self, scopes: Iterable[str], state: str, code_verifier: str) -> str:
        """Return the address of the consent page.

        :param list scopes: what to ask for.
        :param str code_verifier: see :func:`new_code_verifier`; only its hash is in the address.
        """
        url, _state = self._session().create_authorization_url(
            self._endpoints['authorize'], state=state, code_verifier=code_verifier, scope=' '.join(scopes),
        )
        return str(url)

    def exchange(self, code: str, code_verifier: Secret) -> TokenPair:
        """Trade the code of a consent for tokens.

        :return: :class:`TokenPair`.
        :raise XeroUnknownOutcome: no readable answer; the code works once, so it may be spent.
        """
        return self._token_pair(
            OAuth2Session.fetch_token, XeroUnknownOutcome,
            grant_type='authorization_code', code=code, code_verifier=reveal(code_verifier),
        )

    def refresh(self, refresh_token: Secret) -> TokenPair:
        """Trade a refresh token for a new pair; the old one is spent then.

        If the answer is lost, the old one may be sent again for 30 minutes: so that is a
        :class:`XeroRetryable`. (https://developer.xero.com/documentation/guides/oauth2/auth-flow)

        :return: :class:`TokenPair`.
        """
        return self._token_pair(OAuth2Session.refresh_token, XeroRetryable, refresh_token=reveal(refresh_token))

    def client_token(self) -> TokenPair:
        """Ask for a token of a custom connection. No scope is named, so it has all that were authorised at Xero.

        (https://developer.xero.com/documentation/guides/oauth2/custom-connections)

        :return: :class:`TokenPair` without refresh token and user.
        """
        return self._token_pair(OAuth2Session.fetch_token, XeroRetryable, has_chain=False, grant_type='client_credentials')

    @without_frames
    def revoke(self, refresh_token: Secret) -> None:
        """End the authorization: all connections that this user made for the app go with it."""
        self._call(
            OAuth2Session.revoke_token, self._endpoints['revocation'], [_check_status],
            token=reveal(refresh_token), token_type_hint='refresh_token',
        )

    @without_frames
    def _token_pair(self, method: Callable[..., Any], lost: type[XeroError], has_chain: bool = True, **kwargs: Any) -> TokenPair:
        """Ask for a pair; ``lost`` is the error for an answer that cannot be read, ``has_chain`` whether a refresh token belongs to it."""
        asked_at = datetime.now(timezone.utc).replace(tzinfo=None)
        checks: list[Callable[..., None]] = [_check_status, partial(_check_token, lost)]
        token = self._call(method, self._endpoints['token'], checks, is_write=lost is XeroUnknownOutcome, **kwargs)
        if has_chain and not token.get('refresh_token'):
            raise XeroOAuthError("No refresh token was granted (offline_access)", code='invalid_scope')
        access = _claims(token['access_token'])
        identity = _claims(token['id_token']) if token.get('id_token') else {}
        return TokenPair(
            access_token=seal(token['access_token']),
            refresh_token=seal(token['refresh_token']) if has_chain else None,
            access_expires_at=asked_at + timedelta(seconds=token['expires_in']),
            scopes=_words(token.get('scope')) or _words(access.get('scope')),
            xero_user_id=_text(access, 'xero_userid'),
            email=_text(identity, 'email'),
            authentication_event_id=_text(access, 'authentication_event_id'),
        )

    def _session(self) -> Any:
        # A new one for each call: a session that remembers a refresh token renews automatically
        return with_timeouts(OAuth2Session(
            self._client_id, reveal(self._client_secret), redirect_uri=self._redirect_uri, code_challenge_method='S256',
        ))

    def _call(self, method: Callable[..., Any], url: str, checks: list[Callable[..., None]], is_write: bool = False, **kwargs: Any) -> Any:
        """Run one of authlib's calls, with our reading of the response before its own."""
        with self._session() as session:
            try:
                return method(session, url, allow_redirects=False, hooks={'response': checks}, **kwargs)
            except (requests.RequestException, ValueError) as error:
                raise no_answer(error, is_write=is_write) from None


def _check_status(response: requests.Response, **_kwargs: Any) -> None:
    """Raise the error that the authorization server means."""
    status = response.status_code
    details = {'status': status, 'correlation_id': response.headers.get('Xero-Correlation-Id')}
    code = _json_object(response).get('error')
    # An error that is no code of the standard was not written by Xero (RFC 6749, 5.2)
    code = code if isinstance(code, str) and _CODE.fullmatch(code) else None
    message = f"The authorization server answered {status} {code or ''}".strip()
    if isinstance(code, str) and status < 500 and status != 429:
        raise XeroOAuthError(message, code=code, detail=redact(response.content.decode('utf-8', 'replace')), **details)
    if status != 200:
        raise XeroRetryable(message, retry_after=retry_after(response), **details)


def _check_token(lost: type[XeroError], response: requests.Response, **_kwargs: Any) -> None:
    """Reduce the answer to what can be used. A pair that Xero has rotated must not be lost because of anything else in the answer."""
    body = _json_object(response)
    texts = {name: body[name] for name in ('access_token', 'refresh_token', 'id_token') if _is_token(body.get(name))}
    if 'access_token' not in texts:
        raise lost("The authorization server's answer holds no token", status=response.status_code)
    token = {**texts, 'token_type': 'Bearer', 'expires_in': _lifetime(body.get('expires_in')), 'scope': ' '.join(_words(body.get('scope')))}
    response._content = json.dumps(token).encode()


def _json_object(response: requests.Response) -> dict[str, Any]:
    text = response.content.decode('utf-8', 'replace')
    try:
        body = json.loads(text, parse_int=lambda digits: int(digits[:20]))
    except (ValueError, RecursionError):
        # Something beside the tokens makes it unreadable; the old pair is spent all the same
        body = dict(_TOKEN_IN_TEXT.findall(text))
    return body if isinstance(body, dict) else {}


def _is_token(value: Any) -> bool:
    """Return whether a value can be a token: printable ASCII (RFC 6749, appendix A)."""
    return isinstance(value, str) and bool(_TOKEN.fullmatch(value))


def _text(claims: dict[str, Any], name: str) -> str | None:
    """Return a claim that is a text, without what no database keeps; None for anything else."""
    value = claims.get(name)
    return ''.join(char for char in value if char.isprintable()) or None if isinstance(value, str) else None


def _words(value: Any) -> list[str]:
    """Return a list of words, given as one text or as a list."""
    words = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return [word for word in words if _is_token(word)]


def _lifetime(seconds: Any) -> int:
    """Return for how many seconds an access token is good: as the answer says, if that can be, else as it is with Xero."""
    try:
        seconds = int(seconds)
    except (TypeError, ValueError, OverflowError):
        seconds = 0
    return seconds if 0 < seconds <= LONGEST_LIFETIME.total_seconds() else int(ACCESS_TOKEN_LIFETIME.total_seconds())


def _claims(token: str) -> dict[str, Any]:
    """Return the claims of a JWT that came straight from the token endpoint.

    Its signature is not looked at: TLS vouches for who sent it (OpenID Connect Core 3.1.3.7, 6), and
    nothing is decided by a claim but what to call the person and which consent this was.
    """
    try:
        claims = json.loads(extract_compact(token.encode()).payload)
    except (JoseError, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
