"""What distinguishes one Odoo server from another, as far as a server can know."""

import json
import os
import secrets
import socket
from pathlib import Path

FILE = 'account_xero.id'
VARIABLE = 'ACCOUNT_XERO_SERVER'
MACHINE = Path('/etc/machine-id')

Identity = dict[str, str]


def server_identity(data_dir: str) -> Identity:
    """Return what is known of this server.

    :param str data_dir: Odoo's data folder. A file with a random name for it is made there once.
    :return: dict of `host` (name and id of the machine) and `folder` (the file's content and the folder's own number, which a copy
        does not have); or of `name` alone where the environment gives the server a name (`ACCOUNT_XERO_SERVER`).
    """
    if name := os.environ.get(VARIABLE, '').strip():
        return {'name': name}
    return {'host': f'{socket.gethostname()} {_read(MACHINE)}'.strip(), 'folder': _folder(Path(data_dir))}


def is_other_server(known: Identity, here: Identity) -> bool:
    """Return whether this is another server than the known one.

    A container that is made again has another host and the same folder, a moved folder is on the same host: it is another server only
    where both differ. A server with a name is known by the name alone.

    :param dict known: identity that was remembered.
    :param dict here: that of this server.
    """
    if 'name' in known or 'name' in here:
        return known.get('name') != here.get('name')
    return all(known.get(part) != here.get(part) for part in ('host', 'folder'))


def dump(identity: Identity) -> str:
    """Return an identity as text that :func:`load` reads."""
    return json.dumps(identity, sort_keys=True)


def load(text: str | None) -> Identity | None:
    """Return the identity in a text, None if there is none."""
    try:
        identity = json.loads(text or 'null')
    except ValueError:
        return None
    return identity if isinstance(identity, dict) else None


def _folder(data_dir: Path) -> str:
    path = data_dir / FILE
    try:
        if not path.exists():
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(path, 'x', encoding='ascii') as file:
                file.write(secrets.token_hex(16))
    except FileExistsError:
        pass    # a process that starts at the same time was first
    except OSError:
        return ''
    return f'{_read(path)} {data_dir.stat().st_ino}'


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding='ascii').strip()
    except (OSError, ValueError):
        return ''
