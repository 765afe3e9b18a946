from odoo import api, fields, models
from odoo.exceptions import UserError

from ..connection.conflicts import mute_conflicts
from ..export.xero_number_conflict import LABELS

# What must agree before a person may link two documents in spite of other differences: else the books would differ
ALWAYS_SAME = {'type', 'status', 'currency', 'total', 'link', 'taken'}


class XeroFirstSyncDocument(models.Model):
    """The review of documents that nearly agree: what a person sees of both sides, and decides."""
    _inherit = 'xero.first.sync.document'

    difference = fields.Char(string="Differs in", compute='_compute_difference')
    can_link = fields.Boolean(compute='_compute_can_link', help="Whether a person may link the two in spite of the difference.")
    what_next = fields.Char(string="What happens", compute='_compute_what_next')
    xero_url = fields.Char(string="Open in Xero", compute='_compute_xero_url', compute_sudo=True)

    @api.depends('differs')
    @api.depends_context('lang')
    def _compute_difference(self):
        for row in self:
            row.difference = ', '.join(map(self.env._, (LABELS[name] for name in row.differs or () if name in LABELS)))

    @api.depends('differs', 'result', 'decision')
    def _compute_can_link(self):
        for row in self:
            row.can_link = row.result == 'near' and row.decision == 'open' and not ALWAYS_SAME.intersection(row.differs or ())

    @api.depends('result', 'decision', 'export_id.state', 'date', 'connection_id.export_start_date')
    @api.depends_context('lang')
    def _compute_what_next(self):
        words = {
            'linked': self.env._("Linked. Nothing was sent."),
            'near': self.env._("Waits for a decision, and is not sent before."),
            'only_xero': self.env._("Stays in Xero only."),
            'auto': self.env._("Is sent to Xero automatically."),
            'asked': self.env._("Is sent when somebody exports it: its date is before the start of exports."),
            'skip': self.env._("Skipped: not sent."), 'export': self.env._("Sent as a new document."),
            'synced': self.env._("Is in Xero by now."),
        }
        for row in self:
            row.what_next = words.get(row._next_code(), False)

    def _next_code(self):
        """Return what happens with the document: a key of the words above."""
        if self.result == 'near' and self.decision in ('skip', 'export'):
            return self.decision
        if self.result != 'only_odoo':
            return self.result
        if (self.move_id.xero_state or self.export_id.state) == 'synced':
            return 'synced'
        is_automatic = self.export_id or (self.move_id.date and self.move_id.date >= self.connection_id.export_start_date)
        return 'auto' if is_automatic else 'asked'

    @api.depends('xero_id', 'kind', 'connection_id.short_code')
    def _compute_xero_url(self):
        for row in self:
            row.xero_url = row.connection_id._web_url(row._kind()._page, row.xero_id)

    # === DECISIONS === #

    def _check_review(self):
        """Check that the user may decide about these rows, and that they wait for that.

        :return: the rows in sudo.
        """
        self.env['xero.first.sync']._check_may_act()
        self.check_access('read')
        rows = self.sudo().filtered(lambda row: row.result == 'near' and row.decision == 'open')
        if not rows:
            raise UserError(self.env._("Nothing is to be decided about these documents any more. Reload the page."))
        return rows

    def action_link(self):
        """Link documents in spite of what differs. Those with another total or the like are left out.

        :raise UserError: none of them can be linked.
        """
        rows = self._check_review()
        for row in rows:
            row.differs = row._candidate()['differs']
        linkable = rows.filtered('can_link')
        if not linkable:
            raise UserError(self.env._(
                "%(document)s cannot be linked: it differs from the document in Xero in %(difference)s. Correct one of the two, skip it, or send it "
                "as a new document.", document=rows[0].number, difference=rows[0].difference))
        for row in linkable:
            row._link(self.env._("Linked by %(user)s, so nothing was sent.", user=self.env.user.name))
        with mute_conflicts(self.env):
            linkable.first_sync_id._read_payments_again()
        return self._reload()

    def action_skip(self):
        """Skip documents: they are not sent, and not linked."""
        rows = self._check_review()
        rows.export_id.with_env(self.env)._skip(self.env._("Xero has another document with this number, which stays as it is."))
        rows.decision = 'skip'
        return self._reload()

    def action_export(self):
        """Send documents to Xero as new ones."""
        rows = self._check_review()
        rows.export_id.with_env(self.env)._requeue()
        rows.decision = 'export'
        return self._reload()

    def action_export_now(self):
        """Export documents that only Odoo has now, and show the progress."""
        moves = self.filtered(lambda row: row.result == 'only_odoo').move_id
        if not moves:
            raise UserError(self.env._("Choose documents that are only in Odoo."))
        return moves.action_xero_export()

    def action_open_document(self):
        """Open the document in Odoo."""
        self.ensure_one()
        self.check_access('read')
        return {'type': 'ir.actions.act_window', 'res_model': 'account.move', 'res_id': self.move_id.id, 'views': [(False, 'form')]}

    def _reload(self):
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}

    def _near_words(self):
        """Return why a document is not sent, and what to do."""
        return self.env._(
            "%(connection)s has a document with the number %(number)s that differs from %(document)s in %(difference)s, so %(document)s is not sent: "
            "it would be there twice. An invoice admin decides about it in Xero ▸ First Syncs, with Review documents.",
            connection=self.connection_id._named(), number=self.number, document=self.move_id._xero_name(), difference=self.difference)
