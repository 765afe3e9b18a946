from odoo import api, fields, models
from odoo.fields import Domain

from ...const import FINAL_STATUSES

TOPICS = [
    ('xero', "Changed in Xero"),
    ('gone', "Voided or deleted in Xero"),
    ('odoo', "Changed in Odoo, not sent"),
    ('undone', "Cancelled or deleted in Odoo"),
    ('total', "Totals differ"),
    ('closed', "Closed in Odoo without money"),
    ('paid', "Paid only in Xero"),
    ('paid_odoo', "Paid only in Odoo"),
    ('draft', "Draft to be confirmed"),
    ('only_xero', "Only in Xero"),
    ('only_odoo', "Only in Odoo"),
    ('contact', "Contact"),
]
# Topics that follow the texts of an export: they begin and end with them
FOLLOWED = ('xero', 'gone', 'odoo', 'undone', 'total', 'draft')
# Topics about what is paid or allocated on a document
PAID = ('paid', 'paid_odoo')
OUTCOMES = [
    ('odoo', "Odoo's was sent"),
    ('xero', "Xero's was taken"),
    ('accepted', "Accepted"),
    ('entered', "Entered in Xero"),
    ('ended', "No longer different"),
]
# Values of a row that nobody has decided about
UNDECIDED = {'outcome': False, 'settled_by_id': False}


