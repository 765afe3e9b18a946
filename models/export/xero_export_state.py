import logging

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...const import FINAL_STATUSES, GIVE_UP_AFTER, RETRY_PAUSES
from .containment import EXPECTED

_logger = logging.getLogger(__name__)

# From each state, the states that a row may get. What is not listed is left as it is and logged.
TRANSITIONS = {
    'waiting': {'waiting', 'sending', 'synced', 'failed', 'skipped'},
    'sending': {'waiting', 'uncertain', 'synced', 'failed'},
    'uncertain': {'waiting', 'uncertain', 'synced', 'failed', 'skipped'},
    'synced': {'waiting', 'synced', 'failed'},
    'failed': {'waiting', 'sending', 'synced', 'failed', 'skipped'},
    'skipped': {'waiting', 'synced', 'failed', 'skipped'},
}
# What every start and every end of a try clears. A start also clears the warnings of the try before, see `_set_waiting`; an outcome keeps
# them and clears who asked for it, see `_outcome_values`.
RESET_VALUES = {
    'cause': False, 'message': False, 'details': False, 'wait_code': False, 'wait_for_id': False, 'next_try_at': False,
    'retry_count': 0, 'retry_since': False, 'batch_limit': 0, 'candidate': False,
}
# The states that have no outcome yet
STILL_UNDER_WAY = ('waiting', 'sending', 'uncertain')
# What `waiting` waits for while the connection has another status than connected
WAIT_BY_STATUS = {'draft': 'draft', 'paused': 'paused', 'disconnected': 'disconnected'}
# `skipped` with one of these was skipped by a rule, not by a person, and is queued again when the rule no longer applies
SKIPPED_BY_RULE = ('empty', 'mode')
# `failed` with this cause is still due: Xero failed for a whole day, and is asked again every hour
STILL_TRIED = 'xero'
# `failed` with this cause waits for the connection, and is queued again with it
LOST_ACCESS = 'connection'

# `operation` of a row in Xero that was compared and needs nothing; of a row that is not in Xero, that it has to be created there
EQUAL = 'create'
# `digest` of a row that Xero may hold in another form than Odoo: it is read before anything counts as equal
UNKNOWN = '-'
CONTENT_UNKNOWN = {'digest': UNKNOWN, 'sent_parts': False}
# `left_digest` of a row whose void was left to a person: a document without content
VOID = 'void'


