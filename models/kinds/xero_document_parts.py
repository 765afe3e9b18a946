"""The parts of an invoice, bill or credit note: how each is compared with Xero, cleared, shown, and allowed on a paid document.

`remote` is the element, or the line, in Xero.
"""
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from odoo.tools import LazyTranslate

from ...tools.xero_elements import MARK, read_date
from ...tools.xero_money import json_number, line_amount, to_decimal
from ...tools.xero_text import fold

_lt = LazyTranslate(__name__)

# What happens to a key of a line in Xero that our line does not have: Xero keeps or computes it, or the line must be a new one
LEFT_TO_XERO, NEW_LINE = object(), object()


# === LINES === #

def line_net(line):
    """Return the net amount of a line, sent or answered."""
    if line.get('LineAmount') is not None:
        return to_decimal(line['LineAmount'])
    return line_amount(*(_number(line, name) for name in ('Quantity', 'UnitAmount', 'DiscountRate')))


def is_nothing(line):
    """Return whether a line totals 0.00: Xero drops its account and tax, so their absence is no edit."""
    return not line_net(line)


def tracked_options(line):
    """Return the ids of the tracking options of a line, of a document or a manual journal."""
    return {option.get('TrackingOptionID') for option in line.get('Tracking') or ()}


def _number(values, name):
    return to_decimal(values.get(name) or 0)


def _number_words(line, name):
    return json_number(_number(line, name))


def _same_number(name, line, remote):
    return _number(line, name) == _number(remote, name)


def _same_text(name, line, remote):
    return fold(line.get(name)) == fold(remote.get(name))


def _same_if_named(name, line, remote):
    return name not in line or line[name] == remote.get(name)


def _same_number_if_named(name, line, remote):
    return name not in line or _same_number(name, line, remote)


def _same_options(name, line, remote):
    options, theirs = line.get(name) or [], remote.get(name) or []
    return len(options) == len(theirs) and all(any(option.items() <= other.items() for other in theirs) for option in options)


@dataclass(frozen=True)
class LineKey:
    """A key of a line.

    `source` is the part of `_stored_parts` from which it is built. `is_same` compares two lines (key, ours, Xero's); None: the key is never
    compared. `content` returns the value by which two answers are compared; None: they are not compared by it. `on_zero`: lines of 0.00 are
    compared by it too. `when_paid`: Xero allows a change on a paid document (https://developer.xero.com/documentation/api/accounting/invoices).
    `cleared` is sent if the line in Xero has a value and ours has none. `words` returns the value for people, shown at the position `place`.
    """
    source: str
    is_same: Callable | None = None
    content: Callable | None = None
    on_zero: bool = False
    when_paid: bool = False
    cleared: object = LEFT_TO_XERO
    words: Callable | None = None
    place: int = 0


# The order is that of the fingerprints of answers, which exports store
LINE_KEYS = {
    'Description': LineKey(
        'Description', _same_text, lambda line: fold(line.get('Description')), on_zero=True, when_paid=True, cleared='',
        words=lambda line: line.get('Description'), place=3),
    'Quantity': LineKey(
        'UnitAmount', _same_number, lambda line: _number_words(line, 'Quantity'), on_zero=True, cleared=NEW_LINE,
        words=lambda line: f"{_number_words(line, 'Quantity')} × {_number_words(line, 'UnitAmount')}", place=1),
    'UnitAmount': LineKey('UnitAmount', _same_number, lambda line: _number_words(line, 'UnitAmount'), on_zero=True, cleared=NEW_LINE),
    'DiscountRate': LineKey(
        'UnitAmount', _same_number, lambda line: _number_words(line, 'DiscountRate'), on_zero=True, cleared=NEW_LINE,
        words=lambda line: line.get('DiscountRate') and f"−{_number_words(line, 'DiscountRate')} %", place=2),
    'DiscountAmount': LineKey('UnitAmount', cleared=NEW_LINE),
    'AccountCode': LineKey(
        'AccountCode', _same_if_named, lambda line: line.get('AccountCode') or line.get('AccountID'), when_paid=True,
        words=lambda line: line.get('AccountCode'), place=4),
    'AccountID': LineKey('AccountCode', _same_if_named, when_paid=True),
    'TaxType': LineKey('TaxType', _same_if_named, lambda line: line.get('TaxType'), words=lambda line: line.get('TaxType'), place=5),
    # Tax that Xero computes itself shows in the total
    'TaxAmount': LineKey('TaxType', _same_number_if_named, lambda line: _number_words(line, 'TaxAmount')),
    'Tracking': LineKey(
        'Tracking', _same_options, lambda line: sorted(option.get('TrackingOptionID') or '' for option in line.get('Tracking') or []),
        when_paid=True, cleared=[],
        words=lambda line: ', '.join(option['Option'] for option in line.get('Tracking') or [] if option.get('Option')), place=6),
}
LINE_PARTS = frozenset(key.source for key in LINE_KEYS.values())
LINE_WHEN_PAID = frozenset(name for name, key in LINE_KEYS.items() if key.when_paid)
LINE_AMOUNTS = frozenset(('Quantity', 'UnitAmount', 'DiscountRate'))
_SHOWN = sorted((key for key in LINE_KEYS.values() if key.words), key=lambda key: key.place)


