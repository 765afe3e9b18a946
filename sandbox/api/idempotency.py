"""``Idempotency-Key``: the stored reply of the first call, errors included, for six minutes."""
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, request

from .errors import ApiException

LIFETIME = timedelta(minutes=6)
LONGEST_KEY = 128


@dataclass
class Stored:
    """The first call of a key, and what it was answered."""
    fingerprint: str
    time: datetime
    status: int
    body: bytes
    content_type: str

    def response(self):
        return Response(self.body, self.status, content_type=self.content_type)


class Replay:
    """The key of the current request against what is stored. Use it under the organisation's lock.

    :raise ApiException: for a key that is too long, or that came with a different request before
    """

    def __init__(self, sandbox, app):
        self._sandbox = sandbox
        self.key = request.headers.get('Idempotency-Key', '') if request.method in ('PUT', 'POST') else ''
        self._place = (app.client_id, self.key)
        if len(self.key) > LONGEST_KEY:
            raise ApiException(14, 'PostDataInvalidException', f'Idempotency Key: must not exceed {LONGEST_KEY} characters.')
        call = f'{request.method} {request.full_path} {request.headers.get("Xero-Tenant-Id", "").lower()}\n'.encode()
        self._fingerprint = hashlib.sha256(call + request.get_data()).hexdigest()

    def stored(self):
        """:return: the ``Response`` to repeat, or None"""
        known = self._sandbox.replies.get(self._place) if self.key else None
        if not known or self._sandbox.clock.now() - known.time > LIFETIME:
            return None
        if known.fingerprint != self._fingerprint:
            raise ApiException(
                14, 'PostDataInvalidException', f'Idempotency Key: {self.key} is used with a different request.')
        return known.response()

    def store(self, response):
        if self.key:
            self._sandbox.replies[self._place] = Stored(
                self._fingerprint, self._sandbox.clock.now(), response.status_code, response.get_data(), response.content_type)
