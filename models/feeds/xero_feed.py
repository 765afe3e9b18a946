from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError

from ...const import PAGE_SIZE
from ...tools.client_action import notification
from ...tools.moment import exact_now
from ...tools.xero_elements import read_datetime

_MOMENTS = ('read_at', 'asked_at', 'started_at', 'postponed_to')    # of a position, which say when a feed is due


class Finding(NamedTuple):
    """A sentence about what a check found."""

    words: str
    needs_person: bool


class XeroFeed(models.AbstractModel):
    """What changes at one of Xero's endpoints, read page by page.

    A feed is an abstract model `xero.feed.<name>` that inherits this one, in one file. The step `xero.step.feeds` reads all feeds that are in
    use: hourly, after a webhook, or when a person asks for it. A quiet reading costs one call, whatever the number of open documents.

    A feed must define `_endpoint`, `_xero_id`, `_is_on` and `_take`. Elements come in the order of their last change, and some come again, because
    readings overlap.
    """
    _name = 'xero.feed'
    _inherit = 'xero.family'
    _description = "Feed of Changes in Xero"
    _family = 'xero.feed'

    _endpoint = None        # path, and key of the list in answers
    _xero_id = None         # key of an element's id
    _params = {}            # query beside page and order
    _pause = timedelta(0)   # the least time between two readings that nobody asked for, if it is longer than that of the connection

    @api.model
    def _on(self, connection: models.BaseModel) -> list:
        """Return a list of the feeds that are in use for a connection, in their order."""
        return [feed for feed in self._all() if feed._is_on(connection)]

    @api.model
    def _begun(self, connection: models.BaseModel) -> list:
        """Return a list of the feeds that were read for a connection, whether they are still in use or not, in their order."""
        names = self.env['xero.feed.position'].search([('connection_id', '=', connection.id)]).mapped('feed')
        return [feed for feed in self._all() if feed._feed_name() in names]

    def _feed_name(self) -> str:
        """Return the value of `xero.feed.position.feed` for this feed."""
        return self._name.removeprefix('xero.feed.')

    # === Requests === #

    @api.model
    def _ask(self, connections: models.BaseModel, by_hand: bool = True) -> None:
        """Request that all feeds in use are read as soon as possible. It inserts a row and updates none, so it never meets a slice's lock.

        :param connections: `xero.connection`, in sudo; those without a feed in use are left out.
        :param bool by_hand: whether the present user asked; the user gets a notification at the end.
        """
        for connection in connections.filtered(self._on):
            if not self._asked(connection) or by_hand:
                self.env['xero.sync'].sudo().create({
                    'connection_id': connection.id, 'run': 'incoming', 'start_at': exact_now(), 'by_hand': by_hand, 'user_id': by_hand and self.env.uid})
            connection._arm()

    @api.model
    def _check_payments(self, connections: models.BaseModel) -> dict:
        """Request, for the present user, that Xero is asked for payments, and return the notification that says so.

        :param connections: `xero.connection`, in sudo.
        :raise UserError: none of them exchanges payments now.
        """
        payments = self.env['xero.feed.payments']
        if not connections:
            raise UserError(self.env._("No Xero connection exchanges payments here. Choose documents or a journal whose connection is connected."))
        if not (wanted := connections.filtered(payments._is_wanted)):
            raise UserError(self.env._("No journal takes payments from Xero. Choose it on a bank journal, under Payments and Xero."))
        ready = wanted.filtered(lambda connection: connection.status == 'connected' and payments._has_consent(connection))
        if not ready:
            raise UserError(self.env._(
                "%(connections)s cannot be asked for payments now: it is not connected, or its consent at Xero does not cover payments. An invoice "
                "admin can renew the consent on the connection.", connections=', '.join(wanted.mapped('name'))))
        self._ask(ready)
        return notification('info', self.env._(
            "Xero is asked for the payments of %(connections)s. A notification with the result follows.",
            connections=', '.join(ready.mapped('name'))), reload=False)

    @api.model
    def _asked(self, connection: models.BaseModel) -> models.BaseModel:
        """Return the first `xero.sync` of a requested reading that has not ended; may be empty."""
        return self._all_asked(connection)[:1]

    @api.model
    def _all_asked(self, connection: models.BaseModel) -> models.BaseModel:
        """Return every `xero.sync` of a requested reading that has not ended, the first request first; may be empty."""
        return self.env['xero.sync'].sudo().search(
            [('connection_id', '=', connection.id), ('run', '=', 'incoming'), ('end_at', '=', False)], order='id')

    @api.model
    def _ask_for(self, connection: models.BaseModel, endpoints: Iterable[str]) -> None:
        """Make those feeds due that are in use and read one of some endpoints, because webhooks told of changes there. Only slices call it.

        :param endpoints: as `_endpoint` of feeds.
        """
        names = [feed._feed_name() for feed in self._on(connection) if feed._endpoint in endpoints]
        # A feed without position was never read, so it is due
        self.env['xero.feed.position'].search([('connection_id', '=', connection.id), ('feed', 'in', names)]).asked_at = exact_now()

    # === Contract === #

    def _is_on(self, connection: models.BaseModel) -> bool:
        """Return whether a policy of the connection needs this feed, and the consent covers it."""
        raise NotImplementedError

    def _wanted_scopes(self, connection: models.BaseModel) -> list:
        """Return the scopes (list) that the feed needs under the present policies, beyond those of the app. It must not depend on the consent."""
        return []

    def _take(self, slice, elements: list) -> int:
        """Store what a page contains, or act on it. Called in a transaction that may be repeated; the step commits.

        An element that was taken before must change nothing. An error with one element must not stop the others: use `slice.contain`.

        :param slice: `models.steps.slice.Slice`.
        :param list elements: dicts of Xero's answer, each with the feed's id.
        :return: number of elements that were new or changed something.
        """
        raise NotImplementedError

    def _has_consent(self, connection: models.BaseModel) -> bool:
        """Return whether the consent covers what the feed needs; for `_is_on`. Expects a connection in `sudo()`."""
        return not connection._not_granted(self._wanted_scopes(connection))

    def _first_since(self, connection: models.BaseModel) -> datetime:
        """Return since when changes are read the first time (naive UTC)."""
        return datetime.combine(connection.export_start_date, datetime.min.time())

    def _first_day(self, connection: models.BaseModel) -> date | None:
        """Return the day from which on elements are needed, by their own `Date`; None if all are. Xero then leaves the earlier ones out.

        Xero refuses a query that finds more than 100,000 elements (https://developer.xero.com/documentation/api/accounting/requests-and-responses).
        """
        return None

    def _starts_over(self, connection: models.BaseModel, position: models.BaseModel) -> bool:
        """Return whether the next reading has to start from the beginning, because earlier ones passed over elements that are needed now.

        :param position: `xero.feed.position` of a feed that was read before.
        """
        day = self._first_day(connection)
        return bool(position.first_day) and (not day or day < position.first_day)

    # === Work on what was taken: for feeds that only store elements in `_take` === #

    def _has_work(self, connection: models.BaseModel) -> bool:
        """Return whether elements that were taken wait to be worked on."""
        return False

    def _recheck(self, connection: models.BaseModel) -> None:
        """Look again at elements that could not be worked on; called after each sweep, in a transaction that may be repeated."""

    def _work(self, slice) -> None:
        """Work on the next portion, in a transaction that may be repeated; the step commits. It must get smaller what `_has_work` finds."""

    def _findings(self, connection: models.BaseModel, since: datetime) -> Iterator[Finding]:
        """Yield what a check found, for the user who asked for it; in the language of the connection's environment.

        :param datetime since: naive UTC, when the check began.
        """
        yield from ()

    # === Reading === #

    def _position(self, connection: models.BaseModel) -> models.BaseModel:
        """Return the `xero.feed.position` of the feed; empty before the first reading."""
        return self.env['xero.feed.position'].search_fetch([('connection_id', '=', connection.id), ('feed', '=', self._feed_name())], _MOMENTS)

    def _due_at(self, connection: models.BaseModel, asked_at: datetime | None) -> datetime:
        """Return when the feed has to be read (naive UTC); a time in the past means now.

        :param datetime asked_at: when a person asked for all feeds, None if nobody did.
        """
        position = self._position(connection)
        asked_at = max(filter(None, (asked_at, position.asked_at)), default=None)
        if not position.read_at or position.started_at or (asked_at and position.read_at < asked_at):
            return position.postponed_to or datetime.min
        pause = max(self._pause, timedelta(minutes=connection.check_minutes))
        return max(position.read_at + pause, position.postponed_to or datetime.min)

    def _read_page(self, slice) -> bool:
        """Read and take the next page, and commit.

        :return: whether the reading has ended.
        :raise XeroError: as the client does.
        """
        connection = slice.connection
        position = self._position(connection) or self.env['xero.feed.position'].create({'connection_id': connection.id, 'feed': self._feed_name()})
        if position.read_at and not position.started_at and self._starts_over(connection, position):
            position.changed_at = False
        position._start(self._first_since(connection), self._first_day(connection))
        params = {'page': position.page, 'pageSize': PAGE_SIZE, 'order': 'UpdatedDateUTC ASC', **self._params}
        if day := position.first_day:
            params['where'] = f'Date>=DateTime({day.year},{day.month},{day.day})'
        slice.commit()      # no row is locked during the call
        answer = slice.client.get(self._endpoint, params, position.since)
        elements = answer.whole(self._endpoint, self._xero_id) if answer.status != 304 else []
        is_last = len(elements) < PAGE_SIZE if answer.page_count is None else params['page'] >= answer.page_count
        slice.retry_on_conflict(self._take_page, slice, position, elements, is_last or not elements)
        return is_last or not elements

    def _take_page(self, slice, position, elements, is_last):
        if elements:
            slice.taken += self._take(slice, elements)
        position._advance(max(filter(None, (read_datetime(element, 'UpdatedDateUTC') for element in elements)), default=None), is_last)
