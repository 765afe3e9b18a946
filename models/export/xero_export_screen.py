from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...const import ADMIN_ROLE
from ...tools.client_action import notification
from ..connection.conflicts import mute_conflicts
from .xero_cause import cause_named
from .xero_export_state import STILL_UNDER_WAY
from .xero_export_values import DIFFERENCE_FIELDS, STATES

NAMES = 3           # in one sentence


class XeroExport(models.Model):
    """The screens of an export: computed texts, actions, and the calls of our own components."""
    _inherit = 'xero.export'

    is_different = fields.Boolean(compute='_compute_is_different', search='_search_is_different')
    wait_reason = fields.Char(compute='_compute_wait_reason')
    extra_warning = fields.Text(compute='_compute_extra_warning', help="What is not at the document in Xero, and what to do about it.")
    has_archive = fields.Boolean(compute='_compute_has_archive')
    explanation = fields.Char(compute='_compute_explanation', help="The one sentence to read: why it failed, waits or is not the same.")
    fix_label = fields.Char(compute='_compute_fix_label', help="The label of the button that leads to the fix; empty if the user cannot fix it.")
    fix_hint = fields.Text(compute='_compute_fix_label', help="Who can fix it, if the user cannot.")
    xero_status_label = fields.Char(string="Status in Xero", compute='_compute_xero_status_label')
    can_resync = fields.Boolean(compute='_compute_can_resync')
    versions = fields.Html(string="Both versions", compute='_compute_versions', sanitize=False)
    document_ref = fields.Reference(
        selection='_selection_document_ref', string="Document in Odoo", compute='_compute_document_ref',
        help="The document, whatever it is, for users who may read it.")

    def write(self, vals):
        # The list of differences follows the documents; nearly all writes neither find one nor make one
        names = DIFFERENCE_FIELDS & vals.keys()
        shown = self if any(vals[name] for name in names) else self.filtered(lambda export: any(export[name] for name in names))
        chosen = self.filtered('sends_ours') if vals.get('sends_ours') is False else self.browse()
        result = super().write(vals)
        self.env['xero.difference'].sudo()._end_chosen(chosen)
        self.env['xero.difference'].sudo()._follow(shown)
        return result

    # === THE DOCUMENT === #

    @api.model
    def _selection_document_ref(self):
        models_of_documents = {self._fields[kind._document_field].comodel_name for kind in self.env['xero.kind']._all()}
        return [(name, self.env[name]._description) for name in sorted(models_of_documents)]

    @api.depends('kind')
    @api.depends_context('uid')
    def _compute_document_ref(self):
        for export in self:
            document = export._document()
            export.document_ref = f'{document._name},{document.id}' if document and document.has_access('read') else False

    # === TILES === #

    @api.model
    @api.readonly
    def retrieve_tiles(self, domain=()):
        """Return the number of exports in each state, for the tiles above the list.

        :param list domain: the list's own, without the tiles' filters.
        :return: dict of state to number; `sending` counts as waiting.
        """
        domain = self._checked_domain(domain)
        counts = self._count_states(domain)
        counts['waiting'] += counts.pop('sending')
        counts['different'] = self.search_count(domain & Domain('is_different', '=', True))
        return counts

    @api.model
    def _count_states(self, domain):
        return {**{state: 0 for state, _label in STATES}, **dict(self._read_group(domain, ['state'], ['__count']))}

    @api.depends('difference', 'closed_difference')
    def _compute_is_different(self):
        for export in self:
            export.is_different = bool(export.difference or export.closed_difference)

    def _search_is_different(self, operator, value):
        if operator != 'in':
            return NotImplemented
        different = Domain('difference', '!=', False) | Domain('closed_difference', '!=', False)
        return different if True in value else ~different

    # === ACTIONS === #

    def action_resync(self):
        """Send documents again that failed, wait or were skipped, and show the progress."""
        self.check_access('read')
        left_out = self._left_out_words()
        again = self._requeue()
        if not again:
            raise UserError(left_out or self.env['xero.kind']._nothing_again_words(self.sudo()))
        return again._follow_action(left_out)

    @api.depends('state', 'skip_rule', 'wait_code', 'xero_id', 'move_id')
    @api.depends_context('uid')
    def _compute_can_resync(self):
        may_take_back = self._may_take_back()
        for export in self:
            export.can_resync = export._can_go_again() and (may_take_back or not export._is_skipped_by_person())

    def _may_take_back(self):
        """Return whether the user may resync documents that a person skipped: those who may skip may."""
        return self.env.user.has_group(ADMIN_ROLE)

    def _left_out_words(self):
        """Return which documents the user cannot resync because an admin skipped them, and who can; empty if there are none."""
        left_out = self.browse() if self._may_take_back() else self.sudo().filtered(lambda export: export._is_skipped_by_person())
        if not left_out:
            return ''
        names = [export.document_name or '' for export in left_out[:NAMES]]
        names += [self.env._("%(count)s more", count=len(left_out) - NAMES)] if len(left_out) > NAMES else []
        return self.env._(
            "Skipped by an invoice admin, so not sent: %(documents)s. Ask %(admins)s to resync the documents that must be sent.",
            documents=', '.join(names), admins=left_out.connection_id._admin_names())

    def action_check(self):
        """Show what would happen if the documents were exported now."""
        by_kind = self._by_kind()
        if dialogs := [dialog for kind, exports in by_kind if (dialog := kind._action_check(exports))]:
            return dialogs[0]
        return self.env['account.move'].union(*(kind._moves_to_check(exports) for kind, exports in by_kind)).action_xero_check()

    def action_take_xeros(self):
        """Take the version of Xero, see `xero.difference`."""
        row = self.env['xero.difference']._open_of(self)[:1]
        if not row:
            raise UserError(self.env._("There is nothing to decide about %(document)s any more. Load the page again.", document=self.document_name))
        return row.action_take_xeros()

    def action_keep_xeros_dialog(self):
        """Open the dialog that asks for the reason to keep both versions."""
        return self.env['xero.difference']._open_of(self).action_accept_dialog()

    def action_skip_dialog(self):
        """Open the dialog that asks for the reason to skip documents."""
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'xero.skip',
            'name': self.env._("Skip"),
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_export_ids': self.ids},
        }

    def _action_self(self):
        return {'type': 'ir.actions.act_window', 'res_model': 'xero.export', 'res_id': self.id, 'views': [(False, 'form')]}

    def action_open_in_xero(self):
        """Open the document in Xero, in a new tab."""
        self.ensure_one()
        self.check_access('read')
        if not self.xero_url:
            raise UserError(self.env._("%(document)s is not in Xero yet.", document=self.document_name))
        return {'type': 'ir.actions.act_url', 'url': self.xero_url, 'target': 'new'}

    def action_open_online_invoice(self):
        """Open the page on which the customer sees the invoice, in a new tab. Xero is asked for its address once."""
        self.ensure_one()
        self.check_access('read')
        with mute_conflicts(self.env):
            url, problem = self.env['xero.online.invoice']._fetch(self.sudo())
        return {'type': 'ir.actions.act_url', 'url': url, 'target': 'new'} if url else notification('danger', problem)

    def action_open_document(self):
        """Open the document in Odoo."""
        self.ensure_one()
        return self._kind()._action_open(self)

    def action_entered_in_xero(self):
        """Note that a person has entered in Xero what closed the documents in Odoo."""
        if not self.env.user.has_group(ADMIN_ROLE):
            raise AccessError(self.env._(
                "Only an invoice admin can tell that something was entered in Xero. Ask %(admins)s.", admins=self.sudo().connection_id._admin_names()))
        self.check_access('read')
        self.env['xero.closing']._enter(self.sudo())
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}

    # === BOTH VERSIONS === #

    @api.depends('both_versions', 'difference')
    @api.depends_context('lang')
    def _compute_versions(self):
        for export in self:
            export.versions = export.difference and export._kind()._versions_table(export, export.both_versions)

    # === TEXTS === #

    @api.depends('message', 'wait_reason', 'difference', 'closed_difference', 'warning', 'extra_warning')
    @api.depends_context('lang', 'tz')
    def _compute_explanation(self):
        for export in self:
            differences = [export.difference, export.closed_difference] if export.closed_difference else [
                export.difference or export.warning or export.extra_warning]
            export.explanation = export.message or export.wait_reason or ' '.join(filter(None, differences)) or False

    @api.depends(
        'state', 'wait_code', 'wait_for_id.state', 'next_try_at', 'retry_count', 'connection_id.resume_at', 'connection_id.status_reason',
        'connection_id.status', 'connection_id.resume_reason', 'credit_export_id.xero_status', 'invoice_export_id.xero_status')
    @api.depends_context('lang', 'tz')
    def _compute_wait_reason(self):
        for export in self:
            is_open = export.state in STILL_UNDER_WAY or export.next_try_at
            export.wait_reason = is_open and export._kind()._wait_words(export)

    @api.depends('extra_ids.is_archive')
    def _compute_has_archive(self):
        for export in self:
            export.has_archive = any(export.extra_ids.mapped('is_archive'))

    @api.depends('extra_ids.message')
    def _compute_extra_warning(self):
        for export in self:
            export.extra_warning = '\n'.join(filter(None, export.extra_ids.mapped('message'))) or False

    @api.depends('xero_status', 'kind')
    @api.depends_context('lang')
    def _compute_xero_status_label(self):
        for export in self:
            export.xero_status_label = export.xero_status and export._kind()._status_words(export.xero_status)

    # === THE FIX BUTTON === #

    @api.depends('state', 'cause')
    @api.depends_context('uid', 'lang')
    def _compute_fix_label(self):
        for export in self:
            cause = export.state == 'failed' and export.cause and cause_named(export.cause)
            export.fix_label = cause and cause.button_label(self.env)
            export.fix_hint = cause and cause.hint_for(self.env, export.sudo().connection_id._admin_names(cause.role))
            if export._contact_candidates():
                export.fix_label, export.fix_hint = self.env._("Choose the contact"), ''
            elif export._is_fixed_by_policy():
                export.fix_label = self.env._("Open the connection")

    def _is_fixed_by_policy(self):
        """Return whether the user can change the policy of the connection that stops the document."""
        return self.state == 'failed' and self.env.user.has_group(ADMIN_ROLE) and self._kind()._can_be_sent_by_policy(self)

    def action_fix(self):
        """Open the record on which the cause of the failure can be fixed, or the dialog that chooses an uncertain contact.

        :raise AccessError: the user's role cannot fix the cause.
        """
        self.ensure_one()
        self.check_access('read')
        if self._contact_candidates():
            return self.connection_id._choose_contact(self._contact_partner())
        if self.state != 'failed':      # fixed since the page was loaded
            return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
        if self.fix_hint:
            raise AccessError(self.fix_hint)
        return self._action_connection() if self._is_fixed_by_policy() else getattr(self, cause_named(self.cause).opens)()

    def _contact_candidates(self):
        """Return the contacts among which the user can choose the one of the partner; none if the user may not."""
        if self.state != 'failed' or self.cause != 'contact' or not self.move_id:
            return self.env['xero.contact']
        return self.connection_id._contact_candidates(self._contact_partner())

    def _contact_partner(self):
        """Return the partner whose contact the document has in Xero."""
        export = self.sudo()
        return export.connection_id._partner_of(export.move_id)
