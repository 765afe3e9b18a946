from odoo import api, fields, models

from .retention import KEEP_RECORDS, kept_since

RUNS_AT_ONCE = 10_000


class XeroSync(models.Model):
    """The record of a run that did something, failed or was requested. It shows people whether the export works."""
    _name = 'xero.sync'
    _description = "Xero Sync"
    _order = 'start_at desc, id desc'

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    run = fields.Selection(
        [
            ('export', "Documents"), ('reference', "Reference data"), ('check', "Token check"), ('look_back', "Look-back"),
            ('consent', "Consent"), ('test', "Connection test"), ('incoming', "Changes in Xero"), ('balances', "Contact balances"),
            ('proof', "Comparison of all documents"), ('first_sync', "First sync"),
        ],
        string="Kind", required=True, readonly=True)
    state = fields.Selection(
        [('running', "Running"), ('succeeded', "Succeeded"), ('partly', "Partly"), ('failed', "Failed")], string="Status",
        compute='_compute_state', store=True, precompute=True, index=True,
        help="Succeeded: without any failure. Partly: some was done, and a part failed. Failed: nothing was done.")
    sync_type = fields.Selection(
        [('automatic', "Automatic"), ('manual', "Manual")], string="Type", compute='_compute_sync_type', store=True, precompute=True)
    by_hand = fields.Boolean(string="Manual", readonly=True)
    user_id = fields.Many2one('res.users', string="Requested by", readonly=True)
    start_at = fields.Datetime(string="Date and time", required=True, readonly=True, default=fields.Datetime.now)
    end_at = fields.Datetime(string="End", readonly=True)
    duration = fields.Integer(
        string="Duration (s)", compute='_compute_duration', store=True, precompute=True, aggregator='avg', help="In seconds.")
    done = fields.Integer(readonly=True)
    failed = fields.Integer(readonly=True)
    calls = fields.Integer(string="Calls to Xero", readonly=True)
    error = fields.Char(readonly=True)
    note = fields.Char(readonly=True, help="Why a part of it was left for later, such as Xero's limit of calls. No failure.")

    # What Sync Status counts, by connection and time
    _started = models.Index('(connection_id, start_at)')

    @api.model
    def _record(self, connection, run, *, start_at=None, by_hand=False, done=0, failed=0, calls=0, error='', note=''):
        """Create the record of a run that has just ended.

        :param str run: a key of the field of that name.
        :param datetime start_at: naive UTC; None for now.
        :param bool by_hand: whether the present user requested it.
        :param int done: number of documents or rows read, or 1 for a check that restored access.
        :param str error: why it failed, for people; empty if it did not.
        :param str note: why a part of it was left for later; empty if none was.
        """
        now = fields.Datetime.now()
        return self.sudo().create({
            'connection_id': connection.id,
            'run': run,
            'by_hand': by_hand,
            'user_id': by_hand and self.env.uid,
            'start_at': start_at or now,
            'end_at': now,
            'done': done,
            'failed': failed,
            'calls': calls,
            'error': error,
            'note': note,
        })

    # === COMPUTE === #

    @api.depends('end_at', 'done', 'failed', 'error')
    def _compute_state(self):
        for sync in self:
            has_failed = sync.error or sync.failed
            if not sync.end_at:
                sync.state = 'running'
            elif has_failed:
                sync.state = 'partly' if sync.done else 'failed'
            else:
                sync.state = 'succeeded'

    @api.depends('by_hand')
    def _compute_sync_type(self):
        for sync in self:
            sync.sync_type = 'manual' if sync.by_hand else 'automatic'

    @api.depends('start_at', 'end_at')
    def _compute_duration(self):
        for sync in self:
            sync.duration = (sync.end_at - sync.start_at).total_seconds() if sync.start_at and sync.end_at else 0

    @api.depends('connection_id', 'run')
    def _compute_display_name(self):
        runs = dict(self._fields['run']._description_selection(self.env))
        for sync in self:
            sync.display_name = f"{runs.get(sync.run)}, {sync.connection_id.display_name}"

    # === VACUUM === #

    @api.autovacuum
    def _gc_old_runs(self):
        """Delete the records of old runs, which are kept as long as those of calls.

        :return: number of deleted rows, and whether there may be more, as Odoo's vacuum expects it: it commits between two calls.
        """
        since = kept_since(self.env, KEEP_RECORDS)
        old = self.search([('start_at', '<', since)], limit=RUNS_AT_ONCE) if since else self.browse()
        old.unlink()
        return len(old), int(len(old) == RUNS_AT_ONCE)
