"""What is wrong with a translation: `problems` for one text and `problems_of_file` for a language; docs/translating.md has the rules for people."""
import re
from collections import Counter
from functools import cache

import polib

from odoo.tools import file_open
from odoo.tools.translate import get_po_paths

PAGE = 'account_xero/docs/translating.md'
# Where the same text is in several of them, each one's translation will do.
ODOO_MODULES = ('account', 'base', 'mail', 'web')
# %s, %(name)s, %%
PLACEHOLDER = re.compile(r'%(?:\(\w+\))?[sdf%]')
TAG = re.compile(r'</?[a-zA-Z][^<>]*>')
# What the pointer shows, which is translated too
TITLE = re.compile(r' title="[^"]*"')
# What a sentence names: `problems_of_file` compares it with the screen
LABEL = re.compile(r'<em>([^<>]+)</em>')
CODE = re.compile(r'`[^`]+`|▸')
# How a text ends, with what means the same in other scripts
ENDS = {'.': '.。', ':': ':：', '…': '…', '?': '?？', '!': '!！'}
# Spellings of the United States. The texts have those of Xero, Australia and the United Kingdom, so `en_AU` and `en_GB` need no file.
US_SPELLING = re.compile(
    r'\b(?:organiz|authoriz|recogniz|realiz|summariz|synchroniz|customiz|analyz|favor|color|center\b|behavior|labor\b|catalog\b|cancel(?:ed|ing)\b'
    r'|label(?:ed|ing)\b|fulfill\b|installment|gray\b)\w*', re.IGNORECASE)


def problems(language, source, text):
    """Return what is wrong with the translation of one text, in words for the translator.

    :param str language: code of the language and of its .po file
    :param str source: the text in English
    :param str text: its translation
    """
    if not text:
        return ["is not translated"]
    odoo = odoo_translations(language).get(source, ())
    if text in odoo:
        return []
    found = []
    for name, pattern in (("placeholders", PLACEHOLDER), ("tags", TAG), ("code and arrows", CODE)):
        before, after = (Counter(TITLE.sub('', ' '.join(part.split())) for part in pattern.findall(one)) for one in (source, text))
        if before != after:
            found.append(f"{name}: {_listed(before - after)} missing, {_listed(after - before)} too many")
    if _edges(source) != _edges(text):
        found.append("blanks at the beginning or the end differ")
    if _end(source) != _end(text):
        found.append(f"ends with {text.rstrip()[-1]!r}, and the text with {source.rstrip()[-1]!r}")
    if (language, source) in exceptions():
        return found
    if odoo:
        return [*found, f"Odoo has {_listed(odoo)}"]
    rest = source
    for pattern in (LABEL, CODE, PLACEHOLDER, TAG):
        rest = pattern.sub(' ', rest)
    for term, forms in glossary(language):
        rest, times = term.subn(' ', rest)
        if times and not forms.search(text):
            found.append(f"glossary: {forms.pattern} for {term.pattern}")
    return found


def problems_of_file(language, file):
    """Return what is wrong with a translation as (text, words).

    :param polib.POFile file: it
    """
    found = [(entry.msgid, words) for entry in file for words in problems(language, entry.msgid, entry.msgstr)]
    found += [(entry.msgid, "is marked as fuzzy") for entry in file if entry.fuzzy]
    labels = {entry.msgid: entry.msgstr for entry in file}
    for entry in file:
        for label in LABEL.findall(entry.msgid):
            # What is on Xero's screens is in English.
            if entry.msgstr and label in labels and not any(f'<em>{word}</em>' in entry.msgstr for word in (label, labels[label])):
                found.append((entry.msgid, f"names {label!r}, which is {labels[label]!r} on the screen"))
    return found


@cache
def odoo_translations(language):
    """Return the translations that Odoo itself has, by text."""
    result = {}
    for module in ODOO_MODULES:
        for path in get_po_paths(module, language):
            with file_open(path) as file:
                for entry in polib.pofile(file.read()):
                    if entry.msgstr and not entry.obsolete:
                        result.setdefault(entry.msgid, {}).setdefault(entry.msgstr, module)
    return result


@cache
def glossary(language):
    """Return (pattern of an English term, pattern of the accepted forms) for a language, longest term first."""
    head, *rows = _table('Glossary')
    if language not in head:
        return []
    terms = [(row[0], row[head.index(language)]) for row in rows]
    return [
        (re.compile(rf'\b{re.escape(term)}(?:s|es)?\b', re.IGNORECASE), _pattern(forms))
        for term, forms in sorted(terms, key=lambda term: -len(term[0])) if forms]


@cache
def exceptions():
    """Return the (language, text) pairs that the page excepts from Odoo's translations and the glossary."""
    return {(row[0], row[1].strip('`')) for row in _table('Exceptions')[1:]}


def _table(title):
    """Return the rows of the table in a section of the page."""
    with file_open(PAGE) as file:
        section = file.read().partition(f'\n## {title}\n')[2].partition('\n## ')[0]
    rows = [[cell.strip() for cell in line.strip('|').split('|')] for line in section.splitlines() if line.startswith('|')]
    return [row for row in rows if not row[0].startswith('-')]


def _pattern(forms):
    """Return the pattern of the accepted forms of a term; "…" stands for an ending."""
    return re.compile('|'.join(re.escape(form.strip()).replace('…', r'\w*') for form in forms.split(' / ')), re.IGNORECASE)


def _edges(text):
    return text[:len(text) - len(text.lstrip())], text[len(text.rstrip()):]


def _end(text):
    last = text.rstrip()[-1:]
    return next((sign for sign, same in ENDS.items() if last in same), '') if last else ''


def _listed(values):
    return ', '.join(map(repr, values)) or "none"
