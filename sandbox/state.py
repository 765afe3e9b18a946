"""Everything the sandbox remembers, in memory only."""
import copy
import functools
import json
import secrets
import threading
import uuid
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import current_app

from .apps import App
from .clock import Clock
from .contact_book import ContactBook
from .faults import Faults
from .limits import Limits
from .webhooks import Webhooks

DATA = Path(__file__).parent / 'data'
RULES = json.loads((DATA / 'rules.json').read_text())
CURRENCIES = json.loads((DATA / 'currencies.json').read_text())
REQUESTS_KEPT = 20_000

# Ids that have to be the same after a restart (an add-on caches them) are derived from names.
STABLE_IDS = uuid.UUID('0a0ff3c5-6a1b-4c35-9b1c-5f2a7f0f2b10')


def current_sandbox():
    """:return: the ``Sandbox`` behind the application that serves the current request"""
    return current_app.extensions['sandbox']


@functools.cache
def load(name):
    """:return: the content of a data file; nobody may change it"""
    return json.loads((DATA / f'{name}.json').read_text())


def stable_id(*names):
    return str(uuid.uuid5(STABLE_IDS, '/'.join(names)))


@dataclass
class User:
    """A person with a login at Xero.

    ``rights``: ``approve`` documents, ``adviser`` may pass the period lock date, ``reports`` has to do with manual journals.
    """
    user_id: str
    first_name: str
    last_name: str
    email: str
    rights: set

    @property
    def name(self):
        return f'{self.first_name} {self.last_name}'


@dataclass
class Connection:
    """One organisation that one user connected to one app."""
    client_id: str
    user_id: str
    tenant_id: str
    auth_event_id: str
    created: datetime
    updated: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


class Organisation:
    """One Xero organisation: its settings and what it holds.

    Documents and contacts are dicts with Xero's own keys and Python values (``Decimal``, ``date``, ``datetime``); keys that begin
    with an underscore are the sandbox's own. ``lock`` guards all of it.
    """

    def __init__(self, data, opened):
        self.lock = threading.RLock()
        self.tenant_id = data['tenant_id']
        self.name = data['name']
        self.legal_name = data['legal_name']
        self.country = data['country']
        self.version = data['version']
        self.base_currency = data['base_currency']
        self.currencies = list(data['currencies'])
        self.short_code = data['short_code']
        self.timezone = data['timezone']
        self.plan = data['class']
        self.tax_number = data['tax_number']
        self.year_end = data['year_end']
        self.period_lock_date = _date(data['period_lock_date'])
        self.end_of_year_lock_date = _date(data['end_of_year_lock_date'])
        self.user_emails = set(data['users'])
        self.approve_limit = {}
        self.created = opened
        self._zone = ZoneInfo(data['zone'])
        self.accounts = self._read_chart(data, opened)
        self.tax_rates = {row[0]: _tax_rate(row) for row in load(f'taxes_{self.country.lower()}')}
        self.tracking = [_tracking_category(self.tenant_id, name, options) for name, options in data['tracking']]
        self.branding_themes = []
        for name in ('Standard', 'Export', 'Projects'):
            self.add_branding_theme(name, opened)
        self.items = {}
        self.contacts = ContactBook()
        self.documents = {'Invoices': {}, 'CreditNotes': {}, 'Prepayments': {}, 'Overpayments': {}}
        self.numbers = {'Invoices': {}, 'CreditNotes': {}}
        self.next_number = {'Invoices': 1, 'CreditNotes': 1}
        self.journals = {}
        self.payments = {}
        self.batch_payments = {}
        self.bank_transactions = {}
        self.attachments = defaultdict(list)    # by the id of what they hang on, as the notes
        self.history = defaultdict(list)

    def _read_chart(self, data, opened):
        accounts = []
        for code, name, usual_kind, tax, system in load(f'chart_{self.country.lower()}'):
            kind = data['account_types'].get(code, usual_kind)
            account = {
                'AccountID': stable_id(self.tenant_id, 'account', code),
                'Code': code,
                'Name': name,
                'Status': 'ARCHIVED' if code in data['archived_accounts'] else 'ACTIVE',
                'Type': kind,
                'Class': RULES['account_class'][kind],
                'TaxType': tax,
                'EnablePaymentsToAccount': kind in ('CURRLIAB', 'EQUITY') and not system,
                'ShowInExpenseClaims': False,
                'ReportingCode': '',
                'HasAttachments': False,
                'UpdatedDateUTC': opened,
                'AddToWatchlist': False,
            }
            if system:
                account['SystemAccount'] = system
            if kind == 'BANK':
                account |= {'BankAccountNumber': f'0123{code}4567', 'BankAccountType': 'BANK', 'CurrencyCode': self.base_currency}
            accounts.append(account)
        return accounts

    def add_branding_theme(self, name, now):
        """The first one is the default."""
        self.branding_themes.append({
            'BrandingThemeID': stable_id(self.tenant_id, 'theme', *([name] if self.branding_themes else [])), 'Name': name,
            'SortOrder': len(self.branding_themes), 'Type': 'INVOICE', 'CreatedDateUTC': now,
        })
        return self.branding_themes[-1]

    def today(self, now):
        """:return: the date in the organisation's own time zone at the aware time ``now``."""
        return now.astimezone(self._zone).date()

    def exchange_rate(self, currency):
        """Rate of the day when a document names none: units of ``currency`` for one unit of the base currency."""
        return (Decimal(CURRENCIES[currency][1]) / Decimal(CURRENCIES[self.base_currency][1])).quantize(Decimal('0.000001'))

    def account(self, key, value):
        """:param key: ``Code`` or ``AccountID``"""
        return next((account for account in self.accounts if account[key] == value), None)


