"""Secrets at rest: encrypted with a key that is not in the database.

A dump of the database alone is worth nothing then; and a server that got a copy without the key can tell.
"""

import hashlib
import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from ..exceptions import WrongKey


def load_key(environment_value, path):
    """Return the key of this server.

    :param str environment_value: a Fernet key; wins over the file. Servers that share a database set it.
    :param path: file with the key; made once, with its directory, if it does not exist.
    :return: bytes for :class:`Cipher`.
    :raise OSError: the file can be neither read nor made.
    """
    if environment_value:
        return environment_value.strip().encode()
    path = Path(path)
    if not path.exists():
        _create_key(path)
    return path.read_bytes().strip()


def _create_key(path):
    """Make the key file, readable by its owner alone.

    It appears whole or not at all: a process that starts at the same time reads the same key.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent)    # mode 0600
    try:
        with os.fdopen(descriptor, 'wb') as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)    # fails if the file exists: the first one wins
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)


def token_digest(token):
    """Return a fingerprint of a token: two of them tell whether it is the same token, and neither tells what it is."""
    return hashlib.sha256((token or '').encode()).hexdigest()


class Cipher:
    """Encrypts and decrypts texts with one key.

    A ciphertext starts with a fingerprint of its key, so that a wrong key is told from a damaged text.

    :param bytes key: see :func:`load_key`.
    :raise ValueError: the key is no Fernet key (32 bytes in URL-safe base64).
    """

    def __init__(self, key):
        self._fernet = Fernet(key)
        self._prefix = hashlib.sha256(b'account_xero:' + key).hexdigest()[:8] + ':'

    def encrypt(self, text):
        """Return the ciphertext of a text."""
        return self._prefix + self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, ciphertext):
        """Return the text of a ciphertext.

        :raise WrongKey: it was encrypted with another key, or is damaged.
        """
        if not ciphertext.startswith(self._prefix):
            raise WrongKey("Encrypted with another key")
        try:
            return self._fernet.decrypt(ciphertext.removeprefix(self._prefix)).decode()
        except InvalidToken:
            raise WrongKey("The encrypted text is damaged") from None
