from collections import Counter
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date, formatLang

from .xero_export import STATES
from .xero_export_queue import HELD

SETTLED = ('synced', 'failed', 'skipped')
WATCHED = timedelta(seconds=20)     # as long as the dialog follows; what is put off beyond is not waited for


class XeroExport(models.Model):
    """What people see of an export, and the buttons that they press."""
    _inherit = 'xero.export'

    explanation = fields.Char(compute='_compute_explanation', help="The one sentence to read: why it failed, waits or is not the same.")
    mend_label = fields.Char(compute='_compute_mend_label')
    can_link = fields.Boolean(compute='_compute_candidate_text')
    candidate_text = fields.Char(compute='_compute_candidate_text', help="What a person compares: the document that holds our number in Xero.")
    can_resync = fields.Boolean(compute='_compute_can_resync')

    # === TILES === #

    @api.model
    @api.readonly
    def retrieve_tiles(self, domain=()):
        """Return the number of exports in each state, for the tiles above the list.

        :param list domain: the list's own, without the tiles' filters.
        :return: dict of state to number; `sending` counts as waiting.
        """
        counts = Counter({state: 0 for state, _label in STATES})
        counts.update(dict(self._read_group(list(domain), ['state'], ['__count'])))
        counts['waiting'] += counts.pop('sending')
        counts['different'] = self.search_count([*domain, ('is_different', '=', True)])
        return dict(counts)

    # === FOLLOWING === #

    @api.model
    def _ask_for(self, moves):
        """Queue documents that a person wants in Xero now.

        :return: their exports, in sudo.
        """
        exports = self.browse().union(*moves.xero_export_ids)
        exports |= self._enqueue(moves.filtered(lambda move: not move.xero_export_ids))
        exports._requeue()
        return exports

    def _follow_action(self):
        """Return the dialog that shows how these exports go. It marks nothing: it may be built and not opened."""
        return {
            'type': 'ir.actions.client',
            'tag': 'account_xero_follow',
            'name': self.env._("Export to Xero"),
            'target': 'new',
            'params': {'export_ids': self.ids},
        }

    @api.model
    @api.readonly
    def get_progress(self, export_ids):
        """Return how far some exports are.

        :return: dict of `total`, `done` (those with an outcome), a number for each state, `rows` (id, name, state, message)
            and `finished`.
        """
        exports = self.search_fetch([('id', 'in', export_ids)], ['document_name', 'state', 'message', 'connection_id'])
        counts = Counter({state: 0 for state, _label in STATES})
        counts.update(exports.mapped('state'))
        waiting = exports.filtered(lambda export: export.state not in SETTLED)
        beyond = fields.Datetime.now() + WATCHED
        held = waiting.filtered(lambda export: (
            export.wait_code in HELD or export.wait_for_id.sudo().state in SETTLED or (export.connection_id.sudo().resume_at or beyond) > beyond))
        return {
            **counts,
            'total': len(exports),
            'done': len(exports) - len(waiting),
            'finished': waiting == held,
            'rows': [
                {'id': export.id, 'name': export.document_name, 'state': export.state,
                 'message': export.message or (export.wait_reason if export in waiting else '') or ''}
                for export in exports
            ],
        }

    @api.model
    def tell_me_when_done(self, export_ids):
        """Have the slice tell the user when these have an outcome, because nobody watches any more."""
        exports = self.search([('id', 'in', export_ids), ('state', 'not in', SETTLED)])
        exports.sudo().write({'asked_by_id': self.env.uid, 'tell_user': True})

    # === ACTIONS === #

    def action_resync(self):
        """Send again what failed, waits or was skipped, and follow it."""
        self.check_access('read')
        again = self._requeue()
        if not again:
            raise UserError(self.env._(
                "Nothing to send again: these documents are in Xero already, or on their way."))
        return again._follow_action()

    def action_check(self):
        """Show what would happen if the documents were exported now."""
        return self.move_id.action_xero_check()

    def action_skip_dialog(self):
        """Ask for the reason to leave documents out."""
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'xero.skip',
            'name': self.env._("Skip"),
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_export_ids': self.ids},
        }

    def action_open_in_xero(self):
        """Open the document where it is in Xero, in a new tab."""
        self.ensure_one()
        if not self.xero_url:
            raise UserError(self.env._("%(document)s is not in Xero yet.", document=self.document_name))
        return {'type': 'ir.actions.act_url', 'url': self.xero_url, 'target': 'new'}

    def action_open_document(self):
        """Open the document in Odoo."""
        self.ensure_one()
        move = self._kind()._noted_on(self)
        return {'type': 'ir.actions.act_window', 'res_model': 'account.move', 'res_id': move.id, 'views': [(False, 'form')]}

    def action_open_candidate(self):
        """Open the document that holds our number where it is in Xero, in a new tab."""
        self.ensure_one()
        url = self.connection_id.sudo()._web_url(self.kind, self.candidate[self._kind()._xero_id])
        return {'type': 'ir.actions.act_url', 'url': url, 'target': 'new'}

    def action_link_it(self):
        """Take the document that holds our number in Xero for this one."""
        self.ensure_one()
        if not self.env.user.has_group('account_xero.group_xero_invoice_admin'):
            raise AccessError(self.env._("Only an invoice admin can link a document to one that is already in Xero."))
        if not self.can_link:
            raise UserError(self.env._("The document in Xero is not the same as %(document)s.", document=self.document_name))
        self.sudo()._adopt(self.candidate, self.env._("Linked by %(user)s", user=self.env.user.name))
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}

    # === THE ONE BUTTON === #

    def _mends(self):
        """Return, by cause, the button that goes where the document can be mended: its label and the action it returns."""
        return {
            'connection': (self._connection_label(), self._action_connection),
            'permission': (self.env._("Open the connection"), self._action_connection),
            'plan': (self.env._("Open the connection"), self._action_connection),
            'account': (self.env._("Decide the account"), self._action_mapping),
            'tax': (self.env._("Decide the tax"), self._action_mapping),
            'tracking': (self.env._("Decide the tracking"), self._action_mapping),
            'contact': (self.env._("Open the contact"), self._action_partner),
            'number': (self.env._("Open the document"), self.action_open_document),
            'date': (self.env._("Open the document"), self.action_open_document),
            'currency': (self.env._("Open the document"), self.action_open_document),
            'amount': (self.env._("Open the document"), self.action_open_document),
            'data': (self.env._("Open the document"), self.action_open_document),
            'xero': (self.env._("Resync"), self.action_resync),
        }

    @api.depends('message', 'wait_reason', 'difference', 'warning')
    def _compute_explanation(self):
        for export in self:
            export.explanation = export.message or export.wait_reason or export.difference or export.warning

    @api.depends('state', 'cause')
    @api.depends_context('uid')
    def _compute_mend_label(self):
        mends = self._mends()
        for export in self:
            export.mend_label = export.state == 'failed' and mends.get(export.cause, (False,))[0]

    def action_mend(self):
        """Go where the cause of the failure can be mended."""
        self.ensure_one()
        if self.state != 'failed':      # mended since the page was loaded
            return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
        _label, action = self._mends()[self.cause]
        return action()

    def _connection_label(self):
        """Return what the button that opens the connection promises: only invoice admins find one to reauthenticate there."""
        if self.env.user.has_group('account_xero.group_xero_invoice_admin'):
            return self.env._("Reauthenticate")
        return self.env._("See the connection")

    def _action_connection(self):
        return {'type': 'ir.actions.act_window', 'res_model': 'xero.connection', 'res_id': self.connection_id.id, 'views': [(False, 'form')]}

    def _action_mapping(self):
        action = self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_mapping_action')
        mappings = self.mapping_ids
        return {**action, 'domain': [('id', 'in', mappings.ids)] if mappings else [('connection_id', '=', self.connection_id.id)]}

    def _action_partner(self):
        return {'type': 'ir.actions.act_window', 'res_model': 'res.partner', 'res_id': self.partner_id.id, 'views': [(False, 'form')]}

    @api.depends('state', 'candidate')
    def _compute_candidate_text(self):
        for export in self:
            candidate = export.state == 'failed' and export.candidate
            export.can_link = bool(candidate and candidate['agrees'])
            export.candidate_text = candidate and ' '.join(filter(None, [self.env._(
                "The one in Xero is for %(contact)s, dated %(date)s, over %(currency)s %(total)s, and %(status)s there.",
                contact=candidate['contact'], date=format_date(self.env, candidate['date']), currency=candidate['currency'],
                total=formatLang(self.env, candidate['Total']), status=candidate['Status']), export._candidate_holder()]))

    def _candidate_holder(self):
        """Return, for people, which document of ours the one in Xero is, where several companies share an organisation; else False."""
        holder = self.sudo().search([
            ('connection_id', '=', self.connection_id.id), ('xero_id', '=', self.candidate[self._kind()._xero_id]), ('id', '!=', self.id)], limit=1)
        return holder and self.env._(
            "In Odoo it is %(document)s of %(company)s. Give one of the two another number, and its journal another prefix, then resync.",
            document=holder.document_name, company=holder.company_id.name)

    @api.depends('state', 'xero_id', 'move_id')
    def _compute_can_resync(self):
        for export in self:
            export.can_resync = bool(export.xero_id or export._document()) and export.state in ('waiting', 'failed', 'skipped')

    # === ON THE DOCUMENT === #

    def _document_alerts(self):
        """Return the coloured line at the top of the document, in the form of `account.move._get_alerts`."""
        self.ensure_one()
        if self.state in ('waiting', 'sending', 'uncertain'):
            return {'xero_waiting': {
                'level': 'warning' if self.wait_code or self.state == 'uncertain' else 'info',
                'message': f'{self._waiting_words()} {self.wait_reason}.',
                'action_text': self.env._("See the export"), 'action': self._action_self(),
            }}
        if self.state == 'failed':
            label, action = self._alert_button()
            return {'xero_failed': {
                'level': 'danger',
                'message': f'{self._kind()._missing_words(self)} {self.message or ""}',
                'action_text': label, 'action': action,
            }}
        difference = self._difference_now()
        if self.state == 'synced' and difference:
            return {'xero_different': {
                'level': 'warning',
                'message': self.env._("Not the same in Xero. %(difference)s", difference=difference),
                'action_text': self.env._("See the export"), 'action': self._action_self(),
            }}
        return {}

    def _difference_now(self):
        """Return how the document differs from what is in Xero, also before the slice has compared it."""
        if self._stage() != 'live' and not self.checked_at:
            return self._kind()._undone(self)
        return self.difference

    def _waiting_words(self):
        if self.operation == 'void':
            return self.env._("Not voided in Xero yet.")
        if self.operation == 'update':
            return self.env._("The change is not in Xero yet.")
        return self.env._("Not in Xero yet.")

    def _action_self(self):
        return {'type': 'ir.actions.act_window', 'res_model': 'xero.export', 'res_id': self.id, 'views': [(False, 'form')]}

    def _alert_button(self):
        """Return label and action of the failed line. Who has to mend the document itself is there already, and sends it again.

        Server actions, so that pressing the button, not showing it, does the work.
        """
        if self.candidate:
            return self.env._("Compare the two"), self._action_self()
        mends_here = self._mends()[self.cause][1] == self.action_open_document
        name = 'xero_export_resync_action' if mends_here else 'xero_export_mend_action'
        action = self.env['ir.actions.actions']._for_xml_id(f'account_xero.{name}')
        context = {'active_model': 'xero.export', 'active_id': self.id, 'active_ids': self.ids}
        return self.env._("Send again") if mends_here else self.mend_label, {**action, 'context': context}
