from odoo import api, fields, models
from odoo.fields import Domain

from .xero_cause import SELECTION as CAUSES
from .xero_request import PREPARATIONS


class XeroSyncFailure(models.Model):
    """The documents that failed in a sync for one cause. It stays when they are sent again, so that failures can be counted by day and cause."""
    _name = 'xero.sync.failure'
    _description = "Xero Sync Failure"
    _order = 'start_at desc, id desc'
    _rec_name = 'cause'

    sync_id = fields.Many2one('xero.sync', required=True, readonly=True, index=True, ondelete='cascade')
    connection_id = fields.Many2one(related='sync_id.connection_id', store=True, index=True)
    start_at = fields.Datetime(related='sync_id.start_at', string="Date and time", store=True)
    cause = fields.Selection(CAUSES, readonly=True)
    export_ids = fields.Many2many('xero.export', 'xero_sync_failure_export_rel', 'failure_id', 'export_id', string="Documents", readonly=True)
    document_count = fields.Integer(string="Failures", compute='_compute_document_count', store=True, help="Documents that failed.")

    @api.depends('export_ids')
    def _compute_document_count(self):
        for failure in self:
            failure.document_count = len(failure.export_ids)


class XeroSync(models.Model):
    """The documents of a sync, and which of them failed, by cause."""
    _inherit = 'xero.sync'

    failure_ids = fields.One2many('xero.sync.failure', 'sync_id', string="Failures", readonly=True)
    reason = fields.Char(compute='_compute_reason', help="Why the sync failed, or the causes of the documents that failed in it.")

    @api.depends('error', 'failure_ids.document_count')
    @api.depends_context('lang')
    def _compute_reason(self):
        labels = dict(self.env['xero.sync.failure']._fields['cause']._description_selection(self.env))
        for sync in self:
            counts = [(failure.document_count, labels.get(failure.cause, failure.cause)) for failure in sync.sudo().failure_ids]
            causes = ', '.join(f"{label}: {count}" for count, label in sorted(counts, reverse=True))
            sync.reason = ' · '.join(filter(None, [sync.error, causes])) or False

    @api.model
    def _askers(self, connection):
        """Return the users who requested documents that the connection's next slice deals with, the first request first."""
        Export = self.env['xero.export']
        asked = Domain('asked_at', '!=', False) & Domain('connection_id', '=', connection.id)
        if not Export.search_count(asked, limit=1):     # as mostly, and what is due is a longer question
            return self.env['res.users']
        asked &= Export._due_domain(connection) | Domain('state', 'in', ('sending', 'uncertain'))
        return self.env['res.users'].union(*(user for user, _at in Export._read_group(asked, ['asked_by_id'], ['asked_at:min'], order='asked_at:min')))

    def _note_failures(self, since):
        """Add the documents of the connection that failed since a moment to the failures of the sync, and count them as failed.

        :param datetime since: naive UTC.
        """
        self.ensure_one()
        failed = self.env['xero.export']._read_group(
            [('connection_id', '=', self.connection_id.id), ('state', '=', 'failed'), ('write_date', '>=', since)], ['cause'], ['id:recordset'])
        known = self.failure_ids.grouped('cause')
        for cause, exports in failed:
            failure = known.get(cause) or self.failure_ids.create({'sync_id': self.id, 'cause': cause})
            failure.export_ids |= exports
        self.failed = sum(self.failure_ids.mapped('document_count'))

    # === ITS DOCUMENTS === #

    def _documents_domain(self):
        """Return the domain of the exports that the sync wrote to Xero, found there or failed.

        The time tells which these are: one connection has one sync at a time. A link to each document would be one more row for each.
        """
        self.ensure_one()
        until = self.end_at or fields.Datetime.now()
        sent = [('connection_id', '=', self.connection_id.id), ('kind', 'not in', PREPARATIONS), ('sent_at', '>=', self.start_at), ('sent_at', '<=', until)]
        return Domain('connection_id', '=', self.connection_id.id) & (
            Domain('request_ids', 'any', sent)
            | Domain('synced_at', '>=', self.start_at) & Domain('synced_at', '<=', until)
            | Domain('id', 'in', self.failure_ids.export_ids.ids))

    def action_open_documents(self):
        """Open the list of the sync's documents."""
        self.ensure_one()
        self.check_access('read')
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_export_action'),
            'name': self.env._("Documents of the Sync"),
            'domain': list(self._documents_domain()),
            'context': {},
        }