class Sandbox:
    """The whole of the local Xero. One instance behind one app; ``reset()`` makes it as new.

    Levers that have no other home are plain attributes: ``strict``, ``lower_case_problems``, ``allow_loopback_redirects``,
    ``keep_emoji`` (until somebody opens and saves a document on Xero's own screens), ``not_modified`` (304 instead of an empty list to
    If-Modified-Since), ``latency`` (seconds before each API call).
    """

    def __init__(self):
        self.lock = threading.RLock()
        self.clock = Clock()
        self.faults = Faults()
        self.limits = Limits(self.clock)
        self.webhooks = Webhooks(self)
        self.reset()

    def reset(self, state=None):
        """Forget everything but the base data: documents, tokens, levers, log, moved clock.

        :param state: what `copy_of_state` returned, to go back to instead of the base data
        """
        with self.lock:
            self.clock.reset()
            self.faults.clear()
            self.limits.reset()
            self.webhooks.forget()
            if state:
                vars(self).update(self._copy(state))
                return
            self.strict = False
            self.lower_case_problems = False
            self.allow_loopback_redirects = False
            self.keep_emoji = False
            self.not_modified = False
            self.latency = 0.0
            opened = datetime(2022, 7, 1, tzinfo=timezone.utc)
            self.organisations = {row['tenant_id']: Organisation(row, opened) for row in load('organisations')}
            self.users = {row['user_id']: User(**row | {'rights': set(row['rights'])}) for row in load('users')}
            self.apps = {}
            self.connections = []
            self.codes = {}
            self.access_tokens = {}
            self.refresh_tokens = {}
            self.granted_scopes = {}
            self.replies = {}
            self.requests = deque(maxlen=REQUESTS_KEPT)
            for row in load('apps'):
                self.register_app(row)

    def copy_of_state(self):
        """:return: a copy of all that is remembered, but for the clock, the faults ordered, the calls counted and the webhooks; for `reset`"""
        with self.lock:
            return self._copy({name: value for name, value in vars(self).items() if name not in ('lock', 'clock', 'faults', 'limits', 'webhooks')})

    def _copy(self, state):
        shared = [self, *(organisation.lock for organisation in state['organisations'].values())]
        return copy.deepcopy(state, {id(part): part for part in shared})

    # -- apps ---------------------------------------------------------------------------------------------------------

    def register_app(self, data):
        """Register an app or alter one.

        :param dict data: ``client_id`` (made up if missing), ``client_secret`` (null: a PKCE app without secret), ``name``,
            ``scope_set`` (``granular | broad | both``), ``tier`` (``starter | core``), ``redirect_uris`` (list), ``connected_before``,
            ``custom_connection`` (see ``App``; given again, it authorises the organisation again)
        :return: the ``App``
        """
        with self.lock:
            client_id = data.get('client_id') or secrets.token_hex(16).upper()
            app = self.apps.setdefault(client_id, App(self, client_id))
            for name in ('client_secret', 'name', 'scope_set', 'tier'):
                if name in data:
                    setattr(app, name, data[name])
            if 'redirect_uris' in data:
                app.redirect_uris = list(data['redirect_uris'])
            if data.get('custom_connection'):
                custom = app.custom_connection = dict(data['custom_connection'])
                self.connections = [one for one in self.connections if one.client_id != client_id]
                self.connect(client_id, self.user(custom['user']), [custom['tenant']], str(uuid.uuid4()))
            for before in data.get('connected_before', ()):
                created = datetime.fromisoformat(before['created'][:26]).replace(tzinfo=timezone.utc)
                self.connections.append(Connection(
                    client_id, self.user(before['user']).user_id, before['tenant'], str(uuid.uuid4()), created, created))
            return app

    # -- users and connections ----------------------------------------------------------------------------------------

    def user(self, key):
        """:return: the user with this id or e-mail address, or None"""
        return next((user for user in self.users.values() if key in (user.user_id, user.email)), None)

    def organisations_of(self, user):
        return [organisation for organisation in self.organisations.values() if user.email in organisation.user_emails]

    def connect(self, client_id, user, tenant_ids, auth_event_id):
        """Connect organisations: a known one keeps its id and creation time, as in Xero."""
        now = self.clock.now()
        with self.lock:
            for tenant_id in tenant_ids:
                known = self.connection(client_id, user.user_id, tenant_id)
                if known:
                    known.auth_event_id, known.updated = auth_event_id, now
                else:
                    self.connections.append(Connection(client_id, user.user_id, tenant_id, auth_event_id, now, now))

    def connection(self, client_id, user_id, tenant_id):
        """:return: the living connection, or None; a user who lost access to the organisation has none"""
        user, organisation = self.users[user_id], self.organisations.get(tenant_id)
        if not organisation or user.email not in organisation.user_emails:
            return None
        return next((
            connection for connection in self.connections
            if (connection.client_id, connection.user_id, connection.tenant_id) == (client_id, user_id, tenant_id)
        ), None)

    def organisation_by_short_code(self, short_code):
        return next((org for org in self.organisations.values() if org.short_code == short_code), None)


