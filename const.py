"""Facts about Xero, each with its source.

A word in square brackets is a page of Xero's:

- auth-flow: https://developer.xero.com/documentation/guides/oauth2/auth-flow
- scopes: https://developer.xero.com/documentation/guides/oauth2/scopes
- pricing: https://developer.xero.com/pricing
- limits: https://developer.xero.com/documentation/guides/oauth2/limits
- idempotency: https://developer.xero.com/documentation/guides/idempotent-requests/idempotency
- requests: https://developer.xero.com/documentation/api/accounting/requests-and-responses
- invoices: https://developer.xero.com/documentation/api/accounting/invoices
- rounding: https://developer.xero.com/documentation/guides/how-to-guides/rounding-in-xero
- contacts: https://developer.xero.com/documentation/api/accounting/contacts
- items: https://developer.xero.com/documentation/api/accounting/items
- manualjournals: https://developer.xero.com/documentation/api/accounting/manualjournals
- creditnotes: https://developer.xero.com/documentation/api/accounting/creditnotes
- batchpayments: https://developer.xero.com/documentation/api/accounting/batchpayments
- deep links: https://developer.xero.com/documentation/api-guides/deep-link-xero
- webhooks: https://developer.xero.com/documentation/guides/webhooks/overview and the pages below it

docs/xero.md has these facts in sentences, with reports where Xero's pages are silent.
"""

from datetime import time, timedelta

# === Addresses === #

# Consent is at login., tokens at identity. [auth-flow], deep links at go. [deep links]
LIVE = {
    'authorize': 'https://login.xero.com/identity/connect/authorize',
    'token': 'https://identity.xero.com/connect/token',
    'revocation': 'https://identity.xero.com/connect/revocation',
    'connections': 'https://api.xero.com/connections',
    'api': 'https://api.xero.com/api.xro/2.0',
    'web': 'https://go.xero.com',
}

RESULT_PATH = '/xero/oauth/result'     # where a failed consent is explained
START_LIFETIME = timedelta(minutes=2)   # how long the address that starts a trip works
CALLBACK_PATH = '/xero/oauth/callback'
WEBHOOK_PATH = '/xero/webhook'          # and the token of an app


def endpoints(base_url: str | None = None) -> dict[str, str]:
    """Return Xero's addresses, or those of a program that stands in for Xero.

    :param str base_url: root of a local Xero, such as ``http://localhost:8070``; None for the real one.
    :return: dict with the keys of :data:`LIVE`.
    """
    if not base_url:
        return dict(LIVE)
    base = base_url.rstrip('/')
    return {
        'authorize': f'{base}/identity/connect/authorize',
        'token': f'{base}/connect/token',
        'revocation': f'{base}/connect/revocation',
        'connections': f'{base}/connections',
        'api': f'{base}/api.xro/2.0',
        'web': base,
    }

# === OAuth === #

# Apps made since 2 March 2026 know granular scopes only, older ones may still have the broad ones;
# asking an app for the wrong family fails on Xero's own page, without a way back [scopes]
SCOPES = {
    'granular': [
        'openid', 'profile', 'email', 'offline_access',
        'accounting.invoices', 'accounting.contacts', 'accounting.settings.read',
    ],
    'broad': [
        'openid', 'profile', 'email', 'offline_access',
        'accounting.transactions', 'accounting.contacts', 'accounting.settings.read',
    ],
}

IDENTITY_SCOPES = ('openid', 'profile', 'email', 'offline_access')     # of a person: a custom connection has none of them

# What a scope is good for, as a key to the words that models show; identity scopes need none
SCOPE_PURPOSES = {
    'offline_access': 'offline',
    'accounting.invoices': 'documents',
    'accounting.transactions': 'documents',
    'accounting.contacts': 'contacts',
    'accounting.settings': 'creation',
    'accounting.settings.read': 'settings',
    'accounting.payments': 'payments',
    'accounting.payments.read': 'payments',
    'accounting.attachments': 'attachments',
    'accounting.manualjournals': 'journals',
}

CONSENT_LIFETIME = timedelta(minutes=10)    # our own state: how long a person may take at Xero
ACCESS_TOKEN_LIFETIME = timedelta(minutes=30)   # [auth-flow]
LONGEST_LIFETIME = timedelta(days=1)        # of an access token that is believed
REFRESH_IDLE = timedelta(days=60)           # an unused refresh token expires [auth-flow]
RENEW_AFTER = timedelta(days=45)            # so an idle chain is renewed well before

# === Calls === #

CONNECT_TIMEOUT = 5     # seconds
READ_TIMEOUT = 60       # seconds
TIMEOUT = (CONNECT_TIMEOUT, READ_TIMEOUT)

# A token that lasts longer than one call may take, and some clock drift, needs no renewal
RENEWAL_MARGIN = timedelta(seconds=CONNECT_TIMEOUT + READ_TIMEOUT + 55)

