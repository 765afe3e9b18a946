"""Reading what Xero defines, and its contacts, into the reference models and onto the connection."""
import logging
import time
from datetime import datetime, timedelta

from odoo import fields

from ...const import LOOK_BACK_MARGIN, PAGE_SIZE, PAGES_MOST
from ...const import REFERENCE_LISTS as LISTS
from ...exceptions import XeroError, XeroRefused, XeroRetryable, XeroUnreadable
from ...tools.xero_elements import read_date

_logger = logging.getLogger(__name__)

DAILY = timedelta(days=1)
BROKEN_AGAIN = timedelta(hours=1)   # until a list that could not be read is asked for again
SECOND_LOOK = timedelta(minutes=5)
SECOND_LOOK_BY_HAND = timedelta(seconds=10)     # a person who asks again has fixed something meanwhile


class ReferenceReader:
    """Reads reference data for one connection.

    Only a slice does it, never a user's transaction: each list is fetched, stored and committed on its own, so that no row is locked while
    Xero takes its time. People ask for it with `xero.connection._ask_for_reference`.
    """

    def __init__(self, connection, client):
        """Prepare for a connection.

        :param connection: `xero.connection`, one.
        :param XeroClient client: of this connection.
        """
        self.connection = connection
        self.client = client
        self.env = connection.env

    def _commit(self):
        self.env['ir.cron']._commit_progress(remaining=0)

    # === WHEN === #

    def read_stale(self, deadline=None):
        """Read what is older than a day, was never read, or was asked for by hand.

        :param float deadline: time of `time.monotonic()` after which no further page of contacts is read.
        :return: whether everything is known now; if not, nothing can be matched yet and the next slice has to go on.
        :raise XeroError: as the client does; what had been read by then is kept.
        """
        asked = self.connection._asked_reading()
        since = asked.start_at if asked else fields.Datetime.now() - DAILY
        stale = [
            name for name in LISTS
            if (self.connection._reference_moment(name) or datetime.min) < since or (name == 'contacts' and self.connection.contacts_bookmark)]
        if asked and not stale:
            # All was read in the second in which somebody asked: the request must not stay open
            self._record({'start_at': asked.start_at, 'done': 0, 'calls': -self.client.calls})
        return not stale or self.refresh(stale, force=bool(asked), deadline=deadline)

    def reread(self, name, by_hand=False):
        """Take a second look at a list before something is refused for its sake (at most once in five minutes).

        :param bool by_hand: a person asked for what is at work, so the list counts as new for some seconds only.
        :return: whether the list was read, so that it is worth looking again. Resolvers made before are outdated then.
        """
        moment = self.connection._reference_moment(name)
        if moment and fields.Datetime.now() - moment <= (SECOND_LOOK_BY_HAND if by_hand else SECOND_LOOK):
            return False
        self.refresh([name])
        return True

    # === READING === #

    def refresh(self, only=LISTS, force=False, deadline=None):
        """Read lists of reference data, committing after each, and leave a line in the history.

        :param only: names out of `LISTS`.
        :param bool force: read all contacts, not only those that changed since the last time.
        :return: False if the deadline came before the last page of contacts.
        """
        run = {'start_at': fields.Datetime.now(), 'done': 0, 'calls': -self.client.calls}
        undecided = self.env['xero.mapping'].search([('connection_id', '=', self.connection.id), ('is_decided', '=', False)])
        try:
            for name in LISTS:
                if name in only:
                    run['done'] += self._read_list(name, force, deadline)
                    self._commit()
        except XeroError as error:
            self._record(run, error)
            raise
        undecided._decide_again()
        self._record(run)
        return not self.connection.contacts_bookmark

    def _read_list(self, name, force, deadline):
        """Read one list. One that Xero gives in no readable form stops nothing while an older reading of it is here.

        :return: number of elements.
        """
        try:
            if name == 'contacts':
                return self._read_contacts(force, deadline)
            count = getattr(self, f'_read_{name}')()
            self._note_read(name, fields.Datetime.now())
            return count
        except (XeroUnreadable, XeroRefused) as error:
            if not self.connection._reference_moment(name):
                raise
            self.env.cr.rollback()
            _logger.warning("Connection %s: the list %s was not read: %s (correlation %s)", self.connection.id, name, error.message, error.correlation_id)
            self.env['xero.sync']._record(self.connection, 'reference', failed=1, error=f'{name}: {error.message}')
            # As if it had been read so long ago that it is due again after a while
            self._note_read(name, fields.Datetime.now() - DAILY + BROKEN_AGAIN)
            self.connection.contacts_bookmark = False
            return 0

    def _record(self, run, error=None):
        """Leave a line in the history, or bring on the one that was opened when somebody asked.

        That one ends, and the person is told, when all is read or cannot be: what Xero is only late with is tried again.
        """
        run = {**run, 'calls': run['calls'] + self.client.calls, 'failed': 1 if error else 0, 'error': error.message if error else ''}
        asked = self.connection._asked_reading()
        if asked:
            run.update(start_at=asked.start_at, done=asked.done + run['done'], calls=asked.calls + run['calls'])
            if not isinstance(error, XeroRetryable) if error else not self.connection.contacts_bookmark:
                run['end_at'] = fields.Datetime.now()
                self._tell_reference_read(asked.user_id, error)
            asked.write(run)
        else:
            self.env['xero.sync']._record(self.connection, 'reference', **run)
        self._commit()

    def _tell_reference_read(self, user, error):
        env = self.connection.with_context(lang=user.lang).env
        if error:
            message = env._(
                "The reference data of %(connection)s could not be read: %(error)s. Ask for it again once that is fixed.",
                connection=self.connection.name, error=env['xero.connection']._answer_words(error))
        else:
            message = env._(
                "The reference data of %(connection)s is here: %(accounts)s accounts, %(rates)s tax rates, %(contacts)s contacts.",
                connection=self.connection.name, **{
                    name: env[model].search_count([('connection_id', '=', self.connection.id)])
                    for name, model in (('accounts', 'xero.account'), ('rates', 'xero.tax.rate'), ('contacts', 'xero.contact'))})
        user._bus_send('simple_notification', {'type': 'danger' if error else 'success', 'message': message})

    def _note_read(self, name, moment):
        self.connection._commit_and_lock()
        self.connection.reference_read_at = {**(self.connection.reference_read_at or {}), name: moment.isoformat()}

    def _read_organisation(self):
        organisation = self.client.get('Organisation').whole('Organisations', 'Name', 'BaseCurrency')[0]
        vals = {
            'organisation_name': organisation.get('Name'),
            'country_code': organisation.get('CountryCode'),
            'currency_id': self.env['res.currency'].with_context(active_test=False).search(
                [('name', '=', organisation.get('BaseCurrency'))], limit=1).id,
            'short_code': organisation.get('ShortCode'),
            'organisation_version': organisation.get('Version'),
            'plan_class': organisation.get('Class'),
            'period_lock_date': read_date(organisation, 'PeriodLockDate') or False,
            'end_of_year_lock_date': read_date(organisation, 'EndOfYearLockDate') or False,
        }
        self.connection._commit_and_lock()
        self.connection.write(vals)
        return 1

    def _read_actions(self):
        actions = self.client.get('Organisation/Actions').whole('Actions', 'Name')
        self.connection._commit_and_lock()
        self.connection.actions = {action['Name']: action.get('Status') == 'ALLOWED' for action in actions}
        return len(actions)

    def _read_accounts(self):
        Account = self.env['xero.account']
        elements = self.client.get('Accounts').whole('Accounts', 'AccountID')
        Account._upsert(self.connection, [Account._values(element) for element in elements])
        return len(elements)

    def _read_tax_rates(self):
        TaxRate = self.env['xero.tax.rate']
        elements = self.client.get('TaxRates').whole('TaxRates', 'TaxType')
        TaxRate._upsert(self.connection, [TaxRate._values(element) for element in elements])
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

    def _read_branding_themes(self):
        Theme = self.env['xero.branding.theme']
        elements = self.client.get('BrandingThemes').whole('BrandingThemes', 'BrandingThemeID')
        Theme._upsert(self.connection, [Theme._values(element) for element in elements])
        return len(elements)

    def _read_contacts(self, force, deadline):
        """Read the contacts that changed since the last time, page by page, going on where the last slice stopped.

        Pages are ordered by id: a contact that somebody edits meanwhile stays where it is, and the next reading begins before
        this one did, so none is missed.
        """
        bookmark = self.connection.contacts_bookmark
        if not bookmark:
            since = None if force else (self.connection.reference_read_at or {}).get('contacts')
            bookmark = {'page': 1, 'since': since, 'started': fields.Datetime.now().isoformat()}
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
