"""Why an export can fail: one entry for each cause, with everything that differs between causes.

A new cause is a new entry of `CAUSES` and a row of the guide's table of causes.
"""
from dataclasses import dataclass

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

# Who can fix a failed document, in the words of the guide
USER = "you, on the document or its contact"
ACCOUNTANT = "an invoice admin, in the mapping"
INVOICE_ADMIN = "an invoice admin, on the connection"
XERO_ADVISER = "an adviser of the organisation, in Xero"
NOBODY = "nobody: Odoo tries again every hour"


@dataclass(frozen=True)
class Cause:
    """A cause that failures are grouped by.

    `code` is its value of `xero.export.cause`, `label` its name in lists. `fixed_by` is who can fix it, as the guide's table of causes says.

    `button` is the label of the button on the failed export, `opens` the method of `xero.export` that it calls. `reader_button` is the
    label for users who are no invoice admins, where theirs differs.

    `refusal` is the sentence for a document that Xero refused: which record, what is wrong, what is next. Its names are `document`,
    `organisation`, `login`, `words` (Xero's) and, for contacts, `contact` and `partner`. `void_refusal` is the one for a document that is to
    be voided, `linked_refusal` for a partner that is in Xero already; None: as `refusal`.

    Xero gives its validation messages no codes and changes their wording, so they are recognised by fragments in lower case. `fragments` say
    what a message complains about, `mentions` what it may also mention in passing ("cannot be used with account code '200'"): these decide
    only if no fragment of any cause does.

    `reference_list` is the list of reference data that is read again before a document fails for the cause, in case it was fixed in Xero.
    """
    code: str
    label: str
    fixed_by: str
    button: object
    opens: str
    refusal: object = _lt("%(organisation)s refused %(document)s: “%(words)s”.")
    void_refusal: object = None
    linked_refusal: object = None
    reader_button: object = None
    fragments: tuple = ()
    mentions: tuple = ()
    reference_list: str | None = None

    def button_label(self, env):
        """Return the label of the button for the user of an environment."""
        is_admin = not self.reader_button or env.user.has_group('account_xero.group_xero_invoice_admin')
        return _translated(env, self.button if is_admin else self.reader_button)

    def explain(self, env, names, is_void=False, is_linked=False):
        """Return the sentence for a document that Xero refused.

        :param dict names: what the sentence names, see the class.
        :param bool is_void: the document is to be voided.
        :param bool is_linked: its partner is in Xero already.
        """
        sentence = (is_void and self.void_refusal) or (is_linked and self.linked_refusal) or self.refusal
        return _translated(env, sentence) % names


def _translated(env, text):
    return text._translate(env.lang or 'en_US')


