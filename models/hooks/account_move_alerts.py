from odoo import api, fields, models

from ..difference.xero_difference import PAID
from ..export.xero_cause import cause_named
from ..export.xero_export_state import STILL_UNDER_WAY


class AccountMove(models.Model):
    """The coloured lines at the top of a document's form, which say how far its export is."""
    _inherit = 'account.move'

    xero_wait_reason = fields.Char(compute='_compute_xero_wait_reason', groups='account_xero.group_xero_user')

    @api.depends('xero_export_ids.state')
    @api.depends_context('uid', 'lang', 'tz')
    def _compute_xero_wait_reason(self):
        for move in self:
            move.xero_wait_reason = move.xero_export_id.wait_reason

    def _get_alerts(self):
        alerts = super()._get_alerts()
        # Users without access to exports, such as auditors, open invoices too
        if self.env.user.has_group('account_xero.group_xero_user') and (export := self.xero_export_id):
            alerts.update(self._xero_alerts(export))
        return alerts

    def _xero_alerts(self, export):
        """Return the coloured line at the top of the form for the document's export, in the form of `_get_alerts`.

        :param export: one `xero.export`.
        """
        if export.state in STILL_UNDER_WAY:
            return {'xero_waiting': {
                'level': 'warning' if export.wait_code or export.state == 'uncertain' else 'info',
                'message': self.env._("%(sentence)s %(reason)s.", sentence=self._xero_waiting_words(export), reason=export.wait_reason),
                'action_text': self.env._("See the export"), 'action': export._action_self(),
            }}
        if export.state == 'failed':
            label, action = self._xero_alert_button(export)
            return {'xero_failed': {
                'level': 'danger',
                'message': ' '.join(filter(None, [export._kind()._missing_words(export), export.message, export.asked_words or export.fix_hint])),
                'action_text': label, 'action': action,
            }}
        difference = self._xero_difference_now(export)
        if export.state == 'synced' and difference:
            return {'xero_different': {
                'level': 'info' if export.is_unconfirmed else 'warning',
                'message': difference if export.is_unconfirmed else self.env._("Different in Xero. %(difference)s", difference=difference),
                'action_text': self.env._("See the export"), 'action': export._action_self(),
            }}
        return {}

    def _xero_difference_now(self, export):
        """Return the difference between Odoo and Xero, for people, also before the slice has compared the document."""
        is_undone = export._desired_state() != 'present' and not export.checked_at
        others = export.difference_ids.filtered(lambda row: row.state == 'open' and row.topic in (*PAID, 'only_odoo'))
        return ' '.join(filter(None, [
            export._kind()._undone_words(export) if is_undone else export.difference, export.closed_difference, *others.mapped('text')]))

    def _xero_waiting_words(self, export):
        """Return, for people, a sentence about what is not in Xero yet."""
        if export.operation == 'void':
            return self.env._("Not voided in Xero yet.")
        if export.operation == 'update':
            return self.env._("The change is not in Xero yet.")
        return self.env._("Not in Xero yet.")

    def _xero_alert_button(self, export):
        """Return label and action of the button in the line of a failed document.

        A cause that is fixed on the document itself, which is open already, has the button *Send again*. A user who cannot fix the cause
        asks those who can, once. The actions are server actions, so that the work is done when a user presses the button.
        """
        if export.candidate:
            return self.env._("Compare the two"), export._action_self()
        if export.can_ask:
            return export.ask_label, self._xero_server_action('ask', export)
        if not export.fix_label:
            return self.env._("See the export"), export._action_self()
        if cause_named(export.cause).opens == 'action_open_document' and not export._is_fixed_by_policy():
            return self.env._("Send again"), self._xero_server_action('resync', export)
        return export.fix_label, self._xero_server_action('fix', export)

    def _xero_server_action(self, name, export):
        action = self.env['ir.actions.actions']._for_xml_id(f'account_xero.xero_export_{name}_action')
        return {**action, 'context': {'active_model': 'xero.export', 'active_id': export.id, 'active_ids': export.ids}}
