from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.tools import SQL

from ...const import FILTER_IDS, FINAL_STATUSES, PAGE_SIZE, PAGES_MOST
from ...tools.xero_elements import read_date
from ...tools.xero_money import json_number, to_decimal
from ..connection.retention import KEEP_RECORDS, kept_since
from .xero_difference import FOLLOWED

DAY = timedelta(days=1)
PROOFS_AT_ONCE = 1000


class XeroProof(models.Model):
    """A comparison of all documents of the open periods with Xero: each night, page by page, over as many slices as it takes.

    For each endpoint, the documents in Xero since the first open day are read in pages of 1,000. Those with an export are compared; others are
    *only in Xero* if they are for our partners or in our number ranges. Exports that no page had are then read by their ids; if Xero does not
    have them, they are *only in Odoo*. Only slices write it.
    """
    _name = 'xero.proof'
    _description = "Comparison of All Documents with Xero"
    _order = 'id desc'

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    user_id = fields.Many2one('res.users', string="Requested by", readonly=True, ondelete='set null', help="Empty for the nightly comparison.")
    started_at = fields.Datetime(string="Start", readonly=True, help="Empty until the first page is read.")
    ended_at = fields.Datetime(string="End", readonly=True)
    since = fields.Date(string="Documents since", readonly=True, help="The first day that is open in Xero, or the start of the export.")
    endpoint = fields.Char(readonly=True, help="What is being read.")
    page = fields.Integer(readonly=True, help="The next page; 0: the documents that no page had are read by their ids.")
    compared = fields.Integer(string="Documents compared", readonly=True)
    calls = fields.Integer(string="Calls to Xero", readonly=True)
    error = fields.Char(readonly=True)

    _open = models.UniqueIndex('(connection_id) WHERE ended_at IS NULL')

    @api.depends('connection_id', 'started_at')
    def _compute_display_name(self):
        for proof in self:
            proof.display_name = f"{proof.connection_id.name}, {proof.started_at or ''}"

    # === WHEN === #

    @api.model
    def _open_of(self, connection):
        """Return the proof of a connection that has not ended; may be empty."""
        return self.search([('connection_id', '=', connection.id), ('ended_at', '=', False)], limit=1)

    @api.model
    def _request(self, connection, user=None):
        """Compare everything as soon as possible.

        :param user: who asked for it, if a person did.
        """
        proof = self._open_of(connection) or self.create({'connection_id': connection.id})
        if user and not proof.user_id:
            proof.user_id = user
        connection._arm()

    @api.model
    def _due_at(self, connection):
        """Return when the next nightly comparison is due (naive UTC), None if there is none. A time in the past means now."""
        if not connection.proves_nightly:
            return None
        last = self.search([('connection_id', '=', connection.id), ('started_at', '!=', False)], limit=1).started_at
        if not last:
            first = self.env['xero.export'].search([('connection_id', '=', connection.id), ('arrived_at', '!=', False)], order='arrived_at', limit=1)
            last = first.arrived_at
        return last and self._night_after(connection, last)

    @api.model
    def _night_after(self, connection, moment):
        """Return the first time (naive UTC) after a moment at which the connection compares everything."""
        zone, day = self._zone(connection), self._day_of(connection, moment)
        hour, minute = divmod(min(round(connection.proof_hour * 60), 24 * 60 - 1), 60)
        nights = (datetime.combine(day + DAY * count, time(hour, minute), zone).astimezone(timezone.utc).replace(tzinfo=None) for count in range(3))
        return next(night for night in nights if night > moment)

    @api.model
    def _zone(self, connection):
        return ZoneInfo(connection.company_ids[:1].sudo().partner_id.tz or 'UTC')

    @api.model
    def _day_of(self, connection, moment):
        """Return the day of a moment (naive UTC) where the connection's first company is."""
        return moment.replace(tzinfo=timezone.utc).astimezone(self._zone(connection)).date()

    # === READING === #

    def _endpoints(self):
        """Return a dict: endpoint → the kinds whose documents a proof reads there: those that the connection has exported, and their credit notes.

        Credit notes that were made in Xero are read only if a policy says what becomes of them.
        """
        found = self.env['xero.export']._read_group(
            [('connection_id', '=', self.connection_id.id), ('xero_id', '!=', False)], ['kind'])
        used = {kind for (kind,) in found}
        if self.connection_id.credit_note_policy != 'none':
            used |= {kind._kind_name() for kind in self.env['xero.kind']._all() if kind._credits in used}
        endpoints = {}
        for kind in self.env['xero.kind']._all():
            if kind._is_proved and kind._kind_name() in used:
                endpoints.setdefault(kind._xero_endpoint, []).append(kind)
        return endpoints

    def _start(self):
        connection = self.connection_id
        lock = connection._locked_until()
        since = max(filter(None, [connection.export_start_date, lock and lock + DAY]))
        self.write({'started_at': fields.Datetime.now(), 'since': since, 'endpoint': next(iter(self._endpoints()), False), 'page': 1})
        # Documents that differ since before differences were listed
        self.env['xero.difference']._follow(self.env['xero.export'].search([
            ('connection_id', '=', connection.id), '|',
            '&', ('difference', '!=', False), ('difference_ids', 'not any', [('state', '=', 'open'), ('topic', 'in', FOLLOWED)]),
            '&', ('closed_difference', '!=', False), ('difference_ids', 'not any', [('state', '=', 'open'), ('topic', '=', 'closed')])]))

    def _advance(self, slice):
        """Read the next page, or the next documents that no page had, and commit.

        :param slice: `models.steps.slice.Slice`.
        :return: whether there is more.
        :raise XeroError: as the client does.
        """
        if not self.started_at:
            self._start()
        kinds = self._endpoints().get(self.endpoint)
        if not kinds:
            self._end()
            return False
        calls = slice.client.calls
        if self.page:
            self._read_page(slice, kinds)
        else:
            self._read_missing(slice, kinds)
        self.calls += slice.client.calls - calls
        slice.commit()
        return not self.ended_at

    def _read_page(self, slice, kinds):
        kind, day = kinds[0], self.since
        params = {
            **kind._single_params, 'where': f'Date>=DateTime({day.year},{day.month},{day.day})', 'order': kind._xero_id,
            'page': self.page, 'pageSize': PAGE_SIZE}
        slice.commit()      # no row is locked during the call
        answer = slice.client.get(self.endpoint, params)
        elements = answer.whole(self.endpoint, kind._xero_id)
        is_last = len(elements) < PAGE_SIZE if answer.page_count is None else params['page'] >= answer.page_count
        slice.retry_on_conflict(self._take_page, slice, kinds, elements, is_last or not elements or self.page >= PAGES_MOST)

    def _take_page(self, slice, kinds, elements, is_last):
        by_export = self.env['xero.comparison']._matched(self.connection_id, self.endpoint, kinds[0]._xero_id, elements)
        self._compare(slice, by_export)
        listed = self.env['xero.credit.note']._take(slice, elements).listed
        known = {export.xero_id for export in self.env['xero.comparison']._matched(self.connection_id, self.endpoint, kinds[0]._xero_id, elements)}
        self._list_only_in_xero(slice, kinds, [element for element in elements if element[kinds[0]._xero_id] not in listed], known)
        self.page = 0 if is_last else self.page + 1

    def _compare(self, slice, by_export):
        """Compare documents and note that they were compared."""
        self.env['xero.comparison']._compare(slice, by_export, whole=True)
        self.env['xero.difference']._end_gone('only_odoo', [export.xero_id for export in by_export], self.connection_id)
        self._note_proved(self.env['xero.export'].concat(*by_export))
        self.compared += len(by_export)

    def _note_proved(self, exports):
        """Store the time of the comparison, with one UPDATE for a page."""
        if exports:
            self.env.flush_all()
            self.env.cr.execute(SQL("UPDATE xero_export SET proved_at = %s WHERE id IN %s", self.started_at, tuple(exports.ids)))
            exports.invalidate_recordset(['proved_at'], flush=False)

    @api.autovacuum
    def _gc_old(self):
        """Delete old comparisons, which are kept as long as records of calls.

        Certificates need the last complete one that has covered their month, and that is the last one since its first day.

        :return: number of deleted rows, and whether there may be more, as Odoo's vacuum expects it: it commits between two calls.
        """
        if not (before := kept_since(self.env, KEEP_RECORDS)):
            return 0, 0
        last = self._read_group([('ended_at', '!=', False), ('error', '=', False)], ['connection_id', 'since:day'], ['id:max'])
        old = self.search([('ended_at', '<', before), ('id', 'not in', [row[-1] for row in last])], limit=PROOFS_AT_ONCE)
        old.unlink()
        return len(old), int(len(old) == PROOFS_AT_ONCE)

    def _end(self, error=False):
        self.write({'ended_at': fields.Datetime.now(), 'error': error})
        self.env['xero.sync'].with_user(self.user_id or self.env.user)._record(
            self.connection_id, 'proof', by_hand=bool(self.user_id), start_at=self.started_at, done=self.compared,
            failed=int(bool(error)), calls=self.calls, error=error or '')

    # === ONLY IN XERO === #

    def _list_only_in_xero(self, slice, kinds, elements, known):
        """List documents that nobody exported, if they are for our partners or in our number ranges; end those that are no longer so.

        :param set known: Xero ids of exports.
        """
        connection, comparison, Difference = self.connection_id, self.env['xero.comparison'], self.env['xero.difference']
        by_type = {kind._xero_type: kind for kind in kinds if kind._xero_type and kind._exported_move_types(connection)}
        strangers = [
            element for element in elements
            if element[kinds[0]._xero_id] not in known and str(element.get('Type')) in by_type and element.get('Status') not in FINAL_STATUSES]
        contacts, prefixes = comparison._linked_contacts(connection, strangers), self._number_ranges() if strangers else ()
        currencies = self.env['res.currency'].with_context(active_test=False).search([]).grouped('name') if strangers else {}
        unsent = comparison._unsent(connection, kinds, strangers)

        def described(some):
            return [
                self._stranger_values(by_type[element['Type']], element, contacts, prefixes, currencies) for element in some
                if not comparison._is_ours(connection, by_type[element['Type']], element, contacts, unsent)]

        # An element that Xero wrote in an unknown form is left out
        found, _failed = slice.contain(strangers, described, tell=lambda _element, _error: None)
        values = [vals for group in found for vals in group if vals]
        ids = {element[kinds[0]._xero_id] for element in elements}
        Difference._end_gone('only_xero', list(ids - {vals['xero_id'] for vals in values}), connection)
        Difference._open_rows(values)

    def _number_ranges(self):
        """Return the starts of the numbers that exported documents of the period have, such as `INV/2026/`."""
        rows = self.env.execute_query(SQL(
            """SELECT DISTINCT move.sequence_prefix
                 FROM xero_export export JOIN account_move move ON move.id = export.move_id
                WHERE export.connection_id = %s AND export.document_date >= %s""", self.connection_id.id, self.since))
        return {prefix for (prefix,) in rows if prefix}

    def _stranger_values(self, kind, element, contacts, prefixes, currencies):
        """Return the values of the difference about a document that nobody exported; None if it is not expected in Odoo."""
        comparison = self.env['xero.comparison']
        number, contact = str(element.get(kind._xero_number) or ''), contacts.get(str(comparison._contact_of(element).get('ContactID') or ''))
        if not contact and not (kind._is_sale and any(number.startswith(prefix) for prefix in prefixes)):
            return None
        currency = currencies.get(element.get('CurrencyCode'), self.env['res.currency'])
        total, name = to_decimal(element.get('Total') or 0), comparison._contact_of(element).get('Name')
        return {
            'connection_id': self.connection_id.id, 'topic': 'only_xero', 'kind': kind._kind_name(), 'xero_id': element[kind._xero_id],
            'document_name': number or self.env._("Without number"), 'document_date': read_date(element, 'Date'),
            'partner_id': contact and contact.partner_id.id, 'currency_id': currency.id, 'xero_total': float(total),
            'xero_url': self.connection_id._web_url(kind._page, element[kind._xero_id]),
            'fingerprint': f'{number} {json_number(total)} {name}',
            'text': self.env._(
                "%(kind)s of %(contact)s is in Xero and not in Odoo. Enter it in Odoo, or void it in Xero, or keep it with a reason.",
                kind=kind._label(), contact=name or self.env._("an unknown contact")),
        }

    # === ONLY IN ODOO === #

    def _read_missing(self, slice, kinds):
        """Read some documents that no page had by their ids: their date may be another one in Xero. Those that do not exist are listed."""
        exports = self._missing(kinds)
        if not exports:
            names = list(self._endpoints())
            following = names[names.index(self.endpoint) + 1:]
            if following:
                self.write({'endpoint': following[0], 'page': 1})
            else:
                self._end()
            return
        slice.commit()
        remote = exports._kind()._read_remote(slice.client, exports)
        slice.retry_on_conflict(self._take_missing, slice, exports, remote)

    def _missing(self, kinds):
        """Return some exports of one kind whose documents should have been in a page."""
        found = self.env['xero.export'].search([
            ('connection_id', '=', self.connection_id.id), ('kind', 'in', [kind._kind_name() for kind in kinds]), ('state', '=', 'synced'),
            ('xero_id', '!=', False), ('document_date', '>=', self.since), ('arrived_at', '<', self.started_at),
            '|', ('proved_at', '=', False), ('proved_at', '<', self.started_at)], order='kind, id', limit=FILTER_IDS)
        return found.filtered(lambda export: export.kind == found[0].kind)

    def _take_missing(self, slice, exports, remote):
        self._compare(slice, {export: remote[export.xero_id] for export in exports if export.xero_id in remote})
        lost = exports.filtered(lambda export: export.xero_id not in remote)
        self._note_proved(lost)
        Difference = self.env['xero.difference']
        Difference._open_rows([{
            **Difference._values_of(export, 'only_odoo', self.env._(
                "It is not in Xero any more. Send ours to create it there again, or keep both with a reason.")),
            'fingerprint': export.xero_id, 'xero_total': 0, 'xero_url': False,
        } for export in lost if not export._is_undone()])
        if len(lost) == FILTER_IDS:
            # Each costs a call, and perhaps all are missing: the organisation was reset, for example
            self._end(self.env._(
                "Xero does not have %(count)s documents in a row, so the comparison was stopped. Check in Xero whether %(organisation)s was reset.",
                count=len(lost), organisation=self.connection_id.organisation_name))
