"""Reading Xero's lists and contacts into the reference models and the connection."""
import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from odoo import fields, models

from ...const import ITEM_LIST, LOOK_BACK_MARGIN, PAGE_SIZE, PAGES_MOST
from ...const import REFERENCE_LISTS as LISTS
from ...exceptions import XeroError, XeroRefused, XeroRetryable, XeroThrottled, XeroUnreadable
from ...tools.client_action import NOTIFY, notice
from ...tools.moment import exact_now
from ...tools.xero_client import XeroClient
from ...tools.xero_elements import read_date

_logger = logging.getLogger(__name__)

DAILY = timedelta(days=1)
BROKEN_AGAIN = timedelta(hours=1)   # until a list that could not be read is requested again
SECOND_LOOK = timedelta(minutes=5)
SECOND_LOOK_BY_HAND = timedelta(seconds=10)     # a person who retries has probably fixed something in Xero meanwhile


# Lists whose elements are the rows of a model: model, endpoint, key of the id
ROWS = {
    'accounts': ('xero.account', 'Accounts', 'AccountID'),
    'tax_rates': ('xero.tax.rate', 'TaxRates', 'TaxType'),
    'branding_themes': ('xero.branding.theme', 'BrandingThemes', 'BrandingThemeID'),
    ITEM_LIST: ('xero.item', 'Items', 'ItemID'),
}


def lock_dates(organisation: dict) -> dict:
    """Return the lock dates of an organisation as values of `xero.connection`.

    :param dict organisation: element of `GET Organisation`.
    """
    return {
        'period_lock_date': read_date(organisation, 'PeriodLockDate') or False,
        'end_of_year_lock_date': read_date(organisation, 'EndOfYearLockDate') or False}


