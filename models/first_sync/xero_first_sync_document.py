import json

from odoo import api, fields, models
from odoo.fields import Domain

from ...const import FINAL_STATUSES
from ...tools.xero_elements import read_date
from ...tools.xero_text import fold
from ..connection.conflicts import mute_conflicts

MOVES_AT_ONCE = 1000
LINKED_AT_ONCE = 100


class XeroFirstSyncDocument(models.Model):
    """A document of the period of a first sync: in Odoo, in Xero, or in both.

    First each side has rows of its own. When an element from Xero is linked to a document in Odoo, or nearly agrees with it, both become one row.
    The rule is that of *Link it*: `xero.kind._candidate`.
    """
    _name = 'xero.first.sync.document'
    _description = "Document in a Xero First Sync"
    _order = 'result, id'
    _rec_name = 'number'

    first_sync_id = fields.Many2one('xero.first.sync', required=True, readonly=True, index=True, ondelete='cascade')
    connection_id = fields.Many2one(related='first_sync_id.connection_id')
    company_id = fields.Many2one('res.company', readonly=True, index='btree_not_null')
    kind = fields.Selection(selection='_selection_kind', string="Type", required=True, readonly=True)
    number = fields.Char(readonly=True)
    number_key = fields.Char(readonly=True)
    result = fields.Selection(
        [('read', "Read"), ('other', "Not linked"), ('near', "Nearly the same"), ('linked', "Linked"), ('only_odoo', "Only in Odoo"),
         ('only_xero', "Only in Xero")], required=True, readonly=True)
    decision = fields.Selection(
        [('open', "To review"), ('link', "Linked"), ('skip', "Skipped"), ('export', "Sent as a new document")], readonly=True, index='btree_not_null')

    # === In Odoo === #
    move_id = fields.Many2one('account.move', string="Document", readonly=True, index='btree_not_null', ondelete='cascade')
    partner_id = fields.Many2one(related='move_id.commercial_partner_id', string="Partner")
    date = fields.Date(readonly=True, help="The date that the document has in Xero, or would have there.")
    currency_id = fields.Many2one(related='move_id.currency_id')
    amount_total = fields.Monetary(related='move_id.amount_total', string="Total in Odoo")
    export_id = fields.Many2one('xero.export', readonly=True, index='btree_not_null', ondelete='set null')

    # === In Xero === #
    xero_id = fields.Char(string="Xero ID", readonly=True)
    xero_contact = fields.Char(string="Contact in Xero", readonly=True)
    xero_date = fields.Date(string="Date in Xero", readonly=True)
    xero_currency = fields.Char(string="Currency in Xero", readonly=True)
    xero_total = fields.Float(string="Total in Xero", digits=(16, 2), readonly=True)
    element = fields.Json(readonly=True, prefetch=False, help="The document as read from Xero, until it is linked.")
    xero_settled = fields.Float(string="Paid in Xero", digits=(16, 2), readonly=True, help="Also credited or allocated, when it was linked.")
    xero_credited = fields.Float(string="Credited in Xero", digits=(16, 2), readonly=True)
    compares_paid = fields.Boolean(readonly=True, help="What is paid on both sides is compared when the payments were read.")
    differs = fields.Json(readonly=True, help="What does not agree, as of `xero.kind._candidate`.")

    _number = models.Index('(first_sync_id, kind, number_key)')
    _result = models.Index('(first_sync_id, result, id)')
    _compares_paid = models.Index('(first_sync_id) WHERE compares_paid')
    _xero = models.Index('(first_sync_id, xero_id) WHERE xero_id IS NOT NULL')

    @api.model
    def _selection_kind(self):
        return self.env['xero.export']._selection_kind()

    def _kind(self):
        return self.env['xero.kind']._named(next(iter(self)).kind)

    # === BOTH SIDES === #

    @api.model
    def _list_portion(self, first_sync, slice):
        """List the next posted documents in Odoo that are not in Xero as far as Odoo knows.

        :return: whether there may be more.
        """
        moves = self.env['account.move'].search(
            Domain('id', '>', first_sync.position) & self._moves_domain(first_sync, slice), limit=MOVES_AT_ONCE, order='id')
        if not moves:
            return False
        self.create([values for move in moves for values in self._prepare_move(first_sync, move)])
        first_sync.position = moves[-1].id
        first_sync._advance(self.search_count([('first_sync_id', '=', first_sync.id)]) / max(
            self.env['account.move'].search_count(self._moves_domain(first_sync, slice)), 1))
        return True

    def _moves_domain(self, first_sync, slice):
        journals = slice.journals.filtered(lambda journal: journal._xero_mode() == 'document')
        types = [move_type for kinds in first_sync._kinds().values() for kind in kinds.values() for move_type in first_sync._move_types(kind)]
        days = [Domain(name, '>=', first_sync.date_from) & Domain(name, '<=', first_sync.date_to) for name in ('invoice_date', 'date')]
        return Domain('state', '=', 'posted') & Domain('journal_id', 'in', journals.ids) & Domain('move_type', 'in', types) & Domain.OR(days)

    def _prepare_move(self, first_sync, move):
        """Yield the values of the row of a document, unless it is in Xero, may be there, or has another date there."""
        exports = move.xero_export_ids
        if any(export._has_left() or export.connection_id != first_sync.connection_id for export in exports):
            return
        kind = self.env['xero.kind']._named(move._xero_kind())
        date = kind._date(first_sync.connection_id, move)
        if first_sync.date_from <= date <= first_sync.date_to:
            yield {
                'first_sync_id': first_sync.id, 'company_id': move.company_id.id, 'kind': kind._kind_name(), 'number': kind._number(move),
                'number_key': fold(kind._number(move)), 'move_id': move.id, 'date': date, 'export_id': exports[:1].id, 'result': 'only_odoo'}

    @api.model
    def _store(self, first_sync, kinds, elements):
        """Store documents of Xero that no export holds. Those that were stored before are left out.

        :param dict kinds: type of element → model of the kind.
        :param list elements: of an answer.
        """
        kind = next(iter(kinds.values()))
        by_id = {
            element[kind._xero_id]: element for element in elements
            if element.get('Type') in kinds and element.get('Status') not in FINAL_STATUSES}
        known = [('xero_id', 'in', list(by_id))]
        held = self.env['xero.export'].search([('connection_id', '=', first_sync.connection_id.id), *known]).mapped('xero_id')
        held += self.search([('first_sync_id', '=', first_sync.id), *known]).mapped('xero_id')
        self.create([
            self._prepare_element(first_sync, kinds[element['Type']], element) for xero_id, element in by_id.items() if xero_id not in set(held)])

    def _prepare_element(self, first_sync, kind, element):
        number = element.get(kind._xero_number) or ''
        return {
            'first_sync_id': first_sync.id, 'kind': kind._kind_name(), 'number': number, 'number_key': fold(number), 'result': 'read',
            **self._prepare_remote(kind, element)}

    def _prepare_remote(self, kind, element):
        return {
            'xero_id': element[kind._xero_id], 'xero_contact': (element.get('Contact') or {}).get('Name'), 'xero_date': read_date(element, 'Date'),
            'xero_currency': element.get('CurrencyCode'), 'xero_total': float(element.get('Total') or 0),
            'element': json.loads(json.dumps(element, default=float))}

    # === LINKING === #

    @api.model
    def _link_portion(self, first_sync, slice):
        """Link the next documents that are the same on both sides.

        :return: whether there may be more.
        """
        return self._portion(first_sync, slice, 'read', '_settle_same')

    @api.model
    def _compare_portion(self, first_sync, slice):
        """Pair the next documents that nearly agree, and hold those in Odoo back from being sent.

        :return: whether there may be more.
        """
        return self._portion(first_sync, slice, 'other', '_settle_near')

    def _portion(self, first_sync, slice, result, settle):
        """Settle the next rows of a result. An unexpected error with one does not stop the others: it counts as only in Xero, and its number is held.

        :param str settle: name of the method that settles rows.
        """
        mine = [('first_sync_id', '=', first_sync.id)]
        rows = self.search([*mine, ('result', '=', result)], limit=LINKED_AT_ONCE, order='id')
        if not rows:
            return False
        slice.contain(rows, lambda some: getattr(some, settle)(), tell=lambda row, error: row._tell_error(error))
        left, everything = (self.search_count([*mine, domain]) for domain in (('result', '=', result), ('xero_id', '!=', False)))
        first_sync._advance(1 - left / max(everything, 1))
        return True

    def _settle_same(self):
        """Link each element to the first document with its number that is the same."""
        unlinked, pairs = self._unlinked_by_number(), {}
        for row in self:
            same = (other for other in unlinked.get((row.kind, row.number_key), ()) if other not in pairs and other._candidate(row)['agrees'])
            if other := next(same, None):
                pairs[other] = row
        linked = self._merge(pairs)
        (self - self.browse().union(*pairs.values())).write({'result': 'other'})
        linked._link(self.env._("It was there already, so nothing was sent."))

    def _settle_near(self):
        """Pair each element with the document with its number that nearly agrees, and hold that one back."""
        unlinked, pairs, candidates = self._unlinked_by_number(), {}, {}
        for row in self:
            near = [
                (other, candidate) for other in unlinked.get((row.kind, row.number_key), ())
                if other not in pairs and (candidate := other._candidate(row)) and other._is_near(candidate)]
            for other, candidate in sorted(near, key=lambda pair: len(pair[1]['differs']))[:1]:
                pairs[other], candidates[other] = row, candidate
        (self - self.browse().union(*pairs.values())).write({'result': 'only_xero', 'element': False})
        for other in self._merge(pairs):
            other._hold(candidates[other])
            if other.differs == ['contact']:
                partner = other.connection_id._partner_of(other.move_id)
                self.env['xero.first.sync.contact']._suggest(other.first_sync_id, partner, (other.element.get('Contact') or {}).get('ContactID'))

    def _unlinked_by_number(self):
        """Return the documents that only Odoo has so far, by kind and number, of the numbers of these rows."""
        rows = self.search([
            ('first_sync_id', '=', self.first_sync_id.id), ('result', '=', 'only_odoo'), ('number_key', 'in', self.mapped('number_key'))], order='id')
        rows.move_id.mapped('commercial_partner_id')    # read all at once
        return rows.grouped(lambda row: (row.kind, row.number_key))

    def _candidate(self, row=None):
        """Return what the kind says about an element and this document, as values of `xero.export.candidate`.

        :param row: row with the element; this one if None.
        """
        kind = self._kind()
        probe = self._known_export() or self.env['xero.export'].new({
            'connection_id': self.connection_id.id, 'company_id': self.company_id.id, 'kind': self.kind, 'move_id': self.move_id.id})
        return kind._candidate(probe, [(row or self).element])

    def _is_near(self, candidate):
        """Return whether documents with the same number may be the same. Numbers of vendors repeat, so more than that must agree."""
        differs = set(candidate['differs'])
        if 'taken' in differs:
            return False
        return self._kind()._is_sale or 'contact' not in differs or not differs & {'date', 'total', 'currency'}

    def _merge(self, pairs):
        """Let rows of documents in Odoo take over the elements of other rows, and delete these.

        :param dict pairs: row of a document → row of its element.
        :return: the rows of the documents.
        """
        for other, row in pairs.items():
            other.write({name: row[name] for name in ('xero_id', 'xero_contact', 'xero_date', 'xero_currency', 'xero_total', 'element')})
        self.browse().union(*pairs.values()).unlink()
        return self.browse(other.id for other in pairs)

    def _link(self, how):
        """Link documents to their elements: the exports are synced, and nothing is sent.

        :param str how: how they were found, for people.
        """
        if not self:
            return
        exports = self._ensure_exports()
        exports._settle_saved([(row.element, None) for row in self])
        # What closed them in Odoo before is left alone: in Xero it may be entered in another way
        exports.write({'done_operation': False, 'closing_checked_at': fields.Datetime.now(), 'candidate': False})
        for first_sync, rows in self.grouped('first_sync_id').items():
            rows.export_id.first_sync_id = first_sync
        exports._notify_outcome(how)
        for row in self:
            credited = row.element.get('AmountCredited') or 0
            # What waited for a person may have been paid since it was read
            row.write({'xero_settled': row._kind()._settled_amount(row.element) or 0, 'xero_credited': credited, 'compares_paid': not row.decision})
        self.filtered('decision').decision = 'link'
        self.write({'result': 'linked', 'element': False, 'differs': False})

    def _hold(self, candidate):
        """Store that the document nearly agrees with its element, and do not send it before a person has decided."""
        export = self._ensure_exports()
        decision = 'skip' if export.state == 'skipped' else 'open'
        self.write({'result': 'near', 'decision': decision, 'differs': candidate['differs']})
        if decision == 'open':
            export._set_failed('number', self._near_words())
            export.candidate = candidate
            export._notify_outcome()

    def _ensure_exports(self):
        """Return the exports of the documents, in their order. Create those that are missing."""
        for row in self:
            row.export_id = row._known_export()
        missing = self.filtered(lambda row: not row.export_id)
        created = self.env['xero.export']._create_queued([
            {**row._kind()._prepare_document(row.move_id), 'connection_id': row.connection_id.id} for row in missing])
        for row, export in zip(missing, created, strict=True):
            row.export_id = export
        return self.env['xero.export'].browse(row.export_id.id for row in self)

    def _known_export(self):
        """Return the export of the document, which the sweep may have added since the document was listed."""
        return self.move_id.xero_export_ids.filtered(lambda export: export.connection_id == self.connection_id)[:1]

    def _link_if_same(self):
        """Link documents that agree with their elements by now, because a contact was decided."""
        for row in self:
            candidate = row._candidate()
            if candidate['agrees']:
                row._link(self.env._("It was there already, so nothing was sent."))
                with mute_conflicts(self.env):
                    row.first_sync_id._read_payments_again()
            elif candidate['differs'] != row.differs:
                row.differs = candidate['differs']

    def _tell_error(self, error):
        """Hold the documents with the number of an element that could not be compared, by an unexpected error."""
        self.result = 'only_xero'
        found = self.search([
            ('first_sync_id', '=', self.first_sync_id.id), ('result', '=', 'only_odoo'), ('kind', '=', self.kind), ('number_key', '=', self.number_key)])
        for other in found:
            other._ensure_exports()._fail_unexpectedly(error)
