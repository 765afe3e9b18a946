import logging

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...const import FINAL_STATUSES, GIVE_UP_AFTER, RETRY_PAUSES
from .containment import EXPECTED
from .writing import write_each
from .xero_export_values import RESET_VALUES, TRANSITIONS, WAIT_BY_STATUS

_logger = logging.getLogger(__name__)

# States without an outcome
STILL_UNDER_WAY = ('waiting', 'sending', 'uncertain')
# `failed` with this cause is still due: Xero failed for a whole day, and is asked again every hour
STILL_TRIED = 'xero'
# `failed` with this cause waits for the connection, and is queued again with it
LOST_ACCESS = 'connection'

# Xero may hold the document in another form than Odoo: it is read before anything counts as equal
CONTENT_UNKNOWN = {'is_content_unknown': True, 'digest': False, 'sent_parts': False}
# No change and no void is left to a person any more
NOTHING_DECLINED = {'declined_digest': False, 'is_void_declined': False}


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
                   └─ resync, or the rule no longer applies ── skipped ◀── cancelled or deleted in Odoo before it was sent ── failed

    Beside the state, each of these fields says one thing:

    - `operation`: what has to be done in Xero. A `synced` row has `none`; with `update` or `void` it awaits a person's decision, and
      `difference` says about what. Every other state has `create`, `update` or `void`.
    - `done_operation`: what the last try did in Xero. With `void` the document is voided there by us. Empty if nothing was done, because a
      person has to decide.
    - `wait_code`, `wait_for_id`, `next_try_at`: why a row waits. `unposted` and `wait_for_id` are never due, the others are due from
      `next_try_at` on. The codes of `WAIT_BY_STATUS` follow the connection, see `_values_for_status`; `unposted` does not.
    - `cause`: why a row failed. `failed` is final until somebody acts, but for two causes: `STILL_TRIED` is due each hour, `LOST_ACCESS`
      follows the connection.
    - `skip_rule`: the rule that skipped a row, which is queued again when the rule no longer applies. Without one, a person skipped it, and
      an invoice admin takes that back.
    - `is_content_unknown`: Xero may hold the document in another form than was sent.
    - `declined_digest`, `is_void_declined`: the change, or the void, that is left to a person and not queued again.
    - `sends_ours`: a person decided a difference for Odoo's version, and Xero has not taken it yet. It stays while the row fails and is
      tried again; the difference is settled with its end.

    A transition that `TRANSITIONS` does not have is not made, and a warning is logged: a person may have acted while the slice was
    working, and one row must not stop its neighbours. Each method returns the rows that it moved, unless it says otherwise.
    """
    _inherit = 'xero.export'

    sends_ours = fields.Boolean(readonly=True, help="A person chose Odoo's version, and it is not in Xero yet.")

    # === QUESTIONS === #

    @api.model
    def _due_domain(self, connection):
        """Return the domain of the exports of a connection that may be sent now."""
        states = (Domain('state', '=', 'waiting'), Domain('state', '=', 'failed') & Domain('cause', '=', STILL_TRIED))
        times = (Domain('next_try_at', '=', False), Domain('next_try_at', '<=', fields.Datetime.now()))
        # Each combination has an index, `_due` or `_tried_on`
        due = Domain.OR(state & time for state in states for time in times)
        due &= Domain('connection_id', '=', connection.id) & Domain('wait_for_id', '=', False) & Domain('wait_code', '!=', 'unposted')
        return due & ~connection.first_sync_id._held_domain() if connection.first_sync_id else due

    @api.model
    def _has_due(self, connection):
        """Return whether an export of a connection may be sent now."""
        return bool(self.search_count(self._due_domain(connection), limit=1))

    @api.model
    def _stray_domain(self, connection):
        """Return the domain of the exports of a connection whose state does not match the status of the connection."""
        waiting = Domain('state', '=', 'waiting') & Domain('wait_code', '!=', 'unposted')
        lost = Domain('state', '=', 'failed') & Domain('cause', '=', LOST_ACCESS)
        if connection.status == 'connected':
            stray = lost | waiting & Domain('wait_code', 'in', list(WAIT_BY_STATUS.values()))
        elif connection.status == 'reauthenticate':
            stray = waiting
        else:
            stray = lost | waiting & Domain('wait_code', '!=', WAIT_BY_STATUS[connection.status])
        return Domain('connection_id', '=', connection.id) & stray

    def _is_skipped_by_person(self):
        """Return whether a person skipped the document. Only users who may skip can resync it."""
        return self.state == 'skipped' and not self.skip_rule

    def _is_skipped_by_rule(self):
        """Return whether a rule skipped the document, such as an empty day; it is queued again when the rule no longer applies."""
        return self.state == 'skipped' and bool(self.skip_rule)

    def _is_dropped(self):
        """Return whether the document was undone in Odoo before it was sent, and is not posted again."""
        return (self.skip_rule == 'undone' or self.wait_code == 'unposted') and self._desired_state() != 'present'

    def _awaits_decision(self):
        """Return whether the document differs from Xero and a person must decide which version counts."""
        return self.state == 'synced' and self.operation != 'none'

    def _is_edit_undecided(self):
        """Return whether a person changed, voided or deleted the document in Xero, an alarm is on for that, and nobody has decided yet."""
        if not self.xero_seen_at:
            return False
        kind, alarms = self._kind(), self.connection_id._alarms()
        if self.xero_status in FINAL_STATUSES:
            return 'alarm_gone' in alarms
        return any(kind._alarm_of(name) in alarms for name in self._parts_seen_edited())

    def _is_compared_equal(self):
        """Return whether the document is in Xero and there is nothing to send."""
        return self.state == 'synced' and self.operation == 'none'

    def _is_undone(self):
        """Return whether we voided the document in Xero."""
        return self.done_operation == 'void'

    # === WAITING === #

    @api.model
    def _values_for_status(self, connection):
        """Return the values of an export that must be sent, by the status of its connection."""
        if connection.status == 'reauthenticate':
            lost = connection._status_words(self.env._("%(connection)s lost its access to Xero.", connection=connection.name))
            return {'state': 'failed', 'cause': LOST_ACCESS, 'wait_code': False, 'message': self.env._(
                "%(reason)s The document is then sent automatically; invoice admins have been told.", reason=lost)}
        return {'state': 'waiting', 'cause': False, 'wait_code': WAIT_BY_STATUS.get(connection.status, False), 'message': False}

    @api.model
    def _create_queued(self, vals_list):
        """Create exports that must be sent.

        :param vals_list: values with `connection_id`; they replace those of the connection's status.
        """
        connections = self.env['xero.connection'].browse(vals['connection_id'] for vals in vals_list)
        queued = self.create([{**self._values_for_status(connection), **vals} for connection, vals in zip(connections, vals_list)])
        queued._show_on_moves()
        return queued

    def _show_on_moves(self):
        """Show the state of exports on their entries as `account.move` computes it, with one UPDATE.

        The ORM would read the exports of the entries, and update a hundred of them at once. It would also date the entries as written now, so
        that they would be compared with Xero again.
        """
        moves = self.move_id
        if not moves:
            return
        self.flush_model(['move_id', 'state'])
        self.env.cr.execute(SQL(
            """UPDATE account_move
                  SET xero_state = shown.state
                 FROM (SELECT DISTINCT ON (move_id) move_id, CASE state WHEN 'sending' THEN 'waiting' ELSE state END AS state
                         FROM xero_export WHERE move_id IN %s ORDER BY move_id, id DESC) shown
                WHERE account_move.id = shown.move_id AND account_move.xero_state IS DISTINCT FROM shown.state""", tuple(moves.ids)))
        self.env.remove_to_compute(moves._fields['xero_state'], moves)
        moves.invalidate_recordset(['xero_state'], flush=False)

    def _set_waiting(self, **values):
        """Start a new try. Reset the values of the former one.

        :param values: further values; they replace those of the connection's status.
        """
        again = self._allowed('waiting')
        for connection, exports in again.grouped('connection_id').items():
            exports.write({**exports._reset_values(), 'warning': False, **self._values_for_status(connection), **values})
        return again

    def _start_over(self):
        """Send a document as a new one, because it was voided in Xero and is posted again. Requests and chatter still show the old one."""
        self._set_waiting(**{
            **self._prepare_document(self.kind, self._document()), 'operation': 'create', 'done_operation': False,
            'digest': False, 'is_content_unknown': False, **NOTHING_DECLINED,
            'difference': False, 'xero_id': False, 'batch_ref': False, 'xero_number': False, 'xero_status': False, 'xero_date': False, 'xero_total': False,
            'online_url': False, 'online_asked_at': False, 'first_sync_id': False,
            'xero_updated_at': False, 'xero_seen_at': False, 'synced_at': False, 'sent_parts': False, 'answered_parts': False, 'seen_parts': False,
            'closed_difference': False, 'closing_checked_at': False, 'entered_partials': False, 'xero_allocations': False, 'xero_origin': False,
            'is_from_xero': False,
        })

    def _set_waiting_again(self, **values):
        """Continue a try after a request that did not settle the documents: Xero saved nothing, or only the first step is done."""
        again = self._allowed('waiting')
        again.write({'state': 'waiting', **values})
        return again

    def _set_for_status(self, connection):
        """Update exports that wait for the connection, or failed with it, to its present status, with one UPDATE."""
        self._allowed('waiting').write(self._values_for_status(connection))

    def _hold_back(self, wait_code, **values):
        """Store why exports that must be sent have to wait.

        :param str wait_code: key of the field `wait_code`.
        :param values: the end of the wait, or the export to wait for.
        """
        self.write({'wait_code': wait_code, **values})

    def _set_unposted(self):
        """Let documents that were reset to draft before they were sent wait until they are posted again, whatever the status of the connection."""
        drafts = self._allowed('waiting').filtered(lambda export: export.wait_code != 'unposted')
        drafts.write({**drafts._reset_values(), 'warning': False, 'state': 'waiting', 'wait_code': 'unposted'})

    def _unblock(self):
        """End the wait for another export."""
        self.write({'wait_for_id': False, 'wait_code': False})

    def _try_later(self):
        """Set the next try, later each time, because Xero neither saved nor refused the documents. After a day they fail, and are tried hourly."""
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

    # === SENDING === #

    def _set_sending(self, now):
        """Note that the documents are in a request. In SQL, because the ORM would write the unchanged `xero_state` of each `account.move`.

        :param datetime now: time of the request, naive UTC.
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
        """Note that Xero may have saved the documents. They are searched for before they are sent again."""
        unsure = self._allowed('uncertain')
        unsure.write({'state': 'uncertain'})
        return unsure

    # === OUTCOMES === #

    def _set_synced(self, own=None, **values):
        """End a try with success: the documents are in Xero, perhaps with a `difference`.

        :param dict own: export → values in Xero, and `done_operation`; each with the same names.
        :param values: the same, of all exports; for a decision by a person, `operation` and what was declined.
        """
        synced = self._allowed('synced')
        outcome = {**synced._outcome_values('synced'), 'operation': 'none', 'sends_ours': False, **NOTHING_DECLINED, **values}
        write_each(synced, [{**outcome, **(own[export] if own else {})} for export in synced])
        return synced

    def _withdraw_change(self):
        """Cancel queued changes of documents in Xero. The next slice compares the documents and queues a change if it is still needed."""
        queued = self.filtered(lambda export: export.state in ('waiting', 'failed'))
        queued.write({**queued._reset_values(), 'warning': False, 'state': 'synced', 'operation': 'none'})
        return queued

    def _set_failed(self, cause, message, details=False, mappings=None):
        """End a try with a failure.

        :param str cause: key of the field `cause`.
        :param str message: record, reason and next step, for people.
        :param str details: Xero's own words.
        :param mappings: `xero.mapping` that must be decided first.
        """
        failed = self._allowed('failed')
        # What is in Xero is compared when it is tried again
        failed.filtered(lambda export: export.operation == 'none').operation = 'update'
        failed.write({
            **failed._outcome_values('failed'), 'cause': cause, 'message': message, 'details': details,
            'mapping_ids': [fields.Command.set(mappings.ids if mappings else [])],
        })
        return failed

    def _set_failed_unexpectedly(self, error, saved):
        """End a try with an unexpected error in Odoo. This method must not fail itself, or the export would be due for ever.

        A document in Xero is never created again: *Resync* reads and compares it.

        :param Exception error: the unexpected error.
        :param dict saved: values of the element that Xero saved (id, number, status); None if it saved nothing.
        """
        self.ensure_one()
        values = dict(saved or {})
        if (saved or self.xero_id) and self.operation in ('create', 'none'):
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
        """Write columns of the export, and the state shown on its document, in SQL, because writing with the ORM failed."""
        self.flush_recordset()
        assignments = {**values, 'state': 'failed', 'wait_code': None, 'next_try_at': None, 'wait_for_id': None, 'skip_rule': None}
        sets = SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in assignments.items())
        self.env.cr.execute(SQL("UPDATE xero_export SET %s WHERE id = %s", sets, self.id))
        if self.move_id:
            self.env.cr.execute(SQL("UPDATE account_move SET xero_state = 'failed' WHERE id = %s", self.move_id.id))
        self.env.invalidate_all(flush=False)

    def _set_skipped(self, message, rule=False):
        """Skip documents.

        :param str message: the reason, for people.
        :param str rule: key of the field `skip_rule`, if they are queued again when it no longer applies.
        """
        skipped = self._allowed('skipped')
        skipped.write({**skipped._outcome_values('skipped'), 'warning': False, 'skip_rule': rule, 'message': message, 'sends_ours': False})
        return skipped

    # === COMPARED === #

    def _set_equal(self, **values):
        """Note that there is nothing to send for a document in Xero now.

        :param values: results of the comparison, such as different totals.
        """
        self.write({'operation': 'none', 'sends_ours': False, **NOTHING_DECLINED, **values})

    def _difference_now(self, total):
        """Return sentences about what differs between a document and Xero's: the total, and what a person changed in a draft made from Xero's; else False.

        :param total: in Odoo.
        """
        words = [self._total_difference(self.xero_total, total), *self._kind()._origin_differences(self)]
        return ' '.join(filter(None, words)) or False

    def _set_different(self, operation, difference):
        """Leave the decision about a change of a document in Xero to people.

        :param str operation: `update` or `void`.
        :param str difference: the difference between Odoo and Xero, for people.
        """
        self.write({'operation': operation, 'done_operation': False, 'difference': difference, 'sends_ours': False, **NOTHING_DECLINED})

    def _decline_void(self):
        """Note that a person decided not to void a document in Xero that is cancelled or deleted in Odoo."""
        self.write({'operation': 'none', 'difference': False, 'is_void_declined': True})

    # === TOOLS === #

    def _allowed(self, state):
        """Return the exports for which the transition to a state is allowed. Log the others."""
        allowed = self.filtered(lambda export: state in TRANSITIONS[export.state])
        for export in self - allowed if len(allowed) < len(self) else ():
            _logger.warning("Export %s is %s and does not become %s", export.id, export.state, state)
        return allowed

    def _reset_values(self):
        """Return `RESET_VALUES`; for failed exports also no mappings. Others have none, and writing a relation costs a query."""
        if any(export.state == 'failed' for export in self):
            return {**RESET_VALUES, 'mapping_ids': [fields.Command.clear()]}
        return RESET_VALUES

    def _outcome_values(self, state):
        return {**self._reset_values(), 'state': state, 'asked_at': False, 'sends_anyway': False, 'both_versions': False}
