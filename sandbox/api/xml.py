"""Request bodies in XML, and replies for callers that did not ask for JSON."""
from xml.etree import ElementTree

from .errors import unreadable
from .schema import COLLECTIONS, TEXT, ListOf


def read(text, collection):
    """:param bytes text: ``<Invoices><Invoice>…`` or one ``<Invoice>``; :return: the same as a JSON body would give

    :raise ApiException: error 14
    """
    if b'<!DOCTYPE' in text:
        raise unreadable('XML request body could not be read.')
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise unreadable(f'XML request body could not be read: {error}') from None
    schema = COLLECTIONS[collection]
    elements = list(root) if root.tag == collection else [root]
    return {collection: [_object(element, schema.fields) for element in elements]}


def _object(element, fields):
    value = {}
    for child in element:
        kind = fields.get(child.tag)
        if isinstance(kind, ListOf):
            value[child.tag] = [_object(part, kind.fields) for part in child]
        elif isinstance(kind, dict):
            value[child.tag] = _object(child, kind)
        elif child.text is not None or kind == TEXT:
            value[child.tag] = child.text or ''
    return value


def write(value, root='Response'):
    """:param value: what would be the JSON reply; :return: bytes"""
    return ElementTree.tostring(_element(root, value), encoding='utf-8', xml_declaration=True)


def _element(name, value):
    element = ElementTree.Element(name)
    if isinstance(value, dict):
        element.extend(_element(key, part) for key, part in value.items())
    elif isinstance(value, list):
        element.extend(_element(_singular(name), part) for part in value)
    elif isinstance(value, bool):
        element.text = 'true' if value else 'false'
    elif value is not None:
        element.text = str(value)
    return element


def _singular(name):
    if name in ('Addresses', 'Taxes'):
        return name[:-2]
    return name[:-3] + 'y' if name.endswith('ies') else name.removesuffix('s')
