"""Why an export can fail: one entry for each cause, with everything that differs between causes.

A new cause is a new entry of `CAUSES` and a row of the guide's table of causes.
"""
from dataclasses import dataclass

from odoo.tools import LazyTranslate

from ...const import ADMIN_ROLE, USER_ROLE

_lt = LazyTranslate(__name__)

CONTACT_ROLE = 'base.group_partner_manager'      # Odoo's own: who may change contacts

# Who can fix a failed document, in the words of the guide
USER = "you, on the document or its contact"
CONTACT_EDITOR = "a user who may change contacts, on the contact"
ACCOUNTANT = "an invoice admin, in the mapping"
INVOICE_ADMIN = "an invoice admin, on the connection"
XERO_ADVISER = "an adviser of the organisation, in Xero"
NOBODY = "nobody: Odoo tries again every hour"


@dataclass(frozen=True)
class Cause:
    """A cause by which failures are grouped.

    `code` is its value of `xero.export.cause`, `label` its name in lists. `fixed_by` is who can fix it, as in the guide's table of causes.

    `button` is the label of the button on the failed export, `opens` the method of `xero.export` that it calls; `many` is the label of the
    button for several exports, with their `count`. `role` is the group whose
    users can do there what fixes the export. Other users read `hint` instead: who can, with the names `admins`.

    `refusal` is the sentence for a document that Xero refused: first the reason, because lists show the beginning, then the record and the
    next step. Its names are `document`, `organisation`, `login`, `words` (Xero's) and, for contacts, `contact` and `partner`. `void_refusal`
    is used for a document to be voided, `linked_refusal` for a partner that is already in Xero; None: as `refusal`.

    Xero's validation messages have no codes, and their wording changes, so they are recognised by fragments in lower case. `fragments` are
    what a message complains about. `mentions` are what it may also mention ("cannot be used with account code '200'"); they decide only if
    no fragment of any cause does.

    `reference_list` is the list of reference data that is read again before a document fails for the cause, in case it was fixed in Xero.
    """
    code: str
    label: str
    fixed_by: str
    button: object
    opens: str
    refusal: object = _lt("“%(words)s”: %(organisation)s refused %(document)s.")
    void_refusal: object = None
    linked_refusal: object = None
    role: str = USER_ROLE
    hint: object = None
    many: object = _lt("Correct documents (%(count)s)")
    fragments: tuple = ()
    mentions: tuple = ()
    reference_list: str | None = None

    def button_label(self, env):
        """Return the label of the button for the user of an environment; empty if the user's role cannot fix the cause."""
        return translated(env, self.button) if env.user.has_group(self.role) else ''

    def many_label(self, env, count):
        """Return the label of the button that fixes several documents; empty if the user's role cannot fix the cause."""
        return translated(env, self.many) % {'count': count} if env.user.has_group(self.role) else ''

    @property
    def helpers_role(self):
        """The group whose users are asked by a user who cannot do the next step."""
        return ADMIN_ROLE if self.role == USER_ROLE else self.role

    @property
    def opens_many(self):
        """The method of `xero.export` that fixes several documents."""
        return '_action_documents' if self.opens == 'action_open_document' else self.opens

    @property
    def is_sent(self):
        """Whether what its button does sends the documents again."""
        return self.opens in ('action_resync', '_action_mapping') or self.code == 'connection'

    def hint_for(self, env, admins):
        """Return the sentence that says who can fix the cause; empty if the user of an environment can.

        :param str admins: names of users who can.
        """
        return '' if env.user.has_group(self.role) else translated(env, self.hint) % {'admins': admins}

    def explain(self, env, names, is_void, is_linked):
        """Return the sentence for a document that Xero refused.

        :param dict names: the names in the sentence, see the class.
        :param bool is_void: the document was to be voided.
        :param bool is_linked: its partner is already in Xero.
        """
        sentence = (is_void and self.void_refusal) or (is_linked and self.linked_refusal) or self.refusal
        return translated(env, sentence) % names


def translated(env, text):
    """Return a lazy text in the language of an environment."""
    return text._translate(env.lang or 'en_US')


