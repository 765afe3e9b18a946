from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..exceptions import XeroError, XeroOAuthError, XeroUnauthorised

PORTION = 200       # documents in one dry run: some calls and seconds


class XeroResend(models.TransientModel):
    """*Re-send…*: what would change in Xero for documents that went out before a mapping was changed, portion by portion, and the confirmation."""
    _name = 'xero.resend'
    _inherit = 'xero.dialog'
    _description = "Re-send to Xero"

    mapping_id = fields.Many2one('xero.mapping', required=True, readonly=True, ondelete='cascade')
    target_name = fields.Char(related='mapping_id.target_name', related_sudo=False)
    total = fields.Integer(readonly=True, help="Documents found, beyond this portion too.")
    last_id = fields.Integer(readonly=True, help="Where the next portion starts.")
    has_more = fields.Boolean(readonly=True)
    notice = fields.Char(readonly=True, help="What was done with the portion before.")
    document_ids = fields.One2many('xero.resend.document', 'resend_id', string="Documents", readonly=True)
    change_count = fields.Integer(compute='_compute_counts')
    left_count = fields.Integer(compute='_compute_counts')
    same_count = fields.Integer(compute='_compute_counts')

    intro = fields.Text(compute='_compute_intro', help="What the dialog is about, in whole sentences.")
    counts_text = fields.Char(compute='_compute_counts')

    @api.depends('total', 'target_name', 'has_more')
    @api.depends_context('lang')
    def _compute_intro(self):
        for resend in self:
            names = {'count': resend.total, 'target': resend.target_name}
            words = self.env._(
                "One document went to Xero before this was mapped to %(target)s. It was compared with Xero just now. Nothing was sent.", **names,
            ) if resend.total == 1 else self.env._(
                "%(count)s documents went to Xero before this was mapped to %(target)s. They were compared with Xero just now. Nothing was sent.", **names)
            more = self.env._("This is a portion of them; the next one follows.") if resend.has_more else ''
            resend.intro = f'{words} {more}'.rstrip()

    @api.depends('document_ids.outcome')
    @api.depends_context('lang')
    def _compute_counts(self):
        for resend in self:
            outcomes = resend.document_ids.mapped('outcome')
            resend.change_count, resend.left_count, resend.same_count = (outcomes.count(outcome) for outcome in ('change', 'left', 'same'))
            resend.counts_text = self.env._(
                "To change: %(change)s. Left alone: %(left)s. Already so: %(same)s.",
                change=resend.change_count, left=resend.left_count, same=resend.same_count)

    @api.model
    def _open_for(self, mapping, after_id=0):
        """Do the dry run of a portion, and return the dialog that shows it; a notification if Xero does not answer.

        :param mapping: one `xero.mapping` that the user may write.
        :param int after_id: id of the last export of the portion before.
        :raise UserError: Xero cannot be asked.
        """
        self.check_access('create')
        connection = mapping.connection_id.sudo()
        if connection.status != 'connected' or connection._pause_reason():
            raise UserError(self.env._(
                "%(connection)s is not connected, so the documents cannot be compared with Xero. Connect it first.", connection=connection.name))
        exports = mapping._exports_to_resend(PORTION + 1, after_id)
        portion = exports[:PORTION]
        try:
            outcomes = self.env['xero.resending']._dry_run(portion)
        except XeroError as error:
            if isinstance(error, (XeroOAuthError, XeroUnauthorised)) and getattr(error, 'kind', '') != 'scope':
                connection._handle_access_lost(error)
            return mapping.connection_id._notify('danger', self.env._(
                "Xero did not answer as it should (%(error)s). Try again in a minute.", error=connection._answer_words(error)))
        resend = self.sudo().create({
            'mapping_id': mapping.id, 'total': mapping.resend_count, 'last_id': portion[-1:].id, 'has_more': len(exports) > PORTION,
            'document_ids': [Command.create(self.env['xero.resend.document']._prepare(outcome)) for outcome in outcomes],
        }).sudo(False)
        return resend._open_large(self.env._("Re-send documents with %(item)s", item=mapping.source_name))

    def action_next(self):
        """Show the next portion; this one stays as it is."""
        self._check_mine()
        self.mapping_id.check_access('write')
        return self._open_for(self.mapping_id, self.last_id)

    def action_resend(self):
        """Queue those documents of the portion that would change, and show the next portion or the progress."""
        self._check_mine()
        self.mapping_id.check_access('write')
        chosen = self.sudo().document_ids.filtered(lambda document: document.outcome == 'change').export_id
        chosen.with_env(self.env).check_access('read')
        # Xero is asked about the next portion first: marking locks rows until the end of the transaction
        following = self.has_more and self._open_for(self.mapping_id, self.last_id)
        # What was sent again or changed since the dry run is left out
        marked = self.env['xero.resending']._mark(chosen & self.mapping_id._exports_to_resend(PORTION, min(chosen.ids, default=1) - 1))
        if following:
            dialog = self.sudo().browse(following.get('res_id') or ())      # none if Xero did not answer
            dialog.write({
                'total': dialog.total - len(marked), 'notice': self.env._("%(count)s documents are being sent again.", count=len(marked))})
            return following
        if not marked:
            raise UserError(self.env._("Nothing is to be sent again: the documents have changed meanwhile. Press Re-send… again."))
        return marked.sudo(False)._follow_action()

    def action_dismiss(self):
        """Do not offer the documents of this decision any more. They stay in Xero as they are."""
        self._check_mine()
        self.mapping_id.check_access('write')
        self.mapping_id.sudo().changed_at = False
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}


class XeroResendDocument(models.TransientModel):
    """What would become of one document."""
    _name = 'xero.resend.document'
    _inherit = 'xero.dialog'
    _description = "Document in a Dry Run of Re-send"
    _order = 'outcome, id'

    resend_id = fields.Many2one('xero.resend', required=True, readonly=True, ondelete='cascade', index=True)
    export_id = fields.Many2one('xero.export', required=True, readonly=True, ondelete='cascade')
    name = fields.Char(related='export_id.document_name', related_sudo=False)
    partner_id = fields.Many2one(related='export_id.partner_id', related_sudo=False)
    date = fields.Date(related='export_id.document_date', related_sudo=False)
    currency_id = fields.Many2one(related='export_id.currency_id', related_sudo=False)
    amount_total = fields.Monetary(related='export_id.amount_total', related_sudo=False)
    outcome = fields.Selection([('change', "Changes"), ('left', "Left alone"), ('same', "Already so")], readonly=True)
    reason = fields.Text(readonly=True, help="Why it is left alone.")
    before = fields.Text(string="In Xero now", readonly=True)
    after = fields.Text(string="Would become", readonly=True)

    @api.model
    def _prepare(self, resending):
        """Return the values for a `Resending`."""
        return {
            'export_id': resending.export.id, 'outcome': resending.outcome, 'reason': resending.reason, 'before': resending.before,
            'after': resending.after}
