"""What reads and writes secrets of ours.

Functions, no methods: a template, a server action or a computed custom field can call every method of every record, so none of
them may decrypt. Secrets in clear are sealed, see :mod:`tools.crypto`.
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
    """Return the ciphertext of a secret, sealed or not; empty for an empty one."""
    return text and cipher().encrypt(reveal(text))


def decrypt(ciphertext):
    """Return a secret, sealed; empty for an empty one.

    :raise WrongKey: this server has another key than the one that encrypted it.
    """
    return ciphertext and seal(cipher().decrypt(ciphertext))


def oauth_of(app):
    """Return the authorization server for an app (`xero.app`).

    :raise WrongKey: see :func:`decrypt`.
    :raise XeroRetryable: see `xero.app._endpoints`.
    """
    app = app.sudo()
    return XeroOAuth(app._endpoints(), app.client_id, decrypt(app.client_secret_encrypted) or '', app.redirect_uri)
