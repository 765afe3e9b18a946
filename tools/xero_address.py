"""Where a program that stands in for Xero may be."""

import ipaddress
from urllib.parse import urlsplit


def clean_address(address: str | None, more_hosts: str = '') -> str:
    """Return an address of a local Xero as it is stored: scheme, host and port.

    :param str address: as a person typed it.
    :param str more_hosts: hosts that are allowed besides this machine, as ``name`` or ``name:port``, separated by commas.
    :raise ValueError: it is not allowed: another scheme than http or https, another host, a name of a user, a path, a query.
    """
    address = (address or '').strip()
    # What programs read in different ways
    if not address.isascii() or not address.isprintable() or any(sign in address for sign in ' \\@?#%'):
        raise ValueError("signs")
    parts = urlsplit(address)
    if parts.scheme not in ('http', 'https') or not parts.hostname or parts.path not in ('', '/'):
        raise ValueError("form")
    place = parts.hostname if parts.port is None else f'{parts.hostname}:{parts.port}'
    allowed = {host.strip().lower() for host in more_hosts.split(',')}
    if not _is_loopback(parts.hostname) and not {place, parts.hostname} & allowed:
        raise ValueError("host")
    host = f'[{parts.hostname}]' if ':' in parts.hostname else parts.hostname
    clean = f'{parts.scheme}://{host}' + (f':{parts.port}' if parts.port is not None else '')
    if parts.netloc.lower() not in (clean.partition('://')[2], f'{host}:'):     # such as "[::1]elsewhere"
        raise ValueError("form")
    return clean


def _is_loopback(host: str) -> bool:
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
