import json

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount

from ...const import ADMIN_ROLE, FINAL_STATUSES
from ...tools.xero_elements import MARK, comparable, read_date, read_datetime
from ...tools.xero_money import json_number, round_half_up, to_decimal
from .xero_cause import deciding
from .xero_export import OPEN_TRANSACTIONS
from .xero_export_state import CONTENT_UNKNOWN, NOTHING_DECLINED


class XeroExport(models.Model):
    """Differences between Odoo and Xero: changes on either side since a document was sent, what is sent, and decisions of people.

    Xero does not store what it gets: it drops the account and tax of lines of 0.00, strips emoji, trims references, normalises line ends and
    spaces. So only what differs from its last answer was changed by somebody there. `remote` is the document as Xero holds it.
    """
    _inherit = 'xero.export'

    accepted_totals = fields.Char(readonly=True, help="Both totals of the last difference that a person has accepted, or for which the alarm is off.")
    proved_at = fields.Datetime(string="Last compared", readonly=True, help="When the document in Xero was last read by a comparison of all.")
    difference_ids = fields.One2many('xero.difference', 'export_id', string="Differences", readonly=True)
    can_decide = fields.Boolean(compute='_compute_can_decide')
    can_take_xeros = fields.Boolean(compute='_compute_can_decide')

    # === CHANGED IN ODOO === #

    def _look_again(self):
        """Let the next slice compare documents in Xero, because they may have changed in Odoo."""
        self._withdraw_change()
        self.checked_at = False
        self.connection_id._arm()

    def _compare(self, built):
        """Compare a synced document with what was sent, and queue or show the difference.

        :param Payload built: the document as it would be sent now; None if it is not posted any more.
        """
        self.ensure_one()
        self.checked_at = fields.Datetime.now() - OPEN_TRANSACTIONS
        if built is None:
            self._compare_undone()
        elif not built.digest:
            pass    # it cannot be built, so it cannot be compared
        elif self._is_undone():
            self._start_over()
        elif built.digest == self.declined_digest:
            pass    # a person decides about this version already
        elif not self.sends_ours and ((not self.digest and not self.is_content_unknown) or built.digest == self.digest or self._is_as_sent(built)):
            if self._is_edit_undecided():
                self.env['xero.comparison']._show_again(self)   # Odoo is as before, Xero is not
                return
            # A document that was found in Xero, not sent, counts as equal at its first comparison
            total = self._total_now(built)
            self._set_equal(
                digest=built.digest, is_content_unknown=False, sent_parts=built.parts or False, amount_total=total, xero_seen_at=False,
                difference=self._difference_now(total))
        else:
            self._queue_change('update', self._changes(built), built)
        if built and self._lacks_mark(built):
            self._queue_mark()

    def _compare_undone(self):
        """Show that a synced document is not posted any more, or queue its void if it is cancelled or deleted."""
        undone = self._kind()._undone_words(self)
        if self._desired_state() == 'pending' and (self._is_undone() or (self.is_unconfirmed and self.is_void_declined)):
            pass    # it is void already, and sent as a new one if it is posted again; or a person has accepted that Xero's draft is cancelled or deleted
        elif self._desired_state() == 'pending':
            # Still being edited: wait until it is posted or cancelled
            self._set_equal(difference=undone, sends_ours=self.sends_ours)
        elif not self._is_undone() and not self.is_void_declined:
            self._queue_change('void', undone)

    def _total_now(self, built=None):
        """Return the total of the document in Odoo now.

        :param Payload built: the document as it would be sent now, if that is known.
        """
        if not self._kind()._has_own_total:
            return float(built.total) if built else self.amount_total
        return self._prepare_document(self.kind, self._document())['amount_total']

    def _changes(self, built):
        """Return, for people, which parts of a document changed since it was sent."""
        versions = self._sent_versions()
        parts = self._changed_parts(built, versions[0] if versions else {})
        changed = parts and self.env._("Changed in Odoo since it was sent: %(parts)s.", parts=', '.join(dict.fromkeys(parts)))
        return ' '.join(filter(None, [changed, self._total_difference(self.xero_total, self._total_now(built))]))

    def _changed_parts(self, built, sent):
        """Return the labels of the parts that changed in Odoo and differ from a version that was sent."""
        changed = self._kind()._changed_in_odoo(built)
        return [
            label for name, label in self._kind()._part_labels().items()
            if (changed is None or name in changed) and comparable(sent.get(name)) != comparable(built.element.get(name))]

    def _is_as_sent(self, built):
        """Return whether what changed in Odoo makes no difference in Xero, such as analytics that are not tracked."""
        versions = self._sent_versions()
        return not self.is_content_unknown and not built.problems and len(versions) == 1 and not self._changed_parts(built, versions[0])

    def _total_difference(self, theirs, ours):
        """Return a sentence with both totals if they differ, else False.

        :param theirs: total in Xero, None when it is not known.
        """
        if theirs is None or round_half_up(to_decimal(theirs)) == round_half_up(to_decimal(ours)) or self._totals_key(theirs, ours) == self.accepted_totals:
            return False
        return self.env._(
            "The total is %(ours)s in Odoo and %(theirs)s in Xero.",
            ours=format_amount(self.env, float(ours), self.currency_id), theirs=format_amount(self.env, float(theirs), self.currency_id))

    def _totals_key(self, theirs, ours):
        """Return both totals as one text, by which an accepted difference is known again."""
        return ' / '.join(str(round_half_up(to_decimal(total or 0))) for total in (ours, theirs))

    def _queue_change(self, operation, difference, built=None):
        """Queue a change, or leave it to people if the connection does not send changes automatically.

        :param str difference: for people, if they have to decide.
        :param Payload built: what would be sent, unless it is a void.
        """
        if self.connection_id.send_changes or self.sends_ours:
            self._set_waiting(operation=operation, **NOTHING_DECLINED, difference=False, next_try_at=self.connection_id._changes_due_at())
            self._apply_due_times()
        else:
            self._set_different(operation, difference)
            if built and (sent := self._sent_versions()):
                self._keep_versions({**built.element, 'Total': built.total}, sent[0])

    # === WHAT TO SEND === #

    def _still_wanted(self):
        """Return the documents whose operation is still right. The others are compared again."""
        wanted = self.filtered(lambda export: export._kind()._is_wanted(export))
        (self - wanted)._look_again()
        return wanted

    def _settle_or_build_change(self, built, remote):
        """Return what is to be sent next, or settle the document without sending anything.

        :param Payload built: the document as it would be created now, without content for a void.
        :param dict remote: the document in Xero, None if it was not found.
        :return: `Payload`, or None: the document is synced, perhaps with a difference that a person decides about, or waits.
        """
        kind, is_void = self._kind(), self.operation == 'void'
        if self._is_only_mark_due(built, remote):
            return kind._build_mark(built, remote) or self._settle_mark(remote)
        if remote is None:
            return self._leave_to_user(built, {}, self.env._("It was not found in Xero any more."))
        if kind._is_gone(remote):
            if is_void:
                return self._settle_void(remote)
            if self._was_void_sent_last():
                return self._start_over()
            return self._leave_to_user(built, remote, self.env._("Somebody voided or deleted it in Xero."))
        if not is_void and not kind._differing_parts({**built.element, 'Total': built.total}, remote):
            return self._settle_equal(built, remote)
        if self._is_edited(remote):
            return self._leave_to_user(built, remote, self._edits(remote))
        self._take_over(remote)
        if not is_void and not kind._parts_to_send(built, remote):
            return self._settle_equal(built, remote)
        change = kind._build_void(self, remote) if is_void else kind._build_update(built, remote)
        if not change and not self._wait_for_way(remote):
            self._leave_to_user(built, remote, kind._blocked_words(self, remote))
        return change

    def _was_void_sent_last(self):
        """Return whether our last request voided the document, so that no person in Xero did."""
        return self._last_frozen().get('operation') == 'void'

    def _settle_equal(self, built, remote):
        """Settle the document as synced, because Xero has it as it is in Odoo."""
        return self._settle_saved([(remote, {'revision': self.revision, 'digest': built.digest, 'parts': built.parts, 'warnings': built.warnings})])

    def _settle_void(self, element, frozen=None):
        """Settle a step of voiding: the document is void, or its number was changed so that it can be used again."""
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
                **values, done_operation='void', difference=False, xero_seen_at=False, synced_at=fields.Datetime.now(),
                checked_at=fields.Datetime.now() - OPEN_TRANSACTIONS if unchanged else False)
            kind._on_voided(self)
        else:
            # If it is posted again before it is void, it must get its number back
            self._set_waiting_again(**values, **CONTENT_UNKNOWN)

    def _wait_for_way(self, remote):
        """Undo our own allocations for a moment, if nothing else prevents the change.

        :param dict remote: the document in Xero, which is paid or allocated.
        :return: whether the document waits for that.
        """
        in_the_way = self.browse().union(*(kind._make_way(self, remote) for kind in self.env['xero.kind']._dependent()))
        if in_the_way:
            self._set_waiting_again(wait_code='prerequisite', wait_for_id=in_the_way[0].id)
        return bool(in_the_way)

    def _leave_to_user(self, built, remote, reason):
        """Send nothing, because Xero's version must not be overwritten: a person compares both and decides."""
        kind, is_void = self._kind(), self.operation == 'void'
        if remote and self.makes_way and kind._leave_out_refused(self, [reason]):
            self._set_waiting_again()
            return
        if remote:
            self.write({'xero_status': remote['Status'], 'xero_total': kind._total_in(remote), 'xero_date': read_date(remote, 'Date') or self.xero_date})
        ours = kind._undone_words(self) if is_void else self._changes(built)
        self._set_synced(
            operation=self.operation, done_operation=False,
            difference=' '.join(filter(None, [reason, ours])), declined_digest=built.digest or False, is_void_declined=is_void,
            xero_seen_at=read_datetime(remote, 'UpdatedDateUTC') or False, seen_parts=kind._content_parts(remote) or False,
            checked_at=fields.Datetime.now() - OPEN_TRANSACTIONS)
        if remote and not is_void:
            self._keep_versions({**built.element, 'Total': built.total}, remote)

    # === CHANGED IN XERO === #

    def _sent_versions(self):
        """Return the versions that our requests may have given the document in Xero: the last settled one, and those sent since."""
        versions, version = [], {}
        for sent in self.request_ids._sent_of(self):
            version = {**version, **sent['element'], 'Total': sent['total']}
            versions = [*([] if sent['digest'] == self.digest else versions), version]
        return versions

    def _last_frozen(self):
        """Return the values that the last request stores for the document; an empty dict if it was in none."""
        request = self.request_ids._of_documents().sorted('id')[-1:]
        kept = (self.kept_elements or [{}])[-1]
        if request.emptied_at or request.id < kept.get('request', 0):
            return kept
        return next((frozen for frozen in request.frozen or () if frozen.get('export') == self.id), {})

    def _is_edited(self, remote):
        """Return whether a person changed the document in Xero. Files, notes, allocations, payments, approval and e-mails change only its time."""
        if not self._kind()._is_edited_in_xero or (self.xero_updated_at and self.xero_updated_at == read_datetime(remote, 'UpdatedDateUTC')):
            return False
        return bool(self._parts_edited(remote))

    def _parts_edited(self, remote):
        """Return the names of the parts that a person changed in Xero since its last answer.

        What we sent since without hearing of it is no such change. Parts that no answer told are compared with what was sent.
        """
        kind = self._kind()
        known, now = self.answered_parts or {}, kind._content_parts(remote)
        changed = [name for name, part in now.items() if name in known and part != known[name]]
        if not changed and now.keys() <= known.keys():
            return []
        found = []
        for sent in self._sent_versions():
            differing = kind._edited_parts(sent, remote)
            suspects = [name for name in changed if name in differing or name not in sent]
            suspects += [name for name in differing if name not in known]
            if not suspects:
                return []
            found = found or suspects
        return found or changed

    def _edits(self, remote):
        """Return, for people, what a person changed in Xero."""
        labels = self._kind()._part_labels()
        named = ', '.join(dict.fromkeys(labels[part] for part in self._parts_edited(remote) if part in labels))
        if named:
            return self.env._("Somebody changed it in Xero (%(parts)s), so it was not overwritten.", parts=named)
        return self.env._("Somebody changed it in Xero, so it was not overwritten.")

    def _take_over(self, remote):
        """Store the time and the content of the document in Xero, because nobody changed the content."""
        moment, parts = read_datetime(remote, 'UpdatedDateUTC'), {**(self.answered_parts or {}), **self._kind()._content_parts(remote)}
        if moment and moment != self.xero_updated_at:
            self.xero_updated_at = moment
        if parts != (self.answered_parts or {}):
            self.answered_parts = parts

    # === THE MARK AS SENT TO THE CUSTOMER === #

    def _queue_mark(self):
        """Queue the mark as sent of an invoice. Warnings about its content stay."""
        self._set_waiting(operation='update', warning=self.warning, next_try_at=self.connection_id._changes_due_at())

    def _lacks_mark(self, built):
        """Return whether only the mark is missing in Xero."""
        return (
            MARK in built.element and not self.sent_in_xero and not self.first_sync_id and self.xero_status == 'AUTHORISED' and self.connection_id.send_changes
            and self._is_compared_equal() and self.digest == built.digest)

    def _is_only_mark_due(self, built, remote):
        """Return whether only the mark must be sent: the content in Odoo did not change, but a person changed the document in Xero."""
        is_update = self.operation == 'update' and not self.sends_ours
        return remote and is_update and built.digest == self.digest and self._is_edited(remote) and not self._kind()._is_gone(remote)

    def _settle_mark(self, element, done_operation=False):
        """Settle the mark. The content was neither compared nor sent, so changes in Xero must still be noticed later."""
        self._set_synced(done_operation=done_operation, xero_status=element.get('Status') or self.xero_status, sent_in_xero=bool(element.get(MARK)))
        if element.get('UpdatedDateUTC') and not self._is_edited(element):
            self._take_over(element)

    def _settle_refused_mark(self, messages):
        """Settle the document as synced with a warning, because Xero refused only the mark, for example in a locked period."""
        self._settle_mark({MARK: True})
        self._warn(self.env._(
            "%(organisation)s did not mark %(document)s as sent: “%(words)s”. Mark it there if Xero is to send reminders for it.",
            organisation=self.connection_id.organisation_name, document=self.document_name, words=deciding(messages)[1].rstrip('. ')))

    def _is_mark_out(self):
        """Return whether what is being sent is only the mark."""
        return self.operation == 'update' and bool(self._last_frozen().get('is_mark'))

    # === DECISIONS === #

    @api.depends('state', 'operation', 'move_id.state', 'both_versions', 'xero_status')
    def _compute_can_decide(self):
        for export in self:
            export.can_decide = export._awaits_decision() and export._desired_state() != 'pending'
            # Without both versions, it is not known what to take
            kind, is_gone = export._kind(), export.xero_status in FINAL_STATUSES
            export.can_take_xeros = bool(export.can_decide and export.operation == 'update' and export.xero_seen_at and (
                kind._cancels_here if is_gone else export.both_versions and not kind._untakeable(export)))

    def _check_can_decide(self):
        self.ensure_one()
        self.check_access('read')
        if not self.env.user.has_group(ADMIN_ROLE):
            raise AccessError(self.env._("Only an invoice admin can decide which version counts. Press Ask an invoice admin on the document or its export."))
        if not self.can_decide:
            raise UserError(self.env._("There is nothing to decide about %(document)s any more. Load the page again.", document=self.document_name))

    def action_send_ours(self):
        """Overwrite or void the version in Xero that the user has seen, and show the progress."""
        self._check_can_decide()
        export = self.sudo()
        export._choose_ours(self.env['xero.difference']._open_of(export))
        if export.operation == 'update' and export.xero_status in FINAL_STATUSES:
            export._start_over()
        else:
            export._set_waiting(**export._overruled(), **export._seen(), **NOTHING_DECLINED, difference=False)
        export.connection_id._arm()
        return self._follow_action()

    def _choose_ours(self, rows):
        """Note that the present user chose Odoo's version. The differences (`rows`, in sudo) stay open until Xero has it."""
        rows.write({'outcome': 'odoo', 'settled_by_id': self.env.uid})
        self.write({'sends_ours': True, 'asked_by_id': self.env.uid, 'asked_at': fields.Datetime.now()})

    def _overruled(self):
        """Return the values with which the parts are sent that a person changed in Xero, even if they did not change in Odoo."""
        changed = self._kind()._sources_of(self._parts_seen_edited())
        return {'sent_parts': {name: part for name, part in (self.sent_parts or {}).items() if name not in changed} or False}

    def _parts_seen_edited(self):
        """Return the set of names of the parts that a person changed in the version that is to be decided about."""
        known = self.answered_parts or {}
        return {name for name, part in (self.seen_parts or {}).items() if known.get(name) != part}

    def _seen(self):
        """Return the values that store the version the user has seen as the last known one."""
        if not self.xero_seen_at:
            return {}
        return {
            'xero_updated_at': self.xero_seen_at, 'xero_seen_at': False, 'answered_parts': self.seen_parts or self.answered_parts, 'seen_parts': False}

    def action_keep_xeros(self):
        """Keep the document in Xero as it is. The next change in Odoo is sent again."""
        self._check_can_decide()
        export = self.sudo()
        export.difference_ids._settle('accepted', user=self.env.user)
        if export.operation == 'void':
            export._decline_void()
        else:
            export._count_as_equal()
        export._notify_outcome(self.env._("%(user)s keeps the version in Xero.", user=self.env.user.name))
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}

    def _count_as_equal(self):
        """Count the present versions in Odoo and in Xero as equal, except for their totals; the next change is compared again."""
        self._set_equal(
            digest=False, is_content_unknown=False, checked_at=False, difference=self._total_difference(self.xero_total, self._total_now()), **self._seen())
        self.connection_id._arm()

    def _keep_versions(self, ours, xeros):
        """Store the parts that differ between Odoo and Xero.

        :param dict ours: element as it would be sent, and its `Total`.
        :param dict xeros: element in Xero, or the last one that was sent.
        """
        parts = self._kind()._differing_parts(ours, xeros)
        both = {'ours': {name: ours.get(name) for name in parts}, 'xeros': {name: xeros[name] for name in parts if xeros.get(name) is not None}}
        self.both_versions = json.loads(json.dumps(both, default=json_number)) if parts else False
