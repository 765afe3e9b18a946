"""Between Python values and Xero's JSON: dates in both forms, amounts, GUIDs."""
import re
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

from .money import rounded

TICK = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MS_DATE = re.compile(r'^/Date\((-?\d+)([+-]\d{4})?\)/$')
DAY_TWINS = {'Date', 'DueDate', 'ExpectedPaymentDate', 'PlannedPaymentDate'}
ZERO_ID = str(uuid.UUID(int=0))


def ms_date(moment):
    """:return: ``/Date(ms+0000)/``; a ``date`` is midnight UTC"""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), timezone.utc)
    return f'/Date({(moment - EPOCH) // TICK}+0000)/'


def read_date(text):
    """Read a date from a request: ``YYYY-MM-DD``, ISO date-time (an offset can shift the day) or ``/Date(ms)/``.

    :raise ValueError: for anything else
    """
    found = MS_DATE.match(text)
    if found:
        return (EPOCH + int(found[1]) * TICK).date()
    if len(text) == 10:
        return date.fromisoformat(text)
    if len(text) < 19:
        raise ValueError(text)
    moment = datetime.fromisoformat(text.replace('Z', '+00:00'))
    return (moment.astimezone(timezone.utc) if moment.tzinfo else moment).date()


def jsonable(value, unitdp=2):
    """Render a document for the wire; keys that begin with ``_`` stay here, dates get their ``…String`` twin.

    A date that is text already gets none: that is how a store leaves it out where Xero has none.

    :param int unitdp: decimals of ``UnitAmount``
    """
    if isinstance(value, dict):
        shown = {}
        for key, part in value.items():
            if key.startswith('_') or part is None:
                continue
            if key in DAY_TWINS and isinstance(part, date):
                shown[f'{key}String'] = f'{part.isoformat()}T00:00:00'
            shown[key] = jsonable(rounded(part, unitdp) if key == 'UnitAmount' else part, unitdp)
        return shown
    if isinstance(value, list):
        return [jsonable(part, unitdp) for part in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return ms_date(value)
    return value
