import base64
import platform
from datetime import timedelta

from odoo import api, fields, models, release

from ..tools.redact import hide_addresses, redact

SYNCS = 20          # of each kind of line
RECENT = timedelta(days=7)


class XeroSupport(models.TransientModel):
    """*Support details*: a text to copy or download. It says what runs here, how the connection and its last syncs stand, and what was tried.

    It contains no secret, no name of a person, no e-mail address and nothing of a document but its type and cause.
    """
    _name = 'xero.support'
    _inherit = 'xero.dialog'
    _description = "Xero Support Details"

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, ondelete='cascade')
    description = fields.Text(string="What happens", help="It is put at the top of the text.")
    details = fields.Text(compute='_compute_details')
    file = fields.Binary(compute='_compute_file')
    file_name = fields.Char(compute='_compute_file')

    @api.depends('connection_id', 'description')
    def _compute_details(self):
        for support in self:
            support.connection_id.check_access('read')
            sections = [
                ("What happens", [support.description or "–"]),
                ("Versions", support._versions()),
                ("Connection", [f"{label}: {value}" for label, value in support.connection_id._details()]),
                *support._history(),
            ]
            text = '\n\n'.join('\n'.join([f"== {title}", *(lines or ["–"])]) for title, lines in sections)
            support.details = hide_addresses(redact(text))

    @api.depends('details')
    def _compute_file(self):
        for support in self:
            support.file = base64.b64encode(support.details.encode())
            support.file_name = f"xero-support-{support.connection_id.id}-{fields.Date.today()}.txt"

    def action_download(self):
        """Download the text as a file."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_url', 'target': 'download',
            'url': f'/web/content/{self._name}/{self.id}/file?download=true&filename_field=file_name'}

    # === THE TEXT === #

    def _versions(self):
        return [
            f"Database: {self.env.cr.dbname}",
            f"Odoo: {release.version}",
            "PostgreSQL: {}.{}".format(*divmod(self.env.cr._cnx.server_version, 10_000)),
            f"Python: {platform.python_version()}",
            f"Time: {fields.Datetime.now()} UTC",
        ]

    def _history(self):
        """Return pairs of title and lines: failed documents, syncs, calls with an error, and what people tried; of the
        companies that the user works in."""
        own = [('connection_id', '=', self.connection_id.id)]
        Sync, Request = self.env['xero.sync'], self.env['xero.request']
        calls = Request.search([*own, '|', ('error', '!=', False), ('http_status', '>=', 400)], limit=SYNCS)
        by_hand = Sync.search([*own, ('by_hand', '=', True), ('start_at', '>=', fields.Datetime.now() - RECENT)], limit=SYNCS)
        return [
            ("Failed documents by cause", self._failed(own)),
            (f"Last {SYNCS} syncs", [self._sync_line(sync) for sync in Sync.search(own, limit=SYNCS)]),
            (f"Last {SYNCS} calls with an error", [
                f"{call.sent_at:%Y-%m-%d %H:%M:%S} {call.method} {call.path.partition('?')[0]}: HTTP {call.http_status or '–'}, {call.tries} tries, "
                f"correlation {call.correlation_id or '–'}" for call in calls]),
            ("Already tried by people in the last 7 days", [self._sync_line(sync) for sync in by_hand]),
        ]

    def _failed(self, own):
        groups = self.env['xero.export']._read_group(
            [*own, ('state', '=', 'failed')], ['cause', 'kind'], ['__count', 'attempts:max', 'last_try_at:max'])
        return [
            f"{cause or '–'}, {kind}: {count} documents, up to {attempts or 0} attempts, last try {last or '–'} UTC"
            for cause, kind, count, attempts, last in groups]

    @staticmethod
    def _sync_line(sync):
        causes = ', '.join(f"{failure.cause} {failure.document_count}" for failure in sync.failure_ids)
        return (
            f"{sync.start_at:%Y-%m-%d %H:%M:%S} {sync.run}, {sync.sync_type}: {sync.state}, {sync.done} done, {sync.failed} failed, "
            f"{sync.calls} calls, {sync.duration} s"
            + ''.join(f"; {words}" for words in (causes, sync.error) if words))
