"""What Xero does to texts, whatever field they are in."""
import re
import unicodedata

from ..state import current_sandbox


def utf16_length(text):
    """:return: the length of a text in .NET, where a character beyond 16 bits has two units"""
    return len(text.encode('utf-16-le', 'surrogatepass')) // 2


def without_emoji(text):
    """:return: a text without pictures and what joins or colours them"""
    return ''.join(char for char in text if not (_is_picture(char) or ord(char) in (0x200D, 0x20E3, 0xFE0E, 0xFE0F)))


def _is_picture(char):
    code = ord(char)
    return (code > 0xFFFF or 0x2300 <= code < 0x27C0 or 0x2B00 <= code < 0x2C00) and unicodedata.category(char) in ('So', 'Sk')


def is_xml_character(char):
    """:return: whether a character may stand in XML 1.0, in which Xero keeps what it gets"""
    code = ord(char)
    return char in '\t\n\r' or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code > 0xFFFF


def stored_line(text):
    """:return: a reference as Xero stores it: trimmed, without emoji"""
    return (text if current_sandbox().keep_emoji else without_emoji(text)).strip()


def stored_text(text):
    """:return: a description as Xero stores it: line ends and runs of spaces normalised, too"""
    return re.sub(r' *\n *', '\n', re.sub(r'[ \t]+', ' ', stored_line(re.sub(r'\r\n?', '\n', text))))
