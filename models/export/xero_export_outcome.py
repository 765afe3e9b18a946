from markupsafe import Markup

from odoo import fields, models

from ...tools.xero_elements import element_warnings, read_date, read_datetime
from ...tools.xero_money import round_half_up, to_decimal
from ..connection.containment import contain, contain_quietly
from ..kinds.xero_document_parts import MARK
from .xero_cause import deciding
from .xero_export_compare import OPEN_TRANSACTIONS


class XeroExport(models.Model):
    """What came out of a try, and who is told."""
    _inherit = 'xero.export'

    tell_user = fields.Boolean(readonly=True, help="The user who asked for it no longer watches and wants to be told.")

    # === GOOD === #

    def _settle_saved(self, element, frozen=None):
        """The document is in Xero: remember where, and compare.

        :param dict element: Xero's answer for it, with an id.
        :param dict frozen: what the request remembers of the element it sent; None when it was found, not sent.
        """
        self.ensure_one()
        if frozen and frozen.get('is_mark'):
            self._settle_mark({**element, MARK: True}, 'update')
            return
        kind, values = self._kind(), {}
        if self.xero_id != element[kind._xero_id]:
            values['arrived_at'] = fields.Datetime.now()
        unchanged = frozen and frozen['revision'] == self.revision
        warnings = (*(frozen or {}).get('warnings', ()), *element_warnings(element), *(kind._saved_warnings(self, element) if frozen else ()))
        self._set_synced(
            **values,
            xero_id=element[kind._xero_id],
            xero_number=kind._number_in(self, element),
            xero_status=element.get('Status'),
            xero_total=kind._total_in(element),
            xero_base_total=kind._base_total_in(element),
            synced_at=fields.Datetime.now(),
            xero_updated_at=read_datetime(element, 'UpdatedDateUTC') or False,
            xero_seen_at=False,
            left_digest=False,
            digest=frozen['digest'] if frozen else False,
            sent_parts=(frozen or {}).get('parts') or False,
            answered_parts=kind._content_parts(element) or False,
            # What happened to the document while it was out is compared by the next slice
            checked_at=fields.Datetime.now() - OPEN_TRANSACTIONS if unchanged else False,
            difference=self._total_difference(kind._total_in(element), self.amount_total),
            warning='\n'.join(filter(None, [self.warning, *warnings])) or False,
            # An answer need not name it
            sent_in_xero=element.get(MARK) or (frozen or {}).get('is_sent'),
        )

    def _adopt(self, element, how):
        """Take a document that is in Xero already for this one.

        :param dict element: Xero's answer for it, or a `candidate`.
        :param str how: a few words for people.
        """
        self._settle_saved(element)
        self._note_outcome(how)
        self._release_followers()

    # === BAD === #

    def _settle_refused(self, messages, revision=None):
        """Xero refused the document.

        :param list messages: in Xero's own words.
        :param int revision: of the document that was sent; if it changed meanwhile, it goes out again as it is now.
        """
        self.ensure_one()
        if self._is_mark_out():
            return self._settle_refused_mark(messages)
        if self._kind()._can_go_without(self, messages):
            return self._set_waiting_again()
        if revision is not None and revision != self.revision:
            self._set_waiting_again()
            return self._requeue(by_hand=False)
        cause, message = deciding(messages)
        return self._set_failed(cause, self._refusal(cause, message), '\n'.join(messages))

    def _blame_filter(self, error):
        """What was refused was refused by something in front of Xero: nobody lacks a permission.

        :param XeroRefused error: foreign.
        """
        if self.state == 'failed' and error.status != 413:
            self._set_failed('data', self.env._(
                "A security filter in front of Xero did not let %(document)s pass, most likely for a text in it that looks like a command or a program: "
                "in its lines, its reference, or the name and address of its contact. Reword that in Odoo, then resync.",
                document=self.document_name), self.env._("HTTP %(status)s: %(words)s", status=error.status, words=error.message))

    def _fail_permission(self, error):
        """End tries for which the person at Xero lacks a permission.

        :param XeroUnauthorised error: what a call raised.
        """
        for connection, exports in self.grouped('connection_id').items():
            exports._set_failed('permission', self.env._(
                "The consent for %(organisation)s does not cover what this document needs, or %(login)s may not do it there. An adviser gives "
                "the right in Xero, or somebody else reauthenticates %(connection)s. Then resync.",
                organisation=connection.organisation_name, login=connection.authorized_email, connection=connection.name), error.detail)

    def _fail_unrecognised(self, strangers):
        """Xero saved something in the document's place that nothing recognises: sent again, it might be there twice.

        :param list strangers: Xero's elements, without their lines.
        """
        self.ensure_one()
        kind, candidate = self._kind(), False
        if kind._xero_number and self.move_id:
            connection = self.connection_id
            contact = self.env['xero.contact']._match(connection, connection._partners_of(self.move_id)).get(connection._partner_of(self.move_id))
            candidates = [self._candidate(stranger, contact and contact.xero_id) for stranger in strangers]
            candidate = next((found for found in candidates if found['agrees']), candidates[0])
        found = ', '.join(str(stranger.get(kind._xero_number) or stranger.get('Narration') or stranger[kind._xero_id]) for stranger in strangers)
        self._set_failed('number', self.env._(
            "%(organisation)s answered %(document)s with %(found)s, which cannot be recognised as the same, so it is not sent again: it might be "
            "there twice. Compare the two; link them if they are the same, else void the other one in Xero. Then resync.",
            organisation=self.connection_id.organisation_name, document=self.document_name, found=found),
            '\n'.join(stranger[kind._xero_id] for stranger in strangers))
        self.candidate = candidate

    def _leave_unseen(self, since, error):
        """Xero may have these documents, and does not let us look: they are looked for before they are sent.

        :param datetime since: naive UTC; what Xero may have is of later.
        :param XeroUnauthorised error: what a call raised.
        """
        self._fail_permission(error)
        self.unseen_since = since
        self._conclude()

    def _fail_problems(self, problems):
        """End a try before it left the house.

        :param list problems: of `tools.problem.Problem`; the first gives the cause, all are told.
        """
        mappings = self.env['xero.mapping'].union(*(problem.mapping for problem in problems if problem.mapping))
        self._set_failed(problems[0].cause, '\n'.join(problem.message for problem in problems), mappings=mappings)

    def _fail_unexpectedly(self, error, saved=None):
        """End a try by an error that is none of Xero's, and tell so.

        :param Exception error: what was raised.
        :param dict saved: values to remember of what Xero saved: its id, number, status.
        """
        self._set_failed_unexpectedly(error, saved)
        contain_quietly(self.env, self._conclude)

    def _leave_unlooked(self, error):
        """It may be in Xero, and an error in Odoo kept us from finding it there: it is looked for before it is sent again."""
        self.unseen_since = self.create_date
        self._fail_unexpectedly(error)

    def _warn_of_silence(self, error):
        """What became of the document could not be written into its chatter: its export says so."""
        contain_quietly(self.env, lambda: self.write({'warning': '\n'.join(filter(None, [self.warning, self.env._(
            "The note for %(document)s could not be written, by an error in Odoo (%(error)s). Ask your administrator to look into Odoo's log.",
            document=self.document_name, error=type(error).__name__)]))}))

    def _refusal(self, cause, message):
        """Return the sentence for a refusal: which record, what is wrong, what next. Xero's own words stay in the details.

        :param str message: the one of Xero's that decided the cause.
        """
        names = {
            'document': self.document_name,
            'organisation': self.connection_id.organisation_name or self.connection_id.name,
            'login': self.connection_id.authorized_email or '',
            'words': message.rstrip('. '),
        }
        return self._kind()._explain_refusal(self, cause, names)

    # === LATER === #

    def _wait_for_prerequisites(self):
        """Hold back documents that something else has to precede.

        :return: those held back.
        """
        if not self:
            return self
        kind = self._kind()
        first_by_export = (kind._prerequisites if next(iter(self)).operation == 'create' else kind._change_prerequisites)(self)
        for export, first in first_by_export.items():
            export._hold_back('prerequisite', wait_for_id=first.id)
        return self.browse().union(*first_by_export)

    def _drop_unposted(self):
        """Hold back documents that were reset, cancelled or deleted before they went out; posting brings them back.

        :return: those held back.
        """
        empty = self.filtered(lambda export: export._kind()._is_empty(export))
        for export in empty:
            export._set_skipped(export._kind()._undone_words(export), rule='empty')
        # What may be in Xero is looked for first
        unknown = (self - empty).filtered(lambda export: 'unanswered' in export.request_ids.mapped('state'))
        unknown._try_later()
        deleted = (self - empty - unknown).filtered(lambda export: not export._document())
        for export in deleted:
            export._set_skipped(export._kind()._dropped_words(export))
        unposted = (self - empty - deleted - unknown).filtered(lambda export: export._desired_state() != 'present')
        unposted._hold_back('unposted')
        return empty | unknown | deleted | unposted

    # === TELLING === #

    def _conclude(self):
        """Tell everybody whom the outcome of these exports concerns."""
        contain(self.env, self, lambda some: some._note_outcome(), tell=lambda export, error: export._warn_of_silence(error))
        if followers := self._followers():
            contain(self.env, followers, lambda some: some._unblock())
        if any(self.mapped('tell_user')):
            contain_quietly(self.env, self._tell_askers)

    def _note_outcome(self, how=''):
        """Leave one note per document in its chatter, all in one go."""
        bodies = {
            move.id: export._note(how)
            for export in self if export.state in ('synced', 'failed', 'skipped') and (move := export._kind()._chatter_record(export))
        }
        if bodies:
            self.env['account.move'].sudo().browse(bodies)._message_log_batch(bodies=bodies)

    def _note(self, how):
        if self.state == 'synced' and self._is_mark_out():
            return self.env._("Marked as sent in Xero (%(organisation)s).", organisation=self.connection_id.organisation_name or '')
        if self.state == 'synced':
            link = Markup('<a href="%s" target="_blank" rel="noreferrer">%s</a>') % (self.xero_url or '#', self.xero_number)
            names = {'organisation': self.connection_id.organisation_name or '', 'link': link}
            return Markup(' ').join(filter(None, [self._kind()._done_words(self, names), how, self.difference]))
        if self.state == 'skipped':
            return self.env._("Not exported to Xero. %(message)s", message=self.message or '')
        message = Markup('<br/>').join((self.message or '').splitlines())
        return Markup(' ').join([self._kind()._missing_words(self), message])

    def _tell_askers(self):
        """Tell those who asked for documents and no longer watch, once all that they asked for have an outcome."""
        told = self.filtered(lambda export: export.tell_user and export.asked_by_id)
        for user in told.asked_by_id:
            asked = self.search([('asked_by_id', '=', user.id), ('tell_user', '=', True)])
            if any(export.state in ('waiting', 'sending', 'uncertain') and not export.wait_code for export in asked):
                continue
            failed = len(asked.filtered(lambda export: export.state == 'failed'))
            synced = len(asked.filtered(lambda export: export.state == 'synced'))
            user._bus_send('simple_notification', {
                'type': 'danger' if failed else 'success',
                'title': self.env._("Export to Xero"),
                'message': self.env._("%(synced)s in Xero, %(failed)s failed.", synced=synced, failed=failed),
                'sticky': bool(failed),
            })
            asked.tell_user = False

    # === AGREEING === #

    def _is_taken(self, xero_id):
        """Return whether another export stands for a document in Xero."""
        return bool(self.search_count([('connection_id', '=', self.connection_id.id), ('xero_id', '=', xero_id), ('id', '!=', self.id)], limit=1))

    def _candidate(self, element, contact_xero_id):
        """Return what we remember of the document that holds our number in Xero, and whether it is the same as this one.

        :param dict element: Xero's document.
        :param str contact_xero_id: our contact in Xero.
        """
        kind, move = self._kind(), self.move_id
        agrees = (
            element.get('Type') == kind._xero_type
            and element.get('Status') not in ('VOIDED', 'DELETED')
            and (element.get('Contact') or {}).get('ContactID') == contact_xero_id
            and read_date(element, 'Date') == kind._date(self.connection_id, move)
            and element.get('CurrencyCode') == move.currency_id.name
            and round_half_up(to_decimal(element.get('Total') or 0)) == round_half_up(to_decimal(move.amount_total))
            and kind._is_back_link(self, element)
            and not self._is_taken(element[kind._xero_id])
        )
        return {
            kind._xero_id: element[kind._xero_id],
            kind._xero_number: element.get(kind._xero_number),
            'Status': element.get('Status'),
            'UpdatedDateUTC': element.get('UpdatedDateUTC'),
            'Total': float(element.get('Total') or 0),
            'contact': (element.get('Contact') or {}).get('Name'),
            'date': str(read_date(element, 'Date') or ''),
            'currency': element.get('CurrencyCode'),
            'agrees': bool(agrees),
        }
