"""Compare the sentences of the code that say what does not work with the rows of the guide, with `python3 -m dev messages`.

A message is a text that a person meets when something does not work, waits, differs or was not done. Rules decide which texts of the code these are:

- Python: what is translated and is a sentence; each text of an error that is raised, and of a constraint; the text of a failure of a call to Xero, which
  is shown in brackets (“Xero did not answer as it should (…)”) and in syncs; every text of the pages around the consent.
- JavaScript: what is translated and is a sentence.
- Views and templates: a sentence in a box (class `alert`); one that is shown on a condition and says what is not so (`PROBLEM`); the question before a
  button does something.
- Records: the subject and the paragraphs of a mail, and what a task is called.

A sentence ends as one or has a verb (`VERBS`), and does not begin like a part of another one (`PARTS`). `no_messages.py` lists what the rules find and is
no problem, with the reason.

The guide's rows are those of the tables in `docs/troubleshooting.md` and `docs/troubleshooting/` whose first column is called *message*. A cell may have
several messages, one a line (`<br>`). `normalised` says what counts as the same in code and guide.
"""
import ast
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from .no_messages import NO_MESSAGES

ROOT = Path(__file__).resolve().parents[1]
GUIDE = 'docs/troubleshooting.md', 'docs/troubleshooting/*.md'
HEADING = 'message'
PAGES = 'controllers'
CODE = PAGES, 'models', 'tools', 'wizard'
SCRIPTS = 'static/src/**/*.js'
VIEWS = 'views/*.xml', 'wizard/*.xml', 'static/src/**/*.xml'
RECORDS = 'data/*.xml'

# What stands for everything that is put into a text
VARIABLE = '…'
VERBS = re.compile(
    r'\b(?:is|are|was|were|has|have|does|do|did|can|cannot|could|may|must|needs?|waits?|waiting|waited|differs?|resumes|goes|try|lost|refused)\b')
PARTS = re.compile(r'(?:whose|that|which|with|without|in|dated)\b|, ')
LEAST_WORDS = 3
PROBLEM = re.compile(r'\b(?:not|no|nobody|nothing|cannot|waits?|otherwise|only)\b')

TRANSLATED = '_', '_lt'
CONSTRAINTS = 'Constraint', 'UniqueIndex'
# Errors for programmers
NOT_SHOWN = 'ValueError', 'TypeError', 'NotImplementedError'
# Elements of views within a text, in which nothing else is
INLINE = {'a', 'b', 'br', 'code', 'em', 'field', 'i', 'span', 'strong', 't', 'widget'}
CONDITIONS = 'invisible', 't-if', 't-elif', 't-else'


def messages():
    """Return the messages of the code: a dict of the normalised text and where it is (path from the root; with the line in Python)."""
    no_messages = {normalised(text) for text in _exceptions()}
    return {text: place for text, place in _found().items() if text not in no_messages}


def rows():
    """Return the messages of the guide: a list of the normalised text and the path of its page."""
    found = []
    for page in _files(*GUIDE):
        heading = None
        for line in page.read_text().splitlines():
            cells = [cell.strip() for cell in re.split(r'(?<!\\)\|', line)[1:-1]]
            if not cells:
                heading = None
            elif heading is None:
                heading = cells[0]
            elif heading == HEADING and cells[0].strip('-:'):
                found += [(normalised(text), page.relative_to(ROOT)) for text in cells[0].split('<br>')]
    return found


def differences():
    """Return what the guide lacks, and what it or the list of exceptions has too much: a list of lines."""
    found, code, guide = _found(), messages(), rows()
    listed = [text for text, _page in guide]
    return [
        *(f"{place}: no row for: {text}" for text, place in code.items() if text not in listed),
        *(f"{page}: no message of the code: {text}" for text, page in guide if text not in code),
        *(f"in several rows: {text}" for text in dict.fromkeys(listed) if listed.count(text) > 1),
        *(f"dev/no_messages.py: not in the code: {text}" for text in _exceptions() if normalised(text) not in found),
    ]


def normalised(text):
    """Return a text as it is compared: “…” for what is put into it; no tags, marks of Markdown, quotation marks and line ends."""
    text = re.sub(r'%(?:\(\w+\))?[sd]', VARIABLE, text).replace('%%', '%')
    text = re.sub(r'</?[a-zA-Z][^<>]*>|[“”"*`]', '', text).replace(r'\|', '|')
    return re.sub(rf'{VARIABLE}(?: ?{VARIABLE})+', VARIABLE, ' '.join(text.split()))


def is_sentence(text):
    """Return whether a text says something. Otherwise it only names something, or is a part of a sentence."""
    text = normalised(text)
    if PARTS.match(text) or len(text.split()) < LEAST_WORDS:
        return False
    return bool(re.search(r'[.?]\)?(?: |$)', text) or VERBS.search(text.lower()))


