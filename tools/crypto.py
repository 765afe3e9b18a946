"""Secrets at rest: encrypted with a key that is not in the database.

A dump of the database alone is worth nothing then; and a server that got a copy without the key can tell.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from cryptography.fernet import Fernet, InvalidToken

from ..exceptions import WrongKey

P = ParamSpec('P')
R = TypeVar('R')


class Sealed:
    """A secret in clear that may be handed around: it has no attribute, and only :func:`reveal` tells what it is.

    A template or a server action reaches every method of a record, and every attribute of what that returns, private ones and
    those of functions included. Modules' functions are out of its reach.
    """

    __slots__ = ('__weakref__',)

    def __repr__(self) -> str:
        return '***'


# Functions, because a formatted string may show a dictionary, but cannot call what is in it
_TEXTS: WeakKeyDictionary[Sealed, Callable[[], str]] = WeakKeyDictionary()

Secret = str | Sealed | None    # sealed, in clear, or none; Odoo's False counts as none


def seal(text: Secret) -> Secret:
    """Return a secret sealed; what is empty stays as it is."""
    if not text or isinstance(text, Sealed):
        return text
    sealed = Sealed()
    _TEXTS[sealed] = lambda: text
    return sealed


def reveal(sealed: Secret) -> str | None:
    """Return the text of a secret that :func:`seal` made; a plain text stays as it is."""
    return _TEXTS[sealed]() if isinstance(sealed, Sealed) else sealed


def without_frames(method: Callable[P, R]) -> Callable[P, R]:
    """Let a method's own errors leave without the frames below, whose variables hold secrets.

    The code that catches an error can read them from its traceback.
    """
    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except Exception as error:  # whichever: those of the caller's own arguments come through the same frames
            failure = error
        del args, kwargs    # this frame stays
        cause = failure.__cause__
        failure.__traceback__ = failure.__context__ = None
        if cause:
            cause.__traceback__ = cause.__context__ = None
        raise failure from cause
    return call


def load_key(environment_value: str | None, path: str | os.PathLike[str]) -> bytes:
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


def _create_key(path: Path) -> None:
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


def token_digest(token: Secret) -> str:
    """Return a fingerprint of a token. Equal tokens have equal fingerprints, and a fingerprint does not reveal its token."""
    return hashlib.sha256((reveal(token) or '').encode()).hexdigest()


class Cipher:
    """Encrypts and decrypts texts with one key.

    A ciphertext starts with a fingerprint of its key, so that a wrong key is told from a damaged text.

    :param bytes key: see :func:`load_key`.
    :raise ValueError: the key is no Fernet key (32 bytes in URL-safe base64).
    """

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)
        self._prefix = hashlib.sha256(b'account_xero:' + key).hexdigest()[:8] + ':'

    @without_frames
    def encrypt(self, text: str) -> str:
        """Return the ciphertext of a text."""
        return self._prefix + self._fernet.encrypt(text.encode()).decode()

    @without_frames
    def decrypt(self, ciphertext: str) -> str:
        """Return the text of a ciphertext.

        :raise WrongKey: it was encrypted with another key, or is damaged.
        """
        if not ciphertext.startswith(self._prefix):
            raise WrongKey("Encrypted with another key")
        try:
            return self._fernet.decrypt(ciphertext.removeprefix(self._prefix)).decode()
        except InvalidToken:
            raise WrongKey("The encrypted text is damaged") from None