class ReferenceReader:
    """Reads reference data for one connection.

    Only a slice does it, never a user's transaction: each list is fetched, stored and committed separately, so that no row is locked during
    a call. Users request it with `xero.connection._ask_for_reference`.
    """

    def __init__(self, connection: models.BaseModel, client: XeroClient) -> None:
        """Create a reader for a connection.

        :param connection: one `xero.connection`.
        :param XeroClient client: of this connection.
        """
        self.connection = connection
        self.client = client
        self.env = connection.env

    def _commit(self):
        self.env['ir.cron']._commit_progress(remaining=0)

    # === WHEN === #

    def read_stale(self, deadline: float | None) -> bool:
        """Read the lists that are older than a day, were never read, or were requested by a user.

        :param float deadline: time of `time.monotonic()` after which no further page of contacts is read.
        :return: whether all lists are complete now; if not, contacts cannot be matched yet, and the next slice continues the reading.
        :raise XeroError: as the client does; the lists read before are kept.
        """
        asked = self.connection._asked_readings()
        since = max(asked.mapped('start_at'), default=fields.Datetime.now() - DAILY)
        stale = [
            name for name in self.connection._reference_lists()
            if (self.connection._reference_moment(name) or datetime.min) < since or (name == 'contacts' and self.connection.contacts_bookmark)]
        if asked and not stale:
            # Another run read all lists before it could see the request, which must not stay open
            self._record({'done': 0, 'calls': -self.client.calls}, asked)
        return not stale or self.refresh(stale, force=bool(asked), deadline=deadline, asked=asked)

    def reread(self, name: str, by_hand: bool) -> bool:
        """Read a list again before a document is refused because of it (at most once in five minutes).

        :param bool by_hand: a person requested the export, so the list counts as new for ten seconds only.
        :return: whether the list was read, so that a second try makes sense. Resolvers made before are outdated then.
        """
        moment = self.connection._reference_moment(name)
        if moment and fields.Datetime.now() - moment <= (SECOND_LOOK_BY_HAND if by_hand else SECOND_LOOK):
            return False
        # What the caller did so far is kept, whatever becomes of the list
        self._commit()
        self.refresh([name])
        return True

    # === READING === #

    def refresh(
        self, only: Iterable[str] = LISTS, force: bool = False, deadline: float | None = None, asked: models.BaseModel | None = None,
    ) -> bool:
        """Read lists of reference data, commit after each, and record the run as a `xero.sync`.

        :param only: names of lists, out of `xero.connection._reference_lists`.
        :param bool force: read all contacts, not only those that changed since the last time.
        :param asked: requests of users (`xero.sync`, in sudo) that this reading answers; it is recorded on the first one.
        :return: False if the deadline came before the last page of contacts.
        """
        run = {'start_at': fields.Datetime.now(), 'done': 0, 'calls': -self.client.calls}
        undecided = self.env['xero.mapping'].search([('connection_id', '=', self.connection.id), ('is_decided', '=', False)])
        try:
            for name in self.connection._reference_lists():
                if name in only:
                    run['done'] += self._read_list(name, force, deadline)
                    self._commit()
        except XeroError as error:
            self._record(run, asked, error)
            raise
        undecided._decide_again()
        self._record(run, asked)
        return not self.connection.contacts_bookmark

    def _read_list(self, name, force, deadline):
        """Read one list. If Xero's answer is unreadable or a refusal, an older reading stays in use.

        :return: number of elements.
        """
        try:
            if name == 'contacts':
                return self._read_contacts(force, deadline)
            began_at = exact_now()
            count = self._read_rows(*ROWS[name]) if name in ROWS else getattr(self, f'_read_{name}')()
            self._note_read(name, began_at)
            return count
        except (XeroUnreadable, XeroRefused) as error:
            # Nothing needs the items so much that documents should wait
            if name != ITEM_LIST and not self.connection._reference_moment(name):
                raise
            self.env.cr.rollback()
            _logger.warning("Connection %s: the list %s was not read: %s (correlation %s)", self.connection.id, name, error.message, error.correlation_id)
            self.env['xero.sync']._record(self.connection, 'reference', failed=1, error=f'{name}: {error.message}')
            # A moment in the past, so that the list is due again in an hour
            self._note_read(name, fields.Datetime.now() - DAILY + BROKEN_AGAIN)
            self.connection.contacts_bookmark = False
            return 0

    def _record(self, run, asked=None, error=None):
        """Record the run as a `xero.sync`, or update the one that a user's request opened.

        Requests end, and their users get a notification, when all lists are read, or one cannot be read. A retryable error does not end them.
        """
        is_failed = error and not isinstance(error, XeroThrottled)
        run = {
            **run, 'calls': run['calls'] + self.client.calls, 'failed': 1 if is_failed else 0, 'error': error.message if is_failed else '',
            'note': error.message if error and not is_failed else ''}
        if asked:
            first = asked[-1]
            first.write({**run, 'start_at': first.start_at, 'done': first.done + run['done'], 'calls': first.calls + run['calls']})
            if not isinstance(error, XeroRetryable) if error else not self.connection.contacts_bookmark:
                asked.write({'end_at': fields.Datetime.now(), 'error': run['error']})
                for user in asked.user_id:
                    self._tell_reference_read(user, error)
        else:
            self.env['xero.sync']._record(self.connection, 'reference', **run)
        self._commit()

    def _tell_reference_read(self, user, error):
        env = self.connection.with_context(lang=user.lang).env
        if error:
            message = env._(
                "The reference data of %(connection)s could not be read: %(error)s. Request it again when that is fixed.",
                connection=self.connection.name, error=env['xero.connection']._answer_words(error))
        else:
            message = env._(
                "The reference data of %(connection)s was read: %(accounts)s accounts, %(rates)s tax rates, %(contacts)s contacts.",
                connection=self.connection.name, **{
                    name: env[model].search_count([('connection_id', '=', self.connection.id)])
                    for name, model in (('accounts', 'xero.account'), ('rates', 'xero.tax.rate'), ('contacts', 'xero.contact'))})
        user._bus_send(NOTIFY, notice('danger' if error else 'success', message))

    def _note_read(self, name, moment):
        self.connection._commit_and_lock()
        self.connection.reference_read_at = {**(self.connection.reference_read_at or {}), name: moment.isoformat()}

    def _read_organisation(self):
        organisation = self.client.get('Organisation').first('Organisations', 'Name', 'BaseCurrency')
        vals = {
            'organisation_name': organisation.get('Name'),
            'country_code': organisation.get('CountryCode'),
            'currency_id': self.env['res.currency'].with_context(active_test=False).search(
                [('name', '=', organisation.get('BaseCurrency'))], limit=1).id,
            'short_code': organisation.get('ShortCode'),
            'organisation_version': organisation.get('Version'),
            'plan_class': organisation.get('Class'),
            **lock_dates(organisation),
        }
        self.connection._commit_and_lock()
        self.connection.write(vals)
        return 1

    def _read_actions(self):
        actions = self.client.get('Organisation/Actions').whole('Actions', 'Name')
        self.connection._commit_and_lock()
        self.connection.actions = {action['Name']: action.get('Status') == 'ALLOWED' for action in actions}
        return len(actions)

    def _read_rows(self, model, endpoint, key):
        """Read a list whose elements are the rows of a model.

        :param str key: key that each element must have.
        """
        Model = self.env[model]
        elements = self.client.get(endpoint).whole(endpoint, key)
        Model._upsert(self.connection, [Model._values(element) for element in elements])
        return len(elements)

    def _read_currencies(self):
        codes = [currency['Code'] for currency in self.client.get('Currencies').whole('Currencies', 'Code')]
        self.connection._commit_and_lock()
        self.connection.currency_codes = sorted(codes)
        return len(codes)

    def _read_tracking(self):
        Category, Option = self.env['xero.tracking.category'], self.env['xero.tracking.option']
        categories = self.client.get('TrackingCategories', {'includeArchived': 'true'}).whole('TrackingCategories', 'TrackingCategoryID')
        Category._upsert(self.connection, [Category._values(category) for category in categories])
        vals_list = [Option._values(category, option) for category in categories for option in category.get('Options') or []]
        Option._upsert(self.connection, vals_list)
        return len(vals_list)


    def _read_contacts(self, force, deadline):
        """Read the contacts that changed since the last time, page by page, from the page where the last slice stopped.

        Pages are ordered by id: a contact that is edited meanwhile keeps its place, and the next reading covers the time since shortly
        before the start of this one, so no contact is missed.
        """
        bookmark = self.connection.contacts_bookmark
        if not bookmark:
            since = None if force else (self.connection.reference_read_at or {}).get('contacts')
            bookmark = {'page': 1, 'since': since, 'started': exact_now().isoformat()}
        since = bookmark['since'] and datetime.fromisoformat(bookmark['since']) - LOOK_BACK_MARGIN
        Contact = self.env['xero.contact']
        count = 0
        while True:
            answer = self.client.get('Contacts', {
                'page': bookmark['page'], 'pageSize': PAGE_SIZE, 'order': 'ContactID', 'includeArchived': 'true', 'summaryOnly': 'true',
            }, modified_since=since)
            elements = answer.whole('Contacts', 'ContactID') if bookmark['page'] <= PAGES_MOST and answer.status != 304 else []
            Contact._upsert(self.connection, [Contact._values(element) for element in elements], complete=False)
            count += len(elements)
            self.connection._commit_and_lock()
            if not elements or (answer.page_count is not None and bookmark['page'] >= answer.page_count):
                self.connection.contacts_bookmark = False
                self._note_read('contacts', datetime.fromisoformat(bookmark['started']))
                return count
            bookmark = {**bookmark, 'page': bookmark['page'] + 1}
            self.connection.contacts_bookmark = bookmark
            self._commit()
            if deadline is not None and time.monotonic() > deadline:
                return count
