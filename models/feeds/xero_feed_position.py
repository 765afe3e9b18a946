from collections.abc import Iterable
from datetime import date, datetime, timedelta

from odoo import api, fields, models

from ...const import LOOK_BACK_MARGIN
from ...tools.moment import exact_now

SECOND = timedelta(seconds=1)   # If-Modified-Since has whole seconds


class XeroFeedPosition(models.Model):
    """How far a feed was read for a connection. Only slices write it."""
    _name = 'xero.feed.position'
    _description = "Position in a Feed of Changes in Xero"
    _rec_name = 'feed'

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    feed = fields.Char(required=True, readonly=True)
    changed_at = fields.Datetime(readonly=True, help="Xero's time of the last change that was read.")
    read_at = fields.Datetime(readonly=True, help="When the last complete reading began.")
    asked_at = fields.Datetime(readonly=True, help="When a webhook last told of a change.")
    postponed_to = fields.Datetime(readonly=True, help="Not read before this time, because Xero refused the last reading.")

    first_day = fields.Date(readonly=True, help="Xero left out what has an earlier date. Empty: nothing was left out.")

    # The reading that is under way; it may take several slices
    started_at = fields.Datetime(readonly=True, help="Empty while no reading is under way.")
    since = fields.Datetime(readonly=True, help="The next page contains what changed since then.")
    page = fields.Integer(readonly=True, help="Above 1 only while more documents than a page holds changed in the same second.")

    _feed_uniq = models.UniqueIndex('(connection_id, feed)')

    def _start(self, first_since: datetime, first_day: date | None) -> None:
        """Begin a reading, unless one is under way. It covers some minutes again, because Xero's changes are not visible in the order of their times.

        :param datetime first_since: naive UTC; since when changes are read the first time.
        :param date first_day: the earliest date of elements that are read the first time, and from then on. A reading that starts over leaves out nothing
            more: Odoo may have registered it.
        """
        if not self.started_at:
            since = self.changed_at - LOOK_BACK_MARGIN if self.changed_at else first_since
            if not self.changed_at:
                self.first_day = self.first_day and first_day and min(self.first_day, first_day) if self.read_at else first_day
            self.write({'started_at': exact_now(), 'since': since, 'page': 1, 'postponed_to': False})

    def _advance(self, changed_at: datetime | None, is_last: bool) -> None:
        """Store that a page was taken.

        :param datetime changed_at: naive UTC, the latest change in it; None for an empty page.
        :param bool is_last: whether the reading ends.
        """
        values = {}
        # A time in the future would hide all changes until then
        changed_at = changed_at and min(changed_at, fields.Datetime.now())
        if changed_at and (not self.changed_at or changed_at > self.changed_at):
            values['changed_at'] = changed_at
        if is_last:
            values.update(read_at=self.started_at, started_at=False, since=False, page=0)
        elif changed_at and changed_at.replace(microsecond=0) - SECOND > self.since:
            # By time, not by number: documents that change meanwhile move to the end, and others would move to a page that was read
            values.update(since=changed_at.replace(microsecond=0) - SECOND, page=1)
        else:
            values['page'] = self.page + 1
        self.write(values)

    @api.model
    def _rewind(self, connection: models.BaseModel, feeds: Iterable, since: date) -> None:
        """Let feeds be read again from an earlier day, because documents were linked whose changes had been passed over.

        :param connection: `xero.connection`.
        :param feeds: iterable of names of feeds; one that was never read begins on that day.
        :param date since: the first day.
        """
        moment = datetime.combine(since, datetime.min.time())
        for feed in feeds:
            position = self.search([('connection_id', '=', connection.id), ('feed', '=', feed)])
            position = position or self.create({'connection_id': connection.id, 'feed': feed})
            earlier = min(filter(None, [position.changed_at, moment]))
            position.write({'changed_at': earlier, 'read_at': False, 'started_at': False, 'since': False, 'page': 0})

    def _postpone(self, pause: timedelta) -> None:
        """Store that Xero refused the reading; the next one begins where this one began.

        :param timedelta pause: from now.
        """
        self.write({'started_at': False, 'since': False, 'page': 0, 'postponed_to': fields.Datetime.now() + pause})