class XeroDifference(models.Model):
    """A difference between Odoo and Xero: what differs, since when, and how it was settled.

    What differs between a document and its export is written on the export (`difference`); rows of the topics `FOLLOWED` follow it. Others
    are found by a feed or a proof, and stand for themselves. A row is never deleted: it tells who decided, when and why.

    A row for which a person chose Odoo's version is open, with the outcome `odoo`, until Xero has that version; see `sends_ours` of exports.
    """
    _name = 'xero.difference'
    _description = "Difference between Odoo and Xero"
    _order = 'state, id desc'
    _rec_name = 'document_name'
    _rec_names_search = ['document_name', 'text']

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one('res.company', readonly=True, index=True, help="Empty for what is in Xero only.")
    topic = fields.Selection(TOPICS, string="What", required=True, readonly=True)
    kind = fields.Selection(selection='_selection_kind', string="Type", readonly=True)
    state = fields.Selection([('open', "Open"), ('settled', "Settled")], default='open', required=True, readonly=True)
    export_id = fields.Many2one('xero.export', readonly=True, index='btree_not_null', ondelete='cascade')
    move_id = fields.Many2one(related='export_id.move_id', string="Entry")
    contact_id = fields.Many2one('xero.contact', string="Contact in Xero", readonly=True, index='btree_not_null', ondelete='cascade')

    # The document, as it was when the difference was found
    document_name = fields.Char(string="Document", readonly=True)
    document_date = fields.Date(string="Date", readonly=True)
    partner_id = fields.Many2one('res.partner', readonly=True, index='btree_not_null', ondelete='set null')
    currency_id = fields.Many2one('res.currency', readonly=True)
    odoo_total = fields.Monetary(string="In Odoo", readonly=True)
    xero_total = fields.Monetary(string="In Xero", readonly=True)
    settled = fields.Json(readonly=True, help="How much of what was paid in Xero were credits, and how much Odoo had sent, when it was found.")
    xero_id = fields.Char(string="Xero ID", readonly=True, index='btree_not_null')
    xero_url = fields.Char(string="Open in Xero", readonly=True)

    text = fields.Text(string="Difference", readonly=True)
    both_versions = fields.Json(readonly=True, help="As of exports, when it was found.")
    fingerprint = fields.Char(readonly=True, help="By this, an accepted difference is known again. Empty if the export knows it.")
    found_at = fields.Datetime(string="Found on", required=True, readonly=True, default=fields.Datetime.now)
    outcome = fields.Selection(OUTCOMES, readonly=True, help="Of an open difference: Odoo's version was chosen and is not in Xero yet.")
    reason = fields.Char(readonly=True)
    settled_at = fields.Datetime(string="Settled on", readonly=True)
    settled_by_id = fields.Many2one('res.users', string="Settled by", readonly=True)

    _open = models.Index("(connection_id, topic) WHERE state = 'open'")
    _once = models.UniqueIndex("(connection_id, topic, xero_id, COALESCE(contact_id, 0)) WHERE state = 'open' AND export_id IS NULL")
    _once_of_export = models.UniqueIndex("(export_id, topic) WHERE state = 'open' AND export_id IS NOT NULL")

    @api.model
    def _selection_kind(self):
        return self.env['xero.export']._selection_kind()

    # === DIFFERENCES OF EXPORTS === #

    @api.model
    def _follow(self, exports):
        """Open, update or end the rows of exports whose `difference` or `closed_difference` was written."""
        if not exports:
            return
        open_rows = self.search([('export_id', 'in', exports.ids), ('state', '=', 'open'), ('topic', 'in', [*FOLLOWED, 'closed'])])
        by_export = open_rows.grouped('export_id')
        new = []
        for export in exports:
            rows = by_export.get(export, self.browse())
            closed = rows.filtered(lambda row: row.topic == 'closed')
            for row, text, topic in (
                (rows - closed, export.difference, export.difference and self._topic_of(export)), (closed, export.closed_difference, 'closed'),
            ):
                if not text or not topic:
                    if not (export.sends_ours and any(row.mapped('outcome'))):     # else it ends when Xero has Odoo's version
                        row._settle('ended')
                elif row:
                    row.write(self._values_of(export, topic, text))
                else:
                    new.append(self._values_of(export, topic, text))
        self.create(new)

    @api.model
    def _end_chosen(self, exports):
        """Settle the differences of exports for which a person chose Odoo's version, and which had an outcome; open them again if it was not sent."""
        rows = self.search([('export_id', 'in', exports.ids), ('state', '=', 'open'), ('outcome', '!=', False)]) if exports else self
        for row in rows:
            export = row.export_id
            if export._is_compared_equal():
                row._settle('odoo', user=row.settled_by_id)
            elif export.state == 'skipped':
                row._settle('ended' if export.skip_rule else 'accepted', export.message, not export.skip_rule and self.env.user)
            else:
                row.write(UNDECIDED)

    @api.model
    def _open_of(self, export):
        """Return the open rows that follow the text of an export; also of one that differs since before differences were recorded."""
        self.sudo()._follow(export.sudo())
        return export.difference_ids.filtered(lambda row: row.state == 'open' and row.topic in FOLLOWED)

    @api.model
    def _open_counts(self, domain=Domain.TRUE):
        """Return a dict: connection → number of documents and contacts that the user sees and that are different now.

        :param domain: `Domain` of fields that exports and differences both have.
        """
        counts = dict(self.env['xero.export']._read_group(domain & Domain('is_different', '=', True), ['connection_id'], ['__count']))
        others = domain & Domain('state', '=', 'open') & (Domain('export_id', '=', False) | Domain('export_id.is_different', '=', False))
        for connection, count in self._read_group(others, ['connection_id'], ['__count']):
            counts[connection] = counts.get(connection, 0) + count
        return counts

    @api.model
    def _acceptances(self, exports):
        """Return a dict: export → its latest difference, if that was accepted, and the document was not sent since."""
        rows = self.search([('export_id', 'in', exports.ids), ('topic', 'not in', (*PAID, 'closed'))], order='export_id, id')
        latest = {own.export_id: own[-1] for own in rows.grouped('export_id').values()}
        return {
            export: row for export, row in latest.items()
            if row.outcome == 'accepted' and not (export.synced_at and export.synced_at > row.settled_at)}

    @api.model
    def _topic_of(self, export):
        """Return the topic of an export's difference; None while its document is being edited in Odoo."""
        desired = export._desired_state()
        if export.is_unconfirmed and desired == 'pending':
            return 'draft'
        if desired != 'present':
            return 'undone' if desired == 'absent' else None
        if export.xero_status in FINAL_STATUSES:
            return 'gone'
        if export.operation != 'update':
            return 'total'
        return 'xero' if export.xero_seen_at else 'odoo'

    @api.model
    def _values_of(self, export, topic, text):
        """Return the values of a row about an export that nobody has decided about. What is voided or deleted on a side has no total there."""
        return {
            **UNDECIDED,
            'connection_id': export.connection_id.id, 'company_id': export.company_id.id, 'export_id': export.id, 'topic': topic,
            'text': text, 'kind': export.kind,
            'document_name': export.document_name, 'document_date': export.document_date, 'partner_id': export.partner_id.id,
            'currency_id': export.currency_id.id, 'odoo_total': export.amount_total,
            'xero_total': 0 if topic == 'gone' else export.xero_total, 'xero_id': export.xero_id, 'xero_url': export.xero_url,
            'both_versions': topic in ('xero', 'odoo') and export.both_versions,
        }

    # === DIFFERENCES THAT STAND FOR THEMSELVES === #

    @api.model
    def _open_rows(self, vals_list):
        """Open differences, unless the same are open or were accepted.

        :param vals_list: with `connection_id`, `topic`, `xero_id` and `fingerprint`; of a contact, with `contact_id`: two partners may be one contact.
        :return: number of new or changed rows.
        """
        if not vals_list:
            return 0
        known = self.search([('topic', 'in', list({vals['topic'] for vals in vals_list})), ('xero_id', 'in', [vals['xero_id'] for vals in vals_list])])
        latest = {}
        for row in known.sorted('id'):
            latest[row.connection_id.id, row.topic, row.xero_id, row.contact_id.id] = row
        new, changed = [], 0
        for vals in vals_list:
            row = latest.get((vals['connection_id'], vals['topic'], vals['xero_id'], vals.get('contact_id', False)), self.browse())
            if row.fingerprint == vals['fingerprint'] and (row.state == 'open' or row.outcome == 'accepted'):
                continue
            if row.state == 'open':
                row.write(vals)
                changed += 1
            else:
                new.append(vals)
        self.create(new)
        return changed + len(new)

    @api.model
    def _accepted(self, topic, exports):
        """Return those of some exports whose last difference of a topic was accepted for the document that they have in Xero now."""
        last = self._last(topic, exports)
        return exports.filtered(lambda export: export in last and last[export].outcome == 'accepted' and last[export].xero_id == export.xero_id)

    @api.model
    def _lost(self, exports):
        """Return those of some exports whose documents are not in Xero any more, as the last comparison found, also if a person accepted that."""
        last = self._last('only_odoo', exports)
        return exports.filtered(
            lambda export: export in last and last[export].xero_id == export.xero_id
            and (last[export].state == 'open' or last[export].outcome == 'accepted'))

    @api.model
    def _last(self, topic, exports):
        """Return a dict: export → its last difference of a topic."""
        rows = self.search([('topic', '=', topic), ('export_id', 'in', exports.ids)], order='id')
        return {row.export_id: row for row in rows}

    # === SETTLING === #

    def _settle(self, outcome, reason=False, user=None):
        """Settle those rows that are open.

        :param str outcome: key of the field.
        :param user: who decided; None if nobody did.
        """
        self.filtered(lambda row: row.state == 'open').write({
            'state': 'settled', 'outcome': outcome, 'reason': reason, 'settled_at': fields.Datetime.now(), 'settled_by_id': user and user.id})

    def _end_gone(self, topic, xero_ids, connection):
        """Settle the open rows of a topic about elements in Xero that are no longer different."""
        self.search([
            ('connection_id', '=', connection.id), ('topic', '=', topic), ('state', '=', 'open'), ('xero_id', 'in', xero_ids)])._settle('ended')

    # === SWITCHES === #

    @api.model
    def _apply_alarms(self, connections, names):
        """Apply alarms that were switched on or off: end what is no longer shown, and compare everything again for what is.

        :param connections: `xero.connection`, in sudo.
        :param set names: names out of `ALARMS` that were written.
        """
        for connection in connections:
            alarms = connection._alarms()
            rows = self.search([('connection_id', '=', connection.id), ('state', '=', 'open'), ('topic', 'in', ('xero', 'gone', 'paid'))])
            for row in rows:
                if not row.outcome and not row._alarms_of() & alarms:
                    row._switch_off()
            if alarms & names:
                self.env['xero.proof']._request(connection)

    def _alarms_of(self):
        """Return the set of the alarms that show this difference."""
        if self.topic in ('gone', 'paid'):
            return {f'alarm_{self.topic}'}
        kind = self.export_id._kind()
        return {kind._alarm_of(name) for name in self.export_id._parts_seen_edited()}

    def _switch_off(self):
        """End a difference because its alarm was switched off. The next comparison finds it again if the alarm is switched on."""
        if self.topic != 'paid' and self.export_id._awaits_decision():
            self.export_id._set_equal(difference=False, xero_seen_at=False, seen_parts=False)
        self._settle('ended')
