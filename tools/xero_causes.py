"""From Xero's words to a cause.

Xero gives validation errors no codes, and its wording changes: so messages are recognised by
fragments, and whatever is not recognised is ``data``, with Xero's own text beside it.
"""

# Fragments in lower case [P 5.8]. The first that occurs decides: so what Xero complains about stands before
# what it may mention in passing ("Contact the API support team", "cannot be used with account code '200'").
_FRAGMENTS = (
    # Xero's own trouble inside an element: not saved, and not the document's fault
    ('an error occurred in xero', 'xero'),
    ('unhandled error with the xero api', 'xero'),

    ('correct permissions', 'permission'),
    ('reached the limit of invoices', 'plan'),

    ('# must be unique', 'number'),
    # A voided document keeps its number: met again, it "cannot be modified"
    ('not of valid status for modification', 'number'),

    ('contact name', 'contact'),
    ('contact number', 'contact'),
    ('contact details', 'contact'),
    ('contact must', 'contact'),
    ('contact cannot be empty', 'contact'),
    ('paid to name', 'contact'),
    ('valid for contacts', 'contact'),
    ('archived contacts', 'contact'),
    ('email address', 'contact'),
    ('website must be valid', 'contact'),

    ('lock date', 'date'),
    ('due date', 'date'),
    ('duedate', 'date'),
    ('date field', 'date'),
    ('date cannot be changed', 'date'),

    # Before the tax rate: of a line whose account it does not know, Xero says both
    ('account must be valid', 'account'),

    ('tax amount', 'tax'),
    ('taxtype', 'tax'),
    ('tax type', 'tax'),
    ('tax rate', 'tax'),

    ('account code', 'account'),
    ('account could not be found', 'account'),

    ('line total', 'amount'),
    ('sum of the lines', 'amount'),
    ('total for this document', 'amount'),
    ('total debits', 'amount'),
    ('quantity value', 'amount'),
    ('discount', 'amount'),
    ('amount exceeds', 'amount'),

    ('currency', 'currency'),
    ('tracking', 'tracking'),
)


def cause_of(messages):
    """Return the cause that a refusal is grouped by, see :func:`deciding`."""
    return deciding(messages)[0]


def deciding(messages):
    """Return the cause that a refusal is grouped by, and the message that decided it: the one to quote.

    :param list messages: Xero's validation messages for one element.
    :return: tuple of ``contact``, ``number``, ``date``, ``currency``, ``account``, ``tax``, ``tracking``, ``amount``,
        ``plan``, ``permission``, ``xero`` (its own trouble: worth another try) or ``data`` for anything else, and the
        message; of ``data`` the first one, empty text if there is none.
    """
    found = ((cause, message) for fragment, cause in _FRAGMENTS for message in messages if fragment in message.lower())
    return next(found, ('data', next(iter(messages), '')))
