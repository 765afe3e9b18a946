"""One webhook request: body, signature, and whether the answer is one that Xero accepts."""
import base64
import hashlib
import hmac
import json
import random
import string
import time
from dataclasses import asdict, dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

LONGEST_ANSWER = 5      # seconds


@dataclass
class Attempt:
    """One request and what came of it. ``reasons`` says what Xero does not accept of the answer; nothing in it: accepted."""
    time: str
    purpose: str            # 'intent' or 'events'
    signed: bool            # rightly
    first: int
    last: int
    status: int | None
    seconds: float
    reasons: list

    @property
    def accepted(self):
        return not self.reasons

    def as_dict(self):
        return asdict(self) | {'accepted': self.accepted}


def signature(body, key):
    """:param bytes body: as it is sent; :param str key: taken as text, not decoded; :return: the value of ``x-xero-signature``"""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def body_of(events, first, last):
    """:return: bytes with Xero's own spaces, so that a signature over the parsed and rewritten JSON fails"""
    entropy = ''.join(random.choices(string.ascii_uppercase, k=20))
    listed = json.dumps(events, separators=(',', ':'))
    return f'{{"events":{listed},"firstEventSequence": {first},"lastEventSequence": {last}, "entropy": "{entropy}"}}'.encode()


def send(url, body, sent_signature, headers):
    """:param dict headers: more of them; :return: (status or None, seconds, answer's body, whether it sets a cookie)"""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == 'https' else HTTPConnection
    connection, begun = kind(parts.hostname, parts.port, timeout=LONGEST_ANSWER), time.monotonic()
    try:
        connection.request('POST', f'{parts.path or "/"}{"?" if parts.query else ""}{parts.query}', body, {
            'Content-Type': 'application/json; charset=utf-8', 'User-Agent': 'Local-Xero-Webhooks/1.0',
            'x-xero-signature': sent_signature, **headers})
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, time.monotonic() - begun, content, bool(answer.getheader('Set-Cookie'))
    except (OSError, HTTPException):
        return None, time.monotonic() - begun, b'', False
    finally:
        connection.close()


def judge(status, seconds, content, cookie, expected):
    """:param int expected: 200, or 401 to a wrong signature; :return: what is wrong with an answer, in words"""
    if status is None:
        return ['no answer' if seconds < LONGEST_ANSWER else f'no answer within {LONGEST_ANSWER} seconds']
    return [reason for wrong, reason in (
        (status != expected, f'status {status} instead of {expected}'),
        (seconds > LONGEST_ANSWER, f'answered after more than {LONGEST_ANSWER} seconds'),
        (bool(content), 'the answer has a body'),
        (cookie, 'the answer sets a cookie'),
    ) if wrong]
