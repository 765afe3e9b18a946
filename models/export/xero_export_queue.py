import logging
from contextlib import contextmanager

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...tools.quiet import mute_conflicts, mute_logger_in_thread

_logger = logging.getLogger(__name__)

# Waiting for these is no progress that somebody could watch
HELD = ('draft', 'paused', 'disconnected', 'unposted', 'retry', 'approval', 'day_end')


class XeroExport(models.Model):
    """The queue: how documents come in, who holds them back and who lets them go."""
    _inherit = 'xero.export'

    # === IN === #

    @api.model
    def _enqueue_posted(self, moves):
        """Queue what was just posted. Never fails, never calls Xero; what it misses the connection's sweep finds.

        :param moves: `account.move`, posted.
        """
        if not self.env['xero.connection']._any_exists():
            return
        with self._never_failing(moves, moves):
            self.sudo()._enqueue(moves.sudo().filtered(lambda move: move._xero_wanted_by()))

    @contextmanager
    def _never_failing(self, records, moves=(), exports=()):
        """Do something of ours in a user's transaction, which must not fail because of us.

        What meets the connection's slice, which writes the same rows, is noted for the next slice.

        :param records: what the log names.
        :param moves: `account.move` for which it is done.
        :param exports: `xero.export` for which it is done.
        """
        # Flushes first: what fails there is the user's own, and Odoo tries it again
        savepoint = self.env.cr.savepoint()
        try:
            with mute_logger_in_thread('odoo.sql_db'), savepoint:
                yield
        except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, UniqueViolation):
            _logger.info("Just being sent to Xero; the next slice looks again: %s", records)
            self.env['xero.change.note']._leave(moves or self.env['account.move'], exports or self.browse())
        except Exception:
            _logger.exception("Could not be queued for Xero; the next sweep takes them: %s", records)

    @api.model
    def _enqueue(self, records):
        """Queue documents, or tell the exports that they have already that something happened to them; then what hangs on them.

        :param records: `account.move`, posted, with a connection; or documents of one model, such as `xero.journal.day`.
        :return: the exports of the documents.
        """
        exports = self.browse()
        for kind, documents in self.env['xero.kind']._documents_by_kind(records):
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
        # The last one counts, of a document that was exported through another connection before
        known = {export[field]: export for export in self.search([(field, 'in', documents.ids)], order='id')}
        known = self.browse().union(*known.values())
        touched = kind._meet_again(known)
        reused = kind._reuse(documents - known[field])
        created = self._create_queued(list(kind._prepare_rows(documents - known[field] - reused[field])))
        (created | touched | reused)._arm()
        return created | known | reused

    def _arm(self):
        """Have slices of the connections run as soon as one of these exports is due."""
        for connection, exports in self.grouped('connection_id').items():
            moments = exports.mapped('next_try_at')
            connection._arm(at=min(moments) if all(moments) else None)

    def _hold(self):
        """Hold back what has to wait for a moment of its own, though its connection would have it sent now."""
        for kind, exports in self._by_kind():
            kind._hold(exports)

    @api.model
    def _prepare_document(self, kind, document):
        """Return the values that a row remembers of its document.

        :param str kind: of the row.
        """
        return self.env[f'xero.kind.{kind}']._prepare_document(document)

    def _touch(self):
        """A document changed: what never left goes out as it is now, what is in Xero is compared."""
        self.filtered('xero_id')._look_again()
        for export in self:
            values = {'revision': export.revision + 1, 'checked_at': False}
            if not export.xero_id and (document := export._document()):
                values.update(self._prepare_document(export.kind, document))
                if export.state in ('waiting', 'failed'):
                    export._set_waiting(**values)
                    continue
            export.write(values)
        for kind, exports in self._by_kind():
            kind._after_touch(exports)

    # === HELD BY THE CONNECTION === #

    @api.model
    def _follow_status(self, connections):
        """Give everything that waits for a connection the state of its new status, in one UPDATE each."""
        for connection in connections.sudo():
            held = self.sudo().search([
                ('connection_id', '=', connection.id),
                '|', ('state', '=', 'waiting'), '&', ('state', '=', 'failed'), ('cause', '=', 'connection'),
            ])
            held._set_for_status(connection)
        for kind in self.env['xero.kind']._all():
            kind._follow_status(connections)

    @api.model
    def _align(self, connections):
        """Give exports the state of their connection's status where they have another one.

        A transaction that still saw the connection alive queues its documents as if it were, after the status has changed.
        """
        for connection in connections.sudo():
            strays = self.sudo().search(self._stray_domain(connection))
            if strays:
                strays._set_for_status(connection)
                strays._hold()

    # === OUT, AND BACK === #

    def _requeue(self, by_hand=True):
        """Let documents go out again, now. What is in Xero as it should be, or on its way, is left alone.

        :return: the exports that wait now.
        """
        again = self.sudo()._as_kind_now().filtered('can_resync' if by_hand else lambda export: export._can_go_again())
        if by_hand:
            again._follow_routing()
        with mute_conflicts(self.env):
            again._set_waiting(**({'asked_by_id': self.env.uid, 'asked_at': fields.Datetime.now()} if by_hand else {}))
        again.connection_id._arm()
        return again

    def _as_kind_now(self):
        """Have documents that are not in Xero go as the kind that their journal makes of them now.

        :return: all but those that would not go at all.
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
        """Return whether there is something to send, or to void, that is neither in Xero as it should be nor on its way."""
        return self.state in ('waiting', 'failed', 'skipped') and bool(self.xero_id or self._document())

    def _follow_routing(self):
        """Have documents that are not in Xero go where their journal or company sends documents now, and what hangs on them with them."""
        self._reroute()
        self._dependants().filtered(lambda export: export.state in ('waiting', 'failed', 'skipped'))._reroute()

    def _reroute(self):
        free = self.filtered(lambda export: not export.xero_id and not export.unseen_since and 'unanswered' not in export.request_ids.mapped('state'))
        for export in free.filtered(lambda export: export._document()):
            connection = export._kind()._connection_of(export._document())
            if connection and connection != export.connection_id:
                export.connection_id = connection

    def _follow_mode(self):
        """Have documents that are not in Xero go as their journal says now, or skip them if it says that they do not go alone."""
        for export in self.filtered(lambda export: export.state in ('waiting', 'failed') or export._is_skipped_by_rule()):
            if export._has_left() or not export._document():
                continue
            kind, name = export._kind(), export._kind()._kind_now(export)
            journal = export.mapped(kind._journal_path)
            if name and journal._xero_mode() != 'off':
                export._set_waiting(**self._prepare_document(name, export._document()))
                export._hold()
            else:
                export._set_skipped(self.env._(
                    "%(journal)s goes to Xero in another way now, or not at all, so %(document)s does not go alone.",
                    journal=journal.display_name, document=export.document_name), rule='mode')

    # === WHAT HANGS ON DOCUMENTS === #

    def _dependants(self):
        """Return the exports that hang on these documents in Xero, such as allocations of credit notes."""
        return self.browse().union(*(kind._dependants_of(self) for kind in self.env['xero.kind']._dependent()))

    def _dependants_to_undo(self):
        """Return, by document among these, an export that has to be undone in Xero before anything else is done to it."""
        found = {}
        for kind in self.env['xero.kind']._dependent():
            found.update(kind._dependants_to_undo(self))
        return found

    def _undo_first(self):
        """Have undone what somebody has decided by deciding that its documents are changed or voided."""
        for export in self.filtered(lambda export: export.state == 'synced'):
            export._set_waiting(operation='void', difference=False)

    def _drop_undone(self):
        """Take what was undone before it went to Xero out of the queue at once, whatever it waits for."""
        self.filtered(lambda export: export.state in ('waiting', 'failed') and not export.xero_id)._drop_unposted()

    @api.model
    def _release(self, mappings):
        """Send again what failed for want of these decisions.

        :param mappings: `xero.mapping`, decided now.
        :return: number of documents that wait for nothing else and go out now.
        """
        waiting = mappings.sudo().export_ids.filtered(lambda export: export.state == 'failed')
        free = waiting.filtered(lambda export: all(mapping._is_decided() for mapping in export.mapping_ids))
        return len(free._requeue(by_hand=False))

    def _has_left(self):
        """Return whether the document is in Xero, or may be."""
        requests = self.request_ids.filtered(lambda request: request.kind != 'contact')
        is_unknown = self.state in ('sending', 'uncertain') or self.unseen_since
        return bool(self.xero_id or is_unknown) or any(request.state != 'answered' for request in requests)

    def _last_creations(self):
        """Return, of each of these, the request that created its document last, if any did."""
        found = self.env['xero.request']
        for export in self:
            found |= export.request_ids.filtered(lambda request: request.method == 'PUT' and request.kind != 'contact').sorted('id')[-1:]
        return found

    def _skip(self, reason):
        """Take documents out of the queue, for a reason that everybody can read.

        :return: the exports that are skipped now.
        """
        skipped = self.sudo().filtered(lambda export: export.state in ('waiting', 'failed', 'uncertain'))
        skipped._set_skipped(self.env._("Skipped by %(user)s: %(reason)s", user=self.env.user.name, reason=reason))
        skipped._note_outcome()
        skipped._release_followers()
        return skipped

    def _release_followers(self):
        """Let exports go out that wait for these."""
        self._followers()._unblock()

    def _followers(self):
        """Return the exports that wait for these."""
        return self.sudo().search([('wait_for_id', 'in', self.ids)])

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Exports are the record of what is in Xero and cannot be deleted. Skip the document instead."))
