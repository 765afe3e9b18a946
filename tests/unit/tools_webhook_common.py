"""Signatures of webhooks, as Xero makes them."""
import base64
import hashlib
import hmac


def signature(body, key):
    """Return the header `x-xero-signature` of a body.

    :param bytes body: as it is sent.
    :param str key: of the webhook.
    """
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
