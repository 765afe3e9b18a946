from functools import partial
from urllib.parse import parse_qs

from odoo import api, models

from ...const import FINAL_STATUSES
from ...tools.xero_elements import read_date, read_datetime
from ...tools.xero_text import fold
from ..kinds.build import build


class XeroComparison(models.AbstractModel):
    """Compares documents in Xero, as a feed or a proof has just read them, with what Xero answered last and with Odoo.

    Only what differs from Xero's last answer was changed by a person there: our own answers, files, notes and allocations move only the
    time of change. A document whose change in Odoo waits to be sent is left alone; it is compared before it is sent.
    """
    _name = 'xero.comparison'
    _description = "Comparison of Documents in Xero with Odoo"

    @api.model
    def _matched(self, connection, endpoint, xero_id, elements):
        """Return a dict: export → its element, with one query for all.

        :param str endpoint: of the elements.
        :param str xero_id: key of an element's id.
        :param list elements: of an answer; the last one with an id counts.
        """
        by_id = {element[xero_id]: element for element in elements}
        kinds = [kind._kind_name() for kind in self.env['xero.kind']._all() if kind._xero_endpoint == endpoint]
        exports = self.env['xero.export'].search([
            ('connection_id', '=', connection.id), ('kind', 'in', kinds), ('xero_id', 'in', list(by_id))])
        return {export: by_id[export.xero_id] for export in exports}

    @api.model
    def _compare(self, slice, by_export, whole=False):
        """Compare documents, store what changed, and open or end differences.

        :param slice: `models.steps.slice.Slice`.
        :param dict by_export: see `_matched`.
        :param bool whole: compare documents too whose time of change in Xero is known.
        :return: number of documents that had changed in Xero.
        """
        synced = self.env['xero.export'].browse([export.id for export in by_export if export.state == 'synced'])
        fresh = synced if whole else synced.filtered(lambda export: self._is_news(export, by_export[export]))
        if not fresh:
            return 0
        # An element that Xero wrote in an unknown form is left out: it fails no document
        found, _failed = slice.contain(
            fresh, lambda some: [(export, self._sort_out(export, by_export[export])) for export in some], tell=lambda _export, _error: None)
        verdicts = dict(pair for pairs in found for pair in pairs)
        for verdict, react in (('gone', self._show_gone), ('edited', self._show_edited)):
            exports = fresh.browse([export.id for export in fresh if verdicts.get(export) == verdict])
            slice.contain(exports, partial(react, by_export), tell=lambda _export, _error: None)
        paid = fresh if slice.connection.alarm_paid else self._with_paid_rows(fresh) | fresh.filtered('is_from_xero')
        slice.contain(paid, partial(self._compare_paid, by_export), tell=lambda _export, _error: None)
        return sum(1 for export in fresh if verdicts.get(export) in ('gone', 'edited', 'noted'))

    def _is_news(self, export, remote):
        """Return whether a document changed in Xero since its last answer that we know, or since the version that a person has to decide about."""
        moment, known = read_datetime(remote, 'UpdatedDateUTC'), export.xero_seen_at or export.xero_updated_at
        return not moment or not known or moment > known

    # === WHOSE IT IS === #

    @staticmethod
    def _contact_of(element):
        """Return the contact of an element (dict); empty if it has none."""
        contact = element.get('Contact')
        return contact if isinstance(contact, dict) else {}

    @api.model
    def _linked_contacts(self, connection, elements):
        """Return a dict: id of a contact in Xero → its row with a partner."""
        ids = {str(self._contact_of(element).get('ContactID') or '') for element in elements}
        rows = self.env['xero.contact'].search([
            ('connection_id', '=', connection.id), ('xero_id', 'in', list(filter(None, ids))), ('partner_id', '!=', False)])
        return {row.xero_id: row for row in rows}

    @api.model
    def _unsent(self, connection, kinds, elements):
        """Return the exports without an id in Xero that may be some elements: Xero may have saved them without our hearing of it."""
        numbers = {number for element in elements if isinstance(number := element.get(next(iter(kinds))._xero_number), str) and number}
        ids = {res_id for element in elements if (res_id := self._linked_id(element))}
        if not numbers and not ids:
            return self.env['xero.export']
        return self.env['xero.export'].search([
            ('connection_id', '=', connection.id), ('kind', 'in', [kind._kind_name() for kind in kinds]), ('xero_id', '=', False),
            '|', '|', ('document_name', 'in', list(numbers)), ('move_id.ref', 'in', list(numbers)), ('move_id', 'in', list(ids))])

    @staticmethod
    def _linked_id(element):
        """Return the id of the record in Odoo that the link of an element opens; None if it has no such link."""
        url = element.get('Url')
        query = url.partition('?')[2] if isinstance(url, str) else ''
        res_id = parse_qs(query).get('res_id', [''])[0]
        return int(res_id) if res_id.isascii() and res_id.isdigit() and len(res_id) < 10 else None

    @api.model
    def _is_ours(self, connection, kind, element, contacts, unsent):
        """Return whether an element is, by its link or its number, the document of an export without an id in Xero.

        :param dict contacts: see `_linked_contacts`.
        :param unsent: see `_unsent`.
        """
        number, contact = fold(str(element.get(kind._xero_number) or '')), contacts.get(str(self._contact_of(element).get('ContactID') or ''))
        for export in unsent.filtered(lambda export: export.kind == kind._kind_name()):
            if self._linked_id(element) and kind._is_back_link(export, element):
                return True
            # Vendors number their documents themselves, so two vendors may use one number
            is_partner = kind._is_sale or (contact and contact.partner_id == connection._partner_of(export.move_id))
            if number and is_partner and number == fold(kind._number(export.move_id) if export.move_id else export.document_name):
                return True
        return False

    # === WHAT HAPPENED === #

    def _sort_out(self, export, remote):
        """Store what needs no decision: status, number, time of change.

        :return: `gone` or `edited`, if a person has to decide; `noted`, if something was stored; None, if nothing changed.
        """
        kind, alarms = export._kind(), export.connection_id._alarms()
        if kind._is_gone(remote):
            return self._sort_out_gone(export, remote, alarms)
        self._note_date(export, remote)
        if not kind._is_edited_in_xero:
            return None
        if parts := export._parts_edited(remote):
            noted = self._note(export, {'xero_status': remote['Status'], 'xero_number': kind._number_in(export, remote)})
            # Without both versions, Odoo's could not be built, or has changed back since
            if export.difference and export.both_versions and export.seen_parts == kind._content_parts(remote):
                return noted
            if export._desired_state() != 'present':
                return noted
            if not {kind._alarm_of(name) for name in parts} & alarms:
                return self._note_total(export, kind._total_in(remote)) or noted
            return 'edited'
        if export.xero_seen_at and not export._parts_seen_edited():
            return self._note(export, {'xero_status': remote['Status']})    # not edited: something else prevents our change
        if export.xero_seen_at:
            # The person in Xero took the edit back
            export._set_equal(difference=False, xero_seen_at=False, seen_parts=False, checked_at=False)
        before = export.xero_updated_at
        export._take_over(remote)
        noted = self._note(export, {
            'xero_status': remote['Status'], 'xero_number': kind._number_in(export, remote), 'xero_total': kind._total_in(remote)})
        return noted or ('noted' if export.xero_updated_at != before else None)

    def _sort_out_gone(self, export, remote, alarms):
        if export._is_undone() or (export.xero_status == remote['Status'] and export.difference):
            return self._note(export, {'xero_status': remote['Status']})
        if export._desired_state() == 'absent':
            if export.operation == 'void':
                export._settle_void(remote)
            return self._note(export, {'xero_status': remote['Status'], 'xero_updated_at': read_datetime(remote, 'UpdatedDateUTC')}) or 'noted'
        noted = self._note(export, {'xero_status': remote['Status']})
        return 'gone' if 'alarm_gone' in alarms and export._desired_state() == 'present' else noted

    def _note_total(self, export, total):
        """Store the total of a document whose edit alarms nobody, so that certificates are right. The difference of the totals alarms nobody either."""
        if total is None or export.xero_total == float(total):
            return None
        return self._note(export, {'xero_total': float(total), 'accepted_totals': export._totals_key(total, export._total_now())})

    def _note_date(self, export, remote):
        """Store the date in Xero. Alone it is no news: a changed one is a part that differs, and an unknown one is of before it was stored."""
        date = read_date(remote, 'Date')
        if date and date != export.xero_date:
            export.xero_date = date

    def _note(self, export, values):
        """Write those values that are known and changed. Return `noted` if there are any, else None."""
        changed = {name: value for name, value in values.items() if value is not None and value != export[name]}
        if changed:
            export.write(changed)
        return 'noted' if changed else None

    # === WHAT A PERSON DECIDES === #

    def _show_gone(self, by_export, exports):
        """Show documents that were voided or deleted in Xero, unless a person accepted that."""
        for built in self._built(exports - self.env['xero.difference']._accepted('gone', exports)):
            self._show(built, by_export[built.export], self._gone_words())

    def _show_edited(self, by_export, exports):
        """Show documents that a person changed in Xero; those that became equal to Odoo's are noted as equal."""
        for built in self._built(exports):
            export, remote = built.export, by_export[built.export]
            kind = export._kind()
            if built.digest and not kind._edited_parts({**built.element, 'Total': built.total}, remote):
                export._take_over(remote)
                export._set_equal(
                    digest=built.digest, sent_parts=built.parts or False, is_content_unknown=False, difference=False, xero_seen_at=False,
                    seen_parts=False, xero_total=kind._total_in(remote))
            else:
                self._show(built, remote, self._edit_words(export, built, remote))

    def _built(self, exports):
        """Return the documents as they would be sent now: a list of `Payload`."""
        groups = exports.grouped(lambda export: (export.kind, export.company_id)).values()
        return [built for alike in groups for built in build(alike)]

    def _show(self, built, remote, text):
        """Leave the decision about a document to people.

        :param Payload built: the document as it would be sent now; without a fingerprint if it cannot be built.
        :param str text: what happened in Xero.
        """
        export = built.export
        kind = export._kind()
        is_gone = kind._is_gone(remote)
        values = {
            'xero_seen_at': read_datetime(remote, 'UpdatedDateUTC') or False, 'seen_parts': kind._content_parts(remote) or False,
            'xero_status': remote['Status'], 'both_versions': False}
        if not is_gone:
            values['xero_total'] = kind._total_in(remote)
        export.write(values)
        if built.digest and not is_gone:
            export._keep_versions({**built.element, 'Total': built.total}, remote)
        export._set_different('update', text)
        export.declined_digest = built.digest or False

    def _show_again(self, export):
        """Show what a person did in Xero, after a change of the document in Odoo was taken back. The next comparison of all shows both versions."""
        is_gone = export.xero_status in FINAL_STATUSES
        export.both_versions = False
        export._set_different('update', self._gone_words() if is_gone else self._parts_words(export, export._parts_seen_edited()))

    def _gone_words(self):
        return self.env._("Somebody voided or deleted it in Xero.")

    def _parts_words(self, export, parts):
        labels = export._kind()._part_labels()
        named = ', '.join(dict.fromkeys(labels[part] for part in labels if part in parts))
        return self.env._("Somebody changed it in Xero (%(parts)s).", parts=named) if named else self.env._("Somebody changed it in Xero.")

    def _edit_words(self, export, built, remote):
        """Return, for people, what a person changed in Xero, and what changed in Odoo since it was sent."""
        words = [self._parts_words(export, export._parts_edited(remote))]
        if built.digest and export.digest and built.digest != export.digest:
            words.append(export._changes(built))
        else:
            words.append(export._total_difference(export._kind()._total_in(remote), export._total_now(built if built.digest else None)) or '')
        return ' '.join(filter(None, words))
