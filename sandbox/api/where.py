"""The ``where`` filter: comparisons, ``&&``, ``||``, ``guid("…")``, ``DateTime(…)``, ``Contains`` / ``StartsWith`` / ``EndsWith``."""
import operator
import re
from datetime import date, datetime, time
from decimal import Decimal

from .errors import unparsable_query

TOKEN = re.compile(r'''\s*(?:
    (?P<string>"[^"]*") | (?P<number>-?\d+(?:\.\d+)?) | (?P<operator>==|!=|>=|<=|&&|\|\||[=<>()!,]) | (?P<word>[A-Za-z_][\w.]*)
)''', re.VERBOSE)
COMPARE = {
    '==': operator.eq, '=': operator.eq, '!=': operator.ne, '>': operator.gt, '<': operator.lt, '>=': operator.ge, '<=': operator.le,
}
METHODS = {'Contains': str.__contains__, 'StartsWith': str.startswith, 'EndsWith': str.endswith}
CONSTANTS = {'true': True, 'false': False, 'null': None}


def predicate(text):
    """:return: a function from a row to bool; :raise ApiException: QueryParseException, also from that function on unguarded nulls"""
    parser = _Parser(text)
    test = parser.either()
    parser.end()
    return test


class _Parser:
    """Recursive descent over the tokens; every rule returns a function from a row to a value."""

    def __init__(self, text):
        self._text, self._tokens = text, []
        position = 0
        while position < len(text.rstrip()):
            found = TOKEN.match(text, position)
            if not found:
                raise unparsable_query(f'Expression is not valid: {text}')
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            position = found.end()
        self._tokens.append(('end', ''))

    def _next(self):
        return self._tokens.pop(0)

    def _accept(self, *words):
        if self._tokens[0][1] in words and self._tokens[0][0] in ('operator', 'word'):
            return self._next()[1]
        return None

    def _expect(self, word):
        if not self._accept(word):
            raise unparsable_query(f"'{word}' expected: {self._text}")

    def end(self):
        if self._tokens[0][0] != 'end':
            raise unparsable_query(f'Syntax error: {self._text}')

    def either(self):
        test = self._both()
        while self._accept('||', 'OR', 'or'):
            test = _either(test, self._both())
        return test

    def _both(self):
        test = self._comparison()
        while self._accept('&&', 'AND', 'and'):
            test = _both(test, self._comparison())
        return test

    def _comparison(self):
        if self._accept('('):
            test = self.either()
            self._expect(')')
            return test
        left = self._value()
        sign = self._accept(*COMPARE)
        return _compare(left, sign, self._value(), self._text) if sign else left

    def _value(self):
        kind, text = self._next()
        if kind == 'string':
            return _constant(text[1:-1])
        if kind == 'number':
            return _constant(Decimal(text))
        if kind != 'word':
            raise unparsable_query(f'Syntax error: {self._text}')
        if text.lower() in CONSTANTS:
            return _constant(CONSTANTS[text.lower()])
        if not self._accept('('):
            return lambda row: _path(row, text)
        arguments = []
        while not self._accept(')'):
            arguments.append(self._value())
            self._accept(',')
        return self._call(text, arguments)

    def _call(self, name, arguments):
        values = [argument(None) for argument in arguments]
        if name.lower() == 'guid' and len(values) == 1:
            return _constant(str(values[0]).lower())
        if name == 'DateTime':
            try:
                return _constant(datetime(*map(int, values)))
            except (TypeError, ValueError):
                raise unparsable_query(f'DateTime is not valid: {self._text}') from None
        field, _, method = name.rpartition('.')
        if method in METHODS and len(values) == 1:
            def test(row):
                value = _path(row, field)
                if value is None:
                    raise unparsable_query('Object reference not set to an instance of an object.')
                return METHODS[method](value, values[0])
            return test
        raise unparsable_query(f"No applicable method '{name}': {self._text}")


def _constant(value):
    return lambda row: value


def _either(left, right):
    return lambda row: left(row) or right(row)


def _both(left, right):
    return lambda row: left(row) and right(row)


def _path(row, path):
    """Follow ``Contact.Name``; names as they stand, else without regard to case (``InvoiceId``)."""
    if row is None:
        raise unparsable_query(f"Field '{path}' cannot stand here")
    for name in path.removesuffix('.Value').split('.'):
        if not isinstance(row, dict):
            raise unparsable_query(f"No property or field '{name}' exists")
        row = row[name] if name in row else next((value for key, value in row.items() if key.lower() == name.lower()), None)
    return row


def _compare(left, sign, right, text):
    def test(row):
        values = [_comparable(left(row)), _comparable(right(row))]
        guard = sign in ('==', '=', '!=') and right(row) is None
        if None in values and not guard:
            raise unparsable_query(f'Value cannot be null: {text}')
        try:
            return COMPARE[sign](*values)
        except TypeError:
            raise unparsable_query(f'Types cannot be compared: {text}') from None
    return test


def _comparable(value):
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return datetime.combine(value, time()) if isinstance(value, date) else value
