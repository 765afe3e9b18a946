"""Tracking categories and their options."""
import uuid

from flask import request

from ..state import RULES, tracking_option
from . import batch
from .errors import not_implemented

LONGEST_NAME = 100
UNKNOWN = 'The document with the supplied id was not found for this endpoint.'


class TrackingCategories:
    """The tracking categories of one organisation, seen by one call."""

    collection, id_key = 'TrackingCategories', 'TrackingCategoryID'
    error_flag = None

    def __init__(self, call):
        self._categories = call.organisation.tracking

    def get(self, key):
        return next((row for row in self._categories if row['TrackingCategoryID'] == key.lower()), None)

    def shown(self, category):
        return category

    def save(self, values, create_only, key=None):
        """:return: (category or None, errors, warnings); options come by their own calls"""
        known = None if create_only else self.get(key or values.get('TrackingCategoryID', ''))
        if not known and not create_only:
            return None, [UNKNOWN], []
        status = values.get('Status', known['Status'] if known else 'ACTIVE')
        errors = _name_errors(values, known, self._categories)
        others = [row['Status'] for row in self._categories if row is not known]
        limits = RULES['tracking_categories']
        if (status == 'ACTIVE' and others.count('ACTIVE') >= limits['active']) or len(others) >= limits['all']:
            errors.append(f"An organisation can have at most {limits['active']} active tracking categories, {limits['all']} in all.")
        if errors:
            return None, errors, []
        category = known or {'TrackingCategoryID': str(uuid.uuid4()), 'Options': []}
        category |= {'Name': values.get('Name', category.get('Name')), 'Status': status}
        if not known:
            self._categories.append(category)
        return category, [], []


class Options:
    """The options of one tracking category."""

    collection, id_key = 'Options', 'TrackingOptionID'
    error_flag = 'HasValidationErrors'

    def __init__(self, options):
        self._options = options

    def shown(self, option):
        return option

    def save(self, values, create_only, key=None):
        """:return: (option or None, errors, warnings)"""
        known = next((row for row in self._options if row['TrackingOptionID'] == (key or '').lower()), None)
        if key and not known:
            return None, [UNKNOWN], []
        errors = _name_errors(values, known, self._options)
        if errors:
            return None, errors, []
        status = values.get('Status', known['Status'] if known else 'ACTIVE')
        option = known or {}
        option |= tracking_option(known['TrackingOptionID'] if known else str(uuid.uuid4()), values.get('Name', option.get('Name')), status)
        if not known:
            self._options.append(option)
        return option, [], []


def answer(call, route, category):
    """``…/TrackingCategories/{id}/Options`` and ``…/Options/{TrackingOptionID}``; :return: what the reply holds"""
    create = request.method == 'PUT' and not route.part_key
    if not create and not (request.method == 'POST' and route.part_key):
        raise not_implemented()
    store = Options(category['Options'])
    elements = call.elements(store.collection)
    return {store.collection: batch.save(call, store, elements if create else elements[:1], create, key=route.part_key)}


def _name_errors(values, known, rows):
    name = values.get('Name', known['Name'] if known else '')
    if not name.strip():
        return ['The Name field is mandatory.']
    if len(name) > LONGEST_NAME:
        return [f'The Name field exceeds the maximum length of {LONGEST_NAME} characters.']
    taken = any(row is not known and row['Name'].casefold() == name.casefold() and row['Status'] != 'DELETED' for row in rows)
    return ['Please enter a unique Name.'] if taken else []
