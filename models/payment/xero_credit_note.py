from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, split_every

from ...const import FINAL_STATUSES, UNAPPROVED_STATUSES
from ...tools.xero_elements import read_date
from ...tools.xero_money import short_fingerprint
from ..export.containment import contain
from . import payment_element

PORTION = 20    # drafts between two looks at the time


class Allocated(NamedTuple):
    """A credit note in Xero that Odoo does not know. `ends` are pairs: an allocation (see `payment_element.allocations`) and the `xero.export` of the
    document that it reduces."""
    kind: models.BaseModel
    xero_id: str
    element: dict
    ends: list


class Taken(NamedTuple):
    """What became of a page: `changed`, the number of credit notes that are new or changed; `listed`, the ids of those that are listed as differences, or
    that a person wants in Xero only."""
    changed: int
    listed: set


class XeroCreditNote(models.AbstractModel):
    """Credit notes that were made in Xero and are allocated to exported invoices or bills.

    By policy, such a credit note becomes a draft in Odoo, with an export that is linked to Xero's, so that it is never sent (`_draft`). When a person
    posts it, it is reconciled as Xero has allocated it (`_allocate`). Otherwise it is listed as *only in Xero*, with the reason.

    The feed of credit notes and the nightly comparison bring them; both may bring the same one again. The draft and its export, which holds Xero's id
    (unique for each connection), are made in one transaction.
    """
    _name = 'xero.credit.note'
    _description = "Credit Notes Made in Xero"

    @api.model
    def _credit_kinds(self):
        """Return a dict: type of an element in Xero → kind, of credit notes."""
        return {kind._xero_type: kind for kind in self.env['xero.kind']._all() if kind._credits}

    @api.model
    def _credited_kinds(self):
        """Return a list of the names of the kinds to which credit notes can be allocated."""
        return [kind._credits for kind in self._credit_kinds().values()]

    # === READING === #

    @api.model
    def _take(self, slice, elements):
        """Make drafts of new credit notes, or list them, and update those that were taken before. The caller commits.

        An element that was taken before changes nothing. An error with one does not stop the others.

        :param slice: `models.steps.slice.Slice`.
        :param list elements: credit notes of Xero's answer, with their lines and allocations.
        :return: `Taken`.
        """
        connection, kinds = slice.connection, self._credit_kinds()
        by_id = {
            xero_id: element for element in elements if str(element.get('Type')) in kinds
            and (xero_id := payment_element.text(element.get('CreditNoteID'), payment_element.ID_LENGTH))}
        if not by_id:
            return Taken(0, set())
        known = self.env['xero.export'].search([('connection_id', '=', connection.id), ('xero_id', 'in', list(by_id))])
        ours = known.filtered(lambda export: export.is_from_xero or export.is_unconfirmed or export.xero_allocations)
        updated, _failed = slice.contain(
            ours, lambda some: sum(self._update(export, by_id[export.xero_id]) for export in some), tell=lambda _export, _error: None)
        found = self._allocated(connection, kinds, {xero_id: by_id[xero_id] for xero_id in by_id.keys() - set(known.mapped('xero_id'))})
        accepted = self._accepted(connection, found)
        if connection.credit_note_policy == 'none' or connection.first_sync_id:
            return Taken(sum(updated), accepted)    # a first sync links what both sides have
        fresh = {xero_id: one for xero_id, one in found.items() if xero_id not in accepted}
        made, refused = self._make_drafts(slice, fresh) if connection.credit_note_policy == 'draft' else (set(), {})
        listed, _failed = slice.contain(
            [xero_id for xero_id in fresh if xero_id not in made],
            lambda ids: [self._difference_values(connection, fresh[xero_id], refused.get(xero_id, '')) for xero_id in ids],
            tell=lambda _xero_id, _error: None)
        values = [vals for group in listed for vals in group]
        Difference = self.env['xero.difference']
        Difference._end_gone('only_xero', list(made), connection)
        return Taken(sum(updated) + len(made) + Difference._open_rows(values), accepted | {vals['xero_id'] for vals in values})

    def _make_drafts(self, slice, fresh):
        """Make drafts, while the slice has time: a page may contain a thousand credit notes, and is taken in one transaction.

        :param dict fresh: id → `Allocated`.
        :return: tuple of the set of the ids of those that have a draft now, and a dict: id of another one → a sentence, why it has none.
        """
        made, refused = set(), {}
        for ids in split_every(PORTION, fresh):
            if made and not slice.has_time():
                refused.update(dict.fromkeys(ids, self.env._("There were too many at once. The next comparison of all documents makes its draft.")))
                continue
            groups, _failed = slice.contain(
                list(ids), lambda some: [xero_id for xero_id in some if self._make_draft(slice.connection, fresh[xero_id])],
                tell=lambda xero_id, error: refused.update({xero_id: self._refusal_words(error)}), refusals=UserError)
            made.update(xero_id for group in groups for xero_id in group)
        return made, refused

    def _allocated(self, connection, kinds, by_id):
        """Return those credit notes that are allocated to exported documents, by id, as `Allocated`.

        Left out are those that an export may be, though Xero's answer to it was lost.

        :param dict by_id: id → element, of those that no export has.
        """
        live = {
            xero_id: rows for xero_id, element in by_id.items()
            if element.get('Status') not in (*FINAL_STATUSES, *UNAPPROVED_STATUSES) and (rows := payment_element.allocations(element))}
        credited = self.env['xero.export'].search([
            ('connection_id', '=', connection.id), ('kind', 'in', self._credited_kinds()),
            ('xero_id', 'in', [row['ref'] for rows in live.values() for row in rows])]).grouped('xero_id') if live else {}
        found = {}
        for xero_id, rows in live.items():
            kind = kinds[by_id[xero_id]['Type']]
            ends = [(row, credited[row['ref']]) for row in rows if row['ref'] in credited and credited[row['ref']].kind == kind._credits]
            if ends:
                found[xero_id] = Allocated(kind, xero_id, by_id[xero_id], ends)
        return self._without_ours(connection, found) if found else found

    def _without_ours(self, connection, found):
        """Return the credit notes that are no document of ours that waits for its id.

        :param dict found: id → `Allocated`.
        """
        comparison, elements = self.env['xero.comparison'], [one.element for one in found.values()]
        contacts = comparison._linked_contacts(connection, elements)
        unsent = comparison._unsent(connection, list(self._credit_kinds().values()), elements)
        others, _failed = contain(
            self.env, list(found),
            lambda ids: [xero_id for xero_id in ids if not comparison._is_ours(connection, found[xero_id].kind, found[xero_id].element, contacts, unsent)],
            tell=lambda _xero_id, _error: None, writes=False)
        return {xero_id: found[xero_id] for ids in others for xero_id in ids}

    def _accepted(self, connection, found):
        """Return the set of the ids of credit notes that a person wants in Xero only, with the total that they have now.

        :param dict found: id → `Allocated`.
        """
        rows = self.env['xero.difference'].search(
            [('connection_id', '=', connection.id), ('topic', '=', 'only_xero'), ('xero_id', 'in', list(found))], order='id') if found else ()
        last = {row.xero_id: row for row in rows}
        return {
            xero_id for xero_id, row in last.items()
            if row.outcome == 'accepted' and row.xero_total == float(payment_element.number(found[xero_id].element.get('Total')) or 0)}

    # === ONLY LISTED === #

    def _refusal_words(self, error):
        """Return, for people, why no draft was made, from the error."""
        if isinstance(error, UserError):
            return str(error)
        return self.env._("Odoo made no draft, by an unexpected error (%(error)s), which is in Odoo's log.", error=type(error).__name__)

    def _difference_values(self, connection, one, reason):
        """Return the values of the difference that lists a credit note.

        :param Allocated one: the credit note.
        :param str reason: a sentence, why it is only listed; empty if a policy says so.
        """
        number, export = payment_element.text(one.element.get('CreditNoteNumber')) or '', one.ends[0][1]
        total = float(payment_element.number(one.element.get('Total')) or 0)
        text = ' '.join(filter(None, [
            self.env._(
                "%(kind)s %(number)s was made in Xero and allocated there to %(documents)s. It is not in Odoo.", kind=one.kind._label(), number=number,
                documents=self._documents_words(one)),
            reason, self.env._(
                "Enter it in Odoo with the same number, partner, date and total, choose Link it on its export, and reconcile it. Or keep it in Xero only, "
                "with a reason.")]))
        return {
            'connection_id': connection.id, 'topic': 'only_xero', 'kind': one.kind._kind_name(), 'xero_id': one.xero_id,
            'document_name': number or self.env._("Without number"), 'document_date': read_date(one.element, 'Date') or False,
            'partner_id': export.partner_id.id, 'currency_id': export.currency_id.id, 'xero_total': total,
            'xero_url': connection._web_url(one.kind._page, one.xero_id), 'fingerprint': f'{number} {total} {short_fingerprint(text)}', 'text': text}

    def _documents_words(self, one):
        """Return, for people, the documents to which a credit note is allocated, with the amounts."""
        return ', '.join(
            f"{export.document_name} ({format_amount(self.env, row['amount'], export.currency_id)})" for row, export in one.ends)

    # === READ AGAIN === #

    def _update(self, export, element):
        """Update a credit note that was taken before.

        :param export: its `xero.export`.
        :param dict element: as Xero has it now.
        :return: whether anything changed.
        """
        if element.get('Status') in FINAL_STATUSES:
            return export.is_unconfirmed and self._drop_draft(export, element)
        known = {row['id']: row for row in export.xero_allocations or ()}
        rows = [
            {**row, 'is_done': False, **{name: known[row['id']][name] for name in ('is_done', 'is_told') if name in known.get(row['id'], {})}}
            for row in payment_element.allocations(element)]
        changed = rows != (export.xero_allocations or [])
        if changed:
            self._tell_removed(export, known.keys() - {row['id'] for row in rows})
            export.xero_allocations = rows
        if export.is_unconfirmed and self._update_draft(export, element):
            changed = True
        if export.move_id.state == 'posted':
            if export.is_unconfirmed:
                self._confirm(export)
            else:
                self._allocate(export)
        return changed

    def _tell_removed(self, export, ids):
        """Write on a credit note which allocations were removed in Xero, if Odoo has reconciled it with their documents.

        :param ids: of allocations that Xero has no longer.
        """
        partials = export.move_id.line_ids.matched_debit_ids | export.move_id.line_ids.matched_credit_ids
        reconciled = (partials.debit_move_id | partials.credit_move_id).move_id
        for row in [row for row in export.xero_allocations or () if row['id'] in ids and row['is_done']]:
            credited = self.env['xero.export'].search([('connection_id', '=', export.connection_id.id), ('xero_id', '=', row['ref'])], limit=1)
            if credited.move_id in reconciled:
                export.move_id._message_log(body=self.env._(
                    "The allocation of %(amount)s to %(document)s was removed in Xero. Odoo still has it: undo that reconciliation by hand.",
                    amount=format_amount(self.env, row['amount'], export.currency_id), document=credited.document_name))

    def _update_draft(self, export, element):
        """Store a changed total or date in Xero of a draft, with which what is posted is compared, and say it on the draft.

        :return: whether anything changed.
        """
        total, day = float(payment_element.number(element.get('Total')) or 0), read_date(element, 'Date')
        origin, move, words = export.xero_origin, export.move_id, []
        if export.xero_total != total:
            words.append(self.env._(
                "Its total in Xero was changed from %(before)s to %(total)s. Change this draft before you confirm it.",
                before=format_amount(self.env, export.xero_total, export.currency_id), total=format_amount(self.env, total, export.currency_id)))
            export.xero_total = total
        if origin and day and origin['date'] != str(day):
            words.append(self.env._(
                "Its date in Xero was changed to %(date)s. Change this draft before you confirm it.", date=self.env['xero.kind']._written(day)))
            export.xero_origin = {**origin, 'date': str(day)}
        if words:
            export._take_over(element)
            if move.state == 'draft':
                move._message_log(body=' '.join(words))
        return bool(words)

    def _drop_draft(self, export, element):
        """Cancel the draft of a credit note that was voided or deleted in Xero before a person posted it. What is posted is a difference.

        :return: whether it was a draft.
        """
        move = export.move_id
        if move.state == 'posted':
            self._confirm(export)
            return False
        if move.state == 'draft':
            move.button_cancel()
            move._message_log(body=self.env._(
                "%(number)s was voided or deleted in Xero (%(organisation)s), so the draft was cancelled.", number=export.xero_number,
                organisation=export.connection_id.organisation_name))
        export.is_unconfirmed = False
        export._settle_void(element)
        export.checked_at = fields.Datetime.now()
        return True
