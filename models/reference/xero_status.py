"""Xero's status codes in the words of Xero's own screens."""


def status_label(env, status):
    """Return what a person reads instead of a status code.

    :param env: for the language.
    :param status: of a document, a manual journal, a contact or a row of reference data, as the Accounting API writes it; may be False.
    :return: the word of Xero's screens; a code that is not known here stays as it is. Codes:
        https://developer.xero.com/documentation/api/accounting/types
    """
    return {
        'DRAFT': env._("Draft"),
        'SUBMITTED': env._("Awaiting approval"),
        'AUTHORISED': env._("Awaiting payment"),
        'PAID': env._("Paid"),
        'POSTED': env._("Posted"),
        'VOIDED': env._("Voided"),
        'DELETED': env._("Deleted"),
        'ACTIVE': env._("Active"),
        'ARCHIVED': env._("Archived"),
    }.get(status, status)
