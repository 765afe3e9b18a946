from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...const import ADMIN_ROLE, PAGE_SIZE
from ...tools.client_action import NOTIFY, notice
from ..connection.conflicts import mute_conflicts
from ..connection.xero_connection_policy import TO_XERO

SALES = ('out_invoice', 'out_refund', 'out_receipt')
# The phases, and at which percentage each of them begins
PHASES = {'contacts': 0, 'odoo': 10, 'xero': 20, 'link': 40, 'compare': 90}
# Feeds that tell how documents were paid: they are read again from the start of the period
PAYMENT_FEEDS = ('payments', 'credit_notes')


class XeroFirstSync(models.Model):
    """The first sync of a connection: contacts are matched, and documents that both sides already have are linked, so that none is sent again.

    A person starts it for a period. The step `first_sync` does the work in portions, phase by phase: the contacts (`contacts`), the documents in
    Odoo (`odoo`) and in Xero (`xero`), which are stored as rows, then the rows that are the same (`link`), then those that nearly are (`compare`).
    What was done is committed with the position (`phase`, `position`, `endpoint`, `page`), so that it continues there after an interruption.
    Nothing is written to Xero. While it is under way, no document of its period is sent as a new one: `_held_domain`.
    """
    _name = 'xero.first.sync'
    _description = "Xero First Sync"
    _order = 'id desc'

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    user_id = fields.Many2one('res.users', string="Started by", readonly=True)
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="To", required=True, readonly=True)
    scope = fields.Selection(
        [('all', "Sales and purchases"), ('sale', "Sales"), ('purchase', "Purchases")], string="Documents", default='all', required=True, readonly=True)
    matches_contacts = fields.Boolean(string="Match contacts", default=True, readonly=True)
    creates_partners = fields.Boolean(
        string="Create partners", readonly=True, help="A contact that only Xero has becomes a partner in Odoo.")

    # === How far it is === #
    state = fields.Selection(
        [('running', "Running"), ('done', "Done"), ('failed', "Failed"), ('stopped', "Stopped")], default='running', required=True, readonly=True)
    phase = fields.Selection(
        [('contacts', "Matching contacts"), ('odoo', "Listing documents in Odoo"), ('xero', "Reading documents in Xero"),
         ('link', "Linking documents"), ('compare', "Comparing the others")], default='contacts', required=True, readonly=True)
    position = fields.Integer(readonly=True, help="The last record of the phase that was worked on.")
    endpoint = fields.Char(readonly=True)
    page = fields.Integer(readonly=True)
    progress = fields.Float(readonly=True, help="In percent.")
    start_at = fields.Datetime(string="Started", required=True, readonly=True, default=fields.Datetime.now)
    end_at = fields.Datetime(string="Ended", readonly=True)
    calls = fields.Integer(string="Calls to Xero", readonly=True)
    error = fields.Text(readonly=True, help="Why it failed, and what to do next.")

    document_ids = fields.One2many('xero.first.sync.document', 'first_sync_id', readonly=True)
    contact_ids = fields.One2many('xero.first.sync.contact', 'first_sync_id', readonly=True)

    _open_uniq = models.UniqueIndex(
        "(connection_id) WHERE state IN ('running', 'failed')", "A first sync of this connection is under way already. Open it, or stop it first.")
    _period_in_order = models.Constraint('CHECK(date_from <= date_to)', "The first day of the period must not be after the last one.")

    @api.depends('connection_id', 'start_at')
    def _compute_display_name(self):
        for first_sync in self:
            first_sync.display_name = self.env._("First sync of %(connection)s", connection=first_sync.connection_id.display_name)

    # === STARTING AND STOPPING === #

    @api.model
    def _check_may_act(self):
        """Check that the user may start and review first syncs."""
        if not self.env.user.has_group(ADMIN_ROLE):
            raise AccessError(self.env._("Only an invoice admin can start or review a first sync. Ask one to do it."))

    @api.model
    def _start(self, connection, **values):
        """Start a first sync at the request of the user.

        :param connection: `xero.connection` that the user may read.
        :param values: period, scope and options.
        :return: the record.
        :raise UserError: the connection does not work, or has a first sync under way.
        """
        self._check_may_act()
        connection.check_access('write')
        if connection.status != 'connected':
            raise UserError(self.env._("%(connection)s is not connected. Connect it first.", connection=connection.name))
        connection = connection.sudo()
        if connection.first_sync_id:
            raise UserError(self.env._("A first sync of %(connection)s is under way already. Open it, or stop it first.", connection=connection.name))
        phase = 'contacts' if values.get('matches_contacts', True) else 'odoo'
        first_sync = self.sudo().create({'connection_id': connection.id, 'user_id': self.env.uid, 'phase': phase, **values})
        connection.first_sync_id = first_sync
        connection._arm()
        return first_sync.with_env(self.env)

    def action_stop(self):
        """Stop it. What was linked stays linked; documents of the period are sent again as the connection says."""
        self._act('stopped')

    def action_continue(self):
        """Continue where it stopped or failed."""
        if self.connection_id.sudo().first_sync_id not in (self.sudo(), self.sudo().browse()):
            raise UserError(self.env._("Another first sync of %(connection)s is under way.", connection=self.connection_id.name))
        self._act('running')

    def _act(self, state):
        self.ensure_one()
        self._check_may_act()
        self.check_access('read')
        first_sync = self.sudo()
        if first_sync.state == 'done':
            return
        with mute_conflicts(self.env):
            first_sync.write({'state': state, 'error': False, 'end_at': state != 'running' and fields.Datetime.now()})
            first_sync.connection_id.first_sync_id = state == 'running' and first_sync
        first_sync.connection_id._arm()

    # === FOR OTHERS === #

    def _held_domain(self):
        """Return the domain of the exports that must not be sent now: they may be in Xero already, and have not been compared."""
        return (
            Domain('operation', '=', 'create') & Domain('move_id', '!=', False) & Domain('document_date', '>=', self.date_from)
            & Domain('document_date', '<=', self.date_to))

    # === THE WORK === #

    def _work(self, slice):
        """Do the next portion. The step commits.

        :param Slice slice: the current slice.
        """
        self.ensure_one()
        calls = slice.client.calls
        if not self.calls:
            slice.reread_contacts()     # documents are recognised by them, and the last reading may be a day old
        getattr(self, f'_do_{self.phase}')(slice)
        if self.state == 'running':
            self.calls += slice.client.calls - calls

    def _do_contacts(self, slice):
        if not self.env['xero.first.sync.contact']._match_portion(self):
            self._next_phase('odoo')

    def _do_odoo(self, slice):
        if not self.env['xero.first.sync.document']._list_portion(self, slice):
            self._next_phase('xero', page=1, endpoint=next(iter(self._kinds()), False))

    def _do_xero(self, slice):
        """Read a page of the documents in Xero, then commit."""
        endpoints = list(self._kinds())
        if self.endpoint not in endpoints:
            self._next_phase('link')
            return
        kind = next(iter(self._kinds()[self.endpoint].values()))
        days = [f'DateTime({day.year},{day.month},{day.day})' for day in (self.date_from, self.date_to)]
        # By id: a document that is edited meanwhile keeps its place
        params = {
            'page': self.page, 'pageSize': PAGE_SIZE, 'order': kind._xero_id, 'unitdp': 4, 'where': f'Date>={days[0]}&&Date<={days[1]}'}
        slice.commit()      # no row is locked during the call
        answer = slice.client.get(self.endpoint, params)
        elements = answer.whole(self.endpoint, kind._xero_id)
        self.env['xero.first.sync.document']._store(self, self._kinds()[self.endpoint], elements)
        is_last = not elements or (self.page >= answer.page_count if answer.page_count is not None else len(elements) < PAGE_SIZE)
        following = endpoints[endpoints.index(self.endpoint) + 1:]
        share = (endpoints.index(self.endpoint) + self.page / max(answer.page_count or self.page, 1)) / len(endpoints)
        if is_last:
            self.write({'page': 1, 'endpoint': following[0] if following else False})
        else:
            self.page += 1
        self._advance(share)

    def _do_link(self, slice):
        if not self.env['xero.first.sync.document']._link_portion(self, slice):
            self._next_phase('compare')

    def _do_compare(self, slice):
        if self.env['xero.first.sync.document']._compare_portion(self, slice):
            return
        if not self.env['xero.first.sync.contact']._create_portion(self):
            self._end(slice)

    def _next_phase(self, phase, **values):
        self.write({'phase': phase, 'position': 0, 'progress': PHASES[phase], **values})

    def _advance(self, share):
        """Store how much of the phase is done.

        :param float share: from 0 to 1.
        """
        ends = [*PHASES.values(), 100]
        start, end = PHASES[self.phase], ends[list(PHASES).index(self.phase) + 1]
        self.progress = max(self.progress, start + (end - start) * min(share, 1))

    def _kinds(self):
        """Return a dict: endpoint → dict: type of element → model of the kind of document, of the documents to be compared."""
        found = {}
        for kind in self.env['xero.kind']._all():
            if kind._xero_type and self._move_types(kind):
                found.setdefault(kind._xero_endpoint, {})[kind._xero_type] = kind
        return found

    def _move_types(self, kind):
        """Return the move types of a kind that the connection exports and a person chose."""
        return [
            move_type for move_type in kind._exported_move_types(self.connection_id)
            if self.scope == 'all' or (move_type in SALES) == (self.scope == 'sale')]

    # === THE END === #

    def _end(self, slice):
        """End it: payments of the linked documents are read, documents of the period are sent, and the user gets a notification."""
        slice.lock_connection()
        self.write({'state': 'done', 'progress': 100, 'end_at': fields.Datetime.now()})
        self.connection_id.first_sync_id = False
        linked = self._count('linked')
        if linked:
            self._read_payments_again()
        self.env['xero.sync'].create({
            'connection_id': self.connection_id.id, 'run': 'first_sync', 'by_hand': True, 'user_id': self.user_id.id, 'start_at': self.start_at,
            'end_at': self.end_at, 'done': linked, 'calls': self.calls})
        self._tell('warning' if self._waits_for_person() else 'success', self.with_context(lang=self.user_id.lang).summary)

    def _read_payments_again(self):
        """Let payments be read from the start of the period, and those in Odoo be queued: those of documents that were linked since were passed over."""
        for first_sync in self:
            since = min(first_sync.date_from, first_sync.connection_id.export_start_date)
            self.env['xero.feed.position']._rewind(first_sync.connection_id, PAYMENT_FEEDS, since)
            if first_sync.connection_id._payment_journals(TO_XERO):
                first_sync.connection_id.swept_at = False
            first_sync.connection_id._arm()

    def _fail(self, error):
        """Note that it cannot continue until a person has done something. Documents of its period are still held.

        :param str error: what happened and what to do next.
        """
        self.write({'state': 'failed', 'error': error, 'end_at': fields.Datetime.now()})
        self._tell('danger', error)

    def _tell(self, kind, message):
        env = self.with_context(lang=self.user_id.lang).env
        self.user_id._bus_send(NOTIFY, notice(kind, message, env._("First sync of %(connection)s", connection=self.connection_id.name)))

    def _count(self, result):
        return self.env['xero.first.sync.document'].search_count([('first_sync_id', '=', self.id), ('result', '=', result)])
