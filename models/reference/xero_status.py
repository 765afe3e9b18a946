"""Labels of Xero's status codes, as on Xero's own screens."""


def status_label(env, status):
    """Return the label of a status code.

    :param env: for the language.
    :param status: of a document, a manual journal, a contact or a row of reference data, as the Accounting API writes it; may be False.
    :return: the word on Xero's screens; the words of the code if it is unknown. Codes:
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
        'REFUSED': env._("Refused"),
    }.get(status) or (status and status.replace('_', ' ').capitalize())