class XeroExport(models.Model):
    """The state machine: nothing else writes `state`.

    ::

        create ─▶ waiting ─▶ sending ─▶ synced ──(changed, cancelled or deleted in Odoo)──▶ waiting (update or void)
                   ▲  ▲ │      │ │ │
                   │  │ │      │ │ └─ refused ─▶ failed + cause ──(resync, mapping saved, changed in Odoo)──▶ waiting
                   │  │ │      │ └─── no answer ─▶ uncertain ──(same key again, look-back)──▶ synced, waiting or failed
                   │  └─│──────┘ not taken by Xero: a document beside it was refused, Xero is busy
                   │    ├─ cannot be sent ─▶ failed + cause
                   │    ├─ found in Xero, or nothing to send ─▶ synced
                   │    └─ left out ─▶ skipped
                   └─ resync, or the rule no longer applies ── skipped

    A row says more than its state in three places:

    - `waiting` with a `wait_code`, `wait_for_id` or `next_try_at` has a reason to wait. `unposted` and `wait_for_id` are never due, the
      others are due from `next_try_at` on. The codes of `WAIT_BY_STATUS` follow the connection, see `_values_for_status`.
    - `failed` is final until somebody acts, but for two causes: `STILL_TRIED` is due each hour, `LOST_ACCESS` follows the connection.
    - `skipped` is final until an invoice admin takes it back, but for the codes of `SKIPPED_BY_RULE`.

    What a `synced` row needs is told by `operation` and `difference`, see `_set_equal`, `_set_different` and `_awaits_decision`.

    A transition that `TRANSITIONS` does not have is not made, and a warning is logged: a person may have acted while the slice was
    working, and one row must not stop its neighbours. Each method returns the rows that it moved, unless it says otherwise.
    """
    _inherit = 'xero.export'

    # === ASKED ABOUT === #

    @api.model
    def _due_domain(self, connection):
        """Return which exports of a connection may be sent now."""
        states = (Domain('state', '=', 'waiting'), Domain('state', '=', 'failed') & Domain('cause', '=', STILL_TRIED))
        times = (Domain('next_try_at', '=', False), Domain('next_try_at', '<=', fields.Datetime.now()))
        # Each combination has an index, `_due` or `_tried_on`
        due = Domain.OR(state & time for state in states for time in times)
        return Domain('connection_id', '=', connection.id) & Domain('wait_for_id', '=', False) & Domain('wait_code', '!=', 'unposted') & due

    @api.model
    def _stray_domain(self, connection):
        """Return which exports of a connection do not have the state that its status gives them."""
        waiting, lost = Domain('state', '=', 'waiting'), Domain('state', '=', 'failed') & Domain('cause', '=', LOST_ACCESS)
        if connection.status == 'connected':
            stray = lost | waiting & Domain('wait_code', 'in', list(WAIT_BY_STATUS.values()))
        elif connection.status == 'reauthenticate':
            stray = waiting
        else:
            stray = lost | waiting & Domain('wait_code', '!=', WAIT_BY_STATUS[connection.status])
        return Domain('connection_id', '=', connection.id) & stray

    def _is_skipped_by_person(self):
        """Return whether a person skipped the document; only a person who may skip may take that back."""
        return self.state == 'skipped' and self.wait_code not in SKIPPED_BY_RULE

    def _is_skipped_by_rule(self):
        """Return whether a rule skipped the document, such as an empty day; it is queued again when the rule no longer applies."""
        return self.state == 'skipped' and self.wait_code in SKIPPED_BY_RULE

    def _awaits_decision(self):
        """Return whether the document in Xero is another one than in Odoo, and a person decides which version counts."""
        return bool(self.state == 'synced' and self.operation != EQUAL and self.difference)

    def _is_compared_equal(self):
        """Return whether the document is in Xero and the last comparison found nothing to send."""
        return self.state == 'synced' and self.operation == EQUAL

    def _is_undone(self):
        """Return whether we voided the document in Xero."""
        return self.operation == 'void' and self.xero_status in FINAL_STATUSES

    # === WAITING === #

    @api.model
    def _values_for_status(self, connection):
        """Return the state, with its reason, that a connection's status gives to an export that has to be sent."""
        if connection.status == 'reauthenticate':
            return {'state': 'failed', 'cause': LOST_ACCESS, 'wait_code': False, 'message': self.env._(
                "%(connection)s lost its access to Xero. %(reason)s The document is then sent automatically; invoice admins have been told.",
                connection=connection.name, reason=connection.status_reason or '')}
        return {'state': 'waiting', 'cause': False, 'wait_code': WAIT_BY_STATUS.get(connection.status, False), 'message': False}

    @api.model
    def _create_queued(self, vals_list):
        """Create exports that have to be sent.

        :param vals_list: values with `connection_id`; they overrule those of the connection's status.
        """
        connections = self.env['xero.connection'].browse(vals['connection_id'] for vals in vals_list)
        return self.create([{**self._values_for_status(connection), **vals} for connection, vals in zip(connections, vals_list)])

    def _set_waiting(self, **values):
        """Start a new try: as the connection's status says, without anything of the try before.

        :param values: written with it, and overruling it.
        """
        again = self._allowed('waiting')
        for connection, exports in again.grouped('connection_id').items():
            exports.write({**exports._reset_values(), 'warning': False, **self._values_for_status(connection), **values})
        return again

    def _start_over(self):
        """Have a document sent as a new one: what was voided in Xero is posted again. The old one stays in the requests and the chatter."""
        self._set_waiting(**{
            **self._prepare_document(self.kind, self._document()), 'operation': 'create', 'digest': False,
            'difference': False, 'left_digest': False, 'xero_id': False, 'xero_number': False, 'xero_status': False, 'xero_total': False,
            'xero_updated_at': False, 'xero_seen_at': False, 'synced_at': False, 'sent_parts': False, 'answered_parts': False, 'seen_parts': False,
            'closed_difference': False, 'closing_checked_at': False, 'entered_partials': False,
        })

    def _set_waiting_again(self, **values):
        """Continue a try whose request did not settle the documents: Xero certainly took nothing, or only a first step is done."""
        again = self._allowed('waiting')
        again.write({'state': 'waiting', **values})
        return again

    def _set_for_status(self, connection):
        """Give exports that wait for the connection, or failed with it, the state of its present status, in one UPDATE."""
        self._allowed('waiting').write(self._values_for_status(connection))

    def _hold_back(self, wait_code, **values):
        """Say why exports that have to be sent are not sent yet.

        :param str wait_code: the reason.
        :param values: until when, or for which other export.
        """
        self.write({'wait_code': wait_code, **values})

    def _unblock(self):
        """Have exports sent that waited for another export."""
        self.write({'wait_for_id': False, 'wait_code': False})

    def _try_later(self):
        """Wait for the next try, longer each time: Xero neither saved nor refused the documents. After a day they fail, and are still tried."""
        now = fields.Datetime.now()
        for export in self._allowed('waiting'):
            pause = RETRY_PAUSES[min(export.retry_count, len(RETRY_PAUSES) - 1)]
            since = export.retry_since or now
            values = {'state': 'waiting', 'wait_code': 'retry', 'next_try_at': now + pause, 'retry_count': export.retry_count + 1, 'retry_since': since}
            if now - since >= GIVE_UP_AFTER:
                values.update(state='failed', cause=STILL_TRIED, message=self.env._(
                    "Xero has not taken %(document)s for more than a day. It is still tried every hour; nothing is to be done here "
                    "unless Xero refuses it for good.", document=export.document_name))
            export.write(values)

    # === AT XERO === #

    def _set_sending(self, now):
        """Note that the documents are in a request, in SQL: `account.move` shows `sending` as `waiting`, and the ORM would write it all the same.

        :param datetime now: when the request is sent, naive UTC.
        """
        sent = self._allowed('sending')
        if not sent:
            return sent
        sent.flush_recordset()
        self.env.cr.execute(SQL(
            """UPDATE xero_export
                  SET state = 'sending', wait_code = NULL, next_try_at = NULL, last_try_at = %s, attempts = COALESCE(attempts, 0) + 1
                WHERE id IN %s""", now, tuple(sent.ids)))
        sent.invalidate_recordset(['state', 'wait_code', 'next_try_at', 'last_try_at', 'attempts'], flush=False)
        return sent

    def _set_uncertain(self):
        """Note that Xero may have the documents or not: they are looked for before they are sent again."""
        unsure = self._allowed('uncertain')
        unsure.write({'state': 'uncertain'})
        return unsure

    # === OUTCOMES === #

    def _set_synced(self, **values):
        """End a try: the documents are in Xero as they should be, or with a `difference`.

        :param values: what is known of them in Xero.
        """
        synced = self._allowed('synced')
        synced.write({**synced._outcome_values('synced'), **values})
        return synced

    def _withdraw_change(self):
        """Take back what was queued for documents that are in Xero: the next slice compares them, and queues what is left of it."""
        queued = self.filtered(lambda export: export.state in ('waiting', 'failed'))
        queued.write({**queued._reset_values(), 'warning': False, 'state': 'synced'})
        return queued

    def _set_failed(self, cause, message, details=False, mappings=None):
        """End a try with a cause to group by and a sentence to read.

        :param str cause: a key of the field `cause`.
        :param str message: which record, what is wrong, what to do next.
        :param str details: in Xero's own words.
        :param mappings: `xero.mapping` that have to be decided first.
        """
        failed = self._allowed('failed')
        failed.write({
            **failed._outcome_values('failed'), 'cause': cause, 'message': message, 'details': details,
            'mapping_ids': [fields.Command.set(mappings.ids if mappings else [])],
        })
        return failed

    def _set_failed_unexpectedly(self, error, saved=None):
        """End a try by an error that is none of Xero's. It must not fail itself, or the row would be tried for ever.

        What is in Xero is never created again: *Resync* reads it there and goes on from that.

        :param Exception error: what was raised.
        :param dict saved: values to remember of what Xero saved: its id, number, status.
        """
        self.ensure_one()
        values = dict(saved or {})
        if (saved or self.xero_id) and self.operation == 'create':
            values['operation'] = 'update'
        message = self.env._(
            "%(document)s met an error in Odoo (%(error)s). Ask your administrator to look into Odoo's log, then resync.",
            document=self.document_name or self.env._("The document"), error=type(error).__name__)
        try:
            with self.env.cr.savepoint():
                self._set_failed('data', message)
                self.write(values)
        except EXPECTED:
            raise
        except Exception:
            _logger.exception("Export %s cannot be written in the usual way", self.id)
            self._set_failed_by_sql({**values, 'cause': 'data', 'message': message})

    def _set_failed_by_sql(self, values):
        """Write columns of the export, and the state that its document shows, in SQL: another add-on breaks the ORM's way."""
        self.flush_recordset()
        assignments = {**values, 'state': 'failed', 'wait_code': None, 'next_try_at': None, 'wait_for_id': None}
        sets = SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in assignments.items())
        self.env.cr.execute(SQL("UPDATE xero_export SET %s WHERE id = %s", sets, self.id))
        if self.move_id:
            self.env.cr.execute(SQL("UPDATE account_move SET xero_state = 'failed' WHERE id = %s", self.move_id.id))
        self.env.invalidate_all(flush=False)

    def _set_skipped(self, message, rule=False):
        """Take documents out of the queue.

        :param str message: the reason, for people.
        :param str rule: one of `SKIPPED_BY_RULE`, if they come back when it no longer applies.
        """
        skipped = self._allowed('skipped')
        skipped.write({**skipped._outcome_values('skipped'), 'warning': False, 'wait_code': rule, 'message': message})
        return skipped

    # === IN XERO, AND EQUAL OR NOT === #

    def _set_equal(self, **values):
        """Note that a document in Xero needs nothing, or nothing yet.

        :param values: what else the comparison found, such as totals that differ.
        """
        self.write({'operation': EQUAL, 'left_digest': False, **values})

    def _set_different(self, operation, difference):
        """Leave a change of a document in Xero to people.

        :param str operation: `update` or `void`, what they decide about.
        :param str difference: how the document differs, for people.
        """
        self.write({'operation': operation, 'difference': difference})

    # === TOOLS === #

    def _allowed(self, state):
        """Return the exports that may get a state; the others are logged."""
        allowed = self.filtered(lambda export: state in TRANSITIONS[export.state])
        for export in self - allowed if len(allowed) < len(self) else ():
            _logger.warning("Export %s is %s and does not become %s", export.id, export.state, state)
        return allowed

    def _reset_values(self):
        """Return `RESET_VALUES`, and no undecided mappings: only what failed has them, and writing a relation reads it first."""
        if any(export.state == 'failed' for export in self):
            return {**RESET_VALUES, 'mapping_ids': [fields.Command.clear()]}
        return RESET_VALUES

    def _outcome_values(self, state):
        return {**self._reset_values(), 'state': state, 'asked_at': False, 'both_versions': False}
