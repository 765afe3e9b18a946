"""History: notes on documents, journals and contacts, which nobody can change or delete."""
from flask import request

from . import batch, shapes
from .errors import not_implemented

LONGEST_NOTE = 2500


class Notes:
    """The notes of one document, journal or contact, seen by one call."""

    collection, id_key, error_flag = 'HistoryRecords', None, None

    def __init__(self, call, notes):
        self._call, self._notes = call, notes

    def shown(self, note):
        return note

    def save(self, values, create_only, key=None):
        """:return: (note or None, errors, warnings)"""
        details = values.get('Details', '')
        if not details.strip():
            return None, ['The Details field must be specified.'], []
        if len(details) > LONGEST_NOTE:
            return None, [f'The Details field exceeds the maximum length of {LONGEST_NOTE} characters.'], []
        note = {'Details': details, 'Changes': 'Note', 'User': self._call.user.name, 'DateUTC': self._call.now}
        self._notes.append(note)
        return note, [], []


def answer(call, route, parent):
    """``…/{id}/History``; :return: what the reply holds"""
    store = Notes(call, call.organisation.history[route.key_of(parent)])
    if route.part_key:
        raise not_implemented()
    if request.method == 'GET':
        return {store.collection: shapes.jsonable(call.organisation.history[route.key_of(parent)])}
    if request.method == 'PUT':
        return {store.collection: batch.save(call, store, call.elements(store.collection), create_only=True)}
    raise not_implemented()
