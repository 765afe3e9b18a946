"""Attachments of documents, journals and contacts. Xero's wordings for what it refuses here are not published."""
import mimetypes
import uuid

from flask import Response, request

from ..state import RULES
from . import shapes
from .errors import not_found, not_implemented, refused_element

FORBIDDEN = frozenset('<>:"/\\|?*+\0')
ONLINE = ('ACCREC', 'ACCRECCREDIT')


def answer(call, route, parent):
    """``…/{id}/Attachments`` and ``…/Attachments/{file name or AttachmentID}``; :return: what the reply holds, or the file"""
    held = call.organisation.attachments[route.key_of(parent)]
    if request.method == 'GET' and route.part_key:
        return _file(held, route.part_key)
    if request.method in ('PUT', 'POST') and route.part_key:
        return {'Attachments': [shapes.jsonable(_save(call, route, parent, held))]}
    if request.method == 'GET':
        return {'Attachments': shapes.jsonable(held)}
    raise not_implemented()


def _file(held, key):
    found = next((row for row in held if key.lower() in (row['AttachmentID'], row['FileName'].lower())), None)
    if not found:
        raise not_found()
    return Response(found['_content'], content_type=found['MimeType'])


def _save(call, route, parent, held):
    """Store the body; a file of the same name is overwritten and keeps its id."""
    name, content = route.part_key, request.get_data()
    known = next((row for row in held if row['FileName'].lower() == name.lower()), None)
    error = _error(route, name, content, known, held)
    if error:
        raise refused_element(error)
    attachment = known or {'AttachmentID': str(uuid.uuid4()), 'FileName': name}
    if not known:
        held.append(attachment)
    attachment |= {
        'Url': request.base_url,
        'MimeType': request.content_type or mimetypes.guess_type(name)[0] or 'application/octet-stream',
        'ContentLength': len(content),
        'IncludeOnline': call.flag('IncludeOnline') and parent.get('Type') in ONLINE,
        '_content': content,
    }
    parent |= {'HasAttachments': True, 'UpdatedDateUTC': call.now}
    return attachment


def _error(route, name, content, known, held):
    """:return: why the file cannot be attached, or None"""
    limits = RULES['attachments']
    largest = limits['largest_megabytes'].get(route.name, limits['largest_megabytes']['other'])
    if FORBIDDEN & set(name):
        return 'The file name contains characters that are not allowed.'
    if name.rpartition('.')[2].lower() not in limits['endings']:
        return "The file couldn't be uploaded because it isn't a supported file type."
    if not content:
        return 'The file is empty.'
    if len(content) > largest * 1024 * 1024:
        return f'The file is larger than {largest} MB.'
    if not known and len(held) >= limits['most']:
        return f"A maximum of {limits['most']} files can be attached."
    return None