RATE_WINDOW = 60            # seconds; 60 calls in it per organisation and app [limits]
CALLS_PER_MINUTE = 58       # Xero advises to stay just below its 60 [limits]
PACE_WAIT = 1.5             # seconds a call may wait for its turn; longer waits go back to the queue
MAINTENANCE_PAUSE = 300     # seconds; what Xero advises when an organisation is offline [limits]
LONGEST_PAUSE = timedelta(days=1)       # whatever Xero asks for: its longest limit is one a day [limits]
# Seconds to wait for each limit: where Xero names none (for that of a day it tells no time of reset: asking each hour costs no call),
# and at most. [limits]
LIMIT_PAUSES = {'minute': (5, 300), 'appminute': (60, 300), 'concurrent': (5, 60), 'day': (3600, 86_400), '': (5, 86_400)}
ANSWER_BYTES = 20_000_000   # of an answer, decoded: a page of 1,000 documents with lines has some 5 MB
ANSWER_SECONDS = 180        # for a whole answer that comes in drops
PAGES_MOST = 1000           # of one list; Xero lists 100,000 documents at most [requests]

# Result of a key is stored 6 minutes from the first call [idempotency]; a repeat has to *arrive* within them,
# so less one read timeout and a minute
IDEMPOTENCY_SAFE = timedelta(minutes=4)
LOOK_BACK_MARGIN = timedelta(minutes=2)     # If-Modified-Since has whole seconds, clocks differ [requests]

# === Batches === #

BATCH_DOCUMENTS = 50        # advice per request [limits]
BATCH_BYTES = 3_000_000     # practical limit 3.5 MB [limits]
BATCH_CONTACTS = 50
BATCH_ITEMS = 100           # 500 are too many, 50 to 100 are advised (reported publicly)
BATCH_PAYMENTS = 200        # payments of one batch payment (reported publicly: https://remittancego.com/resources/xero-batch-payment-api-limit)
BATCH_REFERENCE, BATCH_REFERENCE_NZ = 18, 12    # characters of what the bank shows of a batch payment, by country [batchpayments]
PAGE_SIZE = 1000            # largest page [requests]
FILTER_IDS = 40             # ids or numbers in one list filter, because of the length of a URL [requests]

# === Files and notes === #

DAY_LIMIT, LARGE_DAY_LIMIT = 1000, 5000     # calls a day and organisation, by the app's tier [pricing]
CALLS_KEPT = 0.2            # share of the day's calls that files and notes leave to documents
FILES_MOST = 10             # per document, of which names differ (reported publicly)
FILE_BYTES = 10_000_000     # sources differ, this is the least; 3 MB for journals (reported publicly)
FILE_NAME_LENGTH = 255
FILE_NAME_FORBIDDEN = '<>:"/\\|?*+'     # (reported publicly)
# Endings of the files that Xero takes, each with its types; the first type of an ending is the one that is sent.
# https://community.xero.com/developer/discussion/3095073/ has the first list, the files that connectors let through the present one:
# https://support.approvalmax.com/portal/en/kb/articles/attaching-files-to-xero-bills-created-directly-in-approvalmax
# Others, and names without ending, are refused: https://github.com/XeroAPI/Xero-Java/issues/142
FILE_TYPES = {
    'pdf': ('application/pdf', 'application/x-pdf'),
    'jpg': ('image/jpeg', 'image/jpg', 'image/pjpeg'),
    'jpeg': ('image/jpeg',),
    'png': ('image/png', 'image/x-png'),
    'gif': ('image/gif',),
    'bmp': ('image/bmp', 'image/x-ms-bmp'),
    'tiff': ('image/tiff',),
    'tif': ('image/tiff',),
    'doc': ('application/msword',),
    'docx': ('application/vnd.openxmlformats-officedocument.wordprocessingml.document',),
    'xls': ('application/vnd.ms-excel',),
    'xlsx': ('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',),
    'ppt': ('application/vnd.ms-powerpoint',),
    'pptx': ('application/vnd.openxmlformats-officedocument.presentationml.presentation',),
    'odt': ('application/vnd.oasis.opendocument.text',),
    'ods': ('application/vnd.oasis.opendocument.spreadsheet',),
    'odf': ('application/vnd.oasis.opendocument.formula',),
    'csv': ('text/csv',),
    'txt': ('text/plain',),
    'rtf': ('application/rtf', 'text/rtf'),
    'eml': ('message/rfc822',),
    'msg': ('application/vnd.ms-outlook', 'application/x-ole-storage'),
    'key': ('application/vnd.apple.keynote', 'application/x-iwork-keynote-sffkey'),
    'keynote': ('application/vnd.apple.keynote',),
    'pages': ('application/vnd.apple.pages', 'application/x-iwork-pages-sffpages'),
    'numbers': ('application/vnd.apple.numbers', 'application/x-iwork-numbers-sffnumbers'),
    'zip': ('application/zip', 'application/x-zip-compressed'),
    'zipx': ('application/zip',),
    'rar': ('application/vnd.rar', 'application/x-rar-compressed', 'application/x-rar'),
    '7z': ('application/x-7z-compressed',),
}
NOTE_LENGTH = 2500          # (reported publicly)

# === Time === #

SLICE_SECONDS = 5           # how long one run of a connection's scheduled action sends
RETRY_PAUSES = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60)]    # then the last, again and again
GIVE_UP_AFTER = timedelta(hours=24)     # failed in words from then on, still retried