# Xero's messages are compared with the fragments in this order, so the subject of a message comes before words that it only mentions
# ("Contact the API support team"). The wordings are from https://developer.xero.com/documentation/api/accounting/invoices,
# https://developer.xero.com/documentation/api/accounting/responsecodes and public reports.
CAUSES = (
    Cause(
        'xero', "Xero", NOBODY, _lt("Resync"), 'action_resync', many=_lt("Resync (%(count)s)"),
        # A failure of Xero in one element: it was not saved, and the document is not the reason
        fragments=('an error occurred in xero', 'unhandled error with the xero api')),
    Cause(
        'connection', "Connection", INVOICE_ADMIN, _lt("Reauthenticate"), '_action_connection', role=ADMIN_ROLE,
        many=_lt("Reauthenticate (%(count)s)"),
        hint=_lt("Only an invoice admin can reauthenticate the connection. Ask %(admins)s.")),
    Cause(
        'permission', "Permission", XERO_ADVISER, _lt("Open the connection"), '_action_connection',
        _lt("The Xero user %(login)s may not save %(document)s: “%(words)s”. Ask an adviser to give the permission in Xero, or let another Xero "
            "user reauthenticate. Then resync."),
        role=ADMIN_ROLE, hint=_lt("Only an invoice admin can reauthenticate with other permissions. Ask %(admins)s."),
        many=_lt("Check permissions (%(count)s)"),
        fragments=('correct permissions',), reference_list='actions'),
    Cause(
        'plan', "Xero plan", XERO_ADVISER, _lt("Open the connection"), '_action_connection',
        _lt("The plan of %(organisation)s does not allow another approved document. Send drafts, or change the plan in Xero, then resync %(document)s."),
        role=ADMIN_ROLE, hint=_lt("Only an invoice admin can let documents arrive as drafts. Ask %(admins)s."),
        many=_lt("Check the plan (%(count)s)"),
        fragments=('reached the limit of invoices',), reference_list='organisation'),
    Cause(
        'number', "Number", USER, _lt("Open the document"), 'action_open_document',
        _lt("%(organisation)s already has a document with the number of %(document)s."),
        many=_lt("Compare numbers (%(count)s)"),
        # A voided document keeps its number: for Xero, a new document with this number is a change of the voided one
        fragments=('# must be unique', 'not of valid status for modification')),
    Cause(
        'contact', "Contact", CONTACT_EDITOR, _lt("Open the contact"), '_action_partner',
        _lt("“%(words)s”: %(organisation)s refused the contact of %(document)s. Correct %(partner)s in Odoo, then resync."),
        linked_refusal=_lt(
            "“%(words)s”: %(organisation)s refused the contact %(contact)s of %(document)s. Correct the contact in Xero, then resync."),
        role=CONTACT_ROLE, hint=_lt("Only a user who may change contacts can correct this one. Ask %(admins)s."),
        many=_lt("Correct contacts (%(count)s)"),
        fragments=(
            'contact name', 'contact number', 'contact details', 'contact must', 'contact cannot be empty', 'paid to name', 'valid for contacts',
            'archived contacts', 'email address', 'website must be valid'),
        reference_list='contacts'),
    Cause(
        'date', "Date", USER, _lt("Open the document"), 'action_open_document',
        _lt("“%(words)s”: %(organisation)s refused the date of %(document)s. Change the date in Odoo, or ask the Xero adviser to move the "
            "lock date, then resync."),
        void_refusal=_lt("“%(words)s”: %(organisation)s refused to undo %(document)s. Ask the Xero adviser to move the lock date, then resync."),
        many=_lt("Correct dates (%(count)s)"),
        fragments=('lock date', 'due date', 'duedate', 'date field', 'date cannot be changed'), reference_list='organisation'),
    Cause(
        'account', "Account", ACCOUNTANT, _lt("Decide the account"), '_action_mapping',
        _lt("“%(words)s”: %(organisation)s refused an account of %(document)s. Choose another one in the mapping."),
        role=ADMIN_ROLE, hint=_lt("Only an invoice admin can decide the account. Ask %(admins)s."),
        many=_lt("Decide accounts (%(count)s)"),
        # Before the tax rate: for an unknown account, Xero complains about both
        fragments=('account must be valid',), mentions=('account code', 'account could not be found'), reference_list='accounts'),
    Cause(
        'tax', "Tax", ACCOUNTANT, _lt("Decide the tax"), '_action_mapping',
        _lt("“%(words)s”: %(organisation)s refused a tax of %(document)s. Choose another rate in the mapping."),
        role=ADMIN_ROLE, hint=_lt("Only an invoice admin can decide the tax. Ask %(admins)s."),
        many=_lt("Decide taxes (%(count)s)"),
        fragments=('tax amount', 'taxtype', 'tax type', 'tax rate'), reference_list='tax_rates'),
    Cause(
        'amount', "Amount", USER, _lt("Open the document"), 'action_open_document', many=_lt("Correct amounts (%(count)s)"),
        mentions=(
            'line total', 'sum of the lines', 'total for this document', 'total debits', 'quantity value', 'discount', 'amount exceeds')),
    Cause(
        'currency', "Currency", XERO_ADVISER, _lt("Open the document"), 'action_open_document',
        _lt("“%(words)s”: %(organisation)s refused the currency of %(document)s. Add the currency in Xero, then resync."),
        many=_lt("Check currencies (%(count)s)"),
        mentions=('currency',), reference_list='currencies'),
    Cause(
        'tracking', "Tracking", ACCOUNTANT, _lt("Decide the tracking"), '_action_mapping', role=ADMIN_ROLE,
        hint=_lt("Only an invoice admin can decide the tracking. Ask %(admins)s."),
        many=_lt("Decide tracking (%(count)s)"),
        mentions=('tracking',), reference_list='tracking'),
    # Anything else that Xero refused
    Cause('data', "Data", USER, _lt("Open the document"), 'action_open_document'),
)
OTHER = CAUSES[-1]
SELECTION = [(cause.code, cause.label) for cause in CAUSES]
_BY_CODE = {cause.code: cause for cause in CAUSES}


def cause_named(code):
    """Return the cause of a code. For an unknown code, such as one of an add-on that was removed, return the cause `data`."""
    return _BY_CODE.get(code, OTHER)


def deciding(messages):
    """Return the code of the cause of a refusal, and the message that decided it and is quoted.

    :param list messages: Xero's validation messages for one element.
    :return: tuple of code and message. If no cause recognises a message: `data`, and the first message, or an empty text if there is none.
    """
    for fragments_of in (lambda cause: cause.fragments, lambda cause: cause.mentions):
        for cause in CAUSES:
            for fragment in fragments_of(cause):
                for message in messages:
                    if fragment in message.lower():
                        return cause.code, message
    return OTHER.code, next(iter(messages), '')


def reference_lists(codes):
    """Return the set of lists of reference data that are read again for some causes.

    :param codes: of causes.
    """
    return {name for code in codes if (name := cause_named(code).reference_list)}
