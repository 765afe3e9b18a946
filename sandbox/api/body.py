"""The body of the current request: JSON, XML, or XML in a form field."""
import json
from decimal import Decimal

from flask import request

from . import errors, xml


def read(collection):
    """:return: what a JSON body would give; :raise ApiException: error 14"""
    text = request.get_data()
    if 'xml' in request.content_type.lower() if request.content_type else text.lstrip().startswith(b'<'):
        return xml.read(text, collection)
    if (request.content_type or '').startswith('application/x-www-form-urlencoded'):
        text = request.form.get('xml', '').encode()     # how the oldest clients send
        return xml.read(text, collection)
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise errors.unreadable(f'JSON request body could not be read, Error {error}') from None
