"""Texts as Xero takes them."""

import mimetypes
import re
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any, Literal

from anyascii import anyascii

from ..const import EMAIL_LENGTH, EMAIL_LOCAL_LENGTH, FILE_NAME_FORBIDDEN, FILE_NAME_LENGTH, FILE_TYPES, NAME_LENGTH

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"     # no dot at either end, no two in a row
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])")
_INVISIBLE = ('Cc', 'Cf', 'Cs', 'Co', 'Cn')
_STRIPPED = (*_INVISIBLE, 'So', 'Sk', 'Me')
_VARIATIONS = range(0xFE00, 0xFE10)     # of the character before, such as "as emoji"
_PICTURES = (range(0x2300, 0x27C0), range(0x2B00, 0x2C00), range(0x1F000, 0x20000))   # blocks of symbols that screens show as emoji
_LINE_END = re.compile('\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]')
_TYPES = mimetypes.MimeTypes()          # Python's own table, whatever the machine knows besides
_MARK = re.compile('["\'’«»“”„‘‚‹›`´]')
# Signs of which the general transliteration makes something that nobody reads in a number
_SIGNS = {'°': 'o', '˚': 'o', 'º': 'o', 'ª': 'a', '·': '.', '•': '.', '…': '...', '\N{REPLACEMENT CHARACTER}': ''}

Text = str | Literal[False] | None    # as Odoo has it: a false value for no text


# === LENGTH === #

def text_length(text: str) -> int:
    """Return the length of a text as Xero counts it: in UTF-16 code units, of which an emoji has two."""
    return len(text) if text.isascii() else len(text) + sum(char > '\uffff' for char in text)


def cut(text: str, length: int) -> str:
    """Return the start of a text, of at most ``length`` UTF-16 units, without a part of a combined character or a space at its end."""
    if text_length(text) <= length:
        return text
    ends = accumulate(1 + (char > '\uffff') for char in text)
    position = next(position for position, end in enumerate(ends) if end > length)
    whole = position
    while whole and _continues(text[whole]):
        whole -= 1
    return text[:whole or position].rstrip()


def shorten(text: str, length: int) -> str:
    """Return a text of at most ``length`` UTF-16 units; an ellipsis shows where it was cut."""
    return text if text_length(text) <= length else cut(text, length - 1) + '…'


def _continues(char: str) -> bool:
    """Return whether a character belongs to the one before it, such as an accent or the colour of an emoji."""
    return unicodedata.category(char)[0] == 'M' or '\U0001F3FB' <= char <= '\U0001F3FF'


# === THE CLEANER === #

def clean_lines(text: Text, length: int) -> str:
    """Return a text as a field of several lines takes it: nothing invisible, single spaces, line ends as ``\\n``.

    Every text that goes to Xero passes this function or `clean_line`. Xero refuses a body with control characters, and stores spaces,
    line ends and characters that consist of several in a form of its own.

    :param text: str, or a false value for no text.
    :param int length: UTF-16 units at most; more are cut off.
    """
    text = text or ''
    if not _LINE_END.search(text):
        return clean_line(text, length)
    lines = [_clean(line) for line in _LINE_END.split(text)]
    return cut('\n'.join(lines).strip(), length)


def clean_line(text: Text, length: int, has_ellipsis: bool = False) -> str:
    """Return a text in one line: nothing invisible, single spaces, at most ``length`` UTF-16 units.

    :param text: str, or a false value for no text.
    :param bool has_ellipsis: whether people shall see where it was cut.
    """
    return (shorten if has_ellipsis else cut)(_clean(text or ''), length)


