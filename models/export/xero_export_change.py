from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...const import FINAL_STATUSES
from ...tools.xero_elements import read_datetime
from .xero_export_compare import OPEN_TRANSACTIONS
from .xero_export_state import CONTENT_UNKNOWN, VOID


class XeroExport(models.Model):
    """Changes and undoing of what is in Xero: what waits, what is not done automatically, what a person decides."""
    _inherit = 'xero.export'

    xero_updated_at = fields.Datetime(readonly=True, help="Xero's own time of the last change that we know of.")
    xero_seen_at = fields.Datetime(readonly=True, help="The same, of the version that a person has to decide about.")
    unseen_since = fields.Datetime(readonly=True, help="Xero has to be asked for what it has since then before the document is sent.")
    left_digest = fields.Char(readonly=True, help="Fingerprint of the change that is left to a person.")
    can_decide = fields.Boolean(compute='_compute_can_decide')

    @api.depends('state', 'operation', 'difference', 'move_id.state')
    def _compute_can_decide(self):
        for export in self:
            export.can_decide = export._awaits_decision() and export._desired_state() != 'pending'

    # === IN === #

    def _look_again(self):
        """Something happened to documents that are in Xero: the next slice compares them."""
        self._withdraw_change()
        self.checked_at = False
        self.connection_id._arm()

    def _queue_change(self, operation, difference, built=None):
        """Have a change sent, or leave it to people where the connection does not send changes automatically.

        :param str difference: for people, if they have to do it.
        :param Payload built: what would be sent, unless it is a void.
        """
        if self.connection_id.send_changes:
            self._set_waiting(operation=operation, difference=False, next_try_at=self.connection_id._changes_due_at())
            self._hold()
        else:
            self._set_different(operation, difference)
            if built and (sent := self._sent_versions()):
                self._keep_versions({**built.element, 'Total': built.total}, sent[0])

    def _start_over(self):
        """What was voided in Xero is posted: it goes there as a new document. The old one is in the requests and the chatter."""
        self._set_waiting(**{
            **self._prepare_document(self.kind, self._document()), 'operation': 'create', 'digest': False,
            'difference': False, 'left_digest': False, 'xero_id': False, 'xero_number': False, 'xero_status': False, 'xero_total': False,
            'xero_updated_at': False, 'xero_seen_at': False, 'synced_at': False, 'sent_parts': False, 'answered_parts': False, 'seen_parts': False,
        })

    def _is_undone(self):
        """Return whether we voided the document in Xero."""
        return self.operation == 'void' and self.xero_status in FINAL_STATUSES

    # === OUT === #

    def _still_wanted(self):
        """Return the documents that still are what their operation says; the others are compared again."""
        wanted = self.filtered(lambda export: export._kind()._is_wanted(export))
        (self - wanted)._look_again()
        return wanted

    def _remember_document(self):
        for export in self:
            export.write(self._prepare_document(export.kind, export._document()))

    def _next_change(self, built, held):
        """Return what is to be sent next, or settle the document without sending anything.

        :param Payload built: the document as it would be created now, without content if it is to be undone.
        :param dict held: what Xero holds, None if nothing was found.
        :return: `Payload`, or None: the document is synced, perhaps with a difference that a person decides about, or waits.
        """
        kind, is_void = self._kind(), self.operation == 'void'
        if self._is_only_mark_due(built, held):
            return kind._build_mark(built, held) or self._settle_mark(held)
        if held is None:
            return self._leave(built, {}, self.env._("It was not found in Xero any more."))
        if kind._is_gone(held):
            if is_void:
                return self._settle_void(held)
            if self._was_void_sent_last():
                return self._start_over()
            return self._leave(built, held, self.env._("Somebody voided or deleted it in Xero."))
        if not is_void and not kind._differing_parts({**built.element, 'Total': built.total}, held):
            return self._settle_equal(built, held)
        if self._is_edited(held):
            return self._leave(built, held, self._edits(held))
        self._take_over(held)
        if not is_void and not kind._parts_to_send(built, held):
            return self._settle_equal(built, held)
        change = kind._build_void(self, held) if is_void else kind._build_update(built, held)
        if not change and not self._wait_for_way(held):
            self._leave(built, held, self._payments_first())
        return change

    def _was_void_sent_last(self):
        """Return whether what we sent last was to void the document: then it was us, not somebody in Xero."""
        request = self.request_ids.filtered(lambda request: request.kind != 'contact').sorted('id')[-1:]
        return any(frozen.get('export') == self.id and frozen.get('operation') == 'void' for frozen in request.frozen or ())

    def _settle_equal(self, built, held):
        """There is nothing to send."""
        return self._settle_saved(held, {'revision': self.revision, 'digest': built.digest, 'parts': built.parts, 'warnings': built.warnings})

    def _wait_for_way(self, held):
        """Have undone for a moment what is in the way by our own doing alone.

        :param dict held: what Xero holds, which something is paid or allocated on.
        :return: whether the document waits for that.
        """
        in_the_way = self.browse().union(*(kind._make_way(self, held) for kind in self.env['xero.kind']._dependent()))
        if in_the_way:
            self._set_waiting_again(wait_code='prerequisite', wait_for_id=in_the_way[0].id)
        return bool(in_the_way)

    def _leave(self, built, held, reason):
        """Send nothing: Xero's version is not one that we may overwrite. A person reads both and decides."""
        kind = self._kind()
        if held:
            self.write({'xero_status': held['Status'], 'xero_total': kind._total_in(held)})
        is_void = self.operation == 'void'
        ours = kind._undone_words(self) if is_void else self._changes(built)
        self._set_synced(
            difference=f'{reason} {ours}', left_digest=built.digest or VOID,
            xero_seen_at=read_datetime(held, 'UpdatedDateUTC') or False, seen_parts=kind._content_parts(held) or False,
            checked_at=fields.Datetime.now() - OPEN_TRANSACTIONS)
        if held and not is_void:
            self._keep_versions({**built.element, 'Total': built.total}, held)

    def _settle_void(self, element, frozen=None):
        """One step of undoing is done: the document is void, or has only given its number free."""
        kind = self._kind()
        values = {
            'xero_number': element.get(kind._xero_number) or self.xero_number,
            'xero_status': element['Status'],
            'xero_updated_at': read_datetime(element, 'UpdatedDateUTC') or False,
            'answered_parts': {**(self.answered_parts or {}), **kind._content_parts(element)} or False,
        }
        if kind._is_gone(element):
            unchanged = not frozen or frozen['revision'] == self.revision
            self._set_synced(
                **values, difference=False, left_digest=False, xero_seen_at=False, synced_at=fields.Datetime.now(),
                checked_at=fields.Datetime.now() - OPEN_TRANSACTIONS if unchanged else False)
            kind._on_voided(self)
        else:
            # Should it be posted again before it is void, it has to get its number back
            self._set_waiting_again(**values, **CONTENT_UNKNOWN)

    # === WHAT SOMEBODY DID IN XERO === #

    def _sent_versions(self):
        """Return what the document may be in Xero by our doing: as it was settled last, and what was sent since."""
        versions, version = [], {}
        for request in self.request_ids.filtered(lambda request: request.kind != 'contact').sorted('id'):
            for frozen, element in zip(request.frozen, request._elements()):
                if frozen['export'] == self.id:
                    version = {**version, **element, 'Total': frozen['total']}
                    versions = [*([] if frozen['digest'] == self.digest else versions), version]
        return versions

    def _edits(self, held):
        """Return, for people, what somebody changed in Xero."""
        labels = self._kind()._part_labels()
        named = ', '.join(dict.fromkeys(labels[part] for part in self._parts_edited(held) if part in labels))
        if named:
            return self.env._("Somebody changed it in Xero (%(parts)s), so it was not overwritten.", parts=named)
        return self.env._("Somebody changed it in Xero, so it was not overwritten.")

    def _payments_first(self):
        if self.operation == 'void' and self.currency_id.is_zero(self.amount_total):
            return self.env._("It totals zero, which Xero counts as paid and does not void. Keep Xero's: it changes no balance there.")
        if self.operation == 'void':
            return self.env._("It is paid or allocated in Xero. Remove the payment or allocation there first, then press Send ours.")
        return self.env._("It is paid or allocated in Xero, which allows no such change. Remove the payment or allocation there first, then press Send ours.")

    # === A PERSON DECIDES === #

    def _check_can_decide(self):
        self.ensure_one()
        self.check_access('read')
        if not self.env.user.has_group('account_xero.group_xero_invoice_admin'):
            raise AccessError(self.env._("Only an invoice admin can decide which version counts."))
        if not self.can_decide:
            raise UserError(self.env._("There is nothing to decide about %(document)s any more.", document=self.document_name))

    def action_send_ours(self):
        """Overwrite, or void, in Xero the version that the person has seen, and follow it."""
        self._check_can_decide()
        export = self.sudo()
        if export.operation == 'update' and export.xero_status in FINAL_STATUSES:
            export._start_over()
        else:
            export._set_waiting(**export._overruled(), **export._seen(), difference=False, left_digest=False)
        export.write({'asked_by_id': self.env.uid, 'asked_at': fields.Datetime.now()})
        export.connection_id._arm()
        return self._follow_action()

    def action_keep_xeros(self):
        """Leave the document in Xero as it is there. The next change in Odoo is sent again."""
        self._check_can_decide()
        export = self.sudo()
        if export.operation == 'void':
            export.write({'difference': False, 'left_digest': VOID})
        else:
            # Without a fingerprint, what Odoo has now is taken as equal; the totals are still compared
            export._set_equal(
                digest=False, checked_at=False, difference=export._total_difference(export.xero_total, export._total_now()), **export._seen())
            export.connection_id._arm()
        export._note_outcome(self.env._("%(user)s keeps the version in Xero.", user=self.env.user.name))
        # What waited for the undoing need not wait any more
        export._release_followers()
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
