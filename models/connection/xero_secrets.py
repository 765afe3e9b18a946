"""Reading and writing secrets.

Functions, not methods: a template, a server action or a computed custom field can call each method of each record, so no method
may decrypt. Decrypted secrets are sealed, see :mod:`tools.crypto`.
"""

import os

from odoo import tools

from ...exceptions import WrongKey
from ...tools.crypto import Cipher, load_key, reveal, seal
from ...tools.xero_oauth import XeroOAuth


def cipher():
    """Return the cipher of this server.

    :raise WrongKey: the server has no usable key.
    """
    path = os.environ.get('ACCOUNT_XERO_KEY_FILE') or os.path.join(tools.config['data_dir'], 'account_xero.key')
    try:
        return Cipher(load_key(os.environ.get('ACCOUNT_XERO_KEY'), path))
    except (OSError, ValueError) as error:
        raise WrongKey(f"No usable encryption key: {error}") from None


def encrypt(text):
    """Return the ciphertext of a secret, which may be sealed; empty for an empty secret."""
    return text and cipher().encrypt(reveal(text))


def decrypt(ciphertext):
    """Return a secret, sealed; empty for an empty ciphertext.

    :raise WrongKey: the secret was encrypted with another key than this server's.
    """
    return ciphertext and seal(cipher().decrypt(ciphertext))


def webhook_key_of(app):
    """Return the key, sealed, with which Xero signs the webhook requests of an app (`xero.app`); empty if it has none.

    :raise WrongKey: see :func:`decrypt`.
    """
    return decrypt(app.sudo().webhook_key_encrypted)


def oauth_of(app):
    """Return the authorization server for an app (`xero.app`).

    :raise WrongKey: see :func:`decrypt`.
    :raise XeroRetryable: see `xero.app._endpoints`.
    """
    app = app.sudo()
    return XeroOAuth(app._endpoints(), app.client_id, decrypt(app.client_secret_encrypted) or '', app.redirect_uri)
