"""Lists: filters, order, If-Modified-Since, pages."""
import uuid
from datetime import date, datetime, timezone
from email.utils import parsedate_to_datetime

from .errors import ApiException, PlainText, unparsable_query
from .where import predicate

PAGE_SIZE, LARGEST_PAGE, HIGH_VOLUME = 100, 1000, 100_000
SEARCHED = ('Name', 'FirstName', 'LastName', 'ContactNumber', 'CompanyNumber', 'EmailAddress', 'InvoiceNumber', 'CreditNoteNumber',
            'Reference', 'Narration')


def modified_since(header):
    """:return: an aware datetime, or None for nothing usable: a wrong format is not heeded, as live"""
    if not header:
        return None
    try:
        moment = datetime.fromisoformat(header.replace('Z', '+00:00'))
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except ValueError:
            return None
    moment = moment.replace(tzinfo=moment.tzinfo or timezone.utc)
    return moment.replace(microsecond=0)


def identifiers(call, name):
    """:return: the GUIDs of a list filter, or None if it is absent; :raise PlainText: 400 in text/html for a bad one"""
    text = call.arguments.get(name)
    if not text:
        return None
    try:
        return {str(uuid.UUID(part.strip())) for part in text.split(',')}
    except ValueError:
        raise PlainText(400, f"Supplied parameter '{name}' cannot be parsed - must be of type UUID.") from None


def words(call, name):
    text = call.arguments.get(name)
    return {part.strip() for part in text.split(',')} if text else None


def selected(call, store):
    """:param store: ``Contacts``, ``Documents``, …; :return: the rows that the query asks for, in order"""
    rows = list(store.rows())
    since = modified_since(call.headers.get('If-Modified-Since'))
    if since:
        rows = [row for row in rows if row['UpdatedDateUTC'] >= since]
    contact_list = store.collection == 'Contacts'
    tests = [
        (identifiers(call, 'IDs'), lambda row: row[store.id_key]),
        (words(call, 'InvoiceNumbers'), lambda row: row.get('InvoiceNumber')),
        (None if contact_list else identifiers(call, 'ContactIDs'), lambda row: row.get('Contact', {}).get('ContactID')),
        (words(call, 'References'), lambda row: row.get('Reference')),
        (words(call, 'Statuses'), lambda row: row.get('Status')),
    ]
    for wanted, value in tests:
        if wanted is not None:
            rows = [row for row in rows if value(row) in wanted]
    if call.flag('createdByMyApp'):
        rows = [row for row in rows if row['_app'] == call.app.client_id]
    if contact_list and not call.flag('includeArchived') and not call.arguments.get('IDs'):
        rows = [row for row in rows if row['ContactStatus'] == 'ACTIVE']
    term = call.arguments.get('searchTerm', '').casefold()
    if term:
        rows = [row for row in rows if any(
            term in str(part.get(name, '')).casefold() for part in (row, row.get('Contact', {})) for name in SEARCHED)]
    return ordered(filtered(rows, call), call, default='UpdatedDateUTC')


def filtered(rows, call):
    where = call.arguments.get('where')
    if not where:
        return rows
    test = predicate(where)
    return [row for row in rows if test(row)]


def ordered(rows, call, default=None):
    field, _, direction = (call.arguments.get('order') or default or '').strip().partition(' ')
    if not field or not rows:
        return rows
    key = next((key for key in rows[0] if key.lower() == field.lower()), None)
    if not key or isinstance(rows[0][key], (dict, list)):
        raise unparsable_query(f"No property or field '{field}' exists")
    smallest = '' if isinstance(rows[0][key], str) else date.min
    return sorted(rows, key=lambda row: row.get(key, smallest), reverse=direction.strip().upper() == 'DESC')


def page(call, rows):
    """:return: (rows of the page, the ``pagination`` object or None); without ``page`` all rows

    :raise ApiException: HighVolumeException
    """
    if 'page' not in call.arguments and 'pageSize' not in call.arguments and not call.flag('summaryOnly'):
        if len(rows) > HIGH_VOLUME:
            raise ApiException(51, 'HighVolumeException', 'The query would return too many documents.')
        return rows, None
    number = max(1, _whole(call.arguments.get('page'), 1))
    size = min(max(1, _whole(call.arguments.get('pageSize'), PAGE_SIZE)), LARGEST_PAGE)
    shown = rows[(number - 1) * size:number * size]
    return shown, {'page': number, 'pageSize': size, 'pageCount': -(-len(rows) // size), 'itemCount': len(rows)}


def _whole(text, default):
    return int(text) if (text or '').isdigit() else default