# Xero's messages are tried against the fragments in this order, so that what a message complains about stands before what it may mention
# ("Contact the API support team"). Their wordings are those of https://developer.xero.com/documentation/api/accounting/invoices, of
# https://developer.xero.com/documentation/api/accounting/responsecodes and of public reports.
CAUSES = (
    Cause(
        'xero', "Xero", NOBODY, _lt("Resync"), 'action_resync',
        # Xero's own trouble inside an element: not saved, and not the document's fault
        fragments=('an error occurred in xero', 'unhandled error with the xero api')),
    Cause(
        'connection', "Connection", INVOICE_ADMIN, _lt("Reauthenticate"), '_action_connection', reader_button=_lt("See the connection")),
    Cause(
        'permission', "Permission", XERO_ADVISER, _lt("Open the connection"), '_action_connection',
        _lt("The Xero user %(login)s may not save %(document)s: “%(words)s”. An adviser gives the right in Xero, or somebody else reauthenticates."),
        fragments=('correct permissions',), reference_list='actions'),
    Cause(
        'plan', "Xero plan", XERO_ADVISER, _lt("Open the connection"), '_action_connection',
        _lt("The plan of %(organisation)s does not allow another approved document. Send drafts, or change the plan in Xero, then resync %(document)s."),
        fragments=('reached the limit of invoices',), reference_list='organisation'),
    Cause(
        'number', "Number", USER, _lt("Open the document"), 'action_open_document',
        _lt("%(organisation)s already has a document with the number of %(document)s. Compare the two; link them if they are the same."),
        # A voided document keeps its number: met again, it "cannot be modified"
        fragments=('# must be unique', 'not of valid status for modification')),
    Cause(
        'contact', "Contact", USER, _lt("Open the contact"), '_action_partner',
        _lt("%(organisation)s does not take the contact of %(document)s: “%(words)s”. Correct %(partner)s in Odoo, then resync."),
        linked_refusal=_lt(
            "%(organisation)s does not take the contact %(contact)s of %(document)s: “%(words)s”. Correct the contact in Xero, then resync."),
        fragments=(
            'contact name', 'contact number', 'contact details', 'contact must', 'contact cannot be empty', 'paid to name', 'valid for contacts',
            'archived contacts', 'email address', 'website must be valid'),
        reference_list='contacts'),
    Cause(
        'date', "Date", USER, _lt("Open the document"), 'action_open_document',
        _lt("%(organisation)s does not take the date of %(document)s: “%(words)s”. Change the date in Odoo, or ask the Xero adviser to move the "
            "lock date."),
        void_refusal=_lt("%(organisation)s does not let %(document)s be undone: “%(words)s”. Ask the Xero adviser to move the lock date, then resync."),
        fragments=('lock date', 'due date', 'duedate', 'date field', 'date cannot be changed'), reference_list='organisation'),
    Cause(
        'account', "Account", ACCOUNTANT, _lt("Decide the account"), '_action_mapping',
        _lt("%(organisation)s does not take an account of %(document)s: “%(words)s”. Choose another one in the mapping."),
        # Before the tax rate: of a line whose account it does not know, Xero complains about both
        fragments=('account must be valid',), mentions=('account code', 'account could not be found'), reference_list='accounts'),
    Cause(
        'tax', "Tax", ACCOUNTANT, _lt("Decide the tax"), '_action_mapping',
        _lt("%(organisation)s does not take a tax of %(document)s: “%(words)s”. Choose another rate in the mapping."),
        fragments=('tax amount', 'taxtype', 'tax type', 'tax rate'), reference_list='tax_rates'),
    Cause(
        'amount', "Amount", USER, _lt("Open the document"), 'action_open_document',
        mentions=(
            'line total', 'sum of the lines', 'total for this document', 'total debits', 'quantity value', 'discount', 'amount exceeds')),
    Cause(
        'currency', "Currency", XERO_ADVISER, _lt("Open the document"), 'action_open_document',
        _lt("%(organisation)s does not take the currency of %(document)s: “%(words)s”."),
        mentions=('currency',), reference_list='currencies'),
    Cause(
        'tracking', "Tracking", ACCOUNTANT, _lt("Decide the tracking"), '_action_mapping',
        mentions=('tracking',), reference_list='tracking'),
    # Anything else that Xero refused
    Cause('data', "Data", USER, _lt("Open the document"), 'action_open_document'),
)
OTHER = CAUSES[-1]
SELECTION = [(cause.code, cause.label) for cause in CAUSES]
_BY_CODE = {cause.code: cause for cause in CAUSES}


def cause_named(code):
    """Return the cause of a code; of an unknown one, such as that of an add-on that was removed, the one for anything else."""
    return _BY_CODE.get(code, OTHER)


def deciding(messages):
    """Return the code of the cause that a refusal is grouped by, and the message that decided it: the one to quote.

    :param list messages: Xero's validation messages for one element.
    :return: tuple of code and message. `data` if no cause knows any of the messages, with the first message, or an empty text if there is none.
    """
    for fragments_of in (lambda cause: cause.fragments, lambda cause: cause.mentions):
        for cause in CAUSES:
            for fragment in fragments_of(cause):
                for message in messages:
                    if fragment in message.lower():
                        return cause.code, message
    return OTHER.code, next(iter(messages), '')


def reference_lists(codes):
    """Return the set of lists of reference data in which the fix of some causes might show.

    :param codes: of causes.
    """
    return {name for code in codes if (name := cause_named(code).reference_list)}
