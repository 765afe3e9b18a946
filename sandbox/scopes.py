"""Scopes: which exist, which an app may ask for, which an endpoint needs."""
import json
from pathlib import Path

SCOPES = json.loads((Path(__file__).parent / 'data' / 'scopes.json').read_text())
IDENTITY = set(SCOPES['identity'])


def _with_read(names):
    return set(names) | {f'{name}.read' for name in names}


GRANULAR = _with_read(SCOPES['granular'])
BROAD = _with_read(SCOPES['broad'])
EITHER = _with_read(SCOPES['both']) | set(SCOPES['read_only'])
KNOWN = IDENTITY | GRANULAR | BROAD | EITHER


def known_to(scope_set):
    """:param str scope_set: ``granular | broad | both``, how the app is registered"""
    return IDENTITY | EITHER | (GRANULAR if scope_set != 'broad' else set()) | (BROAD if scope_set != 'granular' else set())


def allows(granted, endpoint, write):
    """:param granted: scopes of the access token; :return: whether they open ``endpoint`` for reading or for writing"""
    names = SCOPES['endpoints'][endpoint]
    return any(name in granted or (not write and f'{name}.read' in granted) for name in names)
