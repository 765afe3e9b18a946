"""Texts as Xero takes them."""

import re
import sys
import unicodedata

from ..const import EMAIL_LENGTH, FILE_NAME_FORBIDDEN, FILE_NAME_LENGTH, NAME_LENGTH

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_UNPRINTABLE = ('Cc', 'Cf', 'Zl', 'Zp')
_STRIPPED = ('Cc', 'Cf', 'Cs', 'Co', 'Cn', 'So', 'Sk', 'Me')
_VARIATIONS = range(0xFE00, 0xFE10)     # of the character before, such as "as emoji"


def shorten(text, length):
    """Return a text of at most ``length`` characters; an ellipsis shows where it was cut."""
    return text if len(text) <= length else text[:length - 1] + '…'


def clean_line(text, length):
    """Return a text in one line: no control characters, single spaces, at most ``length`` characters.

    :param text: str, or a false value for no text.
    """
    printable = ''.join(' ' if unicodedata.category(char) in _UNPRINTABLE else char for char in text or '')
    return shorten(' '.join(printable.split()), length)


def fold(text):
    """Return the form in which two texts are compared when one of them has been in Xero.

    Xero strips emoji (its own screens do so later, too), trims, and normalises line ends and runs of spaces. Two texts that differ
    only in such things are the same text.

    :param text: str, or a false value for no text.
    """
    composed = unicodedata.normalize('NFC', text or '')
    kept = ''.join(' ' if char.isspace() else char for char in composed if char.isspace() or not _is_stripped(char))
    return ' '.join(kept.split())


def _is_stripped(char):
    """Return whether Xero may drop a character: symbols such as emoji with what modifies them, what is invisible, what has no 16-bit code."""
    return ord(char) > 0xFFFF or ord(char) in _VARIATIONS or unicodedata.category(char) in _STRIPPED


def clean_contact_name(name):
    """Return a name as Xero allows it: no ``<`` or ``>``, single spaces, 255 characters.

    :return: ``''`` if nothing is left that could be a name.
    """
    return clean_line(name.replace('<', ' ').replace('>', ' '), NAME_LENGTH)


def clean_file_name(name):
    """Return the name of a file as Xero allows it, with its ending, never empty and never a step to another folder."""
    cleaned = clean_line(''.join('-' if char in FILE_NAME_FORBIDDEN else char for char in name or ''), sys.maxsize).strip('. ')
    stem, dot, ending = cleaned.rpartition('.')
    if not dot or len(ending) > 10:
        stem, dot, ending = cleaned, '', ''
    return f'{(stem or "file")[:FILE_NAME_LENGTH - len(ending) - len(dot)]}{dot}{ending}'


def numbered_file_name(name, number):
    """Return the name for one more file of the same name: ``scan.pdf`` becomes ``scan (2).pdf``."""
    stem, dot, ending = name.rpartition('.')
    suffix = f' ({number})'
    if not dot:
        stem, ending = name, ''
    return f'{stem[:FILE_NAME_LENGTH - len(ending) - len(dot) - len(suffix)]}{suffix}{dot}{ending}'


def letters(text, length):
    """Return the words of a text without anything that is not a letter, as Xero wants the names of countries."""
    return clean_line(''.join(char if char.isalpha() else ' ' for char in text or ''), length)


def code_key(text):
    """Return a number like that of a tax payer in the form in which two of them are compared: capital letters and digits only."""
    return ''.join(char for char in (text or '').upper() if char.isalnum())


def digits(text):
    """Return the digits of a text, by which two numbers of a bank account are compared; ``''`` for none."""
    return ''.join(char for char in text or '' if char in '0123456789')


def first_email(text):
    """Return the first usable address of a field that may hold several.

    :return: tuple of the address, None if there is none, and whether something in the text was left out.
    """
    parts = [part for part in re.split(r'[,;\s]+', text or '') if '@' in part]
    for part in parts:
        address = part.strip('<>()"\'.')
        if _ADDRESS.fullmatch(address) and len(address) <= EMAIL_LENGTH:
            return address, len(parts) > 1
    return None, bool((text or '').strip())


def printable_ascii(text, length):
    """Return a text in printable ASCII: accents are dropped, other characters become ``?``.

    :param int length: characters at most; more are cut off.
    """
    decomposed = unicodedata.normalize('NFKD', text)
    kept = ''.join(char for char in decomposed if not unicodedata.combining(char))
    return ''.join(char if ' ' <= char <= '~' else '?' for char in kept)[:length]