def differing_line_keys(line, remote):
    """Return the set of keys in which a line of ours differs from one in Xero."""
    both_nothing = is_nothing(line) and is_nothing(remote)
    return {
        name for name, key in LINE_KEYS.items()
        if key.is_same and (key.on_zero or not both_nothing) and not key.is_same(name, line, remote)}


def line_content(line):
    """Return the content of a line of an answer, by which two answers are compared."""
    nothing = is_nothing(line)
    return [key.content(line) for key in LINE_KEYS.values() if key.content and (key.on_zero or not nothing)]


def line_words(line):
    """Return a line for people; a line without a quantity is only a text."""
    if not line.get('Quantity'):
        return line.get('Description') or ''
    return ', '.join(filter(None, (key.words(line) for key in _SHOWN)))


def changed_line(line, remote):
    """Return a line of ours as a change of the one in Xero, with its id. Keys that ours does not have are cleared.

    For a line with an id, Xero keeps the keys that are not sent. If that is a discount or an amount, the line is sent as a new one.
    """
    lacking = {name: key.cleared for name, key in LINE_KEYS.items() if remote.get(name) and name not in line}
    if any(cleared is NEW_LINE for cleared in lacking.values()):
        return line
    return {**{name: cleared for name, cleared in lacking.items() if cleared is not LEFT_TO_XERO}, **line, 'LineItemID': remote['LineItemID']}


# === THE DOCUMENT === #

def _text(element, name):
    return fold(element.get(name))


def _contact(element, name):
    return (element.get(name) or {}).get('ContactID')


def _lines(element, name):
    return list(map(line_content, element.get(name) or []))


@dataclass(frozen=True)
class HeaderPart:
    """A part of an element.

    `value` returns the value by which two elements are compared. `when_paid`: as of `LineKey`. `sources` are the parts of `_stored_parts`
    that change it, besides the one of its own name. `label` is its name for people; `is_content`: it is part of what was invoiced. `alarm` is
    the policy of the connection that shows a change in Xero to people.
    """
    value: Callable = _text
    label: object = None
    when_paid: bool = False
    sources: frozenset = frozenset()
    is_content: bool = True
    alarm: str = 'alarm_lines'


HEADER_PARTS = {
    'Contact': HeaderPart(_contact, _lt("contact"), when_paid=True, alarm='alarm_contact'),
    'InvoiceNumber': HeaderPart(label=_lt("number"), when_paid=True, alarm='alarm_number'),
    'CreditNoteNumber': HeaderPart(label=_lt("number"), when_paid=True, alarm='alarm_number'),
    'Date': HeaderPart(read_date, _lt("date"), alarm='alarm_dates'),
    'DueDate': HeaderPart(read_date, _lt("due date"), when_paid=True, alarm='alarm_dates'),
    'Reference': HeaderPart(label=_lt("reference"), when_paid=True),
    'CurrencyCode': HeaderPart(label=_lt("currency"), alarm='alarm_amount'),
    'CurrencyRate': HeaderPart(_number, _lt("currency rate"), alarm='alarm_amount'),
    'LineAmountTypes': HeaderPart(),
    'LineItems': HeaderPart(_lines, _lt("lines"), when_paid=True, sources=LINE_PARTS),
    MARK: HeaderPart(when_paid=True, is_content=False),
    'Total': HeaderPart(_number, sources=frozenset(('UnitAmount', 'TaxType')), alarm='alarm_amount'),
}
HEADER_WHEN_PAID = frozenset(name for name, part in HEADER_PARTS.items() if part.when_paid)


def is_same_part(name, ours, remote):
    """Return whether a part of a document is the same in ours and in Xero."""
    if name == MARK:
        # A document that is not approved cannot have the mark yet, and a paid one does not need it
        return not ours[name] or bool(remote.get(name)) or remote['Status'] != 'AUTHORISED'
    if name == 'LineItems':
        lines, remote_lines = ours[name], remote.get(name) or []
        return len(lines) == len(remote_lines) and not any(map(differing_line_keys, lines, remote_lines))
    value = HEADER_PARTS[name].value
    return value(ours, name) == value(remote, name)


def content_of(name, element):
    """Return the content of a part of an answered element, by which two answers are compared."""
    value = HEADER_PARTS[name].value(element, name)
    return json_number(value) if isinstance(value, Decimal) else value


def changed_parts(sources):
    """Return a set of changed sources, and of the parts of a document that they change.

    :param set sources: names out of `_stored_parts`.
    """
    return sources | {name for name, part in HEADER_PARTS.items() if part.sources & sources}


def sources_of(parts):
    """Return the set of sources in `_stored_parts` of parts of a document, with these: the other way round.

    :param set parts: names of parts.
    """
    return parts.union(*(HEADER_PARTS[name].sources for name in parts if name in HEADER_PARTS))