# === PYTHON === #

def texts_of_python(source, is_page=False):
    """Yield each message in the source of a module, with its line.

    :param bool is_page: every translated text counts.
    """
    tree = ast.parse(source)
    raised = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc for part in ast.walk(node.exc)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, 'id', '')
        if name in TRANSLATED:
            texts = [text for text in _literals(*node.args[:1]) if is_page or id(node) in raised or is_sentence(text)]
        elif name in CONSTRAINTS:
            texts = _literals(*node.args[1:])
        elif name.startswith('Xero') or (id(node) in raised and name.endswith('Error') and name not in NOT_SHOWN):
            texts = _literals(*node.args[:1])
        else:
            continue
        yield from ((text, node.lineno) for text in texts)


def _literals(*nodes):
    """Return the texts that are written out in expressions."""
    found = []
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
        elif isinstance(node, ast.JoinedStr):
            found.append(''.join(part.value if isinstance(part, ast.Constant) else VARIABLE for part in node.values))
        elif isinstance(node, ast.IfExp):
            found += _literals(node.body, node.orelse)
    return found


# === JAVASCRIPT === #

def texts_of_javascript(source):
    """Yield each message in the source of a script."""
    for quote, text in re.findall(r'''\b_t\(\s*(["'`])(.*?)(?<!\\)\1''', source, re.DOTALL):
        if is_sentence(text):
            yield text.replace(f'\\{quote}', quote)


# === VIEWS AND RECORDS === #

def texts_of_view(root):
    """Yield each message in a view or a template.

    :param root: `Element`.
    """
    yield from (question for element in root.iter() if (question := element.get('confirm')))
    for text, is_in_box in _lines(root):
        is_whole = re.match(rf'[A-Z{VARIABLE}]', text) and re.search(r'[.?:…](?: |$)', text) and is_sentence(text)
        if is_whole and (is_in_box or PROBLEM.search(text.lower())):
            yield text


def texts_of_records(root):
    """Yield each message in a file of records."""
    for field in root.iterfind(".//record[@model='mail.activity.type']/field[@name='summary']"):
        yield field.text
    for template in root.iterfind(".//record[@model='mail.template']"):
        yield from (re.sub(r'\{\{.*?\}\}', VARIABLE, field.text) for field in template.iterfind("field[@name='subject']"))
        yield from (text for text, _is_in_box in _lines(template, is_conditional=True) if re.search(r'[.:]$', text) and is_sentence(text))


def _lines(element, is_in_box=False, is_conditional=False):
    """Return the lines of text in an element that are in a box or shown on a condition: a list of the text and whether it is in a box."""
    is_in_box = is_in_box or 'alert' in (element.get('class') or '').split()
    is_conditional = is_conditional or _has_condition(element)
    found, line = [], [element.text or '']

    def end_line():
        text = ' '.join(''.join(line).split())
        if (is_in_box or is_conditional) and text.strip(VARIABLE + ' .,:()'):
            found.append((text, is_in_box))
        line.clear()

    for child in element:
        if isinstance(child.tag, str):
            if any(_has_condition(part) or part.tag not in INLINE for part in child.iter() if isinstance(part.tag, str)):
                end_line()
                found += _lines(child, is_in_box, is_conditional)
            else:
                line.append(_inline_text(child))
        line.append(child.tail or '')
    end_line()
    return found


def _inline_text(element):
    if element.tag in ('field', 'widget') or element.get('t-out'):
        return VARIABLE
    return ''.join([element.text or '', *(part for child in element for part in (_inline_text(child), child.tail or ''))])


def _has_condition(element):
    return any(element.get(name) is not None for name in CONDITIONS)


# === THE FILES === #

def _files(*patterns):
    return [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]


def _found():
    """Return all texts that the rules find, as `messages`."""
    found = {}

    def add(text, place):
        found.setdefault(normalised(text), place)

    for folder in CODE:
        for path in _files(f'{folder}/**/*.py'):
            for text, line in texts_of_python(path.read_text(), is_page=folder == PAGES):
                add(text, f'{path.relative_to(ROOT)}:{line}')
    for path in _files(SCRIPTS):
        for text in texts_of_javascript(path.read_text()):
            add(text, f'{path.relative_to(ROOT)}')
    for rule, patterns in ((texts_of_view, VIEWS), (texts_of_records, [RECORDS])):
        for path in _files(*patterns):
            for text in rule(ElementTree.parse(path).getroot()):
                add(text, f'{path.relative_to(ROOT)}')
    return found


def _exceptions():
    return [text for texts in NO_MESSAGES.values() for text in texts]