# Changes are read and written in groups, two calls for many as for one: those that follow a group this soon go together, later
CHANGES_GATHERED = timedelta(seconds=10)

DAY_END = time(0, 10)       # local time at which the day before goes out: what was still being posted at midnight is there

FINAL_STATUSES = ('VOIDED', 'DELETED')    # of documents; nothing leads out of them [invoices]
UNAPPROVED_STATUSES = ('DRAFT', 'SUBMITTED')    # such documents cannot be allocated [creditnotes]
# How often we ask whether somebody approved a document: after as long again as it has waited, within these
APPROVAL_PAUSES = (timedelta(hours=1), timedelta(days=1))

# === Webhooks === #

WEBHOOK_BYTES = 1_000_000   # of a request. Xero names no limit; an event has some 400 bytes
# The endpoints at which something may have changed after an event of a category. Payments have no category: a payment, a refund or an
# allocation shows as an update of its document. Other categories, such as SUBSCRIPTION, are ignored [webhooks]
WEBHOOK_ENDPOINTS = {
    'INVOICE': ('Invoices', 'Payments', 'BatchPayments'),
    'CREDITNOTE': ('CreditNotes', 'Payments'),
    'PREPAYMENT': ('Prepayments', 'Payments'),
    'OVERPAYMENT': ('Overpayments', 'Payments'),
    'CONTACT': ('Contacts',),
}
WEBHOOK_TYPES = ('CREATE', 'UPDATE')    # compared without case: a sample of Xero's has `Update` [webhooks]

# === Fields === #

ZERO_ID = '00000000-0000-0000-0000-000000000000'    # id of an element that was not saved [requests]

NAME_LENGTH = 255           # contact name [contacts]
CONTACT_NUMBER_LENGTH = 50  # [contacts]
EMAIL_LENGTH = 255          # ASCII [contacts]
EMAIL_LOCAL_LENGTH = 64     # before the @: https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1
TAX_NUMBER_LENGTH = 50      # this and the next: https://developer.xero.com/documentation/api/accounting/contacts
PHONE_LENGTH = 50
STREET_LENGTH = 500
CITY_LENGTH = 255           # region and attention, too
POSTAL_CODE_LENGTH = 50
COUNTRY_LENGTH = 50
NUMBER_LENGTH = 255         # InvoiceNumber, printable ASCII [invoices]
REFERENCE_LENGTH = 255      # [invoices]
DESCRIPTION_LENGTH = 4000   # [invoices]
ITEM_CODE_LENGTH = 30       # [items]
ITEM_NAME_LENGTH = 50       # [items]
NARRATION_LENGTH = 250      # of a manual journal: Xero names no limit [manualjournals], people read one line

# Every text of documents, journals and contacts: how long it may be, in UTF-16 units, and whether it may have lines.
# https://developer.xero.com/documentation/api/accounting/{invoices,creditnotes,manualjournals,contacts}, and maxLength in
# https://github.com/XeroAPI/Xero-OpenAPI/blob/master/xero_accounting.yaml (components/schemas/Contact, Address, Phone, LineItem)
TEXT_FIELDS = {
    'Description': (DESCRIPTION_LENGTH, True),
    'Reference': (REFERENCE_LENGTH, False),
    'InvoiceNumber': (NUMBER_LENGTH, False),
    'CreditNoteNumber': (NUMBER_LENGTH, False),
    'Narration': (NARRATION_LENGTH, False),
    'Name': (NAME_LENGTH, False),
    'FirstName': (NAME_LENGTH, False),
    'LastName': (NAME_LENGTH, False),
    'ContactNumber': (CONTACT_NUMBER_LENGTH, False),
    'EmailAddress': (EMAIL_LENGTH, False),
    'TaxNumber': (TAX_NUMBER_LENGTH, False),
    'PhoneNumber': (PHONE_LENGTH, False),
    **dict.fromkeys(('AddressLine1', 'AddressLine2', 'AddressLine3', 'AddressLine4'), (STREET_LENGTH, False)),
    **dict.fromkeys(('City', 'Region', 'AttentionTo'), (CITY_LENGTH, False)),
    'PostalCode': (POSTAL_CODE_LENGTH, False),
    'Country': (COUNTRY_LENGTH, False),
}

AMOUNT_DIGITS = 2           # every amount of a document [rounding]
UNIT_DIGITS = 4             # UnitAmount with unitdp=4, and Quantity [invoices]
QUANTITY_LIMIT = 10 ** 9    # 13 digits, 4 of them decimals [invoices]
RATE_DIGITS = 6             # CurrencyRate [invoices]

# The lists of reference data, in the order in which they are read: contacts may be many, so they come last
REFERENCE_LISTS = ('organisation', 'actions', 'accounts', 'tax_rates', 'currencies', 'tracking', 'branding_themes', 'contacts')
ITEM_LIST = 'items'         # read only if the policy needs it, see `xero.connection._reference_lists`

ADMIN_ROLE = 'account_xero.group_xero_invoice_admin'     # the group of invoice admins
USER_ROLE = 'account_xero.group_xero_user'   # the group of users of the export
