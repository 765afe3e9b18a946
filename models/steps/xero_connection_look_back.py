from collections import defaultdict
from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ...const import FINAL_STATUSES, IDEMPOTENCY_SAFE, LOOK_BACK_MARGIN
from ...exceptions import XeroUnauthorised
from ..export.xero_export_compare import UNKNOWN

COMPARED_AT_ONCE = 200
LONG_TRANSACTIONS = timedelta(hours=1)      # what they wrote is dated by their start


class XeroConnection(models.Model):
    """Looking back: what became of requests without an answer, what Xero has from us already, what changed here since."""
    _inherit = 'xero.connection'

    compared_at = fields.Datetime(readonly=True, copy=False, help="When all documents were last looked at for changes that nobody told us of.")

    # === UNANSWERED === #

    def _settle_unanswered(self, run):
        """Find out what became of requests without an answer: by the same bytes under the same key while Xero remembers it, else by
        looking back."""
        requests = self.env['xero.request'].search([('connection_id', '=', self.id), ('state', '=', 'unanswered')], order='id')
        young_since = fields.Datetime.now() - IDEMPOTENCY_SAFE
        young = requests.filtered(lambda request: request.sent_at > young_since and not request.left_out)
        for request in young:
            request.tries += 1
            self._send(request, run)
        self._look_back_for_requests(requests - young, run)

    def _look_back_for_requests(self, requests, run):
        """Adopt what Xero saved of these requests; the rest goes out again."""
        if not requests:
            return
        since = min(requests.mapped('sent_at')) - LOOK_BACK_MARGIN
        changes = requests.filtered(lambda request: request.method != 'PUT')
        contacts = requests.filtered(lambda request: request.kind == 'contact')
        creations = requests - contacts - changes
        if contacts:
            self._refresh_reference(run.client, only=['contacts'])
        adopted = self._adopt_found(self._frozen_identities(creations), since, run)
        self._repeat_changes(changes - contacts)
        for request in contacts:
            self._repeat_contacts(request, run)
        for request in creations:
            self._repeat_lost(request, since)
        requests.write({'state': 'answered', 'answered_at': fields.Datetime.now()})
        adopted._conclude()
        run.done += len(adopted)
        self._commit()

    def _frozen_identities(self, requests):
        """Return what documents that these requests still have out would be recognised by in Xero, in the form of `_adopt_found`."""
        identities = defaultdict(list)
        for request in requests:
            kind, out = request._kind(), set(request._still_out().ids)
            for frozen, element in zip(request.frozen, request._elements()):
                # Even if it was skipped, asked for again or deleted meanwhile: Xero may have it
                if frozen['export'] in out:
                    export = self.env['xero.export'].browse(frozen['export'])
                    for identity in (kind._identity(element, frozen['total']), kind._link_identity(element, frozen['total'])):
                        if identity:
                            identities[identity].append((export, frozen, element))
        return identities

    def _repeat_changes(self, requests):
        """Let changes go again that Xero gave no outcome for: what it holds is read before they are sent, again too."""
        for request in requests:
            lost = request._still_out()
            # Xero may hold what was sent: whatever becomes of the document in Odoo, Xero's version is read before it counts as equal
            lost.write({'digest': UNKNOWN, 'sent_parts': False, 'batch_limit': (len(request.export_ids) + 1) // 2})
            if request.tries > 1 or request.left_out:
                self._contain(lost, lambda some: some._try_later())
            else:
                lost.state = 'waiting'

    def _repeat_contacts(self, request, run):
        """Let documents go on whose contacts are in Xero by now; the others wait, and go in smaller groups then."""
        lost = request.export_ids.filtered(lambda export: export.state == 'uncertain')
        # The same change once more does no harm, so that one goes at once
        known = lost if request.method == 'POST' and request.tries == 1 else self._with_contact(lost, run)
        known.write({'state': 'waiting', 'next_try_at': False, 'wait_code': False})
        self._contain(lost - known, lambda some: some._try_later())
        (lost - known).batch_limit = (len(request.frozen) + 1) // 2

    def _repeat_lost(self, request, since):
        """Let documents go again that Xero does not have, unless it saved something in their place that we cannot tell.

        :param datetime since: naive UTC; what Xero may have is of later.
        """
        out = request._still_out()
        lost = out.filtered(lambda export: export.state == 'uncertain')
        if request.strangers:
            out.unseen_since = since
            for export in out.filtered(lambda export: export.state in ('waiting', 'failed', 'uncertain')):
                export._fail_unrecognised(request.strangers)
            out.filtered(lambda export: export.state == 'failed')._conclude()
            return
        self._contain(lost, lambda some: some._try_later())
        # One document that Xero stumbles over must not hold back its neighbours for ever
        lost.batch_limit = 1 if request.left_out else (len(request.export_ids) + 1) // 2

    # === WHAT XERO HAS FROM US === #

    def _look_back_if_needed(self, run):
        """Before the first send after an interruption: adopt what is in Xero already, at the cost of one call per endpoint."""
        if not self.look_back_since:
            return
        Export = self.env['xero.export']
        exports = Export.search([
            ('connection_id', '=', self.id), ('xero_id', '=', False), ('operation', '=', 'create'),
            ('state', 'in', ('waiting', 'failed', 'uncertain')),
        ]).filtered(lambda export: export._document())
        adopted = self._adopt_found(self._identities(exports), self.look_back_since, run)
        adopted._conclude()
        run.done += len(adopted)
        self._take_row()
        self.look_back_since = False
        self._commit()

    def _identities(self, exports):
        """Return what these documents would be recognised by in Xero, in the form of `_adopt_found`."""
        contacts = self.env['xero.contact']._match(self, self._partners_of(exports.move_id))

        def expect(some):
            return [(export._kind()._expected_identity(export, contacts.get(self._partner_of(export.move_id))), export) for export in some]

        identities = defaultdict(list)
        expected, _failed = self._contain(exports, expect, tell=lambda export, error: export._leave_unlooked(error))
        for identity, export in (pair for some in expected for pair in some):
            identities[identity].append((export, None, None))
        return identities

    def _adopt_found(self, identities, since, run):
        """Adopt documents that Xero has already.

        :param dict identities: identity to a list of (export, frozen, element as it was sent), the last two None if it was not sent:
            vendors' numbers repeat, back links do not.
        :param datetime since: naive UTC; what Xero changed earlier is not ours to look for.
        :return: exports that are in Xero.
        """
        adopted = self.env['xero.export']
        exports = self.env['xero.export'].union(*(export for alike in identities.values() for export, _frozen, _sent in alike))
        by_kind = exports.grouped(lambda export: export._kind())
        for endpoint in sorted({kind._xero_endpoint for kind in by_kind}):
            kinds = [kind for kind in by_kind if kind._xero_endpoint == endpoint]
            wanted = exports.union(*(by_kind[kind] for kind in kinds))
            try:
                adopted |= self._adopt_elements(kinds[0]._look_back(run.client, wanted, since), kinds, identities)
            except XeroUnauthorised as error:
                if error.kind != 'scope':
                    raise
                wanted.filtered(lambda export: not export.xero_id)._leave_unseen(since, error)
        return adopted

    def _adopt_elements(self, elements, kinds, identities):
        """Adopt what Xero holds for documents that are not known to be there, each element for one of them.

        :param elements: iterable of Xero's elements.
        :param kinds: the models of kinds whose elements these may be.
        :param dict identities: as of `_adopt_found`.
        :return: exports that are in Xero.
        """
        adopted = self.env['xero.export']
        for element in elements:
            if element.get('Status') not in FINAL_STATUSES:
                alike = [kind for kind in kinds if kind._xero_type == element.get('Type')]
                adopted |= self._adopt_one(element, alike, identities, adopted)
        return adopted

    def _adopt_one(self, element, kinds, identities, adopted):
        """Give an element to the export that it is, if there is one.

        :param list kinds: that have elements of its type.
        :param adopted: exports that have theirs already.
        :return: the export, or an empty record.
        """
        for kind in kinds:
            alike = [found for identity in (kind._identity(element), kind._link_identity(element)) for found in identities.get(identity, ())]
            for export, frozen, sent in alike:
                if export not in adopted and self._adopt(export, kind, element, frozen, sent):
                    return export
        return adopted.browse()

    def _adopt(self, export, kind, element, frozen, sent):
        """Take an element for an export, if it is its own.

        :return: whether it did. What fails over it may be in Xero: it is looked for before it is sent again.
        """
        def adopt(export):
            is_own = kind._is_back_link(export, element, sent) and not export._is_taken(element[kind._xero_id])
            if is_own:
                export._settle_saved(element, frozen)
            return is_own

        return any(self._contain(export, adopt, tell=lambda export, error: export._leave_unlooked(error))[0])

    def _look_for_unseen(self, exports, run):
        """Look for documents in Xero that could not be looked for when it was time, before they are sent.

        :return: those of which nothing is to be sent.
        """
        unseen = exports.filtered('unseen_since')
        if not unseen:
            return unseen
        since = min(unseen.mapped('unseen_since'))
        unseen.unseen_since = False
        identities = self._identities(unseen.filtered(lambda export: export._document()))
        for identity, found in self._frozen_identities(unseen._last_creations()).items():
            identities[identity] += [one for one in found if one[0] in unseen]
        adopted = self._adopt_found(identities, since, run)
        adopted._conclude()
        run.done += len(adopted)
        unrecognised = self._stop_unrecognised(unseen - adopted - unseen.filtered('unseen_since'), since, run)
        return adopted | unrecognised | unseen.filtered('unseen_since')

    def _stop_unrecognised(self, exports, since, run):
        """Stop documents in whose place Xero saved something that we cannot tell, as long as that is there and nobody else's.

        :return: those of them that are not to be sent.
        """
        stopped = exports.browse()
        for export in exports:
            request, kind = export._last_creations(), export._kind()
            strangers = {stranger[kind._xero_id]: stranger for stranger in request.strangers or () if not export._is_taken(stranger[kind._xero_id])}
            if strangers:
                held = run.client.get(kind._xero_endpoint, kind._held_params(list(strangers))).elements(kind._xero_endpoint)
                living = [strangers[element[kind._xero_id]] for element in held if not kind._is_gone(element)]
                if living:
                    export.unseen_since = since
                    export._fail_unrecognised(living)
                    stopped |= export
        stopped._conclude()
        run.failed += len(stopped)
        return stopped

    # === WHAT CHANGED HERE === #

    def _compare_changed(self, run, silent=False):
        """Notice synced documents that were changed, cancelled or deleted in Odoo since they went out.

        :param bool silent: also those whose change did not say so itself by emptying `checked_at`.
        """
        started, last_id = fields.Datetime.now(), 0
        written, condition = SQL(), SQL("export.checked_at IS NULL")
        if silent:
            written, condition = self._last_written(), SQL("(%s OR written.at > export.checked_at)", condition)
        while run.has_time():
            self.env.flush_all()
            ids = [row[0] for row in self.env.execute_query(SQL(
                """SELECT export.id
                     FROM xero_export export %s
                    WHERE export.connection_id = %s AND export.state = 'synced' AND export.id > %s AND %s
                 ORDER BY export.id
                    LIMIT %s""", written, self.id, last_id, condition, COMPARED_AT_ONCE))]
            self._compare(self.env['xero.export'].browse(ids))
            self._commit()
            if len(ids) < COMPARED_AT_ONCE:
                if silent:
                    self._take_row()
                    self.compared_at = started
                break
            last_id = ids[-1]

    def _last_written(self):
        """Return the join that tells, by document, when it or one of its items was last written, as `written.at`.

        Only what was written since the last time that all were looked at is considered: most of the books are older.
        """
        since = self.compared_at and self.compared_at - LONG_TRANSACTIONS
        recent = SQL("write_date > %s", since) if since else SQL("TRUE")
        return SQL(
            """LEFT JOIN (SELECT move_id, MAX(write_date) AS at
                            FROM (SELECT id AS move_id, write_date FROM account_move WHERE %s
                                   UNION ALL
                                  SELECT move_id, write_date FROM account_move_line WHERE %s) every
                        GROUP BY move_id) written ON written.move_id = export.move_id""", recent, recent)

    def _compare(self, exports):
        for alike in exports.grouped(lambda export: (export.kind, export.company_id)).values():
            staged, _failed = self._contain(alike, lambda some: (some, some.filtered(lambda export: export._stage() == 'live')))
            alike = alike.browse().union(*(some for some, _live in staged))
            live = alike.browse().union(*(live for _some, live in staged))
            self._contain(self._build(live), lambda some: [one.export._compare(one) for one in some], exports_of=lambda one: one.export)
            self._contain(alike - live, lambda some: [export._compare(None) for export in some])
