import logging
from collections import Counter, defaultdict
from contextlib import contextmanager

from markupsafe import Markup
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...tools.client_action import NOTIFY, notice
from ...tools.quiet import mute_logger_in_thread
from ..connection.conflicts import mute_conflicts
from .containment import contain, contain_quietly
from .xero_export_state import STILL_UNDER_WAY
from .xero_export_values import HELD

_logger = logging.getLogger(__name__)


class XeroExport(models.Model):
    """The queue: which documents are sent and when, what they wait for, and who is notified of the outcome."""
    _inherit = 'xero.export'

    first_sync_id = fields.Many2one(
        'xero.first.sync', string="Linked by", readonly=True, copy=False, index='btree_not_null', ondelete='set null',
        help="The first sync that found the document in Xero. It was entered there before Odoo exported, so files, notes and marks are not sent for it.")

    @api.model
    def _moving_domain(self):
        """Return the domain of the exports that wait only for their turn, which comes unless the connection pauses."""
        return Domain('state', 'in', STILL_UNDER_WAY) & Domain('wait_code', 'not in', HELD)

    # === QUEUEING === #

    @api.model
    def _enqueue_posted(self, moves):
        """Queue documents that were just posted. Never fails and makes no call; the connection's sweep finds missed ones.

        :param moves: posted `account.move`.
        """
        if not moves or not self.env['xero.connection']._any_exists():
            return
        with self._never_failing(moves, moves):
            self.sudo()._enqueue(moves.sudo().filtered(lambda move: move._xero_wanted_by()))

    @contextmanager
    def _never_failing(self, records, moves=(), exports=()):
        """Run a block in a user's transaction, which must not fail because of the export.

        If the connection's slice writes the same rows at the same time, the change is noted for the next slice.

        :param records: records to name in the log.
        :param moves: `account.move` that the block is about.
        :param exports: `xero.export` that the block is about.
        """
        # A savepoint flushes first. An error in that flush is not ours, so it must be raised
        savepoint = self.env.cr.savepoint()
        try:
            with mute_logger_in_thread('odoo.sql_db'), savepoint:
                yield
        except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, UniqueViolation):
            _logger.info("Just being sent to Xero; the next slice looks again: %s", records)
            self.env['xero.change.note']._record(moves or self.env['account.move'], exports or self.browse())
        except Exception:
            _logger.exception("Could not be queued for Xero; the next sweep takes them: %s", records)

    @api.model
    def _enqueue(self, records):
        """Queue documents, or requeue their exports if they have some. Then queue the documents that depend on them.

        :param records: posted `account.move` with a connection; or documents of another model, such as `xero.journal.day`.
        :return: the exports of the documents.
        """
        exports = self.browse()
        for kind, documents in self.env['xero.kind']._find_or_create_by_kind(records):
            if documents:
                exports |= self._enqueue_documents(kind, documents)
        for kind in self.env['xero.kind']._dependent() if exports else ():
            kind._enqueue_dependants(exports)
        return exports

    @api.model
    def _enqueue_documents(self, kind, documents):
        """Queue documents of one kind.

        :param kind: model of the kind.
        :return: their exports.
        """
        field = kind._document_field
        # A document may have exports of several connections: the last one is used
        last_by_document = {export[field]: export for export in self.search([(field, 'in', documents.ids)], order='id')}
        known = self.browse().union(*last_by_document.values())
        touched = kind._requeue_known(known)
        reused = kind._reuse(documents - known[field])
        created = self._create_queued(list(kind._prepare_rows(documents - known[field] - reused[field])))
        (created | touched | reused)._arm()
        return created | known | reused

    def _arm(self):
        """Trigger the connections' slices for the time when the first of these exports is due."""
        for connection, exports in self.grouped('connection_id').items():
            moments = exports.mapped('next_try_at')
            connection._arm(at=min(moments) if all(moments) else None)

    def _apply_due_times(self):
        """Set the next try of exports whose kind is sent at certain times only, such as days."""
        for kind, exports in self._by_kind():
            kind._set_due_time(exports)

    def _touch(self):
        """Note that documents changed. Those that were never sent are sent as they are now, or dropped; those in Xero are compared."""
        self.filtered('xero_id')._look_again()
        for export in self:
            values = {'revision': export.revision + 1, 'checked_at': False}
            if not export.xero_id and (document := export._document()):
                values.update(self._prepare_document(export.kind, document))
                if export.state in ('waiting', 'failed') or export.skip_rule == 'undone':
                    export._set_waiting(**values)
                    continue
            export.write(values)
        for kind, exports in self._by_kind():
            kind._after_touch(exports)
        self._drop_undone()

    # === WAITING FOR SOMETHING === #

    @api.model
    def _follow_status(self, connections):
        """Update the exports that wait for connections, or failed with them, to the new status: one UPDATE for each connection."""
        for connection in connections.sudo():
            exports = self.sudo().search([
                ('connection_id', '=', connection.id),
                '|', '&', ('state', '=', 'waiting'), ('wait_code', '!=', 'unposted'), '&', ('state', '=', 'failed'), ('cause', '=', 'connection'),
            ])
            exports._set_for_status(connection)
        for kind in self.env['xero.kind']._all():
            kind._follow_status(connections)

    @api.model
    def _align(self, connections):
        """Update exports whose state does not match the status of their connection.

        A transaction that began before a change of the status queues its documents by the former status.
        """
        for connection in connections.sudo():
            strays = self.sudo().search(self._stray_domain(connection))
            if strays:
                strays._set_for_status(connection)
                strays._apply_due_times()

    def _wait_for_prerequisites(self):
        """Let documents wait for exports that must come first. If one of those must be undone first, queue that.

        :return: the exports that wait.
        """
        if not self:
            return self
        kind = self._kind()
        if next(iter(self)).operation == 'create':
            first_by_export = kind._prerequisites(self)
        else:
            first_by_export = kind._change_prerequisites(self)
            self.browse().union(*first_by_export.values())._undo_first()
        for export, first in first_by_export.items():
            export._hold_back('prerequisite', wait_for_id=first.id, next_try_at=False)
        return self.browse().union(*first_by_export)

    def _drop_unposted(self):
        """Let documents wait, or skip them, that were reset, cancelled or deleted before they were sent. They are queued again when posted.

        :return: the exports that must not be sent.
        """
        empty = self.filtered(lambda export: export._kind()._is_empty(export))
        for export in empty:
            export._set_skipped(export._kind()._undone_words(export), rule='empty')
        # Documents that may be in Xero are searched for first
        unknown = (self - empty).filtered(lambda export: export.unseen_since or 'unanswered' in export.request_ids.mapped('state'))
        unknown._try_later()
        gone = (self - empty - unknown).filtered(lambda export: not export._document() or export._desired_state() == 'absent')
        for export in gone:
            export._set_skipped(export._kind()._dropped_words(export), rule='undone')
        drafts = (self - empty - unknown - gone).filtered(lambda export: export._desired_state() != 'present')
        drafts._set_unposted()
        return empty | unknown | gone | drafts

    def _drop_undone(self):
        """Drop documents that were undone before they were sent, without waiting for the next try. What may be in Xero is left to the slice."""
        unsent = self.filtered(lambda export: export.state in ('waiting', 'failed') and not export.xero_id)
        unsent.filtered(lambda export: export._desired_state() != 'present' and not export._has_left())._drop_unposted()

    def _drop_deleted(self):
        """Skip documents that are about to be deleted and were never sent. Return their exports."""
        dropped = self.filtered(lambda export: (export.state in ('waiting', 'failed') or export.skip_rule == 'undone') and not export._has_left())
        for export in dropped:
            export._set_skipped(export._kind()._deleted_words(export), rule='undone')
        return dropped

    # === RESYNC AND SKIP === #

    def _requeue(self, by_hand=True):
        """Send documents again now. Those that are synced or being sent are left out.

        :return: the exports that are sent now.
        """
        deleted = self.sudo().filtered(lambda export: export.state in ('waiting', 'failed') and not export.xero_id and not export._document())
        deleted._drop_unposted()
        again = self.sudo()._as_kind_now().filtered('can_resync' if by_hand else lambda export: export._can_go_again())
        if by_hand:
            again._follow_routing()
        doubted = again.filtered(lambda export: by_hand and export.skip_rule == 'paid')
        with mute_conflicts(self.env):
            again._set_waiting(**({'asked_by_id': self.env.uid, 'asked_at': fields.Datetime.now()} if by_hand else {}))
            doubted.sends_anyway = True
        again._drop_undone()
        again.connection_id._arm()
        return again.filtered(lambda export: not export._is_dropped())

    def _as_kind_now(self):
        """Change the kind of documents that are not in Xero to the one that their journal requires now.

        :return: the exports without those that would not be exported now.
        """
        gone = self.browse()
        for export in self.filtered(lambda export: not export.xero_id):
            name = export._kind()._kind_now(export)
            if not name:
                gone |= export
            elif name != export.kind:
                export.write(self._prepare_document(name, export._document()))
        return self - gone

    def _can_go_again(self):
        """Return whether there is something to send or to void: the document is neither synced nor being sent."""
        return self.state in ('waiting', 'failed', 'skipped') and not self._is_dropped() and bool(self.xero_id or self._document())

    def _follow_routing(self):
        """Change the connection of documents that are not in Xero, and of their dependants, to that of their journal or company now."""
        self._reroute()
        self._dependants().filtered(lambda export: export.state in ('waiting', 'failed', 'skipped'))._reroute()

    def _reroute(self):
        free = self.filtered(lambda export: not export.xero_id and not export.unseen_since and 'unanswered' not in export.request_ids.mapped('state'))
        for export in free.filtered(lambda export: export._document()):
            connection = export._kind()._connection_of(export._document())
            if connection and connection != export.connection_id:
                export.connection_id = connection

    def _follow_mode(self):
        """Update documents that are not in Xero to the way in which their journal is exported now. Skip those that are not exported on their own."""
        for export in self.filtered(lambda export: export.state in ('waiting', 'failed') or export._is_skipped_by_rule()):
            if export._has_left() or not export._document():
                continue
            kind, name = export._kind(), export._kind()._kind_now(export)
            journal = export.mapped(kind._journal_path)
            if name and journal._xero_mode() != 'off':
                export._set_waiting(**self._prepare_document(name, export._document()))
                export._apply_due_times()
                export._drop_undone()
            else:
                export._set_skipped(self.env._(
                    "%(journal)s goes to Xero in another way now, or not at all, so %(document)s does not go alone.",
                    journal=journal.display_name, document=export.document_name), rule='mode')

    @api.model
    def _release(self, mappings):
        """Send documents again that failed because mappings were not decided.

        :param mappings: `xero.mapping` that are decided now.
        :return: number of documents that are sent now, because they wait for no other decision.
        """
        waiting = mappings.sudo().export_ids.filtered(lambda export: export.state == 'failed')
        free = waiting.filtered(lambda export: all(mapping._is_decided() for mapping in export.mapping_ids))
        return len(free._requeue(by_hand=False))

    def _has_left(self):
        """Return whether the document is in Xero, or may be."""
        is_unknown = self.state in ('sending', 'uncertain') or self.unseen_since
        return bool(self.xero_id or is_unknown) or any(request.state != 'answered' for request in self.request_ids._of_documents())

    def _last_creations(self):
        """Return the last request of each export that creates its document."""
        found = self.env['xero.request']
        for export in self:
            found |= export.request_ids._of_documents().filtered(lambda request: request.method == 'PUT').sorted('id')[-1:]
        return found

    def _skip(self, reason):
        """Skip documents at the request of the user.

        :param str reason: shown to everybody.
        :return: the exports that are skipped now.
        """
        skipped = self.sudo().filtered(lambda export: export.state in ('waiting', 'failed', 'uncertain'))
        skipped._set_skipped(self.env._("Skipped by %(user)s: %(reason)s", user=self.env.user.name, reason=reason))
        skipped._notify_outcome()
        skipped.connection_id._arm()    # tasks about failed documents are updated
        return skipped

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Exports are the record of what is in Xero and cannot be deleted. Skip the document instead."))

    # === DEPENDENT DOCUMENTS === #

    def _dependants(self):
        """Return the exports that depend on these documents in Xero, such as allocations of credit notes."""
        return self.browse().union(*(kind._dependants_of(self) for kind in self.env['xero.kind']._dependent()))

    def _outgoing_payments(self):
        """Return a dict: export among these → export of a payment of its document that is on its way to Xero."""
        return {export: payment for kind in self.env['xero.kind']._all() for export, payment in kind._outgoing_payments(self).items()}

    def _dependants_to_undo(self):
        """Return a dict: export of a document → dependent export that must be undone in Xero before the document is changed."""
        found = {}
        for kind in self.env['xero.kind']._dependent():
            found.update(kind._dependants_to_undo(self))
        return found

    def _undo_first(self):
        """Queue the voiding of synced exports. No further decision is needed: a change of their documents was decided, and it requires this."""
        for export in self.filtered(lambda export: export.state == 'synced'):
            export._set_waiting(operation='void', difference=False)

    def _followers(self):
        """Return the exports that wait for these."""
        return self.sudo().search([('wait_for_id', 'in', self.ids)])

    # === NOTIFICATIONS === #

    def _notify_outcome(self, how=''):
        """Notify people of the outcome of these exports, and queue the exports that waited for them.

        :param str how: how documents came into Xero, for people.
        """
        self._unblock_followers()
        self._tell_outcome(how)

    def _unblock_followers(self):
        """Queue the exports that wait for these. An error with one does not stop the others."""
        if followers := self._followers():
            contain(self.env, followers, lambda some: some._unblock())

    def _tell_outcome(self, how=''):
        """Notify people of the outcome of these exports: in the chatter of the documents, and the users who requested them.

        :param str how: see `_notify_outcome`.
        """
        contain(self.env, self, lambda some: some._note_outcome(how), tell=lambda export, error: export._warn_unnoted(error))
        if any(self.mapped('tell_user')):
            contain_quietly(self.env, self._tell_askers)

    def _note_outcome(self, how):
        """Write a note in the chatter of each document, with one call for each model."""
        bodies = defaultdict(dict)
        for export in self.filtered(lambda export: export.state in ('synced', 'failed', 'skipped')):
            for record in export._kind()._chatter_record(export):
                bodies[record._name][record.id] = export._note(how)
        for model, by_id in bodies.items():
            self.env[model].sudo().browse(by_id)._message_log_batch(bodies=by_id)

    def _note(self, how):
        if self.state == 'synced' and self.done_operation == 'mark':
            return self.env._("Marked as sent in Xero (%(organisation)s).", organisation=self.connection_id.organisation_name or '')
        if self.state == 'synced':
            link = Markup('<a href="%s" target="_blank" rel="noreferrer">%s</a>') % (self.xero_url or '#', self.xero_number)
            names = {'organisation': self.connection_id.organisation_name or '', 'link': link}
            return Markup(' ').join(filter(None, [self._kind()._done_words(self, names), how, self.difference]))
        if self.state == 'skipped':
            return self.env._("Not exported to Xero. %(message)s", message=self.message or '')
        message = Markup('<br/>').join((self.message or '').splitlines())
        return Markup(' ').join([self._kind()._missing_words(self), message])

    def _warn_unnoted(self, error):
        """Add a warning to the export: the note of its outcome could not be written in the document's chatter."""
        contain_quietly(self.env, lambda: self._warn(self.env._(
            "The note for %(document)s could not be written, by an error in Odoo (%(error)s). Ask your administrator to look into Odoo's log.",
            document=self.document_name, error=type(error).__name__)))

    def _tell_askers(self):
        """Notify users who requested documents and closed the dialog, when all of these documents have an outcome."""
        told = self.filtered(lambda export: export.tell_user and export.asked_by_id)
        for user in told.asked_by_id:
            asked = self.search([('asked_by_id', '=', user.id), ('tell_user', '=', True)])
            if any(export.state in STILL_UNDER_WAY and not export.wait_code for export in asked):
                continue
            counts = Counter(asked.mapped('state'))
            failed, waiting = counts['failed'], sum(counts[state] for state in STILL_UNDER_WAY)
            names = {'synced': counts['synced'], 'failed': failed, 'waiting': waiting}
            env = self.with_context(lang=user.lang).env
            user._bus_send(NOTIFY, notice(
                'danger' if failed else 'warning' if waiting else 'success',
                env._("%(synced)s in Xero, %(failed)s failed, %(waiting)s waiting.", **names) if waiting
                else env._("%(synced)s in Xero, %(failed)s failed.", **names), env._("Export to Xero")))
            asked.tell_user = False