def _date(text):
    return date.fromisoformat(text) if text else None


def applies_to(classes):
    """:param str classes: such as ``AE-LR``; :return: the ``CanApplyTo…`` keys of a tax rate"""
    kinds = ('Assets', 'Equity', 'Expenses', 'Liabilities', 'Revenue')
    return {f'CanApplyTo{kind}': letter != '-' for kind, letter in zip(kinds, classes)}


def _tax_rate(row):
    tax_type, name, shown, charged, classes, report = row
    shown, charged = Decimal(shown), Decimal(charged)
    components = [{'Name': name, 'Rate': shown, 'IsCompound': False, 'IsNonRecoverable': False}]
    if charged != shown:   # reverse charge: what is charged is claimed at once
        components.append({'Name': f'{name} (reversed)', 'Rate': charged - shown, 'IsCompound': False, 'IsNonRecoverable': False})
    return {
        'Name': name,
        'TaxType': tax_type,
        'ReportTaxType': report,
        **applies_to(classes),
        'DisplayTaxRate': shown,
        'EffectiveRate': charged,
        'Status': 'ACTIVE',
        'TaxComponents': components,
    }


def _tracking_category(tenant_id, name, options):
    return {
        'Name': name,
        'Status': 'ACTIVE',
        'TrackingCategoryID': stable_id(tenant_id, 'tracking', name),
        'Options': [tracking_option(stable_id(tenant_id, 'tracking', name, option), option) for option in options],
    }


def tracking_option(option_id, name, status='ACTIVE'):
    return {
        'TrackingOptionID': option_id,
        'Name': name,
        'Status': status,
        'HasValidationErrors': False,
        'IsDeleted': status == 'DELETED',
        'IsArchived': status == 'ARCHIVED',
        'IsActive': status == 'ACTIVE',
    }
