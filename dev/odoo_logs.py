"""What Odoo's logs say."""
import re


def complaints(log, what):
    """Print every entry of an Odoo log of level WARNING and above, and yield one sentence if there is any.

    Odoo itself causes none in what is run here, so there is no list of exceptions.

    :param Path log: of a program that has ended
    :param str what: the program ran, for the sentence
    """
    # An entry goes on over lines until the next one that starts with a time.
    entries = re.findall(
        r'^\d{4}-\S+ \S+ \d+ (?:WARNING|ERROR|CRITICAL) .*(?:\n(?!\d{4}-\d\d-\d\d ).*)*', log.read_text(), re.MULTILINE)
    for entry in entries:
        print(entry, flush=True)
    if entries:
        yield f"{len(entries)} warnings or errors in the log of {what} ({log})"
