"""Where a program that stands in for Xero may be."""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import urlsplit

_PLAIN = re.compile(r"[A-Za-z0-9._~:/?#@!$&()*+,;=%-]{1,2000}")
_HOST = re.compile(r'[a-z0-9.-]+')


@lru_cache(maxsize=100)     # asked for the link of each document
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
    if not is_loopback(parts.hostname) and not {place, parts.hostname} & allowed:
        raise ValueError("host")
    host = f'[{parts.hostname}]' if ':' in parts.hostname else parts.hostname
    clean = f'{parts.scheme}://{host}' + (f':{parts.port}' if parts.port is not None else '')
    if parts.netloc.lower() not in (clean.partition('://')[2], f'{host}:'):     # such as "[::1]elsewhere"
        raise ValueError("form")
    return clean


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_page_of(address: str, web: str) -> bool:
    """Return whether an address that Xero answered is a page of Xero's, so that it may be shown to customers as a link.

    Xero has online invoices on another host of its domain than its application, such as https://in.xero.com/…

    :param str web: root of Xero's web application, or of the program that stands in for Xero.
    """
    try:
        given, own = urlsplit(address), urlsplit(web)
        port, own_port = given.port, own.port
    except ValueError:
        return False
    host = given.hostname or ''
    # Browsers read a backslash as a slash
    if not _PLAIN.fullmatch(address) or not _HOST.fullmatch(host) or given.username is not None or (given.scheme, port) != (own.scheme, own_port):
        return False
    domain = '.'.join((own.hostname or '').split('.')[-2:])
    return host == own.hostname or (own.scheme == 'https' and host.endswith(f'.{domain}'))
