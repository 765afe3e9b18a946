import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from odoo import fields, models

from ...exceptions import XeroRefused, XeroUnauthorised, XeroUnreadable
from ...tools.client_action import NOTIFY, notice
from ...tools.moment import exact_now
from .slice import Slice

_logger = logging.getLogger(__name__)

REFUSED_PAUSE = timedelta(hours=1)  # until a feed that Xero refused is read again


class XeroStepFeeds(models.AbstractModel):
    """Reads what changed in Xero: hourly, after a webhook, or when a person asks for it."""
    _name = 'xero.step.feeds'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: read what changed in Xero"

    _sequence = 125

    def _run(self, slice: Slice) -> None:
        # Documents are recognised by their contacts; and half of the time is left for documents that wait
        connection, deadline = slice.connection, slice.half_deadline()
        if slice.reads_contacts:
            return
        run = {'start_at': fields.Datetime.now(), 'calls': -slice.client.calls, 'done': -slice.taken}
        asked, errors, pages = self.env['xero.feed']._asked(connection), [], 0      # each slice reads one page at least
        for feed in self.env['xero.feed']._on(connection):
            while (not pages or time.monotonic() < deadline) and feed._due_at(connection, asked.start_at or None) <= exact_now():
                pages += 1
                if self._read(feed, slice, errors):
                    break
            if slice.swept:
                slice.retry_on_conflict(feed._recheck, connection)
            while feed._has_work(connection):
                slice.retry_on_conflict(feed._work, slice)
                if time.monotonic() > deadline:
                    break
        run['calls'] += slice.client.calls
        run['done'] += slice.taken
        if asked or run['done'] or errors:
            self._record(connection, asked, {**run, 'failed': len(errors), 'error': '\n'.join(errors)})

    def _read(self, feed, slice, errors):
        """Read a page of a feed. If Xero refuses it, the other feeds are still read.

        :param list errors: gets a sentence for each refusal.
        :return: whether this feed is done for now.
        """
        try:
            return feed._read_page(slice)
        except (XeroUnreadable, XeroRefused, XeroUnauthorised) as error:
            if isinstance(error, XeroUnauthorised) and error.kind != 'scope':
                raise
            self.env.cr.rollback()
            _logger.info("Connection %s: %s was not read: %s (correlation %s)", slice.connection.id, feed._endpoint, error.message, error.correlation_id)
            errors.append(f'{feed._endpoint}: {error.message}')
            feed._position(slice.connection)._postpone(REFUSED_PAUSE)
            slice.commit()
            return True

    def _record(self, connection, asked, run):
        """Record what was read as a `xero.sync`, or add it to the one that a request opened, which ends when all feeds are read and worked on."""
        if not asked:
            self.env['xero.sync']._record(connection, 'incoming', **run)
            return
        asked.write({
            **{name: asked[name] + run[name] for name in ('calls', 'done', 'failed')},
            'error': '\n'.join(filter(None, [asked.error, run['error']])) or False,
        })
        now, feeds = exact_now(), self.env['xero.feed']._on(connection)
        if any(feed._has_work(connection) for feed in feeds):
            return
        # One reading may answer several people
        for one in self.env['xero.feed']._all_asked(connection):
            if all(feed._due_at(connection, one.start_at) > now for feed in feeds):
                one.write({'end_at': now, 'error': asked.error})
                if one.user_id:
                    self._tell(connection, one, asked.done)

    def _tell(self, connection, asked, done):
        """Tell a user who asked what the check found.

        :param int done: number of changes that were read.
        """
        connection = connection.with_context(lang=asked.user_id.lang)
        env = connection.env
        findings = [finding for feed in env['xero.feed']._on(connection) for finding in feed._findings(connection, asked.start_at)]
        if asked.error:
            message = env._("%(connection)s: not everything could be read. %(error)s", connection=connection.name, error=asked.error)
        elif findings:
            message = env._("%(connection)s: %(found)s", connection=connection.name, found=' '.join(finding.words for finding in findings))
        elif done:
            message = env._("%(connection)s: 1 change in Xero was read.", connection=connection.name) if done == 1 else env._(
                "%(connection)s: %(count)s changes in Xero were read.", connection=connection.name, count=done)
        else:
            message = env._("%(connection)s: nothing has changed in Xero.", connection=connection.name)
        is_warning = asked.error or any(finding.needs_person for finding in findings)
        asked.user_id._bus_send(NOTIFY, notice('warning' if is_warning else 'success', message))

    def _has_work(self, connection: models.BaseModel) -> bool:
        if connection.contacts_bookmark:
            return False
        now, asked = exact_now(), self.env['xero.feed']._asked(connection)
        return any(
            feed._has_work(connection) or feed._due_at(connection, asked.start_at or None) <= now for feed in self.env['xero.feed']._on(connection))

    def _next_moments(self, connection: models.BaseModel) -> Iterable[datetime]:
        begun = self.env['xero.feed']._begun(connection) if not connection.contacts_bookmark else []
        asked = begun and self.env['xero.feed']._asked(connection).start_at
        for feed in begun:      # what was never read is work that is left
            if feed._is_on(connection):
                yield feed._due_at(connection, asked or None)