def _clean(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        # Spaces first: tabs and line ends are control characters, too
        kept = ''.join(
            ' ' if char.isspace() else char
            for char in text if char.isspace() or unicodedata.category(char) not in _INVISIBLE)
        text = unicodedata.normalize('NFC', kept)
    return ' '.join(text.split())


def first_text(candidates: Iterable[Text], length: int) -> str:
    """Return the first of several texts of which Xero keeps something, cleaned; ``-`` if there is none.

    :param candidates: iterable of str or false values, from the best on.
    """
    # One by one: to compute the next one may cost a query
    for candidate in candidates:
        text = clean_lines(candidate, length)
        if text and (text.isascii() or fold(text)):
            return text
    return '-'


def clean_element(element: Any, limits: Mapping[str, tuple[int, bool]]) -> Any:
    """Return a copy of an element with its texts cleaned, at any depth: the last look before it leaves.

    What is built field by field is clean already. This keeps fields of other modules, and fields that come, from being forgotten.

    :param element: of JSON: dicts and lists of values.
    :param dict limits: name of a field to its length and whether it may have lines (`const.TEXT_FIELDS`); others are left alone.
    """
    if isinstance(element, list):
        return [clean_element(value, limits) for value in element]
    if not isinstance(element, dict):
        return element
    cleaned = {}
    for name, value in element.items():
        if isinstance(value, str):
            if name in limits:
                length, has_lines = limits[name]
                value = clean_lines(value, length) if has_lines else clean_line(value, length)
        elif isinstance(value, dict | list):
            value = clean_element(value, limits)
        cleaned[name] = value
    return cleaned


# === COMPARING === #

def fold(text: Text) -> str:
    """Return the form in which two texts are compared when one of them has been in Xero.

    Xero strips emoji (its own screens do so later, too), trims, and normalises line ends and runs of spaces. Two texts that differ
    only in such things are the same text.

    :param text: str, or a false value for no text.
    """
    return ' '.join(unicodedata.normalize('NFC', text or '').translate(_FOLDED).split())


class _Folded(dict[int, str | None]):
    """The table of `fold` for `str.translate`: code of a character → what it becomes. Filled as characters come."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        self[code] = ' ' if char.isspace() else None if self._is_stripped(char) else char
        return self[code]

    def _is_stripped(self, char: str) -> bool:
        """Return whether Xero may drop a character: symbols such as emoji with what modifies them, what is invisible, what has no 16-bit code."""
        return ord(char) > 0xFFFF or ord(char) in _VARIATIONS or unicodedata.category(char) in _STRIPPED


_FOLDED = _Folded()


def loose_key(name: Text) -> str:
    """Return the form in which names are alike that differ in case, accents, quotation marks, or what `fold` leaves out.

    It is for offering contacts to a person, never for deciding.
    """
    decomposed = unicodedata.normalize('NFKD', _MARK.sub('', fold(name)).casefold())
    return fold(''.join(char for char in decomposed if not unicodedata.combining(char)))


# === NAMES === #

def clean_contact_name(name: Text) -> str:
    """Return a name as Xero keeps it: no ``<`` or ``>``, no emoji, single spaces, 255 UTF-16 units.

    :return: ``''`` if nothing is left that could be a name.
    """
    return clean_line(without_emoji(_unbracketed(name)), NAME_LENGTH, has_ellipsis=True)


def contact_name_keys(name: Text) -> set[str]:
    """Return the forms in which Xero may know a name of ours, in lower case: shortened as we do it, and cut off as Xero does it.

    There is none for a name with emoji: without them, it may be somebody else's.
    """
    whole = _clean(_unbracketed(name))
    if not whole or whole != _clean(without_emoji(whole)):
        return set()
    return {form.casefold() for form in (shorten(whole, NAME_LENGTH), cut(whole, NAME_LENGTH))}


def _unbracketed(name: Text) -> str:
    return (name or '').replace('<', ' ').replace('>', ' ')


def without_emoji(text: str) -> str:
    """Return a text without emoji and what modifies them; signs such as ®, ° and № stay."""
    return ''.join(char for char in text if not _is_picture(char)) if not text.isascii() else text


def _is_picture(char: str) -> bool:
    code = ord(char)
    return code in _VARIATIONS or unicodedata.category(char) == 'Me' or (
        any(code in block for block in _PICTURES) and unicodedata.category(char) in ('So', 'Sk', 'Cn'))


def clean_file_name(name: Text, mimetype: Text = None) -> str:
    """Return the name of a file as Xero allows it, with its ending, never empty and never a step to another folder.

    :param str mimetype: type of the file's content, which gives an ending to a name without one.
    """
    cleaned = ''.join('-' if char in FILE_NAME_FORBIDDEN else char for char in _clean(name or '')).strip('. ')
    stem, dot, ending = cleaned.rpartition('.')
    ending_of_type = _ending(mimetype)
    if not dot or not stem or not _is_ending(ending, ending_of_type):
        stem, dot, ending = cleaned, '.' if ending_of_type else '', ending_of_type
    return f'{cut(stem or "file", FILE_NAME_LENGTH - len(ending) - len(dot))}{dot}{ending}'


def _ending(mimetype: Text) -> str:
    """Return the ending of files of a type, ``''`` if none is known."""
    mimetype = (mimetype or '').partition(';')[0].strip().lower()
    known = next((ending for ending, types in FILE_TYPES.items() if mimetype in types), '')
    if known or not mimetype or mimetype == 'application/octet-stream':
        return known
    return (_TYPES.guess_extension(mimetype) or '').lstrip('.')


def _is_ending(ending: str, ending_of_type: str) -> bool:
    """Return whether the last part of a name says what the file is: one that nobody knows, such as the 2 of "Scan v1.2", does not."""
    if ending_of_type in FILE_TYPES:
        return ending.lower() in FILE_TYPES     # "Letter from J.C", "Invoice of open.ai" are no sources
    is_known = ending.lower() in FILE_TYPES or any(_TYPES.guess_type(f'file.{ending}'))
    return is_known or (not ending_of_type and 0 < len(ending) <= 10 and ending.isalnum())


def file_ending(name: str) -> str:
    """Return the ending of a file's name in lower case, without the dot; ``''`` if it has none."""
    return name.rpartition('.')[2].lower() if '.' in name else ''


def numbered_file_name(name: str, number: int) -> str:
    """Return the name for one more file of the same name: ``scan.pdf`` becomes ``scan (2).pdf``."""
    stem, dot, ending = name.rpartition('.')
    suffix = f' ({number})'
    if not dot:
        stem, ending = name, ''
    return f'{cut(stem, FILE_NAME_LENGTH - len(ending) - len(dot) - len(suffix))}{suffix}{dot}{ending}'


# === PLAIN LETTERS === #

def ascii_text(text: Text, length: int) -> str:
    """Return a text in printable ASCII that people still recognise: letters of other scripts are transliterated.

    :param int length: characters at most; more are cut off.
    :return: ``''`` if nothing is left.
    """
    cleaned = _clean(text or '')
    if not cleaned.isascii():
        cleaned = _clean(''.join(_SIGNS.get(char) or anyascii(char) for char in without_emoji(cleaned) if _SIGNS.get(char) != ''))
    return cleaned[:length].rstrip()


def letters(text: Text, length: int) -> str:
    """Return the words of a text in the letters A to Z, as Xero wants the names of countries."""
    return clean_line(''.join(char if 'A' <= char.upper() <= 'Z' else ' ' for char in ascii_text(text, 10 * length)), length)


# === CODES === #

def code_key(text: Text) -> str:
    """Return a number like that of a tax payer in the form in which two of them are compared: capital letters and digits only."""
    return ''.join(char for char in (text or '').upper() if char.isalnum())


def digits(text: Text) -> str:
    """Return the digits of a text, by which two numbers of a bank account are compared; ``''`` for none."""
    return ''.join(char for char in text or '' if char in '0123456789')


def phone_number(text: Text, length: int) -> str:
    """Return a telephone number in one line, ``''`` if the text is none: no digits to call, or more than Xero takes."""
    number = clean_line(text, 10 * length)
    return number if len(digits(ascii_text(number, 10 * length))) >= 3 and text_length(number) <= length else ''


def first_email(text: Text) -> tuple[str | None, bool]:
    """Return the first usable address of a field that may hold several.

    :return: tuple of the address, None if there is none, and whether something in the text was left out.
    """
    parts = [part for part in re.split(r'[,;\s]+', _clean(text or '')) if '@' in part]
    for part in parts:
        address = part.lstrip('<("\'').rstrip('>)"\'.')
        if _ADDRESS.fullmatch(address) and len(address) <= EMAIL_LENGTH and len(address.partition('@')[0]) <= EMAIL_LOCAL_LENGTH:
            return address, len(parts) > 1
    return None, bool((text or '').strip())


def printable_ascii(text: str, length: int) -> str:
    """Return a text in printable ASCII: accents are dropped, other characters become ``?``.

    :param int length: characters at most; more are cut off.
    """
    if text.isascii() and text.isprintable():
        return text[:length]
    decomposed = unicodedata.normalize('NFKD', text)
    kept = ''.join(char for char in decomposed if not unicodedata.combining(char))
    return ''.join(char if ' ' <= char <= '~' else '?' for char in kept)[:length]
