from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...const import ADMIN_ROLE, FINAL_STATUSES
from ...tools.client_action import notification
from .xero_difference import FOLLOWED


class XeroDifference(models.Model):
    """What people see of a difference and do about it: send Odoo's, take Xero's, or accept it with a reason."""
    _inherit = 'xero.difference'

    versions = fields.Html(string="Both versions", compute='_compute_versions', sanitize=False)
    can_send_ours = fields.Boolean(compute='_compute_can_decide')
    can_take_xeros = fields.Boolean(compute='_compute_can_decide')
    can_accept = fields.Boolean(compute='_compute_can_decide')
    take_words = fields.Char(compute='_compute_can_decide', help="Why Xero's version cannot be taken, for users who decide.")
    shown_text = fields.Text(string="What differs", compute='_compute_shown_text', help="How far a decision was carried out, and what differs.")

    @api.depends('both_versions')
    @api.depends_context('lang')
    def _compute_versions(self):
        for difference in self:
            export, both = difference.export_id, difference.both_versions
            difference.versions = export._kind()._versions_table(export, both) if export and both else False

    @api.depends('state', 'topic', 'outcome', 'move_id.state', 'export_id.can_decide', 'export_id.can_take_xeros')
    @api.depends_context('uid')
    def _compute_can_decide(self):
        may_decide = self.env.user.has_group(ADMIN_ROLE)
        for difference in self:
            is_open = may_decide and difference.state == 'open' and not difference.outcome
            difference.can_send_ours = is_open and (difference.export_id.can_decide or difference.topic == 'only_odoo')
            difference.can_take_xeros = is_open and (
                difference.topic == 'contact' or (difference.topic in ('xero', 'gone') and difference.export_id.can_take_xeros))
            difference.can_accept = is_open and difference.topic != 'closed' and not (difference.topic == 'draft' and difference.move_id.state == 'draft')
            difference.take_words = difference._why_not_taken() if is_open else False

    @api.depends('text', 'state', 'outcome', 'export_id.state', 'export_id.message')
    @api.depends_context('lang')
    def _compute_shown_text(self):
        for difference in self:
            difference.shown_text = ' '.join(filter(None, [difference._sending_words(), difference.text]))

    def _sending_words(self):
        """Return, for people, what became of the version of Odoo that a person chose, until Xero has it; empty if there is no such decision."""
        if self.state != 'open' or not self.outcome:
            return ''
        names = {'user': self.settled_by_id.name or ''}
        if self.export_id.state != 'failed':
            return self.env._("%(user)s chose Odoo's version, which is on its way to Xero.", **names)
        return self.env._(
            "%(user)s chose Odoo's version, and it could not be sent: %(reason)s Correct that and resync its export, or skip it with a reason.",
            reason=self.export_id.message or '', **names)

    def _why_not_taken(self):
        """Return, for people, why Xero's version cannot be taken, and what to do; False if it can, or if that does not apply."""
        export = self.export_id
        if not export.can_decide or self.topic not in ('xero', 'gone'):
            return False
        kind = export._kind()
        if self.topic == 'gone':
            return not kind._cancels_here and kind._not_cancelled_words(export)
        refused = kind._untakeable(export)
        return kind._not_taken_words(export, refused) if refused else False

    def _check_may_decide(self):
        """Check that the user may settle differences, and sees these."""
        self.check_access('read')
        if not self.env.user.has_group(ADMIN_ROLE):
            raise AccessError(self.env._(
                "Only an invoice admin can settle a difference. Ask %(admins)s.", admins=self.sudo().connection_id._admin_names()))

    # === OPENING === #

    def action_open_document(self):
        """Open the document in Odoo, or its export if it was deleted; what is only in Xero is opened there."""
        self.ensure_one()
        self.check_access('read')
        if self.topic == 'contact':
            return {'type': 'ir.actions.act_window', 'res_model': 'res.partner', 'res_id': self.partner_id.id, 'views': [(False, 'form')]}
        if self.move_id:
            return self.export_id.action_open_document()
        return self.export_id._action_self() if self.export_id else self.action_open_in_xero()

    def action_open_export(self):
        """Open the export, on which the document is sent again or skipped."""
        self.ensure_one()
        self.check_access('read')
        return self.export_id._action_self()

    def action_open_in_xero(self):
        self.ensure_one()
        self.check_access('read')
        if not self.xero_url:
            raise UserError(self.env._(
                "%(document)s has no page in Xero. Press Document to open the one in Odoo.", document=self.document_name))
        return {'type': 'ir.actions.act_url', 'url': self.xero_url, 'target': 'new'}

    def action_check_xero(self):
        """Request, for the present user, that Xero is asked for changes; the result comes as a notification."""
        connections = self.env['xero.connection'].search([('status', '=', 'connected')]).sudo()
        if not connections.filtered(self.env['xero.feed']._on):
            raise UserError(self.env._(
                "No connection reads changes from Xero now: none is connected, nothing was exported yet, or no difference is switched on. An invoice "
                "admin can correct that on the connection."))
        self.env['xero.feed']._ask(connections)
        return notification('info', self.env._("Xero is asked for changes. A notification with the result follows."), reload=False)

    # === SEND ODOO'S === #

    def action_send_ours(self):
        """Overwrite or void the version in Xero, and show the progress."""
        self.ensure_one()
        self._check_may_decide()
        if self.topic != 'only_odoo' or not self.can_send_ours:
            return self.export_id.action_send_ours()
        export_sudo = self.export_id.sudo()
        export_sudo._choose_ours(self.sudo())
        export_sudo._start_over()
        export_sudo.connection_id._arm()
        return self.export_id._follow_action()

    # === TAKE XERO'S === #

    def action_take_xeros(self):
        """Give the document in Odoo the values that it has in Xero, or cancel it if it is voided or deleted there."""
        self.ensure_one()
        self._check_may_decide()
        if self.topic == 'contact' and self.can_take_xeros:
            self.contact_id._take_parts(self.both_versions['xeros'])
            self.sudo()._settle('xero', user=self.env.user)
            return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
        self.export_id._check_can_decide()
        export = self.export_id
        if not self.can_take_xeros and (why := self._why_not_taken()):
            raise UserError(why)
        if not self.can_take_xeros:
            raise UserError(self.env._(
                "There is nothing to take from Xero for %(document)s: Odoo does not know what differs. Choose Send ours, or Keep Both with a reason.",
                document=self.document_name))
        if export.xero_status in FINAL_STATUSES:
            self._take_void(export)
        else:
            export._kind()._take_parts(export)
            export.sudo()._remember_document()
            self.sudo()._settle('xero', user=self.env.user)
            # What Odoo made of the change is no longer a change to send
            export.sudo()._count_as_equal()
        export.sudo()._notify_outcome(self.env._("%(user)s takes the version of Xero.", user=self.env.user.name))
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}

    def _take_void(self, export):
        """Cancel the document in Odoo; nothing is left to send."""
        seen_at = export.xero_seen_at
        export._kind()._cancel(export)
        self.sudo()._settle('xero', user=self.env.user)
        export_sudo = export.sudo()
        export_sudo._settle_void({'Status': export.xero_status})
        export_sudo.xero_updated_at = seen_at

    # === ACCEPT === #

    def action_accept_dialog(self):
        """Open the dialog that asks for the reason to accept differences."""
        self._check_may_decide()
        return {
            'type': 'ir.actions.act_window', 'res_model': 'xero.difference.accept', 'name': self.env._("Keep Both as They Are"),
            'view_mode': 'form', 'views': [(False, 'form')], 'target': 'new', 'context': {'default_difference_ids': self.filtered('can_accept').ids},
        }

    def _accept(self, reason):
        """Keep both sides as they are. The same difference is not shown again; another one is.

        :param str reason: of the user.
        :raise UserError: none of them can be accepted any more.
        """
        self._check_may_decide()
        open_rows = self.filtered('can_accept')
        if not open_rows:
            raise UserError(self.env._("These differences are settled already. Load the page again."))
        for difference in open_rows.sudo():
            difference._settle('accepted', reason, self.env.user)
            if difference.export_id.difference and difference.topic in FOLLOWED:
                difference._accept_of_export()
            if difference.export_id:
                difference.export_id._notify_outcome(self.env._(
                    "%(user)s accepts that Odoo and Xero differ: %(reason)s", user=self.env.user.name, reason=reason))

    def _accept_of_export(self):
        """Count both versions of the document as equal."""
        export = self.export_id
        if export.operation == 'void' or self.topic == 'draft':
            export._decline_void()
            return
        if export.xero_total is not False and export._document():
            export.accepted_totals = export._totals_key(export.xero_total, export._total_now())
        export.xero_origin = False
        if export._awaits_decision():
            export._count_as_equal()
        else:
            export._set_equal(difference=False)
